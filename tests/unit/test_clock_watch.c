#include "coordinator/clock_watch.h"

#include "tests/support/run.h"

#include <check.h>

static struct clock_watch w;

static void setup(void)
{
	w = (struct clock_watch){ 0 };
}

static int64_t ahead(int64_t mono_ms)
{
	int64_t ms = -12345;

	return clock_watch_ahead(&w, mono_ms, &ms) ? ms : -12345;
}

START_TEST(nothing_seen_says_nothing)
{
	ck_assert_int_eq(ahead(0), -12345);
	ck_assert_int_eq(ahead(1000000), -12345);
}
END_TEST

/* A slow record says less than a quick one. */
START_TEST(the_quickest_record_tells)
{
	clock_watch_note(&w, 10900, 10000, 100);
	ck_assert_int_eq(ahead(100), 900);
	clock_watch_note(&w, 11020, 11000, 200);
	clock_watch_note(&w, 12500, 12000, 300);
	ck_assert_int_eq(ahead(300), 20);
}
END_TEST

START_TEST(a_record_from_the_future_tells_at_once)
{
	clock_watch_note(&w, 10005, 10000, 100);
	clock_watch_note(&w, 10000, 10700, 200);
	ck_assert_int_eq(ahead(200), -700);
}
END_TEST

START_TEST(what_is_long_ago_is_forgotten)
{
	clock_watch_note(&w, 10000, 10700, 0);
	clock_watch_note(&w, 30010, 30000, CLOCK_WATCH_MS + 1);
	ck_assert_int_eq(ahead(CLOCK_WATCH_MS + 1), -700);
	clock_watch_note(&w, 50020, 50000, 2 * CLOCK_WATCH_MS + 2);
	ck_assert_int_eq(ahead(2 * CLOCK_WATCH_MS + 2), 10);
	ck_assert_int_eq(ahead(INT64_C(5) * CLOCK_WATCH_MS), -12345);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("clock_watch");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, nothing_seen_says_nothing);
	tcase_add_test(t, the_quickest_record_tells);
	tcase_add_test(t, a_record_from_the_future_tells_at_once);
	tcase_add_test(t, what_is_long_ago_is_forgotten);
	return run_case(t);
}
