/*
 * names.h -- where in the DNS a method looks.
 */
#ifndef METHOD_NAMES_H
#define METHOD_NAMES_H

#include "base/mem.h"
#include "wire/value.h"

enum { ACCOUNT_LABEL_LEN = 17 }; /* "_" and 16 of base32 */

/* "_ujmmovf2vn55tgye": the label of one account (R-055; BR 3.2.2.4.21 names
   draft-00 of dns-account-01). In the arena. */
struct span method_account_label(struct span account_uri, struct arena *arena);

/*
 * The labels in front of the name that the method looks at, without a dot at
 * their end; empty when there are none. They are the method's own: dns-change
 * has its prefix from the request, http methods none.
 */
struct span method_prefix(enum validation_method method, bool is_address,
                          struct span account_uri, struct arena *arena);

#endif
