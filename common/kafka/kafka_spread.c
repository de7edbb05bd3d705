#include "kafka/kafka_spread.h"

/* 2^32 over the golden ratio: its multiples fall evenly between each other, so
   that rows that follow each other go far apart. Whoever reads has partitions
   that are neighbours. */
enum { BITS = 32 };
static const uint32_t golden = 2654435769U;

int32_t kafka_spread_next(struct kafka_spread *s, int64_t now_ms, int32_t count)
{
	uint32_t row;

	if (atomic_fetch_add(&s->count, 1) >= KAFKA_SPREAD_RECORDS ||
	    now_ms - atomic_load(&s->began_ms) >= KAFKA_SPREAD_MS) {
		atomic_store(&s->count, 1);
		atomic_store(&s->began_ms, now_ms);
		row = atomic_fetch_add(&s->row, 1) + 1;
	} else {
		row = atomic_load(&s->row);
	}
	return (int32_t)((uint64_t)(row * golden) * (uint32_t)count >> BITS);
}
