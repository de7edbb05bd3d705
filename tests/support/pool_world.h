/*
 * pool_world.h -- the worker's pool of probes, with probes in an attacker's
 * hands (evil_probe.c), which do what the first label of a target says.
 */
#ifndef SUPPORT_POOL_WORLD_H
#define SUPPORT_POOL_WORLD_H

#include "perspective-worker/probe_pool.h"

/* A check, and how it ended. */
struct tried {
	struct probe_task task; /* first */
	struct arena *arena;
	bool done;
	enum probe_end end;
	char why[64];
	char detail[64];
	int64_t generation;
};

struct pool_world {
	struct loop *loop;
	struct probe_settings settings;
	struct probe_pool *pool;
	char unusable[64];
	int readies;
	int64_t hang_ms; /* long, for who lies that it hangs already */
	bool refuse;     /* what on_ready() says */
	bool again;      /* on_hangs() takes it back once, and runs it anew */
};

void pool_world_open(struct pool_world *w);
void pool_world_close(struct pool_world *w);

/* Makes the pool: what is 0 in the options has a value that does not matter.
   Probes learn from the user agent how to start. */
void pool_open(struct pool_world *w, const char *user_agent,
               const struct probe_pool_options *given);

/* Runs the loop until that holds (NULL: never), or so long: whether it did. */
typedef bool pool_until(void *arg);
bool pool_turn(struct pool_world *w, pool_until *until, void *arg,
               int64_t limit_ms);
/* The same for as long as it may take; fails if it does not hold. */
void pool_wait(struct pool_world *w, const char *what, pool_until *until,
               void *arg);
/* So many are ready at least; so many have died. */
void pool_wait_ready(struct pool_world *w, int count);
void pool_wait_deaths(struct pool_world *w, int count);

/* A check of "mode.zone", with that much time. */
void pool_try(struct pool_world *w, struct tried *t, const char *mode,
              const char *zone, int64_t limit_ms);
/* Waits for its end. */
void pool_finish(struct pool_world *w, struct tried *t, const char *what);
/* The same, and it was answered with that. */
void pool_expect(struct pool_world *w, struct tried *t, const char *detail);

#endif
