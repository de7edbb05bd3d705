#include "ctl/lines.h"

#include "base/buf.h"
#include "base/mem.h"
#include "loop/timer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

struct lines {
	int fd;
	size_t line_max;
	lines_ready_fn *on_ready;
	void *owner;
	struct event *event; /* NULL: a file, which epoll does not take */
	struct soon *soon;
	struct buf buf;
	size_t used; /* of buf: lines handed out already */
	uint64_t number;
	bool waiting; /* for more bytes */
	bool passing; /* over the rest of a line that is too long */
	bool ended;
	int error;
};

static void want_more(struct lines *l)
{
	l->waiting = true;
	if (l->event != NULL)
		(void)event_add(l->event, NULL);
	else
		soon_call(l->soon);
}

/* Once per turn, so that a large file lets the brokers have theirs. */
static void read_more(struct lines *l)
{
	ssize_t n;

	buf_drop(&l->buf, l->used);
	l->used = 0;
	n = read(l->fd, buf_reserve(&l->buf, CHUNK), CHUNK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		want_more(l);
		return;
	}
	l->waiting = false;
	if (n < 0)
		l->error = errno;
	else if (n == 0)
		l->ended = true;
	else
		l->buf.len += (size_t)n;
}

static void on_soon(void *arg)
{
	struct lines *l = arg;

	if (l->waiting)
		read_more(l);
	l->on_ready(l->owner);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	on_soon(arg);
}

struct lines *lines_new(struct loop *loop, int fd, size_t line_max,
                        lines_ready_fn *on_ready, void *owner)
{
	struct lines *l = xzalloc(sizeof(*l));
	struct stat st;

	l->fd = fd;
	l->line_max = line_max;
	l->on_ready = on_ready;
	l->owner = owner;
	l->soon = soon_new(loop, on_soon, l);
	if (fstat(fd, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd)))
		l->event =
			event_new(loop_base(loop), fd, EV_READ, on_readable, l);
	return l;
}

void lines_free(struct lines **lines)
{
	struct lines *l = *lines;

	if (l == NULL)
		return;
	if (l->event != NULL)
		event_free(l->event);
	soon_free(&l->soon);
	buf_clear(&l->buf);
	if (l->fd != STDIN_FILENO)
		(void)close(l->fd);
	free(l);
	*lines = NULL;
}

const char *lines_error(const struct lines *lines)
{
	return strerror(lines->error);
}

/* What is left without a newline: the last line, or the end. */
static enum lines_result take_last(struct lines *l, struct span *line,
                                   uint64_t *number)
{
	bool passing = l->passing;
	struct span rest = span_of(l->buf.p + l->used, l->buf.len - l->used);

	l->passing = false;
	l->used = l->buf.len;
	if (rest.len == 0 || passing)
		return LINES_END;
	*number = ++l->number;
	*line = rest;
	return rest.len > l->line_max ? LINES_TOO_LONG : LINES_LINE;
}

static enum lines_result take_partial(struct lines *l, uint64_t *number)
{
	bool too_long = !l->passing && l->buf.len - l->used > l->line_max;

	if (too_long)
		*number = ++l->number;
	if (too_long || l->passing) {
		l->passing = true;
		l->used = l->buf.len;
	}
	if (too_long)
		return LINES_TOO_LONG;
	want_more(l);
	return LINES_LATER;
}

enum lines_result lines_take(struct lines *l, struct span *line,
                             uint64_t *number)
{
	if (l->waiting)
		return LINES_LATER;
	if (l->error != 0)
		return LINES_FAILED;
	for (;;) {
		struct span rest =
			span_of(l->buf.p + l->used, l->buf.len - l->used);
		ptrdiff_t end = span_find(rest, SPAN("\n"));

		if (end < 0 && l->ended)
			return take_last(l, line, number);
		if (end < 0)
			return take_partial(l, number);
		l->used += (size_t)end + 1;
		if (l->passing) {
			l->passing = false;
			continue;
		}
		*number = ++l->number;
		*line = span_sub(rest, 0, (size_t)end);
		return (size_t)end > l->line_max ? LINES_TOO_LONG : LINES_LINE;
	}
}
