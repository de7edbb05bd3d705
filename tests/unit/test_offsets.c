/* The low-water mark: what a successor must read (design, sections 6, 7). */
#include "base/offsets.h"
#include "tests/support/run.h"

static struct offsets *o;

static void setup(void)
{
	o = offsets_new(10);
}

static void teardown(void)
{
	offsets_free(&o);
	ck_assert_ptr_null(o);
}

START_TEST(nothing_read)
{
	ck_assert_int_eq(offsets_mark(o), 10);
	ck_assert_int_eq(offsets_next(o), 10);
	ck_assert_uint_eq(offsets_open(o), 0);
	ck_assert_uint_eq(offsets_span(o), 0);
}
END_TEST

START_TEST(finished_out_of_order)
{
	offsets_begin(o, 10);
	offsets_begin(o, 12); /* 11 is a control record */
	offsets_begin(o, 13);
	ck_assert_int_eq(offsets_mark(o), 10);
	offsets_finish(o, 12);
	ck_assert_int_eq(offsets_mark(o), 10);
	ck_assert_uint_eq(offsets_open(o), 2);
	offsets_finish(o, 10);
	ck_assert_int_eq(offsets_mark(o), 13);
	ck_assert_uint_eq(offsets_span(o), 1);
	offsets_finish(o, 13);
	ck_assert_int_eq(offsets_mark(o), 14);
}
END_TEST

START_TEST(staged_counts_unless_aborted)
{
	offsets_begin(o, 10);
	offsets_begin(o, 11);
	offsets_stage(o, 10);
	ck_assert_int_eq(offsets_mark(o), 11);
	offsets_abort(o);
	ck_assert_int_eq(offsets_mark(o), 10);
	ck_assert_uint_eq(offsets_open(o), 2);
	offsets_stage(o, 10);
	offsets_commit(o);
	ck_assert_int_eq(offsets_mark(o), 11);
	ck_assert_uint_eq(offsets_span(o), 1);
}
END_TEST

START_TEST(passed_is_never_open)
{
	offsets_pass(o, 20);
	ck_assert_int_eq(offsets_mark(o), 21);
	offsets_begin(o, 21);
	offsets_pass(o, 22);
	ck_assert_int_eq(offsets_mark(o), 21);
	ck_assert_uint_eq(offsets_open(o), 1);
}
END_TEST

/* More than one ring's room, with its head in the middle. */
START_TEST(grows_around_its_head)
{
	for (int64_t i = 0; i < 40; i++)
		offsets_begin(o, 10 + i);
	for (int64_t i = 0; i < 40; i++)
		offsets_finish(o, 10 + i);
	for (int64_t i = 0; i < 1000; i++)
		offsets_begin(o, 100 + i);
	for (int64_t i = 999; i > 0; i--)
		offsets_finish(o, 100 + i);
	ck_assert_int_eq(offsets_mark(o), 100);
	ck_assert_uint_eq(offsets_span(o), 1000);
	offsets_finish(o, 100);
	ck_assert_int_eq(offsets_mark(o), 1100);
	ck_assert_uint_eq(offsets_span(o), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("offsets");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_read);
	tcase_add_test(tc, finished_out_of_order);
	tcase_add_test(tc, staged_counts_unless_aborted);
	tcase_add_test(tc, passed_is_never_open);
	tcase_add_test(tc, grows_around_its_head);
	return run_case(tc);
}
