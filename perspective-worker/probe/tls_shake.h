/*
 * tls_shake.h -- one TLS handshake with the addresses of one host, as an
 * operation (OpenSSL over memory, a socket on the loop).
 *
 * It connects only to numeric addresses it was given and that the guard lets
 * through, in their order; the next one only after no connection was made
 * . Offered are TLS 1.2 and later, the one protocol, the one name. What
 * the server shows is recorded, as it came, and not verified. After the
 * handshake, made or not, the connection is closed; no application data is
 * sent or read, nothing is kept for another one.
 *
 * start() never calls done(). done() runs from the loop, once, and the
 * handshake is gone when it does; cancel() ends it without calling done().
 * *slot is non-NULL exactly while it is in flight.
 */
#ifndef PROBE_TLS_SHAKE_H
#define PROBE_TLS_SHAKE_H

#include "base/guard.h"
#include "decide/judge/judge.h"
#include "loop/loop.h"
#include "wire/evidence.h"

/* What is read of a server at most, whatever it has to say: its certificate
   with some more behind it, or EVIDENCE_CERTIFICATE_MAX and what belongs to the
   rest of a handshake. */
enum { TLS_READ_MAX = 65536, TLS_CERTIFICATES_MAX = 32768 };

struct tls_client;
struct tls_shake;

/* Opens what OpenSSL wants to have, so it comes before the sandbox. Aborts when
   there is no memory. */
struct tls_client *tls_client_new(struct loop *loop);
/* Takes *slot, accepts NULL, leaves NULL. No handshake is in flight. */
void tls_client_free(struct tls_client **slot);
/* Before the first handshake. Borrows guard. connect_ms bounds the connection
   to one address, so that the next has its turn. */
void tls_client_set(struct tls_client *client, const struct guard *guard,
                    int64_t connect_ms);

/* seen and all in it live in the arena given to start(). */
typedef void tls_done_fn(void *owner, const struct tls_evidence *seen);

/* Copies what it needs of wanted. The arena lives as long as the operation, and
   what is seen is put there. */
void tls_shake_start(struct tls_client *client, const struct tls_wanted *wanted,
                     int64_t limit_ms, struct arena *arena, tls_done_fn *done,
                     void *owner, struct tls_shake **slot);
/* Where it connects to or is connected. */
const struct addr *tls_shake_address(const struct tls_shake *op);
/* Accepts a NULL slot's content. */
void tls_shake_cancel(struct tls_shake **slot);

#endif
