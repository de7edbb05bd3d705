#include "perspective-worker/worker.h"

#include "base/clock.h"
#include "base/mem.h"
#include "perspective-worker/answers.h"
#include "perspective-worker/intake.h"
#include "perspective-worker/resolver_floor.h"

#include <stdlib.h>
#include <sysexits.h>
#include <utlist.h>

enum {
	COMMIT_MS = 500,
	SAY_AGAIN_MS = 60000,
	REVOKE_LIMIT_MS = 5000, /* for the last commit of a partition */
	CLOSE_LIMIT_MS = 10000,
	FLUSH_LIMIT_MS = 10000, /* after drain: for what is on its way */
	LAST_BEAT_MS = 1000,
	GRACE_MS = 2000, /* a probe's, past a check's deadline */
	DEAF_MS = 5000,
	THROWAWAYS_MAX = 8,
	OUT_SPARE = 1000 /* records beside one per check */
};

/* Results that the brokers don't take: above it, probes wait. */
static const size_t outgoing_max = (size_t)64 * 1024 * 1024;

static void give_up(struct worker *w, int exit_code, const char *event,
                    const char *why)
{
	log_error(event, F_STR("why", why), F_INT("exit_code", exit_code));
	if (w->exit_code == EX_OK)
		w->exit_code = exit_code;
	loop_stop(w->loop);
}

/* Where nothing that needs the right ever worked we end; else it may come
   back. */
static void on_denied(void *owner, const struct kafka_denial *d)
{
	struct worker *w = owner;
	int64_t now = clock_mono_ms();
	struct err why;

	kafka_needs_forbidden(d->right, d->resource, d->name,
	                      w->d->topics.prefix, &why);
	if (d->first) {
		give_up(w, EX_CONFIG, "worker_forbidden", why.text);
		return;
	}
	if (now - w->denied_mono_ms < SAY_AGAIN_MS)
		return;
	w->denied_mono_ms = now;
	log_error("worker_forbidden", F_STR("why", why.text),
	          F_STR("note", "tried on, and said once a minute"));
}

size_t worker_unanswered(const struct worker *w)
{
	return w->jobs_count + outgoing_count(w->outgoing);
}

size_t worker_in_flight(const struct worker *w)
{
	return worker_unanswered(w) - fairness_figures(w->fairness).waiting;
}

/* -- brakes -- */

static bool must_pause(const struct worker *w)
{
	size_t most = (size_t)w->d->conf->in_flight_max;

	if (w->draining)
		return true;
	if (w->paused) /* hysteresis */
		return worker_in_flight(w) > most - (most + 4) / 5;
	return worker_in_flight(w) >= most;
}

static void set_paused(struct worker *w, bool pause)
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

void worker_balance(struct worker *w)
{
	size_t bytes = outgoing_bytes(w->outgoing);
	bool hold = bytes > (w->held ? outgoing_max / 2 : outgoing_max);

	if (hold != w->held) {
		w->held = hold;
		if (w->pool != NULL)
			probe_pool_hold(w->pool, hold);
	}
	if (w->in != NULL && must_pause(w) != w->paused)
		set_paused(w, !w->paused);
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

static void on_commit_time(void *arg)
{
	struct worker *w = arg;

	timer_set_ms(w->commit, COMMIT_MS);
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

static void on_revoke_limit(void *arg)
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
			give_up(w, EX_TEMPFAIL, "worker_checks_unreadable",
			        why.text);
	}
	if (w->paused)
		set_paused(w, true);
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
	give_up(w, EX_TEMPFAIL, "worker_checks_unreadable", why);
}

static void on_in_fatal(void *owner, const char *why)
{
	give_up(owner, EX_TEMPFAIL, "worker_consumer_failed", why);
}

static void on_out_fatal(void *owner, const char *why)
{
	give_up(owner, EX_TEMPFAIL, "worker_producer_failed", why);
}

/* -- answers of probes -- */

static void drop_job(struct worker *w, struct job *job)
{
	fairness_end(w->fairness, job);
	DL_DELETE(w->jobs, job);
	w->jobs_count--;
}

void worker_end(struct worker *w, struct job *job,
                enum result_class result_class, enum reason reason,
                const char *detail)
{
	drop_job(w, job);
	worker_answer(w, job, result_class, reason, detail);
}

enum reason worker_objection(struct worker *w, const struct job *job)
{
	if (!canary_lets(w->canary, job->role))
		return REASON_VALIDATION_UNPROVEN;
	if (probe_pool_is_set_aside(w->pool, job->task.zone))
		return REASON_ZONE_SET_ASIDE;
	return REASON_UNKNOWN;
}

static void answer_from_probe(struct worker *w, struct job *job,
                              const struct probe_answer *answer)
{
	struct buf room = { 0 };
	struct result r;

	job_result(job, &w->signer, answer, &room, &r);
	answers_send(w, job, &r);
	buf_clear(&room);
}

static void on_done(void *owner, struct probe_task *task,
                    const struct probe_answer *answer)
{
	struct worker *w = owner;
	struct job *job = (struct job *)task;

	if (canary_take(w->canary, task, answer))
		return;
	drop_job(w, job);
	if (canary_lets(w->canary, job->role))
		answer_from_probe(w, job, answer);
	else /* it was let when it began */
		worker_answer(w, job, CLASS_ERROR, REASON_VALIDATION_UNPROVEN,
		              NULL);
	fairness_go_on(w->fairness);
	worker_balance(w);
}

static void on_hangs(void *owner, struct probe_task *task,
                     const struct addr *at, bool held)
{
	struct worker *w = owner;

	if (!canary_owns(w->canary, task))
		fairness_on_hangs(w->fairness, (struct job *)task, at, held);
}

void worker_take(struct worker *w, struct job *job)
{
	DL_APPEND(w->jobs, job);
	w->jobs_count++;
	fairness_begin(w->fairness, job);
}

/* -- on the log -- */

static void leave_if_done(struct worker *w);

static void on_delivered(void *owner, const struct place *place)
{
	struct worker *w = owner;

	partitions_finish(w->partitions, place);
	worker_balance(w);
	leave_if_done(w);
}

static void shrink_result(const struct worker *w, struct span value,
                          struct buf *smaller, struct buf *signature)
{
	struct arena *arena = arena_new();
	struct result r;
	const char *bad = result_decode(value, arena, &r);

	if (bad == NULL) { /* ours: it always decodes */
		job_result_drop_evidence(&r);
		answers_encode(w, &r, smaller, signature);
	}
	arena_free(&arena);
}

static void on_too_large(void *owner, const struct kafka_record *record,
                         struct buf *value, struct buf *first_header)
{
	const struct worker *w = owner;

	if (record->topic == w->d->topics.results)
		shrink_result(w, record->value, value, first_header);
	else /* a dead letter without its value still says where from */
		buf_add_str(first_header, "the value was too large to keep");
}

/* -- probes -- */

static int open_in(struct worker *w, struct err *why)
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
		            .on_denied = on_denied,
		            .on_fatal = on_in_fatal,
		            .owner = w },
	};

	w->in = kafka_in_new(w->loop, &w->d->kafka, &options, why);
	return w->in != NULL ? 0 : -1;
}

/* Outside a lab, only what is not known to be vulnerable, or what a setting
   names. */
static bool accept_resolver(struct worker *w, struct span version)
{
	const struct worker_conf *c = w->d->conf;
	struct err why;

	w->signer.vulnerable_resolver = resolver_is_vulnerable(version);
	if (resolver_may_be_used(version, c->lab,
	                         c->accept_vulnerable_resolver))
		return true;
	(void)err_set(&why,
	              "libunbound %.*s has known vulnerabilities, %s is the "
	              "first without; if yours is mended, say so with "
	              "accept_vulnerable_resolver = \"%.*s\"",
	              SPAN_ARG(version), RESOLVER_FLOOR, SPAN_ARG(version));
	give_up(w, EX_CONFIG, "worker_resolver_refused", why.text);
	return false;
}

/* Nobody is told that we are alive before we can work, nor before the canary
   had its say: a primary's first checks would fail without need. */
static void begin(struct worker *w)
{
	struct err why;

	if (w->versions == NULL || w->needs != NULL ||
	    !canary_is_settled(w->canary))
		return;
	heart_start(w->heart, w->versions);
	if (w->in == NULL && !w->draining && open_in(w, &why) != 0)
		give_up(w, EX_CONFIG, "worker_consumer_failed", why.text);
}

void worker_canary_told(struct worker *w)
{
	if (w->in == NULL)
		begin(w);
	else
		heart_beat(w->heart);
}

static bool on_ready(void *owner, const char *versions, const char *sandbox)
{
	struct worker *w = owner;

	if (!accept_resolver(w, resolver_version(span_str(versions))))
		return false;
	if (w->versions == NULL)
		log_info("worker_probes_ready", F_STR("versions", versions),
		         F_STR("sandbox", sandbox));
	free(w->versions);
	w->versions = xstrdup(versions);
	canary_start(w->canary);
	begin(w);
	return true;
}

static void on_unusable(void *owner, const char *why)
{
	give_up(owner, EX_CONFIG, "worker_probe_refused_its_settings", why);
}

static void open_pool(struct worker *w)
{
	const struct worker_conf *c = w->d->conf;
	const struct probe_pool_options options = {
		.program = w->d->program,
		.settings = &w->d->probe,
		.count = w->d->probe_count,
		.replace_tasks = c->probe_replace_checks,
		.replace_ms = c->probe_replace_ms,
		.set_aside_ms = c->set_aside_ms,
		.start_limit_ms = c->probe_start_ms,
		.grace_ms = GRACE_MS,
		.deaf_ms = DEAF_MS,
		.throwaways_max = THROWAWAYS_MAX,
		.on_done = on_done,
		.on_hangs = on_hangs,
		.on_ready = on_ready,
		.on_unusable = on_unusable,
		.owner = w,
	};

	w->pool = probe_pool_new(w->loop, &options);
}

/* -- the end -- */

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

static void leave_if_done(struct worker *w)
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

static void on_drain_limit(void *arg)
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
	leave_if_done(w);
}

/* -- start -- */

static int open_out(struct worker *w, struct err *why)
{
	const char *const topics[] = { w->d->topics.results,
		                       w->d->topics.perspectives };
	const struct kafka_out_options options = {
		.topics = topics,
		.topic_count = 2,
		.in_flight_max =
			(uint32_t)w->d->conf->in_flight_max + OUT_SPARE,
		.on_fatal = on_out_fatal,
		.on_denied = on_denied,
		.owner = w,
	};
	const struct outgoing_events events = { on_delivered, on_too_large, w };

	w->out = kafka_out_new(w->loop, &w->d->kafka, &options, why);
	if (w->out == NULL)
		return -1;
	w->outgoing = outgoing_new(w->loop, w->out, &events);
	return 0;
}

static void end_needs(struct worker *w)
{
	kafka_ask_free(&w->ask);
	kafka_needs_free(&w->needs);
}

static void on_needs_met(void *owner)
{
	struct worker *w = owner;

	end_needs(w);
	begin(w);
}

static void on_needs_refused(void *owner, const char *why)
{
	struct worker *w = owner;

	end_needs(w);
	give_up(w, EX_CONFIG, "worker_refused_to_start", why);
}

static int ask_needs(struct worker *w, struct err *why)
{
	const struct topics *t = &w->d->topics;
	const uint32_t p = (uint32_t)w->d->conf->partitions;
	const struct kafka_need list[] = {
		{ w->d->checks, 0, true },
		{ t->results, p, false },
		{ t->perspectives, 0, false },
		{ t->dead_letters, 0, false },
	};
	const struct kafka_needs_options options = {
		.list = list,
		.count = sizeof(list) / sizeof(list[0]),
		.prefix = t->prefix,
		.partitions = p,
		.on_met = on_needs_met,
		.on_refused = on_needs_refused,
		.owner = w,
	};

	w->ask = kafka_ask_new(w->loop, &w->d->kafka, w->d->group, why);
	if (w->ask == NULL)
		return -1;
	w->needs = kafka_needs_new(w->loop, w->ask, &options);
	return 0;
}

struct worker *worker_new(struct loop *loop, const struct deployment *d,
                          struct stats *stats, struct err *why)
{
	struct worker *w = xzalloc(sizeof(*w));

	w->loop = loop;
	w->d = d;
	w->stats = stats;
	w->denied_mono_ms = -SAY_AGAIN_MS;
	w->signer.perspective = span_str(d->conf->perspective);
	w->signer.instance = span_str(d->conf->instance);
	w->complained =
		xcalloc(keyring_count(d->keyring) + 1, sizeof(*w->complained));
	w->partitions = partitions_new(d->checks);
	w->heart = heart_new(w);
	w->canary = canary_new(w);
	w->fairness = fairness_new(w);
	w->commit = timer_new(loop, on_commit_time, w);
	w->drain_limit = timer_new(loop, on_drain_limit, w);
	w->revoke_limit = timer_new(loop, on_revoke_limit, w);
	if (open_out(w, why) != 0 || ask_needs(w, why) != 0) {
		worker_free(&w);
		return NULL;
	}
	open_pool(w);
	timer_set_ms(w->commit, COMMIT_MS);
	stats_watch(stats, w);
	return w;
}

void worker_free(struct worker **slot)
{
	struct worker *w = *slot;
	struct job *job, *next;

	if (w == NULL)
		return;
	*slot = NULL;
	stats_unwatch(w->stats);
	probe_pool_free(&w->pool);
	end_needs(w);
	kafka_in_free(&w->in);
	kafka_out_free(&w->out);
	outgoing_free(&w->outgoing);
	DL_FOREACH_SAFE(w->jobs, job, next)
	{
		fairness_end(w->fairness, job);
		job_free(&job);
	}
	fairness_free(&w->fairness);
	partitions_free(&w->partitions);
	heart_free(&w->heart);
	canary_free(&w->canary);
	timer_free(&w->commit);
	timer_free(&w->drain_limit);
	timer_free(&w->revoke_limit);
	free(w->complained);
	free(w->versions);
	free(w);
}

void worker_ready(const struct worker *w, struct buf *reasons)
{
	struct probe_pool_figures f = { 0 };

	if (w->pool != NULL)
		f = probe_pool_figures(w->pool);
	if (w->draining)
		buf_add_str(reasons, "draining\n");
	if (f.ready == 0)
		buf_add_str(reasons, "no probe is ready\n");
	if (!canary_is_settled(w->canary))
		buf_add_str(reasons, "no canary was heard yet\n");
	if (w->needs != NULL)
		buf_add_str(reasons, "brokers or topics not found yet\n");
	else if (!w->assigned)
		buf_add_str(reasons, "not a member of the group yet\n");
	if (!heart_is_heard(w->heart))
		buf_add_str(reasons, "no heartbeat was acknowledged lately\n");
}

int worker_exit_code(const struct worker *w)
{
	return w->exit_code;
}
