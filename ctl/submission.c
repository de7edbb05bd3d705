#include "ctl/submission.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/murmur2.h"
#include "ctl/command.h"
#include "ctl/decisions.h"
#include "ctl/progress.h"
#include "ctl/show.h"
#include "kafka/kafka_out.h"
#include "loop/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	ASK_LIMIT_MS = 10000,
	DELIVERY_LIMIT_MS = 30000,
	TABLE_ROWS = 500,      /* then what is done is printed */
	COMPLAINTS_MAX = 20,   /* about records that don't count */
	MISSING_NAMED_MAX = 20 /* in the closing line */
};

enum order_state { ORDER_QUEUED, ORDER_SENT, ORDER_DONE };

/* One request of ours. */
struct order {
	TAILQ_ENTRY(order) link;
	struct submission *s;
	struct outgoing out;
	enum order_state state;
	bool in_air; /* the producer will report on it */
	int64_t due_mono_ms;
	int32_t partition;
	int64_t offset;        /* -1: not known to be on the log */
	const char *ignored;   /* why a decision for it did not count */
	struct answer *answer; /* done: by it, */
	const char *missing;   /* or without one, for this reason: */
	struct err detail;
};

TAILQ_HEAD(order_list, order);

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
	struct order_list orders; /* as given; printed ones are gone */
	struct order_list gone;   /* printed, but still in the air */
	struct table *table;
	size_t out_count; /* sent and not done */
	size_t queued;
	size_t unprinted; /* done and not printed */
	uint64_t decided;
	uint64_t missed;
	struct buf missing_ids;
	unsigned complaints;
	uint32_t partitions; /* 0: not ready */
	int code;
	bool over;
};

int submission_worse(int a, int b)
{
	static const int rank[] = { [CTL_OK] = 0,
		                    [CTL_DO_NOT_ISSUE] = 1,
		                    [CTL_REJECTED] = 2,
		                    [CTL_NOT_COMPLETED] = 3 };

	if (a >= EX__BASE || b >= EX__BASE)
		return a >= EX__BASE ? a : b;
	return rank[a] >= rank[b] ? a : b;
}

/* -- talk -- */

static void say(struct submission *s, const char *text)
{
	progress_hide(s->progress);
	(void)ctl_fail(s->options.argv0, 0, text);
}

static void fault(struct submission *s, int code, const char *why)
{
	s->code = submission_worse(s->code, code);
	say(s, why);
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
	say(s, text.text);
}

/* -- printing -- */

static struct show_missing missing_of(const struct order *o)
{
	return (struct show_missing){ .request_id = o->out.id,
		                      .target = o->out.question.target,
		                      .reason = o->missing,
		                      .detail = span_str(o->detail.text) };
}

static void order_end(struct order *o)
{
	answer_free(&o->answer);
	outgoing_clear(&o->out);
	free(o);
}

static void order_free(struct order_list *list, struct order *o)
{
	TAILQ_REMOVE(list, o, link);
	order_end(o);
}

/* It has been printed. */
static void order_leave(struct submission *s, struct order *o)
{
	if (!o->in_air) {
		order_free(&s->orders, o);
		return;
	}
	TAILQ_REMOVE(&s->orders, o, link);
	TAILQ_INSERT_TAIL(&s->gone, o, link);
	answer_free(&o->answer);
}

static void print(struct submission *s, const struct buf *text)
{
	progress_hide(s->progress);
	(void)fwrite(text->p, 1, text->len, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		s->code = EX_IOERR;
		s->over = true;
		loop_stop(s->loop);
	}
}

static void print_json(struct submission *s, const struct order *o)
{
	struct show_missing missing = missing_of(o);
	struct buf text = { 0 };

	if (o->answer != NULL)
		show_json(o->answer, &text);
	else
		show_missing_json(&missing, &text);
	print(s, &text);
	buf_clear(&text);
}

/* All that is done, in the order given. */
static void print_table(struct submission *s)
{
	const struct table_look look = { .width = show_width(STDOUT_FILENO),
		                         .colour = show_colour(STDOUT_FILENO) };
	struct buf text = { 0 };
	struct order *next;

	for (struct order *o = TAILQ_FIRST(&s->orders); o != NULL; o = next) {
		struct show_missing missing = missing_of(o);

		next = TAILQ_NEXT(o, link);
		if (o->state != ORDER_DONE)
			continue;
		if (o->answer != NULL)
			show_row(s->table, o->answer, s->options.wide);
		else
			show_missing_row(s->table, &missing);
		order_leave(s, o);
	}
	s->unprinted = 0;
	if (table_rows(s->table) > 0)
		table_render(s->table, &look, &text);
	table_reset(s->table);
	print(s, &text);
	buf_clear(&text);
}

/* -- the end of one -- */

static void order_done(struct order *o)
{
	struct submission *s = o->s;

	if (o->state == ORDER_SENT)
		s->out_count--;
	else
		s->queued--;
	o->state = ORDER_DONE;
	if (o->answer != NULL) {
		s->decided++;
		s->code =
			submission_worse(s->code, answer_exit_code(o->answer));
	} else {
		s->code = submission_worse(s->code, CTL_NOT_COMPLETED);
		if (++s->missed <= MISSING_NAMED_MAX)
			buf_printf(&s->missing_ids, "%s%.*s",
			           s->missed > 1 ? ", " : "",
			           SPAN_ARG(o->out.id));
	}
	if (s->options.json) {
		print_json(s, o);
		order_leave(s, o);
	} else {
		s->unprinted++;
	}
	progress_set(s->progress, s->decided, s->out_count);
	soon_call(s->soon);
}

static void order_miss(struct order *o, const char *reason)
{
	o->missing = reason;
	order_done(o);
}

static void order_expire(struct order *o)
{
	const struct submission *s = o->s;
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

/* -- sending -- */

/* Done before the report came: if it was printed, this was all. */
static void leave_air(struct order *o)
{
	struct order *gone;

	TAILQ_FOREACH(gone, &o->s->gone, link)
	{
		if (gone == o) {
			order_free(&o->s->gone, o);
			return;
		}
	}
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	struct order *o = arg;

	o->in_air = false;
	if (o->state == ORDER_DONE) {
		leave_air(o);
	} else if (d->fate == KAFKA_DELIVERED) {
		o->partition = d->partition;
		o->offset = d->offset;
	} else {
		err_set(&o->detail, "%s", d->error);
		order_miss(o, "not-delivered");
	}
}

static void set_due(struct submission *s)
{
	const struct order *first = NULL;

	for (struct order *o = TAILQ_FIRST(&s->orders); o != NULL;
	     o = TAILQ_NEXT(o, link)) {
		if (o->state == ORDER_SENT) {
			first = o;
			break;
		}
	}
	if (first == NULL)
		timer_stop(s->due);
	else
		timer_set_ms(s->due, first->due_mono_ms - clock_mono_ms());
}

static void order_send(struct order *o)
{
	struct submission *s = o->s;
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
	o->in_air = true;
	o->state = ORDER_SENT;
	s->queued--;
	s->out_count++;
}

/* -- where they come from -- */

int submission_add(struct submission *s, struct span request, struct err *why)
{
	struct outgoing out;

	if (outgoing_new(request, &out, why) != 0)
		return -1;
	struct order *o = xzalloc(sizeof(*o));

	o->s = s;
	o->out = out;
	o->offset = -1;
	TAILQ_INSERT_TAIL(&s->orders, o, link);
	s->queued++;
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

static struct order *next_queued(const struct submission *s)
{
	struct order *o;

	TAILQ_FOREACH(o, &s->orders, link)
	{
		if (o->state == ORDER_QUEUED)
			return o;
	}
	return NULL;
}

static void step(struct submission *s)
{
	struct order *o;

	if (s->unprinted >= TABLE_ROWS)
		print_table(s);
	if (s->over || s->partitions == 0)
		return;
	while (s->out_count < s->options.in_flight_max) {
		if (s->queued == 0 && (s->lines == NULL || !take_next(s)))
			break;
		o = next_queued(s);
		if (o != NULL)
			order_send(o);
	}
	set_due(s);
	if (s->out_count == 0 && s->queued == 0 && s->lines == NULL) {
		s->over = true;
		loop_stop(s->loop);
	}
}

static void on_soon(void *arg)
{
	step(arg);
}

static void on_due(void *arg)
{
	struct submission *s = arg;
	int64_t now = clock_mono_ms();
	struct order *next;

	for (struct order *o = TAILQ_FIRST(&s->orders); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		if (o->state == ORDER_SENT && o->due_mono_ms <= now)
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
	o->answer = *answer;
	*answer = NULL;
	order_done(o);
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

	for (struct order *o = TAILQ_FIRST(&s->orders); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		if (o->state == ORDER_SENT && span_eq(o->out.id, m->key))
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

static void on_out_fatal(void *owner, const char *why)
{
	on_failed(owner, why);
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
		.on_fatal = on_out_fatal,
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

struct submission *submission_new(struct loop *loop,
                                  const struct ctl_conf *conf,
                                  const struct submission_options *options,
                                  struct err *err)
{
	struct submission *s = xzalloc(sizeof(*s));

	s->loop = loop;
	s->conf = conf;
	s->options = *options;
	TAILQ_INIT(&s->orders);
	TAILQ_INIT(&s->gone);
	s->progress = progress_new(loop, options->argv0);
	s->due = timer_new(loop, on_due, s);
	s->soon = soon_new(loop, on_soon, s);
	s->table = show_table(false);
	if (open_handles(s, err) != 0)
		submission_free(&s);
	return s;
}

static void free_orders(struct order_list *list)
{
	struct order *next;

	for (struct order *o = TAILQ_FIRST(list); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		order_end(o);
	}
	TAILQ_INIT(list);
}

void submission_free(struct submission **slot)
{
	struct submission *s = *slot;

	if (s == NULL)
		return;
	decisions_free(&s->decisions);
	kafka_out_free(&s->out);
	lines_free(&s->lines);
	progress_free(&s->progress);
	timer_free(&s->due);
	soon_free(&s->soon);
	table_free(&s->table);
	free_orders(&s->orders);
	free_orders(&s->gone);
	buf_clear(&s->missing_ids);
	free(s);
	*slot = NULL;
}

static void on_lines(void *owner)
{
	struct submission *s = owner;

	soon_call(s->soon);
}

void submission_read(struct submission *s, int fd)
{
	s->lines = lines_new(s->loop, fd, REQUEST_MAX, on_lines, s);
}

void submission_interrupt(struct submission *s)
{
	struct order *next;

	if (s->over)
		return;
	s->over = true;
	if (s->lines != NULL) /* some were not even read */
		s->code = submission_worse(s->code, CTL_NOT_COMPLETED);
	for (struct order *o = TAILQ_FIRST(&s->orders); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		if (o->state == ORDER_DONE)
			continue;
		err_set(&o->detail, "%s",
		        o->state == ORDER_SENT
		                ? "sent, and a decision may still come"
		                : "not sent");
		order_miss(o, "interrupted");
	}
	loop_stop(s->loop);
}

int submission_finish(struct submission *s)
{
	unsigned long long all = s->missed + s->decided;
	struct buf text = { 0 };

	if (!s->options.json) {
		print_table(s);
		if (s->decided > 0)
			(void)fputs(show_legend, stdout);
	}
	if (s->missed > 0) {
		buf_printf(&text, "%llu of %llu not completed: %s%s",
		           (unsigned long long)s->missed, all,
		           buf_cstr(&s->missing_ids),
		           s->missed > MISSING_NAMED_MAX ? ", ..." : "");
		say(s, buf_cstr(&text));
	}
	if (s->conf->keyring == NULL && s->decided > 0)
		say(s, "NOT VERIFIED: no `key' sections are configured, so "
		       "whoever may write decisions may have made these up");
	buf_clear(&text);
	return ctl_flushed(s->options.argv0, s->code);
}
