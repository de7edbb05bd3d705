#include "kafka/kafka_commit.h"

#include "kafka/kafka_batch.h"
#include "kafka/kafka_lease_internal.h"
#include "kafka/kafka_offsets.h"
#include "kafka/kafka_point.h"
#include "kafka/kafka_produce.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLICE_MS = 500 };

/* How one step of a transaction ended. */
enum step { STEP_DONE, STEP_ABORT, STEP_FENCED, STEP_FATAL, STEP_TIMED_OUT };

static bool is_fencing(rd_kafka_resp_err_t rc)
{
	switch ((int)rc) {
	case RD_KAFKA_RESP_ERR__FENCED:
	case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
	case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return true;
	default: return false;
	}
}

/* The fatal error behind an error, if there is one: it says more. */
static enum step fatal_step(rd_kafka_t *rk, rd_kafka_resp_err_t rc, char *why)
{
	char text[KAFKA_WHY_MAX];
	rd_kafka_resp_err_t fatal =
		rd_kafka_fatal_error(rk, text, sizeof(text));

	if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
		snprintf(why, KAFKA_WHY_MAX, "%s: %.200s",
		         rd_kafka_err2name(fatal), text);
		rc = is_fencing(rc) ? rc : fatal;
	}
	return is_fencing(rc) ? STEP_FENCED : STEP_FATAL;
}

/*
 * What an error means. Retriable ones are not a step's end: *again. An error
 * that is none of retriable, abortable or fatal (ERR__STATE above all) means
 * that our idea of the transaction and the library's differ: start anew.
 */
static enum step judge(struct kafka_committer *c, rd_kafka_error_t *error,
                       bool *again, char *why)
{
	rd_kafka_resp_err_t rc = rd_kafka_error_code(error);
	enum step step;

	*again = false;
	if (error == NULL)
		return STEP_DONE;
	snprintf(why, KAFKA_WHY_MAX, "%s: %.200s", rd_kafka_error_name(error),
	         rd_kafka_error_string(error));
	if (!rd_kafka_error_is_fatal(error) &&
	    rd_kafka_error_txn_requires_abort(error)) {
		step = STEP_ABORT;
	} else if (!rd_kafka_error_is_fatal(error) &&
	           rd_kafka_error_is_retriable(error)) {
		step = STEP_TIMED_OUT;
		*again = true;
	} else {
		step = fatal_step(c->rk, rc, why);
	}
	rd_kafka_error_destroy(error);
	return step;
}

static int slice(int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();

	if (left < 1)
		return 1;
	return left < SLICE_MS ? (int)left : SLICE_MS;
}

static bool is_unwanted(const struct kafka_committer *c)
{
	return atomic_load(&c->cancelled) || atomic_load(&c->ending);
}

/* Waits a little where the library answered "again" at once. */
static void breathe(struct kafka_committer *c)
{
	rd_kafka_poll(c->rk, 20);
}

/* Reports for the batch's items may still be on their way. */
static enum kafka_txn_outcome give_up(struct kafka_committer *c, bool fenced)
{
	c->over = true;
	return fenced ? KAFKA_TXN_FENCED : KAFKA_TXN_FATAL;
}

enum kafka_txn_outcome kafka_commit_init(struct kafka_committer *c, char *why)
{
	int64_t until_ms = clock_mono_ms() + c->init_limit_ms;
	enum step step;
	bool again;

	do {
		step = judge(c,
		             rd_kafka_init_transactions(c->rk, slice(until_ms)),
		             &again, why);
		if (again)
			breathe(c);
	} while (again && !atomic_load(&c->ending) &&
	         clock_mono_ms() < until_ms);
	switch (step) {
	case STEP_DONE: return KAFKA_TXN_COMMITTED;
	case STEP_FENCED: return give_up(c, true);
	case STEP_ABORT:
	case STEP_FATAL:
	case STEP_TIMED_OUT: break;
	}
	return give_up(c, false);
}

enum kafka_txn_outcome kafka_commit_idle(struct kafka_committer *c, char *why)
{
	if (c->over)
		return KAFKA_TXN_COMMITTED;
	rd_kafka_poll(c->rk, 0);
	if (rd_kafka_fatal_error(c->rk, NULL, 0) == 0)
		return KAFKA_TXN_COMMITTED;
	c->over = true;
	return fatal_step(c->rk, RD_KAFKA_RESP_ERR_NO_ERROR, why) == STEP_FENCED
	               ? KAFKA_TXN_FENCED
	               : KAFKA_TXN_FATAL;
}

static void on_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m,
                         void *opaque)
{
	struct kafka_batch_item *item = m->_private;

	(void)rk;
	(void)opaque;
	item->reported = true;
	item->delivery = kafka_delivery_of(m);
	if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		snprintf(item->error, sizeof(item->error), "%s",
		         rd_kafka_err2name(m->err));
}

void kafka_commit_configure(rd_kafka_conf_t *conf)
{
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
}

static void refuse(struct kafka_batch_item *item, int rc, char *why)
{
	item->reported = true;
	if (rc == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
		item->delivery.fate = KAFKA_REFUSED;
	snprintf(item->error, sizeof(item->error), "%s",
	         rd_kafka_err2name((rd_kafka_resp_err_t)rc));
	snprintf(why, KAFKA_WHY_MAX, "record for %s/%d: %s", item->record.topic,
	         item->record.partition, item->error);
}

static enum step produce_one(struct kafka_committer *c,
                             struct kafka_batch_item *item, int64_t until_ms,
                             char *why)
{
	int rc;

	for (;;) {
		rc = kafka_produce(c->rk, &item->record, item);
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
			return STEP_DONE;
		if (rc != RD_KAFKA_RESP_ERR__QUEUE_FULL || is_unwanted(c) ||
		    clock_mono_ms() >= until_ms)
			break;
		breathe(c);
	}
	refuse(item, rc, why);
	return rd_kafka_fatal_error(c->rk, NULL, 0) != 0
	               ? fatal_step(c->rk, (rd_kafka_resp_err_t)rc, why)
	               : STEP_ABORT;
}

static enum step produce_all(struct kafka_committer *c,
                             struct kafka_batch *batch, char *why)
{
	int64_t until_ms = clock_mono_ms() + c->limit_ms;
	enum step step = STEP_DONE;

	for (size_t i = 0; i < batch->count && step == STEP_DONE; i++)
		step = produce_one(c, &batch->items[i], until_ms, why);
	return step;
}

static bool is_delivered(const struct kafka_batch_item *item)
{
	return item->reported && item->delivery.fate == KAFKA_DELIVERED;
}

/* The record that failed by itself, rather than with the others. */
static const struct kafka_batch_item *culprit(const struct kafka_batch *batch)
{
	const struct kafka_batch_item *found = NULL;

	for (size_t i = 0; i < batch->count; i++) {
		const struct kafka_batch_item *item = &batch->items[i];

		if (is_delivered(item))
			continue;
		if (item->reported && strncmp(item->error, "_PURGE", 6) != 0)
			return item;
		found = item;
	}
	return found;
}

/* A transaction that can't go on takes its records back, and they know nothing
   of why; what it says to any call does. Begins nothing: it is begun. */
static void add_reason(struct kafka_committer *c,
                       const struct kafka_batch_item *item, char *why)
{
	rd_kafka_error_t *error;

	if (!item->reported || strncmp(item->error, "_PURGE", 6) != 0)
		return;
	error = rd_kafka_begin_transaction(c->rk);
	if (error != NULL && rd_kafka_error_txn_requires_abort(error))
		snprintf(why, KAFKA_WHY_MAX, "%s: %.200s",
		         rd_kafka_error_name(error),
		         rd_kafka_error_string(error));
	if (error != NULL)
		rd_kafka_error_destroy(error);
}

static enum step check_deliveries(struct kafka_committer *c,
                                  const struct kafka_batch *batch, char *why)
{
	const struct kafka_batch_item *item = culprit(batch);

	if (item == NULL)
		return STEP_DONE;
	snprintf(why, KAFKA_WHY_MAX, "record for %s/%d: %s", item->record.topic,
	         item->record.partition,
	         item->reported ? item->error : "not delivered in time");
	if (rd_kafka_fatal_error(c->rk, NULL, 0) != 0)
		return fatal_step(c->rk, RD_KAFKA_RESP_ERR_NO_ERROR, why);
	add_reason(c, item, why);
	return STEP_ABORT;
}

static enum step flush_all(struct kafka_committer *c, struct kafka_batch *batch,
                           char *why)
{
	int64_t until_ms = clock_mono_ms() + c->limit_ms;

	while (rd_kafka_flush(c->rk, slice(until_ms)) != 0 && !is_unwanted(c) &&
	       clock_mono_ms() < until_ms) {
	}
	return check_deliveries(c, batch, why);
}

static enum step send_offsets(struct kafka_committer *c,
                              const struct kafka_batch *batch, char *why)
{
	int64_t until_ms = clock_mono_ms() + c->limit_ms;
	rd_kafka_topic_partition_list_t *list;
	enum step step;
	bool again;

	if (batch->offset_count == 0)
		return STEP_DONE;
	list = kafka_offset_list(batch->offsets, batch->offset_count);
	do {
		step = judge(c,
		             rd_kafka_send_offsets_to_transaction(
				     c->rk, list,
				     kafka_lease_metadata(batch->lease),
				     slice(until_ms)),
		             &again, why);
		if (again)
			breathe(c);
	} while (again && !is_unwanted(c) && clock_mono_ms() < until_ms);
	rd_kafka_topic_partition_list_destroy(list);
	/* nothing but time was lost: none of it happened */
	return step == STEP_TIMED_OUT ? STEP_ABORT : step;
}

/* From here on a cancel comes too late. */
static enum step commit(struct kafka_committer *c, char *why)
{
	int64_t until_ms = clock_mono_ms() + c->limit_ms;
	enum step step;
	bool again;

	do {
		step = judge(
			c, rd_kafka_commit_transaction(c->rk, slice(until_ms)),
			&again, why);
		if (again)
			breathe(c);
	} while (again && !atomic_load(&c->ending) &&
	         clock_mono_ms() < until_ms);
	return step;
}

static enum step abort_all(struct kafka_committer *c)
{
	int64_t until_ms = clock_mono_ms() + c->limit_ms;
	char why[KAFKA_WHY_MAX];
	enum step step;
	bool again;

	do {
		step = judge(c,
		             rd_kafka_abort_transaction(c->rk, slice(until_ms)),
		             &again, why);
		if (again)
			breathe(c);
	} while (again && !atomic_load(&c->ending) &&
	         clock_mono_ms() < until_ms);
	return step;
}

/* Everything before the commit; STEP_DONE: commit it. */
static enum step prepare(struct kafka_committer *c, struct kafka_batch *batch,
                         char *why)
{
	enum step step = produce_all(c, batch, why);

	if (step == STEP_DONE)
		step = flush_all(c, batch, why);
	if (step == STEP_DONE) {
		kafka_point("after-produce");
		step = send_offsets(c, batch, why);
	}
	if (step == STEP_DONE && is_unwanted(c)) {
		snprintf(why, KAFKA_WHY_MAX, "cancelled");
		step = STEP_ABORT;
	}
	return step;
}

static enum kafka_txn_outcome undo(struct kafka_committer *c, enum step step)
{
	if (step == STEP_ABORT) {
		step = abort_all(c);
		if (step == STEP_DONE)
			return KAFKA_TXN_ABORTED;
	}
	return give_up(c, step == STEP_FENCED);
}

enum kafka_txn_outcome kafka_commit_batch(struct kafka_committer *c,
                                          struct kafka_batch *batch, char *why)
{
	bool again;

	kafka_point("before-begin");
	enum step step =
		judge(c, rd_kafka_begin_transaction(c->rk), &again, why);

	if (step != STEP_DONE)
		return give_up(c, step == STEP_FENCED);
	step = prepare(c, batch, why);
	if (step != STEP_DONE)
		return undo(c, step);
	kafka_point_commit(batch);
	step = commit(c, why);
	switch (step) {
	case STEP_DONE:
		kafka_point_committed(batch);
		return KAFKA_TXN_COMMITTED;
	case STEP_ABORT: return undo(c, step);
	case STEP_FENCED: return give_up(c, true);
	case STEP_FATAL:
	case STEP_TIMED_OUT: break;
	}
	/* an answer to the commit may have been lost: only a reader of the
	   log can tell */
	c->over = true;
	return KAFKA_TXN_UNKNOWN;
}
