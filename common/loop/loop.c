#include "loop/loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

static const int64_t BEAT_US = INT64_C(1000) * LOOP_BEAT_MS;

struct watched_signal {
	struct event *event;
	loop_fn *fn;
	void *arg;
};

struct loop {
	struct event_base *base;
	bool stopped;

	struct event *beat;
	int64_t last_beat_us;
	int64_t lag_us;

	struct watched_signal signals[LOOP_SIGNALS_MAX];
	size_t n_signals;

	bool draining;
	loop_fn *drain;
	loop_fn *now;
	void *shutdown_arg;
};

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	int64_t now = clock_mono_us();
	int64_t late = now - loop->last_beat_us - BEAT_US;

	(void)fd;
	(void)what;
	loop->lag_us = late > 0 ? late : 0;
	loop->last_beat_us = now;
}

/* What a process can't go on without, and can't mend. */
static void need(bool had, const char *what)
{
	if (had)
		return;
	log_error("loop_start_failed", F_STR("error", what));
	abort();
}

static void ignore_sigpipe(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigemptyset(&ignore.sa_mask);
	need(sigaction(SIGPIPE, &ignore, NULL) == 0, "sigaction");
}

struct loop *loop_new(void)
{
	static const struct timeval beat = { .tv_sec = LOOP_BEAT_MS / 1000 };
	struct loop *loop = xzalloc(sizeof(*loop));
	struct event_config *config = event_config_new();

	ignore_sigpipe();
	need(config != NULL, "event_config_new");
	/* settings come from the file, not from EVENT_NOEPOLL and the like */
	event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	need(loop->base != NULL, "event_base_new");

	loop->last_beat_us = clock_mono_us();
	loop->beat = event_new(loop->base, -1, EV_PERSIST, on_beat, loop);
	need(loop->beat != NULL && event_add(loop->beat, &beat) == 0, "beat");
	return loop;
}

void loop_free(struct loop **slot)
{
	struct loop *loop = *slot;

	if (loop == NULL)
		return;
	*slot = NULL;
	for (size_t i = 0; i < loop->n_signals; i++)
		event_free(loop->signals[i].event);
	event_free(loop->beat);
	event_base_free(loop->base);
	free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

void loop_run(struct loop *loop)
{
	/* event_base_loopbreak() before event_base_dispatch() is forgotten by
	   libevent, hence our own flag */
	if (!loop->stopped)
		(void)event_base_dispatch(loop->base);
	loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	(void)event_base_loopbreak(loop->base);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct watched_signal *s = arg;

	(void)signo;
	(void)what;
	s->fn(s->arg);
}

void loop_on_signal(struct loop *loop, int signo, loop_fn *fn, void *arg)
{
	struct watched_signal *s = &loop->signals[loop->n_signals];

	assert(loop->n_signals < LOOP_SIGNALS_MAX);
	s->fn = fn;
	s->arg = arg;
	s->event = evsignal_new(loop->base, signo, on_signal, s);
	need(s->event != NULL && event_add(s->event, NULL) == 0, "evsignal");
	loop->n_signals++;
}

static void on_shutdown(void *arg)
{
	struct loop *loop = arg;

	if (loop->draining) {
		loop->now(loop->shutdown_arg);
		return;
	}
	loop->draining = true;
	loop->drain(loop->shutdown_arg);
}

void loop_on_shutdown(struct loop *loop, loop_fn *drain, loop_fn *now,
                      void *arg)
{
	assert(loop->drain == NULL);
	loop->drain = drain;
	loop->now = now;
	loop->shutdown_arg = arg;
	loop_on_signal(loop, SIGTERM, on_shutdown, loop);
	loop_on_signal(loop, SIGINT, on_shutdown, loop);
}

int64_t loop_last_turn_mono_ms(const struct loop *loop)
{
	return loop->last_beat_us / 1000;
}

int64_t loop_lag_us(const struct loop *loop)
{
	return loop->lag_us;
}
