/*
 * Does what is on the log keep the promises? Written apart from the product:
 * of it only decoders, digests, signatures and, for promise 3, replay are used.
 */
#include "tests/simulation/checker.h"

#include "coordinator/session.h"
#include "trust/jws.h"

/* -- promise 1: every record of `requests` has its one answer -- */

static int count(const struct asked *a, enum answer_is is)
{
	int n = 0;

	for (size_t i = 0; i < seen.answers_count; i++)
		n += seen.answers[i].is == is &&
		     is_durable(seen.answers[i].record) &&
		     seen.answers[i].partition == a->p->number &&
		     seen.answers[i].offset == a->record->offset;
	return n;
}

/* The first record of its id, at the id's home. */
static const struct asked *first_of(const struct asked *a)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		const struct asked *b = &seen.asked[i];

		if (!b->undecodable && b->at_home && b->p == a->p &&
		    span_eq(b->id, a->id) && is_durable(b->record) &&
		    b->record->offset < a->record->offset)
			a = b;
	}
	return a;
}

/* An earlier one of its id says the same. Of which of them it is a repeat
   depends, with a small window, on what has left it. */
static bool is_repeat(const struct asked *a, const struct asked *first)
{
	if (!world.small_window)
		return a != first && digest_eq(&a->digest, &first->digest);
	for (size_t i = 0; i < seen.asked_count; i++) {
		const struct asked *b = &seen.asked[i];

		if (b->p == a->p && b->record->offset < a->record->offset &&
		    is_durable(b->record) && span_eq(b->id, a->id) &&
		    digest_eq(&b->digest, &a->digest))
			return true;
	}
	return false;
}

/* The topic refused its answer: the short form took its place. */
static bool has_short_form(const struct asked *a)
{
	for (size_t i = 0; i < seen.answers_count; i++) {
		if (seen.answers[i].short_form &&
		    is_durable(seen.answers[i].record) &&
		    seen.answers[i].partition == a->p->number &&
		    seen.answers[i].offset == a->record->offset)
			return true;
	}
	return false;
}

static bool has_answer(const struct asked *a)
{
	if (has_short_form(a))
		return true;
	if (a->undecodable || (!a->at_home && a->forwarded))
		return count(a, IS_DEAD) > 0;
	if (!a->at_home)
		return count(a, IS_FORWARD) > 0;
	return count(a, IS_DECISION) + count(a, IS_CONFLICT) > 0;
}

/* -- echoes: who repeats what is undecided waits for the decision, who has read
   the decision for one of these -- */

/* 0: nobody sees one. */
static int64_t decision_seen_us(const struct asked *a)
{
	for (size_t i = 0; i < seen.answers_count; i++) {
		const struct answered *d = &seen.answers[i];

		if (d->is == IS_DECISION && is_durable(d->record) &&
		    d->partition == a->p->number &&
		    d->offset == a->record->offset)
			return d->record->stable_us;
	}
	return 0;
}

static bool is_owed_echo(const struct asked *a)
{
	const struct asked *first = first_of(a);
	int64_t seen_us;

	if (a->undecodable || !a->at_home || !is_durable(a->record) ||
	    !is_repeat(a, first))
		return false;
	seen_us = decision_seen_us(first);
	return seen_us > 0 && a->record->sent_us > seen_us;
}

/* The topic may have refused it: then a dead letter says so. */
static bool has_dead_letter(const struct asked *a)
{
	return count(a, IS_DEAD) > 0 || has_short_form(a);
}

/* No echo says which repeat it is for: there must be as many as up to this. */
static bool has_echo(const struct asked *a)
{
	int owed = 0, echoes = 0;

	for (size_t i = 0; i < seen.asked_count; i++) {
		const struct asked *b = &seen.asked[i];

		owed += span_eq(b->id, a->id) && is_owed_echo(b) &&
		        b->record->offset <= a->record->offset &&
		        !has_dead_letter(b);
	}
	for (size_t i = 0; i < seen.answers_count; i++)
		echoes += seen.answers[i].is == IS_ECHO &&
		          is_durable(seen.answers[i].record) &&
		          span_eq(seen.answers[i].id, a->id);
	return echoes >= owed;
}

/* Enough answers. What is durable stays, so that an answer that was found once
   is not looked for again. */
static bool is_answered(struct asked *a)
{
	if (!a->answered)
		a->answered = has_answer(a);
	if (a->answered)
		return true;
	if (a->undecodable || !a->at_home || !is_repeat(a, first_of(a)))
		return false;
	/* with a small window it may be decided anew */
	a->answered = world.small_window || !is_owed_echo(a) || has_echo(a);
	return a->answered;
}

bool checker_all_answered(void)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		struct asked *a = &seen.asked[i];

		if (!is_durable(a->record) || is_answered(a))
			continue;
		if (sim_failed())
			sim_trace("not answered: %d@%lld %.*s", a->p->number,
			          (long long)a->record->offset,
			          SPAN_ARG(a->id));
		return false;
	}
	return true;
}

bool checker_all_marked(void)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		const struct asked *a = &seen.asked[i];

		if (!is_durable(a->record) || a->record->offset < a->p->low ||
		    a->record->offset < log_committed(a->p->number).offset)
			continue;
		if (sim_failed())
			sim_trace("not below its mark: %d@%lld", a->p->number,
			          (long long)a->record->offset);
		return false;
	}
	return true;
}

static void expect_count(const struct asked *a, enum answer_is is, int least,
                         int most)
{
	static const char *const names[] = { "decisions", "conflicts", "echoes",
		                             "dead letters", "forwards" };
	int n = count(a, is);

	if (n < least || n > most)
		sim_fail(1, "request %d@%lld (%.*s) has %d %s", a->p->number,
		         (long long)a->record->offset, SPAN_ARG(a->id), n,
		         names[is]);
}

void checker_before_reset(int32_t partition)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		struct asked *a = &seen.asked[i];

		if (a->p->number != partition || a->passed ||
		    a->record->offset >= log_committed(partition).offset)
			continue;
		a->passed = true;
		a->answers = count(a, IS_DECISION) + count(a, IS_CONFLICT);
	}
}

/* Whatever its answer was, setting a mark back decides nothing once more. */
static void check_passed(const struct asked *a)
{
	int n = count(a, IS_DECISION) + count(a, IS_CONFLICT);

	if (a->passed && n != a->answers)
		sim_fail(1,
		         "request %d@%lld (%.*s) had %d decisions before its "
		         "mark was set back, and has %d",
		         a->p->number, (long long)a->record->offset,
		         SPAN_ARG(a->id), a->answers, n);
}

static void check_request(const struct asked *a)
{
	bool dead = a->undecodable || (!a->at_home && a->forwarded);
	bool moved = !dead && !a->at_home;
	const struct asked *first = first_of(a);
	bool again = world.small_window && a != first;
	bool decided = !dead && !moved && a == first;
	bool rival = !dead && !moved && a != first && !is_repeat(a, first);
	int more = world.mark_was_reset ? LIST_MAX : 1;

	if (has_short_form(a)) {
		int n = count(a, IS_DEAD) + count(a, IS_FORWARD) +
		        count(a, IS_DECISION) + count(a, IS_CONFLICT);

		if (n > more)
			sim_fail(1,
			         "request %d@%lld has %d answers, one in its "
			         "short form",
			         a->p->number, (long long)a->record->offset, n);
		return;
	}
	expect_count(a, IS_DEAD, dead, dead ? more : 0);
	expect_count(a, IS_FORWARD, moved, moved);
	check_passed(a);
	if (again && !dead && !moved) {
		/* it may have been decided anew: once */
		if (count(a, IS_DECISION) + count(a, IS_CONFLICT) > 1)
			expect_count(a, IS_DECISION, 0, 0);
		return;
	}
	expect_count(a, IS_DECISION, decided, decided);
	expect_count(a, IS_CONFLICT, rival, rival);
}

/* An echo is its first decision, byte for byte; no more of them than repeats.
 */
static void check_echo(const struct answered *e)
{
	int repeats = 0, echoes = 0;
	int64_t at = -1;

	if (!number_of(log_header(e->record, HEADER_ECHO), &at) || at < 0 ||
	    at >= log_end(e->p)) {
		sim_fail(1, "an echo of nothing");
		return;
	}
	const struct log_record *first = e->p->records[at];

	if (!is_durable(first) || !span_eq(first->value, e->record->value) ||
	    !span_eq(log_header(first, JWS_HEADER),
	             log_header(e->record, JWS_HEADER)))
		sim_fail(1, "echo %d@%lld is not its first decision",
		         e->p->number, (long long)e->record->offset);
	for (size_t i = 0; i < seen.answers_count; i++)
		echoes += seen.answers[i].is == IS_ECHO &&
		          is_durable(seen.answers[i].record) &&
		          span_eq(seen.answers[i].id, e->id);
	for (size_t i = 0; i < seen.asked_count; i++)
		repeats += !seen.asked[i].undecodable &&
		           seen.asked[i].at_home &&
		           is_durable(seen.asked[i].record) &&
		           span_eq(seen.asked[i].id, e->id) &&
		           is_repeat(&seen.asked[i], first_of(&seen.asked[i]));
	if (echoes > repeats && !world.mark_was_reset)
		sim_fail(1, "%d echoes for %d repeats of %.*s", echoes, repeats,
		         SPAN_ARG(e->id));
}

/* -- marks: nothing below one is without its answer -- */

void check_on_mark(int32_t partition, int64_t offset)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		struct asked *a = &seen.asked[i];

		if (a->p->number == partition && a->record->offset < offset &&
		    is_durable(a->record) && !is_answered(a))
			sim_fail(1,
			         "the mark of %d moves to %lld, past %lld "
			         "which has no answer",
			         partition, (long long)offset,
			         (long long)a->record->offset);
	}
}

/* -- promise 4: nothing is told before it is durable -- */

void __wrap_stats_decision(struct stats *s, const struct decision *d,
                           int64_t took_ms);
void __real_stats_decision(struct stats *s, const struct decision *d,
                           int64_t took_ms);

void __wrap_stats_decision(struct stats *s, const struct decision *d,
                           int64_t took_ms)
{
	bool found = false;

	for (size_t i = 0; i < seen.answers_count; i++)
		found |= seen.answers[i].is == IS_DECISION &&
		         is_durable(seen.answers[i].record) &&
		         seen.answers[i].partition == d->request.partition &&
		         seen.answers[i].decision.sequence == d->sequence;
	if (!found)
		sim_fail(4, "the decision of %.*s is told before it is durable",
		         SPAN_ARG(d->request_id));
	__real_stats_decision(s, d, took_ms);
}

/* Nothing was taken from this log: no partition has a reason to stop. */
void sim_log_seen(const char *event)
{
	static const char *const loud[] = { "coordinator_partition_gap",
		                            "coordinator_chain_broken",
		                            "coordinator_chain_truncated",
		                            "coordinator_partition_broken",
		                            "coordinator_partition_unreadable",
		                            "coordinator_foreign_decision",
		                            "coordinator_foreign_attempt",
		                            "coordinator_attempt_unusable" };

	for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++) {
		if (strcmp(event, loud[i]) == 0)
			sim_fail(1, "a coordinator says %s", event);
	}
}

/* -- promise 6 -- */

/* No more answers are kept than there are requests to be read, not even while
   reading what was decided. */
static void look_at_answered(const struct partition *p)
{
	const struct log_partition *requests =
		log_find(world.deployment.topics.requests, p->number);
	size_t held = (size_t)(log_end(requests) - requests->low);

	if (answered_count(p->answered) > held)
		sim_fail(6,
		         "%zu answers kept of the %zu requests that there are",
		         answered_count(p->answered), held);
}

void checker_look(const struct coordinator *c)
{
	size_t working = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		if (p != NULL)
			look_at_answered(p);
		for (const struct session *s = p != NULL ? p->sessions : NULL;
		     s != NULL; s = s->hh.next)
			working += s->state != SESSION_AWAITING;
	}
	if (working > (size_t)c->d->conf->in_flight_max)
		sim_fail(6, "%zu requests in flight, %lld may be", working,
		         (long long)c->d->conf->in_flight_max);
}

/* -- the chain -- */

static void check_next(struct chain *c, const struct answered *a)
{
	if (a->decision.sequence != c->sequence + 1 ||
	    !digest_eq(&a->decision.previous, &c->head))
		sim_fail(1, "the chain of %d breaks at %lld", a->p->number,
		         (long long)a->record->offset);
	c->sequence = a->decision.sequence;
	c->head = digest_of(a->record->value);
}

static void check_chain(const struct log_partition *p, int64_t until)
{
	struct chain *c = &seen.chains[p->number];

	for (; c->next < seen.answers_count; c->next++) {
		const struct answered *a = &seen.answers[c->next];

		if (a->p != p)
			continue;
		if (a->record->offset >= until)
			return;
		if (a->is == IS_DECISION && is_durable(a->record))
			check_next(c, a);
	}
}

/* Before any coordinator reads it, and says so of another. */
void check_on_stable(struct log_partition *p)
{
	if (strcmp(p->topic, world.deployment.topics.decisions) == 0)
		check_chain(p, log_stable(p));
}

void checker_end(void)
{
	for (size_t i = 0; i < seen.asked_count; i++) {
		if (is_durable(seen.asked[i].record))
			check_request(&seen.asked[i]);
		sim_counts.requests += is_durable(seen.asked[i].record);
	}
	for (int32_t i = 0; i < world.partitions; i++) {
		const struct log_partition *p =
			log_find(world.deployment.topics.decisions, i);

		check_chain(p, log_end(p));
	}
	for (size_t i = 0; i < seen.answers_count; i++) {
		const struct answered *a = &seen.answers[i];

		if (!is_durable(a->record))
			continue;
		if (a->is == IS_ECHO)
			check_echo(a);
		sim_counts.decisions += a->is == IS_DECISION;
		sim_counts.other_answers += a->is != IS_DECISION;
		if (a->is == IS_DECISION || a->is == IS_CONFLICT) {
			check_rests(a);
			if (!a->short_form)
				check_replay(a);
		}
	}
}
