/*
 * kafka_message.h -- one record as it came from a topic, and its headers.
 *
 * Plain values, so that tests and fakes can build one. Everything is borrowed
 * for the call that hands it over; keep what you need by copying.
 */
#ifndef KAFKA_KAFKA_MESSAGE_H
#define KAFKA_KAFKA_MESSAGE_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* name is borrowed and NUL-terminated; value.p is NULL for a null value. */
struct kafka_header {
	const char *name;
	struct span value;
};

enum kafka_time_kind {
	KAFKA_TIME_NONE,   /* timestamp_ms is -1 */
	KAFKA_TIME_CREATE, /* the producer's claim */
	KAFKA_TIME_APPEND, /* the broker's (LogAppendTime) */
};

struct kafka_partition {
	const char *topic;
	int32_t partition;
};

struct kafka_message {
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms; /* since the epoch, or -1 */
	enum kafka_time_kind time_kind;
	struct span key;                    /* .p NULL: no key */
	struct span value;                  /* .p NULL: a tombstone */
	const struct kafka_header *headers; /* in the record's order */
	size_t header_count;
};

/* A right that the brokers refused, in Kafka's words; borrowed. */
struct kafka_denial {
	const char *right;    /* "Read" */
	const char *resource; /* "topic", "group", "transactional id" */
	const char *name;
	/* Nothing that needs it ever worked with this handle: rather an
	   omission than a change, and an operator must act. */
	bool first;
};

/* How many headers have that name (exact bytes); the first one's value goes to
 *out if there is one. Whoever relies on a header takes 1 and refuses more. */
size_t kafka_message_header(const struct kafka_message *m, const char *name,
                            struct span *out);

#endif
