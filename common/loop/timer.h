/*
 * timer.h -- one deadline (timer), and "in the next turn" (soon).
 *
 * Both are objects of their owner: made once, set as often as needed, freed
 * before the loop. A callback comes from the loop, once per setting, never
 * from the function that set it, never after stop, cancel or free. The
 * callback may set, stop or free its own object: it is the last thing that
 * touches it.
 */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include "loop/loop.h"

#include <stdbool.h>

struct timer;

/* Borrows arg. Not running until timer_set_ms(). */
struct timer *timer_new(struct loop *loop, loop_fn *fn, void *arg);
/* Takes *slot, accepts NULL, leaves NULL; stops it first. */
void timer_free(struct timer **slot);

/* (Re)starts it: fn runs ms from now, not earlier by clock_mono_ms(), however
   long this turn of the loop has lasted already. ms <= 0 means the next turn.
 */
void timer_set_ms(struct timer *timer, int64_t ms);
/* No effect on a timer that is not running. */
void timer_stop(struct timer *timer);
bool timer_is_set(const struct timer *timer);

/*
 * Some libraries answer inside the call that asks (libunbound from its cache,
 * curl on a bad URL). Their callback notes the answer and calls soon_call();
 * the owner's own callback then comes from the loop like all others. Other
 * events are looked at between, so a chain of these starves nobody.
 */
struct soon;

/* Borrows arg. */
struct soon *soon_new(struct loop *loop, loop_fn *fn, void *arg);
/* Takes *slot, accepts NULL, leaves NULL; cancels it first. */
void soon_free(struct soon **slot);

/* fn runs in the next turn; asking again before that changes nothing. */
void soon_call(struct soon *soon);
void soon_cancel(struct soon *soon);
bool soon_is_due(const struct soon *soon);

#endif
