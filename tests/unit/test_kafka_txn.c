#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "kafka/kafka_ask.h"
#include "kafka/kafka_lease.h"
#include "kafka/kafka_txn.h"
#include "tests/support/kafka_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Kafka's api keys and error codes */
enum {
	API_PRODUCE = 0,
	API_INIT_PRODUCER_ID = 22,
	API_ADD_PARTITIONS_TO_TXN = 24,
	API_END_TXN = 26,
	API_TXN_OFFSET_COMMIT = 28,
	ERR_MESSAGE_TOO_LARGE = 10,
	ERR_NOT_COORDINATOR = 16,
	ERR_ILLEGAL_GENERATION = 22,
	ERR_INVALID_PRODUCER_EPOCH = 47,
	ERR_CONCURRENT_TRANSACTIONS = 51,
	ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53,
	ERR_PRODUCER_FENCED = 90,
};

static struct world w;

static struct {
	struct kafka_txn *txn;
	struct kafka_in *in;
	struct kafka_lease *lease;
	int ready;
	int outcomes;
	enum kafka_txn_outcome outcome;
	bool had_batch;
	char why[256]; /* empty: none */
	struct kafka_delivery deliveries[3];
	void *tags[3];
	bool free_in_callback;
} seen;

static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	world_open(&w, "decisions", 3);
}

static void teardown(void)
{
	kafka_txn_free(&seen.txn);
	kafka_in_free(&seen.in);
	kafka_lease_free(&seen.lease);
	world_close(&w);
}

static void on_ready(void *owner)
{
	(void)owner;
	seen.ready++;
}

static void on_outcome(void *owner, enum kafka_txn_outcome outcome,
                       const struct kafka_batch *batch, const char *why)
{
	(void)owner;
	seen.outcomes++;
	seen.outcome = outcome;
	seen.had_batch = batch != NULL;
	snprintf(seen.why, sizeof(seen.why), "%s", why != NULL ? why : "");
	for (size_t i = 0;
	     batch != NULL && i < kafka_batch_count(batch) && i < 3; i++) {
		seen.deliveries[i] = kafka_batch_delivery(batch, i);
		seen.tags[i] = kafka_batch_tag(batch, i);
	}
	if (seen.free_in_callback)
		kafka_txn_free(&seen.txn);
}

static void open_txn(uint32_t limit_ms)
{
	const struct kafka_txn_options options = {
		.transactional_id = "coordinator-1",
		.limit_ms = limit_ms,
		.events = { .on_ready = on_ready, .on_outcome = on_outcome },
	};

	seen.txn = kafka_txn_new(w.loop, &w.conf, &options, &w.err);
	ck_assert_msg(seen.txn != NULL, "%s", w.err.text);
	ck_assert(!kafka_txn_is_idle(seen.txn));
}

static bool is_ready(void *arg)
{
	(void)arg;
	return seen.ready == 1;
}

static bool has_outcome(void *arg)
{
	return seen.outcomes >= *(int *)arg;
}

static void add(struct kafka_batch *batch, int32_t partition, const char *value)
{
	const struct kafka_header header = { "mpic-signature", SPAN("sig") };
	const struct kafka_record r = {
		.topic = "decisions",
		.partition = partition,
		.key = SPAN("request"),
		.value = span_str(value),
		.headers = &header,
		.header_count = 1,
	};

	kafka_batch_add(batch, &r, &seen);
}

static void submit(int records)
{
	struct kafka_batch *batch = kafka_batch_new();

	for (int i = 0; i < records; i++)
		add(batch, i, "decision");
	ck_assert_uint_eq(kafka_batch_count(batch), (size_t)records);
	kafka_txn_submit(seen.txn, &batch);
	ck_assert_ptr_null(batch);
	ck_assert(!kafka_txn_is_idle(seen.txn));
}

static void ready(uint32_t limit_ms)
{
	open_txn(limit_ms);
	world_run(&w, "ready", is_ready, NULL);
	ck_assert(kafka_txn_is_idle(seen.txn));
}

static void expect(enum kafka_txn_outcome want, int number)
{
	world_run(&w, "outcome", has_outcome, &number);
	ck_assert_msg(seen.outcome == want, "%s, not %s: %s",
	              kafka_txn_outcome_name(seen.outcome),
	              kafka_txn_outcome_name(want), seen.why);
	ck_assert_int_eq(seen.outcomes, number);
	ck_assert_int_eq(seen.why[0] == '\0', want == KAFKA_TXN_COMMITTED);
}

START_TEST(commits_one_after_the_other)
{
	ready(0);
	for (int i = 0; i < 20; i++) {
		submit(3);
		expect(KAFKA_TXN_COMMITTED, i + 1);
		for (int p = 0; p < 3; p++) {
			ck_assert_int_eq(seen.deliveries[p].fate,
			                 KAFKA_DELIVERED);
			ck_assert_int_eq(seen.deliveries[p].partition, p);
			ck_assert_int_eq(seen.deliveries[p].offset, i);
			ck_assert_ptr_null(seen.deliveries[p].error);
			ck_assert_ptr_eq(seen.tags[p], &seen);
		}
		ck_assert(kafka_txn_is_idle(seen.txn));
	}
}
END_TEST

static void on_assign(void *owner, const struct kafka_partition *list,
                      size_t count)
{
	(void)owner;
	(void)list;
	ck_assert_uint_eq(count, 3);
	seen.lease = kafka_in_lease(seen.in, &w.err);
	ck_assert_msg(seen.lease != NULL, "%s", w.err.text);
	kafka_in_assign_done(seen.in);
}

static void on_revoke(void *owner, const struct kafka_partition *list,
                      size_t count, bool lost)
{
	(void)owner;
	(void)list;
	(void)count;
	(void)lost;
	kafka_in_unassign_done(seen.in);
}

static void on_message(void *owner, const struct kafka_message *m)
{
	(void)owner;
	(void)m;
}

static void on_broken(void *owner, const struct kafka_partition *p,
                      const char *why)
{
	(void)owner;
	(void)p;
	ck_abort_msg("%s", why);
}

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	ck_abort_msg("%s", why);
}

static bool has_lease(void *arg)
{
	(void)arg;
	return seen.lease != NULL;
}

static void take_lease(void)
{
	static const char *const topics[] = { "decisions" };
	const struct kafka_in_options options = {
		.group_id = "coordinators",
		.topics = topics,
		.topic_count = 1,
		.events = { .on_message = on_message,
		            .on_assign = on_assign,
		            .on_revoke = on_revoke,
		            .on_broken = on_broken,
		            .on_fatal = on_fatal },
	};

	seen.in = kafka_in_new(w.loop, &w.conf, &options, &w.err);
	ck_assert_msg(seen.in != NULL, "%s", w.err.text);
	world_run(&w, "lease", has_lease, NULL);
}

static void submit_with_offsets(void)
{
	struct kafka_batch *batch = kafka_batch_new();
	struct kafka_offset offset = { { "decisions", 1 }, 16, "mark 16" };

	add(batch, 0, "decision");
	kafka_batch_set_offset(batch, &offset);
	offset.offset = 17;
	offset.metadata = "mark 17";
	kafka_batch_set_offset(batch, &offset);
	kafka_batch_set_lease(batch, seen.lease);
	kafka_txn_submit(seen.txn, &batch);
}

START_TEST(offsets_go_under_the_lease)
{
	take_lease();
	ready(0);
	submit_with_offsets();
	expect(KAFKA_TXN_COMMITTED, 1);
	/* fenced by generation: nothing happened, the producer stays good */
	mock_broker_fail_next(w.broker, API_TXN_OFFSET_COMMIT, 1,
	                      ERR_ILLEGAL_GENERATION);
	submit_with_offsets();
	expect(KAFKA_TXN_ABORTED, 2);
	submit_with_offsets();
	expect(KAFKA_TXN_COMMITTED, 3);
}
END_TEST

static const struct {
	const char *what;
	int16_t api;
	int count;
	int error;
	enum kafka_txn_outcome want;
} failures[] = {
	/* clang-format off */
	{ "still busy with the last one", API_ADD_PARTITIONS_TO_TXN, 3,
	  ERR_CONCURRENT_TRANSACTIONS, KAFKA_TXN_COMMITTED },
	{ "the coordinator moved at the end", API_END_TXN, 2,
	  ERR_NOT_COORDINATOR, KAFKA_TXN_COMMITTED },
	{ "a record is refused", API_PRODUCE, 1,
	  ERR_MESSAGE_TOO_LARGE, KAFKA_TXN_ABORTED },
	{ "fenced when adding", API_ADD_PARTITIONS_TO_TXN, 1,
	  ERR_PRODUCER_FENCED, KAFKA_TXN_FENCED },
	{ "old epoch when adding", API_ADD_PARTITIONS_TO_TXN, 1,
	  ERR_INVALID_PRODUCER_EPOCH, KAFKA_TXN_FENCED },
	{ "fenced when committing", API_END_TXN, 1,
	  ERR_PRODUCER_FENCED, KAFKA_TXN_FENCED },
	{ "old epoch when committing", API_END_TXN, 1,
	  ERR_INVALID_PRODUCER_EPOCH, KAFKA_TXN_FENCED },
	{ "not allowed to commit", API_END_TXN, 1,
	  ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, KAFKA_TXN_UNKNOWN },
	/* clang-format on */
};

START_TEST(failure_has_its_outcome)
{
	ready(3000);
	submit(1);
	expect(KAFKA_TXN_COMMITTED, 1);
	mock_broker_fail_next(w.broker, failures[_i].api, failures[_i].count,
	                      failures[_i].error);
	submit(1);
	expect(failures[_i].want, 2);
	ck_assert(seen.had_batch);
	if (failures[_i].error == ERR_MESSAGE_TOO_LARGE)
		ck_assert_int_eq(seen.deliveries[0].fate, KAFKA_REFUSED);
	if (failures[_i].want != KAFKA_TXN_COMMITTED &&
	    failures[_i].want != KAFKA_TXN_ABORTED) {
		ck_assert(!kafka_txn_is_idle(seen.txn));
		kafka_txn_free(&seen.txn);
		/* a new one with the same id begins where that one ended */
		seen.ready = 0;
		ready(3000);
	}
	seen.outcomes = 0;
	submit(1);
	if (failures[_i].error == ERR_MESSAGE_TOO_LARGE) {
		/* librdkafka 2.0.2 misses the refused record's sequence
		   number once more before it starts a new epoch */
		expect(KAFKA_TXN_ABORTED, 1);
		submit(1);
		expect(KAFKA_TXN_COMMITTED, 2);
	} else {
		expect(KAFKA_TXN_COMMITTED, 1);
	}
}
END_TEST

START_TEST(too_large_is_refused_and_undone)
{
	static char big[2000001];
	struct kafka_batch *batch = kafka_batch_new();

	memset(big, 'x', sizeof(big) - 1);
	ready(0);
	add(batch, 0, "small");
	add(batch, 1, big);
	ck_assert_uint_gt(kafka_batch_bytes(batch), 2000000);
	kafka_txn_submit(seen.txn, &batch);
	expect(KAFKA_TXN_ABORTED, 1);
	ck_assert_int_eq(seen.deliveries[0].fate, KAFKA_UNDELIVERED);
	ck_assert_int_eq(seen.deliveries[1].fate, KAFKA_REFUSED);
	submit(1);
	expect(KAFKA_TXN_COMMITTED, 2);
}
END_TEST

/* What the owner does: an aborted batch is made anew, and after a fatal outcome
   there is a new committer. How many it takes until the library has found the
   broker again is its own affair. */
static void commit_again(void)
{
	for (int tries = 0; tries < 20; tries++) {
		int wanted = seen.outcomes + 1;

		submit(1);
		world_run(&w, "outcome", has_outcome, &wanted);
		if (seen.outcome == KAFKA_TXN_COMMITTED)
			return;
		if (seen.outcome == KAFKA_TXN_ABORTED)
			continue;
		kafka_txn_free(&seen.txn);
		seen.ready = 0;
		ready(1000);
	}
	ck_abort_msg("nothing is committed: %s", seen.why);
}

/* The loop turns on while the committer waits, and the wait is bounded. */
START_TEST(broker_gone_is_bounded)
{
	int64_t began;
	int wanted;

	ready(1000);
	commit_again();
	wanted = seen.outcomes + 1;
	mock_broker_set_down(w.broker);
	began = clock_mono_ms();
	submit(1);
	world_run(&w, "outcome", has_outcome, &wanted);
	/* aborted if no partition was on its way to join the transaction; if
	   one was, only the broker could say that it is undone */
	ck_assert_msg(seen.outcome == KAFKA_TXN_ABORTED ||
	                      seen.outcome == KAFKA_TXN_FATAL,
	              "%s: %s", kafka_txn_outcome_name(seen.outcome), seen.why);
	ck_assert_int_lt(clock_mono_ms() - began, 6000);
	ck_assert_int_lt(loop_lag_us(w.loop), 500000);
	if (seen.outcome == KAFKA_TXN_FATAL)
		kafka_txn_free(&seen.txn);
	mock_broker_set_up(w.broker);
	if (seen.txn == NULL) {
		seen.ready = 0;
		ready(1000);
	}
	commit_again();
}
END_TEST

START_TEST(cancel_aborts)
{
	ready(0);
	mock_broker_set_delay(w.broker, 100);
	submit(1);
	kafka_txn_cancel(seen.txn);
	expect(KAFKA_TXN_ABORTED, 1);
	mock_broker_set_delay(w.broker, 0);
	submit(1);
	expect(KAFKA_TXN_COMMITTED, 2);
}
END_TEST

START_TEST(init_waits_for_the_broker)
{
	mock_broker_set_down(w.broker);
	open_txn(0);
	world_pass(&w, 300);
	ck_assert_int_eq(seen.ready, 0);
	mock_broker_set_up(w.broker);
	world_run(&w, "ready", is_ready, NULL);
	submit(1);
	expect(KAFKA_TXN_COMMITTED, 1);
}
END_TEST

START_TEST(init_refused_ends_it)
{
	mock_broker_fail_next(w.broker, API_INIT_PRODUCER_ID, 1,
	                      ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
	open_txn(0);
	expect(KAFKA_TXN_FATAL, 1);
	ck_assert(!seen.had_batch);
	ck_assert_int_eq(seen.ready, 0);
}
END_TEST

/* Whoever frees it does not wait and hears nothing more. */
START_TEST(free_while_busy_is_silent)
{
	int64_t began;

	ready(0);
	mock_broker_set_delay(w.broker, 200);
	submit(3);
	began = clock_mono_ms();
	kafka_txn_free(&seen.txn);
	ck_assert_int_lt(clock_mono_ms() - began, 100);
	mock_broker_set_delay(w.broker, 0);
	world_pass(&w, 100);
	ck_assert_int_eq(seen.outcomes, 0);
}
END_TEST

START_TEST(free_in_its_own_callback)
{
	ready(0);
	seen.free_in_callback = true;
	submit(1);
	expect(KAFKA_TXN_COMMITTED, 1);
	ck_assert_ptr_null(seen.txn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kafka_txn");
	TCase *tc = tcase_create("mock");
	SRunner *runner;
	int failed;

	log_open("test", LOG_ERROR);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, commits_one_after_the_other);
	tcase_add_test(tc, offsets_go_under_the_lease);
	tcase_add_loop_test(tc, failure_has_its_outcome, 0,
	                    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tc, too_large_is_refused_and_undone);
	tcase_add_test(tc, broker_gone_is_bounded);
	tcase_add_test(tc, cancel_aborts);
	tcase_add_test(tc, init_waits_for_the_broker);
	tcase_add_test(tc, init_refused_ends_it);
	tcase_add_test(tc, free_while_busy_is_silent);
	tcase_add_test(tc, free_in_its_own_callback);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
