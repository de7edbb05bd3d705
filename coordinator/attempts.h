/*
 * attempts.h -- one attempt of a session: planned, put on the log, dispatched.
 *
 * No check is sent before its plan is on the log (promise 4). Dispatch itself
 * is not logged: after a restart checks go again to every perspective that is
 * due and was not heard.
 */
#ifndef COORDINATOR_ATTEMPTS_H
#define COORDINATOR_ATTEMPTS_H

#include "coordinator/session.h"

enum {
	/* of a request's time, kept for close and commit */
	COMMIT_RESERVE_MS = 500
};

/* Plans the next attempt and puts it on the log, or decides why not. */
void attempts_begin(struct session *s);
/* Sends the checks that are due and not sent yet. */
void attempts_dispatch(struct session *s);
/* (Re)starts the deadline: what is left, never more than was planned. */
void attempts_set_deadline(struct session *s);
/* Deliveries that are still to come find nobody. */
void attempts_forget(struct session *s);
/* At the end of the process, once nothing is delivered any more. */
void attempts_free_lost(struct coordinator *c);

void attempts_log_closed(const struct session *s, const struct run *run);
void attempts_log_fold(const struct session *s, enum fold fold,
                       const struct heard *heard);

#endif
