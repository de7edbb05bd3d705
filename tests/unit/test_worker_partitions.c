/* Whose offset may be committed, and how far (design, section 7). */
#include "perspective-worker/partitions.h"
#include "tests/support/run.h"

static struct partitions *p;

static const struct kafka_partition two[] = { { "checks", 0 },
	                                      { "checks", 7 } };

static void setup(void)
{
	p = partitions_new("checks");
	partitions_assign(p, two, 2);
}

static void teardown(void)
{
	partitions_free(&p);
	ck_assert_ptr_null(p);
}

static struct place begin(int32_t partition, int64_t offset)
{
	struct place place;

	ck_assert(partitions_begin(p, partition, offset, &place));
	return place;
}

static void expect_moved(int32_t partition, int64_t offset)
{
	const struct kafka_offset *moved;

	ck_assert_uint_eq(partitions_take_moved(p, &moved), 1);
	ck_assert_int_eq(moved[0].at.partition, partition);
	ck_assert_str_eq(moved[0].at.topic, "checks");
	ck_assert_int_eq(moved[0].offset, offset);
}

static void expect_none(void)
{
	const struct kafka_offset *moved;

	ck_assert_uint_eq(partitions_take_moved(p, &moved), 0);
}

START_TEST(mark_moves_behind_what_is_finished)
{
	struct place first = begin(7, 100), second = begin(7, 101);

	expect_none();
	partitions_finish(p, &second);
	expect_none();
	partitions_finish(p, &first);
	expect_moved(7, 102);
	expect_none();
}
END_TEST

START_TEST(failed_commit_is_asked_again)
{
	struct place place = begin(0, 5);

	partitions_finish(p, &place);
	expect_moved(0, 6);
	partitions_not_committed(p);
	expect_moved(0, 6);
}
END_TEST

START_TEST(what_was_revoked_is_not_ours)
{
	struct place old = begin(0, 5), place;

	partitions_revoke(p);
	ck_assert_uint_eq(partitions_count(p), 0);
	partitions_finish(p, &old);
	expect_none();
	ck_assert(!partitions_begin(p, 0, 6, &place));
}
END_TEST

/* The partition came back: what was read before is read again, and only that
   second reading moves the mark. */
START_TEST(what_came_back_is_another_assignment)
{
	struct place old = begin(0, 5), again;

	partitions_assign(p, two, 1);
	again = begin(0, 5);
	partitions_finish(p, &old);
	expect_none();
	partitions_finish(p, &again);
	expect_moved(0, 6);
}
END_TEST

START_TEST(strange_partition)
{
	struct place place = { 1, 2, 3 };

	ck_assert(!partitions_begin(p, 3, 1, &place));
	ck_assert_int_eq(place.offset, 2);
	ck_assert_uint_eq(partitions_count(p), 2);
	ck_assert_int_eq(partitions_at(p, 1).partition, 7);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("partitions");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mark_moves_behind_what_is_finished);
	tcase_add_test(tc, failed_commit_is_asked_again);
	tcase_add_test(tc, what_was_revoked_is_not_ours);
	tcase_add_test(tc, what_came_back_is_another_assignment);
	tcase_add_test(tc, strange_partition);
	return run_case(tc);
}
