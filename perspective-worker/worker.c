#include "perspective-worker/worker_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "perspective-worker/answers.h"

#include <stdlib.h>
#include <sysexits.h>
#include <utlist.h>

enum {
	SAY_AGAIN_MS = 60000,
	OUT_SPARE = 1000 /* records beside one per check */
};

/* Results that the brokers don't take: above it, probes wait. */
static const size_t outgoing_max = (size_t)64 * 1024 * 1024;

void worker_give_up(struct worker *w, int exit_code, const char *event,
                    const char *why)
{
	log_error(event, F_STR("why", why), F_INT("exit_code", exit_code));
	if (w->exit_code == EX_OK)
		w->exit_code = exit_code;
	loop_stop(w->loop);
}

/* Where nothing that needs the right ever worked we end; else it may come
   back. */
void worker_on_denied(void *owner, const struct kafka_denial *d)
{
	struct worker *w = owner;
	int64_t now = clock_mono_ms();
	struct err why;

	kafka_needs_forbidden(d->right, d->resource, d->name,
	                      w->d->topics.prefix, &why);
	if (d->first) {
		worker_give_up(w, EX_CONFIG, "worker_forbidden", why.text);
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
		membership_set_paused(w, !w->paused);
}

/* -- on the log -- */

static void on_delivered(void *owner, const struct place *place)
{
	struct worker *w = owner;

	partitions_finish(w->partitions, place);
	worker_balance(w);
	drain_go_on(w);
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

/* -- start -- */

/* Nobody is told that we are alive before we can work, nor before the canary
   had its say: a primary's first checks would fail without need. */
void worker_begin(struct worker *w)
{
	struct err why;

	if (w->versions == NULL || w->needs != NULL ||
	    !canary_is_settled(w->canary))
		return;
	heart_start(w->heart, w->versions);
	if (w->in == NULL && !w->draining && membership_open(w, &why) != 0)
		worker_give_up(w, EX_CONFIG, "worker_consumer_failed",
		               why.text);
}

void worker_canary_told(struct worker *w)
{
	if (w->in == NULL)
		worker_begin(w);
	else
		heart_beat(w->heart);
}

static void on_out_fatal(void *owner, const char *why)
{
	worker_give_up(owner, EX_TEMPFAIL, "worker_producer_failed", why);
}

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
		.on_denied = worker_on_denied,
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
	worker_begin(w);
}

static void on_needs_refused(void *owner, const char *why)
{
	struct worker *w = owner;

	end_needs(w);
	worker_give_up(w, EX_CONFIG, "worker_refused_to_start", why);
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
	w->commit = timer_new(loop, membership_on_commit_time, w);
	w->drain_limit = timer_new(loop, drain_on_limit, w);
	w->revoke_limit = timer_new(loop, membership_on_revoke_limit, w);
	if (open_out(w, why) != 0 || ask_needs(w, why) != 0) {
		worker_free(&w);
		return NULL;
	}
	checking_open(w);
	timer_set_ms(w->commit, MEMBERSHIP_COMMIT_MS);
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
