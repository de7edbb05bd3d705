/*
 * What is appended to the log, read once, as it comes.
 */
#include "tests/simulation/checker.h"

#include "base/id.h"
#include "base/murmur2.h"
#include "trust/jws.h"
#include "wire/check.h"

struct seen seen;

void checker_begin(void)
{
	seen.asked_count = seen.answers_count = seen.plans_count = 0;
	memset(seen.chains, 0, sizeof(seen.chains));
}

bool is_durable(const struct log_record *r)
{
	return r->stand == STAND_PLAIN || r->stand == STAND_COMMITTED ||
	       (r->stand == STAND_OPEN && r->decided);
}

bool number_of(struct span s, int64_t *out)
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
	if (seen.answers_count == LIST_MAX) {
		sim_fail(1, "more answers than anybody asked for");
		seen.answers_count--;
	}
	seen.answers[seen.answers_count] =
		(struct answered){ .is = is, .record = r, .p = p };
	return &seen.answers[seen.answers_count++];
}

static void on_request(struct log_partition *p, const struct log_record *r)
{
	struct span mark = log_header(r, HEADER_FORWARDED), why;
	struct asked *a = &seen.asked[seen.asked_count];
	struct request_issues issues = { 0 };
	struct request q;
	enum encoding encoding;

	if (++seen.asked_count == LIST_MAX) {
		sim_fail(6, "requests breed");
		seen.asked_count--;
	}
	*a = (struct asked){ .record = r, .p = p };
	a->digest = digest_of(r->value);
	a->undecodable =
		request_decode(r->value, log_header(r, HEADER_CONTENT_TYPE),
	                       sim.arena, &q, &issues, &encoding,
	                       &why) != REASON_UNKNOWN;
	if (mark.p != NULL) {
		a->forwarded = forwarded_parse(mark, &a->from);
	}
	if (mark.p != NULL && r->txn != NULL) { /* and no pipeline's claim */
		struct answered *f = add_answer(IS_FORWARD, p, r);

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

	for (size_t i = 0; number_of(echo, &at) && i < seen.answers_count;
	     i++) {
		if (seen.answers[i].p == p &&
		    seen.answers[i].record->offset == at)
			return seen.answers[i].offset;
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
		sim_fail(1, "decision %d@%lld does not decode", p->number,
		         (long long)r->offset);
		return;
	}
	if (jws_verify(world.ring, &wanted, &domain, r->value,
	               log_header(r, JWS_HEADER), NULL) != TRUST_OK)
		sim_fail(2, "decision %d@%lld is not signed", p->number,
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
		sim_fail(1, "a dead letter does not say what it was");
	a->short_form = span_is(log_header(r, HEADER_DEAD_REASON),
	                        reason_name(REASON_OVERSIZED));
}

static void on_attempt(struct log_partition *p, const struct log_record *r)
{
	struct planned_attempt *a = &seen.plans[seen.plans_count];

	if (++seen.plans_count == LIST_MAX) {
		sim_fail(6, "attempts breed");
		seen.plans_count--;
	}
	*a = (struct planned_attempt){ r, p, digest_of(r->value), { 0 } };
	if (attempt_decode(r->value, sim.arena, &a->attempt) != NULL)
		sim_fail(4, "an attempt does not decode");
}

const struct planned_attempt *find_plan(const struct digest *digest)
{
	for (size_t i = 0; i < seen.plans_count; i++) {
		if (digest_eq(&seen.plans[i].digest, digest))
			return &seen.plans[i];
	}
	return NULL;
}

/* Promise 4: no check before its plan is on the log. */
static void on_check(const struct log_record *r)
{
	struct check c;

	if (check_decode(r->value, sim.arena, &c) != NULL)
		sim_fail(4, "a check does not decode");
	else if (find_plan(&c.plan) == NULL)
		sim_fail(
			4,
			"a check of %.*s is sent before its plan is on the log",
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
