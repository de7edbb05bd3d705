/*
 * judge_connect.h -- whom a request goes to, and whether the evidence's
 * connections are those that were wanted. The judge's own; see
 * judge_internal.h.
 */
#ifndef DECIDE_JUDGE_CONNECT_H
#define DECIDE_JUDGE_CONNECT_H

#include "decide/judge/judge_internal.h"
#include "decide/judge/url.h"

/* Fills http->addresses. False: *j->out wants or ended. A family that could not
   be looked up does not hide the other, unless it is bogus. */
bool judge_find_addresses(struct judging *j, const struct url *url,
                          struct http_wanted *http);

/* Only where we sent it to: addresses and port that were wanted, and a
   connection that was made is the last try. */
bool judge_connects_agree(const struct http_wanted *http,
                          const struct http_evidence *seen);
bool judge_is_connected(const struct http_evidence *seen);

/* Ends for a hop that was not connected, whose connects agree. The last address
   that a packet was sent to tells; a forbidden one only where there was no
   other. */
void judge_end_unconnected(struct judging *j, const struct http_evidence *seen);

#endif
