#include "tests/fixtures/hostile_strings.h"
#include "tests/support/run.h"
#include "tests/wire/samples.h"

#include "base/text.h"
#include "ctl/command.h"
#include "ctl/show.h"

#include <jansson.h>
#include <string.h>

static struct arena *arena;
static struct answer answer;

static struct decision *sample(const char *name)
{
	for (size_t i = 0; i < samples_count; i++) {
		if (strcmp(samples[i].name, name) == 0)
			return samples[i].make(arena);
	}
	ck_abort_msg("no sample %s", name);
}

static void setup(void)
{
	arena = arena_new();
	answer = (struct answer){ .verified = true,
		                  .signer = "coordinator-1",
		                  .partition = 7,
		                  .offset = 12 };
	answer.decision = *sample("decision-issue");
}

static void teardown(void)
{
	arena_free(&arena);
}

static void render(bool wide, size_t width, struct buf *out)
{
	const struct table_look look = { width, false };
	struct table *table = show_table(false);

	show_row(table, &answer, wide);
	table_render(table, &look, out);
	table_free(&table);
}

static void has(struct buf *text, const char *part)
{
	ck_assert_msg(strstr(buf_cstr(text), part) != NULL, "no \"%s\" in:\n%s",
	              part, buf_cstr(text));
}

/* who saw what, the quorums and the RIRs (openmpic-67) */
START_TEST(row_says_who_saw_what)
{
	struct buf out = { 0 };

	render(false, 0, &out);
	has(&out, "order-88/authz-3");
	has(&out, "*.www.example.com");
	has(&out, "issue");
	has(&out, "quorum-met");
	has(&out, "dcv 4/5 caa 5/5");
	has(&out, "arin ripe-ncc apnic");
	has(&out, "us-east*++ eu-central.M");
	buf_clear(&out);
}
END_TEST

START_TEST(wide_says_why)
{
	struct buf out = { 0 };

	render(true, 0, &out);
	has(&out, "eu-central (remote, ripe-ncc) caa missing: no-result: no "
	          "heartbeat");
	has(&out, "us-east (primary, arin) dcv corroborated: value-found");
	has(&out, "attempt 1 closed by result: issue");
	buf_clear(&out);
}
END_TEST

START_TEST(rejected_names_every_issue)
{
	struct buf out = { 0 };

	answer.decision = *sample("decision-rejected");
	ck_assert_uint_gt(answer.decision.issues_count, 0);
	render(false, 0, &out);
	for (size_t i = 0; i < answer.decision.issues_count; i++)
		has(&out, reason_name(answer.decision.issues[i].reason));
	buf_clear(&out);
}
END_TEST

START_TEST(json_is_one_line_with_the_decision_in_it)
{
	struct buf out = { 0 };
	json_t *line, *decision;

	show_json(&answer, &out);
	ck_assert_int_eq(out.p[out.len - 1], '\n');
	ck_assert_ptr_null(memchr(out.p, '\n', out.len - 1));
	line = json_loads(buf_cstr(&out), JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(line);
	ck_assert_str_eq(json_string_value(json_object_get(line, "outcome")),
	                 "issue");
	ck_assert_str_eq(json_string_value(json_object_get(line, "signed_by")),
	                 "coordinator-1");
	ck_assert(json_is_true(json_object_get(line, "verified")));
	ck_assert_int_eq(json_integer_value(json_object_get(line, "partition")),
	                 7);
	decision = json_object_get(line, "decision");
	ck_assert(json_is_true(json_object_get(decision, "is_valid")));
	json_decref(line);
	buf_clear(&out);
}
END_TEST

/* The sample, decided against: its primary's votes as given. */
static void primary_saw(enum reason dcv, enum reason caa)
{
	struct decision *d = &answer.decision;
	struct perspective_outcome *p = &d->attempts[0].perspectives[0];

	d->outcome = OUTCOME_DO_NOT_ISSUE;
	d->reason = REASON_PRIMARY_FAILED;
	ck_assert_uint_eq(p->votes_count, 2);
	ck_assert(p->role == ROLE_PRIMARY);
	p->votes[0].reason = dcv;
	p->votes[0].result_class = reason_class(dcv);
	p->votes[1].reason = caa;
	p->votes[1].result_class = reason_class(caa);
}

static const struct {
	enum reason own, dcv, caa; /* own: of a decision without a primary's */
	enum reason want;
} tells[] = {
	{ REASON_PRIMARY_FAILED, REASON_DNS_NXDOMAIN, REASON_CAA_FORBIDS,
	  REASON_DNS_NXDOMAIN },
	{ REASON_PRIMARY_FAILED, REASON_VALUE_FOUND, REASON_CAA_FORBIDS,
	  REASON_CAA_FORBIDS },
	{ REASON_PRIMARY_FAILED, REASON_TIMEOUT_READ, REASON_CAA_NO_RECORDS,
	  REASON_TIMEOUT_READ },
	{ REASON_PRIMARY_FAILED, REASON_VALUE_FOUND, REASON_CAA_NO_RECORDS,
	  REASON_PRIMARY_FAILED },
	/* what remotes saw is for operators */
	{ REASON_QUORUM_NOT_MET, REASON_VALUE_FOUND, REASON_CAA_PERMITS,
	  REASON_QUORUM_NOT_MET },
	{ REASON_PRIMARY_MISSING, REASON_NO_RESULT, REASON_NO_RESULT,
	  REASON_PRIMARY_MISSING },
};

/* What a pipeline passes on stands beside what is its own to know. */
START_TEST(refusal_says_what_a_subscriber_may_be_told)
{
	enum reason want = tells[_i].want;
	struct buf out = { 0 };
	json_t *line, *told;

	primary_saw(tells[_i].dcv, tells[_i].caa);
	answer.decision.reason = tells[_i].own;
	answer.decision.attempts[0].perspectives[0].votes[0].detail =
		SPAN("192.0.2.7 said \"no\"");
	show_json(&answer, &out);
	line = json_loads(buf_cstr(&out), JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(line);
	told = json_object_get(line, "subscriber");
	ck_assert_uint_eq(json_object_size(told), 3);
	ck_assert_str_eq(json_string_value(json_object_get(told, "reason")),
	                 reason_name(want));
	ck_assert_str_eq(json_string_value(json_object_get(told, "detail")),
	                 reason_told(want));
	ck_assert_str_eq(json_string_value(json_object_get(told, "type")) +
	                         strlen("urn:ietf:params:acme:error:"),
	                 reason_acme(want));
	json_decref(line);
	out.len = 0;
	render(true, 0, &out);
	has(&out, "to the subscriber (");
	has(&out, reason_told(want));
	buf_clear(&out);
}
END_TEST

START_TEST(success_says_nothing_to_a_subscriber)
{
	struct buf out = { 0 };

	show_json(&answer, &out);
	render(true, 0, &out);
	ck_assert_ptr_null(strstr(buf_cstr(&out), "subscriber"));
	buf_clear(&out);
}
END_TEST

/* Every text of a decision that somebody else can choose. */
static void fill_with(struct span s)
{
	struct decision *d = &answer.decision;
	struct perspective_outcome *p = &d->attempts[0].perspectives[0];

	d->request_id = s;
	d->target = s;
	d->trace_identifier = s;
	d->authorization_domain_name = s;
	p->code = s;
	p->rir = s;
	p->votes[0].detail = s;
	d->quorums[0].quorum = s;
	d->quorums[0].rirs = (struct text_list){ &d->target, 1 };
	d->issues = arena_alloc(arena, sizeof(*d->issues));
	d->issues[0] = (struct request_issue){ REASON_NAME_INVALID, s, s };
	d->issues_count = 1;
}

static void is_tame(struct span text, const char *what)
{
	ck_assert_msg(text_is_utf8(text), "%s: not UTF-8", what);
	for (size_t i = 0; i < text.len; i++) {
		ck_assert_msg((text.p[i] >= 0x20 && text.p[i] != 0x7f) ||
		                      text.p[i] == '\n',
		              "%s: control %02x", what, text.p[i]);
		ck_assert_msg(i == 0 || text.p[i - 1] != 0xc2 ||
		                      text.p[i] >= 0xa0,
		              "%s: C1", what);
	}
	ck_assert_msg(span_find(text, SPAN("\xe2\x80\xae")) < 0, "%s: bidi",
	              what);
}

START_TEST(tames_hostile_text)
{
	const char *what = hostile_strings[_i].what;
	struct span s = hostile_strings[_i].bytes;
	struct buf out = { 0 };

	fill_with(s);
	render(true, 0, &out);
	is_tame(buf_span(&out), what);
	out.len = 0;
	render(true, 60, &out);
	is_tame(buf_span(&out), what);
	out.len = 0;
	/* no decoder lets other texts into a decision */
	if (text_is_utf8(s)) {
		show_json(&answer, &out);
		is_tame(buf_span(&out), what);
		json_t *line = json_loads(
			buf_cstr(&out), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			NULL);
		ck_assert_msg(line != NULL, "%s: not JSON: %s", what,
		              buf_cstr(&out));
		ck_assert_msg(
			span_is(span_str(json_string_value(
					json_object_get(line, "outcome"))),
		                "issue"),
			"%s: outcome", what);
		json_decref(line);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(missing_says_what_to_do)
{
	const struct show_missing m = { SPAN("id\x1b[2J"), SPAN("example.com"),
		                        "no-decision", SPAN("is it on?\n") };
	struct table *table = show_table(false);
	const struct table_look look = { 0, false };
	struct buf out = { 0 };

	show_missing_row(table, &m);
	table_render(table, &look, &out);
	is_tame(buf_span(&out), "missing");
	has(&out, "not-completed");
	has(&out, "is it on?\\x0a");
	out.len = 0;
	show_missing_json(&m, &out);
	is_tame(buf_span(&out), "missing");
	has(&out, "\"outcome\":\"not-completed\",\"reason\":\"no-decision\"");
	buf_clear(&out);
	table_free(&table);
}
END_TEST

static const struct {
	enum outcome outcome;
	int code;
} exits[] = {
	{ OUTCOME_ISSUE, 0 },        { OUTCOME_CORROBORATED, 0 },
	{ OUTCOME_DO_NOT_ISSUE, 1 }, { OUTCOME_REJECTED, 3 },
	{ OUTCOME_UNKNOWN, 1 }, /* fail closed */
};

START_TEST(outcomes_have_exit_codes)
{
	answer.decision.outcome = exits[_i].outcome;
	ck_assert_int_eq(answer_exit_code(&answer), exits[_i].code);
}
END_TEST

static const struct {
	const char *what;
	struct span decided, asked;
	uint8_t digest;
	bool same;
} targets[] = {
	{ "the same", SPAN("a.example"), SPAN("a.example"), 1, true },
	{ "case", SPAN("a.example"), SPAN("A.Example"), 1, true },
	{ "wildcard kept", SPAN("*.a.example"), SPAN("*.a.example"), 1, true },
	{ "wildcard lost", SPAN("a.example"), SPAN("*.a.example"), 1, false },
	{ "an address's forms", SPAN("2001:db8::7"), SPAN("2001:db8:0:0::7"), 1,
	  true },
	{ "another address", SPAN("2001:db8::8"), SPAN("2001:db8::7"), 1,
	  false },
	{ "another name", SPAN("b.example"), SPAN("a.example"), 1, false },
	{ "longer", SPAN("a.example.x"), SPAN("a.example"), 1, false },
	{ "another digest", SPAN("a.example"), SPAN("a.example"), 2, false },
};

START_TEST(compares_digest_and_target)
{
	struct question q = { .target = targets[_i].asked };

	memset(&q.digest, 1, sizeof(q.digest));
	memset(&answer.decision.request.digest, targets[_i].digest,
	       sizeof(q.digest));
	answer.decision.target = targets[_i].decided;
	ck_assert_msg((answer_mismatch(&answer, &q) == NULL) ==
	                      targets[_i].same,
	              "%s", targets[_i].what);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("show");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, row_says_who_saw_what);
	tcase_add_test(tc, wide_says_why);
	tcase_add_test(tc, rejected_names_every_issue);
	tcase_add_test(tc, json_is_one_line_with_the_decision_in_it);
	tcase_add_loop_test(tc, refusal_says_what_a_subscriber_may_be_told, 0,
	                    COUNT(tells));
	tcase_add_test(tc, success_says_nothing_to_a_subscriber);
	tcase_add_loop_test(tc, tames_hostile_text, 0, COUNT(hostile_strings));
	tcase_add_test(tc, missing_says_what_to_do);
	tcase_add_loop_test(tc, outcomes_have_exit_codes, 0, COUNT(exits));
	tcase_add_loop_test(tc, compares_digest_and_target, 0, COUNT(targets));
	return run_case(tc);
}
