/*
 * tls_session.h -- our side of one handshake, without a socket: bytes in,
 * bytes out, and what was seen.
 *
 * The first certificate is taken from the message itself, before OpenSSL reads
 * it: what can't be read is evidence too.
 */
#ifndef PROBE_TLS_SESSION_H
#define PROBE_TLS_SESSION_H

#include "base/buf.h"
#include "wire/evidence.h"

struct tls_session;
typedef struct ssl_ctx_st SSL_CTX;

/* What all sessions share; SSL_CTX_free() it. Aborts without memory. */
SSL_CTX *tls_session_context(void);

/* Puts what it sees into *seen, its bytes into the arena; both outlive it.
   Aborts without memory. */
struct tls_session *tls_session_new(SSL_CTX *ctx, struct span name,
                                    struct span protocol, struct arena *arena,
                                    struct tls_evidence *seen);
/* Takes *slot, accepts NULL, leaves NULL. */
void tls_session_free(struct tls_session **slot);

/* Takes what was received (at first: nothing) and appends to out what is to be
   sent. TLS_UNKNOWN: goes on; else how it ended, and it is not to be called
   again. */
enum tls_end tls_session_step(struct tls_session *s, struct span received,
                              struct buf *out);

#endif
