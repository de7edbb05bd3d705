/*
 * mp_scan.h -- is this MessagePack that may be handed to msgpack-c?
 *
 * msgpack-c allocates what a header announces: five bytes make it ask for
 * gigabytes. This scan walks the bytes once, without recursion or allocation,
 * and lets through only one bounded value that ends exactly where the bytes
 * end. Of what it lets through every text is UTF-8 without NUL, every map key
 * is text, and there are no floats and no extension types.
 */
#ifndef WIRE_MP_SCAN_H
#define WIRE_MP_SCAN_H

#include "base/span.h"

enum {
	MP_DEPTH_MAX = 10, /* containers within each other, the root counted */
	MP_ELEMENTS_MAX = 4096
};

struct mp_limits {
	size_t bytes;
	size_t elements; /* values and keys, containers counted as one */
	size_t depth;    /* at most MP_DEPTH_MAX */
};

/* NULL when it may be unpacked, else why not (static text). */
const char *mp_scan(struct span value, const struct mp_limits *limits)
	__attribute__((warn_unused_result));

/* What a text may be in any record: UTF-8 (RFC 3629) without NUL. */
bool wire_text_valid(struct span s);

#endif
