/*
 * digest.h -- SHA-256 and HMAC-SHA-256, over OpenSSL's EVP.
 *
 * Algorithms are fetched once per process and contexts are kept per thread,
 * so a digest of a short record costs its compression rounds and little else.
 * Every function may be called from any thread. A library that can't give
 * SHA-256 is a broken machine: the process ends.
 */
#ifndef TRUST_DIGEST_H
#define TRUST_DIGEST_H

#include "base/span.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_ROOM = 2 * DIGEST_BYTES + 1 };

struct digest {
	uint8_t b[DIGEST_BYTES];
};

struct digest digest_of(struct span bytes);
/* Of all spans one after the other. Boundaries leave no trace: where that
   matters the caller puts lengths or separators in. */
struct digest digest_of_spans(const struct span *spans, size_t count);

/* HMAC-SHA-256 (RFC 2104) of all spans one after the other. */
struct digest digest_hmac(struct span key, const struct span *spans,
                          size_t count);

/* Lower-case hex and a NUL into out (DIGEST_HEX_ROOM); returns out. */
const char *digest_hex(const struct digest *d, char *out);
/* Exactly 64 lower-case hex digits, since a digest has one spelling; false
   leaves *out. */
bool digest_parse(struct span hex, struct digest *out)
	__attribute__((warn_unused_result));

static inline struct span digest_span(const struct digest *d)
{
	return span_of(d->b, DIGEST_BYTES);
}

/* Takes the same time wherever they differ. */
bool digest_eq(const struct digest *a, const struct digest *b);
/* The same for secrets of any length; only the lengths may be learned. */
bool secret_eq(struct span a, struct span b);
/* Overwrites in a way that no compiler leaves out. */
void secret_wipe(void *p, size_t n);

/* OpenSSL as the process runs with it: "3.0.22". */
const char *trust_library_version(void);

#endif
