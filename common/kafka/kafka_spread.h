/*
 * kafka_spread.h -- partitions for records whose order among themselves does
 * not matter (internal).
 *
 * librdkafka sends a request for each partition. A few records in a row go to
 * one partition, so that they share a request; then it is another's turn, so
 * that those who read them have equal shares.
 */
#ifndef KAFKA_KAFKA_SPREAD_H
#define KAFKA_KAFKA_SPREAD_H

#include <stdatomic.h>
#include <stdint.h>

enum {
	KAFKA_SPREAD_RECORDS = 8, /* to one partition at most */
	KAFKA_SPREAD_MS = 3       /* and for so long; linger.ms is below it */
};

/* Zeroed at first. Any thread may ask: a race makes a row shorter or longer, no
   more. */
struct kafka_spread {
	atomic_uint row;   /* number of it */
	atomic_uint count; /* records in it */
	_Atomic int64_t began_ms;
};

/* One of count partitions. */
int32_t kafka_spread_next(struct kafka_spread *s, int64_t now_ms,
                          int32_t count);

#endif
