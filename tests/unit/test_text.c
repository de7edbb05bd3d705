#include "base/text.h"

#include "tests/support/run.h"

static const struct {
	const char *text;
	uint64_t max;
	bool ok;
	uint64_t value;
} numbers[] = {
	{ "0", 0, true, 0 },
	{ "1", 0, false, 0 },
	{ "9", 9, true, 9 },
	{ "10", 9, false, 0 },
	{ "255", 255, true, 255 },
	{ "256", 255, false, 0 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "99999999999999999999999999", UINT64_MAX, false, 0 },
	{ "9223372036854775807", INT64_MAX, true, INT64_MAX },
	{ "9223372036854775808", INT64_MAX, false, 0 },
	{ "", 9, false, 0 },
	{ "00", 9, false, 0 },
	{ "01", 9, false, 0 },
	{ "-1", 9, false, 0 },
	{ "+1", 9, false, 0 },
	{ " 1", 9, false, 0 },
	{ "1 ", 9, false, 0 },
	{ "1a", 99, false, 0 },
	{ "0x1", 99, false, 0 },
	{ "1.0", 99, false, 0 },
	{ "\xd9\xa1", 99, false, 0 },
};

START_TEST(reads_numbers)
{
	uint64_t got = 77;

	ck_assert_msg(text_u64(span_str(numbers[_i].text), numbers[_i].max,
	                       &got) == numbers[_i].ok,
	              "%s", numbers[_i].text);
	ck_assert_uint_eq(got, numbers[_i].ok ? numbers[_i].value : 77);
}
END_TEST

static const struct {
	const char *text;
	int64_t ms; /* -1: refused */
} durations[] = {
	{ "0ms", 0 },
	{ "250ms", 250 },
	{ "10s", 10000 },
	{ "5m", 300000 },
	{ "2h", 7200000 },
	{ "30d", 2592000000 },
	{ "100000000d", 8640000000000000 },
	{ "100000001d", -1 },
	{ "", -1 },
	{ "5", -1 },
	{ "s", -1 },
	{ "5 s", -1 },
	{ "-5s", -1 },
	{ "05s", -1 },
	{ "5S", -1 },
	{ "5sec", -1 },
	{ "1h30m", -1 },
	{ "1.5h", -1 },
	{ "5us", -1 },
	{ "5s ", -1 },
};

START_TEST(reads_durations)
{
	int64_t got = 77;
	bool ok = text_duration_ms(span_str(durations[_i].text), &got);

	ck_assert_msg(ok == (durations[_i].ms >= 0), "%s", durations[_i].text);
	ck_assert_int_eq(got, ok ? durations[_i].ms : 77);
}
END_TEST

START_TEST(hex_goes_and_comes)
{
	struct buf b = { 0 };
	uint8_t bytes[256], back[256];
	char text[513];

	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	buf_add_str(&b, "x");
	text_hex(&b, span_of(bytes, 256));
	text_hex_cstr(text, span_of(bytes, 256));
	ck_assert_str_eq(buf_cstr(&b) + 1, text);
	ck_assert(text_unhex(span_str(text), back));
	ck_assert_mem_eq(bytes, back, 256);
	ck_assert(text_unhex(SPAN("aBFf"), back));
	ck_assert_mem_eq(back, "\xab\xff", 2);
	ck_assert(text_unhex(SPAN(""), back));
	text_hex(&b, span_of(NULL, 0));
	ck_assert_uint_eq(b.len, 513);
	buf_clear(&b);
}
END_TEST

static const char *const bad_hex[] = { "a",    "abc", "0g", "g0", " 0", "0x",
	                               "00 0", "@0",  "`0", "/0", ":0" };

START_TEST(refuses_other_hex)
{
	uint8_t out[4] = { 7, 7, 7, 7 };

	ck_assert_msg(!text_unhex(span_str(bad_hex[_i]), out), "%s",
	              bad_hex[_i]);
	ck_assert_mem_eq(out, "\x07\x07\x07\x07", 4);
}
END_TEST

/* RFC 4648, 10, and what tells the two alphabets apart. */
static const struct {
	struct span plain;
	const char *base64, *url;
} encoded[] = {
#define B(p, b, u) \
	{ \
		{ (const uint8_t *)(p), sizeof(p) - 1 }, b, u \
	}
	B("", "", ""),
	B("f", "Zg==", "Zg"),
	B("fo", "Zm8=", "Zm8"),
	B("foo", "Zm9v", "Zm9v"),
	B("foob", "Zm9vYg==", "Zm9vYg"),
	B("fooba", "Zm9vYmE=", "Zm9vYmE"),
	B("foobar", "Zm9vYmFy", "Zm9vYmFy"),
	B("\xff\xef\xbe", "/+++", "_---"),
	B("\x00", "AA==", "AA"),
};

START_TEST(base64_goes_and_comes)
{
	struct buf b = { 0 };

	text_base64(&b, encoded[_i].plain);
	ck_assert_str_eq(buf_cstr(&b), encoded[_i].base64);
	b.len = 0;
	text_base64url(&b, encoded[_i].plain);
	ck_assert_str_eq(buf_cstr(&b), encoded[_i].url);
	b.len = 0;
	ck_assert(text_unbase64(span_str(encoded[_i].base64), &b));
	ck_assert(span_eq(buf_span(&b), encoded[_i].plain));
	ck_assert(text_unbase64url(span_str(encoded[_i].url), &b));
	ck_assert_uint_eq(b.len, 2 * encoded[_i].plain.len);
	buf_clear(&b);
}
END_TEST

static const struct {
	struct span text;
	bool base64, url;
} odd[] = {
#define O(t, b, u) \
	{ \
		{ (const uint8_t *)(t), sizeof(t) - 1 }, b, u \
	}
	O("Zg", false, true),        O("Zg=", false, false),
	O("Zg==", true, false),      O("Zg===", false, false),
	O("Zh==", false, false),     O("Zh", false, false),
	O("Zm9=", false, false),     O("Zm9", false, false),
	O("Z", false, false),        O("====", false, false),
	O("=", false, false),        O("A===", false, false),
	O("Zg==Zg==", false, false), O("Zm=v", false, false),
	O("Zm9v\n", false, false),   O(" Zm9v", false, false),
	O("Zm 9v", false, false),    O("Zm9v====", false, false),
	O("_-__", false, true),      O("/+//", true, false),
	O("Zm9\0", false, false),    O("Zm9v\xff", false, false),
	O("Zm9vY", false, false),    O("ZZZZZ===", false, false),
};

START_TEST(base64_is_strict)
{
	struct buf b = { 0 };

	buf_add_str(&b, "x");
	ck_assert_msg(text_unbase64(odd[_i].text, &b) == odd[_i].base64, "%s",
	              (const char *)odd[_i].text.p);
	ck_assert(odd[_i].base64 || b.len == 1);
	b.len = 1;
	ck_assert_msg(text_unbase64url(odd[_i].text, &b) == odd[_i].url, "%s",
	              (const char *)odd[_i].text.p);
	ck_assert(odd[_i].url || b.len == 1);
	buf_clear(&b);
}
END_TEST

static const struct {
	struct span bytes;
	bool ok;
} utf8[] = {
#define U(t, ok) \
	{ \
		{ (const uint8_t *)(t), sizeof(t) - 1 }, ok \
	}
	U("", true),
	U("a\0b\x7f", true),
	U("\xc2\x80\xdf\xbf", true),
	U("\xe0\xa0\x80\xef\xbf\xbf", true),
	U("\xed\x9f\xbf\xee\x80\x80", true),
	U("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true),
	U("\x80", false),
	U("\xbf", false),
	U("\xc0\x80", false),
	U("\xc1\xbf", false),
	U("\xc2", false),
	U("\xc2\x7f", false),
	U("\xc2\xc0", false),
	U("\xe0\x9f\xbf", false),
	U("\xe0\xa0", false),
	U("\xe1\x80\x7f", false),
	U("\xed\xa0\x80", false),
	U("\xed\xbf\xbf", false),
	U("\xf0\x8f\xbf\xbf", false),
	U("\xf0\x90\x80", false),
	U("\xf4\x90\x80\x80", false),
	U("\xf5\x80\x80\x80", false),
	U("\xf8\x88\x80\x80\x80", false),
	U("\xff", false),
	U("ok\xe2\x82", false),
};

START_TEST(knows_utf8)
{
	ck_assert(text_is_utf8(utf8[_i].bytes) == utf8[_i].ok);
}
END_TEST

START_TEST(lower_case_leaves_the_rest)
{
	uint8_t *lower = text_lower(SPAN("WWW.@[`{\0\xc3\x84Z"));

	ck_assert_mem_eq(lower, "www.@[`{\0\xc3\x84z", 13);
	free(lower);
}
END_TEST

START_TEST(ascii_is_only_ascii)
{
	for (int i = 0; i < 256; i++) {
		uint8_t c = (uint8_t)i;
		bool upper = i >= 'A' && i <= 'Z', lower = i >= 'a' && i <= 'z';
		bool digit = i >= '0' && i <= '9';

		ck_assert_int_eq(ascii_lower(c), upper ? i + 32 : i);
		ck_assert(ascii_is_alpha(c) == (upper || lower));
		ck_assert(ascii_is_digit(c) == digit);
		ck_assert(ascii_is_alnum(c) == (upper || lower || digit));
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, lower_case_leaves_the_rest);
	tcase_add_loop_test(tc, reads_numbers, 0, COUNT(numbers));
	tcase_add_loop_test(tc, reads_durations, 0, COUNT(durations));
	tcase_add_test(tc, hex_goes_and_comes);
	tcase_add_loop_test(tc, refuses_other_hex, 0, COUNT(bad_hex));
	tcase_add_loop_test(tc, base64_goes_and_comes, 0, COUNT(encoded));
	tcase_add_loop_test(tc, base64_is_strict, 0, COUNT(odd));
	tcase_add_loop_test(tc, knows_utf8, 0, COUNT(utf8));
	tcase_add_test(tc, ascii_is_only_ascii);
	return run_case(tc);
}
