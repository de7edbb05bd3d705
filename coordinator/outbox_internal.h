/*
 * outbox_internal.h -- what the outbox's files share.
 *
 *   outbox.c          the queue, the producer, failures
 *   outbox_batch.c    from the queue to one transaction
 *   outbox_outcome.c  what became of it
 */
#ifndef COORDINATOR_OUTBOX_INTERNAL_H
#define COORDINATOR_OUTBOX_INTERNAL_H

#include "coordinator/outbox.h"

struct outbox {
	struct coordinator *c;
	struct kafka_txn *txn;
	struct answer_queue waiting;
	struct answer_queue flying; /* in the order of the batch's records */
	size_t bytes;               /* that answers without a session hold */
	struct soon *soon;
	char id[TOPIC_PREFIX_MAX + 80]; /* transactional.id */
	bool marks_flying;              /* a batch without answers */
	bool ready;
	bool was_ready;     /* once: the id is allowed */
	bool was_committed; /* once: so are the topics */
	int64_t submitted_mono_us;
	int64_t fenced_mono_ms; /* the last epoch error; -1: none */

	/* Failures that follow each other must not keep brokers busy. */
	struct timer *pause;
	int64_t pause_ms; /* for the next failure; 0: none came lately */
	int64_t failed_mono_ms;
	bool pausing;
	/* A broker refuses what a batch of its own holds as a whole: so many of
	   the next go one by one, and only the one that is too large shrinks.
	 */
	size_t alone;
};

/* Puts the marks of touched partitions (NULL: of none), and of others whose
   mark moved without an answer, into the batch. How many. */
size_t outbox_set_marks(const struct outbox *o, const bool *touched,
                        struct kafka_batch *batch);
/* Moves what fits from waiting to flying, chained and signed. At least one
   answer, else the batch is empty. */
struct kafka_batch *outbox_make_batch(struct outbox *o);

/* All of the batch is on the log: heads, windows and marks follow. */
void outbox_finish(struct outbox *o, const struct kafka_batch *batch);
bool outbox_any_refused(const struct kafka_batch *batch);
/* Nothing of it happened: what is still ours goes to the front of the queue,
   to be chained and signed anew. A record that the broker will never take is
   not sent for ever. */
void outbox_take_back(struct outbox *o, const struct kafka_batch *batch);

/* Takes the answer. */
void outbox_free_answer(struct outbox *o, struct answer *a);

#endif
