#include "ctl/trust_anchor.h"

#include "base/text.h"

enum { WORDS_MAX = 64, DNSKEY_PROTOCOL = 3, DNSKEY_REVOKED = 0x0080 };

struct words {
	struct span at[WORDS_MAX];
	size_t count;
};

static struct span take_line(struct span *file)
{
	ptrdiff_t end = span_find(*file, SPAN("\n"));
	struct span line =
		span_sub(*file, 0, end < 0 ? file->len : (size_t)end);

	*file = span_sub(*file, line.len + 1, SIZE_MAX);
	return line;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Up to a comment; parentheses are for people with long lines, not here. */
static bool split(struct span line, struct words *words)
{
	words->count = 0;
	while (line.len > 0 && line.p[0] != ';') {
		size_t n = 0;

		if (is_blank(line.p[0])) {
			line = span_sub(line, 1, SIZE_MAX);
			continue;
		}
		while (n < line.len && !is_blank(line.p[n]) && line.p[n] != ';')
			n++;
		if (words->count == WORDS_MAX)
			return false;
		words->at[words->count++] = span_sub(line, 0, n);
		line = span_sub(line, n, SIZE_MAX);
	}
	return true;
}

/* RFC 4034, appendix B */
static uint16_t key_tag(struct span rdata)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < rdata.len; i++)
		sum += (i & 1) != 0 ? rdata.p[i] : (uint32_t)rdata.p[i] << 8;
	return (uint16_t)(sum + (sum >> 16));
}

static bool dnskey_tag(const struct words *w, size_t at, uint16_t *tag)
{
	uint64_t flags, protocol, algorithm;
	struct buf text = { 0 }, rdata = { 0 };
	bool ok;

	if (w->count < at + 4 || !text_u64(w->at[at], UINT16_MAX, &flags) ||
	    !text_u64(w->at[at + 1], UINT8_MAX, &protocol) ||
	    !text_u64(w->at[at + 2], UINT8_MAX, &algorithm) ||
	    protocol != DNSKEY_PROTOCOL || (flags & DNSKEY_REVOKED) != 0)
		return false;
	buf_add_u8(&rdata, (uint8_t)(flags >> 8));
	buf_add_u8(&rdata, (uint8_t)flags);
	buf_add_u8(&rdata, (uint8_t)protocol);
	buf_add_u8(&rdata, (uint8_t)algorithm);
	for (size_t i = at + 3; i < w->count; i++)
		buf_add_span(&text, w->at[i]);
	ok = text_unbase64(buf_span(&text), &rdata);
	if (ok)
		*tag = key_tag(buf_span(&rdata));
	buf_clear(&text);
	buf_clear(&rdata);
	return ok;
}

static bool ds_tag(const struct words *w, size_t at, uint16_t *tag)
{
	uint64_t n;

	if (w->count < at + 4 || !text_u64(w->at[at], UINT16_MAX, &n))
		return false;
	*tag = (uint16_t)n;
	return true;
}

/* ". [TTL] [IN] TYPE rdata" */
static bool read_record(const struct words *w, uint16_t *tag)
{
	size_t at = 1;
	uint64_t ttl;

	if (!span_is(w->at[0], "."))
		return false;
	while (at < w->count && (span_eq_nocase(w->at[at], SPAN("IN")) ||
	                         text_u64(w->at[at], UINT32_MAX, &ttl)))
		at++;
	if (at == w->count)
		return false;
	if (span_eq_nocase(w->at[at], SPAN("DNSKEY")))
		return dnskey_tag(w, at + 1, tag);
	if (span_eq_nocase(w->at[at], SPAN("DS")))
		return ds_tag(w, at + 1, tag);
	return false;
}

bool anchor_read(struct span file, struct anchor_tags *out)
{
	struct words words;
	uint16_t tag;

	out->count = 0;
	while (file.len > 0) {
		if (!split(take_line(&file), &words))
			return false;
		if (words.count == 0)
			continue;
		if (!read_record(&words, &tag) || out->count == ANCHOR_TAGS_MAX)
			return false;
		out->tag[out->count++] = tag;
	}
	return true;
}

bool anchor_has(const struct anchor_tags *tags, uint16_t tag)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (tags->tag[i] == tag)
			return true;
	}
	return false;
}
