/*
 * The coordinator over the embedded broker: requests in, signed decisions out,
 * with perspectives that say what each test wants.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "coordinator/answered.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "wire/heartbeat.h"
#include "wire/request.h"

static struct coordinator_world w;

#define PLAN "plan {\n primary = fra\n attempt_time = \"1500ms\"\n}\n"

static void setup(void)
{
	cw_open(&w, PLAN);
}

/* Promise 3 holds for whatever a test made the coordinator decide. */
static void teardown(void)
{
	ck_assert_int_eq(cw_replay(&w), w.decisions);
	cw_close(&w);
}

static const struct decided *decide(const char *id, const char *target)
{
	int before = w.decisions;

	cw_submit(&w, -1, id, cw_request(&w, id, target));
	cw_wait_decisions(&w, before + 1);
	return cw_decision(&w, id, 0);
}

static void expect(const struct decided *d, enum outcome outcome,
                   enum reason reason)
{
	ck_assert_str_eq(outcome_name(d->decision.outcome),
	                 outcome_name(outcome));
	ck_assert_str_eq(reason_name(d->decision.reason), reason_name(reason));
}

/* primary and all remotes agree. */
static void issues_when_all_corroborate(void)
{
	const struct decided *d = decide("all", "all.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_uint_eq(d->decision.quorums_count, 2);
	ck_assert(span_is(d->decision.quorums[0].quorum, "5/5"));
	ck_assert(span_is(d->decision.quorums[1].quorum, "5/5"));
	ck_assert_int_eq(d->decision.sequence, 1);
	ck_assert(d->decision.valid_until_ms.set);
	ck_assert_int_eq(d->encoding, ENCODING_JSON);
	ck_assert_uint_eq(d->decision.attempts_count, 1);
	for (int i = 0; i < CITIES; i++) {
		ck_assert_int_eq(w.checks[i], 1);
		ck_assert(cw_vote(d, cw_codes[i], KIND_CAA)->counted);
	}
}

/* one dissenting remote per set is outvoted. */
static void outvotes_one_per_set(void)
{
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[4].caa = CLASS_DISAGREED;
	const struct decided *d = decide("one-each", "one.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert(span_is(d->decision.quorums[0].quorum, "4/5"));
	ck_assert(span_is(d->decision.quorums[1].quorum, "4/5"));
	ck_assert_int_eq(cw_vote(d, "sao", KIND_DCV)->result_class,
	                 CLASS_DISAGREED);
}

static void does_not_issue_when_two_disagree(void)
{
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[4].dcv = CLASS_DISAGREED;
	const struct decided *d = decide("two", "two.example.com");

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert(!d->decision.valid_until_ms.set);
	ck_assert_uint_eq(d->decision.attempts_count, 1);
}

/* no number of remotes overturns the primary; none is asked. */
static void primary_failure_is_final(void)
{
	w.play[0].caa = CLASS_DISAGREED;
	const struct decided *d = decide("primary", "primary.example.com");

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_FAILED);
	for (int i = 1; i < CITIES; i++)
		ck_assert_int_eq(w.checks[i], 0);
	ck_assert_int_eq(cw_vote(d, "nyc", KIND_DCV)->reason, REASON_NOT_ASKED);
}

/* who is silent stays in the denominator, and is named. */
static void names_who_was_missing(void)
{
	w.play[3].dcv = CLASS_UNKNOWN;
	const struct decided *d = decide("silent", "silent.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert(span_is(d->decision.quorums[0].quorum, "4/5"));
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_MISSING);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_DEADLINE);
}

/* another attempt starts from zero, only after errors and silence. */
static void tries_again_after_silence(void)
{
	w.play[3].once_silent = 1;
	w.play[4].once_silent = 1;
	const struct decided *d = decide("again", "again.example.com");

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_uint_eq(d->decision.attempts_count, 2);
	ck_assert_int_eq(d->decision.attempts[0].close.outcome,
	                 OUTCOME_DO_NOT_ISSUE);
	ck_assert_int_eq(w.checks[1], 2);
}

/* a result signed by another perspective's key never counts. */
static void foreign_signatures_do_not_count(void)
{
	w.play[1].bad_signature = true;
	w.play[2].wrong_plan = true;
	const struct decided *d = decide("forged", "forged.example.com");

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert(!cw_vote(d, "nyc", KIND_DCV)->counted);
	ck_assert(!cw_vote(d, "sao", KIND_DCV)->counted);
}

static void a_second_result_never_counts(void)
{
	w.play[1].twice = true;
	w.play[2].twice = true;
	expect(decide("twice", "twice.example.com"), OUTCOME_ISSUE,
	       REASON_QUORUM_MET);
}

/* Promise 1: the same bytes again, or a conflict; never a second decision. */
static void repeats_get_echoes_and_conflicts(void)
{
	int before = w.decisions;
	const struct decided *first = decide("dup", "dup.example.com");

	cw_submit(&w, -1, "dup", cw_request(&w, "dup", "dup.example.com"));
	cw_wait_decisions(&w, before + 2);
	const struct decided *echo = cw_decision(&w, "dup", 1);

	ck_assert(span_eq(echo->value, first->value));
	ck_assert(span_eq(echo->jws, first->jws));
	char offset[24];

	snprintf(offset, sizeof(offset), "%lld", (long long)first->offset);
	ck_assert(span_is(echo->echo, offset));
	cw_submit(&w, -1, "dup", cw_request(&w, "dup", "other.example.com"));
	cw_wait_decisions(&w, before + 3);
	const struct decided *conflict = cw_decision(&w, "dup", 2);

	expect(conflict, OUTCOME_REJECTED, REASON_REQUEST_ID_CONFLICT);
	ck_assert(span_is(conflict->echo, offset));
	/* answers are not in the chain */
	const struct decided *next = decide("dup-next", "dup.example.com");

	ck_assert(next->partition != first->partition ||
	          next->decision.sequence == first->decision.sequence + 1);
}

static void repeats_of_an_undecided_request(void)
{
	int before = w.decisions;
	const char *same = cw_request(&w, "und", "und.example.com");

	w.play[3].dcv = CLASS_UNKNOWN; /* takes until the deadline */
	cw_submit(&w, -1, "und", same);
	cw_submit(&w, -1, "und", same);
	cw_submit(&w, -1, "und", cw_request(&w, "und", "else.example.com"));
	cw_wait_decisions(&w, before + 2);
	world_pass(&w.kafka, 500);
	ck_assert_int_eq(w.decisions, before + 2);
	expect(cw_decision(&w, "und", 0), OUTCOME_ISSUE, REASON_QUORUM_MET);
	expect(cw_decision(&w, "und", 1), OUTCOME_REJECTED,
	       REASON_REQUEST_ID_CONFLICT);
}

/* kcat hashes otherwise, some producers send no key: forwarded, then decided
   once, at home. */
static void forwards_to_the_home_partition(void)
{
	int before = w.decisions;

	for (int p = 0; p < CW_PARTITIONS; p++)
		cw_submit(&w, p, NULL,
		          "{\"domain_or_ip_target\":\"fwd.example.com\"}");
	cw_submit(&w,
	          (int32_t)(home_partition(SPAN("away"), CW_PARTITIONS) + 1) %
	                  CW_PARTITIONS,
	          "away", cw_request(&w, "away", "away.example.com"));
	cw_wait_decisions(&w, before + 4);
	const struct decided *d = cw_decision(&w, "away", 0);

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_int_eq(d->partition,
	                 (int)home_partition(SPAN("away"), CW_PARTITIONS));
	expect(cw_decision(&w, "r-0-0", 0), OUTCOME_CORROBORATED,
	       REASON_QUORUM_MET);
	ck_assert_int_eq(w.dead_letters, 0);
}

static const struct {
	const char *value;
	const char *reason;
} undecodable[] = {
	{ "", "undecodable" },
	{ "garbage", "undecodable" },
	{ "{\"domain_or_ip_target\":", "undecodable" },
	{ "[1,2]", "undecodable" },
	{ "\xdd\xff\xff\xff\xff", "undecodable" },
};

static void dead_letters_what_does_not_decode(void)
{
	for (int i = 0; i < COUNT(undecodable); i++)
		cw_submit(&w, i % CW_PARTITIONS, "garbage",
		          undecodable[i].value);
	cw_wait_dead(&w, COUNT(undecodable));
	for (const struct dead *d = w.dead; d != NULL; d = d->next)
		ck_assert(span_is(d->reason, undecodable[0].reason));
	expect(decide("after", "after.example.com"), OUTCOME_ISSUE,
	       REASON_QUORUM_MET);
	ck_assert_int_eq(w.dead_letters, COUNT(undecodable));
}

/* Every issue is named, not only the first. */
static void rejects_and_names_every_issue(void)
{
	int before = w.decisions;

	cw_submit(&w, -1, "bad",
	          "{\"request_id\":\"bad\",\"check_type\":\"dcv\","
	          "\"domain_or_ip_target\":\"Bad.Example.com\","
	          "\"orchestration_parameters\":{\"quorum_count\":0},"
	          "\"dcv_check_parameters\":{\"validation_method\":"
	          "\"website-change\",\"challenge_value\":\"short\","
	          "\"http_token_path\":\"../../etc/passwd\"}}");
	cw_wait_decisions(&w, before + 1);
	const struct decided *d = cw_decision(&w, "bad", 0);
	static const enum reason want[] = { REASON_NAME_INVALID,
		                            REASON_QUORUM_COUNT, REASON_ENTROPY,
		                            REASON_PATH_INVALID };

	ck_assert_int_eq(d->decision.outcome, OUTCOME_REJECTED);
	for (int i = 0; i < COUNT(want); i++) {
		bool found = false;

		for (size_t k = 0; k < d->decision.issues_count; k++)
			found |= d->decision.issues[k].reason == want[i];
		ck_assert_msg(found, "%s", reason_name(want[i]));
	}
}

/* whatever is taken from the log or altered on it is noticed. */
START_TEST(replay_notices_what_was_tampered_with)
{
	cw_start(&w);
	w.play[2].dcv = CLASS_DISAGREED;
	const struct decided *d = decide("audit", "audit.example.com");
	struct logged *first = w.results;
	struct decided altered = *d;
	uint8_t *bytes = arena_alloc(w.arena, d->value.len);

	ck_assert_ptr_null(cw_replay_problem(&w, d));

	w.results = first->next; /* a counted result is gone */
	ck_assert_ptr_nonnull(cw_replay_problem(&w, d));
	w.results = first;

	struct span kept = first->signature; /* one was never signed */

	first->signature = w.results->next->signature;
	ck_assert_ptr_nonnull(cw_replay_problem(&w, d));
	first->signature = kept;

	struct logged *attempts = w.attempts;

	w.attempts = NULL;
	ck_assert_ptr_nonnull(cw_replay_problem(&w, d));
	w.attempts = attempts;

	memcpy(bytes, d->value.p, d->value.len); /* "4/5" made "5/5" */
	ptrdiff_t at = span_find(d->value, SPAN("4/5"));

	ck_assert(at > 0);
	bytes[at] = '5';
	altered.value = span_of(bytes, d->value.len);
	ck_assert_str_eq(cw_replay_problem(&w, &altered),
	                 "other bytes come out");
}
END_TEST

/* -- */

static struct kafka_record to_home(const char *id)
{
	return (struct kafka_record){
		.topic = w.deployment.topics.requests,
		.partition =
			(int32_t)home_partition(span_str(id), CW_PARTITIONS),
		.key = span_str(id),
	};
}

/* The Decision comes back in the encoding of its Request. */
static void answers_msgpack_in_msgpack(void)
{
	int before = w.decisions;
	struct kafka_record record = to_home("packed");
	struct request request;
	struct request_issues issues;
	enum encoding encoding;
	struct span why;
	struct buf value = { 0 };

	ck_assert_int_eq(
		request_decode(span_str(cw_request(&w, "packed",
	                                           "packed.example.com")),
	                       SPAN(""), w.arena, &request, &issues, &encoding,
	                       &why),
		REASON_UNKNOWN);
	request_encode(&request, ENCODING_MSGPACK, &value);
	record.value = buf_span(&value);
	cw_send(&w, &record);
	cw_wait_decisions(&w, before + 1);
	const struct decided *d = cw_decision(&w, "packed", 0);

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_int_eq(d->encoding, ENCODING_MSGPACK);
	cw_send(&w, &record); /* and so does its echo */
	cw_wait_decisions(&w, before + 2);
	ck_assert(span_eq(cw_decision(&w, "packed", 1)->value, d->value));
	buf_clear(&value);
}

static void carries_the_traceparent(void)
{
	const char *id = "traced";
	const struct span trace =
		SPAN("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
	struct kafka_header header = { HEADER_TRACEPARENT, trace };
	struct kafka_record record = to_home(id);
	int before = w.decisions;

	record.value = span_str(cw_request(&w, id, "traced.example.com"));
	record.headers = &header;
	record.header_count = 1;
	cw_send(&w, &record);
	cw_wait_decisions(&w, before + 1);
	ck_assert(span_eq(cw_decision(&w, id, 0)->trace, trace));
	ck_assert(span_eq(w.check_trace, trace));
}

/* A key that no decision could carry is no id; ids that are none are named. */
static void answers_whatever_the_key(void)
{
	static const char body[] =
		"{\"domain_or_ip_target\":\"a.example.com\"}";
	static const char empty[] = "{\"request_id\":\"\",\"domain_or_ip_"
				    "target\":\"b.example.com\"}";
	char lengthy[ID_REQUEST_MAX + 1];
	int before = w.decisions, rejected = 0;

	memset(lengthy, 'k', sizeof(lengthy));
	const struct {
		struct span key;
		const char *value;
	} rows[] = {
		{ SPAN("\xff\xfe"), body }, { SPAN("a\0b"), body },
		{ SPAN("a b"), body },      { span_of(lengthy, 129), body },
		{ SPAN("key"), empty },     { SPAN("r-9-9"), body },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct kafka_record record = {
			.topic = w.deployment.topics.requests,
			.partition = i % CW_PARTITIONS,
			.key = rows[i].key,
			.value = span_str(rows[i].value),
		};

		cw_send(&w, &record);
	}
	cw_wait_decisions(&w, before + COUNT(rows));
	world_pass(&w.kafka, 200);
	ck_assert_int_eq(w.decisions, before + COUNT(rows));
	for (const struct decided *d = w.decided; d != NULL; d = d->next)
		rejected += d->decision.reason == REASON_ID_INVALID;
	ck_assert_int_eq(rejected, 2);
}

static void dead_letters_what_is_too_large(void)
{
	const size_t room = 66560; /* 65 KiB */
	char *large = arena_alloc(w.arena, room + 1);
	int before = w.dead_letters;

	memset(large, ' ', room);
	memcpy(large, "{}", 2);
	cw_submit(&w, -1, "large", large);
	cw_wait_dead(&w, before + 1);
	const struct dead *d = w.dead;

	while (d->next != NULL)
		d = d->next;
	ck_assert(span_is(d->reason, "oversized"));
	ck_assert_uint_eq(d->value.len, room);
}

/* One request that is undecided holds up no other answer (promise 7). */
static void other_answers_do_not_wait(void)
{
	enum { MANY = 400 };
	int32_t home = (int32_t)home_partition(SPAN("slow"), CW_PARTITIONS);
	int before = w.dead_letters, decided = w.decisions;

	w.play[0].hold = true;
	cw_submit(&w, -1, "slow", cw_request(&w, "slow", "slow.example.com"));
	cw_wait_held(&w, 0);
	for (int i = 0; i < MANY; i++)
		cw_submit(&w, home, "x", "garbage");
	cw_wait_dead(&w, before + MANY);
	ck_assert_int_eq(w.decisions, decided);
	cw_answer_held(&w, 0, CLASS_CORROBORATED);
	cw_wait_decisions(&w, decided + 1);
	world_pass(&w.kafka, 100);
	ck_assert_int_eq(w.dead_letters, before + MANY);
}

/* Garbage on `results` and `perspectives`: counted and ignored. */
static void ignores_garbage(void)
{
	int before = w.decisions;
	const char *id = "garbage";
	struct kafka_record record = to_home(id);

	w.play[1].hold = true;
	w.play[2].bad_signature = true;
	w.play[3].no_signature = true;
	cw_submit(&w, -1, id, cw_request(&w, id, "garbage.example.com"));
	cw_wait_held(&w, 1);
	record.topic = w.deployment.topics.results;
	record.value = SPAN("\xc1 not MessagePack");
	cw_send(&w, &record);
	record.key = SPAN("nobody's");
	cw_send(&w, &record);
	record.value = SPAN("");
	cw_send(&w, &record);
	world_pass(&w.kafka, 100);
	cw_answer_held(&w, 1, CLASS_CORROBORATED);
	cw_wait_decisions(&w, before + 1);
	expect(cw_decision(&w, id, 0), OUTCOME_DO_NOT_ISSUE,
	       REASON_QUORUM_NOT_MET);
	ck_assert(cw_vote(cw_decision(&w, id, 0), "nyc", KIND_DCV)->counted);
	ck_assert(cw_has_figure(
		&w, "mpic_untrusted_records_total{topic=\"results\","
		    "why=\"unsigned\"} 1"));
	ck_assert(cw_has_figure(
		&w, "mpic_untrusted_records_total{topic=\"results\","
		    "why=\"wrong-perspective\"} 1"));
	ck_assert(cw_has_figure(
		&w, "mpic_undecodable_records_total{topic=\"results\"} 3"));
}

static void send_goodbye(int city)
{
	struct heartbeat h = { .schema_version = 1,
		               .perspective = span_str(cw_codes[city]),
		               .instance = SPAN("w1"),
		               .wall_ms = clock_wall_ms(),
		               .started_ms = clock_wall_ms(),
		               .draining = true,
		               .resolver = SPAN("forged"),
		               .versions = SPAN("forged") };
	struct kafka_record record = {
		.topic = w.deployment.topics.perspectives,
		.key = span_str(cw_codes[city]),
	};
	struct buf value = { 0 };

	heartbeat_encode(&h, &value);
	record.value = buf_span(&value);
	cw_send(&w, &record);
	record.value = SPAN("garbage");
	cw_send(&w, &record);
	buf_clear(&value);
}

/* The garbage of the last city came last. */
static bool are_forged_read(void *arg)
{
	(void)arg;
	return cw_shows_figure(&w, "mpic_undecodable_records_total{topic="
	                           "\"perspectives\"} 6");
}

static void ignores_forged_heartbeats(void)
{
	w.heartbeats = false;
	for (int i = 0; i < CITIES; i++)
		send_goodbye(i);
	world_run(&w.kafka, "the forged ones", are_forged_read, NULL);
	for (int i = 0; i < CITIES; i++)
		ck_assert(liveness_alive(w.coordinator->liveness, cw_codes[i],
		                         clock_wall_ms()));
	w.heartbeats = true;
	ck_assert(cw_has_figure(
		&w, "mpic_untrusted_records_total{topic=\"perspectives\","
		    "why=\"unsigned\"} 6"));
	ck_assert(cw_has_figure(&w, "mpic_undecodable_records_total{topic="
	                            "\"perspectives\"} 6"));
}

/* -- several in one world: the group's join takes three seconds */

typedef void step_fn(void);

static void run_steps(step_fn *const *steps, int count)
{
	cw_start(&w);
	for (int i = 0; i < count; i++) {
		cw_play_all(&w, CLASS_CORROBORATED);
		memset(w.checks, 0, sizeof(w.checks));
		steps[i]();
	}
}

START_TEST(verdicts)
{
	static step_fn *const steps[] = {
		issues_when_all_corroborate,
		outvotes_one_per_set,
		does_not_issue_when_two_disagree,
		primary_failure_is_final,
		names_who_was_missing,
		tries_again_after_silence,
		foreign_signatures_do_not_count,
		a_second_result_never_counts,
	};

	run_steps(steps, COUNT(steps));
}
END_TEST

START_TEST(answers)
{
	static step_fn *const steps[] = {
		forwards_to_the_home_partition,
		repeats_get_echoes_and_conflicts,
		repeats_of_an_undecided_request,
		answers_msgpack_in_msgpack,
		carries_the_traceparent,
		answers_whatever_the_key,
	};

	run_steps(steps, COUNT(steps));
}
END_TEST

START_TEST(bad_input)
{
	static step_fn *const steps[] = {
		dead_letters_what_does_not_decode,
		dead_letters_what_is_too_large,
		other_answers_do_not_wait,
		rejects_and_names_every_issue,
		ignores_garbage,
		ignores_forged_heartbeats,
	};

	run_steps(steps, COUNT(steps));
}
END_TEST

/* -- other settings */

/* All are asked at once, and a certain pass does not wait for the rest. */
START_TEST(parallel_and_early)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"10s\"\n"
	            " gate = parallel\n early = both\n}\n");
	cw_start(&w);
	w.play[0].hold = true;
	w.play[3].hold = true;
	cw_submit(&w, -1, "early", cw_request(&w, "early", "e.example.com"));
	cw_wait_held(&w, 3); /* although the primary has not answered */
	cw_answer_held(&w, 0, CLASS_CORROBORATED);
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, "early", 0);

	expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_RESULT);
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_OUTSTANDING);
}
END_TEST

/* Everybody is waited for, even when the outcome is certain. */
START_TEST(never_early)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"1500ms\"\n"
	            " early = never\n}\n");
	cw_start(&w);
	w.play[1].dcv = CLASS_DISAGREED;
	w.play[2].dcv = CLASS_DISAGREED;
	w.play[3].hold = true;
	cw_submit(&w, -1, "never", cw_request(&w, "never", "n.example.com"));
	cw_wait_decisions(&w, 1);
	const struct decided *d = cw_decision(&w, "never", 0);

	expect(d, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET);
	ck_assert_int_eq(d->decision.attempts[0].close.closed_by,
	                 CLOSED_BY_DEADLINE);
	ck_assert_int_eq(cw_vote(d, "sin", KIND_DCV)->result_class,
	                 CLASS_MISSING);
}
END_TEST

static const char *observed(const char *id, const char *observation)
{
	return arena_printf(
		w.arena,
		"{\"request_id\":\"%s\",\"check_type\":\"dcv+caa\","
		"\"domain_or_ip_target\":\"o.example.com\","
		"\"dcv_check_parameters\":{\"validation_method\":"
		"\"acme-dns-01\",\"key_authorization_hash\":"
		"\"LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ\"}%s}",
		id, observation);
}

static const char *seen(bool dcv, bool caa)
{
	return arena_printf(w.arena,
	                    ",\"primary_observation\":{\"dcv_passed\":%s,"
	                    "\"caa_passed\":%s,\"observed_at_ms\":%lld}",
	                    dcv ? "true" : "false", caa ? "true" : "false",
	                    (long long)clock_wall_ms());
}

/* an issue needs the caller's own affirmative, timed observation. */
START_TEST(the_caller_is_the_primary)
{
	cw_open(&w, "plan {\n primary = caller\n attempt_time = \"1500ms\"\n"
	            "}\n");
	cw_start(&w);
	cw_submit(&w, -1, "with", observed("with", seen(true, true)));
	cw_submit(&w, -1, "without", observed("without", ""));
	cw_submit(&w, -1, "half", observed("half", seen(true, false)));
	cw_wait_decisions(&w, 3);
	expect(cw_decision(&w, "with", 0), OUTCOME_ISSUE, REASON_QUORUM_MET);
	expect(cw_decision(&w, "without", 0), OUTCOME_CORROBORATED,
	       REASON_QUORUM_MET);
	expect(cw_decision(&w, "half", 0), OUTCOME_DO_NOT_ISSUE,
	       REASON_PRIMARY_FAILED);
	ck_assert(span_is(
		cw_decision(&w, "with", 0)->decision.quorums[0].quorum, "6/6"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("coordinator");
	TCase *other = tcase_create("coordinator_settings");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, verdicts);
	tcase_add_test(tc, answers);
	tcase_add_test(tc, bad_input);
	tcase_add_test(tc, replay_notices_what_was_tampered_with);
	tcase_set_timeout(other, 180);
	tcase_add_checked_fixture(other, NULL, teardown);
	tcase_add_test(other, parallel_and_early);
	tcase_add_test(other, never_early);
	tcase_add_test(other, the_caller_is_the_primary);

	Suite *s = suite_create("coordinator");

	suite_add_tcase(s, tc);
	suite_add_tcase(s, other);
	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
