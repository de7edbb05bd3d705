/*
 * clock_watch.h -- how far this machine's clock is off the brokers'.
 *
 * Each record that a broker stamped and that was read, or acknowledged, as it
 * came says: our clock is ahead of the broker's by what lies between, less the
 * time that the record took. The least of half a minute is taken for the
 * difference: one quick record is enough, and a clock that is behind shows as a
 * record from the future. Pure.
 */
#ifndef COORDINATOR_CLOCK_WATCH_H
#define COORDINATOR_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_WATCH_MS = 15000 }; /* half of what is looked back on */

struct clock_watch {
	int64_t began_ms; /* monotonic, of now_least_ms */
	int64_t now_least_ms, before_least_ms;
	bool now_known, before_known;
};

/* seen_ms: our wall clock when it came; append_ms: the broker's time on it. */
void clock_watch_note(struct clock_watch *w, int64_t seen_ms, int64_t append_ms,
                      int64_t mono_ms);
/* Positive: ours is ahead. False: nothing was seen lately, *ahead_ms is left.
 */
bool clock_watch_ahead(const struct clock_watch *w, int64_t mono_ms,
                       int64_t *ahead_ms);

#endif
