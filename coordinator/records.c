#include "coordinator/records.h"

#include "coordinator/barrier.h"
#include "coordinator/broker_time.h"
#include "coordinator/copies.h"
#include "coordinator/requests.h"
#include "coordinator/restore.h"
#include "coordinator/results.h"

/* -- requests_in -- */

void records_on_request(void *owner, const struct kafka_message *m)
{
	struct coordinator *c = owner;
	struct partition *p = partition_find(c, m->partition);

	if (p == NULL || p->phase != PARTITION_SERVING || c->revoking)
		return;
	/* an older one may be from before the topic was set right */
	if (m->offset >= p->requests_high)
		broker_time_note_kind(c, m->topic, m->time_kind);
	requests_on_message(p, m);
	coordinator_balance(c);
}

void records_on_requests_broken(void *owner, const struct kafka_partition *at,
                                const char *why)
{
	struct coordinator *c = owner;
	struct partition *p = partition_find(c, at->partition);

	if (p != NULL)
		restore_on_broken(p, at, why);
}

/* -- log_in -- */

void records_on_log(void *owner, const struct kafka_message *m)
{
	struct coordinator *c = owner;
	const struct topics *t = &c->d->topics;

	if (strcmp(m->topic, t->perspectives) == 0) {
		if (c->heartbeats_live)
			broker_time_note(c, m->topic, m->time_kind,
			                 m->timestamp_ms);
		results_on_heartbeat(c, m);
		return;
	}
	if (strcmp(m->topic, t->requests) == 0) {
		copies_on_message(c->copies, m);
		return;
	}
	struct partition *p = partition_find(c, m->partition);

	if (p == NULL)
		return;
	if (p->phase == PARTITION_SERVING)
		broker_time_note(c, m->topic, m->time_kind, m->timestamp_ms);
	if (strcmp(m->topic, t->results) == 0)
		results_on_message(p, m);
	else if (strcmp(m->topic, t->decisions) == 0 &&
	         p->phase == PARTITION_DECISIONS)
		restore_on_decision(p, m);
	else if (strcmp(m->topic, t->attempts) == 0 &&
	         p->phase == PARTITION_ATTEMPTS)
		restore_on_attempt(p, m);
	coordinator_balance(c);
}

void records_on_log_eof(void *owner, const struct kafka_partition *at,
                        int64_t offset, int64_t high)
{
	struct coordinator *c = owner;
	struct partition *p = partition_find(c, at->partition);

	if (strcmp(at->topic, c->d->topics.perspectives) == 0) {
		c->heartbeats_live = true;
		return;
	}
	if (strcmp(at->topic, c->d->topics.requests) == 0) {
		copies_on_eof(c->copies, at, offset);
		return;
	}
	if (p == NULL)
		return;
	if (p->phase == PARTITION_SERVING) {
		if (strcmp(at->topic, c->d->topics.results) == 0 &&
		    p->results_next < offset) {
			p->results_next = offset;
			barrier_advance(c->barrier, p);
		}
		return;
	}
	restore_on_eof(p, at->topic, offset, high);
}

void records_on_log_broken(void *owner, const struct kafka_partition *at,
                           const char *why)
{
	struct coordinator *c = owner;
	struct partition *p = partition_find(c, at->partition);

	if (strcmp(at->topic, c->d->topics.requests) == 0)
		copies_on_broken(c->copies, at, why);
	else if (p != NULL && strcmp(at->topic, c->d->topics.perspectives) != 0)
		restore_on_broken(p, at, why);
	else
		log_error("coordinator_topic_broken", F_STR("topic", at->topic),
		          F_STR("why", why));
}
