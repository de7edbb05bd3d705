#include "coordinator/clock_watch.h"

static int64_t least(bool known, int64_t a, int64_t b)
{
	return known && a < b ? a : b;
}

/* What is older than two spans is forgotten. */
static void turn(struct clock_watch *w, int64_t mono_ms)
{
	int64_t age = mono_ms - w->began_ms;

	if (age < CLOCK_WATCH_MS)
		return;
	w->before_known = w->now_known && age / 2 < CLOCK_WATCH_MS;
	w->before_least_ms = w->now_least_ms;
	w->now_known = false;
	w->began_ms = mono_ms;
}

void clock_watch_note(struct clock_watch *w, int64_t seen_ms, int64_t append_ms,
                      int64_t mono_ms)
{
	turn(w, mono_ms);
	w->now_least_ms =
		least(w->now_known, w->now_least_ms, seen_ms - append_ms);
	w->now_known = true;
}

bool clock_watch_ahead(const struct clock_watch *w, int64_t mono_ms,
                       int64_t *ahead_ms)
{
	struct clock_watch at = *w;

	turn(&at, mono_ms);
	if (!at.now_known && !at.before_known)
		return false;
	*ahead_ms = at.now_known ? least(at.before_known, at.before_least_ms,
	                                 at.now_least_ms)
	                         : at.before_least_ms;
	return true;
}
