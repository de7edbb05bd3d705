/*
 * membership.c -- the group's member: which partitions of the checks are ours,
 * and how far they are done.
 */
#include "perspective-worker/worker_internal.h"

#include "perspective-worker/intake.h"

#include <sysexits.h>

enum { REVOKE_LIMIT_MS = 5000 /* for the last commit of a partition */ };

void membership_set_paused(struct worker *w, bool pause)
{
	w->paused = pause;
	for (size_t i = 0; i < partitions_count(w->partitions); i++) {
		struct kafka_partition at = partitions_at(w->partitions, i);

		if (pause)
			kafka_in_pause(w->in, &at);
		else
			kafka_in_resume(w->in, &at);
	}
}

/* -- offsets -- */

static void finish_revoke(struct worker *w);

static void on_committed(void *arg, const char *error)
{
	struct worker *w = arg;

	w->committing = false;
	if (error != NULL) {
		log_warn("worker_offsets_not_committed", F_STR("error", error));
		partitions_not_committed(w->partitions);
	}
	if (w->revoking)
		finish_revoke(w);
}

/* True if an answer will come. */
static bool commit(struct worker *w)
{
	const struct kafka_offset *moved;
	size_t count = partitions_take_moved(w->partitions, &moved);

	if (count == 0)
		return false;
	w->committing = kafka_in_commit(w->in, moved, count, on_committed, w);
	if (!w->committing)
		partitions_not_committed(w->partitions);
	return w->committing;
}

void membership_on_commit_time(void *arg)
{
	struct worker *w = arg;

	timer_set_ms(w->commit, MEMBERSHIP_COMMIT_MS);
	if (w->in != NULL && !w->committing && !w->revoking)
		(void)commit(w);
}

/* -- our partitions -- */

static void end_revoke(struct worker *w)
{
	timer_stop(w->revoke_limit);
	partitions_revoke(w->partitions);
	w->revoking = false;
	w->assigned = false;
	kafka_in_unassign_done(w->in);
}

void membership_on_revoke_limit(void *arg)
{
	struct worker *w = arg;

	log_warn("worker_last_commit_timed_out");
	w->committing = false;
	end_revoke(w);
}

/* The commit before was answered: with the last one we are done. */
static void finish_revoke(struct worker *w)
{
	if (w->committing)
		return;
	if (!w->lost) {
		w->lost = true; /* one commit, whatever comes of it */
		if (commit(w))
			return;
	}
	end_revoke(w);
}

static void on_revoke(void *owner, const struct kafka_partition *list,
                      size_t count, bool lost)
{
	struct worker *w = owner;

	(void)list;
	log_info("worker_revoked", F_INT("partitions", count),
	         F_BOOL("lost", lost));
	w->revoking = true;
	w->lost = lost;
	timer_set_ms(w->revoke_limit, REVOKE_LIMIT_MS);
	finish_revoke(w);
}

static void on_assign(void *owner, const struct kafka_partition *list,
                      size_t count)
{
	struct worker *w = owner;
	struct err why;

	log_info("worker_assigned", F_INT("partitions", count));
	kafka_in_assign_done(w->in);
	partitions_assign(w->partitions, list, count);
	w->assigned = true;
	for (size_t i = 0; i < count; i++) {
		if (kafka_in_start(w->in, &list[i], KAFKA_OFFSET_COMMITTED,
		                   &why) != 0)
			worker_give_up(w, EX_TEMPFAIL,
			               "worker_checks_unreadable", why.text);
	}
	if (w->paused)
		membership_set_paused(w, true);
	worker_balance(w);
}

static void on_message(void *owner, const struct kafka_message *m)
{
	struct worker *w = owner;

	intake_on_message(w, m);
	worker_balance(w);
}

static void on_broken(void *owner, const struct kafka_partition *at,
                      const char *why)
{
	struct worker *w = owner;

	log_error("worker_partition_broken", F_INT("partition", at->partition),
	          F_STR("why", why));
	worker_give_up(w, EX_TEMPFAIL, "worker_checks_unreadable", why);
}

static void on_in_fatal(void *owner, const char *why)
{
	worker_give_up(owner, EX_TEMPFAIL, "worker_consumer_failed", why);
}

/* -- the consumer -- */

int membership_open(struct worker *w, struct err *why)
{
	const char *topic = w->d->checks;
	const struct kafka_in_options options = {
		.group_id = w->d->group,
		.instance_id =
			w->d->conf->static_member ? w->d->conf->instance : NULL,
		.topics = &topic,
		.topic_count = 1,
		.reset_to_beginning = true,
		.events = { .on_message = on_message,
		            .on_assign = on_assign,
		            .on_revoke = on_revoke,
		            .on_broken = on_broken,
		            .on_denied = worker_on_denied,
		            .on_fatal = on_in_fatal,
		            .owner = w },
	};

	w->in = kafka_in_new(w->loop, &w->d->kafka, &options, why);
	return w->in != NULL ? 0 : -1;
}
