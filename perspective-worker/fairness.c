#include "perspective-worker/fairness.h"

#include "base/clock.h"
#include "perspective-worker/worker.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

enum {
	TICK_MS = 100,        /* how late an end of waiting may be */
	SAY_AGAIN_MS = 10000, /* not every check that waits is news */
	NAME_DIGITS = 16 /* of a zone's digest: enough to tell them apart */
};

_Static_assert((int)TURNSTILE_FULL_MAX <= (int)FRAME_FULL_MAX,
               "all that is full can be told");

struct fairness {
	struct worker *w;
	struct turnstile *turnstile;
	struct timer *tick;
	int64_t said_ms;
	int64_t unsaid; /* checks that waited or were refused since */
};

static struct job *job_of(struct turnstile_pass *pass)
{
	return (struct job *)((char *)pass - offsetof(struct job, pass));
}

/* -- on the log -- */

/* The zone by its digest: its name is the applicant's text. */
static void say(struct fairness *f, const struct job *job, const char *event,
                const char *place)
{
	struct turnstile_figures now = turnstile_figures(f->turnstile);
	struct digest zone = digest_of(job->task.zone);
	int64_t now_ms = clock_mono_ms();
	char name[DIGEST_HEX_ROOM];

	f->unsaid++;
	if (now_ms - f->said_ms < SAY_AGAIN_MS)
		return;
	(void)digest_hex(&zone, name);
	name[NAME_DIGITS] = '\0';
	log_warn(event, F_STR("zone_sha256", name), F_STR("hangs_at", place),
	         F_INT("checks", f->unsaid), F_INT("hanging", now.hanging),
	         F_INT("waiting", now.waiting), F_INT("zones", now.zones),
	         F_STR("note", "said at most every ten seconds"));
	f->said_ms = now_ms;
	f->unsaid = 0;
}

static const char *place_name(const struct addr *at)
{
	return at != NULL ? "address" : "name-servers";
}

static void refuse(struct fairness *f, struct job *job, const char *place)
{
	say(f, job, "worker_target_busy", place);
	worker_end(f->w, job, CLASS_ERROR, REASON_TARGET_BUSY,
	           "too many checks of its zone hang, and as many as may wait "
	           "for them");
}

static void wait_here(struct fairness *f, struct job *job, const char *place)
{
	say(f, job, "worker_check_waits", place);
	if (!timer_is_set(f->tick))
		timer_set_ms(f->tick, TICK_MS);
}

/* -- those that wait -- */

static void time_is_over(struct fairness *f, struct job *job)
{
	worker_end(f->w, job, CLASS_TIMED_OUT, REASON_TIMEOUT_QUEUED,
	           job->taken_back
	                   ? "hung, was taken back, and had no other turn "
	                     "behind checks of its zone that hang"
	                   : "never had its turn behind checks of its zone "
	                     "that hang");
}

static void on_tick(void *arg)
{
	struct fairness *f = arg;
	struct turnstile_pass *pass, *next;

	pass = turnstile_expire(f->turnstile, clock_mono_ms());
	for (; pass != NULL; pass = next) {
		next = pass->next;
		time_is_over(f, job_of(pass));
	}
	if (turnstile_figures(f->turnstile).waiting > 0)
		timer_set_ms(f->tick, TICK_MS);
	worker_balance(f->w);
}

/* -- those that go on -- */

static void tell_full(struct fairness *f, struct job *job)
{
	struct prefix full[TURNSTILE_FULL_MAX];
	size_t n = turnstile_full(f->turnstile, job->pass.zone, full);

	if (n == 0)
		return;
	job->task.full.items = arena_calloc(job->arena, n, sizeof(struct span));
	job->task.full.count = n;
	for (size_t i = 0; i < n; i++) {
		char text[PREFIX_TEXT_MAX];

		job->task.full.items[i] = arena_span(
			job->arena,
			span_str(prefix_text(&full[i], text, sizeof(text))));
	}
}

/* It counts as hanging already, so it may go wherever it will; but what held
   when it was taken in may not hold any more. */
static void run_again(struct fairness *f, struct job *job)
{
	enum reason reason = worker_objection(f->w, job);

	if (reason != REASON_UNKNOWN) {
		worker_end(f->w, job, CLASS_ERROR, reason, NULL);
		return;
	}
	job->task.full.count = 0;
	probe_pool_run(f->w->pool, &job->task);
}

void fairness_go_on(struct fairness *f)
{
	struct turnstile_pass *pass;

	while (f->w->pool != NULL &&
	       (pass = turnstile_next(f->turnstile)) != NULL)
		run_again(f, job_of(pass));
}

void fairness_begin(struct fairness *f, struct job *job)
{
	job->pass.zone = job->task.zone;
	job->pass.deadline_ms = job->task.deadline_mono_ms;
	switch (turnstile_begin(f->turnstile, &job->pass)) {
	case TURNSTILE_GO_ON:
		tell_full(f, job);
		probe_pool_run(f->w->pool, &job->task);
		return;
	case TURNSTILE_WAIT: wait_here(f, job, "zone"); return;
	case TURNSTILE_REFUSE: refuse(f, job, "zone"); return;
	}
	assert(false);
}

static void take_back(struct fairness *f, struct job *job)
{
	job->taken_back = true;
	probe_pool_recall(f->w->pool, &job->task);
}

void fairness_on_hangs(struct fairness *f, struct job *job,
                       const struct addr *at, bool held)
{
	switch (turnstile_hangs(f->turnstile, &job->pass, at)) {
	case TURNSTILE_GO_ON:
		if (!held)
			return;
		/* there is room by now */
		take_back(f, job);
		run_again(f, job);
		fairness_go_on(f);
		break;
	case TURNSTILE_WAIT:
		take_back(f, job);
		wait_here(f, job, place_name(at));
		break;
	case TURNSTILE_REFUSE:
		take_back(f, job);
		refuse(f, job, place_name(at));
		break;
	}
	worker_balance(f->w);
}

void fairness_end(struct fairness *f, struct job *job)
{
	turnstile_end(f->turnstile, &job->pass);
	probe_task_part(&job->task);
}

struct turnstile_figures fairness_figures(const struct fairness *f)
{
	return turnstile_figures(f->turnstile);
}

struct fairness *fairness_new(struct worker *w)
{
	const struct worker_conf *c = w->d->conf;
	const struct turnstile_limits limits = {
		.place_max = (size_t)c->hanging_max,
		.zone_max = (size_t)c->hanging_zone_max,
		.address_max = (size_t)c->hanging_address_max,
		.waiting_max = (size_t)c->waiting_zone_max,
		.waiting_most = (size_t)c->waiting_max,
	};
	struct fairness *f = xzalloc(sizeof(*f));

	f->w = w;
	f->turnstile = turnstile_new(&limits);
	f->tick = timer_new(w->loop, on_tick, f);
	f->said_ms = -SAY_AGAIN_MS;
	return f;
}

void fairness_free(struct fairness **f)
{
	if (*f == NULL)
		return;
	turnstile_free(&(*f)->turnstile);
	timer_free(&(*f)->tick);
	free(*f);
	*f = NULL;
}
