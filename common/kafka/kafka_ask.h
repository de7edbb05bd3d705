/*
 * kafka_ask.h -- questions to the brokers that librdkafka only answers by
 * blocking: watermarks, committed offsets, partition counts.
 *
 * A handle of its own (read_uncommitted, so that "high" is the high watermark
 * and not the last stable offset) and a thread that does nothing but wait for
 * those calls; it starts with the first question. Questions are answered one
 * after the other, in order, each exactly once from the loop and inside its
 * limit, unless kafka_ask_free() comes first.
 */
#ifndef KAFKA_KAFKA_ASK_H
#define KAFKA_KAFKA_ASK_H

#include "kafka/kafka_conf.h"
#include "kafka/kafka_message.h"

struct loop;
struct kafka_ask;

/* group_id: whose committed offsets are asked for. */
struct kafka_ask *kafka_ask_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const char *group_id, struct err *err);
/* Takes *ask, accepts NULL, leaves NULL. Never blocks; no answer comes. */
void kafka_ask_free(struct kafka_ask **ask);

struct kafka_watermarks {
	struct kafka_partition at;
	int64_t low;  /* first offset still on the log */
	int64_t high; /* the next offset that will be written */
};

/* error NULL, or why none of it was answered (then list is NULL, count 0).
   Lists are in the order asked and borrowed for the call. */
typedef void kafka_watermarks_fn(void *arg, const char *error,
                                 const struct kafka_watermarks *list,
                                 size_t count);
/* As they are at some time after this call. The list is copied. */
void kafka_ask_watermarks(struct kafka_ask *ask,
                          const struct kafka_partition *list, size_t count,
                          uint32_t limit_ms, kafka_watermarks_fn *done,
                          void *arg);

struct kafka_committed {
	struct kafka_partition at;
	int64_t offset;       /* -1: none was ever committed */
	struct span metadata; /* as committed; .len 0 if none */
};

typedef void kafka_offsets_fn(void *arg, const char *error,
                              const struct kafka_committed *list, size_t count);
/* Stable ones only: waits, inside the limit, for the outcome of transactions
   that carry offsets of these partitions. */
void kafka_ask_committed(struct kafka_ask *ask,
                         const struct kafka_partition *list, size_t count,
                         uint32_t limit_ms, kafka_offsets_fn *done, void *arg);

/* partitions: 0 if there is no such topic (error NULL). */
typedef void kafka_partitions_fn(void *arg, const char *error,
                                 const char *topic, uint32_t partitions);
void kafka_ask_partitions(struct kafka_ask *ask, const char *topic,
                          uint32_t limit_ms, kafka_partitions_fn *done,
                          void *arg);

#endif
