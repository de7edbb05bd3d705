/*
 * partitions.h -- which partitions of our checks topic are ours, and how far
 * each is finished. Pure.
 *
 * A check's place is where it was read and under which assignment: once the
 * partition was taken away its offset is somebody else's business, even if the
 * partition comes back.
 */
#ifndef PERSPECTIVE_WORKER_PARTITIONS_H
#define PERSPECTIVE_WORKER_PARTITIONS_H

#include "kafka/kafka_in.h"

struct partitions;

struct place {
	int32_t partition;
	int64_t offset;
	uint64_t assignment;
};

/* topic is borrowed. */
struct partitions *partitions_new(const char *topic);
/* Takes *p, accepts NULL, leaves NULL. */
void partitions_free(struct partitions **p);

/* A new assignment; the one before has ended. */
void partitions_assign(struct partitions *p, const struct kafka_partition *list,
                       size_t count);
void partitions_revoke(struct partitions *p);
size_t partitions_count(const struct partitions *p);

/* A record was read. False: of a partition that is not ours. */
bool partitions_begin(struct partitions *p, int32_t partition, int64_t offset,
                      struct place *out);
/* What was read there is answered, and that is on the log. */
void partitions_finish(struct partitions *p, const struct place *place);

/* The marks that moved since they were last taken here. *out is good until the
   next call. */
size_t partitions_take_moved(struct partitions *p,
                             const struct kafka_offset **out);
/* The commit of those failed: they have moved, still. */
void partitions_not_committed(struct partitions *p);

/* The n-th of ours, for n < partitions_count(). */
struct kafka_partition partitions_at(const struct partitions *p, size_t n);

#endif
