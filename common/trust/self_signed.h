/*
 * self_signed.h -- does a certificate carry a signature of its own key?
 *
 * All of it is a stranger's: keys that would take long to verify with are not
 * tried (RSA beyond 8192 bits, elliptic curves that bring their own
 * parameters, anything but RSA, EC and EdDSA).
 */
#ifndef TRUST_SELF_SIGNED_H
#define TRUST_SELF_SIGNED_H

#include "base/span.h"

enum self_signed {
	SELF_SIGNED,
	SELF_SIGNED_NOT, /* another key's, or none's */
	SELF_SIGNED_KEY, /* a key that is not tried */
	SELF_SIGNED_UNREADABLE
};

/* Issuer and subject are not compared. Leaves no trace in OpenSSL's queue of
   errors. */
enum self_signed self_signed_check(struct span der);

/* Words for a message, static. */
const char *self_signed_name(enum self_signed result);

#endif
