/*
 * probe_world.h -- a real mpic-probe under a test's control: started as its
 * worker would, spoken to in frames, ended by closing the socket.
 */
#ifndef TESTS_PROBE_WORLD_H
#define TESTS_PROBE_WORLD_H

#include "probe/frame.h"
#include "tests/support/lab_world.h"

#include <sys/types.h>

struct probe_world {
	pid_t pid;
	int fd;
	struct arena *arena; /* of everything read */
	struct buf in;
};

/* Starts the program; sends nothing. */
void probe_world_start(struct probe_world *w);
/* Closes the socket; returns the exit status, or minus the signal. */
int probe_world_end(struct probe_world *w);

void probe_world_send(struct probe_world *w, const struct frame *frame);
void probe_world_send_bytes(struct probe_world *w, struct span bytes);
/* The next frame; false when the probe is gone or none came in limit_ms. What
   it holds lives until probe_world_end(). Aborts on a breach. */
bool probe_world_read(struct probe_world *w, int64_t limit_ms,
                      struct frame *out);

/* Settings for view 1 of a lab: loopback allowed, short limits. The anchor and
   root are the caller's arrays of one. */
struct frame probe_world_settings(const struct lab_world *lab,
                                  struct span anchor[1], struct span root[1]);

#endif
