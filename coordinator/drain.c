#include "coordinator/drain.h"

#include "coordinator/assignment.h"
#include "coordinator/outbox.h"
#include "coordinator/session.h"

enum { CLOSE_LIMIT_MS = 10000 };

static void end_stopped(struct coordinator *c)
{
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct partition *p = c->partitions[i];

		if (p != NULL && p->phase == PARTITION_STOPPED)
			partition_end_sessions(p);
	}
}

static size_t undecided(const struct coordinator *c)
{
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		for (const struct session *s = p != NULL ? p->sessions : NULL;
		     s != NULL; s = s->hh.next)
			count += s->state != SESSION_AWAITING;
	}
	return count;
}

static void on_closed(void *owner, bool in_time)
{
	struct coordinator *c = owner;

	if (!in_time)
		log_warn("coordinator_leave_timed_out");
	loop_stop(c->loop);
}

static void leave(struct coordinator *c)
{
	c->leaving = true;
	timer_stop(c->drain_limit);
	if (c->requests_in == NULL) /* the brokers never answered */
		loop_stop(c->loop);
	else
		kafka_in_close(c->requests_in, CLOSE_LIMIT_MS, on_closed);
}

void drain_go_on(struct coordinator *c)
{
	if (!c->draining || c->leaving || undecided(c) > 0 ||
	    !outbox_is_empty(c->outbox))
		return;
	log_info("coordinator_drained");
	leave(c);
}

void coordinator_settled(struct coordinator *c)
{
	if (outbox_in_flight(c->outbox))
		return;
	end_stopped(c);
	if (c->revoking)
		assignment_finish_revoke(c);
	coordinator_balance(c);
	drain_go_on(c);
}

void drain_on_limit(void *arg)
{
	struct coordinator *c = arg;

	log_warn("coordinator_drain_timed_out",
	         F_INT("undecided", undecided(c)));
	leave(c);
}

void coordinator_drain(struct coordinator *c)
{
	log_info("coordinator_draining", F_INT("undecided", undecided(c)));
	c->draining = true;
	timer_set_ms(c->drain_limit, c->d->conf->drain_ms);
	coordinator_balance(c);
	drain_go_on(c);
}
