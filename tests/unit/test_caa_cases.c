/*
 * CAA as other people's tests know it: the cases of Boulder by their ids
 * (tests/checks/conformance.table), each with the answer that we give. Where
 * that is another than Boulder's, the row says so.
 */
#include "decide/judge/caa_conditions.h"
#include "tests/support/judge_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES(s) \
	{ \
		.p = (const uint8_t *)(s), .len = sizeof(s) - 1 \
	}
#define ACCOUNT "https://ca.example/acct/123"
#define OTHER   "https://ca.example/acct/321"
#define CAA     " 300 IN CAA "

enum { ROWS_MAX = 6, TROUBLES_MAX = 2 };

/* clang-format off */
/* The issuer is ca.example, the method http-01, the account ACCOUNT. */
static const struct {
	const char *id;
	const char *target;
	const char *zone[ROWS_MAX];
	struct trouble troubles[TROUBLES_MAX];
	enum reason want;
} cases[] = {
	{ "boulder-A01", "reserved.com", { "reserved.com." CAA "0 issue \"other.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A02", "mixedcase.com", { "mixedcase.com." CAA "0 iSsUe \"other.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A03", "critical.com", { "critical.com." CAA "1 issue \"other.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A04", "nx.critical.com", { "critical.com." CAA "1 issue \"other.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A05", "absent.com", { "absent.com. A 192.0.2.1" }, { { 0 } }, REASON_CAA_NO_RECORDS },
	{ "boulder-A06", "example.co.uk", { "example.co.uk. A 192.0.2.1" }, { { 0 } }, REASON_CAA_NO_RECORDS },
	{ "boulder-A07", "present.com", { "present.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A08", "child.present.com", { "present.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A09", "present.servfail.com", { "present.servfail.com." CAA "0 issue \"ca.example\"" }, { { "servfail.com", 0, DNS_FAILED, 2, false } }, REASON_CAA_PERMITS },
	{ "boulder-A10", "crit.com", { "crit.com." CAA "1 issue \"other.example\"", "crit.com." CAA "1 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A11", "critical1.com", { "critical1.com." CAA "128 foo \"bar\"" }, { { 0 } }, REASON_CAA_CRITICAL },
	{ "boulder-A12", "critical2.com", { "critical2.com." CAA "1 foo \"bar\"" }, { { 0 } }, REASON_CAA_CRITICAL },
	{ "boulder-A13", "odd.com", { "odd.com." CAA "126 foo \"bar\"" }, { { 0 } }, REASON_CAA_UNRESTRICTED },
	{ "boulder-A14", "*.odd.com", { "odd.com." CAA "126 foo \"bar\"" }, { { 0 } }, REASON_CAA_UNRESTRICTED },
	{ "boulder-A15", "param.com", { "param.com." CAA "0 issue \"  ca.example  ;foo=bar;baz=bar\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A16", "tag.com", { "tag.com." CAA "0 issue \"ca.example; a_b=123\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A17", "value.com", { "value.com." CAA "0 issue \"ca.example; ab=1 2 3\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A18", "dns.com", { "dns.com." CAA "0 issue \"ca.example; validationmethods=dns-01\"" }, { { 0 } }, REASON_CAA_PARAMETERS },
	{ "boulder-A19", "http.com", { "http.com." CAA "0 issue \"ca.example; validationmethods=http-01\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A20", "both.com", { "both.com." CAA "0 issue \"ca.example; validationmethods=http-01,dns-01\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A21", "acct.com", { "acct.com." CAA "0 issue \"ca.example; accounturi=" ACCOUNT "\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A22", "acct.com", { "acct.com." CAA "0 issue \"ca.example; accounturi=" ACCOUNT "; validationmethods=http-01\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A23", "acct.com", { "acct.com." CAA "0 issue \"ca.example; accounturi=" ACCOUNT "; validationmethods=dns-01\"" }, { { 0 } }, REASON_CAA_PARAMETERS },
	{ "boulder-A24", "acct.com", { "acct.com." CAA "0 issue \"ca.example; accounturi=" OTHER "; validationmethods=http-01\"" }, { { 0 } }, REASON_CAA_PARAMETERS },
	{ "boulder-A25", "acct.com", { "acct.com." CAA "0 issue \"ca.example; accounturi=" OTHER "\"" }, { { 0 } }, REASON_CAA_PARAMETERS },
	{ "boulder-A26", "acct.com", { "acct.com." CAA "0 issue \"ca.example; accounturi=" OTHER "\"", "acct.com." CAA "0 issue \"ca.example; accounturi=" ACCOUNT "\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A27", "no.com", { "no.com." CAA "0 issue \";\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A28", "*.no.com", { "no.com." CAA "0 issue \";\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A29", "*.wild.com", { "wild.com." CAA "0 issuewild \";\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A30", "*.wild.com", { "wild.com." CAA "0 issue \"ca.example\"", "wild.com." CAA "0 issuewild \"other.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-A31", "*.wild.com", { "wild.com." CAA "0 issuewild \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A32", "*.wild.com", { "wild.com." CAA "0 issuewild \"other.example\"", "wild.com." CAA "0 issuewild \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-A33", "*.wild.com", { "wild.com." CAA "0 issue \"other.example\"", "wild.com." CAA "0 issuewild \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	/* the same set without the wildcard is a refusal */
	{ "boulder-D09", "wild.com", { "wild.com." CAA "0 issue \"other.example\"", "wild.com." CAA "0 issuewild \"ca.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },

	/* what a hijacked perspective is shown; the quorum is elsewhere */
	{ "boulder-J14 J15 J16 X19", "*.wild.com", { "wild.com." CAA "0 issuewild \";\"", "wild.com." CAA "0 issue \";\"" }, { { 0 } }, REASON_CAA_FORBIDS },

	{ "boulder-B01", "timeout.com", { "timeout.com." CAA "0 issue \"ca.example\"" }, { { "timeout.com", 0, DNS_UNANSWERED, 0, false } }, REASON_TIMEOUT_DNS },
	{ "boulder-E01", "known.com", { "known.com." CAA "0 issue \"ca.example\"", "known.com." CAA "0 issuewild \"ca.example\"", "known.com." CAA "0 iodef \"x\"", "known.com." CAA "0 issuemail \";\"", "known.com." CAA "0 issuevmc \";\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-E02", "known.com", { "known.com." CAA "128 issue \"ca.example\"", "known.com." CAA "128 issuewild \"ca.example\"", "known.com." CAA "128 iodef \"x\"", "known.com." CAA "128 issuemail \";\"", "known.com." CAA "128 issuevmc \";\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-E03", "odd.com", { "odd.com." CAA "2 foo \"x\"" }, { { 0 } }, REASON_CAA_UNRESTRICTED },
	{ "boulder-E04", "odd.com", { "odd.com." CAA "128 foo \"x\"" }, { { 0 } }, REASON_CAA_CRITICAL },
	{ "boulder-E05", "odd.com", { "odd.com." CAA "1 foo \"x\"" }, { { 0 } }, REASON_CAA_CRITICAL },
	{ "boulder-E06", "odd.com", { "odd.com." CAA "9 foo \"x\"" }, { { 0 } }, REASON_CAA_CRITICAL },
	/* a climb always has a node; without any answer there is no verdict */
	{ "boulder-F01", "none.com", { "none.com. A 192.0.2.1" }, { { "none.com", 0, DNS_UNKNOWN, 0, false } }, REASON_EVIDENCE_MALFORMED },
	{ "boulder-F02", "a.b.com", { "a.b.com. A 192.0.2.1" }, { { 0 } }, REASON_CAA_NO_RECORDS },
	{ "boulder-F03", "a.b.com", { "b.com." CAA "0 issue \"ca.example\"" }, { { "a.b.com", 0, DNS_FAILED, 2, false } }, REASON_DNS_SERVFAIL },
	{ "boulder-F04", "a.b.com", { "a.b.com." CAA "0 issue \"ca.example\"" }, { { "b.com", 0, DNS_FAILED, 2, false } }, REASON_CAA_PERMITS },
	{ "boulder-F05", "a.b.com", { "b.com." CAA "0 issue \"ca.example\"", "com." CAA "0 issue \";\"" }, { { 0 } }, REASON_CAA_PERMITS },

	/* what nobody tests */
	{ "boulder-L01", "a.b.com", { "a.b.com." CAA "0 issue \"ca.example\"" }, { { "a.b.com", 0, DNS_UNKNOWN, 0, true } }, REASON_DNS_MALFORMED },
	{ "boulder-L01", "a.b.com", { "a.b.com. A 192.0.2.1" }, { { "b.com", 0, DNS_UNKNOWN, 0, true } }, REASON_DNS_MALFORMED },
	{ "boulder-L01", "a.b.com", { "a.b.com. A 192.0.2.1" }, { { "com", 0, DNS_UNKNOWN, 0, true } }, REASON_DNS_MALFORMED },
	{ "boulder-L01", "nx.b.com", { "b.com. A 192.0.2.1" }, { { "nx.b.com", 0, DNS_UNKNOWN, 0, true } }, REASON_DNS_MALFORMED },
	{ "boulder-L02", "nx.b.com", { "b.com." CAA "0 issue \";\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L03", "nx.nodata.b.com", { "nodata.b.com. A 192.0.2.1", "b.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L04", "a.b.com", { "b.com." CAA "0 issue \"ca.example\"" }, { { "a.b.com", 0, DNS_FAILED, 2, false } }, REASON_DNS_SERVFAIL },
	{ "boulder-L05", "a.b.com", { "a.b.com." CAA "0 issue \"ca.example\"" }, { { "com", 0, DNS_FAILED, 2, false } }, REASON_CAA_PERMITS },
	{ "boulder-L06", "a.com", { "a.com. CNAME t.net.", "t.net." CAA "0 issue \"other.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L07", "a.b.com", { "a.b.com. CNAME t.c.net.", "t.c.net. A 192.0.2.1", "c.net." CAA "0 issue \";\"", "b.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L08", "a.b.com", { "b.com. DNAME c.net.", "a.b.com. CNAME a.c.net.", "a.c.net." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L09", "a.com", { "a.com. CNAME b.com.", "b.com. CNAME a.com." }, { { 0 } }, REASON_DNS_CHAIN },
	{ "boulder-L12", "a.com", { "a.com." CAA "255 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L13", "a.com", { "a.com." CAA "0 issuebutlongerthanfifteen \";\"" }, { { 0 } }, REASON_CAA_UNRESTRICTED },
	{ "boulder-L14", "a.com", { "a.com. 300 IN TYPE257 \\# 2 0000" }, { { 0 } }, REASON_CAA_MALFORMED },
	{ "boulder-L15", "a.com", { "a.com. 300 IN TYPE257 \\# 4 0002c3a9" }, { { 0 } }, REASON_CAA_MALFORMED },
	{ "boulder-L16", "a.com", { "a.com." CAA "0 issue \"ca.example\\000\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L16", "a.com", { "a.com." CAA "0 issue \"ca.example\\200\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L17 X13", "a.com", { "a.com." CAA "0 issue \"CA.EXAMPLE\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L18", "a.com", { "a.com." CAA "0 issue \"ca.example.\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L19", "a.com", { "a.com." CAA "0 issue \"xn--bcher-kva.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L19", "a.com", { "a.com." CAA "0 issue \"b\\195\\188cher.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L20", "*.a.com", { "a.com." CAA "0 issue \"ca.example\"", "a.com." CAA "0 issuewild \"\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L21", "*.a.com", { "a.com." CAA "0 issuewild \"%%%\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L22", "a.com", { "a.com." CAA "0 issue \"%%%\"", "a.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_PERMITS },
	{ "boulder-L23", "a.com", { "a.com." CAA "128 foo \"x\"", "a.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_CRITICAL },
	{ "boulder-L24", "a.com", { "a.com." CAA "128 iodef \"mailto:a@b.example\"" }, { { 0 } }, REASON_CAA_UNRESTRICTED },
	{ "boulder-L25", "a.b.com", { "b.com." CAA "0 issue \"ca.example\"" }, { { "a.b.com", 0, DNS_BOGUS, 0, false } }, REASON_DNSSEC_BOGUS },
	{ "boulder-L26", "a.b.com", { "a.b.com. A 192.0.2.1" }, { { "b.com", 0, DNS_BOGUS, 0, false } }, REASON_DNSSEC_BOGUS },
	{ "boulder-L27", "a.b.com", { "a.b.com. A 192.0.2.1" }, { { "com", 0, DNS_BOGUS, 0, false } }, REASON_DNSSEC_BOGUS },
	{ "boulder-L27", "a.b.com", { "b.com." CAA "0 issue \"ca.example\"" }, { { "com", 0, DNS_BOGUS, 0, false } }, REASON_CAA_PERMITS },
	{ "boulder-L33", "x.b.com", { "x.b.com. CNAME w.c.net.", "w.c.net." CAA "0 issue \";\"", "b.com." CAA "0 issue \"ca.example\"" }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "boulder-L36", "192.0.2.1", { "a.com. A 192.0.2.1" }, { { 0 } }, REASON_CAA_FOR_ADDRESS },
};

/* issuer NULL: no value of the grammar. */
static const struct {
	const char *id;
	struct span value;
	const char *issuer;
	size_t parameters;
} values[] = {
	{ "boulder-I01", BYTES(""), "", 0 },
	{ "boulder-I02", BYTES(";"), "", 0 },
	{ "boulder-I03", BYTES(" ; "), "", 0 },
	{ "boulder-I04", BYTES("ca.example"), "ca.example", 0 },
	{ "boulder-I05", BYTES("ca.example;"), "ca.example", 0 },
	{ "boulder-I06", BYTES("ca.example;   "), "ca.example", 0 },
	{ "boulder-I07", BYTES("  ca.example\t;foo=bar;baz=bar"), "ca.example", 2 },
	{ "boulder-I08", BYTES("\tca.example ;foo=bar;baz=bar"), "ca.example", 2 },
	{ "boulder-I09", BYTES("ca.example; foo=; baz =\tbar"), "ca.example", 2 },
	{ "boulder-I10", BYTES("ca.example; foo=\t; baz =\tbar"), "ca.example", 2 },
	{ "boulder-I11", BYTES("ca.example; foo=b1,b2,b3\t; baz =\t\ta=b\t"), "ca.example", 2 },
	{ "boulder-I12", BYTES("ca.example; foo=a; foo=b"), "ca.example", 2 },
	{ "boulder-I13", BYTES("ca.example; baz =\t\ta = b\t"), NULL, 0 },
	{ "boulder-I14", BYTES("ca.example; baz=a=\tb"), NULL, 0 },
	{ "boulder-I15", BYTES("ca.example; baz =\t\ta;b\t"), NULL, 0 },
	{ "boulder-I16", BYTES("ca.example; 1=2; baz=a-b"), "ca.example", 2 },
	{ "boulder-I17", BYTES("ca.example; a_b=123"), NULL, 0 },
	{ "boulder-I18", BYTES("ca.example; ab=1 2 3"), NULL, 0 },
	/* not as Boulder: RFC 8659, 4.2 has the hyphen */
	{ "boulder-I19", BYTES("ca.example; 1=2; a-b=c"), "ca.example", 2 },
	{ "boulder-I20", BYTES("ca.example; foo=a\xe2\x98\x95" "b"), NULL, 0 },
	{ "boulder-I21", BYTES("ca.example; foo=b1,b2,b3 baz=a"), NULL, 0 },
};

static const struct {
	const char *id;
	const char *parameters; /* of a record that names us */
	const char *account;
	enum validation_method method;
	bool want;
} conditions[] = {
	{ "boulder-G01", "",                                 ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-G02", "; validationmethods=http-01",      ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-G03", "; accounturi=\\",                  "\\",    METHOD_ACME_HTTP_01, false },
	{ "boulder-G03", "; accounturi=a:\\b",               "a:\\b", METHOD_ACME_HTTP_01, false },
	{ "boulder-G04", "; accounturi=" ACCOUNT,            ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-G05", "; validationmethods=http-01; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-G06", "; accounturi=" ACCOUNT "4",        ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-G07", "; accounturi=",                    ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-G08", "; accounturi=; accounturi=",       ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-G09", "; accounturi=; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-G10", "; accounturi=" ACCOUNT "; accounturi=" ACCOUNT, ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-G11", "; accounturi=" ACCOUNT "; accounturi=" OTHER, ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-G16", "; accounturi=https://ca.example/acct/", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-C03", "; accounturi=" ACCOUNT,            NULL,    METHOD_ACME_HTTP_01, false },

	{ "boulder-H01", "",                                 ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-H02", "; accounturi=" ACCOUNT,            ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-H03", "; validationmethods=",             ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H04", "; validationmethods=,",            ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H05", "; validationmethods=howdy!",       ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H06", "; validationmethods=tls-sni-01",   ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H07", "; validationmethods=http-01",      ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-H08", "; accounturi=" ACCOUNT "; validationmethods=http-01", ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-H09", "; validationmethods=; validationmethods=", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H10", "; validationmethods=; validationmethods=http-01", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H11", "; validationmethods=http-01; validationmethods=http-01", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H12", "; validationmethods=http-01; validationmethods=dns-01", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H13", "; validationmethods=dns-01",       ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-H14", "; validationmethods=http-01,dns-01", ACCOUNT, METHOD_ACME_HTTP_01, true },
	{ "boulder-H15", "; validationmethods=http-01,dns-01", ACCOUNT, METHOD_ACME_DNS_01, true },
	{ "boulder-H16", "; validationmethods=http-01,dns-01", ACCOUNT, METHOD_ACME_TLS_ALPN_01, false },
	{ "boulder-C01", "; validationmethods=http-01",      ACCOUNT, METHOD_UNKNOWN, false },
	/* the list is read to its end, whatever stands at its beginning */
	{ "boulder-X21", "; validationmethods=http-01,dns_01", ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-X13", "; Accounturi=" OTHER,              ACCOUNT, METHOD_ACME_HTTP_01, false },
	{ "boulder-X13", "; a-b=c; validationmethods=http-01", ACCOUNT, METHOD_ACME_HTTP_01, true },
};
/* clang-format on */

static struct world w;

static void setup(void)
{
	static struct span ours[2];

	ours[0] = SPAN("ca.example");
	ours[1] = SPAN("xn--bcher-kva.example");
	world_init(&w);
	w.check.caa.caa_domains = (struct text_list){ ours, 2 };
	w.check.account_uri = SPAN(ACCOUNT);
	w.check.dcv.validation_method = METHOD_ACME_HTTP_01;
}

static void teardown(void)
{
	world_clear(&w);
}

START_TEST(sets_and_climbs)
{
	const char *rows[ROWS_MAX + 1] = { NULL };

	memcpy(rows, cases[_i].zone, sizeof(cases[_i].zone));
	w.zone = rows;
	w.troubles = cases[_i].troubles;
	while (w.troubles_count < TROUBLES_MAX &&
	       w.troubles[w.troubles_count].name != NULL)
		w.troubles_count++;
	w.check.target = span_str(cases[_i].target);
	world_judge(&w, KIND_CAA);
	world_expect(&w, cases[_i].want, cases[_i].id);
}
END_TEST

/* clang-format off */
/* The node that decided is told, and an owner's refusal has another problem
   type than a lookup that failed. */
static const struct {
	const char *id;
	const char *target;
	enum validation_method method;
	const char *node;
	enum reason want;
	const char *problem;
} told[] = {
	{ "boulder-D01 B03", "reserved.com", METHOD_ACME_HTTP_01, "at reserved.com:", REASON_CAA_FORBIDS, "caa" },
	{ "boulder-D02", "reserved.com", METHOD_ACME_DNS_01, "at reserved.com:", REASON_CAA_FORBIDS, "caa" },
	{ "boulder-D03", "mixedcase.com", METHOD_ACME_HTTP_01, "at mixedcase.com: 0 iSsUe", REASON_CAA_FORBIDS, "caa" },
	{ "boulder-D04", "critical.com", METHOD_ACME_HTTP_01, "at critical.com: 1 issue", REASON_CAA_FORBIDS, "caa" },
	{ "boulder-D05 D07 D08", "present.com", METHOD_ACME_HTTP_01, "2 CAA at present.com: 128 issue", REASON_CAA_PERMITS, "" },
	{ "boulder-D06", "not.here.but.present.com", METHOD_ACME_HTTP_01, "at present.com:", REASON_CAA_PERMITS, "" },
	{ "boulder-B02", "a.servfail.com", METHOD_ACME_HTTP_01, "servfail.com: no usable", REASON_DNS_SERVFAIL, "dns" },
};
/* clang-format on */

START_TEST(the_node_is_told)
{
	static const char *const zone[] = {
		"reserved.com." CAA "0 issue \"other.example\"",
		"mixedcase.com." CAA "0 iSsUe \"other.example\"",
		"critical.com." CAA "1 issue \"other.example\"",
		"present.com." CAA "128 issue \"other.example\"",
		"present.com." CAA "128 issue \"ca.example; a=b\"",
		NULL
	};
	static const struct trouble trouble = { "servfail.com", 0, DNS_FAILED,
		                                2, false };

	w.zone = zone;
	w.troubles = &trouble;
	w.troubles_count = 1;
	w.check.dcv.validation_method = told[_i].method;
	w.check.target = span_str(told[_i].target);
	world_judge(&w, KIND_CAA);
	world_expect(&w, told[_i].want, told[_i].id);
	ck_assert_msg(span_find(w.done.detail, span_str(told[_i].node)) >= 0,
	              "%.*s", SPAN_ARG(w.done.detail));
	ck_assert_str_eq(reason_acme(w.done.reason), told[_i].problem);
}
END_TEST

START_TEST(values_by_the_grammar)
{
	struct caa_issue out;
	bool good = caa_issue_parse(values[_i].value, &out);

	ck_assert_msg(good == (values[_i].issuer != NULL), "%s", values[_i].id);
	if (!good)
		return;
	ck_assert_msg(span_is(out.domain, values[_i].issuer), "%s",
	              values[_i].id);
	ck_assert_msg(out.parameters_count == values[_i].parameters, "%s",
	              values[_i].id);
}
END_TEST

START_TEST(conditions_of_a_record)
{
	char text[300];
	struct caa_issue issue;
	bool got;

	snprintf(text, sizeof(text), "ca.example%s", conditions[_i].parameters);
	ck_assert_msg(caa_issue_parse(span_str(text), &issue), "%s", text);
	got = caa_conditions_hold(&issue, span_str(conditions[_i].account),
	                          conditions[_i].method);
	ck_assert_msg(got == conditions[_i].want, "%s: %s", conditions[_i].id,
	              text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caa_cases");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, sets_and_climbs, 0, COUNT(cases));
	tcase_add_loop_test(tc, the_node_is_told, 0, COUNT(told));
	tcase_add_loop_test(tc, values_by_the_grammar, 0, COUNT(values));
	tcase_add_loop_test(tc, conditions_of_a_record, 0, COUNT(conditions));
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
