/*
 * outbox_batch.c -- what is queued, as one transaction: chained, signed, and
 * with the marks of the partitions that it touches.
 */
#include "coordinator/outbox_internal.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum {
	/* of one transaction: enough to make a commit cheap per answer, few
	   enough that nobody waits long behind them */
	BATCH_ANSWERS_MAX = 500,
	BATCH_BYTES_MAX = 4 * 1024 * 1024
};

/* Those of touched partitions (NULL: of none), and of others whose mark moved
   without an answer. How many. */
size_t outbox_set_marks(const struct outbox *o, const bool *touched,
                        struct kafka_batch *batch)
{
	const struct coordinator *c = o->c;
	struct buf metadata = { 0 };
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || ((touched == NULL || !touched[i]) &&
		                  !partition_is_ahead(p)))
			continue;
		count++;
		metadata.len = 0;
		partition_metadata(p, &metadata);
		struct kafka_offset mark = {
			.at = partition_of(p, c->d->topics.requests),
			.offset = offsets_mark(p->offsets),
			.metadata = buf_cstr(&metadata),
		};
		p->mark_flying = mark.offset;
		kafka_batch_set_offset(batch, &mark);
	}
	buf_clear(&metadata);
	kafka_batch_set_lease(batch, c->lease);
	return count;
}

static int64_t staged_as(const struct answer *a)
{
	if (a->kind == ANSWER_DECISION)
		return ANSWERED_STAGED;
	return a->kind == ANSWER_CONFLICT ? ANSWERED_STAGED_CONFLICT
	                                  : ANSWERED_ASIDE;
}

/* The mark's metadata reaches so far up: what is beyond waits for the mark. */
static bool must_wait(const struct partition *p, const struct answer *a)
{
	return !answer_names_request(a) &&
	       a->request_offset - offsets_mark(p->offsets) >=
	               ANSWERED_SPAN_MAX;
}

static size_t answers_max(const struct outbox *o)
{
	return o->alone > 0 ? 1 : BATCH_ANSWERS_MAX;
}

/* At least one answer, else the batch is empty. */
struct kafka_batch *outbox_make_batch(struct outbox *o)
{
	struct coordinator *c = o->c;
	struct kafka_batch *batch = kafka_batch_new();
	struct answer_queue held;
	bool *touched = xcalloc(c->d->partitions, sizeof(*touched));

	answer_queue_init(&held);

	while (o->waiting.first != NULL && o->flying.count < answers_max(o) &&
	       kafka_batch_bytes(batch) < BATCH_BYTES_MAX) {
		struct answer *a = answer_queue_pop(&o->waiting);
		struct partition *p = partition_find(c, a->partition);

		assert(p != NULL); /* outbox_forget() took the others out */
		if (must_wait(p, a)) {
			answer_queue_push(&held, a);
			continue;
		}
		if (a->kind == ANSWER_DECISION)
			answer_chain(a, p);
		else if (a->kind == ANSWER_CONFLICT)
			answer_sign(a, c);
		offsets_stage(p->offsets, a->request_offset);
		answered_note(p->answered, a->request_offset, staged_as(a));
		touched[a->partition] = true;
		answer_add_to(a, c, batch);
		answer_queue_push(&o->flying, a);
	}
	answer_queue_put_in_front(&o->waiting, &held);
	if (o->flying.first != NULL)
		(void)outbox_set_marks(o, touched, batch);
	free(touched);
	return batch;
}
