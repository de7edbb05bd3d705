#include "link.h"

#include "base/mem.h"
#include "loop/timer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>

struct link {
	struct bufferevent *bev;
	link_frame_fn *on_frame;
	link_over_fn *on_over;
	void *owner;
	struct arena *arena; /* of the frame in hand */
	struct buf out;      /* the frame being encoded */
	struct soon *over;
	const char *why;
	bool is_over;
	bool ending;
};

static void be_over(struct link *link, const char *why)
{
	if (link->is_over)
		return;
	link->is_over = true;
	link->why = why;
	bufferevent_disable(link->bev, EV_READ | EV_WRITE);
	soon_call(link->over);
}

static void on_is_over(void *arg)
{
	struct link *link = arg;

	link->on_over(link->owner, link->why);
}

/* False: wait for more, or the link is over. */
static bool take_frame(struct link *link, struct evbuffer *in)
{
	size_t have = evbuffer_get_length(in);
	struct span bytes = span_of(evbuffer_pullup(in, -1), have);
	struct frame frame;
	struct span body;
	size_t taken;
	const char *why;

	switch (frame_cut(bytes, FRAME_TO_PROBE, &body, &taken)) {
	case FRAME_CUT_MORE: return false;
	case FRAME_CUT_TOO_LONG:
		be_over(link, "a frame is longer than allowed");
		return false;
	case FRAME_CUT_WHOLE: break;
	}
	why = frame_decode(body, FRAME_TO_PROBE, link->arena, &frame);
	if (why == NULL)
		why = link->on_frame(link->owner, &frame);
	arena_reset(link->arena);
	evbuffer_drain(in, taken);
	if (why != NULL)
		be_over(link, why);
	return why == NULL;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct link *link = arg;
	struct evbuffer *in = bufferevent_get_input(bev);

	while (!link->is_over && take_frame(link, in))
		;
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct link *link = arg;

	(void)bev;
	if (link->ending)
		be_over(link, NULL);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		be_over(arg, NULL);
}

struct link *link_new(struct loop *loop, int fd, link_frame_fn *on_frame,
                      link_over_fn *on_over, void *owner)
{
	struct link *link = xzalloc(sizeof(*link));

	link->on_frame = on_frame;
	link->on_over = on_over;
	link->owner = owner;
	link->arena = arena_new();
	link->over = soon_new(loop, on_is_over, link);
	if (evutil_make_socket_nonblocking(fd) != 0)
		abort(); /* not a descriptor */
	link->bev = bufferevent_socket_new(loop_base(loop), fd,
	                                   BEV_OPT_CLOSE_ON_FREE);
	if (link->bev == NULL)
		abort();
	bufferevent_setcb(link->bev, on_read, on_written, on_event, link);
	bufferevent_setwatermark(link->bev, EV_READ, 0,
	                         FRAME_HEAD + FRAME_TO_PROBE_MAX);
	bufferevent_enable(link->bev, EV_READ | EV_WRITE);
	return link;
}

void link_free(struct link **slot)
{
	struct link *link = *slot;

	if (link == NULL)
		return;
	*slot = NULL;
	bufferevent_free(link->bev);
	soon_free(&link->over);
	arena_free(&link->arena);
	buf_clear(&link->out);
	free(link);
}

struct arena *link_keep_frame(struct link *link)
{
	struct arena *arena = link->arena;

	link->arena = arena_new();
	return arena;
}

void link_send(struct link *link, const struct frame *frame)
{
	struct evbuffer *out = bufferevent_get_output(link->bev);

	if (link->is_over)
		return;
	link->out.len = 0;
	frame_encode(frame, &link->out);
	if (evbuffer_get_length(out) + link->out.len > LINK_OUT_MAX) {
		be_over(link, "the worker does not read");
		return;
	}
	if (evbuffer_add(out, link->out.p, link->out.len) != 0)
		abort();
}

void link_end(struct link *link)
{
	struct evbuffer *out = bufferevent_get_output(link->bev);

	link->ending = true;
	if (evbuffer_get_length(out) == 0)
		be_over(link, NULL);
}
