/*
 * copies.h -- which originals were copied to their home already.
 *
 * Nothing on `decisions` says so: it is in the mark's metadata, and below the
 * mark. A partition that is restored without a mark of ours (its group offset
 * was set back by hand, say) would copy them all once more, and their homes,
 * once the duplicate window is over, decide them once more. So it waits here
 * until `requests`, all other partitions of it, was read under read_committed
 * from its start to a high watermark that was asked for after the partition's
 * stable offset was known: what a former owner committed is below that.
 *
 * A copy that is not found was never made, or is no longer on the log: then the
 * original is copied, however old it is. mpic-forwarded is not signed, so a
 * copy is believed only if it is at its home and in all the same as what would
 * be copied, headers too (remembered.h): whoever wrote it, it is answered there
 * as the copy would be. A claim about another record swallows none.
 */
#ifndef COORDINATOR_COPIES_H
#define COORDINATOR_COPIES_H

#include "coordinator/partition.h"

struct copies;

struct copies *copies_new(struct coordinator *c);
void copies_free(struct copies **x);

/* p is in PARTITION_COPIES: restore_serve(p) follows when its copies are
   known. One reading serves all that wait when it begins. */
void copies_look(struct copies *x, struct partition *p);
/* All partitions are gone or begin again. */
void copies_stop(struct copies *x);

/* Records and ends of `requests` that log_in reads. */
void copies_on_message(struct copies *x, const struct kafka_message *m);
void copies_on_eof(struct copies *x, const struct kafka_partition *at,
                   int64_t offset);
void copies_on_broken(struct copies *x, const struct kafka_partition *at,
                      const char *why);

#endif
