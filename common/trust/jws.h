/*
 * jws.h -- a Decision's signature: a JWS with detached content.
 *
 * RFC 7515 (appendix F: detached) with EdDSA (RFC 8037). The protected header
 * has one spelling, byte for byte,
 *
 *   {"alg":"EdDSA","kid":"<key id, hex>","typ":"mpic-decision+jws",
 *    "mpic":{"deployment":"<id>","lab":false,"version":1}}
 *
 * in one line and without white space, so that it is compared, not parsed as
 * JSON, and a lab's decision never passes for a production one. The payload
 * is the record's value. Header "mpic-jws": "<protected>..<signature>".
 * Anybody can assemble the compact form and check it with a JWS library.
 */
#ifndef TRUST_JWS_H
#define TRUST_JWS_H

#include "trust/keyring.h"

#define JWS_HEADER "mpic-jws"

enum {
	/* Of the header's text: both texts at their longest and the digits of
	   a 32-bit version make less. */
	JWS_TEXT_MAX = 512,
};

/* The parts of a detached JWS that has the one spelling above; nothing in it
   is proven. */
struct jws {
	struct digest key_id;
	char deployment[SIGN_DEPLOYMENT_MAX + 1];
	bool lab;
	unsigned schema_version;
	struct signature signature;
	struct span protected_part; /* into the text that was parsed */
};

/* Appends the header's text. The domain's record type is SIGN_DECISION. */
void jws_sign(struct signing_key *key, const struct sign_domain *domain,
              struct span value, struct buf *out);

/* false leaves *out. */
bool jws_parse(struct span text, struct jws *out)
	__attribute__((warn_unused_result));

/* As keyring_verify(); text.p == NULL: the record had no such header. */
enum trust_result jws_verify(struct keyring *ring,
                             const struct trust_wanted *wanted,
                             const struct sign_domain *domain,
                             struct span value, struct span text,
                             const struct key_entry **entry)
	__attribute__((warn_unused_result));

/* Appends the compact form "<protected>.<payload>.<signature>" (RFC 7515,
   7.1); false, and nothing appended, if text is not a JWS of ours. */
bool jws_assemble(struct span text, struct span value, struct buf *out)
	__attribute__((warn_unused_result));

#endif
