/*
 * persist.h -- one persistent validation record (BR 3.2.2.4.22 and 3.2.2.5.8;
 * its text, and whether it is for this issuer and account now.
 *
 * The text is an issue value of RFC 8659, all of it. Of the parameters that
 * mean something here, each stands there at most once.
 */
#ifndef DECIDE_PERSIST_H
#define DECIDE_PERSIST_H

#include "wire/value.h"

/* What is asked for. */
struct persist_terms {
	struct text_list issuers; /* names that are ours */
	struct span account_uri;  /* compared byte for byte */
	int64_t now_ms;
	bool policy_wildcard; /* the record must say policy=wildcard */
};

/* The later the closer to a record that is good. */
enum persist_result {
	PERSIST_MALFORMED,
	PERSIST_OTHER_ISSUER,
	PERSIST_NO_ACCOUNT,
	PERSIST_OTHER_ACCOUNT,
	PERSIST_BAD_UNTIL, /* not digits, or beyond all time */
	PERSIST_EXPIRED,
	PERSIST_NO_WILDCARD,
	PERSIST_GOOD
};

/* In words: "names another issuer". */
const char *persist_result_name(enum persist_result result);

struct persist {
	size_t issuer;           /* index into the terms' list */
	struct opt_int until_ms; /* the last moment at which it is good */
};

/* *out is set for PERSIST_GOOD only. */
enum persist_result persist_read(struct span text,
                                 const struct persist_terms *terms,
                                 struct persist *out);

#endif
