/*
 * temp_dir.h -- a folder for one test, gone with all in it afterwards.
 */
#ifndef SUPPORT_TEMP_DIR_H
#define SUPPORT_TEMP_DIR_H

#include <stdbool.h>

enum { TEMP_PATH_MAX = 256 };

struct temp_dir {
	char path[64];
};

void temp_dir_make(struct temp_dir *dir);
/* Files only: no folder is made in it. */
void temp_dir_remove(struct temp_dir *dir);

/* "<dir>/<name>" into out (TEMP_PATH_MAX); returns out. */
const char *temp_path(const struct temp_dir *dir, const char *name, char *out);
/* A file with that text, mode 0600. */
void temp_write(const struct temp_dir *dir, const char *name, const char *text);

#endif
