/*
 * fast.h -- what is remembered of one schedule to save time.
 */
#ifndef SIMULATION_FAST_H
#define SIMULATION_FAST_H

#include "base/span.h"

/* fast_read.c: the value of a record that is on the log, where it lies in the
   schedule's arena. */
void fast_logged(struct span value);
/* Before that arena goes. */
void fast_forget(void);

#endif
