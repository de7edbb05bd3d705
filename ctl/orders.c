#include "ctl/orders.h"

#include "ctl/command.h"
#include "ctl/progress.h"
#include "ctl/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	TABLE_ROWS = 500,      /* then what is done is printed */
	MISSING_NAMED_MAX = 20 /* in the closing line */
};

TAILQ_HEAD(order_list, order);

struct orders {
	struct orders_options options;
	struct order_list given; /* as given; printed ones are gone */
	struct order_list gone;  /* printed, but still in the air */
	struct table *table;
	size_t out_count; /* sent and not done */
	size_t queued;
	size_t unprinted; /* done and not printed */
	uint64_t decided;
	uint64_t missed;
	struct buf missing_ids;
	int code;
	bool print_failed;
};

struct orders *orders_new(const struct orders_options *options)
{
	struct orders *all = xzalloc(sizeof(*all));

	all->options = *options;
	TAILQ_INIT(&all->given);
	TAILQ_INIT(&all->gone);
	all->table = show_table(false);
	return all;
}

static void order_end(struct order *o)
{
	answer_free(&o->answer);
	outgoing_clear(&o->out);
	free(o);
}

static void free_list(struct order_list *list)
{
	struct order *next;

	for (struct order *o = TAILQ_FIRST(list); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		order_end(o);
	}
	TAILQ_INIT(list);
}

void orders_free(struct orders **orders)
{
	struct orders *all = *orders;

	if (all == NULL)
		return;
	table_free(&all->table);
	free_list(&all->given);
	free_list(&all->gone);
	buf_clear(&all->missing_ids);
	free(all);
	*orders = NULL;
}

void *orders_owner(const struct orders *orders)
{
	return orders->options.owner;
}

void orders_add(struct orders *orders, const struct outgoing *out)
{
	struct order *o = xzalloc(sizeof(*o));

	o->all = orders;
	o->out = *out;
	o->offset = -1;
	TAILQ_INSERT_TAIL(&orders->given, o, link);
	orders->queued++;
}

/* -- looking at them -- */

static struct order *from_here(struct order *o, enum order_state state)
{
	while (o != NULL && o->state != state)
		o = TAILQ_NEXT(o, link);
	return o;
}

struct order *orders_first(const struct orders *orders, enum order_state state)
{
	return from_here(TAILQ_FIRST(&orders->given), state);
}

struct order *orders_next(const struct order *o, enum order_state state)
{
	return from_here(TAILQ_NEXT(o, link), state);
}

size_t orders_queued(const struct orders *orders)
{
	return orders->queued;
}

size_t orders_out(const struct orders *orders)
{
	return orders->out_count;
}

uint64_t orders_decided(const struct orders *orders)
{
	return orders->decided;
}

int orders_code(const struct orders *orders)
{
	return orders->code;
}

/* -- printing -- */

static struct show_missing missing_of(const struct order *o)
{
	return (struct show_missing){ .request_id = o->out.id,
		                      .target = o->out.question.target,
		                      .reason = o->missing,
		                      .detail = span_str(o->detail.text) };
}

static void order_free(struct order_list *list, struct order *o)
{
	TAILQ_REMOVE(list, o, link);
	order_end(o);
}

/* It has been printed. */
static void order_leave(struct order *o)
{
	struct orders *all = o->all;

	if (!o->in_air) {
		order_free(&all->given, o);
		return;
	}
	TAILQ_REMOVE(&all->given, o, link);
	TAILQ_INSERT_TAIL(&all->gone, o, link);
	answer_free(&o->answer);
}

static void print(struct orders *all, const struct buf *text)
{
	progress_hide(all->options.progress);
	if (text->len > 0)
		(void)fwrite(text->p, 1, text->len, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		all->code = EX_IOERR;
		all->print_failed = true;
	}
}

static void print_json(const struct order *o)
{
	struct show_missing missing = missing_of(o);
	struct buf text = { 0 };

	if (o->answer != NULL)
		show_json(o->answer, &text);
	else
		show_missing_json(&missing, &text);
	print(o->all, &text);
	buf_clear(&text);
}

bool orders_want_print(const struct orders *orders)
{
	return orders->unprinted >= TABLE_ROWS;
}

bool orders_print_failed(const struct orders *orders)
{
	return orders->print_failed;
}

void orders_print(struct orders *orders)
{
	const struct table_look look = { .width = show_width(STDOUT_FILENO),
		                         .colour = show_colour(STDOUT_FILENO) };
	struct buf text = { 0 };
	struct order *next;

	for (struct order *o = orders_first(orders, ORDER_DONE); o != NULL;
	     o = next) {
		struct show_missing missing = missing_of(o);

		next = orders_next(o, ORDER_DONE);
		if (o->answer != NULL)
			show_row(orders->table, o->answer,
			         orders->options.wide);
		else
			show_missing_row(orders->table, &missing);
		order_leave(o);
	}
	orders->unprinted = 0;
	if (table_rows(orders->table) > 0)
		table_render(orders->table, &look, &text);
	table_reset(orders->table);
	print(orders, &text);
	buf_clear(&text);
}

void orders_say(const struct orders *orders, const char *text)
{
	progress_hide(orders->options.progress);
	(void)ctl_fail(orders->options.argv0, 0, text);
}

void orders_finish(struct orders *orders)
{
	unsigned long long all = orders->missed + orders->decided;
	struct buf text = { 0 };

	if (!orders->options.json) {
		orders_print(orders);
		if (orders->decided > 0)
			(void)fputs(show_legend, stdout);
	}
	if (orders->missed > 0) {
		buf_printf(&text, "%llu of %llu not completed: %s%s",
		           (unsigned long long)orders->missed, all,
		           buf_cstr(&orders->missing_ids),
		           orders->missed > MISSING_NAMED_MAX ? ", ..." : "");
		orders_say(orders, buf_cstr(&text));
	}
	buf_clear(&text);
}

/* -- from one state to the next -- */

void order_sent(struct order *o)
{
	o->in_air = true;
	o->state = ORDER_SENT;
	o->all->queued--;
	o->all->out_count++;
}

void order_reported(struct order *o)
{
	struct order *gone;

	o->in_air = false;
	/* done before the report came: if it was printed, this was all */
	TAILQ_FOREACH(gone, &o->all->gone, link)
	{
		if (gone == o) {
			order_free(&o->all->gone, o);
			return;
		}
	}
}

static void order_done(struct order *o)
{
	struct orders *all = o->all;

	if (o->state == ORDER_SENT)
		all->out_count--;
	else
		all->queued--;
	o->state = ORDER_DONE;
	if (all->options.json) {
		print_json(o);
		order_leave(o);
	} else {
		all->unprinted++;
	}
	progress_set(all->options.progress, all->decided, all->out_count);
	all->options.on_done(all->options.owner);
}

void order_settle(struct order *o, struct answer **answer)
{
	struct orders *all = o->all;

	o->answer = *answer;
	*answer = NULL;
	all->decided++;
	all->code = ctl_worse(all->code, answer_exit_code(o->answer));
	order_done(o);
}

void order_miss(struct order *o, const char *reason)
{
	struct orders *all = o->all;

	o->missing = reason;
	all->code = ctl_worse(all->code, CTL_NOT_COMPLETED);
	if (++all->missed <= MISSING_NAMED_MAX)
		buf_printf(&all->missing_ids, "%s%.*s",
		           all->missed > 1 ? ", " : "", SPAN_ARG(o->out.id));
	order_done(o);
}
