/*
 * judge_connect.h -- whom a connection goes to, and whether the evidence's
 * connections are those that were wanted. The judge's own; see
 * judge_internal.h.
 */
#ifndef DECIDE_JUDGE_CONNECT_H
#define DECIDE_JUDGE_CONNECT_H

#include "decide/judge/judge_internal.h"

/* What a hop of the evidence says of its connections. */
struct connects {
	const struct connect_evidence *all;
	size_t count;
};

/* IPv6 first, then IPv4: of the host, or only *literal where that is not NULL.
   False: *j->out wants or ended. A family that could not be looked up does not
   hide the other, unless it is bogus. */
bool judge_find_addresses(struct judging *j, struct span host,
                          const struct addr *literal,
                          struct addr out[JUDGE_ADDRESSES_MAX], size_t *count);

/* Only where we sent it to: addresses and port that were wanted, and a
   connection that was made is the last try. */
bool judge_connects_agree(const struct addr *addresses, size_t count,
                          uint16_t port, struct connects seen);
bool judge_is_connected(struct connects seen);

/* Ends for a hop that was not connected, whose connects agree; to is what it
   was a connection for. The last address that a packet was sent to tells; a
   forbidden one only where there was no other. */
void judge_end_unconnected(struct judging *j, struct span to,
                           struct connects seen);

#endif
