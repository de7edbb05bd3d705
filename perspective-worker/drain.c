/*
 * drain.c -- the end: what was read is answered and on the log, or is left to
 * whoever comes after us, then the group is left.
 */
#include "perspective-worker/worker_internal.h"

#include <sysexits.h>

enum {
	CLOSE_LIMIT_MS = 10000,
	FLUSH_LIMIT_MS = 10000, /* after drain: for what is on its way */
	LAST_BEAT_MS = 1000
};

static void on_flushed(void *owner)
{
	struct worker *w = owner;

	loop_stop(w->loop);
}

/* All results are on the log; the last heartbeat may still be on its way. */
static void flush_and_stop(struct worker *w)
{
	kafka_out_flush(w->out, on_flushed, w);
	timer_set_ms(w->drain_limit, LAST_BEAT_MS);
}

static void on_closed(void *owner, bool in_time)
{
	struct worker *w = owner;

	if (!in_time)
		log_warn("worker_leave_timed_out");
	flush_and_stop(w);
}

static void leave(struct worker *w)
{
	w->leaving = true;
	timer_stop(w->drain_limit);
	if (w->in == NULL)
		flush_and_stop(w);
	else
		kafka_in_close(w->in, CLOSE_LIMIT_MS, on_closed);
}

void drain_go_on(struct worker *w)
{
	if (!w->draining || w->leaving || worker_unanswered(w) > 0)
		return;
	log_info("worker_drained");
	leave(w);
}

static void answer_all_draining(struct worker *w)
{
	struct job *job;

	probe_pool_free(&w->pool); /* their tasks are ours again */
	while ((job = w->jobs) != NULL)
		worker_end(w, job, CLASS_ERROR, REASON_WORKER_DRAINING, NULL);
}

void drain_on_limit(void *arg)
{
	struct worker *w = arg;

	if (w->leaving) {
		loop_stop(w->loop);
		return;
	}
	log_warn("worker_drain_timed_out", F_INT("checks", w->jobs_count),
	         F_INT("unsent", outgoing_count(w->outgoing)));
	if (w->pool == NULL || w->jobs_count == 0) {
		/* the brokers take nothing; what is not committed is read
		   again by whoever comes after us */
		w->exit_code = EX_TEMPFAIL;
		leave(w);
		return;
	}
	timer_set_ms(w->drain_limit, FLUSH_LIMIT_MS);
	answer_all_draining(w);
}

void worker_drain(struct worker *w)
{
	log_info("worker_draining", F_INT("unanswered", worker_unanswered(w)));
	w->draining = true;
	heart_beat(w->heart);
	timer_set_ms(w->drain_limit, w->d->conf->drain_ms);
	worker_balance(w);
	drain_go_on(w);
}
