#include "trust/digest.h"

#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

/* What one thread computes with. */
struct kit {
	EVP_MD_CTX *md;
	EVP_MAC_CTX *mac;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t kit_key;
static EVP_MD *sha256;
static EVP_MAC *hmac;

/* A machine without SHA-256 or without entropy can't run this program. */
static void must(bool ok)
{
	if (ok)
		return;
	ERR_print_errors_fp(stderr);
	abort();
}

static void kit_free(void *arg)
{
	struct kit *kit = arg;

	EVP_MD_CTX_free(kit->md);
	EVP_MAC_CTX_free(kit->mac);
	free(kit);
}

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	must(sha256 != NULL && hmac != NULL);
	must(pthread_key_create(&kit_key, kit_free) == 0);
}

static struct kit *kit_get(void)
{
	must(pthread_once(&once, fetch) == 0);
	struct kit *kit = pthread_getspecific(kit_key);

	if (kit != NULL)
		return kit;
	kit = xzalloc(sizeof(*kit));
	kit->md = EVP_MD_CTX_new();
	kit->mac = EVP_MAC_CTX_new(hmac);
	must(kit->md != NULL && kit->mac != NULL);
	must(pthread_setspecific(kit_key, kit) == 0);
	return kit;
}

struct digest digest_of(struct span bytes)
{
	return digest_of_spans(&bytes, 1);
}

struct digest digest_of_spans(const struct span *spans, size_t count)
{
	EVP_MD_CTX *md = kit_get()->md;
	struct digest out;

	must(EVP_DigestInit_ex2(md, sha256, NULL) == 1);
	for (size_t i = 0; i < count; i++)
		must(EVP_DigestUpdate(md, spans[i].p, spans[i].len) == 1);
	must(EVP_DigestFinal_ex(md, out.b, NULL) == 1);
	return out;
}

struct digest digest_hmac(struct span key, const struct span *spans,
                          size_t count)
{
	EVP_MAC_CTX *mac = kit_get()->mac;
	char name[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
		                                 0),
		OSSL_PARAM_construct_end(),
	};
	/* A NULL key would mean "the one from last time". */
	const uint8_t *secret = key.len > 0 ? key.p : (const uint8_t *)"";
	struct digest out;
	size_t len = 0;

	must(EVP_MAC_init(mac, secret, key.len, params) == 1);
	for (size_t i = 0; i < count; i++)
		must(EVP_MAC_update(mac, spans[i].p, spans[i].len) == 1);
	must(EVP_MAC_final(mac, out.b, &len, sizeof(out.b)) == 1);
	assert(len == sizeof(out.b));
	return out;
}

const char *digest_hex(const struct digest *d, char *out)
{
	text_hex_cstr(out, digest_span(d));
	return out;
}

bool digest_parse(struct span hex, struct digest *out)
{
	if (hex.len != 2 * sizeof(out->b))
		return false;
	for (size_t i = 0; i < hex.len; i++) {
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return false;
	}
	return text_unhex(hex, out->b);
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return CRYPTO_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool secret_eq(struct span a, struct span b)
{
	return a.len == b.len &&
	       (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}

void secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

const char *trust_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
