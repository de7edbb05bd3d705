/*
 * key_file.h -- files that hold keys: read guarded, written whole or not.
 *
 * For signing_key.c, and mpicctl keygen, which makes the plan key.
 */
#ifndef TRUST_KEY_FILE_H
#define TRUST_KEY_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

enum { KEY_FILE_MAX = 4096 }; /* a good one has 119 bytes */

/* Bytes of a secret file into room (KEY_FILE_MAX); their number, or -1 with
   *err if it is not a regular file, can be reached by anyone but its owner, or
   holds more. The caller wipes room either way. */
ssize_t key_file_read(const char *path, uint8_t *room, struct err *err)
	__attribute__((warn_unused_result));

/* Creates path with these bytes, on disk with its name when this returns 0;
   whatever has the name already stays as it is, and is an error. */
int key_file_create(const char *path, mode_t mode, struct span bytes,
                    struct err *err) __attribute__((warn_unused_result));

#endif
