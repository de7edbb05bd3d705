/*
 * A probe in an attacker's hands against the worker's pool (design, section 2;
 * whatever it tries fails, costs it its life, and costs neighbours
 * nothing but a second run.
 */
#include "base/clock.h"
#include "base/log.h"
#include "loop/timer.h"
#include "perspective-worker/probe_pool.h"
#include "tests/support/run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	LIMIT_MS = 20000,
	LOOK_MS = 5,
	LONG_MS = 15000,
	SHORT_MS = 400,
	NEIGHBOURS = 5
};

static struct span anchor[] = { SPAN(". IN DS 20326 8 2 00") };

struct
try {
	struct probe_task task; /* first */
	struct arena *arena;
	bool done;
	enum probe_end end;
	char why[64];
	char detail[64];
	int64_t generation;
};

static struct {
	struct loop *loop;
	struct probe_settings settings;
	struct probe_pool *pool;
	char unusable[64];
	int readies;
	bool refuse; /* what on_ready() says */
	bool again;  /* on_hangs() takes it back once, and runs it anew */
} w;

static void on_done(void *owner, struct probe_task *task,
                    const struct probe_answer *a)
{
	struct try *t = (struct try *)task;

	(void)owner;
	ck_assert(!t->done);
	t->done = true;
	t->end = a->end;
	t->generation = a->generation;
	if (a->why != NULL)
		(void)snprintf(t->why, sizeof(t->why), "%s", a->why);
	if (a->end == PROBE_ANSWERED)
		(void)snprintf(t->detail, sizeof(t->detail), "%.*s",
		               SPAN_ARG(a->done->kinds[0].detail));
}

static void on_hangs(void *owner, struct probe_task *task,
                     const struct addr *at, bool held)
{
	(void)owner;
	(void)at;
	(void)held;
	if (!w.again)
		return;
	w.again = false;
	probe_pool_recall(w.pool, task);
	probe_pool_run(w.pool, task);
}

static bool on_ready(void *owner, const char *versions, const char *sandbox)
{
	(void)owner;
	(void)sandbox;
	ck_assert_str_eq(versions, "libunbound/1.17.1 evil/1");
	w.readies++;
	return !w.refuse;
}

static void on_unusable(void *owner, const char *why)
{
	(void)owner;
	(void)snprintf(w.unusable, sizeof(w.unusable), "%s", why);
}

/* Long, for who lies that it hangs already. */
static int64_t hang_ms = 60000;

static void open_pool(const char *user_agent,
                      const struct probe_pool_options *given)
{
	struct probe_pool_options o = *given;

	w.settings = (struct probe_settings){
		.lab = true,
		.trust_anchors = { anchor, 1 },
		.resolver_window_ms = 1000,
		.lookup_ms = 1000,
		.connect_ms = 1000,
		.hang_ms = hang_ms,
		.jobs_max = o.settings != NULL ? o.settings->jobs_max : 100,
		.user_agent = span_str(user_agent),
	};
	o.program.path = BINARY_DIR "/perspective-worker/evil_probe";
	o.settings = &w.settings;
	o.count = o.count != 0 ? o.count : 1;
	o.replace_tasks = o.replace_tasks != 0 ? o.replace_tasks : 1000000;
	o.replace_ms = 1000000;
	o.set_aside_ms = 60000;
	o.start_limit_ms = o.start_limit_ms != 0 ? o.start_limit_ms : 10000;
	o.grace_ms = 200;
	/* long, for who is only slow to read */
	o.deaf_ms = o.deaf_ms != 0 ? o.deaf_ms : 60000;
	o.throwaways_max = 4;
	o.on_done = on_done;
	o.on_hangs = on_hangs;
	o.on_ready = on_ready;
	o.on_unusable = on_unusable;
	w.pool = probe_pool_new(w.loop, &o);
}

static const struct probe_pool_options plain;

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	log_open("test",
	         getenv("MPIC_TEST_DEBUG") != NULL ? LOG_DEBUG : LOG_ERROR);
	w.loop = loop_new();
}

static void teardown(void)
{
	probe_pool_free(&w.pool);
	loop_free(&w.loop);
}

/* -- waiting */

typedef bool until_fn(void *arg);

struct waiting {
	until_fn *until;
	void *arg;
	int64_t by_ms;
	struct timer *timer;
	bool late;
};

static void on_look(void *arg)
{
	struct waiting *x = arg;

	x->late = clock_mono_ms() > x->by_ms;
	if (x->late || (x->until != NULL && x->until(x->arg)))
		loop_stop(w.loop);
	else
		timer_set_ms(x->timer, LOOK_MS);
}

static bool turn(until_fn *until, void *arg, int64_t limit_ms)
{
	struct waiting x = { until, arg, clock_mono_ms() + limit_ms, NULL,
		             false };

	x.timer = timer_new(w.loop, on_look, &x);
	timer_set_ms(x.timer, 0);
	loop_run(w.loop);
	timer_free(&x.timer);
	return !x.late;
}

static void wait_for(const char *what, until_fn *until, void *arg)
{
	ck_assert_msg(turn(until, arg, LIMIT_MS), "%s: did not happen", what);
}

static bool is_done(void *arg)
{
	return ((struct try *)arg)->done;
}

static bool has_ready(void *arg)
{
	return probe_pool_figures(w.pool).ready >= *(size_t *)arg;
}

static bool has_died(void *arg)
{
	const struct probe_pool_figures f = probe_pool_figures(w.pool);
	int64_t deaths = 0;

	for (int d = 0; d < PROBE_DEATH_COUNT; d++)
		deaths += f.deaths[d];
	return deaths >= *(int *)arg;
}

static void wait_ready(size_t count)
{
	wait_for("ready probes", has_ready, &count);
}

/* -- tasks */

static void run(struct try *t, const char *mode, const char *zone,
                int64_t limit_ms)
{
	char target[128];
	struct buf value = { 0 };

	(void)snprintf(target, sizeof(target), "%s.%s", mode, zone);
	const struct check check = {
		.schema_version = 1,
		.request_id = SPAN("r"),
		.attempt_id = SPAN("a"),
		.perspective = SPAN("fra"),
		.role = ROLE_REMOTE,
		.check_set = SET_DCV,
		.target = span_str(target),
		.deadline_ms = 1,
		.budget_ms = 1,
	};

	memset(t, 0, sizeof(*t));
	t->arena = arena_new();
	check_encode(&check, &value);
	t->task.check_set = SET_DCV;
	t->task.check = arena_span(t->arena, buf_span(&value));
	t->task.zone = arena_span(t->arena, span_str(zone));
	t->task.deadline_mono_ms = clock_mono_ms() + limit_ms;
	buf_clear(&value);
	probe_pool_run(w.pool, &t->task);
	ck_assert_msg(!t->done, "answered inside the call");
}

static void finish(struct try *t, const char *what)
{
	wait_for(what, is_done, t);
	arena_free(&t->arena);
}

static void expect_answer(struct try *t, const char *detail)
{
	finish(t, detail);
	ck_assert_msg(t->end == PROBE_ANSWERED, "%s: %s", detail, t->why);
	ck_assert_str_eq(t->detail, detail);
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

static void start_neighbours(struct try *t)
{
	for (int i = 0; i < NEIGHBOURS; i++)
		run(&t[i], "slow", "neighbour.example", LONG_MS);
}

static void end_neighbours(struct try *t)
{
	for (int i = 0; i < NEIGHBOURS; i++)
		expect_answer(&t[i], "slow");
}

/* to its neighbours a second run is part of the same observation. */
START_TEST(one_hostile_check_harms_itself)
{
	const struct hostile *h = &hostiles[_i];
	struct try before[NEIGHBOURS], after, bad;
	struct probe_pool_figures f;

	if (strcmp(h->mode, "hangstwice") == 0)
		hang_ms = 100;
	open_pool(h->user_agent, &plain);
	wait_ready(2);
	start_neighbours(before);
	run(&bad, h->mode, "evil.example", h->limit_ms);
	finish(&bad, h->mode);
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

	wait_ready(2);
	run(&after, "honest", "after.example", LONG_MS);
	expect_answer(&after, "honest");
	ck_assert_int_gt(after.generation, 1);
}
END_TEST

/* It stops reading and answering: found out by what it leaves unread, long
   before any deadline. */
START_TEST(deaf_probe_is_found_by_what_it_leaves_unread)
{
	const struct probe_pool_options o = { .deaf_ms = 300 };
	struct try bad, other;
	int64_t from;

	open_pool("", &o);
	wait_ready(2);
	from = clock_mono_ms();
	run(&other, "slow", "neighbour.example", LONG_MS);
	run(&bad, "hang", "evil.example", LONG_MS);
	expect_answer(&other, "slow");
	ck_assert_int_lt(clock_mono_ms() - from, LONG_MS / 2);
	ck_assert_int_eq(other.task.tries, 2);
	ck_assert_int_ge(probe_pool_figures(w.pool).deaths[PROBE_DEATH_DEAF],
	                 1);
	finish(&bad, "hang"); /* alone in a probe that does not read either */
	ck_assert_int_eq(bad.end, PROBE_DIED);
	ck_assert_str_eq(bad.why, "does not read");
	ck_assert_int_lt(clock_mono_ms() - from, LONG_MS / 2);
	ck_assert(probe_pool_is_set_aside(w.pool, SPAN("evil.example")));
}
END_TEST

/* An answer that came is kept; the second one for it is the breach. */
START_TEST(second_answer_is_a_breach)
{
	struct try bad, after;
	int deaths = 1;

	open_pool("", &plain);
	wait_ready(2);
	run(&bad, "twice", "evil.example", LONG_MS);
	expect_answer(&bad, "once");
	wait_for("death", has_died, &deaths);
	ck_assert_int_eq(probe_pool_figures(w.pool).deaths[PROBE_DEATH_BREACH],
	                 1);
	run(&after, "honest", "after.example", LONG_MS);
	expect_answer(&after, "honest");
}
END_TEST

/* Text on its stderr neither blocks it nor reaches anybody. */
START_TEST(noise_on_stderr_is_swallowed)
{
	struct try bad;

	open_pool("", &plain);
	wait_ready(2);
	run(&bad, "noise", "evil.example", LONG_MS);
	expect_answer(&bad, "noisy");
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
	struct try bad;
	uint16_t port;
	int fd = listener(&port);
	char mode[32];

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 4) {
		(void)close(fd);
		return;
	}
	(void)snprintf(mode, sizeof(mode), "connect-%u", port);
	open_pool(control ? "no-sandbox" : "", &plain);
	wait_ready(2);
	run(&bad, mode, "evil.example", LONG_MS);
	expect_answer(&bad, control ? "connected" : "refused by the sandbox");
	(void)close(fd);
}
END_TEST

/* -- probes that never become one */

static const struct start {
	const char *user_agent;
	enum probe_death death;
} starts[] = {
	{ "start-exit", PROBE_DEATH_ENDED },
	{ "start-hang", PROBE_DEATH_UNREADY },
	{ "start-fail", PROBE_DEATH_UNREADY },
	{ "start-twice", PROBE_DEATH_BREACH },
};

/* No storm of processes: each start in vain doubles the wait. */
START_TEST(bad_start_is_tried_again_slowly)
{
	const struct probe_pool_options quick = { .start_limit_ms = 100 };
	struct try task;
	struct probe_pool_figures f;
	int deaths = 2;

	open_pool(starts[_i].user_agent, &quick);
	run(&task, "honest", "good.example", SHORT_MS);
	wait_for("deaths", has_died, &deaths);
	(void)turn(NULL, NULL, 1000);
	f = probe_pool_figures(w.pool);
	ck_assert_int_ge(f.deaths[starts[_i].death], 2);
	ck_assert_int_le(f.starts, 12);
	finish(&task, "task");
	ck_assert(task.end != PROBE_ANSWERED);
	if (_i == 2)
		ck_assert_str_eq(w.unusable, "as it was told");
}
END_TEST

START_TEST(not_begun_in_time_is_said)
{
	struct try task;

	open_pool("start-hang", &plain);
	run(&task, "honest", "good.example", SHORT_MS);
	finish(&task, "task");
	ck_assert_int_eq(task.end, PROBE_NOT_BEGUN);
	ck_assert_int_eq(task.task.tries, 0);
	ck_assert_int_eq(task.generation, 0);
}
END_TEST

START_TEST(unwanted_probe_gets_nothing)
{
	struct try task;

	w.refuse = true;
	open_pool("", &plain);
	run(&task, "honest", "good.example", SHORT_MS);
	finish(&task, "task");
	ck_assert_int_eq(task.end, PROBE_NOT_BEGUN);
	ck_assert_int_ge(w.readies, 1);
}
END_TEST

/* -- the ordinary life */

START_TEST(replaced_after_its_share)
{
	const struct probe_pool_options few = { .replace_tasks = 3 };
	struct try tasks[20];
	struct probe_pool_figures f;
	int64_t last = 0;

	open_pool("", &few);
	wait_ready(2);
	for (int i = 0; i < COUNT(tasks); i++) {
		run(&tasks[i], "honest", "good.example", LONG_MS);
		expect_answer(&tasks[i], "honest");
		last = tasks[i].generation;
		wait_ready(2);
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
	struct try tasks[40];

	open_pool("", &o);
	wait_ready(3);
	for (int i = 0; i < COUNT(tasks); i++)
		run(&tasks[i], "slow", "good.example", LONG_MS);
	ck_assert_uint_eq(probe_pool_figures(w.pool).running, 8);
	ck_assert_uint_eq(probe_pool_figures(w.pool).queued, 32);
	for (int i = 0; i < COUNT(tasks); i++)
		expect_answer(&tasks[i], "slow");
}
END_TEST

/* While answers can't be passed on, nobody is taken for hung. */
static bool is_run_again(void *arg)
{
	return ((struct try *)arg)->task.tries >= 2;
}

/* It waits for its next run already when the probe dies of giving it up: that
   run is alone, and not among others. */
START_TEST(death_behind_a_queued_task_counts)
{
	const struct probe_settings one = { .jobs_max = 1 };
	const struct probe_pool_options o = { .settings = &one };
	struct try t;

	hang_ms = 100;
	w.again = true;
	open_pool("", &o);
	wait_ready(2);
	run(&t, "mutedies", "evil.example", LONG_MS);
	wait_for("second run", is_run_again, &t);
	ck_assert_int_eq(probe_pool_figures(w.pool).recalls, 1);
	ck_assert_int_eq(probe_pool_figures(w.pool).reruns, 1);
	probe_pool_free(&w.pool);
	probe_task_part(&t.task);
	arena_free(&t.arena);
}
END_TEST

START_TEST(held_probe_is_not_hung)
{
	struct try task;

	open_pool("", &plain);
	wait_ready(2);
	run(&task, "honest", "good.example", SHORT_MS);
	probe_pool_hold(w.pool, true);
	(void)turn(NULL, NULL, 1200);
	ck_assert(!task.done);
	probe_pool_hold(w.pool, false);
	expect_answer(&task, "honest");
	ck_assert_int_eq(probe_pool_figures(w.pool).deaths[PROBE_DEATH_HUNG],
	                 0);
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
	tcase_add_loop_test(tc, bad_start_is_tried_again_slowly, 0,
	                    COUNT(starts));
	tcase_add_test(tc, not_begun_in_time_is_said);
	tcase_add_test(tc, unwanted_probe_gets_nothing);
	tcase_add_test(tc, replaced_after_its_share);
	tcase_add_test(tc, above_the_ceiling_waits);
	tcase_add_test(tc, death_behind_a_queued_task_counts);
	tcase_add_test(tc, held_probe_is_not_hung);
	return run_case(tc);
}
