/*
 * file.h -- small files that others wait for: there whole, or not there.
 */
#ifndef CTL_FILE_H
#define CTL_FILE_H

#include "base/err.h"
#include "base/span.h"

#include <sys/types.h>

/* Takes the place of what has that name in one step. 0, or -1 with *err and
   nothing left behind. */
int file_replace(const char *path, mode_t mode, struct span bytes,
                 struct err *err) __attribute__((warn_unused_result));

#endif
