/*
 * resume.c -- a session whose attempts were found on the log goes on where it
 * stands: the last attempt is resumed, others are orphans (design, section 6).
 */
#include "coordinator/admission.h"
#include "coordinator/attempts.h"
#include "coordinator/session.h"

#include "base/clock.h"
#include "base/mem.h"

void session_note_attempt(struct session *s, const struct attempt *attempt,
                          const struct record_ref *ref)
{
	struct restored_attempt *r = arena_alloc(s->arena, sizeof(*r));

	*r = (struct restored_attempt){ *attempt, *ref, s->restored };
	s->restored = r;
}

int64_t session_first_planned_ms(const struct session *s)
{
	const struct restored_attempt *r = s->restored;

	while (r->next != NULL)
		r = r->next;
	return r->attempt.planned_at_ms;
}

bool session_drop_orphans(struct session *s)
{
	struct restored_attempt **at = &s->restored;

	while (*at != NULL) {
		const struct record_ref *made_for = &(*at)->attempt.request;

		if (made_for->offset == s->request.offset &&
		    digest_eq(&made_for->digest, &s->request.digest))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
	return s->restored != NULL;
}

static struct restored_attempt *before(const struct restored_attempt *r)
{
	struct restored_attempt *b = r->next;

	while (b != NULL &&
	       (b->attempt.number != r->attempt.number - 1 ||
	        !digest_eq(&b->ref.digest, &r->attempt.previous_plan)))
		b = b->next;
	return b;
}

/* The last attempt and those it names, oldest first; 0 if one is missing. */
static size_t chain_of(const struct session *s, struct restored_attempt **chain)
{
	struct restored_attempt *r = s->restored;
	int64_t n = r->attempt.number;

	if (n < 1 || n > DECISION_ATTEMPTS_MAX)
		return 0;
	for (int64_t i = n - 1; i >= 0; i--) {
		if (r == NULL)
			return 0;
		chain[i] = r;
		r = i > 0 ? before(r) : NULL;
	}
	return (size_t)n;
}

static struct run *run_of(struct session *s, const struct restored_attempt *r)
{
	struct run *run = arena_alloc(s->arena, sizeof(*run));

	run->attempt = r->attempt;
	run->ref = r->ref;
	const char *bad = attempt_state_init(
		&run->state, s->arena, &run->attempt, &run->ref, &s->facts);

	if (bad == NULL)
		return run;
	log_warn("coordinator_attempt_orphaned",
	         F_SPAN("request_id", s->request_id), F_STR("error", bad));
	return NULL;
}

/* An attempt that a later one followed: its close is on the log. */
static bool close_again(struct session *s, struct run *run,
                        const struct attempt_close *close)
{
	attempt_limit(&run->state, close->cut);
	for (const struct early_result *e = s->early; e != NULL; e = e->next)
		(void)attempt_fold(&run->state, &e->heard);
	struct verdict v =
		close->closed_by == CLOSED_BY_RESULT
			? verdict_ask(&run->state, close->closed_at_ms)
			: verdict_final(&run->state, close->closed_at_ms);

	if (v.say != VERDICT_FAIL)
		return false;
	attempt_close(&run->state, v, close->closed_by, close->closed_at_ms);
	return true;
}

static bool rebuild(struct session *s)
{
	struct restored_attempt *chain[DECISION_ATTEMPTS_MAX];
	size_t n = chain_of(s, chain);

	for (size_t i = 0; i < n; i++) {
		struct run *run = run_of(s, chain[i]);

		if (run == NULL ||
		    (i + 1 < n &&
		     !close_again(s, run, &chain[i + 1]->attempt.previous)))
			return false;
		s->runs[i] = run;
	}
	s->runs_count = n;
	return n > 0;
}

void session_resume(struct session *s)
{
	if (!rebuild(s)) {
		log_warn("coordinator_attempts_orphaned",
		         F_SPAN("request_id", s->request_id));
		s->restored = NULL;
		s->runs_count = 0;
		session_start(s);
		return;
	}
	s->restored = NULL;
	s->state = SESSION_RUNNING;
	s->resumed = true;
	admission_begin(s);
	attempts_set_deadline(s);
	session_fold_kept(s);
}
