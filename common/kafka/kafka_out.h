/*
 * kafka_out.h -- records out, on the loop: plain idempotent producer.
 *
 * acks=all, lz4, in order per partition. Bytes are copied by send. Every
 * accepted record is reported exactly once, later, from the loop, until
 * kafka_out_free(), after which nothing is reported any more. Never blocks.
 */
#ifndef KAFKA_KAFKA_OUT_H
#define KAFKA_KAFKA_OUT_H

#include "kafka/kafka_conf.h"
#include "kafka/kafka_message.h"

struct loop;
struct kafka_out;

enum kafka_send {
	KAFKA_SENT,      /* accepted; delivered_fn will run */
	KAFKA_FULL,      /* at the in-flight ceiling: later, after a delivery */
	KAFKA_TOO_LARGE, /* never send these bytes again */
	KAFKA_FAILED, /* the handle is fatally broken, or no such partition */
};

enum kafka_fate {
	KAFKA_DELIVERED,   /* on the log; partition, offset and time are set */
	KAFKA_REFUSED,     /* the broker will never take it: do not resend */
	KAFKA_UNDELIVERED, /* not known to be on the log; it may be */
};

struct kafka_delivery {
	enum kafka_fate fate;
	const char *error; /* NULL if delivered; borrowed for the call */
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms; /* the broker's if APPEND, else as sent */
	enum kafka_time_kind time_kind;
};

/* arg as given to kafka_out_send(). */
typedef void kafka_delivered_fn(void *arg, const struct kafka_delivery *d);
/* The producer can't go on (lost its sequence, fenced, not authorised): make a
   new one and send again what has not been delivered. Once, from the loop. */
typedef void kafka_fatal_fn(void *owner, const char *why);
/* Nothing is in flight any more. */
typedef void kafka_flushed_fn(void *owner);

struct kafka_out_options {
	uint32_t in_flight_max;     /* records; 0: 10,000 */
	uint32_t value_max_bytes;   /* key + value + headers; 0: 1,000,000 */
	uint32_t delivery_limit_ms; /* then UNDELIVERED; 0: 30,000 */
	/* Asked for at start: the first record for a topic that the library
	   never heard of may otherwise wait for a second. Copied. */
	const char *const *topics;
	size_t topic_count;
	/* The same for topics whose records are too small for compression to
	   pay, and whose order does not matter: KAFKA_PARTITION_OF_KEY is any
	   partition there, the same for a few in a row. Copied. */
	const char *const *plain_topics;
	size_t plain_topic_count;
	kafka_fatal_fn *on_fatal; /* required */
	/* A right is missing: from the loop, each time that it shows. first:
	   nothing was ever delivered to that topic. NULL: not wanted. */
	void (*on_denied)(void *owner, const struct kafka_denial *d);
	void *owner;
};

enum { KAFKA_PARTITION_OF_KEY = -1 }; /* murmur2, as Java's default */

/* Connects in the background; NULL with *err if it can't be configured. */
struct kafka_out *kafka_out_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const struct kafka_out_options *options,
                                struct err *err);
/* Drops what is in flight without reporting it. Never blocks: the library's
   own end is waited for elsewhere (kafka_end.h). */
void kafka_out_free(struct kafka_out **out);

/* One record. topic is NUL-terminated. delivered may be NULL. */
struct kafka_record {
	const char *topic;
	int32_t partition; /* explicit, or KAFKA_PARTITION_OF_KEY */
	struct span key;   /* .p NULL: no key */
	struct span value; /* .p NULL: a tombstone */
	const struct kafka_header *headers;
	size_t header_count;
};

enum kafka_send kafka_out_send(struct kafka_out *out,
                               const struct kafka_record *record,
                               kafka_delivered_fn *delivered, void *arg)
	__attribute__((warn_unused_result));

/* Accepted and not yet reported. */
uint32_t kafka_out_in_flight(const struct kafka_out *out);

/* Calls done once, from the loop, as soon as nothing is in flight (also if that
   is so now). One flush at a time. */
void kafka_out_flush(struct kafka_out *out, kafka_flushed_fn *done,
                     void *owner);

const char *kafka_send_name(enum kafka_send result);
const char *kafka_fate_name(enum kafka_fate fate);

#endif
