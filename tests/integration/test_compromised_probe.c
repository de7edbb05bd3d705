/*
 * A probe in an attacker's hands against the worker's pool (design, section 2;
 * whatever it tries fails, costs it its life, and costs neighbours
 * nothing but a second run.
 */
#include "base/clock.h"
#include "tests/support/pool_world.h"
#include "tests/support/run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONG_MS = 15000, SHORT_MS = 400, NEIGHBOURS = 5 };

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

/* -- one hostile check among good ones */

static const struct hostile {
	const char *mode;
	const char *user_agent;
	int64_t limit_ms;
	enum probe_end end;
	const char *why;
	int64_t tries;
	enum probe_death death; /* the first */
} hostiles[] = {
	/* the system's answer to what the sandbox forbids */
	{ "open", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	{ "exec", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	{ "listen", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	{ "killparent", "", LONG_MS, PROBE_DIED, "ended", 2,
	  PROBE_DEATH_ENDED },
	{ "pass", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	/* the worker's answer to what it sees, even without a sandbox */
	{ "pass", "no-sandbox", LONG_MS, PROBE_BREACHED, "passed descriptor", 2,
	  PROBE_DEATH_BREACH },
	{ "foreign", "", LONG_MS, PROBE_BREACHED, "answer for a foreign job", 2,
	  PROBE_DEATH_BREACH },
	{ "oversized", "", LONG_MS, PROBE_BREACHED, "oversized frame", 2,
	  PROBE_DEATH_BREACH },
	{ "undecodable", "", LONG_MS, PROBE_BREACHED, "", 2,
	  PROBE_DEATH_BREACH },
	{ "empty", "", LONG_MS, PROBE_BREACHED,
	  "answer of other kinds than asked for", 2, PROBE_DEATH_BREACH },
	{ "kinds", "", LONG_MS, PROBE_BREACHED,
	  "answer of other kinds than asked for", 2, PROBE_DEATH_BREACH },
	{ "direction", "", LONG_MS, PROBE_BREACHED, "", 2, PROBE_DEATH_BREACH },
	{ "flood", "", LONG_MS, PROBE_BREACHED, "", 2, PROBE_DEATH_BREACH },
	{ "readies", "", LONG_MS, PROBE_BREACHED, "ready twice", 2,
	  PROBE_DEATH_BREACH },
	/* no others' checks wait because of what can't be */
	{ "hangsearly", "", LONG_MS, PROBE_BREACHED, "a job hangs that can't",
	  2, PROBE_DEATH_BREACH },
	{ "hangsheld", "", LONG_MS, PROBE_BREACHED, "a job hangs that can't", 2,
	  PROBE_DEATH_BREACH },
	{ "hangsforeign", "", LONG_MS, PROBE_BREACHED, "a foreign job hangs", 2,
	  PROBE_DEATH_BREACH },
	{ "hangsnowhere", "", LONG_MS, PROBE_BREACHED,
	  "a job hangs at no address", 2, PROBE_DEATH_BREACH },
	{ "hangstwice", "", LONG_MS, PROBE_BREACHED, "a job hangs twice", 2,
	  PROBE_DEATH_BREACH },
	/* and to silence */
	{ "exit", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	{ "abort", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	{ "closes", "", LONG_MS, PROBE_DIED, "ended", 2, PROBE_DEATH_ENDED },
	{ "forget", "", SHORT_MS, PROBE_DIED, "no answer by the deadline", 1,
	  PROBE_DEATH_HUNG },
};

static void start_neighbours(struct tried *t)
{
	for (int i = 0; i < NEIGHBOURS; i++)
		pool_try(&w, &t[i], "slow", "neighbour.example", LONG_MS);
}

static void end_neighbours(struct tried *t)
{
	for (int i = 0; i < NEIGHBOURS; i++)
		pool_expect(&w, &t[i], "slow");
}

/* to its neighbours a second run is part of the same observation. */
START_TEST(one_hostile_check_harms_itself)
{
	const struct hostile *h = &hostiles[_i];
	struct tried before[NEIGHBOURS], after, bad;
	struct probe_pool_figures f;

	if (strcmp(h->mode, "hangstwice") == 0)
		w.hang_ms = 100;
	pool_open(&w, h->user_agent, &plain);
	pool_wait_ready(&w, 2);
	start_neighbours(before);
	pool_try(&w, &bad, h->mode, "evil.example", h->limit_ms);
	pool_finish(&w, &bad, h->mode);
	ck_assert_msg(bad.end == h->end, "%s: end %d, %s", h->mode, bad.end,
	              bad.why);
	if (h->why[0] != '\0')
		ck_assert_str_eq(bad.why, h->why);
	ck_assert_int_eq(bad.task.tries, h->tries);
	end_neighbours(before);

	f = probe_pool_figures(w.pool);
	ck_assert_int_ge(f.deaths[h->death], 1);
	ck_assert(probe_pool_is_set_aside(w.pool, SPAN("evil.example")) ==
	          (h->tries == 2));
	ck_assert(!probe_pool_is_set_aside(w.pool, SPAN("neighbour.example")));

	pool_wait_ready(&w, 2);
	pool_try(&w, &after, "honest", "after.example", LONG_MS);
	pool_expect(&w, &after, "honest");
	ck_assert_int_gt(after.generation, 1);
}
END_TEST

/* It stops reading and answering: found out by what it leaves unread, long
   before any deadline. */
START_TEST(deaf_probe_is_found_by_what_it_leaves_unread)
{
	const struct probe_pool_options o = { .deaf_ms = 300 };
	struct tried bad, other;
	int64_t from;

	pool_open(&w, "", &o);
	pool_wait_ready(&w, 2);
	from = clock_mono_ms();
	pool_try(&w, &other, "slow", "neighbour.example", LONG_MS);
	pool_try(&w, &bad, "hang", "evil.example", LONG_MS);
	pool_expect(&w, &other, "slow");
	ck_assert_int_lt(clock_mono_ms() - from, LONG_MS / 2);
	ck_assert_int_eq(other.task.tries, 2);
	ck_assert_int_ge(probe_pool_figures(w.pool).deaths[PROBE_DEATH_DEAF],
	                 1);
	pool_finish(&w, &bad,
	            "hang"); /* alone in a probe that does not read either */
	ck_assert_int_eq(bad.end, PROBE_DIED);
	ck_assert_str_eq(bad.why, "does not read");
	ck_assert_int_lt(clock_mono_ms() - from, LONG_MS / 2);
	ck_assert(probe_pool_is_set_aside(w.pool, SPAN("evil.example")));
}
END_TEST

/* An answer that came is kept; the second one for it is the breach. */
START_TEST(second_answer_is_a_breach)
{
	struct tried bad, after;

	pool_open(&w, "", &plain);
	pool_wait_ready(&w, 2);
	pool_try(&w, &bad, "twice", "evil.example", LONG_MS);
	pool_expect(&w, &bad, "once");
	pool_wait_deaths(&w, 1);
	ck_assert_int_eq(probe_pool_figures(w.pool).deaths[PROBE_DEATH_BREACH],
	                 1);
	pool_try(&w, &after, "honest", "after.example", LONG_MS);
	pool_expect(&w, &after, "honest");
}
END_TEST

/* Text on its stderr neither blocks it nor reaches anybody. */
START_TEST(noise_on_stderr_is_swallowed)
{
	struct tried bad;

	pool_open(&w, "", &plain);
	pool_wait_ready(&w, 2);
	pool_try(&w, &bad, "noise", "evil.example", LONG_MS);
	pool_expect(&w, &bad, "noisy");
}
END_TEST

static int listener(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* Where a broker listens no probe gets a connection; the control shows that
   without its sandbox it would. Needs a kernel whose Landlock knows TCP. */
START_TEST(broker_is_out_of_reach)
{
	bool control = _i == 1;
	struct tried bad;
	uint16_t port;
	int fd = listener(&port);
	char mode[32];

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 4) {
		(void)close(fd);
		return;
	}
	(void)snprintf(mode, sizeof(mode), "connect-%u", port);
	pool_open(&w, control ? "no-sandbox" : "", &plain);
	pool_wait_ready(&w, 2);
	pool_try(&w, &bad, mode, "evil.example", LONG_MS);
	pool_expect(&w, &bad, control ? "connected" : "refused by the sandbox");
	(void)close(fd);
}
END_TEST

static bool is_run_again(void *arg)
{
	return ((struct tried *)arg)->task.tries >= 2;
}

/* It waits for its next run already when the probe dies of giving it up: that
   run is alone, and not among others. */
START_TEST(death_behind_a_queued_task_counts)
{
	const struct probe_settings one = { .jobs_max = 1 };
	const struct probe_pool_options o = { .settings = &one };
	struct tried t;

	w.hang_ms = 100;
	w.again = true;
	pool_open(&w, "", &o);
	pool_wait_ready(&w, 2);
	pool_try(&w, &t, "mutedies", "evil.example", LONG_MS);
	pool_wait(&w, "second run", is_run_again, &t);
	ck_assert_int_eq(probe_pool_figures(w.pool).recalls, 1);
	ck_assert_int_eq(probe_pool_figures(w.pool).reruns, 1);
	probe_pool_free(&w.pool);
	probe_task_part(&t.task);
	arena_free(&t.arena);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("compromised probe");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, one_hostile_check_harms_itself, 0,
	                    COUNT(hostiles));
	tcase_add_test(tc, deaf_probe_is_found_by_what_it_leaves_unread);
	tcase_add_test(tc, second_answer_is_a_breach);
	tcase_add_test(tc, noise_on_stderr_is_swallowed);
	tcase_add_loop_test(tc, broker_is_out_of_reach, 0, 2);
	tcase_add_test(tc, death_behind_a_queued_task_counts);
	return run_case(tc);
}
