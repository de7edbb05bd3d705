/*
 * decision_make.h -- the Decision, from the closed attempts of one request.
 *
 * Pure: the same inputs give the same record, and its encoding the same bytes.
 * Replay takes from the logged Decision only what is marked (log) here; all
 * else it recomputes from Request, Attempts, Results and settings.
 */
#ifndef DECIDE_DECISION_MAKE_H
#define DECIDE_DECISION_MAKE_H

#include "decide/verdict.h"

struct decision_input {
	const struct request_facts *facts;

	/* Closed, in order of their numbers; references, cuts, closed_by and
	   closed_at are (log). Empty: decided without an attempt. */
	const struct attempt_state *const *attempts;
	size_t attempts_count;

	/* Not empty: rejected, and nothing else is looked at. */
	const struct request_issue *issues;
	size_t issues_count;

	/* Without attempts and issues: why not to issue (OVERLOADED,
	   TIME_EXHAUSTED, INTERNAL_FAULT, a refusal of plan_make() ...) (log)
	 */
	enum reason reason;
	/* Without attempts: when (log). Else it is the last closed_at. */
	int64_t decided_at_ms;

	int64_t valid_for_ms;   /* setting: longest validity, 1 h */
	int64_t sequence;       /* (log) */
	struct digest previous; /* (log) */
};

/*
 * *out: lists in the arena, texts borrowed from the inputs. Cannot fail, and
 * for plans of plan_make() its encoding stays below DECISION_MAX: details are
 * cut to equal shares where there are many.
 *
 * Outcome: rejected if there are issues; do-not-issue if there is no attempt
 * or the last one failed; else that of the last close (verdict_outcome()).
 *
 * Reason: rejected: the first issue's; without attempt: the input's; else the
 * last attempt's (verdict.h has the order).
 *
 * valid_until: the earliest of the primary's CAA lookup + 8 h, the
 * challenge + 30 d (R-048; dns-persistent: planning + 10 d, R-044, and the
 * record's own persistUntil), the next date on which policy would refuse it,
 * decided_at + valid_for.
 */
void decision_make(const struct decision_input *in, struct arena *arena,
                   struct decision *out);

#endif
