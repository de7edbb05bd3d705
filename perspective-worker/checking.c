/*
 * checking.c -- checks to the probes, and their answers back.
 */
#include "perspective-worker/worker_internal.h"

#include "base/mem.h"
#include "perspective-worker/answers.h"
#include "perspective-worker/resolver_floor.h"

#include <stdlib.h>
#include <sysexits.h>
#include <utlist.h>

enum {
	GRACE_MS = 2000, /* a probe's, past a check's deadline */
	DEAF_MS = 5000,
	THROWAWAYS_MAX = 8
};

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

/* -- the pool -- */

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
	worker_give_up(w, EX_CONFIG, "worker_resolver_refused", why.text);
	return false;
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
	worker_begin(w);
	return true;
}

static void on_unusable(void *owner, const char *why)
{
	worker_give_up(owner, EX_CONFIG, "worker_probe_refused_its_settings",
	               why);
}

void checking_open(struct worker *w)
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
