#include "decide/judge/http_head.h"
#include "decide/judge/url.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define BASE     "http://host.example.com/.well-known/acme-challenge/t?q=1"
#define HERE     "http://host.example.com"

/* clang-format off */
/* what a Location at BASE may be; want NULL for a refusal. */
static const struct {
	const char *reference;
	const char *want;
	enum url_result result;
} rows[] = {
	{ "https://other.example.com/", "https://other.example.com/", URL_OK },
	{ "https://other.example.com", "https://other.example.com/", URL_OK },
	{ "HTTPS://Other.Example.COM/A", "https://other.example.com/A", URL_OK },
	{ "http://h.example.com:80/", "http://h.example.com/", URL_OK },
	{ "https://h.example.com:443/", "https://h.example.com/", URL_OK },
	{ "http://h.example.com:443/", "http://h.example.com:443/", URL_OK },
	{ "https://h.example.com:80/", "https://h.example.com:80/", URL_OK },
	{ "http://h.example.com?a=b", "http://h.example.com/?a=b", URL_OK },
	{ "http://h.example.com/a#frag", "http://h.example.com/a", URL_OK },
	{ "http://h.example.com/a#f#g?x", "http://h.example.com/a", URL_OK },
	{ "http://_x.example.com/", "http://_x.example.com/", URL_OK },
	{ "http://r3---sn-a.example.com/", "http://r3---sn-a.example.com/", URL_OK },
	{ "http://8.8.8.8/", "http://8.8.8.8/", URL_OK },
	{ "http://[2001:4860:4860::8888]/x", "http://[2001:4860:4860::8888]/x", URL_OK },
	{ "http://[2001:4860:4860:0:0::8888]:443/", "http://[2001:4860:4860::8888]:443/", URL_OK },
	{ "http://h.example.com/%41b", "http://h.example.com/%41b", URL_OK },
	/* relative: RFC 3986, 5.2 */
	{ "/x", HERE "/x", URL_OK },
	{ "/", HERE "/", URL_OK },
	{ "x", HERE "/.well-known/acme-challenge/x", URL_OK },
	{ "x/y", HERE "/.well-known/acme-challenge/x/y", URL_OK },
	{ "./x", HERE "/.well-known/acme-challenge/x", URL_OK },
	{ "../x", HERE "/.well-known/x", URL_OK },
	{ "../../x", HERE "/x", URL_OK },
	{ "../../../x", HERE "/x", URL_OK },
	{ "..", HERE "/.well-known/", URL_OK },
	{ ".", HERE "/.well-known/acme-challenge/", URL_OK },
	{ "/a/./b/../c", HERE "/a/c", URL_OK },
	{ "/a/b/..", HERE "/a/", URL_OK },
	{ "/a//b", HERE "/a//b", URL_OK },
	{ "/..a/.b.", HERE "/..a/.b.", URL_OK },
	{ "?z=2", HERE "/.well-known/acme-challenge/t?z=2", URL_OK },
	{ "?", HERE "/.well-known/acme-challenge/t?", URL_OK },
	{ "#f", BASE, URL_OK },
	{ "", BASE, URL_OK },
	{ "//other.example.com/x", "http://other.example.com/x", URL_OK },
	{ "x?y=/../z", HERE "/.well-known/acme-challenge/x?y=/../z", URL_OK },
	{ "/a:b", HERE "/a:b", URL_OK },
	{ "./a:b", HERE "/.well-known/acme-challenge/a:b", URL_OK },
	/* refusals */
	{ "ftp://h.example.com/", NULL, URL_BAD_SCHEME },
	{ "gopher://h.example.com/", NULL, URL_BAD_SCHEME },
	{ "file:///etc/passwd", NULL, URL_BAD_SCHEME },
	{ "javascript:alert(1)", NULL, URL_BAD_SCHEME },
	{ "a:b", NULL, URL_BAD_SCHEME },
	{ ":x", NULL, URL_BAD_SCHEME },
	{ "http:x", NULL, URL_NO_HOST },
	{ "http:/x", NULL, URL_NO_HOST },
	{ "http:", NULL, URL_NO_HOST },
	{ "http://", NULL, URL_NO_HOST },
	{ "http:///x", NULL, URL_NO_HOST },
	{ "//", NULL, URL_NO_HOST },
	{ "http://u@h.example.com/", NULL, URL_USERINFO },
	{ "http://u:p@h.example.com/", NULL, URL_USERINFO },
	{ "http://h.example.com:80@evil.example.net/", NULL, URL_USERINFO },
	{ "http://@h.example.com/", NULL, URL_USERINFO },
	{ "http://h.example.com:8080/", NULL, URL_BAD_PORT },
	{ "http://h.example.com:/", NULL, URL_BAD_PORT },
	{ "http://h.example.com:080/", NULL, URL_BAD_PORT },
	{ "http://h.example.com:+80/", NULL, URL_BAD_PORT },
	{ "http://h.example.com:65616/", NULL, URL_BAD_PORT },
	{ "http://h.example.com:80:80/", NULL, URL_BAD_PORT },
	{ "http://h.example.com:25/", NULL, URL_BAD_PORT },
	{ "http://2130706433/", NULL, URL_BAD_HOST },
	{ "http://127.1/", NULL, URL_BAD_HOST },
	{ "http://0177.0.0.1/", NULL, URL_BAD_HOST },
	{ "http://0x7f.0.0.1/", NULL, URL_BAD_HOST },
	{ "http://0x7f000001/", NULL, URL_BAD_HOST },
	{ "http://1.2.3.0x4/", NULL, URL_BAD_HOST },
	{ "http://1.2.3.256/", NULL, URL_BAD_HOST },
	{ "http://1.2.3.4.5/", NULL, URL_BAD_HOST },
	{ "http://h.example.1/", NULL, URL_BAD_HOST },
	{ "http://localhost/", NULL, URL_BAD_HOST },
	{ "http://host/", NULL, URL_BAD_HOST },
	{ "http://host.local/", NULL, URL_BAD_HOST },
	{ "http://a.onion/", NULL, URL_BAD_HOST },
	{ "http://4.3.2.1.in-addr.arpa/", NULL, URL_BAD_HOST },
	{ "http://h.example.com./", NULL, URL_BAD_HOST },
	{ "http://h..example.com/", NULL, URL_BAD_HOST },
	{ "http://.example.com/", NULL, URL_BAD_HOST },
	{ "http://h%2eexample.com/", NULL, URL_BAD_HOST },
	{ "http://h!.example.com/", NULL, URL_BAD_HOST },
	{ "http://*.example.com/", NULL, URL_BAD_HOST },
	{ "http://[8.8.8.8]/", NULL, URL_BAD_HOST },
	{ "http://[host.example.com]/", NULL, URL_BAD_HOST },
	{ "http://[2001:4860:4860::8888/", NULL, URL_BAD_HOST },
	{ "http://[2001:4860:4860::8888]80/", NULL, URL_BAD_HOST },
	{ "http://[fe80::1%25eth0]/", NULL, URL_BAD_HOST },
	{ "http://[v1.a]/", NULL, URL_BAD_HOST },
	{ "http://[]/", NULL, URL_BAD_HOST },
	{ "http://[/", NULL, URL_BAD_HOST },
	{ "http://2001:4860:4860::8888/", NULL, URL_BAD_PORT },
	{ "/a b", NULL, URL_BAD_BYTE },
	{ "/a\\b", NULL, URL_BAD_BYTE },
	{ "\\\\evil.example.net/", NULL, URL_BAD_BYTE },
	{ "/a\tb", NULL, URL_BAD_BYTE },
	{ "/a\rb", NULL, URL_BAD_BYTE },
	{ "/\xc3\xa9", NULL, URL_BAD_BYTE },
	{ "http://\xc3\xa9.example.com/", NULL, URL_BAD_BYTE },
	{ "/%", NULL, URL_BAD_BYTE },
	{ "/%4", NULL, URL_BAD_BYTE },
	{ "/%4g", NULL, URL_BAD_BYTE },
	{ "/\"", NULL, URL_BAD_BYTE },
	{ "/a#\x01", NULL, URL_BAD_BYTE },
};

static const struct {
	const char *what;
	struct span raw;
	bool good;
	int status;
	unsigned locations;
	const char *location;
	bool encoded;
} heads[] = {
	{ "plain", SPAN("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"), true, 200, 0, "", false },
	{ "no reason", SPAN("HTTP/1.1 404\r\n\r\n"), true, 404, 0, "", false },
	{ "HTTP/1.0, LF only", SPAN("HTTP/1.0 301 Moved\nLocation: /x\n\n"), true, 301, 1, "/x", false },
	{ "no empty line", SPAN("HTTP/1.1 302 F\r\nlocation:\t/x y \r\n"), true, 302, 1, "/x y", false },
	{ "two Locations", SPAN("HTTP/1.1 302 F\r\nLocation: /x\r\nLOCATION: /y\r\n\r\n"), true, 302, 2, "/x", false },
	{ "empty Location", SPAN("HTTP/1.1 302 F\r\nLocation:\r\n\r\n"), true, 302, 1, "", false },
	{ "gzip", SPAN("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), true, 200, 0, "", true },
	{ "identity", SPAN("HTTP/1.1 200 OK\r\ncontent-encoding: Identity\r\n\r\n"), true, 200, 0, "", false },
	{ "identity, then br", SPAN("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n\r\n"), true, 200, 0, "", true },
	{ "chunked", SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), true, 200, 0, "", false },
	{ "gzip, chunked", SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), true, 200, 0, "", true },
	{ "bytes above ASCII", SPAN("HTTP/1.1 200 \xe9\r\nX: \xe9\r\n\r\n"), true, 200, 0, "", false },
	{ "HTTP/2", SPAN("HTTP/2 200\r\n\r\n"), false, 0, 0, "", false },
	{ "HTTP/0.9", SPAN("token.thumbprint"), false, 0, 0, "", false },
	{ "nothing", SPAN(""), false, 0, 0, "", false },
	{ "status of two digits", SPAN("HTTP/1.1 20 OK\r\n\r\n"), false, 0, 0, "", false },
	{ "status of four digits", SPAN("HTTP/1.1 2000 OK\r\n\r\n"), false, 0, 0, "", false },
	{ "status 099", SPAN("HTTP/1.1 099 OK\r\n\r\n"), false, 0, 0, "", false },
	{ "status 600", SPAN("HTTP/1.1 600 OK\r\n\r\n"), false, 0, 0, "", false },
	{ "signed status", SPAN("HTTP/1.1 +20 OK\r\n\r\n"), false, 0, 0, "", false },
	{ "leading space", SPAN(" HTTP/1.1 200 OK\r\n\r\n"), false, 0, 0, "", false },
	{ "folded line", SPAN("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"), false, 0, 0, "", false },
	{ "space before the colon", SPAN("HTTP/1.1 302 F\r\nLocation : /x\r\n\r\n"), false, 0, 0, "", false },
	{ "no colon", SPAN("HTTP/1.1 200 OK\r\nServer\r\n\r\n"), false, 0, 0, "", false },
	{ "no name", SPAN("HTTP/1.1 200 OK\r\n: x\r\n\r\n"), false, 0, 0, "", false },
	{ "NUL", SPAN("HTTP/1.1 302 F\r\nLocation: /x\0y\r\n\r\n"), false, 0, 0, "", false },
	{ "bare CR", SPAN("HTTP/1.1 302 F\r\nA: /x\rLocation: y\r\n\r\n"), false, 0, 0, "", false },
	{ "bytes behind the head", SPAN("HTTP/1.1 200 OK\r\n\r\nX"), false, 0, 0, "", false },
};
/* clang-format on */

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(resolves_references)
{
	struct url base;
	struct url out = { .port = 1 };
	enum url_result got;

	ck_assert_int_eq(url_parse(SPAN(BASE), arena, &base), URL_OK);
	got = url_resolve(&base, span_str(rows[_i].reference), arena, &out);
	ck_assert_msg(got == rows[_i].result, "%s: got \"%s\"",
	              rows[_i].reference, url_result_name(got));
	if (rows[_i].want == NULL)
		ck_assert_msg(out.port == 1, "%s: output was touched",
		              rows[_i].reference);
	else
		ck_assert_msg(span_is(out.text, rows[_i].want), "%s: %.*s",
		              rows[_i].reference, SPAN_ARG(out.text));
}
END_TEST

/* What comes out is a fixed point, absolute, and says the same in its parts. */
/* openmpic-141 */
START_TEST(gives_a_normal_form)
{
	struct url base;
	struct url once;
	struct url twice;

	if (rows[_i].want == NULL)
		return;
	ck_assert_int_eq(url_parse(SPAN(BASE), arena, &base), URL_OK);
	ck_assert_int_eq(
		url_resolve(&base, span_str(rows[_i].reference), arena, &once),
		URL_OK);
	ck_assert_int_eq(url_parse(once.text, arena, &twice), URL_OK);
	ck_assert(span_eq(once.text, twice.text));
	ck_assert(span_eq(once.host, twice.host));
	ck_assert(span_eq(once.host_header, twice.host_header));
	ck_assert(span_eq(once.path_query, twice.path_query));
	ck_assert_int_eq(once.port, twice.port);
	ck_assert_int_eq(once.is_address, twice.is_address);
}
END_TEST

START_TEST(takes_urls_apart)
{
	struct url u;

	ck_assert_int_eq(
		url_parse(SPAN("https://[2606:4700::1]:80/a?b"), arena, &u),
		URL_OK);
	ck_assert_int_eq(u.scheme, SCHEME_HTTPS);
	ck_assert(u.is_address);
	ck_assert_int_eq(u.address.family, ADDR_V6);
	ck_assert(span_is(u.host, "2606:4700::1"));
	ck_assert(span_is(u.host_header, "[2606:4700::1]:80"));
	ck_assert_int_eq(u.port, 80);
	ck_assert(span_is(u.path_query, "/a?b"));

	ck_assert_int_eq(url_parse(SPAN("http://Host.Example.com"), arena, &u),
	                 URL_OK);
	ck_assert(!u.is_address);
	ck_assert(span_is(u.host, "host.example.com"));
	ck_assert(span_is(u.host_header, "host.example.com"));
	ck_assert(span_is(u.path_query, "/"));
}
END_TEST

START_TEST(has_a_longest_url)
{
	char text[URL_MAX + 2];
	struct url u;

	memset(text, 'a', sizeof(text));
	memcpy(text, "http://h.example.com/", 21);
	ck_assert_int_eq(url_parse(span_of(text, URL_MAX), arena, &u), URL_OK);
	ck_assert_int_eq(url_parse(span_of(text, URL_MAX + 1), arena, &u),
	                 URL_TOO_LONG);
	/* what resolving adds counts too */
	ck_assert_int_eq(url_parse(SPAN(HERE "/a"), arena, &u), URL_OK);
	memset(text, 'a', 30);
	ck_assert_int_eq(url_resolve(&u, span_of(text, URL_MAX), arena, &u),
	                 URL_TOO_LONG);
}
END_TEST

START_TEST(refuses_a_nul)
{
	struct url u;

	ck_assert_int_eq(url_parse(SPAN("http://h.example.com/\0x"), arena, &u),
	                 URL_BAD_BYTE);
}
END_TEST

START_TEST(wants_absolute_urls)
{
	struct url u;

	ck_assert_int_eq(url_parse(SPAN("/x"), arena, &u), URL_BAD_SCHEME);
	ck_assert_int_eq(url_parse(SPAN("//h.example.com/x"), arena, &u),
	                 URL_BAD_SCHEME);
	ck_assert_int_eq(url_parse(SPAN(""), arena, &u), URL_BAD_SCHEME);
}
END_TEST

START_TEST(reads_heads)
{
	struct http_head head;
	bool good = http_head_parse(heads[_i].raw, &head);

	ck_assert_msg(good == heads[_i].good, "%s", heads[_i].what);
	if (!good)
		return;
	ck_assert_msg(head.status == heads[_i].status, "%s: %d", heads[_i].what,
	              head.status);
	ck_assert_msg(head.locations == heads[_i].locations, "%s: %u Locations",
	              heads[_i].what, head.locations);
	ck_assert_msg(span_is(head.location, heads[_i].location), "%s: %.*s",
	              heads[_i].what, SPAN_ARG(head.location));
	ck_assert_msg(head.encoded == heads[_i].encoded, "%s", heads[_i].what);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("url");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, resolves_references, 0, COUNT(rows));
	tcase_add_loop_test(tc, gives_a_normal_form, 0, COUNT(rows));
	tcase_add_test(tc, takes_urls_apart);
	tcase_add_test(tc, has_a_longest_url);
	tcase_add_test(tc, refuses_a_nul);
	tcase_add_test(tc, wants_absolute_urls);
	tcase_add_loop_test(tc, reads_heads, 0, COUNT(heads));
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
