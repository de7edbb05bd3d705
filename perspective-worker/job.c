#include "perspective-worker/job.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/name.h"
#include "names/names.h"
#include "settings/version.h"
#include "wire/tables.h"

#include <assert.h>
#include <stdlib.h>

enum { HOST_BITS_V6 = 64, HOSTS_BITS_V4 = 24 };

static struct prefix delegated_prefix(const struct addr *a)
{
	struct prefix p = { *a, a->family == ADDR_V6 ? HOST_BITS_V6
		                                     : HOSTS_BITS_V4 };
	size_t kept = p.bits / 8;

	memset(p.base.bytes + kept, 0, sizeof(p.base.bytes) - kept);
	return p;
}

struct span job_zone(const struct names *names, struct span target,
                     char room[PREFIX_TEXT_MAX])
{
	struct addr address;
	struct prefix prefix;
	struct span zone;

	if (addr_parse(target, &address)) {
		prefix = delegated_prefix(&address);
		return span_str(prefix_text(&prefix, room, PREFIX_TEXT_MAX));
	}
	zone = names_registrable(names, target, NAMES_ALL);
	return zone.len > 0 ? zone : name_without_wildcard(target);
}

struct job *job_new(const struct check *check, const struct kafka_message *m,
                    struct span zone, const struct place *place)
{
	struct arena *arena = arena_new();
	struct job *job = xzalloc(sizeof(*job));

	job->arena = arena;
	job->place = *place;
	job->task.check_set = check->check_set;
	job->task.check = arena_span(arena, m->value);
	job->task.zone = arena_span(arena, zone);
	job->request_id = arena_span(arena, check->request_id);
	job->attempt_id = arena_span(arena, check->attempt_id);
	job->plan = check->plan;
	job->role = check->role;
	if (check->dcv.present)
		job->method = check->dcv.validation_method;
	job->results_partition = (int32_t)check->results_partition;
	job->started_ms = clock_wall_ms();
	job->started_mono_us = clock_mono_us();
	return job;
}

void job_free(struct job **job)
{
	if (*job == NULL)
		return;
	arena_free(&(*job)->arena);
	free(*job);
	*job = NULL;
}

static struct span versions_text(const struct probe_answer *answer,
                                 struct buf *room)
{
	buf_printf(room, "mpic/%s", mpic_version());
	if (answer->versions != NULL)
		buf_printf(room, " %s", answer->versions);
	struct span all = buf_span(room);

	return span_sub(all, 0, escape_cut(all, MAX_VERSIONS));
}

/*
 * Not before anything that the probe says it did, which it read from the wall
 * clock: a sum of two times that were cut to milliseconds can fall short of
 * that. And a clock that was set back does not turn time round.
 */
static int64_t finished_ms(const struct job *job)
{
	int64_t took_ms = (clock_mono_us() - job->started_mono_us) / 1000;
	int64_t by_length = job->started_ms + took_ms;
	int64_t now = clock_wall_ms();

	return now > by_length ? now : by_length;
}

static void identity(const struct job *job, const struct job_signer *signer,
                     const struct probe_answer *answer, struct buf *room,
                     struct result *out)
{
	*out = (struct result){
		.schema_version = 1,
		.request_id = job->request_id,
		.attempt_id = job->attempt_id,
		.perspective = signer->perspective,
		.instance = signer->instance,
		.plan = job->plan,
		.started_ms = job->started_ms,
		.finished_ms = finished_ms(job),
		.probe_generation = answer->generation,
		.tries = job->task.tries,
		.versions = versions_text(answer, room),
		.vulnerable_resolver_accepted = signer->vulnerable_resolver,
	};
}

static void add_kind(struct result *out, const struct kind_result *k)
{
	out->kinds[out->kinds_count++] = *k;
}

static void same_for_all(const struct job *job, enum result_class result_class,
                         enum reason reason, const char *detail,
                         struct result *out)
{
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		struct kind_result k = { .kind = (enum check_kind)kind,
			                 .result_class = result_class,
			                 .reason = reason };

		if (detail != NULL)
			k.detail = span_str(detail);
		if ((job->task.check_set & 1U << kind) != 0)
			add_kind(out, &k);
	}
}

void job_result_without_probe(const struct job *job,
                              const struct job_signer *signer,
                              enum result_class result_class,
                              enum reason reason, const char *detail,
                              struct buf *room, struct result *out)
{
	identity(job, signer, &(struct probe_answer){ 0 }, room, out);
	same_for_all(job, result_class, reason, detail, out);
}

void job_result(const struct job *job, const struct job_signer *signer,
                const struct probe_answer *answer, struct buf *room,
                struct result *out)
{
	identity(job, signer, answer, room, out);
	switch (answer->end) {
	case PROBE_ANSWERED:
		for (size_t i = 0; i < answer->done->kinds_count; i++)
			add_kind(out, &answer->done->kinds[i]);
		return;
	case PROBE_NOT_BEGUN:
		same_for_all(job, CLASS_TIMED_OUT, REASON_TIMEOUT_QUEUED, NULL,
		             out);
		return;
	case PROBE_DIED:
		same_for_all(job, CLASS_ERROR, REASON_PROBE_CRASHED,
		             answer->why, out);
		return;
	case PROBE_BREACHED:
		same_for_all(job, CLASS_ERROR, REASON_PROBE_REFUSED,
		             answer->why, out);
		return;
	}
	assert(false);
}

void job_result_drop_evidence(struct result *result)
{
	for (size_t i = 0; i < result->kinds_count; i++) {
		struct kind_result *k = &result->kinds[i];

		if (k->evidence.len == 0)
			continue;
		*k = (struct kind_result){
			.kind = k->kind,
			.result_class = CLASS_ERROR,
			.reason = REASON_EVIDENCE_TOO_LARGE,
		};
	}
}
