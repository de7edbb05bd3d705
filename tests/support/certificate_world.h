/*
 * certificate_world.h -- certificates to order: good ones for tls-alpn-01, and
 * all that an applicant might show instead.
 */
#ifndef TESTS_CERTIFICATE_WORLD_H
#define TESTS_CERTIFICATE_WORLD_H

#include "base/mem.h"
#include "base/span.h"

#include <openssl/evp.h>

enum { RECIPE_EXTENSIONS_MAX = 4 };

#define OID_ALT_NAME  "2.5.29.17"
#define OID_ACME      "1.3.6.1.5.5.7.1.31"
#define OID_ACME_OLD  "1.3.6.1.5.5.7.1.30.1"
#define OID_BASIC     "2.5.29.19"
#define OID_OF_NOBODY "1.3.6.1.4.1.99999.1"

/* Bytes of a literal that may hold zeros. */
#define RAW(s) s, sizeof(s) - 1

struct recipe_extension {
	const char *oid; /* NULL: no more */
	bool critical;
	const char *value; /* contents of the OCTET STRING */
	size_t len;
};

enum recipe_key { KEY_P256, KEY_RSA, KEY_ED25519 };

struct recipe {
	struct recipe_extension extensions[RECIPE_EXTENSIONS_MAX];
	enum recipe_key key;
	size_t copies;     /* of the last extension, each of another kind */
	bool other_key;    /* signed by another than the one inside */
	bool other_issuer; /* signed by its own, issuer and subject differ */
	bool version_1;    /* and without extensions */
};

/* A new key; EVP_PKEY_free() it. */
EVP_PKEY *certificate_key(enum recipe_key kind);
/* The DER, in the arena; key is the one inside. */
struct span certificate_make(struct arena *arena, const struct recipe *recipe,
                             EVP_PKEY *key);

/* The validation certificate for a name and a digest (RFC 8737, 3), or with
   address_len > 0 for that many bytes of address. */
struct span certificate_good(struct arena *arena, const char *name,
                             size_t address_len, const uint8_t digest[32],
                             EVP_PKEY *key);

#endif
