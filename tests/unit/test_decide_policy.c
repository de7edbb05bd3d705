/* tables 9(a), 9(b). */
#include "base/buf.h"
#include "decide/policy.h"
#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* -- the phase-in, at T - 1 s, T, T + 1 s and the last millisecond */

static const struct {
	int y, m, d;
	const char *before; /* id in force until then; NULL: none */
	const char *from;
	int64_t min_remotes, min_rirs;
	enum policy_family family;
} steps[] = {
	{ 2025, 3, 15, NULL, "cabf-tls/2025-03-15", 2, 1, POLICY_CABF_TLS },
	{ 2025, 9, 15, "cabf-tls/2025-03-15", "cabf-tls/2025-09-15", 2, 1,
	  POLICY_CABF_TLS },
	{ 2026, 3, 15, "cabf-tls/2025-09-15", "cabf-tls/2026-03-15", 3, 2,
	  POLICY_CABF_TLS },
	{ 2026, 6, 15, "cabf-tls/2026-03-15", "cabf-tls/2026-06-15", 4, 2,
	  POLICY_CABF_TLS },
	{ 2026, 12, 15, "cabf-tls/2026-06-15", "cabf-tls/2026-12-15", 5, 2,
	  POLICY_CABF_TLS },
	{ 2025, 5, 15, NULL, "cabf-smime/2025-05-15", 2, 1, POLICY_CABF_SMIME },
	{ 2025, 9, 15, "cabf-smime/2025-05-15", "cabf-smime/2025-09-15", 2, 1,
	  POLICY_CABF_SMIME },
	{ 2026, 3, 15, "cabf-smime/2025-09-15", "cabf-smime/2026-03-15", 3, 2,
	  POLICY_CABF_SMIME },
	{ 2026, 6, 15, "cabf-smime/2026-03-15", "cabf-smime/2026-06-15", 4, 2,
	  POLICY_CABF_SMIME },
	{ 2026, 12, 15, "cabf-smime/2026-06-15", "cabf-smime/2026-12-15", 5, 2,
	  POLICY_CABF_SMIME },
};

static void expect_rule(enum policy_family family, int64_t at, const char *id)
{
	const struct policy_rule *r = policy_at(family, at);

	if (id == NULL) {
		ck_assert_ptr_null(r);
		return;
	}
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->id, id);
}

/* S/MIME goes by the same steps. */
START_TEST(r001_step)
{
	int64_t t = world_day(steps[_i].y, steps[_i].m, steps[_i].d);
	enum policy_family family = steps[_i].family;
	const struct policy_rule *r;

	expect_rule(family, t - 1000, steps[_i].before);
	expect_rule(family, t - 1, steps[_i].before);
	expect_rule(family, t, steps[_i].from);
	expect_rule(family, t + 1000, steps[_i].from);
	r = policy_at(family, t);
	ck_assert_int_eq(r->min_remotes, steps[_i].min_remotes);
	ck_assert_int_eq(policy_rirs(r, r->min_remotes), steps[_i].min_rirs);
	ck_assert_int_eq(policy_allowed_failures(r, 5), 1);
	ck_assert_int_eq(policy_allowed_failures(r, 6), 2);
	ck_assert_ptr_eq(policy_find(span_str(r->id)), r);
}
END_TEST

START_TEST(r001_known_moments)
{
	/* Unix times as requirements.md gives them. */
	ck_assert_int_eq(policy_at(POLICY_CABF_TLS, 1797292800000)->min_remotes,
	                 5);
	ck_assert_int_eq(policy_at(POLICY_CABF_TLS, 1797292799999)->min_remotes,
	                 4);
	ck_assert_int_eq(
		policy_at(POLICY_CABF_TLS, world_day(2040, 1, 1))->min_remotes,
		5);
	ck_assert_ptr_null(policy_at(POLICY_UNKNOWN, 1797292800000));
	ck_assert_ptr_null(policy_at(POLICY_CABF_TLS, INT64_MIN));
	ck_assert_ptr_null(policy_find(SPAN("cabf-tls/2027-01-01")));
	ck_assert_ptr_null(policy_find(SPAN("")));
}
END_TEST

/* -- arithmetic */

static const struct {
	int64_t n, failed;
	bool pass;
} quorum_rows[] = {
	{ 2, 1, true },  { 2, 2, false },  { 3, 1, true },  { 3, 2, false },
	{ 4, 1, true },  { 4, 2, false },  { 5, 1, true },  { 5, 2, false },
	{ 6, 2, true },  { 6, 3, false },  { 7, 2, true },  { 7, 3, false },
	{ 8, 2, true },  { 8, 3, false },  { 20, 2, true }, { 20, 3, false },
	{ 31, 2, true }, { 31, 3, false },
};

START_TEST(r002_allowed)
{
	const struct policy_rule *r =
		policy_at(POLICY_CABF_TLS, world_day(2025, 10, 1));
	int64_t n = quorum_rows[_i].n;
	struct policy_figures f = { n, n - quorum_rows[_i].failed, 2 };

	ck_assert_int_eq(policy_permits(r, &f) == REASON_UNKNOWN,
	                 quorum_rows[_i].pass);
	if (!quorum_rows[_i].pass)
		ck_assert_int_eq(policy_permits(r, &f), REASON_QUORUM_NOT_MET);
	ck_assert_int_ge(policy_quorum(r, n), 1);
}
END_TEST

START_TEST(r002_nothing_is_no_quorum)
{
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);

	for (size_t i = 0; i < count; i++)
		for (int64_t n = -1; n < 40; n++) {
			struct policy_figures none = { n, 0, 0 };

			ck_assert_int_ge(policy_quorum(&rules[i], n), 1);
			ck_assert_int_ge(policy_rirs(&rules[i], n), 1);
			ck_assert_int_ne(policy_permits(&rules[i], &none),
			                 REASON_UNKNOWN);
		}
}
END_TEST

/* whatever the rule, the soft-fail window of 2025 included. */
START_TEST(r005_no_rule_lets_it_pass)
{
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);

	ck_assert_int_eq(rules[0].valid_from_ms, world_day(2025, 3, 15));
	for (size_t i = 0; i < count; i++)
		for (int64_t n = rules[i].min_remotes; n <= 31; n++) {
			int64_t most = policy_allowed_failures(&rules[i], n);
			struct policy_figures f = { n, n - most, 5 };

			ck_assert_int_eq(policy_permits(&rules[i], &f),
			                 REASON_UNKNOWN);
			while (f.corroborated-- > 0)
				ck_assert_int_eq(policy_permits(&rules[i], &f),
				                 REASON_QUORUM_NOT_MET);
		}
}
END_TEST

START_TEST(r004_rirs)
{
	const struct policy_rule *r =
		policy_at(POLICY_CABF_TLS, world_day(2026, 11, 23));
	struct policy_figures f = { 5, 4, 1 };

	ck_assert_int_eq(policy_permits(r, &f), REASON_RIR_DIVERSITY);
	f.rirs = 2;
	ck_assert_int_eq(policy_permits(r, &f), REASON_UNKNOWN);
	f.remotes = 3;
	ck_assert_int_eq(policy_permits(r, &f),
	                 REASON_INSUFFICIENT_PERSPECTIVES);
}
END_TEST

START_TEST(open_mpic_rules)
{
	const struct policy_rule *r = policy_at(POLICY_OPEN_MPIC, 1);

	ck_assert_int_eq(r->min_remotes, 2);
	for (int64_t n = 2; n <= 10; n++) {
		ck_assert_int_eq(policy_quorum(r, n), n <= 5 ? n - 1 : n - 2);
		ck_assert_int_eq(policy_rirs(r, n), n > 2 ? 2 : 1);
	}
}
END_TEST

/* -- the table itself */

START_TEST(rules_have_no_gap)
{
	struct err err = { "" };
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);

	ck_assert_msg(policy_check_rules(rules, count, &err) == 0, "%s",
	              err.text);
}
END_TEST

enum spoil { GAP, OVERLAP, ENDS, WEAKER, BACKWARDS, TWICE, SPOILS };

static void spoil(struct policy_rule *r, enum spoil how)
{
	switch (how) {
	case GAP: r[0].valid_until_ms -= 1; break;
	case OVERLAP: r[0].valid_until_ms += 1; break;
	case ENDS: r[1].valid_until_ms = r[1].valid_from_ms + 1; break;
	case WEAKER: r[1].min_remotes = r[0].min_remotes - 1; break;
	case BACKWARDS: r[1].valid_from_ms = POLICY_NO_END; break;
	case TWICE:
		r[0].valid_until_ms = POLICY_NO_END;
		r[2] = r[0];
		r[1].family = POLICY_CABF_SMIME;
		break;
	case SPOILS: break;
	}
}

START_TEST(spoiled_rules_are_refused)
{
	const struct policy_rule *a =
		policy_at(POLICY_CABF_TLS, world_day(2026, 7, 1));
	const struct policy_rule *b =
		policy_at(POLICY_CABF_TLS, world_day(2027, 1, 1));
	struct policy_rule r[3] = { *a, *b };
	struct err err = { "" };

	ck_assert_int_eq(policy_check_rules(r, 2, &err), 0);
	spoil(r, (enum spoil)_i);
	ck_assert_int_eq(policy_check_rules(r, _i == TWICE ? 3 : 2, &err), -1);
	ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(digests_differ_and_stay)
{
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);
	struct policy_rule changed = rules[0];
	struct digest a, b;

	for (size_t i = 0; i < count; i++) {
		a = policy_digest(&rules[i]);
		for (size_t j = 0; j < i; j++) {
			b = policy_digest(&rules[j]);
			ck_assert(!digest_eq(&a, &b));
		}
	}
	a = policy_digest(&rules[0]);
	b = policy_digest(&changed);
	ck_assert(digest_eq(&a, &b));
	changed.min_rirs++;
	b = policy_digest(&changed);
	ck_assert(!digest_eq(&a, &b));
}
END_TEST

/* An old rule's numbers may never change: old decisions name their digest. */
START_TEST(digests_are_these)
{
	static const struct {
		const char *id;
		const char *hex;
	} want[] = {
		{ "cabf-tls/2025-03-15", "4bcd2e459ad0dbc10a4924e83b2cb3ce2fb7d"
		                         "d0586d246ce7cf939e9756f3c0b" },
		{ "cabf-tls/2025-09-15", "d4ed1325b22a04c02162dea5f5377a894606b"
		                         "813de22b70be92d8764574fc9cd" },
		{ "cabf-tls/2026-03-15", "36d936f23517ab1d8cf4384562510a5d54bda"
		                         "589f4d725d0929d8f892062beec" },
		{ "cabf-tls/2026-06-15", "d6f7592c4a14bb53e8bd53208f886675b1370"
		                         "e6b5e2fab943cbe419e3dced7a0" },
		{ "cabf-tls/2026-12-15", "c4bbe22c7302258e9e9d29d77d25c1bc536a3"
		                         "62eeb4dc351e95f4f3a7f350001" },
		{ "cabf-smime/2025-05-15", "66c7a198e5f20e4d60630a8c415534f02a2"
		                           "ae063cd5c95d7d28d95693ade07fd" },
		{ "cabf-smime/2025-09-15", "edae0b0baaf5916750421358cd004fec00d"
		                           "bae57c51eabc558bae45a70c438fe" },
		{ "cabf-smime/2026-03-15", "c00febed51dfa65c12358f4c769b2de6cbc"
		                           "98422e8d374f60a7068790b24fb65" },
		{ "cabf-smime/2026-06-15", "431447a3c5550bffc6b92075713cd47a9d9"
		                           "f20756f8148e8ee0222d4dcce639c" },
		{ "cabf-smime/2026-12-15", "f530f4f22fa9e8b55217f5410c935c5a58f"
		                           "6618c397ea981a791ddc831c2012f" },
		{ "open-mpic/1", "944ed076879aeed5b5c0907ada98cd41a812ace155174"
		                 "510fdd4b7662667c00a" },
	};
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);
	char hex[DIGEST_HEX_ROOM];

	ck_assert_int_eq(COUNT(want), (int)count);
	for (size_t i = 0; i < count; i++) {
		struct digest d = policy_digest(&rules[i]);

		ck_assert_str_eq(rules[i].id, want[i].id);
		ck_assert_msg(strcmp(digest_hex(&d, hex), want[i].hex) == 0,
		              "%s is now %s", rules[i].id, hex);
	}
}
END_TEST

START_TEST(families)
{
	for (int f = 1; f < POLICY_FAMILIES; f++) {
		const char *name = policy_family_name((enum policy_family)f);

		ck_assert_int_eq(policy_family_parse(span_str(name)), f);
	}
	ck_assert_int_eq(policy_family_parse(SPAN("unknown")), POLICY_UNKNOWN);
	ck_assert_int_eq(policy_family_parse(SPAN("CABF-TLS")), POLICY_UNKNOWN);
	ck_assert_str_eq(policy_family_name((enum policy_family)99), "unknown");
}
END_TEST

/* -- the stricter of two, number by number */

START_TEST(r021_tighter)
{
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			struct policy_rule t =
				policy_tighter(&rules[i], &rules[j]);
			struct policy_figures f;

			ck_assert_str_eq(t.id, rules[j].id);
			for (int k = 0; k < 9 * 9 * 5; k++) {
				f.remotes = 1 + k % 9;
				f.corroborated = k / 9 % 9;
				f.rirs = k / 81;
				if (policy_permits(&t, &f) != REASON_UNKNOWN)
					continue;
				ck_assert_int_eq(policy_permits(&rules[i], &f),
				                 REASON_UNKNOWN);
				ck_assert_int_eq(policy_permits(&rules[j], &f),
				                 REASON_UNKNOWN);
			}
		}
}
END_TEST

START_TEST(r021_tighter_in_each_number)
{
	const struct policy_rule a = {
		POLICY_CABF_TLS, "a", 0, 1, 2, 1, 1, 2, 2
	};
	const struct policy_rule b = {
		POLICY_CABF_TLS, "b", 1, 2, 3, 0, 2, 1, 4
	};
	struct policy_rule ab = policy_tighter(&a, &b);
	struct policy_rule ba = policy_tighter(&b, &a);

	for (int i = 0; i < 2; i++) {
		const struct policy_rule *t = i == 0 ? &ab : &ba;

		ck_assert_int_eq(t->min_remotes, 3);
		ck_assert_int_eq(t->allowed_few, 0);
		ck_assert_int_eq(t->allowed_many, 1);
		ck_assert_int_eq(t->min_rirs, 2);
		ck_assert_int_eq(t->rirs_from, 2);
	}
}
END_TEST

/* -- methods by date */

#define ALLOW  GATE_METHOD_ALLOWED
#define WARN   GATE_METHOD_DISCOURAGED
#define FORBID GATE_METHOD_FORBIDDEN

static const struct {
	const char *what;
	enum validation_method method;
	bool ip;
	int y, m, d;
	enum method_gate before, from;
} switches[] = {
	{ ".8 ends", METHOD_IP_ADDRESS, false, 2026, 3, 15, ALLOW, FORBID },
	{ ".13 discouraged", METHOD_CONTACT_EMAIL_CAA, false, 2026, 3, 15,
	  ALLOW, WARN },
	{ ".13 ends", METHOD_CONTACT_EMAIL_CAA, false, 2028, 3, 15, WARN,
	  FORBID },
	{ ".14 discouraged", METHOD_CONTACT_EMAIL_TXT, false, 2026, 3, 15,
	  ALLOW, WARN },
	{ ".14 ends", METHOD_CONTACT_EMAIL_TXT, false, 2028, 3, 15, WARN,
	  FORBID },
	{ ".16 discouraged", METHOD_CONTACT_PHONE_TXT, false, 2026, 3, 15,
	  ALLOW, WARN },
	{ ".16 ends", METHOD_CONTACT_PHONE_TXT, false, 2027, 3, 15, WARN,
	  FORBID },
	{ ".17 discouraged", METHOD_CONTACT_PHONE_CAA, false, 2026, 3, 15,
	  ALLOW, WARN },
	{ ".17 ends", METHOD_CONTACT_PHONE_CAA, false, 2027, 3, 15, WARN,
	  FORBID },
	{ ".21 begins", METHOD_DNS_ACCOUNT_01, false, 2025, 3, 1, FORBID,
	  ALLOW },
	{ ".22 begins", METHOD_DNS_PERSISTENT, false, 2025, 11, 10, FORBID,
	  ALLOW },
	{ "IP.8 begins", METHOD_DNS_PERSISTENT, true, 2025, 12, 16, FORBID,
	  ALLOW },
	{ "IP.3 discouraged", METHOD_REVERSE_ADDRESS_LOOKUP, true, 2025, 12, 16,
	  ALLOW, WARN },
	{ "IP.3 ends", METHOD_REVERSE_ADDRESS_LOOKUP, true, 2027, 3, 15, WARN,
	  FORBID },
};

START_TEST(r064_switch)
{
	int64_t t = world_day(switches[_i].y, switches[_i].m, switches[_i].d);

	for (int f = POLICY_CABF_TLS; f <= POLICY_CABF_SMIME; f++) {
		const struct {
			int64_t at;
			enum method_gate want;
		} probe[] = {
			{ t - 1000, switches[_i].before },
			{ t - 1, switches[_i].before },
			{ t, switches[_i].from },
			{ t + 1000, switches[_i].from },
		};

		for (int i = 0; i < COUNT(probe); i++)
			ck_assert_msg(method_gate((enum policy_family)f,
			                          switches[_i].method,
			                          switches[_i].ip,
			                          probe[i].at) == probe[i].want,
			              "%s, probe %d", switches[_i].what, i);
	}
}
END_TEST

/* Table 9(a), column 2026-11-23: domain names, addresses. */
static const enum method_gate on_reference_date[METHOD_COUNT][2] = {
	[METHOD_UNKNOWN] = { FORBID, FORBID },
	[METHOD_WEBSITE_CHANGE] = { ALLOW, ALLOW },
	[METHOD_DNS_CHANGE] = { ALLOW, FORBID },
	[METHOD_DNS_PERSISTENT] = { ALLOW, ALLOW },
	[METHOD_ACME_HTTP_01] = { ALLOW, ALLOW },
	[METHOD_ACME_DNS_01] = { ALLOW, FORBID },
	[METHOD_ACME_TLS_ALPN_01] = { ALLOW, ALLOW },
	[METHOD_DNS_ACCOUNT_01] = { ALLOW, FORBID },
	[METHOD_CONTACT_EMAIL_TXT] = { WARN, FORBID },
	[METHOD_CONTACT_EMAIL_CAA] = { WARN, FORBID },
	[METHOD_CONTACT_PHONE_TXT] = { WARN, FORBID },
	[METHOD_CONTACT_PHONE_CAA] = { WARN, FORBID },
	[METHOD_IP_ADDRESS] = { FORBID, FORBID },
	[METHOD_REVERSE_ADDRESS_LOOKUP] = { FORBID, WARN },
};

START_TEST(r063_reference_date)
{
	int64_t now = world_day(2026, 11, 23);
	enum validation_method m = (enum validation_method)_i;

	for (int ip = 0; ip < 2; ip++)
		ck_assert_msg(method_gate(POLICY_CABF_TLS, m, ip != 0, now) ==
		                      on_reference_date[m][ip],
		              "method %d, address %d", _i, ip);
	ck_assert_int_eq(method_gate(POLICY_UNKNOWN, m, false, now), FORBID);
	ck_assert_int_eq(method_gate(POLICY_OPEN_MPIC, m, false, now),
	                 m == METHOD_UNKNOWN ? FORBID : ALLOW);
}
END_TEST

START_TEST(r063_unknown_is_forbidden)
{
	int64_t now = world_day(2026, 11, 23);

	for (int m = METHOD_COUNT; m < METHOD_COUNT + 5; m++)
		for (int f = 0; f < POLICY_FAMILIES + 1; f++)
			ck_assert_int_eq(method_gate((enum policy_family)f,
			                             (enum validation_method)m,
			                             false, now),
			                 FORBID);
}
END_TEST

START_TEST(control_is_not_a_lookup)
{
	ck_assert(method_proves_control(METHOD_ACME_HTTP_01));
	ck_assert(method_proves_control(METHOD_DNS_PERSISTENT));
	ck_assert(!method_proves_control(METHOD_CONTACT_EMAIL_TXT));
	ck_assert(!method_proves_control(METHOD_CONTACT_PHONE_CAA));
	ck_assert(!method_proves_control(METHOD_REVERSE_ADDRESS_LOOKUP));
	ck_assert(!method_proves_control(METHOD_UNKNOWN));
	ck_assert(!method_proves_control(METHOD_COUNT));
}
END_TEST

/* -- the next date that matters */

START_TEST(fails_from)
{
	int64_t now = world_day(2026, 11, 23);
	struct policy_figures four = { 4, 4, 2 };
	struct policy_figures six[2] = { { 6, 4, 2 }, { 6, 5, 3 } };

	ck_assert_int_eq(policy_fails_from(POLICY_CABF_TLS, &four, 1,
	                                   METHOD_ACME_DNS_01, false, now),
	                 world_day(2026, 12, 15));
	ck_assert_int_eq(policy_fails_from(POLICY_CABF_TLS, six, 2,
	                                   METHOD_ACME_DNS_01, false, now),
	                 POLICY_NO_END);
	ck_assert_int_eq(policy_fails_from(POLICY_CABF_TLS, six, 2,
	                                   METHOD_CONTACT_PHONE_TXT, false,
	                                   now),
	                 world_day(2027, 3, 15));
	ck_assert_int_eq(policy_fails_from(POLICY_CABF_TLS, &four, 1,
	                                   METHOD_CONTACT_PHONE_TXT, false,
	                                   now),
	                 world_day(2026, 12, 15));
	ck_assert_int_eq(policy_fails_from(POLICY_CABF_TLS, six, 2,
	                                   METHOD_UNKNOWN, false, now),
	                 POLICY_NO_END);
	ck_assert_int_eq(policy_fails_from(POLICY_OPEN_MPIC, &four, 1,
	                                   METHOD_CONTACT_PHONE_TXT, false,
	                                   now),
	                 POLICY_NO_END);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decide_policy");
	TCase *tc = tcase_create("rules");
	TCase *methods = tcase_create("methods");

	tcase_add_loop_test(tc, r001_step, 0, COUNT(steps));
	tcase_add_test(tc, r001_known_moments);
	tcase_add_loop_test(tc, r002_allowed, 0, COUNT(quorum_rows));
	tcase_add_test(tc, r002_nothing_is_no_quorum);
	tcase_add_test(tc, r005_no_rule_lets_it_pass);
	tcase_add_test(tc, r004_rirs);
	tcase_add_test(tc, open_mpic_rules);
	tcase_add_test(tc, rules_have_no_gap);
	tcase_add_loop_test(tc, spoiled_rules_are_refused, 0, SPOILS);
	tcase_add_test(tc, digests_differ_and_stay);
	tcase_add_test(tc, digests_are_these);
	tcase_add_test(tc, families);
	tcase_add_test(tc, r021_tighter);
	tcase_add_test(tc, r021_tighter_in_each_number);
	tcase_add_test(tc, fails_from);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(methods, r064_switch, 0, COUNT(switches));
	tcase_add_loop_test(methods, r063_reference_date, 0, METHOD_COUNT);
	tcase_add_test(methods, r063_unknown_is_forbidden);
	tcase_add_test(methods, control_is_not_a_lookup);
	suite_add_tcase(s, methods);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
