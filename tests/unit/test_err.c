#include "base/err.h"

#include "tests/support/run.h"

#include <string.h>

START_TEST(says_what_was_said)
{
	struct err err;

	ck_assert_int_eq(err_set(&err, "%s is %d", "x", 7), -1);
	ck_assert_str_eq(err.text, "x is 7");
	ck_assert_int_eq(err_prefix(&err, "line %d", 3), -1);
	ck_assert_str_eq(err.text, "line 3: x is 7");
	ck_assert_int_eq(err_prefix(&err, "%s", "file"), -1);
	ck_assert_str_eq(err.text, "file: line 3: x is 7");
}
END_TEST

START_TEST(nobody_listens)
{
	ck_assert_int_eq(err_set(NULL, "x"), -1);
	ck_assert_int_eq(err_prefix(NULL, "x"), -1);
}
END_TEST

START_TEST(long_texts_are_cut_at_the_end)
{
	struct err err;

	(void)err_set(&err, "%0600d", 1);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	(void)err_prefix(&err, "%s", "short");
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_int_eq(strncmp(err.text, "short: 000", 10), 0);
	(void)err_prefix(&err, "%0600d", 2);
	ck_assert_uint_lt(strlen(err.text), sizeof(err.text));
}
END_TEST

START_TEST(a_short_prefix_costs_only_its_length)
{
	struct err err;

	(void)err_set(&err, "%0399d!", 0);
	(void)err_prefix(&err, "conf");
	ck_assert_uint_eq(strlen(err.text), 406);
	ck_assert_int_eq(err.text[405], '!');
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("err");

	tcase_add_test(tc, says_what_was_said);
	tcase_add_test(tc, nobody_listens);
	tcase_add_test(tc, long_texts_are_cut_at_the_end);
	tcase_add_test(tc, a_short_prefix_costs_only_its_length);
	return run_case(tc);
}
