#include "base/mem.h"
#include "http_internal.h"

#include <stdlib.h>

enum { READ_BYTES = 4096 }; /* libcurl's buffer: a hanging fetch holds it */

static bool is_line(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

bool http_wanted_is_good(const struct http_wanted *w)
{
	return is_line(w->url) && is_line(w->host_header) &&
	       is_line(w->path_query) && is_line(w->user_agent) &&
	       is_line(w->accept) && w->host_header.len > 0 &&
	       w->path_query.len > 0 && w->path_query.p[0] == '/' &&
	       memchr(w->path_query.p, ' ', w->path_query.len) == NULL &&
	       w->addresses_count > 0 &&
	       w->addresses_count <= JUDGE_ADDRESSES_MAX;
}

static void set_text(CURL *easy, CURLoption option, struct span s)
{
	char *text = xspandup(s);

	if (curl_easy_setopt(easy, option, text) != CURLE_OK)
		abort();
	free(text);
}

static void add_header(struct http_fetch *op, const char *name, struct span s)
{
	struct buf line = { 0 };
	struct curl_slist *more;

	buf_add_str(&line, name);
	buf_add_str(&line, ": ");
	buf_add_span(&line, s);
	more = curl_slist_append(op->headers_sent, buf_cstr(&line));
	buf_clear(&line);
	if (more == NULL)
		abort();
	op->headers_sent = more;
}

/* What is sent: exactly this, and nothing from the process's surroundings. */
static void set_what_is_sent(struct http_fetch *op, const struct http_wanted *w)
{
	CURL *easy = op->easy;

	set_text(easy, CURLOPT_URL, w->url);
	set_text(easy, CURLOPT_REQUEST_TARGET, w->path_query);
	add_header(op, "Host", w->host_header);
	if (w->accept.p != NULL)
		add_header(op, "Accept", w->accept);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, op->headers_sent);
	if (w->user_agent.p != NULL)
		set_text(easy, CURLOPT_USERAGENT, w->user_agent);
	else
		curl_easy_setopt(easy, CURLOPT_USERAGENT,
		                 op->client->user_agent);
	curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	                 (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
}

/* R-107, one line each. */
static void set_hygiene(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	/* libcurl finds a response's end; chunks are read in http_read.c */
	curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
	/* recorded, not verified: domain validation trusts no certificate */
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL); /* no files */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

void http_request_set(struct http_fetch *op, const struct http_wanted *w)
{
	set_hygiene(op->easy);
	http_tls_set(op);
	set_what_is_sent(op, w);
}
