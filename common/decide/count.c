#include "decide/count.h"

#include "base/name.h"
#include "base/text.h"

#include <assert.h>

/* A lookup that a result rests on is at most so much older than the plan: a
   resolver context lives for seconds, the rest is clocks. */
enum { LOOKUP_AGE_MAX_MS = 3600000 };

static const char *const fold_names[] = {
	[FOLD_COUNTED] = "counted",         [FOLD_LATE] = "late",
	[FOLD_DUPLICATE] = "duplicate",     [FOLD_CONFLICT] = "conflict",
	[FOLD_BEFORE] = "before",           [FOLD_AFTER_CLOSE] = "after-close",
	[FOLD_UNDECODABLE] = "undecodable", [FOLD_WRONG_PLAN] = "wrong-plan",
	[FOLD_NOT_PLANNED] = "not-planned", [FOLD_BAD_KEY] = "bad-key",
};

const char *fold_name(enum fold f)
{
	return (size_t)f < sizeof(fold_names) / sizeof(fold_names[0])
	               ? fold_names[f]
	               : "unknown";
}

static bool wants(const struct attempt_state *state, enum check_kind kind)
{
	return (state->attempt->check_set & (1u << kind)) != 0;
}

/* -- taking up an attempt */

static const char *check_seats(const struct attempt *a)
{
	int64_t remotes = 0;

	if (a->perspectives_count < 1 ||
	    a->perspectives_count > ATTEMPT_PERSPECTIVES_MAX)
		return "number of perspectives";
	for (size_t i = 0; i < a->perspectives_count; i++) {
		const struct planned_perspective *p = &a->perspectives[i];
		bool first =
			i == 0 && a->rule.primary_kind == PRIMARY_PERSPECTIVE;

		if (p->role != (first ? ROLE_PRIMARY : ROLE_REMOTE))
			return "role of a perspective";
		if (p->keys_count < 1)
			return "perspective without a key";
		for (size_t j = 0; j < i; j++)
			if (span_eq(p->code, a->perspectives[j].code))
				return "perspective planned twice";
		remotes += p->role == ROLE_REMOTE;
	}
	return remotes == a->rule.remotes ? NULL : "number of remotes";
}

/* The numbers may be tighter than the policy they name, never weaker. */
static const char *check_rule(const struct effective_rule *r,
                              const struct policy_rule *policy)
{
	struct digest d;

	if (policy == NULL)
		return "policy id";
	d = policy_digest(policy);
	if (!digest_eq(&d, &r->policy_digest))
		return "policy digest";
	if (r->remotes < policy->min_remotes ||
	    r->quorum < policy_quorum(policy, r->remotes) ||
	    r->quorum > r->remotes ||
	    r->min_rirs < policy_rirs(policy, r->remotes))
		return "rule weaker than its policy";
	if (r->early < EARLY_DENY || r->early > EARLY_NEVER)
		return "early";
	if (r->primary_kind != PRIMARY_PERSPECTIVE &&
	    r->primary_kind != PRIMARY_CALLER)
		return "primary kind";
	return NULL;
}

static const char *check_attempt(const struct attempt *a,
                                 const struct policy_rule *policy,
                                 const struct request_facts *facts)
{
	const char *why = check_rule(&a->rule, policy);

	if (why == NULL)
		why = check_seats(a);
	if (why != NULL)
		return why;
	if (!span_eq(a->request_id, facts->request_id) ||
	    !digest_eq(&a->request.digest, &facts->request.digest))
		return "request";
	if (a->check_set != facts->check_set || a->check_set == SET_NONE ||
	    (a->check_set & ~(unsigned)(SET_DCV | SET_CAA)) != 0)
		return "check set";
	if (policy->family != facts->policy)
		return "policy family";
	if (a->rule.primary_kind != facts->primary_kind)
		return "primary kind";
	if (a->gate != GATE_SEQUENTIAL && a->gate != GATE_PARALLEL)
		return "gate";
	if (a->results_from < 0 || a->deadline_ms < a->planned_at_ms)
		return "times or offsets";
	return NULL;
}

const char *attempt_state_init(struct attempt_state *state, struct arena *arena,
                               const struct attempt *attempt,
                               const struct record_ref *ref,
                               const struct request_facts *facts)
{
	const struct policy_rule *policy = policy_find(attempt->rule.policy_id);
	const char *why = check_attempt(attempt, policy, facts);
	struct seat *seats;

	if (why != NULL)
		return why;
	seats = arena_calloc(arena, attempt->perspectives_count,
	                     sizeof(*seats));
	for (size_t i = 0; i < attempt->perspectives_count; i++)
		if (!rir_parse(attempt->perspectives[i].rir, &seats[i].rir))
			return "RIR of a perspective";
	*state = (struct attempt_state){
		.attempt = attempt,
		.facts = facts,
		.ref = *ref,
		.planned_under = policy,
		.arena = arena,
		.seats = seats,
		.count = attempt->perspectives_count,
		.folded = attempt->results_from - 1,
		.limit = INT64_MAX,
	};
	return NULL;
}

void attempt_limit(struct attempt_state *state, int64_t cut)
{
	assert(state->folded < state->attempt->results_from);
	state->limit = cut;
}

/* -- folding */

/* Control was shown of the domain name that was asked for, which intake found
   to follow from the target: a perspective can't put another into the
   decision. One that names none means the target's own. */
static bool is_domain_of_target(const struct attempt_state *state,
                                struct span adn)
{
	const struct request_facts *f = state->facts;
	struct span own = name_without_wildcard(f->target);
	struct span wanted = f->domain.len > 0 ? f->domain : own;

	return span_eq(adn.len > 0 ? adn : own, wanted);
}

static bool is_folded(struct span seen, struct span name)
{
	if (seen.len != name.len || name.len == 0)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (seen.p[i] != ascii_lower(name.p[i]))
			return false;
	return true;
}

/* "ca.example; accounturi=https://ca.example/acct/1", as the judge writes it,
   of an issuer and for the account that the request names. */
static bool is_record_for(const struct request_facts *f, struct span seen)
{
	static const char between[] = "; accounturi=";
	ptrdiff_t at = span_find(seen, span_str(between));

	if (at < 0 || f->persistent_account.len == 0 ||
	    !span_eq(span_sub(seen, (size_t)at + sizeof(between) - 1, SIZE_MAX),
	             f->persistent_account))
		return false;
	for (size_t i = 0; i < f->issuers.count; i++)
		if (is_folded(span_sub(seen, 0, (size_t)at),
		              f->issuers.items[i]))
			return true;
	return false;
}

/* Who looks up whom to ask has seen the one that was selected; a persistent
   record is one of what was asked for. */
static bool saw_the_selected(const struct attempt_state *state,
                             struct span observed)
{
	const struct request_facts *f = state->facts;

	if (f->method == METHOD_DNS_PERSISTENT)
		return is_record_for(f, observed);
	if (method_proves_control(f->method))
		return true;
	return f->selected.len > 0 && span_eq(observed, f->selected);
}

/* A permission names a ground for it, one of its own kind, and a CAA one the
   time of its lookup: validity is counted from that. */
static bool corroborates_well(const struct attempt_state *state,
                              const struct result *result,
                              const struct kind_result *k)
{
	bool timed = k->looked_up_ms <= result->finished_ms &&
	             k->looked_up_ms >=
	                     state->attempt->planned_at_ms - LOOKUP_AGE_MAX_MS;

	switch (k->reason) {
	case REASON_VALUE_FOUND:
		return k->kind == KIND_DCV &&
		       is_domain_of_target(state,
		                           k->authorization_domain_name) &&
		       saw_the_selected(state, k->observed);
	case REASON_CAA_NO_RECORDS:
	case REASON_CAA_PERMITS:
	case REASON_CAA_UNRESTRICTED: return k->kind == KIND_CAA && timed;
	case REASON_CAA_LOOKUP_FAILURE_INSECURE:
		return k->kind == KIND_CAA && timed &&
		       state->facts->may_forgive;
	default: return false;
	}
}

/* A worker has four words; what it may not say, it has not said. */
static bool is_usable(const struct attempt_state *state,
                      const struct result *result, const struct kind_result *k)
{
	if (k == NULL)
		return false;
	switch (k->result_class) {
	case CLASS_CORROBORATED: return corroborates_well(state, result, k);
	case CLASS_DISAGREED:
	case CLASS_ERROR:
	case CLASS_TIMED_OUT: return true;
	case CLASS_UNKNOWN:
	case CLASS_LATE:
	case CLASS_MISSING:
	case CLASS_OUTSTANDING:
	case CLASS_REFUSED: return false;
	}
	return false;
}

static struct seat *find_seat(struct attempt_state *state, struct span code,
                              const struct planned_perspective **planned)
{
	for (size_t i = 0; i < state->count; i++) {
		*planned = &state->attempt->perspectives[i];
		if (span_eq((*planned)->code, code))
			return &state->seats[i];
	}
	return NULL;
}

static bool names_attempt(const struct attempt_state *state,
                          const struct result *r)
{
	return digest_eq(&r->plan, &state->ref.digest) &&
	       span_eq(r->request_id, state->attempt->request_id) &&
	       span_eq(r->attempt_id, state->attempt->attempt_id);
}

static bool is_by_listed_key(const struct planned_perspective *planned,
                             const struct heard *h)
{
	if (h->trust != TRUST_OK)
		return false;
	for (size_t i = 0; i < planned->keys_count; i++)
		if (digest_eq(&planned->keys[i], &h->key_id))
			return true;
	return false;
}

static bool says_the_same(const struct attempt_state *state,
                          const struct seat *seat, const struct result *r)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct kind_result *k =
			result_kind(r, (enum check_kind)kind);
		bool usable = is_usable(state, r, k);

		if (!wants(state, (enum check_kind)kind))
			continue;
		if (usable != seat->answered[kind])
			return false;
		if (usable && k->result_class != seat->said[kind].result_class)
			return false;
	}
	return true;
}

static enum fold fold_again(const struct attempt_state *state,
                            struct seat *seat, const struct heard *h)
{
	if (digest_eq(&h->digest, &seat->result.digest) ||
	    says_the_same(state, seat, h->result))
		return FOLD_DUPLICATE;
	seat->conflicted = true;
	return FOLD_CONFLICT;
}

/* What was absent stays absent. */
static struct span keep(struct arena *arena, struct span s)
{
	return s.p != NULL ? arena_span(arena, s) : s;
}

static void keep_said(struct attempt_state *state, struct seat *seat,
                      const struct result *r)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct kind_result *k =
			result_kind(r, (enum check_kind)kind);
		struct kind_result *said = &seat->said[kind];

		if (!wants(state, (enum check_kind)kind) ||
		    !is_usable(state, r, k))
			continue;
		*said = *k;
		said->detail = keep(state->arena, k->detail);
		said->authorization_domain_name =
			keep(state->arena, k->authorization_domain_name);
		said->observed = keep(state->arena, k->observed);
		said->evidence = (struct span){ NULL, 0 };
		seat->answered[kind] = true;
	}
}

enum fold attempt_fold(struct attempt_state *state, const struct heard *h)
{
	const struct planned_perspective *planned;
	bool open = !state->close.present && h->offset <= state->limit;
	struct seat *seat;

	if (h->offset < state->attempt->results_from)
		return FOLD_BEFORE;
	assert(h->offset > state->folded);
	if (open)
		state->folded = h->offset;
	if (h->result == NULL)
		return FOLD_UNDECODABLE;
	if (!names_attempt(state, h->result))
		return FOLD_WRONG_PLAN;
	seat = find_seat(state, h->result->perspective, &planned);
	if (seat == NULL)
		return FOLD_NOT_PLANNED;
	if (!is_by_listed_key(planned, h)) {
		seat->refused |= open;
		return FOLD_BAD_KEY;
	}
	if (seat->heard)
		return fold_again(state, seat, h);
	if (!open)
		return FOLD_AFTER_CLOSE;

	seat->heard = true;
	seat->result = (struct record_ref){ state->ref.partition, h->offset,
		                            h->digest };
	seat->finished_ms = h->result->finished_ms;
	seat->late = seat->finished_ms > state->attempt->deadline_ms;
	keep_said(state, seat, h->result);
	return seat->late ? FOLD_LATE : FOLD_COUNTED;
}

/* -- votes */

static struct perspective_vote plain_vote(const struct seat *seat,
                                          enum check_kind kind)
{
	const struct kind_result *said = &seat->said[kind];
	struct perspective_vote v = { .kind = kind };

	if (!seat->heard)
		return v;
	v.counted = true;
	v.result = seat->result;
	v.result_class = CLASS_REFUSED;
	v.reason = REASON_RESULT_INCOMPLETE;
	if (seat->answered[kind]) {
		v.result_class = said->result_class;
		v.reason = said->reason;
		v.detail = said->detail;
	}
	if (seat->late) {
		v.result_class = CLASS_LATE;
		v.reason = REASON_RESULT_LATE;
	}
	return v;
}

static bool has_primary_seat(const struct attempt_state *state)
{
	return state->attempt->rule.primary_kind == PRIMARY_PERSPECTIVE;
}

static bool corroborates(const struct seat *seat, enum check_kind kind)
{
	return plain_vote(seat, kind).result_class == CLASS_CORROBORATED;
}

static size_t count_same(const struct attempt_state *state,
                         enum check_kind kind, struct span observed)
{
	size_t n = 0;

	for (size_t i = 0; i < state->count; i++)
		n += corroborates(&state->seats[i], kind) &&
		     span_eq(state->seats[i].said[kind].observed, observed);
	return n;
}

/* Where no seat's word goes first: who saw what most of them saw, of equals
   who was heard first. NULL: nobody saw anything. */
static const struct seat *find_most_seen(const struct attempt_state *state,
                                         enum check_kind kind)
{
	const struct seat *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < state->count; i++) {
		const struct seat *seat = &state->seats[i];
		size_t n = corroborates(seat, kind)
		                   ? count_same(state, kind,
		                                seat->said[kind].observed)
		                   : 0;

		if (n > most || (n == most && n > 0 &&
		                 seat->result.offset < best->result.offset)) {
			best = seat;
			most = n;
		}
	}
	return best;
}

/* Whose value the others must have seen; NULL: there is none to compare. */
static const struct seat *find_reference(const struct attempt_state *state,
                                         enum check_kind kind)
{
	const struct seat *primary = &state->seats[0];

	if (!has_primary_seat(state))
		return kind == KIND_DCV && state->facts->method ==
		                                   METHOD_DNS_PERSISTENT
		               ? find_most_seen(state, kind)
		               : NULL;
	return primary->answered[kind] && primary->said[kind].result_class ==
	                                          CLASS_CORROBORATED
	               ? primary
	               : NULL;
}

/* Where the primary selected a value (a contact, a host name, the issuer of a
   persistent record), a remote must have seen that value; with the caller as
   primary remotes must have seen the same one. */
static bool saw_another_value(const struct attempt_state *state,
                              const struct seat *seat, enum check_kind kind)
{
	const struct seat *reference = find_reference(state, kind);

	if (reference == NULL || reference == seat ||
	    reference->said[kind].observed.len == 0)
		return false;
	return !span_eq(reference->said[kind].observed,
	                seat->said[kind].observed);
}

struct perspective_vote attempt_vote(const struct attempt_state *state,
                                     size_t seat, enum check_kind kind)
{
	struct perspective_vote v;

	assert(seat < state->count);
	v = plain_vote(&state->seats[seat], kind);
	if (v.result_class == CLASS_CORROBORATED &&
	    saw_another_value(state, &state->seats[seat], kind)) {
		v.result_class = CLASS_DISAGREED;
		v.reason = REASON_VALUE_NOT_FOUND;
	}
	return v;
}

static struct perspective_vote observed_vote(
	const struct primary_observation *o, enum check_kind kind)
{
	struct opt_bool passed =
		kind == KIND_DCV ? o->dcv_passed : o->caa_passed;
	struct perspective_vote v = { .kind = kind };

	if (!o->present || !passed.set)
		return v;
	v.result_class = passed.v ? CLASS_CORROBORATED : CLASS_DISAGREED;
	v.reason = REASON_PRIMARY_OBSERVATION;
	return v;
}

struct perspective_vote attempt_primary_vote(const struct attempt_state *state,
                                             enum check_kind kind)
{
	if (has_primary_seat(state))
		return attempt_vote(state, 0, kind);
	return observed_vote(&state->facts->observation, kind);
}

enum primary_stand attempt_primary(const struct attempt_state *state)
{
	enum primary_stand stand = PRIMARY_PASSED;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		enum result_class c;

		if (!wants(state, (enum check_kind)kind))
			continue;
		c = attempt_primary_vote(state, (enum check_kind)kind)
		            .result_class;
		if (c == CLASS_UNKNOWN && has_primary_seat(state))
			return PRIMARY_OPEN;
		if (c != CLASS_UNKNOWN && c != CLASS_CORROBORATED)
			stand = PRIMARY_STOPPED;
	}
	return stand;
}

bool attempt_due(const struct attempt_state *state, size_t seat)
{
	assert(seat < state->count);
	if (state->close.present || state->seats[seat].heard)
		return false;
	if (state->attempt->perspectives[seat].role == ROLE_PRIMARY)
		return true;
	switch (attempt_primary(state)) {
	case PRIMARY_PASSED: return true;
	case PRIMARY_OPEN: return state->attempt->gate == GATE_PARALLEL;
	case PRIMARY_STOPPED:
		return has_primary_seat(state) &&
		       state->attempt->gate == GATE_PARALLEL;
	}
	return false;
}

bool attempt_all_heard(const struct attempt_state *state)
{
	for (size_t i = 0; i < state->count; i++)
		if (attempt_due(state, i))
			return false;
	return true;
}
