/*
 * submit_line.h -- the command line of `mpicctl submit`, and the requests that
 * its flags describe.
 */
#ifndef CTL_SUBMIT_LINE_H
#define CTL_SUBMIT_LINE_H

#include "ctl/conf.h"
#include "ctl/output.h"
#include "wire/request.h"

enum { SUBMIT_TARGETS_MAX = 1000, SUBMIT_ISSUERS_MAX = 32 };

struct submit_line {
	struct ctl_flags flags;
	struct output_flags output;
	const char *file; /* "-": stdin; NULL: targets */
	int64_t timeout_ms;
	uint64_t in_flight_max;
	bool described;         /* a flag says something about a request */
	struct request request; /* but for its target */
	struct span issuers[SUBMIT_ISSUERS_MAX];
	const char *targets[SUBMIT_TARGETS_MAX];
	size_t targets_count;
};

/* False: leave with EX_USAGE, it has been said. What was given lives as long
   as argv and line. */
bool submit_line_parse(struct submit_line *line, int argc, char **argv);

/* Appends the request for one of the targets, as JSON. */
void submit_line_request(const struct submit_line *line, size_t target,
                         struct buf *out);

#endif
