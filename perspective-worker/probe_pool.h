/*
 * probe_pool.h -- the probes of one worker: started, fed, watched, replaced.
 *
 * A task goes to the least loaded probe. A probe that ends, breaks its
 * contract (probe/frame.h), stops reading or does not answer by a task's
 * deadline and some grace is killed; its unfinished tasks are run once more
 * inside their deadlines, each alone in a probe that is thrown away. A
 * task present at two deaths is answered as that, and its zone set aside for a
 * while. One probe more than serves is kept warm. None lives longer than a
 * number of tasks or minutes; that is counted in generations.
 *
 * A task that hangs is told of, and its owner may take it back, to run it later
 * or not at all.
 *
 * Nothing here blocks but probe_pool_free(), for as long as a killed process
 * takes to end.
 */
#ifndef PERSPECTIVE_WORKER_PROBE_POOL_H
#define PERSPECTIVE_WORKER_PROBE_POOL_H

#include "base/addr.h"
#include "loop/loop.h"
#include "perspective-worker/probe_process.h"
#include "probe/frame.h"

#include <uthash.h>

struct probe_pool;
struct probe;

/* Embedded in its owner's job. The first block is the owner's, set before
   probe_pool_run() and left alone until on_done(). */
struct probe_task {
	unsigned check_set;
	struct span check; /* a Check record's value, borrowed */
	struct span zone;  /* what to set aside, borrowed */
	int64_t deadline_mono_ms;
	/* Where it must not connect to now: prefixes as texts, borrowed. A
	   second run after a death goes without. */
	struct text_list full;

	int64_t id;
	int64_t tries; /* runs begun */
	int64_t given_ms;
	struct probe *probe;
	bool told;               /* that it hangs, in this run */
	struct probe_task *twin; /* of one taken back: see probe_pool.c */
	bool recalled;           /* it is the twin that stands in for it */
	bool was_at_death;       /* while it was being taken back */
	struct probe_task *prev, *next;
	UT_hash_handle hh;
};

enum probe_end {
	PROBE_ANSWERED,
	PROBE_NOT_BEGUN, /* its time was over before a probe was free */
	PROBE_DIED,      /* with its probe, twice or without time for more */
	PROBE_BREACHED   /* the same, the last probe for breaking its contract
	                  */
};

struct probe_answer {
	enum probe_end end;
	const struct probe_done *done; /* ANSWERED: one per kind asked for */
	int64_t generation;            /* 0: no probe was involved */
	const char *versions;          /* of that probe; NULL with 0 */
	const char *why;               /* DIED, BREACHED: static text */
};

/* Why a probe had to be replaced out of turn. */
enum probe_death {
	PROBE_DEATH_ENDED,   /* it exited or was killed by another */
	PROBE_DEATH_BREACH,  /* killed: broke its contract */
	PROBE_DEATH_HUNG,    /* killed: a deadline and grace passed */
	PROBE_DEATH_DEAF,    /* killed: does not read */
	PROBE_DEATH_UNREADY, /* killed: not ready in time, or said why not */
	PROBE_DEATH_COUNT
};

const char *probe_death_name(enum probe_death death);

struct probe_pool_options {
	struct probe_program program;
	/* Borrowed as long as the pool; generation is the pool's. jobs_max is
	   the most tasks of one probe. */
	const struct probe_settings *settings;
	size_t count;          /* that serve; one more is kept warm */
	int64_t replace_tasks; /* a probe's share */
	int64_t replace_ms;    /* from its first task */
	int64_t set_aside_ms;
	int64_t start_limit_ms; /* until it must be ready */
	int64_t grace_ms;       /* past a task's deadline */
	int64_t deaf_ms;        /* unread bytes for so long */
	size_t throwaways_max;

	/* From the loop, once per task; the task is the owner's again. May
	   call probe_pool_run(), must not free the pool. */
	void (*on_done)(void *owner, struct probe_task *task,
	                const struct probe_answer *answer);
	/* The task has been at work for the settings' hang_ms, or is `held`
	   because of its `full`. at: where; NULL: at name servers. Once per
	   run; may call probe_pool_recall(), or leave it alone. */
	void (*on_hangs)(void *owner, struct probe_task *task,
	                 const struct addr *at, bool held);
	/* A probe said what it runs on, before it was given anything; texts
	   are borrowed for the call. False: it is not used. */
	bool (*on_ready)(void *owner, const char *versions,
	                 const char *sandbox);
	/* A probe refused its settings, and none was ever ready. */
	void (*on_unusable)(void *owner, const char *why);
	void *owner;
};

/* Starts the probes. Copies options. */
struct probe_pool *probe_pool_new(struct loop *loop,
                                  const struct probe_pool_options *options);
/* Takes *slot, accepts NULL, leaves NULL. Kills all probes; tasks are the
   owner's again, without on_done(). */
void probe_pool_free(struct probe_pool **slot);

/* Takes up the task; on_done() follows. How many there may be at a time is the
   owner's business. */
void probe_pool_run(struct probe_pool *pool, struct probe_task *task);
/* Takes back a task that on_hangs() told of; it may be run again, and the pool
   has forgotten it but for what probe_task_part() ends. */
void probe_pool_recall(struct probe_pool *pool, struct probe_task *task);
/* Before a task that was ever recalled is freed. */
void probe_task_part(struct probe_task *task);
/* A zone that recently cost two probes. */
bool probe_pool_is_set_aside(struct probe_pool *pool, struct span zone);
/* Stops listening to the probes, and goes on: while answers can't be passed
   on. Held probes are not taken for hung. */
void probe_pool_hold(struct probe_pool *pool, bool hold);

struct probe_pool_figures {
	size_t alive; /* started and not ended */
	size_t ready; /* that could take a task, the warm one included */
	size_t queued;
	size_t running;
	size_t set_aside;
	int64_t starts;
	int64_t deaths[PROBE_DEATH_COUNT];
	int64_t reruns;
	int64_t recalls;
};
struct probe_pool_figures probe_pool_figures(const struct probe_pool *pool);

#endif
