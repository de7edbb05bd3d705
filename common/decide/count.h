/*
 * count.h -- what counts (design 5.1): results, one at a time in offset order,
 * become votes; at the close every planned perspective has one for each kind.
 *
 * For every planned perspective the first result counts that names this plan,
 * request and attempt and is verified by one of its keys. A second never does.
 */
#ifndef DECIDE_COUNT_H
#define DECIDE_COUNT_H

#include "base/geo.h"
#include "base/mem.h"
#include "decide/facts.h"
#include "trust/keyring.h"

/* A planned perspective. */
struct seat {
	bool heard;      /* a result counted */
	bool late;       /* it was finished after the deadline */
	bool refused;    /* something in its name did not count */
	bool conflicted; /* a later result said otherwise; for alerts only */
	struct record_ref result;
	int64_t finished_ms;
	struct kind_result said[KIND_COUNT]; /* kind, class, reason, detail,
	                                        ADN, observed, looked_up_ms */
	bool answered[KIND_COUNT];           /* said[] is usable */
	enum rir rir;
	struct perspective_vote votes[KIND_COUNT]; /* set by attempt_close() */
};

struct attempt_state {
	const struct attempt *attempt; /* borrowed */
	const struct request_facts *facts;
	struct record_ref ref; /* of the Attempt; digest = plan digest */
	const struct policy_rule *planned_under;
	struct arena *arena;
	struct seat *seats; /* as attempt->perspectives */
	size_t count;
	int64_t folded; /* last results offset; results_from - 1 if none */
	int64_t limit;  /* folds above it are after the close */
	struct attempt_close close; /* present once closed */
	enum reason reason;         /* of the outcome, once closed */
};

/* Borrows attempt and facts as long as *state is used; what is kept of results
   is copied into the arena. NULL, or why this attempt can't be worked with
   (static text): a policy id or digest that this program does not have, an
   unknown enumerator or RIR, figures that contradict the perspectives. */
const char *attempt_state_init(struct attempt_state *state, struct arena *arena,
                               const struct attempt *attempt,
                               const struct record_ref *ref,
                               const struct request_facts *facts)
	__attribute__((warn_unused_result));

/* A record of the results topic, of the attempt's home partition. */
struct heard {
	int64_t offset;
	struct digest digest;        /* of its value */
	const struct result *result; /* NULL: it does not decode */
	enum trust_result trust;     /* of its signature, as a worker's */
	struct digest key_id;        /* TRUST_OK only: who signed */
};

enum fold {
	FOLD_COUNTED,
	FOLD_LATE,        /* counted, as a non-corroboration */
	FOLD_DUPLICATE,   /* its perspective had been heard; says the same */
	FOLD_CONFLICT,    /* the same, but with another class: alert */
	FOLD_BEFORE,      /* offset below results_from */
	FOLD_AFTER_CLOSE, /* offset above the cut */
	FOLD_UNDECODABLE,
	FOLD_WRONG_PLAN,  /* another attempt, request or plan digest */
	FOLD_NOT_PLANNED, /* no such perspective in the plan */
	FOLD_BAD_KEY      /* not verified by a key of that perspective: alert */
};

/* "counted", "late" ... for logs and metrics. */
const char *fold_name(enum fold f);

/* Replay: the cut that a later Attempt or the Decision has, taken over before
   the first fold; what is above it is FOLD_AFTER_CLOSE, as it was live. */
void attempt_limit(struct attempt_state *state, int64_t cut);

/*
 * Offsets rise from call to call, else it asserts. Every record given, but
 * those before results_from or after a close, moves what a close by deadline
 * takes as cut; so live and replay must give the same records: those whose
 * key is the request id. After the close only duplicates and conflicts are
 * looked at.
 */
enum fold attempt_fold(struct attempt_state *state, const struct heard *h);

/* Where the primary stands, all sets together. */
enum primary_stand {
	PRIMARY_OPEN,   /* its result is still to come */
	PRIMARY_PASSED, /* every set; or a caller who observed nothing to the
	                   contrary */
	PRIMARY_STOPPED /* it did not corroborate some set */
};

enum primary_stand attempt_primary(const struct attempt_state *state);

/* Whether a check is due to that seat: its result is outstanding, and the gate
   lets it be asked: the primary at once, remotes at once in a parallel gate or
   with the caller as primary, else when the primary has passed every set. */
bool attempt_due(const struct attempt_state *state, size_t seat);
/* All seats that may be asked have been heard. */
bool attempt_all_heard(const struct attempt_state *state);

/* The vote of a seat as it stands, before the coordinator's words: class 0 if
   nothing was heard. A remote that corroborated another value than the
   primary selected has disagreed; with the caller as primary, one
   that saw another issuer's persistent record than most. */
struct perspective_vote attempt_vote(const struct attempt_state *state,
                                     size_t seat, enum check_kind kind);

/* The primary's vote or, if the caller is the primary, what it observed; class
   0 if that is not known (yet). */
struct perspective_vote attempt_primary_vote(const struct attempt_state *state,
                                             enum check_kind kind);

#endif
