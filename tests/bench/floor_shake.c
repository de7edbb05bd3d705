#include "tests/bench/floor.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 443 };

static const unsigned char protocols[] = "\x0a"
					 "acme-tls/1";

static int accept_any(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

/* As the probe has it (probe/tls_session.c). */
static SSL_CTX *make_context(void)
{
	char groups[] = "X25519:P-256:P-384:P-521:X448";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL || SSL_CTX_set1_groups_list(ctx, groups) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		floor_die("OpenSSL makes no context");
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	                                 SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
	return ctx;
}

static int connect_to(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		floor_die("%s: no TLS server", address);
	return fd;
}

static void shake(SSL_CTX *ctx, const struct floor_tls *tls, uint64_t number)
{
	const unsigned char *chosen = NULL;
	unsigned len = 0;
	char name[256];
	SSL *ssl = SSL_new(ctx);
	int fd = connect_to(tls->address);

	(void)snprintf(name, sizeof(name), "f%llu.%s",
	               (unsigned long long)number, tls->zone);
	(void)SSL_set_tlsext_host_name(ssl, name);
	(void)SSL_set_alpn_protos(ssl, protocols, sizeof(protocols) - 1);
	(void)SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) != 1)
		floor_die("%s: no handshake", name);
	SSL_get0_alpn_selected(ssl, &chosen, &len);
	if (len != sizeof(protocols) - 2 ||
	    memcmp(chosen, protocols + 1, len) != 0)
		floor_die("%s: another protocol", name);
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(fd);
}

double floor_shake(const struct floor_tls *tls, double seconds)
{
	SSL_CTX *ctx = make_context();
	double end = floor_wall_s() + seconds;
	double cpu = floor_cpu_us();
	uint64_t done = 0;

	while (floor_wall_s() < end)
		shake(ctx, tls, done++);
	cpu = floor_cpu_us() - cpu;
	SSL_CTX_free(ctx);
	return cpu / (double)done;
}
