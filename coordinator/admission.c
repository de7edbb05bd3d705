#include "coordinator/admission.h"

#include "base/clock.h"
#include "coordinator/attempts.h"
#include "coordinator/overload.h"

/* Of a check; what it takes longer is its target's doing (design, section 7).
 */
enum { HANGS_MS = 2000 };

static int64_t left_ms(const struct session *s, int64_t now_ms)
{
	int64_t end = s->order.expires_ms;

	/* a producer's timestamp may be anything */
	return end <= now_ms ? 0 : end - now_ms;
}

bool admission_refuses(const struct session *s)
{
	const struct coordinator *c = s->partition->c;
	int64_t left = left_ms(s, s->accepted_ms);

	stats_time_left(c->stats, "intake", left);
	return overload_refuses(c->overload, left - COMMIT_RESERVE_MS,
	                        clock_mono_ms());
}

bool admission_allows_another(const struct session *s, int64_t now_ms)
{
	return left_ms(s, now_ms) - COMMIT_RESERVE_MS >=
	       overload_p95_ms(s->partition->c->overload, clock_mono_ms());
}

void admission_begin(struct session *s)
{
	if (s->begun)
		return;
	s->begun = true;
	overload_begin(s->partition->c->overload);
}

void admission_note_result(struct run *run, const struct result *result)
{
	const struct attempt *a = &run->attempt;
	int64_t took;

	if (result->started_ms < 0 || result->finished_ms < result->started_ms)
		return;
	took = result->finished_ms - result->started_ms;
	for (size_t i = 0; i < a->perspectives_count; i++) {
		const struct planned_perspective *p = &a->perspectives[i];
		int64_t *most = &run->check_ms[p->role == ROLE_PRIMARY];

		if (span_eq(p->code, result->perspective) && took > *most)
			*most = took;
	}
}

static int64_t hung_ms(int64_t check_ms)
{
	return check_ms > HANGS_MS ? check_ms - HANGS_MS : 0;
}

/* Somebody who lives was asked and did not answer. */
static bool kept_waiting(const struct session *s, const struct run *run)
{
	const struct liveness *l = s->partition->c->liveness;
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < run->attempt.perspectives_count; i++) {
		if (run->sent[i] && !run->state.seats[i].heard &&
		    liveness_alive(
			    l,
			    (const char *)run->attempt.perspectives[i].code.p,
			    now))
			return true;
	}
	return false;
}

void admission_note_close(struct session *s, const struct run *run)
{
	const struct attempt_close *close = &run->state.close;
	bool good = close->outcome == OUTCOME_ISSUE ||
	            close->outcome == OUTCOME_CORROBORATED;

	if (close->closed_by == CLOSED_BY_DEADLINE &&
	    (good || !kept_waiting(s, run))) {
		int64_t all = close->closed_at_ms - run->attempt.planned_at_ms;

		s->not_load_ms += all;
		s->own_ms += all;
		return;
	}
	for (int i = 0; i < 2; i++) {
		s->not_load_ms += hung_ms(run->check_ms[i]);
		s->own_ms += run->check_ms[i];
	}
}

void admission_committed(struct session *s)
{
	struct coordinator *c = s->partition->c;
	int64_t now = clock_mono_ms();
	int64_t all;

	if (!s->begun)
		return;
	stats_time_left(c->stats, "decision", left_ms(s, clock_wall_ms()));
	if (s->resumed) {
		admission_dropped(s);
		return;
	}
	s->begun = false;
	/* workers say what checks took: no more than there was */
	all = now - s->begun_mono_ms;
	overload_done(c->overload, all - s->not_load_ms,
	              s->own_ms < all ? s->own_ms : all, now);
}

void admission_dropped(struct session *s)
{
	if (s->begun)
		overload_dropped(s->partition->c->overload);
	s->begun = false;
}
