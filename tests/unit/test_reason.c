/* Names: each value has one, no two share one, and it parses back. */
#include "wire/evidence.h"
#include "wire/names.h"
#include "wire/reason.h"
#include "wire/value.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* Each code has one class, and only a worker's four are a judge's. */
START_TEST(codes_have_a_class)
{
	static const struct {
		enum reason reason;
		enum result_class want;
	} rows[] = {
		{ REASON_VALUE_FOUND, CLASS_CORROBORATED },
		{ REASON_CAA_LOOKUP_FAILURE_INSECURE, CLASS_CORROBORATED },
		{ REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
		{ REASON_CAA_PARAMETERS, CLASS_DISAGREED },
		{ REASON_DNS_SERVFAIL, CLASS_ERROR },
		{ REASON_RESOLVER_FAILED, CLASS_ERROR },
		{ REASON_TIMEOUT_DNS, CLASS_TIMED_OUT },
		{ REASON_TIMEOUT_QUEUED, CLASS_TIMED_OUT },
		{ REASON_NO_RESULT, CLASS_MISSING },
		{ REASON_NOT_ASKED, CLASS_OUTSTANDING },
		{ REASON_RESULT_LATE, CLASS_LATE },
		{ REASON_RESULT_REFUSED, CLASS_REFUSED },
		{ REASON_QUORUM_MET, CLASS_UNKNOWN },
		{ REASON_NAME_ONION, CLASS_UNKNOWN },
		{ REASON_UNKNOWN, CLASS_UNKNOWN },
		{ (enum reason)9999, CLASS_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(reason_class(rows[i].reason) == rows[i].want,
		              "%s", reason_name(rows[i].reason));
}
END_TEST

/* -- what subscribers are told */

/* Words of the inside, and of what an attacker would like to know. */
static const char *const never_told[] = {
	"perspective", "worker",   "coordinator", "probe",    "kafka",
	"broker",      "topic",    "partition",   "offset",   "quorum",
	"remote",      "primary",  "resolver",    "unbound",  "evidence",
	"mpic",        "canary",   "crash",       "attack",   "anchor",
	"egress",      "log ",     "pipeline",    "operator", "setting",
	"internal",    "deployed", "RIR",         "hijack",
};

static bool has_word(const char *text, const char *word)
{
	for (const char *at = text; *at != '\0'; at++)
		if (strncasecmp(at, word, strlen(word)) == 0)
			return true;
	return false;
}

/* A number with a number behind a dot: an address, or a version of ours. */
static bool has_dotted_number(const char *text)
{
	for (const char *at = text; (at = strchr(at, '.')) != NULL; at++)
		if (at > text && isdigit((unsigned char)at[-1]) &&
		    isdigit((unsigned char)at[1]))
			return true;
	return false;
}

/* Sentences that go into JSON, HTML and mail as they are, and name nothing of
   the inside. */
START_TEST(subscribers_are_told_what_is_safe)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789 ,.;-";

	for (int r = 0; r < REASON_COUNT; r++) {
		const char *name = reason_name((enum reason)r);
		const char *told = reason_told((enum reason)r);
		size_t n = strlen(told);

		ck_assert_msg(n >= 16 && n <= 160, "%s: %zu bytes", name, n);
		ck_assert_msg(strspn(told, plain) == n, "%s: %s", name, told);
		ck_assert_msg(told[0] >= 'A' && told[0] <= 'Z' &&
		                      told[n - 1] == '.',
		              "%s: no sentence: %s", name, told);
		ck_assert_msg(!has_dotted_number(told), "%s: %s", name, told);
		for (size_t i = 0; i < COUNT(never_told); i++)
			ck_assert_msg(!has_word(told, never_told[i]),
			              "%s tells of \"%s\"", name,
			              never_told[i]);
	}
}
END_TEST

/* A failure of ours is told without what failed: all of them alike. */
START_TEST(subscribers_are_told_less)
{
	for (int r = 1; r < REASON_COUNT; r++) {
		bool same = strcmp(reason_told((enum reason)r),
		                   REASON_TOLD_INTERNAL) == 0;
		bool internal = strcmp(reason_acme((enum reason)r),
		                       "serverInternal") == 0;

		ck_assert_msg(same == internal, "%s: %s",
		              reason_name((enum reason)r),
		              reason_told((enum reason)r));
	}
	ck_assert_str_eq(reason_told((enum reason)9999), REASON_TOLD_INTERNAL);
}
END_TEST

/* RFC 8555, 6.7: those that a server may answer a challenge with. Whoever
   passed, and a dead letter, has none. */
START_TEST(problem_types_are_acmes)
{
	static const char *const known[] = {
		"caa",
		"connection",
		"dns",
		"malformed",
		"rateLimited",
		"rejectedIdentifier",
		"serverInternal",
		"tls",
		"unauthorized",
	};

	for (int r = 1; r < REASON_COUNT; r++) {
		const char *acme = reason_acme((enum reason)r);
		enum result_class class = reason_class((enum reason)r);
		bool found = false;

		for (size_t i = 0; i < COUNT(known); i++)
			found = found || strcmp(acme, known[i]) == 0;
		if (class == CLASS_CORROBORATED || class == CLASS_OUTSTANDING)
			ck_assert_str_eq(acme, "");
		else if (class != CLASS_UNKNOWN || *acme != '\0')
			ck_assert_msg(found, "%s: %s",
			              reason_name((enum reason)r), acme);
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

/* The same words through the functions that others use. */
#define NAMES(type, name) \
	static const char *name##_of(int v) \
	{ \
		return name((enum type)v); \
	}
NAMES(check_kind, check_kind_name)
NAMES(validation_method, validation_method_name)
NAMES(certificate_type, certificate_type_name)
NAMES(url_scheme, url_scheme_name)
NAMES(dns_record_type, dns_record_type_name)
NAMES(perspective_role, perspective_role_name)
NAMES(primary_kind, primary_kind_name)
NAMES(gate, gate_name)
NAMES(early, early_name)
NAMES(closed_by, closed_by_name)
NAMES(outcome, outcome_name)
NAMES(result_class, result_class_name)
NAMES(dns_status, dns_status_name)
NAMES(connect_end, connect_end_name)
NAMES(http_end, http_end_name)
NAMES(evidence_end, evidence_end_name)

static const struct {
	const char *(*of)(int v);
	int v;
	const char *want;
} words[] = {
	{ check_kind_name_of, KIND_DCV, "dcv" },
	{ check_kind_name_of, KIND_COUNT, "unknown" },
	{ validation_method_name_of, METHOD_DNS_ACCOUNT_01, "dns-account-01" },
	{ validation_method_name_of, METHOD_UNKNOWN, "unknown" },
	{ certificate_type_name_of, CERT_S_MIME, "s-mime" },
	{ url_scheme_name_of, SCHEME_HTTPS, "https" },
	{ dns_record_type_name_of, RECORD_PTR, "PTR" },
	{ perspective_role_name_of, ROLE_REMOTE, "remote" },
	{ primary_kind_name_of, PRIMARY_CALLER, "caller" },
	{ gate_name_of, GATE_PARALLEL, "parallel" },
	{ early_name_of, EARLY_NEVER, "never" },
	{ closed_by_name_of, CLOSED_BY_DEADLINE, "deadline" },
	{ outcome_name_of, OUTCOME_DO_NOT_ISSUE, "do-not-issue" },
	{ result_class_name_of, CLASS_TIMED_OUT, "timed-out" },
	{ dns_status_name_of, DNS_UNANSWERED, "unanswered" },
	{ dns_status_name_of, DNS_NOT_ASKED, "not-asked" },
	{ dns_status_name_of, DNS_NOT_ASKED + 1, "unknown" },
	{ connect_end_name_of, CONNECT_TLS_FAILED, "tls-failed" },
	{ connect_end_name_of, CONNECT_TLS_FAILED + 1, "unknown" },
	{ http_end_name_of, HTTP_BODY_LARGE, "body-large" },
	{ http_end_name_of, HTTP_BODY_LARGE + 1, "unknown" },
	{ evidence_end_name_of, EVIDENCE_END_FAULT, "fault" },
	{ evidence_end_name_of, EVIDENCE_END_FAULT + 1, "unknown" },
};

START_TEST(words_for_logs)
{
	ck_assert_str_eq(words[_i].of(words[_i].v), words[_i].want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reason");
	TCase *tc = tcase_create("names");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tc, codes_are_stable_words);
	tcase_add_test(tc, codes_have_a_class);
	tcase_add_test(tc, subscribers_are_told_what_is_safe);
	tcase_add_test(tc, subscribers_are_told_less);
	tcase_add_test(tc, problem_types_are_acmes);
	tcase_add_test(tc, unknown_is_said);
	tcase_add_loop_test(tc, tables_are_whole, 0,
	                    (int)(sizeof(tables) / sizeof(tables[0])));
	tcase_add_loop_test(tc, words_for_logs, 0,
	                    (int)(sizeof(words) / sizeof(words[0])));
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
