/*
 * restore_internal.h -- what restore's files share, in the order of its steps.
 *
 *   restore_ask.c        (1) the mark, and where the logs begin and end
 *   restore_decisions.c  (2) decisions, and the head
 *   restore.c            (3) attempts, (4) results, (5) served
 */
#ifndef COORDINATOR_RESTORE_INTERNAL_H
#define COORDINATOR_RESTORE_INTERNAL_H

#include "coordinator/restore.h"

enum { RESTORE_AGAIN_MS = 1000 };

void restore_start_reading(struct partition *p, const char *topic,
                           int64_t offset);

/* Has an operator accepted that this partition has a gap? Said each time that
   it is made use of: the setting stands until somebody takes it out, and
   nothing is compared as long as it does. */
bool restore_accepts(const struct partition *p, const char *why);

/* All that was decided by the last commit is older than the duplicate window,
   and names nothing above the mark: of those decisions nothing is needed, and
   retention may have taken them. */
bool restore_needs_no_decisions(const struct partition *p);

/* Of what retention left, the first must be what is needed, or before it.
   False: the partition is stopped. */
bool restore_begins_early(struct partition *p);
/* The head that the mark was committed with must be what the log ends with.
   False: the partition is stopped, or restored from the beginning: p is gone.
 */
bool restore_head_matches(struct partition *p);

/* The partition is restored from the beginning; p is gone. */
void restore_ask_anew(struct partition *p);
/* The same, for something that may look otherwise in a moment: a leader that
   was elected a moment ago may not know its log's end yet. Only so often. */
bool restore_may_doubt(const struct partition *p);
void restore_doubt(struct partition *p, const char *why);

#endif
