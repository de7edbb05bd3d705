/* A Request is read strictly in form, and every problem of form is named. */
#include "wire/request.h"

#include "base/buf.h"

#include <check.h>
#include <stdlib.h>

static struct arena *arena;
static struct request request;
static struct request_issues issues;
static enum encoding encoding;
static struct span why;

static void setup(void)
{
	arena = arena_new();
	request = (struct request){ .check_set = 77 };
	issues = (struct request_issues){ .count = 0 };
	encoding = ENCODING_MSGPACK;
	why = (struct span){ 0 };
}

static void teardown(void)
{
	arena_free(&arena);
}

static enum reason decode(struct span value, const char *type)
{
	return request_decode(value, span_str(type), arena, &request, &issues,
	                      &encoding, &why);
}

static void accept(const char *json)
{
	enum reason r = decode(span_str(json), "application/json");

	ck_assert_msg(r == REASON_UNKNOWN, "%s: %s", json, reason_name(r));
	ck_assert_msg(issues.count == 0, "%s: %s", json,
	              issues.count > 0 ? (const char *)issues.items[0].field.p
	                               : "");
}

/* -- what Open MPIC clients send */

/* openmpic-1 */
START_TEST(reads_open_mpic_caa)
{
	accept("{\"check_type\": \"caa\", \"domain_or_ip_target\": "
	       "\"www.shop.example\", \"trace_identifier\": \"order-88\", "
	       "\"orchestration_parameters\": {\"perspective_count\": 2, "
	       "\"quorum_count\": 2, \"max_attempts\": 2}, "
	       "\"caa_check_parameters\": {\"certificate_type\": "
	       "\"tls-server\", \"caa_domains\": [\"goodca.example\"], "
	       "\"allow_lookup_failure\": false}}");
	ck_assert_uint_eq(request.check_set, SET_CAA);
	ck_assert(request.check_type_given);
	ck_assert(span_is(request.domain_or_ip_target, "www.shop.example"));
	ck_assert(span_is(request.trace_identifier, "order-88"));
	ck_assert(request.orchestration.present);
	ck_assert_int_eq(request.orchestration.quorum_count.v, 2);
	ck_assert(!request.orchestration.cohort_for_single_attempt.set);
	ck_assert(request.caa.present);
	ck_assert_uint_eq(request.caa.caa_domains.count, 1);
	ck_assert(span_is(request.caa.caa_domains.items[0], "goodca.example"));
	ck_assert(request.caa.allow_lookup_failure.set);
	ck_assert(!request.caa.allow_lookup_failure.v);
	ck_assert(!request.dcv.present);
	ck_assert_int_eq(encoding, ENCODING_JSON);
}
END_TEST

/* openmpic-4, openmpic-12 */
START_TEST(reads_open_mpic_website_change)
{
	accept("{\"check_type\":\"dcv\",\"domain_or_ip_target\":"
	       "\"shop.example\",\"dcv_check_parameters\":{"
	       "\"validation_method\":\"website-change\","
	       "\"challenge_value\":\"ca-proof=9f2c77aa\","
	       "\"http_token_path\":\"proof.txt\",\"url_scheme\":\"http\","
	       "\"http_headers\":{\"User-Agent\":\"goodca-validator/1\"},"
	       "\"match_regex\":\"ca-proof=[0-9a-f]{8}\","
	       "\"require_exact_case\":true}}");
	ck_assert_int_eq(request.dcv.validation_method, METHOD_WEBSITE_CHANGE);
	ck_assert(span_is(request.dcv.challenge_value, "ca-proof=9f2c77aa"));
	ck_assert_int_eq(request.dcv.url_scheme, SCHEME_HTTP);
	ck_assert_uint_eq(request.dcv.http_headers_count, 1);
	ck_assert(span_is(request.dcv.http_headers[0].name, "User-Agent"));
	ck_assert(opt_bool_or(request.dcv.require_exact_case, false));
	ck_assert(!request.dcv.require_exact_match.set);
}
END_TEST

/* Clients built from the OpenAPI document send nulls for what is not set. */
START_TEST(takes_null_as_absent)
{
	accept("{\"check_type\":\"dcv\",\"domain_or_ip_target\":\"a.example\","
	       "\"trace_identifier\":null,\"orchestration_parameters\":null,"
	       "\"caa_check_parameters\":null,\"dcv_check_parameters\":{"
	       "\"validation_method\":\"acme-http-01\",\"token\":\"t\","
	       "\"key_authorization\":\"t.k\",\"http_headers\":null,"
	       "\"url_scheme\":null}}");
	ck_assert_ptr_null(request.trace_identifier.p);
	ck_assert(!request.orchestration.present);
	ck_assert(!request.caa.present);
	ck_assert_int_eq(request.dcv.url_scheme, SCHEME_UNKNOWN);
	ck_assert_uint_eq(request.dcv.http_headers_count, 0);
}
END_TEST

START_TEST(infers_check_type)
{
	accept("{\"domain_or_ip_target\":\"a.example\"}");
	ck_assert_uint_eq(request.check_set, SET_CAA);
	ck_assert(!request.check_type_given);

	accept("{\"domain_or_ip_target\":\"a.example\",\"check_type\":null,"
	       "\"dcv_check_parameters\":{\"validation_method\":"
	       "\"acme-dns-01\",\"key_authorization_hash\":\"h\"}}");
	ck_assert_uint_eq(request.check_set, SET_DCV);

	/* What was inferred is not written back as the caller's word. */
	struct buf out = { 0 };

	request_encode(&request, ENCODING_JSON, &out);
	ck_assert_int_eq(span_find(buf_span(&out), SPAN("check_type")), -1);
	buf_clear(&out);
}
END_TEST

START_TEST(keeps_words_that_name_nothing)
{
	accept("{\"domain_or_ip_target\":\"a.example\",\"check_type\":\"DCV\","
	       "\"dcv_check_parameters\":{\"validation_method\":\"magic\"}}");
	ck_assert_uint_eq(request.check_set, SET_NONE);
	ck_assert(request.check_type_given);
	ck_assert(span_is(request.check_type_text, "DCV"));
	ck_assert_int_eq(request.dcv.validation_method, METHOD_UNKNOWN);
	ck_assert(span_is(request.dcv.validation_method_text, "magic"));
}
END_TEST

START_TEST(ignores_unknown_fields)
{
	accept("{\"future\":{\"a\":[1,2.5,{\"b\":null}]},"
	       "\"domain_or_ip_target\":\"a.example\","
	       "\"dcv_check_parameters\":{\"validation_method\":"
	       "\"acme-dns-01\",\"future\":[]}}");
	ck_assert(span_is(request.domain_or_ip_target, "a.example"));
}
END_TEST

START_TEST(accepts_critical_that_it_knows)
{
	accept("{\"critical\":[\"time_allowed_ms\",\"critical\"],"
	       "\"domain_or_ip_target\":\"a.example\","
	       "\"time_allowed_ms\":1000}");
	ck_assert_int_eq(request.time_allowed_ms.v, 1000);
}
END_TEST

START_TEST(keeps_integers_beyond_doubles)
{
	accept("{\"domain_or_ip_target\":\"a\","
	       "\"challenge_created_at_ms\":9007199254740993}");
	ck_assert_int_eq(request.challenge_created_at_ms.v, 9007199254740993);
}
END_TEST

/* -- what is wrong with a map is named, and the field left absent */

#define T             "\"domain_or_ip_target\":\"a.example\""
#define DCV           T ",\"dcv_check_parameters\":"
#define METHOD        "\"validation_method\":\"acme-http-01\""
#define TEN           "aaaaaaaaaa"
#define HUNDRED       TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THREE_HUNDRED HUNDRED HUNDRED HUNDRED

static const struct {
	const char *json;
	enum reason reason;
	const char *field, *detail;
} wrong[] = {
	{ "{}", REASON_FIELD_MISSING, "domain_or_ip_target", "" },
	{ "{\"domain_or_ip_target\":null}", REASON_FIELD_MISSING,
	  "domain_or_ip_target", "" },
	{ "{\"domain_or_ip_target\":7}", REASON_FIELD_TYPE,
	  "domain_or_ip_target", "expected text" },
	{ "{" T ",\"trace_identifier\":\"" THREE_HUNDRED "\"}",
	  REASON_FIELD_TOO_LONG, "trace_identifier", "at most 256 bytes" },
	{ "{" T ",\"request_id\":\"" THREE_HUNDRED "\"}", REASON_FIELD_TOO_LONG,
	  "request_id", "at most 128 bytes" },
	{ "{" T ",\"check_type\":1}", REASON_FIELD_TYPE, "check_type",
	  "expected text" },
	{ "{" T ",\"schema_version\":2}", REASON_SCHEMA_VERSION,
	  "schema_version", "expected 1 to 1" },
	{ "{" T ",\"schema_version\":\"1\"}", REASON_FIELD_TYPE,
	  "schema_version", "expected an integer" },
	{ "{" T ",\"critical\":[\"future\"]}", REASON_FIELD_CRITICAL,
	  "critical", "future" },
	{ "{" T ",\"critical\":\"future\"}", REASON_FIELD_TYPE, "critical",
	  "expected a list of field names" },
	{ "{" T ",\"critical\":[1]}", REASON_FIELD_TYPE, "critical",
	  "expected a list of field names" },
	{ "{" T ",\"critical\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
	  "\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\","
	  "\"17\"]}",
	  REASON_FIELD_TOO_LONG, "critical", "expected a list of field names" },
	{ "{" T ",\"orchestration_parameters\":[]}", REASON_FIELD_TYPE,
	  "orchestration_parameters", "expected a map" },
	{ "{" T ",\"orchestration_parameters\":{\"quorum_count\":\"3\"}}",
	  REASON_FIELD_TYPE, "orchestration_parameters.quorum_count",
	  "expected an integer" },
	{ "{" T ",\"orchestration_parameters\":{\"quorum_count\":3.0}}",
	  REASON_FIELD_TYPE, "orchestration_parameters.quorum_count",
	  "expected an integer" },
	{ "{" T ",\"orchestration_parameters\":{\"quorum_count\":true}}",
	  REASON_FIELD_TYPE, "orchestration_parameters.quorum_count",
	  "expected an integer" },
	{ "{" T ",\"caa_check_parameters\":{\"allow_lookup_failure\":1}}",
	  REASON_FIELD_TYPE, "caa_check_parameters.allow_lookup_failure",
	  "expected true or false" },
	{ "{" T ",\"caa_check_parameters\":{\"allow_lookup_failure\":"
	  "\"no\"}}",
	  REASON_FIELD_TYPE, "caa_check_parameters.allow_lookup_failure",
	  "expected true or false" },
	{ "{" T ",\"caa_check_parameters\":{\"caa_domains\":\"a\"}}",
	  REASON_FIELD_TYPE, "caa_check_parameters.caa_domains",
	  "expected a list" },
	{ "{" T ",\"caa_check_parameters\":{\"caa_domains\":[\"a\",1]}}",
	  REASON_FIELD_TYPE, "caa_check_parameters.caa_domains",
	  "expected a list" },
	{ "{" T ",\"caa_check_parameters\":{\"caa_domains\":[\"" THREE_HUNDRED
	  "\"]}}",
	  REASON_FIELD_TOO_LONG, "caa_check_parameters.caa_domains",
	  "at most 64 items of at most 255 bytes" },
	{ "{" T ",\"caa_check_parameters\":{\"certificate_type\":"
	  "\"tls-server-wildcard\"}}",
	  REASON_FIELD_VALUE, "caa_check_parameters.certificate_type",
	  "expected one of: tls-server, s-mime" },
	{ "{" DCV "{}}", REASON_FIELD_MISSING,
	  "dcv_check_parameters.validation_method", "" },
	{ "{" DCV "{" METHOD ",\"url_scheme\":\"HTTPS\"}}", REASON_FIELD_VALUE,
	  "dcv_check_parameters.url_scheme", "expected one of: http, https" },
	{ "{" DCV "{" METHOD ",\"http_headers\":{\"Accept\":1}}}",
	  REASON_FIELD_TYPE, "dcv_check_parameters.http_headers",
	  "expected a map of texts" },
	{ "{" DCV "{" METHOD ",\"http_headers\":[\"Accept\"]}}",
	  REASON_FIELD_TYPE, "dcv_check_parameters.http_headers",
	  "expected a map of texts" },
	{ "{" DCV "{" METHOD ",\"token\":false}}", REASON_FIELD_TYPE,
	  "dcv_check_parameters.token", "expected text" },
	{ "{" T ",\"time_allowed_ms\":-1}", REASON_FIELD_VALUE,
	  "time_allowed_ms", "expected 0 to 9223372036854775807" },
	{ "{" T ",\"primary_observation\":{\"dcv_passed\":\"true\"}}",
	  REASON_FIELD_TYPE, "primary_observation.dcv_passed",
	  "expected true or false" },
};

/* openmpic-2, openmpic-3, openmpic-6 */
START_TEST(names_each_problem)
{
	enum reason r = decode(span_str(wrong[_i].json), "application/json");
	const struct request_issue *issue = &issues.items[0];

	ck_assert_int_eq(r, REASON_UNKNOWN);
	ck_assert_msg(issues.count == 1, "%s: %zu issues", wrong[_i].json,
	              issues.count);
	ck_assert_msg(issue->reason == wrong[_i].reason, "%s: %s",
	              wrong[_i].json, reason_name(issue->reason));
	ck_assert_str_eq((const char *)issue->field.p, wrong[_i].field);
	ck_assert_str_eq((const char *)issue->detail.p, wrong[_i].detail);
}
END_TEST

/* All of them in one go, so that a caller mends a request once. */
START_TEST(names_all_problems)
{
	ck_assert_int_eq(
		decode(SPAN("{\"domain_or_ip_target\":1,\"account_uri\":2,"
	                    "\"dcv_check_parameters\":{\"token\":3},"
	                    "\"orchestration_parameters\":{"
	                    "\"quorum_count\":null,\"max_attempts\":[]}}"),
	               ""),
		REASON_UNKNOWN);
	ck_assert_uint_eq(issues.count, 5);
	ck_assert_ptr_null(request.domain_or_ip_target.p);
	ck_assert_ptr_null(request.account_uri.p);
	ck_assert_ptr_null(request.dcv.token.p);
	ck_assert(request.dcv.present);
	ck_assert(!request.orchestration.max_attempts.set);
}
END_TEST

START_TEST(drops_issues_past_the_ceiling)
{
	for (int i = 0; i < REQUEST_ISSUES_MAX + 5; i++)
		request_issue_add(&issues, arena, REASON_FIELD_VALUE, "f", "");
	ck_assert_uint_eq(issues.count, REQUEST_ISSUES_MAX);
}
END_TEST

/* -- dead letters */

static const struct {
	const char *what;
	struct span value;
	const char *type;
	enum reason reason;
	const char *why;
} dead[] = {
	{ "tombstone", { NULL, 0 }, "", REASON_UNDECODABLE, "empty" },
	{ "text", SPAN("hello"), "", REASON_UNDECODABLE,
	  "bytes after the end" },
	{ "list", SPAN("[]"), "application/json", REASON_UNDECODABLE,
	  "not a map" },
	{ "other type", SPAN("{}"), "text/plain", REASON_UNDECODABLE,
	  "content-type is neither application/json nor "
	  "application/msgpack" },
	{ "JSON said to be MessagePack", SPAN("{}"), "application/msgpack",
	  REASON_UNDECODABLE, "bytes after the end" },
	{ "MessagePack said to be JSON", SPAN("\x80"), "application/json",
	  REASON_UNDECODABLE, "text is not UTF-8 without NUL" },
	{ "duplicate", SPAN("{\"a\":1,\"a\":1}"), "", REASON_UNDECODABLE,
	  "a map key is there twice" },
};

START_TEST(refuses_what_is_no_request)
{
	enum reason r = decode(dead[_i].value, dead[_i].type);

	ck_assert_msg(r == dead[_i].reason, "%s: %s", dead[_i].what,
	              reason_name(r));
	ck_assert_msg(span_is(why, dead[_i].why), "%s: %.*s", dead[_i].what,
	              SPAN_ARG(why));
	ck_assert_msg(request.check_set == 77, "%s: output was touched",
	              dead[_i].what);
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
	struct buf b = { 0 };

	buf_add_str(&b, "{" T);
	while (b.len < REQUEST_MAX - 1)
		buf_add_u8(&b, ' ');
	buf_add_u8(&b, '}');
	ck_assert_int_eq(decode(buf_span(&b), ""), REASON_UNKNOWN);
	request.check_set = 77;
	buf_add_u8(&b, ' ');
	ck_assert_int_eq(decode(buf_span(&b), ""), REASON_OVERSIZED);
	ck_assert_uint_eq(request.check_set, 77);
	buf_clear(&b);
}
END_TEST

START_TEST(takes_content_types)
{
	static const char *const json[] = { "application/json",
		                            "application/json; charset=utf-8",
		                            "Application/JSON",
		                            "application/json ;x", "" };
	static const char *const packed[] = { "application/msgpack",
		                              "application/x-msgpack",
		                              "application/vnd.msgpack", "" };

	for (size_t i = 0; i < sizeof(json) / sizeof(json[0]); i++) {
		ck_assert_int_eq(decode(SPAN(" {" T "}"), json[i]),
		                 REASON_UNKNOWN);
		ck_assert_int_eq(encoding, ENCODING_JSON);
	}
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		ck_assert_int_eq(decode(SPAN("\x80"), packed[i]),
		                 REASON_UNKNOWN);
		ck_assert_int_eq(encoding, ENCODING_MSGPACK);
	}
}
END_TEST

START_TEST(finds_the_certificate_type)
{
	struct request r = { 0 };

	ck_assert_int_eq(request_certificate_type(&r), CERT_TLS_SERVER);
	r.caa.present = true;
	ck_assert_int_eq(request_certificate_type(&r), CERT_TLS_SERVER);
	r.caa.certificate_type = CERT_S_MIME;
	ck_assert_int_eq(request_certificate_type(&r), CERT_S_MIME);
	r.certificate_type = CERT_TLS_SERVER;
	ck_assert_int_eq(request_certificate_type(&r), CERT_TLS_SERVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("request");
	TCase *tc = tcase_create("decode");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reads_open_mpic_caa);
	tcase_add_test(tc, reads_open_mpic_website_change);
	tcase_add_test(tc, takes_null_as_absent);
	tcase_add_test(tc, infers_check_type);
	tcase_add_test(tc, keeps_words_that_name_nothing);
	tcase_add_test(tc, ignores_unknown_fields);
	tcase_add_test(tc, accepts_critical_that_it_knows);
	tcase_add_test(tc, keeps_integers_beyond_doubles);
	tcase_add_loop_test(tc, names_each_problem, 0,
	                    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(tc, names_all_problems);
	tcase_add_test(tc, drops_issues_past_the_ceiling);
	tcase_add_loop_test(tc, refuses_what_is_no_request, 0,
	                    (int)(sizeof(dead) / sizeof(dead[0])));
	tcase_add_test(tc, refuses_what_is_too_large);
	tcase_add_test(tc, takes_content_types);
	tcase_add_test(tc, finds_the_certificate_type);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
