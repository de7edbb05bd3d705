/*
 * submission.h -- sends requests and waits for their decisions.
 *
 * Reads decisions before it sends anything. At most in_flight_max requests are
 * out at a time; each is over with the decision that names its digest and
 * target, or when its time is. A record that does not verify is none: it is
 * told on stderr and waited past.
 */
#ifndef CTL_SUBMISSION_H
#define CTL_SUBMISSION_H

#include "ctl/lines.h"
#include "ctl/outgoing.h"

struct loop;
struct submission;

enum { IN_FLIGHT_MOST = 1000 };

struct submission_options {
	const char *argv0; /* for what goes to stderr */
	bool json;         /* else tables */
	bool wide;
	int64_t limit_ms; /* for each, from when it is sent */
	size_t in_flight_max;
};

/* NULL with *err. conf is borrowed. */
struct submission *submission_new(struct loop *loop,
                                  const struct ctl_conf *conf,
                                  const struct submission_options *options,
                                  struct err *err);
/* Takes *s, accepts NULL, leaves NULL. */
void submission_free(struct submission **s);

/* Where requests come from, before the loop runs: these bytes, several times
   if need be, and then the lines of fd if it is not -1 (takes fd). */
int submission_add(struct submission *s, struct span request, struct err *why)
	__attribute__((warn_unused_result));
void submission_read(struct submission *s, int fd);

/* Stop now: what is out is not completed. For signals. */
void submission_interrupt(struct submission *s);

/* After the loop. Prints what is left to be printed. The worst of all: a fault
   (64 and up) before not completed before rejected before do-not-issue. */
int submission_finish(struct submission *s);

#endif
