/*
 * decision.h -- the answer to one request, and what it rests on.
 *
 * Public: in the encoding of its Request; a detached JWS travels in a header.
 * A decision is a pure function of the inputs it names: replay recomputes
 * everything but references, cuts, closed_by, times, sequence and previous.
 */
#ifndef WIRE_DECISION_H
#define WIRE_DECISION_H

#include "base/mem.h"
#include "wire/attempt.h"
#include "wire/reason.h"
#include "wire/request.h"
#include "wire/result.h"

enum {
	DECISION_MAX = 131072,
	DECISION_ATTEMPTS_MAX = 8,
	DECISION_WARNINGS_MAX = 8
};

/* What became of one planned perspective for one kind. */
struct perspective_vote {
	enum check_kind kind;
	enum result_class result_class;
	enum reason reason;
	struct span detail;
	bool counted; /* then result says which record */
	struct record_ref result;
};

struct perspective_outcome {
	struct span code;
	enum perspective_role role;
	struct span rir;
	struct perspective_vote votes[KIND_COUNT];
	size_t votes_count;
};

struct decided_attempt {
	int64_t number;
	struct span attempt_id;
	struct record_ref attempt; /* digest = plan digest */
	struct attempt_close close;
	struct perspective_outcome *perspectives;
	size_t perspectives_count;
};

/* One set's count over the last attempt: remotes only. */
struct set_quorum {
	enum check_kind kind;
	struct span quorum; /* "4/5" */
	int64_t required;
	struct text_list rirs; /* of the corroborating remotes, sorted */
};

struct decision {
	int64_t schema_version;
	struct span request_id;
	enum outcome outcome;
	enum reason reason;
	struct request_issue *issues; /* rejected only */
	size_t issues_count;
	struct request_issue *warnings; /* of one that was accepted */
	size_t warnings_count;
	struct record_ref request;
	int64_t request_timestamp_ms;
	struct span target; /* canonical; as sent when rejected */
	unsigned check_set;
	struct span authorization_domain_name; /* absent: the target */
	enum validation_method validation_method; /* 0: caa only */
	struct span account_uri;
	enum certificate_type certificate_type;
	struct span trace_identifier;
	enum primary_kind primary_kind;
	struct span policy_id;
	struct digest policy_digest;
	int64_t partitions;
	struct orchestration_parameters actual; /* what was in force */
	struct decided_attempt *attempts;
	size_t attempts_count;
	struct set_quorum quorums[KIND_COUNT];
	size_t quorums_count;
	int64_t decided_at_ms;
	struct opt_int valid_until_ms; /* issue and corroborated only */
	int64_t sequence;              /* of the partition, from 1 */
	struct digest previous; /* value digest of sequence - 1; zero for 1 */
};

/* Whether the caller may rely on it: issue or corroborated. On the wire as
   is_valid, as Open MPIC calls it; a decision where it contradicts the outcome
   is refused. */
bool decision_is_valid(const struct decision *d);

/* By its first byte, like a Request. NULL, or why it is refused (static text);
 *out and *encoding untouched then. */
const char *decision_decode(struct span value, struct arena *arena,
                            struct decision *out, enum encoding *encoding);
struct buf;
/* Canonical form. Appends; compare the length with DECISION_MAX before
   producing it. */
void decision_encode(const struct decision *d, enum encoding e,
                     struct buf *out);

#endif
