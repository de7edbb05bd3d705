/*
 * The worker's pool of probes: those that never become one, and the ordinary
 * life of the others.
 */
#include "tests/support/pool_world.h"
#include "tests/support/run.h"

enum { LONG_MS = 15000, SHORT_MS = 400 };

static struct pool_world w;
static const struct probe_pool_options plain;

static void setup(void)
{
	pool_world_open(&w);
}

static void teardown(void)
{
	pool_world_close(&w);
}

/* -- probes that never become one */

static const struct start {
	const char *user_agent;
	enum probe_death death;
	int64_t start_limit_ms; /* 0: the pool's own, of which none runs out */
} starts[] = {
	{ "start-exit", PROBE_DEATH_ENDED, 0 },
	{ "start-hang", PROBE_DEATH_UNREADY, 100 },
	{ "start-fail", PROBE_DEATH_UNREADY, 0 },
	{ "start-twice", PROBE_DEATH_BREACH, 0 },
};

/* No storm of processes: each start in vain doubles the wait. */
START_TEST(bad_start_is_tried_again_slowly)
{
	const struct probe_pool_options options = {
		.start_limit_ms = starts[_i].start_limit_ms
	};
	struct tried task;
	struct probe_pool_figures f;

	pool_open(&w, starts[_i].user_agent, &options);
	pool_try(&w, &task, "honest", "good.example", SHORT_MS);
	pool_wait_deaths(&w, 2);
	(void)pool_turn(&w, NULL, NULL, 1000);
	f = probe_pool_figures(w.pool);
	ck_assert_int_ge(f.deaths[starts[_i].death], 2);
	ck_assert_int_le(f.starts, 12);
	pool_finish(&w, &task, "task");
	ck_assert(task.end != PROBE_ANSWERED);
	if (_i == 2)
		ck_assert_str_eq(w.unusable, "as it was told");
}
END_TEST

START_TEST(not_begun_in_time_is_said)
{
	struct tried task;

	pool_open(&w, "start-hang", &plain);
	pool_try(&w, &task, "honest", "good.example", SHORT_MS);
	pool_finish(&w, &task, "task");
	ck_assert_int_eq(task.end, PROBE_NOT_BEGUN);
	ck_assert_int_eq(task.task.tries, 0);
	ck_assert_int_eq(task.generation, 0);
}
END_TEST

START_TEST(unwanted_probe_gets_nothing)
{
	struct tried task;

	w.refuse = true;
	pool_open(&w, "", &plain);
	pool_try(&w, &task, "honest", "good.example", SHORT_MS);
	pool_finish(&w, &task, "task");
	ck_assert_int_eq(task.end, PROBE_NOT_BEGUN);
	ck_assert_int_ge(w.readies, 1);
}
END_TEST

/* -- the ordinary life */

START_TEST(replaced_after_its_share)
{
	const struct probe_pool_options few = { .replace_tasks = 3 };
	struct tried tasks[20];
	struct probe_pool_figures f;
	int64_t last = 0;

	pool_open(&w, "", &few);
	pool_wait_ready(&w, 2);
	for (int i = 0; i < COUNT(tasks); i++) {
		pool_try(&w, &tasks[i], "honest", "good.example", LONG_MS);
		pool_expect(&w, &tasks[i], "honest");
		last = tasks[i].generation;
		pool_wait_ready(&w, 2);
	}
	ck_assert_int_ge(last, 4);
	f = probe_pool_figures(w.pool);
	for (int d = 0; d < PROBE_DEATH_COUNT; d++)
		ck_assert_int_eq(f.deaths[d], 0);
	ck_assert_uint_le(f.alive, 4);
}
END_TEST

/* More than its probes may have at a time: the rest waits, nothing is lost. */
START_TEST(above_the_ceiling_waits)
{
	const struct probe_settings four = { .jobs_max = 4 };
	const struct probe_pool_options o = { .count = 2, .settings = &four };
	struct tried tasks[40];

	pool_open(&w, "", &o);
	pool_wait_ready(&w, 3);
	for (int i = 0; i < COUNT(tasks); i++)
		pool_try(&w, &tasks[i], "slow", "good.example", LONG_MS);
	ck_assert_uint_eq(probe_pool_figures(w.pool).running, 8);
	ck_assert_uint_eq(probe_pool_figures(w.pool).queued, 32);
	for (int i = 0; i < COUNT(tasks); i++)
		pool_expect(&w, &tasks[i], "slow");
}
END_TEST

/* While answers can't be passed on, nobody is taken for hung. */
START_TEST(held_probe_is_not_hung)
{
	struct tried task;

	pool_open(&w, "", &plain);
	pool_wait_ready(&w, 2);
	pool_try(&w, &task, "honest", "good.example", SHORT_MS);
	probe_pool_hold(w.pool, true);
	(void)pool_turn(&w, NULL, NULL, 1200);
	ck_assert(!task.done);
	probe_pool_hold(w.pool, false);
	pool_expect(&w, &task, "honest");
	ck_assert_int_eq(probe_pool_figures(w.pool).deaths[PROBE_DEATH_HUNG],
	                 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("probe pool");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, bad_start_is_tried_again_slowly, 0,
	                    COUNT(starts));
	tcase_add_test(tc, not_begun_in_time_is_said);
	tcase_add_test(tc, unwanted_probe_gets_nothing);
	tcase_add_test(tc, replaced_after_its_share);
	tcase_add_test(tc, above_the_ceiling_waits);
	tcase_add_test(tc, held_probe_is_not_hung);
	return run_case(tc);
}
