#include "http_internal.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdlib.h>

enum {
	HANDSHAKE_BYTES_MAX = 65536, /* as in tls_shake.h */
	/* a response at its caps in records of a few bytes each, and tickets */
	RECEIVED_BYTES_MAX = 524288,
	RECORD_HEAD = 5
};

/*
 * OpenSSL reads on as long as a server sends what is no data: HelloRequests in
 * a handshake, KeyUpdates and tickets behind it. libcurl's loop does not get
 * its turn then, and neither do the deadline and anybody else's check. From
 * here on there is nothing to read.
 */
static void stop_reading(struct http_fetch *op, SSL *ssl)
{
	BIO *nothing = BIO_new(BIO_s_null());

	if (nothing == NULL)
		abort();
	op->tls_flood = true;
	SSL_set0_rbio(ssl, nothing);
}

static void on_record(int sent, int version, int type, const void *bytes,
                      size_t len, SSL *ssl, void *arg)
{
	struct http_fetch *op = arg;
	const uint8_t *head = bytes;
	size_t most = op->connected ? RECEIVED_BYTES_MAX : HANDSHAKE_BYTES_MAX;

	(void)version;
	if (sent || type != SSL3_RT_HEADER || len != RECORD_HEAD)
		return;
	op->tls_bytes += RECORD_HEAD + (size_t)(head[3] << 8 | head[4]);
	if (op->tls_bytes > most && !op->tls_flood)
		stop_reading(op, ssl);
}

/*
 * Its own Diffie-Hellman group of up to 10,000 bits, or ffdhe8192, takes this
 * one thread a tenth of a second or more per handshake and the server nothing;
 * every server that a browser can speak to has an elliptic curve. And one
 * handshake per connection.
 */
static CURLcode bound(CURL *easy, void *ctx, void *arg)
{
	/* the macro takes no const */
	char groups[] = "X25519:P-256:P-384:P-521:X448";

	(void)easy;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_msg_callback(ctx, on_record);
	SSL_CTX_set_msg_callback_arg(ctx, arg);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "DEFAULT:!kDHE") != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1)
		return CURLE_SSL_CIPHER;
	return CURLE_OK;
}

void http_tls_set(struct http_fetch *op)
{
	curl_easy_setopt(op->easy, CURLOPT_SSL_CTX_FUNCTION, bound);
	curl_easy_setopt(op->easy, CURLOPT_SSL_CTX_DATA, op);
}
