#include "base/span.h"

#include "tests/support/run.h"

static const struct {
	struct span a, b;
	bool same, nocase;
	int order;
} pairs[] = {
#define S(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}
	{ S("abc"), S("abc"), true, true, 0 },
	{ S("abc"), S("ABC"), false, true, 1 },
	{ S("abc"), S("abd"), false, false, -1 },
	{ S("abc"), S("ab"), false, false, 1 },
	{ S(""), S("a"), false, false, -1 },
	{ { NULL, 0 }, S(""), true, true, 0 },
	{ { NULL, 0 }, { NULL, 0 }, true, true, 0 },
	{ S("a\0b"), S("a\0c"), false, false, -1 },
	{ S("\xff"), S("\x01"), false, false, 1 },
	{ S("["), S("{"), false, false, -1 },
	{ S("@"), S("`"), false, false, -1 },
	{ S("\xc4"), S("\xe4"), false, false, -1 },
};

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

START_TEST(compares)
{
	ck_assert(span_eq(pairs[_i].a, pairs[_i].b) == pairs[_i].same);
	ck_assert(span_eq_nocase(pairs[_i].a, pairs[_i].b) == pairs[_i].nocase);
	ck_assert_int_eq(sign(span_cmp(pairs[_i].a, pairs[_i].b)),
	                 pairs[_i].order);
	ck_assert_int_eq(sign(span_cmp(pairs[_i].b, pairs[_i].a)),
	                 -pairs[_i].order);
}
END_TEST

static const struct {
	struct span hay, needle;
	int at;
} finds[] = {
	{ S("abcabc"), S("ca"), 2 },     { S("abc"), S("abc"), 0 },
	{ S("abc"), S("abcd"), -1 },     { S("abc"), S(""), 0 },
	{ { NULL, 0 }, S(""), 0 },       { { NULL, 0 }, S("a"), -1 },
	{ S("a\0b"), S("\0"), 1 },       { S("aab"), S("ab"), 1 },
	{ { NULL, 0 }, { NULL, 0 }, 0 },
};

START_TEST(finds_the_first)
{
	ck_assert_int_eq(span_find(finds[_i].hay, finds[_i].needle),
	                 finds[_i].at);
}
END_TEST

START_TEST(cuts_inside_only)
{
	struct span s = SPAN("abcdef");

	ck_assert(span_is(span_sub(s, 1, 2), "bc"));
	ck_assert(span_is(span_sub(s, 4, 9), "ef"));
	ck_assert(span_is(span_sub(s, 4, SIZE_MAX), "ef"));
	ck_assert(span_is(span_sub(s, 6, 1), ""));
	ck_assert(span_is(span_sub(s, 7, 1), ""));
	ck_assert(span_is(span_sub(s, SIZE_MAX, SIZE_MAX), ""));
	ck_assert_uint_eq(span_sub(span_of(NULL, 0), 0, 5).len, 0);
	ck_assert_uint_eq(span_sub(span_of(NULL, 0), 5, 5).len, 0);
	ck_assert_ptr_null(span_sub(span_of(NULL, 0), 0, 0).p);
	ck_assert_uint_eq(span_str(NULL).len, 0);
	ck_assert(span_is(span_of(NULL, 0), ""));
	ck_assert(!span_is(SPAN("a\0"), "a"));
}
END_TEST

START_TEST(takes_in_order)
{
	struct cursor c = { .left = SPAN("\x01\x02\x03\x04\x05\x06\x07"
		                         "ab"
		                         "rest") };

	ck_assert_uint_eq(take_u8(&c), 1);
	ck_assert_uint_eq(take_u16(&c), 0x0203);
	ck_assert_uint_eq(take_u32(&c), 0x04050607);
	ck_assert(span_is(take(&c, 2), "ab"));
	ck_assert_uint_eq(take(&c, 0).len, 0);
	ck_assert(span_is(take_rest(&c), "rest"));
	ck_assert_uint_eq(take_rest(&c).len, 0);
	ck_assert(!c.ran_out);
}
END_TEST

START_TEST(a_read_past_the_end_sticks)
{
	struct cursor c = { .left = SPAN("\x01\x02\x03") };

	ck_assert_uint_eq(take_u32(&c), 0);
	ck_assert(c.ran_out);
	ck_assert_uint_eq(take_u8(&c), 0);
	ck_assert_uint_eq(take_u16(&c), 0);
	ck_assert_uint_eq(take(&c, 0).len, 0);
	ck_assert_uint_eq(take_rest(&c).len, 0);
	ck_assert(c.ran_out);
}
END_TEST

START_TEST(an_empty_cursor_runs_out_at_once)
{
	struct cursor c = { 0 };

	ck_assert_uint_eq(take(&c, 0).len, 0);
	ck_assert(!c.ran_out);
	ck_assert_uint_eq(take(&c, SIZE_MAX).len, 0);
	ck_assert(c.ran_out);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("span");

	tcase_add_loop_test(tc, compares, 0, COUNT(pairs));
	tcase_add_loop_test(tc, finds_the_first, 0, COUNT(finds));
	tcase_add_test(tc, cuts_inside_only);
	tcase_add_test(tc, takes_in_order);
	tcase_add_test(tc, a_read_past_the_end_sticks);
	tcase_add_test(tc, an_empty_cursor_runs_out_at_once);
	return run_case(tc);
}
