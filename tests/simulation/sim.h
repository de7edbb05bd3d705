/*
 * sim.h -- one schedule of the simulation: virtual time, chance, processes.
 *
 * Everything that happens is an event at a virtual time; chance, drawn from
 * the seed alone, sets the times and so the order. An event belongs to a
 * process, or to the brokers and the world (owner NULL). A killed process's
 * events never come; those of a paused one wait until it goes on. One schedule
 * at a time per operating-system process; all its memory is one arena.
 */
#ifndef SIMULATION_SIM_H
#define SIMULATION_SIM_H

#include "base/mem.h"

/* in microseconds */
#define MS     INT64_C(1000)
#define SECOND (1000 * MS)

enum { SIM_FAILURE_MAX = 512, SIM_PROMISES = 6 };

struct event;
struct loop;

/* A process that runs a coordinator: one incarnation, from start to kill. */
struct process {
	const char *name;
	struct loop *loop;
	bool alive;
	bool stopping; /* asked its loop to end */
	int64_t paused_until_us;
	int64_t skew_ms; /* of its wall clock */
	bool doomed;     /* killed as soon as this event is over */
	uint64_t steps;  /* events it has handled */
};

struct sim {
	struct arena *arena;
	uint64_t seed;
	uint64_t chance[2];
	int64_t now_us;
	uint64_t events; /* handled */
	struct process *running;
	struct process *last; /* whose the last event was; it may be gone */
	int slowness;         /* 0 to 3: how long the tail of delays is */
	bool faults;          /* lost answers and the like may still happen */
	bool trace;
	char failure[SIM_FAILURE_MAX]; /* empty: none */
};

extern struct sim sim;

/* What happened over all schedules. */
struct sim_counts {
	uint64_t crashes;    /* processes that were killed */
	uint64_t pauses;     /* of processes, up to 45 s */
	uint64_t duplicates; /* requests and results that were sent again,
	                        requests that were handed out again */
	uint64_t reorders;   /* records that others, sent later, overtook */
	uint64_t late;       /* messages and answers that took 1 s or more */
	uint64_t ghosts, drains, resets, fenced, aborted, unknown;
	uint64_t requests, decisions, other_answers;
};

extern struct sim_counts sim_counts;

void sim_begin(uint64_t seed, bool trace);
void sim_end(void);

/* Handles the next event; false if there is none, or after sim_fail(). */
bool sim_step(void);

typedef void event_fn(void *arg);

/* Not before now. Events of the same time come in the order they were made. */
struct event *sim_at(struct process *owner, int64_t at_us, event_fn *fn,
                     void *arg);
struct event *sim_after(struct process *owner, int64_t us, event_fn *fn,
                        void *arg);
/* Accepts NULL; leaves NULL. Not for an event that was handled. */
void sim_cancel(struct event **e);

/* Two draws never in one expression or call, whose order the compiler would
   choose: a seed is the same schedule whatever built it. */
uint64_t sim_random(void);
/* 0 <= result < n */
int64_t sim_below(int64_t n);
bool sim_percent(double p);
/* A fault that stops when the world calms down. */
bool sim_fault(double percent);
/* Where a kill or a pause hurts most; world.c says whether one comes. */
void sim_weak_spot(struct process *p);
/* How long a message or an answer takes; microseconds, most of them few. */
int64_t sim_delay(void);
/* Counts what takes so long; returns it. */
int64_t sim_late(int64_t us);

int64_t sim_wall_ms(void); /* the brokers' clock */

/* A promise was broken, by its number: the first such call is the schedule's
   result, "promise 1: ...". */
void sim_fail(int promise, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool sim_failed(void);
/* One line of the trace, if it is wanted. */
void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For sim_loop.c */
struct loop *sim_loop_new(struct process *p);
struct process *sim_loop_process(struct loop *loop);

/* Lines that the product logs are part of the trace; checker.c looks too. */
void sim_log_seen(const char *event);

#endif
