#include "coordinator/coordinator.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/assignment.h"
#include "coordinator/attempts.h"
#include "coordinator/barrier.h"
#include "coordinator/broker_time.h"
#include "coordinator/copies.h"
#include "coordinator/drain.h"
#include "coordinator/outbox.h"
#include "coordinator/overload.h"
#include "coordinator/records.h"
#include "coordinator/restore.h"
#include "coordinator/results.h"
#include "wire/check.h"

#include <stdlib.h>
#include <sysexits.h>

enum { HOUSEKEEPING_MS = 500, SAY_AGAIN_MS = 60000 };

void coordinator_give_up(struct coordinator *c, int exit_code,
                         const char *event, const char *why)
{
	log_error(event, F_STR("why", why), F_INT("exit_code", exit_code));
	c->exit_code = exit_code;
	loop_stop(c->loop);
}

void coordinator_forbidden(struct coordinator *c, const struct kafka_denial *d)
{
	int64_t now = clock_mono_ms();
	struct err why;

	kafka_needs_forbidden(d->right, d->resource, d->name,
	                      c->d->topics.prefix, &why);
	if (d->first) {
		coordinator_give_up(c, EX_CONFIG, "coordinator_forbidden",
		                    why.text);
		return;
	}
	if (now - c->denied_mono_ms < SAY_AGAIN_MS)
		return;
	c->denied_mono_ms = now;
	log_error("coordinator_forbidden", F_STR("why", why.text),
	          F_STR("note", "tried on, and said once a minute"));
}

static void on_denied(void *owner, const struct kafka_denial *d)
{
	coordinator_forbidden(owner, d);
}

static void on_fatal(void *owner, const char *why)
{
	coordinator_give_up(owner, EX_TEMPFAIL, "coordinator_consumer_failed",
	                    why);
}

static void read_heartbeats(struct coordinator *c)
{
	struct kafka_partition at = { c->d->topics.perspectives, 0 };
	struct err why;

	if (kafka_in_start(c->log_in, &at, KAFKA_OFFSET_BEGINNING, &why) != 0)
		coordinator_give_up(c, EX_UNAVAILABLE,
		                    "coordinator_heartbeats_unreadable",
		                    why.text);
}

static int open_group(struct coordinator *c, struct err *why)
{
	const char *topic = c->d->topics.requests;
	struct kafka_in_options options = {
		.group_id = c->d->conf->group,
		.instance_id =
			c->d->conf->static_member ? c->d->conf->instance : NULL,
		.topics = &topic,
		.topic_count = 1,
		.events = { .on_message = records_on_request,
		            .on_assign = assignment_on_assign,
		            .on_revoke = assignment_on_revoke,
		            .on_broken = records_on_requests_broken,
		            .on_denied = on_denied,
		            .on_fatal = on_fatal,
		            .owner = c },
	};

	c->requests_in = kafka_in_new(c->loop, &c->d->kafka, &options, why);
	return c->requests_in != NULL ? 0 : -1;
}

/* All that it needs is there and allowed (design, section 3). */
static void on_needs_met(void *owner)
{
	struct coordinator *c = owner;
	struct err why;

	kafka_needs_free(&c->needs);
	c->topics_ok = true;
	if (c->draining)
		return;
	read_heartbeats(c);
	if (open_group(c, &why) != 0)
		coordinator_give_up(c, EX_CONFIG, "coordinator_consumer_failed",
		                    why.text);
	timer_set_ms(c->housekeeping, HOUSEKEEPING_MS);
}

static void on_needs_refused(void *owner, const char *why)
{
	struct coordinator *c = owner;

	kafka_needs_free(&c->needs);
	coordinator_give_up(c, EX_CONFIG, "coordinator_refused_to_start", why);
}

/* Sessions restored from attempts whose request will not come any more. */
static void end_orphans(struct partition *p)
{
	struct session *s, *next;

	HASH_ITER(hh, p->sessions, s, next)
	{
		if (s->state == SESSION_AWAITING && s->restored != NULL &&
		    s->restored->attempt.request.offset <
		            offsets_next(p->offsets))
			session_end(s);
	}
}

static void on_housekeeping(void *arg)
{
	struct coordinator *c = arg;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || p->phase != PARTITION_SERVING)
			continue;
		window_expire(p->window, clock_wall_ms());
		end_orphans(p);
		restore_look_at_broken(p);
	}
	outbox_commit_marks(c->outbox);
	broker_time_look(c);
	coordinator_balance(c);
	drain_go_on(c);
	timer_set_ms(c->housekeeping, HOUSEKEEPING_MS);
}

static void on_restore_again(void *arg)
{
	restore_begin(arg);
}

static void on_out_fatal(void *owner, const char *why)
{
	coordinator_give_up(owner, EX_TEMPFAIL, "coordinator_producer_failed",
	                    why);
}

/* What `out` writes to, so that the first check does not wait for metadata. */
static const char **checks_topics(const struct coordinator *c)
{
	const struct inventory *inv = &c->d->inventory;
	const char **list =
		arena_calloc(c->d->arena, inv->count, sizeof(*list));

	for (size_t i = 0; i < inv->count; i++) {
		char name[TOPIC_NAME_MAX];

		list[i] = arena_str(
			c->d->arena,
			topics_checks(&c->d->topics, inv->sites[i].code, name));
	}
	return list;
}

static void ask_needs(struct coordinator *c, const char **checks)
{
	const struct topics *t = &c->d->topics;
	const uint32_t p = c->d->partitions;
	struct kafka_need list[6 + CONF_PERSPECTIVES_MAX] = {
		{ t->requests, p, true },     { t->attempts, p, true },
		{ t->results, p, true },      { t->decisions, p, true },
		{ t->perspectives, 0, true }, { t->dead_letters, 0, false },
	};
	struct kafka_needs_options options = {
		.list = list,
		.count = 6,
		.prefix = t->prefix,
		.partitions = p,
		.on_met = on_needs_met,
		.on_refused = on_needs_refused,
		.owner = c,
	};

	for (size_t i = 0; i < c->d->inventory.count; i++)
		list[options.count++] =
			(struct kafka_need){ .topic = checks[i] };
	c->needs = kafka_needs_new(c->loop, c->ask, &options);
}

static int open_handles(struct coordinator *c, struct err *why)
{
	const struct coordinator_conf *conf = c->d->conf;
	const char *const attempts[] = { c->d->topics.attempts };
	const char **checks = checks_topics(c);
	struct kafka_out_options out = {
		.topics = attempts,
		.topic_count = 1,
		.plain_topics = checks,
		.plain_topic_count = c->d->inventory.count,
		/* every session may have an attempt and all its checks out */
		.in_flight_max = (uint32_t)conf->in_flight_max *
		                         (uint32_t)(conf->perspectives.n + 1) +
		                 1000,
		.value_max_bytes = CHECK_MAX + 4096,
		.on_fatal = on_out_fatal,
		.on_denied = on_denied,
		.owner = c,
	};
	struct kafka_in_options log = {
		.group_id = conf->group,
		.events = { .on_message = records_on_log,
		            .on_eof = records_on_log_eof,
		            .on_broken = records_on_log_broken,
		            .on_denied = on_denied,
		            .on_fatal = on_fatal,
		            .owner = c },
	};

	c->out = kafka_out_new(c->loop, &c->d->kafka, &out, why);
	if (c->out == NULL)
		return -1;
	c->log_in = kafka_in_new(c->loop, &c->d->kafka, &log, why);
	if (c->log_in == NULL)
		return -1;
	c->ask = kafka_ask_new(c->loop, &c->d->kafka, conf->group, why);
	if (c->ask == NULL)
		return -1;
	c->outbox = outbox_new(c, why);
	if (c->outbox == NULL)
		return -1;
	ask_needs(c, checks);
	return 0;
}

struct coordinator *coordinator_new(struct loop *loop,
                                    const struct deployment *d,
                                    struct stats *stats, struct err *why)
{
	struct coordinator *c = xzalloc(sizeof(*c));

	c->loop = loop;
	c->d = d;
	c->stats = stats;
	c->denied_mono_ms = -SAY_AGAIN_MS;
	c->partitions = xcalloc(d->partitions, sizeof(struct partition *));
	c->liveness = liveness_new(d->conf->heartbeat_fresh_ms,
	                           d->conf->clock_skew_ms, d->conf->lab);
	c->overload = overload_new();
	c->barrier = barrier_new(c);
	c->copies = copies_new(c);
	c->housekeeping = timer_new(loop, on_housekeeping, c);
	c->restore_again = timer_new(loop, on_restore_again, c);
	c->drain_limit = timer_new(loop, drain_on_limit, c);
	c->revoke_limit = timer_new(loop, assignment_on_revoke_limit, c);
	if (open_handles(c, why) != 0) {
		coordinator_free(&c);
		return NULL;
	}
	stats_watch(stats, c);
	return c;
}

void coordinator_free(struct coordinator **c)
{
	struct coordinator *gone = *c;

	if (gone == NULL)
		return;
	stats_unwatch(gone->stats);
	kafka_in_free(&gone->requests_in);
	kafka_in_free(&gone->log_in);
	kafka_ask_free(&gone->ask);
	kafka_needs_free(&gone->needs);
	/* answers live in sessions: what is queued goes first */
	outbox_close(gone->outbox);
	for (uint32_t i = 0; i < gone->d->partitions; i++)
		partition_free(&gone->partitions[i]);
	outbox_free(&gone->outbox);
	kafka_out_free(&gone->out);
	attempts_free_lost(gone);
	barrier_free(&gone->barrier);
	copies_free(&gone->copies);
	liveness_free(&gone->liveness);
	overload_free(&gone->overload);
	kafka_lease_free(&gone->lease);
	timer_free(&gone->housekeeping);
	timer_free(&gone->restore_again);
	timer_free(&gone->drain_limit);
	timer_free(&gone->revoke_limit);
	results_forget_noise();
	free(gone->partitions);
	free(gone);
	*c = NULL;
}

int coordinator_exit_code(const struct coordinator *c)
{
	return c->exit_code;
}
