#include "base/mem.h"
#include "http_internal.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdlib.h>

enum {
	HANDSHAKE_BYTES_MAX = 65536, /* as in tls_shake.h */
	/* a response at its caps and tickets, in records of 100 bytes or so */
	RECEIVED_BYTES_MAX = 524288,
	RECORD_HEAD = 5,
	ALERT_BYTES = 2
};

/* What one connection sent. libcurl may read on after its handle has gone
   (since 8.10 it waits for the peer's end of TLS), so this lives as long as
   the connection's context. */
struct meter {
	size_t bytes;
	bool made; /* the handshake */
	bool flood;
	bool ended; /* by close_notify */
};

static void free_meter(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
                       long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	free(ptr);
}

/* OpenSSL gives an index for as long as the process lives. */
static int meter_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL,
		                                 free_meter);
	if (index < 0)
		abort();
	return index;
}

/* NULL: there was no handshake yet. */
static struct meter *meter_of(const struct http_fetch *op)
{
	return op->tls != NULL ? SSL_CTX_get_ex_data(op->tls, meter_index())
	                       : NULL;
}

/*
 * OpenSSL reads on as long as a server sends what is no data: HelloRequests in
 * a handshake, KeyUpdates and tickets behind it. libcurl's loop does not get
 * its turn then, and neither do the deadline and anybody else's check. From
 * here on there is nothing to read.
 */
static void stop_reading(struct meter *meter, SSL *ssl)
{
	BIO *nothing = BIO_new(BIO_s_null());

	if (nothing == NULL)
		abort();
	meter->flood = true;
	SSL_set0_rbio(ssl, nothing);
}

static void on_record(int sent, int version, int type, const void *bytes,
                      size_t len, SSL *ssl, void *arg)
{
	struct meter *meter = arg;
	const uint8_t *head = bytes;
	size_t most = meter->made ? RECEIVED_BYTES_MAX : HANDSHAKE_BYTES_MAX;

	(void)version;
	if (!sent && type == SSL3_RT_ALERT && len == ALERT_BYTES &&
	    head[1] == SSL3_AD_CLOSE_NOTIFY)
		meter->ended = true;
	if (sent || type != SSL3_RT_HEADER || len != RECORD_HEAD)
		return;
	meter->bytes += RECORD_HEAD + (size_t)(head[3] << 8 | head[4]);
	if (meter->bytes > most && !meter->flood)
		stop_reading(meter, ssl);
}

static void measure(struct http_fetch *op, SSL_CTX *ctx)
{
	struct meter *meter = xzalloc(sizeof(*meter));

	if (SSL_CTX_set_ex_data(ctx, meter_index(), meter) != 1)
		abort();
	SSL_CTX_set_msg_callback(ctx, on_record);
	SSL_CTX_set_msg_callback_arg(ctx, meter);
	http_tls_forget(op);
	(void)SSL_CTX_up_ref(ctx);
	op->tls = ctx;
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
	measure(arg, ctx);
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

void http_tls_made(struct http_fetch *op)
{
	struct meter *meter = meter_of(op);

	if (meter != NULL)
		meter->made = true;
}

bool http_tls_flooded(const struct http_fetch *op)
{
	const struct meter *meter = meter_of(op);

	return meter != NULL && meter->flood;
}

bool http_tls_ended(const struct http_fetch *op)
{
	const struct meter *meter = meter_of(op);

	return meter != NULL && meter->ended;
}

void http_tls_forget(struct http_fetch *op)
{
	SSL_CTX_free(op->tls);
	op->tls = NULL;
}
