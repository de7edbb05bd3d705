#include "perspective-worker/probe_pool_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

enum {
	BUDGET_MS_MAX = 600000, /* what a job frame can say */
	END_LIMIT_MS = 2000,    /* after its socket was closed */
	TAIL_READ = 4096,       /* of its stderr in one turn */
	NUDGE_MS = 1000         /* how often it is given something to read */
};

/* -- its stderr: kept short, shown escaped if it dies -- */

static bool read_errors(struct probe *p)
{
	char bytes[TAIL_READ];
	ssize_t n = read(p->process.errors, bytes, sizeof(bytes));

	if (n <= 0)
		return false;
	buf_add(&p->tail, bytes, (size_t)n);
	if (p->tail.len > PROBE_TAIL_MAX)
		buf_drop(&p->tail, p->tail.len - PROBE_TAIL_MAX);
	return true;
}

static void on_errors(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	bool was_end = !read_errors(p);

	(void)fd;
	(void)what;
	if (was_end)
		event_del(p->errors);
}

/* -- frames from it -- */

static char *text_of(struct span s)
{
	return xspandup(s);
}

static const char *take_ready(struct probe *p, const struct probe_ready *ready)
{
	struct probe_pool *pool = p->pool;

	if (p->state != PROBE_STARTING)
		return "ready twice";
	char *sandbox = text_of(ready->sandbox);

	p->versions = text_of(ready->versions);
	bool use = pool->o.on_ready(pool->o.owner, p->versions, sandbox);

	log_debug("worker_probe_ready", F_INT("generation", p->generation),
	          F_STR("versions", p->versions), F_STR("sandbox", sandbox),
	          F_INT("took_ms", clock_mono_ms() - p->started_ms));
	free(sandbox);
	if (!use)
		return "not to be used";
	p->state = PROBE_READY;
	p->ready_ms = clock_mono_ms();
	pool_ready(p);
	return NULL;
}

static const char *take_failed(struct probe *p,
                               const struct probe_failed *failed)
{
	if (p->state != PROBE_STARTING || p->failed != NULL)
		return "failed after it was ready";
	p->failed = text_of(failed->why);
	return NULL; /* its end follows */
}

static const char *take_done(struct probe *p, const struct probe_done *done)
{
	struct probe_task *task = task_find(p->pool->by_id, done->id);
	unsigned kinds = SET_NONE;

	if (task == NULL || task->probe != p)
		return "answer for a foreign job";
	for (size_t i = 0; i < done->kinds_count; i++)
		kinds |= 1U << done->kinds[i].kind;
	if (kinds != task->check_set && !task->recalled)
		return "answer of other kinds than asked for";
	task_remove(&p->tasks, task);
	p->task_count--;
	task->probe = NULL;
	if (task->recalled) {
		pool_twin_ended(p->pool, task);
		return NULL;
	}
	pool_answered(p, task, done);
	return NULL;
}

static bool lists(const struct text_list *prefixes, const struct addr *addr)
{
	struct prefix prefix;

	for (size_t i = 0; i < prefixes->count; i++) {
		if (prefix_parse(prefixes->items[i], &prefix) &&
		    prefix_contains(&prefix, addr))
			return true;
	}
	return false;
}

/* A probe that was taken over must not make others' checks wait: what it says
   is believed only where it can be true. */
static const char *take_hangs(struct probe *p, const struct probe_hangs *hangs)
{
	const struct probe_settings *s = p->pool->o.settings;
	struct probe_task *task = task_find(p->pool->by_id, hangs->id);
	bool nowhere = hangs->address.len == 0;
	struct addr at = { 0 };

	if (task == NULL || task->probe != p)
		return "a foreign job hangs";
	if (!nowhere && !addr_parse(hangs->address, &at))
		return "a job hangs at no address";
	if (task->recalled) /* the two crossed */
		return NULL;
	if (hangs->held ? !lists(&task->full, &at)
	                : clock_mono_ms() - task->given_ms < s->hang_ms)
		return "a job hangs that can't";
	if (task->told)
		return "a job hangs twice";
	task->told = true;
	if (!p->throwaway) /* where it is alone, it stays */
		pool_hangs(p->pool, task, nowhere ? NULL : &at, hangs->held);
	return NULL;
}

static const char *on_frame(void *owner, const struct frame *frame)
{
	struct probe *p = owner;

	switch (frame->kind) {
	case FRAME_READY: return take_ready(p, &frame->ready);
	case FRAME_FAILED: return take_failed(p, &frame->failed);
	case FRAME_DONE: return take_done(p, &frame->done);
	case FRAME_HANGS: return take_hangs(p, &frame->hangs);
	case FRAME_UNKNOWN:
	case FRAME_SETTINGS:
	case FRAME_JOB:
	case FRAME_CANCEL:
	case FRAME_KIND_COUNT: break;
	}
	return "frame of the other direction";
}

static void on_end(void *owner, const char *breach)
{
	struct probe *p = owner;

	if (breach != NULL)
		probe_fail(p, PROBE_DEATH_BREACH, breach);
	else if (p->failed != NULL)
		probe_fail(p, PROBE_DEATH_UNREADY, "refused its settings");
	else
		probe_fail(p, PROBE_DEATH_ENDED, "ended");
}

/* -- its life -- */

static void send_settings(struct probe *p)
{
	struct frame frame = { .kind = FRAME_SETTINGS,
		               .settings = *p->pool->o.settings };

	frame.settings.generation = p->generation;
	probe_link_send(p->link, &frame);
}

struct probe *probe_start(struct probe_pool *pool, bool throwaway)
{
	struct probe_process process;
	struct err why;

	if (probe_process_start(&pool->o.program, &process, &why) != 0) {
		log_error("worker_probe_not_started", F_STR("error", why.text));
		return NULL;
	}
	struct probe *p = xzalloc(sizeof(*p));
	const struct probe_link_events events = { on_frame, on_end, p };

	p->pool = pool;
	p->throwaway = throwaway;
	p->generation = ++pool->last_generation;
	p->process = process;
	p->started_ms = clock_mono_ms();
	p->next_due_ms = INT64_MAX;
	p->link = probe_link_new(pool->loop, process.socket, &events);
	p->errors = event_new(loop_base(pool->loop), process.errors,
	                      EV_READ | EV_PERSIST, on_errors, p);
	(void)event_add(p->errors, NULL);
	if (pool->held)
		probe_link_hold(p->link, true);
	pool->figures.starts++;
	send_settings(p);
	return p;
}

void probe_free(struct probe *p)
{
	assert(p->tasks == NULL && p->suspect == NULL);
	probe_link_free(&p->link);
	event_free(p->errors);
	(void)close(p->process.errors);
	buf_clear(&p->tail);
	free(p->versions);
	free(p->failed);
	free(p);
}

void probe_bury(struct probe *p)
{
	probe_process_kill(&p->process);
	probe_process_bury(&p->process);
	p->tasks = NULL;
	p->suspect = NULL;
	probe_free(p);
}

static void begin_end(struct probe *p)
{
	assert(p->state != PROBE_ENDING);
	p->state = PROBE_ENDING;
	p->ending_ms = clock_mono_ms();
	probe_link_free(&p->link);
}

void probe_dismiss(struct probe *p)
{
	assert(p->tasks == NULL && p->suspect == NULL);
	p->dismissed = true;
	begin_end(p);
}

void probe_fail(struct probe *p, enum probe_death death, const char *why)
{
	struct probe_task *task;

	/* even if it closed its end by itself: it may live on without */
	probe_process_kill(&p->process);
	p->death = death;
	p->why = why;
	pool_died(p);
	begin_end(p);
	p->pool->figures.deaths[death]++;
	while ((task = p->tasks) != NULL) {
		task_remove(&p->tasks, task);
		p->task_count--;
		task->probe = NULL;
		pool_task_orphaned(p, task);
	}
}

void probe_give(struct probe *p, struct probe_task *task)
{
	int64_t now = clock_mono_ms();
	int64_t left = task->deadline_mono_ms - now;

	assert(p->state == PROBE_READY && left > 0);
	struct frame frame = {
		.kind = FRAME_JOB,
		.job = { .id = task->id,
		         .check_set = task->check_set,
		         .check = task->check,
		         .budget_ms =
		                 left < BUDGET_MS_MAX ? left : BUDGET_MS_MAX },
	};

	if (p->throwaway)
		task->full.count = 0;
	frame.job.full = task->full;
	task->probe = p;
	task->given_ms = now;
	task->told = false;
	task->tries++;
	task_append(&p->tasks, task);
	p->task_count++;
	if (p->taken++ == 0)
		p->first_task_ms = now;
	if (task->deadline_mono_ms < p->next_due_ms)
		p->next_due_ms = task->deadline_mono_ms;
	probe_link_send(p->link, &frame);
}

void probe_recall(struct probe *p, struct probe_task *task,
                  struct probe_task *twin)
{
	struct frame frame = { .kind = FRAME_CANCEL,
		               .cancel = { .id = task->id } };

	task_remove(&p->tasks, task);
	task_append(&p->tasks, twin);
	twin->probe = p;
	task->probe = NULL;
	probe_link_send(p->link, &frame);
}

static void log_death(struct probe *p, int status)
{
	bool by_signal = WIFSIGNALED(status);

	while (read_errors(p))
		continue;
	log_warn("worker_probe_died", F_INT("generation", p->generation),
	         F_STR("reason", probe_death_name(p->death)),
	         F_STR("why", p->why),
	         F_SPAN("said", p->failed != NULL ? span_str(p->failed)
	                                          : buf_span(&p->tail)),
	         F_INT("signal", by_signal ? WTERMSIG(status) : 0),
	         F_INT("exit_status", by_signal ? 0 : WEXITSTATUS(status)),
	         F_BOOL("throwaway", p->throwaway), F_INT("checks", p->taken),
	         F_INT("lived_ms", clock_mono_ms() - p->started_ms));
}

bool probe_reap(struct probe *p)
{
	int status = 0;

	if (!probe_process_reap(&p->process, &status))
		return false;
	if (p->state != PROBE_ENDING)
		probe_link_drain(p->link); /* on_end() comes from there */
	if (!p->dismissed)
		log_death(p, status);
	return true;
}

/* -- what it must not do -- */

static bool is_overdue(struct probe *p, int64_t now_ms)
{
	const struct probe_task *task;

	if (now_ms < p->next_due_ms)
		return false;
	p->next_due_ms = INT64_MAX;
	DL_FOREACH(p->tasks, task)
	{
		if (task->deadline_mono_ms < p->next_due_ms)
			p->next_due_ms = task->deadline_mono_ms;
	}
	return p->next_due_ms < INT64_MAX &&
	       now_ms > p->next_due_ms + p->pool->o.grace_ms;
}

/* Bytes wait for it, and it took none since the last look. */
static bool is_deaf(struct probe *p, int64_t now_ms)
{
	size_t unread = probe_link_unread(p->link);
	bool reads = unread < p->unread || unread == 0;

	p->unread = unread;
	if (reads)
		p->deaf_since_ms = 0;
	else if (p->deaf_since_ms == 0)
		p->deaf_since_ms = now_ms;
	return p->deaf_since_ms != 0 &&
	       now_ms - p->deaf_since_ms > p->pool->o.deaf_ms;
}

/* A cancel for an id that never was means nothing, but a probe that hangs
   leaves it unread: its other tasks need not wait for a deadline. */
static void nudge(struct probe *p, int64_t now_ms)
{
	struct frame frame = { .kind = FRAME_CANCEL };

	if (p->tasks == NULL || p->unread != 0 ||
	    now_ms - p->nudged_ms < NUDGE_MS)
		return;
	p->nudged_ms = now_ms;
	frame.cancel.id = ++p->pool->last_id;
	probe_link_send(p->link, &frame);
}

void probe_watch(struct probe *p, int64_t now_ms)
{
	const struct probe_pool *pool = p->pool;

	if (p->state == PROBE_ENDING) {
		if (now_ms - p->ending_ms > END_LIMIT_MS)
			probe_process_kill(&p->process);
		return;
	}
	if (pool->held || now_ms - pool->released_ms < pool->o.grace_ms)
		return;
	if (p->state == PROBE_STARTING) {
		if (now_ms - p->started_ms > pool->o.start_limit_ms)
			probe_fail(p, PROBE_DEATH_UNREADY, "not ready in time");
		return;
	}
	if (is_overdue(p, now_ms))
		probe_fail(p, PROBE_DEATH_HUNG, "no answer by the deadline");
	else if (is_deaf(p, now_ms))
		probe_fail(p, PROBE_DEATH_DEAF, "does not read");
	else
		nudge(p, now_ms);
}
