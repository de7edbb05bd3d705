/*
 * signing_key.h -- one Ed25519 private key (RFC 8032): load, make, write, sign.
 *
 * The file form is PEM: unencrypted PKCS#8 for the private key, SPKI for the
 * public one (RFC 8410). The id of a key is the SHA-256 of its SPKI DER. A
 * private key never appears in a log, an error or a copy that is not wiped.
 *
 * A key keeps a signing context to save its set-up on every record, so one
 * struct belongs to one thread; another thread takes a signing_key_dup().
 */
#ifndef TRUST_SIGNING_KEY_H
#define TRUST_SIGNING_KEY_H

#include "base/buf.h"
#include "base/err.h"
#include "trust/digest.h"

enum {
	ED25519_SEED_BYTES = 32,
	ED25519_PUBLIC_BYTES = 32,
	ED25519_SIGNATURE_BYTES = 64,
	ED25519_SPKI_BYTES = 44, /* RFC 8410, 4: always this long */
};

struct signature {
	uint8_t b[ED25519_SIGNATURE_BYTES];
};

struct signing_key;

/* NULL with *err (path, reason, what to do) if the file can't be read, is not
   a regular file, can be reached by group or others, or does not hold exactly
   one unencrypted Ed25519 private key. A link to a good file is good: secret
   volumes are made of them. Free with signing_key_free(). */
struct signing_key *signing_key_load(const char *path, struct err *err)
	__attribute__((warn_unused_result));
struct signing_key *signing_key_generate(void);
/* The 32 bytes of RFC 8032, 5.1.5; for known-answer vectors and fixtures. */
struct signing_key *signing_key_from_seed(const uint8_t *seed);
struct signing_key *signing_key_dup(const struct signing_key *key);
/* Takes *key, accepts NULL, leaves NULL; wipes the secret. */
void signing_key_free(struct signing_key **key);

/* Lives as long as the key. */
const struct digest *signing_key_id(const struct signing_key *key);
/* Appends the public key as SPKI PEM, or as base64 of the SPKI DER: the two
   forms that a keyring takes. */
void signing_key_public_pem(const struct signing_key *key, struct buf *out);
void signing_key_public_base64(const struct signing_key *key, struct buf *out);

/* Writes both files, the private one with mode 0600, the public one 0644. Each
   appears whole and on disk or not at all; what exists already is never
   touched. On failure (-1, *err) neither is left behind. */
int signing_key_write(const struct signing_key *key, const char *private_path,
                      const char *public_path, struct err *err)
	__attribute__((warn_unused_result));

/* Over exactly these bytes. Records and decisions are signed by
   record_sign() and jws_sign(), which put the domain in. */
struct signature signing_key_sign(struct signing_key *key, struct span bytes);

#endif
