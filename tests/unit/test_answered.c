/* What a successor finds beside the mark: requests above it that are answered,
   and the metadata that says so (promise 1). */
#include "coordinator/partition.h"
#include "tests/support/run.h"

static struct coordinator_conf conf;
static struct deployment d;
static struct coordinator c;
static struct partition p;

static void setup(void)
{
	struct window_limits limits = { 1000, 100, 1 << 20 };

	conf = (struct coordinator_conf){ 0 };
	d = (struct deployment){ .conf = &conf, .partitions = 1 };
	c = (struct coordinator){ .d = &d };
	p = (struct partition){ .c = &c,
		                .window = window_new(&limits),
		                .answered = answered_new(),
		                .offsets = offsets_new(100),
		                .mark = 100,
		                .last_decision = -1,
		                .decisions_from = 3,
		                .attempts_next = 7,
		                .results_next = 9,
		                .staged_sequence = 12 };
	p.staged_head = digest_of(SPAN("head"));
}

static void teardown(void)
{
	window_free(&p.window);
	answered_free(&p.answered);
	offsets_free(&p.offsets);
	remembered_free(&p.remembered);
}

static size_t asides_in(const struct answered *a, int64_t from, int64_t to)
{
	size_t n = 0;

	for (int64_t i = from; i < to; i++)
		n += answered_has(a, i);
	return n;
}

static const char *metadata(struct buf *text)
{
	text->len = 0;
	partition_metadata(&p, text);
	return buf_cstr(text);
}

START_TEST(metadata_round_trip)
{
	struct buf text = { 0 };
	struct partition q = { .answered = answered_new() };

	for (int64_t i = 100; i < 110; i++)
		offsets_begin(p.offsets, i);
	answered_note(p.answered, 103, ANSWERED_ASIDE);
	answered_note(p.answered, 104, 2); /* by the decision at 2 */
	answered_note(p.answered, 105, ANSWERED_STAGED);
	answered_note(p.answered, 109, ANSWERED_ASIDE);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.decisions_from, 2);
	ck_assert_int_eq(q.attempts_from, 7);
	ck_assert_int_eq(q.results_from, 9);
	ck_assert_int_eq(q.expected_sequence, 12);
	ck_assert(digest_eq(&q.expected_head, &p.staged_head));
	ck_assert(answered_has(q.answered, 103));
	ck_assert(answered_has(q.answered, 109));
	/* decisions say that themselves */
	ck_assert(!answered_has(q.answered, 104));
	ck_assert(!answered_has(q.answered, 105));
	ck_assert_uint_eq(asides_in(q.answered, 0, 200), 2);
	answered_free(&q.answered);
	buf_clear(&text);
}
END_TEST

#define HEX64 \
	"00000000000000000000000000000000" \
	"00000000000000000000000000000000"

static const char *const foreign[] = {
	"",
	"1",
	"somebody's note",
	"1 0 0 0 0 " HEX64,
	"3 100 0 0 0 0 0 0 " HEX64, /* a number too few */
	"2 100 0 0 0 0 0 " HEX64,
	"3 99 0 0 0 0 0 0 0 " HEX64,
	"3 100 0 0 0 0 0 0 -1 " HEX64,
	"4 100 0 0 0 0 0 0 0 " HEX64,
	"4 99 0 0 0 0 0 0 0 0 " HEX64,
	"5 100 0 0 0 0 0 0 0 0 " HEX64,
	"1 100 0 0 0 0 " HEX64,
	"2 99 0 0 0 0 " HEX64, /* of another mark */
	"2 101 0 0 0 0 " HEX64,
	"2 100 -1 0 0 0 " HEX64,
	"2 100 0 0 0 " HEX64,
	"2 100 0 0 0 0 " HEX64 "0",
	"2 100 0 0 0 0 " HEX64 " ",
	"2 100 0 0 0 0 " HEX64 "IA",
	"2 100 0 0 0 0 " HEX64 " IA==", /* padding */
	"2 100 0 0 0 0 " HEX64 " IB",   /* stray bits */
	"2 100 0 0 0 0 " HEX64 " IAA",  /* ends with nothing */
	"2 100 0 0 0 0 " HEX64 " IA IA",
	"2 100 0 0 0 0 " HEX64 " I",
	"2 100 0 0 0 99999999999999999999 " HEX64,
};

/* Nothing is taken over: an aside too many would be a request lost. */
START_TEST(foreign_metadata_changes_nothing)
{
	ck_assert_msg(!partition_read_metadata(&p, 100, span_str(foreign[_i])),
	              "%s", foreign[_i]);
	ck_assert_int_eq(p.decisions_from, 3);
	ck_assert_uint_eq(asides_in(p.answered, 0, 200), 0);
	ck_assert(!partition_is_decided(&p, 105));
}
END_TEST

/* Who dies while requests are read anew hands that on; past them it ends. */
START_TEST(anew_until_the_mark_is_past)
{
	struct buf text = { 0 };
	struct partition q = { .answered = answered_new() };

	partition_set_anew(&p, 102);
	for (int64_t i = 100; i < 103; i++)
		offsets_begin(p.offsets, i);
	offsets_finish(p.offsets, 100);
	partition_forget_anew(&p);
	ck_assert(partition_read_metadata(&q, 101, span_str(metadata(&text))));
	ck_assert_int_eq(q.anew_below, 102);
	ck_assert_ptr_nonnull(q.remembered);
	offsets_finish(p.offsets, 101);
	(void)metadata(&text); /* the mark is past it when this is committed */
	ck_assert(partition_read_metadata(&q, 102, buf_span(&text)));
	ck_assert_int_eq(q.anew_below, 0);
	ck_assert_ptr_null(q.remembered);
	partition_forget_anew(&p);
	ck_assert_int_eq(p.anew_below, 0);
	ck_assert_ptr_null(p.remembered);
	answered_free(&q.answered);
	buf_clear(&text);
}
END_TEST

/* When the last decision was, and where at least: retention may take what no
   successor needs. Not said while one names a request above the mark. */
START_TEST(metadata_says_when_it_was_decided)
{
	struct buf text = { 0 };
	struct partition q = { .answered = answered_new() };

	offsets_begin(p.offsets, 100);
	offsets_begin(p.offsets, 101);
	p.sequence = 10; /* two are staged */
	p.last_decision = 50;
	p.decided_ms = 7777;
	answered_note(p.answered, 101, ANSWERED_STAGED);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.decided_ms, 0);
	answered_forget(p.answered, 101);
	answered_note(p.answered, 99, ANSWERED_STAGED);
	answered_note(p.answered, 101, ANSWERED_ASIDE);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.decided_ms, 7777);
	ck_assert_int_eq(q.head_least, 52);
	answered_free(&q.answered);
	buf_clear(&text);
}
END_TEST

/* After a quiet time the head may be gone, and all that is needed is what is
   being written. Not said where more is needed. */
START_TEST(metadata_says_what_is_needed)
{
	const struct window_entry entry = { .request_id = SPAN("id"),
		                            .offset = 50 };
	struct buf text = { 0 };
	struct partition q = { .answered = answered_new() };

	offsets_begin(p.offsets, 100);
	offsets_begin(p.offsets, 101);
	p.sequence = 10; /* two are staged */
	p.last_decision = 50;
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 11);
	partition_set_anew(&p, 101);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 0);
	/* the mark that is being written is past it */
	partition_set_anew(&p, 100);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 11);
	partition_set_anew(&p, 0);
	/* several came at once: one above the mark is written with it */
	answered_note(p.answered, 101, ANSWERED_STAGED);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 11);
	ck_assert_int_eq(q.decided_ms, 0);
	answered_forget(p.answered, 101);
	/* it is not in the chain: a gap before the first would hide it */
	answered_note(p.answered, 101, ANSWERED_STAGED_CONFLICT);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 0);
	answered_forget(p.answered, 101);
	answered_note(p.answered, 101, 40); /* by one of another commit */
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 0);
	answered_forget(p.answered, 101);
	answered_note(p.answered, 99, 5); /* to be dropped with the commit */
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 11);
	ck_assert_int_gt(q.decisions_from, 5);
	answered_forget(p.answered, 99);
	window_add(p.window, &entry);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 0);
	window_expire(p.window, INT64_MAX);
	p.sequence = 12; /* nothing is staged */
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.needed_sequence, 0);
	answered_free(&q.answered);
	remembered_free(&q.remembered);
	buf_clear(&text);
}
END_TEST

/* Written by a coordinator before anew_below was. */
START_TEST(old_metadata_is_read)
{
	static const char old[] = "2 100 2 7 9 12 " HEX64 " IA";

	ck_assert(partition_read_metadata(&p, 100, span_str(old)));
	ck_assert_int_eq(p.decisions_from, 2);
	ck_assert_int_eq(p.expected_sequence, 12);
	ck_assert_int_eq(p.anew_below, 0);
	ck_assert_int_eq(p.decided_ms, 0); /* so a gap is a gap */
	ck_assert_int_eq(p.needed_sequence, 0);
	ck_assert_ptr_null(p.remembered);
	ck_assert(answered_has(p.answered, 105));
}
END_TEST

/* A decision that left the window is still read again while the mark is below
   its request. */
START_TEST(decisions_are_kept_for_the_mark)
{
	struct buf text = { 0 };
	struct partition q = { .answered = answered_new() };

	offsets_begin(p.offsets, 100);
	offsets_begin(p.offsets, 101);
	p.last_decision = 50;
	answered_note(p.answered, 101, 40);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.decisions_from, 40);
	answered_drop_below(p.answered, 102);
	ck_assert(partition_read_metadata(&q, 100, span_str(metadata(&text))));
	ck_assert_int_eq(q.decisions_from, 50);
	answered_free(&q.answered);
	buf_clear(&text);
}
END_TEST

/* As many as there may be, wherever the mark is, fit into what brokers take. */
START_TEST(metadata_fits)
{
	struct buf text = { 0 };
	struct partition q = { .answered = answered_new() };
	const int64_t far = INT64_MAX - INT64_C(2) * ANSWERED_SPAN_MAX;

	offsets_begin(p.offsets, far);
	p.last_decision = p.attempts_next = p.results_next = far;
	p.sequence = p.staged_sequence = p.decided_ms = far;
	partition_set_anew(&p, INT64_MAX);
	for (int64_t i = 1; i < ANSWERED_SPAN_MAX; i++)
		answered_note(p.answered, far + i, ANSWERED_ASIDE);
	(void)metadata(&text);
	ck_assert_uint_lt(text.len, 4096);
	ck_assert(partition_read_metadata(&q, far, buf_span(&text)));
	ck_assert_uint_eq(asides_in(q.answered, far, far + ANSWERED_SPAN_MAX),
	                  ANSWERED_SPAN_MAX - 1);
	ck_assert(!answered_has(q.answered, far));
	answered_free(&q.answered);
	remembered_free(&q.remembered);
	buf_clear(&text);
}
END_TEST

START_TEST(an_abort_is_forgotten)
{
	answered_note(p.answered, 101, ANSWERED_ASIDE);
	answered_note(p.answered, 102, ANSWERED_STAGED);
	answered_forget(p.answered, 101);
	answered_forget(p.answered, 102);
	answered_forget(p.answered, 103);
	ck_assert(!partition_is_decided(&p, 101));
	ck_assert(!partition_is_decided(&p, 102));
	ck_assert_uint_eq(asides_in(p.answered, 0, 200), 0);
}
END_TEST

/* An echo names the first request: its decision stays the oldest to read. */
START_TEST(the_first_answer_is_remembered)
{
	answered_note(p.answered, 101, ANSWERED_STAGED);
	ck_assert_int_eq(answered_oldest(p.answered, 100, 99), 99);
	answered_note(p.answered, 101, 20);
	answered_note(p.answered, 101, 30);
	ck_assert_int_eq(answered_oldest(p.answered, 100, 99), 20);
	ck_assert_int_eq(answered_oldest(p.answered, 101, 99), 20);
	ck_assert_int_eq(answered_oldest(p.answered, 102, 99), 99);
	ck_assert(partition_is_decided(&p, 101));
	ck_assert(partition_is_decided(&p, 99)); /* below the mark */
	ck_assert(!partition_is_decided(&p, 100));
}
END_TEST

/* -- against a plain array that is looked through each time -- */

enum { OFFSETS = 3000, STEPS = 20000 };

#define ABSENT INT64_MIN

static int64_t plain[OFFSETS];

static uint32_t drawn(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return (state >> 8) % below;
}

static void plain_note(int64_t offset, int64_t by)
{
	if (plain[offset] == ABSENT || plain[offset] == ANSWERED_STAGED ||
	    plain[offset] == ANSWERED_STAGED_CONFLICT)
		plain[offset] = by;
}

static void compare(const struct answered *a, int64_t mark)
{
	int64_t oldest = INT64_MAX;
	bool decided = false, conflict = false;
	size_t count = 0;

	for (int64_t i = 0; i < OFFSETS; i++) {
		int64_t by = plain[i];

		if (answered_has(a, i) != (by != ABSENT))
			ck_abort_msg("%d is there, or not", (int)i);
		if (by == ABSENT)
			continue;
		count++;
		if (by >= 0 && by < oldest && i >= mark)
			oldest = by;
		decided |= i >= mark && by != ANSWERED_ASIDE;
		conflict |= i >= mark && by == ANSWERED_STAGED_CONFLICT;
	}
	ck_assert_uint_eq(answered_count(a), count);
	ck_assert_int_eq(answered_oldest(a, mark, INT64_MAX), oldest);
	ck_assert_int_eq(answered_any_decided(a, mark), decided);
	ck_assert_int_eq(answered_any_conflict(a, mark), conflict);
}

static void do_something(struct answered *a, int64_t mark, int64_t *by)
{
	static const int64_t kinds[] = { ANSWERED_ASIDE, ANSWERED_STAGED,
		                         ANSWERED_STAGED_CONFLICT };
	int64_t offset = mark + drawn(200);
	uint32_t what = drawn(10);

	if (what < 1) {
		answered_forget(a, offset);
		plain[offset] = ABSENT;
		return;
	}
	/* as a rule they rise */
	int64_t as = what < 6 ? ++*by - (drawn(20) == 0 ? drawn(40) : 0)
	                      : kinds[drawn(3)];

	answered_note(a, offset, as);
	plain_note(offset, as);
}

/* Nothing of what is kept to find things quickly goes astray, whether the mark
   moves by little or by far. */
START_TEST(as_a_plain_list_has_it)
{
	int64_t mark = 0, by = 100;

	for (int i = 0; i < OFFSETS; i++)
		plain[i] = ABSENT;
	for (int i = 0; i < STEPS; i++) {
		do_something(p.answered, mark, &by);
		if (drawn(100) > 0)
			continue;
		int64_t next = mark + drawn(drawn(8) == 0 ? 300 : 20);

		if (next > OFFSETS - 201)
			next = OFFSETS - 201;
		compare(p.answered, next); /* not committed yet */
		answered_drop_below(p.answered, next);
		for (int64_t k = 0; k < next; k++)
			plain[k] = ABSENT;
		mark = next;
		compare(p.answered, mark);
	}
	ck_assert_int_eq(mark, OFFSETS - 201);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("answered");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, metadata_round_trip);
	tcase_add_loop_test(tc, foreign_metadata_changes_nothing, 0,
	                    COUNT(foreign));
	tcase_add_test(tc, anew_until_the_mark_is_past);
	tcase_add_test(tc, metadata_says_when_it_was_decided);
	tcase_add_test(tc, metadata_says_what_is_needed);
	tcase_add_test(tc, old_metadata_is_read);
	tcase_add_test(tc, decisions_are_kept_for_the_mark);
	tcase_add_test(tc, metadata_fits);
	tcase_add_test(tc, an_abort_is_forgotten);
	tcase_add_test(tc, the_first_answer_is_remembered);
	tcase_add_test(tc, as_a_plain_list_has_it);
	return run_case(tc);
}
