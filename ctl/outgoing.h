/*
 * outgoing.h -- requests on their way: made of flags or taken from a line.
 *
 * A line's bytes are sent as they are. What a coordinator would reject is sent
 * too, so that the one who decides says why; only what could never get a
 * decision (a dead letter) is refused here.
 */
#ifndef CTL_OUTGOING_H
#define CTL_OUTGOING_H

#include "ctl/answer.h"
#include "wire/request.h"

struct outgoing {
	struct arena *arena; /* all of it lives there */
	struct span id;      /* of the body, else made here: the record's key */
	struct span value;
	const char *content_type;
	struct question question;
};

/* Takes nothing: value is copied. 0, or -1 with *why: it is no request. */
int outgoing_new(struct span value, struct outgoing *out, struct err *why)
	__attribute__((warn_unused_result));
void outgoing_clear(struct outgoing *out);

#endif
