#include "coordinator/attempts.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "coordinator/admission.h"
#include "coordinator/broker_time.h"
#include "kafka/kafka_point.h"
#include "wire/check.h"

#include <assert.h>
#include <stdlib.h>

enum {
	RESEND_MS = 500,
	/* a worker ends its check this much before the attempt does, so that
	   its word for the time-out still arrives */
	RETURN_TRIP_MS = 500,
	PRIMARY_SHARE_PERCENT = 60 /* of an attempt, in a sequential gate */
};

/* A record on its way; it may outlive its session. */
struct ticket {
	struct session *session; /* NULL: ended meanwhile */
	struct run *run;
	size_t seat; /* of a check */
	struct ticket *next, **at;
};

static struct ticket *ticket_new(struct session *s, struct run *run,
                                 size_t seat)
{
	struct ticket *t = xzalloc(sizeof(*t));

	*t = (struct ticket){ s, run, seat, s->tickets, &s->tickets };
	if (t->next != NULL)
		t->next->at = &t->next;
	s->tickets = t;
	return t;
}

static void ticket_unlink(struct ticket *t)
{
	*t->at = t->next;
	if (t->next != NULL)
		t->next->at = t->at;
}

static void ticket_free(struct ticket *t)
{
	ticket_unlink(t);
	free(t);
}

void attempts_forget(struct session *s)
{
	struct ticket **lost = &s->partition->c->lost_tickets;
	struct ticket *t;

	while ((t = s->tickets) != NULL) {
		ticket_unlink(t);
		t->session = NULL;
		t->next = *lost;
		t->at = lost;
		if (t->next != NULL)
			t->next->at = &t->next;
		*lost = t;
	}
}

void attempts_free_lost(struct coordinator *c)
{
	/* freeing one takes it out of the list, which the analyzer misses */
	while (c->lost_tickets != NULL)
		ticket_free(c->lost_tickets); // NOLINT(clang-analyzer-*)
}

static void on_resend(void *arg);

static void resend_later(struct session *s)
{
	if (s->resend == NULL)
		s->resend = timer_new(s->partition->c->loop, on_resend, s);
	if (!timer_is_set(s->resend))
		timer_set_ms(s->resend, RESEND_MS);
}

/* -- the plan -- */

static enum site_state *site_states(struct session *s, int64_t now_ms)
{
	const struct coordinator *c = s->partition->c;
	const struct inventory *inv = &c->d->inventory;
	enum site_state *states =
		arena_calloc(s->arena, inv->count, sizeof(*states));

	for (size_t i = 0; i < inv->count; i++) {
		const char *code = (const char *)inv->sites[i].code.p;

		if (inventory_is_primary(inv, &inv->sites[i]) &&
		    liveness_unproven(c->liveness, code, now_ms))
			states[i] = SITE_UNPROVEN; /* */
		else if (liveness_alive(c->liveness, code, now_ms))
			states[i] = SITE_LIVE;
		else if (liveness_skewed(c->liveness, code, now_ms))
			states[i] = SITE_UNFIT; /* */
		else
			states[i] = SITE_SILENT;
	}
	return states;
}

static void log_exclusions(const struct session *s, const struct plan *plan)
{
	for (size_t i = 0; i < plan->excluded_count; i++)
		log_warn("coordinator_perspective_passed_over",
		         F_SPAN("request_id", s->request_id),
		         F_SPAN("perspective", plan->excluded[i].code),
		         F_STR("state", plan->excluded[i].state == SITE_UNFIT
		                                ? "unfit"
		                                : "silent"));
	if (plan->silent_planned > 0)
		log_warn("coordinator_silent_perspectives_planned",
		         F_SPAN("request_id", s->request_id),
		         F_INT("count", plan->silent_planned));
}

static int64_t attempt_deadline(const struct session *s, int64_t now_ms)
{
	int64_t end = now_ms + s->partition->c->d->conf->attempt_ms;
	int64_t last = s->order.expires_ms - COMMIT_RESERVE_MS;

	if (last < now_ms)
		last = now_ms;
	return end < last ? end : last;
}

static void fill_attempt(struct session *s, struct run *run,
                         const struct plan *plan, int64_t now_ms)
{
	const struct deployment *d = s->partition->c->d;
	const struct run *before = session_run(s);
	char id[ID_TEXT_MAX];

	id_random(id);
	run->attempt = (struct attempt){
		.schema_version = 1,
		.attempt_id = span_str(arena_str(s->arena, id)),
		.request_id = s->request_id,
		.request = s->request,
		.request_timestamp_ms = s->order.timestamp_ms,
		.partitions = d->partitions,
		.number = (int64_t)s->runs_count + 1,
		.gate = (enum gate)d->conf->gate,
		.check_set = s->order.check_set,
		.target = s->order.target,
		.rule = plan->rule,
		.perspectives = plan->perspectives,
		.perspectives_count = plan->count,
		.planned_at_ms = now_ms,
		.deadline_ms = attempt_deadline(s, now_ms),
		.results_from = s->partition->results_next,
		.inventory_digest = d->inventory_digest,
		.settings_digest = d->settings_digest,
	};
	if (before != NULL) {
		run->attempt.previous = before->state.close;
		run->attempt.previous_plan = before->ref.digest;
	}
}

/* The first attempt is planned in the moment of intake, each other one in that
   in which the one before was closed: no date lies between the two. */
static int64_t planned_at(const struct session *s)
{
	const struct run *before = session_run(s);

	return before == NULL ? s->accepted_ms
	                      : before->state.close.closed_at_ms;
}

/* intake may have been long ago, and in another process. */
static int64_t gate_at(const struct session *s)
{
	int64_t planned = planned_at(s), now = clock_wall_ms();

	return session_run(s) == NULL && now > planned ? now : planned;
}

static enum reason make_plan(struct session *s, struct run *run)
{
	const struct deployment *d = s->partition->c->d;
	const struct run *before = session_run(s);
	int64_t now = planned_at(s);
	struct plan plan;
	struct plan_input in = {
		.rule = policy_at(s->order.family, now),
		.set = &d->plan,
		.inv = &d->inventory,
		.states = site_states(s, now),
		.demand = &s->order.demand,
		.seed = s->order.cohort_key,
		.method = s->order.check_set & SET_DCV
		                  ? s->order.dcv.validation_method
		                  : METHOD_UNKNOWN,
		.is_address = s->order.target_is_address,
		.now_ms = gate_at(s),
		.number = (int64_t)s->runs_count + 1,
		.previous = before != NULL ? &before->attempt : NULL,
	};
	if (in.rule == NULL)
		return REASON_POLICY_CHANGED;
	enum reason why = plan_make(&in, s->arena, &plan);

	if (why != REASON_UNKNOWN)
		return why;
	log_exclusions(s, &plan);
	fill_attempt(s, run, &plan, now);
	return REASON_UNKNOWN;
}

/* -- onto the log -- */

static void on_attempt_logged(void *arg, const struct kafka_delivery *d);

static struct span signature_of(const struct coordinator *c, const char *type,
                                struct span value, struct buf *text)
{
	struct sign_domain domain = deployment_domain(c->d, type);

	record_sign(c->d->signing_key, &domain, value, text);
	return buf_span(text);
}

/* The broker will never take it; its decision says what came of that. */
static void log_refused(const struct session *s, const char *topic,
                        size_t bytes)
{
	log_error("coordinator_record_too_large",
	          F_SPAN("request_id", s->request_id), F_STR("topic", topic),
	          F_INT("bytes", bytes),
	          F_STR("what_to_do",
	                "compare max.message.bytes with the topics' manifest: "
	                "mpicctl topics check"));
}

/* What never got onto the log is no attempt that a decision could name. */
static void refuse_unlogged(struct session *s)
{
	s->runs_count--;
	session_refuse(s, REASON_INTERNAL_FAULT);
}

static void log_attempt(struct session *s, struct run *run)
{
	struct coordinator *c = s->partition->c;
	struct buf signature = { 0 };
	struct kafka_header header = { RECORD_SIGNATURE_HEADER,
		                       signature_of(c, SIGN_ATTEMPT, run->value,
		                                    &signature) };
	struct kafka_record record = {
		.topic = c->d->topics.attempts,
		.partition = s->partition->number,
		.key = s->request_id,
		.value = run->value,
		.headers = &header,
		.header_count = 1,
	};
	struct ticket *t = ticket_new(s, run, 0);
	enum kafka_send sent =
		kafka_out_send(c->out, &record, on_attempt_logged, t);

	buf_clear(&signature);
	if (sent == KAFKA_SENT)
		return;
	ticket_free(t);
	if (sent == KAFKA_TOO_LARGE) {
		log_refused(s, record.topic, run->value.len);
		refuse_unlogged(s);
	} else {
		resend_later(s);
	}
}

static void on_attempt_logged(void *arg, const struct kafka_delivery *d)
{
	struct ticket *t = arg;
	struct session *s = t->session;
	struct run *run = t->run;

	ticket_free(t);
	if (s == NULL || s->state != SESSION_LOGGING || run != session_run(s))
		return;
	if (d->fate != KAFKA_DELIVERED) {
		log_warn("coordinator_attempt_not_logged",
		         F_SPAN("request_id", s->request_id),
		         F_STR("error", d->error));
		if (d->fate == KAFKA_REFUSED) {
			log_refused(s, s->partition->c->d->topics.attempts,
			            run->value.len);
			refuse_unlogged(s);
		} else {
			resend_later(s); /* the same bytes: one record */
		}
		return;
	}
	broker_time_note(s->partition->c, s->partition->c->d->topics.attempts,
	                 d->time_kind, d->timestamp_ms);
	run->ref.offset = d->offset;
	run->state.ref.offset = d->offset;
	if (s->partition->attempts_next <= d->offset)
		s->partition->attempts_next = d->offset + 1;
	kafka_point("after-attempt");
	session_logged(s);
}

static enum reason prepare(struct session *s, struct run *run)
{
	struct buf value = { 0 };
	enum reason why = make_plan(s, run);

	if (why != REASON_UNKNOWN)
		return why;
	attempt_encode(&run->attempt, &value);
	run->value = arena_span(s->arena, buf_span(&value));
	buf_clear(&value);
	if (run->value.len > ATTEMPT_MAX)
		return REASON_INTERNAL_FAULT;
	run->ref = (struct record_ref){ s->partition->number, -1,
		                        digest_of(run->value) };
	const char *bad = attempt_state_init(
		&run->state, s->arena, &run->attempt, &run->ref, &s->facts);

	if (bad != NULL) {
		log_error("coordinator_attempt_unusable",
		          F_SPAN("request_id", s->request_id),
		          F_STR("error", bad));
		return REASON_INTERNAL_FAULT;
	}
	return REASON_UNKNOWN;
}

void attempts_begin(struct session *s)
{
	struct run *run = arena_alloc(s->arena, sizeof(*run));
	enum reason why = prepare(s, run);

	if (why != REASON_UNKNOWN) {
		session_refuse(s, why);
		return;
	}
	stats_attempt(s->partition->c->stats);
	admission_begin(s);
	s->runs[s->runs_count++] = run;
	s->state = SESSION_LOGGING;
	log_attempt(s, run);
}

/* -- out to the perspectives -- */

static int64_t check_deadline(const struct run *run, bool primary)
{
	const struct attempt *a = &run->attempt;
	int64_t length = a->deadline_ms - a->planned_at_ms;
	int64_t trip =
		length / 10 < RETURN_TRIP_MS ? length / 10 : RETURN_TRIP_MS;

	if (primary && a->gate == GATE_SEQUENTIAL && a->perspectives_count > 1)
		return a->planned_at_ms + length * PRIMARY_SHARE_PERCENT / 100;
	return a->deadline_ms - trip;
}

static void encode_check(const struct session *s, const struct run *run,
                         size_t seat, int64_t now_ms, struct buf *out)
{
	const struct planned_perspective *to = &run->attempt.perspectives[seat];
	struct check check = {
		.schema_version = 1,
		.request_id = s->request_id,
		.attempt_id = run->attempt.attempt_id,
		.perspective = to->code,
		.role = to->role,
		.plan = run->ref.digest,
		.check_set = s->order.check_set,
		.target = s->order.target,
		.dcv = s->order.dcv,
		.caa = s->order.caa,
		.account_uri = s->order.account_uri,
		.match_value = s->order.selected,
		.deadline_ms = check_deadline(run, to->role == ROLE_PRIMARY),
		.results_partition = s->partition->number,
	};

	if (!(check.check_set & SET_CAA))
		check.caa = (struct caa_parameters){ 0 };
	check.budget_ms =
		check.deadline_ms > now_ms ? check.deadline_ms - now_ms : 0;
	check_encode(&check, out);
}

static void on_check_sent(void *arg, const struct kafka_delivery *d)
{
	struct ticket *t = arg;
	struct session *s = t->session;
	struct run *run = t->run;
	size_t seat = t->seat;
	char topic[TOPIC_NAME_MAX];

	ticket_free(t);
	if (d->fate == KAFKA_DELIVERED)
		kafka_point("after-checks");
	if (s == NULL || run != session_run(s) || d->fate == KAFKA_DELIVERED)
		return;
	log_warn("coordinator_check_not_sent",
	         F_SPAN("request_id", s->request_id),
	         F_SPAN("perspective", run->attempt.perspectives[seat].code),
	         F_STR("error", d->error));
	if (d->fate == KAFKA_UNDELIVERED) {
		run->sent[seat] = false;
		resend_later(s);
	} else {
		log_refused(s,
		            topics_checks(&s->partition->c->d->topics,
		                          run->attempt.perspectives[seat].code,
		                          topic),
		            0);
	}
}

static void send_check(struct session *s, struct run *run, size_t seat)
{
	struct coordinator *c = s->partition->c;
	struct span code = run->attempt.perspectives[seat].code;
	struct buf value = { 0 }, signature = { 0 };
	char topic[TOPIC_NAME_MAX];
	struct kafka_header headers[2] = { { RECORD_SIGNATURE_HEADER, { 0 } },
		                           { HEADER_TRACEPARENT,
		                             s->traceparent } };

	encode_check(s, run, seat, clock_wall_ms(), &value);
	headers[0].value =
		signature_of(c, SIGN_CHECK, buf_span(&value), &signature);
	struct kafka_record record = {
		.topic = topics_checks(&c->d->topics, code, topic),
		.partition = KAFKA_PARTITION_OF_KEY,
		.key = s->request_id,
		.value = buf_span(&value),
		.headers = headers,
		.header_count = s->traceparent.p != NULL ? 2 : 1,
	};
	struct ticket *t = ticket_new(s, run, seat);

	enum kafka_send sent =
		kafka_out_send(c->out, &record, on_check_sent, t);

	/* what is too large stays so: not sent, and never again */
	run->sent[seat] = sent == KAFKA_SENT || sent == KAFKA_TOO_LARGE;
	if (sent == KAFKA_SENT)
		stats_check_sent(c->stats, code);
	else
		ticket_free(t);
	if (sent == KAFKA_TOO_LARGE)
		log_refused(s, record.topic, value.len);
	if (!run->sent[seat])
		resend_later(s);
	buf_clear(&value);
	buf_clear(&signature);
}

void attempts_dispatch(struct session *s)
{
	struct run *run = session_run(s);

	if (clock_wall_ms() >= run->attempt.deadline_ms)
		return;
	for (size_t seat = 0; seat < run->attempt.perspectives_count; seat++) {
		if (!run->sent[seat] && attempt_due(&run->state, seat))
			send_check(s, run, seat);
	}
}

static void on_resend(void *arg)
{
	struct session *s = arg;

	if (s->state == SESSION_LOGGING)
		log_attempt(s, session_run(s));
	else if (s->state == SESSION_RUNNING)
		attempts_dispatch(s);
}

static void on_deadline(void *arg)
{
	session_on_deadline(arg);
}

void attempts_set_deadline(struct session *s)
{
	const struct attempt *a = &session_run(s)->attempt;
	int64_t length = a->deadline_ms - a->planned_at_ms;
	int64_t left = a->deadline_ms - clock_wall_ms();

	if (left > length)
		left = length;
	if (s->deadline == NULL)
		s->deadline = timer_new(s->partition->c->loop, on_deadline, s);
	timer_set_ms(s->deadline, left > 0 ? left : 0);
}

/* -- what an operator reads -- */

void attempts_log_closed(const struct session *s, const struct run *run)
{
	struct buf silent = { 0 };

	for (size_t i = 0; i < run->state.count; i++) {
		if (run->state.seats[i].heard)
			continue;
		if (silent.len > 0)
			buf_add_u8(&silent, ' ');
		buf_add_span(&silent, run->attempt.perspectives[i].code);
	}
	log_info("coordinator_attempt_finished",
	         F_SPAN("request_id", s->request_id),
	         F_SPAN("attempt_id", run->attempt.attempt_id),
	         F_INT("number", run->attempt.number),
	         F_STR("outcome", outcome_name(run->state.close.outcome)),
	         F_STR("reason", reason_name(run->state.reason)),
	         F_STR("closed_by", closed_by_name(run->state.close.closed_by)),
	         F_SPAN("not_heard", buf_span(&silent)),
	         F_INT("took_ms", run->state.close.closed_at_ms -
	                                  run->attempt.planned_at_ms));
	buf_clear(&silent);
}

void attempts_log_fold(const struct session *s, enum fold fold,
                       const struct heard *heard)
{
	stats_result(s->partition->c->stats, fold);
	log_debug("coordinator_result_folded",
	          F_SPAN("request_id", s->request_id),
	          F_INT("offset", heard->offset),
	          F_STR("fold", fold_name(fold)));
}
