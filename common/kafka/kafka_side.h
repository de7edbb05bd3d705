/*
 * kafka_side.h -- a thread beside the loop for calls that block (internal).
 *
 * Jobs run one after the other on the thread; each comes back to the loop. The
 * two sides share nothing else. The loop never waits for the thread: freed, the
 * side finishes the job it is in and takes itself down.
 */
#ifndef KAFKA_KAFKA_SIDE_H
#define KAFKA_KAFKA_SIDE_H

#include <stdbool.h>

struct loop;
struct kafka_side;
struct rd_kafka_s;
struct rd_kafka_queue_s;

/* Embedded first in whatever the job is. */
struct kafka_job {
	struct kafka_job *next;
	void (*run)(struct kafka_job *job, void *context); /* on the thread */
	void (*done)(struct kafka_job *job, void *owner);  /* on the loop */
	void (*free)(struct kafka_job *job); /* instead of run or done */
};

struct kafka_side_functions {
	/* Thread: nothing to do for a while (1 s). May be NULL. A job it
	   returns goes to the loop as if it had run. */
	struct kafka_job *(*idle)(void *context);
	/* Thread, last: frees context. */
	void (*end)(void *context);
};

/* Takes context, which belongs to the thread from here on. */
struct kafka_side *kafka_side_new(struct loop *loop,
                                  const struct kafka_side_functions *functions,
                                  void *context, void *owner);
/* Takes *side, accepts NULL, leaves NULL. No done() runs any more. May be
   called from a done(). */
void kafka_side_free(struct kafka_side **side);
/* Takes job. done() owns it again. */
void kafka_side_run(struct kafka_side *side, struct kafka_job *job);

/* For a job that blocks in slices: is the side being freed? Any thread. */
bool kafka_side_is_ending(struct kafka_side *side);

/* A detached thread without signals. */
void kafka_thread_start(void *(*fn)(void *), void *arg);
/* What kafka_end_wait() waits for. */
void kafka_end_begun(void);
void kafka_end_reached(void);
/* rd_kafka_destroy() on a thread of its own. */
void kafka_end_destroy(struct rd_kafka_s *rk);
/*
 * The same for a member that was told to leave its group and has not left. To
 * destroy it now would keep the library's thread busy for ever: an answer to
 * its LeaveGroup that comes while the handle ends is thrown away, and the group
 * ends after that answer only (seen with 2.0.2). So its rebalances are answered
 * and its leaving is waited for, which each request's own time-out bounds.
 * asked: one is to be answered first. Takes the queue too.
 */
void kafka_end_leave(struct rd_kafka_s *rk, struct rd_kafka_queue_s *queue,
                     bool asked);

#endif
