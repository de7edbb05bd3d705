#include "ctl/submission.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/murmur2.h"
#include "ctl/command.h"
#include "ctl/decisions.h"
#include "ctl/orders.h"
#include "ctl/progress.h"
#include "kafka/kafka_out.h"
#include "loop/timer.h"

#include <stdlib.h>
#include <sysexits.h>

enum {
	ASK_LIMIT_MS = 10000,
	DELIVERY_LIMIT_MS = 30000,
	COMPLAINTS_MAX = 20 /* about records that don't count */
};

struct submission {
	struct loop *loop;
	const struct ctl_conf *conf;
	struct submission_options options;
	struct decisions *decisions;
	struct kafka_out *out;
	struct lines *lines; /* NULL: no more come from there */
	struct progress *progress;
	struct timer *due;
	struct soon *soon;
	struct orders *orders;
	unsigned complaints;
	uint32_t partitions; /* 0: not ready */
	int code;
	bool over;
};

/* -- talk -- */

static void fault(struct submission *s, int code, const char *why)
{
	s->code = ctl_worse(s->code, code);
	orders_say(s->orders, why);
}

static void complain(struct submission *s, const struct kafka_message *m,
                     const char *why)
{
	struct err text;

	if (++s->complaints > COMPLAINTS_MAX)
		return;
	err_set(&text, "ignored %s [%d] at %lld, for %.*s: %s", m->topic,
	        m->partition, (long long)m->offset,
	        (int)escape_cut(m->key, REQUEST_ID_MAX), (const char *)m->key.p,
	        why);
	orders_say(s->orders, text.text);
}

/* -- sending -- */

static void order_expire(struct order *o)
{
	const struct submission *s = orders_owner(o->all);
	long long seconds = (long long)(s->options.limit_ms + 999) / 1000;

	if (o->offset < 0)
		err_set(&o->detail, "no broker took it within %lld s", seconds);
	else if (o->ignored != NULL)
		err_set(&o->detail,
		        "%s [%d] at %lld: the only decision does not count: %s",
		        s->conf->topics.requests, o->partition,
		        (long long)o->offset, o->ignored);
	else
		err_set(&o->detail,
		        "%s [%d] at %lld: no decision within %lld s: is a "
		        "coordinator running? has it a dead letter?",
		        s->conf->topics.requests, o->partition,
		        (long long)o->offset, seconds);
	order_miss(o, o->offset < 0 ? "not-delivered" : "no-decision");
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	struct order *o = arg;
	bool waits = o->state == ORDER_SENT;

	if (waits && d->fate == KAFKA_DELIVERED) {
		o->partition = d->partition;
		o->offset = d->offset;
	}
	order_reported(o); /* may end it, unless it waits */
	if (!waits || d->fate == KAFKA_DELIVERED)
		return;
	err_set(&o->detail, "%s", d->error);
	order_miss(o, "not-delivered");
}

static void set_due(struct submission *s)
{
	const struct order *first = orders_first(s->orders, ORDER_SENT);

	if (first == NULL)
		timer_stop(s->due);
	else
		timer_set_ms(s->due, first->due_mono_ms - clock_mono_ms());
}

static void order_send(struct order *o)
{
	struct submission *s = orders_owner(o->all);
	const struct kafka_header header = { HEADER_CONTENT_TYPE,
		                             span_str(o->out.content_type) };
	const struct kafka_record r = {
		.topic = s->conf->topics.requests,
		.partition = (int32_t)home_partition(o->out.id, s->partitions),
		.key = o->out.id,
		.value = o->out.value,
		.headers = &header,
		.header_count = 1,
	};
	enum kafka_send sent = kafka_out_send(s->out, &r, on_delivered, o);

	o->due_mono_ms = clock_mono_ms() + s->options.limit_ms;
	if (sent != KAFKA_SENT) {
		err_set(&o->detail, "%s", kafka_send_name(sent));
		order_miss(o, "not-delivered");
		return;
	}
	order_sent(o);
}

/* -- where they come from -- */

int submission_add(struct submission *s, struct span request, struct err *why)
{
	struct outgoing out;

	if (outgoing_new(request, &out, why) != 0)
		return -1;
	orders_add(s->orders, &out);
	return 0;
}

static bool is_blank(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	}
	return true;
}

static void take_line(struct submission *s, struct span line, uint64_t number)
{
	struct err why;

	if (is_blank(line) || submission_add(s, line, &why) == 0)
		return;
	(void)err_prefix(&why, "line %llu is not a request",
	                 (unsigned long long)number);
	fault(s, EX_DATAERR, why.text);
}

/* One line, if there is one now. */
static bool take_next(struct submission *s)
{
	struct span line;
	struct err why;
	uint64_t number;

	switch (lines_take(s->lines, &line, &number)) {
	case LINES_LINE: take_line(s, line, number); return true;
	case LINES_LATER: return false;
	case LINES_TOO_LONG:
		err_set(&why, "line %llu is longer than a request may be (%d)",
		        (unsigned long long)number, REQUEST_MAX);
		fault(s, EX_DATAERR, why.text);
		return true;
	case LINES_FAILED:
		err_set(&why, "reading requests: %s", lines_error(s->lines));
		fault(s, EX_IOERR, why.text);
		break;
	case LINES_END: break;
	}
	lines_free(&s->lines);
	return false;
}

static void stop(struct submission *s)
{
	s->over = true;
	loop_stop(s->loop);
}

static void send_some(struct submission *s)
{
	while (orders_out(s->orders) < s->options.in_flight_max) {
		struct order *o;

		if (orders_queued(s->orders) == 0 &&
		    (s->lines == NULL || !take_next(s)))
			break;
		o = orders_first(s->orders, ORDER_QUEUED);
		if (o != NULL)
			order_send(o);
	}
}

static void step(struct submission *s)
{
	if (orders_want_print(s->orders))
		orders_print(s->orders);
	if (orders_print_failed(s->orders))
		stop(s);
	if (s->over || s->partitions == 0)
		return;
	send_some(s);
	set_due(s);
	if (orders_out(s->orders) == 0 && orders_queued(s->orders) == 0 &&
	    s->lines == NULL)
		stop(s);
}

static void on_soon(void *arg)
{
	step(arg);
}

/* A line came, or an order is done: there may be something to do. */
static void on_more(void *owner)
{
	struct submission *s = owner;

	soon_call(s->soon);
}

static void on_due(void *arg)
{
	struct submission *s = arg;
	int64_t now = clock_mono_ms();
	struct order *next;

	for (struct order *o = orders_first(s->orders, ORDER_SENT); o != NULL;
	     o = next) {
		next = orders_next(o, ORDER_SENT);
		if (o->due_mono_ms <= now)
			order_expire(o);
	}
	soon_call(s->soon);
}

/* -- decisions -- */

/* NULL, or why it does not answer o. */
static const char *settle(struct order *o, struct answer **answer)
{
	const char *why = answer_mismatch(*answer, &o->out.question);

	if (why != NULL)
		return why;
	/* Several orders may have the same bytes; each keeps its own. */
	order_settle(o, answer);
	return NULL;
}

/* Whatever it is, it is for o: read, and held against it. */
static void hear(struct submission *s, struct order *o,
                 const struct kafka_message *m)
{
	struct answer *answer = NULL;
	const char *why = answer_read(s->conf, m, &answer);

	if (why == NULL)
		why = settle(o, &answer);
	answer_free(&answer);
	if (why == NULL)
		return;
	o->ignored = why;
	complain(s, m, why);
}

static void on_decision(void *owner, const struct kafka_message *m)
{
	struct submission *s = owner;
	struct order *next;

	for (struct order *o = orders_first(s->orders, ORDER_SENT); o != NULL;
	     o = next) {
		next = orders_next(o, ORDER_SENT);
		if (span_eq(o->out.id, m->key))
			hear(s, o, m);
	}
}

static void on_ready(void *owner, uint32_t partitions)
{
	struct submission *s = owner;

	s->partitions = partitions;
	soon_call(s->soon);
}

static void on_failed(void *owner, const char *why)
{
	struct submission *s = owner;

	fault(s, EX_UNAVAILABLE, why);
	submission_interrupt(s);
}

/* -- all of it -- */

static int open_handles(struct submission *s, struct err *err)
{
	const char *topics[] = { s->conf->topics.requests };
	const struct kafka_out_options out = {
		.delivery_limit_ms = s->options.limit_ms < DELIVERY_LIMIT_MS
		                             ? (uint32_t)s->options.limit_ms
		                             : DELIVERY_LIMIT_MS,
		.topics = topics,
		.topic_count = 1,
		.on_fatal = on_failed,
		.owner = s,
	};
	const struct decisions_options in = {
		.limit_ms = s->options.limit_ms < ASK_LIMIT_MS
		                    ? (uint32_t)s->options.limit_ms
		                    : ASK_LIMIT_MS,
		.events = { on_ready, on_decision, on_failed, s },
	};

	s->decisions = decisions_new(s->loop, s->conf, &in, err);
	if (s->decisions == NULL)
		return -1;
	s->out = kafka_out_new(s->loop, &s->conf->kafka, &out, err);
	return s->out != NULL ? 0 : -1;
}

static struct orders *make_orders(struct submission *s)
{
	const struct orders_options options = {
		.argv0 = s->options.argv0,
		.json = s->options.json,
		.wide = s->options.wide,
		.progress = s->progress,
		.on_done = on_more,
		.owner = s,
	};

	return orders_new(&options);
}

struct submission *submission_new(struct loop *loop,
                                  const struct ctl_conf *conf,
                                  const struct submission_options *options,
                                  struct err *err)
{
	struct submission *s = xzalloc(sizeof(*s));

	s->loop = loop;
	s->conf = conf;
	s->options = *options;
	s->progress = progress_new(loop, options->argv0);
	s->orders = make_orders(s);
	s->due = timer_new(loop, on_due, s);
	s->soon = soon_new(loop, on_soon, s);
	if (open_handles(s, err) != 0)
		submission_free(&s);
	return s;
}

void submission_free(struct submission **slot)
{
	struct submission *s = *slot;

	if (s == NULL)
		return;
	decisions_free(&s->decisions);
	kafka_out_free(&s->out);
	lines_free(&s->lines);
	orders_free(&s->orders);
	progress_free(&s->progress);
	timer_free(&s->due);
	soon_free(&s->soon);
	free(s);
	*slot = NULL;
}

void submission_read(struct submission *s, int fd)
{
	s->lines = lines_new(s->loop, fd, REQUEST_MAX, on_more, s);
}

static void miss_all(struct submission *s, enum order_state state,
                     const char *detail)
{
	struct order *next;

	for (struct order *o = orders_first(s->orders, state); o != NULL;
	     o = next) {
		next = orders_next(o, state);
		err_set(&o->detail, "%s", detail);
		order_miss(o, "interrupted");
	}
}

void submission_interrupt(struct submission *s)
{
	if (s->over)
		return;
	if (s->lines != NULL) /* some were not even read */
		s->code = ctl_worse(s->code, CTL_NOT_COMPLETED);
	miss_all(s, ORDER_SENT, "sent, and a decision may still come");
	miss_all(s, ORDER_QUEUED, "not sent");
	stop(s);
}

int submission_finish(struct submission *s)
{
	orders_finish(s->orders);
	if (s->conf->keyring == NULL && orders_decided(s->orders) > 0)
		orders_say(s->orders,
		           "NOT VERIFIED: no `key' sections are configured, so "
		           "whoever may write decisions may have made these "
		           "up");
	return ctl_flushed(s->options.argv0,
	                   ctl_worse(s->code, orders_code(s->orders)));
}
