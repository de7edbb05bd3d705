/*
 * records.h -- whatever is read, to whom it goes.
 *
 * A record for a partition that is not ours, or not in the state for it, goes
 * to nobody: whoever restores that partition reads it. Events of requests_in
 * and of log_in; owner is the coordinator.
 */
#ifndef COORDINATOR_RECORDS_H
#define COORDINATOR_RECORDS_H

#include "coordinator/coordinator.h"

void records_on_request(void *owner, const struct kafka_message *m);
void records_on_requests_broken(void *owner, const struct kafka_partition *at,
                                const char *why);

void records_on_log(void *owner, const struct kafka_message *m);
void records_on_log_eof(void *owner, const struct kafka_partition *at,
                        int64_t offset, int64_t high);
void records_on_log_broken(void *owner, const struct kafka_partition *at,
                           const char *why);

#endif
