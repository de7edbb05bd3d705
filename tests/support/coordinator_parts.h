/*
 * coordinator_parts.h -- what the files of coordinator_world.h have of each
 * other; no test needs it.
 */
#ifndef SUPPORT_COORDINATOR_PARTS_H
#define SUPPORT_COORDINATOR_PARTS_H

#include "tests/support/coordinator_world.h"

/* What a record of that type is signed as. */
struct sign_domain cw_domain(const char *type);
/* A header's bytes, kept as long as the world; .p NULL: there is none. */
struct span cw_keep(struct coordinator_world *w, const struct kafka_message *m,
                    const char *header);

/* coordinator_play.c: a perspective's check came; time for heartbeats. */
void cw_on_check(struct coordinator_world *w, int city,
                 const struct kafka_message *m);
void cw_on_beat(void *arg);

/* coordinator_log.c: keeps a record of requests, attempts, results, decisions
   or dead letters; of others nothing. */
void cw_note(struct coordinator_world *w, const struct kafka_message *m);

#endif
