/*
 * keyring.h -- the public keys that configuration pins, and what each may sign.
 *
 * A key is never learned from a topic. An entry fixes role, perspective and
 * dates; a record says none of these about itself. Dates are judged at the
 * broker's append time, so a replay years later judges as the live system did.
 *
 * A ring is built whole or not at all and never changes, but it keeps a
 * verifying context per key: one ring belongs to one thread.
 */
#ifndef TRUST_KEYRING_H
#define TRUST_KEYRING_H

#include "trust/record_signature.h"

enum key_role {
	KEY_ROLE_NONE, /* what a zeroed struct has; never accepted */
	KEY_ROLE_COORDINATOR,
	KEY_ROLE_WORKER,
	KEY_ROLE_AUDITOR,
	KEY_ROLE_PIPELINE,
	KEY_ROLE_GATEWAY,
};

/* "coordinator" ... as in settings and logs. */
const char *key_role_name(enum key_role role);
/* false leaves *out; "none" is not a role. */
bool key_role_parse(struct span name, enum key_role *out)
	__attribute__((warn_unused_result));

/* No end: for not_after_ms, and for revoked_from_ms of a key in good standing.
   Not 0, so that a forgotten field closes a key instead of opening it. */
#define KEY_NEVER INT64_MAX

enum {
	KEYRING_MAX = 4096,    /* keys: hundreds of regions, several each */
	KEY_NAME_MAX = 64,     /* of a name and of a perspective's code */
	KEY_PUBLIC_MAX = 4096, /* of the text; a good one has 113 or 60 */
};

/* What configuration says about one key; borrowed while the ring is built. */
struct key_setting {
	const char *name;
	enum key_role role;
	const char *perspective; /* workers must have one, others must not */
	struct span public_key;  /* SPKI as PEM, or base64 of its DER */
	int64_t not_before_ms;   /* first valid; >= 0 */
	int64_t not_after_ms;    /* last valid, or KEY_NEVER */
	int64_t revoked_from_ms; /* first not valid, or KEY_NEVER */
};

/* Lives as long as its ring. */
struct key_entry {
	const char *name;
	struct digest key_id;
	enum key_role role;
	const char *perspective; /* NULL unless a worker's */
	int64_t not_before_ms;
	int64_t not_after_ms;
	int64_t revoked_from_ms;
};

/* In order of precedence: of several reasons the first is given. */
enum trust_result {
	TRUST_OK,
	TRUST_UNSIGNED,     /* no header, or one without a value */
	TRUST_MALFORMED,    /* not the header's one spelling */
	TRUST_WRONG_DOMAIN, /* a JWS of another deployment, lab or version */
	TRUST_UNKNOWN_KEY,
	TRUST_WRONG_ROLE,
	TRUST_WRONG_PERSPECTIVE,
	TRUST_NOT_YET,
	TRUST_EXPIRED,
	TRUST_REVOKED,
	TRUST_BAD_SIGNATURE, /* also what an altered value or domain gives */
};

/* "ok", "unsigned", ... "bad-signature": stable, for logs and metrics. */
const char *trust_result_name(enum trust_result result);

struct keyring;

/* NULL with *err naming the key, or both keys, if a setting is wrong, a key or
   a name comes twice, or one key serves two perspectives. An empty ring is
   allowed and trusts nobody. Free with keyring_free(). */
struct keyring *keyring_new(const struct key_setting *settings, size_t count,
                            struct err *err)
	__attribute__((warn_unused_result));
/* Takes *ring, accepts NULL, leaves NULL. */
void keyring_free(struct keyring **ring);

size_t keyring_count(const struct keyring *ring);
const struct key_entry *keyring_at(const struct keyring *ring, size_t index);
/* NULL if there is none. */
const struct key_entry *keyring_find(const struct keyring *ring,
                                     const struct digest *key_id);

/* TRUST_OK, _NOT_YET, _EXPIRED or _REVOKED. A broker without timestamps gives
   -1, which no key is valid at. */
enum trust_result key_entry_valid_at(const struct key_entry *entry,
                                     int64_t at_ms);

/* The next worker key of this perspective that is valid at at_ms, in order of
   settings: the first for after == NULL, NULL behind the last. */
const struct key_entry *keyring_next_worker(const struct keyring *ring,
                                            const char *perspective,
                                            int64_t at_ms,
                                            const struct key_entry *after);

/* Who must have signed, and when the broker had it. */
struct trust_wanted {
	enum key_role role;
	const char *perspective; /* NULL: not asked */
	int64_t at_ms;           /* append time */
};

/* Checks one record's "mpic-signature" (header.p == NULL: it had none).
   *entry, unless entry is NULL, becomes the signer's on TRUST_OK; on a refusal
   the entry named by the header, unproven, for the log, or NULL. */
enum trust_result keyring_verify(struct keyring *ring,
                                 const struct trust_wanted *wanted,
                                 const struct sign_domain *domain,
                                 struct span value, struct span header,
                                 const struct key_entry **entry)
	__attribute__((warn_unused_result));

/* The same for a key id and signature already read, over exactly these bytes:
   what keyring_verify() and jws_verify() stand on. */
enum trust_result keyring_verify_bytes(struct keyring *ring,
                                       const struct trust_wanted *wanted,
                                       const struct digest *key_id,
                                       struct span bytes,
                                       const struct signature *signature,
                                       const struct key_entry **entry)
	__attribute__((warn_unused_result));

#endif
