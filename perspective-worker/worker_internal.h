/*
 * worker_internal.h -- what the worker's files share.
 *
 *   worker.c      made and freed, its brakes, what goes on the log
 *   membership.c  the group's member: partitions and offsets
 *   checking.c    checks to the probes, answers back
 *   drain.c       the end
 */
#ifndef PERSPECTIVE_WORKER_WORKER_INTERNAL_H
#define PERSPECTIVE_WORKER_WORKER_INTERNAL_H

#include "perspective-worker/worker.h"

enum { MEMBERSHIP_COMMIT_MS = 500 };

/* The first reason is the exit code; the loop ends. */
void worker_give_up(struct worker *w, int exit_code, const char *event,
                    const char *why);
/* Where nothing that needs the right ever worked we end; else it may come
   back. owner is the worker. */
void worker_on_denied(void *owner, const struct kafka_denial *d);
/* Nobody is told that we are alive before we can work, nor before the canary
   had its say: a primary's first checks would fail without need. */
void worker_begin(struct worker *w);

/* Joins the group; -1 with why. */
int membership_open(struct worker *w, struct err *why);
void membership_set_paused(struct worker *w, bool pause);
/* Timers of the worker's, which is arg: now and then; the last commit took too
   long. */
void membership_on_commit_time(void *arg);
void membership_on_revoke_limit(void *arg);

/* Starts the probes. */
void checking_open(struct worker *w);

/* Leaves the group if it is to and nothing is left to do. */
void drain_go_on(struct worker *w);
/* A timer of the worker's: what is not done by now is answered so, or left. */
void drain_on_limit(void *arg);

#endif
