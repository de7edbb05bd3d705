/*
 * R-002..R-007, R-012, R-013, R-021: the verdict, against a second one written
 * from the rules and against itself: every vector of remotes for 2 to 8 of
 * them, every way of lying in RIRs.
 */
#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

enum { N_MAX = 8 };

/* What one remote or the primary has said about one kind. */
enum said { YES, NO, SILENT };

/* -- the oracle: slow, and knows only the rules' text */

struct oracle {
	int n;
	const enum rir *rirs;
	int quorum; /* as the requirement's table has it */
	int min_rirs;
};

static int oracle_quorum(int n)
{
	/* of 2 to 5 one may fail, of 6 and more two */
	static const int rows[N_MAX + 1] = { -1, -1, 1, 2, 3, 4, 4, 5, 6 };

	return rows[n];
}

static bool oracle_pass(const struct oracle *o, enum said primary,
                        const enum said *remotes)
{
	int yes = 0;
	int regions = 0;

	for (int i = 0; i < o->n; i++) {
		bool is_new = remotes[i] == YES;

		yes += remotes[i] == YES;
		for (int j = 0; j < i; j++)
			if (remotes[j] == YES && o->rirs[j] == o->rirs[i])
				is_new = false;
		regions += is_new;
	}
	return primary == YES && yes >= o->quorum && regions >= o->min_rirs;
}

/* Tries every way in which the silent ones could still answer. */
static void oracle_future(const struct oracle *o, enum said primary,
                          const enum said *remotes, bool *can_pass,
                          bool *can_fail)
{
	int silent[N_MAX + 1];
	int m = 0;

	for (int i = 0; i < o->n; i++)
		if (remotes[i] == SILENT)
			silent[m++] = i;
	if (primary == SILENT)
		silent[m++] = -1;
	*can_pass = *can_fail = false;
	for (unsigned bits = 0; bits < 1u << m; bits++) {
		enum said p = primary;
		enum said r[N_MAX] = { YES };

		memcpy(r, remotes, (size_t)o->n * sizeof(r[0]));
		for (int k = 0; k < m; k++) {
			enum said s = (bits >> k & 1) != 0 ? YES : NO;

			if (silent[k] < 0)
				p = s;
			else
				r[silent[k]] = s;
		}
		if (oracle_pass(o, p, r))
			*can_pass = true;
		else
			*can_fail = true;
	}
}

/* -- building the same for the product */

/* Not corroborating has many faces; which one must not matter here. */
static enum result_class face(int i)
{
	static const enum result_class faces[] = { CLASS_DISAGREED, CLASS_ERROR,
		                                   CLASS_TIMED_OUT,
		                                   CLASS_LATE };

	return faces[i % COUNT(faces)];
}

static enum result_class word(enum said s, int i)
{
	return s == YES ? CLASS_CORROBORATED : face(i);
}

static void say_all(struct world *w, enum said primary,
                    const enum said *remotes, int n)
{
	enum result_class p = primary == YES ? CLASS_CORROBORATED : CLASS_ERROR;

	if (primary != SILENT)
		world_say(w, 0, p, p);
	for (int i = 0; i < n; i++) {
		enum result_class c = word(remotes[i], i + n);

		if (remotes[i] != SILENT)
			world_say(w, world_remote(w, (size_t)i), c, c);
	}
}

static void decode(int code, int n, int base, enum said *out)
{
	for (int i = 0; i < n; i++) {
		out[i] = (enum said)(code % base);
		code /= base;
	}
}

static int power(int base, int n)
{
	int p = 1;

	while (n-- > 0)
		p *= base;
	return p;
}

/*
 * Every way for n remotes to lie in at most five RIRs, up to the names of the
 * RIRs and the order of the remotes: both are tried out elsewhere. visit() gets
 * the sizes dealt out as a list of RIRs.
 */
typedef void visit_fn(const struct oracle *o);

static void each_map(int n, int left, int most, int parts, enum rir *rirs,
                     int min_rirs, visit_fn *visit)
{
	if (left == 0) {
		struct oracle o = { n, rirs, oracle_quorum(n), min_rirs };

		visit(&o);
		return;
	}
	for (int size = most < left ? most : left; size >= 1; size--) {
		if (parts == RIR_COUNT)
			return;
		for (int i = 0; i < size; i++)
			rirs[n - left + i] = (enum rir)parts;
		each_map(n, left - size, size, parts + 1, rirs, min_rirs,
		         visit);
	}
}

/* Two remotes have no RIR rule in open-mpic, the only family of today that
   plans them; a rule of our own can still ask for it. */
static void each_world(int n, visit_fn *visit)
{
	enum rir rirs[N_MAX];

	if (n == 2)
		each_map(n, n, n, 0, rirs, 1, visit);
	each_map(n, n, n, 0, rirs, 2, visit);
}

static struct world_setup setup_for(const struct oracle *o, enum early early,
                                    enum gate gate)
{
	return (struct world_setup){
		.policy = o->n < 4 ? POLICY_OPEN_MPIC : POLICY_CABF_TLS,
		.remotes = o->n,
		.rirs = o->rirs,
		.planned_at_ms = world_day(2026, 11, 23),
		.check_set = SET_DCV,
		.early = early,
		.gate = gate,
		.min_rirs = o->min_rirs,
	};
}

/* -- the final word, all vectors */

static void finals(const struct oracle *o)
{
	struct world_setup s = setup_for(o, EARLY_DENY, GATE_PARALLEL);
	struct world w;

	world_init(&w, &s);
	for (int p = YES; p <= SILENT; p++)
		for (int code = 0; code < power(3, o->n); code++) {
			enum said r[N_MAX] = { YES };
			bool pass;

			decode(code, o->n, 3, r);
			world_again(&w);
			say_all(&w, (enum said)p, r, o->n);
			pass = world_final(&w).say == VERDICT_PASS;
			ck_assert_msg(pass == oracle_pass(o, (enum said)p, r),
			              "n %d, primary %d, vector %d", o->n, p,
			              code);
		}
	world_clear(&w);
}

START_TEST(r002_every_vector)
{
	each_world(_i, finals);
}
END_TEST

/* -- certain exactly when nothing that may come can change it. The states are
      all prefixes of all orders of arrival, so this also shows that the order
      never matters, that no certain prefix turns, and that what ends early
      ends as it would have ended. */

static enum verdict_say expected(enum early early, bool can_pass, bool can_fail)
{
	if (can_pass && can_fail)
		return VERDICT_PENDING;
	if (!can_pass)
		return early == EARLY_NEVER ? VERDICT_PENDING : VERDICT_FAIL;
	return early == EARLY_BOTH ? VERDICT_PASS : VERDICT_PENDING;
}

static void check_prefix(const struct oracle *o, const struct world *w,
                         enum said primary, const enum said *r)
{
	bool can_pass, can_fail, all = primary != SILENT;
	enum verdict_say got = world_ask(w).say;
	enum verdict_say want;

	for (int i = 0; i < o->n; i++)
		all = all && r[i] != SILENT;
	oracle_future(o, primary, r, &can_pass, &can_fail);
	want = expected(w->attempt.rule.early, can_pass, can_fail);
	if (all)
		want = can_pass ? VERDICT_PASS : VERDICT_FAIL;
	if (got == VERDICT_DISPATCH_REMOTES)
		got = VERDICT_PENDING;
	ck_assert_msg(got == want, "n %d, got %d, want %d", o->n, got, want);
}

static void prefixes(const struct oracle *o, enum early early)
{
	struct world_setup s = setup_for(o, early, GATE_PARALLEL);
	struct world w;

	world_init(&w, &s);
	for (int p = YES; p <= SILENT; p++)
		for (int code = 0; code < power(3, o->n); code++) {
			enum said r[N_MAX] = { YES };

			decode(code, o->n, 3, r);
			world_again(&w);
			say_all(&w, (enum said)p, r, o->n);
			check_prefix(o, &w, (enum said)p, r);
		}
	world_clear(&w);
}

static void prefixes_deny(const struct oracle *o)
{
	prefixes(o, EARLY_DENY);
}

static void prefixes_both(const struct oracle *o)
{
	prefixes(o, EARLY_BOTH);
}

static void prefixes_never(const struct oracle *o)
{
	prefixes(o, EARLY_NEVER);
}

START_TEST(certain_when_nothing_can_change_it)
{
	static visit_fn *const modes[] = { prefixes_deny, prefixes_both,
		                           prefixes_never };

	for (int n = 2; n <= 7; n++)
		each_world(n, modes[_i]);
}
END_TEST

/* -- all faces of a vote, six per remote, for up to five remotes: only an
      affirmative answer in time corroborates */

static void faces(const struct oracle *o)
{
	static const enum result_class all[] = {
		CLASS_CORROBORATED, CLASS_DISAGREED, CLASS_ERROR,
		CLASS_TIMED_OUT,    CLASS_LATE,      CLASS_MISSING
	};
	struct world_setup s = setup_for(o, EARLY_NEVER, GATE_SEQUENTIAL);
	struct world w;

	world_init(&w, &s);
	for (int code = 0; code < power(COUNT(all), o->n); code++) {
		enum said r[N_MAX] = { YES };
		int rest = code;

		world_again(&w);
		world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
		for (int i = 0; i < o->n; i++, rest /= COUNT(all)) {
			enum result_class c = all[rest % COUNT(all)];

			r[i] = c == CLASS_CORROBORATED ? YES : NO;
			if (c != CLASS_MISSING)
				world_say(&w, world_remote(&w, (size_t)i), c,
				          c);
		}
		ck_assert_int_eq(world_final(&w).say == VERDICT_PASS,
		                 oracle_pass(o, YES, r));
	}
	world_clear(&w);
}

START_TEST(r007_every_face)
{
	each_world(_i, faces);
}
END_TEST

/* -- turning any vote away from corroborated never helps */

static void monotonic(const struct oracle *o)
{
	struct world_setup s = setup_for(o, EARLY_NEVER, GATE_PARALLEL);
	struct world w;
	bool pass[6561] = { false };
	enum said r[N_MAX] = { YES };

	world_init(&w, &s);
	for (int code = 0; code < power(3, o->n); code++) {
		decode(code, o->n, 3, r);
		world_again(&w);
		say_all(&w, YES, r, o->n);
		pass[code] = world_final(&w).say == VERDICT_PASS;
	}
	for (int code = 0; code < power(3, o->n); code++)
		for (int i = 0; i < o->n; i++) {
			int step = power(3, i);

			if (code / step % 3 != YES)
				continue;
			ck_assert(pass[code] || !pass[code + NO * step]);
			ck_assert(pass[code] || !pass[code + SILENT * step]);
		}
	world_clear(&w);
}

START_TEST(worse_votes_never_help)
{
	each_world(_i, monotonic);
}
END_TEST

/* -- two sets, counted apart; both must pass */

static void two_sets(const struct oracle *o)
{
	struct world_setup s = setup_for(o, EARLY_DENY, GATE_SEQUENTIAL);
	struct world w;

	s.check_set = SET_DCV | SET_CAA;
	world_init(&w, &s);
	for (int code = 0; code < power(5, o->n); code++) {
		enum said dcv[N_MAX] = { YES }, caa[N_MAX] = { YES };
		int rest = code;

		world_again(&w);
		world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
		for (int i = 0; i < o->n; i++, rest /= 5) {
			int v = rest % 5; /* 4: nothing heard */

			dcv[i] = v == 4 || (v & 1) != 0 ? NO : YES;
			caa[i] = v == 4 || (v & 2) != 0 ? NO : YES;
			if (v == 4)
				continue;
			world_say(&w, world_remote(&w, (size_t)i),
			          dcv[i] == YES ? CLASS_CORROBORATED
			                        : CLASS_ERROR,
			          caa[i] == YES ? CLASS_CORROBORATED
			                        : CLASS_DISAGREED);
		}
		ck_assert_int_eq(world_final(&w).say == VERDICT_PASS,
		                 oracle_pass(o, YES, dcv) &&
		                         oracle_pass(o, YES, caa));
	}
	world_clear(&w);
}

START_TEST(r012_two_sets)
{
	each_world(_i, two_sets);
}
END_TEST

/* -- order of arrival, with everything live asks for on the way: the first
      certain word must be the last one too, whatever the order */

static void swap(int *a, int *b)
{
	int t = *a;

	*a = *b;
	*b = t;
}

static void one_order(const struct oracle *o, const enum said *r,
                      const int *order, bool want)
{
	struct world_setup s = setup_for(o, EARLY_BOTH, GATE_PARALLEL);
	enum verdict_say first = VERDICT_PENDING;
	struct world w;

	world_init(&w, &s);
	for (int k = 0; k <= o->n; k++) {
		enum result_class c = order[k] == o->n
		                              ? CLASS_CORROBORATED
		                              : word(r[order[k]], order[k]);
		size_t seat = order[k] == o->n ? 0 : (size_t)order[k] + 1;

		world_say(&w, seat, c, c);
		if (first == VERDICT_PENDING ||
		    first == VERDICT_DISPATCH_REMOTES)
			first = world_ask(&w).say;
	}
	ck_assert_int_eq(first, want ? VERDICT_PASS : VERDICT_FAIL);
	ck_assert_int_eq(world_final(&w).say, first);
	world_clear(&w);
}

static void each_order(const struct oracle *o, const enum said *r, int *order,
                       int from, bool want)
{
	if (from > o->n) {
		one_order(o, r, order, want);
		return;
	}
	for (int i = from; i <= o->n; i++) {
		swap(&order[from], &order[i]);
		each_order(o, r, order, from + 1, want);
		swap(&order[from], &order[i]);
	}
}

/* boulder-X16 */
START_TEST(order_never_matters)
{
	static const enum rir rirs[] = { RIR_RIPE, RIR_RIPE, RIR_RIPE,
		                         RIR_APNIC };
	const struct oracle o = { 4, rirs, 3, 2 };
	int order[] = { 0, 1, 2, 3, 4 };
	enum said r[N_MAX] = { YES };

	for (int code = 0; code < power(2, o.n); code++) {
		decode(code, o.n, 2, r);
		each_order(&o, r, order, 0, oracle_pass(&o, YES, r));
	}
}
END_TEST

/* -- the rows of requirements.md, by name */

static const struct {
	const char *what;
	int n;
	const char *votes; /* C, N or T of each remote */
	const char *rirs;  /* first letter: r(ipe) a(rin) p(acific) */
	int y, m, d;
	enum verdict_say say;
	enum reason reason;
} rows[] = {
	{ "R-001 4 of 4 in 2", 4, "CCCC", "rrap", 2026, 11, 23, VERDICT_PASS,
	  REASON_QUORUM_MET },
	{ "R-001 5 of 5", 5, "CCCCC", "rrapp", 2026, 12, 15, VERDICT_PASS,
	  REASON_QUORUM_MET },
	{ "R-002 (5,1)", 5, "CCCCN", "rrapp", 2026, 11, 23, VERDICT_PASS,
	  REASON_QUORUM_MET },
	{ "R-002 (5,2)", 5, "CCCNN", "rrapp", 2026, 11, 23, VERDICT_FAIL,
	  REASON_QUORUM_NOT_MET },
	{ "R-003 plan of 6", 6, "CCCNNN", "rrappa", 2026, 11, 23, VERDICT_FAIL,
	  REASON_QUORUM_NOT_MET },
	{ "R-004 four of one region", 5, "CCCCN", "rrrra", 2026, 11, 23,
	  VERDICT_FAIL, REASON_RIR_DIVERSITY },
	{ "R-004 two regions", 5, "CCCCN", "rrrpa", 2026, 11, 23, VERDICT_PASS,
	  REASON_QUORUM_MET },
	{ "R-007 one silent", 5, "CCCCT", "rrapp", 2026, 11, 23, VERDICT_PASS,
	  REASON_QUORUM_MET },
	{ "R-007 two silent", 5, "CCCTT", "rrapp", 2026, 11, 23, VERDICT_FAIL,
	  REASON_QUORUM_NOT_MET },
};

static enum rir rir_of(char c)
{
	return c == 'r' ? RIR_RIPE : c == 'a' ? RIR_ARIN : RIR_APNIC;
}

START_TEST(requirement_rows)
{
	enum rir rirs[N_MAX];
	struct world_setup s = {
		.remotes = rows[_i].n,
		.rirs = rirs,
		.planned_at_ms = world_day(rows[_i].y, rows[_i].m, rows[_i].d),
	};
	struct verdict v;
	struct world w;

	for (int i = 0; i < rows[_i].n; i++)
		rirs[i] = rir_of(rows[_i].rirs[i]);
	world_init(&w, &s);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	for (size_t i = 0; i < (size_t)rows[_i].n; i++) {
		enum result_class c = rows[_i].votes[i] == 'C'
		                              ? CLASS_CORROBORATED
		                              : CLASS_DISAGREED;

		if (rows[_i].votes[i] != 'T')
			world_say(&w, i + 1, c, c);
	}
	v = world_final(&w);
	ck_assert_msg(v.say == rows[_i].say, "%s", rows[_i].what);
	ck_assert_msg(v.reason == rows[_i].reason, "%s: %s", rows[_i].what,
	              reason_name(v.reason));
	world_clear(&w);
}
END_TEST

/* all five remotes in one region cannot be planned, but if it were so
   an ARIN primary would not help. */
START_TEST(r004_primary_region_does_not_count)
{
	static const enum rir rirs[] = { RIR_RIPE, RIR_RIPE, RIR_RIPE, RIR_RIPE,
		                         RIR_RIPE };
	struct world_setup s = {
		.remotes = 5,
		.rirs = rirs,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	struct world w;

	world_init(&w, &s);
	for (size_t i = 0; i < 6; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(world_final(&w).say, VERDICT_FAIL);
	ck_assert_int_eq(world_final(&w).reason, REASON_RIR_DIVERSITY);
	world_clear(&w);
}
END_TEST

/* -- no number of remotes overturns the primary */

static const struct {
	enum result_class dcv, caa;
	enum reason want;
} primaries[] = {
	{ CLASS_DISAGREED, CLASS_DISAGREED, REASON_PRIMARY_FAILED },
	{ CLASS_CORROBORATED, CLASS_DISAGREED, REASON_PRIMARY_FAILED },
	{ CLASS_ERROR, CLASS_CORROBORATED, REASON_PRIMARY_FAILED },
	{ CLASS_TIMED_OUT, CLASS_TIMED_OUT, REASON_PRIMARY_FAILED },
	{ CLASS_LATE, CLASS_LATE, REASON_PRIMARY_MISSING },
	{ CLASS_MISSING, CLASS_MISSING, REASON_PRIMARY_MISSING },
};

START_TEST(r006_primary_decides)
{
	struct world_setup s = {
		.remotes = 6,
		.planned_at_ms = world_day(2026, 11, 23),
		.gate = GATE_PARALLEL,
		.early = EARLY_BOTH,
	};
	struct verdict v;
	struct world w;

	world_init(&w, &s);
	for (size_t i = 1; i <= 6; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(world_ask(&w).say, VERDICT_DISPATCH_REMOTES);
	if (primaries[_i].dcv != CLASS_MISSING) {
		world_say(&w, 0, primaries[_i].dcv, primaries[_i].caa);
		ck_assert_int_eq(world_ask(&w).say, VERDICT_FAIL);
	}
	v = world_final(&w);
	ck_assert_int_eq(v.say, VERDICT_FAIL);
	ck_assert_int_eq(v.reason, primaries[_i].want);
	world_clear(&w);
}
END_TEST

START_TEST(r006_sequential_asks_primary_first)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
		.early = (enum early)_i,
	};
	struct world w;

	world_init(&w, &s);
	ck_assert_int_eq(world_ask(&w).say, VERDICT_PENDING);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(world_ask(&w).say, VERDICT_DISPATCH_REMOTES);
	world_clear(&w);
	/* a primary that fails ends it in every mode: nobody else is asked */
	world_init(&w, &s);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_ERROR);
	ck_assert_int_eq(world_ask(&w).say, VERDICT_FAIL);
	ck_assert_int_eq(world_ask(&w).reason, REASON_PRIMARY_FAILED);
	world_clear(&w);
}
END_TEST

/* -- policy at planning and at the decision */

static const struct {
	const char *what;
	int64_t remotes;
	int64_t decide_after_ms; /* from 2026-12-14T23:59:58Z */
	enum verdict_say want;
	enum reason reason;
} straddling[] = {
	{ "four, a second before", 4, 1000, VERDICT_PASS, REASON_QUORUM_MET },
	{ "four, the last ms", 4, 1999, VERDICT_PASS, REASON_QUORUM_MET },
	{ "four, at midnight", 4, 2000, VERDICT_FAIL,
	  REASON_INSUFFICIENT_PERSPECTIVES },
	{ "four, after", 4, 4000, VERDICT_FAIL,
	  REASON_INSUFFICIENT_PERSPECTIVES },
	{ "five, after", 5, 4000, VERDICT_PASS, REASON_QUORUM_MET },
};

START_TEST(r021_boundary)
{
	struct world_setup s = {
		.remotes = straddling[_i].remotes,
		.planned_at_ms = world_day(2026, 12, 15) - 2000,
	};
	int64_t now = s.planned_at_ms + straddling[_i].decide_after_ms;
	struct verdict v;
	struct world w;

	world_init(&w, &s);
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	v = verdict_ask(&w.state, now);
	ck_assert_msg(v.say == straddling[_i].want, "%s", straddling[_i].what);
	ck_assert_int_eq(v.reason, straddling[_i].reason);
	/* planned anew under the new policy it may pass */
	attempt_close(&w.state, v, CLOSED_BY_RESULT, now);
	ck_assert_int_eq(attempt_may_retry(&w.state), v.say == VERDICT_FAIL);
	world_clear(&w);
}
END_TEST

/* A new policy excuses too few perspectives, not a primary that failed. */
START_TEST(r021_primary_failure_stays_one)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 12, 15) - 2000,
	};
	struct world w;

	world_init(&w, &s);
	world_say(&w, 0, CLASS_ERROR, CLASS_CORROBORATED);
	attempt_close(&w.state, world_ask(&w), CLOSED_BY_RESULT,
	              s.planned_at_ms + 2000);
	ck_assert_int_eq(w.state.reason, REASON_INSUFFICIENT_PERSPECTIVES);
	ck_assert(!attempt_may_retry(&w.state));
	world_clear(&w);
}
END_TEST

/* where no rule is in force nothing passes, whatever was heard. */
START_TEST(r021_no_rule_in_force)
{
	struct world_setup s = {
		.remotes = 5,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	struct verdict v;
	struct world w;

	world_init(&w, &s);
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	v = verdict_ask(&w.state, world_day(1999, 1, 1));
	ck_assert_int_eq(v.say, VERDICT_FAIL);
	ck_assert_int_eq(v.reason, REASON_POLICY_CHANGED);
	world_clear(&w);
}
END_TEST

/* the gate is asked again at the decision. */
START_TEST(r064_method_ends_meanwhile)
{
	struct world_setup s = {
		.remotes = 5,
		.planned_at_ms = world_day(2027, 3, 15) - 2000,
		.method = METHOD_CONTACT_PHONE_TXT,
	};
	struct verdict v;
	struct world w;

	world_init(&w, &s);
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(verdict_ask(&w.state, s.planned_at_ms + 1999).say,
	                 VERDICT_PASS);
	v = verdict_ask(&w.state, s.planned_at_ms + 2000);
	ck_assert_int_eq(v.say, VERDICT_FAIL);
	ck_assert_int_eq(v.reason, REASON_METHOD_FORBIDDEN);
	attempt_close(&w.state, v, CLOSED_BY_RESULT, s.planned_at_ms + 2000);
	ck_assert(!attempt_may_retry(&w.state));
	world_clear(&w);
}
END_TEST

/* on that day the policy changed too, and wants more perspectives than
   were planned; that is what another attempt would mend, the method is not. */
START_TEST(r064_method_ends_with_the_policy)
{
	struct world_setup s = {
		.remotes = 2,
		.planned_at_ms = world_day(2026, 3, 15) - 2000,
		.method = METHOD_IP_ADDRESS,
	};
	struct verdict v;
	struct world w;

	world_init(&w, &s);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	v = verdict_final(&w.state, s.planned_at_ms + 2000);
	ck_assert_int_eq(v.say, VERDICT_FAIL);
	ck_assert_str_eq(reason_name(v.reason), "method-forbidden");
	attempt_close(&w.state, v, CLOSED_BY_DEADLINE, s.planned_at_ms + 2000);
	ck_assert(!attempt_may_retry(&w.state));
	world_clear(&w);
}
END_TEST

/* T + 30 d is good, a millisecond more is not. */
static const struct {
	int64_t age_ms;
	enum validation_method method;
	enum verdict_say want;
} ages[] = {
	{ INT64_C(2592000000), METHOD_ACME_DNS_01, VERDICT_PASS },
	{ INT64_C(2592000001), METHOD_ACME_DNS_01, VERDICT_FAIL },
	{ INT64_C(2592001000), METHOD_ACME_HTTP_01, VERDICT_FAIL },
	{ INT64_C(9999999999), METHOD_DNS_PERSISTENT, VERDICT_PASS },
};

START_TEST(r048_challenge_age)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
		.method = ages[_i].method,
	};
	int64_t now = s.planned_at_ms + 2000;
	struct world w;

	s.challenge_created_at_ms = SOME_INT(now - ages[_i].age_ms);
	world_init(&w, &s);
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(verdict_ask(&w.state, now).say, ages[_i].want);
	if (ages[_i].want == VERDICT_FAIL)
		ck_assert_int_eq(verdict_ask(&w.state, now).reason,
		                 REASON_CHALLENGE_EXPIRED);
	world_clear(&w);
}
END_TEST

/* A stricter plan than the policy is judged by the plan. */
START_TEST(own_rule_only_tightens)
{
	struct world_setup s = {
		.remotes = 5,
		.planned_at_ms = world_day(2026, 11, 23),
		.quorum = 5,
	};
	struct world w;

	world_init(&w, &s);
	for (size_t i = 0; i < 5; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(verdict_required(&w.state, s.planned_at_ms), 5);
	ck_assert_int_eq(world_final(&w).say, VERDICT_FAIL);
	world_say(&w, 5, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(world_final(&w).say, VERDICT_PASS);
	world_clear(&w);
}
END_TEST

/* -- the coordinator's words */

static void expect_word(const struct world *w, size_t seat, enum result_class c,
                        enum reason r)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct perspective_vote *v =
			&w->state.seats[seat].votes[kind];

		ck_assert_int_eq(v->kind, kind);
		ck_assert_int_eq(v->result_class, c);
		ck_assert_str_eq(reason_name(v->reason), reason_name(r));
		ck_assert_int_eq(v->counted, w->state.seats[seat].heard);
	}
}

START_TEST(r086_words_of_a_certain_failure)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	struct world w;

	world_init(&w, &s);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_DISAGREED, CLASS_DISAGREED);
	ck_assert_int_eq(world_ask(&w).say, VERDICT_DISPATCH_REMOTES);
	world_say(&w, 2, CLASS_TIMED_OUT, CLASS_TIMED_OUT);
	world_close(&w);
	ck_assert_int_eq(w.state.close.closed_by, CLOSED_BY_RESULT);
	ck_assert_int_eq(w.state.close.cut, WORLD_RESULTS_FROM + 3);
	ck_assert_int_eq(w.state.close.outcome, OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(w.state.reason, REASON_QUORUM_NOT_MET);
	expect_word(&w, 2, CLASS_TIMED_OUT, REASON_TIMEOUT_DNS);
	expect_word(&w, 3, CLASS_OUTSTANDING, REASON_NOT_HEARD_YET);
	expect_word(&w, 4, CLASS_OUTSTANDING, REASON_NOT_HEARD_YET);
	world_clear(&w);
}
END_TEST

/* boulder-X17 */
START_TEST(r086_words_of_a_deadline)
{
	struct world_setup s = {
		.remotes = 5,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	struct result r;
	struct heard h;
	struct world w;

	world_init(&w, &s);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_LATE, CLASS_LATE);
	r = world_result(&w, 2, CLASS_CORROBORATED);
	h = world_heard(&w, &r, 3); /* signed by another perspective's key */
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_BAD_KEY);
	ck_assert_int_eq(world_ask(&w).say, VERDICT_DISPATCH_REMOTES);
	world_close(&w);
	ck_assert_int_eq(w.state.close.closed_by, CLOSED_BY_DEADLINE);
	ck_assert_int_eq(w.state.close.cut, WORLD_RESULTS_FROM + 3);
	expect_word(&w, 1, CLASS_LATE, REASON_RESULT_LATE);
	expect_word(&w, 2, CLASS_REFUSED, REASON_RESULT_REFUSED);
	expect_word(&w, 3, CLASS_MISSING, REASON_NO_RESULT);
	world_clear(&w);
}
END_TEST

START_TEST(r086_words_for_who_was_not_asked)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	struct world w;

	world_init(&w, &s);
	if (_i == 1)
		world_say(&w, 0, CLASS_ERROR, CLASS_CORROBORATED);
	world_close(&w);
	if (_i == 0) {
		expect_word(&w, 0, CLASS_MISSING, REASON_NO_RESULT);
		ck_assert_int_eq(w.state.close.cut, WORLD_RESULTS_FROM - 1);
	}
	for (size_t i = 1; i <= 4; i++)
		expect_word(&w, i, CLASS_OUTSTANDING, REASON_NOT_ASKED);
	world_clear(&w);
}
END_TEST

/* -- R-013 and design 5: once more? */

static const struct {
	const char *what;
	enum result_class primary;
	enum result_class first, second; /* of remotes 1, 2; others agree */
	int64_t number;
	bool want;
} retries[] = {
	{ "errors", CLASS_CORROBORATED, CLASS_ERROR, CLASS_ERROR, 1, true },
	{ "timed out", CLASS_CORROBORATED, CLASS_TIMED_OUT, CLASS_ERROR, 1,
	  true },
	{ "missing", CLASS_CORROBORATED, CLASS_MISSING, CLASS_MISSING, 1,
	  true },
	{ "late", CLASS_CORROBORATED, CLASS_LATE, CLASS_MISSING, 1, true },
	{ "last attempt", CLASS_CORROBORATED, CLASS_ERROR, CLASS_ERROR, 2,
	  false },
	{ "disagreed", CLASS_CORROBORATED, CLASS_DISAGREED, CLASS_ERROR, 1,
	  false },
	{ "disagreed second", CLASS_CORROBORATED, CLASS_MISSING,
	  CLASS_DISAGREED, 1, false },
	{ "refused", CLASS_CORROBORATED, CLASS_REFUSED, CLASS_ERROR, 1, false },
	{ "primary disagreed", CLASS_DISAGREED, CLASS_ERROR, CLASS_ERROR, 1,
	  false },
	{ "primary error", CLASS_ERROR, CLASS_ERROR, CLASS_ERROR, 1, false },
	{ "primary timed out", CLASS_TIMED_OUT, CLASS_ERROR, CLASS_ERROR, 1,
	  false },
	{ "primary silent", CLASS_MISSING, CLASS_ERROR, CLASS_ERROR, 1, true },
	{ "primary silent, last attempt", CLASS_MISSING, CLASS_ERROR,
	  CLASS_ERROR, 2, false },
	{ "primary silent, disagreed", CLASS_MISSING, CLASS_DISAGREED,
	  CLASS_ERROR, 1, false },
	{ "primary late", CLASS_LATE, CLASS_ERROR, CLASS_ERROR, 1, false },
	{ "primary refused", CLASS_REFUSED, CLASS_ERROR, CLASS_ERROR, 1,
	  false },
	{ "passed", CLASS_CORROBORATED, CLASS_ERROR, CLASS_CORROBORATED, 1,
	  false },
};

static void say_or_not(struct world *w, size_t seat, enum result_class c)
{
	if (c != CLASS_MISSING)
		world_say(w, seat, c, c);
}

START_TEST(r013_retry)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
		.number = retries[_i].number,
		.gate = GATE_PARALLEL,
		.early = EARLY_NEVER,
	};
	struct world w;

	world_init(&w, &s);
	say_or_not(&w, 0, retries[_i].primary);
	say_or_not(&w, 1, retries[_i].first);
	say_or_not(&w, 2, retries[_i].second);
	say_or_not(&w, 3, CLASS_CORROBORATED);
	say_or_not(&w, 4, CLASS_CORROBORATED);
	ck_assert(!attempt_may_retry(&w.state)); /* not closed */
	world_close(&w);
	ck_assert_msg(attempt_may_retry(&w.state) == retries[_i].want, "%s",
	              retries[_i].what);
	world_clear(&w);
}
END_TEST

START_TEST(r013_late_disagreement_is_one)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	struct result r;
	struct heard h;
	struct world w;

	world_init(&w, &s);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_ERROR, CLASS_ERROR);
	r = world_result(&w, 2, CLASS_DISAGREED);
	r.kinds[KIND_CAA].result_class = CLASS_CORROBORATED;
	r.kinds[KIND_CAA].reason = REASON_CAA_PERMITS;
	r.finished_ms = w.attempt.deadline_ms + 5;
	h = world_heard(&w, &r, 2);
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_LATE);
	world_close(&w);
	ck_assert(!attempt_may_retry(&w.state));
	world_clear(&w);
}
END_TEST

/* attempts know nothing of each other, so that two halves of a quorum
   never make one. */
START_TEST(r013_nothing_is_carried_over)
{
	static const char *const attempts[] = { "CCCNN", "NNCCC" };
	struct world_setup s = {
		.remotes = 5,
		.planned_at_ms = world_day(2026, 11, 23),
	};

	for (int a = 0; a < COUNT(attempts); a++) {
		struct world w;

		s.number = a + 1;
		world_init(&w, &s);
		world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
		for (size_t i = 0; i < 5; i++) {
			enum result_class c = attempts[a][i] == 'C'
			                              ? CLASS_CORROBORATED
			                              : CLASS_ERROR;

			world_say(&w, i + 1, c, c);
		}
		ck_assert_int_eq(world_final(&w).say, VERDICT_FAIL);
		world_clear(&w);
	}
}
END_TEST

/* -- what a pass is worth */

static const struct {
	const char *what;
	unsigned set;
	enum validation_method method;
	bool address;
	enum outcome want;
} worth[] = {
	{ "both", SET_DCV | SET_CAA, METHOD_ACME_HTTP_01, false,
	  OUTCOME_ISSUE },
	{ "R-065, R-067 a name without CAA", SET_DCV, METHOD_ACME_HTTP_01,
	  false, OUTCOME_CORROBORATED },
	{ "caa only", SET_CAA, METHOD_UNKNOWN, false, OUTCOME_CORROBORATED },
	{ "R-065 an address has none", SET_DCV, METHOD_ACME_HTTP_01, true,
	  OUTCOME_ISSUE },
	{ "contact", SET_DCV | SET_CAA, METHOD_CONTACT_EMAIL_TXT, false,
	  OUTCOME_CORROBORATED },
	{ "pointer", SET_DCV, METHOD_REVERSE_ADDRESS_LOOKUP, true,
	  OUTCOME_CORROBORATED },
};

START_TEST(outcome_of_a_pass)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
		.check_set = worth[_i].set,
		.method = worth[_i].method,
		.is_address = worth[_i].address,
	};
	struct world w;

	world_init(&w, &s);
	if (worth[_i].method == METHOD_UNKNOWN)
		w.facts.method = METHOD_UNKNOWN;
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_close(&w);
	ck_assert_msg(w.state.close.outcome == worth[_i].want, "%s: %s",
	              worth[_i].what, outcome_name(w.state.close.outcome));
	world_clear(&w);
}
END_TEST

/* R-006 with the caller as primary. at_ms: before the decision. */
static const struct {
	const char *what;
	bool present;
	struct opt_bool dcv, caa;
	int64_t age_ms; /* INT64_MIN: not said */
	enum outcome want;
} callers[] = {
	{ "nothing said", false, { 0 }, { 0 }, 0, OUTCOME_CORROBORATED },
	{ "both, now", true, { true, true }, { true, true }, 0, OUTCOME_ISSUE },
	{ "both, 8 h less 1 ms",
	  true,
	  { true, true },
	  { true, true },
	  28799999,
	  OUTCOME_ISSUE },
	{ "both, 8 h",
	  true,
	  { true, true },
	  { true, true },
	  28800000,
	  OUTCOME_CORROBORATED },
	{ "in the future",
	  true,
	  { true, true },
	  { true, true },
	  -1,
	  OUTCOME_CORROBORATED },
	{ "not timed",
	  true,
	  { true, true },
	  { true, true },
	  INT64_MIN,
	  OUTCOME_CORROBORATED },
	{ "dcv only", true, { true, true }, { 0 }, 0, OUTCOME_CORROBORATED },
	{ "caa only", true, { 0 }, { true, true }, 0, OUTCOME_CORROBORATED },
	{ "caa failed",
	  true,
	  { true, true },
	  { true, false },
	  0,
	  OUTCOME_DO_NOT_ISSUE },
	{ "dcv failed", true, { true, false }, { 0 }, 0, OUTCOME_DO_NOT_ISSUE },
};

START_TEST(r006_caller)
{
	struct world_setup s = {
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
		.caller = true,
		.observation = {
			.present = callers[_i].present,
			.dcv_passed = callers[_i].dcv,
			.caa_passed = callers[_i].caa,
		},
	};
	struct world w;

	if (callers[_i].age_ms != INT64_MIN)
		s.observation.observed_at_ms =
			SOME_INT(s.planned_at_ms + 2000 - callers[_i].age_ms);
	world_init(&w, &s);
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_close(&w);
	ck_assert_msg(w.state.close.outcome == callers[_i].want, "%s: %s",
	              callers[_i].what, outcome_name(w.state.close.outcome));
	if (callers[_i].want == OUTCOME_DO_NOT_ISSUE)
		ck_assert_int_eq(w.state.reason, REASON_PRIMARY_FAILED);
	ck_assert(!attempt_may_retry(&w.state));
	world_clear(&w);
}
END_TEST

static TCase *exhaustive(void)
{
	TCase *tc = tcase_create("exhaustive");

	tcase_set_timeout(tc, 100);
	tcase_add_loop_test(tc, r002_every_vector, 2, N_MAX + 1);
	tcase_add_loop_test(tc, certain_when_nothing_can_change_it, 0, 3);
	tcase_add_loop_test(tc, r007_every_face, 2, 6);
	tcase_add_loop_test(tc, worse_votes_never_help, 2, N_MAX + 1);
	tcase_add_loop_test(tc, r012_two_sets, 2, 7);
	tcase_add_test(tc, order_never_matters);
	return tc;
}

static TCase *named(void)
{
	TCase *tc = tcase_create("named");

	tcase_add_loop_test(tc, requirement_rows, 0, COUNT(rows));
	tcase_add_test(tc, r004_primary_region_does_not_count);
	tcase_add_loop_test(tc, r006_primary_decides, 0, COUNT(primaries));
	tcase_add_loop_test(tc, r006_sequential_asks_primary_first, EARLY_DENY,
	                    EARLY_NEVER + 1);
	tcase_add_loop_test(tc, r021_boundary, 0, COUNT(straddling));
	tcase_add_test(tc, r021_primary_failure_stays_one);
	tcase_add_test(tc, r064_method_ends_meanwhile);
	tcase_add_test(tc, r064_method_ends_with_the_policy);
	tcase_add_loop_test(tc, r048_challenge_age, 0, COUNT(ages));
	tcase_add_test(tc, own_rule_only_tightens);
	tcase_add_test(tc, r086_words_of_a_certain_failure);
	tcase_add_test(tc, r021_no_rule_in_force);
	tcase_add_test(tc, r086_words_of_a_deadline);
	tcase_add_loop_test(tc, r086_words_for_who_was_not_asked, 0, 2);
	tcase_add_loop_test(tc, r013_retry, 0, COUNT(retries));
	tcase_add_test(tc, r013_late_disagreement_is_one);
	tcase_add_test(tc, r013_nothing_is_carried_over);
	tcase_add_loop_test(tc, outcome_of_a_pass, 0, COUNT(worth));
	tcase_add_loop_test(tc, r006_caller, 0, COUNT(callers));
	return tc;
}

int main(void)
{
	Suite *s = suite_create("decide_verdict");

	suite_add_tcase(s, exhaustive());
	suite_add_tcase(s, named());

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
