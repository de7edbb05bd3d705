/*
 * set_aside.h -- zones whose checks ended a probe twice, for some minutes.
 * Pure: the time is an argument. Bounded: past SET_ASIDE_MAX the one that would
 * end first makes room.
 */
#ifndef PERSPECTIVE_WORKER_SET_ASIDE_H
#define PERSPECTIVE_WORKER_SET_ASIDE_H

#include "base/span.h"

enum { SET_ASIDE_MAX = 4096 };

struct set_aside;

struct set_aside *set_aside_new(int64_t for_ms);
/* Takes *s, accepts NULL, leaves NULL. */
void set_aside_free(struct set_aside **s);

/* From now on, or anew from now on. Case is folded; the zone is copied. */
void set_aside_add(struct set_aside *s, struct span zone, int64_t now_ms);
bool set_aside_has(struct set_aside *s, struct span zone, int64_t now_ms);
size_t set_aside_count(const struct set_aside *s);

#endif
