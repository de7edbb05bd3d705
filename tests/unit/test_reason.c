/* Names: each value has one, no two share one, and it parses back. */
#include "wire/names.h"
#include "wire/reason.h"
#include "wire/value.h"

#include <check.h>
#include <stdlib.h>

START_TEST(codes_are_stable_words)
{
	for (int r = 1; r < REASON_COUNT; r++) {
		const char *name = reason_name((enum reason)r);

		ck_assert_int_eq(reason_parse(span_str(name)), r);
		ck_assert_msg(strspn(name, "abcdefghijklmnopqrstuvwxyz-") ==
		                      strlen(name),
		              "%s: not lower case and hyphens", name);
		ck_assert_msg(*reason_meaning((enum reason)r) != '\0',
		              "%s: no meaning", name);
		ck_assert_ptr_nonnull(reason_acme((enum reason)r));
		ck_assert_ptr_nonnull(reason_hint((enum reason)r));
	}
}
END_TEST

START_TEST(unknown_is_said)
{
	ck_assert_str_eq(reason_name(REASON_UNKNOWN), "unknown");
	ck_assert_str_eq(reason_name((enum reason)REASON_COUNT), "unknown");
	ck_assert_str_eq(reason_name((enum reason)9999), "unknown");
	ck_assert_str_eq(reason_acme((enum reason)9999), "");
	ck_assert_int_eq(reason_parse(SPAN("unknown")), REASON_UNKNOWN);
	ck_assert_int_eq(reason_parse(SPAN("")), REASON_UNKNOWN);
	ck_assert_int_eq(reason_parse(SPAN("Value-Found")), REASON_UNKNOWN);
	ck_assert_int_eq(validation_method_parse(SPAN("nonsense")),
	                 METHOD_UNKNOWN);
	ck_assert_str_eq(outcome_name((enum outcome)77), "unknown");
	ck_assert_str_eq(check_set_name(SET_NONE), "none");
	ck_assert_str_eq(check_set_name(8), "unknown");
}
END_TEST

static const struct {
	const char *what;
	const struct name_table *table;
	unsigned first, last;
} tables[] = {
	{ "check kind", &check_kind_names, KIND_DCV, KIND_CAA },
	{ "check set", &check_set_names, SET_DCV, SET_DCV | SET_CAA },
	{ "method", &validation_method_names, 1, METHOD_COUNT - 1 },
	{ "certificate", &certificate_type_names, 1, CERT_S_MIME },
	{ "scheme", &url_scheme_names, 1, SCHEME_HTTPS },
	{ "record type", &dns_record_type_names, 1, RECORD_PTR },
	{ "role", &perspective_role_names, 1, ROLE_REMOTE },
	{ "primary", &primary_kind_names, 1, PRIMARY_CALLER },
	{ "gate", &gate_names, 1, GATE_PARALLEL },
	{ "early", &early_names, 1, EARLY_NEVER },
	{ "closed by", &closed_by_names, 1, CLOSED_BY_DEADLINE },
	{ "outcome", &outcome_names, 1, OUTCOME_REJECTED },
	{ "class", &result_class_names, 1, CLASS_REFUSED },
};

START_TEST(tables_are_whole)
{
	const struct name_table *t = tables[_i].table;

	ck_assert_msg(t->count == tables[_i].last + 1, "%s: %zu names",
	              tables[_i].what, t->count);
	for (unsigned v = tables[_i].first; v <= tables[_i].last; v++) {
		unsigned back = 99;

		ck_assert_msg(name_of(t, v) != NULL, "%s %u: no name",
		              tables[_i].what, v);
		ck_assert(name_parse(t, span_str(name_of(t, v)), &back));
		ck_assert_uint_eq(back, v);
	}
	unsigned untouched = 99;

	ck_assert(!name_parse(t, SPAN("unknown"), &untouched));
	ck_assert(!name_parse(t, SPAN(""), &untouched));
	ck_assert_uint_eq(untouched, 99);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reason");
	TCase *tc = tcase_create("names");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tc, codes_are_stable_words);
	tcase_add_test(tc, unknown_is_said);
	tcase_add_loop_test(tc, tables_are_whole, 0,
	                    (int)(sizeof(tables) / sizeof(tables[0])));
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
