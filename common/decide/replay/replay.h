/*
 * replay.h -- the same decision again, from the log (promise 3). Pure.
 *
 * Takes from the logged Decision only references, cuts, closed_by, times,
 * sequence and previous digest; recomputes all else from the Request, the
 * Attempts and the Results that stood on the log, and compares bytes. It also
 * proves that no shorter prefix of the results was certain, and that what the
 * decision counts is what there was to count. The deployment's settings are an
 * input: who replays uses those whose digest the Attempt names.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "decide/decision_make.h"
#include "decide/intake/intake.h"

/* The request record, as it stood at its home partition. */
struct replay_request {
	struct span value;
	struct span content_type; /* header; absent: none */
	struct span key;          /* absent: none */
	bool forwarded;           /* its id may be one that we assigned */
	int64_t timestamp_ms;     /* that the time allowed counts from */
	int64_t partition;
	int64_t offset;
};

/* One record of `attempts`; only those a coordinator's key verifies. */
struct replay_attempt {
	struct span value;
	int64_t offset;
};

/* One record of `results` of the partition whose key is the request's id, in
   offset order, with what its signature was worth at its append time. */
struct replay_result {
	struct span value;
	int64_t offset;
	enum trust_result trust;
	struct digest key_id; /* TRUST_OK only */
};

struct replay_input {
	const struct intake_rules *rules;
	int64_t valid_for_ms;
	struct replay_request request;
	const struct replay_attempt *attempts;
	size_t attempts_count;
	const struct replay_result *results;
	size_t results_count;
	struct span decision;  /* the value; its signature was verified */
	bool answer_to_repeat; /* it has the header mpic-echo */
};

/*
 * NULL: the same bytes come out, appended to out (may be NULL). Else what does
 * not fit, in static words. Memory comes from the arena.
 */
const char *replay_decision(const struct replay_input *in, struct arena *arena,
                            struct buf *out)
	__attribute__((warn_unused_result));

#endif
