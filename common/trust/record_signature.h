/*
 * record_signature.h -- what is signed in a record, and the header's text.
 *
 * Signed bytes, with 0x00 after each of the five texts:
 *
 *   "mpic-record-v1" 0 "prod"|"lab" 0 deployment 0 type 0 version 0 value
 *
 * No other domain and value give the same bytes: every text is a C string, so
 * holds no 0x00, and there are always five, so the value starts behind the
 * fifth 0x00 whatever it holds itself. A record can't be moved to another
 * deployment, out of a lab, or be taken for another type or version; and none
 * of it is a JWS signing input, which has no 0x00.
 *
 * Header "mpic-signature": base64url of the key id, ".", base64url of the
 * signature, without padding: always 130 characters.
 */
#ifndef TRUST_RECORD_SIGNATURE_H
#define TRUST_RECORD_SIGNATURE_H

#include "trust/signing_key.h"

#define RECORD_SIGNATURE_HEADER "mpic-signature"

/* Record types, as signed. */
#define SIGN_ATTEMPT   "attempt"
#define SIGN_CHECK     "check"
#define SIGN_RESULT    "result"
#define SIGN_HEARTBEAT "heartbeat"
#define SIGN_DECISION  "decision" /* by JWS only: jws.h */

enum {
	SIGN_DEPLOYMENT_MAX = 64,
	SIGN_RECORD_TYPE_MAX = 32,
	RECORD_SIGNATURE_LEN = 43 + 1 + 86,
};

/* Texts are borrowed for the call. */
struct sign_domain {
	bool lab;
	const char *deployment;  /* sign_deployment_check() passed */
	const char *record_type; /* one of SIGN_* */
	unsigned schema_version;
};

/* 1 to 64 of A-Z a-z 0-9 "." "_" "-", so that it reads the same in a signed
   text, in JSON and in a log. -1 with *err for an operator otherwise. */
int sign_deployment_check(const char *deployment, struct err *err)
	__attribute__((warn_unused_result));

/* Appends the signed bytes. Asserts a well-formed domain. */
void record_signed_bytes(const struct sign_domain *domain, struct span value,
                         struct buf *out);

/* Appends the header's text. */
void record_sign(struct signing_key *key, const struct sign_domain *domain,
                 struct span value, struct buf *out);

/* Reads the header's text; exactly the one spelling, else false and outputs
   untouched. Says nothing about whether the signature holds. */
bool record_signature_parse(struct span text, struct digest *key_id,
                            struct signature *signature)
	__attribute__((warn_unused_result));

#endif
