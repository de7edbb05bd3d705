/* Every sample record: its bytes decode to the same record again, in every
   encoding that it has. */
#include "tests/wire/samples.h"

#include <check.h>
#include <stdlib.h>

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

static bool is_public(const struct record_type *type)
{
	return type == &request_type || type == &decision_type;
}

static void encode(const struct sample *s, enum encoding e, struct buf *out)
{
	void *record = s->make(arena);

	if (s->type == &request_type)
		request_encode(record, e, out);
	else
		record_encode(s->type, record, e, out);
}

static void check_round_trip(const struct sample *s, enum encoding e)
{
	struct buf first = { 0 }, second = { 0 };

	encode(s, e, &first);
	const char *why =
		sample_recode(s->type, buf_span(&first), e, e, arena, &second);

	ck_assert_msg(why == NULL, "%s: %s", s->name, why);
	ck_assert_msg(span_eq(buf_span(&first), buf_span(&second)),
	              "%s: other bytes after decode and encode", s->name);
	buf_clear(&first);
	buf_clear(&second);
}

START_TEST(survives_messagepack)
{
	check_round_trip(&samples[_i], ENCODING_MSGPACK);
}
END_TEST

/* The JSON of records that travel as MessagePack only is for people and for
   vectors; it holds the same. */
static const char *read_json(const struct record_type *type, struct span json,
                             struct buf *out)
{
	const struct mp_limits limits = { 1 << 20, 16384, MP_DEPTH_MAX };
	void *record = arena_alloc(arena, type->size);
	const char *why = record_decode(type, json, ENCODING_JSON, &limits,
	                                arena, record);

	if (why == NULL)
		record_encode(type, record, ENCODING_JSON, out);
	return why;
}

START_TEST(survives_json)
{
	const struct sample *s = &samples[_i];
	struct buf first = { 0 }, second = { 0 };

	if (is_public(s->type))
		check_round_trip(s, ENCODING_JSON);
	encode(s, ENCODING_JSON, &first);
	if (s->type != &request_type) {
		const char *why = read_json(s->type, buf_span(&first), &second);

		ck_assert_msg(why == NULL, "%s: %s", s->name, why);
		ck_assert_msg(span_eq(buf_span(&first), buf_span(&second)),
		              "%s: other JSON", s->name);
	}
	buf_clear(&first);
	buf_clear(&second);
}
END_TEST

static const struct {
	const char *what, *from, *to, *why;
} broken_json[] = {
	{ "digits that are none", "\"packet\":\"EjSB", "\"packet\":\"E*SB",
	  "packet: value not allowed" },
	{ "padding missing", "wAACBw==", "wAACBw",
	  "address: value not allowed" },
	{ "stray bits", "wAACBw==", "wAACBx==", "address: value not allowed" },
	{ "too long", "wAACBw==", "wAACB2FhYWFhYWFhYWFhYWFhYWFh",
	  "address: too long" },
	{ "a number", "\"wAACBw==\"", "7", "address: wrong type" },
};

START_TEST(reads_base64_strictly)
{
	struct buf json = { 0 }, changed = { 0 }, out = { 0 };

	for (size_t i = 0; i < samples_count; i++) {
		if (strcmp(samples[i].name, "evidence-http") == 0)
			encode(&samples[i], ENCODING_JSON, &json);
	}
	struct span from = span_str(broken_json[_i].from);
	ptrdiff_t at = span_find(buf_span(&json), from);

	ck_assert_msg(at >= 0, "%s: nothing to change", broken_json[_i].what);
	buf_add(&changed, json.p, (size_t)at);
	buf_add_str(&changed, broken_json[_i].to);
	buf_add(&changed, json.p + at + from.len,
	        json.len - (size_t)at - from.len);
	const char *why = read_json(&evidence_type, buf_span(&changed), &out);

	ck_assert_msg(why != NULL, "%s: accepted", broken_json[_i].what);
	ck_assert_str_eq(why, broken_json[_i].why);
	buf_clear(&json);
	buf_clear(&changed);
	buf_clear(&out);
}
END_TEST

/* Every way to cut a record short is refused, as is a byte behind it. */
START_TEST(refuses_parts_and_more)
{
	struct buf whole = { 0 }, out = { 0 };

	encode(&samples[_i], ENCODING_MSGPACK, &whole);
	for (size_t len = 0; len < whole.len; len++) {
		ck_assert_ptr_nonnull(sample_recode(
			samples[_i].type, span_of(whole.p, len),
			ENCODING_MSGPACK, ENCODING_MSGPACK, arena, &out));
		arena_reset(arena);
	}
	buf_add_u8(&whole, 0xc0);
	ck_assert_ptr_nonnull(sample_recode(samples[_i].type, buf_span(&whole),
	                                    ENCODING_MSGPACK, ENCODING_MSGPACK,
	                                    arena, &out));
	buf_clear(&whole);
	buf_clear(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire_records");
	TCase *tc = tcase_create("samples");
	SRunner *runner = srunner_create(suite);
	int n = (int)samples_count;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, survives_messagepack, 0, n);
	tcase_add_loop_test(tc, survives_json, 0, n);
	tcase_add_loop_test(
		tc, reads_base64_strictly, 0,
		(int)(sizeof(broken_json) / sizeof(broken_json[0])));
	tcase_add_loop_test(tc, refuses_parts_and_more, 0, n);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
