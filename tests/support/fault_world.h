/*
 * fault_world.h -- servers that misbehave (tests/fixtures/faults), and the
 * tables of what must come of a check that meets them.
 */
#ifndef TESTS_FAULT_WORLD_H
#define TESTS_FAULT_WORLD_H

#include "base/mem.h"
#include "tests/support/lab_world.h"

#include <sys/types.h>

/* A line of a table; texts are the arena's. */
struct fault_row {
	const char *id;
	int view; /* of the laboratory, from 1 */
	const char *target;
	const char *method; /* http-01, dns-01, caa, ... */
	const char *result_class;
	const char *reason;
};

enum { FAULT_ROWS_MAX = 600 };

/* Adds the rows of a table below tests/fixtures/faults to rows, of which *count
   are taken; where none of them names a view, all are of the first. Aborts with
   file and line on what is none. */
void fault_rows_read(const char *table, struct arena *arena,
                     struct fault_row rows[FAULT_ROWS_MAX], size_t *count);

/* Starts a server (python3 tests/fixtures/faults/<script> <folder of the lab>)
   and waits until it says "ready". It does not outlive its caller. */
pid_t fault_server_start(const char *script, const struct lab_world *lab);
/* Ends it; false if it had ended by itself. */
bool fault_server_end(pid_t pid);

#endif
