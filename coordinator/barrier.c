#include "coordinator/barrier.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

enum { WATERMARK_LIMIT_MS = 5000, AGAIN_MS = 500 };

struct barrier {
	struct coordinator *c;
	struct session *closing; /* by next_closing */
	bool asking;
	bool waits;   /* none was answered: no question before `again` */
	bool *silent; /* by partition: not asked about before `again` */
	int64_t asked_mono_us; /* when the question under way was asked */
	struct timer *again;   /* after a partition that was not answered */
};

static void ask(struct barrier *b);

static void on_again(void *arg)
{
	struct barrier *b = arg;

	b->waits = false;
	memset(b->silent, 0, b->c->d->partitions * sizeof(bool));
	ask(b);
}

struct barrier *barrier_new(struct coordinator *c)
{
	struct barrier *b = xzalloc(sizeof(*b));

	b->c = c;
	b->silent = xcalloc(c->d->partitions, sizeof(bool));
	b->again = timer_new(c->loop, on_again, b);
	return b;
}

void barrier_free(struct barrier **b)
{
	if (*b == NULL)
		return;
	timer_free(&(*b)->again);
	free((*b)->silent);
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

static void note_watermark(struct barrier *b, const struct kafka_watermarks *w)
{
	const struct partition *p = partition_find(b->c, w->at.partition);

	for (struct session *s = b->closing; p != NULL && s != NULL;
	     s = s->next_closing) {
		if (s->partition == p && s->close_at < 0 &&
		    s->due_mono_us <= b->asked_mono_us)
			s->close_at = w->high;
	}
	if (p != NULL)
		barrier_advance(b, p);
}

/* Its leader is away: asked again in a while, and the others before. */
static void note_silence(struct barrier *b, const struct kafka_watermarks *w)
{
	log_warn("coordinator_watermark_failed", F_STR("topic", w->at.topic),
	         F_INT("partition", w->at.partition),
	         F_STR("error", "its leader does not answer"));
	b->silent[w->at.partition] = true;
	if (!timer_is_set(b->again))
		timer_set_ms(b->again, AGAIN_MS);
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	struct barrier *b = arg;

	b->asking = false;
	if (error != NULL) {
		log_warn("coordinator_watermark_failed", F_STR("error", error));
		b->waits = true;
		timer_set_ms(b->again, AGAIN_MS);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].high >= 0)
			note_watermark(b, &list[i]);
		else
			note_silence(b, &list[i]);
	}
	ask(b);
}

/* The partitions that a session waits for without knowing how far. */
static void ask(struct barrier *b)
{
	struct coordinator *c = b->c;
	struct kafka_partition *list = xcalloc(c->d->partitions, sizeof(*list));
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		if (b->asking || b->waits || b->silent[i])
			continue;
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
