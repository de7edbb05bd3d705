/*
 * outbox.h -- answers on their way to the log, in transactions.
 *
 * Every answer finishes one request record. A batch takes what is queued,
 * chains and signs its decisions, and carries for each partition it touches
 * the low-water mark. One transaction at a time; only a committed one changes
 * head, window or mark. What is aborted is chained and signed anew.
 */
#ifndef COORDINATOR_OUTBOX_H
#define COORDINATOR_OUTBOX_H

#include "coordinator/answer.h"

struct outbox;

struct outbox *outbox_new(struct coordinator *c, struct err *why);
void outbox_free(struct outbox **o);

/* Takes the answer. */
void outbox_add(struct outbox *o, struct answer *answer);

/* Marks that moved without an answer (what was read again and is answered): the
   next batch takes them with it; if nothing is queued, one of their own. Now
   and then: whoever restores needs no more than what a mark says it does. */
void outbox_commit_marks(struct outbox *o);

/* Drops what is queued for a partition that is no longer ours. */
void outbox_forget(struct outbox *o, int32_t partition);
/* Everything was lost: aborts what is in flight unless its commit was sent. */
void outbox_cancel(struct outbox *o);
/* The same without waiting for it: its outcome is unknown, the producer a new
   one, and all that is owned is restored or let go of. */
void outbox_abandon(struct outbox *o, const char *why);
/* At the end of the process: drops all, before the sessions go. */
void outbox_close(struct outbox *o);
/* Ready, nothing queued, nothing in flight. */
bool outbox_is_empty(const struct outbox *o);
bool outbox_in_flight(const struct outbox *o);
bool outbox_is_ready(const struct outbox *o);
/* So much waits that intake must. */
bool outbox_is_full(const struct outbox *o);
size_t outbox_queued(const struct outbox *o);

#endif
