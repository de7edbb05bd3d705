/*
 * outgoing.h -- results and dead letters on their way to the log, kept until
 * they are there.
 *
 * A record that finds no room waits; one that is not known to be on the log is
 * sent again, the same bytes; one that the broker will never take is made
 * smaller once. Nothing is dropped.
 */
#ifndef PERSPECTIVE_WORKER_OUTGOING_H
#define PERSPECTIVE_WORKER_OUTGOING_H

#include "base/buf.h"
#include "kafka/kafka_out.h"
#include "loop/loop.h"
#include "perspective-worker/partitions.h"

enum { OUTGOING_HEADERS_MAX = 8 };

struct outgoing;

struct outgoing_events {
	/* On the log; from the loop, once per record. */
	void (*on_delivered)(void *owner, const struct place *place);
	/* Too large for the log: a smaller value for the same record, and a
	   new first header; both start empty. */
	void (*shrink)(void *owner, const struct kafka_record *record,
	               struct buf *value, struct buf *first_header);
	void *owner;
};

/* Borrows out. */
struct outgoing *outgoing_new(struct loop *loop, struct kafka_out *out,
                              const struct outgoing_events *events);
/* Takes *slot, accepts NULL, leaves NULL. Before the kafka_out's end no
   delivery may come any more: free that first. */
void outgoing_free(struct outgoing **slot);

/* Copies all but the topic's and the headers' names. */
void outgoing_add(struct outgoing *o, const struct kafka_record *record,
                  const struct place *place);

size_t outgoing_count(const struct outgoing *o);
/* Of values, in memory here. */
size_t outgoing_bytes(const struct outgoing *o);

#endif
