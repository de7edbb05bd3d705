#include "base/log.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "tests/support/kafka_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct world w;

/* What came back, of one kind of callback. */
static struct {
	int delivered;
	int refused;
	int undelivered;
	int flushed;
	int fatal;
	struct kafka_delivery last;
	int messages;
	int64_t next;
	char problem[128];
} seen;

static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	world_open(&w, "topic", 3);
}

static void teardown(void)
{
	world_close(&w);
}

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	(void)arg;
	seen.last = *d;
	seen.last.error = NULL;
	ck_assert_int_eq(d->fate == KAFKA_DELIVERED, d->error == NULL);
	/* an append time is one, or there is none */
	if (d->time_kind == KAFKA_TIME_APPEND)
		ck_assert_int_gt(d->timestamp_ms, 1700000000000);
	seen.delivered += d->fate == KAFKA_DELIVERED;
	seen.refused += d->fate == KAFKA_REFUSED;
	seen.undelivered += d->fate == KAFKA_UNDELIVERED;
}

static void on_out_fatal(void *owner, const char *why)
{
	(void)owner;
	(void)why;
	seen.fatal++;
}

static void on_flushed(void *owner)
{
	(void)owner;
	seen.flushed++;
}

static struct kafka_out *open_out(const struct kafka_out_options *given)
{
	struct kafka_out_options options = *given;
	struct kafka_out *out;

	options.on_fatal = on_out_fatal;
	out = kafka_out_new(w.loop, &w.conf, &options, &w.err);
	ck_assert_msg(out != NULL, "%s", w.err.text);
	return out;
}

static bool reported(void *arg)
{
	return seen.delivered + seen.refused + seen.undelivered >= *(int *)arg;
}

static bool received(void *arg)
{
	return seen.messages >= *(int *)arg;
}

static void no_group(void *owner, const struct kafka_partition *list,
                     size_t count)
{
	(void)owner;
	(void)list;
	(void)count;
	ck_abort_msg("an explicit reader has no group");
}

static void no_revoke(void *owner, const struct kafka_partition *list,
                      size_t count, bool lost)
{
	(void)lost;
	no_group(owner, list, count);
}

static void on_broken(void *owner, const struct kafka_partition *p,
                      const char *why)
{
	(void)owner;
	ck_abort_msg("%s/%d: %s", p->topic, p->partition, why);
}

static struct kafka_in *open_reader(
	void (*on_message)(void *, const struct kafka_message *))
{
	const struct kafka_in_options options = {
		.group_id = "readers",
		.events = { .on_message = on_message,
		            .on_assign = no_group,
		            .on_revoke = no_revoke,
		            .on_broken = on_broken,
		            .on_fatal = on_out_fatal },
	};
	struct kafka_in *in = kafka_in_new(w.loop, &w.conf, &options, &w.err);

	ck_assert_msg(in != NULL, "%s", w.err.text);
	return in;
}

static void start(struct kafka_in *in, int32_t partition)
{
	const struct kafka_partition p = { "topic", partition };

	ck_assert_msg(kafka_in_start(in, &p, 0, &w.err) == 0, "%s", w.err.text);
}

static void on_whole(void *owner, const struct kafka_message *m)
{
	struct span value = { 0 };

	(void)owner;
	seen.messages++;
	ck_assert_str_eq(m->topic, "topic");
	ck_assert_int_eq(m->partition, 1);
	ck_assert_int_eq(m->offset, 0);
	ck_assert_int_eq(m->time_kind, KAFKA_TIME_CREATE);
	ck_assert_int_gt(m->timestamp_ms, 1700000000000);
	ck_assert(span_is(m->key, "the key"));
	ck_assert(span_eq(m->value, SPAN("\x00\x01"
	                                 "bytes")));
	ck_assert_uint_eq(m->header_count, 4);
	ck_assert_uint_eq(kafka_message_header(m, "one", &value), 1);
	ck_assert(span_is(value, "1"));
	ck_assert_uint_eq(kafka_message_header(m, "twice", &value), 2);
	ck_assert(span_is(value, "first"));
	value = SPAN("untouched");
	ck_assert_uint_eq(kafka_message_header(m, "none", &value), 0);
	ck_assert(span_is(value, "untouched"));
	ck_assert_str_eq(m->headers[3].name, "empty");
	ck_assert_uint_eq(m->headers[3].value.len, 0);
}

START_TEST(goes_round_whole)
{
	const struct kafka_header headers[] = {
		{ "one", SPAN("1") },
		{ "twice", SPAN("first") },
		{ "twice", SPAN("second") },
		{ "empty", { NULL, 0 } },
	};
	const struct kafka_record r = {
		.topic = "topic",
		.partition = 1,
		.key = SPAN("the key"),
		.value = SPAN("\x00\x01"
		              "bytes"),
		.headers = headers,
		.header_count = 4,
	};
	struct kafka_out *out = open_out(&(struct kafka_out_options){ 0 });
	struct kafka_in *in = open_reader(on_whole);
	int one = 1;

	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	ck_assert_int_eq(seen.delivered, 0);
	world_run(&w, "delivery", reported, &one);
	ck_assert_int_eq(seen.last.fate, KAFKA_DELIVERED);
	ck_assert_int_eq(seen.last.partition, 1);
	ck_assert_int_eq(seen.last.offset, 0);
	start(in, 1);
	world_run(&w, "message", received, &one);
	kafka_in_free(&in);
	kafka_out_free(&out);
}
END_TEST

static void on_numbered(void *owner, const struct kafka_message *m)
{
	char want[16];

	(void)owner;
	snprintf(want, sizeof(want), "%d", seen.messages);
	ck_assert_int_eq(m->offset, seen.next);
	ck_assert(span_is(m->value, want));
	seen.next++;
	seen.messages++;
}

/* The wake-up is written only when a queue stops being empty: who drains a
   bounded batch and waits for the next one stalls after it. */
START_TEST(ten_thousand_do_not_stall)
{
	struct kafka_in *in = open_reader(on_numbered);
	int all = 10000;

	world_fill(&w, "topic", 0, all);
	start(in, 0);
	world_run(&w, "all messages", received, &all);
	kafka_in_free(&in);
}
END_TEST

START_TEST(too_large_is_told_at_once)
{
	static uint8_t bytes[3000];
	const struct kafka_header header = { "h", { bytes, 500 } };
	struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = { bytes, 2001 },
	};
	struct kafka_out *out = open_out(
		&(struct kafka_out_options){ .value_max_bytes = 2000 });
	int one = 1;

	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_TOO_LARGE);
	r.value.len = 1600;
	r.headers = &header;
	r.header_count = 1;
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_TOO_LARGE);
	ck_assert_uint_eq(kafka_out_in_flight(out), 0);
	r.header_count = 0;
	r.value.len = 2000;
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_run(&w, "delivery", reported, &one);
	ck_assert_int_eq(seen.delivered, 1);
	kafka_out_free(&out);
}
END_TEST

/* The broker's own limit is smaller: refused for good, once. */
START_TEST(too_large_for_the_broker_is_refused_once)
{
	enum { PRODUCE = 0, MESSAGE_TOO_LARGE = 10 };
	const struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = SPAN("x"),
	};
	struct kafka_out *out = open_out(&(struct kafka_out_options){ 0 });
	int one = 1;

	mock_broker_fail_next(w.broker, PRODUCE, 1, MESSAGE_TOO_LARGE);
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_run(&w, "refusal", reported, &one);
	ck_assert_int_eq(seen.refused, 1);
	kafka_out_free(&out);
}
END_TEST

START_TEST(full_at_its_ceiling)
{
	const struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = SPAN("x"),
	};
	struct kafka_out *out =
		open_out(&(struct kafka_out_options){ .in_flight_max = 5 });
	int all = 5;

	for (int i = 0; i < all; i++)
		ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
		                 KAFKA_SENT);
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_FULL);
	ck_assert_uint_eq(kafka_out_in_flight(out), 5);
	kafka_out_flush(out, on_flushed, NULL);
	ck_assert_int_eq(seen.flushed, 0);
	world_run(&w, "deliveries", reported, &all);
	ck_assert_int_eq(seen.flushed, 1);
	ck_assert_uint_eq(kafka_out_in_flight(out), 0);
	kafka_out_free(&out);
}
END_TEST

/* Ends without a report, and without a leak or a second free. */
START_TEST(unknown_partition_fails_at_once)
{
	const struct kafka_header header = { "h", SPAN("v") };
	struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = SPAN("x"),
		.headers = &header,
		.header_count = 1,
	};
	struct kafka_out *out = open_out(&(struct kafka_out_options){ 0 });
	int one = 1;

	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_run(&w, "delivery", reported, &one);
	r.partition = 3;
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_FAILED);
	ck_assert_uint_eq(kafka_out_in_flight(out), 0);
	kafka_out_free(&out);
}
END_TEST

START_TEST(survives_a_broker_that_goes_and_comes)
{
	const struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = SPAN("x"),
	};
	struct kafka_out *out = open_out(&(struct kafka_out_options){ 0 });
	int count = 1;

	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_run(&w, "before", reported, &count);
	mock_broker_set_down(w.broker);
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_pass(&w, 300);
	ck_assert_int_eq(seen.delivered, 1);
	mock_broker_set_up(w.broker);
	count = 2;
	world_run(&w, "after", reported, &count);
	ck_assert_int_eq(seen.delivered, 2);
	ck_assert_int_eq(seen.last.offset, 1);
	kafka_out_free(&out);
}
END_TEST

START_TEST(gives_up_inside_its_limit)
{
	const struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = SPAN("x"),
	};
	struct kafka_out *out = open_out(
		&(struct kafka_out_options){ .delivery_limit_ms = 300 });
	int one = 1;

	mock_broker_set_down(w.broker);
	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_run(&w, "the limit", reported, &one);
	ck_assert_int_eq(seen.undelivered, 1);
	kafka_out_free(&out);
}
END_TEST

static void free_out(void *arg, const struct kafka_delivery *d)
{
	on_delivered(NULL, d);
	kafka_out_free(arg);
}

/* Nothing is reported after it. */
START_TEST(may_be_freed_in_a_delivery)
{
	const struct kafka_record r = {
		.topic = "topic",
		.partition = 0,
		.value = SPAN("x"),
	};
	struct kafka_out *out = open_out(&(struct kafka_out_options){ 0 });
	int one = 1;

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(kafka_out_send(out, &r, free_out, &out),
		                 KAFKA_SENT);
	world_run(&w, "the first delivery", reported, &one);
	world_pass(&w, 50);
	ck_assert_int_eq(seen.delivered, 1);
	ck_assert_ptr_null(out);
}
END_TEST

static const char *const keys[] = { "",
	                            "a",
	                            "r-0-17",
	                            "21",
	                            "foobar",
	                            "a-little-bit-long-string",
	                            "0123456789abcdef0123456789abcdef" };

static int spread[3]; /* records by partition */

static void on_spread(void *arg, const struct kafka_delivery *d)
{
	on_delivered(arg, d);
	ck_assert_int_lt(d->partition, 3);
	spread[d->partition]++;
}

/* Java, librdkafka and we agree on the home of a key (design, 3). */
START_TEST(key_goes_home)
{
	const struct kafka_record r = {
		.topic = "topic",
		.partition = KAFKA_PARTITION_OF_KEY,
		.key = span_str(keys[_i]),
		.value = SPAN("x"),
	};
	struct kafka_out *out = open_out(&(struct kafka_out_options){ 0 });
	int one = 1;

	ck_assert_int_eq(kafka_out_send(out, &r, on_delivered, NULL),
	                 KAFKA_SENT);
	world_run(&w, keys[_i], reported, &one);
	ck_assert_msg(seen.last.partition == (int32_t)home_partition(r.key, 3),
	              "%s: %d, not %u", keys[_i], seen.last.partition,
	              home_partition(r.key, 3));
	kafka_out_free(&out);
}
END_TEST

/* Their order does not matter: whatever the key is, all have their share. */
START_TEST(plain_topics_are_spread)
{
	enum { RECORDS = 240, LEAST = RECORDS / 3 - 4 * 8 };
	const char *const plain = "topic";
	struct kafka_out *out = open_out(&(struct kafka_out_options){
		.plain_topics = &plain, .plain_topic_count = 1 });
	const struct kafka_record r = {
		.topic = "topic",
		.partition = KAFKA_PARTITION_OF_KEY,
		.key = SPAN("always the same"),
		.value = SPAN("x"),
	};
	int all = RECORDS;

	memset(spread, 0, sizeof(spread));
	for (int i = 0; i < RECORDS; i++)
		ck_assert_int_eq(kafka_out_send(out, &r, on_spread, NULL),
		                 KAFKA_SENT);
	world_run(&w, "all of them", reported, &all);
	for (int p = 0; p < 3; p++)
		ck_assert_int_ge(spread[p], LEAST);
	kafka_out_free(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kafka_out");
	TCase *tc = tcase_create("mock");
	SRunner *runner;
	int failed;

	log_open("test", LOG_ERROR);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, goes_round_whole);
	tcase_add_test(tc, ten_thousand_do_not_stall);
	tcase_add_test(tc, too_large_is_told_at_once);
	tcase_add_test(tc, too_large_for_the_broker_is_refused_once);
	tcase_add_test(tc, full_at_its_ceiling);
	tcase_add_test(tc, unknown_partition_fails_at_once);
	tcase_add_test(tc, survives_a_broker_that_goes_and_comes);
	tcase_add_test(tc, gives_up_inside_its_limit);
	tcase_add_test(tc, may_be_freed_in_a_delivery);
	tcase_add_loop_test(tc, key_goes_home, 0,
	                    sizeof(keys) / sizeof(keys[0]));
	tcase_add_test(tc, plain_topics_are_spread);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
