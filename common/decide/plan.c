#include "decide/plan.h"

#include "base/addr.h"
#include "base/text.h"
#include "wire/decision.h"

#include <assert.h>

_Static_assert((int)PLAN_ATTEMPTS_MAX == (int)DECISION_ATTEMPTS_MAX,
               "every attempt must fit into its decision");

enum { SEED_MAX = 256 };

static int64_t more_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t less_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Planned remotes must fit into an Attempt beside the primary. */
static int64_t most_remotes(const struct inventory *inv)
{
	int64_t room = ATTEMPT_PERSPECTIVES_MAX - (inv->primary.len > 0);
	int64_t there = (int64_t)inventory_remotes(inv);

	return less_of(there, room);
}

static enum reason refuse(enum reason r, const char *name, const char **field)
{
	if (field != NULL)
		*field = name;
	return r;
}

static enum reason demand_counts(const struct policy_rule *rule,
                                 const struct orchestration_parameters *wish,
                                 int64_t most, struct plan_demand *d,
                                 const char **field)
{
	const struct opt_int *count = &wish->perspective_count;
	const struct opt_int *quorum = &wish->quorum_count;

	if (count->set && (count->v < rule->min_remotes || count->v > most))
		return refuse(REASON_PERSPECTIVE_COUNT, "perspective_count",
		              field);
	if (count->set)
		d->remotes = more_of(d->remotes, count->v);
	if (d->remotes > most)
		return REASON_INSUFFICIENT_PERSPECTIVES;

	int64_t named = count->set ? count->v : d->remotes;

	if (quorum->set &&
	    (quorum->v < policy_quorum(rule, named) || quorum->v > named))
		return refuse(REASON_QUORUM_COUNT, "quorum_count", field);
	d->quorum = policy_quorum(rule, d->remotes);
	if (quorum->set)
		d->quorum = more_of(d->quorum, quorum->v);
	return REASON_UNKNOWN;
}

static enum reason demand_attempts(const struct orchestration_parameters *wish,
                                   int64_t most, struct plan_demand *d,
                                   const char **field)
{
	const struct opt_int *cohort = &wish->cohort_for_single_attempt;

	if (wish->max_attempts.set && wish->max_attempts.v < 1)
		return refuse(REASON_MAX_ATTEMPTS, "max_attempts", field);
	if (wish->max_attempts.set)
		d->max_attempts =
			less_of(d->max_attempts, wish->max_attempts.v);
	d->max_attempts =
		less_of(d->max_attempts, PLAN_SEATS_MAX / (d->remotes + 1));
	if (!cohort->set)
		return REASON_UNKNOWN;
	if (cohort->v < 1 || cohort->v > most / d->remotes)
		return refuse(REASON_COHORT, "cohort_for_single_attempt",
		              field);
	d->cohort = cohort->v;
	d->max_attempts = 1;
	return REASON_UNKNOWN;
}

enum reason plan_demand(const struct policy_rule *rule,
                        const struct plan_settings *set,
                        const struct inventory *inv,
                        const struct orchestration_parameters *wish,
                        struct plan_demand *out, const char **field)
{
	struct plan_demand d = {
		.remotes = more_of(rule->min_remotes, set->remotes),
		.max_attempts = set->max_attempts,
	};
	int64_t most = most_remotes(inv);
	enum reason r;

	assert(set->max_attempts >= 1 &&
	       set->max_attempts <= PLAN_ATTEMPTS_MAX);
	r = demand_counts(rule, wish, most, &d, field);
	if (r != REASON_UNKNOWN)
		return r;
	r = demand_attempts(wish, most, &d, field);
	if (r != REASON_UNKNOWN)
		return r;
	d.min_rirs = more_of(policy_rirs(rule, d.remotes), set->min_rirs);
	*out = d;
	return REASON_UNKNOWN;
}

/* A remote that may be chosen, in this attempt. */
struct candidate {
	const struct perspective_site *site;
	bool live;
	bool taken;
	int64_t used;       /* times it was in a cohort before */
	struct digest rank; /* order among equals */
};

struct draw {
	const struct plan_input *in;
	struct candidate all[INVENTORY_MAX];
	size_t count;
	struct candidate *chosen[INVENTORY_MAX];
	size_t chosen_count;
	int64_t per_rir[RIR_COUNT];
};

/* One spelling for one seed: lower case, no final dot, canonical address. */
static struct span canonical_seed(struct span seed, char out[static SEED_MAX])
{
	struct addr a;
	size_t n = seed.len;

	assert(n > 0 && n < SEED_MAX);
	if (addr_parse(seed, &a))
		return span_str(addr_text(&a, out, SEED_MAX));
	for (size_t i = 0; i < n; i++)
		out[i] = (char)ascii_lower(seed.p[i]);
	if (out[n - 1] == '.')
		n--;
	return span_of(out, n);
}

static void rank_all(struct draw *d, int64_t number)
{
	char text[SEED_MAX];
	struct span seed = canonical_seed(d->in->seed, text);
	uint8_t head[9] = { (uint8_t)seed.len };

	for (int i = 0; i < 8; i++)
		head[8 - i] = (uint8_t)((uint64_t)number >> (8 * i));
	for (size_t i = 0; i < d->count; i++) {
		struct span parts[] = {
			SPAN("mpic-plan-1"),
			span_of(head, sizeof(head)),
			seed,
			d->all[i].site->code,
		};

		d->all[i].rank = digest_hmac(d->in->set->key, parts,
		                             sizeof(parts) / sizeof(parts[0]));
	}
}

/* Live before silent, then the RIR with the fewest so far, then who was not
   in a cohort before, then by rank. */
static bool goes_first(const struct draw *d, const struct candidate *a,
                       const struct candidate *b)
{
	int64_t in_a = d->per_rir[a->site->rir];
	int64_t in_b = d->per_rir[b->site->rir];

	if (a->live != b->live)
		return a->live;
	if (in_a != in_b)
		return in_a < in_b;
	if (a->used != b->used)
		return a->used < b->used;
	return memcmp(a->rank.b, b->rank.b, DIGEST_BYTES) < 0;
}

static struct candidate *best_left(struct draw *d, bool new_rir_only)
{
	struct candidate *best = NULL;

	for (size_t i = 0; i < d->count; i++) {
		struct candidate *c = &d->all[i];

		if (c->taken || (new_rir_only && d->per_rir[c->site->rir] > 0))
			continue;
		if (best == NULL || goes_first(d, c, best))
			best = c;
	}
	return best;
}

static void choose(struct draw *d, size_t at, struct candidate *c)
{
	d->chosen[at] = c;
	c->taken = true;
	d->per_rir[c->site->rir]++;
}

static int64_t rirs_chosen(const struct draw *d)
{
	int64_t n = 0;

	for (int r = 0; r < RIR_COUNT; r++)
		n += d->per_rir[r] > 0;
	return n;
}

/* Where every live one is in too few RIRs, silent ones of others take the
   places chosen last in a RIR that has several: a plan that cannot meet the
   RIR rule even if all answer would be no plan. */
static bool spread(struct draw *d, int64_t min_rirs)
{
	for (size_t at = d->chosen_count; rirs_chosen(d) < min_rirs;) {
		struct candidate *in = best_left(d, true);

		if (in == NULL)
			return false;
		do {
			if (at == 0)
				return false;
			at--;
		} while (d->per_rir[d->chosen[at]->site->rir] < 2);
		d->chosen[at]->taken = false;
		d->per_rir[d->chosen[at]->site->rir]--;
		choose(d, at, in);
	}
	return true;
}

static enum reason draw_cohort(struct draw *d, int64_t number, int64_t n,
                               int64_t min_rirs)
{
	if ((int64_t)d->count < n)
		return REASON_INSUFFICIENT_PERSPECTIVES;
	for (size_t i = 0; i < d->count; i++)
		d->all[i].taken = false;
	memset(d->per_rir, 0, sizeof(d->per_rir));
	rank_all(d, number);
	for (d->chosen_count = 0; d->chosen_count < (size_t)n;
	     d->chosen_count++)
		choose(d, d->chosen_count, best_left(d, false));
	if (!spread(d, min_rirs))
		return REASON_RIR_DIVERSITY;
	for (size_t i = 0; i < d->chosen_count; i++)
		d->chosen[i]->used++;
	return REASON_UNKNOWN;
}

/* Cohort c is the one that follows c - 1 others, each made of those used
   least before. */
static enum reason draw_asked(struct draw *d, const struct plan_demand *want,
                              int64_t min_rirs)
{
	enum reason r = REASON_UNKNOWN;

	if (want->cohort == 0)
		return draw_cohort(d, d->in->number, want->remotes, min_rirs);
	for (int64_t c = 1; c <= want->cohort && r == REASON_UNKNOWN; c++)
		r = draw_cohort(d, c, want->remotes, min_rirs);
	return r;
}

static bool was_in(const struct attempt *previous, struct span code)
{
	for (size_t i = 0; previous != NULL && i < previous->perspectives_count;
	     i++)
		if (previous->perspectives[i].role == ROLE_REMOTE &&
		    span_eq(previous->perspectives[i].code, code))
			return true;
	return false;
}

static bool may_be_planned(enum site_state state)
{
	return state == SITE_LIVE || state == SITE_SILENT;
}

static void gather(struct draw *d)
{
	const struct inventory *inv = d->in->inv;

	assert(inv->count <= INVENTORY_MAX);
	for (size_t i = 0; i < inv->count; i++) {
		const struct perspective_site *s = &inv->sites[i];

		if (!s->enabled || inventory_is_primary(inv, s) ||
		    !may_be_planned(d->in->states[i]))
			continue;
		d->all[d->count++] = (struct candidate){
			.site = s,
			.live = d->in->states[i] == SITE_LIVE,
			.used = was_in(d->in->previous, s->code),
		};
	}
}

static struct planned_perspective planned(const struct perspective_site *s,
                                          enum perspective_role role, bool live,
                                          struct arena *arena)
{
	struct planned_perspective p = {
		.code = s->code,
		.role = role,
		.rir = span_str(rir_name(s->rir)),
		.place = { s->place.lat_udeg, s->place.lon_udeg },
		.resolver_place = { s->resolver_place.lat_udeg,
		                    s->resolver_place.lon_udeg },
		.keys = arena_calloc(arena, s->keys_count, sizeof(*p.keys)),
		.keys_count = s->keys_count,
		.alive = live,
	};

	memcpy(p.keys, s->keys, s->keys_count * sizeof(*p.keys));
	return p;
}

static void list_excluded(const struct plan_input *in, struct arena *arena,
                          struct plan *out)
{
	const struct inventory *inv = in->inv;

	out->excluded = arena_calloc(arena, inv->count, sizeof(*out->excluded));
	for (size_t i = 0; i < inv->count; i++) {
		const struct perspective_site *s = &inv->sites[i];
		bool chosen = false;

		if (!s->enabled || in->states[i] == SITE_LIVE)
			continue;
		for (size_t j = 0; j < out->count; j++)
			chosen |= span_eq(out->perspectives[j].code, s->code);
		if (chosen)
			out->silent_planned++;
		else
			out->excluded[out->excluded_count++] =
				(struct plan_exclusion){ s->code,
				                         in->states[i] };
	}
}

static struct effective_rule effective(const struct plan_input *in,
                                       int64_t min_rirs)
{
	const struct plan_demand *want = in->demand;

	return (struct effective_rule){
		.policy_id = span_str(in->rule->id),
		.policy_digest = policy_digest(in->rule),
		.min_remotes = in->rule->min_remotes,
		.remotes = want->remotes,
		.quorum = more_of(want->quorum,
		                  policy_quorum(in->rule, want->remotes)),
		.min_rirs = min_rirs,
		.max_attempts = want->max_attempts,
		.early = in->set->early,
		.primary_kind = in->inv->primary.len > 0 ? PRIMARY_PERSPECTIVE
		                                         : PRIMARY_CALLER,
	};
}

static enum site_state state_of(const struct plan_input *in,
                                const struct perspective_site *s)
{
	return in->states[s - in->inv->sites];
}

/* Why there can be no attempt with this primary. */
static enum reason check_primary(const struct plan_input *in,
                                 const struct perspective_site *primary)
{
	if (in->inv->primary.len == 0) /* the caller's */
		return REASON_UNKNOWN;
	if (primary == NULL || !primary->enabled ||
	    state_of(in, primary) == SITE_UNFIT)
		return REASON_PRIMARY_MISSING;
	return may_be_planned(state_of(in, primary)) ? REASON_UNKNOWN
	                                             : REASON_PRIMARY_UNPROVEN;
}

static bool is_method_forbidden(const struct plan_input *in)
{
	return in->method != METHOD_UNKNOWN &&
	       method_gate(in->rule->family, in->method, in->is_address,
	                   in->now_ms) == GATE_METHOD_FORBIDDEN;
}

enum reason plan_make(const struct plan_input *in, struct arena *arena,
                      struct plan *out)
{
	const struct plan_demand *want = in->demand;
	int64_t min_rirs =
		more_of(want->min_rirs, policy_rirs(in->rule, want->remotes));
	const struct perspective_site *primary =
		inventory_find(in->inv, in->inv->primary);
	struct draw d = { .in = in };
	struct plan plan = { .rule = effective(in, min_rirs) };

	assert(in->set->key.len >= PLAN_KEY_MIN && in->number >= 1);
	if (is_method_forbidden(in))
		return REASON_METHOD_FORBIDDEN;
	if (want->remotes < in->rule->min_remotes ||
	    want->remotes > most_remotes(in->inv))
		return REASON_INSUFFICIENT_PERSPECTIVES;
	enum reason r = check_primary(in, primary);

	if (r != REASON_UNKNOWN)
		return r;
	gather(&d);
	r = draw_asked(&d, want, min_rirs);
	if (r != REASON_UNKNOWN)
		return r;
	plan.perspectives = arena_calloc(arena, d.chosen_count + 1,
	                                 sizeof(*plan.perspectives));
	if (primary != NULL)
		plan.perspectives[plan.count++] =
			planned(primary, ROLE_PRIMARY,
		                state_of(in, primary) == SITE_LIVE, arena);
	for (size_t i = 0; i < d.chosen_count; i++)
		plan.perspectives[plan.count++] =
			planned(d.chosen[i]->site, ROLE_REMOTE,
		                d.chosen[i]->live, arena);
	list_excluded(in, arena, &plan);
	*out = plan;
	return REASON_UNKNOWN;
}
