/*
 * link.h -- the probe's end of the socket to its worker: frames in, frames
 * out.
 *
 * Nothing here blocks. What the worker does not read is kept up to LINK_OUT_MAX
 * bytes; past that, on a breach of frame.h, or when the worker is gone, the
 * link is over, once, and so is the probe.
 */
#ifndef PROBE_LINK_H
#define PROBE_LINK_H

#include "frame.h"
#include "loop/loop.h"

enum { LINK_OUT_MAX = 16 * 1024 * 1024 };

struct link;

/* Valid until it returns. Text: a breach; the link is then over. */
typedef const char *link_frame_fn(void *owner, const struct frame *frame);
/* why is static; NULL when the worker closed the socket. From the loop. */
typedef void link_over_fn(void *owner, const char *why);

/* Takes fd. */
struct link *link_new(struct loop *loop, int fd, link_frame_fn *on_frame,
                      link_over_fn *on_over, void *owner);
/* Takes *slot, accepts NULL, leaves NULL. What was not written is lost. */
void link_free(struct link **slot);

/* Only while on_frame() runs: the arena that the frame lives in is now the
   caller's, to be freed with arena_free(). */
struct arena *link_keep_frame(struct link *link);

void link_send(struct link *link, const struct frame *frame);
/* Calls over() with NULL once all that was sent has been written. */
void link_end(struct link *link);

#endif
