/*
 * verdict.h -- asked after every fold: is the outcome certain?
 *
 * The primary first; then, for DCV and for CAA apart, quorum
 * and RIR diversity among the corroborating remotes, under the
 * plan's rule, the policy at planning and the policy at the time of asking
 * . What is certain stays so, whatever is still to come and in
 * whichever order.
 */
#ifndef DECIDE_VERDICT_H
#define DECIDE_VERDICT_H

#include "decide/count.h"

enum verdict_say {
	VERDICT_PENDING,          /* the primary has to answer first */
	VERDICT_DISPATCH_REMOTES, /* open; remotes may be asked: attempt_due()
	                           */
	VERDICT_PASS,
	VERDICT_FAIL
};

struct verdict {
	enum verdict_say say;
	enum reason reason; /* QUORUM_MET for a pass; UNKNOWN while open */
};

/*
 * now_ms decides which policy is in force and whether the challenge is still
 * good; time only ever makes it stricter. Who proves that no shorter prefix was
 * certain asks with planned_at_ms, since when each fold was made is not logged.
 *
 * Honours the plan's `early`: deny lets only a certain failure end before all
 * that may be asked were heard, both a certain pass too, never neither.
 *
 * Of several reasons for a failure the first in this order is given, all sets
 * considered before the next reason: POLICY_CHANGED (no rule in force),
 * METHOD_FORBIDDEN, INSUFFICIENT_PERSPECTIVES, CHALLENGE_EXPIRED,
 * PRIMARY_FAILED, PRIMARY_MISSING (not heard, late or refused), QUORUM_NOT_MET,
 * RIR_DIVERSITY. What no other plan would mend comes first: after a forbidden
 * method there is no attempt more.
 */
struct verdict verdict_ask(const struct attempt_state *state, int64_t now_ms);

/* At the deadline: PASS or FAIL, who was not heard does not corroborate. */
struct verdict verdict_final(const struct attempt_state *state, int64_t now_ms);

/* One set's figures as votes stand now. rirs (may be NULL) gets a bit 1 << rir
   for each RIR of a corroborating remote. */
struct policy_figures verdict_figures(const struct attempt_state *state,
                                      enum check_kind kind, unsigned *rirs);

/*
 * When what a persistent record says of itself ends: the primary's, or
 * without one, the first of those that were relied on. POLICY_NO_END: nothing
 * was said. A record that is over at now_ms passes nothing.
 */
int64_t verdict_record_end(const struct attempt_state *state);

/* Corroborations of n that the plan and both policies want at that time. */
int64_t verdict_required(const struct attempt_state *state, int64_t at_ms);

/*
 * What a pass at that time is worth: issue if a primary passed every set, DCV
 * by a control-proving method is covered and, but for addresses, CAA too; else
 * corroborated. A caller's observation makes it issue only if affirmative,
 * timed and younger than 8 h for every set.
 */
enum outcome verdict_outcome(const struct attempt_state *state, int64_t at_ms);

/*
 * Ends the attempt: fills state->close and state->reason from a PASS or FAIL
 * and gives each seat its votes with the coordinator's words for who was not
 * heard: not-asked and not-heard-yet (outstanding), no-result (missing),
 * result-late (late), result-refused (refused). cut is the last offset folded.
 * Asserts that the verdict is not open and the attempt is not closed.
 */
void attempt_close(struct attempt_state *state, struct verdict v,
                   enum closed_by by, int64_t closed_at_ms);

/*
 * Whether another attempt may be made after this one, closed as failed: below
 * max_attempts, the primary passed every set or, one of ours, was not heard at
 * all, and every failing vote was error, timed-out, missing, or late without
 * saying otherwise. Never after a disagreement, a refusal or anything
 * that the primary saw and did not pass, nor when the challenge or the method
 * is no longer good.
 */
bool attempt_may_retry(const struct attempt_state *state);

#endif
