/*
 * murmur2.h -- the hash that Java's default partitioner uses, so that a key
 * finds the same partition whoever produced the record.
 *
 * Not keyed: never the hash of an in-memory table (siphash.h is).
 */
#ifndef BASE_MURMUR2_H
#define BASE_MURMUR2_H

#include "base/span.h"

/* Equal, as 32 bits, to org.apache.kafka.common.utils.Utils.murmur2(key). */
uint32_t murmur2(struct span key);

/* Utils.toPositive(murmur2(key)) % partitions; partitions > 0. */
uint32_t home_partition(struct span key, uint32_t partitions);

#endif
