#include "base/escape.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/fixtures/hostile_strings.h"
#include "tests/support/run.h"

#include <jansson.h>

/* ck_assert_msg() writes to a pipe each time; here are millions. */
#define WANT(ok, ...) \
	do { \
		if (!(ok)) \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

static void terminal(struct buf *out, struct span s)
{
	escape_terminal(out, s, s.len);
}

enum sink { TERMINAL, JSON, HTML_TEXT, HTML_ATTRIBUTE, CSV, LABEL, SINKS };

static const struct {
	const char *name;
	void (*escape)(struct buf *out, struct span s);
} sinks[] = {
	[TERMINAL] = { "terminal", terminal },
	[JSON] = { "json", escape_json },
	[HTML_TEXT] = { "html text", escape_html_text },
	[HTML_ATTRIBUTE] = { "html attribute", escape_html_attribute },
	[CSV] = { "csv", escape_csv },
	[LABEL] = { "label", escape_label },
};

/* What no sink ever lets through, as UTF-8. */
static const struct {
	const char *what;
	uint32_t first, last;
} never[] = {
	{ "C0", 0x00, 0x1f },
	{ "DEL and C1", 0x7f, 0x9f },
	{ "soft hyphen", 0xad, 0xad },
	{ "grapheme joiner", 0x34f, 0x34f },
	{ "Arabic letter mark", 0x61c, 0x61c },
	{ "Hangul fillers", 0x115f, 0x1160 },
	{ "Khmer inherent vowels", 0x17b4, 0x17b5 },
	{ "Mongolian selectors", 0x180b, 0x180f },
	{ "zero-width and marks", 0x200b, 0x200f },
	{ "separators and embeddings", 0x2028, 0x202e },
	{ "joiners and isolates", 0x2060, 0x206f },
	{ "Braille blank", 0x2800, 0x2800 },
	{ "Hangul filler", 0x3164, 0x3164 },
	{ "private use", 0xe000, 0xf8ff },
	{ "noncharacters", 0xfdd0, 0xfdef },
	{ "variation selectors", 0xfe00, 0xfe0f },
	{ "byte order mark", 0xfeff, 0xfeff },
	{ "half-width filler", 0xffa0, 0xffa0 },
	{ "specials", 0xfff0, 0xfffb },
	{ "end of the plane", 0xfffe, 0xffff },
	{ "hieroglyphs' format controls", 0x13430, 0x1343f },
	{ "shorthand's format controls", 0x1bca0, 0x1bca3 },
	{ "musical format controls", 0x1d173, 0x1d17a },
	{ "end of plane 1", 0x1fffe, 0x1ffff },
	{ "tags, selectors, private planes", 0xe0000, 0x10ffff },
};

/* The next code point of well-formed UTF-8. */
static uint32_t next(struct span *s)
{
	size_t len = s->p[0] < 0x80   ? 1
	             : s->p[0] < 0xe0 ? 2
	             : s->p[0] < 0xf0 ? 3
	                              : 4;
	uint32_t cp = len == 1 ? s->p[0] : s->p[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		cp = cp << 6 | (s->p[i] & 0x3f);
	*s = span_sub(*s, len, s->len);
	return cp;
}

static void expect_visible(struct span out, const char *sink, const char *what)
{
	WANT(text_is_utf8(out), "%s: %s: not UTF-8", sink, what);
	while (out.len > 0) {
		uint32_t cp = next(&out);

		for (int i = 0; i < COUNT(never); i++)
			if (cp >= never[i].first && cp <= never[i].last)
				ck_abort_msg("%s: %s: U+%04X (%s)", sink, what,
				             cp, never[i].what);
	}
}

static bool has_any(struct span s, const char *letters)
{
	for (size_t i = 0; i < s.len; i++) {
		if (memchr(letters, s.p[i], strlen(letters)) != NULL)
			return true;
	}
	return false;
}

static void expect_json(struct span s, const char *what)
{
	struct buf whole = { 0 };
	json_error_t error;

	buf_add_u8(&whole, '"');
	buf_add_span(&whole, s);
	buf_add_u8(&whole, '"');
	json_t *value = json_loadb((const char *)whole.p, whole.len,
	                           JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	WANT(json_is_string(value), "%s: %s", what, error.text);
	json_decref(value);
	buf_clear(&whole);
}

/* Every & begins one numeric reference, and nothing else is mark-up. */
static void expect_html(struct span s, const char *what)
{
	WANT(!has_any(s, "<>\"'`="), "%s", what);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '&')
			continue;
		WANT(i + 2 < s.len && s.p[i + 1] == '#' &&
		             ascii_is_digit(s.p[i + 2]),
		     "%s", what);
		for (i += 2; s.p[i] != ';'; i++)
			WANT(i + 1 < s.len && ascii_is_digit(s.p[i]), "%s",
			     what);
	}
}

/* One quoted field that a spreadsheet takes for text. */
static void expect_csv(struct span s, const char *what)
{
	static const char *const starts[] = {
		"=",
		"+",
		"-",
		"@",
		"\xef\xbc\x9d",
		"\xef\xbc\x8b",
		"\xef\xbc\x8d",
		"\xef\xbc\xa0",
	};

	WANT(s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"', "%s", what);
	struct span in = span_sub(s, 1, s.len - 2);

	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '"')
			WANT(++i < in.len && in.p[i] == '"', "%s", what);
	}
	while (in.len > 0 && (in.p[0] == ' ' || in.p[0] == '"'))
		in = span_sub(in, 1, in.len);
	if (span_eq(span_sub(in, 0, 2), SPAN("\xc2\xa0")))
		in = span_sub(in, 2, in.len);
	for (int i = 0; i < COUNT(starts); i++)
		WANT(!span_eq(span_sub(in, 0, strlen(starts[i])),
		              span_str(starts[i])),
		     "%s: %.*s", what, SPAN_ARG(s));
}

/* Quotes only after an odd number of backslashes; none left open. */
static void expect_label(struct span s, const char *what)
{
	for (size_t i = 0; i < s.len; i++) {
		WANT(s.p[i] != '"', "%s", what);
		if (s.p[i] == '\\') {
			i++;
			WANT(i < s.len && (s.p[i] == '\\' || s.p[i] == '"' ||
			                   s.p[i] == 'n'),
			     "%s", what);
		}
	}
}

/* A backslash is never the input's own, so "\x1b" can't be forged. */
static void expect_terminal(struct span s, const char *what)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t byte;

		if (s.p[i] != '\\')
			continue;
		WANT(i + 3 < s.len && s.p[i + 1] == 'x' &&
		             text_unhex(span_sub(s, i + 2, 2), &byte),
		     "%s", what);
	}
}

static void expect_safe(enum sink sink, struct span in, const char *what)
{
	struct buf out = { 0 };

	buf_add_str(&out, "before");
	sinks[sink].escape(&out, in);
	struct span added = span_sub(buf_span(&out), 6, out.len);

	WANT(memcmp(out.p, "before", 6) == 0, "%s", what);
	expect_visible(added, sinks[sink].name, what);
	if (sink == TERMINAL)
		expect_terminal(added, what);
	else if (sink == JSON)
		expect_json(added, what);
	else if (sink == HTML_TEXT || sink == HTML_ATTRIBUTE)
		expect_html(added, what);
	else if (sink == CSV)
		expect_csv(added, what);
	else
		expect_label(added, what);
	buf_clear(&out);
}

START_TEST(hostile_strings_are_harmless_everywhere)
{
	for (int sink = 0; sink < SINKS; sink++)
		expect_safe((enum sink)sink, hostile_strings[_i].bytes,
		            hostile_strings[_i].what);
}
END_TEST

/* Each hostile string behind and before each other one. */
START_TEST(pairs_are_harmless)
{
	struct buf in = { 0 };

	for (int k = 0; k < COUNT(hostile_strings); k++) {
		in.len = 0;
		buf_add_span(&in, hostile_strings[_i].bytes);
		buf_add_span(&in, hostile_strings[k].bytes);
		for (int sink = 0; sink < SINKS; sink++)
			expect_safe((enum sink)sink, buf_span(&in),
			            hostile_strings[k].what);
	}
	buf_clear(&in);
}
END_TEST

START_TEST(every_two_bytes_are_harmless)
{
	uint8_t in[4] = { 0, 0, 'x', '"' };

	for (int second = 0; second < 256; second++) {
		in[0] = (uint8_t)_i;
		in[1] = (uint8_t)second;
		for (int sink = 0; sink < SINKS; sink++)
			expect_safe((enum sink)sink, span_of(in, 4), "bytes");
	}
}
END_TEST

static size_t put_utf8(uint32_t cp, uint8_t *out)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--, cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3f));
	out[0] = (uint8_t)((0xf00U >> len & 0xf0) | cp);
	return len;
}

START_TEST(each_invisible_code_point_is_caught)
{
	uint8_t in[4];
	uint32_t last = never[_i].last;

	/* of the big planes both ends are enough */
	for (uint32_t cp = never[_i].first; cp <= last; cp++) {
		if (cp == never[_i].first + 0x400 && last > 0xf0000)
			cp = last - 0x400;
		struct span s = span_of(in, put_utf8(cp, in));

		for (int sink = 0; sink < SINKS; sink++)
			expect_safe((enum sink)sink, s, never[_i].what);
	}
}
END_TEST

START_TEST(long_input_is_harmless)
{
	size_t len = 1 << 16;
	uint8_t *in = xzalloc(len);

	memset(in, _i == 0 ? '\x1b' : _i == 1 ? '"' : '\xe2', len);
	for (int sink = 0; sink < SINKS; sink++) {
		struct buf out = { 0 };

		sinks[sink].escape(&out, span_of(in, len));
		expect_visible(buf_span(&out), sinks[sink].name, "long");
		ck_assert_uint_le(out.len, 8 * len + 4);
		buf_clear(&out);
	}
	free(in);
}
END_TEST

/* Exact bytes, for those who compare outputs. */
static const struct {
	enum sink sink;
	struct span in;
	const char *out;
} exact[] = {
#define E(sink, in, out) \
	{ \
		sink, { (const uint8_t *)(in), sizeof(in) - 1 }, out \
	}
	/* clang-format off */
	E(TERMINAL, "b\xc3\xbc" "cher", "b\xc3\xbc" "cher"),
	E(TERMINAL, "a\\b", "a\\x5cb"),
	E(TERMINAL, "\x1b[2J\x00", "\\x1b[2J\\x00"),
	E(TERMINAL, "\xe2\x80\xae", "\\xe2\\x80\\xae"),
	E(TERMINAL, "\xf0\x9f\x94", "\\xf0\\x9f\\x94"),
	E(JSON, "a\"b\\c/d", "a\\\"b\\\\c/d"),
	E(JSON, "\b\t\n\f\r", "\\b\\t\\n\\f\\r"),
	E(JSON, "\v\x1b\x00\x7f", "\\u000b\\u001b\\u0000\\u007f"),
	E(JSON, "b\xc3\xbc" "cher \xf0\x9f\x94\x92", "b\xc3\xbc" "cher \xf0\x9f\x94\x92"),
	E(JSON, "\xff\xe2\x82", "\\u00ff\\u00e2\\u0082"),
	E(JSON, "\xc2\x9b", "\\u009b"),
	E(JSON, "\xe2\x80\xae\xe2\x80\xa8", "\\u202e\\u2028"),
	E(JSON, "\xf3\xa0\x81\x81", "\\udb40\\udc41"),
	E(JSON, "<>&'", "<>&'"),
	E(HTML_TEXT, "<a href=\"/x\">&'`", "&#60;a href&#61;&#34;&#47;x&#34;&#62;&#38;&#39;&#96;"),
	E(HTML_ATTRIBUTE, "\x1b\xff", "&#65533;&#65533;"),
	E(HTML_TEXT, "b\xc3\xbc" "cher", "b\xc3\xbc" "cher"),
	E(CSV, "", "\"\""),
	E(CSV, "a\"b,c", "\"a\"\"b,c\""),
	E(CSV, "=1+1", "\"'=1+1\""),
	E(CSV, "-1", "\"'-1\""),
	E(CSV, "1-1", "\"1-1\""),
	E(CSV, "\t=1", "\"'\\x09=1\""),
	E(CSV, "  =1", "\"'  =1\""),
	E(LABEL, "a\"b\\c\n", "a\\\"b\\\\x5cc\\\\x0a"),
	E(LABEL, "caf\xc3\xa9", "caf\xc3\xa9"),
/* clang-format on */
#undef E
};

START_TEST(writes_exactly)
{
	struct buf out = { 0 };

	sinks[exact[_i].sink].escape(&out, exact[_i].in);
	ck_assert_str_eq(buf_cstr(&out), exact[_i].out);
	buf_clear(&out);
}
END_TEST

static const struct {
	const char *in;
	size_t max;
	const char *out;
} cuts[] = {
	{ "abcdef", 6, "abcdef" },
	{ "abcdef", 5, "abcde..." },
	{ "abcdef", 0, "..." },
	{ "", 0, "" },
	{ "a\xc3\xbc"
	  "b",
	  3, "a\xc3\xbc..." },
	{ "a\xc3\xbc"
	  "b",
	  2, "a..." },
	{ "a\xf0\x9f\x94\x92", 4, "a..." },
};

START_TEST(marks_a_cut)
{
	struct buf out = { 0 };

	escape_terminal(&out, span_str(cuts[_i].in), cuts[_i].max);
	ck_assert_str_eq(buf_cstr(&out), cuts[_i].out);
	buf_clear(&out);
}
END_TEST

START_TEST(nothing_is_nothing)
{
	for (int sink = 0; sink < SINKS; sink++) {
		struct buf out = { 0 };

		sinks[sink].escape(&out, span_of(NULL, 0));
		ck_assert_uint_eq(out.len, sink == CSV ? 2 : 0);
		buf_clear(&out);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("escape");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, hostile_strings_are_harmless_everywhere, 0,
	                    COUNT(hostile_strings));
	tcase_add_loop_test(tc, pairs_are_harmless, 0, COUNT(hostile_strings));
	tcase_add_loop_test(tc, every_two_bytes_are_harmless, 0, 256);
	tcase_add_loop_test(tc, each_invisible_code_point_is_caught, 0,
	                    COUNT(never));
	tcase_add_loop_test(tc, long_input_is_harmless, 0, 3);
	tcase_add_loop_test(tc, writes_exactly, 0, COUNT(exact));
	tcase_add_loop_test(tc, marks_a_cut, 0, COUNT(cuts));
	tcase_add_test(tc, nothing_is_nothing);
	return run_case(tc);
}
