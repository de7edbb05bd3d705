#include "base/text.h"
#include "http_internal.h"

enum {
	STATUS_LINE_LEAST = 12, /* "HTTP/1.1 200" */
	STATUS_NO_CONTENT = 204
};

static bool begins(struct span line, const char *with)
{
	size_t n = strlen(with);

	return line.len >= n &&
	       span_eq_nocase(span_sub(line, 0, n), span_str(with));
}

static struct span trimmed(struct span s)
{
	while (s.len > 0 && memchr(" \t\r\n", s.p[0], 4) != NULL)
		s = span_sub(s, 1, s.len);
	while (s.len > 0 && memchr(" \t\r\n", s.p[s.len - 1], 4) != NULL)
		s.len--;
	return s;
}

/* Three digits behind "HTTP/1.x ", or -1. */
static int status_of(struct span line)
{
	int status = 0;

	if (line.len < STATUS_LINE_LEAST || !begins(line, "HTTP/1.") ||
	    !ascii_is_digit(line.p[7]) || line.p[8] != ' ')
		return -1;
	for (size_t i = 9; i < STATUS_LINE_LEAST; i++) {
		if (!ascii_is_digit(line.p[i]))
			return -1;
		status = status * 10 + (line.p[i] - '0');
	}
	return status;
}

/* The value, if this is the field with that name. */
static bool is_field(struct span line, const char *name, struct span *value)
{
	if (!begins(line, name))
		return false;
	*value = trimmed(span_sub(line, strlen(name), line.len));
	return true;
}

/* RFC 9110, 8.6: digits; said again it must be the same. */
static bool take_length(struct http_fetch *op, struct span value)
{
	uint64_t length;

	if (!text_u64(value, INT64_MAX, &length) ||
	    (op->has_length && op->length != (int64_t)length))
		return false;
	op->has_length = true;
	op->length = (int64_t)length;
	return true;
}

/* We ask for identity in every layer; chunks are framing, not a coding. */
static bool take_coding(struct http_fetch *op, struct span value)
{
	bool again = op->chunked;

	op->chunked = span_eq_nocase(value, SPAN("chunked"));
	return op->chunked && !again;
}

/* RFC 9112, 6.3: where a body's end could be read in two ways there is no
   response. */
static bool take_framing(struct http_fetch *op, struct span line)
{
	struct span value;

	if (is_field(line, "content-length:", &value) &&
	    !take_length(op, value))
		return false;
	if (is_field(line, "transfer-encoding:", &value) &&
	    !take_coding(op, value))
		return false;
	return !(op->chunked && op->has_length);
}

static bool take_status_line(struct http_fetch *op, struct span line)
{
	int status = status_of(line);

	/* 101: what follows is another protocol, which nobody asked for */
	if (status < 100 || status == 101)
		return false;
	/* what went before was an interim response */
	buf_drop(&op->headers, op->headers.len);
	op->seen.status = status;
	op->status_next = false;
	op->chunked = false;
	op->has_length = false;
	return true;
}

static bool take_header(struct http_fetch *op, struct span line)
{
	op->header_bytes += line.len;
	if (op->header_bytes > EVIDENCE_HEADERS_MAX) {
		op->cut = HTTP_HEADERS_LARGE;
		return false;
	}
	if (op->head_done) /* a trailer: read, not kept */
		return true;
	if ((op->status_next && !take_status_line(op, line)) ||
	    !take_framing(op, line)) {
		op->cut = HTTP_BAD;
		return false;
	}
	buf_add_span(&op->headers, line);
	if (trimmed(line).len == 0) {
		op->head_done = op->seen.status >= 200;
		op->status_next = !op->head_done;
	}
	return true;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	return take_header(arg, span_of(p, size * n)) ? size * n : 0;
}

static bool keep_body(struct http_fetch *op, struct span data)
{
	size_t room = op->body_max - op->body.len;

	buf_add(&op->body, data.p, data.len < room ? data.len : room);
	if (data.len <= room)
		return true;
	op->cut = HTTP_BODY_LARGE;
	return false;
}

static enum http_end how_chunks_end(enum http_chunks_result result)
{
	switch (result) {
	case CHUNKS_GO_ON:
	case CHUNKS_DONE: return HTTP_UNKNOWN;
	case CHUNKS_FRAMING_LARGE: return HTTP_BODY_LARGE;
	case CHUNKS_TRAILERS_LARGE: return HTTP_HEADERS_LARGE;
	case CHUNKS_BAD: break;
	}
	return HTTP_BAD;
}

static bool take_chunks(struct http_fetch *op, struct span in)
{
	enum http_chunks_result result = CHUNKS_GO_ON;

	while (in.len > 0 && result == CHUNKS_GO_ON) {
		struct span data;

		result = http_chunks_take(&op->chunks, &in, &data);
		if (!keep_body(op, data))
			return false;
	}
	op->chunks_done = result == CHUNKS_DONE;
	op->cut = how_chunks_end(result);
	return op->cut == HTTP_UNKNOWN;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_fetch *op = arg;
	struct span in = span_of(p, size * n);
	bool taken = op->chunked ? take_chunks(op, in) : keep_body(op, in);

	return taken ? size * n : 0;
}

void http_read_set(struct http_fetch *op)
{
	curl_easy_setopt(op->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(op->easy, CURLOPT_HEADERDATA, op);
	curl_easy_setopt(op->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(op->easy, CURLOPT_WRITEDATA, op);
}

/* RFC 9112, 9.8: where the connection's end is the body's, and TLS did not say
   so, somebody else may have cut it. Of what is no success the head is enough.
 */
static bool may_be_cut(const struct http_fetch *op)
{
	bool ends_by_length = op->chunked || op->has_length;

	return op->https && !ends_by_length && op->seen.status < 300 &&
	       op->seen.status != STATUS_NO_CONTENT && !http_tls_ended(op);
}

/* libcurl is content; are we? */
static bool is_whole(const struct http_fetch *op)
{
	return op->head_done && (!op->chunked || op->chunks_done) &&
	       !may_be_cut(op);
}

enum http_end http_read_end(const struct http_fetch *op)
{
	if (op->cut != HTTP_UNKNOWN)
		return op->cut;
	if (http_tls_flooded(op))
		return op->head_done ? HTTP_BODY_LARGE : HTTP_HEADERS_LARGE;
	switch (op->code) {
	case CURLE_OK: return is_whole(op) ? HTTP_COMPLETE : HTTP_RESET;
	case CURLE_OPERATION_TIMEDOUT: return HTTP_TIMED_OUT;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 and "HTTP/2" in clear */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_FUNCTION_ARGUMENT: /* a head that begins folded */
	case CURLE_BAD_CONTENT_ENCODING: return HTTP_BAD;
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
	case CURLE_OUT_OF_MEMORY: /* a line longer than libcurl takes */
		return HTTP_HEADERS_LARGE;
	default: return HTTP_RESET;
	}
}
