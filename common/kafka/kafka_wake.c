#include "kafka/kafka_wake.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	/* lines of one kind in a minute */
	SAY_SPAN_MS = 60000,
	SAY_MAX = 5,
	FACILITIES_MAX = 32
};

struct kafka_wake {
	rd_kafka_queue_t *queue;
	kafka_serve_fn *serve;
	void *arg;
	struct event *ready;
	struct event *beat;
	int fd;
	bool serving;
	bool freed; /* by serve() */
};

static void destroy(struct kafka_wake *wake)
{
	event_free(wake->ready);
	event_free(wake->beat);
	close(wake->fd);
	free(wake);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct kafka_wake *wake = arg;
	uint64_t count;

	(void)what;
	/* before serving: what comes from now on writes again */
	if (read((int)fd, &count, sizeof(count)) < 0) {
		/* nothing there: woken by kafka_wake_soon() or the beat */
	}
	wake->serving = true;
	if (wake->serve(wake->arg))
		kafka_wake_soon(wake);
	wake->serving = false;
	if (wake->freed)
		destroy(wake);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct kafka_wake *wake = arg;

	(void)fd;
	on_ready(wake->fd, what, wake);
}

struct kafka_wake *kafka_wake_new(struct loop *loop, rd_kafka_queue_t *queue,
                                  kafka_serve_fn *serve, void *arg)
{
	static const uint64_t one = 1;
	const struct timeval second = { .tv_sec = 1 };
	struct kafka_wake *wake = xzalloc(sizeof(*wake));

	wake->queue = queue;
	wake->serve = serve;
	wake->arg = arg;
	wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert(wake->fd >= 0);
	wake->ready = event_new(loop_base(loop), wake->fd, EV_READ | EV_PERSIST,
	                        on_ready, wake);
	wake->beat = event_new(loop_base(loop), -1, EV_PERSIST, on_beat, wake);
	assert(wake->ready != NULL && wake->beat != NULL);
	event_add(wake->ready, NULL);
	event_add(wake->beat, &second);
	if (queue != NULL)
		rd_kafka_queue_io_event_enable(queue, wake->fd, &one,
		                               sizeof(one));
	/* what came before the wake-up was enabled wakes nobody */
	kafka_wake_soon(wake);
	return wake;
}

void kafka_wake_free(struct kafka_wake **wake)
{
	struct kafka_wake *w = *wake;

	if (w == NULL)
		return;
	if (w->queue != NULL)
		rd_kafka_queue_io_event_enable(w->queue, -1, NULL, 0);
	*wake = NULL;
	if (w->serving)
		w->freed = true;
	else
		destroy(w);
}

void kafka_wake_soon(struct kafka_wake *wake)
{
	event_active(wake->ready, EV_READ, 0);
}

int kafka_wake_fd(const struct kafka_wake *wake)
{
	return wake->fd;
}

/*
 * What the library says of brokers that are away it says for each broker of
 * each handle, again and again. All of its log is written by the loop's thread.
 */
static struct facility {
	char name[16];
	int64_t began_mono_ms; /* of this span */
	unsigned said;
	unsigned left_out;
} facilities[FACILITIES_MAX];

static struct facility *facility_of(const char *name)
{
	for (size_t i = 0; i < FACILITIES_MAX; i++) {
		struct facility *f = &facilities[i];

		if (f->name[0] == '\0')
			(void)snprintf(f->name, sizeof(f->name), "%s", name);
		if (strncmp(f->name, name, sizeof(f->name) - 1) == 0)
			return f;
	}
	return &facilities[FACILITIES_MAX - 1];
}

/* *left_out: how many before it were not told. */
static bool may_say(const char *name, unsigned *left_out)
{
	struct facility *f = facility_of(name);
	int64_t now = clock_mono_ms();

	if (f->said == 0 || now - f->began_mono_ms >= SAY_SPAN_MS) {
		f->began_mono_ms = now;
		f->said = 0;
	}
	if (f->said == SAY_MAX) {
		f->left_out++;
		return false;
	}
	f->said++;
	*left_out = f->left_out;
	f->left_out = 0;
	return true;
}

void kafka_wake_log(rd_kafka_event_t *event)
{
	static const enum log_level levels[] = {
		LOG_ERROR, LOG_ERROR, LOG_ERROR, LOG_WARN,
		LOG_WARN,  LOG_INFO,  LOG_INFO,  LOG_DEBUG,
	};
	const char *facility;
	const char *text;
	unsigned left_out;
	int level;

	if (rd_kafka_event_log(event, &facility, &text, &level) != 0)
		return;
	/* one set of properties serves producers and consumers */
	if (strstr(text, "property and will be ignored by") != NULL)
		return;
	/* brokers of before 2017, and the mock, can't be told so */
	if (level < 0 || level > 7 || strcmp(facility, "AUTOCREATE") == 0)
		level = 7;
	if (!log_enabled(levels[level]) || !may_say(facility, &left_out))
		return;
	log_write(levels[level], "kafka_library_logged",
	          LOG_FIELDS(F_STR("facility", facility), F_STR("text", text),
	                     F_INT("left_out", left_out)));
}
