/*
 * heart.h -- the heartbeats of one worker: at start, every few seconds, and
 * when it drains. Signed, key "<perspective>/<instance>".
 */
#ifndef PERSPECTIVE_WORKER_HEART_H
#define PERSPECTIVE_WORKER_HEART_H

#include "wire/heartbeat.h"

struct heart;
struct worker;

/* Silent until heart_start(). Borrows w. */
struct heart *heart_new(struct worker *w);
/* Takes *h, accepts NULL, leaves NULL. */
void heart_free(struct heart **h);

/* versions: what the probes said of themselves; copied. Beats at once and from
   then on. May be called again. */
void heart_start(struct heart *h, const char *versions);
/* One more, now. */
void heart_beat(struct heart *h);

/* A beat was acknowledged within the last three intervals. */
bool heart_is_heard(const struct heart *h);

/* What it would say now; borrows from worker and heart. */
void heart_fill(const struct heart *h, struct heartbeat *out);

#endif
