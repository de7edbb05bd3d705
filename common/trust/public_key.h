/*
 * public_key.h -- Ed25519 public keys as text and as SPKI DER (RFC 8410).
 *
 * The DER of such a key is twelve fixed bytes and the key, nothing else, so it
 * is compared and never parsed.
 */
#ifndef TRUST_PUBLIC_KEY_H
#define TRUST_PUBLIC_KEY_H

#include "trust/signing_key.h"

struct public_key {
	uint8_t b[ED25519_PUBLIC_BYTES];
};

struct spki {
	uint8_t b[ED25519_SPKI_BYTES];
};

struct spki public_key_spki(const struct public_key *key);
/* SHA-256 of the SPKI DER. */
struct digest public_key_id(const struct public_key *key);
/* One PEM block "PUBLIC KEY", or base64 of the DER in one line; white space
   around it is ignored. -1 with the reason in *err, *out untouched. */
int public_key_parse(struct span text, struct public_key *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
