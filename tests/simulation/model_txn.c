/*
 * kafka_txn.h over the model: the committer's steps, each a request and its
 * answer, between any two of which the process may be killed or paused.
 */
#include "kafka/kafka_txn.h"

#include "kafka/kafka_batch.h"
#include "tests/simulation/model_log.h"

#include <assert.h>

enum { AGAIN_US = 20 * MS };

enum txn_phase { PHASE_INIT, PHASE_IDLE, PHASE_BUSY, PHASE_OVER };
enum txn_step {
	STEP_INIT,
	STEP_PRODUCE,
	STEP_OFFSETS,
	STEP_COMMIT,
	STEP_ABORT
};

struct kafka_txn {
	struct process *process;
	struct kafka_txn_events events;
	struct log_txn *log;
	int32_t epoch;
	enum txn_phase phase;
	struct kafka_batch *batch;
	size_t produced;
	bool cancelled, freed;
	bool deaf; /* the answer to the commit is lost */
	enum txn_step step;
	enum txn_answer answer;
};

static void request(struct kafka_txn *t, enum txn_step step);

static void over(struct kafka_txn *t, enum kafka_txn_outcome outcome)
{
	struct kafka_batch *batch = t->batch;
	bool good =
		outcome == KAFKA_TXN_COMMITTED || outcome == KAFKA_TXN_ABORTED;

	t->phase = good ? PHASE_IDLE : PHASE_OVER;
	t->batch = NULL;
	sim_counts.aborted += outcome == KAFKA_TXN_ABORTED;
	sim_counts.fenced += outcome == KAFKA_TXN_FENCED;
	sim_counts.unknown += outcome == KAFKA_TXN_UNKNOWN;
	sim_trace("txn: %s", kafka_txn_outcome_name(outcome));
	t->events.on_outcome(t->events.owner, outcome, batch,
	                     outcome == KAFKA_TXN_COMMITTED ? NULL
	                                                    : "as simulated");
	kafka_batch_free(&batch);
}

static void next_step(struct kafka_txn *t)
{
	switch (t->step) {
	case STEP_INIT:
		t->phase = PHASE_IDLE;
		t->events.on_ready(t->events.owner);
		return;
	case STEP_PRODUCE:
		if (sim_fault(0.5))
			request(t, STEP_ABORT);
		else if (t->produced < t->batch->count)
			request(t, STEP_PRODUCE);
		else
			request(t, STEP_OFFSETS);
		return;
	case STEP_OFFSETS:
		request(t, t->cancelled || sim_fault(0.5) ? STEP_ABORT
		                                          : STEP_COMMIT);
		return;
	case STEP_COMMIT: over(t, KAFKA_TXN_COMMITTED); return;
	case STEP_ABORT: over(t, KAFKA_TXN_ABORTED); return;
	}
}

static void on_answer(void *arg)
{
	struct kafka_txn *t = arg;

	if (t->freed)
		return;
	/* between any two steps of a transaction */
	if (t->phase == PHASE_BUSY)
		sim_weak_spot(t->process);
	if (t->process->doomed)
		return;
	if (t->process->paused_until_us > sim.now_us) {
		sim_after(t->process, 0, on_answer, t);
		return;
	}
	if (t->deaf) {
		over(t, KAFKA_TXN_UNKNOWN);
		return;
	}
	switch (t->answer) {
	case TXN_OK: next_step(t); return;
	case TXN_BUSY: request(t, t->step); return;
	case TXN_STALE: over(t, KAFKA_TXN_FENCED); return;
	case TXN_REFUSED: request(t, STEP_ABORT); return;
	}
}

static enum txn_answer produce_some(struct kafka_txn *t)
{
	int64_t some = 1 + sim_below(3);
	enum txn_answer a = TXN_OK;

	while (some-- > 0 && t->produced < t->batch->count && a == TXN_OK) {
		struct kafka_batch_item *item = &t->batch->items[t->produced];
		struct log_partition *p =
			log_find(item->record.topic, item->record.partition);

		assert(p != NULL);
		if (sim_fault(0.3)) {
			item->reported = true;
			item->delivery.fate = KAFKA_REFUSED;
			return TXN_REFUSED;
		}
		a = log_txn_append(t->log, t->epoch, p, &item->record,
		                   &item->delivery);
		if (a == TXN_OK) {
			item->reported = true;
			t->produced++;
		}
	}
	return a;
}

/* What a request does that is in the brokers' hands, whoever asked. */
static enum txn_answer perform(struct kafka_txn *t)
{
	const struct kafka_batch *b = t->batch;

	switch (t->step) {
	case STEP_INIT: return log_txn_init(t->log, &t->epoch);
	case STEP_PRODUCE: return produce_some(t);
	case STEP_OFFSETS:
		return log_txn_offsets(t->log, t->epoch,
		                       kafka_lease_member(b->lease),
		                       kafka_lease_generation(b->lease),
		                       b->offsets, b->offset_count);
	case STEP_COMMIT: return log_txn_end(t->log, t->epoch, true);
	case STEP_ABORT: return log_txn_end(t->log, t->epoch, false);
	}
	return TXN_OK;
}

static void on_request(void *arg)
{
	struct kafka_txn *t = arg;

	/* killed before it left, or freed: some requests are out already */
	if (t->freed && (t->step != STEP_COMMIT || !sim_percent(50)))
		return;
	t->answer = perform(t);
	sim_after(t->process,
	          sim_delay() + (t->answer == TXN_BUSY ? AGAIN_US : 0),
	          on_answer, t);
}

static void request(struct kafka_txn *t, enum txn_step step)
{
	int64_t us = sim_delay();

	if (sim_fault(1)) /* a coordinator of transactions has moved */
		us += sim_late(sim_below(15 * SECOND));
	t->step = step;
	sim_after(NULL, us, on_request, t);
	if (step != STEP_COMMIT || !sim_fault(2))
		return;
	/* the thread gives up waiting, before or after it happens */
	t->deaf = true;
	sim_after(t->process, sim_delay(), on_answer, t);
}

struct kafka_txn *kafka_txn_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const struct kafka_txn_options *options,
                                struct err *err)
{
	struct kafka_txn *t = arena_alloc(sim.arena, sizeof(*t));

	(void)conf;
	(void)err;
	t->process = sim_loop_process(loop);
	t->events = options->events;
	t->log = log_txn_find(options->transactional_id);
	request(t, STEP_INIT);
	return t;
}

void kafka_txn_free(struct kafka_txn **txn)
{
	struct kafka_txn *t = *txn;

	if (t == NULL)
		return;
	t->freed = true;
	kafka_batch_free(&t->batch);
	*txn = NULL;
}

bool kafka_txn_is_idle(const struct kafka_txn *txn)
{
	return txn->phase == PHASE_IDLE;
}

void kafka_txn_submit(struct kafka_txn *txn, struct kafka_batch **batch)
{
	assert(txn->phase == PHASE_IDLE);
	assert((*batch)->count > 0 || (*batch)->offset_count > 0);
	assert((*batch)->offset_count == 0 || (*batch)->lease != NULL);
	txn->batch = *batch;
	*batch = NULL;
	txn->phase = PHASE_BUSY;
	txn->produced = 0;
	txn->cancelled = false;
	request(txn, txn->batch->count > 0 ? STEP_PRODUCE : STEP_OFFSETS);
}

void kafka_txn_cancel(struct kafka_txn *txn)
{
	txn->cancelled = true;
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
