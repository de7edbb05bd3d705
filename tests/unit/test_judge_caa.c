#include "tests/support/judge_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define N "host.example.com"
#define W "*.example.com"
#define ROWS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define TROUBLES(...) \
	(const struct trouble[]){ __VA_ARGS__ }, \
		sizeof((const struct trouble[]){ __VA_ARGS__ }) / \
			sizeof(struct trouble)

/* clang-format off */
/* The set stands at example.com: what governs both N and W. */
#define AT "example.com. 300 IN CAA "

static const struct {
	const char *what;
	const char *const *set;
	enum reason n;
	enum reason w;
} sets[] = {
	/* */
	{ "iodef only", ROWS(AT "0 iodef \"mailto:a@example.com\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "odd iodef (R-081)", ROWS(AT "0 iodef \"ftp://x\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "unknown not critical only", ROWS(AT "0 tbs \"x\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	/* R-073, row by row */
	/* openmpic-92, openmpic-95 */
	{ "issue ours", ROWS(AT "0 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	/* openmpic-93 */
	{ "issue ;", ROWS(AT "0 issue \";\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	{ "issue empty", ROWS(AT "0 issue \"\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	{ "issue ; and ours", ROWS(AT "0 issue \";\"", AT "0 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	/* openmpic-87, openmpic-95 */
	{ "issue ours, issuewild ;", ROWS(AT "0 issue \"ca.example\"", AT "0 issuewild \";\""), REASON_CAA_PERMITS, REASON_CAA_FORBIDS },
	{ "issue ;, issuewild ours", ROWS(AT "0 issue \";\"", AT "0 issuewild \"ca.example\""), REASON_CAA_FORBIDS, REASON_CAA_PERMITS },
	{ "issuewild other only", ROWS(AT "0 issuewild \"other.example\""), REASON_CAA_UNRESTRICTED, REASON_CAA_FORBIDS },
	{ "issuewild ours only", ROWS(AT "0 issuewild \"ca.example\""), REASON_CAA_UNRESTRICTED, REASON_CAA_PERMITS },
	{ "issue other, issuewild ours", ROWS(AT "0 issue \"other.example\"", AT "0 issuewild \"ca.example\""), REASON_CAA_FORBIDS, REASON_CAA_PERMITS },
	{ "issue ours, issuewild malformed", ROWS(AT "0 issue \"ca.example\"", AT "0 issuewild \"%%%\""), REASON_CAA_PERMITS, REASON_CAA_FORBIDS },
	{ "two issuewild, one ours", ROWS(AT "0 issuewild \"other.example\"", AT "0 issuewild \"ca.example\""), REASON_CAA_UNRESTRICTED, REASON_CAA_PERMITS },
	/* */
	{ "unknown critical beside ours", ROWS(AT "128 tbs \"x\"", AT "0 issue \"ca.example\""), REASON_CAA_CRITICAL, REASON_CAA_CRITICAL },
	{ "unknown beside ours", ROWS(AT "0 tbs \"x\"", AT "0 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "critical issue", ROWS(AT "128 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "critical iodef", ROWS(AT "128 iodef \"mailto:a@b.example\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "flag 1 unknown", ROWS(AT "1 tbs \"x\""), REASON_CAA_CRITICAL, REASON_CAA_CRITICAL },
	{ "flag 9 unknown", ROWS(AT "9 tbs \"x\""), REASON_CAA_CRITICAL, REASON_CAA_CRITICAL },
	{ "flag 0x7e unknown", ROWS(AT "126 tbs \"x\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "flag 1 issue", ROWS(AT "1 issue \"other.example\"", AT "1 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "flag 255 issue", ROWS(AT "255 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "critical issuemail, for TLS (R-084)", ROWS(AT "128 issuemail \";\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	/* openmpic-88 */
	{ "critical contactemail", ROWS(AT "128 contactemail \"a@b.example\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "critical contactphone", ROWS(AT "128 contactphone \"1\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "critical issuevmc", ROWS(AT "128 issuevmc \";\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	{ "critical ISSUEMAIL", ROWS(AT "128 ISSUEMAIL \";\""), REASON_CAA_UNRESTRICTED, REASON_CAA_UNRESTRICTED },
	/* */
	{ "ISSUE ;", ROWS(AT "0 ISSUE \";\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	{ "IssueWild ours", ROWS(AT "0 IssueWild \"ca.example\""), REASON_CAA_UNRESTRICTED, REASON_CAA_PERMITS },
	{ "tag of length 0", ROWS("example.com. 300 IN TYPE257 \\# 2 0000", AT "0 issue \"ca.example\""), REASON_CAA_MALFORMED, REASON_CAA_MALFORMED },
	{ "tag beyond RDATA", ROWS("example.com. 300 IN TYPE65280 \\# 3 00ff69", AT "0 issue \"ca.example\""), REASON_CAA_MALFORMED, REASON_CAA_MALFORMED },
	{ "tag is-sue", ROWS("example.com. 300 IN TYPE257 \\# 10 000669732d7375656361"), REASON_CAA_MALFORMED, REASON_CAA_MALFORMED },
	{ "a tag of 20 letters", ROWS(AT "0 abcdefghijklmnopqrst \"x\"", AT "0 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	/* */
	/* openmpic-94 */
	{ "percent signs alone", ROWS(AT "0 issue \"%%%%%\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	{ "malformed and ours", ROWS(AT "0 issue \"%%%%%\"", AT "0 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "ours with a NUL behind", ROWS("example.com. 300 IN TYPE257 \\# 18 0005697373756563612e6578616d706c6500"), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	/* */
	/* openmpic-92 */
	{ "CA.Example", ROWS(AT "0 issue \"CA.Example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	/* openmpic-78 */
	{ "sub.ca.example", ROWS(AT "0 issue \"sub.ca.example\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	{ "xca.example", ROWS(AT "0 issue \"xca.example\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	{ "ca.example.net", ROWS(AT "0 issue \"ca.example.net\""), REASON_CAA_FORBIDS, REASON_CAA_FORBIDS },
	/* */
	/* openmpic-W14 */
	{ "other account", ROWS(AT "0 issue \"ca.example; accounturi=https://a.example/2\""), REASON_CAA_PARAMETERS, REASON_CAA_PARAMETERS },
	{ "our account", ROWS(AT "0 issue \"ca.example; accounturi=https://a.example/1\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "other account, then any", ROWS(AT "0 issue \"ca.example; accounturi=https://a.example/2\"", AT "0 issue \"ca.example\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
	{ "other method", ROWS(AT "0 issue \"ca.example; validationmethods=http-01\""), REASON_CAA_PARAMETERS, REASON_CAA_PARAMETERS },
	{ "our method", ROWS(AT "0 issue \"ca.example; validationmethods=dns-01\""), REASON_CAA_PERMITS, REASON_CAA_PERMITS },
};

static const struct {
	const char *what;
	const char *target;
	const char *const *zone;
	const struct trouble *troubles;
	size_t troubles_count;
	enum reason want;
} climbs[] = {
	/* */
	/* openmpic-72, openmpic-85 */
	{ "nothing anywhere (R-072)", "a.b.example.com", ROWS("a.b.example.com. A 192.0.2.1"), NULL, 0, REASON_CAA_NO_RECORDS },
	{ "the TLD forbids", "a.b.example.com", ROWS("com. CAA 0 issue \";\""), NULL, 0, REASON_CAA_FORBIDS },
	{ "the child's iodef governs", N, ROWS("host.example.com. CAA 0 iodef \"x\"", AT "0 issue \";\""), NULL, 0, REASON_CAA_UNRESTRICTED },
	{ "no public suffix list", "foo.co.uk", ROWS("co.uk. CAA 0 issue \"ca.example\"", "uk. CAA 0 issue \";\""), NULL, 0, REASON_CAA_PERMITS },
	/* openmpic-76 */
	{ "NXDOMAIN, and the parent's set", "nx.present.com", ROWS("present.com. CAA 0 issue \"other.example\""), NULL, 0, REASON_CAA_FORBIDS },
	{ "a set beside the path", N, ROWS("other.example.com. CAA 0 issue \";\""), NULL, 0, REASON_CAA_NO_RECORDS },
	{ "the root is not asked", N, ROWS("x.com. A 192.0.2.1"), TROUBLES({ ".", 0, DNS_BOGUS, 0, false }), REASON_CAA_NO_RECORDS },
	{ "critical at the parent only (R-074)", N, ROWS("host.example.com. CAA 0 issue \"ca.example\"", AT "128 tbs \"x\""), NULL, 0, REASON_CAA_PERMITS },
	/* */
	{ "the alias' set governs", "x.example.com", ROWS("x.example.com. CNAME y.other.net.", "y.other.net. CAA 0 issue \"ca.example\"", AT "0 issue \";\""), NULL, 0, REASON_CAA_PERMITS },
	{ "the alias' parents do not", "x.example.com", ROWS("x.example.com. CNAME y.other.net.", "y.other.net. A 192.0.2.1", "other.net. CAA 0 issue \";\"", AT "0 issue \"ca.example\""), NULL, 0, REASON_CAA_PERMITS },
	{ "an alias to nowhere is empty", "x.example.com", ROWS("x.example.com. CNAME y.other.net.", AT "0 issue \"ca.example\""), NULL, 0, REASON_CAA_PERMITS },
	{ "an alias of the parent", N, ROWS("example.com. CNAME y.other.net.", "y.other.net. CAA 0 issue \";\""), NULL, 0, REASON_CAA_FORBIDS },
	{ "DNAME", "x.example.com", ROWS("example.com. DNAME other.net.", "x.example.com. CNAME x.other.net.", "x.other.net. CAA 0 issue \";\""), NULL, 0, REASON_CAA_FORBIDS },
	{ "a loop of aliases", "x.example.com", ROWS("x.example.com. CNAME y.example.com.", "y.example.com. CNAME x.example.com.", AT "0 issue \"ca.example\""), NULL, 0, REASON_DNS_CHAIN },
	/* */
	/* openmpic-83, openmpic-84 */
	{ "child fails, parent permits", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_FAILED, 2, false }), REASON_DNS_SERVFAIL },
	{ "child permits, parent fails", N, ROWS("host.example.com. CAA 0 issue \"ca.example\""), TROUBLES({ "example.com", 0, DNS_FAILED, 2, false }, { "com", 0, DNS_BOGUS, 0, false }), REASON_CAA_PERMITS },
	{ "child empty, parent fails", N, ROWS("host.example.com. A 192.0.2.1"), TROUBLES({ "example.com", 0, DNS_FAILED, 2, false }), REASON_DNS_SERVFAIL },
	{ "the TLD fails", N, ROWS("host.example.com. A 192.0.2.1"), TROUBLES({ "com", 0, DNS_FAILED, 2, false }), REASON_DNS_SERVFAIL },
	/* failures deny */
	{ "bogus", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_BOGUS, 0, false }), REASON_DNSSEC_BOGUS },
	/* openmpic-136 */
	{ "REFUSED", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_FAILED, 5, false }), REASON_DNS_REFUSED },
	{ "NOTIMP", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_FAILED, 4, false }), REASON_DNS_REFUSED },
	{ "FORMERR", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_FAILED, 1, false }), REASON_DNS_REFUSED },
	/* openmpic-79 */
	{ "no answer", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_UNANSWERED, 0, false }), REASON_TIMEOUT_DNS },
	{ "insecure, but no packet", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_INSECURE, 0, false }), REASON_DNS_MALFORMED },
	{ "a status from the future", N, ROWS(AT "0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_UNKNOWN, 0, false }), REASON_EVIDENCE_MALFORMED },
	{ "truncated at the name", N, ROWS("host.example.com. CAA 0 issue \"ca.example\""), TROUBLES({ N, 0, DNS_UNKNOWN, 0, true }), REASON_DNS_MALFORMED },
	{ "truncated above the set", N, ROWS("host.example.com. CAA 0 issue \"ca.example\""), TROUBLES({ "com", 0, DNS_UNKNOWN, 0, true }), REASON_CAA_PERMITS },
	/* */
	{ "an address", "192.0.2.1", ROWS("x. A 192.0.2.1"), NULL, 0, REASON_CAA_FOR_ADDRESS },
	{ "an IPv6 address", "2001:db8::1", ROWS("x. A 192.0.2.1"), NULL, 0, REASON_CAA_FOR_ADDRESS },
};

/* */
static const struct {
	const char *what;
	const char *const *set;
	enum reason want;
} mail[] = {
	{ "issue ; only", ROWS(AT "0 issue \";\""), REASON_CAA_UNRESTRICTED },
	/* openmpic-74 */
	{ "issuemail ours", ROWS(AT "0 issuemail \"ca.example\""), REASON_CAA_PERMITS },
	/* openmpic-74, R-104 */
	{ "issuemail ;", ROWS(AT "0 issuemail \";\""), REASON_CAA_FORBIDS },
	{ "other and ours", ROWS(AT "0 issuemail \"other.example\"", AT "0 issuemail \"ca.example\""), REASON_CAA_PERMITS },
	{ "malformed only", ROWS(AT "0 issuemail \"%%%\""), REASON_CAA_FORBIDS },
};
/* clang-format on */

static struct world w;

static void setup(void)
{
	world_init(&w);
	w.check.account_uri = SPAN("https://a.example/1");
	w.check.dcv.validation_method = METHOD_ACME_DNS_01;
}

static void teardown(void)
{
	world_clear(&w);
}

START_TEST(sets_govern_names)
{
	w.zone = sets[_i].set;
	world_judge(&w, KIND_CAA);
	world_expect(&w, sets[_i].n, sets[_i].what);
}
END_TEST

START_TEST(sets_govern_wildcards)
{
	w.zone = sets[_i].set;
	w.check.target = SPAN(W);
	world_judge(&w, KIND_CAA);
	world_expect(&w, sets[_i].w, sets[_i].what);
}
END_TEST

START_TEST(climbs_the_tree)
{
	w.zone = climbs[_i].zone;
	w.troubles = climbs[_i].troubles;
	w.troubles_count = climbs[_i].troubles_count;
	w.check.target = span_str(climbs[_i].target);
	world_judge(&w, KIND_CAA);
	world_expect(&w, climbs[_i].want, climbs[_i].what);
}
END_TEST

START_TEST(reads_issuemail_for_mail)
{
	w.zone = mail[_i].set;
	w.check.caa.certificate_type = CERT_S_MIME;
	world_judge(&w, KIND_CAA);
	world_expect(&w, mail[_i].want, mail[_i].what);
}
END_TEST

/* R-069, openmpic-86: {a.b.example.com, b.example.com, example.com, com}, and
 * no more */
START_TEST(asks_for_all_levels_at_once)
{
	static const char *const want[] = { "a.b.example.com", "b.example.com",
		                            "example.com", "com" };
	struct evidence nothing = { .kind = KIND_CAA };
	struct judge_step step;

	w.check.target = SPAN("*.a.b.example.com");
	judge_next(&w.check, KIND_CAA, &nothing, w.arena, &step);
	ck_assert_int_eq(step.want, JUDGE_WANTS_DNS);
	ck_assert_uint_eq(step.questions_count, COUNT(want));
	for (size_t i = 0; i < step.questions_count; i++) {
		ck_assert(span_is(step.questions[i].name, want[i]));
		ck_assert_uint_eq(step.questions[i].type, 257);
	}
}
END_TEST

/* boulder-L10 */
START_TEST(climbs_deep_names_in_steps)
{
	char name[256] = "";

	for (size_t i = 0; i < 80; i++)
		memcpy(name + 2 * i, "a.", 3);
	memcpy(name + 160, "com", 4);
	w.check.target = span_str(name);
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_NO_RECORDS, "81 labels");
	ck_assert_uint_eq(w.evidence.dns_count, 81);
	ck_assert_uint_le(w.most_questions, JUDGE_QUESTIONS_MAX);

	for (size_t i = 0; i < 126; i++)
		memcpy(name + 2 * i, "a.", 3);
	memcpy(name + 252, "a", 2);
	w.check.target = span_str(name);
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_EVIDENCE_TOO_LARGE, "127 labels");
}
END_TEST

/* The TLD of climbs[] always exists: an answer is made by hand here
   (boulder-B04). */
START_TEST(denies_below_a_tld_that_is_not_there)
{
	struct dns_evidence dns[2] = {
		{ .name = SPAN("example.gonetld"),
		  .type = 257,
		  .status = DNS_SECURE },
		{ .name = SPAN("gonetld"), .type = 257, .status = DNS_SECURE },
	};
	struct evidence e = { .kind = KIND_CAA,
		              .end = EVIDENCE_END_COMPLETE,
		              .dns = dns,
		              .dns_count = 2 };
	struct judgement done;

	for (int i = 0; i < 2; i++) {
		struct span packet = world_packet(&w, dns[i].name, 257);
		uint8_t *p = arena_alloc(w.arena, packet.len);

		memcpy(p, packet.p, packet.len);
		p[3] = (uint8_t)((p[3] & 0xf0) | 3);
		dns[i].packet = span_of(p, packet.len);
	}
	w.check.target = SPAN("example.gonetld");
	judge_replay(&w.check, KIND_CAA, &e, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_DNS_NXDOMAIN);
	ck_assert_int_eq(done.result_class, CLASS_DISAGREED);
}
END_TEST

/* openmpic-82 */
/* the smallest TTL of the governing chain, from when it was asked */
START_TEST(tells_when_it_was_looked_up)
{
	w.zone = ROWS("host.example.com. 900 IN CNAME y.other.net.",
	              "y.other.net. 120 IN CAA 0 issue \"ca.example\"",
	              "y.other.net. 120 IN CAA 0 iodef \"x\"");
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_PERMITS, "alias");
	ck_assert_int_eq(w.done.looked_up_ms % 1000, 0);
	ck_assert_int_gt(w.done.looked_up_ms, 0);
	ck_assert(w.done.expires_ms.set);
	ck_assert_int_eq(w.done.expires_ms.v, w.done.looked_up_ms + 120000);

	w.zone = NULL;
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_NO_RECORDS, "nothing");
	ck_assert(!w.done.expires_ms.set);
	ck_assert_int_eq(w.done.looked_up_ms, 1000);
}
END_TEST

/* R-083, boulder-L11: a thousand records are read, more than the ceiling are an
 * error */
START_TEST(bears_many_records)
{
	static char lines[1501][64];
	static const char *rows[1502];

	for (int i = 0; i < 1501; i++) {
		snprintf(lines[i], sizeof(lines[i]),
		         "host.example.com. CAA 0 issue \"ca%d.example\"", i);
		rows[i] = lines[i];
	}
	w.zone = rows;
	rows[1000] = NULL;
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_FORBIDS, "1000 records");
	rows[999] = "host.example.com. CAA 0 issue \"ca.example\"";
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_PERMITS, "the last of 1000 permits");
	rows[1000] = lines[1000];
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_DNS_TOO_MANY_RECORDS, "1501 records");
}
END_TEST

/* a refusal tells the record, its node, and whom the owner wants
   to hear of it; what is no way to tell anybody is passed over. */
static const struct {
	const char *const *set;
	const char *want;
} iodefs[] = {
	{ ROWS(AT "0 issue \";\"", AT "0 iodef \"mailto:a@example.com\""),
	  "2 CAA at example.com: 0 issue \";\"; iodef mailto:a@example.com" },
	{ ROWS(AT "0 issue \";\"", AT "0 iodef \"ftp://x\"",
	       AT "0 IODEF \"https://example.com/report\""),
	  "3 CAA at example.com: 0 issue \";\"; iodef "
	  "https://example.com/report" },
	{ ROWS(AT "128 tbs \"x\"", AT "0 iodef \"MailTo:a@example.com\""),
	  "2 CAA at example.com: 128 tbs \"x\"; iodef MailTo:a@example.com" },
	{ ROWS(AT "0 issue \";\"", AT "0 iodef \"mailto\""),
	  "2 CAA at example.com: 0 issue \";\"" },
	{ ROWS(AT "0 issue \"ca.example\"",
	       AT "0 iodef \"mailto:a@example.com\""),
	  "2 CAA at example.com: 0 issue \"ca.example\"" },
};

START_TEST(r081_refusals_tell_the_owner)
{
	w.zone = iodefs[_i].set;
	world_judge(&w, KIND_CAA);
	ck_assert_msg(span_is(w.done.detail, iodefs[_i].want), "%.*s",
	              SPAN_ARG(w.done.detail));
}
END_TEST

START_TEST(names_nobody_without_issuers)
{
	w.check.caa.caa_domains.count = 0;
	w.zone = ROWS(AT "0 issue \"\"", AT "0 issue \"ca.example\"");
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_FORBIDS, "no issuers");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_caa");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, sets_govern_names, 0, COUNT(sets));
	tcase_add_loop_test(tc, sets_govern_wildcards, 0, COUNT(sets));
	tcase_add_loop_test(tc, climbs_the_tree, 0, COUNT(climbs));
	tcase_add_loop_test(tc, reads_issuemail_for_mail, 0, COUNT(mail));
	tcase_add_test(tc, asks_for_all_levels_at_once);
	tcase_add_test(tc, climbs_deep_names_in_steps);
	tcase_add_test(tc, denies_below_a_tld_that_is_not_there);
	tcase_add_test(tc, tells_when_it_was_looked_up);
	tcase_add_test(tc, bears_many_records);
	tcase_add_test(tc, names_nobody_without_issuers);
	tcase_add_loop_test(tc, r081_refusals_tell_the_owner, 0, COUNT(iodefs));
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
