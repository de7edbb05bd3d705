/*
 * told.h -- what a subscriber may be told of a decision that was not for him:
 * the rule of docs/reasons.md, as a CA pipeline would apply it.
 */
#ifndef CTL_TOLD_H
#define CTL_TOLD_H

#include "base/buf.h"
#include "wire/decision.h"

/* The reason whose ACME problem type and text are to be told: the decision's
   own; where the primary failed, what it saw, of DCV before of CAA. */
enum reason told_reason(const struct decision *d);

/* Whether there is anything to be told: not of a success. */
bool told_is_due(const struct decision *d);

/* "urn:ietf:params:acme:error:dns" (RFC 8555, 6.7); "" if it has none. */
void told_problem(enum reason reason, struct buf *out);

#endif
