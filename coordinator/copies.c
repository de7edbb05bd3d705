#include "coordinator/copies.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "coordinator/answer.h"
#include "coordinator/restore.h"

#include <stdlib.h>

enum {
	ASK_LIMIT_MS = 10000,
	AGAIN_MS = 1000,
	/* brokers end an open transaction in 10 s; a log that does not go on
	   for so long is shorter than its leader said */
	STALL_MS = 30000
};

struct copies {
	struct coordinator *c;
	unsigned turn;    /* of the reading that is under way, or was last */
	bool running;     /* asked or reading, or waiting to try again */
	size_t questions; /* asked and not answered yet */
	int64_t *until;   /* by partition of requests; -1: read so far */
	size_t left;
	int64_t began_mono_ms;
	int64_t read_mono_ms; /* when the last record came */
	struct timer *again;
	struct timer *stalled; /* since a log ended too early */
};

static void begin(struct copies *x);

static bool waits(const struct copies *x, const struct partition *p)
{
	return p != NULL && p->phase == PARTITION_COPIES &&
	       p->copies_turn == x->turn;
}

static struct kafka_partition requests_at(const struct copies *x, uint32_t n)
{
	return (struct kafka_partition){ x->c->d->topics.requests, (int32_t)n };
}

/* -- the end -- */

static void stop_reading(struct copies *x)
{
	for (uint32_t i = 0; i < x->c->d->partitions; i++) {
		struct kafka_partition at = requests_at(x, i);

		if (x->until[i] >= 0)
			kafka_in_stop(x->c->log_in, &at);
		x->until[i] = -1;
	}
	x->left = 0;
	timer_stop(x->stalled);
}

static void finish(struct copies *x)
{
	struct coordinator *c = x->c;
	bool more = false;

	x->running = false;
	timer_stop(x->stalled);
	log_info("coordinator_copies_read",
	         F_INT("took_ms", clock_mono_ms() - x->began_mono_ms));
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		if (waits(x, c->partitions[i]))
			restore_serve(c->partitions[i]);
	}
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		more |= p != NULL && p->phase == PARTITION_COPIES;
	}
	if (more && !x->running)
		begin(x);
}

static void reached(struct copies *x, int32_t n)
{
	struct kafka_partition at = requests_at(x, (uint32_t)n);

	kafka_in_stop(x->c->log_in, &at);
	x->until[n] = -1;
	if (--x->left == 0)
		finish(x);
}

/* -- reading -- */

static void try_again(struct copies *x, const char *why)
{
	log_warn("coordinator_copies_wait", F_STR("error", why));
	stop_reading(x);
	timer_set_ms(x->again, AGAIN_MS);
}

static bool is_awaited(const struct copies *x, int32_t n)
{
	return n >= 0 && (uint32_t)n < x->c->d->partitions && x->until[n] >= 0;
}

static void note(struct copies *x, const struct kafka_message *m)
{
	struct forwarded from;
	struct span mark;

	if (kafka_message_header(m, HEADER_FORWARDED, &mark) != 1 ||
	    !forwarded_parse(mark, &from) ||
	    (int32_t)home_partition(m->key, x->c->d->partitions) !=
	            m->partition)
		return;
	struct partition *p = partition_find(x->c, from.partition);

	if (!waits(x, p) || from.offset < p->mark ||
	    from.offset >= p->anew_below)
		return;
	struct first_found f = { from.offset, from.timestamp_ms, m->key,
		                 digest_of(m->value),
		                 answer_headers_digest(m) };

	remembered_add_copy(p->remembered, &f);
}

void copies_on_message(struct copies *x, const struct kafka_message *m)
{
	if (!is_awaited(x, m->partition))
		return;
	x->read_mono_ms = clock_mono_ms();
	if (m->offset < x->until[m->partition])
		note(x, m);
	if (m->offset + 1 >= x->until[m->partition])
		reached(x, m->partition);
}

void copies_on_eof(struct copies *x, const struct kafka_partition *at,
                   int64_t offset)
{
	if (!is_awaited(x, at->partition))
		return;
	if (offset >= x->until[at->partition])
		reached(x, at->partition);
	else /* a transaction is open, and more to come; or it never does */
		timer_set_ms(x->stalled, STALL_MS);
}

static void on_stalled(void *arg)
{
	struct copies *x = arg;
	int64_t still_ms = clock_mono_ms() - x->read_mono_ms;

	if (still_ms < STALL_MS)
		timer_set_ms(x->stalled, STALL_MS - still_ms);
	else
		try_again(x, "a log ends before what its leader said");
}

void copies_on_broken(struct copies *x, const struct kafka_partition *at,
                      const char *why)
{
	if (is_awaited(x, at->partition))
		try_again(x, why);
}

static void start_reading(struct copies *x, const struct kafka_watermarks *list,
                          size_t count)
{
	struct err why;

	for (size_t i = 0; i < count; i++) {
		if (list[i].high <= list[i].low)
			continue;
		x->until[list[i].at.partition] = list[i].high;
		x->left++;
		if (kafka_in_start(x->c->log_in, &list[i].at, list[i].low,
		                   &why) != 0) {
			try_again(x, why.text);
			return;
		}
	}
	if (x->left == 0)
		finish(x);
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	struct copies *x = arg;

	/* an older question, or of partitions that are gone */
	if (--x->questions > 0 || !x->running)
		return;
	for (size_t i = 0; i < count; i++) {
		if (list[i].low < 0 || list[i].high < 0)
			error = "a leader does not answer";
	}
	if (error != NULL)
		try_again(x, error);
	else
		start_reading(x, list, count);
}

/* -- the beginning -- */

static void begin(struct copies *x)
{
	struct coordinator *c = x->c;
	struct kafka_partition *list = xcalloc(c->d->partitions, sizeof(*list));
	size_t count = 0;

	x->running = true;
	x->turn++;
	x->began_mono_ms = clock_mono_ms();
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p != NULL && p->phase == PARTITION_COPIES)
			p->copies_turn = x->turn;
		list[count++] = requests_at(x, i);
	}
	x->questions++;
	kafka_ask_watermarks(c->ask, list, count, ASK_LIMIT_MS, on_watermarks,
	                     x);
	free(list);
}

static void on_again(void *arg)
{
	begin(arg);
}

void copies_look(struct copies *x, struct partition *p)
{
	log_info("coordinator_copies_wanted", F_INT("partition", p->number),
	         F_INT("below", p->anew_below));
	if (!x->running)
		begin(x);
}

void copies_stop(struct copies *x)
{
	stop_reading(x);
	timer_stop(x->again);
	x->running = false;
}

struct copies *copies_new(struct coordinator *c)
{
	struct copies *x = xzalloc(sizeof(*x));

	x->c = c;
	x->again = timer_new(c->loop, on_again, x);
	x->stalled = timer_new(c->loop, on_stalled, x);
	x->until = xcalloc(c->d->partitions, sizeof(*x->until));
	for (uint32_t i = 0; i < c->d->partitions; i++)
		x->until[i] = -1;
	return x;
}

void copies_free(struct copies **x)
{
	if (*x == NULL)
		return;
	timer_free(&(*x)->again);
	timer_free(&(*x)->stalled);
	free((*x)->until);
	free(*x);
	*x = NULL;
}
