#include "base/log.h"
#include "base/mem.h"
#include "kafka/kafka_lease.h"
#include "tests/support/kafka_world.h"

#include <assert.h>
#include <check.h>
#include <stdlib.h>

enum { PARTITIONS = 4, MEMBERS = 2 };

static struct world w;

/* One consumer and what it saw. */
struct member {
	struct kafka_in *in;
	bool manual; /* answers on_assign() and on_revoke() only when told */
	int64_t from;
	int assigned; /* partitions of the accepted assignment */
	int assigns;
	int revokes;
	bool open_assign;
	bool open_revoke;
	int messages;
	int64_t next[PARTITIONS]; /* offset that must come next, -1: any */
	int64_t eof[PARTITIONS];
	int64_t high[PARTITIONS];
	int32_t generation;
	int broken;
	int committed;
	int not_committed;
	int closed;
	bool closed_in_time;
};

static struct member members[MEMBERS];
static struct member *const one = &members[0];
static struct member *const two = &members[1];

static void setup(void)
{
	world_open(&w, "topic", PARTITIONS);
	memset(members, 0, sizeof(members));
	for (int i = 0; i < MEMBERS; i++) {
		members[i].from = KAFKA_OFFSET_BEGINNING;
		for (int p = 0; p < PARTITIONS; p++) {
			members[i].next[p] = -1;
			members[i].eof[p] = -1;
		}
	}
}

static void teardown(void)
{
	for (int i = 0; i < MEMBERS; i++)
		kafka_in_free(&members[i].in);
	world_close(&w);
}

static void on_message(void *owner, const struct kafka_message *m)
{
	struct member *me = owner;
	int64_t *next = &me->next[m->partition];

	ck_assert_msg(*next < 0 || m->offset == *next,
	              "partition %d: %ld came, not %ld", m->partition,
	              (long)m->offset, (long)*next);
	*next = m->offset + 1;
	me->messages++;
}

static void on_eof(void *owner, const struct kafka_partition *p, int64_t offset,
                   int64_t high)
{
	struct member *me = owner;

	me->eof[p->partition] = offset;
	me->high[p->partition] = high;
}

static void accept_assignment(struct member *me,
                              const struct kafka_partition *list, size_t count)
{
	kafka_in_assign_done(me->in);
	me->open_assign = false;
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(
			kafka_in_start(me->in, &list[i], me->from, &w.err) == 0,
			"%s", w.err.text);
}

static void on_assign(void *owner, const struct kafka_partition *list,
                      size_t count)
{
	struct member *me = owner;
	struct kafka_lease *lease = kafka_in_lease(me->in, &w.err);

	ck_assert_msg(lease != NULL, "%s", w.err.text);
	ck_assert_str_ne(kafka_lease_member(lease), "");
	me->generation = kafka_lease_generation(lease);
	ck_assert_int_ge(me->generation, 0);
	kafka_lease_free(&lease);
	me->assigns++;
	me->assigned = (int)count;
	me->open_assign = true;
	if (!me->manual)
		accept_assignment(me, list, count);
}

static void on_revoke(void *owner, const struct kafka_partition *list,
                      size_t count, bool lost)
{
	struct member *me = owner;

	(void)list;
	(void)lost;
	ck_assert_int_eq((int)count, me->assigned);
	me->revokes++;
	me->assigned = 0;
	for (int p = 0; p < PARTITIONS; p++)
		me->next[p] = -1;
	me->open_revoke = true;
	if (me->manual)
		return;
	me->open_revoke = false;
	kafka_in_unassign_done(me->in);
}

static void on_broken(void *owner, const struct kafka_partition *p,
                      const char *why)
{
	struct member *me = owner;

	(void)p;
	(void)why;
	me->broken++;
}

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	ck_abort_msg("fatal: %s", why);
}

static void open_member(struct member *me, bool group, bool reset)
{
	static const char *const topics[] = { "topic" };
	const struct kafka_in_options options = {
		.group_id = "group",
		.topics = group ? topics : NULL,
		.topic_count = group ? 1 : 0,
		.reset_to_beginning = reset,
		.events = { .on_message = on_message,
		            .on_eof = on_eof,
		            .on_assign = on_assign,
		            .on_revoke = on_revoke,
		            .on_broken = on_broken,
		            .on_fatal = on_fatal,
		            .owner = me },
	};

	me->in = kafka_in_new(w.loop, &w.conf, &options, &w.err);
	ck_assert_msg(me->in != NULL, "%s", w.err.text);
}

static bool all_read(void *arg)
{
	(void)arg;
	return one->messages + two->messages >= 400;
}

static bool shared(void *arg)
{
	(void)arg;
	return one->assigned == 2 && two->assigned == 2;
}

static bool has_all(void *arg)
{
	struct member *me = arg;

	return me->assigned == PARTITIONS;
}

static void fill_all(int count)
{
	for (int32_t p = 0; p < PARTITIONS; p++)
		world_fill(&w, "topic", p, count);
}

static void on_closed(void *owner, bool in_time)
{
	struct member *me = owner;

	me->closed++;
	me->closed_in_time = in_time;
	kafka_in_free(&me->in);
}

static bool is_closed(void *arg)
{
	struct member *me = arg;

	return me->closed == 1;
}

START_TEST(two_members_share_and_hand_back)
{
	int32_t before;

	fill_all(100);
	open_member(one, true, false);
	world_run(&w, "the first takes all", has_all, one);
	before = one->generation;
	world_run(&w, "all read", all_read, NULL);
	open_member(two, true, false);
	world_run(&w, "two each", shared, NULL);
	ck_assert_int_ge(one->revokes, 1);
	ck_assert_int_gt(one->generation, before);
	ck_assert_int_eq(one->generation, two->generation);
	kafka_in_close(two->in, 10000, on_closed);
	world_run(&w, "the second leaves", is_closed, two);
	ck_assert(two->closed_in_time);
	ck_assert_int_ge(two->revokes, 1);
	world_run(&w, "the first takes all again", has_all, one);
}
END_TEST

static bool offered(void *arg)
{
	struct member *me = arg;

	return me->open_assign;
}

static bool revoking(void *arg)
{
	struct member *me = arg;

	return me->open_revoke;
}

static bool read_100(void *arg)
{
	struct member *me = arg;

	return me->messages >= 100;
}

static bool read_200(void *arg)
{
	struct member *me = arg;

	return me->messages >= 200;
}

static void start(struct member *me, int32_t partition, int64_t offset)
{
	const struct kafka_partition p = { "topic", partition };

	ck_assert_msg(kafka_in_start(me->in, &p, offset, &w.err) == 0, "%s",
	              w.err.text);
}

/* Design, 6: a partition's requests are read when it is restored, the group
   does not wait for it; a revoke waits for its transaction. */
START_TEST(owner_decides_when)
{
	const struct kafka_partition zero = { "topic", 0 };

	fill_all(100);
	one->manual = true;
	open_member(one, true, false);
	world_run(&w, "an assignment", offered, one);
	ck_assert_int_lt(kafka_in_start(one->in, &zero, 0, &w.err), 0);
	world_pass(&w, 100);
	kafka_in_assign_done(one->in);
	one->open_assign = false;
	world_pass(&w, 100);
	ck_assert_int_eq(one->messages, 0);
	one->next[2] = 0;
	start(one, 2, 0);
	world_run(&w, "one partition", read_100, one);
	ck_assert_int_eq((int)one->next[2], 100);
	/* the first goes on where it was, the second begins at its mark */
	one->next[3] = 50;
	start(one, 3, 50);
	world_fill(&w, "topic", 2, 50);
	world_run(&w, "two partitions", read_200, one);
	world_pass(&w, 50);
	ck_assert_int_eq(one->messages, 200);
	ck_assert_int_eq((int)one->next[2], 150);
	ck_assert_int_eq((int)one->next[3], 100);

	open_member(two, true, false);
	world_run(&w, "a revoke", revoking, one);
	world_fill(&w, "topic", 2, 10);
	world_pass(&w, 200);
	ck_assert_int_eq(two->assigns, 0);
	ck_assert_int_eq(one->messages, 200);
	ck_assert_int_lt(kafka_in_start(one->in, &zero, 0, &w.err), 0);
	one->manual = false;
	one->open_revoke = false;
	kafka_in_unassign_done(one->in);
	world_run(&w, "two each", shared, NULL);
}
END_TEST

static bool read_10(void *arg)
{
	struct member *me = arg;

	return me->messages >= 10;
}

static const struct {
	const char *what;
	bool group;
} kinds[] = { { "group", true }, { "explicit", false } };

/* Nothing is lost, doubled or handed over while paused. */
START_TEST(pauses_and_goes_on)
{
	const struct kafka_partition p = { "topic", 1 };

	world_fill(&w, "topic", 1, 10);
	one->next[1] = 0;
	open_member(one, kinds[_i].group, false);
	if (kinds[_i].group)
		world_run(&w, "assignment", has_all, one);
	else
		start(one, 1, 0);
	kafka_in_resume(one->in, &p); /* of what was not paused: nothing */
	world_run(&w, kinds[_i].what, read_10, one);
	kafka_in_pause(one->in, &p);
	ck_assert(kafka_in_is_paused(one->in, &p));
	world_fill(&w, "topic", 1, 90);
	world_pass(&w, 100);
	ck_assert_int_eq(one->messages, 10);
	kafka_in_resume(one->in, &p);
	ck_assert(!kafka_in_is_paused(one->in, &p));
	world_run(&w, kinds[_i].what, read_100, one);
	world_pass(&w, 50);
	ck_assert_int_eq(one->messages, 100);
}
END_TEST

enum { RESTARTS = 2000 };

/* Each call: one partition from its beginning, the next in line paused. */
static bool restarted_often(void *arg)
{
	int *step = arg;
	const struct kafka_partition p = { "topic", *step % PARTITIONS };
	const struct kafka_partition q = { "topic", (*step + 1) % PARTITIONS };

	one->next[p.partition] = 0;
	ck_assert_msg(kafka_in_start(one->in, &p, 0, &w.err) == 0, "%s",
	              w.err.text);
	if (*step % 3 == 0)
		kafka_in_pause(one->in, &q);
	return ++*step == RESTARTS;
}

static bool has_read_again(void *arg)
{
	(void)arg;
	for (int p = 0; p < PARTITIONS; p++)
		if (one->next[p] != 10)
			return false;
	return true;
}

/*
 * Restores end one after another, each changes what an eager group reads. The
 * library must have ended the stops of one change before it gets the next, or
 * it asserts (librdkafka issue 5573); and begun to read before it hears of a
 * pause, or it never begins (issue 2190).
 */
START_TEST(changes_come_quickly)
{
	int step = 0;

	fill_all(10);
	open_member(one, kinds[_i].group, false);
	if (kinds[_i].group)
		world_run(&w, "assignment", has_all, one);
	world_run(&w, kinds[_i].what, restarted_often, &step);
	for (int p = 0; p < PARTITIONS; p++) {
		const struct kafka_partition at = { "topic", p };

		kafka_in_resume(one->in, &at);
	}
	world_run(&w, "all read again", has_read_again, NULL);
}
END_TEST

static void pause_at_tenth(void *owner, const struct kafka_message *m)
{
	const struct kafka_partition p = { "topic", 1 };
	struct member *me = owner;

	on_message(owner, m);
	if (me->messages == 10)
		kafka_in_pause(me->in, &p);
}

/* The owner pauses in the middle of a batch that was fetched already. */
START_TEST(pause_holds_inside_a_batch)
{
	const struct kafka_partition p = { "topic", 1 };
	const struct kafka_in_options options = {
		.group_id = "group",
		.events = { .on_message = pause_at_tenth,
		            .on_broken = on_broken,
		            .on_fatal = on_fatal,
		            .owner = one },
	};

	world_fill(&w, "topic", 1, 100);
	one->next[1] = 0;
	one->in = kafka_in_new(w.loop, &w.conf, &options, &w.err);
	ck_assert_ptr_nonnull(one->in);
	start(one, 1, 0);
	world_run(&w, "ten", read_10, one);
	world_pass(&w, 100);
	ck_assert_int_eq(one->messages, 10);
	kafka_in_resume(one->in, &p);
	world_run(&w, "the rest", read_100, one);
	ck_assert_int_eq((int)one->next[1], 100);
}
END_TEST

static bool at_end(void *arg)
{
	return one->eof[*(int *)arg] >= 0;
}

START_TEST(end_of_partition_names_the_high_watermark)
{
	const struct kafka_partition p = { "topic", 3 };
	struct kafka_lag lag;
	int three = 3;

	world_fill(&w, "topic", 3, 7);
	open_member(one, false, false);
	lag = kafka_in_lag(one->in, &p);
	ck_assert_int_eq(lag.lag, -1);
	start(one, 3, 4);
	world_run(&w, "the end", at_end, &three);
	ck_assert_int_eq(one->messages, 3);
	ck_assert_int_eq(one->eof[3], 7);
	ck_assert_int_eq(one->high[3], 7);
	lag = kafka_in_lag(one->in, &p);
	ck_assert_int_eq(lag.high, 7);
	ck_assert_int_eq(lag.position, 7);
	ck_assert_int_eq(lag.lag, 0);
	kafka_in_stop(one->in, &p);
	world_fill(&w, "topic", 3, 5);
	world_pass(&w, 50);
	ck_assert_int_eq(one->messages, 3);
	one->next[3] = 12;
	start(one, 3, KAFKA_OFFSET_END);
	world_pass(&w, 200);
	world_fill(&w, "topic", 3, 97);
	world_run(&w, "what is new", read_100, one);
	ck_assert_int_eq((int)one->next[3], 109);
}
END_TEST

static bool is_broken(void *arg)
{
	struct member *me = arg;

	return me->broken == 1;
}

/* An offset that is not on the log is told, never skipped. */
START_TEST(lost_offset_is_told)
{
	world_fill(&w, "topic", 0, 10);
	open_member(one, false, false);
	start(one, 0, 1000);
	world_run(&w, "broken", is_broken, one);
	world_pass(&w, 50);
	ck_assert_int_eq(one->messages, 0);
}
END_TEST

static void on_committed(void *arg, const char *error)
{
	struct member *me = arg;

	me->committed += error == NULL;
	me->not_committed += error != NULL;
}

static bool commit_answered(void *arg)
{
	struct member *me = arg;

	return me->committed + me->not_committed == 1;
}

START_TEST(goes_on_where_it_committed)
{
	const struct kafka_offset offsets[] = {
		{ { "topic", 0 }, 60, "where we were" },
		{ { "topic", 1 }, 100, NULL },
		{ { "topic", 2 }, 100, NULL },
		{ { "topic", 3 }, 40, "" },
	};

	fill_all(100);
	one->from = KAFKA_OFFSET_COMMITTED;
	two->from = KAFKA_OFFSET_COMMITTED;
	open_member(one, true, true);
	ck_assert(!kafka_in_commit(one->in, offsets, 4, on_committed, one));
	world_run(&w, "all read", all_read, NULL);
	ck_assert(kafka_in_commit(one->in, offsets, 4, on_committed, one));
	world_run(&w, "commit", commit_answered, one);
	ck_assert_int_eq(one->committed, 1);
	kafka_in_close(one->in, 10000, on_closed);
	world_run(&w, "closed", is_closed, one);
	two->next[0] = 60;
	two->next[3] = 40;
	open_member(two, true, true);
	world_run(&w, "the rest", read_100, two);
	world_pass(&w, 50);
	ck_assert_int_eq(two->messages, 100);
	ck_assert_int_eq((int)two->next[1], -1);
}
END_TEST

/* A revoke that nobody answers must not hold up the exit. */
START_TEST(close_is_bounded)
{
	open_member(one, true, false);
	world_run(&w, "assignment", has_all, one);
	one->manual = true;
	kafka_in_close(one->in, 200, on_closed);
	world_run(&w, "closed", is_closed, one);
	ck_assert(!one->closed_in_time);
	ck_assert_ptr_null(one->in);
}
END_TEST

START_TEST(no_lease_outside_a_group)
{
	open_member(one, true, false);
	ck_assert_ptr_null(kafka_in_lease(one->in, &w.err));
}
END_TEST

START_TEST(reads_on_after_an_outage)
{
	one->next[0] = 0;
	world_fill(&w, "topic", 0, 10);
	open_member(one, false, false);
	start(one, 0, 0);
	world_run(&w, "before", read_10, one);
	mock_broker_set_down(w.broker);
	world_pass(&w, 200);
	mock_broker_set_up(w.broker);
	world_fill(&w, "topic", 0, 90);
	world_run(&w, "after", read_100, one);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kafka_in");
	TCase *tc = tcase_create("mock");
	SRunner *runner;
	int failed;

	log_open("test", LOG_ERROR);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, two_members_share_and_hand_back);
	tcase_add_test(tc, owner_decides_when);
	tcase_add_loop_test(tc, pauses_and_goes_on, 0, 2);
	tcase_add_loop_test(tc, changes_come_quickly, 0, 2);
	tcase_add_test(tc, pause_holds_inside_a_batch);
	tcase_add_test(tc, end_of_partition_names_the_high_watermark);
	tcase_add_test(tc, lost_offset_is_told);
	tcase_add_test(tc, goes_on_where_it_committed);
	tcase_add_test(tc, close_is_bounded);
	tcase_add_test(tc, no_lease_outside_a_group);
	tcase_add_test(tc, reads_on_after_an_outage);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
