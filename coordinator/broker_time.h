/*
 * broker_time.h -- the brokers' time on records: is our clock near it (design,
 * section 7), and do the topics carry it at all (section 3)?
 */
#ifndef COORDINATOR_BROKER_TIME_H
#define COORDINATOR_BROKER_TIME_H

#include "coordinator/coordinator.h"

/* A record that was read, or acknowledged, as it came: not one of a backlog. */
void broker_time_note(struct coordinator *c, const char *topic,
                      enum kafka_time_kind kind, int64_t timestamp_ms);
/* One that was written not long ago, but may have waited to be read. */
void broker_time_note_kind(struct coordinator *c, const char *topic,
                           enum kafka_time_kind kind);
/* How far our clock is ahead of the brokers'; false: not known. */
bool broker_time_ahead(const struct coordinator *c, int64_t *ahead_ms);
/* ... and whether that is more than a coordinator may be. */
bool broker_time_is_off(const struct coordinator *c, int64_t *ahead_ms);
/* Says so, once a minute. Now and then. */
void broker_time_look(struct coordinator *c);

#endif
