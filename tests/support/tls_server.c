#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROTOCOL \
	"\x0a" \
	"acme-tls/1"

static const char *right_name;

static _Noreturn void hold(void)
{
	for (;;)
		pause();
}

/* -- what is chosen */

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                  const unsigned char *in, unsigned in_len, void *arg)
{
	enum tls_manner manner = *(enum tls_manner *)arg;

	(void)ssl;
	if (manner == SERVE_ALPN_REFUSED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = (const unsigned char *)(manner == SERVE_H2 ? "h2"
	                                                  : "acme-tls/1");
	*out_len = manner == SERVE_H2 ? 2 : 10;
	if (in_len != sizeof(PROTOCOL) - 1 || memcmp(in, PROTOCOL, in_len) != 0)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

/* Nothing but what RFC 8737, 3 says, and no ticket of another time. */
static int inspect(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *sni;
	const unsigned char *other;
	size_t len;
	size_t name_len = strlen(right_name);

	(void)arg;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &sni,
	                               &len) ||
	    len != name_len + 5 || memcmp(sni + 5, right_name, name_len) != 0)
		return SSL_CLIENT_HELLO_ERROR;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &other, &len))
		return SSL_CLIENT_HELLO_ERROR;
	return SSL_CLIENT_HELLO_SUCCESS;
}

static SSL_CTX *context(enum tls_manner *manner, struct span der, EVP_PKEY *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate_ASN1(ctx, (int)der.len, der.p);
	SSL_CTX_use_PrivateKey(ctx, key);
	if (*manner != SERVE_NO_ALPN)
		SSL_CTX_set_alpn_select_cb(ctx, choose, manner);
	SSL_CTX_set_client_hello_cb(ctx, inspect, NULL);
	if (*manner == SERVE_TLS_1_2 || *manner == SERVE_RENEGOTIATE)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (*manner == SERVE_TLS_1_1) {
		SSL_CTX_set_security_level(ctx, 0);
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	}
	if (*manner == SERVE_CLIENT_CERT)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

/* -- what is done */

static void say(int fd, const void *bytes, size_t len)
{
	(void)send(fd, bytes, len, MSG_NOSIGNAL);
}

static void repeat(int fd, const void *bytes, size_t len)
{
	while (send(fd, bytes, len, MSG_NOSIGNAL) > 0)
		;
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static size_t listen_to_hello(int fd, unsigned char *hello, size_t room)
{
	ssize_t n = recv(fd, hello, room, 0);

	return n > 0 ? (size_t)n : 0;
}

/* What an honest server would answer to the hello. */
static size_t first_flight(SSL_CTX *ctx, const unsigned char *hello,
                           size_t hello_len, unsigned char *out, size_t room)
{
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem());
	BIO *answer = BIO_new(BIO_s_mem());
	int n;

	SSL_set_bio(ssl, in, answer);
	BIO_write(in, hello, (int)hello_len);
	(void)SSL_accept(ssl);
	n = BIO_read(answer, out, (int)room);
	SSL_free(ssl);
	return n > 0 ? (size_t)n : 0;
}

static void answer_in_part(int fd, SSL_CTX *ctx, enum tls_manner manner)
{
	unsigned char hello[4096];
	unsigned char flight[8192];
	size_t n = listen_to_hello(fd, hello, sizeof(hello));

	n = first_flight(ctx, hello, n, flight, sizeof(flight));
	if (manner != SERVE_DRIP) {
		say(fd, flight, n / 2);
		if (manner == SERVE_HALF)
			hold();
		return;
	}
	for (size_t i = 0; i < n; i++) {
		say(fd, flight + i, 1);
		(void)poll(NULL, 0, 5); /* the drip's pace */
	}
	hold();
}

static void shake_hands(int fd, SSL_CTX *ctx, enum tls_manner manner)
{
	SSL *ssl = SSL_new(ctx);
	char bytes[64];

	SSL_set_fd(ssl, fd);
	if (manner == SERVE_EARLY_DATA) {
		size_t n;

		SSL_set_max_early_data(ssl, 100);
		(void)SSL_read_early_data(ssl, bytes, sizeof(bytes), &n);
		(void)SSL_write_early_data(ssl, "hello", 5, &n);
	}
	if (SSL_accept(ssl) == 1) {
		if (manner == SERVE_RENEGOTIATE) {
			(void)SSL_renegotiate(ssl);
			(void)SSL_do_handshake(ssl);
		}
		(void)SSL_read(ssl, bytes, sizeof(bytes));
	}
	SSL_free(ssl);
}

static void treat(int fd, SSL_CTX *ctx, enum tls_manner manner)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	static const char request[] = "\x16\x03\x03\0\x04\0\0\0\0";
	static const char warning[] = "\x15\x03\x03\0\x02\x01\x5a";
	static const char notify[] = "\x15\x03\x03\0\x02\x01\0";
	unsigned char hello[4096];

	switch (manner) {
	case SERVE_RIGHT:
	case SERVE_TLS_1_2:
	case SERVE_TLS_1_1:
	case SERVE_CLIENT_CERT:
	case SERVE_EARLY_DATA:
	case SERVE_RENEGOTIATE:
	case SERVE_NO_ALPN:
	case SERVE_H2:
	case SERVE_ALPN_REFUSED: shake_hands(fd, ctx, manner); return;
	case SERVE_HALF:
	case SERVE_HALF_CLOSE:
	case SERVE_DRIP: answer_in_part(fd, ctx, manner); return;
	case SERVE_BANNER: say(fd, "220 ready\r\n", 11); hold();
	case SERVE_SILENCE: hold();
	case SERVE_CLOSE:
	case SERVE_RESET:
	case SERVE_CLOSE_NOTIFY:
	case SERVE_HTTP:
	case SERVE_GARBAGE:
	case SERVE_HELLO_REQUESTS:
	case SERVE_WARNINGS: break;
	}
	(void)listen_to_hello(fd, hello, sizeof(hello));
	if (manner == SERVE_RESET)
		reset(fd);
	if (manner == SERVE_HTTP)
		say(fd, http, sizeof(http) - 1);
	if (manner == SERVE_CLOSE_NOTIFY)
		say(fd, notify, sizeof(notify) - 1);
	if (manner == SERVE_GARBAGE)
		say(fd, "\x16\x03\x03\0\x04\xff\xff\xff\xff", 9);
	if (manner == SERVE_HELLO_REQUESTS)
		repeat(fd, request, sizeof(request) - 1);
	if (manner == SERVE_WARNINGS)
		repeat(fd, warning, sizeof(warning) - 1);
}

static _Noreturn void serve(int listener, enum tls_manner manner,
                            struct span der, EVP_PKEY *key)
{
	SSL_CTX *ctx = context(&manner, der, key);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		treat(fd, ctx, manner);
		(void)close(fd);
	}
}

struct tls_server tls_server_start(enum tls_manner manner, struct span der,
                                   EVP_PKEY *key, const char *name)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	struct tls_server server;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	right_name = name;
	inet_pton(AF_INET, "127.0.0.2", &at.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	server.port = ntohs(at.sin_port);
	server.pid = fork();
	ck_assert_int_ge(server.pid, 0);
	if (server.pid == 0)
		serve(fd, manner, der, key);
	close(fd);
	return server;
}

void tls_server_stop(struct tls_server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}
