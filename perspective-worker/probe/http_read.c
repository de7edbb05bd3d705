#include "base/text.h"
#include "http_internal.h"

enum { STATUS_LINE_LEAST = 12 }; /* "HTTP/1.1 200" */

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

/* We ask for identity in every layer; chunks are framing, not a coding. */
static bool is_coded_transfer(struct span line)
{
	static const char name[] = "transfer-encoding:";

	if (!begins(line, name))
		return false;
	return !span_eq_nocase(
		trimmed(span_sub(line, sizeof(name) - 1, line.len)),
		SPAN("chunked"));
}

static bool take_status_line(struct http_fetch *op, struct span line)
{
	int status = status_of(line);

	if (status < 100)
		return false;
	/* what went before was an interim response */
	buf_drop(&op->headers, op->headers.len);
	op->seen.status = status;
	op->status_next = false;
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
	    is_coded_transfer(line)) {
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

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_fetch *op = arg;
	size_t len = size * n;
	size_t room = op->body_max - op->body.len;

	buf_add(&op->body, p, len < room ? len : room);
	if (len <= room)
		return len;
	op->cut = HTTP_BODY_LARGE;
	return 0;
}

void http_read_set(struct http_fetch *op)
{
	curl_easy_setopt(op->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(op->easy, CURLOPT_HEADERDATA, op);
	curl_easy_setopt(op->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(op->easy, CURLOPT_WRITEDATA, op);
}

enum http_end http_read_end(const struct http_fetch *op)
{
	if (op->cut != HTTP_UNKNOWN)
		return op->cut;
	switch (op->code) {
	case CURLE_OK: return op->head_done ? HTTP_COMPLETE : HTTP_RESET;
	case CURLE_OPERATION_TIMEDOUT: return HTTP_TIMED_OUT;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 and "HTTP/2" in clear */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING: return HTTP_BAD;
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
	case CURLE_OUT_OF_MEMORY: /* a line longer than libcurl takes */
		return HTTP_HEADERS_LARGE;
	case CURLE_RECV_ERROR:
		return strstr(op->error, "chunk") != NULL ? HTTP_BAD
		                                          : HTTP_RESET;
	default: return HTTP_RESET;
	}
}
