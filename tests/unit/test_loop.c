/* The loop, its timers and its signals. */
#include "base/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"

#include <check.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static struct loop *loop;
static int calls;
static int64_t called_ms;

static void setup(void)
{
	loop = loop_new();
	calls = 0;
	called_ms = 0;
}

static void teardown(void)
{
	loop_free(&loop);
	ck_assert_ptr_null(loop);
	loop_free(&loop);
}

static void count(void *arg)
{
	(void)arg;
	calls++;
	called_ms = clock_mono_ms();
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void count_and_stop(void *arg)
{
	count(arg);
	loop_stop(loop);
}

static void burn_ms(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (clock_mono_ms() < until)
		;
}

/* Turns the loop for ms. */
static void run_ms(int64_t ms)
{
	struct timer *end = timer_new(loop, stop, NULL);

	timer_set_ms(end, ms);
	loop_run(loop);
	timer_free(&end);
}

START_TEST(timer_is_never_early)
{
	struct timer *t = timer_new(loop, count_and_stop, NULL);
	int64_t start = clock_mono_ms();

	ck_assert(!timer_is_set(t));
	timer_set_ms(t, 20 + _i);
	ck_assert(timer_is_set(t));
	loop_run(loop);
	ck_assert_int_ge(called_ms - start, 20 + _i);
	ck_assert(!timer_is_set(t));
	timer_free(&t);
	ck_assert_ptr_null(t);
	timer_free(&t);
}
END_TEST

static struct timer *late;

static void burn_then_set(void *arg)
{
	(void)arg;
	burn_ms(60);
	called_ms = clock_mono_ms();
	timer_set_ms(late, 30);
}

/* A turn that lasts 60 ms must not eat the deadline set at its end. */
START_TEST(timer_counts_from_now_not_from_the_turn)
{
	struct timer *first = timer_new(loop, burn_then_set, NULL);

	late = timer_new(loop, stop, NULL);
	timer_set_ms(first, 0);
	loop_run(loop);
	ck_assert_int_ge(clock_mono_ms() - called_ms, 30);
	timer_free(&first);
	timer_free(&late);
}
END_TEST

START_TEST(timer_stopped_or_freed_stays_silent)
{
	struct timer *stopped = timer_new(loop, count, NULL);
	struct timer *freed = timer_new(loop, count, NULL);

	timer_set_ms(stopped, 1);
	timer_set_ms(freed, 1);
	timer_stop(stopped);
	timer_stop(stopped);
	timer_free(&freed);
	run_ms(20);
	ck_assert_int_eq(calls, 0);
	timer_free(&stopped);
}
END_TEST

START_TEST(timer_set_again_runs_once_at_the_later_time)
{
	struct timer *t = timer_new(loop, count, NULL);
	int64_t start = clock_mono_ms();

	timer_set_ms(t, 1);
	timer_set_ms(t, 40);
	run_ms(80);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_ge(called_ms - start, 40);
	timer_free(&t);
}
END_TEST

static void free_own_timer(void *arg)
{
	timer_free(arg);
	count_and_stop(NULL);
}

START_TEST(timer_may_free_itself)
{
	struct timer *t = timer_new(loop, free_own_timer, &t);

	timer_set_ms(t, 1);
	loop_run(loop);
	ck_assert_int_eq(calls, 1);
	ck_assert_ptr_null(t);
}
END_TEST

START_TEST(timer_far_away_does_not_overflow)
{
	struct timer *t = timer_new(loop, count, NULL);

	timer_set_ms(t, INT64_MAX);
	run_ms(5);
	ck_assert_int_eq(calls, 0);
	timer_set_ms(t, INT64_MIN);
	run_ms(20);
	ck_assert_int_eq(calls, 1);
	timer_free(&t);
}
END_TEST

START_TEST(soon_is_later_and_once)
{
	struct soon *s = soon_new(loop, count_and_stop, NULL);

	soon_call(s);
	soon_call(s);
	ck_assert(soon_is_due(s));
	ck_assert_int_eq(calls, 0);
	loop_run(loop);
	ck_assert_int_eq(calls, 1);
	ck_assert(!soon_is_due(s));
	run_ms(10);
	ck_assert_int_eq(calls, 1);
	soon_free(&s);
	ck_assert_ptr_null(s);
	soon_free(&s);
}
END_TEST

START_TEST(soon_cancelled_or_freed_stays_silent)
{
	struct soon *cancelled = soon_new(loop, count, NULL);
	struct soon *freed = soon_new(loop, count, NULL);

	soon_call(cancelled);
	soon_call(freed);
	soon_cancel(cancelled);
	soon_free(&freed);
	run_ms(10);
	ck_assert_int_eq(calls, 0);
	soon_free(&cancelled);
}
END_TEST

static struct soon *chain;

/* Makes its pipe readable from within the chain, so that only a look at the
   descriptors between two calls can end it. */
static void call_again(void *arg)
{
	calls++;
	if (calls == 3)
		ck_assert_int_eq(write(*(int *)arg, "x", 1), 1);
	ck_assert_int_lt(calls, 100);
	soon_call(chain);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	loop_stop(loop);
}

/* A chain that never ends must leave room for I/O. */
START_TEST(soon_starves_nobody)
{
	struct event *ev;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ev = event_new(loop_base(loop), fds[0], EV_READ, on_readable, NULL);
	event_add(ev, NULL);
	chain = soon_new(loop, call_again, &fds[1]);
	soon_call(chain);
	loop_run(loop);
	ck_assert_int_ge(calls, 3);
	soon_free(&chain);
	event_free(ev);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static void free_own_soon(void *arg)
{
	soon_free(arg);
	count_and_stop(NULL);
}

START_TEST(soon_may_free_itself)
{
	struct soon *s = soon_new(loop, free_own_soon, &s);

	soon_call(s);
	loop_run(loop);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(stop_before_run_counts_once)
{
	int64_t start = clock_mono_ms();

	loop_stop(loop);
	loop_run(loop);
	run_ms(20); /* forgotten by now */
	ck_assert_int_ge(clock_mono_ms() - start, 20);
}
END_TEST

static int drains;
static int nows;

static void on_drain(void *arg)
{
	ck_assert_ptr_eq(arg, &drains);
	drains++;
	raise(SIGTERM);
}

static void on_now(void *arg)
{
	ck_assert_ptr_eq(arg, &drains);
	nows++;
	loop_stop(loop);
}

static const struct {
	const char *what;
	int first;
} shutdowns[] = {
	{ "TERM then TERM", SIGTERM },
	{ "INT then TERM", SIGINT },
};

START_TEST(first_signal_drains_second_leaves)
{
	drains = 0;
	nows = 0;
	loop_on_shutdown(loop, on_drain, on_now, &drains);
	raise(shutdowns[_i].first);
	loop_run(loop);
	ck_assert_msg(drains == 1, "%s: %d drains", shutdowns[_i].what, drains);
	ck_assert_msg(nows == 1, "%s: %d nows", shutdowns[_i].what, nows);
}
END_TEST

START_TEST(signal_reaches_all_who_asked)
{
	loop_on_signal(loop, SIGUSR1, count, NULL);
	loop_on_signal(loop, SIGUSR1, count, NULL);
	raise(SIGUSR1);
	run_ms(50);
	ck_assert_int_eq(calls, 2);
}
END_TEST

START_TEST(writing_to_nobody_is_an_error_only)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	ck_assert_int_eq(write(fds[1], "x", 1), -1);
	close(fds[1]);
}
END_TEST

static void block_long(void *arg)
{
	(void)arg;
	burn_ms(LOOP_BEAT_MS + 300);
}

START_TEST(beat_tells_turns_and_lag)
{
	struct timer *blocker = timer_new(loop, block_long, NULL);
	int64_t start = loop_last_turn_mono_ms(loop);

	ck_assert_int_le(start, clock_mono_ms());
	timer_set_ms(blocker, 1);
	run_ms(LOOP_BEAT_MS + 400);
	ck_assert_int_gt(loop_last_turn_mono_ms(loop), start);
	ck_assert_int_ge(loop_lag_us(loop), 200000);
	timer_free(&blocker);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("loop");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, timer_is_never_early, 0, 5);
	tcase_add_test(tc, timer_counts_from_now_not_from_the_turn);
	tcase_add_test(tc, timer_stopped_or_freed_stays_silent);
	tcase_add_test(tc, timer_set_again_runs_once_at_the_later_time);
	tcase_add_test(tc, timer_may_free_itself);
	tcase_add_test(tc, timer_far_away_does_not_overflow);
	tcase_add_test(tc, soon_is_later_and_once);
	tcase_add_test(tc, soon_cancelled_or_freed_stays_silent);
	tcase_add_test(tc, soon_starves_nobody);
	tcase_add_test(tc, soon_may_free_itself);
	tcase_add_test(tc, stop_before_run_counts_once);
	tcase_add_loop_test(tc, first_signal_drains_second_leaves, 0, 2);
	tcase_add_test(tc, signal_reaches_all_who_asked);
	tcase_add_test(tc, writing_to_nobody_is_an_error_only);
	tcase_add_test(tc, beat_tells_turns_and_lag);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
