/* Design 3 and 5: the Decision.. */
#include "decide/decision_make.h"
#include "decide/plan.h"
#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const int64_t hour = 3600000;

static struct world w;
static struct world_setup setup;
static struct decision_input in;
static const struct attempt_state *attempts[PLAN_ATTEMPTS_MAX];
static struct decision out;

static void begin(void)
{
	world_init(&w, &setup);
	attempts[0] = &w.state;
	in = (struct decision_input){
		.facts = &w.facts,
		.attempts = attempts,
		.attempts_count = 1,
		.valid_for_ms = hour,
		.sequence = 7,
		.previous = { { 0xcc } },
	};
}

static void begin_again(void)
{
	world_clear(&w);
	begin();
}

static void set_up(void)
{
	setup = (struct world_setup){
		.remotes = 5,
		.planned_at_ms = world_day(2026, 11, 23),
	};
	begin();
}

static void tear_down(void)
{
	world_clear(&w);
}

static void all_agree(void)
{
	for (size_t i = 0; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
}

static void decide(void)
{
	if (!w.state.close.present)
		world_close(&w);
	decision_make(&in, w.arena, &out);
}

START_TEST(issue)
{
	all_agree();
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_ISSUE);
	ck_assert_int_eq(out.reason, REASON_QUORUM_MET);
	ck_assert_int_eq(out.decided_at_ms, setup.planned_at_ms + 2000);
	ck_assert(out.valid_until_ms.set);
	ck_assert_int_eq(out.valid_until_ms.v, out.decided_at_ms + hour);
	ck_assert_int_eq(out.sequence, 7);
	ck_assert_int_eq(out.previous.b[0], 0xcc);
	ck_assert(span_is(out.policy_id, "cabf-tls/2026-06-15"));
	ck_assert(span_is(out.target, "www.shop.example"));
	ck_assert_int_eq(out.actual.perspective_count.v, 5);
	ck_assert_int_eq(out.actual.quorum_count.v, 4);
	ck_assert_int_eq(out.actual.max_attempts.v, 2);
	ck_assert_uint_eq(out.attempts_count, 1);
	ck_assert_uint_eq(out.attempts[0].perspectives_count, 6);
	ck_assert_int_eq(out.attempts[0].close.outcome, OUTCOME_ISSUE);
	ck_assert_int_eq(out.attempts[0].attempt.offset, w.ref.offset);
	ck_assert_uint_eq(out.issues_count, 0);
}
END_TEST

/* -- "k/n" of remotes only, each set for itself, RIRs sorted */

START_TEST(r087_quorums)
{
	static const enum rir rirs[] = { RIR_RIPE, RIR_APNIC, RIR_AFRINIC,
		                         RIR_ARIN, RIR_RIPE };

	setup.rirs = rirs;
	begin_again();
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 2, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 3, CLASS_ERROR, CLASS_CORROBORATED);
	world_say(&w, 4, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 5, CLASS_CORROBORATED, CLASS_CORROBORATED);
	decide();
	ck_assert_uint_eq(out.quorums_count, 2);
	ck_assert_int_eq(out.quorums[0].kind, KIND_DCV);
	ck_assert(span_is(out.quorums[0].quorum, "4/5"));
	ck_assert_int_eq(out.quorums[0].required, 4);
	ck_assert_uint_eq(out.quorums[0].rirs.count, 3);
	ck_assert(span_is(out.quorums[0].rirs.items[0], "apnic"));
	ck_assert(span_is(out.quorums[0].rirs.items[1], "arin"));
	ck_assert(span_is(out.quorums[0].rirs.items[2], "ripe"));
	ck_assert(span_is(out.quorums[1].quorum, "5/5"));
	ck_assert(span_is(out.quorums[1].rirs.items[0], "afrinic"));
	ck_assert_uint_eq(out.quorums[1].rirs.count, 4);
}
END_TEST

/* boulder-X10: whoever reads one record knows by which method, and of each
   answer from where. */
START_TEST(names_method_and_perspectives)
{
	setup.method = METHOD_DNS_PERSISTENT;
	begin_again();
	all_agree();
	decide();
	ck_assert_int_eq(out.validation_method, METHOD_DNS_PERSISTENT);
	ck_assert_uint_eq(out.attempts[0].perspectives_count, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct perspective_outcome *p =
			&out.attempts[0].perspectives[i];

		ck_assert(span_eq(p->code, w.attempt.perspectives[i].code));
		ck_assert_uint_gt(p->code.len, 0);
		ck_assert_uint_gt(p->rir.len, 0);
		ck_assert_int_eq(p->role, i == 0 ? ROLE_PRIMARY : ROLE_REMOTE);
	}
}
END_TEST

/* RIR names come out sorted because the enum is. */
START_TEST(rirs_are_in_order)
{
	for (int r = 1; r < RIR_COUNT; r++)
		ck_assert_int_lt(strcmp(rir_name((enum rir)(r - 1)),
		                        rir_name((enum rir)r)),
		                 0);
}
END_TEST

/* -- one record for each perspective and kind, whoever was silent */

START_TEST(r086_every_perspective)
{
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	for (size_t i = 1; i < 5; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_ISSUE);
	ck_assert_int_eq(out.decided_at_ms, w.attempt.deadline_ms);
	for (size_t i = 0; i < 6; i++) {
		const struct perspective_outcome *p =
			&out.attempts[0].perspectives[i];

		ck_assert_uint_eq(p->votes_count, 2);
		for (size_t k = 0; k < 2; k++) {
			ck_assert_int_eq(p->votes[k].result_class,
			                 i < 5 ? CLASS_CORROBORATED
			                       : CLASS_MISSING);
			ck_assert_int_eq(p->votes[k].counted, i < 5);
			ck_assert_int_ne(p->votes[k].reason, REASON_UNKNOWN);
		}
	}
}
END_TEST

/* -- valid_until: the earliest of four */

static const struct {
	const char *what;
	int64_t remotes;
	int64_t planned_before_ms; /* before 2026-12-15 */
	enum validation_method method;
	int64_t challenge_age_ms; /* at planning; -1: not said */
	int64_t lookup_age_ms;    /* the primary's CAA, at planning */
	int64_t valid_for_ms;
	int64_t want_ms;  /* after planning */
	int64_t until_ms; /* the record's own, after planning; 0: none */
} validity[] = {
	{ "setting", 6, 86400000, 0, -1, 0, 3600000, 3602000, 0 },
	{ "setting of 12 h, lookup + 8 h", 6, 864000000, 0, -1, 0, 43200000,
	  28800000, 0 },
	{ "an older lookup", 6, 864000000, 0, -1, 3600000, 43200000, 25200000,
	  0 },
	{ "challenge + 30 d", 6, 864000000, 0, INT64_C(2591000000), 0, 43200000,
	  1000000, 0 },
	{ "challenge + 30 d, to the ms", 6, 864000000, 0, INT64_C(2591998000),
	  0, 43200000, 2000, 0 },
	{ "persistent: no challenge", 6, 864000000, METHOD_DNS_PERSISTENT,
	  INT64_C(2591000000), 0, 3600000, 3602000, 0 },
	{ "persistent: the record's own end (R-057)", 6, 864000000,
	  METHOD_DNS_PERSISTENT, -1, 0, 3600000, 1800000, 1800000 },
	{ "persistent: it ends later", 6, 864000000, METHOD_DNS_PERSISTENT, -1,
	  0, 3600000, 3602000, 7200000 },
	{ "next policy date", 4, 60000, 0, -1, 0, 3600000, 60000, 0 },
	{ "next policy date is no matter", 5, 60000, 0, -1, 0, 3600000, 3602000,
	  0 },
};

START_TEST(r066_r048_valid_until)
{
	struct result r;
	struct heard h;

	setup.remotes = validity[_i].remotes;
	setup.planned_at_ms =
		world_day(2026, 12, 15) - validity[_i].planned_before_ms;
	setup.method = validity[_i].method;
	if (validity[_i].challenge_age_ms >= 0)
		setup.challenge_created_at_ms = SOME_INT(
			setup.planned_at_ms - validity[_i].challenge_age_ms);
	begin_again();
	in.valid_for_ms = validity[_i].valid_for_ms;
	r = world_result(&w, 0, CLASS_CORROBORATED);
	r.kinds[KIND_CAA].looked_up_ms =
		setup.planned_at_ms - validity[_i].lookup_age_ms;
	if (validity[_i].until_ms != 0)
		r.kinds[KIND_DCV].expires_ms =
			SOME_INT(setup.planned_at_ms + validity[_i].until_ms);
	h = world_heard(&w, &r, 0);
	attempt_fold(&w.state, &h);
	for (size_t i = 1; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_ISSUE);
	ck_assert_msg(out.valid_until_ms.v - setup.planned_at_ms ==
	                      validity[_i].want_ms,
	              "%s: %lld", validity[_i].what,
	              (long long)(out.valid_until_ms.v - setup.planned_at_ms));
	ck_assert_int_ge(out.valid_until_ms.v, out.decided_at_ms);
}
END_TEST

/* a persistent record's check holds ten days at most, whatever would be
   allowed; any other never longer than what is allowed, a day here. */
START_TEST(r044_ten_days)
{
	const int64_t day = 24 * hour;
	bool persistent = _i == 0;

	setup.remotes = 6;
	setup.planned_at_ms = world_day(2027, 5, 1);
	setup.check_set = SET_DCV;
	setup.method = persistent ? METHOD_DNS_PERSISTENT : METHOD_ACME_DNS_01;
	begin_again();
	in.valid_for_ms = persistent ? 100 * day : day;
	all_agree();
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_CORROBORATED);
	if (persistent)
		ck_assert_int_eq(out.valid_until_ms.v,
		                 setup.planned_at_ms + 10 * day);
	else
		ck_assert_int_eq(out.valid_until_ms.v, out.decided_at_ms + day);
}
END_TEST

/* a quorum that is not met, of either set, on any date, whatever a
   deployment may set of how it plans: nothing is issued. */
START_TEST(r005_no_quorum_no_issue)
{
	const int64_t dates[] = {
		world_day(2025, 3, 15), /* of soft fail, in the BR */
		world_day(2025, 9, 15),
		world_day(2026, 11, 23),
		world_day(2026, 12, 15),
	};
	static const enum early earlies[] = { EARLY_DENY, EARLY_BOTH,
		                              EARLY_NEVER };

	setup.planned_at_ms = dates[_i];
	for (int k = 0; k < 2 * 2 * COUNT(earlies); k++) {
		bool dcv = k % 2 == 0;

		setup.gate = k / 2 % 2 == 0 ? GATE_SEQUENTIAL : GATE_PARALLEL;
		setup.early = earlies[k / 4];
		begin_again();
		for (size_t i = 0; i < w.state.count; i++) {
			enum result_class c = i == 2 || i == 4
			                              ? CLASS_DISAGREED
			                              : CLASS_CORROBORATED;

			world_say(&w, i, dcv ? c : CLASS_CORROBORATED,
			          dcv ? CLASS_CORROBORATED : c);
		}
		decide();
		ck_assert_int_eq(out.outcome, OUTCOME_DO_NOT_ISSUE);
		ck_assert_int_eq(out.reason, REASON_QUORUM_NOT_MET);
		ck_assert(!out.valid_until_ms.set);
	}
}
END_TEST

/* no method passes without remote perspectives, all of them asked about
   control by that method. */
START_TEST(r016_every_method_needs_remotes)
{
	for (int m = METHOD_UNKNOWN + 1; m < METHOD_COUNT; m++) {
		enum validation_method method = (enum validation_method)m;

		setup.is_address = method == METHOD_REVERSE_ADDRESS_LOOKUP;
		if (method_gate(POLICY_CABF_TLS, method, setup.is_address,
		                setup.planned_at_ms) == GATE_METHOD_FORBIDDEN)
			continue;
		setup.method = method;
		setup.check_set = SET_DCV;
		begin_again();
		world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
		decide();
		ck_assert_msg(out.outcome == OUTCOME_DO_NOT_ISSUE, "method %d",
		              m);
		ck_assert_uint_eq(out.attempts[0].perspectives_count, 6);
		begin_again();
		all_agree();
		decide();
		ck_assert_msg(out.outcome == OUTCOME_CORROBORATED, "method %d",
		              m);
	}
}
END_TEST

/* a record that was good when it was read and is over when the last one
   answers does not issue; to the millisecond. */
START_TEST(r056_a_record_that_is_over)
{
	struct result r;
	struct heard h;

	setup.method = METHOD_DNS_PERSISTENT;
	begin_again();
	r = world_result(&w, 0, CLASS_CORROBORATED);
	r.kinds[KIND_DCV].expires_ms =
		SOME_INT(setup.planned_at_ms + (_i == 0 ? 2000 : 2001));
	h = world_heard(&w, &r, 0);
	attempt_fold(&w.state, &h);
	for (size_t i = 1; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	decide();
	ck_assert_int_eq(out.decided_at_ms, setup.planned_at_ms + 2000);
	ck_assert_int_eq(out.outcome,
	                 _i == 0 ? OUTCOME_DO_NOT_ISSUE : OUTCOME_ISSUE);
	if (_i == 0)
		ck_assert_int_eq(out.reason, REASON_CHALLENGE_EXPIRED);
}
END_TEST

/* SHOULD NOT is said, from its first millisecond on; what is forbidden
   is no warning any more. */
static const struct {
	const char *what;
	enum validation_method method;
	unsigned check_set;
	int y, m, d;
	const char *before, *from; /* detail; NULL: no warning */
} warned[] = {
	{ ".14 discouraged", METHOD_CONTACT_EMAIL_TXT, SET_DCV | SET_CAA, 2026,
	  3, 15, NULL, "not from 2028-03-15T00:00:00.000Z on" },
	{ ".17 discouraged", METHOD_CONTACT_PHONE_CAA, SET_DCV, 2026, 3, 15,
	  NULL, "not from 2027-03-15T00:00:00.000Z on" },
	{ ".16 ends", METHOD_CONTACT_PHONE_TXT, SET_DCV, 2027, 3, 15,
	  "not from 2027-03-15T00:00:00.000Z on", NULL },
	{ ".13 ends", METHOD_CONTACT_EMAIL_CAA, SET_DCV, 2028, 3, 15,
	  "not from 2028-03-15T00:00:00.000Z on", NULL },
	{ ".7 is good", METHOD_ACME_DNS_01, SET_DCV, 2026, 3, 15, NULL, NULL },
	{ "CAA alone", METHOD_CONTACT_EMAIL_TXT, SET_CAA, 2026, 3, 15, NULL,
	  NULL },
};

START_TEST(r064_warns)
{
	static const int64_t offsets[] = { -1000, 0, 1000 };

	for (int i = 0; i < COUNT(offsets); i++) {
		const char *want =
			offsets[i] < 0 ? warned[_i].before : warned[_i].from;

		setup.method = warned[_i].method;
		setup.check_set = warned[_i].check_set;
		/* decided 2 s after planning */
		setup.planned_at_ms =
			world_day(warned[_i].y, warned[_i].m, warned[_i].d) +
			offsets[i] - 2000;
		begin_again();
		all_agree();
		decide();
		ck_assert_msg(out.warnings_count == (want != NULL ? 1 : 0),
		              "%s, %d: %zu", warned[_i].what, i,
		              out.warnings_count);
		if (want == NULL)
			continue;
		ck_assert_int_eq(out.warnings[0].reason,
		                 REASON_METHOD_DISCOURAGED);
		ck_assert_msg(span_is(out.warnings[0].detail, want), "%s: %.*s",
		              warned[_i].what,
		              SPAN_ARG(out.warnings[0].detail));
	}
}
END_TEST

/* A worker's clock does not lengthen what we promise. */
START_TEST(lookup_in_the_future_is_now)
{
	struct result r;
	struct heard h;

	in.valid_for_ms = 48 * hour;
	r = world_result(&w, 0, CLASS_CORROBORATED);
	r.finished_ms = w.attempt.deadline_ms;
	r.kinds[KIND_CAA].looked_up_ms = w.attempt.deadline_ms;
	h = world_heard(&w, &r, 0);
	attempt_fold(&w.state, &h);
	for (size_t i = 1; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	decide();
	ck_assert_int_eq(out.valid_until_ms.v, out.decided_at_ms + 8 * hour);
}
END_TEST

START_TEST(caller_s_lookup_counts)
{
	setup.caller = true;
	setup.observation = (struct primary_observation){
		.present = true,
		.dcv_passed = SOME_BOOL(true),
		.caa_passed = SOME_BOOL(true),
		.observed_at_ms = SOME_INT(setup.planned_at_ms - 5 * hour),
	};
	begin_again();
	in.valid_for_ms = 48 * hour;
	all_agree();
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_ISSUE);
	ck_assert_int_eq(out.primary_kind, PRIMARY_CALLER);
	ck_assert_int_eq(out.valid_until_ms.v, setup.planned_at_ms + 3 * hour);
	ck_assert_uint_eq(out.attempts[0].perspectives_count, 5);
}
END_TEST

START_TEST(silent_caller_is_only_corroborated)
{
	setup.caller = true;
	begin_again();
	in.valid_for_ms = 48 * hour;
	all_agree();
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_CORROBORATED);
	/* all looked up CAA 100 ms after planning */
	ck_assert_int_eq(out.valid_until_ms.v,
	                 setup.planned_at_ms + 100 + 8 * hour);
}
END_TEST

/* -- */

static const struct {
	struct span adn;
	bool told;
} adns[] = {
	{ { NULL, 0 }, false },
	{ SPAN("www.shop.example"), false },
	{ SPAN("shop.example"), true },
};

START_TEST(r088_adn_if_it_differs)
{
	struct result r = world_result(&w, 0, CLASS_CORROBORATED);
	struct heard h = world_heard(&w, &r, 0);

	w.facts.domain = adns[_i].adn;
	r.kinds[KIND_DCV].authorization_domain_name = adns[_i].adn;
	attempt_fold(&w.state, &h);
	for (size_t i = 1; i < w.state.count; i++)
		world_say(&w, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	decide();
	ck_assert_int_eq(out.authorization_domain_name.p != NULL,
	                 adns[_i].told);
	if (adns[_i].told)
		ck_assert(span_eq(out.authorization_domain_name, adns[_i].adn));
}
END_TEST

/* -- do-not-issue and rejected */

START_TEST(refusal)
{
	world_say(&w, 0, CLASS_CORROBORATED, CLASS_DISAGREED);
	decide();
	ck_assert_int_eq(out.outcome, OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(out.reason, REASON_PRIMARY_FAILED);
	ck_assert(!out.valid_until_ms.set);
	ck_assert(span_is(out.quorums[0].quorum, "0/5"));
	ck_assert_uint_eq(out.quorums[0].rirs.count, 0);
}
END_TEST

START_TEST(without_an_attempt)
{
	in.attempts_count = 0;
	in.reason = REASON_OVERLOADED;
	in.decided_at_ms = setup.planned_at_ms + 5;
	decision_make(&in, w.arena, &out);
	ck_assert_int_eq(out.outcome, OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(out.reason, REASON_OVERLOADED);
	ck_assert_int_eq(out.decided_at_ms, setup.planned_at_ms + 5);
	ck_assert(!out.valid_until_ms.set);
	ck_assert_uint_eq(out.attempts_count, 0);
	ck_assert_uint_eq(out.quorums_count, 0);
	ck_assert(!out.actual.present);
}
END_TEST

START_TEST(rejection)
{
	static struct request_issue issues[] = {
		{ REASON_ENTROPY, SPAN("dcv.challenge_value"), SPAN("short") },
		{ REASON_NAME_INVALID, SPAN("target"), SPAN("trailing-dot") },
	};

	in.attempts_count = 0;
	in.reason = REASON_OVERLOADED; /* not looked at */
	in.decided_at_ms = setup.planned_at_ms;
	in.issues = issues;
	in.issues_count = 2;
	decision_make(&in, w.arena, &out);
	ck_assert_int_eq(out.outcome, OUTCOME_REJECTED);
	ck_assert_int_eq(out.reason, REASON_ENTROPY);
	ck_assert_uint_eq(out.issues_count, 2);
	ck_assert_int_eq(out.issues[1].reason, REASON_NAME_INVALID);
	ck_assert(!out.valid_until_ms.set);
}
END_TEST

/* the last attempt decides, alone. */
/* openmpic-58, openmpic-69 */
START_TEST(r013_last_attempt_decides)
{
	struct world second;

	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_ERROR, CLASS_ERROR);
	world_say(&w, 2, CLASS_ERROR, CLASS_ERROR);
	world_close(&w);
	ck_assert(attempt_may_retry(&w.state));
	setup.number = 2;
	setup.planned_at_ms += 5000;
	world_init(&second, &setup);
	for (size_t i = 0; i < second.state.count; i++)
		world_say(&second, i, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_close(&second);
	attempts[1] = &second.state;
	in.attempts_count = 2;
	decision_make(&in, w.arena, &out);
	ck_assert_int_eq(out.outcome, OUTCOME_ISSUE);
	ck_assert_uint_eq(out.attempts_count, 2);
	ck_assert_int_eq(out.attempts[0].close.outcome, OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(out.attempts[1].close.outcome, OUTCOME_ISSUE);
	ck_assert(span_is(out.quorums[0].quorum, "5/5"));
	ck_assert_int_eq(out.decided_at_ms, second.state.close.closed_at_ms);
	world_clear(&second);
}
END_TEST

/* -- R-097, promise 3: the same inputs, the same bytes */

static void encode(enum encoding e, struct buf *bytes)
{
	bytes->len = 0;
	decision_encode(&out, e, bytes);
}

START_TEST(r097_same_inputs_same_bytes)
{
	enum encoding e = _i == 0 ? ENCODING_JSON : ENCODING_MSGPACK;
	struct buf first = { 0 }, again = { 0 };
	struct decision back;
	enum encoding seen;
	const char *why;

	for (int round = 0; round < 2; round++) {
		begin_again();
		world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
		world_say(&w, 2, CLASS_TIMED_OUT, CLASS_CORROBORATED);
		world_say(&w, 1, CLASS_CORROBORATED, CLASS_CORROBORATED);
		world_say(&w, 5, CLASS_CORROBORATED, CLASS_CORROBORATED);
		world_say(&w, 4, CLASS_CORROBORATED, CLASS_LATE);
		decide();
		encode(e, round == 0 ? &first : &again);
	}
	ck_assert(span_eq(buf_span(&first), buf_span(&again)));
	why = decision_decode(buf_span(&first), w.arena, &back, &seen);
	ck_assert_msg(why == NULL, "%s", why);
	ck_assert_int_eq(seen, e);
	ck_assert_int_eq(back.outcome, out.outcome);
	out = back;
	encode(e, &again);
	ck_assert(span_eq(buf_span(&first), buf_span(&again)));
	buf_clear(&first);
	buf_clear(&again);
}
END_TEST

/* Replay: the same records folded up to the logged cut, closed as logged. */
START_TEST(replay_gives_the_same_bytes)
{
	struct buf live = { 0 }, replayed = { 0 };
	struct attempt_close logged;
	struct verdict v;

	world_say(&w, 0, CLASS_CORROBORATED, CLASS_CORROBORATED);
	world_say(&w, 1, CLASS_ERROR, CLASS_CORROBORATED);
	world_say(&w, 2, CLASS_ERROR, CLASS_CORROBORATED);
	decide();
	encode(ENCODING_JSON, &live);
	logged = w.state.close;

	begin_again();
	attempt_limit(&w.state, logged.cut);
	for (size_t i = 0; i < 6; i++) {
		ck_assert(i > 2 || world_ask(&w).say < VERDICT_PASS);
		world_say(&w, i,
		          i == 1 || i == 2 ? CLASS_ERROR : CLASS_CORROBORATED,
		          CLASS_CORROBORATED);
	}
	v = verdict_ask(&w.state, logged.closed_at_ms);
	attempt_close(&w.state, v, logged.closed_by, logged.closed_at_ms);
	ck_assert_int_eq(w.state.close.cut, logged.cut);
	decide();
	encode(ENCODING_JSON, &replayed);
	ck_assert(span_eq(buf_span(&live), buf_span(&replayed)));
	buf_clear(&live);
	buf_clear(&replayed);
}
END_TEST

/* -- the largest plan with the worst text in every detail still fits */

START_TEST(largest_fits)
{
	enum { REMOTES = 14, ATTEMPTS = PLAN_ATTEMPTS_MAX };
	static uint8_t bad[RESULT_DETAIL_MAX];
	struct world many[ATTEMPTS];
	struct buf bytes = { 0 };
	struct decision back;
	enum encoding seen;

	_Static_assert((REMOTES + 1) * ATTEMPTS == PLAN_SEATS_MAX,
	               "the most that plan_demand() lets through");
	memset(bad, 1, sizeof(bad));
	setup.remotes = REMOTES;
	setup.gate = GATE_PARALLEL;
	setup.early = EARLY_NEVER;
	for (int a = 0; a < ATTEMPTS; a++) {
		setup.number = a + 1;
		world_init(&many[a], &setup);
		many[a].next_offset = INT64_C(9000000000000000000);
		for (size_t i = 0; i < many[a].state.count; i++) {
			struct result r =
				world_result(&many[a], i, CLASS_ERROR);
			struct heard h;

			for (size_t k = 0; k < 2; k++) {
				r.kinds[k].detail = span_of(bad, sizeof(bad));
				r.kinds[k].reason =
					REASON_HTTP_HEADERS_TOO_LARGE;
			}
			h = world_heard(&many[a], &r, i);
			attempt_fold(&many[a].state, &h);
		}
		world_close(&many[a]);
		attempts[a] = &many[a].state;
	}
	in.attempts_count = ATTEMPTS;
	decision_make(&in, w.arena, &out);
	for (int e = ENCODING_JSON; e <= ENCODING_MSGPACK; e++) {
		const char *why;

		encode((enum encoding)e, &bytes);
		ck_assert_msg(bytes.len <= DECISION_MAX, "%zu", bytes.len);
		why = decision_decode(buf_span(&bytes), w.arena, &back, &seen);
		ck_assert_msg(why == NULL, "%s", why);
	}
	buf_clear(&bytes);
	for (int a = 0; a < ATTEMPTS; a++)
		world_clear(&many[a]);
}
END_TEST

START_TEST(details_are_cut_between_characters)
{
	enum { REMOTES = 20, ATTEMPTS = 5 };
	static uint8_t text[RESULT_DETAIL_MAX];
	struct world many[ATTEMPTS];

	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	setup.remotes = REMOTES;
	for (int a = 0; a < ATTEMPTS; a++) {
		struct result r;
		struct heard h;

		world_init(&many[a], &setup);
		r = world_result(&many[a], 0, CLASS_ERROR);
		r.kinds[KIND_DCV].detail = span_of(text, sizeof(text));
		h = world_heard(&many[a], &r, 0);
		attempt_fold(&many[a].state, &h);
		world_close(&many[a]);
		attempts[a] = &many[a].state;
	}
	in.attempts_count = ATTEMPTS;
	decision_make(&in, w.arena, &out);
	/* 8,192 bytes for 210 votes: 39 each, of which a half character */
	ck_assert_uint_eq(out.attempts[0].perspectives[0].votes[0].detail.len,
	                  38);
	for (int a = 0; a < ATTEMPTS; a++)
		world_clear(&many[a]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decide_decision");
	TCase *tc = tcase_create("decision");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, issue);
	tcase_add_test(tc, r087_quorums);
	tcase_add_test(tc, rirs_are_in_order);
	tcase_add_test(tc, r086_every_perspective);
	tcase_add_test(tc, names_method_and_perspectives);
	tcase_add_loop_test(tc, r064_warns, 0, COUNT(warned));
	tcase_add_loop_test(tc, r066_r048_valid_until, 0, COUNT(validity));
	tcase_add_loop_test(tc, r044_ten_days, 0, 2);
	tcase_add_loop_test(tc, r005_no_quorum_no_issue, 0, 4);
	tcase_add_test(tc, r016_every_method_needs_remotes);
	tcase_add_loop_test(tc, r056_a_record_that_is_over, 0, 2);
	tcase_add_test(tc, lookup_in_the_future_is_now);
	tcase_add_test(tc, caller_s_lookup_counts);
	tcase_add_test(tc, silent_caller_is_only_corroborated);
	tcase_add_loop_test(tc, r088_adn_if_it_differs, 0, COUNT(adns));
	tcase_add_test(tc, refusal);
	tcase_add_test(tc, without_an_attempt);
	tcase_add_test(tc, rejection);
	tcase_add_test(tc, r013_last_attempt_decides);
	tcase_add_loop_test(tc, r097_same_inputs_same_bytes, 0, 2);
	tcase_add_test(tc, replay_gives_the_same_bytes);
	tcase_add_test(tc, largest_fits);
	tcase_add_test(tc, details_are_cut_between_characters);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
