#include "trust/self_signed.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

enum { RSA_BITS_MAX = 8192 };

/* A curve of one's own may be one on which arithmetic takes for ever. */
static bool is_named_curve(const EVP_PKEY *key)
{
	int is_explicit = 1;

	return EVP_PKEY_get_int_param(
		       key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		       &is_explicit) == 1 &&
	       is_explicit == 0;
}

static bool may_be_tried(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS: return EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	case EVP_PKEY_EC: return is_named_curve(key);
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448: return true;
	default: return false;
	}
}

static enum self_signed check(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	if (key == NULL || !may_be_tried(key))
		return SELF_SIGNED_KEY;
	return X509_verify(cert, key) == 1 ? SELF_SIGNED : SELF_SIGNED_NOT;
}

enum self_signed self_signed_check(struct span der)
{
	enum self_signed result = SELF_SIGNED_UNREADABLE;
	const unsigned char *p = der.p;
	X509 *cert;

	if (der.len == 0 || der.len > LONG_MAX)
		return result;
	ERR_set_mark();
	cert = d2i_X509(NULL, &p, (long)der.len);
	if (cert != NULL && p == der.p + der.len)
		result = check(cert);
	X509_free(cert);
	ERR_pop_to_mark();
	return result;
}

const char *self_signed_name(enum self_signed result)
{
	switch (result) {
	case SELF_SIGNED: return "is self-signed";
	case SELF_SIGNED_NOT: return "is not signed with its own key";
	case SELF_SIGNED_KEY: return "has a key of a kind that is not used";
	case SELF_SIGNED_UNREADABLE: return "can't be read";
	}
	return "unknown";
}
