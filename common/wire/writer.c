#include "wire/writer.h"

#include "base/text.h"
#include "wire/mp_scan.h"

#include <inttypes.h>

static int append(void *data, const char *bytes, size_t len)
{
	buf_add(data, bytes, len);
	return 0;
}

void writer_init(struct writer *w, enum encoding encoding, struct buf *out)
{
	*w = (struct writer){ .encoding = encoding, .out = out };
	msgpack_packer_init(&w->packer, out, append);
}

static bool is_json(const struct writer *w)
{
	return w->encoding == ENCODING_JSON;
}

static void separate(struct writer *w)
{
	if (w->comma)
		buf_add_u8(w->out, ',');
	w->comma = true;
}

static void open_json(struct writer *w, char bracket)
{
	separate(w);
	buf_add_u8(w->out, (uint8_t)bracket);
	w->comma = false;
}

static void close_json(struct writer *w, char bracket)
{
	if (!is_json(w))
		return;
	buf_add_u8(w->out, (uint8_t)bracket);
	w->comma = true;
}

void write_map(struct writer *w, size_t pairs)
{
	if (is_json(w))
		open_json(w, '{');
	else
		msgpack_pack_map(&w->packer, pairs);
}

void write_map_end(struct writer *w)
{
	close_json(w, '}');
}

void write_list(struct writer *w, size_t items)
{
	if (is_json(w))
		open_json(w, '[');
	else
		msgpack_pack_array(&w->packer, items);
}

void write_list_end(struct writer *w)
{
	close_json(w, ']');
}

static void json_escape(struct buf *out, uint8_t c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", spelt[] = "\"\\bfnrt";
	const char *at = strchr(plain, c);

	if (at != NULL && c != 0) {
		buf_add_u8(out, '\\');
		buf_add_u8(out, (uint8_t)spelt[at - plain]);
	} else {
		buf_printf(out, "\\u%04x", c);
	}
}

static void json_string(struct buf *out, struct span s)
{
	size_t from = 0;

	buf_add_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\')
			continue;
		buf_add(out, s.p + from, i - from);
		json_escape(out, s.p[i]);
		from = i + 1;
	}
	if (from < s.len)
		buf_add(out, s.p + from, s.len - from);
	buf_add_u8(out, '"');
}

static void valid_text(struct writer *w, struct span s)
{
	if (is_json(w)) {
		separate(w);
		json_string(w->out, s);
	} else {
		msgpack_pack_str(&w->packer, s.len);
		buf_add_span(w->out, s);
	}
}

/* Length of the valid sequence at the front, or 0. */
static size_t valid_front(struct span s)
{
	for (size_t n = 1; n <= 4 && n <= s.len; n++) {
		if (wire_text_valid(span_sub(s, 0, n)))
			return n;
	}
	return 0;
}

static void mend(struct span s, struct buf *out)
{
	while (s.len > 0) {
		size_t n = valid_front(s);

		if (n == 0)
			buf_add_u8(out, '?');
		else
			buf_add(out, s.p, n);
		s = span_sub(s, n > 0 ? n : 1, s.len);
	}
}

void write_text(struct writer *w, struct span text)
{
	struct buf mended = { 0 };

	if (wire_text_valid(text)) {
		valid_text(w, text);
		return;
	}
	mend(text, &mended);
	valid_text(w, buf_span(&mended));
	buf_clear(&mended);
}

void write_key(struct writer *w, struct span name)
{
	valid_text(w, name);
	if (is_json(w)) {
		buf_add_u8(w->out, ':');
		w->comma = false;
	}
}

void write_bytes(struct writer *w, struct span bytes)
{
	if (is_json(w)) {
		separate(w);
		buf_add_u8(w->out, '"');
		text_base64(w->out, bytes);
		buf_add_u8(w->out, '"');
	} else {
		msgpack_pack_bin(&w->packer, bytes.len);
		buf_add_span(w->out, bytes);
	}
}

void write_digest(struct writer *w, const struct digest *d)
{
	char hex[DIGEST_HEX_ROOM];

	if (is_json(w))
		valid_text(w, span_str(digest_hex(d, hex)));
	else
		write_bytes(w, digest_span(d));
}

void write_int(struct writer *w, int64_t v)
{
	if (is_json(w)) {
		separate(w);
		buf_printf(w->out, "%" PRId64, v);
	} else {
		msgpack_pack_int64(&w->packer, v);
	}
}

void write_bool(struct writer *w, bool v)
{
	if (is_json(w)) {
		separate(w);
		buf_add_str(w->out, v ? "true" : "false");
	} else if (v) {
		msgpack_pack_true(&w->packer);
	} else {
		msgpack_pack_false(&w->packer);
	}
}
