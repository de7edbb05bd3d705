/*
 * probe_pool_internal.h -- one probe of a pool, and what both files share.
 *
 *   STARTING -> READY -> DRAINING -> ENDING -> reaped, freed
 *
 * and from each of the first three straight to ENDING. A probe has a link and
 * tasks until ENDING, and a process until it is freed.
 */
#ifndef PERSPECTIVE_WORKER_PROBE_POOL_INTERNAL_H
#define PERSPECTIVE_WORKER_PROBE_POOL_INTERNAL_H

#include "perspective-worker/probe_link.h"
#include "perspective-worker/probe_pool.h"
#include "perspective-worker/set_aside.h"

#include "loop/timer.h"

struct event;

enum probe_state {
	PROBE_STARTING,
	PROBE_READY,
	PROBE_DRAINING, /* no more tasks; ends with its last one */
	PROBE_ENDING    /* waits to be reaped */
};

enum { PROBE_TAIL_MAX = 400 /* bytes of its stderr in the log */ };

struct probe {
	struct probe_pool *pool;
	enum probe_state state;
	bool throwaway;
	int64_t generation;
	struct probe_process process;
	struct probe_link *link;
	struct event *errors;
	struct buf tail;
	char *versions;

	struct probe_task *tasks; /* given to it, not answered */
	size_t task_count;
	int64_t taken; /* tasks, ever */
	int64_t next_due_ms;
	struct probe_task *suspect; /* a throwaway's, until it is ready */

	int64_t started_ms;
	int64_t ready_ms;
	int64_t first_task_ms;
	int64_t ending_ms;
	size_t unread;         /* at the last look */
	int64_t deaf_since_ms; /* 0: it reads */
	int64_t nudged_ms;

	bool dismissed; /* ends because we let it go */
	enum probe_death death;
	const char *why; /* of the death, or NULL */
	char *failed;    /* what it said instead of `ready` */

	struct probe *prev, *next;
};

struct probe_pool {
	struct probe_pool_options o;
	struct loop *loop;
	struct timer *tick;
	struct event *child; /* SIGCHLD */
	struct soon *fill;
	struct probe *probes; /* in order of generation */
	struct probe_task *by_id;
	struct probe_task *queue;    /* nobody took them yet */
	struct probe_task *suspects; /* were present at one death */
	size_t queue_count;
	size_t suspect_count;
	struct set_aside *set_aside;
	int64_t last_id;
	int64_t last_generation;
	bool was_ready;
	bool held;
	int64_t released_ms; /* when it was last held */
	unsigned failures;   /* starts in a row that came to nothing */
	unsigned barren;     /* deaths in a row without an answer between */
	int64_t not_before_ms;
	struct probe_pool_figures figures; /* the counters in it */
};

/* NULL: not started, the reason logged. */
struct probe *probe_start(struct probe_pool *pool, bool throwaway);
/* Everything goes, the process by force and awaited. */
void probe_bury(struct probe *p);
/* It has no tasks and is let go. */
void probe_dismiss(struct probe *p);
/* It is killed; its tasks go to pool_task_orphaned(). */
void probe_fail(struct probe *p, enum probe_death death, const char *why);
void probe_give(struct probe *p, struct probe_task *task);
/* Asks for the task's end; twin takes its place in p's list. */
void probe_recall(struct probe *p, struct probe_task *task,
                  struct probe_task *twin);
/* True if its process has ended; all that is left to do is probe_free(). */
bool probe_reap(struct probe *p);
void probe_free(struct probe *p);
/* Looks after limits: readiness, hanging, deafness, an end that does not come.
 */
void probe_watch(struct probe *p, int64_t now_ms);

/* Lists of tasks, each task in at most one, and the table of all by id. */
void task_append(struct probe_task **list, struct probe_task *task);
void task_prepend(struct probe_task **list, struct probe_task *task);
void task_remove(struct probe_task **list, struct probe_task *task);
void task_register(struct probe_task **table, struct probe_task *task);
void task_forget(struct probe_task **table, struct probe_task *task);
void task_forget_all(struct probe_task **table);
struct probe_task *task_find(struct probe_task *table, int64_t id);

/* For probe.c. */
void pool_ready(struct probe *p);
void pool_answered(struct probe *p, struct probe_task *task,
                   const struct probe_done *done);
void pool_hangs(struct probe_pool *pool, struct probe_task *task,
                const struct addr *at, bool held);
/* p was told to give the task up; what it answers now is nobody's. */
void pool_twin_ended(struct probe_pool *pool, struct probe_task *twin);
void pool_task_orphaned(struct probe *p, struct probe_task *task);
/* p is about to end, not by our wish. */
void pool_died(struct probe *p);

#endif
