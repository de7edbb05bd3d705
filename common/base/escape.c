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

/* Controls, C1, bidi controls, zero-width marks, separators, tags, BOM. */
static bool is_invisible(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	       cp == 0x061c || cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xfff0 && cp <= 0xfffb) || cp >= 0xe0000;
}

void escape_terminal(struct buf *out, struct span s, size_t max)
{
	bool cut = s.len > max;

	s = span_sub(s, 0, max);
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

static void json_byte(struct buf *out, uint8_t c)
{
	static const char letters[] = "btnvfr"; /* 0x08..0x0d; \v has none */

	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if (c >= 0x08 && c <= 0x0d && c != 0x0b)
		buf_printf(out, "\\%c", letters[c - 0x08]);
	else
		buf_printf(out, "\\u%04x", c);
}

void escape_json(struct buf *out, struct span s)
{
	while (s.len > 0) {
		size_t n = sequence(s);

		if (n == 0 || s.p[0] < 0x20 || s.p[0] == 0x7f ||
		    s.p[0] == '"' || s.p[0] == '\\') {
			json_byte(out, s.p[0]);
			n = 1;
		} else {
			buf_add(out, s.p, n);
		}
		s = span_sub(s, n, s.len);
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

void escape_csv(struct buf *out, struct span s)
{
	struct buf clean = { 0 };

	escape_terminal(&clean, s, s.len);
	buf_add_u8(out, '"');
	if (clean.len > 0 && strchr("=+-@\t\r", clean.p[0]) != NULL)
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
