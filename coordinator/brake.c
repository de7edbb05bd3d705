/*
 * brake.c -- intake pauses above the ceilings and resumes below them; and why
 * the coordinator is not ready.
 */
#include "coordinator/broker_time.h"
#include "coordinator/outbox.h"

enum {
	/* design, section 6: requests read above a partition's mark */
	SPAN_MAX = 10000
};

static bool must_pause(const struct coordinator *c, const struct partition *p)
{
	size_t most = (size_t)c->d->conf->in_flight_max;

	if (c->draining || outbox_is_full(c->outbox))
		return true;
	if (p->paused) /* hysteresis */
		return c->sessions >= most - most / 5 ||
		       offsets_span(p->offsets) > SPAN_MAX - SPAN_MAX / 5;
	return c->sessions >= most || offsets_span(p->offsets) >= SPAN_MAX;
}

void coordinator_balance(struct coordinator *c)
{
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p == NULL || p->phase != PARTITION_SERVING ||
		    must_pause(c, p) == p->paused)
			continue;
		struct kafka_partition at =
			partition_of(p, c->d->topics.requests);

		p->paused = !p->paused;
		if (p->paused)
			kafka_in_pause(c->requests_in, &at);
		else
			kafka_in_resume(c->requests_in, &at);
	}
}

void coordinator_ready(const struct coordinator *c, struct buf *reasons)
{
	size_t owned = 0, restoring = 0, stopped = 0;
	int64_t ahead_ms;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		owned += p != NULL;
		stopped += p != NULL && p->phase == PARTITION_STOPPED;
		restoring += p != NULL && p->phase < PARTITION_SERVING;
	}
	if (c->draining)
		buf_add_str(reasons, "draining\n");
	if (!c->topics_ok)
		buf_add_str(reasons, "brokers or topics not found yet\n");
	else if (c->lease == NULL)
		buf_add_str(reasons, "not a member of the group yet\n");
	if (!outbox_is_ready(c->outbox))
		buf_add_str(reasons, "transactional producer not ready\n");
	if (broker_time_is_off(c, &ahead_ms))
		buf_printf(reasons,
		           "clock is %lld ms ahead of the brokers', limit "
		           "%lld ms\n",
		           (long long)ahead_ms,
		           (long long)c->d->conf->broker_skew_ms);
	if (restoring > 0)
		buf_printf(reasons, "%zu of %zu partitions being restored\n",
		           restoring, owned);
	if (stopped > 0)
		buf_printf(reasons, "%zu of %zu partitions stopped\n", stopped,
		           owned);
}
