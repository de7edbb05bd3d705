/* Zones set aside: for their time, and no more of them than fit. */
#include "perspective-worker/set_aside.h"
#include "tests/support/run.h"

#include <stdio.h>

enum { FOR_MS = 1000 };

static struct set_aside *s;

static void setup(void)
{
	s = set_aside_new(FOR_MS);
}

static void teardown(void)
{
	set_aside_free(&s);
	ck_assert_ptr_null(s);
}

START_TEST(for_its_time)
{
	set_aside_add(s, SPAN("example.com"), 5000);
	ck_assert(set_aside_has(s, SPAN("example.com"), 5999));
	ck_assert(set_aside_has(s, SPAN("EXAMPLE.com"), 5999));
	ck_assert(!set_aside_has(s, SPAN("www.example.com"), 5999));
	ck_assert(!set_aside_has(s, SPAN(""), 5999));
	ck_assert(!set_aside_has(s, SPAN("example.com"), 6000));
	ck_assert_uint_eq(set_aside_count(s), 0);
}
END_TEST

START_TEST(anew_from_the_last_time)
{
	set_aside_add(s, SPAN("a.example"), 0);
	set_aside_add(s, SPAN("b.example"), 500);
	set_aside_add(s, SPAN("a.example"), 900);
	ck_assert_uint_eq(set_aside_count(s), 2);
	ck_assert(!set_aside_has(s, SPAN("b.example"), 1500));
	ck_assert(set_aside_has(s, SPAN("a.example"), 1500));
}
END_TEST

START_TEST(oldest_makes_room)
{
	char name[32];

	for (int i = 0; i <= SET_ASIDE_MAX; i++) {
		int n = snprintf(name, sizeof(name), "n%d.example", i);

		set_aside_add(s, span_of(name, (size_t)n), i / 100);
	}
	ck_assert_uint_eq(set_aside_count(s), SET_ASIDE_MAX);
	ck_assert(!set_aside_has(s, SPAN("n0.example"), 100));
	ck_assert(set_aside_has(s, SPAN("n1.example"), 100));
	ck_assert(set_aside_has(s, span_str(name), 100));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("set_aside");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, for_its_time);
	tcase_add_test(tc, anew_from_the_last_time);
	tcase_add_test(tc, oldest_makes_room);
	return run_case(tc);
}
