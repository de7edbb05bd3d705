#include "base/id.h"

#include "tests/support/run.h"

START_TEST(random_ids_have_their_form_and_differ)
{
	char a[ID_TEXT_MAX], b[ID_TEXT_MAX];

	id_random(a);
	id_random(b);
	ck_assert_uint_eq(strlen(a), ID_TEXT_LEN);
	ck_assert(id_is_random(span_str(a)));
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(only_that_form_is_ours)
{
	ck_assert(id_is_random(SPAN("0123456789abcdef0123456789abcdef")));
	ck_assert(!id_is_random(SPAN("0123456789ABCDEF0123456789abcdef")));
	ck_assert(!id_is_random(SPAN("0123456789abcdef0123456789abcde")));
	ck_assert(!id_is_random(SPAN("0123456789abcdef0123456789abcdefa")));
	ck_assert(!id_is_random(SPAN("0123456789abcdef0123456789abcdeg")));
	ck_assert(!id_is_random(span_of(NULL, 0)));
}
END_TEST

static const struct {
	const char *id;
	enum id_result want;
	enum id_result ours;
} ids[] = {
	{ "a", ID_OK, ID_OK },
	{ "order-7/authz:9?x=\"<>\"", ID_OK, ID_OK },
	{ "!~", ID_OK, ID_OK },
	{ "", ID_EMPTY, ID_EMPTY },
	{ "a b", ID_BAD_CHARACTER, ID_BAD_CHARACTER },
	{ "a\tb", ID_BAD_CHARACTER, ID_BAD_CHARACTER },
	{ "a\n", ID_BAD_CHARACTER, ID_BAD_CHARACTER },
	{ "\x7f", ID_BAD_CHARACTER, ID_BAD_CHARACTER },
	{ "caf\xc3\xa9", ID_BAD_CHARACTER, ID_BAD_CHARACTER },
	{ "r-0-0", ID_RESERVED, ID_OK },
	{ "r-11-123456789012", ID_RESERVED, ID_OK },
	{ "r-007-1", ID_RESERVED, ID_OK },
	{ "r-1-", ID_OK, ID_OK },
	{ "r--1", ID_OK, ID_OK },
	{ "r-1", ID_OK, ID_OK },
	{ "r-1-1x", ID_OK, ID_OK },
	{ "r-1x-1", ID_OK, ID_OK },
	{ "r-1-1-1", ID_OK, ID_OK },
	{ "R-1-1", ID_OK, ID_OK },
	{ "xr-1-1", ID_OK, ID_OK },
};

START_TEST(checks_request_ids)
{
	struct span id = span_str(ids[_i].id);

	ck_assert_msg(id_check_request(id, false) == ids[_i].want, "%s: %s",
	              ids[_i].id, id_result_name(id_check_request(id, false)));
	ck_assert_msg(id_check_request(id, true) == ids[_i].ours, "%s: %s",
	              ids[_i].id, id_result_name(id_check_request(id, true)));
}
END_TEST

START_TEST(bounds_request_ids)
{
	char id[ID_REQUEST_MAX + 1];

	memset(id, 'x', sizeof(id));
	ck_assert_int_eq(id_check_request(span_of(id, ID_REQUEST_MAX), false),
	                 ID_OK);
	ck_assert_int_eq(id_check_request(span_of(id, sizeof(id)), false),
	                 ID_TOO_LONG);
	id[3] = '\0';
	ck_assert_int_eq(id_check_request(span_of(id, 10), false),
	                 ID_BAD_CHARACTER);
}
END_TEST

START_TEST(assigned_ids_come_back)
{
	char id[ID_ASSIGNED_MAX];
	int32_t partition = -1;
	int64_t offset = -1;

	id_assign(id, INT32_MAX, INT64_MAX);
	ck_assert_str_eq(id, "r-2147483647-9223372036854775807");
	ck_assert(id_parse_assigned(span_str(id), &partition, &offset));
	ck_assert_int_eq(partition, INT32_MAX);
	ck_assert_int_eq(offset, INT64_MAX);
}
END_TEST

static const char *const not_assigned[] = {
	"r-007-1",
	"r-1-01",
	"r-2147483648-1",
	"r-1-9223372036854775808",
	"r-1-",
	"r--1",
	"",
	"r-1-1 ",
};

START_TEST(only_canonical_numbers_are_assigned)
{
	int32_t partition = -1;
	int64_t offset = -2;

	ck_assert_msg(!id_parse_assigned(span_str(not_assigned[_i]), &partition,
	                                 &offset),
	              "%s", not_assigned[_i]);
	ck_assert_int_eq(partition, -1);
	ck_assert_int_eq(offset, -2);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("id");

	tcase_add_test(tc, random_ids_have_their_form_and_differ);
	tcase_add_test(tc, only_that_form_is_ours);
	tcase_add_loop_test(tc, checks_request_ids, 0, COUNT(ids));
	tcase_add_test(tc, bounds_request_ids);
	tcase_add_test(tc, assigned_ids_come_back);
	tcase_add_loop_test(tc, only_canonical_numbers_are_assigned, 0,
	                    COUNT(not_assigned));
	return run_case(tc);
}
