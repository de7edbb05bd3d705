/*
 * progress.h -- one line on stderr that says how far it is, while a person is
 * looking: nothing is written when stderr is not a terminal.
 */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include "loop/loop.h"

#include <stdint.h>

struct progress;

/* Shown again each second, with the time passed. */
struct progress *progress_new(struct loop *loop, const char *argv0);
/* Takes *progress, accepts NULL, leaves NULL; the line is wiped. */
void progress_free(struct progress **progress);

void progress_set(struct progress *progress, uint64_t done, uint64_t waiting);
/* Before anything else is printed: the line is gone until the next set. */
void progress_hide(struct progress *progress);

#endif
