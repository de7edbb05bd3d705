/*
 * bench_alpn -- the other end of tls-alpn-01 for any number of names: for each
 * handshake a certificate is made for the name asked for (RFC 8737, 3).
 *
 *   bench_alpn ADDRESS DIGEST [MUTE-ZONE]
 *
 * DIGEST: SHA-256 of the key authorization, in hex. Threads that each serve one
 * connection at a time, since a handshake waits for its other end. Who asks for
 * a name below MUTE-ZONE is not answered, and holds none of them.
 */
#include "base/text.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	THREADS = 64,
	BACKLOG = 1024,
	WAIT_S = 10,
	PORT = 443,
	DIGEST_BYTES = 32,
	NAME_HEAD = 5, /* before the name in the extension: RFC 6066, 3 */
	LIFE_S = 7 * 86400
};

static const char *digest_hex;
static EVP_PKEY *key;
static int listener;
static const char *mute_zone; /* ".cdn.example"; NULL: none */
static int parked;            /* epoll: connections that get no answer */

static void die(const char *what)
{
	(void)fprintf(stderr, "bench_alpn: %s\n", what);
	exit(1);
}

static int add_extension(X509 *cert, X509V3_CTX *ctx, const char *name,
                         const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_nconf(NULL, ctx, name, value);
	int done = e != NULL && X509_add_ext(cert, e, -1);

	X509_EXTENSION_free(e);
	return done;
}

static X509 *certificate_for(const char *name)
{
	X509 *cert = X509_new();
	X509V3_CTX ctx;
	char alt[300], acme[128];
	X509_NAME *subject = X509_get_subject_name(cert);

	(void)snprintf(alt, sizeof(alt), "DNS:%s", name);
	(void)snprintf(acme, sizeof(acme), "critical,DER:0420%s", digest_hex);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), LIFE_S);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	                           (const unsigned char *)"challenge", -1, -1,
	                           0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	if (!add_extension(cert, &ctx, "subjectAltName", alt) ||
	    !add_extension(cert, &ctx, "1.3.6.1.5.5.7.1.31", acme) ||
	    X509_sign(cert, key, EVP_sha256()) == 0)
		die("OpenSSL makes no certificate");
	return cert;
}

/* 0 ends the handshake. */
static int on_certificate(SSL *ssl, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	X509 *cert;
	int done;

	(void)arg;
	if (name == NULL || strlen(name) > 253)
		return 0;
	cert = certificate_for(name);
	done = SSL_use_certificate(ssl, cert) && SSL_use_PrivateKey(ssl, key);
	X509_free(cert);
	return done;
}

static int on_protocols(SSL *ssl, const unsigned char **out,
                        unsigned char *out_len, const unsigned char *in,
                        unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x0a"
					    "acme-tls/1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in,
	                          in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool is_mute(SSL *ssl)
{
	const unsigned char *at;
	size_t len, zone_len = mute_zone != NULL ? strlen(mute_zone) : 0;

	return zone_len > 0 &&
	       SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at,
	                                 &len) == 1 &&
	       len > NAME_HEAD + zone_len &&
	       memcmp(at + len - zone_len, mute_zone, zone_len) == 0;
}

/* RETRY: not yet, and nothing is sent. */
static int on_hello(SSL *ssl, int *alert, void *arg)
{
	(void)alert;
	(void)arg;
	return is_mute(ssl) ? SSL_CLIENT_HELLO_RETRY : SSL_CLIENT_HELLO_SUCCESS;
}

static SSL_CTX *make_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		die("OpenSSL makes no context");
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
	SSL_CTX_set_cert_cb(ctx, on_certificate, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_protocols, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	return ctx;
}

/* Until the other end goes. */
static void park(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(parked, EPOLL_CTL_ADD, fd, &event) != 0)
		die("no connection can be parked");
}

static void *keep_parked(void *arg)
{
	(void)arg;
	for (;;) {
		struct epoll_event event;
		char bytes[512];

		if (epoll_wait(parked, &event, 1, -1) == 1 &&
		    read(event.data.fd, bytes, sizeof(bytes)) <= 0)
			(void)close(event.data.fd);
	}
	return NULL;
}

static void serve(SSL_CTX *ctx, int fd)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	SSL *ssl = SSL_new(ctx);
	bool mute = false;
	char byte;
	int done;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	(void)SSL_set_fd(ssl, fd);
	done = SSL_accept(ssl);
	if (done == 1)
		(void)SSL_read(ssl, &byte, 1);
	else
		mute = SSL_get_error(ssl, done) ==
		       SSL_ERROR_WANT_CLIENT_HELLO_CB;
	SSL_free(ssl);
	if (mute)
		park(fd);
	else
		(void)close(fd);
}

static void *run(void *arg)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			serve(arg, fd);
	}
	return NULL;
}

static void open_listener(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(PORT) };
	const int one = 1;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		die("ADDRESS is no IPv4 address");
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
	    listen(listener, BACKLOG) != 0)
		die("cannot listen on port 443 there");
}

static void start(void *(*what)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, what, arg) != 0)
		die("no threads");
}

int main(int argc, char **argv)
{
	uint8_t digest[DIGEST_BYTES];
	SSL_CTX *ctx;

	if (argc < 3 || argc > 4 ||
	    strlen(argv[2]) != (size_t)2 * DIGEST_BYTES ||
	    !text_unhex(span_str(argv[2]), digest))
		die("usage: bench_alpn ADDRESS DIGEST [MUTE-ZONE]");
	(void)signal(SIGPIPE, SIG_IGN); /* whoever hung up has no more to say */
	digest_hex = argv[2];
	mute_zone = argv[3]; /* or the NULL at the end */
	parked = epoll_create1(EPOLL_CLOEXEC);
	if (parked < 0)
		die("no epoll");
	key = EVP_EC_gen("P-256");
	if (key == NULL)
		die("OpenSSL makes no key");
	ctx = make_context();
	open_listener(argv[1]);
	start(keep_parked, NULL);
	for (int i = 1; i < THREADS; i++)
		start(run, ctx);
	(void)run(ctx);
	return 0;
}
