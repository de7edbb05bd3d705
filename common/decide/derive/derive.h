/*
 * derive.h -- which Authorization Domain Names follow from a name, by the
 * procedure that is in force since 2026-11-15.
 *
 * Begin with the name, without "*.". Where the method has it, and the name is
 * no wildcard, an alias may be followed, again and again; then, where the
 * method has it, labels may be dropped from the left. Never the other way
 * round. The procedure before that date allowed more; we never did.
 *
 * Who asks for a domain name other than the target's own claims it. Intake
 * looks at the words, every perspective follows the aliases itself, and the
 * coordinator takes no other domain name than the one that was asked for.
 */
#ifndef DECIDE_DERIVE_H
#define DECIDE_DERIVE_H

#include "wire/value.h"

enum derivation {
	DERIVED_NOT,
	DERIVED_SAME,
	DERIVED_PRUNED, /* labels of the target dropped */
	DERIVED_ALIASED /* if an alias of the target is domain, or below it */
};

/* What the words alone say; both in lower case, target with its "*.". That
   domain is no public suffix is for the caller to see to. */
enum derivation derive(enum validation_method method, struct span target,
                       struct span domain);

/* For a domain that derive() said ALIASED of: does this alias lead there? */
bool derive_reaches(enum validation_method method, struct span alias,
                    struct span domain);

#endif
