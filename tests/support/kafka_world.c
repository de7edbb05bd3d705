#include "tests/support/kafka_world.h"

#include "base/clock.h"
#include "kafka/kafka_end.h"

#include <check.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 60000, LOOK_US = 2000 };

static const char *const lab[] = {
	"fetch.wait.max.ms=5",          "session.timeout.ms=3000",
	"heartbeat.interval.ms=200",    "reconnect.backoff.ms=20",
	"reconnect.backoff.max.ms=100",
};

struct run {
	struct loop *loop;
	world_fn *until;
	void *arg;
	int64_t by_ms;
	bool late, done;
};

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)what;
	run->done = run->until != NULL && run->until(run->arg);
	run->late = !run->done && clock_mono_ms() > run->by_ms;
	run->done |= run->late;
	if (run->done)
		loop_stop(run->loop);
}

static void run_loop(struct world *w, struct run *run)
{
	const struct timeval look = { .tv_usec = LOOK_US };
	struct event *event =
		event_new(loop_base(w->loop), -1, EV_PERSIST, on_look, run);

	event_add(event, &look);
	/* programs stop the loop at their end, which is not ours */
	while (!run->done)
		loop_run(w->loop);
	event_free(event);
}

void world_run(struct world *w, const char *what, world_fn *until, void *arg)
{
	struct run run = { .loop = w->loop,
		           .until = until,
		           .arg = arg,
		           .by_ms = clock_mono_ms() + LIMIT_MS };

	run_loop(w, &run);
	ck_assert_msg(!run.late, "%s: did not happen", what);
}

void world_pass(struct world *w, int64_t ms)
{
	struct run run = { .loop = w->loop, .by_ms = clock_mono_ms() + ms };

	run_loop(w, &run);
}

void world_open(struct world *w, const char *topic, int partitions)
{
	const struct mock_topic t = { topic, partitions };

	memset(w, 0, sizeof(*w));
	w->broker = mock_broker_new(1, &w->err);
	ck_assert_msg(w->broker != NULL, "%s", w->err.text);
	if (topic != NULL)
		ck_assert_int_eq(mock_broker_add_topic(w->broker, &t, &w->err),
		                 0);
	w->loop = loop_new();
	w->conf = (struct kafka_conf){
		.brokers = mock_broker_bootstrap(w->broker),
		.client_id = "test",
		.properties = lab,
		.property_count = sizeof(lab) / sizeof(lab[0]),
		.lab = true,
	};
}

void world_close(struct world *w)
{
	ck_assert_msg(kafka_end_wait(LIMIT_MS), "a handle did not end");
	mock_broker_free(&w->broker);
	loop_free(&w->loop);
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	int *left = arg;

	ck_assert_msg(d->fate == KAFKA_DELIVERED, "%s", d->error);
	(*left)--;
}

static bool is_zero(void *arg)
{
	return *(int *)arg == 0;
}

static void on_fatal(void *owner, const char *why)
{
	(void)owner;
	ck_abort_msg("fatal: %s", why);
}

void world_fill(struct world *w, const char *topic, int32_t partition,
                int count)
{
	const struct kafka_out_options options = { .on_fatal = on_fatal };
	struct kafka_out *out =
		kafka_out_new(w->loop, &w->conf, &options, &w->err);
	int left = count;

	ck_assert_msg(out != NULL, "%s", w->err.text);
	for (int i = 0; i < count; i++) {
		char text[16];
		struct kafka_record r = { .topic = topic,
			                  .partition = partition };

		snprintf(text, sizeof(text), "%d", i);
		r.value = span_str(text);
		ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, &left),
		                 KAFKA_SENT);
	}
	world_run(w, "fill", is_zero, &left);
	kafka_out_free(&out);
}
