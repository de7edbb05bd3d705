/* how many perspectives, and which,
   and whether the method may still be used. */
#include "decide/count.h"
#include "decide/plan.h"
#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

enum { SITES_MAX = 40 };

static struct perspective_site sites[SITES_MAX];
static char codes[SITES_MAX][8];
static struct digest keys[SITES_MAX];
static enum site_state states[SITES_MAX];
static struct inventory inv;
static struct plan_settings set;
static struct plan_demand demand;
static struct plan_input in;
static struct arena *arena;

/* count sites, the first one the primary, the others in rirs in turn. */
static void make(size_t count, int rirs)
{
	for (size_t i = 0; i < count; i++) {
		enum rir r = (enum rir)(i % (size_t)rirs);

		snprintf(codes[i], sizeof(codes[i]), "p%02d", (int)i);
		memset(keys[i].b, (int)i + 1, DIGEST_BYTES);
		states[i] = SITE_LIVE;
		sites[i] = (struct perspective_site){
			.code = span_str(codes[i]),
			.rir = r,
			.resolver_rir = r,
			.keys = &keys[i],
			.keys_count = 1,
			.enabled = true,
		};
	}
	inv = (struct inventory){ sites, count, sites[0].code, true };
}

static void set_up(void)
{
	arena = arena_new();
	make(11, 5);
	set = (struct plan_settings){
		.remotes = 5,
		.max_attempts = 2,
		.early = EARLY_DENY,
		.key = SPAN("0123456789abcdef0123456789abcdef"),
	};
	demand = (struct plan_demand){
		.remotes = 5,
		.quorum = 4,
		.min_rirs = 2,
		.max_attempts = 2,
	};
	in = (struct plan_input){
		.rule = policy_at(POLICY_CABF_TLS, world_day(2026, 11, 23)),
		.set = &set,
		.inv = &inv,
		.states = states,
		.demand = &demand,
		.seed = SPAN("shop.example"),
		.number = 1,
	};
}

static void tear_down(void)
{
	arena_free(&arena);
}

static struct plan plan_ok(void)
{
	struct plan p;
	enum reason r = plan_make(&in, arena, &p);

	ck_assert_msg(r == REASON_UNKNOWN, "%s", reason_name(r));
	return p;
}

static bool has(const struct plan *p, struct span code)
{
	for (size_t i = 0; i < p->count; i++)
		if (span_eq(p->perspectives[i].code, code))
			return true;
	return false;
}

static size_t shared_remotes(const struct plan *a, const struct plan *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += a->perspectives[i].role == ROLE_REMOTE &&
		     has(b, a->perspectives[i].code);
	return n;
}

static size_t remotes_of(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->perspectives[i].role == ROLE_REMOTE;
	return n;
}

static bool same_cohort(const struct plan *a, const struct plan *b)
{
	return a->count == b->count && shared_remotes(a, b) == remotes_of(a);
}

static void count_rirs(const struct plan *p, int out[RIR_COUNT])
{
	memset(out, 0, RIR_COUNT * sizeof(*out));
	for (size_t i = 0; i < p->count; i++) {
		enum rir r;

		if (p->perspectives[i].role != ROLE_REMOTE)
			continue;
		ck_assert(rir_parse(p->perspectives[i].rir, &r));
		out[r]++;
	}
}

/* -- demand: nothing in a request makes a plan weaker */

static const struct {
	const char *what;
	int64_t def; /* the settings' remotes */
	struct opt_int count, quorum, attempts, cohort;
	enum reason want;
	int64_t n, k, most;
} demands[] = {
	{ "nothing asked", 5, { 0 }, { 0 }, { 0 }, { 0 }, 0, 5, 4, 2 },
	{ "default below policy", 2, { 0 }, { 0 }, { 0 }, { 0 }, 0, 4, 3, 2 },
	{ "no default", 0, { 0 }, { 0 }, { 0 }, { 0 }, 0, 4, 3, 2 },
	{ "six", 6, { 0 }, { 0 }, { 0 }, { 0 }, 0, 6, 4, 2 },
	{ "more than there are",
	  11,
	  { 0 },
	  { 0 },
	  { 0 },
	  { 0 },
	  REASON_INSUFFICIENT_PERSPECTIVES,
	  0,
	  0,
	  0 },
	{ "count up", 5, { 1, 7 }, { 0 }, { 0 }, { 0 }, 0, 7, 5, 2 },
	{ "all", 5, { 1, 10 }, { 0 }, { 0 }, { 0 }, 0, 10, 8, 2 },
	{ "count between", 6, { 1, 4 }, { 0 }, { 0 }, { 0 }, 0, 6, 4, 2 },
	{ "count below policy",
	  5,
	  { 1, 3 },
	  { 0 },
	  { 0 },
	  { 0 },
	  REASON_PERSPECTIVE_COUNT,
	  0,
	  0,
	  0 },
	{ "count 0",
	  5,
	  { 1, 0 },
	  { 0 },
	  { 0 },
	  { 0 },
	  REASON_PERSPECTIVE_COUNT,
	  0,
	  0,
	  0 },
	{ "count -1",
	  5,
	  { 1, -1 },
	  { 0 },
	  { 0 },
	  { 0 },
	  REASON_PERSPECTIVE_COUNT,
	  0,
	  0,
	  0 },
	{ "count 11 of 10",
	  5,
	  { 1, 11 },
	  { 0 },
	  { 0 },
	  { 0 },
	  REASON_PERSPECTIVE_COUNT,
	  0,
	  0,
	  0 },
	{ "count absurd",
	  5,
	  { 1, INT64_MAX },
	  { 0 },
	  { 0 },
	  { 0 },
	  REASON_PERSPECTIVE_COUNT,
	  0,
	  0,
	  0 },
	{ "quorum 0",
	  5,
	  { 0 },
	  { 1, 0 },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "quorum -1",
	  5,
	  { 0 },
	  { 1, -1 },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "quorum 1",
	  5,
	  { 0 },
	  { 1, 1 },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "quorum one less",
	  5,
	  { 0 },
	  { 1, 3 },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "quorum as policy", 5, { 0 }, { 1, 4 }, { 0 }, { 0 }, 0, 5, 4, 2 },
	{ "quorum all", 5, { 0 }, { 1, 5 }, { 0 }, { 0 }, 0, 5, 5, 2 },
	{ "quorum above",
	  5,
	  { 0 },
	  { 1, 6 },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "quorum least",
	  5,
	  { 0 },
	  { 1, INT64_MIN },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "4 with 3 becomes 6 with 4",
	  6,
	  { 1, 4 },
	  { 1, 3 },
	  { 0 },
	  { 0 },
	  0,
	  6,
	  4,
	  2 },
	{ "4 with 5",
	  6,
	  { 1, 4 },
	  { 1, 5 },
	  { 0 },
	  { 0 },
	  REASON_QUORUM_COUNT,
	  0,
	  0,
	  0 },
	{ "7 with 6", 6, { 1, 7 }, { 1, 6 }, { 0 }, { 0 }, 0, 7, 6, 2 },
	{ "one attempt", 5, { 0 }, { 0 }, { 1, 1 }, { 0 }, 0, 5, 4, 1 },
	{ "many attempts", 5, { 0 }, { 0 }, { 1, 99 }, { 0 }, 0, 5, 4, 2 },
	{ "no attempt",
	  5,
	  { 0 },
	  { 0 },
	  { 1, 0 },
	  { 0 },
	  REASON_MAX_ATTEMPTS,
	  0,
	  0,
	  0 },
	{ "cohort 1", 5, { 0 }, { 0 }, { 0 }, { 1, 1 }, 0, 5, 4, 1 },
	{ "cohort 2", 5, { 0 }, { 0 }, { 0 }, { 1, 2 }, 0, 5, 4, 1 },
	{ "cohort 3 of 2",
	  5,
	  { 0 },
	  { 0 },
	  { 0 },
	  { 1, 3 },
	  REASON_COHORT,
	  0,
	  0,
	  0 },
	{ "cohort 0",
	  5,
	  { 0 },
	  { 0 },
	  { 0 },
	  { 1, 0 },
	  REASON_COHORT,
	  0,
	  0,
	  0 },
	{ "cohort -1",
	  5,
	  { 0 },
	  { 0 },
	  { 0 },
	  { 1, -1 },
	  REASON_COHORT,
	  0,
	  0,
	  0 },
};

/* openmpic-57 */
START_TEST(demand_row)
{
	struct orchestration_parameters wish = {
		.present = true,
		.perspective_count = demands[_i].count,
		.quorum_count = demands[_i].quorum,
		.max_attempts = demands[_i].attempts,
		.cohort_for_single_attempt = demands[_i].cohort,
	};
	struct plan_demand d = { .remotes = 4711 };
	const char *field = NULL;
	enum reason r;

	set.remotes = demands[_i].def;
	r = plan_demand(in.rule, &set, &inv, &wish, &d, &field);
	ck_assert_msg(r == demands[_i].want, "%s: %s", demands[_i].what,
	              reason_name(r));
	if (r != REASON_UNKNOWN) {
		ck_assert_int_eq(d.remotes, 4711);
		ck_assert_int_eq(field != NULL,
		                 r != REASON_INSUFFICIENT_PERSPECTIVES);
		return;
	}
	ck_assert_int_eq(d.remotes, demands[_i].n);
	ck_assert_int_eq(d.quorum, demands[_i].k);
	ck_assert_int_eq(d.max_attempts, demands[_i].most);
	ck_assert_int_eq(d.min_rirs, 2);
}
END_TEST

START_TEST(no_request_weakens)
{
	static const int64_t values[] = {
		INT64_MIN, -7, -1, 0, 1,  2,  3,  4,  5,
		6,         7,  8,  9, 10, 11, 12, 99, INT64_MAX
	};
	size_t count;
	const struct policy_rule *rules = policy_rules(&count);

	for (size_t i = 0; i < count; i++)
		for (int j = 0; j < COUNT(values) * COUNT(values); j++) {
			struct orchestration_parameters wish = {
				.perspective_count =
					SOME_INT(values[j % COUNT(values)]),
				.quorum_count =
					SOME_INT(values[j / COUNT(values)]),
			};
			struct plan_demand d;

			if (plan_demand(&rules[i], &set, &inv, &wish, &d,
			                NULL) != REASON_UNKNOWN)
				continue;
			ck_assert_int_ge(d.remotes, rules[i].min_remotes);
			ck_assert_int_ge(d.remotes, set.remotes);
			ck_assert_int_ge(d.quorum,
			                 policy_quorum(&rules[i], d.remotes));
			ck_assert_int_le(d.quorum, d.remotes);
			ck_assert_int_ge(d.min_rirs,
			                 policy_rirs(&rules[i], d.remotes));
		}
}
END_TEST

/* A Decision has room for so many perspectives; attempts give way. */
START_TEST(attempts_fit_into_a_decision)
{
	static const int64_t rows[][2] = {
		{ 5, 8 }, { 14, 8 }, { 15, 7 }, { 31, 3 }
	};
	struct orchestration_parameters wish = { 0 };
	struct plan_demand d;

	make(32, 5);
	set.max_attempts = PLAN_ATTEMPTS_MAX;
	for (int i = 0; i < COUNT(rows); i++) {
		set.remotes = rows[i][0];
		ck_assert_int_eq(
			plan_demand(in.rule, &set, &inv, &wish, &d, NULL),
			REASON_UNKNOWN);
		ck_assert_int_eq(d.max_attempts, rows[i][1]);
	}
}
END_TEST

/* A demand made under an older policy does not survive a newer one. */
START_TEST(r001_plan_checks_again)
{
	struct plan p;

	demand.remotes = 4;
	demand.quorum = 1;
	demand.min_rirs = 0;
	p = plan_ok();
	ck_assert_int_eq(p.rule.quorum, 3);
	ck_assert_int_eq(p.rule.min_rirs, 2);
	in.rule = policy_at(POLICY_CABF_TLS, world_day(2026, 12, 15));
	ck_assert_int_eq(plan_make(&in, arena, &p),
	                 REASON_INSUFFICIENT_PERSPECTIVES);
}
END_TEST

/* -- what is in a plan */

/* openmpic-35, openmpic-48 */
START_TEST(fills_an_attempt)
{
	struct plan p = plan_ok();
	struct request_facts facts = {
		.request_id = SPAN("x"),
		.check_set = SET_DCV,
		.policy = POLICY_CABF_TLS,
		.primary_kind = PRIMARY_PERSPECTIVE,
	};
	struct attempt a = {
		.request_id = facts.request_id,
		.check_set = facts.check_set,
		.rule = p.rule,
		.perspectives = p.perspectives,
		.perspectives_count = p.count,
		.gate = GATE_SEQUENTIAL,
	};
	struct record_ref ref = { 0 };
	struct attempt_state state;
	const char *why;

	ck_assert_uint_eq(p.count, 6);
	ck_assert_int_eq(p.perspectives[0].role, ROLE_PRIMARY);
	ck_assert(span_eq(p.perspectives[0].code, inv.primary));
	ck_assert_int_eq(p.rule.remotes, 5);
	ck_assert_int_eq(p.rule.quorum, 4);
	ck_assert(span_is(p.rule.policy_id, "cabf-tls/2026-06-15"));
	why = attempt_state_init(&state, arena, &a, &ref, &facts);
	ck_assert_msg(why == NULL, "%s", why);
}
END_TEST

START_TEST(caller_takes_no_seat)
{
	struct plan p;

	inv.primary = SPAN("");
	p = plan_ok();
	ck_assert_uint_eq(p.count, 5);
	ck_assert_uint_eq(remotes_of(&p), 5);
	ck_assert_int_eq(p.rule.primary_kind, PRIMARY_CALLER);
}
END_TEST

/* Every n an Attempt has room for, every number of RIRs: exactly n different
   remotes, none the primary, spread as evenly as the inventory lets
   (openmpic-37, openmpic-46) */
START_TEST(every_size)
{
	for (int rirs = 2; rirs <= RIR_COUNT; rirs++)
		for (int64_t n = 4; n < ATTEMPT_PERSPECTIVES_MAX; n++) {
			int per[RIR_COUNT], most = 0, least = 99;
			struct plan p;

			make((size_t)n + 2, rirs);
			demand.remotes = n;
			demand.quorum = 1;
			p = plan_ok();
			ck_assert_int_eq((int64_t)remotes_of(&p), n);
			ck_assert_int_eq(p.rule.quorum, n <= 5 ? n - 1 : n - 2);
			for (size_t i = 0; i < p.count; i++)
				for (size_t j = 0; j < i; j++)
					ck_assert(!span_eq(
						p.perspectives[i].code,
						p.perspectives[j].code));
			count_rirs(&p, per);
			for (int r = 0; r < rirs; r++) {
				most = per[r] > most ? per[r] : most;
				least = per[r] < least ? per[r] : least;
			}
			ck_assert_int_le(most - least, 2);
			ck_assert_int_ge(least, 1 - (n < rirs));
			arena_reset(arena);
		}
}
END_TEST

/* Whatever the domain: no RIR has two more than another (openmpic-39) */
START_TEST(r004_even_spread)
{
	char name[32];

	make(31, 5); /* thirty remotes, six in each */
	for (int d = 0; d < 200; d++) {
		int per[RIR_COUNT];
		struct plan p;

		snprintf(name, sizeof(name), "d%d.example", d);
		in.seed = span_str(name);
		demand.remotes = 4 + d % 12;
		demand.quorum = 1;
		p = plan_ok();
		count_rirs(&p, per);
		for (int r = 0; r < RIR_COUNT; r++) {
			ck_assert_int_ge(per[r], (int)demand.remotes / 5);
			ck_assert_int_le(per[r], (int)(demand.remotes + 4) / 5);
		}
		arena_reset(arena);
	}
}
END_TEST

/* openmpic-43 */
START_TEST(too_many_for_an_attempt)
{
	struct orchestration_parameters wish = { .perspective_count =
		                                         SOME_INT(32) };
	struct plan_demand d;
	struct plan p;

	make(40, 5);
	ck_assert_int_eq(plan_demand(in.rule, &set, &inv, &wish, &d, NULL),
	                 REASON_PERSPECTIVE_COUNT);
	demand.remotes = 32;
	ck_assert_int_eq(plan_make(&in, arena, &p),
	                 REASON_INSUFFICIENT_PERSPECTIVES);
}
END_TEST

/* -- no shopping for cohorts: one domain has one cohort, however spelt */

static const struct {
	struct span a, b;
	bool same;
} spellings[] = {
	{ SPAN("shop.example"), SPAN("SHOP.Example"), true },
	{ SPAN("shop.example"), SPAN("shop.example."), true },
	{ SPAN("192.0.2.1"), SPAN("192.0.2.1"), true },
	{ SPAN("2001:db8::1"), SPAN("2001:DB8:0:0::1"), true },
	{ SPAN("2001:db8::1"), SPAN("2001:db8::2"), false },
	{ SPAN("shop.example"), SPAN("shops.example"), false },
};

START_TEST(spelling)
{
	struct plan a, b;

	make(31, 5);
	in.seed = spellings[_i].a;
	a = plan_ok();
	in.seed = spellings[_i].b;
	b = plan_ok();
	ck_assert_int_eq(same_cohort(&a, &b), spellings[_i].same);
}
END_TEST

/* openmpic-33 */
START_TEST(same_inputs_same_plan)
{
	struct plan a = plan_ok();
	struct plan b = plan_ok();

	for (size_t i = 0; i < a.count; i++)
		ck_assert(span_eq(a.perspectives[i].code,
		                  b.perspectives[i].code));
}
END_TEST

/* openmpic-33 */
START_TEST(key_and_number_matter)
{
	struct plan a, b, c;

	make(31, 5);
	a = plan_ok();
	set.key = SPAN("0123456789abcdef0123456789abcdeX");
	b = plan_ok();
	in.number = 2;
	c = plan_ok();
	ck_assert(!same_cohort(&a, &b));
	ck_assert(!same_cohort(&b, &c));
}
END_TEST

/* Each remote should be in n of N plans; five standard deviations. */
START_TEST(evenly_used)
{
	enum { DOMAINS = 4000, EXPECT = 2000, OFF = 160 };
	int used[11] = { 0 };
	char name[32];

	for (int d = 0; d < DOMAINS; d++) {
		struct plan p;

		snprintf(name, sizeof(name), "domain-%d.example", d);
		in.seed = span_str(name);
		p = plan_ok();
		for (size_t i = 0; i < 11; i++)
			used[i] += has(&p, sites[i].code);
		arena_reset(arena);
	}
	ck_assert_int_eq(used[0], DOMAINS); /* the primary */
	for (int i = 1; i < 11; i++)
		ck_assert_msg(abs(used[i] - EXPECT) < OFF, "site %d: %d", i,
		              used[i]);
}
END_TEST

/* -- the next attempt */

static struct attempt as_attempt(const struct plan *p)
{
	return (struct attempt){ .perspectives = p->perspectives,
		                 .perspectives_count = p->count };
}

START_TEST(r013_next_attempt_is_another_cohort)
{
	char name[32];

	for (size_t spare = 1; spare <= 8; spare++)
		for (int d = 0; d < 50; d++) {
			struct attempt before;
			struct plan a, b;

			make(6 + spare, 3);
			snprintf(name, sizeof(name), "d%d.example", d);
			in.seed = span_str(name);
			in.number = 1;
			in.previous = NULL;
			a = plan_ok();
			before = as_attempt(&a);
			in.number = 2;
			in.previous = &before;
			b = plan_ok();
			ck_assert(!same_cohort(&a, &b));
			ck_assert_uint_eq(remotes_of(&b), 5);
			arena_reset(arena);
		}
}
END_TEST

/* openmpic-44 */
START_TEST(r013_disjoint_where_possible)
{
	struct attempt before;
	struct plan a, b;

	a = plan_ok(); /* ten remotes, two per RIR, plans of five */
	before = as_attempt(&a);
	in.number = 2;
	in.previous = &before;
	b = plan_ok();
	ck_assert_uint_eq(shared_remotes(&a, &b), 0);
}
END_TEST

/* openmpic-56, openmpic-61 */
START_TEST(cohorts_by_number)
{
	struct plan one, two, first;

	first = plan_ok();
	demand.cohort = 1;
	one = plan_ok();
	in.number = 7; /* does not matter then */
	demand.cohort = 2;
	two = plan_ok();
	ck_assert(same_cohort(&first, &one));
	ck_assert_uint_eq(shared_remotes(&one, &two), 0);
}
END_TEST

/* -- who is silent is chosen last, but stays in the denominator */

START_TEST(live_ones_first)
{
	struct plan p;

	for (size_t i = 1; i <= 5; i++)
		states[i] = SITE_SILENT;
	p = plan_ok();
	for (size_t i = 1; i <= 10; i++)
		ck_assert_int_eq(has(&p, sites[i].code), i > 5);
	ck_assert_uint_eq(p.excluded_count, 5);
	ck_assert_int_eq(p.excluded[0].state, SITE_SILENT);
	ck_assert_uint_eq(p.silent_planned, 0);
}
END_TEST

START_TEST(r003_silent_ones_fill_up)
{
	for (size_t silent = 0; silent <= 10; silent++) {
		size_t alive = 0;
		struct plan p;

		for (size_t i = 1; i <= 10; i++)
			states[i] = i <= silent ? SITE_SILENT : SITE_LIVE;
		p = plan_ok();
		ck_assert_uint_eq(remotes_of(&p), 5);
		ck_assert_int_eq(p.rule.remotes, 5);
		ck_assert_int_eq(p.rule.quorum, 4);
		for (size_t i = 1; i < p.count; i++)
			alive += p.perspectives[i].alive;
		ck_assert_uint_eq(alive, silent <= 5 ? 5 : 10 - silent);
		ck_assert_uint_eq(p.silent_planned, 5 - alive);
		ck_assert_uint_eq(p.excluded_count + p.silent_planned, silent);
	}
}
END_TEST

START_TEST(unfit_ones_never)
{
	struct plan p = { .count = 4711 };

	for (size_t i = 1; i <= 5; i++)
		states[i] = SITE_UNFIT;
	ck_assert_int_eq(plan_make(&in, arena, &p), REASON_UNKNOWN);
	for (size_t i = 1; i <= 5; i++)
		ck_assert(!has(&p, sites[i].code));
	ck_assert_int_eq(p.excluded[0].state, SITE_UNFIT);
	states[6] = SITE_UNFIT;
	p.count = 4711;
	ck_assert_int_eq(plan_make(&in, arena, &p),
	                 REASON_INSUFFICIENT_PERSPECTIVES);
	ck_assert_uint_eq(p.count, 4711);
}
END_TEST

START_TEST(disabled_ones_never)
{
	struct plan p;

	for (size_t i = 1; i <= 5; i++)
		sites[i].enabled = false;
	p = plan_ok();
	for (size_t i = 1; i <= 5; i++)
		ck_assert(!has(&p, sites[i].code));
	ck_assert_uint_eq(p.excluded_count, 0);
}
END_TEST

START_TEST(primary_must_be_fit)
{
	struct plan p;

	states[0] = SITE_SILENT;
	p = plan_ok();
	ck_assert(!p.perspectives[0].alive);
	ck_assert_uint_eq(p.silent_planned, 1);
	states[0] = SITE_UNFIT;
	ck_assert_int_eq(plan_make(&in, arena, &p), REASON_PRIMARY_MISSING);
	states[0] = SITE_UNPROVEN; /* */
	ck_assert_int_eq(plan_make(&in, arena, &p), REASON_PRIMARY_UNPROVEN);
}
END_TEST

/* -- no plan that could not pass */

START_TEST(r004_live_in_one_region)
{
	int per[RIR_COUNT];
	struct plan p;

	for (size_t i = 1; i <= 10; i++) {
		sites[i].rir = i <= 7 ? RIR_RIPE : RIR_APNIC;
		states[i] = i <= 7 ? SITE_LIVE : SITE_SILENT;
	}
	p = plan_ok();
	count_rirs(&p, per);
	ck_assert_int_eq(per[RIR_RIPE], 4);
	ck_assert_int_eq(per[RIR_APNIC], 1);
	set.min_rirs = 3;
	demand.min_rirs = 3;
	ck_assert_int_eq(plan_make(&in, arena, &p), REASON_RIR_DIVERSITY);
}
END_TEST

START_TEST(r004_five_regions_wanted)
{
	int per[RIR_COUNT];
	struct plan p;

	demand.min_rirs = 5;
	for (size_t i = 1; i <= 10; i++)
		states[i] = i % 5 < 3 ? SITE_LIVE : SITE_SILENT;
	p = plan_ok();
	count_rirs(&p, per);
	for (int r = 0; r < RIR_COUNT; r++)
		ck_assert_int_eq(per[r], 1);
}
END_TEST

/* -- asked for each attempt, before anybody is */

static const struct {
	const char *what;
	enum validation_method method;
	bool is_address;
	int y, m, d;
	bool before, from;
} gates[] = {
	{ ".8 ends", METHOD_IP_ADDRESS, false, 2026, 3, 15, true, false },
	{ ".16 ends", METHOD_CONTACT_PHONE_TXT, false, 2027, 3, 15, true,
	  false },
	{ ".17 ends", METHOD_CONTACT_PHONE_CAA, false, 2027, 3, 15, true,
	  false },
	{ "IP.3 ends", METHOD_REVERSE_ADDRESS_LOOKUP, true, 2027, 3, 15, true,
	  false },
	{ ".13 ends", METHOD_CONTACT_EMAIL_CAA, false, 2028, 3, 15, true,
	  false },
	{ ".14 ends", METHOD_CONTACT_EMAIL_TXT, false, 2028, 3, 15, true,
	  false },
	{ ".22 begins", METHOD_DNS_PERSISTENT, false, 2025, 11, 10, false,
	  true },
	{ "IP.8 begins", METHOD_DNS_PERSISTENT, true, 2025, 12, 16, false,
	  true },
	{ ".19 goes on", METHOD_ACME_HTTP_01, false, 2026, 3, 15, true, true },
	{ "CAA alone", METHOD_UNKNOWN, false, 2027, 3, 15, true, true },
};

START_TEST(r064_no_plan_by_a_forbidden_method)
{
	static const int64_t around[] = { -1000, -1, 0, 1000 };
	int64_t day = world_day(gates[_i].y, gates[_i].m, gates[_i].d);

	in.method = gates[_i].method;
	in.is_address = gates[_i].is_address;
	for (int i = 0; i < COUNT(around); i++) {
		bool open = around[i] < 0 ? gates[_i].before : gates[_i].from;
		enum reason want =
			open ? REASON_UNKNOWN : REASON_METHOD_FORBIDDEN;
		struct plan p;

		in.now_ms = day + around[i];
		for (in.number = 1; in.number <= 2; in.number++)
			ck_assert_msg(plan_make(&in, arena, &p) == want,
			              "%s, %+d ms, attempt %d", gates[_i].what,
			              (int)around[i], (int)in.number);
	}
}
END_TEST

/* Open MPIC's rules know no dates; what else is wrong comes after it. */
START_TEST(r063_forbidden_before_all_else)
{
	struct plan p;

	in.method = METHOD_IP_ADDRESS;
	in.now_ms = world_day(2026, 11, 23);
	demand.remotes = 1;
	states[0] = SITE_UNFIT;
	ck_assert_int_eq(plan_make(&in, arena, &p), REASON_METHOD_FORBIDDEN);
	states[0] = SITE_LIVE;
	demand.remotes = 5;
	in.rule = policy_at(POLICY_OPEN_MPIC, in.now_ms);
	(void)plan_ok();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decide_plan");
	TCase *tc = tcase_create("plan");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, demand_row, 0, COUNT(demands));
	tcase_add_test(tc, no_request_weakens);
	tcase_add_test(tc, attempts_fit_into_a_decision);
	tcase_add_test(tc, r001_plan_checks_again);
	tcase_add_test(tc, fills_an_attempt);
	tcase_add_test(tc, caller_takes_no_seat);
	tcase_add_test(tc, every_size);
	tcase_add_test(tc, r004_even_spread);
	tcase_add_test(tc, too_many_for_an_attempt);
	tcase_add_loop_test(tc, spelling, 0, COUNT(spellings));
	tcase_add_test(tc, same_inputs_same_plan);
	tcase_add_test(tc, key_and_number_matter);
	tcase_add_test(tc, evenly_used);
	tcase_add_test(tc, r013_next_attempt_is_another_cohort);
	tcase_add_test(tc, r013_disjoint_where_possible);
	tcase_add_test(tc, cohorts_by_number);
	tcase_add_test(tc, live_ones_first);
	tcase_add_test(tc, r003_silent_ones_fill_up);
	tcase_add_test(tc, unfit_ones_never);
	tcase_add_test(tc, disabled_ones_never);
	tcase_add_test(tc, primary_must_be_fit);
	tcase_add_test(tc, r004_live_in_one_region);
	tcase_add_test(tc, r004_five_regions_wanted);
	tcase_add_loop_test(tc, r064_no_plan_by_a_forbidden_method, 0,
	                    COUNT(gates));
	tcase_add_test(tc, r063_forbidden_before_all_else);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
