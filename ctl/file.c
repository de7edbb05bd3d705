#include "ctl/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to room bytes: how many there were, or -1. */
static ssize_t read_up_to(int fd, uint8_t *at, size_t room)
{
	size_t len = 0;

	while (len < room) {
		ssize_t n = read(fd, at + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int file_load(const char *path, size_t most, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	/* one more than there may be, to see that there is one */
	n = read_up_to(fd, buf_reserve(out, most + 1), most + 1);
	if (n < 0)
		rc = err_set(err, "%s: %s", path, strerror(errno));
	else if ((size_t)n > most)
		rc = err_set(err, "%s: longer than %zu bytes", path, most);
	else
		out->len += (size_t)n;
	close(fd);
	return rc;
}

static int fill(int fd, mode_t mode, struct span left)
{
	if (fchmod(fd, mode) != 0)
		return -1;
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

int file_replace(const char *path, mode_t mode, struct span bytes,
                 struct err *err)
{
	struct buf name = { 0 };
	int rc = -1;
	int fd;

	buf_printf(&name, "%s.XXXXXX", path);
	buf_add_u8(&name, '\0');
	fd = mkostemp((char *)name.p, O_CLOEXEC);
	if (fd < 0) {
		err_set(err, "%s: cannot create: %s", path, strerror(errno));
		goto out;
	}
	if (fill(fd, mode, bytes) == 0 &&
	    rename((const char *)name.p, path) == 0)
		rc = 0;
	else
		err_set(err, "%s: cannot write: %s", path, strerror(errno));
	close(fd);
	if (rc != 0)
		(void)unlink((const char *)name.p);
out:
	buf_clear(&name);
	return rc;
}
