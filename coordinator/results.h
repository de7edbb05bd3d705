/*
 * results.h -- one record of `results`, in offset order, one at a time.
 *
 * Garbage is counted, logged once per source and kind, and ignored; whether a
 * result counts is decide/count.h's to say.
 */
#ifndef COORDINATOR_RESULTS_H
#define COORDINATOR_RESULTS_H

#include "coordinator/session.h"

void results_on_message(struct partition *p, const struct kafka_message *m);
/* A record of `perspectives`. */
void results_on_heartbeat(struct coordinator *c, const struct kafka_message *m);
/* At the end of the process: what was said once is forgotten. */
void results_forget_noise(void);

#endif
