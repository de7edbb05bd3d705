/*
 * kafka_wake.h -- a librdkafka queue on the loop (internal to this folder).
 *
 * The library writes its wake-up only when a queue goes from empty to not
 * empty. serve() therefore says whether it left something behind, and is then
 * called again in the next turn; a timer calls it each second besides, so that
 * an idle consumer is never taken for dead.
 */
#ifndef KAFKA_KAFKA_WAKE_H
#define KAFKA_KAFKA_WAKE_H

#include <stdbool.h>

struct loop;
struct kafka_wake;
struct rd_kafka_s;
struct rd_kafka_queue_s;
struct rd_kafka_op_s;

/* Returns true if there may be more. */
typedef bool kafka_serve_fn(void *arg);

/* queue is borrowed until kafka_wake_free(); NULL: only kafka_wake_fd() wakes.
 */
struct kafka_wake *kafka_wake_new(struct loop *loop,
                                  struct rd_kafka_queue_s *queue,
                                  kafka_serve_fn *serve, void *arg);
/* Takes *wake, accepts NULL, leaves NULL. From inside serve() too, which must
   then return false. */
void kafka_wake_free(struct kafka_wake **wake);
/* serve() will be called in the next turn. Loop thread only. */
void kafka_wake_soon(struct kafka_wake *wake);
/* An eventfd(2); any thread may add to it while the wake lives. */
int kafka_wake_fd(const struct kafka_wake *wake);

/* Writes one line of the library's log, from an RD_KAFKA_EVENT_LOG: of each
   kind a few a minute, and how many were left out. On the loop's thread. */
void kafka_wake_log(struct rd_kafka_op_s *event);

#endif
