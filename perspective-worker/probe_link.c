#include "perspective-worker/probe_link.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 64 * 1024,  /* bytes of one read */
	READS_PER_TURN = 4,    /* then others have their turn */
	KEEP_MAX = 256 * 1024, /* room that an empty buffer may keep */
};

struct probe_link {
	struct probe_link_events events;
	struct event *readable;
	struct event *writable;
	int fd;
	bool ended;
	struct buf in;
	struct buf out;
	size_t out_sent; /* of out, gone already */
	struct arena *arena;
};

static void end(struct probe_link *l, const char *breach)
{
	assert(!l->ended);
	l->ended = true;
	event_del(l->readable);
	event_del(l->writable);
	l->events.on_end(l->events.owner, breach);
}

/* NULL, or the breach. */
static const char *take_frame(struct probe_link *l, struct span body)
{
	struct frame frame;
	const char *why = frame_decode(body, FRAME_TO_WORKER, l->arena, &frame);

	if (why == NULL)
		why = l->events.on_frame(l->events.owner, &frame);
	arena_reset(l->arena);
	return why;
}

static void drop_taken(struct buf *in, size_t taken)
{
	if (taken == in->len && in->room > KEEP_MAX)
		buf_clear(in);
	else
		buf_drop(in, taken);
}

/* NULL, or the breach. */
static const char *take_frames(struct probe_link *l)
{
	const char *why = NULL;
	size_t at = 0;

	while (why == NULL) {
		struct span rest = span_sub(buf_span(&l->in), at, SIZE_MAX);
		struct span body;
		size_t taken;
		enum frame_cut cut =
			frame_cut(rest, FRAME_TO_WORKER, &body, &taken);

		if (cut == FRAME_CUT_MORE)
			break;
		if (cut == FRAME_CUT_TOO_LONG)
			return "oversized frame";
		why = take_frame(l, body);
		at += taken;
	}
	drop_taken(&l->in, at);
	return why;
}

enum got { GOT_BYTES, GOT_NOTHING, GOT_END, GOT_BREACH };

/* No room for control data is given: the kernel throws passed descriptors
   away and says so. */
static enum got read_some(struct probe_link *l, const char **breach)
{
	struct iovec to = { buf_reserve(&l->in, READ_MAX), READ_MAX };
	struct msghdr m = { .msg_iov = &to, .msg_iovlen = 1 };
	ssize_t n = recvmsg(l->fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? GOT_NOTHING
		                                         : GOT_END;
	if ((m.msg_flags & MSG_CTRUNC) != 0) {
		*breach = "passed descriptor";
		return GOT_BREACH;
	}
	if (n == 0)
		return GOT_END;
	l->in.len += (size_t)n;
	*breach = take_frames(l);
	return *breach == NULL ? GOT_BYTES : GOT_BREACH;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct probe_link *l = arg;
	const char *breach = NULL;
	enum got got = GOT_BYTES;

	(void)fd;
	(void)what;
	for (int i = 0; got == GOT_BYTES && i < READS_PER_TURN; i++)
		got = read_some(l, &breach);
	if (got == GOT_END || got == GOT_BREACH)
		end(l, breach);
}

void probe_link_drain(struct probe_link *l)
{
	const char *breach = NULL;
	enum got got = GOT_BYTES;

	if (l->ended)
		return;
	while (got == GOT_BYTES)
		got = read_some(l, &breach);
	end(l, breach);
}

/* A write that fails is the same news as the end that reading will meet. */
static void flush(struct probe_link *l)
{
	while (l->out_sent < l->out.len) {
		ssize_t n = send(l->fd, l->out.p + l->out_sent,
		                 l->out.len - l->out_sent,
		                 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			(void)event_add(l->writable, NULL);
			return;
		}
		if (n < 0)
			break;
		l->out_sent += (size_t)n;
	}
	l->out_sent = 0;
	l->out.len = 0;
	if (l->out.room > KEEP_MAX)
		buf_clear(&l->out);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

struct probe_link *probe_link_new(struct loop *loop, int fd,
                                  const struct probe_link_events *events)
{
	struct probe_link *l = xzalloc(sizeof(*l));

	l->events = *events;
	l->fd = fd;
	l->arena = arena_new();
	l->readable = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST,
	                        on_readable, l);
	l->writable = event_new(loop_base(loop), fd, EV_WRITE, on_writable, l);
	(void)event_add(l->readable, NULL);
	return l;
}

void probe_link_free(struct probe_link **link)
{
	struct probe_link *l = *link;

	if (l == NULL)
		return;
	*link = NULL;
	event_free(l->readable);
	event_free(l->writable);
	(void)close(l->fd);
	buf_clear(&l->in);
	buf_clear(&l->out);
	arena_free(&l->arena);
	free(l);
}

void probe_link_send(struct probe_link *l, const struct frame *frame)
{
	bool idle = l->out_sent == l->out.len;

	if (l->ended)
		return;
	if (!idle && l->out_sent > l->out.len / 2) {
		buf_drop(&l->out, l->out_sent);
		l->out_sent = 0;
	}
	frame_encode(frame, &l->out);
	if (idle)
		flush(l);
}

size_t probe_link_unread(const struct probe_link *l)
{
	int waiting = 0;

	(void)ioctl(l->fd, SIOCOUTQ, &waiting);
	return l->out.len - l->out_sent + (size_t)(waiting > 0 ? waiting : 0);
}

void probe_link_hold(struct probe_link *l, bool hold)
{
	if (l->ended)
		return;
	if (hold)
		(void)event_del(l->readable);
	else
		(void)event_add(l->readable, NULL);
}
