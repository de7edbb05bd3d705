/*
 * file.h -- small files, read and written whole.
 */
#ifndef CTL_FILE_H
#define CTL_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/* All of it, behind what is in *out; 0, or -1 with *err: also if it has more
   than most bytes. */
int file_load(const char *path, size_t most, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

/* For files that others wait for: there whole, or not there. Takes the place of
   what has that name in one step. 0, or -1 with *err and nothing left behind.
 */
int file_replace(const char *path, mode_t mode, struct span bytes,
                 struct err *err) __attribute__((warn_unused_result));

#endif
