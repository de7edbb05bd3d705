#include "ctl/file.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
