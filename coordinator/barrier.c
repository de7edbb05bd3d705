#include "coordinator/barrier.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

enum { WATERMARK_LIMIT_MS = 5000 };

struct barrier {
	struct coordinator *c;
	struct session *closing; /* by next_closing */
	bool asking;
	int64_t asked_mono_us; /* when the question under way was asked */
	struct timer *again;   /* after a question that was not answered */
};

static void ask(struct barrier *b);

static void on_again(void *arg)
{
	ask(arg);
}

struct barrier *barrier_new(struct coordinator *c)
{
	struct barrier *b = xzalloc(sizeof(*b));

	b->c = c;
	b->again = timer_new(c->loop, on_again, b);
	return b;
}

void barrier_free(struct barrier **b)
{
	if (*b == NULL)
		return;
	timer_free(&(*b)->again);
	free(*b);
	*b = NULL;
}

/* The first closing session whose results were read far enough. */
static struct session *find_ready(struct barrier *b, const struct partition *p)
{
	for (struct session *s = b->closing; s != NULL; s = s->next_closing) {
		if (s->partition == p && s->close_at >= 0 &&
		    p->results_next >= s->close_at)
			return s;
	}
	return NULL;
}

/* session_on_results_read() may change the list: begin anew after each. */
void barrier_advance(struct barrier *b, const struct partition *p)
{
	struct session *s;

	while ((s = find_ready(b, p)) != NULL) {
		barrier_remove(b, s);
		session_on_results_read(s);
	}
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	struct barrier *b = arg;

	b->asking = false;
	if (error != NULL) {
		log_warn("coordinator_watermark_failed", F_STR("error", error));
		timer_set_ms(b->again, 500);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct partition *p =
			partition_find(b->c, list[i].at.partition);

		for (struct session *s = b->closing; p != NULL && s != NULL;
		     s = s->next_closing) {
			if (s->partition == p && s->close_at < 0 &&
			    s->due_mono_us <= b->asked_mono_us)
				s->close_at = list[i].high;
		}
		if (p != NULL)
			barrier_advance(b, p);
	}
	ask(b);
}

/* The partitions that a session waits for without knowing how far. */
static void ask(struct barrier *b)
{
	struct coordinator *c = b->c;
	struct kafka_partition *list = xcalloc(c->d->partitions, sizeof(*list));
	size_t count = 0;

	for (uint32_t i = 0; !b->asking && i < c->d->partitions; i++) {
		for (struct session *s = b->closing; s != NULL;
		     s = s->next_closing) {
			if (s->partition == c->partitions[i] &&
			    s->close_at < 0) {
				list[count++] = partition_of(
					s->partition, c->d->topics.results);
				break;
			}
		}
	}
	if (count > 0) {
		b->asking = true;
		b->asked_mono_us = clock_mono_us();
		kafka_ask_watermarks(c->ask, list, count, WATERMARK_LIMIT_MS,
		                     on_watermarks, b);
	}
	free(list);
}

void barrier_add(struct barrier *b, struct session *s)
{
	s->due_mono_us = clock_mono_us();
	s->close_at = -1;
	s->next_closing = b->closing;
	b->closing = s;
	if (!timer_is_set(b->again))
		ask(b);
}

void barrier_remove(struct barrier *b, struct session *s)
{
	struct session **at = &b->closing;

	while (*at != NULL && *at != s)
		at = &(*at)->next_closing;
	if (*at != NULL)
		*at = s->next_closing;
	s->next_closing = NULL;
}
