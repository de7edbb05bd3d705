/* Design 5.1: what counts. R-007, R-015, R-023, R-086. */
#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct world w;
static struct world_setup setup;

static void set_up(void)
{
	setup = (struct world_setup){
		.remotes = 4,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	world_init(&w, &setup);
}

static void tear_down(void)
{
	world_clear(&w);
}

static enum result_class class_of(size_t seat, enum check_kind kind)
{
	return attempt_vote(&w.state, seat, kind).result_class;
}

static void expect_untouched(size_t seat)
{
	ck_assert(!w.state.seats[seat].heard);
	ck_assert_int_eq(class_of(seat, KIND_DCV), CLASS_UNKNOWN);
	ck_assert_int_eq(class_of(seat, KIND_CAA), CLASS_UNKNOWN);
}

START_TEST(counts_a_good_result)
{
	struct result r = world_result(&w, 0, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 0);
	struct perspective_vote v;

	expect_untouched(0);
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	v = attempt_vote(&w.state, 0, KIND_CAA);
	ck_assert_int_eq(v.result_class, CLASS_CORROBORATED);
	ck_assert_int_eq(v.reason, REASON_CAA_PERMITS);
	ck_assert(v.counted);
	ck_assert_int_eq(v.result.offset, h.offset);
	ck_assert_int_eq(v.result.partition, w.ref.partition);
	ck_assert(digest_eq(&v.result.digest, &h.digest));
	ck_assert_int_eq(w.state.folded, h.offset);
}
END_TEST

/* -- R-007, R-023: what is not that does not count */

enum spoil {
	OTHER_PLAN,
	OTHER_REQUEST,
	OTHER_ATTEMPT,
	NOT_IN_PLAN,
	UNSIGNED,
	EXPIRED_KEY,
	FOREIGN_KEY,
	BEFORE_START,
	NO_RESULT_AT_ALL,
	SPOILS
};

static const enum fold spoiled[SPOILS] = {
	[OTHER_PLAN] = FOLD_WRONG_PLAN,
	[OTHER_REQUEST] = FOLD_WRONG_PLAN,
	[OTHER_ATTEMPT] = FOLD_WRONG_PLAN,
	[NOT_IN_PLAN] = FOLD_NOT_PLANNED,
	[UNSIGNED] = FOLD_BAD_KEY,
	[EXPIRED_KEY] = FOLD_BAD_KEY,
	[FOREIGN_KEY] = FOLD_BAD_KEY,
	[BEFORE_START] = FOLD_BEFORE,
	[NO_RESULT_AT_ALL] = FOLD_UNDECODABLE,
};

static void spoil(struct result *r, struct heard *h, enum spoil how)
{
	switch (how) {
	case OTHER_PLAN: r->plan.b[31] ^= 1; break;
	case OTHER_REQUEST: r->request_id = SPAN("order-2"); break;
	case OTHER_ATTEMPT:
		r->attempt_id = SPAN("00112233445566778899aabbccddeefe");
		break;
	case NOT_IN_PLAN: r->perspective = SPAN("r9"); break;
	case UNSIGNED: h->trust = TRUST_UNSIGNED; break;
	case EXPIRED_KEY: h->trust = TRUST_EXPIRED; break;
	case FOREIGN_KEY: h->key_id = w.keys[2]; break; /* R-011 */
	case BEFORE_START: h->offset = WORLD_RESULTS_FROM - 1; break;
	case NO_RESULT_AT_ALL: h->result = NULL; break;
	case SPOILS: break;
	}
}

/* R-023, openmpic-49, openmpic-W08: what another said, or of another attempt */
START_TEST(r007_refuses)
{
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	ck_assert(_i >= 0 && _i < SPOILS);
	spoil(&r, &h, (enum spoil)_i);
	ck_assert_str_eq(fold_name(attempt_fold(&w.state, &h)),
	                 fold_name(spoiled[_i]));
	for (size_t i = 0; i < w.state.count; i++)
		expect_untouched(i);
	/* and the good one that follows still counts */
	ck_assert_int_eq(world_say(&w, 1, CLASS_ERROR, CLASS_ERROR),
	                 FOLD_COUNTED);
	ck_assert_int_eq(class_of(1, KIND_DCV), CLASS_ERROR);
}
END_TEST

START_TEST(any_listed_key_will_do)
{
	struct digest two[2] = { { { 7 } }, { { 8 } } };
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	w.planned[1].keys = two;
	w.planned[1].keys_count = 2;
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_BAD_KEY);
	h.offset++;
	h.key_id = two[1];
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
}
END_TEST

/* -- a second one never counts */

START_TEST(first_counts)
{
	ck_assert_int_eq(world_say(&w, 1, CLASS_ERROR, CLASS_CORROBORATED),
	                 FOLD_COUNTED);
	ck_assert_int_eq(world_say(&w, 1, CLASS_ERROR, CLASS_CORROBORATED),
	                 FOLD_DUPLICATE);
	ck_assert(!w.state.seats[1].conflicted);
	ck_assert_int_eq(
		world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED),
		FOLD_CONFLICT);
	ck_assert(w.state.seats[1].conflicted);
	ck_assert_int_eq(class_of(1, KIND_DCV), CLASS_ERROR);
	ck_assert_int_eq(w.state.seats[1].result.offset,
	                 WORLD_RESULTS_FROM + 1);
}
END_TEST

START_TEST(one_record_seen_twice_is_one)
{
	struct result r = world_result(&w, 1, CLASS_DISAGREED);
	struct heard h = world_heard(&w, &r, 1);

	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	h.offset++;
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_DUPLICATE);
}
END_TEST

START_TEST(a_forged_second_is_no_conflict)
{
	struct result r = world_result(&w, 1, CLASS_DISAGREED);
	struct heard h;

	world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED);
	h = world_heard(&w, &r, 2);
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_BAD_KEY);
	ck_assert(!w.state.seats[1].conflicted);
}
END_TEST

/* -- late: counted, and not a corroboration */

static const struct {
	int64_t after_deadline;
	enum fold want;
	enum result_class class;
} finishing[] = {
	{ -1, FOLD_COUNTED, CLASS_CORROBORATED },
	{ 0, FOLD_COUNTED, CLASS_CORROBORATED },
	{ 1, FOLD_LATE, CLASS_LATE },
	{ 3600000, FOLD_LATE, CLASS_LATE },
};

START_TEST(r007_late)
{
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	r.finished_ms = w.attempt.deadline_ms + finishing[_i].after_deadline;
	ck_assert_int_eq(attempt_fold(&w.state, &h), finishing[_i].want);
	ck_assert_int_eq(class_of(1, KIND_DCV), finishing[_i].class);
	ck_assert_int_eq(class_of(1, KIND_CAA), finishing[_i].class);
	ck_assert(attempt_vote(&w.state, 1, KIND_DCV).counted);
	/* its place is taken */
	ck_assert_int_ne(
		world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED),
		FOLD_COUNTED);
	ck_assert_int_eq(class_of(1, KIND_DCV), finishing[_i].class);
}
END_TEST

/* -- a worker has four words, and must answer each kind */

static const struct {
	const char *what;
	enum check_kind kind;
	enum result_class class;
	enum reason reason;
	enum result_class want;
} words[] = {
	{ "value", KIND_DCV, CLASS_CORROBORATED, REASON_VALUE_FOUND,
	  CLASS_CORROBORATED },
	{ "no caa", KIND_CAA, CLASS_CORROBORATED, REASON_CAA_NO_RECORDS,
	  CLASS_CORROBORATED },
	{ "unrestricted", KIND_CAA, CLASS_CORROBORATED, REASON_CAA_UNRESTRICTED,
	  CLASS_CORROBORATED },
	{ "insecure, not allowed", KIND_CAA, CLASS_CORROBORATED,
	  REASON_CAA_LOOKUP_FAILURE_INSECURE, CLASS_REFUSED },
	{ "disagreed", KIND_DCV, CLASS_DISAGREED, REASON_VALUE_NOT_FOUND,
	  CLASS_DISAGREED },
	{ "error", KIND_DCV, CLASS_ERROR, REASON_DNS_SERVFAIL, CLASS_ERROR },
	{ "a newer reason", KIND_DCV, CLASS_ERROR, REASON_UNKNOWN,
	  CLASS_ERROR },
	{ "timed out", KIND_CAA, CLASS_TIMED_OUT, REASON_TIMEOUT_DNS,
	  CLASS_TIMED_OUT },
	/* not what it may say */
	{ "no class", KIND_DCV, CLASS_UNKNOWN, REASON_VALUE_FOUND,
	  CLASS_REFUSED },
	{ "late", KIND_DCV, CLASS_LATE, REASON_RESULT_LATE, CLASS_REFUSED },
	{ "missing", KIND_DCV, CLASS_MISSING, REASON_NO_RESULT, CLASS_REFUSED },
	{ "outstanding", KIND_CAA, CLASS_OUTSTANDING, REASON_NOT_HEARD_YET,
	  CLASS_REFUSED },
	{ "refused", KIND_CAA, CLASS_REFUSED, REASON_RESULT_REFUSED,
	  CLASS_REFUSED },
	{ "a class of tomorrow", KIND_DCV, (enum result_class)42,
	  REASON_VALUE_FOUND, CLASS_REFUSED },
	/* corroboration without a ground for it */
	{ "no ground", KIND_DCV, CLASS_CORROBORATED, REASON_UNKNOWN,
	  CLASS_REFUSED },
	{ "forbidding ground", KIND_CAA, CLASS_CORROBORATED, REASON_CAA_FORBIDS,
	  CLASS_REFUSED },
	{ "ground of caa", KIND_DCV, CLASS_CORROBORATED, REASON_CAA_NO_RECORDS,
	  CLASS_REFUSED },
	{ "ground of dcv", KIND_CAA, CLASS_CORROBORATED, REASON_VALUE_FOUND,
	  CLASS_REFUSED },
	{ "servfail", KIND_DCV, CLASS_CORROBORATED, REASON_DNS_SERVFAIL,
	  CLASS_REFUSED },
};

START_TEST(r007_words)
{
	enum check_kind other =
		words[_i].kind == KIND_DCV ? KIND_CAA : KIND_DCV;
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	r.kinds[words[_i].kind].result_class = words[_i].class;
	r.kinds[words[_i].kind].reason = words[_i].reason;
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	ck_assert_msg(class_of(1, words[_i].kind) == words[_i].want, "%s",
	              words[_i].what);
	ck_assert_int_eq(class_of(1, other), CLASS_CORROBORATED);
	if (words[_i].want == CLASS_REFUSED)
		ck_assert_int_eq(
			attempt_vote(&w.state, 1, words[_i].kind).reason,
			REASON_RESULT_INCOMPLETE);
}
END_TEST

/* R-088: what a primary calls the domain goes into the decision. */
static const struct {
	struct span adn;
	enum result_class want;
} domains[] = {
	{ { NULL, 0 }, CLASS_CORROBORATED },
	{ SPAN("www.shop.example"), CLASS_CORROBORATED },
	{ SPAN("shop.example"), CLASS_REFUSED },
	{ SPAN("WWW.shop.example"), CLASS_REFUSED },
	{ SPAN("example"), CLASS_REFUSED },
	{ SPAN("www2.shop.example"), CLASS_REFUSED },
	{ SPAN("op.example"), CLASS_REFUSED },
	{ SPAN("a.www.shop.example"), CLASS_REFUSED },
	{ SPAN("bank.test"), CLASS_REFUSED },
};

START_TEST(r088_domain_is_of_the_target)
{
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	r.kinds[KIND_DCV].authorization_domain_name = domains[_i].adn;
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	ck_assert_int_eq(class_of(1, KIND_DCV), domains[_i].want);
}
END_TEST

/* R-040: the one that was asked for, and what none means is the target. */
START_TEST(r040_domain_is_the_one_asked_for)
{
	static const struct {
		const char *target;
		const char *asked;
		const char *adn;
		enum result_class want;
	} rows[] = {
		{ "www.shop.example", "shop.example", "shop.example",
		  CLASS_CORROBORATED },
		{ "www.shop.example", "shop.example", "www.shop.example",
		  CLASS_REFUSED },
		{ "www.shop.example", "shop.example", "", CLASS_REFUSED },
		{ "www.shop.example", "cdn.test", "cdn.test",
		  CLASS_CORROBORATED },
		{ "www.shop.example", "cdn.test", "a.cdn.test", CLASS_REFUSED },
		{ "*.shop.example", "", "shop.example", CLASS_CORROBORATED },
		{ "*.shop.example", "", "*.shop.example", CLASS_REFUSED },
		{ "*.shop.example", "", "", CLASS_CORROBORATED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct result r = world_result(&w, 1, CLASS_CORROBORATED);
		struct heard h = world_heard(&w, &r, 1);

		world_again(&w);
		w.facts.target = span_str(rows[i].target);
		w.facts.domain = span_str(rows[i].asked);
		r.kinds[KIND_DCV].authorization_domain_name =
			span_str(rows[i].adn);
		ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
		ck_assert_msg(class_of(1, KIND_DCV) == rows[i].want,
		              "%s for %s", rows[i].adn, rows[i].target);
	}
}
END_TEST

/* R-068: a permission by failure counts only where the request may have it. */
START_TEST(r068_only_where_it_was_allowed)
{
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	w.facts.may_forgive = _i == 1;
	r.kinds[KIND_CAA].reason = REASON_CAA_LOOKUP_FAILURE_INSECURE;
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	ck_assert_int_eq(class_of(1, KIND_CAA),
	                 _i == 1 ? CLASS_CORROBORATED : CLASS_REFUSED);
}
END_TEST

START_TEST(missing_kind_is_refused)
{
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	r.kinds_count = 1; /* dcv only */
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	ck_assert_int_eq(class_of(1, KIND_DCV), CLASS_CORROBORATED);
	ck_assert_int_eq(class_of(1, KIND_CAA), CLASS_REFUSED);
}
END_TEST

static const struct {
	int64_t after_planning;
	enum result_class want;
} lookups[] = {
	{ 500, CLASS_CORROBORATED },  { 1000, CLASS_CORROBORATED },
	{ 1001, CLASS_REFUSED },      { -3600000, CLASS_CORROBORATED },
	{ -3600001, CLASS_REFUSED },  { -1795000000000, CLASS_REFUSED },
	{ 999999999, CLASS_REFUSED },
};

START_TEST(r066_caa_permission_has_its_time)
{
	struct result r = world_result(&w, 1, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 1);

	r.kinds[KIND_CAA].looked_up_ms =
		w.attempt.planned_at_ms + lookups[_i].after_planning;
	attempt_fold(&w.state, &h);
	ck_assert_int_eq(class_of(1, KIND_CAA), lookups[_i].want);
}
END_TEST

START_TEST(unasked_kind_is_ignored)
{
	struct result r;
	struct heard h;

	world_clear(&w);
	setup.check_set = SET_CAA;
	world_init(&w, &setup);
	r = world_result(&w, 1, CLASS_CORROBORATED);
	r.kinds[r.kinds_count++] = (struct kind_result){
		.kind = KIND_DCV,
		.result_class = CLASS_DISAGREED,
		.reason = REASON_VALUE_NOT_FOUND,
	};
	h = world_heard(&w, &r, 1);
	ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	ck_assert(!w.state.seats[1].answered[KIND_DCV]);
}
END_TEST

/* -- R-015: the same thing as the primary */

static const struct {
	const char *what;
	struct span primary, remote;
	enum result_class want;
} seen[] = {
	{ "none selected", { NULL, 0 }, { NULL, 0 }, CLASS_CORROBORATED },
	{ "none selected, some seen",
	  { NULL, 0 },
	  { (const uint8_t *)"b@x", 3 },
	  CLASS_CORROBORATED },
	{ "the same",
	  { (const uint8_t *)"a@x", 3 },
	  { (const uint8_t *)"a@x", 3 },
	  CLASS_CORROBORATED },
	{ "another",
	  { (const uint8_t *)"a@x", 3 },
	  { (const uint8_t *)"b@x", 3 },
	  CLASS_DISAGREED },
	{ "nothing",
	  { (const uint8_t *)"a@x", 3 },
	  { NULL, 0 },
	  CLASS_DISAGREED },
	{ "a part",
	  { (const uint8_t *)"a@x", 3 },
	  { (const uint8_t *)"a@", 2 },
	  CLASS_DISAGREED },
};

/* openmpic-W15 */
START_TEST(r015_same_value_as_primary)
{
	/* both orders: a parallel gate hears remotes first */
	for (int primary_first = 0; primary_first < 2; primary_first++) {
		struct result p, r;
		struct heard h;

		world_clear(&w);
		world_init(&w, &setup);
		p = world_result(&w, 0, CLASS_CORROBORATED);
		r = world_result(&w, 1, CLASS_CORROBORATED);
		p.kinds[KIND_DCV].observed = seen[_i].primary;
		r.kinds[KIND_DCV].observed = seen[_i].remote;
		h = primary_first ? world_heard(&w, &p, 0)
		                  : world_heard(&w, &r, 1);
		ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
		h = primary_first ? world_heard(&w, &r, 1)
		                  : world_heard(&w, &p, 0);
		ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
		ck_assert_msg(class_of(1, KIND_DCV) == seen[_i].want, "%s",
		              seen[_i].what);
		ck_assert_int_eq(class_of(0, KIND_DCV), CLASS_CORROBORATED);
		ck_assert_int_eq(class_of(1, KIND_CAA), CLASS_CORROBORATED);
	}
}
END_TEST

#define ACCOUNT "https://ca.example/acct/1"
#define RECORD(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

/* R-015: whoever the primary is, a lookup of a contact counts only for the one
   that was selected; a persistent record names an issuer and an account. */
static const struct {
	const char *what;
	enum validation_method method;
	struct span observed;
	enum result_class want; /* 0: it does not count */
} selections[] = {
	{ "nothing seen", METHOD_CONTACT_EMAIL_TXT, { NULL, 0 }, 0 },
	{ "another contact",
	  METHOD_CONTACT_EMAIL_CAA,
	  { (const uint8_t *)"b@x", 3 },
	  0 },
	{ "the contact",
	  METHOD_CONTACT_PHONE_TXT,
	  { (const uint8_t *)"whom@shop.example", 17 },
	  CLASS_CORROBORATED },
	{ "in other case",
	  METHOD_CONTACT_PHONE_CAA,
	  { (const uint8_t *)"Whom@shop.example", 17 },
	  0 },
	{ "no record", METHOD_DNS_PERSISTENT, { NULL, 0 }, 0 },
	{ "any value", METHOD_DNS_PERSISTENT, RECORD("x"), 0 },
	{ "the record", METHOD_DNS_PERSISTENT,
	  RECORD("ca.example; accounturi=" ACCOUNT), CLASS_CORROBORATED },
	{ "of another issuer of ours", METHOD_DNS_PERSISTENT,
	  RECORD("ca2.example; accounturi=" ACCOUNT), CLASS_CORROBORATED },
	{ "in capitals", METHOD_DNS_PERSISTENT,
	  RECORD("CA.example; accounturi=" ACCOUNT), 0 },
	{ "of no issuer of ours", METHOD_DNS_PERSISTENT,
	  RECORD("other.example; accounturi=" ACCOUNT), 0 },
	{ "of no issuer", METHOD_DNS_PERSISTENT,
	  RECORD("; accounturi=" ACCOUNT), 0 },
	{ "for another account", METHOD_DNS_PERSISTENT,
	  RECORD("ca.example; accounturi=" ACCOUNT "2"), 0 },
	{ "for no account", METHOD_DNS_PERSISTENT,
	  RECORD("ca.example; accounturi="), 0 },
	{ "nothing to select",
	  METHOD_ACME_HTTP_01,
	  { NULL, 0 },
	  CLASS_CORROBORATED },
};

START_TEST(r015_the_selected_one)
{
	for (int caller = 0; caller < 2; caller++) {
		struct result r;
		struct heard h;
		enum result_class got;

		world_clear(&w);
		setup.method = selections[_i].method;
		setup.caller = caller != 0;
		world_init(&w, &setup);
		r = world_result(&w, 0, CLASS_CORROBORATED);
		r.kinds[KIND_DCV].observed = selections[_i].observed;
		h = world_heard(&w, &r, 0);
		ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
		got = class_of(0, KIND_DCV);
		ck_assert_msg(got == (selections[_i].want != 0
		                              ? selections[_i].want
		                              : CLASS_REFUSED),
		              "%s: class %d", selections[_i].what, (int)got);
	}
}
END_TEST

/* R-015, R-056: with the caller as primary, remotes that saw different records
   did not see the same thing, whoever's records they are. */
static const struct {
	const char *what;
	const char *saw; /* by remote: one issuer or the other, - disagrees */
	const char *counts;
} records[] = {
	{ "all the same", "aaaa", "yyyy" },
	{ "the other issuer's", "bbbb", "yyyy" },
	{ "one for itself", "abaa", "ynyy" },
	{ "the first for itself", "baaa", "nyyy" },
	{ "as many: the first heard", "abba", "ynny" },
	{ "as many, the other way", "bbaa", "yynn" },
	{ "one alone", "-b--", "nynn" },
	{ "nobody", "----", "nnnn" },
};

START_TEST(r015_remotes_saw_the_same_record)
{
	world_clear(&w);
	setup.method = METHOD_DNS_PERSISTENT;
	setup.caller = true;
	world_init(&w, &setup);
	for (size_t i = 0; i < 4; i++) {
		bool none = records[_i].saw[i] == '-';
		struct result r = world_result(
			&w, i, none ? CLASS_DISAGREED : CLASS_CORROBORATED);
		struct heard h = world_heard(&w, &r, i);

		r.kinds[KIND_DCV].observed =
			span_str(records[_i].saw[i] == 'b'
		                         ? "ca2.example; accounturi=" ACCOUNT
		                         : "ca.example; accounturi=" ACCOUNT);
		ck_assert_int_eq(attempt_fold(&w.state, &h), FOLD_COUNTED);
	}
	for (size_t i = 0; i < 4; i++)
		ck_assert_msg((class_of(i, KIND_DCV) == CLASS_CORROBORATED) ==
		                      (records[_i].counts[i] == 'y'),
		              "%s: remote %zu", records[_i].what, i);
}
END_TEST

/* -- who may be asked */

static size_t due_count(void)
{
	size_t n = 0;

	for (size_t i = 0; i < w.state.count; i++)
		n += attempt_due(&w.state, i);
	return n;
}

START_TEST(r006_sequential_gate)
{
	ck_assert_uint_eq(due_count(), 1);
	ck_assert(attempt_due(&w.state, 0));
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(attempt_primary(&w.state), PRIMARY_PASSED);
	ck_assert_uint_eq(due_count(), 4);
	world_say(&w, 3, CLASS_ERROR, CLASS_ERROR);
	ck_assert_uint_eq(due_count(), 3);
	ck_assert(!attempt_due(&w.state, 3));
}
END_TEST

START_TEST(r006_gate_wants_every_set)
{
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_ERROR);
	ck_assert_int_eq(attempt_primary(&w.state), PRIMARY_STOPPED);
	ck_assert_uint_eq(due_count(), 0);
	ck_assert(attempt_all_heard(&w.state));
}
END_TEST

START_TEST(parallel_gate)
{
	world_clear(&w);
	setup.gate = GATE_PARALLEL;
	world_init(&w, &setup);
	ck_assert_uint_eq(due_count(), 5);
}
END_TEST

START_TEST(caller_is_the_primary)
{
	world_clear(&w);
	setup.caller = true;
	world_init(&w, &setup);
	ck_assert_uint_eq(w.state.count, 4);
	ck_assert_uint_eq(due_count(), 4);
	ck_assert_int_eq(attempt_primary(&w.state), PRIMARY_PASSED);
	world_clear(&w);
	setup.observation = (struct primary_observation){
		.present = true,
		.dcv_passed = SOME_BOOL(true),
		.caa_passed = SOME_BOOL(false),
	};
	world_init(&w, &setup);
	ck_assert_int_eq(attempt_primary(&w.state), PRIMARY_STOPPED);
	ck_assert_uint_eq(due_count(), 0);
}
END_TEST

/* -- after the close */

START_TEST(nothing_counts_after_the_close)
{
	world_say(&w, 0, CLASS_DISAGREED, CLASS_CORROBORATED);
	world_close(&w);
	ck_assert_int_eq(w.state.close.cut, WORLD_RESULTS_FROM + 1);
	ck_assert_int_eq(
		world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED),
		FOLD_AFTER_CLOSE);
	ck_assert_int_eq(world_say(&w, 0, CLASS_DISAGREED, CLASS_CORROBORATED),
	                 FOLD_DUPLICATE);
	ck_assert_int_eq(
		world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED),
		FOLD_CONFLICT);
	ck_assert_int_eq(w.state.close.cut, WORLD_RESULTS_FROM + 1);
	ck_assert_int_eq(w.state.folded, WORLD_RESULTS_FROM + 1);
	expect_untouched(1);
}
END_TEST

START_TEST(a_cut_from_the_log_holds)
{
	attempt_limit(&w.state, WORLD_RESULTS_FROM + 2);
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED);
	ck_assert_int_eq(
		world_say(&w, 2, CLASS_CORROBORATED, CLASS_CORROBORATED),
		FOLD_AFTER_CLOSE);
	ck_assert_int_eq(w.state.folded, WORLD_RESULTS_FROM + 2);
	expect_untouched(2);
}
END_TEST

/* -- what an attempt must be to be worked with */

enum flaw {
	NO_FLAW,
	POLICY_ID,
	POLICY_DIGEST,
	FEWER_THAN_POLICY,
	QUORUM_WEAKER,
	QUORUM_ABOVE,
	RIRS_WEAKER,
	FEWER_REMOTES,
	TWO_PRIMARIES,
	NO_PRIMARY,
	SAME_CODE,
	NO_KEYS,
	UNKNOWN_RIR,
	OTHER_REQUEST_ID,
	OTHER_DIGEST,
	OTHER_SET,
	NO_SET,
	OTHER_FAMILY,
	NO_GATE,
	NO_EARLY,
	BACKWARDS,
	NEGATIVE_OFFSET,
	FLAWS
};

static void flaw(struct world *x, enum flaw how)
{
	struct effective_rule *rule = &x->attempt.rule;

	switch (how) {
	case NO_FLAW: break;
	case POLICY_ID: rule->policy_id = SPAN("cabf-tls/2030-01-01"); break;
	case POLICY_DIGEST: rule->policy_digest.b[0] ^= 1; break;
	case FEWER_THAN_POLICY:
		rule->remotes = 3;
		x->attempt.perspectives_count = 4;
		break;
	case QUORUM_WEAKER: rule->quorum = 2; break;
	case QUORUM_ABOVE: rule->quorum = 5; break;
	case RIRS_WEAKER: rule->min_rirs = 1; break;
	case FEWER_REMOTES: x->attempt.perspectives_count = 4; break;
	case TWO_PRIMARIES: x->planned[1].role = ROLE_PRIMARY; break;
	case NO_PRIMARY: x->planned[0].role = ROLE_REMOTE; break;
	case SAME_CODE: x->planned[2].code = x->planned[1].code; break;
	case NO_KEYS: x->planned[2].keys_count = 0; break;
	case UNKNOWN_RIR: x->planned[2].rir = SPAN("iana"); break;
	case OTHER_REQUEST_ID: x->attempt.request_id = SPAN("other"); break;
	case OTHER_DIGEST: x->attempt.request.digest.b[1] ^= 1; break;
	case OTHER_SET: x->attempt.check_set = SET_CAA; break;
	case NO_SET:
		x->attempt.check_set = 0;
		x->facts.check_set = 0;
		break;
	case OTHER_FAMILY: x->facts.policy = POLICY_OPEN_MPIC; break;
	case NO_GATE: x->attempt.gate = GATE_UNKNOWN; break;
	case NO_EARLY: rule->early = EARLY_UNKNOWN; break;
	case BACKWARDS:
		x->attempt.deadline_ms = x->attempt.planned_at_ms - 1;
		break;
	case NEGATIVE_OFFSET: x->attempt.results_from = -1; break;
	case FLAWS: break;
	}
}

START_TEST(refuses_attempts)
{
	struct world x;
	struct attempt_state state = { .folded = 4711 };
	const char *why;

	world_describe(&x, &setup);
	flaw(&x, (enum flaw)_i);
	why = attempt_state_init(&state, w.arena, &x.attempt, &x.ref, &x.facts);
	ck_assert_msg((why == NULL) == (_i == NO_FLAW), "flaw %d", _i);
	if (_i != NO_FLAW)
		ck_assert_int_eq(state.folded, 4711);
}
END_TEST

START_TEST(folds_have_names)
{
	for (int a = FOLD_COUNTED; a <= FOLD_BAD_KEY; a++)
		for (int b = FOLD_COUNTED; b < a; b++)
			ck_assert_str_ne(fold_name((enum fold)a),
			                 fold_name((enum fold)b));
	ck_assert_str_eq(fold_name((enum fold)99), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decide_count");
	TCase *tc = tcase_create("count");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, counts_a_good_result);
	tcase_add_loop_test(tc, r007_refuses, 0, SPOILS);
	tcase_add_test(tc, any_listed_key_will_do);
	tcase_add_test(tc, first_counts);
	tcase_add_test(tc, one_record_seen_twice_is_one);
	tcase_add_test(tc, a_forged_second_is_no_conflict);
	tcase_add_loop_test(tc, r007_late, 0, COUNT(finishing));
	tcase_add_loop_test(tc, r007_words, 0, COUNT(words));
	tcase_add_loop_test(tc, r088_domain_is_of_the_target, 0,
	                    COUNT(domains));
	tcase_add_test(tc, r040_domain_is_the_one_asked_for);
	tcase_add_loop_test(tc, r068_only_where_it_was_allowed, 0, 2);
	tcase_add_test(tc, missing_kind_is_refused);
	tcase_add_loop_test(tc, r066_caa_permission_has_its_time, 0,
	                    COUNT(lookups));
	tcase_add_test(tc, unasked_kind_is_ignored);
	tcase_add_loop_test(tc, r015_the_selected_one, 0, COUNT(selections));
	tcase_add_loop_test(tc, r015_remotes_saw_the_same_record, 0,
	                    COUNT(records));
	tcase_add_loop_test(tc, r015_same_value_as_primary, 0, COUNT(seen));
	tcase_add_test(tc, r006_sequential_gate);
	tcase_add_test(tc, r006_gate_wants_every_set);
	tcase_add_test(tc, parallel_gate);
	tcase_add_test(tc, caller_is_the_primary);
	tcase_add_test(tc, nothing_counts_after_the_close);
	tcase_add_test(tc, a_cut_from_the_log_holds);
	tcase_add_loop_test(tc, refuses_attempts, 0, FLAWS);
	tcase_add_test(tc, folds_have_names);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
