#include "coordinator/outbox.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/admission.h"
#include "coordinator/barrier.h"
#include "coordinator/broker_time.h"
#include "coordinator/requests.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	/* of one transaction: enough to make a commit cheap per answer, few
	   enough that nobody waits long behind them */
	BATCH_ANSWERS_MAX = 500,
	BATCH_BYTES_MAX = 4 * 1024 * 1024,
	/* of echoes, forwards and dead letters: a flood of them waits on its
	   topic, not here */
	FULL_BYTES = 64 * 1024 * 1024,
	/* a second epoch error within this much means that two processes share
	   one transactional.id */
	SHARED_ID_MS = 60000,
	/* transaction.timeout.ms, and what bounds each step of a commit */
	COMMIT_LIMIT_MS = 10000,
	/* after one failure at once; then so long, doubled each time */
	PAUSE_MS = 200,
	PAUSE_MAX_MS = 10000,
	PAUSE_FORGET_MS = 60000
};

struct queue {
	struct answer *first, **end;
	size_t count;
};

struct outbox {
	struct coordinator *c;
	struct kafka_txn *txn;
	struct queue waiting;
	struct queue flying; /* in the order of the batch's records */
	size_t bytes;        /* that answers without a session hold */
	struct soon *soon;
	char id[TOPIC_PREFIX_MAX + 80]; /* transactional.id */
	bool marks_flying;              /* a batch without answers */
	bool ready;
	bool was_ready;     /* once: the id is allowed */
	bool was_committed; /* once: so are the topics */
	int64_t submitted_mono_us;
	int64_t fenced_mono_ms; /* the last epoch error; -1: none */

	/* Failures that follow each other must not keep brokers busy. */
	struct timer *pause;
	int64_t pause_ms; /* for the next failure; 0: none came lately */
	int64_t failed_mono_ms;
	bool pausing;
	/* A broker refuses what a batch of its own holds as a whole: so many of
	   the next go one by one, and only the one that is too large shrinks.
	 */
	size_t alone;
};

static void push(struct queue *q, struct answer *a)
{
	a->next = NULL;
	*q->end = a;
	q->end = &a->next;
	q->count++;
}

static struct answer *pop(struct queue *q)
{
	struct answer *a = q->first;

	if (a == NULL)
		return NULL;
	q->first = a->next;
	if (q->first == NULL)
		q->end = &q->first;
	q->count--;
	return a;
}

static void queue_init(struct queue *q)
{
	*q = (struct queue){ NULL, &q->first, 0 };
}

/* Empties first into the front of what waits. */
static void put_in_front(struct outbox *o, struct queue *first)
{
	struct answer *a;

	while ((a = pop(&o->waiting)) != NULL)
		push(first, a);
	queue_init(&o->waiting);
	while ((a = pop(first)) != NULL)
		push(&o->waiting, a);
}

static void answer_free(struct outbox *o, struct answer *a)
{
	struct arena *arena = a->arena; /* a itself lives in it */

	o->bytes -= a->weight;
	arena_free(&arena);
}

/* -- a batch -- */

/* Those of touched partitions (NULL: of none), and of others whose mark moved
   without an answer. How many. */
static size_t set_marks(const struct outbox *o, const bool *touched,
                        struct kafka_batch *batch)
{
	const struct coordinator *c = o->c;
	struct buf metadata = { 0 };
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || ((touched == NULL || !touched[i]) &&
		                  !partition_is_ahead(p)))
			continue;
		count++;
		metadata.len = 0;
		partition_metadata(p, &metadata);
		struct kafka_offset mark = {
			.at = partition_of(p, c->d->topics.requests),
			.offset = offsets_mark(p->offsets),
			.metadata = buf_cstr(&metadata),
		};
		p->mark_flying = mark.offset;
		kafka_batch_set_offset(batch, &mark);
	}
	buf_clear(&metadata);
	kafka_batch_set_lease(batch, c->lease);
	return count;
}

/* Its request's offset is in the record itself. */
static bool names_request(const struct answer *a)
{
	return a->kind == ANSWER_DECISION || a->kind == ANSWER_CONFLICT;
}

static int64_t staged_as(const struct answer *a)
{
	if (a->kind == ANSWER_DECISION)
		return ANSWERED_STAGED;
	return a->kind == ANSWER_CONFLICT ? ANSWERED_STAGED_CONFLICT
	                                  : ANSWERED_ASIDE;
}

/* The mark's metadata reaches so far up: what is beyond waits for the mark. */
static bool must_wait(const struct partition *p, const struct answer *a)
{
	return !names_request(a) &&
	       a->request_offset - offsets_mark(p->offsets) >=
	               ANSWERED_SPAN_MAX;
}

static size_t answers_max(const struct outbox *o)
{
	return o->alone > 0 ? 1 : BATCH_ANSWERS_MAX;
}

/* At least one answer, else the batch is empty. */
static struct kafka_batch *make_batch(struct outbox *o)
{
	struct coordinator *c = o->c;
	struct kafka_batch *batch = kafka_batch_new();
	struct queue held;
	bool *touched = xcalloc(c->d->partitions, sizeof(*touched));

	queue_init(&held);

	while (o->waiting.first != NULL && o->flying.count < answers_max(o) &&
	       kafka_batch_bytes(batch) < BATCH_BYTES_MAX) {
		struct answer *a = pop(&o->waiting);
		struct partition *p = partition_find(c, a->partition);

		assert(p != NULL); /* outbox_forget() took the others out */
		if (must_wait(p, a)) {
			push(&held, a);
			continue;
		}
		if (a->kind == ANSWER_DECISION)
			answer_chain(a, p);
		else if (a->kind == ANSWER_CONFLICT)
			answer_sign(a, c);
		offsets_stage(p->offsets, a->request_offset);
		answered_note(p->answered, a->request_offset, staged_as(a));
		touched[a->partition] = true;
		answer_add_to(a, c, batch);
		push(&o->flying, a);
	}
	put_in_front(o, &held);
	if (o->flying.first != NULL)
		(void)set_marks(o, touched, batch);
	free(touched);
	return batch;
}

static bool may_submit(const struct outbox *o)
{
	return o->ready && !o->pausing && !outbox_in_flight(o) &&
	       o->c->lease != NULL && !o->c->revoking &&
	       kafka_txn_is_idle(o->txn);
}

static void submit(struct outbox *o)
{
	if (o->waiting.first == NULL || !may_submit(o))
		return;
	struct kafka_batch *batch = make_batch(o);

	if (o->flying.first == NULL) { /* all wait for the mark */
		kafka_batch_free(&batch);
		return;
	}
	if (o->alone > 0)
		o->alone--;
	o->submitted_mono_us = clock_mono_us();
	kafka_txn_submit(o->txn, &batch);
}

static void on_soon(void *arg)
{
	submit(arg);
}

void outbox_commit_marks(struct outbox *o)
{
	if (o->waiting.first != NULL || !may_submit(o))
		return;
	struct kafka_batch *batch = kafka_batch_new();

	if (set_marks(o, NULL, batch) == 0) {
		kafka_batch_free(&batch);
		return;
	}
	o->marks_flying = true;
	o->submitted_mono_us = clock_mono_us();
	kafka_txn_submit(o->txn, &batch);
}

/* -- outcomes -- */

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
		requests_answer_rival(s, r, offset);
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

static void finish(struct outbox *o, const struct kafka_batch *batch)
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
	while ((a = pop(&o->flying)) != NULL) {
		struct partition *p = partition_find(c, a->partition);
		bool own = a->arena != NULL; /* else a goes with its session */
		int64_t offset = -1;

		if (a->kind != ANSWER_NOTHING)
			offset = kafka_batch_delivery(batch, number++).offset;
		if (names_request(a))
			answered_note(p->answered, a->request_offset, offset);
		if (a->kind == ANSWER_DECISION) {
			note_time(c, batch, number - 1);
			finish_decision(p, a, offset);
		}
		if (own)
			answer_free(o, a);
	}
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || p->offsets == NULL)
			continue;
		answered_drop_below(p->answered, offsets_mark(p->offsets));
		partition_forget_anew(p);
	}
}

static bool is_refused(const struct kafka_batch *batch, size_t number)
{
	return kafka_batch_delivery(batch, number).fate == KAFKA_REFUSED;
}

static bool any_refused(const struct kafka_batch *batch)
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
static void take_back(struct outbox *o, const struct kafka_batch *batch)
{
	struct coordinator *c = o->c;
	const bool by_itself = o->flying.count == 1;
	struct queue all;
	struct answer *a;
	size_t number = 0;

	queue_init(&all);
	while ((a = pop(&o->flying)) != NULL) {
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
			answer_free(o, a);
			continue;
		}
		answered_forget(p->answered, a->request_offset);
		push(&all, a);
	}
	put_in_front(o, &all);
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

static void drop_all(struct outbox *o)
{
	struct answer *a;

	o->marks_flying = false;
	while ((a = pop(&o->flying)) != NULL)
		answer_free(o, a);
	while ((a = pop(&o->waiting)) != NULL)
		answer_free(o, a);
}

static int open_txn(struct outbox *o, struct err *why);

static void open_again(struct outbox *o)
{
	struct err why;

	if (open_txn(o, &why) != 0)
		coordinator_give_up(o->c, 75, "coordinator_producer_failed",
		                    why.text);
}

static void on_pause_over(void *arg)
{
	struct outbox *o = arg;

	o->pausing = false;
	if (o->txn == NULL)
		open_again(o);
	else
		soon_call(o->soon);
}

static void pause_after_failure(struct outbox *o)
{
	int64_t now = clock_mono_ms();

	if (now - o->failed_mono_ms > PAUSE_FORGET_MS)
		o->pause_ms = 0;
	o->failed_mono_ms = now;
	o->pausing = o->pause_ms > 0;
	if (o->pausing)
		timer_set_ms(o->pause, o->pause_ms);
	o->pause_ms = o->pause_ms > 0 ? 2 * o->pause_ms : PAUSE_MS;
	if (o->pause_ms > PAUSE_MAX_MS)
		o->pause_ms = PAUSE_MAX_MS;
}

/* What only an operator can mend is said as such. Which topic it is the
   library does not say. */
static void note_denied(struct outbox *o, const char *why)
{
	const struct topics *t = &o->c->d->topics;
	struct buf names = { 0 };
	struct kafka_denial d = { .right = "Write" };

	if (strstr(why, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED") != NULL) {
		buf_add_str(&names, o->id);
		d.resource = "transactional id";
		d.first = !o->was_ready;
	} else if (strstr(why, "TOPIC_AUTHORIZATION_FAILED") != NULL) {
		buf_printf(&names, "%s, %s or %s", t->decisions, t->requests,
		           t->dead_letters);
		d.resource = "topic";
		d.first = !o->was_committed;
	} else if (strstr(why, "GROUP_AUTHORIZATION_FAILED") != NULL) {
		buf_add_str(&names, o->c->d->conf->group);
		d.right = "Read";
		d.resource = "group";
	}
	d.name = buf_cstr(&names);
	if (d.resource != NULL)
		coordinator_forbidden(o->c, &d);
	buf_clear(&names);
}

static void log_failure(struct outbox *o, enum kafka_txn_outcome outcome,
                        const char *why)
{
	log_warn("coordinator_commit_failed",
	         F_STR("outcome", kafka_txn_outcome_name(outcome)),
	         F_STR("error", why));
	note_denied(o, why);
}

/* Brokers end a transaction of that age themselves, and with it our epoch: we
   were paused, or they were slow. Any other epoch error is somebody's doing. */
static bool is_by_another(const struct outbox *o,
                          const struct kafka_batch *batch)
{
	int64_t age_us = clock_mono_us() - o->submitted_mono_us;

	return batch == NULL || age_us < (int64_t)COMMIT_LIMIT_MS * 1000;
}

/* The producer is gone and what it sent may or may not be there: only the log
   knows, so everything owned is restored from it. */
static void start_over(struct outbox *o, enum kafka_txn_outcome outcome,
                       const struct kafka_batch *batch)
{
	struct coordinator *c = o->c;
	int64_t now = clock_mono_ms();

	if (outcome == KAFKA_TXN_FENCED && is_by_another(o, batch)) {
		if (o->fenced_mono_ms >= 0 &&
		    now - o->fenced_mono_ms < SHARED_ID_MS) {
			coordinator_give_up(
				c, 75, "coordinator_instance_shared",
				"another process uses this instance name: "
				"give each coordinator its own");
			return;
		}
		o->fenced_mono_ms = now;
	}
	o->ready = false;
	kafka_txn_free(&o->txn);
	drop_all(o);
	coordinator_restore_all(c);
	if (!o->pausing)
		open_again(o);
}

static void on_outcome(void *owner, enum kafka_txn_outcome outcome,
                       const struct kafka_batch *batch, const char *why)
{
	struct outbox *o = owner;

	o->marks_flying = false;
	if (outcome == KAFKA_TXN_COMMITTED) {
		o->pause_ms = 0;
		o->was_committed = true;
		finish(o, batch);
	} else {
		log_failure(o, outcome, why);
		if (outcome != KAFKA_TXN_ABORTED || !any_refused(batch))
			pause_after_failure(o);
		else if (o->flying.count > 1)
			o->alone = o->flying.count;
		stats_commit(o->c->stats, kafka_txn_outcome_name(outcome),
		             clock_mono_us() - o->submitted_mono_us, 0);
		if (outcome == KAFKA_TXN_ABORTED)
			take_back(o, batch);
		else
			start_over(o, outcome, batch);
	}
	coordinator_settled(o->c);
	soon_call(o->soon);
}

static void on_ready(void *owner)
{
	struct outbox *o = owner;

	o->ready = true;
	o->was_ready = true;
	log_info("coordinator_producer_ready");
	soon_call(o->soon);
	coordinator_settled(o->c);
}

static int open_txn(struct outbox *o, struct err *why)
{
	const struct topics *t = &o->c->d->topics;
	const char *const topics[] = { t->decisions, t->requests,
		                       t->dead_letters };
	struct kafka_txn_options options = {
		.transactional_id = o->id,
		.topics = topics,
		.topic_count = 3,
		.limit_ms = COMMIT_LIMIT_MS,
		.events = { on_ready, on_outcome, o },
	};

	o->txn = kafka_txn_new(o->c->loop, &o->c->d->kafka, &options, why);
	return o->txn != NULL ? 0 : -1;
}

struct outbox *outbox_new(struct coordinator *c, struct err *why)
{
	struct outbox *o = xzalloc(sizeof(*o));

	o->c = c;
	(void)snprintf(o->id, sizeof(o->id), "%s%s", c->d->topics.prefix,
	               c->d->conf->instance);
	o->fenced_mono_ms = -1;
	queue_init(&o->waiting);
	queue_init(&o->flying);
	o->soon = soon_new(c->loop, on_soon, o);
	o->pause = timer_new(c->loop, on_pause_over, o);
	if (open_txn(o, why) != 0)
		outbox_free(&o);
	return o;
}

void outbox_cancel(struct outbox *o)
{
	kafka_txn_cancel(o->txn);
}

void outbox_abandon(struct outbox *o, const char *why)
{
	log_failure(o, KAFKA_TXN_UNKNOWN, why);
	stats_commit(o->c->stats, kafka_txn_outcome_name(KAFKA_TXN_UNKNOWN),
	             clock_mono_us() - o->submitted_mono_us, 0);
	start_over(o, KAFKA_TXN_UNKNOWN, NULL);
}

void outbox_close(struct outbox *o)
{
	if (o == NULL)
		return;
	kafka_txn_free(&o->txn);
	drop_all(o);
}

void outbox_free(struct outbox **o)
{
	if (*o == NULL)
		return;
	outbox_close(*o);
	soon_free(&(*o)->soon);
	timer_free(&(*o)->pause);
	free(*o);
	*o = NULL;
}

void outbox_add(struct outbox *o, struct answer *answer)
{
	if (answer->arena != NULL) {
		answer->weight = answer->value.len + sizeof(*answer);
		o->bytes += answer->weight;
	}
	push(&o->waiting, answer);
	soon_call(o->soon);
}

void outbox_forget(struct outbox *o, int32_t partition)
{
	struct queue keep;
	struct answer *a;

	queue_init(&keep);
	while ((a = pop(&o->waiting)) != NULL) {
		if (a->partition == partition)
			answer_free(o, a);
		else
			push(&keep, a);
	}
	queue_init(&o->waiting);
	while ((a = pop(&keep)) != NULL)
		push(&o->waiting, a);
}

bool outbox_is_empty(const struct outbox *o)
{
	return o->waiting.first == NULL && !outbox_in_flight(o);
}

bool outbox_in_flight(const struct outbox *o)
{
	return o->flying.first != NULL || o->marks_flying;
}

bool outbox_is_ready(const struct outbox *o)
{
	return o->ready;
}

bool outbox_is_full(const struct outbox *o)
{
	return o->bytes >= FULL_BYTES;
}

size_t outbox_queued(const struct outbox *o)
{
	return o->waiting.count + o->flying.count;
}
