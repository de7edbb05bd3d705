/*
 * What may stand on the coordinator's topics: requests of every form and place,
 * repeats and conflicts, and whatever is none.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "wire/request.h"

enum { END_TXN = 26 /* an API key */ };

static struct coordinator_world w;

static void setup(void)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"1500ms\"\n}\n");
}

static void teardown(void)
{
	cw_end(&w);
}

/* Promise 1: the same bytes again, or a conflict; never a second decision. */
static void repeats_get_echoes_and_conflicts(void)
{
	int before = w.decisions;
	const struct decided *first = cw_ask(&w, "dup", "dup.example.com");

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

	cw_expect(conflict, OUTCOME_REJECTED, REASON_REQUEST_ID_CONFLICT);
	ck_assert(span_is(conflict->echo, offset));
	/* answers are not in the chain */
	const struct decided *next = cw_ask(&w, "dup-next", "dup.example.com");

	ck_assert(next->partition != first->partition ||
	          next->decision.sequence == first->decision.sequence + 1);
}

/* Promise 1: who has read the decision and asks again gets an echo, although
   the coordinator has not yet heard that its transaction has ended. */
static void repeats_of_what_is_being_logged(void)
{
	int before = w.decisions;

	mock_broker_delay_next(w.kafka.broker, END_TXN, 1, 500);
	(void)cw_ask(&w, "log", "log.example.com");
	cw_submit(&w, -1, "log", cw_request(&w, "log", "log.example.com"));
	cw_submit(&w, -1, "log", cw_request(&w, "log", "else.example.com"));
	cw_wait_decisions(&w, before + 3);
	world_pass(&w.kafka, 200);
	ck_assert_int_eq(w.decisions, before + 3);
	for (int i = 1; i <= 2; i++)
		ck_assert_ptr_nonnull(cw_decision(&w, "log", i)->echo.p);
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
	cw_expect(cw_decision(&w, "und", 0), OUTCOME_ISSUE, REASON_QUORUM_MET);
	cw_expect(cw_decision(&w, "und", 1), OUTCOME_REJECTED,
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

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
	ck_assert_int_eq(d->partition,
	                 (int)home_partition(SPAN("away"), CW_PARTITIONS));
	cw_expect(cw_decision(&w, "r-0-0", 0), OUTCOME_CORROBORATED,
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
	cw_expect(cw_ask(&w, "after", "after.example.com"), OUTCOME_ISSUE,
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

	cw_expect(d, OUTCOME_ISSUE, REASON_QUORUM_MET);
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
	cw_expect(cw_decision(&w, id, 0), OUTCOME_DO_NOT_ISSUE,
	          REASON_QUORUM_NOT_MET);
	ck_assert(cw_vote(cw_decision(&w, id, 0), "nyc", KIND_DCV)->counted);
	cw_wait_figure(&w, "mpic_untrusted_records_total{topic=\"results\","
	                   "why=\"unsigned\"} 1");
	cw_wait_figure(&w, "mpic_untrusted_records_total{topic=\"results\","
	                   "why=\"wrong-perspective\"} 1");
	cw_wait_figure(&w,
	               "mpic_undecodable_records_total{topic=\"results\"} 3");
}

static void send_goodbye(int city)
{
	struct heartbeat h = cw_heartbeat(&w, city);
	struct kafka_record record = {
		.topic = w.deployment.topics.perspectives,
		.key = span_str(cw_codes[city]),
		.value = SPAN("garbage"),
	};

	h.draining = true;
	cw_send_heartbeat(&w, city, &h, false);
	cw_send(&w, &record);
}

static void ignores_forged_heartbeats(void)
{
	w.heartbeats = false;
	for (int i = 0; i < CITIES; i++)
		send_goodbye(i);
	/* the garbage of the last city came last */
	cw_wait_figure(&w, "mpic_undecodable_records_total{topic="
	                   "\"perspectives\"} 6");
	for (int i = 0; i < CITIES; i++)
		ck_assert(liveness_alive(w.coordinator->liveness, cw_codes[i],
		                         clock_wall_ms()));
	w.heartbeats = true;
	cw_wait_figure(&w,
	               "mpic_untrusted_records_total{topic=\"perspectives\","
	               "why=\"unsigned\"} 6");
}

START_TEST(answers)
{
	static cw_step *const steps[] = {
		forwards_to_the_home_partition,
		repeats_get_echoes_and_conflicts,
		repeats_of_what_is_being_logged,
		repeats_of_an_undecided_request,
		answers_msgpack_in_msgpack,
		carries_the_traceparent,
		answers_whatever_the_key,
	};

	cw_start_and_run(&w, steps, COUNT(steps));
}
END_TEST

START_TEST(bad_input)
{
	static cw_step *const steps[] = {
		dead_letters_what_does_not_decode,
		dead_letters_what_is_too_large,
		other_answers_do_not_wait,
		rejects_and_names_every_issue,
		ignores_garbage,
		ignores_forged_heartbeats,
	};

	cw_start_and_run(&w, steps, COUNT(steps));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("coordinator_input");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answers);
	tcase_add_test(tc, bad_input);
	return run_case(tc);
}
