/*
 * tls_server.h -- a TLS server of the hostile kind, as a process of its own:
 * it does to each connection what a manner says.
 */
#ifndef TESTS_TLS_SERVER_H
#define TESTS_TLS_SERVER_H

#include "base/span.h"

#include <openssl/evp.h>
#include <sys/types.h>

enum tls_manner {
	SERVE_RIGHT, /* refuses a hello that is not as it should be */
	SERVE_TLS_1_2,
	SERVE_TLS_1_1,
	SERVE_CLIENT_CERT,  /* asks for one */
	SERVE_EARLY_DATA,   /* application data before our Finished */
	SERVE_RENEGOTIATE,  /* at once, TLS 1.2 */
	SERVE_NO_ALPN,      /* has not heard of it */
	SERVE_H2,           /* chooses what nobody offered */
	SERVE_ALPN_REFUSED, /* alert 120 */
	SERVE_SILENCE,
	SERVE_HALF, /* of its first flight, then silence */
	SERVE_DRIP, /* its first flight, byte by byte */
	SERVE_CLOSE,
	SERVE_HALF_CLOSE, /* half of its first flight, then the end */
	SERVE_RESET,
	SERVE_CLOSE_NOTIFY,
	SERVE_HTTP,           /* answers the hello with 400 */
	SERVE_BANNER,         /* does not wait for it */
	SERVE_GARBAGE,        /* in a record of TLS */
	SERVE_HELLO_REQUESTS, /* for ever */
	SERVE_WARNINGS        /* warning alerts, for ever */
};

struct tls_server {
	pid_t pid;
	uint16_t port;
};

/* On 127.0.0.2 and a port that is free, with that certificate; name is the SNI
   that is right. Fails the test when it can't. */
struct tls_server tls_server_start(enum tls_manner manner, struct span der,
                                   EVP_PKEY *key, const char *name);
void tls_server_stop(struct tls_server *server);

#endif
