/*
 * The coordinator's life over the embedded broker: killed, restarted, drained,
 * full, one of two.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "base/murmur2.h"
#include "coordinator/outbox.h"
#include "coordinator/session.h"
#include "trust/jws.h"

#include <string.h>

static struct coordinator_world w;

#define PLAN "plan {\n primary = fra\n attempt_time = \"1500ms\"\n"

/* Where no attempt is meant to run out of time, however busy the machine. */
#define PLAN_IN_TIME "plan {\n primary = fra\n attempt_time = 5s\n"

static void teardown(void)
{
	cw_end(&w);
}

static void submit_many(const char *prefix, int count)
{
	for (int i = 0; i < count; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%s-%d", prefix, i);
		cw_submit(&w, -1, id, cw_request(&w, id, "many.example.com"));
	}
}

/* Each of them has one decision, and it is that one. */
static void expect_each(const char *prefix, int count, enum outcome outcome)
{
	for (int i = 0; i < count; i++) {
		char id[32];
		int n = 0;

		snprintf(id, sizeof(id), "%s-%d", prefix, i);
		for (const struct decided *d = w.decided; d; d = d->next)
			n += span_is(d->decision.request_id, id);
		ck_assert_msg(n == 1, "%s has %d decisions", id, n);
		const struct decided *d = cw_decision(&w, id, 0);

		ck_assert_msg(d->decision.outcome == outcome, "%.*s",
		              SPAN_ARG(d->value));
	}
}

static void expect_ready(void)
{
	struct buf reasons = { 0 };

	coordinator_ready(w.coordinator, &reasons);
	ck_assert_msg(reasons.len == 0, "%s", buf_cstr(&reasons));
	buf_clear(&reasons);
}

/* Promise 1 over a restart: decided once, undecided resumed. */
START_TEST(resumes_from_the_log)
{
	cw_open(&w, PLAN "}\n");
	cw_start(&w);
	submit_many("before", 1);
	cw_wait_decisions(&w, 1);
	w.play[3].hold = true;
	cw_submit(&w, -1, "open", cw_request(&w, "open", "open.example.com"));
	cw_wait_held(&w, 3);
	cw_kill(&w);
	w.play[3].hold = false;
	cw_start(&w);
	cw_wait_decisions(&w, 2);
	const struct decided *d = cw_decision(&w, "open", 0);

	ck_assert_int_eq(d->decision.outcome, OUTCOME_ISSUE);
	ck_assert_uint_eq(d->decision.attempts_count, 1);
	cw_submit(&w, -1, "before-0",
	          cw_request(&w, "before-0", "many.example.com"));
	cw_wait_decisions(&w, 3);
	ck_assert(cw_decision(&w, "before-0", 1)->echo.p != NULL);
	world_pass(&w.kafka, 300);
	ck_assert_int_eq(w.decisions, 3);
	expect_ready();
}
END_TEST

static bool is_paused(void *arg)
{
	(void)arg;
	for (int i = 0; i < CW_PARTITIONS; i++) {
		if (!w.coordinator->partitions[i]->paused)
			return false;
	}
	return true;
}

/* Promise 6: intake pauses at the ceiling, nothing is dropped; and what was
   full when it died is full again when it is back, and still gets done. */
START_TEST(pauses_at_the_ceiling)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"20s\"\n}\n"
	            "requests { in_flight_max = 5 }\n");
	cw_start(&w);
	w.play[0].hold = true;
	submit_many("full", 50);
	world_run(&w.kafka, "paused", is_paused, NULL);
	world_pass(&w.kafka, 300);
	ck_assert_uint_eq(w.coordinator->sessions, 5);
	ck_assert_int_eq(w.checks[0], 5);
	cw_kill(&w);
	w.play[0].hold = false;
	cw_start(&w);
	cw_wait_decisions(&w, 50);
	world_pass(&w.kafka, 300);
	expect_each("full", 50, OUTCOME_ISSUE);
	ck_assert_uint_eq(w.coordinator->sessions, 0);
	ck_assert(!is_paused(NULL));
}
END_TEST

/* Promise 1: the group goes on when one of two is killed. */
START_TEST(two_share_and_one_is_killed)
{
	cw_open(&w, PLAN "}\n");
	cw_start(&w);
	cw_start_other(&w);
	submit_many("early", 20);
	cw_wait_decisions(&w, 20);
	w.play[3].hold = true;
	submit_many("late", 20);
	/* all are out: who dies between a plan and its first check leaves an
	   attempt that nobody was asked in, and takeover outlasts it */
	while (w.checks[3] < 40)
		world_pass(&w.kafka, 10);
	cw_kill(&w);
	w.play[3].hold = false;
	cw_wait_decisions(&w, 40);
	world_pass(&w.kafka, 300);
	expect_each("early", 20, OUTCOME_ISSUE);
	expect_each("late", 20, OUTCOME_ISSUE);
}
END_TEST

static bool has_decision(void *arg)
{
	for (const struct decided *d = w.decided; d != NULL; d = d->next) {
		if (span_is(d->decision.request_id, arg))
			return true;
	}
	return false;
}

static bool has_left(void *arg)
{
	(void)arg;
	return w.coordinator->leaving;
}

/* What was begun is finished, another attempt included; the rest waits for a
   successor. */
START_TEST(drains_on_request)
{
	static char again[] = "again";

	cw_open(&w, PLAN_IN_TIME "}\n");
	cw_start(&w);
	w.play[3].once_silent = 1;
	w.play[4].once_silent = 1;
	cw_submit(&w, -1, again, cw_request(&w, again, "a.example.com"));
	while (w.play[3].once_silent > 0 || w.play[4].once_silent > 0)
		world_pass(&w.kafka, 10);
	submit_many("drain", 20);
	cw_wait_decisions(&w, 1);
	coordinator_drain(w.coordinator);
	world_run(&w.kafka, "drained", has_left, NULL);
	ck_assert_uint_eq(w.coordinator->sessions, 0);
	world_run(&w.kafka, "its decision", has_decision, again);
	ck_assert_int_eq(cw_decision(&w, again, 0)->decision.outcome,
	                 OUTCOME_ISSUE);
	cw_kill(&w);
	cw_start(&w);
	cw_wait_decisions(&w, 21);
	world_pass(&w.kafka, 300);
	expect_each("drain", 20, OUTCOME_ISSUE);
	ck_assert_int_eq(w.decisions, 21);
}
END_TEST

static void start_without_waiting(void)
{
	struct err err;

	w.coordinator =
		coordinator_new(w.kafka.loop, &w.deployment, w.stats, &err);
	ck_assert_msg(w.coordinator != NULL, "%s", err.text);
}

/* SIGTERM while the brokers do not answer. */
START_TEST(drains_before_it_is_a_member)
{
	cw_open(&w, PLAN "}\n");
	start_without_waiting();
	coordinator_drain(w.coordinator);
	ck_assert(w.coordinator->leaving);
	world_pass(&w.kafka, 50);
}
END_TEST

static const struct session *find(const char *id)
{
	uint32_t home = home_partition(span_str(id), CW_PARTITIONS);

	return session_find(w.coordinator->partitions[home], span_str(id));
}

static bool is_closing(void *arg)
{
	const struct session *s = find(arg);

	return s != NULL && s->state == SESSION_CLOSING;
}

/* A deadline waits for the watermark of `results`; what is read meanwhile
   counts, and may ask for another attempt. */
START_TEST(late_words_before_the_watermark)
{
	enum { LIST_OFFSETS = 2, UNKNOWN_ERROR = -1 };
	static char id[] = "closing";

	cw_open(&w, PLAN "}\n");
	cw_start(&w);
	w.play[3].hold = true;
	w.play[4].hold = true;
	cw_submit(&w, -1, id, cw_request(&w, id, "closing.example.com"));
	cw_wait_held(&w, 3);
	cw_wait_held(&w, 4);
	mock_broker_fail_next(w.kafka.broker, LIST_OFFSETS, 20, UNKNOWN_ERROR);
	world_run(&w.kafka, "closing", is_closing, id);
	w.play[4].hold = false; /* the other attempt takes its time, too */
	cw_answer_held(&w, 3, CLASS_ERROR);
	cw_answer_held(&w, 4, CLASS_ERROR);
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, id, 0);

	ck_assert_int_eq(d->decision.outcome, OUTCOME_ISSUE);
	ck_assert_uint_eq(d->decision.attempts_count, 2);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_RESULT);
	ck_assert_int_eq(w.decisions, 1);
}
END_TEST

static bool is_on_the_log(void *arg)
{
	(void)arg;
	return w.requests != NULL;
}

/* A plan that the log never takes is no attempt: decided without one. */
START_TEST(an_attempt_that_the_log_refuses)
{
	enum { PRODUCE = 0, TOO_LARGE = 10 };

	cw_open(&w, PLAN "}\n");
	w.heartbeats = false; /* so that nobody else produces */
	cw_submit(&w, -1, "refused",
	          cw_request(&w, "refused", "refused.example.com"));
	world_run(&w.kafka, "request", is_on_the_log, NULL);
	mock_broker_fail_next(w.kafka.broker, PRODUCE, 1, TOO_LARGE);
	cw_start(&w);
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, "refused", 0);

	ck_assert_int_eq(d->decision.outcome, OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(d->decision.reason, REASON_INTERNAL_FAULT);
	ck_assert_uint_eq(d->decision.attempts_count, 0);
}
END_TEST

static bool has_an_answer(void *arg)
{
	(void)arg;
	return outbox_queued(w.coordinator->outbox) > 0;
}

/* a decision that the log did not take yet is seen by nobody, and if its
   coordinator dies there it was none; the next one makes it. */
START_TEST(told_only_when_logged)
{
	enum { ADD_PARTITIONS_TO_TXN = 24, CONCURRENT_TRANSACTIONS = 51 };

	cw_open(&w, PLAN_IN_TIME "}\n");
	w.play[1].hold = true;
	cw_start(&w);
	cw_submit(&w, -1, "held-0",
	          cw_request(&w, "held-0", "held.example.com"));
	cw_wait_held(&w, 1);
	mock_broker_fail_next(w.kafka.broker, ADD_PARTITIONS_TO_TXN, 100000,
	                      CONCURRENT_TRANSACTIONS);
	w.play[1].hold = false;
	cw_answer_held(&w, 1, CLASS_CORROBORATED);
	world_run(&w.kafka, "a decision", has_an_answer, NULL);
	world_pass(&w.kafka, 300);
	ck_assert_int_eq(w.decisions, 0);
	ck_assert(has_an_answer(NULL));
	cw_wait_figure(&w, "mpic_answers_queued 1\n");
	cw_kill(&w);
	world_pass(&w.kafka, 300);
	ck_assert_int_eq(w.decisions, 0);

	mock_broker_fail_next(w.kafka.broker, ADD_PARTITIONS_TO_TXN, 0, 0);
	cw_start(&w);
	cw_wait_decisions(&w, 1);
	expect_each("held", 1, OUTCOME_ISSUE);
}
END_TEST

/* Of those submit_many() sends. */
static int at_home(const char *prefix, int count, int32_t partition)
{
	int n = 0;

	for (int i = 0; i < count; i++) {
		char id[32];

		snprintf(id, sizeof(id), "%s-%d", prefix, i);
		n += (int32_t)home_partition(span_str(id), CW_PARTITIONS) ==
		     partition;
	}
	return n;
}

static bool others_serve(void *arg)
{
	const int32_t *stopped = arg;

	for (int32_t i = 0; i < CW_PARTITIONS; i++) {
		const struct partition *p = w.coordinator->partitions[i];

		if (p == NULL ||
		    p->phase != (i == *stopped ? PARTITION_STOPPED
		                               : PARTITION_SERVING))
			return false;
	}
	return true;
}

static void expect_not_ready(const char *why)
{
	struct buf reasons = { 0 };

	coordinator_ready(w.coordinator, &reasons);
	ck_assert_msg(strstr(buf_cstr(&reasons), why) != NULL, "%s",
	              buf_cstr(&reasons));
	buf_clear(&reasons);
}

/* Ours by its signature, and not what the last one said is next. */
static void say_again(const struct decided *d)
{
	const struct kafka_header jws = { JWS_HEADER, d->jws };
	const struct kafka_record r = { .topic = w.deployment.topics.decisions,
		                        .partition = d->partition,
		                        .key = d->key,
		                        .value = d->value,
		                        .headers = &jws,
		                        .header_count = 1 };

	cw_send(&w, &r);
}

/* Promise 2: a log that is not the chain that it was stops its partition until
   an operator accepts it; the others go on. */
START_TEST(broken_chain_stops_its_partition)
{
	char number[16];
	const char *accepted[] = { number };
	int32_t broken;

	cw_open(&w, PLAN_IN_TIME "}\n");
	cw_start(&w);
	submit_many("before", 12);
	cw_wait_decisions(&w, 12);
	broken = w.decided->partition;
	say_again(w.decided);
	cw_wait_decisions(&w, 13);
	cw_kill(&w);

	start_without_waiting();
	world_run(&w.kafka, "stopped", others_serve, &broken);
	expect_not_ready("1 of 3 partitions stopped");
	submit_many("beside", 12);
	cw_wait_decisions(&w, 13 + 12 - at_home("beside", 12, broken));
	world_pass(&w.kafka, 300);
	ck_assert_int_eq(w.decisions, 13 + 12 - at_home("beside", 12, broken));
	cw_kill(&w);

	(void)snprintf(number, sizeof(number), "%d", broken);
	w.conf.accept_gap = (struct setting_list){ accepted, 1 };
	cw_start(&w);
	cw_wait_decisions(&w, 13 + 12);
	expect_each("beside", 12, OUTCOME_ISSUE);
	expect_ready();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("coordinator_life");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, resumes_from_the_log);
	tcase_add_test(tc, pauses_at_the_ceiling);
	tcase_add_test(tc, two_share_and_one_is_killed);
	tcase_add_test(tc, drains_on_request);
	tcase_add_test(tc, drains_before_it_is_a_member);
	tcase_add_test(tc, late_words_before_the_watermark);
	tcase_add_test(tc, an_attempt_that_the_log_refuses);
	tcase_add_test(tc, told_only_when_logged);
	tcase_add_test(tc, broken_chain_stops_its_partition);
	return run_case(tc);
}
