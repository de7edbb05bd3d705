#include "perspective-worker/canary.h"

#include "base/clock.h"
#include "perspective-worker/worker.h"

#include <stdlib.h>

enum {
	BUDGET_MS = 20000, /* of one name */
	AGAIN_FIRST_MS = 60000,
	AGAIN_MAX_MS = 900000
};

/* Where nothing is configured and nothing else may be. */
static const char default_name[] = "dnssec-failed.org";

enum outcome_of_name { CANARY_OPEN, CANARY_BOGUS, CANARY_ANSWERED };

static const char *const outcomes[] = { "nothing learned", "bogus",
	                                "answered" };

struct asked {
	struct probe_task task;
	const char *name;
	struct buf check;
	enum outcome_of_name outcome;
	bool in_flight;
};

struct canary {
	struct worker *w;
	struct timer *next;
	struct asked asked[CANARY_NAMES_MAX];
	size_t count;
	size_t in_flight;
	bool started;
	bool settled;
	bool failed;
	int64_t again_ms;      /* after a round that showed nothing */
	int64_t shown_mono_ms; /* with shown.set */
	struct opt_int shown;  /* wall */
};

static void on_next(void *arg);

static void add_name(struct canary *c, const char *name)
{
	if (c->count < CANARY_NAMES_MAX)
		c->asked[c->count++].name = name;
}

struct canary *canary_new(struct worker *w)
{
	const struct worker_conf *conf = w->d->conf;
	struct canary *c = xzalloc(sizeof(*c));

	c->w = w;
	c->next = timer_new(w->loop, on_next, c);
	for (size_t i = 0; i < conf->canary_names.n; i++)
		add_name(c, conf->canary_names.at[i]);
	if (c->count == 0 && !conf->lab)
		add_name(c, default_name);
	c->settled = c->count == 0;
	return c;
}

void canary_free(struct canary **slot)
{
	struct canary *c = *slot;

	if (c == NULL)
		return;
	*slot = NULL;
	timer_free(&c->next);
	for (size_t i = 0; i < c->count; i++)
		buf_clear(&c->asked[i].check);
	free(c);
}

/* -- asking -- */

/* What the coordinator would want of a primary. No value is looked for that
   could be there. */
static void write_check(const struct canary *c, struct asked *a)
{
	struct check check = {
		.schema_version = 1,
		.request_id = SPAN("canary"),
		.attempt_id = SPAN("canary"),
		.perspective = c->w->signer.perspective,
		.role = ROLE_PRIMARY,
		.check_set = SET_DCV | SET_CAA,
		.target = span_str(a->name),
		.dcv = { .present = true,
		         .validation_method = METHOD_ACME_DNS_01,
		         .key_authorization_hash = SPAN("canary") },
		.deadline_ms = clock_wall_ms() + BUDGET_MS,
		.budget_ms = BUDGET_MS,
	};

	a->check.len = 0;
	check_encode(&check, &a->check);
}

static void ask(struct canary *c, struct asked *a)
{
	write_check(c, a);
	a->outcome = CANARY_OPEN;
	a->in_flight = true;
	c->in_flight++;
	a->task.check_set = SET_DCV | SET_CAA;
	a->task.check = buf_span(&a->check);
	a->task.zone = span_str(a->name);
	a->task.deadline_mono_ms = clock_mono_ms() + BUDGET_MS;
	probe_pool_run(c->w->pool, &a->task);
}

static void on_next(void *arg)
{
	struct canary *c = arg;

	if (c->w->draining || c->w->pool == NULL || c->in_flight > 0)
		return;
	for (size_t i = 0; i < c->count; i++)
		ask(c, &c->asked[i]);
}

void canary_start(struct canary *c)
{
	if (c->started || c->count == 0)
		return;
	c->started = true;
	timer_set_ms(c->next, 0);
}

/* -- hearing -- */

static bool is_bogus(const struct kind_result *k)
{
	return k->result_class == CLASS_ERROR &&
	       k->reason == REASON_DNSSEC_BOGUS;
}

/* Whatever was concluded from an answer, that answer was believed. */
static bool is_believed(const struct kind_result *k)
{
	return k->result_class == CLASS_CORROBORATED ||
	       k->result_class == CLASS_DISAGREED;
}

static enum outcome_of_name outcome_of(const struct probe_answer *answer)
{
	size_t bogus = 0;

	if (answer->end != PROBE_ANSWERED)
		return CANARY_OPEN;
	for (size_t i = 0; i < answer->done->kinds_count; i++) {
		const struct kind_result *k = &answer->done->kinds[i];

		if (is_believed(k))
			return CANARY_ANSWERED;
		bogus += is_bogus(k);
	}
	return bogus == KIND_COUNT ? CANARY_BOGUS : CANARY_OPEN;
}

static const char *reason_of(const struct probe_answer *answer, size_t i)
{
	return answer->end == PROBE_ANSWERED && i < answer->done->kinds_count
	               ? reason_name(answer->done->kinds[i].reason)
	               : "";
}

static struct span detail_of(const struct probe_answer *answer)
{
	return answer->end == PROBE_ANSWERED && answer->done->kinds_count > 0
	               ? answer->done->kinds[0].detail
	               : SPAN("");
}

/* An auditor's line: one for each name and time that it was asked. */
static void log_name(const struct asked *a, const struct probe_answer *answer)
{
	static const enum log_level levels[] = {
		[CANARY_OPEN] = LOG_WARN,
		[CANARY_BOGUS] = LOG_INFO,
		[CANARY_ANSWERED] = LOG_ERROR,
	};

	log_write(levels[a->outcome], "worker_canary",
	          LOG_FIELDS(F_STR("name", a->name),
	                     F_STR("outcome", outcomes[a->outcome]),
	                     F_STR("dcv_reason", reason_of(answer, 0)),
	                     F_STR("caa_reason", reason_of(answer, 1)),
	                     F_SPAN("detail", detail_of(answer)),
	                     F_INT("probe_generation", answer->generation),
	                     F_STR("versions", answer->versions != NULL
	                                               ? answer->versions
	                                               : "")));
}

static const char note[] =
	"checks as the primary are refused; see worker_canary before this: a "
	"name that is answered is of a zone that was mended (name another in "
	"canary.names), or DNSSEC is not validated here";

static void log_state(const struct canary *c, enum validation before)
{
	enum validation now = canary_state(c);
	bool shown = now == VALIDATION_SHOWN;

	if (shown && now == before)
		return;
	log_write(shown ? LOG_INFO : LOG_ERROR, "worker_validation",
	          LOG_FIELDS(F_STR("state", validation_name(now)),
	                     F_STR("note", shown ? "" : note)));
}

static void learn(struct canary *c)
{
	size_t bogus = 0, answered = 0;

	for (size_t i = 0; i < c->count; i++) {
		bogus += c->asked[i].outcome == CANARY_BOGUS;
		answered += c->asked[i].outcome == CANARY_ANSWERED;
	}
	if (answered > 0) {
		c->failed = true;
	} else if (bogus > 0) {
		c->failed = false;
		c->shown = SOME_INT(clock_wall_ms());
		c->shown_mono_ms = clock_mono_ms();
		c->again_ms = 0;
		timer_set_ms(c->next, c->w->d->conf->canary_interval_ms);
		return;
	}
	c->again_ms = c->again_ms == 0 ? AGAIN_FIRST_MS : c->again_ms * 2;
	if (c->again_ms > AGAIN_MAX_MS)
		c->again_ms = AGAIN_MAX_MS;
	if (c->again_ms > c->w->d->conf->canary_interval_ms)
		c->again_ms = c->w->d->conf->canary_interval_ms;
	timer_set_ms(c->next, c->again_ms);
}

bool canary_owns(const struct canary *c, const struct probe_task *task)
{
	for (size_t i = 0; i < c->count; i++) {
		if (&c->asked[i].task == task)
			return true;
	}
	return false;
}

bool canary_take(struct canary *c, const struct probe_task *task,
                 const struct probe_answer *answer)
{
	struct asked *a = NULL;
	enum validation before = canary_state(c);

	for (size_t i = 0; i < c->count && a == NULL; i++)
		if (&c->asked[i].task == task)
			a = &c->asked[i];
	if (a == NULL)
		return false;
	a->in_flight = false;
	a->outcome = outcome_of(answer);
	stats_canary(c->w->stats, outcomes[a->outcome]);
	log_name(a, answer);
	/* one that is answered is enough to know the worst */
	if (a->outcome == CANARY_ANSWERED)
		c->failed = true;
	if (--c->in_flight > 0)
		return true;
	learn(c);
	c->settled = true;
	log_state(c, before);
	worker_canary_told(c->w);
	return true;
}

/* -- what is known -- */

bool canary_is_settled(const struct canary *c)
{
	return c->settled;
}

enum validation canary_state(const struct canary *c)
{
	if (c->count == 0)
		return VALIDATION_UNKNOWN;
	if (c->failed)
		return VALIDATION_FAILED;
	return c->shown.set && clock_mono_ms() - c->shown_mono_ms <=
	                               c->w->d->conf->canary_valid_ms
	               ? VALIDATION_SHOWN
	               : VALIDATION_UNPROVEN;
}

bool canary_lets(const struct canary *c, enum perspective_role role)
{
	enum validation state = canary_state(c);

	return role == ROLE_REMOTE || state == VALIDATION_SHOWN ||
	       state == VALIDATION_UNKNOWN;
}

struct opt_int canary_shown_ms(const struct canary *c)
{
	return c->shown;
}
