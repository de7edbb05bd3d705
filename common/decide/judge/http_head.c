#include "decide/judge/http_head.h"

#include "base/text.h"

static bool is_token_byte(uint8_t c)
{
	return ascii_is_alnum(c) ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* RFC 9110, 5.5: no controls but HT; the rest is not our business. */
static bool is_field_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static struct span trim(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Up to LF, without it and the CR before it. False at the end. */
static bool take_line(struct cursor *c, struct span *out)
{
	size_t n = 0;

	if (c->left.len == 0)
		return false;
	while (n < c->left.len && c->left.p[n] != '\n')
		n++;
	*out = take(c, n);
	take(c, c->left.len > 0 ? 1 : 0);
	if (out->len > 0 && out->p[out->len - 1] == '\r')
		out->len--;
	return true;
}

/* "HTTP/1.1 200 OK"; the reason may be missing with its space. */
static bool take_status(struct span line, struct http_head *out)
{
	struct cursor c = { .left = line };
	struct span version = take(&c, 7);
	uint8_t minor = take_u8(&c);
	uint8_t space = take_u8(&c);
	struct span digits = take(&c, 3);
	struct span rest = take_rest(&c);
	uint64_t status;

	if (c.ran_out || !span_is(version, "HTTP/1.") ||
	    !ascii_is_digit(minor) || space != ' ' ||
	    !text_u64(digits, 599, &status) || status < 100)
		return false;
	out->status = (int)status;
	return (rest.len == 0 || rest.p[0] == ' ') && is_field_text(rest);
}

static void note_field(struct span name, struct span value,
                       struct http_head *out)
{
	if (span_eq_nocase(name, SPAN("location"))) {
		if (out->locations++ == 0)
			out->location = value;
	} else if (span_eq_nocase(name, SPAN("content-encoding"))) {
		if (value.len > 0 && !span_eq_nocase(value, SPAN("identity")))
			out->encoded = true;
	} else if (span_eq_nocase(name, SPAN("transfer-encoding"))) {
		if (!span_eq_nocase(value, SPAN("chunked")))
			out->encoded = true;
	}
}

static bool take_field(struct span line, struct http_head *out)
{
	size_t n = 0;

	while (n < line.len && is_token_byte(line.p[n]))
		n++;
	if (n == 0 || n == line.len || line.p[n] != ':')
		return false;

	struct span value = trim(span_sub(line, n + 1, line.len));

	if (!is_field_text(value))
		return false;
	note_field(span_sub(line, 0, n), value, out);
	return true;
}

bool http_head_parse(struct span raw, struct http_head *out)
{
	struct cursor c = { .left = raw };
	struct span line;

	*out = (struct http_head){ 0 };
	if (!take_line(&c, &line) || !take_status(line, out))
		return false;
	while (take_line(&c, &line)) {
		if (line.len == 0)
			return c.left.len == 0;
		if (!take_field(line, out))
			return false;
	}
	return true;
}
