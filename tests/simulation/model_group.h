/*
 * model_group.h -- the group's coordinator: members, generations, rebalances.
 *
 * Eager: a rebalance begins when a member joins, leaves or is silent for the
 * session time-out; it ends when all members have joined again, or at the
 * rebalance time-out without those that did not. Assignment is by range.
 */
#ifndef SIMULATION_MODEL_GROUP_H
#define SIMULATION_MODEL_GROUP_H

#include "kafka/kafka_in.h"

enum { GROUP_MEMBER_MAX = 32, SESSION_MS = 10000, REBALANCE_MS = 30000 };

enum group_say { GROUP_GOOD, GROUP_REBALANCES, GROUP_UNKNOWN };

void group_begin(const char *topic);

/* in's answer comes by group_in_assigned(). An empty member is given an id. */
void group_join(struct kafka_in *in, char member[GROUP_MEMBER_MAX]);
enum group_say group_heartbeat(const char *member, int32_t generation);
void group_leave(const char *member);

/* model_in.c: the answer to group_join(). */
void group_in_assigned(struct kafka_in *in, int32_t generation,
                       const int32_t *partitions, size_t count);

#endif
