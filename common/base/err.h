/*
 * err.h -- why something could not start, in words for an operator.
 *
 * Filled once, where it happened, and handed up unchanged until somebody
 * prints it. A full text is cut, never overrun.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	char text[512];
};

/* Returns -1, so that a failing function can `return err_set(err, ...)`.
   err may be NULL. */
int err_set(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts "context: " before what is there. Returns -1. */
int err_prefix(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
