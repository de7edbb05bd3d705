/*
 * trust_anchor.h -- which root keys a trust anchor file holds. Pure.
 */
#ifndef CTL_TRUST_ANCHOR_H
#define CTL_TRUST_ANCHOR_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ANCHOR_KSK_2017 = 20326,
	ANCHOR_KSK_2024 = 38696, /* signs the root since October 2026 */
	ANCHOR_TAGS_MAX = 16,
};

struct anchor_tags {
	uint16_t tag[ANCHOR_TAGS_MAX];
	size_t count;
};

/* The key tags of all DS and DNSKEY records of the root in a file of zone-file
   lines; a DNSKEY's is computed (RFC 4034, appendix B), never taken from a
   comment. False: a line is neither a record of them, nor blank, nor a
   comment; *out is then what was found before it. */
bool anchor_read(struct span file, struct anchor_tags *out);
bool anchor_has(const struct anchor_tags *tags, uint16_t tag);

#endif
