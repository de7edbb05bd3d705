#include "decide/decision_make.h"

#include "base/clock.h"
#include "base/name.h"

#include <assert.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/*
 * A Decision stays below DECISION_MAX: in JSON a perspective takes at most 600
 * bytes, PLAN_SEATS_MAX of them 72,000; a detail's bytes may take six each, so
 * all together get 8 KiB and 49,152; the rest is below 9,000.
 */
enum { DETAILS_MAX = 8192 };

enum {
	CAA_FRESH_HOURS = 8,  /* R-066, whatever the TTL */
	CHALLENGE_DAYS = 30,  /* */
	PERSISTENT_DAYS = 10, /* */
	DECISION_SCHEMA_VERSION = 1
};

static bool wants(unsigned check_set, enum check_kind kind)
{
	return (check_set & (1u << kind)) != 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* -- how long it may be relied on */

static int64_t earliest_remote_lookup(const struct attempt_state *last)
{
	int64_t at = last->close.closed_at_ms;

	for (size_t i = 0; i < last->count; i++)
		if (last->seats[i].votes[KIND_CAA].result_class ==
		    CLASS_CORROBORATED)
			at = earlier(
				at, last->seats[i].said[KIND_CAA].looked_up_ms);
	return at;
}

/* The primary's; without one, the earliest that was relied on. */
static int64_t caa_lookup(const struct attempt_state *last)
{
	const struct primary_observation *o = &last->facts->observation;

	if (last->attempt->rule.primary_kind == PRIMARY_PERSPECTIVE)
		return earlier(last->seats[0].said[KIND_CAA].looked_up_ms,
		               last->close.closed_at_ms);
	if (last->close.outcome == OUTCOME_ISSUE)
		return o->observed_at_ms.v;
	return earliest_remote_lookup(last);
}

static int64_t challenge_end(const struct attempt_state *last)
{
	const struct request_facts *f = last->facts;

	if (f->method == METHOD_DNS_PERSISTENT)
		return last->attempt->planned_at_ms + PERSISTENT_DAYS * DAY_MS;
	if (f->challenge_created_at_ms.set)
		return f->challenge_created_at_ms.v + CHALLENGE_DAYS * DAY_MS;
	return POLICY_NO_END;
}

static int64_t policy_end(const struct attempt_state *last)
{
	const struct request_facts *f = last->facts;
	struct policy_figures figures[KIND_COUNT];
	size_t n = 0;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (wants(f->check_set, (enum check_kind)kind))
			figures[n++] = verdict_figures(
				last, (enum check_kind)kind, NULL);
	return policy_fails_from(last->planned_under->family, figures, n,
	                         wants(f->check_set, KIND_DCV) ? f->method
	                                                       : METHOD_UNKNOWN,
	                         f->is_address, last->close.closed_at_ms);
}

static int64_t valid_until(const struct attempt_state *last,
                           int64_t valid_for_ms)
{
	unsigned set = last->facts->check_set;
	int64_t end = last->close.closed_at_ms + valid_for_ms;

	if (wants(set, KIND_CAA))
		end = earlier(end,
		              caa_lookup(last) + CAA_FRESH_HOURS * HOUR_MS);
	if (wants(set, KIND_DCV))
		end = earlier(end, earlier(challenge_end(last),
		                           verdict_record_end(last)));
	return earlier(end, policy_end(last));
}

/* -- what is told of the attempts */

/* Each vote's share of DETAILS_MAX. */
static size_t detail_share(const struct decision_input *in)
{
	size_t votes = 0;

	for (size_t i = 0; i < in->attempts_count; i++)
		votes += in->attempts[i]->count * KIND_COUNT;
	return DETAILS_MAX / votes;
}

/* Cut between characters: a text that is not UTF-8 would not decode. */
static struct span cut(struct span text, size_t most)
{
	if (text.len <= most)
		return text;
	while (most > 0 && (text.p[most] & 0xc0) == 0x80)
		most--;
	text.len = most;
	return text;
}

static struct perspective_outcome outcome_of(const struct attempt_state *a,
                                             size_t seat, size_t detail_max)
{
	const struct planned_perspective *p = &a->attempt->perspectives[seat];
	struct perspective_outcome o = {
		.code = p->code,
		.role = p->role,
		.rir = p->rir,
	};

	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (wants(a->attempt->check_set, (enum check_kind)kind))
			o.votes[o.votes_count++] = a->seats[seat].votes[kind];
	for (size_t i = 0; i < o.votes_count; i++)
		o.votes[i].detail = cut(o.votes[i].detail, detail_max);
	return o;
}

static struct decided_attempt decided(const struct attempt_state *a,
                                      size_t detail_max, struct arena *arena)
{
	struct decided_attempt d = {
		.number = a->attempt->number,
		.attempt_id = a->attempt->attempt_id,
		.attempt = a->ref,
		.close = a->close,
		.perspectives =
			arena_calloc(arena, a->count, sizeof(*d.perspectives)),
		.perspectives_count = a->count,
	};

	assert(a->close.present);
	for (size_t i = 0; i < a->count; i++)
		d.perspectives[i] = outcome_of(a, i, detail_max);
	return d;
}

static struct set_quorum quorum_of(const struct attempt_state *a,
                                   enum check_kind kind, struct arena *arena)
{
	unsigned rirs;
	struct policy_figures f = verdict_figures(a, kind, &rirs);
	struct set_quorum q = {
		.kind = kind,
		.quorum = span_str(arena_printf(arena, "%lld/%lld",
		                                (long long)f.corroborated,
		                                (long long)f.remotes)),
		.required = verdict_required(a, a->close.closed_at_ms),
		.rirs.items =
			arena_calloc(arena, RIR_COUNT, sizeof(*q.rirs.items)),
	};

	/* enum rir is in the order of the names */
	for (int r = 0; r < RIR_COUNT; r++)
		if ((rirs & (1u << r)) != 0)
			q.rirs.items[q.rirs.count++] =
				span_str(rir_name((enum rir)r));
	return q;
}

/* named where it differs from the target. What was asked for is what was
   shown: no result with another one counts (count.h). */
static struct span adn_of(const struct attempt_state *a)
{
	struct span adn = a->facts->domain;

	if (!wants(a->attempt->check_set, KIND_DCV) || adn.len == 0)
		adn = name_without_wildcard(a->facts->target);
	if (!wants(a->attempt->check_set, KIND_DCV) ||
	    span_eq(adn, a->facts->target))
		return (struct span){ NULL, 0 };
	return adn;
}

static void tell_last(const struct attempt_state *last, struct arena *arena,
                      struct decision *out)
{
	const struct effective_rule *rule = &last->attempt->rule;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (wants(out->check_set, (enum check_kind)kind))
			out->quorums[out->quorums_count++] =
				quorum_of(last, (enum check_kind)kind, arena);
	out->authorization_domain_name = adn_of(last);
	out->actual = (struct orchestration_parameters){
		.present = true,
		.perspective_count = SOME_INT(rule->remotes),
		.quorum_count = SOME_INT(
			verdict_required(last, last->close.closed_at_ms)),
		.max_attempts = SOME_INT(rule->max_attempts),
	};
}

static void tell_attempts(const struct decision_input *in, struct arena *arena,
                          struct decision *out)
{
	size_t n = in->attempts_count;
	const struct attempt_state *last = in->attempts[n - 1];

	assert(n <= DECISION_ATTEMPTS_MAX);
	out->attempts = arena_calloc(arena, n, sizeof(*out->attempts));
	out->attempts_count = n;
	for (size_t i = 0; i < n; i++)
		out->attempts[i] =
			decided(in->attempts[i], detail_share(in), arena);
	tell_last(last, arena, out);
	out->outcome = last->close.outcome;
	out->reason = last->reason;
	out->decided_at_ms = last->close.closed_at_ms;
	if (out->outcome == OUTCOME_ISSUE ||
	    out->outcome == OUTCOME_CORROBORATED)
		out->valid_until_ms =
			SOME_INT(valid_until(last, in->valid_for_ms));
}

static void tell_rejection(const struct decision_input *in, struct arena *arena,
                           struct decision *out)
{
	out->outcome = OUTCOME_REJECTED;
	out->reason = in->issues[0].reason;
	out->issues =
		arena_calloc(arena, in->issues_count, sizeof(*out->issues));
	memcpy(out->issues, in->issues,
	       in->issues_count * sizeof(*out->issues));
	out->issues_count = in->issues_count;
}

/* SHOULD NOT is no reason to refuse, but to say so. */
static void tell_warnings(const struct request_facts *f, struct arena *arena,
                          struct decision *out)
{
	int64_t ends = method_ends_at(f->policy, f->method, f->is_address);
	char text[CLOCK_TEXT_MAX];

	if (!wants(f->check_set, KIND_DCV) ||
	    method_gate(f->policy, f->method, f->is_address,
	                out->decided_at_ms) != GATE_METHOD_DISCOURAGED)
		return;
	out->warnings = arena_calloc(arena, 1, sizeof(*out->warnings));
	out->warnings_count = 1;
	out->warnings[0] = (struct request_issue){
		.reason = REASON_METHOD_DISCOURAGED,
		.field = SPAN("dcv_check_parameters.validation_method"),
		.detail = span_str(
			arena_printf(arena, "not from %s on",
		                     clock_text(ends, text, sizeof(text)))),
	};
}

/* The policy in force when it was decided; none before the first. */
static void tell_policy(struct decision *out, enum policy_family family)
{
	const struct policy_rule *rule = policy_at(family, out->decided_at_ms);

	if (rule == NULL)
		return;
	out->policy_id = span_str(rule->id);
	out->policy_digest = policy_digest(rule);
}

void decision_make(const struct decision_input *in, struct arena *arena,
                   struct decision *out)
{
	const struct request_facts *f = in->facts;

	*out = (struct decision){
		.schema_version = DECISION_SCHEMA_VERSION,
		.request_id = f->request_id,
		.outcome = OUTCOME_DO_NOT_ISSUE,
		.reason = in->reason,
		.request = f->request,
		.request_timestamp_ms = f->request_timestamp_ms,
		.target = f->target,
		.check_set = f->check_set,
		.validation_method = f->method,
		.account_uri = f->account_uri,
		.certificate_type = f->certificate_type,
		.trace_identifier = f->trace_identifier,
		.primary_kind = f->primary_kind,
		.partitions = f->partitions,
		.decided_at_ms = in->decided_at_ms,
		.sequence = in->sequence,
		.previous = in->previous,
	};
	if (in->issues_count > 0)
		tell_rejection(in, arena, out);
	else if (in->attempts_count > 0)
		tell_attempts(in, arena, out);
	if (in->issues_count == 0)
		tell_warnings(f, arena, out);
	tell_policy(out, f->policy);
}
