/*
 * orders.h -- the requests of a submission, each from queued to printed.
 *
 * An order is sent once and done once: with the answer that settles it, or
 * without one for a reason. What is done is printed: as JSON at once, in tables
 * when orders_print() says so, in the order given.
 */
#ifndef CTL_ORDERS_H
#define CTL_ORDERS_H

#include "ctl/outgoing.h"

#include <sys/queue.h>

struct orders;
struct progress;

enum order_state { ORDER_QUEUED, ORDER_SENT, ORDER_DONE };

struct order {
	TAILQ_ENTRY(order) link;
	struct orders *all;
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

struct orders_options {
	const char *argv0; /* for what goes to stderr */
	bool json;         /* else tables */
	bool wide;
	struct progress *progress;    /* borrowed */
	void (*on_done)(void *owner); /* one more is */
	void *owner;
};

struct orders *orders_new(const struct orders_options *options);
/* Takes *orders, accepts NULL, leaves NULL. */
void orders_free(struct orders **orders);
void *orders_owner(const struct orders *orders);

/* Queued, behind all others. Takes *out. */
void orders_add(struct orders *orders, const struct outgoing *out);

/* In the order given; NULL: no more. next() before anything ends o. */
struct order *orders_first(const struct orders *orders, enum order_state state);
struct order *orders_next(const struct order *o, enum order_state state);
size_t orders_queued(const struct orders *orders);
size_t orders_out(const struct orders *orders); /* sent and not done */

/* o is sent, and the producer will report on it. */
void order_sent(struct order *o);
/* It did. Ends an order that is done and printed. */
void order_reported(struct order *o);
/* Done by *answer, which is taken; or for this reason (static; more may be in
   o->detail). May end o. */
void order_settle(struct order *o, struct answer **answer);
void order_miss(struct order *o, const char *reason);

/* Enough are done for a table; prints it. */
bool orders_want_print(const struct orders *orders);
void orders_print(struct orders *orders);
/* Once stdout took no more; orders_code() then says so. */
bool orders_print_failed(const struct orders *orders);

/* "mpicctl <command>: <text>" on stderr. */
void orders_say(const struct orders *orders, const char *text);
/* What is still to be printed, and a line about what is missing. */
void orders_finish(struct orders *orders);
uint64_t orders_decided(const struct orders *orders);
/* The exit code that they came to. */
int orders_code(const struct orders *orders);

#endif
