#include "kafka/kafka_side.h"

#include "base/clock.h"
#include "base/mem.h"
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_MS = 1000 };

struct job_list {
	struct kafka_job *first;
	struct kafka_job **last;
};

/* Freed by the thread, which outlives the loop's interest in it. */
struct kafka_side {
	struct kafka_side_functions functions;
	void *context; /* thread only */
	void *owner;   /* loop only */
	struct event *ready;
	bool delivering; /* loop only: inside a done() */
	bool freed;      /* loop only: by that done() */
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job_list to_run; /* under lock */
	struct job_list to_tell;
	atomic_bool ending;
};

static void push(struct job_list *list, struct kafka_job *job)
{
	job->next = NULL;
	*list->last = job;
	list->last = &job->next;
}

static struct kafka_job *pop(struct job_list *list)
{
	struct kafka_job *job = list->first;

	if (job == NULL)
		return NULL;
	list->first = job->next;
	if (list->first == NULL)
		list->last = &list->first;
	return job;
}

static void drop_all(struct job_list *list)
{
	struct kafka_job *job;

	while ((job = pop(list)) != NULL)
		job->free(job);
}

static void tell(struct kafka_side *side, struct kafka_job *job)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&side->lock);
	push(&side->to_tell, job);
	pthread_mutex_unlock(&side->lock);
	if (write(side->fd, &one, sizeof(one)) < 0) {
		/* the counter is full: the loop is woken already */
	}
}

/* NULL when there was nothing to do for IDLE_MS, or the side is ending. */
static struct kafka_job *wait_for_job(struct kafka_side *side)
{
	int64_t until_ms = clock_mono_ms() + IDLE_MS;
	struct timespec until = { .tv_sec = until_ms / 1000,
		                  .tv_nsec = until_ms % 1000 * 1000000 };
	struct kafka_job *job = NULL;
	int rc = 0;

	pthread_mutex_lock(&side->lock);
	while (rc != ETIMEDOUT && !atomic_load(&side->ending)) {
		job = pop(&side->to_run);
		if (job != NULL)
			break;
		rc = pthread_cond_clockwait(&side->more, &side->lock,
		                            CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&side->lock);
	return job;
}

static void *run(void *arg)
{
	struct kafka_side *side = arg;

	while (!atomic_load(&side->ending)) {
		struct kafka_job *job = wait_for_job(side);

		if (job != NULL)
			job->run(job, side->context);
		else if (side->functions.idle != NULL)
			job = side->functions.idle(side->context);
		if (job != NULL)
			tell(side, job);
	}
	drop_all(&side->to_run);
	drop_all(&side->to_tell);
	side->functions.end(side->context);
	close(side->fd);
	pthread_cond_destroy(&side->more);
	pthread_mutex_destroy(&side->lock);
	free(side);
	kafka_end_reached();
	return NULL;
}

static void end_thread(struct kafka_side *side)
{
	kafka_end_begun();
	pthread_mutex_lock(&side->lock);
	atomic_store(&side->ending, true);
	pthread_cond_signal(&side->more);
	/* the thread can't free side before it gets the lock */
	pthread_mutex_unlock(&side->lock);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct kafka_side *side = arg;
	struct kafka_job *job;
	uint64_t count;

	(void)what;
	if (read((int)fd, &count, sizeof(count)) < 0)
		return;
	side->delivering = true;
	do {
		pthread_mutex_lock(&side->lock);
		job = pop(&side->to_tell);
		pthread_mutex_unlock(&side->lock);
		if (job != NULL)
			job->done(job, side->owner);
	} while (job != NULL && !side->freed);
	side->delivering = false;
	if (side->freed)
		end_thread(side);
}

struct kafka_side *kafka_side_new(struct loop *loop,
                                  const struct kafka_side_functions *functions,
                                  void *context, void *owner)
{
	struct kafka_side *side = xzalloc(sizeof(*side));

	side->functions = *functions;
	side->context = context;
	side->owner = owner;
	side->to_run.last = &side->to_run.first;
	side->to_tell.last = &side->to_tell.first;
	side->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert(side->fd >= 0);
	side->ready = event_new(loop_base(loop), side->fd, EV_READ | EV_PERSIST,
	                        on_ready, side);
	assert(side->ready != NULL);
	event_add(side->ready, NULL);
	pthread_mutex_init(&side->lock, NULL);
	pthread_cond_init(&side->more, NULL);
	kafka_thread_start(run, side);
	return side;
}

void kafka_side_free(struct kafka_side **side)
{
	struct kafka_side *s = *side;

	if (s == NULL)
		return;
	*side = NULL;
	event_free(s->ready);
	s->freed = true;
	if (!s->delivering)
		end_thread(s);
}

void kafka_side_run(struct kafka_side *side, struct kafka_job *job)
{
	pthread_mutex_lock(&side->lock);
	push(&side->to_run, job);
	pthread_cond_signal(&side->more);
	pthread_mutex_unlock(&side->lock);
}

bool kafka_side_is_ending(struct kafka_side *side)
{
	return atomic_load(&side->ending);
}
