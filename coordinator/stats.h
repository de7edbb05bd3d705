/*
 * stats.h -- the coordinator's figures for /metrics, in one place.
 */
#ifndef COORDINATOR_STATS_H
#define COORDINATOR_STATS_H

#include "decide/count.h"
#include "serve/metrics.h"
#include "wire/decision.h"

struct coordinator;
struct stats;

struct stats *stats_new(struct metrics *metrics);
void stats_free(struct stats **s);
/* From now on gauges are read from c, until stats_unwatch(). */
void stats_watch(struct stats *s, const struct coordinator *c);
void stats_unwatch(struct stats *s);

void stats_request(struct stats *s);
void stats_decision(struct stats *s, const struct decision *d, int64_t took_ms);
/* How much of its time a request has left, at: "intake" or "decision". */
void stats_time_left(struct stats *s, const char *at, int64_t left_ms);
void stats_answer(struct stats *s, const char *kind); /* echo, conflict ... */
void stats_attempt(struct stats *s);
void stats_check_sent(struct stats *s, struct span perspective);
void stats_result(struct stats *s, enum fold fold);
void stats_untrusted(struct stats *s, const char *topic, enum trust_result t);
void stats_undecodable(struct stats *s, const char *topic);
void stats_commit(struct stats *s, const char *outcome, int64_t took_us,
                  size_t answers);

#endif
