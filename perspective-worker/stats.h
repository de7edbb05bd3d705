/*
 * stats.h -- the worker's figures for /metrics, in one place.
 */
#ifndef PERSPECTIVE_WORKER_STATS_H
#define PERSPECTIVE_WORKER_STATS_H

#include "serve/metrics.h"
#include "wire/result.h"

struct worker;
struct stats;

struct stats *stats_new(struct metrics *metrics);
/* Takes *s, accepts NULL, leaves NULL. */
void stats_free(struct stats **s);
/* From now on gauges are read from w, until stats_unwatch(). */
void stats_watch(struct stats *s, struct worker *w);
void stats_unwatch(struct stats *s);

void stats_check(struct stats *s);
/* "bogus", "answered" or "nothing learned". */
void stats_canary(struct stats *s, const char *outcome);
void stats_result(struct stats *s, const struct result *r, int64_t took_us);
/* why: "undecodable", "untrusted" ... */
void stats_dead_letter(struct stats *s, const char *why);
void stats_untrusted(struct stats *s, const char *topic, const char *why);

#endif
