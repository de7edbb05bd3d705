#include "tests/simulation/model_group.h"

#include "tests/simulation/model_log.h"

#include <assert.h>
#include <stdio.h>

enum { MEMBERS_MAX = 32 };

struct member {
	char id[GROUP_MEMBER_MAX];
	struct kafka_in *in;
	int64_t seen_us;
	bool joined;
};

static struct {
	const char *topic;
	int32_t generation;
	bool rebalancing;
	struct member members[MEMBERS_MAX];
	size_t count;
	int made;
	struct event *complete;
} group;

void group_begin(const char *topic)
{
	memset(&group, 0, sizeof(group));
	group.topic = topic;
}

static struct member *find(const char *id)
{
	for (size_t i = 0; i < group.count; i++) {
		if (strcmp(group.members[i].id, id) == 0)
			return &group.members[i];
	}
	return NULL;
}

bool group_accepts(const char *member, int32_t generation)
{
	return find(member) != NULL && generation == group.generation;
}

static void remove_member(struct member *m)
{
	size_t at = (size_t)(m - group.members);

	memmove(m, m + 1, (group.count - at - 1) * sizeof(*m));
	group.count--;
}

static void hand_out(void)
{
	int32_t p = (int32_t)log_partitions(group.topic), next = 0;
	int32_t n = (int32_t)group.count;

	for (int32_t i = 0; i < n; i++) {
		int32_t list[MODEL_PARTITIONS_MAX];
		int32_t share = p / n + (i < p % n);

		for (int32_t k = 0; k < share; k++)
			list[k] = next++;
		group.members[i].joined = false;
		group.members[i].seen_us = sim.now_us;
		group_in_assigned(group.members[i].in, group.generation, list,
		                  (size_t)share);
	}
}

static void on_complete(void *arg)
{
	(void)arg;
	group.complete = NULL;
	for (size_t i = group.count; i > 0; i--) {
		if (!group.members[i - 1].joined)
			remove_member(&group.members[i - 1]);
	}
	group.generation++;
	group.rebalancing = false;
	sim_trace("group: generation %d, %zu members", group.generation,
	          group.count);
	if (group.count > 0)
		hand_out();
}

static bool all_joined(void)
{
	for (size_t i = 0; i < group.count; i++) {
		if (!group.members[i].joined)
			return false;
	}
	return true;
}

static void look(void)
{
	if (!all_joined())
		return;
	sim_cancel(&group.complete);
	group.complete = sim_after(NULL, sim_delay(), on_complete, NULL);
}

static void rebalance(void)
{
	if (group.rebalancing)
		return;
	group.rebalancing = true;
	sim_cancel(&group.complete);
	group.complete = sim_after(NULL, REBALANCE_MS * MS, on_complete, NULL);
}

struct watch {
	char id[GROUP_MEMBER_MAX];
};

static void watch(const struct member *m);

static void on_watch(void *arg)
{
	struct watch *w = arg;
	struct member *m = find(w->id);

	if (m == NULL)
		return;
	if (m->joined || sim.now_us - m->seen_us < SESSION_MS * MS) {
		watch(m);
		return;
	}
	sim_trace("group: %s timed out", m->id);
	remove_member(m);
	rebalance();
	look();
}

static void watch(const struct member *m)
{
	struct watch *w = arena_alloc(sim.arena, sizeof(*w));
	int64_t at = m->seen_us + SESSION_MS * MS;

	memcpy(w->id, m->id, sizeof(w->id));
	if (at <= sim.now_us)
		at = sim.now_us + SECOND;
	sim_at(NULL, at, on_watch, w);
}

void group_join(struct kafka_in *in, char member[GROUP_MEMBER_MAX])
{
	struct member *m = member[0] != '\0' ? find(member) : NULL;

	if (m == NULL) {
		assert(group.count < MEMBERS_MAX);
		m = &group.members[group.count++];
		*m = (struct member){ .in = in, .seen_us = sim.now_us };
		(void)snprintf(m->id, sizeof(m->id), "m%d", ++group.made);
		memcpy(member, m->id, sizeof(m->id));
		watch(m);
	}
	m->joined = true;
	m->seen_us = sim.now_us;
	rebalance();
	look();
}

enum group_say group_heartbeat(const char *member, int32_t generation)
{
	struct member *m = find(member);

	if (m == NULL || generation != group.generation)
		return GROUP_UNKNOWN;
	m->seen_us = sim.now_us;
	return group.rebalancing ? GROUP_REBALANCES : GROUP_GOOD;
}

void group_leave(const char *member)
{
	struct member *m = find(member);

	if (m == NULL)
		return;
	remove_member(m);
	rebalance();
	look();
}
