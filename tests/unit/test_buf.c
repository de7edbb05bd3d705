#include "base/buf.h"

#include "tests/support/run.h"

START_TEST(starts_and_ends_empty)
{
	struct buf b = { 0 };

	ck_assert_uint_eq(buf_span(&b).len, 0);
	ck_assert_str_eq(buf_cstr(&b), "");
	ck_assert_uint_eq(b.len, 0);
	buf_clear(&b);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.len + b.room, 0);
	buf_clear(&b);
}
END_TEST

START_TEST(appends_in_order)
{
	struct buf b = { 0 };

	buf_add(&b, "ab", 2);
	buf_add(&b, NULL, 0);
	buf_add_span(&b, SPAN("c\0d"));
	buf_add_span(&b, span_of(NULL, 0));
	buf_add_str(&b, "e");
	buf_add_u8(&b, 0xff);
	buf_add_u32(&b, 0x01020304);
	buf_printf(&b, "%d-%s", -7, "x");
	ck_assert(
		span_eq(buf_span(&b), SPAN("abc\0de\xff\x01\x02\x03\x04-7-x")));
	ck_assert_str_eq(buf_cstr(&b) + 11, "-7-x");
	buf_clear(&b);
}
END_TEST

START_TEST(grows_over_every_size)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < 5000; i++) {
		buf_add_u8(&b, (uint8_t)i);
		ck_assert_uint_le(b.len, b.room);
	}
	for (size_t i = 0; i < 5000; i++)
		ck_assert_uint_eq(b.p[i], (uint8_t)i);
	buf_printf(&b, "%10000s", "x");
	ck_assert_uint_eq(b.len, 15000);
	ck_assert_uint_eq(b.p[14999], 'x');
	buf_clear(&b);
}
END_TEST

START_TEST(reserves_for_the_caller)
{
	struct buf b = { 0 };
	uint8_t *p = buf_reserve(&b, 1000);

	ck_assert_uint_ge(b.room, 1000);
	ck_assert_uint_eq(b.len, 0);
	memset(p, 'x', 1000);
	b.len += 1000;
	ck_assert_ptr_nonnull(buf_reserve(&b, 0));
	buf_clear(&b);
	ck_assert_ptr_nonnull(buf_reserve(&b, 0));
	buf_clear(&b);
}
END_TEST

START_TEST(drops_from_the_front)
{
	struct buf b = { 0 };

	buf_drop(&b, 0);
	buf_add_str(&b, "abcdef");
	buf_drop(&b, 0);
	buf_drop(&b, 2);
	ck_assert_str_eq(buf_cstr(&b), "cdef");
	buf_drop(&b, 4);
	ck_assert_uint_eq(b.len, 0);
	buf_clear(&b);
}
END_TEST

START_TEST(dropping_too_much_is_our_bug)
{
	struct buf b = { 0 };

	buf_add_str(&b, "a");
	buf_drop(&b, 2);
}
END_TEST

START_TEST(a_size_that_cannot_be_aborts)
{
	struct buf b = { 0 };

	buf_add_str(&b, "a");
	(void)buf_reserve(&b, SIZE_MAX - 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, starts_and_ends_empty);
	tcase_add_test(tc, appends_in_order);
	tcase_add_test(tc, grows_over_every_size);
	tcase_add_test(tc, reserves_for_the_caller);
	tcase_add_test(tc, drops_from_the_front);
	tcase_add_test_raise_signal(tc, dropping_too_much_is_our_bug, 6);
	tcase_add_test_raise_signal(tc, a_size_that_cannot_be_aborts, 6);
	return run_case(tc);
}
