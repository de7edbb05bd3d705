/*
 * lines.h -- a file or a pipe, line by line, on the loop.
 *
 * Bounded: reading stops while the owner takes nothing, and a line longer than
 * the ceiling is an error, not memory. A last line without its newline counts.
 */
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include "base/span.h"

#include <stdint.h>

struct loop;
struct lines;

typedef void lines_ready_fn(void *owner);

/* Takes fd, unless it is 0. on_ready comes from the loop whenever
   lines_take() may have something to say that it had not. */
struct lines *lines_new(struct loop *loop, int fd, size_t line_max,
                        lines_ready_fn *on_ready, void *owner);
/* Takes *lines, accepts NULL, leaves NULL. */
void lines_free(struct lines **lines);

enum lines_result {
	LINES_LINE, /* *line is valid until the next call */
	LINES_LATER,
	LINES_END,
	LINES_TOO_LONG, /* that line was passed over; go on */
	LINES_FAILED,   /* the read failed: errno's text */
};

/* number: of the line, from 1. */
enum lines_result lines_take(struct lines *lines, struct span *line,
                             uint64_t *number)
	__attribute__((warn_unused_result));
/* After LINES_FAILED. */
const char *lines_error(const struct lines *lines);

#endif
