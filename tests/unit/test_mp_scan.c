/* What may reach msgpack-c, and what may not. */
#include "wire/mp_scan.h"
#include "wire/tree.h"

#include <check.h>
#include <stdlib.h>

static const struct mp_limits limits = { 256, 64, MP_DEPTH_MAX };

#define ROW(what, bytes, why) \
	{ \
		(what), SPAN(bytes), (why) \
	}
#define ANNOUNCES "a container announces more than there are bytes"

static const struct {
	const char *what;
	struct span value;
	const char *why; /* NULL: passes */
} rows[] = {
	ROW("nil", "\xc0", NULL),
	ROW("small number", "\x7f", NULL),
	ROW("negative small number", "\xe0", NULL),
	ROW("false, true", "\x92\xc2\xc3", NULL),
	ROW("numbers of all widths",
	    "\x98\xcc\x80\xcd\x01\x00\xce\x00\x01\x00\x00"
	    "\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xd0\x80\xd1\x80\x00"
	    "\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
	    NULL),
	ROW("texts of all widths",
	    "\x94\xa1"
	    "a"
	    "\xd9\x01"
	    "b"
	    "\xda\x00\x01"
	    "c"
	    "\xdb\x00\x00\x00\x01"
	    "d",
	    NULL),
	ROW("bytes of all widths",
	    "\x93\xc4\x01\xff\xc5\x00\x01\x00\xc6\x00\x00\x00\x01\xff", NULL),
	ROW("lists of all widths",
	    "\x92\xdc\x00\x01\xc0\xdd\x00\x00\x00\x01\xc0", NULL),
	ROW("maps of all widths",
	    "\x92\xde\x00\x01\xa1"
	    "a"
	    "\xc0\xdf\x00\x00\x00\x01\xa1"
	    "a"
	    "\xc0",
	    NULL),
	ROW("empty containers", "\x93\x80\x90\xdc\x00\x00", NULL),
	ROW("empty text and bytes", "\x92\xa0\xc4\x00", NULL),
	ROW("text beyond ASCII", "\xa4\xf0\x9f\x94\x92", NULL),
	ROW("depth 10", "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01", NULL),

	ROW("depth 11", "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01",
	    "nested too deep"),
	ROW("depth 11 of empty lists",
	    "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90", "nested too deep"),
	{ "nothing", { NULL, 0 }, "empty" },
	ROW("number cut short", "\xcd\x01", "cut short"),
	ROW("length cut short", "\xda\x00", "cut short"),
	ROW("text cut short",
	    "\xa2"
	    "a",
	    "cut short"),
	ROW("bytes cut short",
	    "\xc4\x02"
	    "a",
	    "cut short"),
	ROW("list cut short", "\x92\xcd\x01\x00", "cut short"),
	ROW("map cut short",
	    "\x81\xa1"
	    "a",
	    "cut short"),
	ROW("one byte more", "\xc0\xc0", "bytes after the end"),
	ROW("one list more", "\x91\xc0\x90", "bytes after the end"),
	ROW("float 32", "\xca\x00\x00\x00\x00", "floats are not accepted"),
	ROW("float 64", "\xcb\x00\x00\x00\x00\x00\x00\x00\x00",
	    "floats are not accepted"),
	ROW("fixext", "\xd4\x01\x00", "extension types are not accepted"),
	ROW("ext 8", "\xc7\x01\x01\x00", "extension types are not accepted"),
	ROW("timestamp", "\xd6\xff\x00\x00\x00\x00",
	    "extension types are not accepted"),
	ROW("never used", "\xc1", "not MessagePack"),
	ROW("number as key", "\x81\x01\x01", "a map key is not text"),
	ROW("list as key", "\x81\x90\x01", "a map key is not text"),
	ROW("bytes as key", "\x81\xc4\x01\x61\x01", "a map key is not text"),
	ROW("second key a number",
	    "\x82\xa1"
	    "a"
	    "\x01\x02\x03",
	    "a map key is not text"),
	ROW("NUL in text", "\xa1\x00", "text is not UTF-8 without NUL"),
	ROW("NUL in text behind UTF-8", "\xa3\xc3\xa4\x00",
	    "text is not UTF-8 without NUL"),
	ROW("NUL in the eighth byte",
	    "\xa8"
	    "abcdefg\x00",
	    "text is not UTF-8 without NUL"),
	ROW("NUL in a key", "\x81\xa1\x00\x01",
	    "text is not UTF-8 without NUL"),
	ROW("overlong", "\xa2\xc0\x80", "text is not UTF-8 without NUL"),
	ROW("surrogate", "\xa3\xed\xa0\x80", "text is not UTF-8 without NUL"),
	ROW("sequence cut short",
	    "\xa9"
	    "abcdefgh\xc3",
	    "text is not UTF-8 without NUL"),
	ROW("65 elements",
	    "\xdc\x00\x40"
	    "1234567890123456789012345678901234567890123456789012345678901234",
	    "too many elements"),

	/* msgpack-c 4.0.0 reserves 2 and 4 GB, or 1 GB, for these. */
	ROW("bomb: list of 2^26", "\xdd\x04\x00\x00\x00", ANNOUNCES),
	ROW("bomb: map of 3 * 2^24", "\xdf\x03\x00\x00\x00", ANNOUNCES),
	ROW("bomb: list of 2^32 - 1", "\xdd\xff\xff\xff\xff", ANNOUNCES),
	ROW("bomb: map of 2^32 - 1", "\xdf\xff\xff\xff\xff", ANNOUNCES),
	ROW("list of one more than the bytes", "\x93\x01\x02", ANNOUNCES),
};

START_TEST(judges)
{
	const char *why = mp_scan(rows[_i].value, &limits);

	ck_assert_msg((why == NULL) == (rows[_i].why == NULL), "%s: got %s",
	              rows[_i].what, why != NULL ? why : "ok");
	if (why != NULL)
		ck_assert_str_eq(why, rows[_i].why);
}
END_TEST

/* The fifth of them: 31 lists of a million within each other, 155 bytes. */
START_TEST(refuses_nested_bomb)
{
	uint8_t bomb[155];

	for (size_t i = 0; i < sizeof(bomb); i += 5)
		memcpy(bomb + i, "\xdd\x00\x0f\x42\x40", 5);
	ck_assert_str_eq(mp_scan(span_of(bomb, sizeof(bomb)), &limits),
	                 ANNOUNCES);
}
END_TEST

START_TEST(keeps_each_limit)
{
	uint8_t value[300] = { 0xc5, 0, 253 };
	struct mp_limits l = { 256, 64, 2 };

	ck_assert_ptr_null(mp_scan(span_of(value, 256), &l));
	ck_assert_str_eq(mp_scan(span_of(value, 257), &l),
	                 "larger than allowed");
	ck_assert_ptr_null(mp_scan(SPAN("\x91\x91\x01"), &l));
	ck_assert_str_eq(mp_scan(SPAN("\x91\x91\x91\x01"), &l),
	                 "nested too deep");
	l.elements = 3;
	ck_assert_ptr_null(mp_scan(SPAN("\x92\x01\x01"), &l));
	ck_assert_str_eq(mp_scan(SPAN("\x93\x01\x01\x01"), &l),
	                 "too many elements");
}
END_TEST

/* What passes the scan has each key once, or is no tree: few keys and many
   take different ways. */
static const char *map_of(int keys, int repeat)
{
	uint8_t value[1024] = { 0xde, (uint8_t)(keys >> 8), (uint8_t)keys };
	struct mp_limits l = { sizeof(value), 1000, 4 };
	size_t at = 3;
	struct tree tree;

	for (int i = 0; i < keys; i++) {
		int name = i == repeat ? 0 : i;

		value[at++] = 0xa2;
		value[at++] = (uint8_t)('a' + name / 26);
		value[at++] = (uint8_t)('a' + name % 26);
		value[at++] = 0xc0;
	}
	const char *why =
		tree_parse(span_of(value, at), ENCODING_MSGPACK, &l, &tree);

	if (why == NULL)
		tree_clear(&tree);
	return why;
}

START_TEST(refuses_duplicate_keys)
{
	static const int sizes[] = { 2, 24, 25, 200 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_ptr_null(map_of(sizes[i], -1));
		ck_assert_str_eq(map_of(sizes[i], sizes[i] - 1),
		                 "a map key is there twice");
	}
}
END_TEST

START_TEST(finds_duplicates_below)
{
	struct mp_limits l = { 64, 64, 8 };
	struct tree tree;

	/* Also inside a field that nobody knows, and inside a list. */
	ck_assert_str_eq(tree_parse(SPAN("\x81\xa1x\x91\x82\xa1"
	                                 "a"
	                                 "\x01\xa1"
	                                 "a"
	                                 "\x02"),
	                            ENCODING_MSGPACK, &l, &tree),
	                 "a map key is there twice");
}
END_TEST

START_TEST(keeps_limits_in_json)
{
	struct mp_limits l = { 24, 6, 2 };
	struct tree tree;

	ck_assert_ptr_null(
		tree_parse(SPAN("{\"a\":[1,2,3]}"), ENCODING_JSON, &l, &tree));
	tree_clear(&tree);
	ck_assert_str_eq(
		tree_parse(SPAN("{\"a\":[1,2,3,4]}"), ENCODING_JSON, &l, &tree),
		"too many elements");
	ck_assert_str_eq(
		tree_parse(SPAN("{\"a\":[[]]}"), ENCODING_JSON, &l, &tree),
		"nested too deep");
	ck_assert_str_eq(tree_parse(SPAN("{\"a\":                 1 }"),
	                            ENCODING_JSON, &l, &tree),
	                 "larger than allowed");
}
END_TEST

START_TEST(guesses_the_encoding)
{
	ck_assert_int_eq(encoding_guess(SPAN("{}")), ENCODING_JSON);
	ck_assert_int_eq(encoding_guess(SPAN(" \r\n\t{")), ENCODING_JSON);
	ck_assert_int_eq(encoding_guess(SPAN("\x80")), ENCODING_MSGPACK);
	ck_assert_int_eq(encoding_guess(SPAN("[]")), ENCODING_MSGPACK);
	ck_assert_int_eq(encoding_guess(SPAN(" ")), ENCODING_MSGPACK);
	ck_assert_int_eq(encoding_guess(SPAN("")), ENCODING_MSGPACK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mp_scan");
	TCase *tc = tcase_create("scan");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(tc, judges, 0,
	                    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, refuses_nested_bomb);
	tcase_add_test(tc, keeps_each_limit);
	tcase_add_test(tc, refuses_duplicate_keys);
	tcase_add_test(tc, finds_duplicates_below);
	tcase_add_test(tc, keeps_limits_in_json);
	tcase_add_test(tc, guesses_the_encoding);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
