/*
 * trust_anchor.h -- is this line a trust anchor that validation will use?
 *
 * libunbound takes any text for one and passes over what it does not
 * understand: with no anchor left everything is "insecure", nothing is bogus.
 * So every line has to be one that it can't pass over.
 */
#ifndef PROBE_TRUST_ANCHOR_H
#define PROBE_TRUST_ANCHOR_H

#include "base/err.h"
#include "base/span.h"

/* A DS or DNSKEY record of the root (in a lab of any zone), class IN, with an
   algorithm that is implemented, not revoked. -1 says what it lacks. */
int trust_anchor_check(struct span line, bool lab, struct err *err)
	__attribute__((warn_unused_result));

/* Is it one of IANA's root keys that this version knows (20326 of 2017, 38696
   of 2024)? A DS by SHA-256 or the key itself; for a line that was checked. */
bool trust_anchor_is_iana(struct span line);

#endif
