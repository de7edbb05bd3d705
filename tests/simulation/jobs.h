/*
 * jobs.h -- many schedules, played by several processes at once.
 *
 * Which process plays which schedule is chance, what comes out is not: every
 * schedule below the first that fails is played, and that one is told.
 */
#ifndef SIMULATION_JOBS_H
#define SIMULATION_JOBS_H

#include "tests/simulation/sim.h"

enum { JOBS_MAX = 256 };

struct jobs_wish {
	uint64_t seed, schedules; /* seed, seed + 1, ... */
	uint64_t seconds;         /* of CPU, for each process; 0: no limit */
	uint64_t jobs;            /* 1 to JOBS_MAX */
};

struct jobs_told {
	uint64_t schedules, events;
	struct sim_counts counts;
	double seconds, cpu_seconds; /* on the clock; of all processes */
	bool died;                   /* a process, and not of an assertion */
	bool failed;                 /* then these say what */
	uint64_t failed_seed;
	char failure[SIM_FAILURE_MAX];
};

/* One schedule; false: sim.failure says why. */
typedef bool jobs_play_fn(uint64_t seed, bool trace);

void jobs_run(const struct jobs_wish *w, jobs_play_fn *play,
              struct jobs_told *told);
/* Once more, with its trace on stdout, in a process of its own, since it may
   end in an assertion. */
void jobs_trace(uint64_t seed, jobs_play_fn *play);

#endif
