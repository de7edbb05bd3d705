#include "decide/judge/url.h"

#include "base/name.h"
#include "base/text.h"

/* RFC 3986, appendix B; the fragment is gone. */
struct parts {
	struct span scheme;
	bool has_authority;
	struct span authority;
	struct span path;
	bool has_query;
	struct span query; /* without its question mark */
};

const char *url_result_name(enum url_result result)
{
	switch (result) {
	case URL_OK: return "is good";
	case URL_TOO_LONG: return "is too long";
	case URL_BAD_BYTE: return "has bytes that no URL has";
	case URL_BAD_SCHEME: return "has a scheme other than http and https";
	case URL_NO_HOST: return "has no host";
	case URL_USERINFO: return "has a user part";
	case URL_BAD_PORT: return "has a port other than 80 and 443";
	case URL_BAD_HOST: return "has a host that is no public name";
	}
	return "?";
}

static bool is_hex(uint8_t c)
{
	return ascii_is_digit(c) ||
	       (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* RFC 3986, 2: unreserved, reserved, and percent-encoded. */
static bool bytes_are_good(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (ascii_is_alnum(c))
			continue;
		if (c == '\0' || strchr("-._~:/?#[]@!$&'()*+,;=%", c) == NULL)
			return false;
		if (c == '%' && (i + 2 >= s.len || !is_hex(s.p[i + 1]) ||
		                 !is_hex(s.p[i + 2])))
			return false;
	}
	return true;
}

/* Length of the run before the first of the bytes in stop. */
static size_t run_before(struct span s, const char *stop)
{
	size_t n = 0;

	while (n < s.len && strchr(stop, s.p[n]) == NULL)
		n++;
	return n;
}

static struct span after(struct span s, size_t n)
{
	return span_sub(s, n, s.len);
}

/* bytes_are_good() went before: there is no NUL. */
static struct parts split(struct span s)
{
	struct parts p = { 0 };
	size_t n = run_before(s, "#");

	s = span_sub(s, 0, n);
	n = run_before(s, ":/?");
	if (n < s.len && s.p[n] == ':') {
		p.scheme = span_sub(s, 0, n + 1);
		s = after(s, n + 1);
	}
	if (s.len >= 2 && s.p[0] == '/' && s.p[1] == '/') {
		s = after(s, 2);
		n = run_before(s, "/?");
		p.has_authority = true;
		p.authority = span_sub(s, 0, n);
		s = after(s, n);
	}
	n = run_before(s, "?");
	p.path = span_sub(s, 0, n);
	if (n < s.len) {
		p.has_query = true;
		p.query = after(s, n + 1);
	}
	return p;
}

static struct span lower(struct span s, struct arena *arena)
{
	uint8_t *p = arena_alloc(arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(s.p[i]);
	return span_of(p, s.len);
}

static struct span last_label(struct span name)
{
	size_t from = name.len;

	while (from > 0 && name.p[from - 1] != '.')
		from--;
	return after(name, from);
}

/* What some library would take for an IPv4 address in shorthand, octal or
   hexadecimal: the last label is a number. */
static bool ends_in_number(struct span host)
{
	struct span last = last_label(host);
	bool hex = last.len >= 2 && last.p[0] == '0' && last.p[1] == 'x';

	for (size_t i = 0; i < last.len && !hex; i++)
		if (!ascii_is_digit(last.p[i]))
			return false;
	return true;
}

static struct span last_two_labels(struct span name)
{
	while (name_label_count(name) > 2)
		name = name_parent(name);
	return name;
}

bool url_host_ok(struct span host, bool *is_address, struct addr *address)
{
	/* The labels below may be what no certificate has ("_x", "r3---s"); the
	   place on the Internet must be one. Whether .test is, the resolver
	   says. */
	const struct name_rules rules = { .lab = true };
	struct addr addr;

	if (host.len == 0)
		return false;
	if (ends_in_number(host)) {
		if (!addr_parse_v4(host, &addr))
			return false;
		*is_address = true;
		*address = addr;
		return true;
	}
	if (!name_is_host(host) ||
	    name_check_target(last_two_labels(host), &rules, NULL) != NAME_FQDN)
		return false;
	*is_address = false;
	return true;
}

static enum url_result take_port(struct span port, struct url *out)
{
	uint64_t n;

	if (!text_u64(port, UINT16_MAX, &n) || (n != 80 && n != 443))
		return URL_BAD_PORT;
	out->port = (uint16_t)n;
	return URL_OK;
}

static bool take_v6(struct span text, struct arena *arena, struct url *out)
{
	char canonical[ADDR_TEXT_MAX];

	if (!addr_parse_v6(text, &out->address))
		return false;
	addr_text(&out->address, canonical, sizeof(canonical));
	out->is_address = true;
	out->host = span_str(arena_str(arena, canonical));
	return true;
}

/* host [":" port], RFC 3986, 3.2; out->scheme is set. */
static enum url_result take_authority(struct span authority,
                                      struct arena *arena, struct url *out)
{
	bool bracketed = authority.len > 0 && authority.p[0] == '[';
	size_t n = bracketed ? run_before(authority, "]") + 1
	                     : run_before(authority, ":");
	struct span host = span_sub(authority, 0, n);
	struct span rest = after(authority, n);

	if (authority.len == 0)
		return URL_NO_HOST;
	if (run_before(authority, "@") < authority.len)
		return URL_USERINFO;
	if (bracketed && n > authority.len)
		return URL_BAD_HOST;
	if (bracketed && rest.len > 0 && rest.p[0] != ':')
		return URL_BAD_HOST;
	out->port = out->scheme == SCHEME_HTTPS ? 443 : 80;
	if (rest.len > 0 && take_port(after(rest, 1), out) != URL_OK)
		return URL_BAD_PORT;
	if (bracketed)
		return take_v6(span_sub(host, 1, host.len - 2), arena, out)
		               ? URL_OK
		               : URL_BAD_HOST;
	out->host = lower(host, arena);
	return url_host_ok(out->host, &out->is_address, &out->address)
	               ? URL_OK
	               : URL_BAD_HOST;
}

/* RFC 3986, 5.2.4. The path begins with a slash, or is empty; out has room for
   path.len + 1 bytes. */
static size_t remove_dots(struct span path, uint8_t *out)
{
	size_t n = 0;
	bool open = true; /* the last segment was a dot: ends with a slash */

	for (size_t at = 0; at < path.len;) {
		struct span tail = after(path, at + 1);
		struct span segment = span_sub(tail, 0, run_before(tail, "/"));

		at += 1 + segment.len;
		open = span_is(segment, ".") || span_is(segment, "..");
		if (span_is(segment, ".."))
			while (n > 0 && out[--n] != '/')
				;
		if (open)
			continue;
		out[n++] = '/';
		if (segment.len > 0)
			memcpy(out + n, segment.p, segment.len);
		n += segment.len;
	}
	if (open)
		out[n++] = '/';
	return n;
}

static struct span path_of(const struct url *u)
{
	return span_sub(u->path_query, 0, run_before(u->path_query, "?"));
}

/* RFC 3986, 5.2.3: base's path up to its last slash, then the reference. */
static struct span merge(const struct url *base, struct span path,
                         struct arena *arena)
{
	struct span dir = path_of(base);
	size_t n = dir.len;

	while (n > 0 && dir.p[n - 1] != '/')
		n--;

	uint8_t *p = arena_alloc(arena, n + path.len + 1);

	memcpy(p, dir.p, n);
	if (path.len > 0)
		memcpy(p + n, path.p, path.len);
	return span_of(p, n + path.len);
}

static struct span with_query(struct span path, const struct parts *p,
                              struct arena *arena)
{
	uint8_t *out = arena_alloc(arena, path.len + p->query.len + 3);
	size_t n = remove_dots(path, out);

	if (p->has_query)
		out[n++] = '?';
	if (p->query.len > 0)
		memcpy(out + n, p->query.p, p->query.len);
	return span_of(out, n + p->query.len);
}

/* All of url but its text forms is set. */
static enum url_result compose(struct url *url, struct arena *arena,
                               struct url *out)
{
	bool https = url->scheme == SCHEME_HTTPS;
	bool v6 = url->is_address && url->address.family == ADDR_V6;
	bool usual = url->port == (https ? 443 : 80);

	url->host_header = span_str(
		arena_printf(arena, "%s%.*s%s%s", v6 ? "[" : "",
	                     SPAN_ARG(url->host), v6 ? "]" : "",
	                     usual ? "" : (url->port == 80 ? ":80" : ":443")));
	url->text = span_str(arena_printf(
		arena, "%s://%.*s%.*s", https ? "https" : "http",
		SPAN_ARG(url->host_header), SPAN_ARG(url->path_query)));
	if (url->text.len > URL_MAX)
		return URL_TOO_LONG;
	*out = *url;
	return URL_OK;
}

static bool take_scheme(struct span scheme, struct url *out)
{
	if (span_eq_nocase(scheme, SPAN("http:")))
		out->scheme = SCHEME_HTTP;
	else if (span_eq_nocase(scheme, SPAN("https:")))
		out->scheme = SCHEME_HTTPS;
	else
		return false;
	return true;
}

/* base may be NULL: then the reference must be absolute. */
static enum url_result resolve(const struct url *base, struct span reference,
                               struct arena *arena, struct url *out)
{
	struct url url = { 0 };

	if (reference.len > URL_MAX)
		return URL_TOO_LONG;
	if (!bytes_are_good(reference))
		return URL_BAD_BYTE;

	struct parts p = split(reference);

	if (base != NULL && p.scheme.len == 0)
		url.scheme = base->scheme;
	else if (!take_scheme(p.scheme, &url))
		return URL_BAD_SCHEME;
	if (p.has_authority) {
		enum url_result result =
			take_authority(p.authority, arena, &url);

		if (result != URL_OK)
			return result;
		url.path_query = with_query(p.path, &p, arena);
		return compose(&url, arena, out);
	}
	if (base == NULL || p.scheme.len > 0)
		return URL_NO_HOST;

	struct span path = p.path;

	url = *base;
	if (path.len == 0 && !p.has_query) { /* at most a fragment */
		*out = url;
		return URL_OK;
	}
	if (path.len == 0)
		path = path_of(base);
	else if (path.p[0] != '/')
		path = merge(base, path, arena);
	url.path_query = with_query(path, &p, arena);
	return compose(&url, arena, out);
}

enum url_result url_parse(struct span text, struct arena *arena,
                          struct url *out)
{
	return resolve(NULL, text, arena, out);
}

enum url_result url_resolve(const struct url *base, struct span reference,
                            struct arena *arena, struct url *out)
{
	return resolve(base, reference, arena, out);
}
