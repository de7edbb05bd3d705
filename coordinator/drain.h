/*
 * drain.h -- the end of the process: no new requests, those begun are decided
 * within the time that is set for it, then the group is left.
 */
#ifndef COORDINATOR_DRAIN_H
#define COORDINATOR_DRAIN_H

#include "coordinator/coordinator.h"

/* Leaves the group if it is to and nothing is left to do. */
void drain_go_on(struct coordinator *c);
/* A timer of the coordinator's, which is arg: leaves whatever is undecided to
   whoever comes after us. */
void drain_on_limit(void *arg);

#endif
