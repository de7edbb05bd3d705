#include "tests/support/judge_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define N       "host.example.com"
#define TOKEN   "DGyRejmCefe7v4NfDGDKfA"
#define KA      TOKEN ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define ACME    "http://" N "/.well-known/acme-challenge/" TOKEN
#define VALUE   "a-Value-of-22-characters"
#define PKI     "http://" N "/.well-known/pki-validation/"
#define TO(url) "Location: " url "\r\n"
#define ROWS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}

static const char *const zone[] = {
	N ". A 192.0.2.1",
	"v6." N ". AAAA 2001:db8::1",
	"both." N ". A 192.0.2.1",
	"both." N ". AAAA 2001:db8::1",
	"alias." N ". CNAME both." N ".",
	"other.example.net. A 192.0.2.2",
	"none.example.net. TXT x",
	NULL,
};

/* clang-format off */
#define PAGES(...) { __VA_ARGS__ }
enum { PAGES_MAX = 4 };

/* http-01 for host.example.com */
static const struct {
	const char *what;
	struct page pages[PAGES_MAX];
	enum reason want;
	enum result_class class;
} http01[] = {
	/* */
	/* openmpic-126 */
	{ "the key authorization", PAGES({ ACME, 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "and CR LF", PAGES({ ACME, 200, NULL, KA "\r\n", 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "and much white space", PAGES({ ACME, 200, NULL, KA " \t\r\n\n ", 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	/* openmpic-W04 */
	{ "and a word", PAGES({ ACME, 200, NULL, KA " x", 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "and a vertical tab", PAGES({ ACME, 200, NULL, KA "\v", 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "and a NUL", PAGES({ ACME, 200, NULL, KA "\0", sizeof(KA), 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "behind a space", PAGES({ ACME, 200, NULL, " " KA, 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "behind a BOM", PAGES({ ACME, 200, NULL, "\xef\xbb\xbf" KA, 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "twice", PAGES({ ACME, 200, NULL, KA KA, 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	/* openmpic-100 */
	{ "in other case", PAGES({ ACME, 200, NULL, "d" "GyRejmCefe7v4NfDGDKfA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI", 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "a beginning of it", PAGES({ ACME, 200, NULL, TOKEN, 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	/* openmpic-111 */
	{ "nothing", PAGES({ ACME, 200, NULL, "", 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "only white space", PAGES({ ACME, 200, NULL, "\r\n", 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "not there", PAGES({ "http://elsewhere/", 200, NULL, KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	{ "201", PAGES({ ACME, 201, NULL, KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	{ "204", PAGES({ ACME, 204, NULL, "", 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	{ "206", PAGES({ ACME, 206, NULL, KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	{ "304", PAGES({ ACME, 304, NULL, KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	/* openmpic-109 */
	{ "404 with the value", PAGES({ ACME, 404, NULL, KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	{ "500 with the value", PAGES({ ACME, 500, NULL, KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	{ "gzip unasked", PAGES({ ACME, 200, "Content-Encoding: gzip\r\n", KA, 0, 0 }), REASON_HTTP_CONTENT_ENCODING, CLASS_DISAGREED },
	{ "identity", PAGES({ ACME, 200, "Content-Encoding: identity\r\n", KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "chunked", PAGES({ ACME, 200, "Transfer-Encoding: chunked\r\n", KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	/* openmpic-104, openmpic-110 */
	{ "closed in the middle", PAGES({ ACME, 200, NULL, KA, 0, HTTP_RESET }), REASON_CONNECTION_RESET, CLASS_ERROR },
	/* openmpic-110 */
	{ "too slow", PAGES({ ACME, 200, NULL, KA, 0, HTTP_TIMED_OUT }), REASON_TIMEOUT_READ, CLASS_TIMED_OUT },
	{ "HTTP/0.9", PAGES({ ACME, 0, NULL, KA, 0, HTTP_BAD }), REASON_HTTP_MALFORMED, CLASS_ERROR },
	{ "endless headers", PAGES({ ACME, 200, NULL, KA, 0, HTTP_HEADERS_LARGE }), REASON_HTTP_HEADERS_TOO_LARGE, CLASS_ERROR },
	/* openmpic-115 */
	{ "padded beyond the cap", PAGES({ ACME, 200, NULL, KA, 0, HTTP_BODY_LARGE }), REASON_HTTP_BODY_TOO_LARGE, CLASS_ERROR },
	{ "a folded header", PAGES({ ACME, 200, "A: b\r\n c\r\n", KA, 0, 0 }), REASON_HTTP_MALFORMED, CLASS_ERROR },
	{ "an end from the future", PAGES({ ACME, 200, NULL, KA, 0, 99 }), REASON_EVIDENCE_INCOMPLETE, CLASS_ERROR },
	/* */
	{ "301 to https", PAGES({ ACME, 301, TO("https://other.example.net/"), "", 0, 0 }, { "https://other.example.net/", 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "302", PAGES({ ACME, 302, TO("/a"), "", 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "307", PAGES({ ACME, 307, TO("/a"), "", 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "308", PAGES({ ACME, 308, TO("/a"), "", 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "three hops, relative", PAGES({ ACME, 302, TO("x"), "", 0, 0 }, { "http://" N "/.well-known/acme-challenge/x", 301, TO("../y?z"), "", 0, 0 }, { "http://" N "/.well-known/y?z", 308, TO("//both." N ":443/#f"), "", 0, 0 }, { "http://both." N ":443/", 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "a redirect with a large body", PAGES({ ACME, 302, TO("/a"), "", 0, HTTP_BODY_LARGE }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "the value in a redirect's body", PAGES({ ACME, 302, TO("/a"), KA, 0, 0 }), REASON_HTTP_STATUS, CLASS_DISAGREED },
	/* openmpic-119 */
	{ "303", PAGES({ ACME, 303, TO("/a"), KA, 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_HTTP_REDIRECT_STATUS, CLASS_DISAGREED },
	{ "300", PAGES({ ACME, 300, TO("/a"), KA, 0, 0 }), REASON_HTTP_REDIRECT_STATUS, CLASS_DISAGREED },
	{ "305", PAGES({ ACME, 305, TO("/a"), KA, 0, 0 }), REASON_HTTP_REDIRECT_STATUS, CLASS_DISAGREED },
	{ "Refresh", PAGES({ ACME, 200, "Refresh: 0; url=/a\r\n", "<meta http-equiv=refresh>", 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	{ "200 with a Location", PAGES({ ACME, 200, TO("/a"), "", 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_HTTP_BODY_MISMATCH, CLASS_DISAGREED },
	/* openmpic-119 */
	{ "port 8080", PAGES({ ACME, 302, TO("http://h.example.net:8080/"), "", 0, 0 }), REASON_HTTP_REDIRECT_TARGET, CLASS_DISAGREED },
	{ "ftp", PAGES({ ACME, 302, TO("ftp://other.example.net/"), "", 0, 0 }), REASON_HTTP_REDIRECT_TARGET, CLASS_DISAGREED },
	{ "gopher", PAGES({ ACME, 302, TO("gopher://other.example.net/"), "", 0, 0 }), REASON_HTTP_REDIRECT_TARGET, CLASS_DISAGREED },
	{ "a user part", PAGES({ ACME, 302, TO("http://a@other.example.net/"), "", 0, 0 }), REASON_HTTP_REDIRECT_TARGET, CLASS_DISAGREED },
	{ "a shorthand address", PAGES({ ACME, 302, TO("http://127.1/"), "", 0, 0 }), REASON_HTTP_REDIRECT_TARGET, CLASS_DISAGREED },
	{ "localhost", PAGES({ ACME, 302, TO("http://localhost/"), "", 0, 0 }), REASON_HTTP_REDIRECT_TARGET, CLASS_DISAGREED },
	{ "no Location", PAGES({ ACME, 302, NULL, KA, 0, 0 }), REASON_HTTP_REDIRECT_LOCATION, CLASS_DISAGREED },
	{ "an empty Location", PAGES({ ACME, 302, TO(""), "", 0, 0 }), REASON_HTTP_REDIRECT_LOCATION, CLASS_DISAGREED },
	{ "two Locations", PAGES({ ACME, 302, TO("/a") TO("/a"), "", 0, 0 }, { "http://" N "/a", 200, NULL, KA, 0, 0 }), REASON_HTTP_REDIRECT_LOCATION, CLASS_DISAGREED },
	{ "to itself", PAGES({ ACME, 302, TO("#x"), "", 0, 0 }), REASON_HTTP_TOO_MANY_REDIRECTS, CLASS_DISAGREED },
	{ "there and back", PAGES({ ACME, 302, TO("/a"), "", 0, 0 }, { "http://" N "/a", 302, TO(ACME), "", 0, 0 }), REASON_HTTP_TOO_MANY_REDIRECTS, CLASS_DISAGREED },
	{ "the value in the URL", PAGES({ ACME, 302, TO("/?" KA), "", 0, 0 }, { "http://" N "/?" KA, 200, NULL, KA, 0, 0 }), REASON_HTTP_VALUE_IN_REQUEST, CLASS_DISAGREED },
	{ "the value, encoded", PAGES({ ACME, 302, TO("/?%44" "GyRejmCefe7v4NfDGDKfA%2E9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"), "", 0, 0 }), REASON_HTTP_VALUE_IN_REQUEST, CLASS_DISAGREED },
	{ "a host without an address", PAGES({ ACME, 302, TO("http://none.example.net/"), "", 0, 0 }), REASON_DNS_NO_ADDRESS, CLASS_ERROR },
	{ "a host that does not exist", PAGES({ ACME, 302, TO("http://nx.example.net/"), "", 0, 0 }), REASON_DNS_NXDOMAIN, CLASS_DISAGREED },
	/* */
	{ "a metadata address", PAGES({ ACME, 302, TO("http://169.254.169.254/"), "", 0, 0 }, { "http://169.254.169.254/", 200, NULL, KA, 0, 0 }), REASON_FORBIDDEN_ADDRESS, CLASS_ERROR },
};

/* R-051; the path is fileauth.txt unless said otherwise */
static const struct {
	const char *what;
	const char *path;
	enum url_scheme scheme;
	struct opt_bool exact_case;
	struct page page;
	enum reason want;
} website[] = {
	{ "the value", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 200, NULL, VALUE, 0, 0 }, REASON_VALUE_FOUND },
	/* openmpic-122 */
	{ "inside", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 200, NULL, "<p>" VALUE "</p>", 0, 0 }, REASON_VALUE_FOUND },
	{ "behind a NUL", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 200, NULL, "\0" VALUE, sizeof(VALUE), 0 }, REASON_VALUE_FOUND },
	/* openmpic-101 */
	{ "other case", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 200, NULL, "A-VALUE-OF-22-CHARACTERS", 0, 0 }, REASON_VALUE_NOT_FOUND },
	{ "case let go", "fileauth.txt", 0, { true, false }, { PKI "fileauth.txt", 200, NULL, "A-VALUE-OF-22-CHARACTERS", 0, 0 }, REASON_VALUE_FOUND },
	{ "cut", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 200, NULL, "a-Value-of-22-character", 0, 0 }, REASON_VALUE_NOT_FOUND },
	{ "nothing", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 200, NULL, "", 0, 0 }, REASON_VALUE_NOT_FOUND },
	/* openmpic-121 */
	{ "https", "fileauth.txt", SCHEME_HTTPS, { 0 }, { "https://" N "/.well-known/pki-validation/fileauth.txt", 200, NULL, VALUE, 0, 0 }, REASON_VALUE_FOUND },
	{ "in a folder", "a/b.txt", 0, { 0 }, { PKI "a/b.txt", 200, NULL, VALUE, 0, 0 }, REASON_VALUE_FOUND },
	{ "204", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 204, NULL, VALUE, 0, 0 }, REASON_HTTP_STATUS },
	{ "206", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 206, NULL, VALUE, 0, 0 }, REASON_HTTP_STATUS },
	{ "404 with the value", "fileauth.txt", 0, { 0 }, { PKI "fileauth.txt", 404, NULL, VALUE, 0, 0 }, REASON_HTTP_STATUS },
	{ "the value in the path", VALUE ".txt", 0, { 0 }, { PKI VALUE ".txt", 200, NULL, VALUE, 0, 0 }, REASON_HTTP_VALUE_IN_REQUEST },
	{ "in other case in the path", "A-VALUE-OF-22-CHARACTERS", 0, { 0 }, { PKI "A-VALUE-OF-22-CHARACTERS", 200, NULL, VALUE, 0, 0 }, REASON_HTTP_VALUE_IN_REQUEST },
	{ "out of the folder", "../../other", 0, { 0 }, { "http://" N "/other", 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
	{ "a dot segment", "a/./b", 0, { 0 }, { PKI "a/b", 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
	{ "a query", "a?b", 0, { 0 }, { PKI "a?b", 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
	{ "a fragment", "a#b", 0, { 0 }, { PKI "a", 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
	{ "a space", "a b", 0, { 0 }, { PKI "a b", 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
	{ "a line feed", "a\r\nX: y", 0, { 0 }, { PKI "a", 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
	{ "no path", "", 0, { 0 }, { PKI, 200, NULL, VALUE, 0, 0 }, REASON_PATH_INVALID },
};

/* match_regex, on top of the value */
#define PADDED(text) TEN_K TEN_K TEN_K text TEN_K
#define HUNDRED "<p>words words words words words words words words words words words words words words words words</p>\n"
#define TEN_H HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define TEN_K TEN_H TEN_H TEN_H TEN_H TEN_H TEN_H TEN_H TEN_H TEN_H TEN_H
#define AS_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
static const struct {
	const char *what, *pattern, *body;
	size_t body_len; /* 0: strlen */
	enum reason want;
} regexes[] = {
	{ "the value and the pattern", "a-Value-of-\\d\\d-\\w+", VALUE, 0, REASON_VALUE_FOUND },
	{ "the pattern elsewhere", "^order \\d+$", "order 88\n\n" VALUE, 0, REASON_REGEX_NOT_FOUND },
	{ "the pattern on a line of its own", "(?m)^order \\d+$", "order 88\n\n" VALUE, 0, REASON_VALUE_FOUND },
	{ "the value without the pattern", "order \\d+", VALUE, 0, REASON_REGEX_NOT_FOUND },
	{ "the pattern without the value", "order \\d+", "order 88", 0, REASON_VALUE_NOT_FOUND },
	{ "everything, without the value", "(?s).*", "order 88", 0, REASON_VALUE_NOT_FOUND },
	{ "everything, and nothing there", "(?s).*", "", 0, REASON_VALUE_NOT_FOUND },
	{ "no pattern", "", VALUE, 0, REASON_VALUE_FOUND },
	/* openmpic-123 */
	{ "white space around it", "^" VALUE "$", " \t\r\n" VALUE "\v\f\r\n ", 0, REASON_VALUE_FOUND },
	{ "\\A and \\Z", "\\A" VALUE "\\Z", "\n\n" VALUE "\n\n", 0, REASON_VALUE_FOUND },
	{ "text before it", "^" VALUE "$", "x\n" VALUE, 0, REASON_REGEX_NOT_FOUND },
	{ "text after it", "^" VALUE "$", VALUE "\nx", 0, REASON_REGEX_NOT_FOUND },
	{ "a NUL after it", "^" VALUE "$", VALUE "\0", sizeof(VALUE), REASON_REGEX_NOT_FOUND },
	{ "other case", "^A-VALUE", VALUE, 0, REASON_REGEX_NOT_FOUND },
	{ "case let go", "(?i)^A-VALUE", VALUE, 0, REASON_VALUE_FOUND },
	/* openmpic-116, openmpic-124: neither is bound to the first 100 bytes */
	{ "behind 30 kB", VALUE "</b>", PADDED("<b>" VALUE "</b>"), 0, REASON_VALUE_FOUND },
	{ "a pattern of 150 characters", "<b>" VALUE "</b>\\s<p>words words words words words words words words words words words words words words words words</p>\\s<p>words", PADDED("<b>" VALUE "</b>\n"), 0, REASON_VALUE_FOUND },
	/* openmpic-125 */
	{ "over white space", "ca\\s+" VALUE "\\s+end", "ca \r\n\t" VALUE "\n\n end", 0, REASON_VALUE_FOUND },
	{ "over none", "ca\\s+" VALUE, "ca" VALUE, 0, REASON_REGEX_NOT_FOUND },
	/* bytes that are no text */
	{ "broken UTF-8 around it", "^[^a]+" VALUE "[^a]+$", "\xff\xc3\x28\xed\xa0\x80" VALUE "\xf4\x90", 0, REASON_VALUE_FOUND },
	{ "a NUL in it", "\\x00" VALUE, "\0" VALUE, sizeof(VALUE), REASON_VALUE_FOUND },
	/* what would never end */
	{ "nested repetitions", "(a+)+$", VALUE AS_64 "!", 0, REASON_REGEX_TOO_COSTLY },
	{ "what the intake refuses", "(", VALUE, 0, REASON_REGEX_INVALID },
};

/* what is known of host both.host.example.com, and who answers */
static const struct {
	const char *what;
	struct trouble troubles[2];
	struct wall walls[2];
	enum reason want;
	const char *reached; /* NULL: nobody */
} hosts[] = {
	{ "IPv6 first", { { 0 } }, { { 0 } }, REASON_VALUE_FOUND, "2001:db8::1" },
	/* boulder-X01 */
	{ "refused, then IPv4", { { 0 } }, { { "2001:db8::1", CONNECT_REFUSED } }, REASON_VALUE_FOUND, "192.0.2.1" },
	{ "timed out, then IPv4", { { 0 } }, { { "2001:db8::1", CONNECT_TIMED_OUT } }, REASON_VALUE_FOUND, "192.0.2.1" },
	{ "forbidden, then IPv4", { { 0 } }, { { "2001:db8::1", CONNECT_FORBIDDEN } }, REASON_VALUE_FOUND, "192.0.2.1" },
	{ "TLS failed: no fallback", { { 0 } }, { { "2001:db8::1", CONNECT_TLS_FAILED } }, REASON_TLS_HANDSHAKE, NULL },
	{ "both refused", { { 0 } }, { { "2001:db8::1", CONNECT_REFUSED }, { "192.0.2.1", CONNECT_REFUSED } }, REASON_CONNECT_REFUSED, NULL },
	{ "refused, then timed out", { { 0 } }, { { "2001:db8::1", CONNECT_REFUSED }, { "192.0.2.1", CONNECT_TIMED_OUT } }, REASON_TIMEOUT_CONNECT, NULL },
	{ "unreachable", { { 0 } }, { { "2001:db8::1", CONNECT_UNREACHABLE }, { "192.0.2.1", CONNECT_UNREACHABLE } }, REASON_CONNECT_FAILED, NULL },
	{ "both forbidden", { { 0 } }, { { "2001:db8::1", CONNECT_FORBIDDEN }, { "192.0.2.1", CONNECT_FORBIDDEN } }, REASON_FORBIDDEN_ADDRESS, NULL },
	{ "refused, other forbidden", { { 0 } }, { { "2001:db8::1", CONNECT_REFUSED }, { "192.0.2.1", CONNECT_FORBIDDEN } }, REASON_CONNECT_REFUSED, NULL },
	{ "AAAA fails", { { "both." N, 28, DNS_FAILED, 2, false } }, { { 0 } }, REASON_VALUE_FOUND, "192.0.2.1" },
	{ "A fails", { { "both." N, 1, DNS_FAILED, 2, false } }, { { 0 } }, REASON_VALUE_FOUND, "2001:db8::1" },
	{ "AAAA unanswered", { { "both." N, 28, DNS_UNANSWERED, 0, false } }, { { 0 } }, REASON_VALUE_FOUND, "192.0.2.1" },
	{ "AAAA bogus", { { "both." N, 28, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNSSEC_BOGUS, NULL },
	{ "A bogus", { { "both." N, 1, DNS_BOGUS, 0, false } }, { { 0 } }, REASON_DNSSEC_BOGUS, NULL },
	{ "both fail", { { "both." N, 0, DNS_FAILED, 5, false } }, { { 0 } }, REASON_DNS_REFUSED, NULL },
	{ "both unanswered", { { "both." N, 0, DNS_UNANSWERED, 0, false } }, { { 0 } }, REASON_TIMEOUT_DNS, NULL },
};

static const struct {
	const char *what;
	size_t after;
	enum evidence_end end;
	enum reason want;
} ends[] = {
	{ "deadline before the first answer", 1, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_DNS },
	{ "deadline between the answers", 2, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_DNS },
	{ "deadline before the connection", 3, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_CONNECT },
	{ "deadline with the body", 4, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_READ },
	{ "full before the first answer", 1, EVIDENCE_END_TOO_LARGE, REASON_EVIDENCE_TOO_LARGE },
	{ "full with the body", 4, EVIDENCE_END_TOO_LARGE, REASON_EVIDENCE_TOO_LARGE },
};
/* clang-format on */

static struct world w;

static void setup(void)
{
	world_init(&w);
	w.zone = zone;
	w.check.dcv.present = true;
	w.check.dcv.validation_method = METHOD_ACME_HTTP_01;
	w.check.dcv.token = SPAN(TOKEN);
	w.check.dcv.key_authorization = SPAN(KA);
	w.check.dcv.challenge_value = SPAN(VALUE);
	w.check.dcv.http_token_path = SPAN("fileauth.txt");
}

static void teardown(void)
{
	world_clear(&w);
}

static void use_pages(const struct page *pages, size_t count)
{
	w.pages = pages;
	w.pages_count = 0;
	while (w.pages_count < count && pages[w.pages_count].url != NULL)
		w.pages_count++;
}

START_TEST(judges_http01)
{
	static const struct wall guard = { "169.254.169.254",
		                           CONNECT_FORBIDDEN };

	w.walls = &guard;
	w.walls_count = 1;
	use_pages(http01[_i].pages, PAGES_MAX);
	world_judge(&w, KIND_DCV);
	world_expect(&w, http01[_i].want, http01[_i].what);
	ck_assert_int_eq(w.done.result_class, http01[_i].class);
	if (w.done.result_class == CLASS_CORROBORATED)
		ck_assert(span_is(w.done.authorization_domain_name, N));
}
END_TEST

START_TEST(judges_website_change)
{
	struct dcv_parameters *dcv = &w.check.dcv;

	dcv->validation_method = METHOD_WEBSITE_CHANGE;
	dcv->http_token_path = span_str(website[_i].path);
	dcv->url_scheme = website[_i].scheme;
	dcv->require_exact_case = website[_i].exact_case;
	use_pages(&website[_i].page, 1);
	world_judge(&w, KIND_DCV);
	world_expect(&w, website[_i].want, website[_i].what);
	if (website[_i].want == REASON_PATH_INVALID ||
	    website[_i].want == REASON_HTTP_VALUE_IN_REQUEST)
		ck_assert_msg(w.steps == 0, "%s: something was asked",
		              website[_i].what);
}
END_TEST

START_TEST(searches_for_a_pattern_as_well)
{
	struct page page = { PKI "fileauth.txt",   200, NULL, regexes[_i].body,
		             regexes[_i].body_len, 0 };

	w.check.dcv.validation_method = METHOD_WEBSITE_CHANGE;
	w.check.dcv.match_regex = span_str(regexes[_i].pattern);
	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	world_expect(&w, regexes[_i].want, regexes[_i].what);
	ck_assert_int_eq(
		w.done.result_class,
		regexes[_i].want == REASON_VALUE_FOUND ? CLASS_CORROBORATED
		: regexes[_i].want == REASON_REGEX_NOT_FOUND ||
				regexes[_i].want == REASON_VALUE_NOT_FOUND
			? CLASS_DISAGREED
			: CLASS_ERROR);
}
END_TEST

/* Who reads the evidence later asks the same: another expression, another
   answer, and never a pass for one that was not found. */
START_TEST(a_pattern_is_asked_for_again_at_replay)
{
	struct page page = { PKI "fileauth.txt", 200, NULL, VALUE, 0, 0 };
	struct judgement done;

	w.check.dcv.validation_method = METHOD_WEBSITE_CHANGE;
	w.check.dcv.match_regex = SPAN("22");
	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "22");
	w.check.dcv.match_regex = SPAN("23");
	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_REGEX_NOT_FOUND);
	/* a method without expressions looks at none */
	w.check.dcv.validation_method = METHOD_ACME_HTTP_01;
	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_EVIDENCE_INCOMPLETE);
}
END_TEST

START_TEST(tries_addresses_in_order)
{
	struct page page = {
		"http://both." N "/.well-known/acme-challenge/" TOKEN,
		200,
		NULL,
		KA,
		0,
		0
	};
	const struct http_evidence *hop;

	w.check.target = SPAN("both." N);
	w.troubles = hosts[_i].troubles;
	w.troubles_count = hosts[_i].troubles[0].name != NULL ? 1 : 0;
	w.walls = hosts[_i].walls;
	while (w.walls_count < 2 && w.walls[w.walls_count].address != NULL)
		w.walls_count++;
	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	world_expect(&w, hosts[_i].want, hosts[_i].what);
	if (hosts[_i].reached == NULL)
		return;
	hop = &w.evidence.http[0];

	struct span last = hop->connects[hop->connects_count - 1].address;
	struct addr want;

	ck_assert(addr_parse(span_str(hosts[_i].reached), &want));
	ck_assert_msg(span_eq(last, span_of(want.bytes, addr_bits(&want) / 8)),
	              "%s", hosts[_i].what);
}
END_TEST

/* the first connection goes to port 80 of the name itself. */
START_TEST(asks_for_the_first_request)
{
	w.check.target = SPAN("alias." N);
	w.check.dcv.http_headers = (struct http_header[]){
		{ SPAN("user-agent"), SPAN("ca/1") },
		{ SPAN("ACCEPT"), SPAN("text/plain") },
		{ SPAN("Host"), SPAN("evil.example.net") },
	};
	w.check.dcv.http_headers_count = 3;
	world_judge(&w, KIND_DCV);
	ck_assert(span_is(w.first.url, "http://alias." N
	                               "/.well-known/acme-challenge/" TOKEN));
	ck_assert_int_eq(w.first.scheme, SCHEME_HTTP);
	ck_assert_int_eq(w.first.port, 80);
	ck_assert(span_is(w.first.host, "alias." N));
	ck_assert(span_is(w.first.host_header, "alias." N));
	ck_assert(!w.first.host_is_address);
	ck_assert(span_is(w.first.path_query,
	                  "/.well-known/acme-challenge/" TOKEN));
	ck_assert(span_is(w.first.user_agent, "ca/1"));
	ck_assert(span_is(w.first.accept, "text/plain"));
	ck_assert_uint_eq(w.first.addresses_count, 2);
	ck_assert_int_eq(w.first.addresses[0].family, ADDR_V6);
	ck_assert_int_eq(w.first.addresses[1].family, ADDR_V4);
	ck_assert_uint_gt(w.first.body_max, 128);
	ck_assert_uint_le(w.first.body_max, EVIDENCE_BODY_MAX);
	ck_assert_uint_eq(w.most_questions, 2); /* A and AAAA in one step */
}
END_TEST

/* openmpic-120 */
START_TEST(asks_nobody_for_an_address)
{
	static const struct page pages[] = {
		{ "http://[2001:4860:4860::8888]/.well-known/"
		  "acme-challenge/" TOKEN,
		  200, NULL, KA, 0, 0 },
		{ "http://8.8.8.8/.well-known/acme-challenge/" TOKEN, 200, NULL,
		  KA, 0, 0 },
	};

	use_pages(pages, 2);
	w.check.target = SPAN("2001:4860:4860::8888");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "IPv6");
	ck_assert_uint_eq(w.evidence.dns_count, 0);
	ck_assert(w.first.host_is_address);
	ck_assert(span_is(w.first.host_header, "[2001:4860:4860::8888]"));
	ck_assert(span_is(w.first.host, "2001:4860:4860::8888"));

	w.check.target = SPAN("8.8.8.8");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "IPv4");
	ck_assert_uint_eq(w.evidence.dns_count, 0);
}
END_TEST

START_TEST(gives_both_families_a_turn)
{
	char lines[24][64];
	const char *rows[25] = { 0 };

	for (int i = 0; i < 24; i++) {
		snprintf(lines[i], sizeof(lines[i]),
		         i < 12 ? N ". AAAA 2001:db8::%d" : N ". A 192.0.2.%d",
		         i + 1);
		rows[i] = lines[i];
	}
	w.zone = rows;
	world_judge(&w, KIND_DCV);
	ck_assert_uint_eq(w.first.addresses_count, JUDGE_ADDRESSES_MAX);
	for (int i = 0; i < JUDGE_ADDRESSES_MAX; i++)
		ck_assert_int_eq(w.first.addresses[i].family,
		                 i < JUDGE_ADDRESSES_MAX / 2 ? ADDR_V6
		                                             : ADDR_V4);
	rows[13] = NULL; /* twelve and one */
	world_judge(&w, KIND_DCV);
	ck_assert_uint_eq(w.first.addresses_count, JUDGE_ADDRESSES_MAX);
	ck_assert_int_eq(w.first.addresses[JUDGE_ADDRESSES_MAX - 2].family,
	                 ADDR_V6);
	ck_assert_int_eq(w.first.addresses[JUDGE_ADDRESSES_MAX - 1].family,
	                 ADDR_V4);
}
END_TEST

/* ten redirects are followed, the eleventh is not. */
/* boulder-X15 */
START_TEST(counts_redirects)
{
	static char urls[12][64];
	static char headers[12][64];
	struct page pages[12];

	for (int i = 0; i < 12; i++) {
		snprintf(urls[i], sizeof(urls[i]), "http://" N "/%d", i);
		snprintf(headers[i], sizeof(headers[i]), TO("/%d"), i + 1);
		pages[i] = (struct page){ .url = urls[i],
			                  .status = 302,
			                  .headers = headers[i] };
	}
	pages[0].url = ACME;
	pages[10].status = 200;
	pages[10].body = KA;
	w.pages = pages;
	w.pages_count = 12;
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "ten");
	pages[10].status = 302;
	pages[11].status = 200;
	pages[11].body = KA;
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_HTTP_TOO_MANY_REDIRECTS, "eleven");
	ck_assert_uint_eq(w.evidence.http_count, 11);
}
END_TEST

START_TEST(sends_no_value_in_headers) /* */
{
	struct page page = { PKI "fileauth.txt", 200, NULL, VALUE, 0, 0 };

	w.check.dcv.validation_method = METHOD_WEBSITE_CHANGE;
	w.check.dcv.http_headers = (struct http_header[]){
		{ SPAN("User-Agent"), SPAN("x " VALUE) },
	};
	w.check.dcv.http_headers_count = 1;
	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_HTTP_VALUE_IN_REQUEST, "User-Agent");
	ck_assert_uint_eq(w.steps, 0);
}
END_TEST

/* http-01 of an address follows redirects, website-change does not. */
START_TEST(r061_redirects_of_addresses)
{
	static const struct page pages[] = {
		{ "http://8.8.8.8/.well-known/acme-challenge/" TOKEN, 302,
		  "Location: http://8.8.8.8/a\r\n", "", 0, 0 },
		{ "http://8.8.8.8/.well-known/pki-validation/fileauth.txt", 302,
		  "Location: http://8.8.8.8/b\r\n", "", 0, 0 },
		{ "http://8.8.8.8/a", 200, NULL, KA, 0, 0 },
		{ "http://8.8.8.8/b", 200, NULL, VALUE, 0, 0 },
	};

	use_pages(pages, 4);
	w.check.target = SPAN("8.8.8.8");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "http-01");
	w.check.dcv.validation_method = METHOD_WEBSITE_CHANGE;
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_HTTP_REDIRECT_TARGET, "website-change");
	ck_assert_uint_eq(w.evidence.http_count, 1);
}
END_TEST

START_TEST(refuses_what_it_has_no_rule_for)
{
	w.check.target = SPAN("*.example.com");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_METHOD_WILDCARD, "http-01 wildcard (R-053)");
	w.check.dcv.validation_method = METHOD_WEBSITE_CHANGE;
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_METHOD_WILDCARD, "wildcard (R-051)");

	w.check.target = SPAN(N);
	w.check.dcv.challenge_value = SPAN("");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_FIELD_MISSING, "no value");

	w.check.dcv.validation_method = METHOD_ACME_HTTP_01;
	w.check.dcv.token = SPAN("../x");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_PATH_INVALID, "token");
	w.check.dcv.token = SPAN("");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_PATH_INVALID, "no token");
	w.check.dcv.key_authorization = SPAN("");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_FIELD_MISSING, "no key authorization");
}
END_TEST

START_TEST(never_passes_what_was_cut_short)
{
	struct page page = { ACME, 200, NULL, KA, 0, 0 };

	use_pages(&page, 1);
	w.stop_after = ends[_i].after;
	w.stop_end = ends[_i].end;
	world_judge(&w, KIND_DCV);
	world_expect(&w, ends[_i].want, ends[_i].what);
}
END_TEST

/* The judge takes no evidence of other requests than those it wanted. */
static void expect_disagreement(const char *what)
{
	struct judgement done;

	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_msg(done.reason == REASON_EVIDENCE_INCOMPLETE, "%s: %s", what,
	              reason_name(done.reason));
	ck_assert_int_eq(done.result_class, CLASS_ERROR);
}

START_TEST(takes_only_evidence_of_what_it_wanted)
{
	struct page page = { ACME, 200, NULL, KA, 0, 0 };
	struct http_evidence good;
	struct connect_evidence made;
	struct connect_evidence two[2];

	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "good");
	good = w.evidence.http[0];
	made = good.connects[0];

	w.evidence.http[0].url = SPAN("http://" N "/");
	expect_disagreement("another URL");
	w.evidence.http[0] = good;
	w.evidence.http[0].connects_count = 0;
	expect_disagreement("no connection");
	w.evidence.http[0] = good;
	good.connects[0].address = SPAN("\xc0\x00\x02\x63");
	expect_disagreement("another address");
	good.connects[0].address = SPAN("");
	expect_disagreement("no address");
	good.connects[0] = made;
	good.connects[0].port = 443;
	expect_disagreement("another port");
	good.connects[0] = made;
	good.connects[0].end = CONNECT_REFUSED;
	expect_disagreement("a response from who refused");
	two[0] = made;
	two[1] = made;
	w.evidence.http[0].connects = two;
	w.evidence.http[0].connects_count = 2;
	expect_disagreement("a try after a connection");
	w.evidence.http[0].connects = NULL;
	w.evidence.http[0].connects_count = 0;
	w.evidence.http_count = 0;
	expect_disagreement("no request");
}
END_TEST

START_TEST(takes_no_status_but_the_servers)
{
	struct page page = { ACME, 200, NULL, KA, 0, 0 };
	struct judgement done;

	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	w.evidence.http[0].headers = SPAN("HTTP/1.1 404 Not Found\r\n\r\n");
	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_HTTP_MALFORMED);
}
END_TEST

START_TEST(holds_the_cap_in_replay) /* */
{
	char body[65538];
	struct page page = { ACME, 200, NULL, KA, 0, 0 };
	struct judgement done;

	memset(body, ' ', sizeof(body));
	memcpy(body, KA, sizeof(KA) - 1);
	use_pages(&page, 1);
	world_judge(&w, KIND_DCV);
	w.evidence.http[0].body = span_of(body, sizeof(body));
	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	ck_assert_int_eq(done.reason, REASON_HTTP_BODY_TOO_LARGE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_http");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, judges_http01, 0, COUNT(http01));
	tcase_add_loop_test(tc, judges_website_change, 0, COUNT(website));
	tcase_add_loop_test(tc, searches_for_a_pattern_as_well, 0,
	                    COUNT(regexes));
	tcase_add_test(tc, a_pattern_is_asked_for_again_at_replay);
	tcase_add_loop_test(tc, tries_addresses_in_order, 0, COUNT(hosts));
	tcase_add_test(tc, asks_for_the_first_request);
	tcase_add_test(tc, asks_nobody_for_an_address);
	tcase_add_test(tc, gives_both_families_a_turn);
	tcase_add_test(tc, counts_redirects);
	tcase_add_test(tc, r061_redirects_of_addresses);
	tcase_add_test(tc, sends_no_value_in_headers);
	tcase_add_test(tc, refuses_what_it_has_no_rule_for);
	tcase_add_loop_test(tc, never_passes_what_was_cut_short, 0,
	                    COUNT(ends));
	tcase_add_test(tc, takes_only_evidence_of_what_it_wanted);
	tcase_add_test(tc, takes_no_status_but_the_servers);
	tcase_add_test(tc, holds_the_cap_in_replay);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
