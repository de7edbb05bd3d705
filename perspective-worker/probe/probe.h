/*
 * probe.h -- one probe: settings in, then jobs until its worker is gone.
 *
 * The order is its safety: what libraries need from the system is opened by
 * probe_new(); the settings, which are the worker's own words, are read; then
 * the sandbox closes, and only then is a job taken.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/err.h"
#include "loop/loop.h"

struct probe;

/* Takes fd, the socket to the worker. */
struct probe *probe_new(struct loop *loop, int fd);
/* Takes *slot, accepts NULL, leaves NULL. */
void probe_free(struct probe **slot);

/* What main() returns once the loop has ended. */
int probe_exit_status(const struct probe *probe);

#endif
