/*
 * admission.h -- whether a request is begun at all, and what its life says of
 * the load (design, section 6, Overload).
 *
 * What is measured is how long a request took from intake to commit, without
 * what is not load: a check that hangs, which is its target's doing, and the
 * wait for perspectives that have no worker alive or that were not needed.
 */
#ifndef COORDINATOR_ADMISSION_H
#define COORDINATOR_ADMISSION_H

#include "coordinator/session.h"

/* It can't be decided in its time any more: do-not-issue, overloaded. */
bool admission_refuses(const struct session *s);
/* An attempt that ended without a decision: may another still be in time? */
bool admission_allows_another(const struct session *s, int64_t now_ms);

/* It is being worked on: from its first attempt, or from when it was resumed.
   Again is no harm. */
void admission_begin(struct session *s);
/* A result counted in that attempt; the attempt was closed. */
void admission_note_result(struct run *run, const struct result *result);
void admission_note_close(struct session *s, const struct run *run);
/* Its decision is committed; or it is dropped. No-op if it was not begun. */
void admission_committed(struct session *s);
void admission_dropped(struct session *s);

#endif
