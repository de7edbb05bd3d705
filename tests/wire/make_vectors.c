/*
 * Writes schemas/vectors: make_vectors DIRECTORY, which has good/ and bad/.
 *
 * good: every sample's canonical bytes and its JSON twin. bad: a sample with
 * one thing changed, or bytes of their own, and beside it the one line that the
 * decoder answers. Run by hand when a record changes; the files are committed,
 * and tests compare against the files, never against this program.
 */
#include "tests/wire/samples.h"

#include <stdio.h>
#include <stdlib.h>

#define B(literal) SPAN(literal)
#define NOTHING \
	{ \
		NULL, 0 \
	}

/* A sample in which `from` (once) gives way to `to`; no `from`: appended. */
struct patch {
	const char *name; /* of the file: begins with the record's type */
	const char *sample;
	enum encoding encoding;
	struct span from, to;
};

static const struct patch patches[] = {
	{ "check-schema-version-2", "check-http-01", ENCODING_MSGPACK,
	  B("schema_version\x01"), B("schema_version\x02") },
	{ "check-schema-version-missing", "check-http-01", ENCODING_MSGPACK,
	  B("schema_version"), B("schema_versiom") },
	{ "check-duplicate-key", "check-http-01", ENCODING_MSGPACK,
	  B("attempt_id"), B("request_id") },
	{ "check-trailing-byte", "check-http-01", ENCODING_MSGPACK, NOTHING,
	  B("\xc0") },
	{ "check-number-as-text", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"),
	  B("budget_ms\xa3"
	    "30s") },
	{ "check-number-as-bool", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"), B("budget_ms\xc3") },
	{ "check-number-nil", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"), B("budget_ms\xc0") },
	{ "check-number-negative", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"), B("budget_ms\xff") },
	{ "check-number-2-to-64-less-1", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"),
	  B("budget_ms\xcf\xff\xff\xff\xff\xff\xff\xff\xff") },
	{ "check-number-float", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"), B("budget_ms\xca\x46\xea\x60\x00") },
	{ "check-number-nan", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"),
	  B("budget_ms\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00") },
	{ "check-extension-type", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"), B("budget_ms\xd4\x01\x00") },
	{ "check-never-used-head", "check-http-01", ENCODING_MSGPACK,
	  B("budget_ms\xcd\x75\x30"), B("budget_ms\xc1") },
	{ "check-key-not-text", "check-http-01", ENCODING_MSGPACK,
	  B("\xa9"
	    "budget_ms"),
	  B("\x09") },
	{ "check-key-as-bytes", "check-http-01", ENCODING_MSGPACK,
	  B("\xa9"
	    "budget_ms"),
	  B("\xc4\x09"
	    "budget_ms") },
	{ "check-text-as-bytes", "check-http-01", ENCODING_MSGPACK,
	  B("\xaa"
	    "eu-central"),
	  B("\xc4\x0a"
	    "eu-central") },
	{ "check-text-not-utf8", "check-http-01", ENCODING_MSGPACK,
	  B("eu-central"),
	  B("eu-\xff"
	    "entral") },
	{ "check-text-surrogate", "check-http-01", ENCODING_MSGPACK,
	  B("eu-central"),
	  B("eu-\xed\xa0\x80"
	    "tral") },
	{ "check-text-with-nul", "check-http-01", ENCODING_MSGPACK,
	  B("eu-central"),
	  B("eu-\x00"
	    "entral") },
	{ "check-digest-short", "check-http-01", ENCODING_MSGPACK,
	  B("plan\xc4\x20\x10"), B("plan\xc4\x1f") },
	{ "check-digest-as-text", "check-http-01", ENCODING_MSGPACK,
	  B("plan\xc4\x20"), B("plan\xd9\x20") },
	{ "check-optional-enum-future", "check-http-01", ENCODING_MSGPACK,
	  B("\xaa"
	    "tls-server"),
	  B("\xaa"
	    "tls-future") },
	{ "check-list-as-text", "check-http-01", ENCODING_MSGPACK,
	  B("caa_domains\x92\xaa"
	    "ca.example\xab"
	    "pki.example"),
	  B("caa_domains\xaa"
	    "ca.example") },
	{ "check-critical-unknown", "check-http-01", ENCODING_MSGPACK,
	  B("\x8e\xae"
	    "schema_version"),
	  B("\x8f\xa8"
	    "critical\x91\xa6"
	    "future\xae"
	    "schema_version") },
	{ "check-critical-not-a-list", "check-http-01", ENCODING_MSGPACK,
	  B("\x8e\xae"
	    "schema_version"),
	  B("\x8f\xa8"
	    "critical\xa6"
	    "future\xae"
	    "schema_version") },
	{ "check-critical-of-numbers", "check-http-01", ENCODING_MSGPACK,
	  B("\x8e\xae"
	    "schema_version"),
	  B("\x8f\xa8"
	    "critical\x91\x01\xae"
	    "schema_version") },
	{ "result-kind-twice", "result-two-kinds", ENCODING_MSGPACK,
	  B("kind\xa3"
	    "caa"),
	  B("kind\xa3"
	    "dcv") },
	{ "result-kind-unknown", "result-two-kinds", ENCODING_MSGPACK,
	  B("kind\xa3"
	    "caa"),
	  B("kind\xa3"
	    "tlr") },
	{ "result-evidence-as-text", "result-timed-out", ENCODING_MSGPACK,
	  B("\x83\xa4"
	    "kind"),
	  B("\x84\xa8"
	    "evidence\xa1x\xa4"
	    "kind") },
	{ "result-kinds-not-maps", "result-timed-out", ENCODING_MSGPACK,
	  B("kinds\x91"), B("kinds\x92\x01") },
	{ "attempt-number-zero", "attempt-first", ENCODING_MSGPACK,
	  B("number\x01"), B("number\x00") },
	{ "attempt-latitude-91", "attempt-first", ENCODING_MSGPACK,
	  B("latitude_e6\xce\x02\x52\x54\x70"),
	  B("latitude_e6\xce\x05\x6c\x8c\xc0") },
	{ "attempt-key-of-31-bytes", "attempt-first", ENCODING_MSGPACK,
	  B("keys\x92\xc4\x20\x60"), B("keys\x92\xc4\x1f") },
	{ "heartbeat-without-instance", "heartbeat-alive", ENCODING_MSGPACK,
	  B("\xa8"
	    "instance"),
	  B("\xa8"
	    "1nstance") },
	{ "heartbeat-egress-of-numbers", "heartbeat-alive", ENCODING_MSGPACK,
	  B("egress\x92\xa9"
	    "192.0.2.9"),
	  B("egress\x92\x01") },
	{ "evidence-connect-not-a-map", "evidence-http", ENCODING_MSGPACK,
	  B("connects\x92"), B("connects\x93\x01") },
	{ "evidence-status-1000", "evidence-http", ENCODING_MSGPACK,
	  B("status\xcc\xc8"), B("status\xcd\x03\xe8") },
	{ "decision-is-valid-contradicts", "decision-rejected",
	  ENCODING_MSGPACK, B("is_valid\xc2"), B("is_valid\xc3") },
	{ "decision-without-is-valid", "decision-issue", ENCODING_MSGPACK,
	  B("is_valid"), B("is_walid") },
	{ "decision-sequence-negative", "decision-issue", ENCODING_MSGPACK,
	  B("sequence\x4d"), B("sequence\xff") },
	{ "decision-is-valid-contradicts", "decision-issue", ENCODING_JSON,
	  B("\"is_valid\":true"), B("\"is_valid\":false") },
	{ "decision-digest-upper-case", "decision-issue", ENCODING_JSON,
	  B("a0a1a2a3"), B("A0A1A2A3") },
	{ "decision-duplicate-key", "decision-issue", ENCODING_JSON,
	  B("\"outcome\":\"issue\""),
	  B("\"outcome\":\"do-not-issue\",\"outcome\":\"issue\"") },
	{ "request-schema-version-2", "request-full", ENCODING_JSON,
	  B("\"schema_version\":1"), B("\"schema_version\":2") },
	{ "request-duplicate-key", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":5,\"quorum_count\":1") },
	{ "request-duplicate-key-escaped", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"),
	  B("\"quorum_count\":5,\"quorum_\\u0063ount\":1") },
	{ "request-trailing-byte", "request-full", ENCODING_JSON, NOTHING,
	  B("]") },
	{ "request-two-values", "request-full", ENCODING_JSON, NOTHING,
	  B("{}") },
	{ "request-number-as-text", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":\"5\"") },
	{ "request-number-real", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":5.0") },
	{ "request-number-as-bool", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":true") },
	{ "request-number-2-to-64", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":18446744073709551616") },
	{ "request-number-nan", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":NaN") },
	{ "request-number-leading-zero", "request-full", ENCODING_JSON,
	  B("\"quorum_count\":5"), B("\"quorum_count\":05") },
	{ "request-bool-as-text", "request-full", ENCODING_JSON,
	  B("\"allow_lookup_failure\":false"),
	  B("\"allow_lookup_failure\":\"false\"") },
	{ "request-text-with-nul", "request-full", ENCODING_JSON,
	  B("example.com"), B("example\\u0000.com") },
	{ "request-text-not-utf8", "request-full", ENCODING_JSON,
	  B("example.com"),
	  B("ex\xc3"
	    "mple.com") },
	{ "request-text-lone-surrogate", "request-full", ENCODING_JSON,
	  B("example.com"), B("ex\\ud800mple.com") },
	{ "request-enum-unknown", "request-website", ENCODING_JSON,
	  B("\"url_scheme\":\"https\""), B("\"url_scheme\":\"HTTPS\"") },
	{ "request-record-type-lower-case", "request-full", ENCODING_JSON,
	  B("\"TXT\""), B("\"txt\"") },
	{ "request-critical-unknown", "request-small", ENCODING_JSON, B("{"),
	  B("{\"critical\":[\"future\"],") },
	{ "request-method-missing", "request-persistent", ENCODING_JSON,
	  B("\"validation_method\":\"dns-persistent\","), B("") },
	{ "request-without-target", "request-small", ENCODING_JSON,
	  B("\"domain_or_ip_target\":\"example.com\""),
	  B("\"domain\":\"example.com\"") },
	{ "request-target-null", "request-small", ENCODING_JSON,
	  B("\"example.com\""), B("null") },
	{ "request-header-not-text", "request-inferred", ENCODING_JSON,
	  B("\"goodca/1\""), B("7") },
	{ "request-single-quotes", "request-small", ENCODING_JSON,
	  B("\"example.com\""), B("'example.com'") },
	{ "request-byte-order-mark", "request-small", ENCODING_JSON, B("{"),
	  B("\xef\xbb\xbf{") },
	{ "request-comment", "request-small", ENCODING_JSON, B("{"),
	  B("{/* */") },
	{ "request-number-as-text", "request-full", ENCODING_MSGPACK,
	  B("quorum_count\x05"),
	  B("quorum_count\xa1"
	    "5") },
	{ "request-number-float", "request-full", ENCODING_MSGPACK,
	  B("quorum_count\x05"), B("quorum_count\xca\x40\xa0\x00\x00") },
	{ "request-critical-unknown", "request-small", ENCODING_MSGPACK,
	  B("\x82"),
	  B("\x83\xa8"
	    "critical\x91\xa6"
	    "future") },
	{ "request-duplicate-key", "request-small", ENCODING_MSGPACK, B("\x82"),
	  B("\x83\xaa"
	    "check_type\xc0") },
};

/* Bytes that are no sample: `head`, then `body` so many times, then `tail`. */
struct made {
	const char *name;
	enum encoding encoding;
	struct span head, body;
	size_t times;
	struct span tail;
};

static const struct made made[] = {
	{ "request-empty", ENCODING_MSGPACK, NOTHING, NOTHING, 0, NOTHING },
	{ "request-empty", ENCODING_JSON, NOTHING, NOTHING, 0, NOTHING },
	{ "request-not-a-map", ENCODING_MSGPACK, B("\x92\x01\x02"), NOTHING, 0,
	  NOTHING },
	{ "request-not-a-map", ENCODING_JSON, B("[1,2]"), NOTHING, 0, NOTHING },
	{ "request-bomb-array-2-to-26", ENCODING_MSGPACK,
	  B("\xdd\x04\x00\x00\x00"), NOTHING, 0, NOTHING },
	{ "request-bomb-map-3-times-2-to-24", ENCODING_MSGPACK,
	  B("\xdf\x03\x00\x00\x00"), NOTHING, 0, NOTHING },
	{ "request-bomb-array-2-to-32-less-1", ENCODING_MSGPACK,
	  B("\xdd\xff\xff\xff\xff"), NOTHING, 0, NOTHING },
	{ "request-bomb-nested-arrays-of-a-million", ENCODING_MSGPACK, NOTHING,
	  B("\xdd\x00\x0f\x42\x40"), 31, NOTHING },
	{ "request-bomb-depth-33", ENCODING_MSGPACK, NOTHING, B("\x91"), 33,
	  B("\xc0") },
	{ "request-depth-11", ENCODING_MSGPACK, B("\x81\xa1x"), B("\x91"), 10,
	  B("\xc0") },
	{ "request-depth-33", ENCODING_JSON, B("{\"x\":"), B("["), 32,
	  B("1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}") },
	{ "request-depth-5000", ENCODING_JSON, B("{\"x\":"), B("["), 5000,
	  NOTHING },
	{ "request-too-many-elements", ENCODING_MSGPACK,
	  B("\x81\xa1x\xdc\x10\x00"), B("\x01"), 4096, NOTHING },
	{ "request-too-many-elements", ENCODING_JSON, B("{\"x\":[1"), B(",1"),
	  4095, B("]}") },
	{ "request-target-too-long", ENCODING_JSON,
	  B("{\"check_type\":\"caa\",\"domain_or_ip_target\":\""), B("a"), 513,
	  B("\"}") },
	{ "request-cut-short", ENCODING_JSON, B("{\"check_type\":\"caa\","),
	  NOTHING, 0, NOTHING },
	{ "request-text-announces-4-gb", ENCODING_MSGPACK,
	  B("\x81\xdb\xff\xff\xff\xff"
	    "x"),
	  NOTHING, 0, NOTHING },
	{ "heartbeat-oversized", ENCODING_MSGPACK, B("\x81\xa1x\xc5\x1f\xfa"),
	  B("x"), 8187, NOTHING },
	{ "heartbeat-empty-map", ENCODING_MSGPACK, B("\x80"), NOTHING, 0,
	  NOTHING },
};

static void write_file(const char *directory, const char *name,
                       const char *suffix, struct span bytes)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(bytes.p, 1, bytes.len, file) != bytes.len ||
	    fclose(file) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
}

static const char *suffix_of(enum encoding e)
{
	return e == ENCODING_JSON ? ".json" : ".msgpack";
}

static void encode_sample(const struct sample *s, enum encoding e,
                          struct arena *arena, struct buf *out)
{
	void *record = s->make(arena);

	if (s->type == &request_type)
		request_encode(record, e, out);
	else
		record_encode(s->type, record, e, out);
}

static void write_good(const char *directory, struct arena *arena)
{
	static const enum encoding both[] = { ENCODING_MSGPACK, ENCODING_JSON };

	for (size_t i = 0; i < 2 * samples_count; i++) {
		struct buf out = { 0 };
		enum encoding e = both[i % 2];

		encode_sample(&samples[i / 2], e, arena, &out);
		write_file(directory, samples[i / 2].name, suffix_of(e),
		           buf_span(&out));
		buf_clear(&out);
	}
}

/* Writes the bytes and what the decoder says of them, which must be no. */
static void write_refused(const char *directory, const char *name,
                          enum encoding e, struct span bytes,
                          struct arena *arena)
{
	struct buf out = { 0 }, line = { 0 };
	char suffix[32];
	const char *why =
		sample_recode(sample_type(name), bytes, e, e, arena, &out);

	if (why == NULL) {
		(void)fprintf(stderr, "%s%s: accepted\n", name, suffix_of(e));
		exit(EXIT_FAILURE);
	}
	write_file(directory, name, suffix_of(e), bytes);
	buf_printf(&line, "%s\n", why);
	(void)snprintf(suffix, sizeof(suffix), "%s.why", suffix_of(e));
	write_file(directory, name, suffix, buf_span(&line));
	buf_clear(&line);
	buf_clear(&out);
}

static const struct sample *sample_named(const char *name)
{
	for (size_t i = 0; i < samples_count; i++) {
		if (strcmp(samples[i].name, name) == 0)
			return &samples[i];
	}
	(void)fprintf(stderr, "%s: no such sample\n", name);
	exit(EXIT_FAILURE);
}

static void write_patched(const char *directory, const struct patch *p,
                          struct arena *arena)
{
	struct buf whole = { 0 }, out = { 0 };

	encode_sample(sample_named(p->sample), p->encoding, arena, &whole);
	ptrdiff_t at = p->from.p == NULL ? (ptrdiff_t)whole.len
	                                 : span_find(buf_span(&whole), p->from);

	if (at < 0) {
		(void)fprintf(stderr, "%s: nothing to change\n", p->name);
		exit(EXIT_FAILURE);
	}
	buf_add(&out, whole.p, (size_t)at);
	buf_add_span(&out, p->to);
	size_t rest = (size_t)at + p->from.len;

	buf_add(&out, whole.p + rest, whole.len - rest);
	write_refused(directory, p->name, p->encoding, buf_span(&out), arena);
	buf_clear(&whole);
	buf_clear(&out);
}

static void write_made(const char *directory, const struct made *m,
                       struct arena *arena)
{
	struct buf out = { 0 };

	buf_add_span(&out, m->head);
	for (size_t i = 0; i < m->times; i++)
		buf_add_span(&out, m->body);
	buf_add_span(&out, m->tail);
	write_refused(directory, m->name, m->encoding, buf_span(&out), arena);
	buf_clear(&out);
}

int main(int argc, char **argv)
{
	char good[256], bad[256];

	if (argc != 2) {
		(void)fputs("make_vectors DIRECTORY\n", stderr);
		return EXIT_FAILURE;
	}
	(void)snprintf(good, sizeof(good), "%s/good", argv[1]);
	(void)snprintf(bad, sizeof(bad), "%s/bad", argv[1]);

	struct arena *arena = arena_new();

	write_good(good, arena);
	for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++)
		write_patched(bad, &patches[i], arena);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		write_made(bad, &made[i], arena);
	arena_free(&arena);
	return EXIT_SUCCESS;
}
