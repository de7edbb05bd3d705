/*
 * The coordinator over the embedded broker: signed decisions, with perspectives
 * that say what each test wants. What else may stand on its topics is in
 * test_coordinator_input.c.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "base/clock.h"
#include "base/mem.h"

static struct coordinator_world w;

#define PLAN "plan {\n primary = fra\n attempt_time = \"1500ms\"\n}\n"

static void setup(void)
{
	cw_open(&w, PLAN);
}

/* Promise 3 holds for whatever a test made the coordinator decide. */
static void teardown(void)
{
	cw_end(&w);
}

/* primary and all remotes agree. */
static void issues_when_all_corroborate(void)
{
	const struct decided *d = cw_ask(&w, "all", "all.example.com");

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_uint_eq(d->decision.quorums_count, 2);
	ck_assert(span_is(d->decision.quorums[0].quorum, "5/5"));
	ck_assert(span_is(d->decision.quorums[1].quorum, "5/5"));
	ck_assert_int_eq(d->decision.sequence, 1);
	ck_assert(d->decision.valid_until_ms.set);
	ck_assert_int_eq(d->encoding, ENCODING_JSON);
	ck_assert_uint_eq(d->decision.attempts_count, 1);
	for (int i = 0; i < CITIES; i++) {
		ck_assert_int_eq(w.checks[i], 1);
		ck_assert(cw_vote(d, cw_codes[i], KIND_CAA)->counted);
	}
}

/* one dissenting remote per set is outvoted. */
static void outvotes_one_per_set(void)
{
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[4].caa = CLASS_DISAGREED;
	const struct decided *d = cw_ask(&w, "one-each", "one.example.com");

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert(span_is(d->decision.quorums[0].quorum, "4/5"));
	ck_assert(span_is(d->decision.quorums[1].quorum, "4/5"));
	ck_assert_int_eq(cw_vote(d, "sao", KIND_DCV)->result_class,
	                 CLASS_DISAGREED);
}

static void does_not_issue_when_two_disagree(void)
{
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[4].dcv = CLASS_DISAGREED;
	const struct decided *d = cw_ask(&w, "two", "two.example.com");

	cw_expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert(!d->decision.valid_until_ms.set);
	ck_assert_uint_eq(d->decision.attempts_count, 1);
}

/* no number of remotes overturns the primary; none is asked. */
static void primary_failure_is_final(void)
{
	w.play[0].caa = CLASS_DISAGREED;
	const struct decided *d = cw_ask(&w, "primary", "primary.example.com");

	cw_expect(d, OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_FAILED);
	for (int i = 1; i < CITIES; i++)
		ck_assert_int_eq(w.checks[i], 0);
	ck_assert_int_eq(cw_vote(d, "nyc", KIND_DCV)->reason, REASON_NOT_ASKED);
}

/* who is silent stays in the denominator, and is named. */
static void names_who_was_missing(void)
{
	w.play[3].dcv = CLASS_UNKNOWN;
	const struct decided *d = cw_ask(&w, "silent", "silent.example.com");

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert(span_is(d->decision.quorums[0].quorum, "4/5"));
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_MISSING);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_DEADLINE);
}

/* another attempt starts from zero, only after errors and silence. */
static void tries_again_after_silence(void)
{
	w.play[3].once_silent = 1;
	w.play[4].once_silent = 1;
	const struct decided *d = cw_ask(&w, "again", "again.example.com");

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_uint_eq(d->decision.attempts_count, 2);
	ck_assert_int_eq(d->decision.attempts[0].close.outcome,
	                 OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(w.checks[1], 2);
}

/* a result signed by another perspective's key never counts. */
static void foreign_signatures_do_not_count(void)
{
	w.play[1].bad_signature = true;
	w.play[2].wrong_plan = true;
	const struct decided *d = cw_ask(&w, "forged", "forged.example.com");

	cw_expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert(!cw_vote(d, "nyc", KIND_DCV)->counted);
	ck_assert(!cw_vote(d, "sao", KIND_DCV)->counted);
}

static void a_second_result_never_counts(void)
{
	w.play[1].twice = true;
	w.play[2].twice = true;
	cw_expect(cw_ask(&w, "twice", "twice.example.com"), OUTCOME_ISSUE,
	          REASON_QUORUM_MET);
}

START_TEST(verdicts)
{
	static cw_step *const steps[] = {
		issues_when_all_corroborate,
		outvotes_one_per_set,
		does_not_issue_when_two_disagree,
		primary_failure_is_final,
		names_who_was_missing,
		tries_again_after_silence,
		foreign_signatures_do_not_count,
		a_second_result_never_counts,
	};

	cw_start_and_run(&w, steps, COUNT(steps));
}
END_TEST

/* whatever is taken from the log or altered on it is noticed. */
START_TEST(replay_notices_what_was_tampered_with)
{
	cw_start(&w);
	w.play[2].dcv = CLASS_DISAGREED;
	const struct decided *d = cw_ask(&w, "audit", "audit.example.com");
	struct logged *first = w.results;
	struct decided altered = *d;
	uint8_t *bytes = arena_alloc(w.arena, d->value.len);

	ck_assert_ptr_null(cw_replay_problem(&w, d));

	w.results = first->next; /* a counted result is gone */
	ck_assert_ptr_nonnull(cw_replay_problem(&w, d));
	w.results = first;

	struct span kept = first->signature; /* one was never signed */

	first->signature = w.results->next->signature;
	ck_assert_ptr_nonnull(cw_replay_problem(&w, d));
	first->signature = kept;

	struct logged *attempts = w.attempts;

	w.attempts = NULL;
	ck_assert_ptr_nonnull(cw_replay_problem(&w, d));
	w.attempts = attempts;

	memcpy(bytes, d->value.p, d->value.len); /* "4/5" made "5/5" */
	ptrdiff_t at = span_find(d->value, SPAN("4/5"));

	ck_assert(at > 0);
	bytes[at] = '5';
	altered.value = span_of(bytes, d->value.len);
	ck_assert_str_eq(cw_replay_problem(&w, &altered),
	                 "other bytes come out");
}
END_TEST

/* -- other settings */

/* All are asked at once, and a certain pass does not wait for the rest. */
START_TEST(parallel_and_early)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"10s\"\n"
	            " gate = parallel\n early = both\n}\n");
	cw_start(&w);
	w.play[0].hold = true;
	w.play[3].hold = true;
	cw_submit(&w, -1, "early", cw_request(&w, "early", "e.example.com"));
	cw_wait_held(&w, 3); /* although the primary has not answered */
	cw_answer_held(&w, 0, CLASS_CORROBORATED);
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, "early", 0);

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_RESULT);
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_OUTSTANDING);
}
END_TEST

/* Everybody is waited for, even when the outcome is certain. */
START_TEST(never_early)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"1500ms\"\n"
	            " early = never\n}\n");
	cw_start(&w);
	w.play[1].dcv = CLASS_DISAGREED;
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[3].hold = true;
	cw_submit(&w, -1, "never", cw_request(&w, "never", "n.example.com"));
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, "never", 0);

	cw_expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_DEADLINE);
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_MISSING);
}
END_TEST

static const char *observed(const char *id, const char *observation)
{
	return arena_printf(
		w.arena,
		"{\"request_id\":\"%s\",\"check_type\":\"dcv+caa\","
		"\"domain_or_ip_target\":\"o.example.com\","
		"\"dcv_check_parameters\":{\"validation_method\":"
		"\"acme-dns-01\",\"key_authorization_hash\":"
		"\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ\"}%s}",
		id, observation);
}

static const char *seen(bool dcv, bool caa)
{
	return arena_printf(w.arena,
	                    ",\"primary_observation\":{\"dcv_passed\":%s,"
	                    "\"caa_passed\":%s,\"observed_at_ms\":%lld}",
	                    dcv ? "true" : "false", caa ? "true" : "false",
	                    (long long)clock_wall_ms());
}

/* an issue needs the caller's own affirmative, timed observation. */
START_TEST(the_caller_is_the_primary)
{
	cw_open(&w, "plan {\n primary = caller\n attempt_time = \"1500ms\"\n"
	            "}\n");
	cw_start(&w);
	cw_submit(&w, -1, "with", observed("with", seen(true, true)));
	cw_submit(&w, -1, "without", observed("without", ""));
	cw_submit(&w, -1, "half", observed("half", seen(true, false)));
	cw_wait_decisions(&w, 3);
	cw_expect(cw_decision(&w, "with", 0), OUTCOME_ISSUE, REASON_QUORUM_MET);
	cw_expect(cw_decision(&w, "without", 0), OUTCOME_CORROBORATED,
	          REASON_QUORUM_MET);
	cw_expect(cw_decision(&w, "half", 0), OUTCOME_DO_NOT_ISSUE,
	          REASON_PRIMARY_FAILED);
	ck_assert(span_is(
		cw_decision(&w, "with", 0)->decision.quorums[0].quorum, "6/6"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("coordinator");
	TCase *other = tcase_create("coordinator_settings");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, verdicts);
	tcase_add_test(tc, replay_notices_what_was_tampered_with);
	tcase_set_timeout(other, 180);
	tcase_add_checked_fixture(other, NULL, teardown);
	tcase_add_test(other, parallel_and_early);
	tcase_add_test(other, never_early);
	tcase_add_test(other, the_caller_is_the_primary);

	Suite *s = suite_create("coordinator");

	suite_add_tcase(s, tc);
	suite_add_tcase(s, other);
	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
