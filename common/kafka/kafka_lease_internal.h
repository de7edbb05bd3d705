/*
 * kafka_lease_internal.h -- where leases come from and what they are for.
 */
#ifndef KAFKA_KAFKA_LEASE_INTERNAL_H
#define KAFKA_KAFKA_LEASE_INTERNAL_H

#include "kafka/kafka_lease.h"

#include "base/err.h"

struct rd_kafka_s;
struct rd_kafka_consumer_group_metadata_s;

/* The consumer's membership right now, or NULL with *err. */
struct kafka_lease *kafka_lease_new(struct rd_kafka_s *consumer,
                                    const char *group, struct err *err);
/* Borrowed. */
const struct rd_kafka_consumer_group_metadata_s *kafka_lease_metadata(
	const struct kafka_lease *lease);

#endif
