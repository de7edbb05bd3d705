#include "ctl/cluster_state.h"

#include <stdlib.h>
#include <string.h>

void cluster_state_init(struct cluster_state *state)
{
	*state = (struct cluster_state){ .arena = arena_new() };
}

void cluster_state_clear(struct cluster_state *state)
{
	free(state->topics);
	free(state->rights.at);
	arena_free(&state->arena);
	*state = (struct cluster_state){ 0 };
}

/* Room for one more than n: it doubles where n is a power of two. */
static void *grown(void *at, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return at;
	return xreallocarray(at, n == 0 ? 1 : 2 * n, size);
}

void cluster_state_add_topic(struct cluster_state *state,
                             const struct topic_spec *topic)
{
	state->topics = grown(state->topics, state->topics_count,
	                      sizeof(*state->topics));
	state->topics[state->topics_count++] = *topic;
}

void cluster_state_add_right(struct cluster_state *state,
                             const struct right *right)
{
	struct rights *rights = &state->rights;

	rights->at = grown(rights->at, rights->n, sizeof(*rights->at));
	rights->at[rights->n++] = *right;
}

const struct topic_spec *cluster_state_topic(const struct cluster_state *state,
                                             const char *name)
{
	for (size_t i = 0; i < state->topics_count; i++) {
		if (strcmp(state->topics[i].name, name) == 0)
			return &state->topics[i];
	}
	return NULL;
}

const char *topic_spec_config(const struct topic_spec *topic, const char *name)
{
	for (size_t i = 0; i < topic->configs_count; i++) {
		if (strcmp(topic->configs[i].name, name) == 0)
			return topic->configs[i].value;
	}
	return NULL;
}

const char *right_kind_word(enum right_kind kind)
{
	switch (kind) {
	case RIGHT_TOPIC: return "topic";
	case RIGHT_GROUP: return "group";
	case RIGHT_CLUSTER: return "cluster";
	case RIGHT_TRANSACTIONAL_ID: return "transactional-id";
	case RIGHT_OTHER: break;
	}
	return "other";
}

bool right_kind_parse(const char *word, enum right_kind *out)
{
	static const enum right_kind kinds[] = { RIGHT_TOPIC, RIGHT_GROUP,
		                                 RIGHT_TRANSACTIONAL_ID };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, right_kind_word(kinds[i])) == 0) {
			*out = kinds[i];
			return true;
		}
	}
	return false;
}

static const char *const operations[RIGHT_OPERATIONS] = {
	[2] = "All",
	[3] = "Read",
	[4] = "Write",
	[5] = "Create",
	[6] = "Delete",
	[7] = "Alter",
	[8] = "Describe",
	[9] = "ClusterAction",
	[10] = "DescribeConfigs",
	[11] = "AlterConfigs",
	[12] = "IdempotentWrite",
};

const char *right_operation_word(int operation)
{
	if (operation < 0 || operation >= RIGHT_OPERATIONS ||
	    operations[operation] == NULL)
		return "?";
	return operations[operation];
}

bool right_operation_parse(const char *word, int *out)
{
	for (int i = 0; i < RIGHT_OPERATIONS; i++) {
		if (operations[i] != NULL && strcmp(word, operations[i]) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

const char *right_pattern_word(enum right_pattern pattern)
{
	return pattern == RIGHT_PREFIXED ? "prefixed" : "literal";
}

bool right_pattern_parse(const char *word, enum right_pattern *out)
{
	if (strcmp(word, "literal") == 0)
		*out = RIGHT_LITERAL;
	else if (strcmp(word, "prefixed") == 0)
		*out = RIGHT_PREFIXED;
	else
		return false;
	return true;
}
