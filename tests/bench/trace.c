#include "tests/bench/trace.h"

#include "base/text.h"
#include "wire/attempt.h"
#include "wire/result.h"

#include <stdio.h>

const char *const trace_record_names[TRACE_RECORDS] = { "request", "attempt",
	                                                "check", "result",
	                                                "decision" };

size_t traces_add(struct traces *t)
{
	if (t->count == t->room) {
		t->room = t->room > 0 ? 2 * t->room : 1024;
		t->list = xreallocarray(t->list, t->room, sizeof(*t->list));
	}
	t->list[t->count] = (struct trace){ .measured = false };
	return t->count++;
}

static struct trace *find(struct traces *t, struct span id, size_t *number)
{
	size_t prefix = strlen(t->id_prefix);
	uint64_t n;

	if (id.len <= prefix || memcmp(id.p, t->id_prefix, prefix) != 0 ||
	    t->count == 0 ||
	    !text_u64(span_sub(id, prefix, id.len), t->count - 1, &n))
		return NULL;
	*number = (size_t)n;
	return &t->list[n];
}

static void keep_sample(struct traces *t, enum trace_record record,
                        const struct kafka_message *m, size_t headers)
{
	t->samples[record] =
		(struct trace_sample){ .value = arena_span(t->arena, m->value),
		                       .key = m->key.len,
		                       .headers = headers };
}

void traces_size(struct traces *t, enum trace_record record,
                 const struct kafka_message *m, size_t number)
{
	struct trace_size *s = &t->sizes[record];
	size_t headers = 0;

	for (size_t i = 0; i < m->header_count; i++)
		headers += strlen(m->headers[i].name) + m->headers[i].value.len;
	s->count++;
	s->value += m->value.len;
	s->key += m->key.len;
	s->headers += headers;
	if (number == t->sample_of && t->samples[record].value.p == NULL)
		keep_sample(t, record, m, headers);
}

static int perspective(const struct traces *t, struct span code)
{
	for (int i = 0; i < t->perspectives_count; i++) {
		if (span_is(code, t->perspectives[i]))
			return i;
	}
	return -1;
}

/* Whose checks those are, or -1. */
static int checks_of(const struct traces *t, const char *topic)
{
	char name[TOPIC_NAME_MAX];

	for (int i = 0; i < t->perspectives_count; i++) {
		if (strcmp(topics_checks(&t->topics,
		                         span_str(t->perspectives[i]), name),
		           topic) == 0)
			return i;
	}
	return -1;
}

static void note_attempt(struct traces *t, struct trace *x, size_t number,
                         const struct kafka_message *m)
{
	struct attempt a;

	if (attempt_decode(m->value, t->scratch, &a) != NULL) {
		t->refused++;
		return;
	}
	x->planned_ms = a.planned_at_ms;
	traces_size(t, TRACE_ATTEMPT, m, number);
}

static void note_result(struct traces *t, struct trace *x, size_t number,
                        const struct kafka_message *m)
{
	struct result r;
	int who;

	if (result_decode(m->value, t->scratch, &r) != NULL) {
		t->refused++;
		return;
	}
	who = perspective(t, r.perspective);
	if (who < 0)
		return;
	x->started_ms[who] = r.started_ms;
	x->finished_ms[who] = r.finished_ms;
	traces_size(t, TRACE_RESULT, m, who == 0 ? number : SIZE_MAX - 1);
}

/* Past the ceiling the last entry takes the rest. */
static void count_reason(struct traces *t, const char *who, const char *why)
{
	struct trace_reason *r = t->reasons;
	char name[sizeof(r->name)];

	(void)snprintf(name, sizeof(name), "%s: %s", who, why);
	while (r < t->reasons + TRACE_REASONS_MAX - 1 && r->count > 0 &&
	       strcmp(r->name, name) != 0)
		r++;
	memcpy(r->name, name, sizeof(name));
	r->count++;
}

/* Why a load that should pass did not: what each perspective said. */
static void note_reasons(struct traces *t, const struct decision *d)
{
	count_reason(t, "decision", reason_name(d->reason));
	for (size_t a = 0; a < d->attempts_count; a++) {
		const struct decided_attempt *x = &d->attempts[a];

		for (size_t i = 0; i < x->perspectives_count; i++) {
			const struct perspective_outcome *p =
				&x->perspectives[i];

			for (size_t v = 0; v < p->votes_count; v++)
				count_reason(t,
				             result_class_name(
						     p->votes[v].result_class),
				             reason_name(p->votes[v].reason));
		}
	}
}

static int64_t note_decision(struct traces *t, struct trace *x, size_t number,
                             const struct kafka_message *m, double now_ms)
{
	struct decision d;
	enum encoding encoding;

	if (decision_decode(m->value, t->scratch, &d, &encoding) != NULL) {
		t->refused++;
		return -1;
	}
	if (x->arrived_ms > 0)
		return -1;
	x->decided_ms = d.decided_at_ms;
	x->arrived_ms = now_ms;
	x->outcome = d.outcome;
	x->reason = d.reason;
	if (t->since_ms > 0 && m->partition < TRACE_PARTITIONS_MAX &&
	    t->next_ms[m->partition] <= 0)
		t->next_ms[m->partition] = now_ms;
	t->outcomes[d.outcome]++;
	if (!decision_is_valid(&d))
		note_reasons(t, &d);
	traces_size(t, TRACE_DECISION, m, number);
	return (int64_t)number;
}

int64_t traces_note(struct traces *t, const struct kafka_message *m,
                    double now_ms)
{
	size_t number;
	struct trace *x = find(t, m->key, &number);
	int64_t decided = -1;
	int who;

	if (x == NULL)
		return -1;
	if (strcmp(m->topic, t->topics.decisions) == 0) {
		decided = note_decision(t, x, number, m, now_ms);
	} else if (strcmp(m->topic, t->topics.attempts) == 0) {
		note_attempt(t, x, number, m);
	} else if (strcmp(m->topic, t->topics.results) == 0) {
		note_result(t, x, number, m);
	} else if ((who = checks_of(t, m->topic)) >= 0) {
		x->check_ms[who] = m->timestamp_ms;
		traces_size(t, TRACE_CHECK, m,
		            who == 0 ? number : SIZE_MAX - 1);
	}
	arena_reset(t->scratch);
	return decided;
}
