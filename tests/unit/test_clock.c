#include "base/clock.h"

#include "tests/support/run.h"

#include <string.h>

static const struct {
	int64_t ms;
	const char *text;
} times[] = {
	{ 0, "1970-01-01T00:00:00.000Z" },
	{ 1, "1970-01-01T00:00:00.001Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ -1000, "1969-12-31T23:59:59.000Z" },
	{ 1797292800000, "2026-12-15T00:00:00.000Z" },
	{ 1795443607123, "2026-11-23T14:20:07.123Z" },
	{ 951782399999, "2000-02-28T23:59:59.999Z" },
	{ 951782400000, "2000-02-29T00:00:00.000Z" },
	{ 253402300799999, "9999-12-31T23:59:59.999Z" },
};

START_TEST(writes_and_reads)
{
	char text[CLOCK_TEXT_MAX];
	int64_t ms = 7;

	ck_assert_str_eq(clock_text(times[_i].ms, text, sizeof(text)),
	                 times[_i].text);
	ck_assert(clock_parse(text, &ms));
	ck_assert_int_eq(ms, times[_i].ms);
}
END_TEST

START_TEST(the_fraction_may_be_absent)
{
	int64_t ms = 7;

	ck_assert(clock_parse("2026-12-15T00:00:00Z", &ms));
	ck_assert_int_eq(ms, 1797292800000);
}
END_TEST

static const char *const bad[] = {
	"",
	"Z",
	"2026-12-15",
	"2026-12-15T00:00:00",
	"2026-12-15T00:00:00.Z",
	"2026-12-15T00:00:00.1Z",
	"2026-12-15T00:00:00.12Z",
	"2026-12-15T00:00:00.1234Z",
	"2026-12-15T00:00:00.12aZ",
	"2026-12-15T00:00:00,123Z",
	"2026-12-15T00:00:00z",
	"2026-12-15t00:00:00Z",
	"2026-12-15 00:00:00Z",
	"2026-12-15T00:00:00ZZ",
	"2026-12-15T00:00:00+00:00",
	" 2026-12-15T00:00:00Z",
	"2026- 2-15T00:00:00Z",
	"2026-12-15T00:00: 0Z",
	"2026-12-15T 0:00:00Z",
	"2026-1-15T00:00:00Z",
	"2026-12-5T00:00:00Z",
	"2026-12-15T0:00:00Z",
	"2026-12-15T00:0:00Z",
	"2026-12-15T00:00:0Z",
	"26-12-15T00:00:00Z",
	"+2026-12-15T00:00:00Z",
	"-026-12-15T00:00:00Z",
	"12026-12-15T00:00:00Z",
	"2026-00-15T00:00:00Z",
	"2026-13-15T00:00:00Z",
	"2026-12-00T00:00:00Z",
	"2026-12-32T00:00:00Z",
	"2026-02-29T00:00:00Z",
	"2026-02-30T00:00:00Z",
	"2026-04-31T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"2026-12-15T24:00:00Z",
	"2026-12-15T00:60:00Z",
	"2026-12-15T00:00:60Z",
	"2026-12-15T00:00:61Z",
	"out-of-range.000Z",
};

START_TEST(refuses_other_forms)
{
	int64_t ms = 7;

	ck_assert_msg(!clock_parse(bad[_i], &ms), "%s", bad[_i]);
	ck_assert_int_eq(ms, 7);
}
END_TEST

START_TEST(any_number_has_a_text)
{
	static const int64_t ends[] = { INT64_MAX, INT64_MIN, 1LL << 53,
		                        -(1LL << 53) };

	for (int i = 0; i < COUNT(ends); i++) {
		char text[CLOCK_TEXT_MAX];

		(void)clock_text(ends[i], text, sizeof(text));
		ck_assert_uint_lt(strlen(text), sizeof(text));
		ck_assert_uint_gt(strlen(text), 0);
	}
}
END_TEST

START_TEST(clocks_run)
{
	int64_t wall = clock_wall_ms(), ms = clock_mono_ms();
	int64_t us = clock_mono_us();

	ck_assert_int_gt(wall, 1700000000000);
	ck_assert_int_ge(clock_mono_ms(), ms);
	ck_assert_int_ge(clock_mono_us(), us);
	ck_assert_int_le(ms, us / 1000);
	clock_shift_wall(-3600000);
	ck_assert_int_lt(clock_wall_ms(), wall);
	ck_assert_int_ge(clock_mono_ms(), ms);
	clock_shift_wall(0);
	ck_assert_int_ge(clock_wall_ms(), wall);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("clock");

	tcase_add_loop_test(tc, writes_and_reads, 0, COUNT(times));
	tcase_add_test(tc, the_fraction_may_be_absent);
	tcase_add_loop_test(tc, refuses_other_forms, 0, COUNT(bad));
	tcase_add_test(tc, any_number_has_a_text);
	tcase_add_test(tc, clocks_run);
	return run_case(tc);
}
