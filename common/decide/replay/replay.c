#include "decide/replay/replay.h"

#include "base/id.h"

/* One decision on its way through. */
struct replay {
	const struct replay_input *in;
	struct arena *arena;
	struct decision logged;
	enum encoding encoding;
	struct request request;
	struct request_issues issues;
	struct order order;
	bool accepted;
	struct request_facts facts;
	struct attempt_state *states[DECISION_ATTEMPTS_MAX];
	size_t states_count;
};

static const char *read_decision(struct replay *r)
{
	const char *why = decision_decode(r->in->decision, r->arena, &r->logged,
	                                  &r->encoding);

	if (why != NULL)
		return "the decision does not decode";
	if (r->logged.attempts_count > DECISION_ATTEMPTS_MAX)
		return "the decision has too many attempts";
	return NULL;
}

/* Intake judged it when the first attempt was planned, or, without one, when
   it was decided. */
static const char *accepted_at(struct replay *r, int64_t *at_ms)
{
	struct attempt first;

	*at_ms = r->logged.decided_at_ms;
	if (r->logged.attempts_count == 0)
		return NULL;
	for (size_t i = 0; i < r->in->attempts_count; i++) {
		const struct replay_attempt *a = &r->in->attempts[i];

		if (a->offset != r->logged.attempts[0].attempt.offset)
			continue;
		if (attempt_decode(a->value, r->arena, &first) != NULL)
			return "the first attempt does not decode";
		*at_ms = first.planned_at_ms;
		return NULL;
	}
	return "the first attempt is not on the log";
}

static const char *read_request(struct replay *r)
{
	const struct replay_request *q = &r->in->request;
	struct record_ref record = { q->partition, q->offset,
		                     digest_of(q->value) };
	struct span why;
	int64_t at_ms;
	const char *wrong = accepted_at(r, &at_ms);

	if (wrong != NULL)
		return wrong;
	enum encoding encoding;

	if (request_decode(q->value, q->content_type, r->arena, &r->request,
	                   &r->issues, &encoding, &why) != REASON_UNKNOWN)
		return "the request does not decode";
	if (encoding != r->encoding)
		return "the decision is not in its request's encoding";
	struct intake_origin origin = {
		.request_id = r->logged.request_id,
		.assigned_by_us = id_check_request(r->logged.request_id,
		                                   false) == ID_RESERVED &&
		                  r->request.request_id.p == NULL &&
		                  (q->forwarded ||
		                   id_check_request(q->key, true) != ID_OK),
		.timestamp_ms = q->timestamp_ms,
		.now_ms = at_ms,
	};

	r->accepted = intake_check(&r->request, &origin, r->in->rules, r->arena,
	                           &r->issues, &r->order);
	if (r->in->answer_to_repeat &&
	    r->logged.reason == REASON_REQUEST_ID_CONFLICT) {
		r->accepted = false;
		intake_conflict(&r->issues, r->arena);
	}
	r->facts = intake_facts(&r->request, r->accepted ? &r->order : NULL,
	                        r->in->rules, r->logged.request_id, &record,
	                        q->timestamp_ms);
	if (r->accepted && r->logged.attempts_count > 0 &&
	    at_ms >= r->order.expires_ms)
		return "an attempt was planned when no time was left";
	return NULL;
}

static const struct replay_attempt *find_attempt(const struct replay *r,
                                                 const struct record_ref *ref)
{
	for (size_t i = 0; i < r->in->attempts_count; i++) {
		const struct replay_attempt *a = &r->in->attempts[i];
		struct digest digest = digest_of(a->value);

		if (a->offset == ref->offset &&
		    digest_eq(&digest, &ref->digest))
			return a;
	}
	return NULL;
}

static bool is_open(const struct attempt_state *state, int64_t now_ms)
{
	enum verdict_say say = verdict_ask(state, now_ms).say;

	return say == VERDICT_PENDING || say == VERDICT_DISPATCH_REMOTES;
}

/* Folds what there was up to the cut; no prefix before it may be certain. */
static const char *fold(struct replay *r, struct attempt_state *state,
                        const struct attempt_close *close)
{
	for (size_t i = 0; i < r->in->results_count; i++) {
		const struct replay_result *x = &r->in->results[i];
		struct result result;
		struct heard heard = { .offset = x->offset,
			               .digest = digest_of(x->value),
			               .trust = x->trust,
			               .key_id = x->key_id };

		if (x->offset > close->cut)
			break;
		if (!is_open(state, state->attempt->planned_at_ms))
			return "a shorter prefix of the results was certain";
		if (result_decode(x->value, r->arena, &result) == NULL)
			heard.result = &result;
		(void)attempt_fold(state, &heard);
	}
	return NULL;
}

static const char *close_attempt(struct replay *r,
                                 const struct decided_attempt *logged,
                                 struct attempt_state *state)
{
	const struct attempt_close *close = &logged->close;

	attempt_limit(state, close->cut);
	const char *wrong = fold(r, state, close);

	if (wrong != NULL)
		return wrong;
	struct verdict v = close->closed_by == CLOSED_BY_RESULT
	                           ? verdict_ask(state, close->closed_at_ms)
	                           : verdict_final(state, close->closed_at_ms);

	if (v.say != VERDICT_PASS && v.say != VERDICT_FAIL)
		return "the attempt was closed before it was certain";
	attempt_close(state, v, close->closed_by, close->closed_at_ms);
	return NULL;
}

static const char *replay_attempt(struct replay *r,
                                  const struct decided_attempt *logged)
{
	const struct replay_attempt *record = find_attempt(r, &logged->attempt);
	struct attempt *attempt = arena_alloc(r->arena, sizeof(*attempt));
	struct attempt_state *state = arena_alloc(r->arena, sizeof(*state));
	struct record_ref ref = logged->attempt;

	if (record == NULL)
		return "an attempt is not on the log, or its digest differs";
	if (attempt_decode(record->value, r->arena, attempt) != NULL ||
	    attempt_state_init(state, r->arena, attempt, &ref, &r->facts) !=
	            NULL)
		return "an attempt can't be worked with";
	if (r->states_count > 0 &&
	    !digest_eq(&attempt->previous_plan,
	               &r->states[r->states_count - 1]->ref.digest))
		return "an attempt does not name the one before";
	r->states[r->states_count++] = state;
	return close_attempt(r, logged, state);
}

static void remake(struct replay *r, struct buf *bytes)
{
	struct decision_input in = {
		.facts = &r->facts,
		.attempts = (const struct attempt_state *const *)r->states,
		.attempts_count = r->states_count,
		.issues = r->issues.items,
		.issues_count = r->issues.count,
		.reason = r->logged.reason,
		.decided_at_ms = r->logged.decided_at_ms,
		.valid_for_ms = r->in->valid_for_ms,
		.sequence = r->logged.sequence,
		.previous = r->logged.previous,
	};
	struct decision again;

	decision_make(&in, r->arena, &again);
	decision_encode(&again, r->encoding, bytes);
}

const char *replay_decision(const struct replay_input *in, struct arena *arena,
                            struct buf *out)
{
	struct replay *r = arena_alloc(arena, sizeof(*r));
	struct buf bytes = { 0 };

	r->in = in;
	r->arena = arena;
	const char *wrong = read_decision(r);

	if (wrong == NULL)
		wrong = read_request(r);
	for (size_t i = 0; wrong == NULL && i < r->logged.attempts_count; i++)
		wrong = replay_attempt(r, &r->logged.attempts[i]);
	if (wrong != NULL)
		return wrong;
	remake(r, &bytes);
	if (!span_eq(buf_span(&bytes), in->decision))
		wrong = "other bytes come out";
	if (out != NULL)
		buf_add_span(out, buf_span(&bytes));
	buf_clear(&bytes);
	return wrong;
}
