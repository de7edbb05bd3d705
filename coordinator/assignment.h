/*
 * assignment.h -- which partitions are ours, and how we let go of them.
 *
 * The lease of an assignment is taken once, in its event (design, section 6).
 * On a revoke nothing new goes to the committer; the transaction in flight is
 * finished or abandoned within 3 s, then sessions end and partitions go. What
 * was not committed the next owner answers.
 */
#ifndef COORDINATOR_ASSIGNMENT_H
#define COORDINATOR_ASSIGNMENT_H

#include "coordinator/coordinator.h"

/* Events of requests_in; owner is the coordinator. */
void assignment_on_assign(void *owner, const struct kafka_partition *list,
                          size_t count);
void assignment_on_revoke(void *owner, const struct kafka_partition *list,
                          size_t count, bool lost);

/* The transaction in flight, if any, has ended: lets go of what was revoked. */
void assignment_finish_revoke(struct coordinator *c);
/* A timer of the coordinator's, which is arg: the group does not wait for
   brokers that are slow to commit. */
void assignment_on_revoke_limit(void *arg);

#endif
