/* The chunked transfer coding, however it is cut into reads (RFC 9112, 7.1;
 */
#include "probe/http_chunks.h"

#include "base/buf.h"
#include "tests/support/run.h"
#include "wire/evidence.h"

#include <string.h>

#define S(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct {
	const char *what;
	struct span in;
	enum http_chunks_result want;
	const char *body;
	size_t left; /* bytes behind the end */
} rows[] = {
	{ "two chunks", S("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), CHUNKS_DONE, "abc",
	  0 },
	{ "digits of both cases", S("a\r\n0123456789\r\n0A\r\n0123456789\r\n"),
	  CHUNKS_GO_ON, "01234567890123456789", 0 },
	{ "an extension", S("1;a=\"b;c\"\r\nx\r\n0;z\r\n\r\n"), CHUNKS_DONE,
	  "x", 0 },
	{ "white space before one", S("1 \t;a\r\nx\r\n0\r\n\r\n"), CHUNKS_DONE,
	  "x", 0 },
	{ "a trailer", S("0\r\nA: b\r\nC: d\r\n\r\n"), CHUNKS_DONE, "", 0 },
	{ "more behind the end", S("0\r\n\r\nmore"), CHUNKS_DONE, "", 4 },
	{ "zeros before", S("0000000000000001\r\nx\r\n0\r\n\r\n"), CHUNKS_DONE,
	  "x", 0 },
	{ "all of 63 bits", S("7fffffffffffffff\r\nx"), CHUNKS_GO_ON, "x", 0 },
	{ "not begun", S(""), CHUNKS_GO_ON, "", 0 },
	{ "cut in a size", S("1"), CHUNKS_GO_ON, "", 0 },
	{ "cut before the last line", S("1\r\nx\r\n0\r\n"), CHUNKS_GO_ON, "x",
	  0 },

	{ "no digit", S("\r\nx"), CHUNKS_BAD, "", 0 },
	{ "a sign", S("+1\r\nx"), CHUNKS_BAD, "", 0 },
	{ "a minus", S("-1\r\nx"), CHUNKS_BAD, "", 0 },
	{ "0x", S("0x1\r\nx"), CHUNKS_BAD, "", 0 },
	{ "space before the size", S(" 1\r\nx"), CHUNKS_BAD, "", 0 },
	{ "64 bits", S("8000000000000000\r\nx"), CHUNKS_BAD, "", 0 },
	{ "17 digits", S("00000000000000001\r\nx"), CHUNKS_BAD, "", 0 },
	{ "LF alone", S("1\nx\n0\n\n"), CHUNKS_BAD, "", 0 },
	{ "CR alone", S("1\rx\r\n"), CHUNKS_BAD, "", 0 },
	{ "LF in an extension", S("1;a\nx\r\n0\r\n\r\n"), CHUNKS_BAD, "", 0 },
	{ "NUL in an extension", S("1;\0\r\nx\r\n"), CHUNKS_BAD, "", 0 },
	{ "no line end behind data", S("1\r\nx0\r\n\r\n"), CHUNKS_BAD, "x", 0 },
	{ "more data than said", S("1\r\nxy\r\n"), CHUNKS_BAD, "x", 0 },
	{ "LF behind data", S("1\r\nx\n0\r\n\r\n"), CHUNKS_BAD, "x", 0 },
	{ "LF in the trailers", S("0\r\nA: b\n\n"), CHUNKS_BAD, "", 0 },
	{ "LF at the end", S("0\r\n\n"), CHUNKS_BAD, "", 0 },
};

static enum http_chunks_result read_in_steps(struct span in, size_t step,
                                             struct buf *body, size_t *left)
{
	struct http_chunks c = { 0 };
	enum http_chunks_result result = CHUNKS_GO_ON;

	while (in.len > 0 && result == CHUNKS_GO_ON) {
		struct span part = span_sub(in, 0, step);
		struct span data;

		in = span_sub(in, part.len, in.len);
		while (part.len > 0 && result == CHUNKS_GO_ON) {
			result = http_chunks_take(&c, &part, &data);
			buf_add_span(body, data);
		}
		*left = in.len + part.len;
	}
	return result;
}

START_TEST(chunks_are_read)
{
	for (size_t step = 1; step <= rows[_i].in.len + 1; step++) {
		struct buf body = { 0 };
		size_t left = 0;
		enum http_chunks_result result =
			read_in_steps(rows[_i].in, step, &body, &left);

		ck_assert_msg(result == rows[_i].want, "%s in steps of %zu: %d",
		              rows[_i].what, step, (int)result);
		ck_assert_msg(span_is(buf_span(&body), rows[_i].body),
		              "%s in steps of %zu", rows[_i].what, step);
		ck_assert_msg(result != CHUNKS_DONE || left == rows[_i].left,
		              "%s: %zu left", rows[_i].what, left);
		buf_clear(&body);
	}
}
END_TEST

/* what repeats for ever, and where that ends. */
static const struct {
	const char *what;
	const char *first;
	const char *again;
	enum http_chunks_result want;
	size_t most;
} floods[] = {
	{ "an extension", "1;", "xxxxxxxx", CHUNKS_FRAMING_LARGE,
	  CHUNK_FRAMING_MAX },
	{ "chunks of one byte", "", "1\r\nx\r\n", CHUNKS_FRAMING_LARGE,
	  (size_t)CHUNK_FRAMING_MAX * 2 },
	{ "a trailer", "0\r\nA: ", "xxxxxxxx", CHUNKS_TRAILERS_LARGE,
	  (size_t)CHUNK_TRAILERS_MAX * 2 },
	{ "trailers", "0\r\n", "A: b\r\n", CHUNKS_TRAILERS_LARGE,
	  (size_t)CHUNK_TRAILERS_MAX * 2 },
	{ "zeros", "", "00000000", CHUNKS_BAD, (size_t)CHUNK_DIGITS_MAX * 2 },
};

START_TEST(floods_end)
{
	struct http_chunks c = { 0 };
	struct span in = span_str(floods[_i].first);
	enum http_chunks_result result = CHUNKS_GO_ON;
	size_t taken = 0;
	struct span data;

	while (result == CHUNKS_GO_ON) {
		if (in.len == 0)
			in = span_str(floods[_i].again);
		taken += in.len;
		result = http_chunks_take(&c, &in, &data);
		ck_assert_msg(taken < floods[_i].most + 1000,
		              "%s: %zu bytes taken", floods[_i].what, taken);
	}
	ck_assert_msg(result == floods[_i].want, "%s: %d", floods[_i].what,
	              (int)result);
}
END_TEST

/* As many chunks as a body has bytes is odd, and no error. */
START_TEST(body_of_chunks_of_one_byte_is_read)
{
	struct http_chunks c = { 0 };
	struct span data, in;

	for (int i = 0; i < EVIDENCE_BODY_MAX; i++) {
		in = SPAN("1\r\nx\r\n");
		ck_assert_int_eq(http_chunks_take(&c, &in, &data),
		                 CHUNKS_GO_ON);
		ck_assert_uint_eq(data.len, 1);
		ck_assert_int_eq(http_chunks_take(&c, &in, &data),
		                 CHUNKS_GO_ON);
		ck_assert_uint_eq(in.len, 0);
	}
	in = SPAN("0\r\n\r\n");
	ck_assert_int_eq(http_chunks_take(&c, &in, &data), CHUNKS_DONE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("chunks");

	tcase_add_loop_test(tc, chunks_are_read, 0, COUNT(rows));
	tcase_add_test(tc, body_of_chunks_of_one_byte_is_read);
	tcase_add_loop_test(tc, floods_end, 0, COUNT(floods));
	return run_case(tc);
}
