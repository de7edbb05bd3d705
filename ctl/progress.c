#include "ctl/progress.h"

#include "base/clock.h"
#include "base/mem.h"
#include "loop/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { AGAIN_MS = 1000 };

struct progress {
	const char *argv0;
	struct timer *timer;
	int64_t since_mono_ms;
	uint64_t done;
	uint64_t waiting;
	bool looked_at;
	bool shown;
};

static void show(struct progress *p)
{
	if (!p->looked_at)
		return;
	(void)fprintf(stderr, "\r\033[K%s: %llu decided, %llu waiting, %lld s",
	              p->argv0, (unsigned long long)p->done,
	              (unsigned long long)p->waiting,
	              (long long)(clock_mono_ms() - p->since_mono_ms) / 1000);
	(void)fflush(stderr);
	p->shown = true;
}

static void on_timer(void *arg)
{
	struct progress *p = arg;

	show(p);
	timer_set_ms(p->timer, AGAIN_MS);
}

struct progress *progress_new(struct loop *loop, const char *argv0)
{
	struct progress *p = xzalloc(sizeof(*p));

	p->argv0 = argv0;
	p->since_mono_ms = clock_mono_ms();
	p->looked_at = isatty(STDERR_FILENO) == 1;
	p->timer = timer_new(loop, on_timer, p);
	timer_set_ms(p->timer, AGAIN_MS);
	return p;
}

void progress_free(struct progress **progress)
{
	if (*progress == NULL)
		return;
	progress_hide(*progress);
	timer_free(&(*progress)->timer);
	free(*progress);
	*progress = NULL;
}

void progress_set(struct progress *progress, uint64_t done, uint64_t waiting)
{
	progress->done = done;
	progress->waiting = waiting;
	show(progress);
}

void progress_hide(struct progress *progress)
{
	if (!progress->shown)
		return;
	(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	progress->shown = false;
}
