/*
 * kafka_in.h and kafka_lease.h over the model.
 */
#include "kafka/kafka_in.h"

#include "tests/simulation/model_group.h"
#include "tests/simulation/model_log.h"
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>

enum { PER_TURN = 6 };

#define HEARTBEAT_US SECOND

enum in_state { IN_IDLE, IN_JOINING, IN_OFFERED, IN_ACCEPTED, IN_REVOKING };

/* One partition being read. */
struct fetcher {
	struct kafka_in *in;
	struct log_partition *p;
	int64_t next;
	bool reading, paused, busy;
	unsigned version; /* another after each start */
	int64_t eof_told;
	struct fetcher *next_of_in, *next_of_partition;
};

/* What one answer to a fetch may hand over. */
struct fetched {
	struct fetcher *f;
	unsigned version;
	int64_t until, low, high;
};

struct kafka_in {
	struct process *process;
	struct kafka_in_events events;
	bool is_group, uncommitted, freed, left;
	struct fetcher *fetchers;

	enum in_state state;
	char member[GROUP_MEMBER_MAX];
	int32_t generation;
	enum group_say heard; /* to the last heartbeat */
	struct kafka_partition list[MODEL_PARTITIONS_MAX];
	size_t list_count;
	bool lost;
	int64_t revoked_us;
	kafka_in_closed_fn *closed;
};

/* -- fetching -- */

static void poke(struct fetcher *f);

/* To whichever member: after a crash the next one is handed it again. */
static void note_handed(struct log_partition *p, int64_t offset)
{
	sim_counts.duplicates += offset < p->handed;
	if (offset >= p->handed)
		p->handed = offset + 1;
}

static void on_fetched(void *arg)
{
	struct fetched *x = arg;
	struct fetcher *f = x->f;
	int64_t left = 1 + sim_below(PER_TURN);

	f->busy = false;
	if (!f->in->freed && f->version == x->version && f->reading &&
	    f->next < x->low) {
		struct kafka_partition at = { f->p->topic, f->p->number };

		f->reading = false;
		f->in->events.on_broken(f->in->events.owner, &at,
		                        "offset out of range");
		return;
	}
	while (!f->in->freed && f->version == x->version && f->reading &&
	       !f->paused && f->next < x->until && left > 0) {
		const struct log_record *r =
			f->in->uncommitted ? f->p->records[f->next]
					   : log_visible(f->p, f->next);

		f->next++;
		if (r == NULL || r->stand == STAND_CONTROL)
			continue;
		struct kafka_message m = log_message(f->p, r);

		if (f->in->is_group)
			note_handed(f->p, r->offset);
		left--;
		f->in->events.on_message(f->in->events.owner, &m);
	}
	if (f->in->freed || f->version != x->version || !f->reading)
		return;
	if (!f->paused && f->next == x->until && f->eof_told != x->until) {
		struct kafka_partition at = { f->p->topic, f->p->number };

		f->eof_told = x->until;
		if (f->in->events.on_eof != NULL)
			f->in->events.on_eof(f->in->events.owner, &at, x->until,
			                     x->high);
	}
	if (!f->in->freed)
		poke(f);
}

/* Of what its reader had come to the end of before. */
static void be_hasty(struct fetcher *f)
{
	if (f->eof_told >= 0 && f->next < log_end(f->p) &&
	    strcmp(f->p->topic, world.deployment.topics.results) == 0 &&
	    sim_percent(10))
		log_expire(f->p);
}

static void on_fetch(void *arg)
{
	struct fetched *x = arg;
	struct fetcher *f = x->f;

	if (model_hasty_retention)
		be_hasty(f);
	x->low = f->p->low;
	x->high = log_end(f->p);
	x->until = f->in->uncommitted ? x->high : log_stable(f->p);
	/* a new leader that does not know yet how far its log is replicated */
	if (x->until > f->next && sim_fault(1)) {
		int64_t known = f->next + sim_below(x->until - f->next);

		if (known != f->eof_told)
			x->until = x->high = known;
	}
	if (f->in->freed || f->version != x->version || !f->reading ||
	    f->paused || (f->next == x->until && f->eof_told == x->until)) {
		f->busy = false;
		return;
	}
	sim_after(f->in->process, sim_delay(), on_fetched, x);
}

static void poke(struct fetcher *f)
{
	if (f->busy || !f->reading || f->paused || !f->in->process->alive)
		return;
	struct fetched *x = arena_alloc(sim.arena, sizeof(*x));

	x->f = f;
	x->version = f->version;
	f->busy = true;
	sim_after(NULL, sim_delay(), on_fetch, x);
}

void fetchers_wake(struct log_partition *p)
{
	for (struct fetcher *f = p->fetchers; f != NULL;
	     f = f->next_of_partition)
		poke(f);
}

static struct fetcher *find(const struct kafka_in *in,
                            const struct kafka_partition *p)
{
	for (struct fetcher *f = in->fetchers; f != NULL; f = f->next_of_in) {
		if (f->reading && f->p->number == p->partition &&
		    strcmp(f->p->topic, p->topic) == 0)
			return f;
	}
	return NULL;
}

int kafka_in_start(struct kafka_in *in, const struct kafka_partition *p,
                   int64_t offset, struct err *err)
{
	struct log_partition *from = log_find(p->topic, p->partition);

	if (from == NULL || (in->is_group && in->state != IN_ACCEPTED))
		return err_set(err, "%s/%d can't be read", p->topic,
		               p->partition);
	kafka_in_stop(in, p);
	/* a new one each time: what was on its way for the old one is lost */
	struct fetcher *f = arena_alloc(sim.arena, sizeof(*f));

	*f = (struct fetcher){ .in = in,
		               .p = from,
		               .next = offset >= 0 ? offset : from->low,
		               .reading = true,
		               .eof_told = -1,
		               .next_of_in = in->fetchers,
		               .next_of_partition = from->fetchers };
	if (offset == KAFKA_OFFSET_END)
		f->next = log_end(from);
	in->fetchers = f;
	from->fetchers = f;
	poke(f);
	return 0;
}

void kafka_in_stop(struct kafka_in *in, const struct kafka_partition *p)
{
	struct fetcher *f = find(in, p);

	if (f == NULL)
		return;
	f->reading = false;
	f->version++;
}

void kafka_in_pause(struct kafka_in *in, const struct kafka_partition *p)
{
	struct fetcher *f = find(in, p);

	if (f != NULL)
		f->paused = true;
}

void kafka_in_resume(struct kafka_in *in, const struct kafka_partition *p)
{
	struct fetcher *f = find(in, p);

	if (f == NULL)
		return;
	f->paused = false;
	poke(f);
}

bool kafka_in_is_paused(const struct kafka_in *in,
                        const struct kafka_partition *p)
{
	const struct fetcher *f = find(in, p);

	return f != NULL && f->paused;
}

struct kafka_lag kafka_in_lag(struct kafka_in *in,
                              const struct kafka_partition *p)
{
	(void)in;
	(void)p;
	return (struct kafka_lag){ -1, -1, -1, -1 };
}

/* -- the group's member -- */

static void stop_all(struct kafka_in *in)
{
	for (struct fetcher *f = in->fetchers; f != NULL; f = f->next_of_in) {
		f->reading = false;
		f->version++;
	}
}

static void on_join(void *arg)
{
	struct kafka_in *in = arg;

	if (!in->freed && !in->left && in->process->alive)
		group_join(in, in->member);
}

static void join(struct kafka_in *in)
{
	in->state = IN_JOINING;
	sim_after(NULL, sim_delay(), on_join, in);
}

static void on_assigned(void *arg)
{
	struct kafka_in *in = arg;

	if (in->freed || in->left)
		return;
	in->state = IN_OFFERED;
	in->events.on_assign(in->events.owner, in->list, in->list_count);
}

void group_in_assigned(struct kafka_in *in, int32_t generation,
                       const int32_t *partitions, size_t count)
{
	if (in->freed || !in->process->alive)
		return;
	in->generation = generation;
	in->list_count = count;
	for (size_t i = 0; i < count; i++)
		in->list[i].partition = partitions[i];
	sim_after(in->process, sim_delay(), on_assigned, in);
}

static void revoke(struct kafka_in *in, bool lost)
{
	in->state = IN_REVOKING;
	in->lost = lost;
	in->revoked_us = sim.now_us;
	stop_all(in);
	in->events.on_revoke(in->events.owner, in->list, in->list_count, lost);
}

/* Until the answer comes, one that was expelled goes on as if nothing were. */
static void on_heartbeat_answer(void *arg)
{
	struct kafka_in *in = arg;

	if (in->freed || in->left)
		return;
	if (in->state == IN_ACCEPTED && in->heard != GROUP_GOOD)
		revoke(in, in->heard == GROUP_UNKNOWN);
}

static void on_heartbeat(void *arg)
{
	struct kafka_in *in = arg;
	int64_t us = sim_delay();

	if (in->freed || in->left)
		return;
	in->heard = GROUP_GOOD;
	if (in->state >= IN_OFFERED)
		in->heard = group_heartbeat(in->member, in->generation);
	sim_after(in->process, HEARTBEAT_US + sim_below(HEARTBEAT_US),
	          on_heartbeat, in);
	if (sim_percent(30))
		us += sim_below(HEARTBEAT_US / 2);
	sim_after(in->process, us, on_heartbeat_answer, in);
}

struct kafka_in *kafka_in_new(struct loop *loop, const struct kafka_conf *conf,
                              const struct kafka_in_options *options,
                              struct err *err)
{
	struct kafka_in *in = arena_alloc(sim.arena, sizeof(*in));

	(void)conf;
	(void)err;
	in->process = sim_loop_process(loop);
	in->events = options->events;
	in->is_group = options->topics != NULL;
	in->uncommitted = options->read_uncommitted;
	for (size_t i = 0; in->is_group && i < MODEL_PARTITIONS_MAX; i++)
		in->list[i].topic = arena_str(sim.arena, options->topics[0]);
	if (in->is_group) {
		join(in);
		sim_after(in->process, HEARTBEAT_US, on_heartbeat, in);
	}
	return in;
}

void kafka_in_free(struct kafka_in **in)
{
	if (*in == NULL)
		return;
	(*in)->freed = true;
	stop_all(*in);
	*in = NULL;
}

void kafka_in_assign_done(struct kafka_in *in)
{
	assert(in->state == IN_OFFERED);
	in->state = IN_ACCEPTED;
}

static void on_closed(void *arg)
{
	struct kafka_in *in = arg;

	if (!in->freed)
		in->closed(in->events.owner, true);
}

static void leave(struct kafka_in *in)
{
	in->left = true;
	group_leave(in->member);
	sim_after(in->process, sim_delay(), on_closed, in);
}

/* Design, section 6: 3 s; a process that was stopped can't help it. */
static void check_revoke(const struct kafka_in *in)
{
	int64_t us = sim.now_us - in->revoked_us;

	if (us > 3 * SECOND + 100 * MS &&
	    in->process->paused_until_us < in->revoked_us)
		sim_fail(6, "a revoke took %lld ms", (long long)(us / MS));
}

void kafka_in_unassign_done(struct kafka_in *in)
{
	assert(in->state == IN_REVOKING);
	check_revoke(in);
	in->state = IN_IDLE;
	if (in->closed != NULL) {
		leave(in);
		return;
	}
	if (in->lost)
		in->member[0] = '\0';
	join(in);
}

static void on_close(void *arg)
{
	struct kafka_in *in = arg;

	if (in->freed || in->left)
		return;
	if (in->state == IN_ACCEPTED)
		revoke(in, false);
	else if (in->state != IN_REVOKING)
		leave(in);
}

static void on_close_limit(void *arg)
{
	struct kafka_in *in = arg;

	if (!in->freed && !in->left)
		in->closed(in->events.owner, false);
}

void kafka_in_close(struct kafka_in *in, int64_t limit_ms,
                    kafka_in_closed_fn *done)
{
	in->closed = done;
	sim_after(in->process, sim_delay(), on_close, in);
	sim_after(in->process, limit_ms * MS, on_close_limit, in);
}

bool kafka_in_commit(struct kafka_in *in, const struct kafka_offset *offsets,
                     size_t count, kafka_committed_fn *done, void *arg)
{
	(void)in;
	(void)offsets;
	(void)count;
	(void)done;
	(void)arg;
	return false; /* the coordinator commits in transactions only */
}

/* -- leases -- */

struct kafka_lease {
	char member[GROUP_MEMBER_MAX];
	int32_t generation;
};

struct kafka_lease *kafka_in_lease(struct kafka_in *in, struct err *err)
{
	struct kafka_lease *lease;

	if (in->member[0] == '\0') {
		err_set(err, "not a member");
		return NULL;
	}
	lease = arena_alloc(sim.arena, sizeof(*lease));
	memcpy(lease->member, in->member, sizeof(lease->member));
	lease->generation = in->generation;
	return lease;
}

void kafka_lease_free(struct kafka_lease **lease)
{
	*lease = NULL;
}

struct kafka_lease *kafka_lease_copy(const struct kafka_lease *lease)
{
	struct kafka_lease *copy;

	if (lease == NULL)
		return NULL;
	copy = arena_alloc(sim.arena, sizeof(*copy));
	*copy = *lease;
	return copy;
}

const char *kafka_lease_member(const struct kafka_lease *lease)
{
	return lease->member;
}

int32_t kafka_lease_generation(const struct kafka_lease *lease)
{
	return lease->generation;
}
