/*
 * outbox_outcome.c -- what a transaction made of its answers: finished, or
 * taken back as if nothing had been.
 */
#include "coordinator/outbox_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/admission.h"
#include "coordinator/broker_time.h"
#include "coordinator/requests.h"

void outbox_free_answer(struct outbox *o, struct answer *a)
{
	struct arena *arena = a->arena; /* a itself lives in it */

	o->bytes -= a->weight;
	arena_free(&arena);
}

/* -- committed -- */

static void log_decision(const struct answer *a, int64_t offset,
                         int64_t took_ms)
{
	const struct decision *d = &a->decision;
	struct buf quorums = { 0 };

	for (size_t i = 0; i < d->quorums_count; i++)
		buf_printf(&quorums, "%s%s %.*s", i > 0 ? ", " : "",
		           check_kind_name(d->quorums[i].kind),
		           SPAN_ARG(d->quorums[i].quorum));
	log_info("coordinator_decision_finished",
	         F_SPAN("request_id", d->request_id),
	         F_STR("outcome", outcome_name(d->outcome)),
	         F_STR("reason", reason_name(d->reason)),
	         F_STR("check_type", check_set_name(d->check_set)),
	         F_STR("method",
	               d->validation_method == METHOD_UNKNOWN
	                       ? ""
	                       : validation_method_name(d->validation_method)),
	         F_SPAN("quorum", buf_span(&quorums)),
	         F_INT("attempts", d->attempts_count),
	         F_INT("partition", a->partition), F_INT("offset", offset),
	         F_INT("sequence", d->sequence), F_INT("took_ms", took_ms),
	         F_SPAN("trace_identifier", d->trace_identifier),
	         F_SPAN("traceparent", a->traceparent));
	buf_clear(&quorums);
}

static void finish_decision(struct partition *p, struct answer *a,
                            int64_t offset)
{
	struct session *s = a->session;
	int64_t took_ms = clock_mono_ms() - s->begun_mono_ms;
	struct window_entry entry = {
		.request_id = s->request_id,
		.request_digest = s->request.digest,
		.offset = offset,
		.decided_at_ms = a->decision.decided_at_ms,
		.value = a->value,
		.jws = a->jws,
		.content_type = answer_content_type(a),
	};

	p->last_decision = offset;
	window_add(p->window, &entry);
	window_expire(p->window, clock_wall_ms());
	log_decision(a, offset, took_ms);
	stats_decision(p->c->stats, &a->decision, took_ms);
	for (struct rival *r = s->rivals; r != NULL; r = r->next)
		requests_answer_rival(s, r, &entry);
	admission_committed(s);
	session_end(s);
}

static void note_time(struct coordinator *c, const struct kafka_batch *batch,
                      size_t number)
{
	struct kafka_delivery d = kafka_batch_delivery(batch, number);

	broker_time_note(c, c->d->topics.decisions, d.time_kind,
	                 d.timestamp_ms);
}

void outbox_finish(struct outbox *o, const struct kafka_batch *batch)
{
	struct coordinator *c = o->c;
	struct answer *a;
	size_t number = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || p->offsets == NULL)
			continue;
		offsets_commit(p->offsets);
		if (p->mark_flying >= 0)
			p->mark_committed = p->mark_flying;
		p->mark_flying = -1;
		p->sequence = p->staged_sequence;
		p->head = p->staged_head;
	}
	stats_commit(c->stats, "committed",
	             clock_mono_us() - o->submitted_mono_us, o->flying.count);
	while ((a = answer_queue_pop(&o->flying)) != NULL) {
		struct partition *p = partition_find(c, a->partition);
		bool own = a->arena != NULL; /* else a goes with its session */
		int64_t offset = -1;

		if (a->kind != ANSWER_NOTHING)
			offset = kafka_batch_delivery(batch, number++).offset;
		if (answer_names_request(a))
			answered_note(p->answered, a->request_offset, offset);
		if (a->kind == ANSWER_DECISION) {
			note_time(c, batch, number - 1);
			finish_decision(p, a, offset);
		}
		if (own)
			outbox_free_answer(o, a);
	}
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || p->offsets == NULL)
			continue;
		answered_drop_below(p->answered, offsets_mark(p->offsets));
		partition_forget_anew(p);
	}
}

/* -- aborted -- */

static bool is_refused(const struct kafka_batch *batch, size_t number)
{
	return kafka_batch_delivery(batch, number).fate == KAFKA_REFUSED;
}

bool outbox_any_refused(const struct kafka_batch *batch)
{
	size_t count = batch != NULL ? kafka_batch_count(batch) : 0;

	for (size_t i = 0; i < count; i++) {
		if (is_refused(batch, i))
			return true;
	}
	return false;
}

/* Nothing of it happened: what is still ours goes to the front of the queue,
   to be chained and signed anew. A record that the broker will never take is
   not sent for ever. */
void outbox_take_back(struct outbox *o, const struct kafka_batch *batch)
{
	struct coordinator *c = o->c;
	const bool by_itself = o->flying.count == 1;
	struct answer_queue all;
	struct answer *a;
	size_t number = 0;

	answer_queue_init(&all);
	while ((a = answer_queue_pop(&o->flying)) != NULL) {
		bool refused = false;

		if (a->kind != ANSWER_NOTHING && batch != NULL)
			refused = is_refused(batch, number++) && by_itself;
		if (refused && a->shrunk)
			coordinator_give_up(c, 70, "coordinator_answer_refused",
			                    "the broker refuses even the short "
			                    "form of an answer");
		if (refused)
			answer_shrink(a, c);
		const struct partition *p = partition_find(c, a->partition);

		if (p == NULL) {
			outbox_free_answer(o, a);
			continue;
		}
		answered_forget(p->answered, a->request_offset);
		answer_queue_push(&all, a);
	}
	answer_queue_put_in_front(&o->waiting, &all);
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || p->offsets == NULL)
			continue;
		offsets_abort(p->offsets);
		p->mark_flying = -1;
		p->staged_sequence = p->sequence;
		p->staged_head = p->head;
	}
}
