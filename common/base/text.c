#include "base/text.h"

#include "base/mem.h"

uint8_t *text_lower(struct span s)
{
	uint8_t *copy = xzalloc(s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		copy[i] = ascii_lower(s.p[i]);
	return copy;
}

bool text_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.len == 0 || (s.len > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.p[i]))
			return false;
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

static const struct {
	const char *unit;
	int64_t ms;
} units[] = {
	{ "ms", 1 },      { "s", 1000 },     { "m", 60000 },
	{ "h", 3600000 }, { "d", 86400000 },
};

bool text_duration_ms(struct span s, int64_t *out_ms)
{
	size_t digits = 0;
	uint64_t count;

	while (digits < s.len && ascii_is_digit(s.p[digits]))
		digits++;
	if (!text_u64(span_sub(s, 0, digits), 100000000, &count))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (span_is(span_sub(s, digits, s.len), units[i].unit)) {
			*out_ms = (int64_t)count * units[i].ms;
			return true;
		}
	}
	return false;
}

static const char hex_digits[] = "0123456789abcdef";

void text_hex_cstr(char *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = hex_digits[bytes.p[i] >> 4];
		out[2 * i + 1] = hex_digits[bytes.p[i] & 15];
	}
	out[2 * bytes.len] = '\0';
}

void text_hex(struct buf *out, struct span bytes)
{
	text_hex_cstr((char *)buf_reserve(out, 2 * bytes.len + 1), bytes);
	out->len += 2 * bytes.len;
}

static int hex_value(uint8_t c)
{
	c = ascii_lower(c);
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_unhex(struct span s, uint8_t *out)
{
	if (s.len % 2 != 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (hex_value(s.p[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < s.len / 2; i++)
		out[i] = (uint8_t)(hex_value(s.p[2 * i]) * 16 +
		                   hex_value(s.p[2 * i + 1]));
	return true;
}

#define ALNUM64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char alphabet[] = ALNUM64 "+/";
static const char url_alphabet[] = ALNUM64 "-_";

/* The last one or two bytes. */
static uint8_t *encode_rest(uint8_t *to, struct span s, const char *letters,
                            bool pad)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 3; i++)
		v = v << 8 | (i < s.len ? s.p[i] : 0U);
	for (size_t k = 0; k <= s.len; k++)
		*to++ = (uint8_t)letters[v >> (18 - 6 * k) & 63];
	for (size_t k = s.len; pad && k < 3; k++)
		*to++ = '=';
	return to;
}

/* Written straight into the room: a signed record pays for this by the byte. */
static void encode64(struct buf *out, struct span s, const char *letters,
                     bool pad)
{
	uint8_t *start = buf_reserve(out, s.len / 3 * 4 + 4);
	uint8_t *to = start;
	size_t i = 0;

	for (; s.len - i >= 3; i += 3) {
		uint32_t v = (uint32_t)s.p[i] << 16 |
		             (uint32_t)s.p[i + 1] << 8 | s.p[i + 2];

		*to++ = (uint8_t)letters[v >> 18];
		*to++ = (uint8_t)letters[v >> 12 & 63];
		*to++ = (uint8_t)letters[v >> 6 & 63];
		*to++ = (uint8_t)letters[v & 63];
	}
	if (i < s.len)
		to = encode_rest(to, span_sub(s, i, s.len), letters, pad);
	out->len += (size_t)(to - start);
}

void text_base64(struct buf *out, struct span bytes)
{
	encode64(out, bytes, alphabet, true);
}

void text_base64url(struct buf *out, struct span bytes)
{
	encode64(out, bytes, url_alphabet, false);
}

static int value64(uint8_t c, const char *letters)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	if (c == (uint8_t)letters[62])
		return 62;
	return c == (uint8_t)letters[63] ? 63 : -1;
}

static bool decode64(struct span s, const char *letters, struct buf *out)
{
	size_t start = out->len;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < s.len; i++) {
		int v = value64(s.p[i], letters);

		if (v < 0)
			goto refuse;
		bits = bits << 6 | (uint32_t)v;
		held += 6;
		if (held >= 8) {
			held -= 8;
			buf_add_u8(out, (uint8_t)(bits >> held));
			bits &= (1U << held) - 1;
		}
	}
	if (held < 6 && bits == 0)
		return true;
refuse:
	out->len = start;
	return false;
}

bool text_unbase64(struct span s, struct buf *out)
{
	if (s.len % 4 != 0)
		return false;
	for (int pad = 0; pad < 2 && s.len > 0 && s.p[s.len - 1] == '='; pad++)
		s.len--;
	return decode64(s, alphabet, out);
}

bool text_unbase64url(struct span s, struct buf *out)
{
	return decode64(s, url_alphabet, out);
}

/* Bytes of the sequence that starts at s.p[0], or 0 when it is not one. */
static size_t utf8_step(struct span s)
{
	static const struct {
		uint8_t first, last, low,
			high; /* low..high bound the 2nd byte */
		size_t len;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s.p[0] < forms[i].first || s.p[0] > forms[i].last)
			continue;
		if (s.len < forms[i].len)
			return 0;
		if (forms[i].len > 1 &&
		    (s.p[1] < forms[i].low || s.p[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++) {
			if ((s.p[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

bool text_is_utf8(struct span s)
{
	while (s.len > 0) {
		size_t n = utf8_step(s);

		if (n == 0)
			return false;
		s = span_sub(s, n, s.len);
	}
	return true;
}
