#include "trust/public_key.h"

#include "base/text.h"
#include "trust/keyring.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING }: RFC 8410, 4 */
static const uint8_t spki_head[ED25519_SPKI_BYTES - ED25519_PUBLIC_BYTES] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
};

struct spki public_key_spki(const struct public_key *key)
{
	struct spki out;

	memcpy(out.b, spki_head, sizeof(spki_head));
	memcpy(out.b + sizeof(spki_head), key->b, sizeof(key->b));
	return out;
}

struct digest public_key_id(const struct public_key *key)
{
	struct spki spki = public_key_spki(key);

	return digest_of(span_of(spki.b, sizeof(spki.b)));
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
	while (s.len > 0 && is_space(s.p[0]))
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

static int from_der(struct span der, struct public_key *out, struct err *err)
{
	if (der.len != ED25519_SPKI_BYTES ||
	    memcmp(der.p, spki_head, sizeof(spki_head)) != 0)
		return err_set(err, "is not an Ed25519 public key (SPKI)");
	memcpy(out->b, der.p + sizeof(spki_head), sizeof(out->b));
	return 0;
}

/* The one block of text, which begins with its first line. */
static int from_block(BIO *in, struct public_key *out, struct err *err)
{
	char *name = NULL;
	char *header = NULL;
	unsigned char *der = NULL;
	long len = 0;
	int rc = -1;

	if (PEM_read_bio(in, &name, &header, &der, &len) != 1)
		err_set(err, "is damaged PEM");
	else if (strstr(name, "PRIVATE") != NULL)
		err_set(err, "is a private key; pin the public one, and "
		             "replace the pair: its secret was here");
	else if (strcmp(name, "PUBLIC KEY") != 0 || header[0] != '\0')
		err_set(err, "is PEM, but not \"PUBLIC KEY\"");
	else if (BIO_pending(in) > 0)
		err_set(err, "holds more than one key");
	else
		rc = from_der(span_of(der, (size_t)len), out, err);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
	ERR_clear_error();
	return rc;
}

static int from_pem(struct span text, struct public_key *out, struct err *err)
{
	BIO *in = BIO_new_mem_buf(text.p, (int)text.len);

	if (in == NULL)
		abort();
	int rc = from_block(in, out, err);

	BIO_free(in);
	return rc;
}

static int from_base64(struct span text, struct public_key *out,
                       struct err *err)
{
	struct buf der = { 0 };
	int rc = -1;

	if (text_unbase64(text, &der))
		rc = from_der(buf_span(&der), out, err);
	else
		err_set(err, "is neither PEM nor base64");
	buf_clear(&der);
	return rc;
}

int public_key_parse(struct span text, struct public_key *out, struct err *err)
{
	text = trim(text);
	if (text.len == 0)
		return err_set(err, "is empty");
	if (text.len > KEY_PUBLIC_MAX)
		return err_set(err, "is longer than %d bytes", KEY_PUBLIC_MAX);
	if (text.p[0] == '-')
		return from_pem(text, out, err);
	return from_base64(text, out, err);
}
