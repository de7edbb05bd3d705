/*
 * What perspectives see for the methods beyond ACME's: contacts,
 * persistent records, dns-account-01, PTR and
 * the retired ip-address.
 */
#include "decide/judge/persist.h"
#include "tests/support/judge_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define HASH    "LErY_CSP4pbS2liuXH0HiklOVjPraZ0fkqzJ709dFUY"
#define ACCOUNT "https://ca.example/acct/1"
#define FOUND   REASON_VALUE_FOUND
#define OTHER   REASON_VALUE_NOT_FOUND
#define NONE    REASON_DNS_NO_RECORD

static struct world w;

static void setup(void)
{
	world_init(&w);
	w.check.dcv.present = true;
}

static void teardown(void)
{
	world_clear(&w);
}

static void expect(enum reason want, const char *what, const char *observed)
{
	world_expect(&w, want, what);
	if (want == FOUND)
		ck_assert_msg(span_is(w.done.observed, observed), "%s: %.*s",
		              what, SPAN_ARG(w.done.observed));
	else
		ck_assert_msg(w.done.observed.len == 0, "%s: observed", what);
}

/* -- contacts: at openmpic-131's prefixes, each by openmpic-98 */

#define TXTMAIL METHOD_CONTACT_EMAIL_TXT
#define CAAMAIL METHOD_CONTACT_EMAIL_CAA
#define TXTTEL  METHOD_CONTACT_PHONE_TXT
#define CAATEL  METHOD_CONTACT_PHONE_CAA
#define M       "_validation-contactemail.host.example.com. TXT "
#define P       "_validation-contactphone.host.example.com. TXT "
#define C       "host.example.com. CAA 0 "
#define MAIL    "a@example.com"
#define TEL     "+15551234567"

/* clang-format off */
static const struct {
	const char *what;
	enum validation_method method;
	const char *selected;
	const char *const *zone;
	enum reason want;
} contacts[] = {
	{ "the one", TXTMAIL, MAIL, ROWS(M "\"a@example.com\""), FOUND },
	{ "R-015 openmpic-W15 one of two", TXTMAIL, MAIL, ROWS(M "\"b@example.com\"", M "\"a@example.com\""), FOUND },
	{ "R-015 openmpic-W15 another", TXTMAIL, MAIL, ROWS(M "\"b@example.com\""), OTHER },
	{ "openmpic-99 domain in capitals", TXTMAIL, MAIL, ROWS(M "\"a@EXAMPLE.com\""), FOUND },
	{ "local part in capitals", TXTMAIL, MAIL, ROWS(M "\"A@example.com\""), OTHER },
	{ "in two strings", TXTMAIL, MAIL, ROWS(M "\"a@exam\" \"ple.com\""), FOUND },
	{ "two in one record", TXTMAIL, MAIL, ROWS(M "\"a@example.com b@example.com\""), OTHER },
	{ "an URI", TXTMAIL, MAIL, ROWS(M "\"mailto:a@example.com\""), OTHER },
	{ "a space behind it", TXTMAIL, MAIL, ROWS(M "\"a@example.com \""), OTHER },
	{ "a longer one", TXTMAIL, MAIL, ROWS(M "\"aa@example.com\""), OTHER },
	{ "of a longer domain", TXTMAIL, MAIL, ROWS(M "\"a@example.com.evil.example\""), OTHER },
	{ "an empty one beside it", TXTMAIL, MAIL, ROWS(M "\"\"", M "\"a@example.com\""), FOUND },
	{ "openmpic-128 no text beside it", TXTMAIL, MAIL, ROWS(M "\"\\255\\000\"", M "\"a@example.com\""), FOUND },
	{ "at the name itself", TXTMAIL, MAIL, ROWS("host.example.com. TXT \"a@example.com\""), REASON_DNS_NXDOMAIN },
	{ "at the parent", TXTMAIL, MAIL, ROWS("_validation-contactemail.example.com. TXT \"a@example.com\""), REASON_DNS_NXDOMAIN },
	{ "where the telephone is", TXTMAIL, MAIL, ROWS(P "\"a@example.com\""), REASON_DNS_NXDOMAIN },
	{ "an alias to it", TXTMAIL, MAIL, ROWS("_validation-contactemail.host.example.com. CNAME c.other.net.", "c.other.net. TXT \"a@example.com\""), FOUND },
	{ "openmpic-139 no TXT", TXTMAIL, MAIL, ROWS("_validation-contactemail.host.example.com. A 192.0.2.1"), NONE },

	{ "the number", TXTTEL, TEL, ROWS(P "\"+15551234567\""), FOUND },
	{ "with separators", TXTTEL, TEL, ROWS(P "\"+1-(555)-123.4567\""), FOUND },
	{ "without plus", TXTTEL, TEL, ROWS(P "\"15551234567\""), OTHER },
	{ "one digit more", TXTTEL, TEL, ROWS(P "\"+155512345678\""), OTHER },
	{ "an extension", TXTTEL, TEL, ROWS(P "\"+15551234567;ext=1\""), OTHER },

	{ "CAA", CAAMAIL, MAIL, ROWS(C "contactemail \"a@example.com\""), FOUND },
	{ "openmpic-99 CAA, tag in capitals", CAAMAIL, MAIL, ROWS(C "CONTACTEMAIL \"a@example.com\""), FOUND },
	{ "CAA, critical", CAAMAIL, MAIL, ROWS("host.example.com. CAA 128 contactemail \"a@example.com\""), FOUND },
	{ "CAA, one of three", CAAMAIL, MAIL, ROWS(C "issue \";\"", C "contactemail \"b@example.com\"", C "contactemail \"a@example.com\""), FOUND },
	{ "openmpic-132 CAA of the parent", CAAMAIL, MAIL, ROWS("example.com. CAA 0 contactemail \"a@example.com\""), FOUND },
	{ "CAA of the TLD", CAAMAIL, MAIL, ROWS("com. CAA 0 contactemail \"a@example.com\""), FOUND },
	{ "CAA of the parent, hidden by another set", CAAMAIL, MAIL, ROWS(C "issue \"ca.example\"", "example.com. CAA 0 contactemail \"a@example.com\""), NONE },
	{ "openmpic-132 CAA of another tag", CAAMAIL, MAIL, ROWS(C "contactphone \"a@example.com\"", C "issue \"a@example.com\""), NONE },
	{ "CAA with two in a value", CAAMAIL, MAIL, ROWS(C "contactemail \"a@example.com,b@example.com\""), OTHER },
	{ "CAA with a malformed record beside", CAAMAIL, MAIL, ROWS("host.example.com. TYPE65280 \\# 3 00ff69", C "contactemail \"a@example.com\""), FOUND },
	{ "openmpic-132 no CAA at all", CAAMAIL, MAIL, ROWS("host.example.com. A 192.0.2.1"), NONE },
	{ "CAA, the number", CAATEL, TEL, ROWS(C "contactphone \"+1.555.123.4567\""), FOUND },
	{ "CAA, another number", CAATEL, TEL, ROWS(C "contactphone \"+15551234568\""), OTHER },
	{ "openmpic-W02 nothing selected", TXTMAIL, "", ROWS(M "\"\""), REASON_FIELD_MISSING },
	{ "openmpic-W02 nothing selected, CAA", CAATEL, "", ROWS(C "contactphone \"\""), REASON_FIELD_MISSING },
};
/* clang-format on */

/* openmpic-98, openmpic-131 */
START_TEST(r059_contacts)
{
	w.check.dcv.validation_method = contacts[_i].method;
	w.check.match_value = span_str(contacts[_i].selected);
	w.zone = contacts[_i].zone;
	world_judge(&w, KIND_DCV);
	expect(contacts[_i].want, contacts[_i].what, contacts[_i].selected);
}
END_TEST

/* what can't be looked up or does not validate is no
   contact, at no level. */
START_TEST(contacts_need_answers)
{
	static const struct {
		const char *name;
		enum dns_status status;
		enum reason want;
	} rows[] = {
		{ "host.example.com", DNS_BOGUS, REASON_DNSSEC_BOGUS },
		{ "host.example.com", DNS_FAILED, REASON_DNS_SERVFAIL },
		{ "host.example.com", DNS_UNANSWERED, REASON_TIMEOUT_DNS },
		{ "example.com", DNS_BOGUS, REASON_DNSSEC_BOGUS },
		{ "com", DNS_BOGUS, FOUND }, /* above the set */
	};
	struct trouble trouble = { .name = rows[_i].name,
		                   .status = rows[_i].status };

	w.check.dcv.validation_method = CAAMAIL;
	w.check.match_value = SPAN(MAIL);
	w.check.target = SPAN("*.host.example.com");
	w.zone = ROWS("example.com. CAA 0 contactemail \"a@example.com\"");
	w.troubles = &trouble;
	w.troubles_count = 1;
	world_judge(&w, KIND_DCV);
	expect(rows[_i].want, rows[_i].name, MAIL);
	if (rows[_i].want == FOUND)
		ck_assert(span_is(w.done.authorization_domain_name,
		                  "host.example.com"));
}
END_TEST

/* -- persistent records: evidence is made at 1970-01-01T00:00:01Z here */

#define GOOD "ca.example; accounturi=" ACCOUNT

/* clang-format off */
/* openmpic-134 */
static const struct {
	const char *what;
	const char *const text;
	enum persist_result want;
} persists[] = {
	{ "good", GOOD, PERSIST_GOOD },
	{ "unknown parameters", GOOD "; foo=bar; x=", PERSIST_GOOD },
	{ "unknown parameters in front", "ca.example; foo=bar; accounturi=" ACCOUNT, PERSIST_GOOD },
	{ "our second name", "pki.example; accounturi=" ACCOUNT, PERSIST_GOOD },
	{ "issuer in capitals", "CA.Example; accounturi=" ACCOUNT, PERSIST_GOOD },
	{ "tag in capitals", "ca.example; ACCOUNTURI=" ACCOUNT, PERSIST_GOOD },
	{ "no spaces", "ca.example;accounturi=" ACCOUNT, PERSIST_GOOD },
	{ "spaces and tabs", "  ca.example \t;\t accounturi = " ACCOUNT " ", PERSIST_GOOD },
	{ "until then", GOOD "; persistUntil=1795392000", PERSIST_GOOD },
	{ "until this second", GOOD "; persistUntil=1795391999", PERSIST_EXPIRED },
	{ "until 1970", GOOD "; persistUntil=0", PERSIST_EXPIRED },
	{ "until all time", GOOD "; persistUntil=9223372036854775", PERSIST_GOOD },
	{ "beyond all time", GOOD "; persistUntil=9223372036854776", PERSIST_BAD_UNTIL },
	{ "beyond all numbers", GOOD "; persistUntil=99999999999999999999999", PERSIST_BAD_UNTIL },
	{ "abc", GOOD "; persistUntil=abc", PERSIST_BAD_UNTIL },
	{ "openmpic-W12 1e12", GOOD "; persistUntil=1e12", PERSIST_BAD_UNTIL },
	{ "-1", GOOD "; persistUntil=-1", PERSIST_BAD_UNTIL },
	{ "openmpic-W12 +5", GOOD "; persistUntil=+9999999999", PERSIST_BAD_UNTIL },
	{ "openmpic-W12 underscores", GOOD "; persistUntil=9_999_999_999", PERSIST_BAD_UNTIL },
	{ "hex", GOOD "; persistUntil=0xffffffff", PERSIST_BAD_UNTIL },
	{ "no number", GOOD "; persistUntil=", PERSIST_BAD_UNTIL },
	{ "letters behind it", GOOD "; persistUntil=9999999999s", PERSIST_BAD_UNTIL },
	{ "two ends", GOOD "; persistUntil=9999999999; persistUntil=9999999999", PERSIST_BAD_UNTIL },
	{ "two ends in two cases", GOOD "; persistUntil=9999999999; PERSISTUNTIL=1", PERSIST_BAD_UNTIL },
	{ "no account", "ca.example; foo=bar", PERSIST_NO_ACCOUNT },
	{ "the issuer alone", "ca.example", PERSIST_NO_ACCOUNT },
	{ "the issuer and a semicolon", "ca.example;", PERSIST_NO_ACCOUNT },
	{ "an empty account", "ca.example; accounturi=", PERSIST_NO_ACCOUNT },
	{ "two accounts", GOOD "; accounturi=" ACCOUNT, PERSIST_NO_ACCOUNT },
	{ "two accounts in two cases", GOOD "; AccountURI=https://x.example/2", PERSIST_NO_ACCOUNT },
	{ "another account", "ca.example; accounturi=https://ca.example/acct/2", PERSIST_OTHER_ACCOUNT },
	{ "a longer account", "ca.example; accounturi=" ACCOUNT "2", PERSIST_OTHER_ACCOUNT },
	{ "openmpic-W12 account in other case", "ca.example; accounturi=https://ca.example/ACCT/1", PERSIST_OTHER_ACCOUNT },
	{ "openmpic-W12 scheme in other case", "ca.example; accounturi=HTTPS://ca.example/acct/1", PERSIST_OTHER_ACCOUNT },
	{ "another issuer", "other.example; accounturi=" ACCOUNT, PERSIST_OTHER_ISSUER },
	{ "below the issuer", "x.ca.example; accounturi=" ACCOUNT, PERSIST_OTHER_ISSUER },
	{ "no issuer", "; accounturi=" ACCOUNT, PERSIST_OTHER_ISSUER },
	{ "nothing", "", PERSIST_OTHER_ISSUER },
	{ "openmpic-W12 a dot behind the issuer", "ca.example.; accounturi=" ACCOUNT, PERSIST_MALFORMED },
	{ "openmpic-W12 a semicolon at the end", GOOD ";", PERSIST_MALFORMED },
	{ "a semicolon at the end, and spaces", GOOD "; ", PERSIST_MALFORMED },
	{ "openmpic-W12 no tag", GOOD "; =x", PERSIST_MALFORMED },
	{ "openmpic-W12 a space in a tag", GOOD "; a b=c", PERSIST_MALFORMED },
	{ "openmpic-W12 a space in a value", GOOD "; a=b c", PERSIST_MALFORMED },
	{ "a bare word", GOOD "; wildcard", PERSIST_MALFORMED },
	{ "a bare word in front", "ca.example; x; accounturi=" ACCOUNT, PERSIST_MALFORMED },
	{ "semicolons", ";;;", PERSIST_MALFORMED },
	{ "a comma", "ca.example, accounturi=" ACCOUNT, PERSIST_MALFORMED },
	{ "a byte beyond ASCII", GOOD "; a=\xc3\xa9", PERSIST_MALFORMED },
	{ "a control", GOOD "; a=\x1b[2J", PERSIST_MALFORMED },
	{ "an underscore", GOOD "; a_b=c", PERSIST_MALFORMED },
	{ "boulder-X13 a hyphen", GOOD "; a-b=c", PERSIST_GOOD },
};

/* ACME's dns-persist-01, for a wildcard */
static const struct {
	const char *what;
	const char *text;
	bool wanted;
	enum persist_result want;
} policies[] = {
	{ "openmpic-W12 not said", GOOD, true, PERSIST_NO_WILDCARD },
	{ "not said, not wanted", GOOD, false, PERSIST_GOOD },
	{ "said", GOOD "; policy=wildcard", true, PERSIST_GOOD },
	{ "in capitals", GOOD "; Policy=WILDCARD", true, PERSIST_GOOD },
	{ "another", GOOD "; policy=foo", true, PERSIST_NO_WILDCARD },
	{ "another, not wanted", GOOD "; policy=foo", false, PERSIST_GOOD },
	{ "empty", GOOD "; policy=", true, PERSIST_NO_WILDCARD },
	{ "longer", GOOD "; policy=wildcards", true, PERSIST_NO_WILDCARD },
	{ "twice", GOOD "; policy=wildcard; policy=wildcard", true, PERSIST_NO_WILDCARD },
	{ "and over", GOOD "; policy=wildcard; persistUntil=1", true, PERSIST_EXPIRED },
};
/* clang-format on */

static struct span ours[2];

static struct persist_terms terms_now(void)
{
	ours[0] = SPAN("ca.example");
	ours[1] = SPAN("pki.example");
	return (struct persist_terms){
		.issuers = { ours, 2 },
		.account_uri = SPAN(ACCOUNT),
		.now_ms = INT64_C(1795392000000), /* 2026-11-23 */
	};
}

START_TEST(r056_persistent_values)
{
	struct persist_terms terms = terms_now();
	struct persist p = { .issuer = 99 };
	enum persist_result got =
		persist_read(span_str(persists[_i].text), &terms, &p);

	ck_assert_msg(got == persists[_i].want, "%s: %s", persists[_i].what,
	              persist_result_name(got));
	if (got != PERSIST_GOOD)
		ck_assert_uint_eq(p.issuer, 99);
}
END_TEST

/* the second that is named is the last, to the millisecond. */
START_TEST(r056_until_then)
{
	static const int64_t offsets[] = { -1000, 0, 1, 1000 };
	struct persist_terms terms = terms_now();
	struct span text = SPAN(GOOD "; persistUntil=1795392000");
	struct persist p;

	for (int i = 0; i < COUNT(offsets); i++) {
		terms.now_ms = INT64_C(1795392000000) + offsets[i];
		ck_assert_int_eq(persist_read(text, &terms, &p),
		                 offsets[i] <= 0 ? PERSIST_GOOD
		                                 : PERSIST_EXPIRED);
	}
}
END_TEST

START_TEST(r057_policy_wildcard)
{
	struct persist_terms terms = terms_now();
	struct persist p;

	terms.policy_wildcard = policies[_i].wanted;

	enum persist_result got =
		persist_read(span_str(policies[_i].text), &terms, &p);

	ck_assert_msg(got == policies[_i].want, "%s: %s", policies[_i].what,
	              persist_result_name(got));
}
END_TEST

START_TEST(nobody_is_ours_without_issuers)
{
	struct persist_terms terms = terms_now();
	struct persist p;

	terms.issuers.count = 0;
	ck_assert_int_eq(persist_read(SPAN(GOOD), &terms, &p),
	                 PERSIST_OTHER_ISSUER);
}
END_TEST

#define V    "_validation-persist.host.example.com. TXT "
#define OK_1 "\"ca.example; accounturi=" ACCOUNT "\""
#define OK_2 "\"pki.example; accounturi=" ACCOUNT "\""

/* clang-format off */
static const struct {
	const char *what;
	const char *target;
	const char *const *zone;
	enum reason want;
	const char *issuer;
	int64_t until_ms; /* -1: none */
} lookups[] = {
	{ "good", "host.example.com", ROWS(V OK_1), FOUND, "ca.example", -1 },
	{ "malformed beside it", "host.example.com", ROWS(V "\"ca.example; x\"", V OK_1), FOUND, "ca.example", -1 },
	{ "three strings", "host.example.com", ROWS(V "\"ca.example; acc\" \"ounturi=\" \"" ACCOUNT "\""), FOUND, "ca.example", -1 },
	{ "both issuers", "host.example.com", ROWS(V OK_2, V OK_1), FOUND, "ca.example", -1 },
	{ "the second issuer", "host.example.com", ROWS(V OK_2), FOUND, "pki.example", -1 },
	{ "with an end", "host.example.com", ROWS(V "\"ca.example; accounturi=" ACCOUNT "; persistUntil=50\""), FOUND, "ca.example", 50000 },
	{ "the longest end", "host.example.com", ROWS(V "\"ca.example; accounturi=" ACCOUNT "; persistUntil=70\"", V "\"ca.example; accounturi=" ACCOUNT "; persistUntil=90\"", V "\"ca.example; accounturi=" ACCOUNT "; persistUntil=80\""), FOUND, "ca.example", 90000 },
	{ "no end is longest", "host.example.com", ROWS(V "\"ca.example; accounturi=" ACCOUNT "; persistUntil=70\"", V OK_1), FOUND, "ca.example", -1 },
	{ "over", "host.example.com", ROWS(V "\"ca.example; accounturi=" ACCOUNT "; persistUntil=0\""), OTHER, NULL, -1 },
	{ "openmpic-W15 R-015 another account", "host.example.com", ROWS(V "\"ca.example; accounturi=https://ca.example/acct/9\""), OTHER, NULL, -1 },
	{ "an alias", "host.example.com", ROWS("_validation-persist.host.example.com. CNAME p.other.net.", "p.other.net. TXT " OK_1), FOUND, "ca.example", -1 },
	{ "of an alias of the name", "host.example.com", ROWS("host.example.com. CNAME h.other.net.", "_validation-persist.h.other.net. TXT " OK_1), REASON_DNS_NXDOMAIN, NULL, -1 },
	{ "at the parent", "host.example.com", ROWS("_validation-persist.example.com. TXT " OK_1), REASON_DNS_NXDOMAIN, NULL, -1 },
	{ "at dns-01's name", "host.example.com", ROWS("_acme-challenge.host.example.com. TXT " OK_1), REASON_DNS_NXDOMAIN, NULL, -1 },
	{ "an address", "203.0.113.7", ROWS("_ip-validation-persist.7.113.0.203.in-addr.arpa. TXT " OK_1), FOUND, "ca.example", -1 },
	{ "an address at a name's label", "203.0.113.7", ROWS("_validation-persist.7.113.0.203.in-addr.arpa. TXT " OK_1), REASON_DNS_NXDOMAIN, NULL, -1 },
	{ "a long address", "2001:db8::1", ROWS("_ip-validation-persist.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. TXT " OK_1), FOUND, "ca.example", -1 },
	{ "a wildcard", "*.host.example.com", ROWS(V OK_1), OTHER, NULL, -1 },
	{ "a wildcard that says so", "*.host.example.com", ROWS(V "\"ca.example; accounturi=" ACCOUNT "; policy=wildcard\""), FOUND, "ca.example", -1 },
};
/* clang-format on */

START_TEST(r056_persistent_records)
{
	struct persist_terms terms = terms_now();
	char observed[128];

	w.check.dcv.validation_method = METHOD_DNS_PERSISTENT;
	w.check.dcv.issuer_domain_names = terms.issuers;
	w.check.dcv.expected_account_uri = terms.account_uri;
	w.check.dcv.require_policy_wildcard = SOME_BOOL(true);
	w.check.target = span_str(lookups[_i].target);
	w.zone = lookups[_i].zone;
	world_judge(&w, KIND_DCV);
	snprintf(observed, sizeof(observed), "%s; accounturi=" ACCOUNT,
	         lookups[_i].issuer != NULL ? lookups[_i].issuer : "");
	expect(lookups[_i].want, lookups[_i].what, observed);
	ck_assert_int_eq(w.done.expires_ms.set ? w.done.expires_ms.v : -1,
	                 lookups[_i].until_ms);
}
END_TEST

START_TEST(persistent_without_account)
{
	struct persist_terms terms = terms_now();

	w.check.dcv.validation_method = METHOD_DNS_PERSISTENT;
	w.check.dcv.issuer_domain_names = terms.issuers;
	w.zone = ROWS(V "\"ca.example; accounturi=\"");
	world_judge(&w, KIND_DCV);
	expect(REASON_FIELD_MISSING, "openmpic-W02", NULL);
}
END_TEST

/* -- dns-account-01 */

#define LABEL "_ujmmovf2vn55tgye"

static const struct {
	const char *what;
	const char *account;
	const char *zone;
	enum reason want;
} accounts[] = {
	{ "its label", "https://example.com/acme/acct/ExampleAccount",
	  LABEL "._acme-challenge.host.example.com. TXT " HASH, FOUND },
	{ "another account's", "https://acme.example/acct/1",
	  LABEL "._acme-challenge.host.example.com. TXT " HASH,
	  REASON_DNS_NXDOMAIN },
	{ "dns-01's name", "https://example.com/acme/acct/ExampleAccount",
	  "_acme-challenge.host.example.com. TXT " HASH, REASON_DNS_NXDOMAIN },
	{ "at the parent", "https://example.com/acme/acct/ExampleAccount",
	  LABEL "._acme-challenge.example.com. TXT " HASH,
	  REASON_DNS_NXDOMAIN },
	{ "openmpic-133 another hash",
	  "https://example.com/acme/acct/ExampleAccount",
	  LABEL "._acme-challenge.host.example.com. TXT x", OTHER },
	{ "openmpic-W02 no account", "",
	  "_acme-challenge.host.example.com. TXT " HASH, REASON_FIELD_MISSING },
};

START_TEST(r055_dns_account)
{
	w.check.dcv.validation_method = METHOD_DNS_ACCOUNT_01;
	w.check.dcv.key_authorization_hash = SPAN(HASH);
	w.check.account_uri = span_str(accounts[_i].account);
	w.zone = ROWS(accounts[_i].zone);
	world_judge(&w, KIND_DCV);
	expect(accounts[_i].want, accounts[_i].what, "");
}
END_TEST

/* -- reverse-address-lookup */

#define R4 "7.113.0.203.in-addr.arpa. "

/* clang-format off */
static const struct {
	const char *what;
	const char *target;
	const char *const *zone;
	enum reason want;
} hosts[] = {
	{ "the host", "203.0.113.7", ROWS(R4 "PTR host.example.com."), FOUND },
	{ "openmpic-99 in capitals", "203.0.113.7", ROWS(R4 "PTR HOST.Example.com."), FOUND },
	{ "one of two", "203.0.113.7", ROWS(R4 "PTR other.example.com.", R4 "PTR host.example.com."), FOUND },
	{ "R-015 another host", "203.0.113.7", ROWS(R4 "PTR other.example.com."), OTHER },
	{ "R-061 a host below it", "203.0.113.7", ROWS(R4 "PTR a.host.example.com."), OTHER },
	{ "R-061 a host above it", "203.0.113.7", ROWS(R4 "PTR example.com."), OTHER },
	{ "an alias of the zone (RFC 2317)", "203.0.113.7", ROWS(R4 "CNAME 7.0-31.113.0.203.in-addr.arpa.", "7.0-31.113.0.203.in-addr.arpa. PTR host.example.com."), FOUND },
	{ "another address", "203.0.113.8", ROWS(R4 "PTR host.example.com."), REASON_DNS_NXDOMAIN },
	{ "a text", "203.0.113.7", ROWS(R4 "TXT host.example.com."), NONE },
	{ "a long address", "2001:db8::1", ROWS("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR host.example.com."), FOUND },
	{ "a name", "host.example.com", ROWS("host.example.com. PTR host.example.com."), REASON_METHOD_TARGET },
	{ "a wildcard", "*.example.com", ROWS("example.com. PTR host.example.com."), REASON_METHOD_TARGET },
	{ "bytes of a name", "203.0.113.7", ROWS(R4 "PTR host\\.example.com."), OTHER },
};
/* clang-format on */

START_TEST(r061_hosts_of_addresses)
{
	w.check.dcv.validation_method = METHOD_REVERSE_ADDRESS_LOOKUP;
	w.check.target = span_str(hosts[_i].target);
	w.check.match_value = SPAN("host.example.com");
	w.zone = hosts[_i].zone;
	world_judge(&w, KIND_DCV);
	expect(hosts[_i].want, hosts[_i].what, "host.example.com");
}
END_TEST

/* -- ip-address */

#define H "host.example.com. "

static const struct {
	const char *what;
	const char *target, *value;
	const char *zone;
	enum reason want;
} addresses[] = {
	{ "A", "host.example.com", "192.0.2.1", H "A 192.0.2.1", FOUND },
	{ "openmpic-102 AAAA", "host.example.com", "2001:db8::1",
	  H "AAAA 2001:DB8::0:1", FOUND },
	{ "openmpic-102 another", "host.example.com", "192.0.2.1",
	  H "A 192.0.2.2", OTHER },
	{ "of the other family", "host.example.com", "2001:db8::1",
	  H "A 192.0.2.1", NONE },
	{ "mapped", "host.example.com", "::ffff:192.0.2.1", H "A 192.0.2.1",
	  NONE },
	{ "no address", "host.example.com", "192.0.2", H "A 192.0.2.0",
	  REASON_FIELD_VALUE },
	{ "openmpic-W02 nothing", "host.example.com", "", H "A 192.0.2.0",
	  REASON_FIELD_VALUE },
	{ "openmpic-W06 a wildcard", "*.host.example.com", "192.0.2.1",
	  H "A 192.0.2.1", REASON_METHOD_WILDCARD },
	{ "an address", "192.0.2.1", "192.0.2.1", H "A 192.0.2.1",
	  REASON_METHOD_TARGET },
};

START_TEST(r063_addresses_of_names)
{
	w.check.dcv.validation_method = METHOD_IP_ADDRESS;
	w.check.target = span_str(addresses[_i].target);
	w.check.dcv.challenge_value = span_str(addresses[_i].value);
	w.zone = ROWS(addresses[_i].zone);
	world_judge(&w, KIND_DCV);
	expect(addresses[_i].want, addresses[_i].what, "");
}
END_TEST

/* boulder-X11 X12: whatever type a method asks for, an answer that was cut
   short is none, though what it would need stands in it. */
static const struct {
	const char *what;
	enum validation_method method;
	enum dns_record_type type;
	const char *target, *value, *cut, *zone;
} cuts[] = {
	{ "TXT", METHOD_DNS_PERSISTENT, RECORD_UNKNOWN, "host.example.com", "",
	  "_validation-persist.host.example.com", V OK_1 },
	{ "TXT of a contact", TXTMAIL, RECORD_UNKNOWN, "host.example.com", MAIL,
	  "_validation-contactemail.host.example.com", M "\"" MAIL "\"" },
	{ "CAA", CAAMAIL, RECORD_UNKNOWN, "host.example.com", MAIL,
	  "host.example.com", C "contactemail \"" MAIL "\"" },
	{ "PTR", METHOD_REVERSE_ADDRESS_LOOKUP, RECORD_UNKNOWN, "203.0.113.7",
	  "host.example.com", "7.113.0.203.in-addr.arpa",
	  R4 "PTR host.example.com." },
	{ "A", METHOD_IP_ADDRESS, RECORD_UNKNOWN, "host.example.com",
	  "192.0.2.1", "host.example.com", H "A 192.0.2.1" },
	{ "AAAA", METHOD_IP_ADDRESS, RECORD_UNKNOWN, "host.example.com",
	  "2001:db8::1", "host.example.com", H "AAAA 2001:db8::1" },
	{ "CNAME", METHOD_DNS_CHANGE, RECORD_CNAME, "host.example.com",
	  "value-of-19-chars.example", "host.example.com",
	  H "CNAME value-of-19-chars.example." },
	{ "CAA of a change", METHOD_DNS_CHANGE, RECORD_CAA, "host.example.com",
	  "value-of-19-chars", "host.example.com",
	  C "issue \"value-of-19-chars\"" },
};

START_TEST(truncation_is_seen)
{
	struct trouble trouble = {
		.name = cuts[_i].cut,
		.status = DNS_INSECURE,
		.truncated = true,
	};
	struct persist_terms terms = terms_now();

	w.check.target = span_str(cuts[_i].target);
	w.check.match_value = span_str(cuts[_i].value);
	w.check.dcv.validation_method = cuts[_i].method;
	w.check.dcv.dns_record_type = cuts[_i].type;
	w.check.dcv.challenge_value = span_str(cuts[_i].value);
	w.check.dcv.issuer_domain_names = terms.issuers;
	w.check.dcv.expected_account_uri = terms.account_uri;
	w.zone = ROWS(cuts[_i].zone);
	world_judge(&w, KIND_DCV);
	world_expect(&w, FOUND, cuts[_i].what);
	w.troubles = &trouble;
	w.troubles_count = 1;
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_DNS_MALFORMED, cuts[_i].what);
	ck_assert_int_eq(w.done.result_class, CLASS_ERROR);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_methods");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r059_contacts, 0, COUNT(contacts));
	tcase_add_loop_test(tc, contacts_need_answers, 0, 5);
	tcase_add_loop_test(tc, r056_persistent_values, 0, COUNT(persists));
	tcase_add_test(tc, r056_until_then);
	tcase_add_loop_test(tc, r057_policy_wildcard, 0, COUNT(policies));
	tcase_add_test(tc, nobody_is_ours_without_issuers);
	tcase_add_loop_test(tc, r056_persistent_records, 0, COUNT(lookups));
	tcase_add_test(tc, persistent_without_account);
	tcase_add_loop_test(tc, r055_dns_account, 0, COUNT(accounts));
	tcase_add_loop_test(tc, r061_hosts_of_addresses, 0, COUNT(hosts));
	tcase_add_loop_test(tc, r063_addresses_of_names, 0, COUNT(addresses));
	tcase_add_loop_test(tc, truncation_is_seen, 0, COUNT(cuts));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
