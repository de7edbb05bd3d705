/*
 * barrier.h -- a deadline closes an attempt only after `results` was read to a
 * high watermark seen after it (design 5.1). One question for all that wait.
 */
#ifndef COORDINATOR_BARRIER_H
#define COORDINATOR_BARRIER_H

#include "coordinator/session.h"

struct barrier;

struct barrier *barrier_new(struct coordinator *c);
void barrier_free(struct barrier **b);

/* The session is CLOSING from now on; session_on_results_read() follows. */
void barrier_add(struct barrier *b, struct session *s);
/* The session ends otherwise. */
void barrier_remove(struct barrier *b, struct session *s);
/* Results of p were read as far as p->results_next. */
void barrier_advance(struct barrier *b, const struct partition *p);

#endif
