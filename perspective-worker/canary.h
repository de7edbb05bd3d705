/*
 * canary.h -- that the probes validate DNSSEC, shown at start and every few
 * hours.
 *
 * Each name is of a zone that no chain of trust leads to. It goes through the
 * pool as any check does, DCV and CAA, to whatever probe is next and its
 * resolver. Where both end as dnssec-bogus, validation was done.
 *
 *   one name was answered      FAILED, at once, whatever the others say
 *   none, and one was bogus    SHOWN
 *   neither                    nothing was learned: what was known holds on,
 *                              and it is asked again within minutes
 *
 * What was shown holds for canary.valid; after that, and before the first time,
 * it is UNPROVEN. A primary is not planned then (coordinator/liveness.h), and
 * its workers answer as much themselves, also to what was begun before.
 */
#ifndef PERSPECTIVE_WORKER_CANARY_H
#define PERSPECTIVE_WORKER_CANARY_H

#include "perspective-worker/probe_pool.h"
#include "wire/check.h"
#include "wire/heartbeat.h"

enum { CANARY_NAMES_MAX = 4 };

struct canary;
struct worker;

/* Silent until canary_start(). Borrows w. */
struct canary *canary_new(struct worker *w);
/* Takes *slot, accepts NULL, leaves NULL. The pool is gone, or has none of its
   tasks. */
void canary_free(struct canary **slot);

/* There is a probe. May be called again. */
void canary_start(struct canary *c);
/* True if the task is one of its own: no check. */
bool canary_owns(const struct canary *c, const struct probe_task *task);
/* True if the task was one of its own; the answer is then used up. The worker
   hears of a round's end by worker_canary_told(). */
bool canary_take(struct canary *c, const struct probe_task *task,
                 const struct probe_answer *answer);

/* Everything was tried once; checks need not wait for it any longer. */
bool canary_is_settled(const struct canary *c);
/* UNKNOWN: no names, in a lab. */
enum validation canary_state(const struct canary *c);
/* May a check in that role be done, and its result be told? A remote's always
   may. */
bool canary_lets(const struct canary *c, enum perspective_role role);
/* When last; wall clock. */
struct opt_int canary_shown_ms(const struct canary *c);

#endif
