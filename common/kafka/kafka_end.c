#include "kafka/kafka_end.h"

#include "kafka/kafka_side.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fewer = PTHREAD_COND_INITIALIZER;
static unsigned ending;

void kafka_end_begun(void)
{
	pthread_mutex_lock(&lock);
	ending++;
	pthread_mutex_unlock(&lock);
}

void kafka_end_reached(void)
{
	pthread_mutex_lock(&lock);
	assert(ending > 0);
	ending--;
	pthread_cond_broadcast(&fewer);
	pthread_mutex_unlock(&lock);
}

bool kafka_end_wait(int64_t limit_ms)
{
	int64_t until_ms = clock_mono_ms() + limit_ms;
	struct timespec until = { .tv_sec = until_ms / 1000,
		                  .tv_nsec = until_ms % 1000 * 1000000 };
	bool all;

	pthread_mutex_lock(&lock);
	while (ending > 0 &&
	       pthread_cond_clockwait(&fewer, &lock, CLOCK_MONOTONIC, &until) !=
	               ETIMEDOUT) {
	}
	all = ending == 0;
	pthread_mutex_unlock(&lock);
	return all;
}

void kafka_thread_start(void *(*fn)(void *), void *arg)
{
	pthread_attr_t detached;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	int rc;

	/* signals belong to the loop's thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &detached, fn, arg);
	pthread_attr_destroy(&detached);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	assert(rc == 0);
}

static void *destroy(void *rk)
{
	rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	kafka_end_reached();
	return NULL;
}

void kafka_end_destroy(rd_kafka_t *rk)
{
	kafka_end_begun();
	kafka_thread_start(destroy, rk);
}

enum { LEAVE_LOOK_MS = 50 };

struct leaving {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	bool asked; /* a rebalance that nobody answered */
};

static void *leave(void *arg)
{
	struct leaving *l = arg;

	if (l->asked)
		rd_kafka_assign(l->rk, NULL);
	while (rd_kafka_consumer_closed(l->rk) == 0) {
		rd_kafka_event_t *event =
			rd_kafka_queue_poll(l->queue, LEAVE_LOOK_MS);

		if (event != NULL &&
		    rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
			rd_kafka_assign(l->rk, NULL);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_queue_destroy(l->queue);
	destroy(l->rk);
	free(l);
	return NULL;
}

void kafka_end_leave(rd_kafka_t *rk, rd_kafka_queue_t *queue, bool asked)
{
	struct leaving *l = xzalloc(sizeof(*l));

	*l = (struct leaving){ rk, queue, asked };
	kafka_end_begun();
	kafka_thread_start(leave, l);
}
