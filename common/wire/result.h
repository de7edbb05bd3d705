/*
 * result.h -- what one perspective saw. MessagePack, signed by the worker.
 *
 * The worker writes every identity field from its own job table; class, reason,
 * detail and evidence come from the probe and are worth no more than one
 * perspective's word.
 */
#ifndef WIRE_RESULT_H
#define WIRE_RESULT_H

#include "base/mem.h"
#include "wire/reason.h"
#include "wire/value.h"

enum {
	RESULT_EVIDENCE_MAX = 262144, /* of one kind; read cap = evidence cap */
	RESULT_DETAIL_MAX = 200,
	RESULT_MAX = 2 * RESULT_EVIDENCE_MAX + 16384
};

struct kind_result {
	enum check_kind kind;
	enum result_class result_class; /* one of a worker's four */
	enum reason reason;
	struct span detail; /* attacker's text may be in it: escape it */
	struct span
		authorization_domain_name; /* DCV: where control was shown */
	struct span observed;      /* what all must agree on (judge.h); bytes */
	int64_t looked_up_ms;      /* CAA: when the governing lookup was made */
	struct opt_int expires_ms; /* CAA: smallest TTL of the chain, from then;
	                              dns-persistent: persistUntil */
	struct span evidence; /* evidence.h, or absent when there is none */
};

struct result {
	int64_t schema_version;
	struct span request_id;
	struct span attempt_id;
	struct span perspective;
	struct span instance; /* which worker process */
	struct digest plan;
	int64_t started_ms;
	int64_t finished_ms;
	int64_t probe_generation; /* 0: no probe was involved */
	int64_t tries;        /* runs of the check, 2 after a probe's death */
	struct span versions; /* "mpic/0.1.0 libunbound/1.17.1 ..." */
	bool vulnerable_resolver_accepted;
	struct opt_int validation_shown_ms; /* when a bogus name was last
	                                       refused there */
	struct kind_result kinds[KIND_COUNT];
	size_t kinds_count;
};

/* NULL, or why the value is refused (static text); *out untouched then. */
const char *result_decode(struct span value, struct arena *arena,
                          struct result *out);
struct buf;
/* Canonical form. Appends; compare the length with RESULT_MAX before
   producing it. */
void result_encode(const struct result *r, struct buf *out);

/* For keeping one: all of it but the evidence, copied into the arena. */
struct result *result_copy_without_evidence(const struct result *r,
                                            struct arena *arena);

/* The result's entry for a kind, or NULL. */
const struct kind_result *result_kind(const struct result *r,
                                      enum check_kind kind);

#endif
