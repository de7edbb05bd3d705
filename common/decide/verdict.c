#include "decide/verdict.h"

#include <assert.h>

/* from the making of the challenge. */
#define CHALLENGE_AGE_MAX_MS (INT64_C(30) * 86400000)
/* R-066, the part of it that holds whatever the TTL was. */
#define OBSERVATION_AGE_MAX_MS (INT64_C(8) * 3600000)

static int64_t more_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool wants(const struct attempt_state *state, enum check_kind kind)
{
	return (state->attempt->check_set & (1u << kind)) != 0;
}

static bool is_remote(const struct attempt_state *state, size_t seat)
{
	return state->attempt->perspectives[seat].role == ROLE_REMOTE;
}

/* -- the figures of one set */

/* hopeful: who was not heard yet is taken to corroborate. */
static struct policy_figures figures_of(const struct attempt_state *state,
                                        enum check_kind kind, bool hopeful,
                                        unsigned *rirs)
{
	struct policy_figures f = { .remotes = state->attempt->rule.remotes };
	unsigned seen = 0;

	for (size_t i = 0; i < state->count; i++) {
		enum result_class c;

		if (!is_remote(state, i))
			continue;
		c = attempt_vote(state, i, kind).result_class;
		if (c != CLASS_CORROBORATED && !(hopeful && c == CLASS_UNKNOWN))
			continue;
		f.corroborated++;
		seen |= 1u << state->seats[i].rir;
	}
	for (unsigned rest = seen; rest != 0; rest &= rest - 1)
		f.rirs++;
	if (rirs != NULL)
		*rirs = seen;
	return f;
}

struct policy_figures verdict_figures(const struct attempt_state *state,
                                      enum check_kind kind, unsigned *rirs)
{
	return figures_of(state, kind, false, rirs);
}

/* -- what must hold, one after the other */

static const struct policy_rule *rule_at(const struct attempt_state *state,
                                         int64_t now_ms)
{
	return policy_at(state->planned_under->family, now_ms);
}

int64_t verdict_required(const struct attempt_state *state, int64_t at_ms)
{
	const struct effective_rule *own = &state->attempt->rule;
	const struct policy_rule *now = rule_at(state, at_ms);
	struct policy_rule tight = *state->planned_under;

	if (now != NULL)
		tight = policy_tighter(state->planned_under, now);
	return more_of(own->quorum, policy_quorum(&tight, own->remotes));
}

static bool is_method_forbidden(const struct attempt_state *state,
                                int64_t at_ms)
{
	const struct request_facts *f = state->facts;

	return wants(state, KIND_DCV) &&
	       method_gate(state->planned_under->family, f->method,
	                   f->is_address, at_ms) == GATE_METHOD_FORBIDDEN;
}

/* A persistent record is nobody's challenge; its age is R-044's matter. */
static bool is_challenge_expired(const struct attempt_state *state,
                                 int64_t at_ms)
{
	const struct opt_int *made = &state->facts->challenge_created_at_ms;

	return wants(state, KIND_DCV) && made->set &&
	       state->facts->method != METHOD_DNS_PERSISTENT &&
	       made->v < at_ms - CHALLENGE_AGE_MAX_MS;
}

int64_t verdict_record_end(const struct attempt_state *state)
{
	bool primary = state->attempt->rule.primary_kind == PRIMARY_PERSPECTIVE;
	int64_t end = POLICY_NO_END;

	for (size_t i = 0; i < (primary ? 1 : state->count); i++) {
		const struct opt_int *until =
			&state->seats[i].said[KIND_DCV].expires_ms;

		if (attempt_vote(state, i, KIND_DCV).result_class ==
		            CLASS_CORROBORATED &&
		    until->set && until->v < end)
			end = until->v;
	}
	return end;
}

/* What no perspective can change. */
static enum reason check_conditions(const struct attempt_state *state,
                                    int64_t now_ms)
{
	const struct policy_rule *now = rule_at(state, now_ms);

	if (now == NULL)
		return REASON_POLICY_CHANGED;
	if (is_method_forbidden(state, state->attempt->planned_at_ms) ||
	    is_method_forbidden(state, now_ms))
		return REASON_METHOD_FORBIDDEN;
	if (state->attempt->rule.remotes < now->min_remotes)
		return REASON_INSUFFICIENT_PERSPECTIVES;
	if (is_challenge_expired(state, now_ms) ||
	    (wants(state, KIND_DCV) && verdict_record_end(state) <= now_ms))
		return REASON_CHALLENGE_EXPIRED;
	return REASON_UNKNOWN;
}

/* Who gave no answer is missing; who answered and did not pass has failed. */
static enum reason check_primary(const struct attempt_state *state,
                                 bool hopeful)
{
	bool caller = state->attempt->rule.primary_kind == PRIMARY_CALLER;
	enum reason r = REASON_UNKNOWN;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (!wants(state, (enum check_kind)kind))
			continue;
		switch (attempt_primary_vote(state, (enum check_kind)kind)
		                .result_class) {
		case CLASS_CORROBORATED: break;
		case CLASS_DISAGREED:
		case CLASS_ERROR:
		case CLASS_TIMED_OUT: return REASON_PRIMARY_FAILED;
		case CLASS_UNKNOWN:
			if (!hopeful && !caller)
				r = REASON_PRIMARY_MISSING;
			break;
		case CLASS_LATE:
		case CLASS_MISSING:
		case CLASS_OUTSTANDING:
		case CLASS_REFUSED: r = REASON_PRIMARY_MISSING; break;
		}
	}
	return r;
}

static enum reason check_sets(const struct attempt_state *state, int64_t now_ms,
                              bool hopeful)
{
	const struct effective_rule *own = &state->attempt->rule;
	struct policy_rule tight =
		policy_tighter(state->planned_under, rule_at(state, now_ms));
	int64_t min_rirs =
		more_of(own->min_rirs, policy_rirs(&tight, own->remotes));
	int64_t quorum = verdict_required(state, now_ms);
	enum reason r = REASON_UNKNOWN;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct policy_figures f;

		if (!wants(state, (enum check_kind)kind))
			continue;
		f = figures_of(state, (enum check_kind)kind, hopeful, NULL);
		if (f.corroborated < quorum)
			return REASON_QUORUM_NOT_MET;
		if (f.rirs < min_rirs)
			r = REASON_RIR_DIVERSITY;
	}
	return r;
}

/* Why it fails, or REASON_UNKNOWN. If it fails when every open question is
   taken for the best answer, it fails whatever comes; if it does not even when
   taken for the worst, it passes. */
static enum reason evaluate(const struct attempt_state *state, int64_t now_ms,
                            bool hopeful)
{
	enum reason r = check_conditions(state, now_ms);

	if (r == REASON_UNKNOWN)
		r = check_primary(state, hopeful);
	if (r == REASON_UNKNOWN)
		r = check_sets(state, now_ms, hopeful);
	return r;
}

struct verdict verdict_final(const struct attempt_state *state, int64_t now_ms)
{
	enum reason r = evaluate(state, now_ms, false);

	if (r != REASON_UNKNOWN)
		return (struct verdict){ VERDICT_FAIL, r };
	return (struct verdict){ VERDICT_PASS, REASON_QUORUM_MET };
}

static struct verdict still_open(const struct attempt_state *state)
{
	bool remotes = attempt_primary(state) == PRIMARY_PASSED ||
	               state->attempt->gate == GATE_PARALLEL;

	return (struct verdict){ remotes ? VERDICT_DISPATCH_REMOTES
		                         : VERDICT_PENDING,
		                 REASON_UNKNOWN };
}

struct verdict verdict_ask(const struct attempt_state *state, int64_t now_ms)
{
	enum early early = state->attempt->rule.early;
	enum reason r;

	if (attempt_all_heard(state))
		return verdict_final(state, now_ms);
	r = evaluate(state, now_ms, true);
	if (r != REASON_UNKNOWN && early != EARLY_NEVER)
		return (struct verdict){ VERDICT_FAIL, r };
	if (early == EARLY_BOTH &&
	    evaluate(state, now_ms, false) == REASON_UNKNOWN)
		return (struct verdict){ VERDICT_PASS, REASON_QUORUM_MET };
	return still_open(state);
}

/* -- closing */

static bool is_primary_affirmed(const struct attempt_state *state,
                                int64_t at_ms)
{
	const struct opt_int *seen = &state->facts->observation.observed_at_ms;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (wants(state, (enum check_kind)kind) &&
		    attempt_primary_vote(state, (enum check_kind)kind)
		                    .result_class != CLASS_CORROBORATED)
			return false;
	if (state->attempt->rule.primary_kind == PRIMARY_PERSPECTIVE)
		return true;
	return seen->set && seen->v <= at_ms &&
	       seen->v > at_ms - OBSERVATION_AGE_MAX_MS;
}

enum outcome verdict_outcome(const struct attempt_state *state, int64_t at_ms)
{
	const struct request_facts *f = state->facts;
	bool covered = wants(state, KIND_DCV) &&
	               method_proves_control(f->method) &&
	               (wants(state, KIND_CAA) || f->is_address);

	return covered && is_primary_affirmed(state, at_ms)
	               ? OUTCOME_ISSUE
	               : OUTCOME_CORROBORATED;
}

static struct perspective_vote last_word(const struct attempt_state *state,
                                         size_t seat, enum check_kind kind,
                                         enum closed_by by, bool asked)
{
	struct perspective_vote v = attempt_vote(state, seat, kind);

	if (v.result_class != CLASS_UNKNOWN)
		return v;
	if (state->seats[seat].refused) {
		v.result_class = CLASS_REFUSED;
		v.reason = REASON_RESULT_REFUSED;
	} else if (!asked) {
		v.result_class = CLASS_OUTSTANDING;
		v.reason = REASON_NOT_ASKED;
	} else if (by == CLOSED_BY_RESULT) {
		v.result_class = CLASS_OUTSTANDING;
		v.reason = REASON_NOT_HEARD_YET;
	} else {
		v.result_class = CLASS_MISSING;
		v.reason = REASON_NO_RESULT;
	}
	return v;
}

void attempt_close(struct attempt_state *state, struct verdict v,
                   enum closed_by by, int64_t closed_at_ms)
{
	assert(!state->close.present);
	assert(v.say == VERDICT_PASS || v.say == VERDICT_FAIL);
	for (size_t i = 0; i < state->count; i++) {
		bool asked = attempt_due(state, i);

		for (int kind = 0; kind < KIND_COUNT; kind++)
			if (wants(state, (enum check_kind)kind))
				state->seats[i].votes[kind] = last_word(
					state, i, (enum check_kind)kind, by,
					asked);
	}
	state->reason = v.reason;
	state->close = (struct attempt_close){
		.present = true,
		.cut = state->folded,
		.closed_by = by,
		.closed_at_ms = closed_at_ms,
		.outcome = v.say == VERDICT_PASS
		                   ? verdict_outcome(state, closed_at_ms)
		                   : OUTCOME_DO_NOT_ISSUE,
	};
}

/* -- once more? */

static bool forgives(const struct seat *seat, const struct perspective_vote *v)
{
	switch (v->result_class) {
	case CLASS_CORROBORATED:
	case CLASS_ERROR:
	case CLASS_TIMED_OUT:
	case CLASS_MISSING:
	case CLASS_OUTSTANDING: return true;
	case CLASS_LATE:
		return !seat->answered[v->kind] ||
		       seat->said[v->kind].result_class != CLASS_DISAGREED;
	case CLASS_DISAGREED:
	case CLASS_REFUSED:
	case CLASS_UNKNOWN: return false;
	}
	return false;
}

/* Of ours, and not a word came: that is no observation, and no failure. */
static bool primary_was_silent(const struct attempt_state *state)
{
	if (state->attempt->rule.primary_kind == PRIMARY_CALLER)
		return false;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (wants(state, (enum check_kind)kind) &&
		    state->seats[0].votes[kind].result_class != CLASS_MISSING)
			return false;
	return true;
}

bool attempt_may_retry(const struct attempt_state *state)
{
	bool silent;

	if (!state->close.present ||
	    state->close.outcome != OUTCOME_DO_NOT_ISSUE ||
	    state->attempt->number >= state->attempt->rule.max_attempts)
		return false;
	silent = primary_was_silent(state);
	if (state->reason != REASON_INSUFFICIENT_PERSPECTIVES &&
	    state->reason != REASON_QUORUM_NOT_MET &&
	    state->reason != REASON_RIR_DIVERSITY &&
	    !(state->reason == REASON_PRIMARY_MISSING && silent))
		return false;
	if (attempt_primary(state) != PRIMARY_PASSED && !silent)
		return false;
	for (size_t i = 0; i < state->count; i++)
		for (int kind = 0; kind < KIND_COUNT; kind++)
			if (wants(state, (enum check_kind)kind) &&
			    !forgives(&state->seats[i],
			              &state->seats[i].votes[kind]))
				return false;
	return true;
}
