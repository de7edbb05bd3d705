/*
 * kafka_lease.h -- one generation's membership in a consumer group.
 *
 * What a transaction's offsets are committed under. Brokers fence a member that
 * lost its partitions by exactly this: member id and generation. It never
 * changes; a new generation is a new lease.
 */
#ifndef KAFKA_KAFKA_LEASE_H
#define KAFKA_KAFKA_LEASE_H

#include <stdint.h>

struct kafka_lease;

/* Takes *lease, accepts NULL, leaves NULL. */
void kafka_lease_free(struct kafka_lease **lease);
struct kafka_lease *kafka_lease_copy(const struct kafka_lease *lease);
/* For logs; borrowed from the lease. */
const char *kafka_lease_member(const struct kafka_lease *lease);
int32_t kafka_lease_generation(const struct kafka_lease *lease);

#endif
