/* What stands on the log: decisions, what they rest on, and that replay makes
   them again. */
#include "tests/support/coordinator_parts.h"

#include "base/id.h"
#include "base/mem.h"
#include "decide/replay/replay.h"
#include "trust/jws.h"
#include "wire/request.h"

#include <check.h>

/* -- what comes -- */

static void on_decision(struct coordinator_world *w,
                        const struct kafka_message *m)
{
	struct decided *d = arena_alloc(w->arena, sizeof(*d));
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = m->timestamp_ms };
	struct sign_domain dom = cw_domain(SIGN_DECISION);
	const char *why;

	d->value = arena_span(w->arena, m->value);
	d->key = arena_span(w->arena, m->key);
	d->jws = cw_keep(w, m, JWS_HEADER);
	d->echo = cw_keep(w, m, HEADER_ECHO);
	d->trace = cw_keep(w, m, HEADER_TRACEPARENT);
	d->partition = m->partition;
	d->offset = m->offset;
	ck_assert_int_eq(
		jws_verify(w->ring, &wanted, &dom, m->value, d->jws, NULL),
		TRUST_OK);
	why = decision_decode(d->value, w->arena, &d->decision, &d->encoding);
	ck_assert_msg(why == NULL, "decision: %s", why);
	*w->decided_end = d;
	w->decided_end = &d->next;
	w->decisions++;
	w->echoes += d->echo.p != NULL;
}

static void on_dead(struct coordinator_world *w, const struct kafka_message *m)
{
	struct dead *d = arena_alloc(w->arena, sizeof(*d));

	d->value = arena_span(w->arena, m->value);
	d->reason = cw_keep(w, m, HEADER_DEAD_REASON);
	d->detail = cw_keep(w, m, HEADER_DEAD_DETAIL);
	*w->dead_end = d;
	w->dead_end = &d->next;
	w->dead_letters++;
}

static void note_record(struct coordinator_world *w,
                        const struct kafka_message *m, struct logged ***end)
{
	struct logged *l = arena_alloc(w->arena, sizeof(*l));

	if (m->key.p != NULL)
		l->key = arena_span(w->arena, m->key);
	l->value = arena_span(w->arena, m->value);
	l->content_type = cw_keep(w, m, HEADER_CONTENT_TYPE);
	l->forwarded = cw_keep(w, m, HEADER_FORWARDED);
	l->signature = cw_keep(w, m, RECORD_SIGNATURE_HEADER);
	l->partition = m->partition;
	l->offset = m->offset;
	l->timestamp_ms = m->timestamp_ms;
	**end = l;
	*end = &l->next;
}

void cw_note(struct coordinator_world *w, const struct kafka_message *m)
{
	const struct topics *t = &w->deployment.topics;

	if (strcmp(m->topic, t->requests) == 0)
		note_record(w, m, &w->requests_end);
	else if (strcmp(m->topic, t->attempts) == 0)
		note_record(w, m, &w->attempts_end);
	else if (strcmp(m->topic, t->results) == 0)
		note_record(w, m, &w->results_end);
	else if (strcmp(m->topic, t->decisions) == 0)
		on_decision(w, m);
	else if (strcmp(m->topic, t->dead_letters) == 0)
		on_dead(w, m);
}

/* -- what is waited for -- */

static const struct logged *find_logged(const struct logged *l,
                                        int64_t partition, int64_t offset)
{
	while (l != NULL && (l->partition != partition || l->offset != offset))
		l = l->next;
	return l;
}

/* What a decision rests on was read too: topics do not wait for each other. */
static bool is_whole(const struct coordinator_world *w, const struct decided *d)
{
	const struct record_ref *at = &d->decision.request;

	if (find_logged(w->requests, at->partition, at->offset) == NULL)
		return false;
	for (size_t i = 0; i < d->decision.attempts_count; i++) {
		const struct decided_attempt *a = &d->decision.attempts[i];
		int64_t cut = a->close.cut;

		at = &a->attempt;
		if (find_logged(w->attempts, at->partition, at->offset) == NULL)
			return false;
		if (cut >= 0 &&
		    find_logged(w->results, at->partition, cut) == NULL)
			return false;
	}
	return true;
}

/* NULL: all are. */
static const struct decided *find_unwhole(const struct coordinator_world *w)
{
	const struct decided *d = w->decided;

	while (d != NULL && is_whole(w, d))
		d = d->next;
	return d;
}

struct waiting {
	struct coordinator_world *w;
	const char *what;
	const int *have;
	int want;
	char state[300]; /* for when it does not happen */
};

static bool has_enough(void *arg)
{
	struct waiting *x = arg;
	const struct decided *d = find_unwhole(x->w);

	if (*x->have >= x->want && d == NULL)
		return true;
	(void)snprintf(x->state, sizeof(x->state),
	               "%d %s, of which %d came%s%.*s", x->want, x->what,
	               *x->have,
	               d == NULL ? "" : ", what they rest on not, as of ",
	               d == NULL ? 0 : (int)d->decision.request_id.len,
	               d == NULL ? "" : (const char *)d->decision.request_id.p);
	return false;
}

static void wait_for(struct coordinator_world *w, const char *what,
                     const int *have, int want)
{
	struct waiting x = { w, what, have, want, "" };

	world_run(&w->kafka, x.state, has_enough, &x);
}

void cw_wait_decisions(struct coordinator_world *w, int count)
{
	wait_for(w, "decisions", &w->decisions, count);
}

void cw_wait_dead(struct coordinator_world *w, int count)
{
	wait_for(w, "dead letters", &w->dead_letters, count);
}

const struct decided *cw_decision(struct coordinator_world *w, const char *id,
                                  int n)
{
	for (const struct decided *d = w->decided; d != NULL; d = d->next) {
		if (span_is(d->decision.request_id, id) && n-- == 0)
			return d;
	}
	ck_abort_msg("no such decision for %s", id);
	return NULL;
}

const struct decided *cw_decide(struct coordinator_world *w, const char *id,
                                const char *json)
{
	int before = w->decisions;

	cw_submit(w, -1, id, json);
	cw_wait_decisions(w, before + 1);
	return cw_decision(w, id, 0);
}

const struct decided *cw_ask(struct coordinator_world *w, const char *id,
                             const char *target)
{
	return cw_decide(w, id, cw_request(w, id, target));
}

void cw_expect(const struct decided *d, enum outcome outcome,
               enum reason reason)
{
	ck_assert_msg(d->decision.outcome == outcome &&
	                      d->decision.reason == reason,
	              "not %s, %s: %.*s", outcome_name(outcome),
	              reason_name(reason), SPAN_ARG(d->value));
}

const struct perspective_vote *cw_vote(const struct decided *d,
                                       const char *code, enum check_kind kind)
{
	const struct decided_attempt *a =
		&d->decision.attempts[d->decision.attempts_count - 1];

	for (size_t i = 0; i < a->perspectives_count; i++) {
		const struct perspective_outcome *p = &a->perspectives[i];

		if (!span_is(p->code, code))
			continue;
		for (size_t k = 0; k < p->votes_count; k++) {
			if (p->votes[k].kind == kind)
				return &p->votes[k];
		}
	}
	ck_abort_msg("%s has no vote", code);
	return NULL;
}

/* -- promise 3 -- */

static size_t attempts_of(const struct coordinator_world *w,
                          const struct decided *d, struct replay_attempt *out)
{
	size_t n = 0;

	for (const struct logged *l = w->attempts; l != NULL; l = l->next) {
		if (l->partition == d->partition && span_eq(l->key, d->key))
			out[n++] =
				(struct replay_attempt){ l->value, l->offset };
	}
	return n;
}

static struct replay_result result_of(struct coordinator_world *w,
                                      const struct logged *l)
{
	struct replay_result x = { .value = l->value, .offset = l->offset };
	struct sign_domain d = cw_domain(SIGN_RESULT);
	const struct key_entry *entry = NULL;
	struct result result;

	x.trust = TRUST_UNSIGNED;
	if (result_decode(l->value, w->arena, &result) != NULL)
		return x;
	struct trust_wanted wanted = {
		.role = KEY_ROLE_WORKER,
		.perspective = (const char *)result.perspective.p,
		.at_ms = l->timestamp_ms
	};

	x.trust = keyring_verify(w->ring, &wanted, &d, l->value, l->signature,
	                         &entry);
	if (x.trust == TRUST_OK)
		x.key_id = entry->key_id;
	return x;
}

static size_t results_of(struct coordinator_world *w, const struct decided *d,
                         struct replay_result *out)
{
	size_t n = 0;

	for (const struct logged *l = w->results; l != NULL; l = l->next) {
		if (l->partition == d->partition && span_eq(l->key, d->key))
			out[n++] = result_of(w, l);
	}
	return n;
}

/* Forwarded under the id that it was given where it was first found. */
static bool is_assigned(const struct logged *q)
{
	struct forwarded from;
	int32_t partition;
	int64_t offset;

	return q->forwarded.p != NULL && forwarded_parse(q->forwarded, &from) &&
	       id_parse_assigned(q->key, &partition, &offset) &&
	       partition == from.partition && offset == from.offset;
}

static const char *try_replay(struct coordinator_world *w,
                              const struct decided *d, struct buf *again)
{
	enum { MOST = 256 };
	static struct replay_attempt attempts[MOST];
	static struct replay_result results[MOST];
	const struct record_ref *at = &d->decision.request;
	const struct logged *q =
		find_logged(w->requests, at->partition, at->offset);
	struct forwarded from;

	ck_assert_ptr_nonnull(q);
	struct replay_input in = {
		.rules = &w->deployment.rules,
		.valid_for_ms = w->conf.decision_valid_ms,
		.request = { .value = q->value,
		             .content_type = q->content_type,
		             .key = q->key,
		             .forwarded = is_assigned(q),
		             .timestamp_ms = q->timestamp_ms,
		             .partition = q->partition,
		             .offset = q->offset },
		.attempts = attempts,
		.attempts_count = attempts_of(w, d, attempts),
		.results = results,
		.results_count = results_of(w, d, results),
		.decision = d->value,
		.answer_to_repeat = d->echo.p != NULL,
	};

	if (q->forwarded.p != NULL && forwarded_parse(q->forwarded, &from) &&
	    from.timestamp_ms < q->timestamp_ms)
		in.request.timestamp_ms = from.timestamp_ms;
	return replay_decision(&in, w->arena, again);
}

const char *cw_replay_problem(struct coordinator_world *w,
                              const struct decided *d)
{
	return try_replay(w, d, NULL);
}

static void replay_one(struct coordinator_world *w, const struct decided *d)
{
	struct buf again = { 0 };
	const char *wrong = try_replay(w, d, &again);

	ck_assert_msg(wrong == NULL, "replay of %.*s: %s\n%.*s\n%.*s",
	              SPAN_ARG(d->key), wrong, SPAN_ARG(d->value),
	              SPAN_ARG(buf_span(&again)));
	buf_clear(&again);
}

int cw_replay(struct coordinator_world *w)
{
	int count = 0;

	for (const struct decided *d = w->decided; d != NULL; d = d->next) {
		replay_one(w, d);
		count++;
	}
	return count;
}
