/*
 * restore.h -- from an assignment to a served partition, out of the log.
 */
#ifndef COORDINATOR_RESTORE_H
#define COORDINATOR_RESTORE_H

#include "coordinator/partition.h"

/* Begins with all owned partitions that are in PARTITION_ASKING. */
void restore_begin(struct coordinator *c);

/* Records and ends of log_in while a partition is being restored. */
void restore_on_decision(struct partition *p, const struct kafka_message *m);
void restore_on_attempt(struct partition *p, const struct kafka_message *m);
/* topic's partition was read to its end at `offset`; high as of then. */
void restore_on_eof(struct partition *p, const char *topic, int64_t offset,
                    int64_t high);

/*
 * What is read of it is no longer on the log. While it is restored: retention
 * took it meanwhile, as a rule, since logs are read from their start, and they
 * are asked about anew. While it is served: whoever was stopped for so long
 * that retention took what comes next has lost the partition to another, and
 * hears of that from the group, or of its silence from the library, within
 * session.timeout.ms. Who has it still after that has lost records, and it
 * stops.
 */
void restore_on_broken(struct partition *p, const struct kafka_partition *at,
                       const char *why);
/* Twice a second, while it is served: has the group spoken? Looks are counted,
   not time, since who is stopped once more hears nothing. */
void restore_look_at_broken(struct partition *p);

/* Its copies are known too: requests are read from the mark on. */
void restore_serve(struct partition *p);

#endif
