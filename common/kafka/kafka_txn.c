#include "kafka/kafka_txn.h"

#include "kafka/kafka_batch.h"
#include "kafka/kafka_commit.h"
#include "kafka/kafka_produce.h"
#include "kafka/kafka_side.h"
#include "kafka/kafka_wake.h"

#include "base/mem.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LIMIT_DEFAULT_MS = 10000,
	INIT_LIMIT_DEFAULT_MS = 30000,
	LOGS_PER_TURN = 100,
	MESSAGE_MAX = 1000512,
};

enum txn_state { TXN_INIT, TXN_IDLE, TXN_BUSY, TXN_OVER };

struct kafka_txn {
	enum txn_state state;
	struct kafka_committer
		*committer; /* the thread's; its flags are ours */
	struct kafka_side *side;
	rd_kafka_queue_t *logs;
	struct kafka_wake *log_wake;
	struct kafka_txn_events events;
};

struct txn_job {
	struct kafka_job job;
	struct kafka_batch *batch; /* NULL: init, or an idle producer broke */
	enum kafka_txn_outcome outcome;
	char why[KAFKA_WHY_MAX];
};

static void job_free(struct kafka_job *job)
{
	struct txn_job *j = (struct txn_job *)job;

	kafka_batch_free(&j->batch);
	free(j);
}

static void run_init(struct kafka_job *job, void *context)
{
	struct txn_job *j = (struct txn_job *)job;

	j->outcome = kafka_commit_init(context, j->why);
}

static void run_batch(struct kafka_job *job, void *context)
{
	struct txn_job *j = (struct txn_job *)job;

	j->outcome = kafka_commit_batch(context, j->batch, j->why);
}

/* Loop side. The owner may free the kafka_txn in either callback. */
static void on_init(struct kafka_job *job, void *owner)
{
	struct txn_job *j = (struct txn_job *)job;
	struct kafka_txn *txn = owner;

	if (j->outcome == KAFKA_TXN_COMMITTED) {
		txn->state = TXN_IDLE;
		txn->events.on_ready(txn->events.owner);
	} else if (txn->state != TXN_OVER) {
		txn->state = TXN_OVER;
		txn->events.on_outcome(txn->events.owner, j->outcome, NULL,
		                       j->why);
	}
	job_free(job);
}

static void on_batch(struct kafka_job *job, void *owner)
{
	struct txn_job *j = (struct txn_job *)job;
	struct kafka_txn *txn = owner;
	bool good = j->outcome == KAFKA_TXN_COMMITTED ||
	            j->outcome == KAFKA_TXN_ABORTED;

	txn->state = good ? TXN_IDLE : TXN_OVER;
	txn->events.on_outcome(txn->events.owner, j->outcome, j->batch,
	                       j->outcome == KAFKA_TXN_COMMITTED ? NULL
	                                                         : j->why);
	job_free(job);
}

/* An idle producer broke; a batch submitted meanwhile will find out itself. */
static void on_idle_broke(struct kafka_job *job, void *owner)
{
	struct kafka_txn *txn = owner;

	if (txn->state == TXN_IDLE)
		on_init(job, owner);
	else
		job_free(job);
}

static struct txn_job *job_new(void (*run)(struct kafka_job *, void *),
                               void (*done)(struct kafka_job *, void *))
{
	struct txn_job *j = xzalloc(sizeof(*j));

	j->job.run = run;
	j->job.done = done;
	j->job.free = job_free;
	return j;
}

static struct kafka_job *on_idle(void *context)
{
	char why[KAFKA_WHY_MAX];
	enum kafka_txn_outcome outcome = kafka_commit_idle(context, why);
	struct txn_job *j;

	if (outcome == KAFKA_TXN_COMMITTED)
		return NULL;
	j = job_new(NULL, on_idle_broke);
	j->outcome = outcome;
	snprintf(j->why, sizeof(j->why), "%s", why);
	return &j->job;
}

static void on_end(void *context)
{
	struct kafka_committer *c = context;

	rd_kafka_destroy(c->rk);
	free(c);
}

static bool serve_logs(void *arg)
{
	struct kafka_txn *txn = arg;

	for (int i = 0; i < LOGS_PER_TURN; i++) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(txn->logs, 0);

		if (event == NULL)
			return false;
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG)
			kafka_wake_log(event);
		rd_kafka_event_destroy(event);
	}
	return true;
}

static int set_number(rd_kafka_conf_t *conf, const char *key, int64_t value,
                      struct err *err)
{
	char text[24];
	char why[256];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	if (rd_kafka_conf_set(conf, key, text, why, sizeof(why)) ==
	    RD_KAFKA_CONF_OK)
		return 0;
	return err_set(err, "kafka: %s", why);
}

static rd_kafka_t *make_handle(const struct kafka_conf *conf,
                               const struct kafka_txn_options *options,
                               int64_t limit_ms, struct err *err)
{
	rd_kafka_conf_t *rk_conf = kafka_conf_new(
		conf, KAFKA_ROLE_TXN, options->transactional_id, err);
	rd_kafka_t *rk = NULL;
	char why[256];

	if (rk_conf == NULL)
		return NULL;
	kafka_commit_configure(rk_conf);
	rd_kafka_conf_set_events(rk_conf, RD_KAFKA_EVENT_LOG);
	if (set_number(rk_conf, "transaction.timeout.ms", limit_ms, err) == 0 &&
	    set_number(rk_conf, "message.timeout.ms", limit_ms, err) == 0 &&
	    set_number(rk_conf, "message.max.bytes", MESSAGE_MAX, err) == 0) {
		rk = rd_kafka_new(RD_KAFKA_PRODUCER, rk_conf, why, sizeof(why));
		if (rk == NULL)
			err_set(err, "kafka: %s", why);
	}
	if (rk == NULL)
		rd_kafka_conf_destroy(rk_conf);
	return rk;
}

struct kafka_txn *kafka_txn_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const struct kafka_txn_options *options,
                                struct err *err)
{
	static const struct kafka_side_functions functions = {
		.idle = on_idle,
		.end = on_end,
	};
	int64_t limit_ms =
		options->limit_ms > 0 ? options->limit_ms : LIMIT_DEFAULT_MS;
	rd_kafka_t *rk = make_handle(conf, options, limit_ms, err);
	struct kafka_txn *txn;

	if (rk == NULL)
		return NULL;
	txn = xzalloc(sizeof(*txn));
	txn->events = options->events;
	txn->committer = xzalloc(sizeof(*txn->committer));
	txn->committer->rk = rk;
	txn->committer->limit_ms = limit_ms;
	txn->committer->init_limit_ms = options->init_limit_ms > 0
	                                        ? options->init_limit_ms
	                                        : INIT_LIMIT_DEFAULT_MS;
	/* the library's log is written by the loop's thread */
	txn->logs = rd_kafka_queue_new(rk);
	rd_kafka_set_log_queue(rk, txn->logs);
	txn->log_wake = kafka_wake_new(loop, txn->logs, serve_logs, txn);
	txn->side = kafka_side_new(loop, &functions, txn->committer, txn);
	kafka_warm_up(rk, options->topics, options->topic_count);
	kafka_side_run(txn->side, &job_new(run_init, on_init)->job);
	return txn;
}

void kafka_txn_free(struct kafka_txn **txn)
{
	struct kafka_txn *t = *txn;

	if (t == NULL)
		return;
	*txn = NULL;
	kafka_wake_free(&t->log_wake);
	rd_kafka_queue_destroy(t->logs);
	/* before the side goes: from then on the thread frees the committer */
	atomic_store(&t->committer->ending, true);
	kafka_side_free(&t->side);
	free(t);
}

bool kafka_txn_is_idle(const struct kafka_txn *txn)
{
	return txn->state == TXN_IDLE;
}

void kafka_txn_submit(struct kafka_txn *txn, struct kafka_batch **batch)
{
	struct txn_job *j = job_new(run_batch, on_batch);

	assert(txn->state == TXN_IDLE);
	assert((*batch)->count > 0 || (*batch)->offset_count > 0);
	assert((*batch)->offset_count == 0 || (*batch)->lease != NULL);
	j->batch = *batch;
	*batch = NULL;
	txn->state = TXN_BUSY;
	atomic_store(&txn->committer->cancelled, false);
	kafka_side_run(txn->side, &j->job);
}

void kafka_txn_cancel(struct kafka_txn *txn)
{
	if (txn->state == TXN_BUSY)
		atomic_store(&txn->committer->cancelled, true);
}

const char *kafka_txn_outcome_name(enum kafka_txn_outcome outcome)
{
	switch (outcome) {
	case KAFKA_TXN_COMMITTED: return "committed";
	case KAFKA_TXN_ABORTED: return "aborted";
	case KAFKA_TXN_FENCED: return "fenced";
	case KAFKA_TXN_FATAL: return "fatal";
	case KAFKA_TXN_UNKNOWN: return "unknown";
	}
	return "?";
}
