#include "tests/support/certificate_world.h"

#include <check.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

EVP_PKEY *certificate_key(enum recipe_key kind)
{
	EVP_PKEY *key = NULL;

	switch (kind) {
	case KEY_P256: key = EVP_EC_gen("P-256"); break;
	case KEY_RSA: key = EVP_RSA_gen(2048); break;
	case KEY_ED25519: key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); break;
	}
	ck_assert_ptr_nonnull(key);
	return key;
}

static void add_extension(X509 *cert, const char *oid,
                          const struct recipe_extension *e)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *made;

	ASN1_OCTET_STRING_set(value, (const unsigned char *)e->value,
	                      (int)e->len);
	made = X509_EXTENSION_create_by_OBJ(NULL, object, e->critical, value);
	ck_assert_int_eq(X509_add_ext(cert, made, -1), 1);
	X509_EXTENSION_free(made);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *cert, const struct recipe *recipe)
{
	const struct recipe_extension *last = NULL;
	char oid[64];

	for (int i = 0; i < RECIPE_EXTENSIONS_MAX; i++) {
		if (recipe->extensions[i].oid == NULL)
			break;
		last = &recipe->extensions[i];
		add_extension(cert, last->oid, last);
	}
	for (size_t i = 0; i < recipe->copies; i++) {
		snprintf(oid, sizeof(oid), OID_OF_NOBODY ".%zu", i);
		add_extension(cert, oid, last);
	}
}

static void set_name(X509_NAME *name, const char *text)
{
	ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                                            (const unsigned char *)text,
	                                            -1, -1, 0),
	                 1);
}

static struct span der_of(struct arena *arena, X509 *cert)
{
	int len = i2d_X509(cert, NULL);
	unsigned char *out = arena_alloc(arena, (size_t)len);
	struct span der = span_of(out, (size_t)len);

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(i2d_X509(cert, &out), len);
	return der;
}

struct span certificate_make(struct arena *arena, const struct recipe *recipe,
                             EVP_PKEY *key)
{
	X509 *cert = X509_new();
	EVP_PKEY *other =
		recipe->other_key ? certificate_key(recipe->key) : NULL;
	EVP_PKEY *signer = other != NULL ? other : key;
	const EVP_MD *md = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519
	                           ? NULL
	                           : EVP_sha256();
	struct span der;

	X509_set_version(cert, recipe->version_1 ? 0 : 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	set_name(X509_get_subject_name(cert), "challenge");
	set_name(X509_get_issuer_name(cert),
	         recipe->other_issuer ? "somebody" : "challenge");
	ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
	if (!recipe->version_1)
		add_extensions(cert, recipe);
	ck_assert_int_gt(X509_sign(cert, signer, md), 0);
	der = der_of(arena, cert);
	EVP_PKEY_free(other);
	X509_free(cert);
	return der;
}

struct span certificate_good(struct arena *arena, const char *name,
                             size_t address_len, const uint8_t digest[32],
                             EVP_PKEY *key)
{
	size_t len = address_len > 0 ? address_len : strlen(name);
	char alt[300] = { 0x30, (char)(len + 2),
		          (char)(address_len > 0 ? 0x87 : 0x82), (char)len };
	char acme[34] = { 0x04, 32 };
	const struct recipe recipe = { .extensions = {
					       { OID_ALT_NAME, false, alt,
		                                 len + 4 },
					       { OID_ACME, true, acme,
		                                 sizeof(acme) },
				       } };

	ck_assert_uint_lt(len, 126);
	memcpy(alt + 4, name, len);
	memcpy(acme + 2, digest, 32);
	return certificate_make(arena, &recipe, key);
}
