#include "tests/support/temp_dir.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void temp_dir_make(struct temp_dir *dir)
{
	(void)snprintf(dir->path, sizeof(dir->path), "/tmp/mpic-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir->path));
}

void temp_dir_remove(struct temp_dir *dir)
{
	DIR *d = opendir(dir->path);
	struct dirent *entry;

	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	ck_assert_int_eq(rmdir(dir->path), 0);
}

const char *temp_path(const struct temp_dir *dir, const char *name, char *out)
{
	(void)snprintf(out, TEMP_PATH_MAX, "%s/%s", dir->path, name);
	return out;
}

void temp_write(const struct temp_dir *dir, const char *name, const char *text)
{
	char path[TEMP_PATH_MAX];
	int fd = open(temp_path(dir, name, path),
	              O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}
