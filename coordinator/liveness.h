/*
 * liveness.h -- which perspectives are alive, from signed fresh heartbeats.
 *
 * One entry per worker instance; a perspective is alive while one of its
 * instances is: heard of recently by the broker's clock, not draining, and
 * with a clock that is right. Planning prefers the living; it never
 * shrinks the denominator. Pure but for memory.
 */
#ifndef COORDINATOR_LIVENESS_H
#define COORDINATOR_LIVENESS_H

#include "wire/heartbeat.h"

struct liveness;

enum { LIVENESS_INSTANCES_MAX = 4096 }; /* the rest of a flood is ignored */

/* lab: instances without a canary may be a primary's. */
struct liveness *liveness_new(int64_t fresh_ms, int64_t skew_ms, bool lab);
void liveness_free(struct liveness **l);

/* at_ms: the record's timestamp. The heartbeat's signature was good. */
void liveness_note(struct liveness *l, const struct heartbeat *h,
                   int64_t at_ms);
bool liveness_alive(const struct liveness *l, const char *perspective,
                    int64_t now_ms);
/* Heard of recently, but every instance's clock is off by more than is allowed:
   such a perspective is not planned at all. */
bool liveness_skewed(const struct liveness *l, const char *perspective,
                     int64_t now_ms);
/* Alive, but none of its instances has shown lately that it validates DNSSEC:
   no primary. */
bool liveness_unproven(const struct liveness *l, const char *perspective,
                       int64_t now_ms);
/* Of the fresh instances the clock that is off most; false: there is none. */
bool liveness_ahead(const struct liveness *l, const char *perspective,
                    int64_t now_ms, int64_t *ahead_ms);
/* Instances alive at a perspective, for figures. */
size_t liveness_count(const struct liveness *l, const char *perspective,
                      int64_t now_ms);

#endif
