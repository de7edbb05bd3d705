/*
 * Certificates, read by us and by OpenSSL: whatever both can read has the same
 * extensions for both, so that nobody is judged by what another would not see.
 * What we refuse, we refuse without a trace, and nothing is self-signed that
 * OpenSSL does not say so of.
 */
#include "decide/judge/certificate.h"
#include "trust/self_signed.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct certificate *c, int at, X509_EXTENSION *theirs)
{
	const struct certificate_extension *ours = &c->extensions[at];
	const ASN1_OBJECT *oid = X509_EXTENSION_get_object(theirs);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(theirs);

	assert(span_eq(ours->oid,
	               span_of(OBJ_get0_data(oid), OBJ_length(oid))));
	assert(ours->critical == (X509_EXTENSION_get_critical(theirs) != 0));
	assert(span_eq(ours->value,
	               span_of(ASN1_STRING_get0_data(value),
	                       (size_t)ASN1_STRING_length(value))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate c = { .extensions_count = 99 };
	struct span der = span_of(data, size);
	const unsigned char *p = data;
	enum certificate_result result = certificate_read(der, &c);
	X509 *cert = d2i_X509(NULL, &p, (long)size);

	ERR_clear_error();
	if (result != CERTIFICATE_OK)
		assert(c.extensions_count == 99);
	if (result == CERTIFICATE_OK && cert != NULL) {
		assert(p == data + size);
		assert((int)c.extensions_count == X509_get_ext_count(cert));
		for (int i = 0; i < X509_get_ext_count(cert); i++)
			compare(&c, i, X509_get_ext(cert, i));
	}
	if (self_signed_check(der) == SELF_SIGNED)
		assert(cert != NULL && p == data + size);
	assert(ERR_peek_error() == 0);
	X509_free(cert);
	return 0;
}
