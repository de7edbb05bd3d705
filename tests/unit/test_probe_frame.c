/* Frames between worker and probe: what goes in comes out, and nothing else
   is taken. */
#include "probe/frame.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES_(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct span words[] = {
	SPAN(". IN DS 20326 8 2 00"),
	SPAN("127.0.7.11"),
	SPAN("8080"),
	SPAN("2001:db8::/64"),
};

static struct frame a_settings(void)
{
	return (struct frame){
		.kind = FRAME_SETTINGS,
		.settings = {
			.lab = true,
			.generation = 7,
			.trust_anchors = { &words[0], 1 },
			.root_servers = { &words[1], 1 },
			.forbidden = SPAN("198.18.0.0/15, 2001:db8::/32"),
			.brokers = SPAN("192.0.2.1/32"),
			.own = SPAN("192.0.2.2/32"),
			.lab_allowed = SPAN("127.0.0.0/8"),
			.lab_ports = { &words[2], 1 },
			.resolver_window_ms = 10000,
			.lookup_ms = 10000,
			.connect_ms = 3000,
			.hang_ms = 2000,
			.jobs_max = 100,
			.clock_shift_ms = -5,
			.user_agent = SPAN("mpic"),
		},
	};
}

static struct frame a_job(void)
{
	return (struct frame){ .kind = FRAME_JOB,
		               .job = { .id = 9,
		                        .check_set = SET_DCV | SET_CAA,
		                        .check = SPAN("\x80\x00"),
		                        .budget_ms = 5000 } };
}

static struct frame a_job_with_full(void)
{
	struct frame f = a_job();

	f.job.full = (struct text_list){ &words[3], 1 };
	return f;
}

static struct frame a_cancel(void)
{
	return (struct frame){ .kind = FRAME_CANCEL, .cancel = { 9 } };
}

static struct frame a_ready(void)
{
	return (struct frame){ .kind = FRAME_READY,
		               .ready = { SPAN("libunbound/1.17.1"),
		                          SPAN("seccomp") } };
}

static struct frame a_failed(void)
{
	return (struct frame){ .kind = FRAME_FAILED,
		               .failed = { SPAN("no anchor") } };
}

static struct frame a_done(void)
{
	return (struct frame){
		.kind = FRAME_DONE,
		.done = {
			.id = 9,
			.kinds_count = 2,
			.kinds = {
				{ .kind = KIND_DCV,
				  .result_class = CLASS_CORROBORATED,
				  .reason = REASON_VALUE_FOUND,
				  .authorization_domain_name = SPAN("a.lab"),
				  .evidence = SPAN("dcv") },
				{ .kind = KIND_CAA,
				  .result_class = CLASS_ERROR,
				  .reason = REASON_DNS_SERVFAIL,
				  .detail = SPAN("a.lab: no usable answer"),
				  .observed = SPAN("x"),
				  .looked_up_ms = 12345,
				  .expires_ms = SOME_INT(99999),
				  .evidence = SPAN("caa") },
			},
		},
	};
}

static struct frame a_cancelled(void)
{
	return (struct frame){ .kind = FRAME_DONE, .done = { .id = 9 } };
}

static struct frame a_hang(void)
{
	return (struct frame){ .kind = FRAME_HANGS, .hangs = { .id = 9 } };
}

static struct frame a_held(void)
{
	return (struct frame){
		.kind = FRAME_HANGS,
		.hangs = { .id = 9, .held = true, .address = SPAN("192.0.2.1") }
	};
}

static const struct {
	const char *what;
	struct frame (*make)(void);
	enum frame_way way;
} frames[] = {
	{ "settings", a_settings, FRAME_TO_PROBE },
	{ "job", a_job, FRAME_TO_PROBE },
	{ "job with what is full", a_job_with_full, FRAME_TO_PROBE },
	{ "cancel", a_cancel, FRAME_TO_PROBE },
	{ "ready", a_ready, FRAME_TO_WORKER },
	{ "failed", a_failed, FRAME_TO_WORKER },
	{ "done", a_done, FRAME_TO_WORKER },
	{ "done, cancelled", a_cancelled, FRAME_TO_WORKER },
	{ "hangs", a_hang, FRAME_TO_WORKER },
	{ "hangs, held", a_held, FRAME_TO_WORKER },
};

static void encode(const struct frame *f, struct buf *out)
{
	frame_encode(f, out);
}

/* The body of a frame, in the arena. */
static struct span body_of(struct frame f, enum frame_way way)
{
	struct buf bytes = { 0 };
	struct span body = { 0 };
	size_t taken = 0;

	encode(&f, &bytes);
	ck_assert(frame_cut(buf_span(&bytes), way, &body, &taken) ==
	          FRAME_CUT_WHOLE);
	ck_assert_uint_eq(taken, bytes.len);
	body = arena_span(arena, body);
	buf_clear(&bytes);
	return body;
}

START_TEST(round_trip)
{
	enum frame_way way = frames[_i].way;
	struct frame in = frames[_i].make();
	struct span body = body_of(in, way);
	struct frame out = { 0 };
	const char *why = frame_decode(body, way, arena, &out);

	ck_assert_msg(why == NULL, "%s: %s", frames[_i].what, why);
	ck_assert(out.kind == in.kind);
	ck_assert_msg(span_eq(body_of(out, way), body), "%s: other bytes",
	              frames[_i].what);
}
END_TEST

START_TEST(keeps_every_field)
{
	struct frame f = { 0 };

	ck_assert_ptr_null(frame_decode(body_of(a_done(), FRAME_TO_WORKER),
	                                FRAME_TO_WORKER, arena, &f));
	ck_assert_int_eq(f.done.id, 9);
	ck_assert_uint_eq(f.done.kinds_count, 2);
	ck_assert(f.done.kinds[1].reason == REASON_DNS_SERVFAIL);
	ck_assert(f.done.kinds[1].expires_ms.set);
	ck_assert(span_is(f.done.kinds[1].evidence, "caa"));
	ck_assert(span_is(f.done.kinds[0].authorization_domain_name, "a.lab"));

	ck_assert_ptr_null(frame_decode(body_of(a_settings(), FRAME_TO_PROBE),
	                                FRAME_TO_PROBE, arena, &f));
	ck_assert(f.settings.lab);
	ck_assert_int_eq(f.settings.clock_shift_ms, -5);
	ck_assert(span_is(f.settings.lab_ports.items[0], "8080"));
}
END_TEST

START_TEST(wrong_way_is_refused)
{
	enum frame_way way = frames[_i].way;
	enum frame_way other =
		way == FRAME_TO_PROBE ? FRAME_TO_WORKER : FRAME_TO_PROBE;
	struct frame out = { .kind = FRAME_CANCEL };

	ck_assert_ptr_nonnull(frame_decode(body_of(frames[_i].make(), way),
	                                   other, arena, &out));
	ck_assert(out.kind == FRAME_CANCEL);
}
END_TEST

START_TEST(every_cut_body_is_refused)
{
	enum frame_way way = frames[_i].way;
	struct span body = body_of(frames[_i].make(), way);
	struct frame out = { .kind = FRAME_CANCEL };

	for (size_t n = 0; n < body.len; n++)
		ck_assert_msg(frame_decode(span_sub(body, 0, n), way, arena,
		                           &out) != NULL,
		              "%s cut to %zu bytes", frames[_i].what, n);
	ck_assert(out.kind == FRAME_CANCEL);
}
END_TEST

static const struct {
	const char *what;
	enum frame_way way;
	struct span body;
} refused[] = {
	{ "nothing", FRAME_TO_PROBE, { NULL, 0 } },
	{ "kind 0", FRAME_TO_PROBE, BYTES_("\x00\x80") },
	{ "kind past the last", FRAME_TO_PROBE, BYTES_("\x08\x80") },
	{ "kind 255", FRAME_TO_WORKER, BYTES_("\xff\x80") },
	{ "no map", FRAME_TO_PROBE, BYTES_("\x03\x01") },
	{ "no id", FRAME_TO_PROBE, BYTES_("\x03\x80") },
	{ "id 0", FRAME_TO_PROBE, BYTES_("\x03\x81\xa2id\x00") },
	{ "id -1", FRAME_TO_PROBE, BYTES_("\x03\x81\xa2id\xff") },
	{ "id as text", FRAME_TO_PROBE, BYTES_("\x03\x81\xa2id\xa1\x39") },
	{ "id too large", FRAME_TO_PROBE,
	  BYTES_("\x03\x81\xa2id\xcf\xff\xff\xff\xff\xff\xff\xff\xff") },
	{ "id twice", FRAME_TO_PROBE, BYTES_("\x03\x82\xa2id\x09\xa2id\x09") },
	{ "a longer form of 9", FRAME_TO_PROBE,
	  BYTES_("\x03\x81\xa2id\xcc\x09") },
	{ "an unknown field", FRAME_TO_PROBE,
	  BYTES_("\x03\x82\xa2id\x09\xa1x\x01") },
	{ "a null", FRAME_TO_WORKER,
	  BYTES_("\x06\x82\xa2id\x09\xa5kinds\xc0") },
	{ "trailing byte", FRAME_TO_PROBE, BYTES_("\x03\x81\xa2id\x09\x00") },
	{ "array of 4 G", FRAME_TO_PROBE, BYTES_("\x03\xdd\xff\xff\xff\xff") },
	{ "map of 4 G", FRAME_TO_WORKER, BYTES_("\x06\xdf\xff\xff\xff\xff") },
};

START_TEST(refuses)
{
	struct frame out = { .kind = FRAME_READY };

	ck_assert_msg(frame_decode(refused[_i].body, refused[_i].way, arena,
	                           &out) != NULL,
	              "%s: was taken", refused[_i].what);
	ck_assert_msg(out.kind == FRAME_READY, "%s: output was touched",
	              refused[_i].what);
}
END_TEST

static void same_kind_twice(struct frame *f)
{
	f->done.kinds[1].kind = KIND_DCV;
}

static void coordinators_class(struct frame *f)
{
	f->done.kinds[0].result_class = CLASS_LATE;
}

static void unknown_reason(struct frame *f)
{
	f->done.kinds[0].reason = REASON_UNKNOWN;
}

static void long_detail(struct frame *f)
{
	static uint8_t text[RESULT_DETAIL_MAX + 1];

	memset(text, 'a', sizeof(text));
	f->done.kinds[0].detail = span_of(text, sizeof(text));
}

static void long_evidence(struct frame *f)
{
	f->done.kinds[0].evidence =
		span_of(arena_alloc(arena, RESULT_EVIDENCE_MAX + 1),
	                RESULT_EVIDENCE_MAX + 1);
}

/* What a probe that was taken over might send. */
static const struct {
	const char *what;
	void (*spoil)(struct frame *f);
} spoilt[] = {
	{ "one kind twice", same_kind_twice },
	{ "a coordinator's class", coordinators_class },
	{ "an unknown reason", unknown_reason },
	{ "a long detail", long_detail },
	{ "more evidence than fits", long_evidence },
};

START_TEST(refuses_spoilt_done)
{
	struct frame f = a_done();
	struct frame out = { .kind = FRAME_READY };

	spoilt[_i].spoil(&f);
	ck_assert_msg(frame_decode(body_of(f, FRAME_TO_WORKER), FRAME_TO_WORKER,
	                           arena, &out) != NULL,
	              "%s: was taken", spoilt[_i].what);
	ck_assert(out.kind == FRAME_READY);
}
END_TEST

START_TEST(refuses_text_that_is_none)
{
	struct span body = body_of(a_done(), FRAME_TO_WORKER);
	ptrdiff_t at = span_find(body, SPAN("no usable"));
	uint8_t *bytes = arena_alloc(arena, body.len);
	struct frame out = { 0 };

	ck_assert_int_gt(at, 0);
	memcpy(bytes, body.p, body.len);
	bytes[at] = 0xff; /* the writer would have mended it */
	ck_assert_ptr_nonnull(frame_decode(span_of(bytes, body.len),
	                                   FRAME_TO_WORKER, arena, &out));
}
END_TEST

START_TEST(settings_without_anchor_are_refused)
{
	struct frame f = a_settings();
	struct frame out = { 0 };

	f.settings.trust_anchors.count = 0; /* */
	ck_assert_ptr_nonnull(frame_decode(body_of(f, FRAME_TO_PROBE),
	                                   FRAME_TO_PROBE, arena, &out));
}
END_TEST

START_TEST(cuts)
{
	static const struct {
		const char *what;
		struct span in;
		enum frame_cut want;
	} rows[] = {
		{ "nothing", { NULL, 0 }, FRAME_CUT_MORE },
		{ "half a head", BYTES_("\x00\x00"), FRAME_CUT_MORE },
		{ "a head", BYTES_("\x00\x00\x00\x02"), FRAME_CUT_MORE },
		{ "half a body", BYTES_("\x00\x00\x00\x02\x03"),
		  FRAME_CUT_MORE },
		{ "whole", BYTES_("\x00\x00\x00\x02\x03\x80"),
		  FRAME_CUT_WHOLE },
		{ "whole and more", BYTES_("\x00\x00\x00\x02\x03\x80\x00"),
		  FRAME_CUT_WHOLE },
		{ "the longest", BYTES_("\x00\x02\x00\x00"), FRAME_CUT_MORE },
		{ "one too long", BYTES_("\x00\x02\x00\x01"),
		  FRAME_CUT_TOO_LONG },
		{ "4 G", BYTES_("\xff\xff\xff\xff"), FRAME_CUT_TOO_LONG },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span body = SPAN("untouched");
		size_t taken = 77;
		enum frame_cut got =
			frame_cut(rows[i].in, FRAME_TO_PROBE, &body, &taken);

		ck_assert_msg(got == rows[i].want, "%s: got %d", rows[i].what,
		              (int)got);
		if (got == FRAME_CUT_WHOLE) {
			ck_assert_uint_eq(taken, 6);
			ck_assert(span_eq(body, SPAN("\x03\x80")));
		} else {
			ck_assert_msg(taken == 77 && span_is(body, "untouched"),
			              "%s: output was touched", rows[i].what);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probe frame");
	TCase *tc = tcase_create("frame");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, round_trip, 0, COUNT(frames));
	tcase_add_test(tc, keeps_every_field);
	tcase_add_loop_test(tc, wrong_way_is_refused, 0, COUNT(frames));
	tcase_add_loop_test(tc, every_cut_body_is_refused, 0, COUNT(frames));
	tcase_add_loop_test(tc, refuses, 0, COUNT(refused));
	tcase_add_loop_test(tc, refuses_spoilt_done, 0, COUNT(spoilt));
	tcase_add_test(tc, refuses_text_that_is_none);
	tcase_add_test(tc, settings_without_anchor_are_refused);
	tcase_add_test(tc, cuts);
	suite_add_tcase(suite, tc);

	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
