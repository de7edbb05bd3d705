#include "base/name.h"
#include "base/text.h"
#include "decide/judge/http_head.h"
#include "decide/judge/judge_connect.h"
#include "decide/judge/judge_internal.h"
#include "decide/judge/url.h"
#include "pattern/pattern.h"

enum {
	REDIRECTS_MAX = 10,     /* */
	HTTP01_BODY_MAX = 4096, /* a key authorization and some white space */
	TOKEN_MAX = 512
};

/* What is looked for in the last response. */
struct http_search {
	struct span value;
	bool whole; /* the body is the value, white space at its end aside */
	bool fold;  /* without case */
	struct span pattern; /* to be found as well; may be empty */
	size_t body_max;
	bool no_redirects;
};

/* --- one hop ------------------------------------------------------------- */

static struct span header_value(const struct dcv_parameters *dcv,
                                const char *name)
{
	for (size_t i = 0; i < dcv->http_headers_count; i++)
		if (span_eq_nocase(dcv->http_headers[i].name, span_str(name)))
			return dcv->http_headers[i].value;
	return (struct span){ NULL, 0 };
}

static struct http_wanted describe(const struct judging *j,
                                   const struct url *url,
                                   const struct http_search *search)
{
	return (struct http_wanted){
		.url = url->text,
		.scheme = url->scheme,
		.host = url->host,
		.host_header = url->host_header,
		.host_is_address = url->is_address,
		.port = url->port,
		.path_query = url->path_query,
		.user_agent = header_value(&j->check->dcv, "user-agent"),
		.accept = header_value(&j->check->dcv, "accept"),
		.body_max = search->body_max,
	};
}

static int hex_digit(uint8_t c)
{
	return ascii_is_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10;
}

static struct span percent_decoded(struct judging *j, struct span s)
{
	uint8_t *p = arena_alloc(j->arena, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		p[n++] = s.p[i];
		if (s.p[i] == '%' && i + 2 < s.len) {
			p[n - 1] = (uint8_t)(hex_digit(s.p[i + 1]) << 4 |
			                     hex_digit(s.p[i + 2]));
			i += 2;
		}
	}
	return span_of(p, n);
}

/* A server that repeats the request would pass without any say of its owner
   (BR 3.2.2.4.18). Case is ignored: a server may change it. */
static bool value_is_sent(struct judging *j, const struct http_wanted *http,
                          struct span value)
{
	return judge_contains(http->url, value, true) ||
	       judge_contains(percent_decoded(j, http->url), value, true) ||
	       judge_contains(http->user_agent, value, true) ||
	       judge_contains(http->accept, value, true);
}

static struct connects connects_of(const struct http_evidence *seen)
{
	return (struct connects){ seen->connects, seen->connects_count };
}

static bool seen_before(const struct judging *j, struct span url, size_t hop)
{
	for (size_t i = 0; i < hop; i++)
		if (span_eq(j->evidence->http[i].url, url))
			return true;
	return false;
}

static bool is_redirect(int64_t status)
{
	return status == 301 || status == 302 || status == 307 || status == 308;
}

/* How a response may end before there is something to judge. UNKNOWN: it did
   not. What stands behind a redirect's head is of no interest. */
static enum reason broken_reason(const struct http_evidence *seen)
{
	bool head_is_enough = is_redirect(seen->status);

	switch (seen->end) {
	case HTTP_COMPLETE: return REASON_UNKNOWN;
	case HTTP_NOT_CONNECTED: return REASON_CONNECT_FAILED;
	case HTTP_TIMED_OUT:
		return judge_is_connected(connects_of(seen))
		               ? REASON_TIMEOUT_READ
		               : REASON_TIMEOUT_CONNECT;
	case HTTP_RESET: return REASON_CONNECTION_RESET;
	case HTTP_BAD: return REASON_HTTP_MALFORMED;
	case HTTP_HEADERS_LARGE: return REASON_HTTP_HEADERS_TOO_LARGE;
	case HTTP_BODY_LARGE:
		return head_is_enough ? REASON_UNKNOWN
		                      : REASON_HTTP_BODY_TOO_LARGE;
	case HTTP_UNKNOWN: break;
	}
	return REASON_EVIDENCE_INCOMPLETE;
}

/* False: ended. */
static bool read_head(struct judging *j, const struct http_evidence *seen,
                      struct http_head *head)
{
	const char *url = judge_shown(j, seen->url, 150);
	enum reason broken = broken_reason(seen);

	if (seen->end == HTTP_NOT_CONNECTED) {
		judge_end_unconnected(j, seen->url, connects_of(seen));
		return false;
	}
	if (broken != REASON_UNKNOWN) {
		judge_end(j, broken, "%s", url);
		return false;
	}
	if (!judge_is_connected(connects_of(seen))) {
		judge_end(j, REASON_EVIDENCE_INCOMPLETE,
		          "%s: a response without a connection", url);
		return false;
	}
	if (seen->headers.len > EVIDENCE_HEADERS_MAX) {
		judge_end(j, REASON_HTTP_HEADERS_TOO_LARGE, "%s", url);
		return false;
	}
	if (!http_head_parse(seen->headers, head) ||
	    head->status != seen->status) {
		judge_end(j, REASON_HTTP_MALFORMED, "%s", url);
		return false;
	}
	return true;
}

/* --- the last response --------------------------------------------------- */

static struct span trim_end(struct span s)
{
	while (s.len > 0 && memchr(" \t\r\n", s.p[s.len - 1], 4) != NULL)
		s.len--;
	return s;
}

/* Of the white space of ASCII on both sides. */
static struct span trim(struct span s)
{
	while (s.len > 0 && memchr(" \t\r\n\v\f", s.p[s.len - 1], 6) != NULL)
		s.len--;
	while (s.len > 0 && memchr(" \t\r\n\v\f", s.p[0], 6) != NULL)
		s = span_sub(s, 1, s.len);
	return s;
}

/* Redirects of other kinds are not followed. */
static enum reason status_reason(int status)
{
	switch (status) {
	case 300:
	case 303:
	case 305:
	case 306: return REASON_HTTP_REDIRECT_STATUS;
	default: return REASON_HTTP_STATUS;
	}
}

/* On top of the value, which is there. False: ended. ^ and $ are the ends of
   what was published, not of the white space around it. */
static bool judge_pattern(struct judging *j, struct span pattern,
                          const struct http_evidence *seen, const char *url)
{
	enum reason reason = REASON_REGEX_INVALID;

	switch (pattern_search(pattern, trim(seen->body))) {
	case PATTERN_FOUND: return true;
	case PATTERN_NOT_FOUND: reason = REASON_REGEX_NOT_FOUND; break;
	case PATTERN_TOO_COSTLY: reason = REASON_REGEX_TOO_COSTLY; break;
	case PATTERN_INVALID: break;
	}
	judge_end(j, reason, "%s gave %zu bytes, \"%s\"", url, seen->body.len,
	          judge_shown(j, seen->body, 60));
	return false;
}

static void judge_body(struct judging *j, const struct http_search *search,
                       const struct http_evidence *seen)
{
	const char *url = judge_shown(j, seen->url, 100);
	const char *body = judge_shown(j, seen->body, 60);

	if (search->whole && !span_eq(trim_end(seen->body), search->value)) {
		judge_end(j, REASON_HTTP_BODY_MISMATCH, "%s gave \"%s\"", url,
		          body);
		return;
	}
	if (!judge_contains(seen->body, search->value, search->fold)) {
		judge_end(j, REASON_VALUE_NOT_FOUND, "%s gave \"%s\"", url,
		          body);
		return;
	}
	if (search->pattern.len > 0 &&
	    !judge_pattern(j, search->pattern, seen, url))
		return;
	judge_end(j, REASON_VALUE_FOUND, "%s", url);
	j->out->done.authorization_domain_name = j->check->target;
}

static void judge_response(struct judging *j, const struct http_search *search,
                           const struct http_evidence *seen,
                           const struct http_head *head)
{
	const char *url = judge_shown(j, seen->url, 150);

	if (head->status != 200)
		judge_end(j, status_reason(head->status), "%s gave %d", url,
		          head->status);
	else if (head->encoded)
		judge_end(j, REASON_HTTP_CONTENT_ENCODING, "%s", url);
	else if (seen->body.len > search->body_max)
		judge_end(j, REASON_HTTP_BODY_TOO_LARGE, "%s", url);
	else
		judge_body(j, search, seen);
}

/* --- from hop to hop ----------------------------------------------------- */

/* False: ended. *url moves on. */
static bool follow(struct judging *j, const struct http_head *head,
                   struct url *url)
{
	struct url next;

	if (head->locations != 1 || head->location.len == 0) {
		judge_end(j, REASON_HTTP_REDIRECT_LOCATION,
		          "%s gave %u Location headers with something in it",
		          judge_shown(j, url->text, 120), head->locations);
		return false;
	}

	enum url_result result =
		url_resolve(url, head->location, j->arena, &next);

	if (result != URL_OK) {
		judge_end(j, REASON_HTTP_REDIRECT_TARGET, "\"%s\" %s",
		          judge_shown(j, head->location, 140),
		          url_result_name(result));
		return false;
	}
	*url = next;
	return true;
}

/* May this be sent? False: ended. */
static bool request_is_good(struct judging *j, const struct http_search *search,
                            const struct http_wanted *http, size_t hop)
{
	const char *url = judge_shown(j, http->url, 150);

	if (hop > REDIRECTS_MAX) {
		judge_end(j, REASON_HTTP_TOO_MANY_REDIRECTS, "%d, and then %s",
		          REDIRECTS_MAX, url);
		return false;
	}
	if (seen_before(j, http->url, hop)) {
		judge_end(j, REASON_HTTP_TOO_MANY_REDIRECTS, "a loop to %s",
		          url);
		return false;
	}
	if (value_is_sent(j, http, search->value)) {
		judge_end(j, REASON_HTTP_VALUE_IN_REQUEST, "hop %zu", hop);
		return false;
	}
	return true;
}

static void judge_hops(struct judging *j, const struct http_search *search,
                       struct url url)
{
	for (size_t hop = 0;; hop++) {
		struct http_wanted http = describe(j, &url, search);
		struct http_head head;

		if (!request_is_good(j, search, &http, hop) ||
		    !judge_find_addresses(
			    j, url.host, url.is_address ? &url.address : NULL,
			    http.addresses, &http.addresses_count))
			return;
		if (hop >= j->evidence->http_count) {
			j->out->want = JUDGE_WANTS_HTTP;
			j->out->http = http;
			return;
		}

		const struct http_evidence *seen = &j->evidence->http[hop];

		if (!span_eq(seen->url, http.url) ||
		    !judge_connects_agree(http.addresses, http.addresses_count,
		                          http.port, connects_of(seen))) {
			judge_end(j, REASON_EVIDENCE_INCOMPLETE,
			          "hop %zu is not what was wanted", hop);
			return;
		}
		if (!read_head(j, seen, &head))
			return;
		if (search->no_redirects && is_redirect(head.status)) {
			judge_end(j, REASON_HTTP_REDIRECT_TARGET,
			          "website-change of an address follows no "
			          "redirect");
			return;
		}
		if (!is_redirect(head.status)) {
			judge_response(j, search, seen, &head);
			return;
		}
		if (!follow(j, &head, &url))
			return;
	}
}

/* --- the two methods ----------------------------------------------------- */

/* A path that is sent as it stands: dot segments would leave the well-known
   directory, a query would not be the file. */
static bool first_url(struct judging *j, enum url_scheme scheme,
                      const char *directory, struct span file, struct url *out)
{
	struct span target = j->check->target;
	struct addr addr;
	bool v6 = addr_parse_v6(target, &addr);
	struct span text = span_str(arena_printf(
		j->arena, "%s://%s%.*s%s/.well-known/%s/%.*s",
		scheme == SCHEME_HTTPS ? "https" : "http", v6 ? "[" : "",
		SPAN_ARG(target), v6 ? "]" : "", directory, SPAN_ARG(file)));

	if (target.len > 0 && target.p[0] == '*') {
		judge_end(j, REASON_METHOD_WILDCARD,
		          "the method shows control of one name only");
		return false;
	}
	if (target.len == 0 || target.len > NAME_MAX_TEXT || file.len == 0 ||
	    memchr(file.p, '?', file.len) != NULL ||
	    url_parse(text, j->arena, out) != URL_OK ||
	    !span_eq(out->text, text)) {
		judge_end(j, REASON_PATH_INVALID,
		          "target and path do not make a URL");
		return false;
	}
	return true;
}

/* RFC 8555, 8.3: the token is base64url and nothing else. */
static bool token_is_good(struct span token)
{
	for (size_t i = 0; i < token.len; i++)
		if (!ascii_is_alnum(token.p[i]) && token.p[i] != '-' &&
		    token.p[i] != '_')
			return false;
	return token.len > 0 && token.len <= TOKEN_MAX;
}

void judge_http01(struct judging *j)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	const struct http_search search = {
		.value = dcv->key_authorization,
		.whole = true,
		.body_max = HTTP01_BODY_MAX,
	};
	struct url url;

	if (!judge_has_value(j, search.value))
		return;
	if (!token_is_good(dcv->token)) {
		judge_end(j, REASON_PATH_INVALID, "the token is not base64url");
		return;
	}
	if (first_url(j, SCHEME_HTTP, "acme-challenge", dcv->token, &url))
		judge_hops(j, &search, url);
}

void judge_website_change(struct judging *j)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	struct addr addr;
	const struct http_search search = {
		.value = dcv->challenge_value,
		.fold = !opt_bool_or(dcv->require_exact_case, true),
		.pattern = dcv->match_regex,
		.body_max = EVIDENCE_BODY_MAX,
		/* BR 3.2.2.5.1 knows no redirects */
		.no_redirects = addr_parse(j->check->target, &addr),
	};
	struct url url;

	if (judge_has_value(j, search.value) &&
	    first_url(j, dcv->url_scheme, "pki-validation",
	              dcv->http_token_path, &url))
		judge_hops(j, &search, url);
}
