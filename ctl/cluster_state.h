/*
 * cluster_state.h -- topics and rights, as a cluster has them or should have.
 *
 * Numbers of enums are those of Kafka's protocol. All text belongs to the
 * state's arena. Pure.
 */
#ifndef CTL_CLUSTER_STATE_H
#define CTL_CLUSTER_STATE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct topic_config {
	const char *name;
	const char *value;
	bool own; /* set on this topic, not taken over from the brokers */
};

struct topic_spec {
	const char *name;
	int partitions; /* 0: there is no such topic */
	int replication;
	const struct topic_config *configs;
	size_t configs_count;
};

enum right_kind {
	RIGHT_OTHER = 0, /* something that the library has no word for */
	RIGHT_TOPIC = 2,
	RIGHT_GROUP = 3,
	RIGHT_CLUSTER = 4,
	RIGHT_TRANSACTIONAL_ID = 5,
};

enum { RIGHT_OPERATIONS = 13 }; /* Kafka's numbers are below */

enum right_pattern { RIGHT_LITERAL = 3, RIGHT_PREFIXED = 4 };

/* One thing that one principal may do. */
struct right {
	const char *principal; /* "User:gateway" */
	const char *user;      /* "gateway"; NULL where it was found */
	const char *host;      /* "*": from anywhere */
	enum right_kind kind;
	enum right_pattern pattern;
	const char *name;
	int operation; /* right_operation_word() */
	bool deny;     /* may not */
};

struct rights {
	struct right *at;
	size_t n;
};

struct cluster_state {
	struct arena *arena;
	struct topic_spec *topics;
	size_t topics_count;
	struct rights rights;
};

void cluster_state_init(struct cluster_state *state);
void cluster_state_clear(struct cluster_state *state);
/* Copied, texts not. */
void cluster_state_add_topic(struct cluster_state *state,
                             const struct topic_spec *topic);
void cluster_state_add_right(struct cluster_state *state,
                             const struct right *right);

/* NULL if it is not there. */
const struct topic_spec *cluster_state_topic(const struct cluster_state *state,
                                             const char *name);
const char *topic_spec_config(const struct topic_spec *topic, const char *name);

/* "topic", "group", "cluster", "transactional-id", "other". */
const char *right_kind_word(enum right_kind kind);
/* Of the three that a manifest may name; false leaves *out. */
bool right_kind_parse(const char *word, enum right_kind *out);
/* "Read" and so on, as kafka-acls.sh and Strimzi spell them; "?" for others. */
const char *right_operation_word(int operation);
bool right_operation_parse(const char *word, int *out);
/* "literal" or "prefixed". */
const char *right_pattern_word(enum right_pattern pattern);
bool right_pattern_parse(const char *word, enum right_pattern *out);

#endif
