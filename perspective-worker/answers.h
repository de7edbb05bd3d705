/*
 * answers.h -- a job's Result: logged, counted, signed, handed to the producer.
 *
 * Evidence that makes the record too large is left out, and the kind then says
 * so: what does not fit cannot pass.
 */
#ifndef WORKER_ANSWERS_H
#define WORKER_ANSWERS_H

#include "perspective-worker/worker.h"

/* Takes the job, which is no longer in the worker's list. */
void answers_send(struct worker *w, struct job *job, struct result *r);

/* Appends the record's value and its signature header's text. */
void answers_encode(const struct worker *w, const struct result *r,
                    struct buf *value, struct buf *signature);

#endif
