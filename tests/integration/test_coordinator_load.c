/*
 * More than can be done in time: what is answered overloaded, and what is not
 * (design, section 6). Over the embedded broker, with played perspectives.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "coordinator/overload.h"

#include <stdio.h>

enum { BACKLOG = 1500, GOOD = 30 };

static struct coordinator_world w;

#define PLAN \
	"plan {\n primary = fra\n attempt_time = \"1500ms\"\n attempts = " \
	"1\n}\n"

static void teardown(void)
{
	cw_end(&w);
}

static void submit(const char *id, int allowed_ms)
{
	cw_submit(&w, -1, id,
	          arena_printf(w.arena,
	                       "{\"request_id\":\"%s\",\"check_type\":\"caa\","
	                       "\"domain_or_ip_target\":\"load.example.com\","
	                       "\"time_allowed_ms\":%d}",
	                       id, allowed_ms));
}

static void submit_many(const char *prefix, int count, int allowed_ms)
{
	for (int i = 0; i < count; i++)
		submit(arena_printf(w.arena, "%s-%d", prefix, i), allowed_ms);
}

static void expect(const char *id, enum outcome outcome, enum reason reason)
{
	const struct decided *d = cw_decision(&w, id, 0);

	ck_assert_msg(d->decision.outcome == outcome &&
	                      d->decision.reason == reason,
	              "%.*s", SPAN_ARG(d->value));
	if (reason == REASON_OVERLOADED)
		ck_assert_uint_eq(d->decision.attempts_count, 0);
}

static bool all_begun(void *arg)
{
	return overload_working(w.coordinator->overload) >= *(size_t *)arg;
}

/* Nothing of its time is left when it is read: it is not wrong, but late. */
START_TEST(late_at_intake)
{
	cw_open(&w, PLAN);
	submit("late", 1000);
	submit("good", 60000);
	world_pass(&w.kafka, 1100);
	cw_start(&w);
	cw_wait_decisions(&w, 2);
	expect("late", OUTCOME_DO_NOT_ISSUE, REASON_OVERLOADED);
	expect("good", OUTCOME_CORROBORATED, REASON_QUORUM_MET);
	ck_assert_int_eq(w.checks[0], 1);
	cw_wait_figure(&w,
	               "mpic_request_time_left_seconds_count{at=\"intake\"} 2");
	cw_wait_figure(
		&w, "mpic_request_time_left_seconds_count{at=\"decision\"} 1");
	cw_wait_figure(&w, "mpic_requests_working 0");
}
END_TEST

/* It waits behind the ceiling for longer than it may. */
START_TEST(late_behind_the_ceiling)
{
	cw_open(&w, PLAN "requests { in_flight_max = 1 }\n");
	cw_start(&w);
	w.play[0].hold = true;
	submit("slow", 60000);
	cw_wait_held(&w, 0);
	/* of one partition, so that its intake is paused */
	for (int i = 0; i < CW_PARTITIONS; i++)
		cw_submit(&w, i, NULL,
		          "{\"check_type\":\"caa\",\"time_allowed_ms\":1000,"
		          "\"domain_or_ip_target\":\"load.example.com\"}");
	cw_wait_decisions(&w, 1 + CW_PARTITIONS);
	expect("slow", OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_MISSING);
	int late = 0;

	for (const struct decided *d = w.decided; d != NULL; d = d->next)
		late += d->decision.reason == REASON_OVERLOADED;
	ck_assert_int_eq(late, CW_PARTITIONS);
}
END_TEST

/* The perspectives live and answer nothing: who has less time than the others
   took is refused, until that is forgotten. */
START_TEST(refuses_what_would_be_late)
{
	size_t working = OVERLOAD_PROBES;

	cw_open(&w, PLAN);
	cw_start(&w);
	w.play[0].dcv = CLASS_UNKNOWN;
	submit_many("silent", 20, 60000);
	cw_wait_decisions(&w, 20);
	submit_many("again", OVERLOAD_PROBES, 60000);
	world_run(&w.kafka, "all begun", all_begun, &working);
	submit("short", 1500);
	submit("long", 60000);
	cw_wait_decisions(&w, 20 + OVERLOAD_PROBES + 2);
	expect("silent-0", OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_MISSING);
	expect("short", OUTCOME_DO_NOT_ISSUE, REASON_OVERLOADED);
	expect("long", OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_MISSING);

	w.play[0].dcv = CLASS_CORROBORATED;
	world_pass(&w.kafka, OVERLOAD_WINDOW_MS + 500);
	submit_many("after", 30, 5000);
	cw_wait_decisions(&w, 20 + OVERLOAD_PROBES + 2 + 30);
	for (int i = 0; i < 30; i++)
		expect(arena_printf(w.arena, "after-%d", i),
		       OUTCOME_CORROBORATED, REASON_QUORUM_MET);
}
END_TEST

/* One remote that says nothing makes every attempt last to its end, and none
   of them fail: that is no reason to refuse any. */
START_TEST(silence_is_not_load)
{
	size_t working = OVERLOAD_PROBES;

	cw_open(&w, PLAN);
	cw_start(&w);
	w.play[3].dcv = CLASS_UNKNOWN;
	submit_many("quorum", 20, 60000);
	cw_wait_decisions(&w, 20);
	submit_many("again", OVERLOAD_PROBES, 60000);
	world_run(&w.kafka, "all begun", all_begun, &working);
	submit("short", 1900);
	cw_wait_decisions(&w, 20 + OVERLOAD_PROBES + 1);
	expect("short", OUTCOME_CORROBORATED, REASON_QUORUM_MET);
}
END_TEST

/* Requests that were there before it began: more than may be in flight, and
   none of those that are asked about runs out of time behind the others. */
START_TEST(results_do_not_wait_behind_requests)
{
	int good = 0;

	cw_open(&w, "plan {\n primary = fra\n attempt_time = 5s\n}\n"
	            "requests { in_flight_max = 100 }\n");
	for (int i = 0; i < BACKLOG; i++) {
		char id[16];

		snprintf(id, sizeof(id), "b-%d", i);
		if (i < GOOD)
			submit(id, 60000);
		else
			cw_submit(&w, -1, id, cw_request(&w, id, "bad_name."));
	}
	world_pass(&w.kafka, 100);
	cw_start(&w);
	cw_wait_decisions(&w, BACKLOG);
	ck_assert_int_eq(w.decisions, BACKLOG);
	for (const struct decided *d = w.decided; d != NULL; d = d->next) {
		if (d->decision.outcome == OUTCOME_CORROBORATED) {
			good++;
			ck_assert_uint_eq(d->decision.attempts_count, 1);
			ck_assert_int_eq(
				d->decision.attempts[0].close.closed_by,
				CLOSED_BY_RESULT);
		} else {
			ck_assert_int_eq(d->decision.outcome, OUTCOME_REJECTED);
		}
	}
	ck_assert_int_eq(good, GOOD);
	cw_wait_figure(&w, "mpic_requests_in_flight 0");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("load");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, late_at_intake);
	tcase_add_test(tc, late_behind_the_ceiling);
	tcase_add_test(tc, refuses_what_would_be_late);
	tcase_add_test(tc, silence_is_not_load);
	tcase_add_test(tc, results_do_not_wait_behind_requests);
	return run_case(tc);
}
