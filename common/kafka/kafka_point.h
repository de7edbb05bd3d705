/*
 * kafka_point.h -- where a test may stop a coordinator, for ever or for a
 * while.
 *
 * The chaos run wants a process to pause just there where two writers could
 * meet, by construction and not by luck. Without MPIC_POINTS, that is in every
 * program that is installed, a point is nothing at all; with it, the build of
 * tests/chaos brings the functions (tests/chaos/points.c).
 */
#ifndef KAFKA_KAFKA_POINT_H
#define KAFKA_KAFKA_POINT_H

#ifdef MPIC_POINTS
#include "kafka/kafka_batch.h"

void kafka_point(const char *name);
/* The transaction is complete but for its commit. */
void kafka_point_commit(const struct kafka_batch *batch);
/* It is on the log: its marks are the last ones. */
void kafka_point_committed(const struct kafka_batch *batch);
#else
#define kafka_point(name)            ((void)0)
#define kafka_point_commit(batch)    ((void)0)
#define kafka_point_committed(batch) ((void)0)
#endif

#endif
