/*
 * Does a decision follow from what it names? Promises 2, 3 and 5.
 */
#include "tests/simulation/checker.h"

#include "decide/replay/replay.h"

/* -- promises 2 and 5: what a decision rests on -- */

static struct log_record *result_at(int32_t partition, int64_t offset)
{
	struct log_partition *p =
		log_find(world.deployment.topics.results, partition);

	return p != NULL && offset >= 0 && offset < log_end(p)
	               ? p->records[offset]
	               : NULL;
}

static enum trust_result trust_of(const struct log_record *r,
                                  struct result *result, struct digest *key)
{
	struct sign_domain domain = { true, "sim", SIGN_RESULT, 1 };
	const struct key_entry *entry = NULL;

	if (result_decode(r->value, sim.arena, result) != NULL)
		return TRUST_UNSIGNED;
	struct trust_wanted wanted = {
		.role = KEY_ROLE_WORKER,
		.perspective = (const char *)result->perspective.p,
		.at_ms = r->timestamp_ms
	};
	enum trust_result t =
		keyring_verify(world.ring, &wanted, &domain, r->value,
	                       log_header(r, RECORD_SIGNATURE_HEADER), &entry);

	if (t == TRUST_OK)
		*key = entry->key_id;
	return t;
}

static void check_vote(const struct answered *a,
                       const struct decided_attempt *t,
                       const struct perspective_outcome *o,
                       const struct perspective_vote *v)
{
	const struct log_record *r = result_at(a->p->number, v->result.offset);
	struct result result;
	struct digest key, digest;

	if (!v->counted) {
		if (v->result_class == CLASS_CORROBORATED)
			sim_fail(2, "a vote without a result");
		return;
	}
	if (r == NULL) {
		sim_fail(2, "a counted result is not on the log");
		return;
	}
	digest = digest_of(r->value);
	if (!digest_eq(&digest, &v->result.digest) ||
	    trust_of(r, &result, &key) != TRUST_OK ||
	    !span_eq(result.perspective, o->code))
		sim_fail(2, "a counted result is not %.*s's",
		         SPAN_ARG(o->code));
	else if (v->result_class == CLASS_CORROBORATED &&
	         find_plan(&t->attempt.digest) != NULL &&
	         result.finished_ms >
	                 find_plan(&t->attempt.digest)->attempt.deadline_ms)
		sim_fail(2, "a late result corroborates");
	else if (!span_eq(result.attempt_id, t->attempt_id) ||
	         !digest_eq(&result.plan, &t->attempt.digest))
		sim_fail(5,
		         "a result of another attempt counts in attempt %lld "
		         "of %.*s",
		         (long long)t->number, SPAN_ARG(a->id));
}

static int corroborations(const struct decided_attempt *t,
                          enum perspective_role role, enum check_kind kind)
{
	int n = 0;

	for (size_t i = 0; i < t->perspectives_count; i++) {
		const struct perspective_outcome *o = &t->perspectives[i];

		for (size_t k = 0; o->role == role && k < o->votes_count; k++)
			n += o->votes[k].kind == kind &&
			     o->votes[k].result_class == CLASS_CORROBORATED;
	}
	return n;
}

/* With three remotes two must corroborate, and the primary, for each kind. */
static void check_success(const struct answered *a)
{
	const struct decision *d = &a->decision;

	if (!decision_is_valid(d))
		return;
	if (d->attempts_count == 0) {
		sim_fail(2, "success without an attempt");
		return;
	}
	const struct decided_attempt *last =
		&d->attempts[d->attempts_count - 1];

	for (int k = 0; k < KIND_COUNT; k++) {
		if (!(d->check_set & (1u << k)))
			continue;
		if (corroborations(last, ROLE_PRIMARY, (enum check_kind)k) !=
		            1 ||
		    corroborations(last, ROLE_REMOTE, (enum check_kind)k) < 2)
			sim_fail(2, "success of %.*s without a quorum",
			         SPAN_ARG(a->id));
	}
}

/* A deadline closes no attempt before what was on the log by then was read. */
static void check_cut(const struct answered *a,
                      const struct digest *plan_digest,
                      const struct attempt_close *close)
{
	const struct planned_attempt *plan = find_plan(plan_digest);
	const struct log_partition *p =
		log_find(world.deployment.topics.results, a->p->number);

	if (plan == NULL || close->closed_by != CLOSED_BY_DEADLINE)
		return;
	for (size_t i = (size_t)(close->cut + 1); i < p->count; i++) {
		const struct log_record *r = p->records[i];

		if (span_eq(r->key, a->id) &&
		    r->timestamp_ms <
		            plan->attempt.deadline_ms - CLOCKS_APART_MS)
			sim_fail(3,
			         "result %lld of %.*s was there before the "
			         "deadline that ignored it",
			         (long long)i, SPAN_ARG(a->id));
	}
}

/* Times recorded within one request never go backwards. */
static void check_times(const struct answered *a)
{
	const struct decision *d = &a->decision;
	int64_t at = 0;
	bool good = true;

	for (size_t i = 0; i < d->attempts_count; i++) {
		const struct planned_attempt *plan =
			find_plan(&d->attempts[i].attempt.digest);

		if (plan == NULL)
			continue;
		good = good && plan->attempt.planned_at_ms >= at &&
		       d->attempts[i].close.closed_at_ms >=
		               plan->attempt.planned_at_ms;
		at = d->attempts[i].close.closed_at_ms;
	}
	if (!good || d->decided_at_ms < at)
		sim_fail(3, "times of %.*s go backwards", SPAN_ARG(a->id));
}

void check_rests(const struct answered *a)
{
	check_times(a);
	for (size_t i = 0; i < a->decision.attempts_count; i++) {
		const struct decided_attempt *t = &a->decision.attempts[i];

		if (find_plan(&t->attempt.digest) == NULL)
			sim_fail(3, "an attempt of %.*s is not on the log",
			         SPAN_ARG(a->id));
		check_cut(a, &t->attempt.digest, &t->close);
		for (size_t o = 0; o < t->perspectives_count; o++) {
			const struct perspective_outcome *x =
				&t->perspectives[o];

			for (size_t v = 0; v < x->votes_count; v++)
				check_vote(a, t, x, &x->votes[v]);
		}
	}
	check_success(a);
}

/* -- promise 3: the same bytes again -- */

static const struct asked *find_asked(int64_t partition, int64_t offset)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		if (seen.asked[i].p->number == partition &&
		    seen.asked[i].record->offset == offset)
			return &seen.asked[i];
	}
	return NULL;
}

static size_t attempts_of(const struct answered *a, struct replay_attempt *out)
{
	size_t n = 0;

	for (size_t i = 0; i < seen.plans_count; i++) {
		if (seen.plans[i].p->number == a->p->number &&
		    span_eq(seen.plans[i].record->key, a->id))
			out[n++] = (struct replay_attempt){
				seen.plans[i].record->value,
				seen.plans[i].record->offset
			};
	}
	return n;
}

static size_t results_of(const struct answered *a, struct replay_result *out)
{
	const struct log_partition *p =
		log_find(world.deployment.topics.results, a->p->number);
	size_t n = 0;

	for (size_t i = 0; i < p->count && n < LIST_MAX; i++) {
		const struct log_record *r = p->records[i];
		struct result result;

		if (!span_eq(r->key, a->id))
			continue;
		out[n] = (struct replay_result){ .value = r->value,
			                         .offset = r->offset };
		out[n].trust = trust_of(r, &result, &out[n].key_id);
		n++;
	}
	return n;
}

void check_replay(const struct answered *a)
{
	static struct replay_attempt attempts[LIST_MAX];
	static struct replay_result results[LIST_MAX];
	const struct asked *q = find_asked(a->partition, a->offset);

	if (q == NULL) {
		sim_fail(1, "a decision of nothing");
		return;
	}
	struct replay_input in = {
		.rules = &world.deployment.rules,
		.valid_for_ms = world.conf.decision_valid_ms,
		.request = { .value = q->record->value,
		             .content_type =
		                     log_header(q->record, HEADER_CONTENT_TYPE),
		             .key = q->record->key,
		             .forwarded = q->forwarded,
		             .timestamp_ms = q->record->timestamp_ms,
		             .partition = q->p->number,
		             .offset = q->record->offset },
		.attempts = attempts,
		.attempts_count = attempts_of(a, attempts),
		.results = results,
		.results_count = results_of(a, results),
		.decision = a->record->value,
		.answer_to_repeat = a->is == IS_CONFLICT,
	};
	struct buf again = { 0 };

	if (q->forwarded && q->from.timestamp_ms < in.request.timestamp_ms)
		in.request.timestamp_ms = q->from.timestamp_ms;
	const char *wrong = replay_decision(&in, sim.arena, &again);

	if (wrong != NULL) {
		sim_trace("logged   %.*s", SPAN_ARG(a->record->value));
		sim_trace("replayed %.*s", SPAN_ARG(buf_span(&again)));
		sim_fail(3, "replay of %.*s at %d@%lld: %s", SPAN_ARG(a->id),
		         a->p->number, (long long)a->record->offset, wrong);
	}
	buf_clear(&again);
}
