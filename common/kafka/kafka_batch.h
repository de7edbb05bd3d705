/*
 * kafka_batch.h -- the inside of a batch, for the committer (internal).
 */
#ifndef KAFKA_KAFKA_BATCH_H
#define KAFKA_KAFKA_BATCH_H

#include "kafka/kafka_txn.h"

/* One record of a batch and what became of it. */
struct kafka_batch_item {
	struct kafka_record record; /* bytes in the arena */
	void *tag;
	bool reported;
	char error[96]; /* empty: none */
	struct kafka_delivery delivery;
};

struct kafka_batch {
	struct arena *arena;
	struct kafka_batch_item *items;
	size_t count;
	size_t room;
	size_t bytes;
	struct kafka_offset *offsets; /* topics and metadata in the arena */
	size_t offset_count;
	struct kafka_lease *lease;
};

#endif
