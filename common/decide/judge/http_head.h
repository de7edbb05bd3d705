/*
 * http_head.h -- the head of an HTTP/1.x response as it came: status line and
 * the few fields that the judge goes by (RFC 9112, 4 and 5).
 *
 * Folded lines, space before a colon, bare CR and NUL make it malformed: they
 * are what one reader takes for a field and another does not.
 */
#ifndef DECIDE_HTTP_HEAD_H
#define DECIDE_HTTP_HEAD_H

#include "base/span.h"

struct http_head {
	int status;
	unsigned locations;   /* how many Location fields */
	struct span location; /* the first, without space around it */
	bool encoded; /* a content or transfer coding that was not asked for */
};

/* raw begins with the status line; the empty line at its end may be missing.
   False when malformed; *out is then unspecified. */
bool http_head_parse(struct span raw, struct http_head *out);

#endif
