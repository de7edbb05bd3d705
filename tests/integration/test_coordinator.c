/*
 * The coordinator over the embedded broker: requests in, signed decisions out,
 * with perspectives that say what each test wants.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "base/mem.h"
#include "base/murmur2.h"

static struct coordinator_world w;

#define PLAN "plan {\n primary = fra\n attempt_time = \"1500ms\"\n}\n"

static void setup(void)
{
	cw_open(&w, PLAN);
}

/* Promise 3 holds for whatever a test made the coordinator decide. */
static void teardown(void)
{
	ck_assert_int_eq(cw_replay(&w), w.decisions);
	cw_close(&w);
}

static const struct decided *decide(const char *id, const char *target)
{
	int before = w.decisions;

	cw_submit(&w, -1, id, cw_request(&w, id, target));
	cw_wait_decisions(&w, before + 1);
	return cw_decision(&w, id, 0);
}

static void expect(const struct decided *d, enum outcome outcome,
                   enum reason reason)
{
	ck_assert_str_eq(outcome_name(d->decision.outcome),
	                 outcome_name(outcome));
	ck_assert_str_eq(reason_name(d->decision.reason), reason_name(reason));
}

/* primary and all remotes agree. */
START_TEST(issues_when_all_corroborate)
{
	cw_start(&w);
	const struct decided *d = decide("all", "all.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
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
END_TEST

/* one dissenting remote per set is outvoted. */
START_TEST(outvotes_one_per_set)
{
	cw_start(&w);
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[4].caa = CLASS_DISAGREED;
	const struct decided *d = decide("one-each", "one.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert(span_is(d->decision.quorums[0].quorum, "4/5"));
	ck_assert(span_is(d->decision.quorums[1].quorum, "4/5"));
	ck_assert_int_eq(cw_vote(d, "sao", KIND_DCV)->result_class,
	                 CLASS_DISAGREED);
}
END_TEST

START_TEST(does_not_issue_when_two_disagree)
{
	cw_start(&w);
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[4].dcv = CLASS_DISAGREED;
	const struct decided *d = decide("two", "two.example.com");

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert(!d->decision.valid_until_ms.set);
	ck_assert_uint_eq(d->decision.attempts_count, 1);
}
END_TEST

/* no number of remotes overturns the primary; none is asked. */
START_TEST(primary_failure_is_final)
{
	cw_start(&w);
	w.play[0].caa = CLASS_DISAGREED;
	const struct decided *d = decide("primary", "primary.example.com");

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_FAILED);
	for (int i = 1; i < CITIES; i++)
		ck_assert_int_eq(w.checks[i], 0);
	ck_assert_int_eq(cw_vote(d, "nyc", KIND_DCV)->reason, REASON_NOT_ASKED);
}
END_TEST

/* who is silent stays in the denominator, and is named. */
START_TEST(names_who_was_missing)
{
	cw_start(&w);
	w.play[3].dcv = CLASS_UNKNOWN;
	const struct decided *d = decide("silent", "silent.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert(span_is(d->decision.quorums[0].quorum, "4/5"));
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_MISSING);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_DEADLINE);
}
END_TEST

/* another attempt starts from zero, only after errors and silence. */
START_TEST(tries_again_after_silence)
{
	cw_start(&w);
	w.play[3].once_silent = 1;
	w.play[4].once_silent = 1;
	const struct decided *d = decide("again", "again.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_uint_eq(d->decision.attempts_count, 2);
	ck_assert_int_eq(d->decision.attempts[0].close.outcome,
	                 OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(w.checks[1], 2);
}
END_TEST

/* a result signed by another perspective's key never counts. */
START_TEST(foreign_signatures_do_not_count)
{
	cw_start(&w);
	w.play[1].bad_signature = true;
	w.play[2].wrong_plan = true;
	const struct decided *d = decide("forged", "forged.example.com");

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert(!cw_vote(d, "nyc", KIND_DCV)->counted);
	ck_assert(!cw_vote(d, "sao", KIND_DCV)->counted);
}
END_TEST

START_TEST(a_second_result_never_counts)
{
	cw_start(&w);
	w.play[1].twice = true;
	w.play[2].twice = true;
	expect(decide("twice", "twice.example.com"), OUTCOME_ISSUE,
	       REASON_QUORUM_MET);
}
END_TEST

/* Promise 1: the same bytes again, or a conflict; never a second decision. */
START_TEST(repeats_get_echoes_and_conflicts)
{
	cw_start(&w);
	const struct decided *first = decide("dup", "dup.example.com");

	cw_submit(&w, -1, "dup", cw_request(&w, "dup", "dup.example.com"));
	cw_wait_decisions(&w, 2);
	const struct decided *echo = cw_decision(&w, "dup", 1);

	ck_assert(span_eq(echo->value, first->value));
	ck_assert(span_eq(echo->jws, first->jws));
	char offset[24];

	snprintf(offset, sizeof(offset), "%lld", (long long)first->offset);
	ck_assert(span_is(echo->echo, offset));
	cw_submit(&w, -1, "dup", cw_request(&w, "dup", "other.example.com"));
	cw_wait_decisions(&w, 3);
	const struct decided *conflict = cw_decision(&w, "dup", 2);

	expect(conflict, OUTCOME_REJECTED, REASON_REQUEST_ID_CONFLICT);
	ck_assert(span_is(conflict->echo, offset));
	/* answers are not in the chain */
	const struct decided *next = decide("dup-next", "dup.example.com");

	ck_assert(next->partition != first->partition ||
	          next->decision.sequence == 2);
}
END_TEST

START_TEST(repeats_of_an_undecided_request)
{
	const char *same = cw_request(&w, "und", "und.example.com");

	cw_start(&w);
	w.play[3].dcv = CLASS_UNKNOWN; /* takes until the deadline */
	cw_submit(&w, -1, "und", same);
	cw_submit(&w, -1, "und", same);
	cw_submit(&w, -1, "und", cw_request(&w, "und", "else.example.com"));
	cw_wait_decisions(&w, 2);
	world_pass(&w.kafka, 500);
	ck_assert_int_eq(w.decisions, 2);
	expect(cw_decision(&w, "und", 0), OUTCOME_ISSUE, REASON_QUORUM_MET);
	expect(cw_decision(&w, "und", 1), OUTCOME_REJECTED,
	       REASON_REQUEST_ID_CONFLICT);
}
END_TEST

/* kcat hashes otherwise, some producers send no key: forwarded, then decided
   once, at home. */
START_TEST(forwards_to_the_home_partition)
{
	cw_start(&w);
	for (int p = 0; p < CW_PARTITIONS; p++)
		cw_submit(&w, p, NULL,
		          "{\"domain_or_ip_target\":\"fwd.example.com\"}");
	cw_submit(&w,
	          (int32_t)(home_partition(SPAN("away"), CW_PARTITIONS) + 1) %
	                  CW_PARTITIONS,
	          "away", cw_request(&w, "away", "away.example.com"));
	cw_wait_decisions(&w, 4);
	const struct decided *d = cw_decision(&w, "away", 0);

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_int_eq(d->partition,
	                 (int)home_partition(SPAN("away"), CW_PARTITIONS));
	expect(cw_decision(&w, "r-0-0", 0), OUTCOME_CORROBORATED,
	       REASON_QUORUM_MET);
	ck_assert_int_eq(w.dead_letters, 0);
}
END_TEST

static const struct {
	const char *value;
	const char *reason;
} undecodable[] = {
	{ "", "undecodable" },
	{ "garbage", "undecodable" },
	{ "{\"domain_or_ip_target\":", "undecodable" },
	{ "[1,2]", "undecodable" },
	{ "\xdd\xff\xff\xff\xff", "undecodable" },
};

START_TEST(dead_letters_what_does_not_decode)
{
	cw_start(&w);
	for (int i = 0; i < COUNT(undecodable); i++)
		cw_submit(&w, i % CW_PARTITIONS, "garbage",
		          undecodable[i].value);
	cw_wait_dead(&w, COUNT(undecodable));
	for (const struct dead *d = w.dead; d != NULL; d = d->next)
		ck_assert(span_is(d->reason, "undecodable"));
	expect(decide("after", "after.example.com"), OUTCOME_ISSUE,
	       REASON_QUORUM_MET);
	ck_assert_int_eq(w.dead_letters, COUNT(undecodable));
}
END_TEST

/* Every issue is named, not only the first. */
START_TEST(rejects_and_names_every_issue)
{
	cw_start(&w);
	cw_submit(&w, -1, "bad",
	          "{\"request_id\":\"bad\",\"check_type\":\"dcv\","
	          "\"domain_or_ip_target\":\"Bad.Example.com\","
	          "\"orchestration_parameters\":{\"quorum_count\":0},"
	          "\"dcv_check_parameters\":{\"validation_method\":"
	          "\"website-change\",\"challenge_value\":\"short\","
	          "\"http_token_path\":\"../../etc/passwd\"}}");
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, "bad", 0);
	static const enum reason want[] = { REASON_NAME_INVALID,
		                            REASON_QUORUM_COUNT, REASON_ENTROPY,
		                            REASON_PATH_INVALID };

	ck_assert_int_eq(d->decision.outcome, OUTCOME_REJECTED);
	for (int i = 0; i < COUNT(want); i++) {
		bool found = false;

		for (size_t k = 0; k < d->decision.issues_count; k++)
			found |= d->decision.issues[k].reason == want[i];
		ck_assert_msg(found, "%s", reason_name(want[i]));
	}
}
END_TEST

/* whatever is taken from the log or altered on it is noticed. */
START_TEST(replay_notices_what_was_tampered_with)
{
	cw_start(&w);
	w.play[2].dcv = CLASS_DISAGREED;
	const struct decided *d = decide("audit", "audit.example.com");
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

int main(void)
{
	TCase *tc = tcase_create("coordinator");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, issues_when_all_corroborate);
	tcase_add_test(tc, outvotes_one_per_set);
	tcase_add_test(tc, does_not_issue_when_two_disagree);
	tcase_add_test(tc, primary_failure_is_final);
	tcase_add_test(tc, names_who_was_missing);
	tcase_add_test(tc, tries_again_after_silence);
	tcase_add_test(tc, a_second_result_never_counts);
	tcase_add_test(tc, repeats_get_echoes_and_conflicts);
	tcase_add_test(tc, repeats_of_an_undecided_request);
	tcase_add_test(tc, forwards_to_the_home_partition);
	tcase_add_test(tc, dead_letters_what_does_not_decode);
	tcase_add_test(tc, rejects_and_names_every_issue);
	tcase_add_test(tc, replay_notices_what_was_tampered_with);
	tcase_add_test(tc, foreign_signatures_do_not_count);
	return run_case(tc);
}
