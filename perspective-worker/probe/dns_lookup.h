/*
 * dns_lookup.h -- one question to the resolver, as an operation.
 *
 * start() never calls done(). done() runs from the loop, once, and the lookup
 * is gone when it does; cancel() ends a lookup without calling done(). *slot is
 * non-NULL exactly while the lookup is in flight.
 *
 * A try that fails or gets no answer in its time is followed by a second one in
 * a context that has not seen the failure. So is one that does not
 * validate: where keys could not be fetched, libunbound takes all below them
 * for bogus for a minute. What is bogus in both is. What the resolver refuses
 * to ask is no try.
 */
#ifndef PROBE_DNS_LOOKUP_H
#define PROBE_DNS_LOOKUP_H

#include "resolver.h"
#include "wire/evidence.h"

struct dns_lookup;

/* seen and everything in it are valid until done() returns. Its texts are
   printable ASCII; name is the name asked for. */
typedef void dns_done_fn(void *owner, const struct dns_evidence *seen);

/* name: text form, no trailing dot, "." for the root; copied. Each try takes
   try_ms at most, all together limit_ms. context: of the first try, which holds
   it from here on. */
void dns_lookup_start(struct resolver_context *context, struct span name,
                      uint16_t type, int64_t try_ms, int64_t limit_ms,
                      dns_done_fn *done, void *owner, struct dns_lookup **slot);
/* Accepts a NULL slot's content. */
void dns_lookup_cancel(struct dns_lookup **slot);

/* What is being asked, as evidence of a question without an answer; valid while
   the lookup is in flight. */
struct dns_evidence dns_lookup_unanswered(const struct dns_lookup *op);

#endif
