/*
 * manifest.h -- deploy/kafka/topics.manifest.json: the single source for
 * topics and rights, read strictly.
 *
 * Unknown, missing and repeated members, wrong types and values out of limits
 * are refused, naming where. Names are templates, filled by wanted.h. Pure but
 * for manifest_load().
 */
#ifndef CTL_MANIFEST_H
#define CTL_MANIFEST_H

#include "ctl/cluster_state.h"

#include "base/err.h"

enum {
	MANIFEST_MAX = 1 << 20,  /* bytes; ours has 6 KiB */
	MANIFEST_LIST_MAX = 256, /* entries of any of its lists */
	MANIFEST_PARTITIONS_MAX = 10000,
	MANIFEST_REPLICATION_MAX = 100 /* Kafka's own is 32767 */
};

struct manifest_words {
	const char *const *at;
	size_t n;
};

struct manifest_perspective {
	const char *code;
	int partitions; /* of its checks */
};

struct manifest_topic {
	const char *name;    /* template */
	bool each;           /* once for each perspective */
	bool of_perspective; /* partitions: the perspective's number */
	int partitions;      /* else this; 0: the deployment's P */
	const struct topic_config *configs;
	size_t configs_count;
};

/* Who is in a role: templates of names. */
struct manifest_role {
	const char *name;
	struct manifest_words users;
};

struct manifest_rule {
	const struct manifest_role *role;
	bool each;
	enum right_kind kind;
	enum right_pattern pattern;
	struct manifest_words names; /* templates */
	const int *operations;
	size_t operations_count;
};

/* The arrays are the arena's. */
struct manifest {
	struct arena *arena;
	const char *prefix;
	int partitions;
	int replication;
	int min_insync;
	const char *principal; /* template, "User:{name}" */
	struct manifest_perspective *perspectives;
	size_t perspectives_count;
	struct manifest_topic *topics;
	size_t topics_count;
	struct manifest_role *roles;
	size_t roles_count;
	struct manifest_rule *rules;
	size_t rules_count;
};

/* 0, or -1 with *why and nothing to clear. */
int manifest_read(struct manifest *m, struct span json, struct err *why)
	__attribute__((warn_unused_result));
int manifest_load(struct manifest *m, const char *path, struct err *why)
	__attribute__((warn_unused_result));
void manifest_clear(struct manifest *m);

/* A perspective's code: a-z 0-9 -, at most TOPIC_CODE_MAX. */
bool manifest_code_ok(const char *code);

#endif
