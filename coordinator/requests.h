/*
 * requests.h -- one record of `requests`: what becomes of it.
 *
 * Undecodable: a dead letter. Elsewhere than at home: forwarded. Known id: an
 * echo, a conflict, or nothing while the first is undecided. Otherwise a
 * session: rejected, refused for lack of time, or corroborated.
 */
#ifndef COORDINATOR_REQUESTS_H
#define COORDINATOR_REQUESTS_H

#include "coordinator/session.h"
#include "coordinator/window.h"

void requests_on_message(struct partition *p, const struct kafka_message *m);
/* The answer to a rival, once the first decision is on the log. */
void requests_answer_rival(struct session *s, const struct rival *r,
                           const struct window_entry *first);

#endif
