/*
 * The worker's canary: what answers for a name that no validating
 * resolver answers for has no check of the primary's.
 */
#include "tests/support/run.h"
#include "tests/support/worker_world.h"

#include "base/clock.h"

#include <fcntl.h>

enum { HELD_MS = 60000 };

static struct worker_world w;

static void teardown(void)
{
	ww_close(&w);
}

static void setup_turncoat(void)
{
	ww_open(&w, "canary {\n names = { \"turncoat.example.com\", "
	            "\"servfail.example.com\" }\n"
	            " interval = 200ms\n valid = 2s\n}\n"
	            "fairness {\n hang_time = 100ms\n hanging_max = 1\n}\n");
}

static void setup_mute_canary(void)
{
	ww_open(&w, "canary { names = { \"servfail.example.com\" } }\n");
}

static bool has_validation(void *arg)
{
	return w.beats > 0 && w.beat.validation == *(enum validation *)arg;
}

static void wait_validation(enum validation wanted)
{
	world_run(&w.kafka, validation_name(wanted), has_validation, &wanted);
}

static const struct got_result *answer_as(enum perspective_role role,
                                          const char *id)
{
	struct check c = ww_check(id, "honest.example.com");
	int before = w.results_count;

	c.role = role;
	ww_send(&w, &c);
	ww_wait_results(&w, before + 1);
	return ww_result(&w, id, 0);
}

static bool hang_and_wait(void *arg)
{
	const struct turnstile_figures *wanted = arg;
	struct turnstile_figures f = fairness_figures(w.worker->fairness);

	return f.hanging == wanted->hanging && f.waiting == wanted->waiting;
}

/* The primary's: hangs until it is freed, or waits behind one that does. */
static void hold_as_primary(const char *id, size_t waiting)
{
	struct turnstile_figures wanted = { .hanging = 1, .waiting = waiting };
	struct check c = ww_check(id, "mute0.held.example");

	c.role = ROLE_PRIMARY;
	c.budget_ms = HELD_MS;
	c.deadline_ms = clock_wall_ms() + HELD_MS;
	ww_send(&w, &c);
	world_run(&w.kafka, "hangs, waits", hang_and_wait, &wanted);
}

static void expect_disabled(const char *primary, const char *remote)
{
	const struct got_result *g = answer_as(ROLE_PRIMARY, primary);

	ww_expect(g, CLASS_ERROR, REASON_VALIDATION_UNPROVEN);
	ck_assert_int_eq(g->result.tries, 0);
	ww_expect(answer_as(ROLE_REMOTE, remote), CLASS_CORROBORATED,
	          REASON_UNKNOWN);
}

static void expect_held_are_disabled(const char *hung, const char *waited)
{
	const struct got_result *g;

	ww_ask(&w, "free", "free.operator.example");
	ww_wait_results(&w, w.results_count + 3);
	g = ww_result(&w, hung, 0);
	ww_expect(g, CLASS_ERROR, REASON_VALIDATION_UNPROVEN);
	ck_assert_int_eq(g->result.tries, 1);
	g = ww_result(&w, waited, 0);
	ww_expect(g, CLASS_ERROR, REASON_VALIDATION_UNPROVEN);
	ck_assert_int_eq(g->result.tries, 0);
}

static void expect_proven(const char *primary)
{
	const struct got_result *g = answer_as(ROLE_PRIMARY, primary);

	ww_expect(g, CLASS_CORROBORATED, REASON_UNKNOWN);
	ck_assert(g->result.validation_shown_ms.set); /* */
	ck_assert_int_le(g->result.validation_shown_ms.v,
	                 g->result.finished_ms);
	ck_assert_int_ge(g->result.validation_shown_ms.v,
	                 g->result.started_ms - 60000);
}

/* a bogus name that is answered, by one kind of check only, disables the
   primary until it is refused again, for what it has begun too; so does a proof
   that is too old. What one silent name does not say, another does. */
START_TEST(canary_gates_the_primary)
{
	struct buf text = { 0 };

	log_to_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
	ww_start(&w);
	wait_validation(VALIDATION_SHOWN);
	ck_assert(w.beat.validation_shown_ms.set);
	expect_proven("shown");

	hold_as_primary("hung", 0);
	hold_as_primary("waited", 1);
	(void)ww_answer(&w, "flip1", "flip.example.com");
	wait_validation(VALIDATION_FAILED);
	expect_disabled("failed", "remote1");
	expect_held_are_disabled("hung", "waited");

	(void)ww_answer(&w, "flip2", "flip.example.com");
	wait_validation(VALIDATION_SHOWN);
	expect_proven("again");

	(void)ww_answer(&w, "flip3", "flip.example.com");
	wait_validation(VALIDATION_UNPROVEN);
	expect_disabled("old", "remote2");
	metrics_render(w.metrics, &text);
	ck_assert(strstr(buf_cstr(&text), "mpic_worker_validation{state="
	                                  "\"unproven\"} 1\n") != NULL);
	buf_clear(&text);
}
END_TEST

/* nothing learned at the start; others' checks are done all the same. */
START_TEST(mute_canary_disables_the_primary)
{
	log_to_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
	ww_start(&w);
	wait_validation(VALIDATION_UNPROVEN);
	ck_assert(!w.beat.validation_shown_ms.set);
	expect_disabled("mute", "remote");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker canary");
	TCase *turncoat = tcase_create("turncoat");
	TCase *mute = tcase_create("mute");

	tcase_set_timeout(turncoat, 180);
	tcase_add_checked_fixture(turncoat, setup_turncoat, teardown);
	tcase_add_test(turncoat, canary_gates_the_primary);
	suite_add_tcase(suite, turncoat);
	tcase_set_timeout(mute, 180);
	tcase_add_checked_fixture(mute, setup_mute_canary, teardown);
	tcase_add_test(mute, mute_canary_disables_the_primary);
	suite_add_tcase(suite, mute);

	SRunner *sr = srunner_create(suite);

	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
