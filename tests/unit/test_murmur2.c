#include "base/murmur2.h"

#include "tests/support/run.h"

/* What Java's Utils.murmur2() gives, as its callers publish it. */
static const struct {
	const char *key;
	int32_t want;
} java[] = {
	{ "21", -973932308 },
	{ "foobar", -790332482 },
	{ "a-little-bit-long-string", -985981536 },
	{ "a-little-bit-longer-string", -1486304829 },
	{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
	{ "abc", 479470107 },
	{ "", 275646681 },
	{ "1", -1993445489 },
	{ "12", 126087238 },
	{ "123", -267702483 },
	{ "1234", -1614185708 },
	{ "12345", -1188365604 },
};

START_TEST(equals_java)
{
	uint32_t got = murmur2(span_str(java[_i].key));

	ck_assert_msg(got == (uint32_t)java[_i].want, "%s: got %d",
	              java[_i].key, (int32_t)got);
}
END_TEST

START_TEST(bytes_past_127_are_unsigned)
{
	ck_assert_uint_ne(murmur2(SPAN("\xff\xfe\xfd")),
	                  murmur2(SPAN("\x7f\x7e\x7d")));
	ck_assert_uint_eq(murmur2(span_of(NULL, 0)), murmur2(SPAN("")));
}
END_TEST

START_TEST(home_is_never_negative)
{
	/* "21" hashes below zero: the sign bit is dropped, not negated */
	ck_assert_uint_eq(home_partition(SPAN("21"), 12),
	                  ((uint32_t)-973932308 & 0x7fffffff) % 12);
	ck_assert_uint_eq(home_partition(SPAN("abc"), 12), 479470107 % 12);
	ck_assert_uint_eq(home_partition(SPAN("abc"), 1), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("murmur2");

	tcase_add_loop_test(tc, equals_java, 0, COUNT(java));
	tcase_add_test(tc, bytes_past_127_are_unsigned);
	tcase_add_test(tc, home_is_never_negative);
	return run_case(tc);
}
