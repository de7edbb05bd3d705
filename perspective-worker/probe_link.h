/*
 * probe_link.h -- frames to and from one probe, over its socket.
 *
 * What comes is hostile until shown otherwise: a frame that is too long or
 * does not decode, a passed descriptor, a frame that the owner refuses, each
 * ends the link. What goes is queued and never blocks.
 */
#ifndef PERSPECTIVE_WORKER_PROBE_LINK_H
#define PERSPECTIVE_WORKER_PROBE_LINK_H

#include "loop/loop.h"
#include "probe/frame.h"

struct probe_link;

struct probe_link_events {
	/* NULL, or why the frame is a breach (static text). The frame is
	   borrowed for the call. May send, must not free the link. */
	const char *(*on_frame)(void *owner, const struct frame *frame);
	/* Once, the last call: breach NULL if the probe closed its end, else
	   what it did (static text). The link may be freed. */
	void (*on_end)(void *owner, const char *breach);
	void *owner;
};

/* Takes fd: non-blocking. */
struct probe_link *probe_link_new(struct loop *loop, int fd,
                                  const struct probe_link_events *events);
/* Takes *link, accepts NULL, leaves NULL; closes the socket. */
void probe_link_free(struct probe_link **link);

/* Copies. After the end: dropped. */
void probe_link_send(struct probe_link *link, const struct frame *frame);
/* How much the probe has not read yet: queued here, and an estimate of what
   waits in the socket; 0 exactly when there is nothing. */
size_t probe_link_unread(const struct probe_link *link);

/* Stops and goes on reading. */
void probe_link_hold(struct probe_link *link, bool hold);
/* The process has ended: reads what it left, then ends the link even if
   somebody still holds the other end. */
void probe_link_drain(struct probe_link *link);

#endif
