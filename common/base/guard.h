/*
 * guard.h -- where no packet of ours may go (promise 7).
 *
 * One set for everybody: HTTP and TLS ask guard_check() before connect and
 * again with the peer's address after it; the resolver's do-not-query list is
 * made of guard_each_prefix(). The set is fixed once the process runs.
 *
 * Only a lab can take something out, and only from the built-in part.
 */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include "base/addr.h"
#include "base/err.h"

/* When several hold: the first in this order is reported. */
enum guard_result {
	GUARD_OK,
	GUARD_NO_ADDRESS, /* neither IPv4 nor IPv6 */
	GUARD_BROKER,
	GUARD_OWN,      /* our own egress address */
	GUARD_OPERATOR, /* listed in the settings */
	GUARD_METADATA, /* cloud metadata outside the registries */
	GUARD_SPECIAL,  /* addr_special() */
	GUARD_PORT,
};

/* "ok", "broker-address", "own-address", ... stable. */
const char *guard_result_name(enum guard_result result);

struct guard;

/* Starts with the built-in part; ports 53, 80 and 443. */
struct guard *guard_new(bool lab);
/* Takes *guard, accepts NULL, leaves NULL. */
void guard_free(struct guard **guard);

/* Adds to the forbidden set. why is GUARD_BROKER, GUARD_OWN or GUARD_OPERATOR.
 */
void guard_forbid(struct guard *guard, const struct prefix *p,
                  enum guard_result why);
/* The same from text: comma or white space between the prefixes. -1 names the
   first bad one; then nothing was added. */
int guard_forbid_text(struct guard *guard, struct span list,
                      enum guard_result why, struct err *err);

/* Lab only (-1 otherwise), and only for prefixes all of loopback or
   documentation addresses. Wins over GUARD_SPECIAL alone. */
int guard_allow_text(struct guard *guard, struct span list, struct err *err);
/* Lab only: another port beside the three. */
int guard_allow_port(struct guard *guard, uint16_t port, struct err *err);

/* detail may be NULL; else it gets words for a message ("10.0.0.0/8
   Private-Use (RFC 1918)"), valid as long as the guard, never NULL. */
enum guard_result guard_check(const struct guard *guard, const struct addr *a,
                              uint16_t port, const char **detail);
/* Without a port. */
enum guard_result guard_check_addr(const struct guard *guard,
                                   const struct addr *a, const char **detail);

typedef void guard_prefix_fn(void *owner, const struct prefix *p,
                             enum guard_result why);

/* Prefixes whose union is exactly what guard_check_addr() refuses: what is
   allowed inside a forbidden prefix is cut out of it. Overlaps are possible. */
void guard_each_prefix(const struct guard *guard, guard_prefix_fn *each,
                       void *owner);

#endif
