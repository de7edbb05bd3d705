#include "trust/key_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* On the open file, so that what is judged is what is read. */
static int judge(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, "%s: is not a regular file", path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(err,
		               "%s: private key has mode %04o, so others than "
		               "its owner can reach it; chmod 0600 it (and "
		               "replace the key if they may have read it)",
		               path, (unsigned)st.st_mode & 07777);
	return 0;
}

static ssize_t read_all(int fd, const char *path, uint8_t *room,
                        struct err *err)
{
	size_t have = 0;

	while (have < KEY_FILE_MAX) {
		ssize_t n = read(fd, room + have, KEY_FILE_MAX - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, "%s: %s", path, strerror(errno));
		if (n == 0)
			return (ssize_t)have;
		have += (size_t)n;
	}
	return err_set(err, "%s: is too long for a key file (%d bytes or more)",
	               path, KEY_FILE_MAX);
}

ssize_t key_file_read(const char *path, uint8_t *room, struct err *err)
{
	/* Not blocking, since the path may be a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_set(err,
		               "%s: %s; name a file that this user can read, "
		               "or make one with mpicctl keys",
		               path, strerror(errno));
	ssize_t n = judge(fd, path, err);

	if (n == 0)
		n = read_all(fd, path, room, err);
	close(fd);
	return n;
}

static int write_all(int fd, struct span left)
{
	while (left.len > 0) {
		ssize_t n = write(fd, left.p, left.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		left = span_sub(left, (size_t)n, left.len);
	}
	return 0;
}

/* A name is durable only when its folder is. */
static int sync_folder(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	int kept = errno;

	free(copy);
	if (fd >= 0)
		close(fd);
	errno = kept;
	return rc;
}

static int fill(int fd, mode_t mode, struct span bytes)
{
	if (fchmod(fd, mode) != 0 || write_all(fd, bytes) != 0)
		return -1;
	return fsync(fd);
}

/* A link instead of a rename: it fails where the name is taken. */
static int name_it(const char *temporary, const char *path)
{
	if (link(temporary, path) != 0)
		return -1;
	if (sync_folder(path) == 0)
		return 0;
	int kept = errno;

	(void)unlink(path);
	errno = kept;
	return -1;
}

int key_file_create(const char *path, mode_t mode, struct span bytes,
                    struct err *err)
{
	struct buf temporary = { 0 };

	buf_printf(&temporary, "%s.XXXXXX", path);
	buf_add_u8(&temporary, '\0');
	char *name = (char *)temporary.p;
	int fd = mkostemp(name, O_CLOEXEC);
	int rc = -1;

	if (fd < 0) {
		err_set(err, "%s: cannot create: %s", path, strerror(errno));
		goto out;
	}
	if (fill(fd, mode, bytes) == 0 && name_it(name, path) == 0)
		rc = 0;
	else if (errno == EEXIST)
		err_set(err,
		        "%s: exists already and is left as it is; choose "
		        "another name or move it away",
		        path);
	else
		err_set(err, "%s: cannot write: %s", path, strerror(errno));
	(void)unlink(name);
	close(fd);
out:
	buf_clear(&temporary);
	return rc;
}
