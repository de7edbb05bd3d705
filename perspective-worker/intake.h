/*
 * intake.h -- one record of our checks topic: a check to be done, one to be
 * answered at once, or a dead letter that says why.
 */
#ifndef PERSPECTIVE_WORKER_INTAKE_H
#define PERSPECTIVE_WORKER_INTAKE_H

#include "perspective-worker/worker.h"

/* Reason of a dead letter whose signature nobody trusted answers for. */
#define DEAD_UNTRUSTED "untrusted"

void intake_on_message(struct worker *w, const struct kafka_message *m);

#endif
