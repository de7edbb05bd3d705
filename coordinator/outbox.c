#include "coordinator/outbox_internal.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum {
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
	struct kafka_batch *batch = outbox_make_batch(o);

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

	if (outbox_set_marks(o, NULL, batch) == 0) {
		kafka_batch_free(&batch);
		return;
	}
	o->marks_flying = true;
	o->submitted_mono_us = clock_mono_us();
	kafka_txn_submit(o->txn, &batch);
}

/* -- outcomes -- */

static void drop_all(struct outbox *o)
{
	struct answer *a;

	o->marks_flying = false;
	while ((a = answer_queue_pop(&o->flying)) != NULL)
		outbox_free_answer(o, a);
	while ((a = answer_queue_pop(&o->waiting)) != NULL)
		outbox_free_answer(o, a);
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
		outbox_finish(o, batch);
	} else {
		log_failure(o, outcome, why);
		if (outcome != KAFKA_TXN_ABORTED || !outbox_any_refused(batch))
			pause_after_failure(o);
		else if (o->flying.count > 1)
			o->alone = o->flying.count;
		stats_commit(o->c->stats, kafka_txn_outcome_name(outcome),
		             clock_mono_us() - o->submitted_mono_us, 0);
		if (outcome == KAFKA_TXN_ABORTED)
			outbox_take_back(o, batch);
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
	answer_queue_init(&o->waiting);
	answer_queue_init(&o->flying);
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
	answer_queue_push(&o->waiting, answer);
	soon_call(o->soon);
}

void outbox_forget(struct outbox *o, int32_t partition)
{
	struct answer_queue keep;
	struct answer *a;

	answer_queue_init(&keep);
	while ((a = answer_queue_pop(&o->waiting)) != NULL) {
		if (a->partition == partition)
			outbox_free_answer(o, a);
		else
			answer_queue_push(&keep, a);
	}
	answer_queue_init(&o->waiting);
	while ((a = answer_queue_pop(&keep)) != NULL)
		answer_queue_push(&o->waiting, a);
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
