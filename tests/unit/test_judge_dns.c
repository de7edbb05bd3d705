#include "tests/support/judge_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define N "host.example.com"
#define ROWS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
/* RFC 8555's own example, the vector of R-049 */
#define HASH "LErY_CSP4pbS2liuXH0HiklOVjPraZ0fkqzJ709dFUY"
#define ACME "_acme-challenge.host.example.com. "

/* clang-format off */
/* R-049, dns-01 */
static const struct {
	const char *what;
	const char *const *zone;
	enum reason want;
	enum result_class class;
} dns01[] = {
	{ "the hash", ROWS(ACME "TXT \"" HASH "\""), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "the 7th of ten", ROWS(ACME "TXT a", ACME "TXT b", ACME "TXT c", ACME "TXT d", ACME "TXT e", ACME "TXT f", ACME "TXT " HASH, ACME "TXT g", ACME "TXT h", ACME "TXT i"), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "in two strings", ROWS(ACME "TXT \"LErY_CSP4pbS2liuXH0HiklO\" \"VjPraZ0fkqzJ709dFUY\""), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "in two records", ROWS(ACME "TXT \"LErY_CSP4pbS2liuXH0HiklO\"", ACME "TXT \"VjPraZ0fkqzJ709dFUY\""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "padded", ROWS(ACME "TXT \"" HASH "=\""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "other case", ROWS(ACME "TXT \"lErY_CSP4pbS2liuXH0HiklOVjPraZ0fkqzJ709dFUY\""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "leading space", ROWS(ACME "TXT \" " HASH "\""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "trailing space", ROWS(ACME "TXT \"" HASH " \""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "empty", ROWS(ACME "TXT \"\""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "a prefix of it", ROWS(ACME "TXT \"LErY_CSP4pbS2\""), REASON_VALUE_NOT_FOUND, CLASS_DISAGREED },
	{ "an alias to another zone", ROWS(ACME "CNAME x.other.net.", "x.other.net. TXT " HASH), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "at the name itself", ROWS("host.example.com. TXT " HASH), REASON_DNS_NXDOMAIN, CLASS_DISAGREED },
	{ "of another type", ROWS(ACME "A 192.0.2.1"), REASON_DNS_NO_RECORD, CLASS_DISAGREED },
	{ "an alias to nowhere", ROWS(ACME "CNAME x.other.net."), REASON_DNS_NXDOMAIN, CLASS_DISAGREED },
	{ "a loop (R-038)", ROWS(ACME "CNAME " ACME), REASON_DNS_CHAIN, CLASS_ERROR },
	{ "bytes that are no text", ROWS(ACME "TXT \"\\255\\000\\027[2J\"", ACME "TXT " HASH), REASON_VALUE_FOUND, CLASS_CORROBORATED },
};

static const struct {
	const char *what;
	enum dns_status status;
	int rcode;
	enum reason want;
	enum result_class class;
} troubles[] = {
	{ "bogus",      DNS_BOGUS,      0, REASON_DNSSEC_BOGUS, CLASS_ERROR },
	{ "SERVFAIL",   DNS_FAILED,     2, REASON_DNS_SERVFAIL, CLASS_ERROR },
	{ "nothing",    DNS_FAILED,     0, REASON_DNS_SERVFAIL, CLASS_ERROR },
	{ "REFUSED",    DNS_FAILED,     5, REASON_DNS_REFUSED,  CLASS_ERROR },
	{ "unanswered", DNS_UNANSWERED, 0, REASON_TIMEOUT_DNS,  CLASS_TIMED_OUT },
	{ "no packet",  DNS_SECURE,     0, REASON_DNS_MALFORMED, CLASS_ERROR },
};

#define YES { true, true }
#define NO  { true, false }
#define UNSET { false, false }

static const struct {
	const char *what;
	enum dns_record_type type;
	const char *prefix;
	struct opt_bool exact_match;
	struct opt_bool exact_case;
	const char *zone;
	enum reason want;
} changes[] = {
	{ "TXT, inside by default", RECORD_TXT, "", UNSET, UNSET, N ". TXT \"a value-Of-19-chars z\"", REASON_VALUE_FOUND },
	{ "TXT, other case",        RECORD_TXT, "", UNSET, UNSET, N ". TXT \"VALUE-OF-19-CHARS\"", REASON_VALUE_NOT_FOUND },
	{ "TXT, case let go",       RECORD_TXT, "", UNSET, NO,    N ". TXT \"VALUE-OF-19-CHARS\"", REASON_VALUE_FOUND },
	{ "TXT, exact",             RECORD_TXT, "", YES,   UNSET, N ". TXT \"value-Of-19-chars\"", REASON_VALUE_FOUND },
	{ "TXT, exact, more in it", RECORD_TXT, "", YES,   UNSET, N ". TXT \"value-Of-19-chars.\"", REASON_VALUE_NOT_FOUND },
	{ "TXT, cut",               RECORD_TXT, "", UNSET, UNSET, N ". TXT \"value-Of-19-char\"", REASON_VALUE_NOT_FOUND },
	{ "TXT, not exact, said",   RECORD_TXT, "", NO,    YES,   N ". TXT \"xvalue-Of-19-charsx\"", REASON_VALUE_FOUND },
	{ "TXT at a prefix",        RECORD_TXT, "_dnsauth", UNSET, UNSET, "_dnsauth." N ". TXT \"value-Of-19-chars\"", REASON_VALUE_FOUND },
	{ "prefix in upper case",   RECORD_TXT, "_DNSauth", UNSET, UNSET, "_dnsauth." N ". TXT \"value-Of-19-chars\"", REASON_VALUE_FOUND },
	{ "TXT not at the prefix",  RECORD_TXT, "_dnsauth", UNSET, UNSET, N ". TXT \"value-Of-19-chars\"", REASON_DNS_NXDOMAIN },
	{ "no underscore",          RECORD_TXT, "dnsauth", UNSET, UNSET, "dnsauth." N ". TXT \"value-Of-19-chars\"", REASON_PREFIX_INVALID },
	{ "two labels",             RECORD_TXT, "_a._b", UNSET, UNSET, "_a._b." N ". TXT \"value-Of-19-chars\"", REASON_PREFIX_INVALID },
	{ "x._acme",                RECORD_TXT, "x._acme", UNSET, UNSET, "x._acme." N ". TXT \"value-Of-19-chars\"", REASON_PREFIX_INVALID },
	{ "dot at its end",         RECORD_TXT, "_a.", UNSET, UNSET, "_a." N ". TXT \"value-Of-19-chars\"", REASON_PREFIX_INVALID },
	{ "underscore alone",       RECORD_TXT, "_", UNSET, UNSET, N ". TXT \"x\"", REASON_PREFIX_INVALID },
	{ "space in the prefix",    RECORD_TXT, "_a b", UNSET, UNSET, N ". TXT \"x\"", REASON_PREFIX_INVALID },
	{ "CNAME",                  RECORD_CNAME, "", UNSET, UNSET, N ". CNAME VALUE-of-19-chars.ca.example.", REASON_VALUE_FOUND },
	{ "CNAME, exact",           RECORD_CNAME, "", YES,   UNSET, N ". CNAME VALUE-of-19-chars.", REASON_VALUE_FOUND },
	{ "CNAME, exact, more",     RECORD_CNAME, "", YES,   UNSET, N ". CNAME VALUE-of-19-chars.ca.example.", REASON_VALUE_NOT_FOUND },
	{ "CNAME, exact case",      RECORD_CNAME, "", UNSET, YES,   N ". CNAME value-Of-19-chars.ca.example.", REASON_VALUE_FOUND },
	{ "CNAME, wrong case",      RECORD_CNAME, "", UNSET, YES,   N ". CNAME value-of-19-chars.ca.example.", REASON_VALUE_NOT_FOUND },
	{ "CNAME at a prefix",      RECORD_CNAME, "_x", UNSET, UNSET, "_x." N ". CNAME value-of-19-chars.ca.example.", REASON_VALUE_FOUND },
	/* what a DNAME does with "_value..." */
	{ "value in the prefix",    RECORD_CNAME, "_value-of-19-chars", UNSET, UNSET, "_value-of-19-chars." N ". CNAME _value-of-19-chars.elsewhere.net.", REASON_CHALLENGE_IN_REQUEST },
	{ "the same for TXT",       RECORD_TXT, "_Value-Of-19-CHARS", UNSET, UNSET, "_value-of-19-chars." N ". TXT \"value-Of-19-chars\"", REASON_CHALLENGE_IN_REQUEST },
	{ "no CNAME",               RECORD_CNAME, "", UNSET, UNSET, N ". TXT \"value-Of-19-chars\"", REASON_DNS_NO_RECORD },
	{ "CAA",                    RECORD_CAA, "", UNSET, UNSET, N ". CAA 0 issue \"VALUE-of-19-chars\"", REASON_VALUE_FOUND },
	{ "CAA, any tag",           RECORD_CAA, "", UNSET, UNSET, N ". CAA 0 tbs \"x value-of-19-chars\"", REASON_VALUE_FOUND },
	{ "CAA, exact",             RECORD_CAA, "", YES,   UNSET, N ". CAA 0 tbs \"x value-of-19-chars\"", REASON_VALUE_NOT_FOUND },
	{ "CAA in the tag",         RECORD_CAA, "", UNSET, UNSET, N ". CAA 0 value \"x\"", REASON_VALUE_NOT_FOUND },
	{ "CAA is not climbed to",  RECORD_CAA, "", UNSET, UNSET, "example.com. CAA 0 tbs \"value-of-19-chars\"", REASON_DNS_NXDOMAIN },
	{ "malformed CAA",          RECORD_CAA, "", UNSET, UNSET, N ". TYPE65280 \\# 3 00ff69", REASON_VALUE_NOT_FOUND },
	/* openmpic-15 */
	{ "A is no such record",    RECORD_A, "", UNSET, UNSET, N ". A 192.0.2.1", REASON_METHOD_NOT_SUPPORTED },
	{ "no type",                RECORD_UNKNOWN, "", UNSET, UNSET, N ". A 192.0.2.1", REASON_METHOD_NOT_SUPPORTED },
};

/* Methods without rules here end plainly, and never with a pass. */
static const enum validation_method without_rules[] = {
	METHOD_UNKNOWN,
	METHOD_COUNT,
};

/* How evidence may end before its time: never with a pass. */
static const struct {
	const char *what;
	size_t after; /* observations, and one */
	enum evidence_end end;
	const char *fault;
	enum reason want;
	enum result_class class;
} ends[] = {
	{ "deadline before the answer", 1, EVIDENCE_END_DEADLINE, "", REASON_TIMEOUT_DNS, CLASS_TIMED_OUT },
	{ "deadline with the answer",   2, EVIDENCE_END_DEADLINE, "", REASON_TIMEOUT_DNS, CLASS_TIMED_OUT },
	{ "too large",                  1, EVIDENCE_END_TOO_LARGE, "", REASON_EVIDENCE_TOO_LARGE, CLASS_ERROR },
	{ "too large with the answer",  2, EVIDENCE_END_TOO_LARGE, "", REASON_EVIDENCE_TOO_LARGE, CLASS_ERROR },
	{ "a fault of the resolver",    1, EVIDENCE_END_FAULT, "resolver-failed: no anchor", REASON_RESOLVER_FAILED, CLASS_ERROR },
	{ "busy",                       1, EVIDENCE_END_FAULT, "target-busy", REASON_TARGET_BUSY, CLASS_ERROR },
	{ "queued too long",            1, EVIDENCE_END_FAULT, "timeout-queued", REASON_TIMEOUT_QUEUED, CLASS_TIMED_OUT },
	{ "a fault that says a pass",   1, EVIDENCE_END_FAULT, "value-found", REASON_EVIDENCE_INCOMPLETE, CLASS_ERROR },
	{ "a fault of no name",         1, EVIDENCE_END_FAULT, "", REASON_EVIDENCE_INCOMPLETE, CLASS_ERROR },
	{ "a fault with the answer",    2, EVIDENCE_END_FAULT, "resolver-failed", REASON_RESOLVER_FAILED, CLASS_ERROR },
	{ "ended too early",            1, EVIDENCE_END_COMPLETE, "", REASON_EVIDENCE_INCOMPLETE, CLASS_ERROR },
};
/* clang-format on */

static struct world w;

static void setup(void)
{
	world_init(&w);
	w.check.dcv.present = true;
	w.check.dcv.validation_method = METHOD_ACME_DNS_01;
	w.check.dcv.key_authorization_hash = SPAN(HASH);
}

static void teardown(void)
{
	world_clear(&w);
}

static void expect(enum reason want, enum result_class class, const char *what)
{
	world_expect(&w, want, what);
	ck_assert_msg(w.done.result_class == class, "%s: class %d", what,
	              (int)w.done.result_class);
}

START_TEST(finds_dns01)
{
	w.zone = dns01[_i].zone;
	world_judge(&w, KIND_DCV);
	expect(dns01[_i].want, dns01[_i].class, dns01[_i].what);
}
END_TEST

/* openmpic-24 */
START_TEST(strips_the_wildcard)
{
	w.zone = ROWS("_acme-challenge.example.com. TXT " HASH);
	w.check.target = SPAN("*.example.com");
	world_judge(&w, KIND_DCV);
	expect(REASON_VALUE_FOUND, CLASS_CORROBORATED, "wildcard");
	ck_assert(span_is(w.done.authorization_domain_name, "example.com"));
}
END_TEST

/* every perspective goes from the target itself. */
static const struct {
	const char *what;
	const char *target;
	const char *domain;
	const char *value_at;
	struct trouble trouble;
	enum reason want;
} derived[] = {
	/* clang-format off */
	{ "no step", "www.a.example.com", "www.a.example.com", "www.a.example.com", { 0 }, REASON_VALUE_FOUND },
	{ "one label dropped", "www.a.example.com", "a.example.com", "a.example.com", { 0 }, REASON_VALUE_FOUND },
	{ "two labels dropped", "www.a.example.com", "example.com", "example.com", { 0 }, REASON_VALUE_FOUND },
	{ "looked for there only", "www.a.example.com", "a.example.com", "www.a.example.com", { 0 }, REASON_DNS_NXDOMAIN },
	{ "the alias", "www.a.example.com", "h.cdn.example.net", "h.cdn.example.net", { 0 }, REASON_VALUE_FOUND },
	{ "the alias, then pruned", "www.a.example.com", "example.net", "example.net", { 0 }, REASON_VALUE_FOUND },
	{ "the alias' alias", "www.a.example.com", "last.example.org", "last.example.org", { 0 }, REASON_VALUE_FOUND },
	{ "the alias' alias, then pruned", "www.a.example.com", "example.org", "example.org", { 0 }, REASON_VALUE_FOUND },
	{ "pruned, then the alias", "www.b.example.com", "h.example.net", "h.example.net", { 0 }, REASON_DOMAIN_NOT_DERIVED },
	{ "an alias of another name", "www.a.example.com", "bank.example", "bank.example", { 0 }, REASON_DOMAIN_NOT_DERIVED },
	{ "below the alias", "www.a.example.com", "x.h.cdn.example.net", "x.h.cdn.example.net", { 0 }, REASON_DOMAIN_NOT_DERIVED },
	{ "a wildcard's alias", "*.b.example.com", "h.example.net", "h.example.net", { 0 }, REASON_DOMAIN_NOT_DERIVED },
	{ "a wildcard, pruned", "*.b.example.com", "example.com", "example.com", { 0 }, REASON_VALUE_FOUND },
	{ "aliases in a ring", "ring1.example.com", "example.net", "example.net", { 0 }, REASON_DOMAIN_NOT_DERIVED },
	{ "no such name", "nowhere.example.com", "example.net", "example.net", { 0 }, REASON_DOMAIN_NOT_DERIVED },
	{ "a bogus alias (R-026)", "www.a.example.com", "example.net", "example.net", { "www.a.example.com", 5, DNS_BOGUS, 0, false }, REASON_DNSSEC_BOGUS },
	{ "a lookup that fails", "www.a.example.com", "example.net", "example.net", { "www.a.example.com", 5, DNS_FAILED, 2, false }, REASON_DNS_SERVFAIL },
	/* clang-format on */
};

START_TEST(r040_domain_follows_from_the_target)
{
	char value[300];
	const char *zone[] = { "www.a.example.com. CNAME H.cdn.example.net.",
		               "h.cdn.example.net. CNAME last.example.org.",
		               "a.example.com. CNAME bank.example.",
		               "b.example.com. CNAME h.example.net.",
		               "www.b.example.com. A 192.0.2.1",
		               "ring1.example.com. CNAME ring2.example.com.",
		               "ring2.example.com. CNAME ring1.example.com.",
		               value,
		               NULL };

	snprintf(value, sizeof(value), "_acme-challenge.%s. TXT " HASH,
	         derived[_i].value_at);
	w.zone = zone;
	w.troubles = &derived[_i].trouble;
	w.troubles_count = derived[_i].trouble.name != NULL;
	w.check.target = span_str(derived[_i].target);
	w.check.dcv.authorization_domain_name = span_str(derived[_i].domain);
	world_judge(&w, KIND_DCV);
	world_expect(&w, derived[_i].want, derived[_i].what);
	if (derived[_i].want == REASON_VALUE_FOUND)
		ck_assert(span_is(w.done.authorization_domain_name,
		                  derived[_i].domain));
	else
		ck_assert_uint_eq(w.done.authorization_domain_name.len, 0);
}
END_TEST

/* no step but for methods that have it. */
START_TEST(r043_one_name_for_http)
{
	w.zone = ROWS("www.example.com. A 192.0.2.1",
	              "example.com. A 192.0.2.1");
	w.check.target = SPAN("www.example.com");
	w.check.dcv.validation_method = METHOD_ACME_HTTP_01;
	w.check.dcv.authorization_domain_name = SPAN("example.com");
	world_judge(&w, KIND_DCV);
	expect(REASON_DOMAIN_NOT_DERIVED, CLASS_DISAGREED, "http-01");
	ck_assert_uint_eq(w.evidence.dns_count, 0);
}
END_TEST

START_TEST(tells_what_failed)
{
	struct trouble trouble = { .name = "_acme-challenge." N,
		                   .status = troubles[_i].status,
		                   .rcode = troubles[_i].rcode };

	w.zone = ROWS(ACME "TXT " HASH);
	w.troubles = &trouble;
	w.troubles_count = 1;
	world_judge(&w, KIND_DCV);
	expect(troubles[_i].want, troubles[_i].class, troubles[_i].what);
}
END_TEST

/* openmpic-127, openmpic-129, openmpic-130 */
START_TEST(finds_dns_change)
{
	struct dcv_parameters *dcv = &w.check.dcv;

	dcv->validation_method = METHOD_DNS_CHANGE;
	dcv->challenge_value = SPAN("value-Of-19-chars");
	dcv->dns_record_type = changes[_i].type;
	dcv->dns_name_prefix = span_str(changes[_i].prefix);
	dcv->require_exact_match = changes[_i].exact_match;
	dcv->require_exact_case = changes[_i].exact_case;
	w.zone = ROWS(changes[_i].zone);
	world_judge(&w, KIND_DCV);
	world_expect(&w, changes[_i].want, changes[_i].what);
}
END_TEST

START_TEST(wants_a_value)
{
	w.zone = ROWS(ACME "TXT \"\"", N ". TXT \"\"");
	w.check.dcv.key_authorization_hash = SPAN("");
	world_judge(&w, KIND_DCV);
	expect(REASON_FIELD_MISSING, CLASS_ERROR, "dns-01");

	w.check.dcv.validation_method = METHOD_DNS_CHANGE;
	w.check.dcv.dns_record_type = RECORD_TXT;
	world_judge(&w, KIND_DCV);
	expect(REASON_FIELD_MISSING, CLASS_ERROR, "dns-change");
}
END_TEST

START_TEST(wants_a_name)
{
	static const char *const targets[] = { "192.0.2.1", "2001:db8::1" };

	w.check.target = span_str(targets[_i]);
	world_judge(&w, KIND_DCV);
	expect(REASON_METHOD_TARGET, CLASS_ERROR, targets[_i]);
}
END_TEST

START_TEST(wants_a_name_that_fits)
{
	char name[251];

	for (size_t i = 0; i < 250; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	memcpy(name + 246, ".com", 5);
	w.check.target = span_str(name);
	world_judge(&w, KIND_DCV);
	expect(REASON_NAME_INVALID, CLASS_ERROR, "250 and the prefix");
}
END_TEST

START_TEST(has_no_rules_for_others)
{
	w.check.dcv.validation_method = without_rules[_i];
	w.zone = ROWS(ACME "TXT " HASH);
	world_judge(&w, KIND_DCV);
	expect(REASON_METHOD_NOT_SUPPORTED, CLASS_ERROR, "method");
}
END_TEST

START_TEST(never_passes_what_was_cut_short)
{
	w.zone = ROWS(ACME "TXT " HASH);
	w.stop_after = ends[_i].after;
	w.stop_end = ends[_i].end;
	w.fault = ends[_i].fault;
	if (w.stop_end == EVIDENCE_END_COMPLETE) {
		struct judgement done;
		struct evidence e = { .kind = KIND_DCV,
			              .end = EVIDENCE_END_COMPLETE };

		judge_replay(&w.check, KIND_DCV, &e, w.arena, &done);
		w.done = done;
	} else {
		world_judge(&w, KIND_DCV);
	}
	expect(ends[_i].want, ends[_i].class, ends[_i].what);
	w.zone = NULL;
}
END_TEST

/* What was seen against the target stays seen. */
START_TEST(keeps_a_disagreement_that_was_cut_short)
{
	w.zone = ROWS(ACME "TXT other");
	w.stop_after = 2;
	w.stop_end = EVIDENCE_END_DEADLINE;
	world_judge(&w, KIND_DCV);
	expect(REASON_VALUE_NOT_FOUND, CLASS_DISAGREED, "deadline");
}
END_TEST

START_TEST(replays_only_finished_evidence_of_its_kind)
{
	struct judgement done;

	w.zone = ROWS(ACME "TXT " HASH);
	world_judge(&w, KIND_DCV);
	expect(REASON_VALUE_FOUND, CLASS_CORROBORATED, "live");

	w.evidence.end = EVIDENCE_END_UNKNOWN;
	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_EVIDENCE_INCOMPLETE);

	w.evidence.end = EVIDENCE_END_COMPLETE;
	w.evidence.kind = KIND_CAA;
	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_EVIDENCE_INCOMPLETE);
}
END_TEST

/* Foreign text in the detail is printable and bounded. */
START_TEST(shows_foreign_text_safely)
{
	char line[900] = ACME "TXT \"\\027[2J\\000\\255";
	size_t n = strlen(line);

	memset(line + n, 'x', 200);
	memcpy(line + n + 200, "\"", 2);
	w.zone = ROWS(line);
	world_judge(&w, KIND_DCV);
	expect(REASON_VALUE_NOT_FOUND, CLASS_DISAGREED, "escape sequence");
	for (size_t i = 0; i < w.done.detail.len; i++)
		ck_assert(w.done.detail.p[i] >= ' ' &&
		          w.done.detail.p[i] < 0x7f);
	w.zone = NULL;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_dns");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, finds_dns01, 0, COUNT(dns01));
	tcase_add_test(tc, strips_the_wildcard);
	tcase_add_loop_test(tc, r040_domain_follows_from_the_target, 0,
	                    COUNT(derived));
	tcase_add_test(tc, r043_one_name_for_http);
	tcase_add_loop_test(tc, tells_what_failed, 0, COUNT(troubles));
	tcase_add_loop_test(tc, finds_dns_change, 0, COUNT(changes));
	tcase_add_test(tc, wants_a_value);
	tcase_add_loop_test(tc, wants_a_name, 0, 2);
	tcase_add_test(tc, wants_a_name_that_fits);
	tcase_add_loop_test(tc, has_no_rules_for_others, 0,
	                    COUNT(without_rules));
	tcase_add_loop_test(tc, never_passes_what_was_cut_short, 0,
	                    COUNT(ends));
	tcase_add_test(tc, keeps_a_disagreement_that_was_cut_short);
	tcase_add_test(tc, replays_only_finished_evidence_of_its_kind);
	tcase_add_test(tc, shows_foreign_text_safely);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
