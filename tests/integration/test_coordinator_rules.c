/*
 * What corroboration may never save itself: every request is asked anew of
 * every perspective, whatever was corroborated before; and what a decision
 * says of it afterwards.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "base/clock.h"
#include "base/mem.h"

static struct coordinator_world w;

static void setup(void)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"1500ms\"\n"
	            " attempts = 3\n}\n");
	cw_start(&w);
}

static void teardown(void)
{
	cw_end(&w);
}

static void expect_checks(int each)
{
	for (int i = 0; i < CITIES; i++)
		ck_assert_msg(w.checks[i] == each, "%s: %d checks, not %d",
		              cw_codes[i], w.checks[i], each);
}

/* evidence of an earlier corroboration is never used again: not
   for the same name, not for a name below it, not for the CAA half alone. */
START_TEST(nothing_is_reused)
{
	(void)cw_ask(&w, "first", "reuse.example.com");
	expect_checks(1);
	const struct decided *again = cw_ask(&w, "second", "reuse.example.com");

	expect_checks(2);
	(void)cw_ask(&w, "below", "sub.reuse.example.com");
	expect_checks(3);
	ck_assert_int_eq(again->decision.outcome, OUTCOME_ISSUE);
	ck_assert(!span_eq(
		again->decision.attempts[0].attempt_id,
		cw_decision(&w, "first", 0)->decision.attempts[0].attempt_id));
	/* R-088's record keeps under which policy each was made */
	ck_assert(again->decision.policy_id.len > 0);
}
END_TEST

/* CAA counts by what each perspective was told itself; one that is told
   otherwise is one that does not corroborate, whatever the rest saw. */
START_TEST(caa_is_corroborated_by_own_answers)
{
	w.play[1].caa = CLASS_DISAGREED;
	const struct decided *d = cw_ask(&w, "caa", "caa.example.com");

	ck_assert_int_eq(d->decision.outcome, OUTCOME_ISSUE);
	for (int i = 0; i < CITIES; i++) {
		const struct perspective_vote *v =
			cw_vote(d, cw_codes[i], KIND_CAA);

		ck_assert(v->counted);
		ck_assert_int_eq(v->result_class,
		                 i == 1 ? CLASS_DISAGREED : CLASS_CORROBORATED);
	}
}
END_TEST

/* while a perspective that could still turn it is silent there is no
   decision, and so nothing to issue by. */
START_TEST(no_decision_before_corroboration)
{
	w.play[2].dcv = CLASS_UNKNOWN;
	w.play[3].dcv = CLASS_UNKNOWN;
	cw_submit(&w, -1, "early", cw_request(&w, "early", "e.example.com"));
	while (w.checks[3] == 0)
		world_pass(&w.kafka, 10);
	world_pass(&w.kafka, 300);
	ck_assert_int_eq(w.decisions, 0);
	cw_wait_decisions(&w, 1);
	ck_assert_int_eq(cw_decision(&w, "early", 0)->decision.outcome,
	                 OUTCOME_DO_NOT_ISSUE);
}
END_TEST

/* no method that is offered does without remote perspectives. */
START_TEST(every_method_is_corroborated)
{
	static const char *const methods[] = {
		"\"validation_method\":\"acme-dns-01\","
		"\"key_authorization_hash\":"
		"\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ\"",
		"\"validation_method\":\"dns-change\",\"dns_record_type\":"
		"\"TXT\","
		"\"challenge_value\":\"9f2c77aa-Kq3vX7bT1m-Zz81\"",
		"\"validation_method\":\"website-change\","
		"\"http_token_path\":\"proof.txt\","
		"\"challenge_value\":\"9f2c77aa-Kq3vX7bT1m-Zz81\"",
		"\"validation_method\":\"acme-http-01\","
		"\"token\":\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ\","
		"\"key_authorization\":"
		"\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ."
		"9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI\"",
	};

	for (int i = 0; i < COUNT(methods); i++) {
		const char *id = arena_printf(w.arena, "method-%d", i);

		cw_submit(&w, -1, id,
		          arena_printf(w.arena,
		                       "{\"request_id\":\"%s\",\"check_type\":"
		                       "\"dcv\",\"domain_or_ip_target\":"
		                       "\"m.example.com\","
		                       "\"dcv_check_parameters\":{%s}}",
		                       id, methods[i]));
		cw_wait_decisions(&w, i + 1);
		ck_assert_int_eq(cw_decision(&w, id, 0)->decision.outcome,
		                 OUTCOME_CORROBORATED);
		expect_checks(i + 1);
	}
}
END_TEST

static bool is_unproven(void *arg)
{
	const bool *wanted = arg;

	return liveness_unproven(w.coordinator->liveness, cw_codes[0],
	                         clock_wall_ms()) == *wanted;
}

static const struct decision *decide_while(enum validation validation,
                                           const char *id)
{
	bool unproven = validation != VALIDATION_SHOWN;
	int before = w.decisions;

	w.validation = validation;
	world_run(&w.kafka, "heartbeats", is_unproven, &unproven);
	memset(w.checks, 0, sizeof(w.checks));
	cw_submit(&w, -1, id, cw_request(&w, id, "c.example.com"));
	cw_wait_decisions(&w, before + 1);
	return &cw_decision(&w, id, 0)->decision;
}

/* nobody is asked while the primary has no proof, and the decision says
   why. All perspectives' heartbeats say the same here: remotes need none. */
START_TEST(no_plan_without_a_proven_primary)
{
	static const enum validation disabled[] = { VALIDATION_FAILED,
		                                    VALIDATION_UNPROVEN };

	for (int i = 0; i < COUNT(disabled); i++) {
		const struct decision *d = decide_while(
			disabled[i], i == 0 ? "failed" : "unproven");

		ck_assert_int_eq(d->outcome, OUTCOME_DO_NOT_ISSUE);
		ck_assert_str_eq(reason_name(d->reason), "primary-unproven");
		expect_checks(0);
	}
	cw_wait_figure(&w, "mpic_primary_unproven 1");
	ck_assert_int_eq(decide_while(VALIDATION_SHOWN, "shown")->outcome,
	                 OUTCOME_ISSUE);
}
END_TEST

static bool has_second_check(void *arg)
{
	(void)arg;
	return w.checks[5] >= 2;
}

/* openmpic-53: silence and errors, mixed, then all is well. openmpic-65: each
   failure stands in the decision, by its own name. */
START_TEST(again_until_it_passes)
{
	w.play[3].once_silent = 2;
	w.play[4].once_silent = 1;
	w.play[5].dcv = CLASS_ERROR;
	cw_submit(&w, -1, "again", cw_request(&w, "again", "a.example.com"));
	world_run(&w.kafka, "the second attempt", has_second_check, NULL);
	w.play[5].dcv = CLASS_CORROBORATED;
	cw_wait_decisions(&w, 1);
	const struct decision *d = &cw_decision(&w, "again", 0)->decision;

	ck_assert_int_eq(d->outcome, OUTCOME_ISSUE);
	ck_assert_uint_eq(d->attempts_count, 3);
	for (int a = 0; a < 2; a++) {
		const struct decided_attempt *o = &d->attempts[a];

		ck_assert_int_eq(o->close.outcome, OUTCOME_DO_NOT_ISSUE);
		for (size_t i = 0; i < o->perspectives_count; i++) {
			const struct perspective_outcome *p =
				&o->perspectives[i];
			enum result_class want = CLASS_CORROBORATED;

			if (span_is(p->code, "sin") ||
			    (a == 0 && span_is(p->code, "syd")))
				want = CLASS_MISSING;
			else if (span_is(p->code, "jnb"))
				want = CLASS_ERROR;
			ck_assert_int_eq(p->votes[0].result_class, want);
		}
	}
}
END_TEST

/* openmpic-62 */
static void words_of_the_caller_come_back(void)
{
	cw_submit(&w, -1, "mine",
	          "{\"request_id\":\"mine\",\"check_type\":\"caa\","
	          "\"domain_or_ip_target\":\"*.mine.example.com\","
	          "\"trace_identifier\":\"order 4711/b\"}");
	cw_wait_decisions(&w, 1);
	const struct decision *d = &cw_decision(&w, "mine", 0)->decision;

	ck_assert(span_is(d->trace_identifier, "order 4711/b"));
	ck_assert(span_is(d->target, "*.mine.example.com"));
	ck_assert(span_is(d->request_id, "mine"));
}

/* by which rules, whole and by digest, and by which method. */
static void s_mime_says_by_which_rules(void)
{
	cw_submit(&w, -1, "mail",
	          "{\"request_id\":\"mail\",\"check_type\":\"dcv+caa\","
	          "\"domain_or_ip_target\":\"mail.example.com\","
	          "\"certificate_type\":\"s-mime\","
	          "\"dcv_check_parameters\":{\"validation_method\":"
	          "\"acme-dns-01\",\"key_authorization_hash\":"
	          "\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ\"}}");
	cw_wait_decisions(&w, 2);
	const struct decision *d = &cw_decision(&w, "mail", 0)->decision;
	const struct policy_rule *rule = policy_find(d->policy_id);

	ck_assert_ptr_nonnull(rule);
	ck_assert_int_eq(rule->family, POLICY_CABF_SMIME);
	ck_assert_ptr_eq(rule, policy_at(POLICY_CABF_SMIME, d->decided_at_ms));
	struct digest digest = policy_digest(rule);

	ck_assert(digest_eq(&digest, &d->policy_digest));
	ck_assert_int_eq(d->validation_method, METHOD_ACME_DNS_01);
	ck_assert_int_eq(d->certificate_type, CERT_S_MIME);
}

/* any of the decisions can be made again by itself, from what it names:
   a quarter's sample, the larger of one and 3 %. */
static void a_sample_replays(void)
{
	enum { ALL = 40, STEP = 20 };
	int sampled = 0, before = w.decisions;

	for (int i = 0; i < ALL; i++) {
		const char *id = arena_printf(w.arena, "q-%d", i);

		w.play[1 + i % 5].caa =
			i % 3 == 0 ? CLASS_DISAGREED : CLASS_CORROBORATED;
		cw_submit(&w, -1, id, cw_request(&w, id, "q.example.com"));
	}
	cw_wait_decisions(&w, before + ALL);
	for (int i = 7; i < ALL; i += STEP, sampled++) {
		const char *id = arena_printf(w.arena, "q-%d", i);
		const char *wrong =
			cw_replay_problem(&w, cw_decision(&w, id, 0));

		ck_assert_msg(wrong == NULL, "%s: %s", id, wrong);
	}
	ck_assert_int_ge((int64_t)sampled * 100, (int64_t)3 * ALL);
}

START_TEST(what_decisions_say)
{
	words_of_the_caller_come_back();
	s_mime_says_by_which_rules();
	a_sample_replays();
}
END_TEST

/* 2027-03-15, the first moment without 3.2.2.4.16. */
#define PHONES_END_MS INT64_C(1805068800000)

static void put_clock(int64_t wall_ms)
{
	clock_shift_wall(0);
	clock_shift_wall(wall_ms - clock_wall_ms());
}

/* An attempt that names one before it which is nowhere: nobody can go on with
   it, and the next is the first again. */
static void log_orphan(const struct logged *first)
{
	struct sign_domain domain = { true, "test", SIGN_ATTEMPT, 1 };
	struct buf value = { 0 }, signature = { 0 };
	struct attempt a;

	ck_assert_ptr_null(attempt_decode(first->value, w.arena, &a));
	a.number = 2;
	a.attempt_id = SPAN("00112233445566778899aabbccddeeff");
	a.previous = (struct attempt_close){
		.present = true,
		.closed_by = CLOSED_BY_DEADLINE,
		.closed_at_ms = a.planned_at_ms,
		.outcome = OUTCOME_DO_NOT_ISSUE,
	};
	attempt_encode(&a, &value);
	record_sign(w.coordinator_key, &domain, buf_span(&value), &signature);
	struct kafka_header header = { RECORD_SIGNATURE_HEADER,
		                       buf_span(&signature) };
	struct kafka_record record = { .topic = w.deployment.topics.attempts,
		                       .partition = first->partition,
		                       .key = first->key,
		                       .value = buf_span(&value),
		                       .headers = &header,
		                       .header_count = 1 };

	cw_send(&w, &record);
	buf_clear(&value);
	buf_clear(&signature);
}

static bool has_two_attempts(void *arg)
{
	(void)arg;
	return w.attempts != NULL && w.attempts->next != NULL;
}

/* taken in when the method could be used, and to be planned anew by
   another process when it no longer can: nobody is asked. */
START_TEST(no_plan_by_a_method_that_ended)
{
	w.heartbeats = false;
	w.deployment.rules.time_allowed_default_ms = PHONES_END_MS;
	w.deployment.plan.early = EARLY_NEVER;
	w.conf.attempt_ms = (int64_t)4 * 3600000;
	w.play[0].hold = true;
	put_clock(PHONES_END_MS - 3600000);
	cw_submit(&w, -1, "phone",
	          "{\"request_id\":\"phone\",\"domain_or_ip_target\":"
	          "\"www.example.com\",\"dcv_check_parameters\":{"
	          "\"validation_method\":\"contact-phone-txt\","
	          "\"challenge_value\":\"+15551234567\"}}");
	cw_wait_held(&w, 0);
	cw_kill(&w);
	log_orphan(w.attempts);
	world_run(&w.kafka, "the orphan", has_two_attempts, NULL);
	memset(w.checks, 0, sizeof(w.checks));
	put_clock(PHONES_END_MS);
	cw_start(&w);
	cw_wait_decisions(&w, 1);
	const struct decision *d = &cw_decision(&w, "phone", 0)->decision;

	ck_assert_int_eq(d->outcome, OUTCOME_DO_NOT_ISSUE);
	ck_assert_str_eq(reason_name(d->reason), "method-forbidden");
	expect_checks(0);
	clock_shift_wall(0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rules");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_reused);
	tcase_add_test(tc, caa_is_corroborated_by_own_answers);
	tcase_add_test(tc, no_decision_before_corroboration);
	tcase_add_test(tc, no_plan_without_a_proven_primary);
	tcase_add_test(tc, every_method_is_corroborated);
	tcase_add_test(tc, again_until_it_passes);
	tcase_add_test(tc, what_decisions_say);
	tcase_add_test(tc, no_plan_by_a_method_that_ended);
	return run_case(tc);
}
