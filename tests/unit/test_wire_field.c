/* The engine's rules, on real records: what is ignored, what is refused, what
   the canonical bytes are, and that ceilings hold together. */
#include "wire/field.h"

#include "wire/attempt.h"
#include "wire/check.h"
#include "wire/decision.h"
#include "wire/evidence.h"
#include "wire/heartbeat.h"
#include "wire/result.h"
#include "wire/tables.h"
#include "wire/writer.h"

#include <check.h>
#include <stdlib.h>

static struct arena *arena;
static struct buf out;

static void setup(void)
{
	arena = arena_new();
	out = (struct buf){ 0 };
}

static void teardown(void)
{
	arena_free(&arena);
	buf_clear(&out);
}

/* -- canonical bytes, one value at a time */

static const struct {
	int64_t v;
	struct span packed;
	const char *json;
} ints[] = {
	{ 0, SPAN("\x00"), "0" },
	{ 127, SPAN("\x7f"), "127" },
	{ 128, SPAN("\xcc\x80"), "128" },
	{ 255, SPAN("\xcc\xff"), "255" },
	{ 256, SPAN("\xcd\x01\x00"), "256" },
	{ 65536, SPAN("\xce\x00\x01\x00\x00"), "65536" },
	{ INT64_C(4294967296), SPAN("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
	  "4294967296" },
	{ INT64_MAX, SPAN("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"),
	  "9223372036854775807" },
	{ -1, SPAN("\xff"), "-1" },
	{ -32, SPAN("\xe0"), "-32" },
	{ -33, SPAN("\xd0\xdf"), "-33" },
	{ -129, SPAN("\xd1\xff\x7f"), "-129" },
	{ -32769, SPAN("\xd2\xff\xff\x7f\xff"), "-32769" },
	{ INT64_MIN, SPAN("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
	  "-9223372036854775808" },
};

START_TEST(writes_shortest_integers)
{
	struct writer w;

	writer_init(&w, ENCODING_MSGPACK, &out);
	write_int(&w, ints[_i].v);
	ck_assert(span_eq(buf_span(&out), ints[_i].packed));
	out.len = 0;
	writer_init(&w, ENCODING_JSON, &out);
	write_int(&w, ints[_i].v);
	ck_assert(span_is(buf_span(&out), ints[_i].json));
}
END_TEST

static const struct {
	const char *what;
	struct span text;
	const char *json;
} texts[] = {
	{ "absent", { NULL, 0 }, "\"\"" },
	{ "plain", SPAN("a/b"), "\"a/b\"" },
	{ "quotes", SPAN("\"\\"), "\"\\\"\\\\\"" },
	{ "short escapes", SPAN("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
	{ "long escapes", SPAN("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"" },
	{ "beyond ASCII", SPAN("\xc3\xa4\xf0\x9f\x94\x92"),
	  "\"\xc3\xa4\xf0\x9f\x94\x92\"" },
	{ "not UTF-8",
	  SPAN("a\xff"
	       "b\xc3"),
	  "\"a?b?\"" },
	{ "NUL",
	  SPAN("a\x00"
	       "b"),
	  "\"a?b\"" },
	{ "surrogate", SPAN("\xed\xa0\x80"), "\"???\"" },
	{ "good among bad", SPAN("\xff\xc3\xa4\xff"), "\"?\xc3\xa4?\"" },
};

START_TEST(writes_texts)
{
	struct writer w;

	writer_init(&w, ENCODING_JSON, &out);
	write_text(&w, texts[_i].text);
	ck_assert_msg(span_is(buf_span(&out), texts[_i].json), "%s: %.*s",
	              texts[_i].what, SPAN_ARG(buf_span(&out)));

	/* In MessagePack the same text, and one that its reader takes. */
	out.len = 0;
	writer_init(&w, ENCODING_MSGPACK, &out);
	write_text(&w, texts[_i].text);
	struct mp_limits limits = { 100, 1, 1 };

	ck_assert_ptr_null(mp_scan(buf_span(&out), &limits));
}
END_TEST

/* The whole of a small record, spelt out. */
START_TEST(writes_canonical_bytes)
{
	struct heartbeat h = { .perspective = SPAN("p"),
		               .instance = SPAN("i"),
		               .wall_ms = 1,
		               .started_ms = 1,
		               .resolver = SPAN("r"),
		               .versions = SPAN("v") };

	heartbeat_encode(&h, &out);
	ck_assert(span_eq(buf_span(&out),
	                  SPAN("\x8d\xae"
	                       "schema_version\x01\xb0"
	                       "perspective_code\xa1"
	                       "p\xa8"
	                       "instance\xa1"
	                       "i\xa7"
	                       "wall_ms\x01\xaa"
	                       "started_ms\x01\xa8"
	                       "draining\xc2\xa8"
	                       "resolver\xa1"
	                       "r\xa8"
	                       "versions\xa1"
	                       "v\xbc"
	                       "vulnerable_resolver_accepted\xc2\xa6"
	                       "probes\x00\xac"
	                       "probe_deaths\x00\xa9"
	                       "in_flight\x00\xad"
	                       "in_flight_max\x00")));
}
END_TEST

/* -- reading */

static const struct {
	const char *what;
	struct span extra; /* pairs put in front of a good heartbeat's */
	unsigned pairs;
	const char *why;
} envelopes[] = {
	{ "nothing", { NULL, 0 }, 0, NULL },
	{ "an unknown field",
	  SPAN("\xa1"
	       "x\x93\x01\x02\x80"),
	  1, NULL },
	{ "an optional field that is nil",
	  SPAN("\xa6"
	       "egress\xc0"),
	  1, NULL },
	{ "critical: none",
	  SPAN("\xa8"
	       "critical\x90"),
	  1, NULL },
	{ "critical: nil",
	  SPAN("\xa8"
	       "critical\xc0"),
	  1, NULL },
	{ "critical: known",
	  SPAN("\xa8"
	       "critical\x92\xa7"
	       "wall_ms\xa8"
	       "critical"),
	  1, NULL },
	{ "critical: an optional one that is absent",
	  SPAN("\xa8"
	       "critical\x91\xa6"
	       "egress"),
	  1, NULL },
	{ "critical: unknown and absent",
	  SPAN("\xa8"
	       "critical\x91\xa1"
	       "x"),
	  1, "a critical field is not understood" },
	{ "critical: unknown and there",
	  SPAN("\xa8"
	       "critical\x91\xa1"
	       "x\xa1"
	       "x\x01"),
	  2, "a critical field is not understood" },
	{ "critical: no list",
	  SPAN("\xa8"
	       "critical\xa1"
	       "x"),
	  1, "critical: wrong type" },
	{ "critical: no names",
	  SPAN("\xa8"
	       "critical\x91\x01"),
	  1, "critical: wrong type" },
	{ "critical: too many",
	  SPAN("\xa8"
	       "critical\xdc\x00\x11\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0"
	       "\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0\xc0"),
	  1, "critical: too long" },
};

START_TEST(reads_the_envelope)
{
	struct heartbeat h = { .perspective = SPAN("p"),
		               .instance = SPAN("i") };
	struct heartbeat got = { .probes = 77 };
	struct buf value = { 0 };

	heartbeat_encode(&h, &out);
	buf_add_u8(&value, 0xde);
	buf_add_u8(&value, 0);
	buf_add_u8(&value, (uint8_t)((out.p[0] & 0x0f) + envelopes[_i].pairs));
	buf_add_span(&value, envelopes[_i].extra);
	buf_add(&value, out.p + 1, out.len - 1);
	const char *why = heartbeat_decode(buf_span(&value), arena, &got);

	buf_clear(&value);
	ck_assert_msg((why == NULL) == (envelopes[_i].why == NULL), "%s: %s",
	              envelopes[_i].what, why != NULL ? why : "accepted");
	if (why == NULL) {
		ck_assert(span_is(got.perspective, "p"));
		return;
	}
	ck_assert_str_eq(why, envelopes[_i].why);
	ck_assert_int_eq(got.probes, 77); /* untouched */
}
END_TEST

/* Fields in another order, numbers in wider forms: read all the same. */
START_TEST(reads_other_writers)
{
	struct record_ref ref = { .partition = 0 };
	struct mp_limits limits = { 100, 10, 2 };

	ck_assert_ptr_null(
		record_decode(&record_ref_type,
	                      SPAN("\x83\xa6"
	                           "digest\xc5\x00\x20"
	                           "0123456789abcdef0123456789abcdef\xa6"
	                           "offset"
	                           "\xd3\x00\x00\x00\x00\x00\x00\x00\x07\xa9"
	                           "partition"
	                           "\xcf\x00\x00\x00\x00\x00\x00\x00\x03"),
	                      ENCODING_MSGPACK, &limits, arena, &ref));
	ck_assert_int_eq(ref.offset, 7);
	ck_assert_int_eq(ref.partition, 3);
	ck_assert_uint_eq(ref.digest.b[31], 'f');
}
END_TEST

/* A newer writer's enum values: seen as unknown where required. */
START_TEST(shows_unknown_enums)
{
	struct result r = { .kinds_count = 1 }, got = { 0 };

	r.kinds[0] = (struct kind_result){
		.result_class = (enum result_class)60,
		.reason = (enum reason)9999,
	};
	result_encode(&r, &out);
	ck_assert_int_ge(span_find(buf_span(&out), SPAN("\xa7"
	                                                "unknown")),
	                 0);
	ck_assert_ptr_null(result_decode(buf_span(&out), arena, &got));
	ck_assert_int_eq(got.kinds[0].result_class, CLASS_UNKNOWN);
	ck_assert_int_eq(got.kinds[0].reason, REASON_UNKNOWN);
	ck_assert_ptr_eq(result_kind(&got, KIND_DCV), &got.kinds[0]);
	ck_assert_ptr_null(result_kind(&got, KIND_CAA));
}
END_TEST

/* The arena has it all: the bytes it came from may go. */
START_TEST(copies_everything)
{
	struct check c = { .request_id = SPAN("id"),
		           .match_value = SPAN("\xff\x00") };
	struct check got = { 0 };

	check_encode(&c, &out);
	ck_assert_ptr_null(check_decode(buf_span(&out), arena, &got));
	memset(out.p, 0xee, out.len);
	ck_assert(span_is(got.request_id, "id"));
	ck_assert(span_eq(got.match_value, SPAN("\xff\x00")));
}
END_TEST

START_TEST(tells_absent_from_empty)
{
	struct check c = { .account_uri = { NULL, 0 } }, got = { 0 };

	check_encode(&c, &out);
	ck_assert_ptr_null(check_decode(buf_span(&out), arena, &got));
	ck_assert_ptr_null(got.account_uri.p);

	out.len = 0;
	c.account_uri = SPAN("");
	check_encode(&c, &out);
	ck_assert_ptr_null(check_decode(buf_span(&out), arena, &got));
	ck_assert_ptr_nonnull(got.account_uri.p);
	ck_assert_uint_eq(got.account_uri.len, 0);
}
END_TEST

/* is_valid follows from the outcome alone. */
START_TEST(derives_is_valid)
{
	struct decision d = { .partitions = 1 }, got = { 0 };
	enum encoding e;

	for (int o = OUTCOME_UNKNOWN; o <= OUTCOME_REJECTED; o++) {
		d.outcome = (enum outcome)o;
		ck_assert_int_eq(decision_is_valid(&d),
		                 o == OUTCOME_ISSUE ||
		                         o == OUTCOME_CORROBORATED);
		out.len = 0;
		decision_encode(&d, ENCODING_JSON, &out);
		ck_assert_ptr_null(
			decision_decode(buf_span(&out), arena, &got, &e));
		ck_assert_int_eq(e, ENCODING_JSON);
		ck_assert_int_eq(span_find(buf_span(&out),
		                           SPAN("\"is_valid\":true")) >= 0,
		                 decision_is_valid(&d));
	}
}
END_TEST

/* -- ceilings */

static struct span filled(size_t n)
{
	uint8_t *p = arena_alloc(arena, n);

	memset(p, 'a', n);
	return span_of(p, n);
}

static const struct {
	const char *what;
	size_t most;
	size_t member; /* offset of a span in struct check */
} check_texts[] = {
	{ "request_id", MAX_ID, offsetof(struct check, request_id) },
	{ "attempt_id", MAX_ATTEMPT_ID, offsetof(struct check, attempt_id) },
	{ "perspective_code", MAX_CODE, offsetof(struct check, perspective) },
	{ "domain_or_ip_target", MAX_TARGET, offsetof(struct check, target) },
	{ "account_uri", MAX_URI, offsetof(struct check, account_uri) },
	{ "match_value", MAX_VALUE, offsetof(struct check, match_value) },
};

START_TEST(keeps_text_ceilings)
{
	struct check c = { .budget_ms = 0 }, got;
	struct span *text = (void *)((uint8_t *)&c + check_texts[_i].member);

	*text = filled(check_texts[_i].most);
	check_encode(&c, &out);
	ck_assert_ptr_null(check_decode(buf_span(&out), arena, &got));

	out.len = 0;
	*text = filled(check_texts[_i].most + 1);
	check_encode(&c, &out);
	const char *why = check_decode(buf_span(&out), arena, &got);

	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(
		why, arena_printf(arena, "%s: too long", check_texts[_i].what));
}
END_TEST

static struct text_list filled_list(size_t count, size_t each)
{
	struct text_list list = { .items = arena_calloc(arena, count,
		                                        sizeof(struct span)),
		                  .count = count };

	for (size_t i = 0; i < count; i++)
		list.items[i] = filled(each);
	return list;
}

/* Whatever a valid Request holds, its Check fits. */
START_TEST(largest_check_fits)
{
	struct http_header *headers =
		arena_calloc(arena, MAX_HEADERS, sizeof(*headers));
	struct check c = {
		.request_id = filled(MAX_ID),
		.attempt_id = filled(MAX_ATTEMPT_ID),
		.perspective = filled(MAX_CODE),
		.check_set = SET_DCV | SET_CAA,
		.target = filled(MAX_TARGET),
		.dcv = { .present = true,
		         .validation_method_text = filled(MAX_WORD),
		         .challenge_value = filled(MAX_VALUE),
		         .http_token_path = filled(MAX_URI),
		         .http_headers = headers,
		         .http_headers_count = MAX_HEADERS,
		         .match_regex = filled(MAX_PATTERN),
		         .dns_name_prefix = filled(MAX_PREFIX),
		         .token = filled(MAX_VALUE),
		         .key_authorization = filled(MAX_VALUE),
		         .key_authorization_hash = filled(MAX_HASH),
		         .issuer_domain_names =
		                 filled_list(MAX_ISSUERS, MAX_NAME),
		         .expected_account_uri = filled(MAX_URI),
		         .authorization_domain_name = filled(MAX_TARGET) },
		.caa = { .present = true,
		         .caa_domains =
		                 filled_list(MAX_CAA_DOMAINS, MAX_NAME) },
		.account_uri = filled(MAX_URI),
		.match_value = filled(MAX_VALUE),
		.deadline_ms = INT64_MAX,
		.budget_ms = INT64_MAX,
		.results_partition = INT32_MAX,
	};
	struct check got;

	/* Each its own name: a map has no key twice. */
	for (size_t i = 0; i < MAX_HEADERS; i++) {
		uint8_t *name = arena_alloc(arena, MAX_HEADER);

		memset(name, 'a' + (int)i, MAX_HEADER);
		headers[i].name = span_of(name, MAX_HEADER);
		headers[i].value = filled(MAX_HEADER);
	}
	check_encode(&c, &out);
	ck_assert_uint_le(out.len, CHECK_MAX);
	ck_assert_ptr_null(check_decode(buf_span(&out), arena, &got));
	ck_assert_uint_eq(got.dcv.http_headers_count, MAX_HEADERS);
}
END_TEST

/* Every perspective with every key. */
START_TEST(largest_attempt_fits)
{
	struct planned_perspective *p =
		arena_calloc(arena, ATTEMPT_PERSPECTIVES_MAX, sizeof(*p));
	struct attempt a = { .partitions = 1,
		             .number = 1,
		             .target = filled(MAX_TARGET),
		             .request_id = filled(MAX_ID),
		             .perspectives = p,
		             .perspectives_count = ATTEMPT_PERSPECTIVES_MAX };
	struct attempt got;

	for (size_t i = 0; i < ATTEMPT_PERSPECTIVES_MAX; i++) {
		p[i].code = filled(MAX_CODE);
		p[i].rir = filled(8);
		p[i].place.latitude_e6 = -90000000;
		p[i].place.longitude_e6 = -180000000;
		p[i].resolver_place = p[i].place;
		p[i].keys_count = ATTEMPT_KEYS_MAX;
		p[i].keys = arena_calloc(arena, ATTEMPT_KEYS_MAX,
		                         sizeof(struct digest));
	}
	attempt_encode(&a, &out);
	ck_assert_uint_le(out.len, ATTEMPT_MAX);
	ck_assert_ptr_null(attempt_decode(buf_span(&out), arena, &got));
	ck_assert_uint_eq(got.perspectives[31].keys_count, ATTEMPT_KEYS_MAX);

	out.len = 0;
	p[0].keys_count = ATTEMPT_KEYS_MAX + 1;
	p[0].keys = arena_calloc(arena, ATTEMPT_KEYS_MAX + 1,
	                         sizeof(struct digest));
	attempt_encode(&a, &out);
	ck_assert_str_eq(attempt_decode(buf_span(&out), arena, &got),
	                 "keys: too long");
}
END_TEST

/* The most lookups, hops and connections stay below the count of elements. */
START_TEST(largest_evidence_is_read)
{
	struct evidence e = {
		.dns = arena_calloc(arena, EVIDENCE_DNS_MAX,
		                    sizeof(struct dns_evidence)),
		.dns_count = EVIDENCE_DNS_MAX,
		.http = arena_calloc(arena, EVIDENCE_HOPS_MAX,
		                     sizeof(struct http_evidence)),
		.http_count = EVIDENCE_HOPS_MAX,
		.tls = arena_calloc(arena, EVIDENCE_HANDSHAKES_MAX,
		                    sizeof(struct tls_evidence)),
		.tls_count = EVIDENCE_HANDSHAKES_MAX,
		.fault = SPAN("x"),
	};
	struct evidence got;

	for (size_t i = 0; i < EVIDENCE_DNS_MAX; i++) {
		e.dns[i].packet = filled(512);
		e.dns[i].why_bogus = filled(100);
	}
	for (size_t i = 0; i < EVIDENCE_HOPS_MAX; i++) {
		e.http[i].connects =
			arena_calloc(arena, EVIDENCE_CONNECTS_MAX,
		                     sizeof(struct connect_evidence));
		e.http[i].connects_count = EVIDENCE_CONNECTS_MAX;
		e.http[i].status = 200;
		e.http[i].headers = e.http[i].body = e.http[i].certificate =
			filled(100);
		for (size_t k = 0; k < EVIDENCE_CONNECTS_MAX; k++)
			e.http[i].connects[k].error = filled(20);
	}
	for (size_t i = 0; i < EVIDENCE_HANDSHAKES_MAX; i++) {
		e.tls[i].connects = e.http[0].connects;
		e.tls[i].connects_count = EVIDENCE_CONNECTS_MAX;
		e.tls[i].version = 0x0304;
		e.tls[i].alert = SOME_INT(255);
		e.tls[i].cipher = e.tls[i].protocol = e.tls[i].error =
			filled(60);
		e.tls[i].certificate = filled(EVIDENCE_CERTIFICATE_MAX);
	}
	evidence_encode(&e, &out);
	ck_assert_ptr_null(evidence_decode(buf_span(&out), arena, &got));
	ck_assert_uint_eq(got.dns_count, EVIDENCE_DNS_MAX);
	ck_assert_uint_eq(got.tls_count, EVIDENCE_HANDSHAKES_MAX);
	ck_assert_uint_eq(got.http[10].connects_count, EVIDENCE_CONNECTS_MAX);
}
END_TEST

/* Two full pieces of evidence and every text at its ceiling. */
START_TEST(largest_result_fits)
{
	struct result r = { .request_id = filled(MAX_ID),
		            .attempt_id = filled(MAX_ATTEMPT_ID),
		            .perspective = filled(MAX_CODE),
		            .instance = filled(MAX_CODE),
		            .versions = filled(MAX_VERSIONS),
		            .kinds_count = KIND_COUNT };
	struct result got;

	for (int k = 0; k < KIND_COUNT; k++)
		r.kinds[k] = (struct kind_result){
			.kind = (enum check_kind)k,
			.detail = filled(RESULT_DETAIL_MAX),
			.authorization_domain_name = filled(MAX_TARGET),
			.observed = filled(MAX_VALUE),
			.evidence = filled(RESULT_EVIDENCE_MAX),
		};
	result_encode(&r, &out);
	ck_assert_uint_le(out.len, RESULT_MAX);
	ck_assert_ptr_null(result_decode(buf_span(&out), arena, &got));
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	Suite *suite = suite_create("wire_field");
	TCase *tc = tcase_create("engine");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, writes_shortest_integers, 0, COUNT(ints));
	tcase_add_loop_test(tc, writes_texts, 0, COUNT(texts));
	tcase_add_test(tc, writes_canonical_bytes);
	tcase_add_loop_test(tc, reads_the_envelope, 0, COUNT(envelopes));
	tcase_add_test(tc, reads_other_writers);
	tcase_add_test(tc, shows_unknown_enums);
	tcase_add_test(tc, copies_everything);
	tcase_add_test(tc, tells_absent_from_empty);
	tcase_add_test(tc, derives_is_valid);
	tcase_add_loop_test(tc, keeps_text_ceilings, 0, COUNT(check_texts));
	tcase_add_test(tc, largest_check_fits);
	tcase_add_test(tc, largest_attempt_fits);
	tcase_add_test(tc, largest_evidence_is_read);
	tcase_add_test(tc, largest_result_fits);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
