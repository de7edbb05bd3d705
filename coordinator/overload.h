/*
 * overload.h -- can a request still be decided in its time? Pure but for
 * memory, which is one block.
 *
 * Keeps how long requests took from intake to commit in the last seconds, and
 * how many are being worked on. A request that has less time left than p95 of
 * that is refused at intake instead of being worked on in vain (design,
 * section 6). Where that p95 has grown to a quarter of what a request has left,
 * the queue is looked at too: by the rate of the last seconds it may wait for
 * those being worked on for half of its time. Without that, requests taken in
 * while p95 still rises would all end late together; with all of its time each
 * would end at the last moment, or after it.
 *
 * It cannot lock itself in: what is older than the window is forgotten, and
 * while only a few are being worked on nothing that has time left is refused.
 */
#ifndef COORDINATOR_OVERLOAD_H
#define COORDINATOR_OVERLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OVERLOAD_WINDOW_MS = 4000,
	OVERLOAD_PROBES = 8 /* so many are always let through */
};

struct overload;

struct overload *overload_new(void);
/* Takes *o, accepts NULL, leaves NULL. */
void overload_free(struct overload **o);

/* All times are monotonic and may not go backwards. */

/* One more is being worked on. */
void overload_begin(struct overload *o);
/* It is no longer: committed after took_ms, which is load; its targets were
   waited for own_ms, be that in took_ms or not ... */
void overload_done(struct overload *o, int64_t took_ms, int64_t own_ms,
                   int64_t now_ms);
/* ... or dropped, which says nothing of the load. */
void overload_dropped(struct overload *o);

/* Whether a request with so much time left comes too late. */
bool overload_refuses(struct overload *o, int64_t left_ms, int64_t now_ms);
/* p95 of the window, rounded up by at most a quarter; 0: nothing is known. */
int64_t overload_p95_ms(struct overload *o, int64_t now_ms);
size_t overload_working(const struct overload *o);

#endif
