#include "base/escape.h"

#include "base/text.h"

/* Length of the well-formed UTF-8 sequence at s, 0 when there is none. */
static size_t sequence(struct span s)
{
	for (size_t n = 1; n <= 4 && n <= s.len; n++) {
		if (text_is_utf8(span_sub(s, 0, n)))
			return n;
	}
	return 0;
}

static uint32_t code_point(struct span s)
{
	static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t cp = s.p[0] & mask[s.len];

	for (size_t i = 1; i < s.len; i++)
		cp = cp << 6 | (s.p[i] & 0x3f);
	return cp;
}

/* What a reader cannot see, or sees in another order: controls, C1, bidi
   controls, zero-width marks, fillers, separators, selectors, tags,
   noncharacters, the private planes. In order. */
static const struct {
	uint32_t first, last;
} invisible[] = {
	{ 0x0000, 0x001f },    { 0x007f, 0x009f },   { 0x00ad, 0x00ad },
	{ 0x034f, 0x034f },    { 0x061c, 0x061c },   { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },    { 0x180b, 0x180f },   { 0x200b, 0x200f },
	{ 0x2028, 0x202e },    { 0x2060, 0x206f },   { 0x2800, 0x2800 },
	{ 0x3164, 0x3164 },    { 0xe000, 0xf8ff },   { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f },    { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },    { 0xfffe, 0xffff },   { 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 },  { 0x1d173, 0x1d17a }, { 0x1fffe, 0x1ffff },
	{ 0xe0000, 0x10ffff },
};

static bool is_invisible(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++) {
		if (cp <= invisible[i].last)
			return cp >= invisible[i].first;
	}
	return false;
}

size_t escape_cut(struct span s, size_t max)
{
	if (s.len <= max)
		return s.len;
	for (size_t back = 1; back <= 3 && back <= max; back++) {
		if (sequence(span_sub(s, max - back, s.len)) > back)
			return max - back;
	}
	return max;
}

void escape_terminal(struct buf *out, struct span s, size_t max)
{
	bool cut = s.len > max;

	s = span_sub(s, 0, escape_cut(s, max));
	while (s.len > 0) {
		size_t n = sequence(s);
		struct span c = span_sub(s, 0, n > 0 ? n : 1);

		if (n == 0 || c.p[0] == '\\' || is_invisible(code_point(c))) {
			for (size_t i = 0; i < c.len; i++)
				buf_printf(out, "\\x%02x", c.p[i]);
		} else {
			buf_add_span(out, c);
		}
		s = span_sub(s, c.len, s.len);
	}
	if (cut)
		buf_add_str(out, "...");
}

static void json_unit(struct buf *out, uint32_t c)
{
	static const char letters[] = "btnvfr"; /* 0x08..0x0d; \v has none */

	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", (int)c);
	else if (c >= 0x08 && c <= 0x0d && c != 0x0b)
		buf_printf(out, "\\%c", letters[c - 0x08]);
	else
		buf_printf(out, "\\u%04x", c);
}

static void json_code_point(struct buf *out, uint32_t cp)
{
	if (cp < 0x10000) {
		json_unit(out, cp);
		return;
	}
	json_unit(out, 0xd800 + ((cp - 0x10000) >> 10));
	json_unit(out, 0xdc00 + ((cp - 0x10000) & 0x3ff));
}

void escape_json(struct buf *out, struct span s)
{
	while (s.len > 0) {
		size_t n = sequence(s);
		struct span c = span_sub(s, 0, n > 0 ? n : 1);
		uint32_t cp = n > 0 ? code_point(c) : c.p[0];

		if (n == 0 || cp == '"' || cp == '\\' || is_invisible(cp))
			json_code_point(out, cp);
		else
			buf_add_span(out, c);
		s = span_sub(s, c.len, s.len);
	}
}

static void html(struct buf *out, struct span s)
{
	while (s.len > 0) {
		size_t n = sequence(s);
		struct span c = span_sub(s, 0, n > 0 ? n : 1);

		if (n == 0 || is_invisible(code_point(c)))
			buf_add_str(out, "&#65533;");
		else if (c.p[0] < 0x80 && strchr("&<>\"'`=/", c.p[0]) != NULL)
			buf_printf(out, "&#%d;", c.p[0]);
		else
			buf_add_span(out, c);
		s = span_sub(s, c.len, s.len);
	}
}

void escape_html_text(struct buf *out, struct span s)
{
	html(out, s);
}

void escape_html_attribute(struct buf *out, struct span s)
{
	html(out, s);
}

/* Spreadsheets look past blanks and quotes, and at full-width forms too. */
static bool is_formula(struct span s)
{
	static const char *const blanks[] = { " ",  "\t", "\r",
		                              "\n", "\"", "\xc2\xa0" };
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
	size_t before;

	do {
		before = s.len;
		for (size_t i = 0; i < sizeof(blanks) / sizeof(*blanks); i++) {
			size_t n = strlen(blanks[i]);

			if (span_is(span_sub(s, 0, n), blanks[i]))
				s = span_sub(s, n, s.len);
		}
	} while (s.len < before);
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		if (span_is(span_sub(s, 0, strlen(starts[i])), starts[i]))
			return true;
	}
	return false;
}

void escape_csv(struct buf *out, struct span s)
{
	struct buf clean = { 0 };

	escape_terminal(&clean, s, s.len);
	buf_add_u8(out, '"');
	if (is_formula(s))
		buf_add_u8(out, '\'');
	for (size_t i = 0; i < clean.len; i++) {
		if (clean.p[i] == '"')
			buf_add_u8(out, '"');
		buf_add_u8(out, clean.p[i]);
	}
	buf_add_u8(out, '"');
	buf_clear(&clean);
}

void escape_label(struct buf *out, struct span s)
{
	struct buf clean = { 0 };

	escape_terminal(&clean, s, s.len);
	for (size_t i = 0; i < clean.len; i++) {
		if (clean.p[i] == '"' || clean.p[i] == '\\')
			buf_add_u8(out, '\\');
		buf_add_u8(out, clean.p[i]);
	}
	buf_clear(&clean);
}
