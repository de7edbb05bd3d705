/*
 * Does what is on the log keep the promises? Written apart from the product:
 * of it only decoders, digests, signatures and, for promise 3, replay are used.
 */
#include "base/id.h"
#include "base/murmur2.h"
#include "coordinator/session.h"
#include "decide/replay/replay.h"
#include "tests/simulation/world.h"
#include "trust/jws.h"
#include "wire/check.h"

#include <stdio.h>

enum {
	LIST_MAX = 512,
	CLOCKS_APART_MS = 200 /* instances are within 150 of the brokers */
};

/* A record of `requests`. */
struct asked {
	const struct log_record *record;
	struct log_partition *p;
	bool undecodable, forwarded, at_home;
	struct span id;
	struct digest digest;
	struct forwarded from;
};

enum answer_is { IS_DECISION, IS_CONFLICT, IS_ECHO, IS_DEAD, IS_FORWARD };

/* A record that answers one. */
struct answered {
	enum answer_is is;
	const struct log_record *record;
	struct log_partition *p;
	int64_t partition, offset; /* of the request; of an echo: its first */
	struct decision decision;
	enum encoding encoding;
	struct span id;
	bool short_form; /* of what the topic would not take */
};

struct planned_attempt {
	const struct log_record *record;
	struct log_partition *p;
	struct digest digest;
	struct attempt attempt;
};

static struct asked asked[LIST_MAX];
static size_t asked_count;
static struct answered answers[LIST_MAX];
static size_t answers_count;
static struct planned_attempt plans[LIST_MAX];
static size_t plans_count;
static uint64_t last_sizes; /* what checker_all_answered() saw last */

void checker_begin(void)
{
	asked_count = answers_count = plans_count = 0;
	last_sizes = 0;
}

/* Committed, even if its marker is still to be written. */
static bool is_durable(const struct log_record *r)
{
	return r->stand == STAND_PLAIN || r->stand == STAND_COMMITTED ||
	       (r->stand == STAND_OPEN && r->decided);
}

static bool number_of(struct span s, int64_t *out)
{
	int64_t n = 0;

	if (s.len == 0 || s.len > 18)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (s.p[i] - '0');
	}
	*out = n;
	return true;
}

/* -- what is appended is read once -- */

static void name_request(struct asked *a, const struct request *q)
{
	char made[ID_ASSIGNED_MAX];
	bool ours = false;

	if (q->request_id.p != NULL) {
		a->id = q->request_id;
	} else if (a->record->key.len > 0) {
		a->id = a->record->key;
		ours = a->forwarded;
	} else {
		id_assign(made, a->p->number, a->record->offset);
		a->id = arena_span(sim.arena, span_str(made));
		ours = true;
	}
	(void)ours;
	a->at_home =
		(int32_t)home_partition(a->id, (uint32_t)world.partitions) ==
			a->p->number ||
		id_check_request(a->id, true) != ID_OK;
}

static struct answered *add_answer(enum answer_is is, struct log_partition *p,
                                   const struct log_record *r)
{
	if (answers_count == LIST_MAX) {
		sim_fail("more answers than anybody asked for");
		answers_count--;
	}
	answers[answers_count] =
		(struct answered){ .is = is, .record = r, .p = p };
	return &answers[answers_count++];
}

static void on_request(struct log_partition *p, const struct log_record *r)
{
	struct span mark = log_header(r, HEADER_FORWARDED), why;
	struct asked *a = &asked[asked_count];
	struct request_issues issues = { 0 };
	struct request q;
	enum encoding encoding;

	if (++asked_count == LIST_MAX) {
		sim_fail("requests breed");
		asked_count--;
	}
	*a = (struct asked){ .record = r, .p = p };
	a->digest = digest_of(r->value);
	a->undecodable =
		request_decode(r->value, log_header(r, HEADER_CONTENT_TYPE),
	                       sim.arena, &q, &issues, &encoding,
	                       &why) != REASON_UNKNOWN;
	if (mark.p != NULL) {
		struct answered *f = add_answer(IS_FORWARD, p, r);

		a->forwarded = forwarded_parse(mark, &a->from);
		f->partition = a->from.partition;
		f->offset = a->from.offset;
	}
	if (!a->undecodable)
		name_request(a, &q);
}

/* Which request the decision answers that an answer to a repeat names. */
static int64_t first_request_of(const struct log_partition *p, struct span echo)
{
	int64_t at;

	for (size_t i = 0; number_of(echo, &at) && i < answers_count; i++) {
		if (answers[i].p == p && answers[i].record->offset == at)
			return answers[i].offset;
	}
	return -1;
}

static void on_decision(struct log_partition *p, const struct log_record *r)
{
	struct span echo = log_header(r, HEADER_ECHO);
	struct answered *a = add_answer(IS_DECISION, p, r);
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = r->timestamp_ms };
	struct sign_domain domain = { true, "sim", SIGN_DECISION, 1 };

	if (decision_decode(r->value, sim.arena, &a->decision, &a->encoding) !=
	    NULL) {
		sim_fail("decision %d@%lld does not decode", p->number,
		         (long long)r->offset);
		return;
	}
	if (jws_verify(world.ring, &wanted, &domain, r->value,
	               log_header(r, JWS_HEADER), NULL) != TRUST_OK)
		sim_fail("decision %d@%lld is not signed", p->number,
		         (long long)r->offset);
	a->partition = a->decision.request.partition;
	a->offset = a->decision.request.offset;
	a->id = a->decision.request_id;
	a->short_form = a->decision.reason == REASON_INTERNAL_FAULT;
	if (echo.p != NULL)
		a->is = a->offset != first_request_of(p, echo) ? IS_CONFLICT
		                                               : IS_ECHO;
}

static void on_dead_letter(struct log_partition *p, const struct log_record *r)
{
	struct answered *a = add_answer(IS_DEAD, p, r);

	if (!number_of(log_header(r, HEADER_DEAD_PARTITION), &a->partition) ||
	    !number_of(log_header(r, HEADER_DEAD_OFFSET), &a->offset))
		sim_fail("a dead letter does not say what it was");
	a->short_form = span_is(log_header(r, HEADER_DEAD_REASON),
	                        reason_name(REASON_OVERSIZED));
}

static void on_attempt(struct log_partition *p, const struct log_record *r)
{
	struct planned_attempt *a = &plans[plans_count];

	if (++plans_count == LIST_MAX) {
		sim_fail("attempts breed");
		plans_count--;
	}
	*a = (struct planned_attempt){ r, p, digest_of(r->value), { 0 } };
	if (attempt_decode(r->value, sim.arena, &a->attempt) != NULL)
		sim_fail("an attempt does not decode");
}

static const struct planned_attempt *find_plan(const struct digest *digest)
{
	for (size_t i = 0; i < plans_count; i++) {
		if (digest_eq(&plans[i].digest, digest))
			return &plans[i];
	}
	return NULL;
}

/* Promise 4: no check before its plan is on the log. */
static void on_check(const struct log_record *r)
{
	struct check c;

	if (check_decode(r->value, sim.arena, &c) != NULL)
		sim_fail("a check does not decode");
	else if (find_plan(&c.plan) == NULL)
		sim_fail("promise 4: a check of %.*s is sent before its plan "
		         "is on the log",
		         SPAN_ARG(c.request_id));
}

void world_on_append(struct log_partition *p, const struct log_record *r)
{
	const struct topics *t = &world.deployment.topics;

	if (strcmp(p->topic, t->requests) == 0) {
		on_request(p, r);
	} else if (strcmp(p->topic, t->decisions) == 0) {
		on_decision(p, r);
	} else if (strcmp(p->topic, t->dead_letters) == 0) {
		on_dead_letter(p, r);
	} else if (strcmp(p->topic, t->attempts) == 0) {
		on_attempt(p, r);
	} else if (strcmp(p->topic, t->results) != 0 &&
	           strcmp(p->topic, t->perspectives) != 0) {
		on_check(r);
		players_on_check(p, r);
	}
}

/* -- promise 1: every record of `requests` has its one answer -- */

static int count(const struct asked *a, enum answer_is is)
{
	int n = 0;

	for (size_t i = 0; i < answers_count; i++)
		n += answers[i].is == is && is_durable(answers[i].record) &&
		     answers[i].partition == a->p->number &&
		     answers[i].offset == a->record->offset;
	return n;
}

/* The first record of its id, at the id's home. */
static const struct asked *first_of(const struct asked *a)
{
	for (size_t i = 0; i < asked_count; i++) {
		const struct asked *b = &asked[i];

		if (!b->undecodable && b->at_home && b->p == a->p &&
		    span_eq(b->id, a->id) && is_durable(b->record) &&
		    b->record->offset < a->record->offset)
			a = b;
	}
	return a;
}

/* An earlier one of its id says the same. Of which of them it is a repeat
   depends, with a small window, on what has left it. */
static bool is_repeat(const struct asked *a, const struct asked *first)
{
	if (!world.small_window)
		return a != first && digest_eq(&a->digest, &first->digest);
	for (size_t i = 0; i < asked_count; i++) {
		const struct asked *b = &asked[i];

		if (b->p == a->p && b->record->offset < a->record->offset &&
		    is_durable(b->record) && span_eq(b->id, a->id) &&
		    digest_eq(&b->digest, &a->digest))
			return true;
	}
	return false;
}

/* The topic refused its answer: the short form took its place. */
static bool has_short_form(const struct asked *a)
{
	for (size_t i = 0; i < answers_count; i++) {
		if (answers[i].short_form && is_durable(answers[i].record) &&
		    answers[i].partition == a->p->number &&
		    answers[i].offset == a->record->offset)
			return true;
	}
	return false;
}

/* Enough answers; echoes are not owed. */
static bool is_answered(const struct asked *a)
{
	const struct asked *first;

	if (has_short_form(a))
		return true;
	if (a->undecodable || (!a->at_home && a->forwarded))
		return count(a, IS_DEAD) > 0;
	if (!a->at_home)
		return count(a, IS_FORWARD) > 0;
	first = first_of(a);
	if (is_repeat(a, first))
		return true;
	return count(a, IS_DECISION) + count(a, IS_CONFLICT) > 0;
}

bool checker_all_answered(void)
{
	for (size_t i = 0; i < asked_count; i++) {
		const struct asked *a = &asked[i];

		if (!is_durable(a->record) || is_answered(a))
			continue;
		if (sim_failed())
			sim_trace("not answered: %d@%lld %.*s", a->p->number,
			          (long long)a->record->offset,
			          SPAN_ARG(a->id));
		return false;
	}
	return true;
}

static void expect_count(const struct asked *a, enum answer_is is, int least,
                         int most)
{
	static const char *const names[] = { "decisions", "conflicts", "echoes",
		                             "dead letters", "forwards" };
	int n = count(a, is);

	if (n < least || n > most)
		sim_fail("promise 1: request %d@%lld (%.*s) has %d %s",
		         a->p->number, (long long)a->record->offset,
		         SPAN_ARG(a->id), n, names[is]);
}

static void check_request(const struct asked *a)
{
	bool dead = a->undecodable || (!a->at_home && a->forwarded);
	bool moved = !dead && !a->at_home;
	const struct asked *first = first_of(a);
	bool again = world.small_window && a != first;
	bool decided = !dead && !moved && a == first;
	bool rival = !dead && !moved && a != first && !is_repeat(a, first);
	int more = world.mark_was_reset ? LIST_MAX : 1;

	if (has_short_form(a)) {
		int n = count(a, IS_DEAD) + count(a, IS_FORWARD) +
		        count(a, IS_DECISION) + count(a, IS_CONFLICT);

		if (n > more)
			sim_fail("promise 1: request %d@%lld has %d answers, "
			         "one in its short form",
			         a->p->number, (long long)a->record->offset, n);
		return;
	}
	expect_count(a, IS_DEAD, dead, dead ? more : 0);
	expect_count(a, IS_FORWARD, moved, moved ? more : 0);
	if (again && !dead && !moved) {
		/* it may have been decided anew: once */
		if (count(a, IS_DECISION) + count(a, IS_CONFLICT) > 1)
			expect_count(a, IS_DECISION, 0, 0);
		return;
	}
	expect_count(a, IS_DECISION, decided, decided);
	expect_count(a, IS_CONFLICT, rival, rival);
}

/* An echo is its first decision, byte for byte; no more of them than repeats.
 */
static void check_echo(const struct answered *e)
{
	int repeats = 0, echoes = 0;
	int64_t at = -1;

	if (!number_of(log_header(e->record, HEADER_ECHO), &at) || at < 0 ||
	    at >= log_end(e->p)) {
		sim_fail("promise 1: an echo of nothing");
		return;
	}
	const struct log_record *first = e->p->records[at];

	if (!is_durable(first) || !span_eq(first->value, e->record->value) ||
	    !span_eq(log_header(first, JWS_HEADER),
	             log_header(e->record, JWS_HEADER)))
		sim_fail("promise 1: echo %d@%lld is not its first decision",
		         e->p->number, (long long)e->record->offset);
	for (size_t i = 0; i < answers_count; i++)
		echoes += answers[i].is == IS_ECHO &&
		          is_durable(answers[i].record) &&
		          span_eq(answers[i].id, e->id);
	for (size_t i = 0; i < asked_count; i++)
		repeats += !asked[i].undecodable && asked[i].at_home &&
		           is_durable(asked[i].record) &&
		           span_eq(asked[i].id, e->id) &&
		           is_repeat(&asked[i], first_of(&asked[i]));
	if (echoes > repeats && !world.mark_was_reset)
		sim_fail("promise 1: %d echoes for %d repeats of %.*s", echoes,
		         repeats, SPAN_ARG(e->id));
}

/* -- marks: nothing below one is without its answer -- */

void check_on_mark(int32_t partition, int64_t offset)
{
	for (size_t i = 0; i < asked_count; i++) {
		const struct asked *a = &asked[i];

		if (a->p->number == partition && a->record->offset < offset &&
		    is_durable(a->record) && !is_answered(a))
			sim_fail("promise 1: the mark of %d moves to %lld, "
			         "past %lld which has no answer",
			         partition, (long long)offset,
			         (long long)a->record->offset);
	}
}

/* -- promise 4: nothing is told before it is durable -- */

void __wrap_stats_decision(struct stats *s, const struct decision *d,
                           int64_t took_ms);
void __real_stats_decision(struct stats *s, const struct decision *d,
                           int64_t took_ms);

void __wrap_stats_decision(struct stats *s, const struct decision *d,
                           int64_t took_ms)
{
	bool found = false;

	for (size_t i = 0; i < answers_count; i++)
		found |= answers[i].is == IS_DECISION &&
		         is_durable(answers[i].record) &&
		         answers[i].partition == d->request.partition &&
		         answers[i].decision.sequence == d->sequence;
	if (!found)
		sim_fail("promise 4: the decision of %.*s is told before it "
		         "is durable",
		         SPAN_ARG(d->request_id));
	__real_stats_decision(s, d, took_ms);
}

/* Nothing was taken from this log: no partition has a reason to stop. */
void sim_log_seen(const char *event)
{
	static const char *const loud[] = { "coordinator_partition_gap",
		                            "coordinator_chain_broken",
		                            "coordinator_chain_truncated",
		                            "coordinator_partition_broken",
		                            "coordinator_partition_unreadable",
		                            "coordinator_foreign_decision",
		                            "coordinator_foreign_attempt",
		                            "coordinator_attempt_unusable" };

	for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++) {
		if (strcmp(event, loud[i]) == 0)
			sim_fail("a coordinator says %s", event);
	}
}

/* -- promise 6 -- */

void checker_look(const struct coordinator *c)
{
	size_t working = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		for (const struct session *s = p != NULL ? p->sessions : NULL;
		     s != NULL; s = s->hh.next)
			working += s->state != SESSION_AWAITING;
	}
	if (working > (size_t)c->d->conf->in_flight_max)
		sim_fail("promise 6: %zu requests in flight, %lld may be",
		         working, (long long)c->d->conf->in_flight_max);
}

/* -- the chain -- */

static void check_chain(int32_t number)
{
	struct log_partition *p =
		log_find(world.deployment.topics.decisions, number);
	struct digest head = { { 0 } };
	int64_t sequence = 0;

	for (size_t i = 0; i < answers_count; i++) {
		const struct answered *a = &answers[i];

		if (a->is != IS_DECISION || a->p != p || !is_durable(a->record))
			continue;
		if (a->decision.sequence != sequence + 1 ||
		    !digest_eq(&a->decision.previous, &head))
			sim_fail("the chain of %d breaks at %lld", number,
			         (long long)a->record->offset);
		sequence = a->decision.sequence;
		head = digest_of(a->record->value);
	}
}

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
			sim_fail("promise 2: a vote without a result");
		return;
	}
	if (r == NULL) {
		sim_fail("promise 2: a counted result is not on the log");
		return;
	}
	digest = digest_of(r->value);
	if (!digest_eq(&digest, &v->result.digest) ||
	    trust_of(r, &result, &key) != TRUST_OK ||
	    !span_eq(result.perspective, o->code))
		sim_fail("promise 2: a counted result is not %.*s's",
		         SPAN_ARG(o->code));
	else if (v->result_class == CLASS_CORROBORATED &&
	         find_plan(&t->attempt.digest) != NULL &&
	         result.finished_ms >
	                 find_plan(&t->attempt.digest)->attempt.deadline_ms)
		sim_fail("promise 2: a late result corroborates");
	else if (!span_eq(result.attempt_id, t->attempt_id) ||
	         !digest_eq(&result.plan, &t->attempt.digest))
		sim_fail("promise 5: a result of another attempt counts in "
		         "attempt %lld of %.*s",
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
		sim_fail("promise 2: success without an attempt");
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
			sim_fail("promise 2: success of %.*s without a quorum",
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
			sim_fail("promise 3: result %lld of %.*s was there "
			         "before the deadline that ignored it",
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
		sim_fail("times of %.*s go backwards", SPAN_ARG(a->id));
}

static void check_rests(const struct answered *a)
{
	for (size_t i = 0; i < a->decision.attempts_count; i++) {
		const struct decided_attempt *t = &a->decision.attempts[i];

		if (find_plan(&t->attempt.digest) == NULL)
			sim_fail("promise 3: an attempt of %.*s is not on the "
			         "log",
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
	for (size_t i = 0; i < asked_count; i++) {
		if (asked[i].p->number == partition &&
		    asked[i].record->offset == offset)
			return &asked[i];
	}
	return NULL;
}

static size_t attempts_of(const struct answered *a, struct replay_attempt *out)
{
	size_t n = 0;

	for (size_t i = 0; i < plans_count; i++) {
		if (plans[i].p->number == a->p->number &&
		    span_eq(plans[i].record->key, a->id))
			out[n++] = (struct replay_attempt){
				plans[i].record->value, plans[i].record->offset
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

static void check_replay(const struct answered *a)
{
	static struct replay_attempt attempts[LIST_MAX];
	static struct replay_result results[LIST_MAX];
	const struct asked *q = find_asked(a->partition, a->offset);

	if (q == NULL) {
		sim_fail("a decision of nothing");
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
		sim_fail("promise 3: replay of %.*s at %d@%lld: %s",
		         SPAN_ARG(a->id), a->p->number,
		         (long long)a->record->offset, wrong);
	}
	buf_clear(&again);
}

void checker_end(void)
{
	for (size_t i = 0; i < asked_count; i++) {
		if (is_durable(asked[i].record))
			check_request(&asked[i]);
		sim_counts.requests += is_durable(asked[i].record);
	}
	for (int32_t p = 0; p < world.partitions; p++)
		check_chain(p);
	for (size_t i = 0; i < answers_count; i++) {
		const struct answered *a = &answers[i];

		if (!is_durable(a->record))
			continue;
		if (a->is == IS_ECHO)
			check_echo(a);
		sim_counts.decisions += a->is == IS_DECISION;
		sim_counts.other_answers += a->is != IS_DECISION;
		if (a->is == IS_DECISION || a->is == IS_CONFLICT) {
			check_times(a);
			check_rests(a);
			if (!a->short_form)
				check_replay(a);
		}
	}
}
