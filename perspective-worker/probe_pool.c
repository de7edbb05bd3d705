#include "perspective-worker/probe_pool_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <utlist.h>

enum {
	TICK_MS = 100,
	UNREAD_MAX = 1024 * 1024, /* then a probe gets no more tasks for now */
	SLOW_MS = 300,            /* not reading for so long: others first */
	RERUN_LEAST_MS = 100,     /* with less left it is not worth a process */
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 30000,
	PROVEN_MS = 5000, /* who lived so long could start */
	BARREN_MAX = 10   /* deaths without an answer, then slower */
};

const char *probe_death_name(enum probe_death death)
{
	switch (death) {
	case PROBE_DEATH_ENDED: return "ended";
	case PROBE_DEATH_BREACH: return "breach";
	case PROBE_DEATH_HUNG: return "hung";
	case PROBE_DEATH_DEAF: return "deaf";
	case PROBE_DEATH_UNREADY: return "unready";
	case PROBE_DEATH_COUNT: break;
	}
	return "unknown";
}

/* -- answers -- */

static void answer(struct probe_pool *pool, struct probe_task *task,
                   const struct probe_answer *a)
{
	task_forget(&pool->by_id, task);
	pool->o.on_done(pool->o.owner, task, a);
}

void pool_answered(struct probe *p, struct probe_task *task,
                   const struct probe_done *done)
{
	struct probe_pool *pool = p->pool;

	pool->failures = 0;
	pool->barren = 0;
	answer(pool, task,
	       &(struct probe_answer){ .end = PROBE_ANSWERED,
	                               .done = done,
	                               .generation = p->generation,
	                               .versions = p->versions });
	soon_call(pool->fill);
}

static void answer_dead(struct probe *p, struct probe_task *task)
{
	bool breach = p->death == PROBE_DEATH_BREACH;

	answer(p->pool, task,
	       &(struct probe_answer){ .end = breach ? PROBE_BREACHED
	                                             : PROBE_DIED,
	                               .generation = p->generation,
	                               .versions = p->versions,
	                               .why = p->why });
}

static void answer_not_begun(struct probe_pool *pool, struct probe_task *task)
{
	bool died = task->tries > 0;

	answer(pool, task,
	       &(struct probe_answer){
		       .end = died ? PROBE_DIED : PROBE_NOT_BEGUN,
		       .why = died ? "no time for a second run" : NULL,
	       });
}

/* -- tasks taken back --
 *
 * A probe owes a `done` for the id until it has sent one, so a twin takes the
 * task's place there: it counts as a task of the probe, and has its deadline.
 * The two know of each other, for if the probe dies before that `done`, the
 * task was present at a death like all others.
 */

void pool_hangs(struct probe_pool *pool, struct probe_task *task,
                const struct addr *at, bool held)
{
	pool->o.on_hangs(pool->o.owner, task, at, held);
}

void probe_task_part(struct probe_task *task)
{
	if (task->twin != NULL)
		task->twin->twin = NULL;
	task->twin = NULL;
}

void probe_pool_recall(struct probe_pool *pool, struct probe_task *task)
{
	struct probe_task *twin = xzalloc(sizeof(*twin));

	assert(task->probe != NULL);
	probe_task_part(task);
	twin->id = task->id;
	twin->deadline_mono_ms = task->deadline_mono_ms;
	twin->recalled = true;
	twin->twin = task;
	task->twin = twin;
	task_forget(&pool->by_id, task);
	task_register(&pool->by_id, twin);
	pool->figures.recalls++;
	probe_recall(task->probe, task, twin);
}

static void twin_free(struct probe_task *twin)
{
	probe_task_part(twin);
	free(twin);
}

void pool_twin_ended(struct probe_pool *pool, struct probe_task *twin)
{
	task_forget(&pool->by_id, twin);
	twin_free(twin);
	soon_call(pool->fill);
}

static void twin_orphaned(struct probe_pool *pool, struct probe_task *twin)
{
	struct probe_task *task = twin->twin;

	if (task != NULL) {
		task->was_at_death = true;
		if (task->tries == 0) /* in the queue again: dispatch() sees */
			task->tries = 1;
	}
	pool_twin_ended(pool, twin);
}

/* Its next run is alone. */
static void suspect(struct probe_pool *pool, struct probe_task *task)
{
	pool->figures.reruns++;
	task_append(&pool->suspects, task);
	pool->suspect_count++;
	soon_call(pool->fill);
}

/* Its probe died with it. The second time it was alone there. */
void pool_task_orphaned(struct probe *p, struct probe_task *task)
{
	struct probe_pool *pool = p->pool;
	int64_t now = clock_mono_ms();

	if (task->recalled) {
		twin_orphaned(pool, task);
	} else if (task->tries >= 2) {
		set_aside_add(pool->set_aside, task->zone, now);
		answer_dead(p, task);
	} else if (task->deadline_mono_ms - now < RERUN_LEAST_MS) {
		answer_dead(p, task);
	} else {
		suspect(pool, task);
	}
}

/* -- tasks to probes -- */

static bool could_take(const struct probe *p)
{
	return p->state == PROBE_READY && !p->throwaway &&
	       (int64_t)p->task_count < p->pool->o.settings->jobs_max &&
	       probe_link_unread(p->link) < UNREAD_MAX;
}

static bool is_slow(const struct probe *p, int64_t now_ms)
{
	return p->deaf_since_ms != 0 && now_ms - p->deaf_since_ms > SLOW_MS;
}

static bool is_better(const struct probe *p, const struct probe *than,
                      int64_t now_ms)
{
	if (is_slow(p, now_ms) != is_slow(than, now_ms))
		return is_slow(than, now_ms);
	return p->task_count < than->task_count;
}

/* The oldest `count` that are ready serve; one behind them is kept warm. */
static struct probe *choose(const struct probe_pool *pool)
{
	struct probe *p, *best = NULL;
	int64_t now = clock_mono_ms();
	size_t serving = 0;

	DL_FOREACH(pool->probes, p)
	{
		if (p->state != PROBE_READY || p->throwaway)
			continue;
		if (++serving > pool->o.count)
			break;
		if (could_take(p) && (best == NULL || is_better(p, best, now)))
			best = p;
	}
	return best;
}

static void dispatch(struct probe_pool *pool)
{
	struct probe_task *task;
	int64_t now = clock_mono_ms();

	while ((task = pool->queue) != NULL) {
		bool late = task->deadline_mono_ms <= now;
		bool alone = task->tries > 0;
		struct probe *p = late || alone ? NULL : choose(pool);

		if (p == NULL && !late && !alone)
			return;
		task_remove(&pool->queue, task);
		pool->queue_count--;
		if (late)
			answer_not_begun(pool, task);
		else if (alone)
			suspect(pool, task);
		else
			probe_give(p, task);
	}
}

void probe_pool_run(struct probe_pool *pool, struct probe_task *task)
{
	task->id = ++pool->last_id;
	task->tries = task->was_at_death ? 1 : 0;
	task->probe = NULL;
	task_register(&pool->by_id, task);
	if (task->was_at_death) {
		suspect(pool, task);
		return;
	}
	task_append(&pool->queue, task);
	pool->queue_count++;
	if (pool->queue == task && task->deadline_mono_ms > clock_mono_ms())
		dispatch(pool);
	else
		soon_call(pool->fill);
}

static void expire(struct probe_pool *pool, struct probe_task **list,
                   size_t *count, int64_t least_ms)
{
	struct probe_task *task, *next, *late = NULL;
	int64_t now = clock_mono_ms();

	DL_FOREACH_SAFE(*list, task, next)
	{
		if (task->deadline_mono_ms - now > least_ms)
			continue;
		task_remove(list, task);
		(*count)--;
		task_append(&late, task);
	}
	/* only now: whoever hears it may add to the list */
	while ((task = late) != NULL) {
		task_remove(&late, task);
		answer_not_begun(pool, task);
	}
}

/* -- probes -- */

static void start_backoff(struct probe_pool *pool)
{
	int64_t wait = BACKOFF_FIRST_MS;

	for (unsigned i = 0; i < pool->failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	pool->failures++;
	pool->not_before_ms = clock_mono_ms() + wait;
}

void pool_died(struct probe *p)
{
	struct probe_pool *pool = p->pool;

	if (clock_mono_ms() - p->started_ms > PROVEN_MS)
		pool->failures = 0;
	if (p->state == PROBE_STARTING || p->taken == 0 ||
	    ++pool->barren > BARREN_MAX)
		start_backoff(pool);
	soon_call(pool->fill);
	if (p->suspect != NULL) {
		/* it was never sent: not a death that it was present at */
		task_prepend(&pool->suspects, p->suspect);
		pool->suspect_count++;
		p->suspect = NULL;
	}
	if (p->failed != NULL && !pool->was_ready)
		pool->o.on_unusable(pool->o.owner, p->failed);
}

static bool start_one(struct probe_pool *pool, bool throwaway)
{
	struct probe *p = probe_start(pool, throwaway);

	if (p == NULL) {
		start_backoff(pool);
		return false;
	}
	DL_APPEND(pool->probes, p);
	if (throwaway) {
		p->suspect = pool->suspects;
		task_remove(&pool->suspects, p->suspect);
		pool->suspect_count--;
	}
	return true;
}

static size_t count_alive(const struct probe_pool *pool, bool throwaway)
{
	const struct probe *p;
	size_t count = 0;

	DL_FOREACH(pool->probes, p)
	count += p->throwaway == throwaway &&
	         (p->state == PROBE_STARTING || p->state == PROBE_READY);
	return count;
}

static void fill(struct probe_pool *pool)
{
	if (clock_mono_ms() < pool->not_before_ms)
		return;
	for (size_t n = count_alive(pool, false); n < pool->o.count + 1; n++) {
		if (!start_one(pool, false))
			return;
	}
	for (size_t n = count_alive(pool, true);
	     n < pool->o.throwaways_max && pool->suspects != NULL; n++) {
		if (!start_one(pool, true))
			return;
	}
}

void pool_ready(struct probe *p)
{
	struct probe_pool *pool = p->pool;
	struct probe_task *task = p->suspect;

	pool->was_ready = true;
	soon_call(pool->fill);
	if (!p->throwaway)
		return;
	p->suspect = NULL;
	if (task->deadline_mono_ms > clock_mono_ms())
		probe_give(p, task);
	else
		answer_not_begun(pool, task);
}

/* Old ones drain while a warm one stands ready; what has drained goes. */
static void retire(struct probe_pool *pool, int64_t now_ms)
{
	size_t ready = 0, draining = 0;
	struct probe *p;

	DL_FOREACH(pool->probes, p)
	{
		if (p->throwaway ? p->state == PROBE_READY
		                 : p->state == PROBE_DRAINING) {
			draining += !p->throwaway;
			if (p->task_count == 0)
				probe_dismiss(p);
		}
		ready += p->state == PROBE_READY && !p->throwaway;
	}
	DL_FOREACH(pool->probes, p)
	{
		if (ready <= pool->o.count || draining >= pool->o.count)
			return;
		if (p->state != PROBE_READY || p->throwaway || p->taken == 0 ||
		    (p->taken < pool->o.replace_tasks &&
		     now_ms - p->first_task_ms < pool->o.replace_ms))
			continue;
		p->state = PROBE_DRAINING;
		ready--;
		draining++;
	}
}

static void on_fill(void *arg)
{
	struct probe_pool *pool = arg;

	retire(pool, clock_mono_ms());
	fill(pool);
	dispatch(pool);
}

static void on_tick(void *arg)
{
	struct probe_pool *pool = arg;
	struct probe *p, *next;
	int64_t now = clock_mono_ms();

	timer_set_ms(pool->tick, TICK_MS);
	if (pool->held)
		pool->released_ms = now;
	DL_FOREACH_SAFE(pool->probes, p, next)
	probe_watch(p, now);
	expire(pool, &pool->queue, &pool->queue_count, 0);
	expire(pool, &pool->suspects, &pool->suspect_count, RERUN_LEAST_MS);
	on_fill(pool);
}

static void remove_probe(struct probe_pool *pool, struct probe *p)
{
	DL_DELETE(pool->probes, p);
	probe_free(p);
}

static void on_child(evutil_socket_t signo, short what, void *arg)
{
	struct probe_pool *pool = arg;
	struct probe *p, *next;

	(void)signo;
	(void)what;
	DL_FOREACH_SAFE(pool->probes, p, next)
	{
		if (probe_reap(p))
			remove_probe(pool, p);
	}
	soon_call(pool->fill);
}

struct probe_pool *probe_pool_new(struct loop *loop,
                                  const struct probe_pool_options *options)
{
	struct probe_pool *pool = xzalloc(sizeof(*pool));

	pool->o = *options;
	pool->loop = loop;
	pool->set_aside = set_aside_new(options->set_aside_ms);
	pool->tick = timer_new(loop, on_tick, pool);
	pool->fill = soon_new(loop, on_fill, pool);
	pool->released_ms = INT64_MIN / 2;
	pool->child = event_new(loop_base(loop), SIGCHLD,
	                        EV_SIGNAL | EV_PERSIST, on_child, pool);
	(void)event_add(pool->child, NULL);
	timer_set_ms(pool->tick, TICK_MS);
	soon_call(pool->fill);
	return pool;
}

static void free_twins(struct probe *p)
{
	struct probe_task *task, *next;

	DL_FOREACH_SAFE(p->tasks, task, next)
	{
		if (!task->recalled)
			continue;
		task_remove(&p->tasks, task);
		twin_free(task);
	}
}

void probe_pool_free(struct probe_pool **slot)
{
	struct probe_pool *pool = *slot;
	struct probe *p, *next;

	if (pool == NULL)
		return;
	*slot = NULL;
	task_forget_all(&pool->by_id);
	DL_FOREACH_SAFE(pool->probes, p, next)
	{
		free_twins(p);
		probe_bury(p);
	}
	timer_free(&pool->tick);
	soon_free(&pool->fill);
	event_free(pool->child);
	set_aside_free(&pool->set_aside);
	free(pool);
}

bool probe_pool_is_set_aside(struct probe_pool *pool, struct span zone)
{
	return set_aside_has(pool->set_aside, zone, clock_mono_ms());
}

void probe_pool_hold(struct probe_pool *pool, bool hold)
{
	struct probe *p;

	if (pool->held == hold)
		return;
	pool->held = hold;
	pool->released_ms = clock_mono_ms();
	DL_FOREACH(pool->probes, p)
	{
		if (p->link != NULL)
			probe_link_hold(p->link, hold);
	}
}

struct probe_pool_figures probe_pool_figures(const struct probe_pool *pool)
{
	struct probe_pool_figures f = pool->figures;
	const struct probe *p;

	f.queued = pool->queue_count + pool->suspect_count;
	f.set_aside = set_aside_count(pool->set_aside);
	DL_FOREACH(pool->probes, p)
	{
		f.alive += p->state != PROBE_ENDING;
		f.ready += p->state == PROBE_READY && !p->throwaway;
		f.running += p->task_count;
		f.queued += p->suspect != NULL;
	}
	return f;
}
