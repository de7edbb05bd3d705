/*
 * loop.h and timer.h over virtual time: no sockets, no signals.
 */
#include "loop/loop.h"
#include "loop/timer.h"
#include "tests/simulation/sim.h"

#include <stdlib.h>

struct loop {
	struct process *process;
};

struct loop *sim_loop_new(struct process *p)
{
	struct loop *loop = arena_alloc(sim.arena, sizeof(*loop));

	loop->process = p;
	return loop;
}

struct process *sim_loop_process(struct loop *loop)
{
	return loop->process;
}

/* The admin server is linked, for its settings, and never started. */
struct event_base *loop_base(struct loop *loop)
{
	(void)loop;
	abort();
}

void loop_stop(struct loop *loop)
{
	loop->process->stopping = true;
}

int64_t loop_last_turn_mono_ms(const struct loop *loop)
{
	(void)loop;
	return 0;
}

int64_t loop_lag_us(const struct loop *loop)
{
	(void)loop;
	return 0;
}

struct timer {
	struct process *process;
	loop_fn *fn;
	void *arg;
	struct event *event;
};

struct timer *timer_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct timer *t = arena_alloc(sim.arena, sizeof(*t));

	*t = (struct timer){ loop->process, fn, arg, NULL };
	return t;
}

void timer_free(struct timer **slot)
{
	if (*slot != NULL)
		timer_stop(*slot);
	*slot = NULL;
}

static void on_timer(void *arg)
{
	struct timer *t = arg;

	t->event = NULL;
	t->fn(t->arg);
}

void timer_set_ms(struct timer *t, int64_t ms)
{
	sim_cancel(&t->event);
	t->event = sim_after(t->process, (ms > 0 ? ms : 0) * MS + sim_below(MS),
	                     on_timer, t);
}

void timer_stop(struct timer *t)
{
	sim_cancel(&t->event);
}

bool timer_is_set(const struct timer *t)
{
	return t->event != NULL;
}

struct soon {
	struct process *process;
	loop_fn *fn;
	void *arg;
	struct event *event;
};

struct soon *soon_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct soon *s = arena_alloc(sim.arena, sizeof(*s));

	*s = (struct soon){ loop->process, fn, arg, NULL };
	return s;
}

void soon_free(struct soon **slot)
{
	if (*slot != NULL)
		soon_cancel(*slot);
	*slot = NULL;
}

static void on_soon(void *arg)
{
	struct soon *s = arg;

	s->event = NULL;
	s->fn(s->arg);
}

void soon_call(struct soon *s)
{
	if (s->event == NULL)
		s->event = sim_after(s->process, sim_below(MS), on_soon, s);
}

void soon_cancel(struct soon *s)
{
	sim_cancel(&s->event);
}

bool soon_is_due(const struct soon *s)
{
	return s->event != NULL;
}
