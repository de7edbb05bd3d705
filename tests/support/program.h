/*
 * program.h -- runs one of our programs as people do: with arguments, an
 * input, and what it says and how it ends to look at.
 */
#ifndef SUPPORT_PROGRAM_H
#define SUPPORT_PROGRAM_H

#include "base/buf.h"

#include <sys/types.h>

struct program {
	pid_t pid; /* 0: it has ended */
	int code;  /* its exit code; 128 + signal if it was killed */
	struct buf out;
	struct buf err;
	int in_fd, out_fd, err_fd;
};

/* argv[0]: a path, or a name for PATH. input: its stdin, or NULL for none.
   environment: more of "NAME=value", ends with NULL; may be NULL. */
void program_start(struct program *p, const char *const *argv,
                   const char *input, const char *const *environment);
/* True once it has ended; then code, out and err are set. Never waits. */
bool program_ended(struct program *p);
/* Waits for that. */
void program_wait(struct program *p);
/* Kills it if it still runs; frees what it said. */
void program_clear(struct program *p);

/* All at once: program_start() and program_wait(). */
void program_run(struct program *p, const char *const *argv, const char *input);

/* What it said, as a C string. */
const char *program_out(struct program *p);
const char *program_err(struct program *p);

#endif
