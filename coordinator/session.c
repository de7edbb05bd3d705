#include "coordinator/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/admission.h"
#include "coordinator/attempts.h"
#include "coordinator/barrier.h"
#include "coordinator/outbox.h"
#include "coordinator/requests.h"

#include <assert.h>

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
struct session *session_new(struct partition *p, struct span request_id,
                            struct arena **arena)
{
	struct session *s = arena_alloc(*arena, sizeof(*s));

	s->arena = *arena;
	*arena = NULL;
	s->partition = p;
	s->state = SESSION_AWAITING;
	s->request_id = arena_span(s->arena, request_id);
	s->begun_mono_ms = clock_mono_ms();
	s->early_end = &s->early;
	s->close_at = -1;
	HASH_ADD_KEYPTR(hh, p->sessions, s->request_id.p, s->request_id.len, s);
	return s;
}

void session_count(struct session *s)
{
	assert(!s->counted);
	s->counted = true;
	s->partition->c->sessions++;
}

void session_end(struct session *s)
{
	struct partition *p = s->partition;

	HASH_DEL(p->sessions, s);
	p->c->sessions -= s->counted;
	admission_dropped(s);
	barrier_remove(p->c->barrier, s);
	attempts_forget(s);
	timer_free(&s->deadline);
	timer_free(&s->resend);
	struct arena *arena = s->arena; /* s itself lives in it */

	arena_free(&arena);
}

struct session *session_find(const struct partition *p, struct span id)
{
	struct session *s = NULL;

	HASH_FIND(hh, p->sessions, id.p, id.len, s);
	return s;
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

struct run *session_run(const struct session *s)
{
	return s->runs_count > 0 ? s->runs[s->runs_count - 1] : NULL;
}

/* Hands the decision to the outbox; the session stays until it is committed,
   so that repeats of its id find it. */
static void decide(struct session *s, const struct decision_input *in)
{
	struct answer *a =
		answer_new(ANSWER_DECISION, s->partition, s->request.offset, s);

	s->state = SESSION_DECIDED;
	barrier_remove(s->partition->c->barrier, s);
	timer_free(&s->deadline);
	timer_free(&s->resend);
	decision_make(in, s->arena, &a->decision);
	a->encoding = s->encoding;
	a->traceparent = s->traceparent;
	a->key = s->request_id;
	outbox_add(s->partition->c->outbox, a);
}

static struct decision_input input_of(struct session *s)
{
	const struct attempt_state **states =
		arena_calloc(s->arena, s->runs_count + 1,
	                     sizeof(const struct attempt_state *));

	for (size_t i = 0; i < s->runs_count; i++)
		states[i] = &s->runs[i]->state;
	return (struct decision_input){
		.facts = &s->facts,
		.attempts = states,
		.attempts_count = s->runs_count,
		.decided_at_ms = s->accepted_ms,
		.valid_for_ms = s->partition->c->d->conf->decision_valid_ms,
	};
}

void session_reject(struct session *s, const struct request_issues *issues)
{
	struct decision_input in = input_of(s);
	struct request_issue *copy =
		arena_calloc(s->arena, issues->count, sizeof(*copy));

	assert(issues->count > 0);
	for (size_t i = 0; i < issues->count; i++)
		copy[i] = issues->items[i];
	in.issues = copy;
	in.issues_count = issues->count;
	decide(s, &in);
}

void session_refuse(struct session *s, enum reason reason)
{
	struct decision_input in = input_of(s);

	in.reason = reason;
	decide(s, &in);
}

void session_start(struct session *s)
{
	if (s->order.demand_refused != REASON_UNKNOWN) {
		session_refuse(s, s->order.demand_refused);
		return;
	}
	if (admission_refuses(s)) {
		session_refuse(s, REASON_OVERLOADED);
		return;
	}
	attempts_begin(s);
}

/* Times within one request never go backwards. */
static int64_t not_before(const struct session *s, int64_t now_ms)
{
	const struct run *run = session_run(s);

	return now_ms > run->attempt.planned_at_ms ? now_ms
	                                           : run->attempt.planned_at_ms;
}

static bool may_begin_another(const struct session *s, int64_t now_ms)
{
	const struct coordinator_conf *conf = s->partition->c->d->conf;
	int64_t wanted = conf->attempt_ms < 2000 ? conf->attempt_ms : 2000;

	return s->runs_count < DECISION_ATTEMPTS_MAX &&
	       s->order.expires_ms - now_ms >= wanted &&
	       admission_allows_another(s, now_ms) &&
	       attempt_may_retry(&session_run(s)->state);
}

static void close_run(struct session *s, struct verdict v, enum closed_by by,
                      int64_t now_ms)
{
	struct run *run = session_run(s);

	attempt_close(&run->state, v, by, now_ms);
	attempts_log_closed(s, run);
	admission_note_close(s, run);
	timer_stop(s->deadline);
	/* a late result may be what made a closing attempt certain */
	barrier_remove(s->partition->c->barrier, s);
	if (v.say == VERDICT_FAIL && may_begin_another(s, now_ms)) {
		attempts_begin(s);
		return;
	}
	struct decision_input in = input_of(s);

	decide(s, &in);
}

/* Asked after every fold, never per batch (design 5.1). */
static void step(struct session *s)
{
	int64_t now = not_before(s, clock_wall_ms());
	struct verdict v = verdict_ask(&session_run(s)->state, now);

	if (v.say == VERDICT_PASS || v.say == VERDICT_FAIL)
		close_run(s, v, CLOSED_BY_RESULT, now);
	else if (s->state == SESSION_RUNNING && !s->resuming)
		attempts_dispatch(s);
}

/* Those that are kept meanwhile, for a next attempt, are another list. */
void session_fold_kept(struct session *s)
{
	const struct early_result *e = s->early;

	s->early = NULL;
	s->early_end = &s->early;
	s->resuming = true;
	for (; e != NULL; e = e->next)
		session_on_result(s, &e->heard);
	s->resuming = false;
	if (s->state == SESSION_RUNNING)
		step(s);
}

void session_logged(struct session *s)
{
	assert(s->state == SESSION_LOGGING);
	s->state = SESSION_RUNNING;
	attempts_set_deadline(s);
	session_fold_kept(s);
}

static void keep_early(struct session *s, const struct heard *heard)
{
	struct early_result *e = arena_alloc(s->arena, sizeof(*e));

	e->heard = *heard;
	if (heard->result != NULL)
		e->heard.result =
			result_copy_without_evidence(heard->result, s->arena);
	*s->early_end = e;
	s->early_end = &e->next;
}

void session_on_result(struct session *s, const struct heard *heard)
{
	struct run *run = session_run(s);
	enum fold fold;

	/* an attempt may be on the log before its owner is told so, and who
	   was the owner before may have sent its checks: nobody asks for the
	   verdict yet, which is asked after each result */
	if (s->state == SESSION_AWAITING || s->state == SESSION_LOGGING) {
		keep_early(s, heard);
		return;
	}
	if (run == NULL || s->state == SESSION_DECIDED) {
		stats_result(s->partition->c->stats, FOLD_AFTER_CLOSE);
		return;
	}
	fold = attempt_fold(&run->state, heard);
	attempts_log_fold(s, fold, heard);
	if (fold == FOLD_COUNTED || fold == FOLD_LATE)
		admission_note_result(run, heard->result);
	if (fold == FOLD_CONFLICT)
		log_error("coordinator_result_conflict",
		          F_SPAN("request_id", s->request_id),
		          F_INT("offset", heard->offset));
	if ((s->state == SESSION_RUNNING || s->state == SESSION_CLOSING) &&
	    (fold == FOLD_COUNTED || fold == FOLD_LATE))
		step(s);
}

void session_on_deadline(struct session *s)
{
	if (s->state != SESSION_RUNNING)
		return;
	s->state = SESSION_CLOSING;
	barrier_add(s->partition->c->barrier, s);
}

void session_on_results_read(struct session *s)
{
	int64_t now = not_before(s, clock_wall_ms());

	assert(s->state == SESSION_CLOSING);
	close_run(s, verdict_final(&session_run(s)->state, now),
	          CLOSED_BY_DEADLINE, now);
}

int64_t session_attempts_from(const struct session *s, int64_t otherwise)
{
	for (size_t i = 0; i < s->runs_count; i++) {
		int64_t offset = s->runs[i]->ref.offset;

		if (offset >= 0 && offset < otherwise)
			otherwise = offset;
	}
	for (const struct restored_attempt *r = s->restored; r != NULL;
	     r = r->next) {
		if (r->ref.offset < otherwise)
			otherwise = r->ref.offset;
	}
	return otherwise;
}

int64_t session_results_from(const struct session *s, int64_t otherwise)
{
	for (size_t i = 0; i < s->runs_count; i++) {
		if (s->runs[i]->attempt.results_from < otherwise)
			otherwise = s->runs[i]->attempt.results_from;
	}
	for (const struct restored_attempt *r = s->restored; r != NULL;
	     r = r->next) {
		if (r->attempt.results_from < otherwise)
			otherwise = r->attempt.results_from;
	}
	return otherwise;
}
