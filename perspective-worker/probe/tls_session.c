#include "tls_session.h"

#include "base/mem.h"
#include "evidence_book.h"
#include "tls_memory.h"
#include "tls_shake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

enum {
	RECORD_ALERT = 21, /* RFC 8446, 5.1 */
	RECORD_HANDSHAKE = 22,
	MESSAGE_CLIENT_HELLO = 1, /* RFC 8446, 4 */
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_ENCRYPTED_EXTENSIONS = 8,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_HEAD = 4,
	HELLO_FIXED = 34,    /* version and random */
	HELLO_CHOICES = 3,   /* cipher suite and compression */
	EXTENSION_ALPN = 16, /* RFC 7301 */
	PROTOCOL_MAX = 255,
	CIPHER_MAX = 64
};

struct tls_session {
	SSL *ssl;
	BIO *in;  /* of ssl */
	BIO *out; /* of ssl */
	struct arena *arena;
	struct tls_evidence *seen;
	const void *hello;  /* where the ClientHello was made; in ssl */
	struct span chosen; /* the protocol, before all else is agreed */
	size_t received;
	bool had_certificate;
	bool certificate_large;
};

static void need(bool had)
{
	if (!had)
		abort(); /* OpenSSL had no memory */
}

/* -- what the server shows */

static uint32_t take_u24(struct cursor *c)
{
	uint32_t high = take_u8(c);

	return high << 16 | take_u16(c);
}

/* RFC 5246, 7.4.2; RFC 8446, 4.4.2: before the list stands a context there. */
static struct span first_certificate(struct span message, bool with_context)
{
	struct cursor c = { .left = message };

	(void)take(&c, MESSAGE_HEAD);
	if (with_context)
		(void)take(&c, take_u8(&c));
	(void)take_u24(&c); /* bytes of the list; OpenSSL checks that */
	return take(&c, take_u24(&c));
}

static void note_certificate(struct tls_session *s, struct span message)
{
	bool with_context = SSL_version(s->ssl) >= TLS1_3_VERSION;
	struct span der = first_certificate(message, with_context);

	if (s->had_certificate)
		return; /* a second one ends the handshake */
	s->had_certificate = true;
	if (der.len > EVIDENCE_CERTIFICATE_MAX)
		s->certificate_large = true;
	else if (der.len > 0)
		s->seen->certificate = arena_span(s->arena, der);
}

/* The protocol chosen (RFC 7301, 3.1), whether OpenSSL likes it or not. */
static void note_protocol(struct tls_session *s, struct span message, int type)
{
	struct cursor c = { .left = message };
	struct cursor list;

	(void)take(&c, MESSAGE_HEAD);
	if (type == MESSAGE_SERVER_HELLO) {
		(void)take(&c, HELLO_FIXED);
		(void)take(&c, take_u8(&c)); /* session id */
		(void)take(&c, HELLO_CHOICES);
	}
	list = (struct cursor){ .left = take(&c, take_u16(&c)) };
	while (!list.ran_out && list.left.len > 0) {
		uint16_t which = take_u16(&list);
		struct cursor in = { .left = take(&list, take_u16(&list)) };
		struct span protocol;

		(void)take_u16(&in);
		protocol = take(&in, take_u8(&in));
		if (which == EXTENSION_ALPN && !in.ran_out && protocol.len > 0)
			s->chosen = arena_span(s->arena, protocol);
	}
}

static void on_message(int sent, int version, int type, const void *bytes,
                       size_t len, SSL *ssl, void *arg)
{
	struct tls_session *s = arg;
	struct span message = span_of(bytes, len);

	(void)version;
	(void)ssl;
	if (type != RECORD_HANDSHAKE || len == 0)
		return;
	if (sent) {
		if (message.p[0] == MESSAGE_CLIENT_HELLO)
			s->hello = bytes;
		return;
	}
	switch (message.p[0]) {
	case MESSAGE_CERTIFICATE: note_certificate(s, message); return;
	case MESSAGE_SERVER_HELLO:
	case MESSAGE_ENCRYPTED_EXTENSIONS:
		note_protocol(s, message, message.p[0]);
		return;
	default: return;
	}
}

static void note_agreed(struct tls_session *s)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(s->ssl);
	const unsigned char *protocol = NULL;
	unsigned len = 0;

	s->seen->version = SSL_version(s->ssl);
	if (cipher != NULL)
		s->seen->cipher = span_sub(
			evidence_words(s->arena, SSL_CIPHER_get_name(cipher)),
			0, CIPHER_MAX);
	SSL_get0_alpn_selected(s->ssl, &protocol, &len);
	if (len > 0 && len <= PROTOCOL_MAX)
		s->seen->protocol =
			arena_span(s->arena, span_of(protocol, len));
}

/* -- the handshake */

/* A fatal alert of the server's is an error with its number in it. */
static enum tls_end how_it_failed(struct tls_session *s, unsigned long error)
{
	int reason = ERR_GET_REASON(error);

	if (s->certificate_large)
		return TLS_LARGE;
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return TLS_BAD;
	if (reason == SSL_R_EXCESSIVE_MESSAGE_SIZE)
		return TLS_LARGE;
	if (reason >= SSL_AD_REASON_OFFSET &&
	    reason <= SSL_AD_REASON_OFFSET + UINT8_MAX) {
		s->seen->alert = SOME_INT(reason - SSL_AD_REASON_OFFSET);
		return TLS_ALERT;
	}
	return TLS_BAD;
}

static enum tls_end failed(struct tls_session *s)
{
	unsigned long error = ERR_peek_error();
	enum tls_end end = how_it_failed(s, error);
	const char *words = ERR_reason_error_string(error);

	s->seen->error =
		evidence_words(s->arena, words != NULL ? words : "no reason");
	ERR_clear_error();
	if (end == TLS_BAD) /* it may be why */
		s->seen->protocol = s->chosen;
	return end;
}

static enum tls_end shake(struct tls_session *s)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(s->ssl);
	if (done == 1) {
		note_agreed(s);
		(void)SSL_shutdown(s->ssl); /* says that nothing follows */
		return s->certificate_large ? TLS_LARGE : TLS_COMPLETE;
	}
	switch (SSL_get_error(s->ssl, done)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: return TLS_UNKNOWN;
	case SSL_ERROR_ZERO_RETURN: return TLS_RESET;
	default: return failed(s);
	}
}

/* Anything else that a port may say first: "HTTP/1.1 400 Bad Request". */
static bool begins_like_tls(struct span received)
{
	if (received.p[0] != RECORD_ALERT && received.p[0] != RECORD_HANDSHAKE)
		return false;
	return received.len < 2 || received.p[1] == 3;
}

static void drain(struct tls_session *s, struct buf *out)
{
	uint8_t bytes[2048];
	int n;

	while ((n = BIO_read(s->out, bytes, sizeof(bytes))) > 0)
		buf_add(out, bytes, (size_t)n);
}

enum tls_end tls_session_step(struct tls_session *s, struct span received,
                              struct buf *out)
{
	enum tls_end end;

	if (received.len > 0) {
		if (s->received == 0 && !begins_like_tls(received))
			return TLS_OTHER;
		s->received += received.len;
		if (s->received > TLS_READ_MAX)
			return TLS_LARGE;
		need(BIO_write(s->in, received.p, (int)received.len) ==
		     (int)received.len);
	}
	end = shake(s);
	drain(s, out);
	if (end == TLS_UNKNOWN && s->received == 0)
		tls_memory_idle(s->hello); /* it is sent: see there */
	return end;
}

/* -- made and freed */

/* Recorded, not verified; and no chain is built, of whatever was sent. */
static int accept_any(X509_STORE_CTX *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return 1;
}

/* What a server may make us compute is what http_tls.c lets it. */
SSL_CTX *tls_session_context(void)
{
	/* the macro takes no const */
	char groups[] = "X25519:P-256:P-384:P-521:X448";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	need(ctx != NULL);
	need(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	need(SSL_CTX_set_cipher_list(ctx, "DEFAULT:!kDHE") == 1);
	need(SSL_CTX_set1_groups_list(ctx, groups) == 1);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	                                 SSL_OP_NO_COMPRESSION);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
	SSL_CTX_set_options(ctx, SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
#endif
	/* a handshake that waits keeps no record buffers, 17 KiB each way */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
	SSL_CTX_set_max_cert_list(ctx, TLS_CERTIFICATES_MAX);
	return ctx;
}

static void offer(SSL *ssl, struct span name, struct span protocol)
{
	uint8_t list[1 + PROTOCOL_MAX] = { (uint8_t)protocol.len };
	char *text = xspandup(name);

	need(protocol.len > 0 && protocol.len <= PROTOCOL_MAX);
	memcpy(list + 1, protocol.p, protocol.len);
	need(SSL_set_alpn_protos(ssl, list, (unsigned)protocol.len + 1) == 0);
	need(SSL_set_tlsext_host_name(ssl, text) == 1);
	free(text);
}

struct tls_session *tls_session_new(SSL_CTX *ctx, struct span name,
                                    struct span protocol, struct arena *arena,
                                    struct tls_evidence *seen)
{
	struct tls_session *s = xzalloc(sizeof(*s));

	s->arena = arena;
	s->seen = seen;
	s->ssl = SSL_new(ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	need(s->ssl != NULL && s->in != NULL && s->out != NULL);
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_connect_state(s->ssl);
	SSL_set_msg_callback(s->ssl, on_message);
	SSL_set_msg_callback_arg(s->ssl, s);
	offer(s->ssl, name, protocol);
	return s;
}

void tls_session_free(struct tls_session **slot)
{
	struct tls_session *s = *slot;

	if (s == NULL)
		return;
	*slot = NULL;
	SSL_free(s->ssl);
	ERR_clear_error();
	free(s);
}
