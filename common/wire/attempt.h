/*
 * attempt.h -- the plan of one corroboration attempt, on the log before any
 * of its checks is sent. MessagePack, signed by the coordinator.
 *
 * The plan digest is SHA-256 of the record's value.
 */
#ifndef WIRE_ATTEMPT_H
#define WIRE_ATTEMPT_H

#include "base/mem.h"
#include "wire/value.h"

enum {
	ATTEMPT_MAX = 32768,
	ATTEMPT_PERSPECTIVES_MAX = 32, /* primary included */
	ATTEMPT_KEYS_MAX = 16          /* signing keys of one perspective */
};

/* The rule this attempt is judged by, in full (R-001..R-005, R-021). */
struct effective_rule {
	struct span policy_id; /* "cabf-tls/2026-06-15" */
	struct digest policy_digest;
	int64_t min_remotes; /* policy's floor */
	int64_t remotes;     /* n: planned remotes, the denominator */
	int64_t quorum;      /* k: corroborations needed among them */
	int64_t min_rirs;    /* among the corroborating remotes */
	int64_t max_attempts;
	enum early early;
	enum primary_kind primary_kind;
};

/* Degrees times 1,000,000: records carry no floats. */
struct place {
	int64_t latitude_e6;
	int64_t longitude_e6;
};

struct planned_perspective {
	struct span code;
	enum perspective_role role;
	struct span rir; /* "arin" */
	struct place place;
	struct place resolver_place;
	struct digest *keys; /* key ids that may sign for it in this attempt */
	size_t keys_count;
	bool alive; /* a fresh heartbeat was known at planning */
};

/* How an attempt ended; final once a later Attempt or a Decision has it. */
struct attempt_close {
	bool present;
	int64_t cut; /* last results offset folded; results_from - 1 if none */
	enum closed_by closed_by;
	int64_t closed_at_ms;
	enum outcome outcome;
};

struct attempt {
	int64_t schema_version;
	struct span attempt_id; /* 32 hex digits, random */
	struct span request_id;
	struct record_ref request;
	int64_t request_timestamp_ms;
	int64_t partitions; /* P of the topic set */
	int64_t number;     /* from 1 */
	enum gate gate;
	unsigned check_set;
	struct span target; /* canonical */
	struct effective_rule rule;
	struct planned_perspective *perspectives; /* the primary first */
	size_t perspectives_count;
	int64_t planned_at_ms;
	int64_t deadline_ms;
	int64_t results_from; /* high watermark of the home partition at
	                         planning */
	struct attempt_close previous; /* of attempt number - 1 */
	struct digest previous_plan;   /* its plan digest; zero for number 1 */
	struct digest inventory_digest;
	struct digest settings_digest;
};

/* NULL, or why the value is refused (static text); *out untouched then. */
const char *attempt_decode(struct span value, struct arena *arena,
                           struct attempt *out);
struct buf;
/* Canonical form. Appends; compare the length with ATTEMPT_MAX before
   producing it. */
void attempt_encode(const struct attempt *a, struct buf *out);

#endif
