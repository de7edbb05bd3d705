#include "decide/judge/caa_conditions.h"
#include "decide/judge/caa_parse.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
/* clang-format off */
#define BYTES(s) { .p = (const uint8_t *)(s), .len = sizeof(s) - 1 }

/* */
static const struct {
	const char *what;
	struct span rdata;
	enum caa_result want;
} refused[] = {
	{ "nothing at all",      BYTES(""),                   CAA_TRUNCATED },
	{ "flags only",          BYTES("\x00"),               CAA_TRUNCATED },
	{ "tag of length 0",     BYTES("\x00\x00"),           CAA_EMPTY_TAG },
	{ "empty tag, value",    BYTES("\x00\x00" "ca.test"), CAA_EMPTY_TAG },
	{ "tag beyond RDATA",    BYTES("\x00\xff" "i"),       CAA_TRUNCATED },
	{ "tag cut short",       BYTES("\x00\x05" "issu"),    CAA_TRUNCATED },
	{ "hyphen in the tag",   BYTES("\x00\x06" "is-sueca"), CAA_BAD_TAG },
	{ "space in the tag",    BYTES("\x00\x02" "i sca"),   CAA_BAD_TAG },
	{ "NUL in the tag",      BYTES("\x00\x03" "i\0sca"),  CAA_BAD_TAG },
	{ "not ASCII",           BYTES("\x00\x02" "i\xe9"),   CAA_BAD_TAG },
};

/* R-076 and Boulder's extraction cases; domain NULL: malformed. */
static const struct {
	const char *what;
	struct span value;
	const char *domain;
	size_t parameters;
} values[] = {
	/* openmpic-90 */
	{ "empty",                     BYTES(""),                       "", 0 },
	{ "a semicolon",               BYTES(";"),                      "", 0 },
	{ "semicolon in space",        BYTES(" ; "),                    "", 0 },
	{ "parameters of nobody",      BYTES("; policy=ev"),            "", 1 },
	{ "a domain",                  BYTES("ca.example"),             "ca.example", 0 },
	{ "one label",                 BYTES("ca"),                     "ca", 0 },
	{ "in space",                  BYTES("  ca.example  "),         "ca.example", 0 },
	{ "tabs, empty parameters",    BYTES("\tca.example ;"),         "ca.example", 0 },
	{ "space as parameters",       BYTES("ca.example;   "),         "ca.example", 0 },
	{ "spaced parameter",          BYTES("ca.example; a = b"),      "ca.example", 1 },
	{ "two parameters",            BYTES("ca.example; a=b; c=d"),   "ca.example", 2 },
	{ "packed parameters",         BYTES("  ca.example\t;foo=bar;baz=bar"), "ca.example", 2 },
	{ "empty value",               BYTES("ca.example; foo=; baz =\tbar"), "ca.example", 2 },
	{ "tab as value",              BYTES("ca.example; foo=\t; baz =\tbar"), "ca.example", 2 },
	{ "equals sign in a value",    BYTES("ca.example; baz =\t\ta=b\t"), "ca.example", 1 },
	{ "a tag twice",               BYTES("ca.example; a=b; a=b"),   "ca.example", 2 },
	{ "digit tag, hyphen value",   BYTES("ca.example; 1=2; baz=a-b"), "ca.example", 2 },
	{ "hyphen in a parameter tag", BYTES("ca.example; 1=2; a-b=c"), "ca.example", 2 },
	{ "hyphens in labels",         BYTES("xn--a.c--a.example"),     "xn--a.c--a.example", 0 },
	/* openmpic-91 */
	{ "trailing semicolon",        BYTES("ca.example; a=b;"),       NULL, 0 },
	{ "no equals sign",            BYTES("ca.example; a"),          NULL, 0 },
	{ "no tag",                    BYTES("ca.example; =b"),         NULL, 0 },
	{ "space in a value",          BYTES("ca.example; a=b c"),      NULL, 0 },
	{ "spaces in a value",         BYTES("ca.example; ab=1 2 3"),   NULL, 0 },
	{ "equals after space",        BYTES("ca.example; a = b = c"),  NULL, 0 },
	{ "tab in a value",            BYTES("ca.example; baz=a=\tb"),  NULL, 0 },
	{ "half a parameter behind",   BYTES("ca.example; baz=a;b\t"),  NULL, 0 },
	{ "missing semicolon",         BYTES("ca.example; foo=b1,b2 baz=a"), NULL, 0 },
	{ "two words",                 BYTES("ca example"),             NULL, 0 },
	{ "empty label",               BYTES("ca..example"),            NULL, 0 },
	{ "hyphen first",              BYTES("-ca.example"),            NULL, 0 },
	{ "hyphen last",               BYTES("ca-.example"),            NULL, 0 },
	{ "trailing dot",              BYTES("ca.example."),            NULL, 0 },
	{ "leading dot",               BYTES(".ca.example"),            NULL, 0 },
	{ "underscore in a label",     BYTES("ca_1.example"),           NULL, 0 },
	{ "parameter before ;",        BYTES("ca.example a=b"),         NULL, 0 },
	{ "byte 0x80",                 BYTES("ca.example; a=\x80"),     NULL, 0 },
	{ "byte 0x80 in the domain",   BYTES("ca\x80.example"),         NULL, 0 },
	{ "U+2615 in a value",         BYTES("ca.example; foo=a\xe2\x98\x95" "b"), NULL, 0 },
	{ "NUL behind the domain",     BYTES("ca.example\0"),           NULL, 0 },
	{ "NUL in a value",            BYTES("ca.example; a=\0"),       NULL, 0 },
	{ "DEL in a value",            BYTES("ca.example; a=\x7f"),     NULL, 0 },
	{ "line feed",                 BYTES("ca.example\n"),           NULL, 0 },
	{ "underscore in a tag",       BYTES("ca.example; a_b=123"),    NULL, 0 },
	{ "hyphen ends a tag",         BYTES("ca.example; a-=b"),       NULL, 0 },
	{ "only percent signs",        BYTES("%%%%%"),                  NULL, 0 },
};

#define ACCOUNT "https://acme.example/acct/123"
#define OTHER   "https://acme.example/acct/124"

/* the check's account and http-01 unless said otherwise. */
static const struct {
	const char *parameters;
	const char *account;
	enum validation_method method;
	bool want;
} conditions[] = {
	{ "",                                       ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "policy=ev",                              ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "accounturi=" ACCOUNT,                    ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "accounturi=" OTHER,                      ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "accounturi=" ACCOUNT "; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "accounturi=; accounturi=" ACCOUNT,       ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "accounturi=" OTHER "; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "accounturi=",                            ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "accounturi=",                            "",      METHOD_ACME_HTTP_01, false },
	{ "accounturi=notauri",                     "notauri", METHOD_ACME_HTTP_01, false },
	{ "accounturi=a:\\b",                       "a:\\b", METHOD_ACME_HTTP_01, false },
	{ "accounturi=1a:b",                        "1a:b",  METHOD_ACME_HTTP_01, false },
	{ "accounturi=" ACCOUNT,                    NULL,    METHOD_ACME_HTTP_01, false },
	{ "AccountURI=" OTHER,                      ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "accounturi=acct:a@ca.example",           "acct:a@ca.example", METHOD_ACME_HTTP_01, true },
	{ "validationmethods=http-01",              ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "validationmethods=ca-tbr-19",            ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "validationmethods=dns-01",               ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=dns-01,http-01",       ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "validationmethods=",                     ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=,",                    ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=dns-01,,http-01",      ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=http-01,",             ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=http-01,dns_01",       ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=dns_01",               ACCOUNT, METHOD_ACME_DNS_01, false },
	{ "validationmethods=HTTP-01",              ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "ValidationMethods=dns-01",               ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=http-01; validationmethods=http-01", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=; validationmethods=http-01", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=tls-sni-01",           ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=howdy!",               ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=ca-tbr-7",             ACCOUNT, METHOD_DNS_CHANGE, true },
	{ "validationmethods=dns-01",               ACCOUNT, METHOD_DNS_CHANGE, false },
	{ "validationmethods=dns-01",               ACCOUNT, METHOD_ACME_DNS_01, true },
	{ "validationmethods=ca-tbr-7",             ACCOUNT, METHOD_ACME_DNS_01, true },
	{ "validationmethods=ca-tbr-18",            ACCOUNT, METHOD_WEBSITE_CHANGE, true },
	{ "validationmethods=tls-alpn-01",          ACCOUNT, METHOD_ACME_TLS_ALPN_01, true },
	{ "validationmethods=dns-account-01",       ACCOUNT, METHOD_DNS_ACCOUNT_01, true },
	{ "validationmethods=ca-tbr-22",            ACCOUNT, METHOD_DNS_PERSISTENT, true },
	{ "validationmethods=http-01",              ACCOUNT, METHOD_UNKNOWN, false },
	{ "validationmethods=http-01; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "validationmethods=http-01; accounturi=" OTHER, ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "validationmethods=dns-01; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, false },
};

/* */
static const struct {
	uint8_t flags;
	bool critical;
} flags[] = {
	{ 0x00, false }, { 0x80, true }, { 0x01, true }, { 0x09, true },
	{ 0x02, false }, { 0x7e, false }, { 0xff, true },
};
/* clang-format on */

START_TEST(refuses_rdata)
{
	struct caa out = { .flags = 77 };
	enum caa_result got = caa_parse(refused[_i].rdata, &out);

	ck_assert_msg(got == refused[_i].want, "%s: got %s", refused[_i].what,
	              caa_result_name(got));
	ck_assert_msg(out.flags == 77, "%s: output touched", refused[_i].what);
}
END_TEST

START_TEST(reads_rdata_by_length)
{
	struct span rdata = BYTES("\x80\x05"
	                          "Issue"
	                          "ca\0x");
	struct caa out;

	ck_assert_int_eq(caa_parse(rdata, &out), CAA_OK);
	ck_assert_uint_eq(out.flags, 0x80);
	ck_assert(span_is(out.tag, "Issue"));
	ck_assert_uint_eq(out.value.len, 4);
}
END_TEST

START_TEST(reads_values)
{
	struct caa_issue out;
	bool good = caa_issue_parse(values[_i].value, &out);

	ck_assert_msg(good == (values[_i].domain != NULL), "%s",
	              values[_i].what);
	if (!good)
		return;
	ck_assert_msg(span_is(out.domain, values[_i].domain), "%s: %.*s",
	              values[_i].what, SPAN_ARG(out.domain));
	ck_assert_msg(out.parameters_count == values[_i].parameters,
	              "%s: %zu parameters", values[_i].what,
	              out.parameters_count);
}
END_TEST

START_TEST(keeps_values_as_sent)
{
	struct caa_issue out;
	struct span value = BYTES("ca.example; baz =\t\ta=b\t;x=;Y=!:");

	ck_assert(caa_issue_parse(value, &out));
	ck_assert_uint_eq(out.parameters_count, 3);
	ck_assert(span_is(out.parameters[0].tag, "baz"));
	ck_assert(span_is(out.parameters[0].value, "a=b"));
	ck_assert(span_is(out.parameters[1].value, ""));
	ck_assert(span_is(out.parameters[2].tag, "Y"));
	ck_assert(span_is(out.parameters[2].value, "!:"));
}
END_TEST

START_TEST(has_a_ceiling_of_parameters)
{
	char text[512] = "ca.example";
	struct caa_issue out;
	size_t n = strlen(text);

	for (int i = 0; i < CAA_PARAMETERS_MAX; i++) {
		memcpy(text + n, ";a=b", 5);
		n += 4;
	}
	ck_assert(caa_issue_parse(span_str(text), &out));
	ck_assert_uint_eq(out.parameters_count, CAA_PARAMETERS_MAX);
	memcpy(text + n, ";a=b", 5);
	ck_assert(!caa_issue_parse(span_str(text), &out));
}
END_TEST

START_TEST(holds_conditions)
{
	char text[300];
	struct caa_issue issue;
	bool got;

	snprintf(text, sizeof(text), "ca.example; %s",
	         conditions[_i].parameters);
	ck_assert_msg(caa_issue_parse(span_str(text), &issue), "%s", text);
	got = caa_conditions_hold(&issue, span_str(conditions[_i].account),
	                          conditions[_i].method);
	ck_assert_msg(got == conditions[_i].want, "%s", text);
}
END_TEST

START_TEST(knows_critical)
{
	struct caa caa = { .flags = flags[_i].flags };

	ck_assert_msg(caa_is_critical(&caa) == flags[_i].critical, "%u",
	              (unsigned)flags[_i].flags);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caa_parse");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, refuses_rdata, 0, COUNT(refused));
	tcase_add_test(tc, reads_rdata_by_length);
	tcase_add_loop_test(tc, reads_values, 0, COUNT(values));
	tcase_add_test(tc, keeps_values_as_sent);
	tcase_add_test(tc, has_a_ceiling_of_parameters);
	tcase_add_loop_test(tc, holds_conditions, 0, COUNT(conditions));
	tcase_add_loop_test(tc, knows_critical, 0, COUNT(flags));
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
