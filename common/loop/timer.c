#include "loop/timer.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

/* Far enough for any deadline, small enough for any timeval arithmetic. */
static const int64_t TIMER_MS_MAX = INT64_C(10) * 365 * 24 * 3600 * 1000;

struct timer {
	struct event event;
	loop_fn *fn;
	void *arg;
	int64_t due_ms;
	bool set;
};

struct soon {
	struct event event;
	loop_fn *fn;
	void *arg;
	bool due;
};

static void add(struct event *event, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		              .tv_usec = ms % 1000 * 1000 };
	int rc = event_add(event, &tv);

	/* fails only without memory for the heap of timers */
	assert(rc == 0);
	(void)rc;
}

/*
 * libevent may count from the time it cached when this turn began, or from its
 * coarse clock: that depends on its version and on the kernel. Never being
 * early is promised here, so the clock itself is asked.
 */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;
	int64_t left = t->due_ms - clock_mono_ms();

	(void)fd;
	(void)what;
	if (left > 0) {
		add(&t->event, left);
		return;
	}
	t->set = false;
	t->fn(t->arg); /* may have freed t */
}

struct timer *timer_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct timer *t = xzalloc(sizeof(*t));
	int rc = event_assign(&t->event, loop_base(loop), -1, 0, on_timer, t);

	assert(rc == 0);
	(void)rc;
	t->fn = fn;
	t->arg = arg;
	return t;
}

void timer_free(struct timer **slot)
{
	struct timer *t = *slot;

	if (t == NULL)
		return;
	*slot = NULL;
	timer_stop(t);
	free(t);
}

void timer_set_ms(struct timer *t, int64_t ms)
{
	if (ms < 0)
		ms = 0;
	if (ms > TIMER_MS_MAX)
		ms = TIMER_MS_MAX;
	t->due_ms = clock_mono_ms() + ms;
	t->set = true;
	add(&t->event, ms);
}

void timer_stop(struct timer *t)
{
	t->set = false;
	(void)event_del(&t->event);
}

bool timer_is_set(const struct timer *t)
{
	return t->set;
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct soon *s = arg;

	(void)fd;
	(void)what;
	s->due = false;
	s->fn(s->arg); /* may have freed s */
}

struct soon *soon_new(struct loop *loop, loop_fn *fn, void *arg)
{
	struct soon *s = xzalloc(sizeof(*s));
	int rc = event_assign(&s->event, loop_base(loop), -1, 0, on_soon, s);

	assert(rc == 0);
	(void)rc;
	s->fn = fn;
	s->arg = arg;
	return s;
}

void soon_free(struct soon **slot)
{
	struct soon *s = *slot;

	if (s == NULL)
		return;
	*slot = NULL;
	soon_cancel(s);
	free(s);
}

void soon_call(struct soon *s)
{
	if (s->due)
		return;
	s->due = true;
	/* event_active() would run it in this very turn, before any I/O; a
	   timeout of nothing waits for the next one */
	add(&s->event, 0);
}

void soon_cancel(struct soon *s)
{
	s->due = false;
	(void)event_del(&s->event);
}

bool soon_is_due(const struct soon *s)
{
	return s->due;
}
