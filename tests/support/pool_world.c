#include "tests/support/pool_world.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/timer.h"
#include "tests/support/run.h"

#include <stdio.h>

enum { LIMIT_MS = 20000, LOOK_MS = 5 };

static struct span anchor[] = { SPAN(". IN DS 20326 8 2 00") };

static void on_done(void *owner, struct probe_task *task,
                    const struct probe_answer *a)
{
	struct tried *t = (struct tried *)task;

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
	struct pool_world *w = owner;

	(void)at;
	(void)held;
	if (!w->again)
		return;
	w->again = false;
	probe_pool_recall(w->pool, task);
	probe_pool_run(w->pool, task);
}

static bool on_ready(void *owner, const char *versions, const char *sandbox)
{
	struct pool_world *w = owner;

	(void)sandbox;
	ck_assert_str_eq(versions, "libunbound/1.17.1 evil/1");
	w->readies++;
	return !w->refuse;
}

static void on_unusable(void *owner, const char *why)
{
	struct pool_world *w = owner;

	(void)snprintf(w->unusable, sizeof(w->unusable), "%s", why);
}

void pool_open(struct pool_world *w, const char *user_agent,
               const struct probe_pool_options *given)
{
	struct probe_pool_options o = *given;

	w->settings = (struct probe_settings){
		.lab = true,
		.trust_anchors = { anchor, 1 },
		.resolver_window_ms = 1000,
		.lookup_ms = 1000,
		.connect_ms = 1000,
		.hang_ms = w->hang_ms,
		.jobs_max = o.settings != NULL ? o.settings->jobs_max : 100,
		.user_agent = span_str(user_agent),
	};
	o.program.path = BINARY_DIR "/perspective-worker/evil_probe";
	o.settings = &w->settings;
	o.count = o.count != 0 ? o.count : 1;
	o.replace_tasks = o.replace_tasks != 0 ? o.replace_tasks : 1000000;
	o.replace_ms = 1000000;
	o.set_aside_ms = 60000;
	o.start_limit_ms = o.start_limit_ms != 0 ? o.start_limit_ms : 10000;
	o.grace_ms = 200;
	/* long, for who is only slow to read */
	o.deaf_ms = o.deaf_ms != 0 ? o.deaf_ms : 60000;
	o.throwaways_max = 4;
	o.owner = w;
	o.on_done = on_done;
	o.on_hangs = on_hangs;
	o.on_ready = on_ready;
	o.on_unusable = on_unusable;
	w->pool = probe_pool_new(w->loop, &o);
}

void pool_world_open(struct pool_world *w)
{
	memset(w, 0, sizeof(*w));
	w->hang_ms = 60000;
	log_open("test",
	         getenv("MPIC_TEST_DEBUG") != NULL ? LOG_DEBUG : LOG_ERROR);
	w->loop = loop_new();
}

void pool_world_close(struct pool_world *w)
{
	probe_pool_free(&w->pool);
	loop_free(&w->loop);
}

/* -- waiting */

struct waiting {
	struct loop *loop;
	pool_until *until;
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
		loop_stop(x->loop);
	else
		timer_set_ms(x->timer, LOOK_MS);
}

bool pool_turn(struct pool_world *w, pool_until *until, void *arg,
               int64_t limit_ms)
{
	struct waiting x = { w->loop, until, arg, clock_mono_ms() + limit_ms,
		             NULL,    false };

	x.timer = timer_new(w->loop, on_look, &x);
	timer_set_ms(x.timer, 0);
	loop_run(w->loop);
	timer_free(&x.timer);
	return !x.late;
}

void pool_wait(struct pool_world *w, const char *what, pool_until *until,
               void *arg)
{
	ck_assert_msg(pool_turn(w, until, arg, LIMIT_MS), "%s: did not happen",
	              what);
}

static bool is_done(void *arg)
{
	return ((struct tried *)arg)->done;
}

struct wanted {
	const struct pool_world *w;
	int64_t count;
};

static bool has_ready(void *arg)
{
	const struct wanted *x = arg;

	return (int64_t)probe_pool_figures(x->w->pool).ready >= x->count;
}

void pool_wait_ready(struct pool_world *w, int count)
{
	struct wanted x = { w, count };

	pool_wait(w, "ready probes", has_ready, &x);
}

static bool has_died(void *arg)
{
	const struct wanted *x = arg;
	const struct probe_pool_figures f = probe_pool_figures(x->w->pool);
	int64_t deaths = 0;

	for (int d = 0; d < PROBE_DEATH_COUNT; d++)
		deaths += f.deaths[d];
	return deaths >= x->count;
}

void pool_wait_deaths(struct pool_world *w, int count)
{
	struct wanted x = { w, count };

	pool_wait(w, "deaths", has_died, &x);
}

/* -- tasks */

void pool_try(struct pool_world *w, struct tried *t, const char *mode,
              const char *zone, int64_t limit_ms)
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
	probe_pool_run(w->pool, &t->task);
	ck_assert_msg(!t->done, "answered inside the call");
}

void pool_finish(struct pool_world *w, struct tried *t, const char *what)
{
	pool_wait(w, what, is_done, t);
	arena_free(&t->arena);
}

void pool_expect(struct pool_world *w, struct tried *t, const char *detail)
{
	pool_finish(w, t, detail);
	ck_assert_msg(t->end == PROBE_ANSWERED, "%s: %s", detail, t->why);
	ck_assert_str_eq(t->detail, detail);
}
