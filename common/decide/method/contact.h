/*
 * contact.h -- e-mail addresses and telephone numbers that the owner of a name
 * publishes in its DNS (BR appendix A; R-059), and whether two are the same.
 *
 * A whole value is a contact or it is none: no "mailto:", no display name, no
 * second address, no padding. What is the same has the same canonical form, so
 * perspectives and coordinator compare bytes.
 */
#ifndef METHOD_CONTACT_H
#define METHOD_CONTACT_H

#include "base/mem.h"
#include "wire/value.h"

enum {
	CONTACT_LOCAL_MAX = 64,  /* RFC 5321, 4.5.3.1.1 */
	CONTACT_EMAIL_MAX = 254, /* RFC 5321, 4.5.3.1.3, without the brackets */
	CONTACT_PHONE_MAX = 64,  /* with its separators */
	CONTACT_DIGITS_MAX = 15  /* E.164 */
};

enum contact_kind { CONTACT_NONE, CONTACT_EMAIL, CONTACT_PHONE };

/* CONTACT_NONE for methods that look for no contact. */
enum contact_kind contact_kind_of(enum validation_method method);

/*
 * E-mail (RFC 6532, 3.2): a dot-atom, "@", and a domain name; quoted local
 * parts, address literals and comments are none of ours. Canonical: the domain
 * in lower case (ASCII), the local part as it is (RFC 5321, 2.4).
 * Telephone (RFC 3966, 5.1.4): a global number, "+" and digits with visual
 * separators; canonical without these.
 *
 * False leaves *out, which is in the arena.
 */
bool contact_canonical(enum contact_kind kind, struct span text,
                       struct arena *arena, struct span *out);

#endif
