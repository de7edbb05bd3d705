/*
 * http_fetch.h -- one hop: one GET to the addresses of one host, as an
 * operation (libcurl, multi_socket).
 *
 * It connects only to numeric addresses it was given and that the guard lets
 * through, each on a connection of its own, in their order; the next one only
 * after no connection was made. No redirect is followed, nothing is
 * kept from one fetch for another: no connection, session, cookie, or name
 * . A certificate is recorded, not verified.
 *
 * start() never calls done(). done() runs from the loop, once, and the fetch is
 * gone when it does; cancel() ends a fetch without calling done(). *slot is
 * non-NULL exactly while the fetch is in flight.
 */
#ifndef PROBE_HTTP_FETCH_H
#define PROBE_HTTP_FETCH_H

#include "base/guard.h"
#include "decide/judge/judge.h"
#include "loop/loop.h"
#include "wire/evidence.h"

struct http_client;
struct http_fetch;

/* Opens what libcurl wants to have, so it comes before the sandbox. Aborts
   when there is no memory. curl_global_init() was called. */
struct http_client *http_client_new(struct loop *loop);
/* Takes *slot, accepts NULL, leaves NULL. No fetch is in flight. */
void http_client_free(struct http_client **slot);
/* Before the first fetch. Borrows guard. connect_ms bounds one address, TLS
   included, so that the next has its turn. */
void http_client_set(struct http_client *client, const struct guard *guard,
                     struct span user_agent, int64_t connect_ms);

/* False when something in wanted can't be sent as it is: control characters,
   no address, an empty host. Ask before http_fetch_start(). */
bool http_wanted_is_good(const struct http_wanted *wanted);

/* seen and all in it live in the arena given to start(). */
typedef void http_done_fn(void *owner, const struct http_evidence *seen);

/* Copies what it needs of wanted. The arena lives as long as the fetch, and
   what is seen is put there when it ends. */
void http_fetch_start(struct http_client *client,
                      const struct http_wanted *wanted, int64_t limit_ms,
                      struct arena *arena, http_done_fn *done, void *owner,
                      struct http_fetch **slot);
/* Where it connects to or is connected; the last one when it is about to end.
 */
const struct addr *http_fetch_address(const struct http_fetch *op);
/* Accepts a NULL slot's content. */
void http_fetch_cancel(struct http_fetch **slot);

#endif
