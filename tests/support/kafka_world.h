/*
 * kafka_world.h -- a mock cluster, a loop and a lab configuration for it: one
 * world per test.
 */
#ifndef SUPPORT_KAFKA_WORLD_H
#define SUPPORT_KAFKA_WORLD_H

#include "base/err.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_in.h"
#include "kafka/kafka_out.h"
#include "kafka/mock_broker.h"
#include "loop/loop.h"

struct world {
	struct mock_broker *broker;
	struct loop *loop;
	struct kafka_conf conf;
	struct err err;
};

typedef bool world_fn(void *arg);

/* One broker with one topic; name NULL: none. */
void world_open(struct world *w, const char *topic, int partitions);
/* Fails the test if a handle that was freed does not end. */
void world_close(struct world *w);
/* Runs the loop until fn says true; fails the test after 60 s. */
void world_run(struct world *w, const char *what, world_fn *until, void *arg);
/* Runs the loop for that long. */
void world_pass(struct world *w, int64_t ms);

/* Sends count records "0", "1", ... without headers, waits for delivery. */
void world_fill(struct world *w, const char *topic, int32_t partition,
                int count);

#endif
