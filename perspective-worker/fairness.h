/*
 * fairness.h -- one hostile target harms only itself: which checks are at
 * probes, and which wait outside the in-flight count (turnstile.h) because what
 * they ask about hangs.
 *
 * Only a probe knows where a check is connected to, only the worker knows whose
 * zone it is and what all probes do, so probes tell what hangs and the
 * worker decides: the check goes on and is counted, is taken back and waits, or
 * is answered target-busy. One that waits holds its record and nothing in a
 * probe, and begins anew when it is its turn.
 */
#ifndef PERSPECTIVE_WORKER_FAIRNESS_H
#define PERSPECTIVE_WORKER_FAIRNESS_H

#include "perspective-worker/job.h"
#include "perspective-worker/turnstile.h"

struct worker;
struct fairness;

struct fairness *fairness_new(struct worker *w);
/* Takes *f, accepts NULL, leaves NULL. No job may be in it. */
void fairness_free(struct fairness **f);

/* A job of the worker's begins: it is run, waits, or is answered. */
void fairness_begin(struct fairness *f, struct job *job);
/* For probe_pool_options.on_hangs. */
void fairness_on_hangs(struct fairness *f, struct job *job,
                       const struct addr *at, bool held);
/* It is about to be answered; nobody comes in its stead yet. */
void fairness_end(struct fairness *f, struct job *job);
/* Those come whose turn it is. Not without a pool. */
void fairness_go_on(struct fairness *f);

struct turnstile_figures fairness_figures(const struct fairness *f);

#endif
