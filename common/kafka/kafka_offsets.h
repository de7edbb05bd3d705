/*
 * kafka_offsets.h -- lists of offsets in the library's form (internal).
 */
#ifndef KAFKA_KAFKA_OFFSETS_H
#define KAFKA_KAFKA_OFFSETS_H

#include "kafka/kafka_in.h"

#include <librdkafka/rdkafka.h>

/* To be freed with rd_kafka_topic_partition_list_destroy(). */
rd_kafka_topic_partition_list_t *kafka_offset_list(
	const struct kafka_offset *offsets, size_t count);

#endif
