/*
 * when a failed CAA lookup counts as permission, and that it never does
 * when one of the conditions is missing (openmpic-80 openmpic-81 openmpic-W07).
 */
#include "tests/support/judge_world.h"

#include <check.h>
#include <stdlib.h>

#define N "host.example.com"
#define NSEC3(types) \
	"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com. 300 IN NSEC3 1 0 0 - " \
	"2t7b4g4vsa5smi47k61mv5bv1a22bojr " types

enum { CAA_TYPE = 257, DS_TYPE = 43, CNAME_TYPE = 5, ROWS_MAX = 4, MAX = 3 };

/* clang-format off */
/* host.example.com fails twice, as the request may and the issuer's own name
   is there, unless a row says otherwise. */
static const struct {
	const char *what;
	const char *zone[ROWS_MAX]; /* besides ca.example */
	struct trouble troubles[MAX];
	struct denial denials[MAX];
	enum reason want;
} rows[] = {
	{ "insecure by opt-out, or above", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "timed out twice", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_UNANSWERED, 0, false } }, { { 0 } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "bogus", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNSSEC_BOGUS },
	{ "truncated", { "host.example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_UNKNOWN, 0, true } }, { { 0 } }, REASON_DNS_MALFORMED },
	{ "the issuer's name fails too", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { "ca.example", CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_DNS_SERVFAIL },
	{ "the issuer's name is bogus", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { "ca.example", CAA_TYPE, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNS_SERVFAIL },
	{ "no DS can be looked up", { "example.com. A 192.0.2.1" }, { { N, 0, DNS_FAILED, 2, false }, { "example.com", DS_TYPE, DNS_FAILED, 2, false }, { "com", DS_TYPE, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNS_SERVFAIL },
	{ "the parent forbids", { "example.com. CAA 0 issue \";\"" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_CAA_FORBIDS },
	{ "the parent permits", { "example.com. CAA 0 issue \"ca.example\"" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "the parent is bogus", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { "example.com", CAA_TYPE, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNSSEC_BOGUS },
	{ "the parent fails too", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { "example.com", CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "a set below the failure", { "host.example.com. CAA 0 issue \"ca.example\"" }, { { "example.com", CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_CAA_PERMITS },

	/* the zone that failed is where the alias leads: its proof, too */
	{ "an alias into an unsigned zone", { N ". CNAME www.other.org.", "www.other.org. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "an alias into a dead zone", { N ". CNAME www.other.org." }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { "www.other.org", 0, DNS_UNANSWERED, 0, false } }, { { 0 } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "an alias into a signed zone", { N ". CNAME www.other.org.", "www.other.org. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { "www.other.org", DS_TYPE, { 0 } }, { "other.org", DS_TYPE, { 0 } }, { "org", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "two aliases into a signed zone", { N ". CNAME a.example.net.", "a.example.net. CNAME www.other.org.", "www.other.org. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { "www.other.org", DS_TYPE, { 0 } }, { "other.org", DS_TYPE, { 0 } }, { "org", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "an alias from a signed zone", { N ". CNAME www.other.org.", "www.other.org. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { 0 } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "aliases in a circle", { N ". CNAME a.example.com.", "a.example.com. CNAME " N "." }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { 0 } }, REASON_DNS_SERVFAIL },
	{ "a bogus alias", { N ". CNAME www.other.org." }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { N, CNAME_TYPE, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNS_SERVFAIL },
	/* a fault of ours is not the domain's */
	{ "it was not asked", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_NOT_ASKED, 0, false } }, { { 0 } }, REASON_RESOLVER_FAILED },
	{ "the issuer's name was not asked", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { "ca.example", CAA_TYPE, DNS_NOT_ASKED, 0, false } }, { { 0 } }, REASON_DNS_SERVFAIL },
	{ "whether there is an alias was not asked", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false }, { N, CNAME_TYPE, DNS_NOT_ASKED, 0, false } }, { { 0 } }, REASON_DNS_SERVFAIL },

	/* secure answers: a cut without DS is a proof, no cut is none */
	{ "a cut without DS", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { N ". 300 IN NSEC z.example.com. A RRSIG NSEC" } }, { "example.com", DS_TYPE, { "example.com. 300 IN NSEC f.com. NS RRSIG NSEC" } }, { "com", DS_TYPE, { "com. 300 IN NSEC d. NS SOA RRSIG NSEC" } } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "no cut at all", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { N ". 300 IN NSEC z.example.com. A RRSIG NSEC" } }, { "example.com", DS_TYPE, { "example.com. 300 IN NSEC f.com. A RRSIG NSEC" } }, { "com", DS_TYPE, { "com. 300 IN NSEC d. A RRSIG NSEC" } } }, REASON_DNS_SERVFAIL },
	{ "the child's own apex", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { "example.com. 300 IN NSEC f.com. NS SOA RRSIG NSEC" } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "a cut with DS", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { "example.com. 300 IN NSEC f.com. NS DS RRSIG NSEC" } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "another name's cut", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { "a.com. 300 IN NSEC f.com. NS RRSIG NSEC" } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "a cut by its hash", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { NSEC3("NS") } }, { "com", DS_TYPE, { 0 } } }, REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "a hash without a cut", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { NSEC3("A RRSIG") } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "two hashes: from around it", { "example.com. A 192.0.2.1" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { NSEC3("NS"), NSEC3("NS") } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
	{ "signed all the way", { "example.com. A 192.0.2.1", "example.com. 300 IN DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000", "com. 300 IN DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000" }, { { N, CAA_TYPE, DNS_FAILED, 2, false } }, { { N, DS_TYPE, { 0 } }, { "example.com", DS_TYPE, { 0 } }, { "com", DS_TYPE, { 0 } } }, REASON_DNS_SERVFAIL },
};
/* clang-format on */

static struct world w;

static void setup(void)
{
	world_init(&w);
	w.check.caa.allow_lookup_failure = SOME_BOOL(true);
	w.tries = 2;
}

static void teardown(void)
{
	world_clear(&w);
}

static void judge_row(int i)
{
	static const char *zone[ROWS_MAX + 2];

	memset(zone, 0, sizeof(zone));
	zone[0] = "ca.example. A 192.0.2.2";
	memcpy(zone + 1, rows[i].zone, sizeof(rows[i].zone));
	w.zone = zone;
	w.troubles = rows[i].troubles;
	w.denials = rows[i].denials;
	while (w.troubles_count < MAX &&
	       w.troubles[w.troubles_count].name != NULL)
		w.troubles_count++;
	while (w.denials_count < MAX && w.denials[w.denials_count].name != NULL)
		w.denials_count++;
	w.check.target = SPAN(N);
	world_judge(&w, KIND_CAA);
}

/* openmpic-80, openmpic-81, openmpic-W07: allowed it is permission, and that a
   lookup failed is told; where the zone may be signed it is none. */
START_TEST(r068_row)
{
	judge_row(_i);
	world_expect(&w, rows[_i].want, rows[_i].what);
	if (rows[_i].want != REASON_CAA_LOOKUP_FAILURE_INSECURE)
		return;
	ck_assert_int_eq(w.done.result_class, CLASS_CORROBORATED);
	ck_assert_int_gt(w.done.looked_up_ms, 0);
	ck_assert_int_ge(span_find(w.done.detail, SPAN(" failed twice")), 0);
}
END_TEST

START_TEST(r068_asks_for_nothing_more_unless_allowed)
{
	w.check.caa.allow_lookup_failure =
		_i == 0 ? (struct opt_bool){ 0 } : SOME_BOOL(false);
	judge_row(0);
	world_expect(&w, REASON_DNS_SERVFAIL, "not allowed");
	ck_assert_uint_le(w.evidence.dns_count, 3);
}
END_TEST

START_TEST(r068_one_try_is_not_enough)
{
	w.tries = 1;
	judge_row(0);
	world_expect(&w, REASON_DNS_SERVFAIL, "one try");
}
END_TEST

/* Each label costs lookups that somebody else may make slow. */
START_TEST(r068_has_its_depth)
{
	static const struct {
		const char *target, *fails, *zone;
		enum reason want;
	} deep[] = {
		{ "a.b.c.d.e.f.g.h.example.com", "example.com",
		  "a.b.c.d.e.f.g.h.example.com. A 192.0.2.1",
		  REASON_CAA_LOOKUP_FAILURE_INSECURE },
		{ "a.b.c.d.e.f.g.h.i.example.com", "example.com",
		  "a.b.c.d.e.f.g.h.i.example.com. A 192.0.2.1",
		  REASON_DNS_SERVFAIL },
		{ N, N, N ". CNAME a.b.c.d.e.f.g.h.example.com.",
		  REASON_CAA_LOOKUP_FAILURE_INSECURE },
		{ N, N, N ". CNAME a.b.c.d.e.f.g.h.i.example.com.",
		  REASON_DNS_SERVFAIL },
	};
	struct trouble trouble = { deep[_i].fails, CAA_TYPE, DNS_FAILED, 2,
		                   false };
	const char *zone[] = { "ca.example. A 192.0.2.2",
		               "example.com. A 192.0.2.1", deep[_i].zone,
		               "a.b.c.d.e.f.g.h.i.example.com. A 192.0.2.1",
		               NULL };

	w.zone = zone;
	w.troubles = &trouble;
	w.troubles_count = 1;
	w.every_ms = 10; /* they are asked side by side */
	w.check.target = span_str(deep[_i].target);
	world_judge(&w, KIND_CAA);
	world_expect(&w, deep[_i].want, deep[_i].target);
}
END_TEST

START_TEST(r068_needs_a_name_of_ours)
{
	static struct span odd[] = { SPAN("") };

	w.check.caa.caa_domains = (struct text_list){ odd, 1 };
	judge_row(0);
	world_expect(&w, REASON_DNS_SERVFAIL, "no issuer");
}
END_TEST

/* What may come from a cache is no proof: neither the issuer's name, which this
   check may have asked before, nor a DS, nor an alias. */
START_TEST(r068_proof_is_asked_anew)
{
	struct judgement done;
	size_t fresh = 0;

	judge_row(0);
	for (size_t i = 0; i < w.evidence.dns_count; i++) {
		struct dns_evidence *e = &w.evidence.dns[i];

		if (!e->fresh.set)
			continue;
		fresh++;
		e->fresh = (struct opt_bool){ 0 };
		judge_replay(&w.check, KIND_CAA, &w.evidence, w.arena, &done);
		ck_assert_msg(done.result_class != CLASS_CORROBORATED,
		              "type %d of %.*s", (int)e->type,
		              SPAN_ARG(e->name));
		e->fresh = SOME_BOOL(true);
	}
	ck_assert_uint_eq(fresh, 6); /* two CAA, CNAME and three DS */
}
END_TEST

static struct dns_evidence *fresh_caa(const char *name)
{
	for (size_t i = 0; i < w.evidence.dns_count; i++) {
		struct dns_evidence *e = &w.evidence.dns[i];

		if (e->type == CAA_TYPE && e->fresh.set &&
		    span_is(e->name, name))
			return e;
	}
	return NULL;
}

/* Two tries may have ended by what others had asked before: a failure that is
   kept, a port that they hold. Where nobody else asks it has to fail, too. */
START_TEST(r068_failure_is_seen_anew)
{
	static const struct {
		enum dns_status status;
		int rcode;
		int64_t tries;
		enum reason want;
	} anew[] = {
		{ DNS_FAILED, 2, 2, REASON_CAA_LOOKUP_FAILURE_INSECURE },
		{ DNS_UNANSWERED, 0, 2, REASON_CAA_LOOKUP_FAILURE_INSECURE },
		{ DNS_FAILED, 2, 1, REASON_DNS_SERVFAIL },
		{ DNS_UNANSWERED, 0, 1, REASON_DNS_SERVFAIL },
		{ DNS_INSECURE, 0, 1, REASON_DNS_SERVFAIL },
		{ DNS_SECURE, 0, 2, REASON_DNS_SERVFAIL },
		{ DNS_BOGUS, 2, 2, REASON_DNS_SERVFAIL },
		{ DNS_NOT_ASKED, 0, 0, REASON_DNS_SERVFAIL },
	};
	struct dns_evidence *e;
	struct judgement done;

	judge_row(0);
	e = fresh_caa(N);
	ck_assert_ptr_nonnull(e);
	for (int i = 0; i < COUNT(anew); i++) {
		e->status = anew[i].status;
		e->rcode = anew[i].rcode;
		e->tries = anew[i].tries;
		e->packet = e->status == DNS_INSECURE || e->status == DNS_SECURE
		                    ? world_packet(&w, SPAN(N), CAA_TYPE)
		                    : (struct span){ NULL, 0 };
		judge_replay(&w.check, KIND_CAA, &w.evidence, w.arena, &done);
		ck_assert_msg(done.reason == anew[i].want, "%d: %s", i,
		              reason_name(done.reason));
	}
}
END_TEST

/* ... even where the issuer's own name is the one to be issued for. */
START_TEST(r068_issuer_for_itself)
{
	static const struct trouble trouble = { "a.ca.example", CAA_TYPE,
		                                DNS_FAILED, 2, false };
	static const char *const zone[] = { "ca.example. A 192.0.2.2",
		                            "a.ca.example. A 192.0.2.2", NULL };
	size_t asked = 0;

	w.zone = zone;
	w.troubles = &trouble;
	w.troubles_count = 1;
	w.check.target = SPAN("a.ca.example");
	world_judge(&w, KIND_CAA);
	world_expect(&w, REASON_CAA_LOOKUP_FAILURE_INSECURE, "itself");
	for (size_t i = 0; i < w.evidence.dns_count; i++)
		asked += span_is(w.evidence.dns[i].name, "ca.example") &&
		         w.evidence.dns[i].type == CAA_TYPE;
	ck_assert_uint_eq(asked, 2);
}
END_TEST

/* In the same seconds: before the failure, or long after it, says nothing. */
START_TEST(r068_canary_has_its_time)
{
	static const struct {
		int64_t at; /* from the failure's start */
		enum reason want;
	} times[] = {
		{ -1, REASON_DNS_SERVFAIL },
		{ 0, REASON_CAA_LOOKUP_FAILURE_INSECURE },
		{ 10005, REASON_CAA_LOOKUP_FAILURE_INSECURE },
		{ 10006, REASON_DNS_SERVFAIL },
	};
	struct dns_evidence *canary = NULL;
	struct judgement done;
	int64_t failed = 0;

	judge_row(0);
	for (size_t i = 0; i < w.evidence.dns_count; i++) {
		struct dns_evidence *e = &w.evidence.dns[i];

		if (span_is(e->name, "ca.example"))
			canary = e;
		if (span_is(e->name, N) && e->type == CAA_TYPE && !e->fresh.set)
			failed = e->at_ms;
	}
	ck_assert_ptr_nonnull(canary);
	for (int i = 0; i < COUNT(times); i++) {
		canary->at_ms = failed + times[i].at;
		judge_replay(&w.check, KIND_CAA, &w.evidence, w.arena, &done);
		ck_assert_msg(done.reason == times[i].want, "%lld: %s",
		              (long long)times[i].at, reason_name(done.reason));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_insecure");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r068_row, 0, COUNT(rows));
	tcase_add_loop_test(tc, r068_asks_for_nothing_more_unless_allowed, 0,
	                    2);
	tcase_add_test(tc, r068_one_try_is_not_enough);
	tcase_add_loop_test(tc, r068_has_its_depth, 0, 4);
	tcase_add_test(tc, r068_needs_a_name_of_ours);
	tcase_add_test(tc, r068_canary_has_its_time);
	tcase_add_test(tc, r068_proof_is_asked_anew);
	tcase_add_test(tc, r068_failure_is_seen_anew);
	tcase_add_test(tc, r068_issuer_for_itself);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
