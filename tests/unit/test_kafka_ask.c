#include "base/log.h"
#include "kafka/kafka_ask.h"
#include "tests/support/kafka_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT_MS = 5000 };

static struct world w;
static struct kafka_ask *ask;

static struct {
	int answers;
	char error[256];
	size_t count;
	struct kafka_watermarks marks[3];
	int64_t offsets[3];
	char metadata[3][64];
	uint32_t partitions;
	enum kafka_found found[3];
	bool free_in_answer;
} seen;

static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	world_open(&w, "topic", 3);
	ask = kafka_ask_new(w.loop, &w.conf, "group", &w.err);
	ck_assert_msg(ask != NULL, "%s", w.err.text);
}

static void teardown(void)
{
	kafka_ask_free(&ask);
	world_close(&w);
}

static void note(const char *error, size_t count)
{
	seen.answers++;
	seen.count = count;
	snprintf(seen.error, sizeof(seen.error), "%s",
	         error != NULL ? error : "");
	if (seen.free_in_answer)
		kafka_ask_free(&ask);
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	ck_assert_ptr_eq(arg, &seen);
	note(error, count);
	for (size_t i = 0; i < count; i++)
		seen.marks[i] = list[i];
}

static void on_committed(void *arg, const char *error,
                         const struct kafka_committed *list, size_t count)
{
	ck_assert_ptr_eq(arg, &seen);
	note(error, count);
	for (size_t i = 0; i < count; i++) {
		seen.offsets[i] = list[i].offset;
		snprintf(seen.metadata[i], sizeof(seen.metadata[i]), "%.*s",
		         SPAN_ARG(list[i].metadata));
	}
}

static void on_partitions(void *arg, const char *error, const char *topic,
                          uint32_t partitions)
{
	(void)topic;
	ck_assert_ptr_eq(arg, &seen);
	note(error, 0);
	seen.partitions = partitions;
}

static bool answered(void *arg)
{
	return seen.answers >= *(int *)arg;
}

static void wait_for(int number)
{
	world_run(&w, "an answer", answered, &number);
	ck_assert_int_eq(seen.answers, number);
}

static const struct kafka_partition all[] = {
	{ "topic", 2 },
	{ "topic", 0 },
	{ "topic", 1 },
};

START_TEST(watermarks_are_those_of_now)
{
	int one = 1;

	world_fill(&w, "topic", 0, 5);
	kafka_ask_watermarks(ask, all, 3, LIMIT_MS, on_watermarks, &seen);
	ck_assert_int_eq(seen.answers, 0);
	wait_for(one);
	ck_assert_str_eq(seen.error, "");
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_int_eq(seen.marks[0].high, 0);
	ck_assert_int_eq(seen.marks[1].low, 0);
	ck_assert_int_eq(seen.marks[1].high, 5);
	world_fill(&w, "topic", 0, 2);
	kafka_ask_watermarks(ask, all, 3, LIMIT_MS, on_watermarks, &seen);
	wait_for(2);
	ck_assert_int_eq(seen.marks[1].high, 7);
}
END_TEST

/* One partition without a leader keeps nothing back but its own. */
START_TEST(the_others_do_not_wait_for_a_leader)
{
	world_fill(&w, "topic", 0, 5);
	mock_broker_set_leader(w.broker, "topic", 2, 0);
	for (int i = 1; i <= 2; i++) {
		kafka_ask_watermarks(ask, all, 3, LIMIT_MS, on_watermarks,
		                     &seen);
		wait_for(i);
		ck_assert_str_eq(seen.error, "");
		ck_assert_uint_eq(seen.count, 3);
		ck_assert_int_eq(seen.marks[0].high, -1);
		ck_assert_int_eq(seen.marks[0].low, -1);
		ck_assert_int_eq(seen.marks[1].high, 5);
		ck_assert_int_eq(seen.marks[2].high, 0);
	}
	mock_broker_set_leader(w.broker, "topic", 2, 1);
	kafka_ask_watermarks(ask, all, 3, LIMIT_MS, on_watermarks, &seen);
	wait_for(3);
	ck_assert_int_eq(seen.marks[0].high, 0);
	ck_assert_int_eq(seen.marks[1].high, 5);
}
END_TEST

START_TEST(unknown_partition_is_an_error)
{
	const struct kafka_partition p = { "topic", 9 };

	kafka_ask_watermarks(ask, &p, 1, 500, on_watermarks, &seen);
	wait_for(1);
	ck_assert_str_ne(seen.error, "");
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

START_TEST(counts_partitions)
{
	kafka_ask_partitions(ask, "topic", LIMIT_MS, on_partitions, &seen);
	wait_for(1);
	ck_assert_str_eq(seen.error, "");
	ck_assert_uint_eq(seen.partitions, 3);
}
END_TEST

START_TEST(silence_is_an_error_inside_the_limit)
{
	mock_broker_set_down(w.broker);
	kafka_ask_partitions(ask, "topic", 300, on_partitions, &seen);
	kafka_ask_watermarks(ask, all, 3, 300, on_watermarks, &seen);
	kafka_ask_committed(ask, all, 3, 300, on_committed, &seen);
	for (int i = 1; i <= 3; i++) {
		wait_for(i);
		ck_assert_str_ne(seen.error, "");
	}
}
END_TEST

static void on_findings(void *arg, const struct kafka_finding *list,
                        size_t count)
{
	ck_assert_ptr_eq(arg, &seen);
	note(NULL, count);
	for (size_t i = 0; i < count && i < 3; i++) {
		seen.found[i] = list[i].found;
		seen.offsets[i] = list[i].partitions;
	}
}

/* What the mock can't be: without a topic that is asked for, and forbidding;
   tests/e2e/kafka_start.sh has both. */
START_TEST(needs_are_held_against_the_brokers)
{
	const struct kafka_need needs[] = {
		{ "topic", 3, true },
		{ "topic", 5, true },
		{ "topic", 0, false },
	};

	world_fill(&w, "topic", 0, 5);
	kafka_ask_needs(ask, needs, 3, LIMIT_MS, on_findings, &seen);
	wait_for(1);
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_int_eq(seen.found[0], KAFKA_NEED_MET);
	ck_assert_int_eq(seen.found[1], KAFKA_NEED_MISCOUNTED);
	ck_assert_int_eq(seen.offsets[1], 3);
	ck_assert_int_eq(seen.found[2], KAFKA_NEED_MET);
	mock_broker_set_down(w.broker);
	kafka_ask_needs(ask, needs, 3, 300, on_findings, &seen);
	wait_for(2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(seen.found[i], KAFKA_NEED_UNKNOWN);
}
END_TEST

static struct kafka_in *member;
static int have;
static int committed;

static void on_assign(void *owner, const struct kafka_partition *list,
                      size_t count)
{
	(void)owner;
	(void)list;
	have = (int)count;
	kafka_in_assign_done(member);
}

static void on_revoke(void *owner, const struct kafka_partition *list,
                      size_t count, bool lost)
{
	(void)owner;
	(void)list;
	(void)count;
	(void)lost;
	kafka_in_unassign_done(member);
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

static void on_commit(void *arg, const char *error)
{
	(void)arg;
	ck_assert_ptr_null(error);
	committed++;
}

static bool has_three(void *arg)
{
	(void)arg;
	return have == 3;
}

static bool is_committed(void *arg)
{
	(void)arg;
	return committed == 1;
}

/* Design, 6: offset and metadata of a partition, without blocking the loop. */
START_TEST(committed_with_metadata)
{
	static const char *const topics[] = { "topic" };
	const struct kafka_in_options options = {
		.group_id = "group",
		.topics = topics,
		.topic_count = 1,
		.events = { .on_message = on_message,
		            .on_assign = on_assign,
		            .on_revoke = on_revoke,
		            .on_broken = on_broken,
		            .on_fatal = on_fatal },
	};
	const struct kafka_offset offsets[] = {
		{ { "topic", 0 }, 17, "head=16,sha256:00" },
		{ { "topic", 1 }, 0, NULL },
	};

	have = 0;
	committed = 0;
	member = kafka_in_new(w.loop, &w.conf, &options, &w.err);
	ck_assert_msg(member != NULL, "%s", w.err.text);
	world_run(&w, "assignment", has_three, NULL);
	world_pass(&w, 20);
	ck_assert(kafka_in_commit(member, offsets, 2, on_commit, NULL));
	world_run(&w, "commit", is_committed, NULL);
	kafka_ask_committed(ask, all, 3, LIMIT_MS, on_committed, &seen);
	wait_for(1);
	ck_assert_str_eq(seen.error, "");
	ck_assert_uint_eq(seen.count, 3);
	ck_assert_int_eq(seen.offsets[0], -1);
	ck_assert_int_eq(seen.offsets[1], 17);
	ck_assert_str_eq(seen.metadata[1], "head=16,sha256:00");
	ck_assert_int_eq(seen.offsets[2], 0);
	ck_assert_str_eq(seen.metadata[2], "");
	kafka_in_free(&member);
}
END_TEST

START_TEST(nothing_comes_after_free)
{
	kafka_ask_watermarks(ask, all, 3, LIMIT_MS, on_watermarks, &seen);
	kafka_ask_watermarks(ask, all, 3, LIMIT_MS, on_watermarks, &seen);
	seen.free_in_answer = true;
	wait_for(1);
	ck_assert_ptr_null(ask);
	world_pass(&w, 50);
	ck_assert_int_eq(seen.answers, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kafka_ask");
	TCase *tc = tcase_create("mock");
	SRunner *runner;
	int failed;

	log_open("test", LOG_ERROR);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, watermarks_are_those_of_now);
	tcase_add_test(tc, the_others_do_not_wait_for_a_leader);
	tcase_add_test(tc, unknown_partition_is_an_error);
	tcase_add_test(tc, counts_partitions);
	tcase_add_test(tc, silence_is_an_error_inside_the_limit);
	tcase_add_test(tc, needs_are_held_against_the_brokers);
	tcase_add_test(tc, committed_with_metadata);
	tcase_add_test(tc, nothing_comes_after_free);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
