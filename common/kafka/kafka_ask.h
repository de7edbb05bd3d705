/*
 * kafka_ask.h -- questions to the brokers that librdkafka only answers by
 * blocking: watermarks, committed offsets, partition counts, and whether what
 * a program needs is there and allowed.
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
   Lists are in the order asked and borrowed for the call. A partition whose
   leader did not answer has -1 for both: the others do not wait for it. */
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

/* What a program needs of a topic. */
struct kafka_need {
	const char *topic;
	uint32_t partitions; /* exactly; 0: any number */
	bool reads;          /* else it only writes to it */
};

enum kafka_found {
	KAFKA_NEED_MET,
	KAFKA_NEED_UNKNOWN,    /* no answer; error says why */
	KAFKA_NEED_ABSENT,     /* there is no such topic */
	KAFKA_NEED_HIDDEN,     /* not even Describe: no right at all on it */
	KAFKA_NEED_UNREADABLE, /* Describe, but not Read */
	KAFKA_NEED_MISCOUNTED, /* another number of partitions */
};

struct kafka_finding {
	struct kafka_need need;
	enum kafka_found found;
	uint32_t partitions; /* as the brokers have it; 0: not known */
	const char *error;   /* of KAFKA_NEED_UNKNOWN */
};

/* One finding per need, in their order; borrowed for the call. */
typedef void kafka_findings_fn(void *arg, const struct kafka_finding *list,
                               size_t count);
/*
 * Changes nothing at the brokers. Read is tried by a fetch at the log's end;
 * a leader that does not answer counts as a right. Write can't be tried
 * without writing: where it is the only right, its lack shows as HIDDEN, since
 * it implies Describe; else only at the first use (kafka_out_options).
 */
void kafka_ask_needs(struct kafka_ask *ask, const struct kafka_need *list,
                     size_t count, uint32_t limit_ms, kafka_findings_fn *done,
                     void *arg);

#endif
