/*
 * caa_parse.h -- the bytes of CAA records: RDATA (RFC 8659, 4.1) and the value
 * of issue, issuewild and issuemail (4.2). Grammar only; judge_caa.c decides.
 *
 * All lengths are carried: a NUL is a byte like any other, and refused where
 * the grammar has none.
 */
#ifndef DECIDE_CAA_PARSE_H
#define DECIDE_CAA_PARSE_H

#include "base/span.h"

enum { CAA_PARAMETERS_MAX = 32 }; /* more make a value malformed */

enum caa_result { CAA_OK, CAA_TRUNCATED, CAA_EMPTY_TAG, CAA_BAD_TAG };

const char *caa_result_name(enum caa_result result);

struct caa {
	uint8_t flags;
	struct span tag; /* as sent; compare without case */
	struct span value;
};

/* Untouched *out unless CAA_OK. A tag is letters and digits alone. */
enum caa_result caa_parse(struct span rdata, struct caa *out);

/* Bit 0 of RFC 8659, 4.1 (128), and the 1 that some mean by it. */
bool caa_is_critical(const struct caa *caa);

struct caa_parameter {
	struct span tag;
	struct span value;
};

struct caa_issue {
	struct span domain; /* as sent; empty: names no issuer */
	struct caa_parameter parameters[CAA_PARAMETERS_MAX];
	size_t parameters_count;
};

/* False for what the grammar has not; *out is then unspecified. A hyphen inside
   a parameter's tag is good. */
bool caa_issue_parse(struct span value, struct caa_issue *out);

#endif
