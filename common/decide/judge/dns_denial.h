/*
 * dns_denial.h -- what a validated denial of DS says: is there a zone cut, and
 * is the zone below it without keys (RFC 4034, 4; RFC 5155, 3; R-068)?
 *
 * A denial alone does not say so: names inside a signed zone have no DS either.
 * The NSEC or NSEC3 record at the name itself must show a delegation.
 */
#ifndef DECIDE_DNS_DENIAL_H
#define DECIDE_DNS_DENIAL_H

#include "base/mem.h"

/* packet: a secure answer without DS to the question for name's DS. Whether it
   is validated is for the caller to know. */
bool dns_denial_shows_cut(struct span packet, struct span name,
                          struct arena *arena);

#endif
