/*
 * certificate.h -- a certificate's shape: who issued it to whom, and its
 * extensions (RFC 5280, 4.1).
 *
 * DER and nothing else: definite, shortest lengths, no byte behind the end of
 * anything. What is inside names, key and extensions is not looked at, and no
 * signature is verified (trust/self_signed.h).
 */
#ifndef DECIDE_JUDGE_CERTIFICATE_H
#define DECIDE_JUDGE_CERTIFICATE_H

#include "base/span.h"

enum {
	CERTIFICATE_EXTENSIONS_MAX = 64 /* an honest one has two to ten */
};

enum certificate_result {
	CERTIFICATE_OK,
	CERTIFICATE_NOT_DER,
	CERTIFICATE_NOT_V3,     /* without extensions, then */
	CERTIFICATE_ALGORITHMS, /* the two that it names differ */
	CERTIFICATE_EXTENSION,  /* one that can't be read */
	CERTIFICATE_TOO_MANY    /* extensions */
};

struct certificate_extension {
	struct span oid; /* contents of the OBJECT IDENTIFIER */
	bool critical;
	struct span value; /* contents of the OCTET STRING */
};

struct certificate {
	struct span issuer; /* whole elements, to be compared */
	struct span subject;
	struct certificate_extension extensions[CERTIFICATE_EXTENSIONS_MAX];
	size_t extensions_count;
};

/* On refusal *out is untouched; its spans live in der. */
enum certificate_result certificate_read(struct span der,
                                         struct certificate *out)
	__attribute__((warn_unused_result));

/* Words for a message, static. */
const char *certificate_result_name(enum certificate_result result);

/* The first one of that kind, or NULL. */
const struct certificate_extension *certificate_find(
	const struct certificate *c, struct span oid);
/* Of a kind that is there more than once (RFC 5280, 4.2), or NULL. */
const struct certificate_extension *certificate_repeated(
	const struct certificate *c);

/* One element of DER with that tag at the cursor: its contents, and with
   whole != NULL all of it. Else the cursor has run out. */
struct span der_take(struct cursor *c, uint8_t tag, struct span *whole);

#endif
