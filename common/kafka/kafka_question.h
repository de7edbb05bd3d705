/*
 * kafka_question.h -- the calls that block, for kafka_ask's thread (internal).
 */
#ifndef KAFKA_KAFKA_QUESTION_H
#define KAFKA_KAFKA_QUESTION_H

#include "kafka/kafka_ask.h"

#include "base/err.h"

struct arena;
struct rd_kafka_s;
struct kafka_question;

/* The thread's. */
struct kafka_asker {
	struct rd_kafka_s *rk;
	char *group_id;
	bool wary; /* some leader did not answer the last time */
};

typedef void kafka_question_fn(struct kafka_question *q,
                               struct kafka_asker *asker);

struct kafka_question {
	struct arena *arena; /* all that is asked and answered */
	kafka_question_fn *ask;
	uint32_t limit_ms; /* from when its turn comes */
	const struct kafka_partition *list;
	size_t count;
	bool failed;
	struct err why;
	struct kafka_watermarks *watermarks;
	struct kafka_committed *committed;
	uint32_t partitions;
	struct kafka_finding *findings;
};

kafka_question_fn kafka_question_watermarks;
kafka_question_fn kafka_question_committed;
kafka_question_fn kafka_question_partitions;
kafka_question_fn kafka_question_needs;

/* For those: why it failed, p NULL: not of one partition. code is a
   rd_kafka_resp_err_t. */
void kafka_question_fail(struct kafka_question *q,
                         const struct kafka_partition *p, const char *what,
                         int code);
/* At least 1. */
int kafka_question_left_ms(int64_t until_ms);

/* Takes rk. */
struct kafka_asker *kafka_asker_new(struct rd_kafka_s *rk,
                                    const char *group_id);
/* Of a struct kafka_asker. Blocks: on the thread. */
void kafka_asker_free(void *arg);
/* On the loop, when there never was a thread. */
void kafka_asker_free_aside(struct kafka_asker *asker);

#endif
