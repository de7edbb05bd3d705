#include "coordinator/assignment.h"

#include "coordinator/copies.h"
#include "coordinator/outbox.h"
#include "coordinator/partition.h"
#include "coordinator/restore.h"

#include <sysexits.h>

enum { REVOKE_LIMIT_MS = 3000 /* design, section 6 */ };

void assignment_on_assign(void *owner, const struct kafka_partition *list,
                          size_t count)
{
	struct coordinator *c = owner;
	struct err why;

	kafka_lease_free(&c->lease);
	c->lease = kafka_in_lease(c->requests_in, &why);
	if (c->lease == NULL && count > 0)
		log_warn("coordinator_no_lease", F_STR("error", why.text));
	kafka_in_assign_done(c->requests_in);
	log_info("coordinator_assigned", F_INT("partitions", count));
	for (size_t i = 0; c->lease != NULL && i < count; i++) {
		int32_t n = list[i].partition;

		if (n < 0 || (uint32_t)n >= c->d->partitions) {
			coordinator_give_up(c, EX_CONFIG,
			                    "coordinator_partition_count",
			                    "requests has more partitions than "
			                    "kafka.partitions says");
			return;
		}
		c->partitions[n] = partition_new(c, n);
	}
	restore_begin(c);
}

static void drop_partition(struct coordinator *c, uint32_t number)
{
	struct partition *p = c->partitions[number];
	const char *topics[] = { c->d->topics.decisions, c->d->topics.attempts,
		                 c->d->topics.results };

	for (size_t i = 0; p != NULL && i < 3; i++) {
		struct kafka_partition at = partition_of(p, topics[i]);

		kafka_in_stop(c->log_in, &at);
	}
	partition_free(&c->partitions[number]);
}

/* The transaction in flight, if any, has ended: let go of what was revoked. */
void assignment_finish_revoke(struct coordinator *c)
{
	timer_stop(c->revoke_limit);
	copies_stop(c->copies);
	for (uint32_t i = 0; i < c->d->partitions; i++)
		drop_partition(c, i);
	kafka_lease_free(&c->lease);
	c->revoking = false;
	kafka_in_unassign_done(c->requests_in);
}

void assignment_on_revoke(void *owner, const struct kafka_partition *list,
                          size_t count, bool lost)
{
	struct coordinator *c = owner;

	(void)list;
	log_info("coordinator_revoked", F_INT("partitions", count),
	         F_BOOL("lost", lost));
	c->revoking = true;
	if (outbox_in_flight(c->outbox)) {
		if (lost)
			outbox_cancel(c->outbox);
		timer_set_ms(c->revoke_limit, REVOKE_LIMIT_MS);
		return; /* coordinator_settled() goes on */
	}
	assignment_finish_revoke(c);
}

/* The group does not wait for brokers that are slow to commit: what became of
   it the next owner reads from the log. */
void assignment_on_revoke_limit(void *arg)
{
	struct coordinator *c = arg;

	if (c->revoking && outbox_in_flight(c->outbox))
		outbox_abandon(c->outbox, "not finished within 3 s of a "
		                          "revoke");
}

void coordinator_restore_all(struct coordinator *c)
{
	if (c->revoking) {
		assignment_finish_revoke(c);
		return;
	}
	copies_stop(c->copies);
	for (uint32_t i = 0; i < c->d->partitions; i++) {
		struct kafka_partition at = { c->d->topics.requests,
			                      (int32_t)i };

		if (c->partitions[i] == NULL)
			continue;
		kafka_in_stop(c->requests_in, &at);
		drop_partition(c, i);
		c->partitions[i] = partition_new(c, (int32_t)i);
	}
	restore_begin(c);
}
