/*
 * tls-alpn-01 from evidence: R-054 (RFC 8737), R-061 (IP.7, RFC 8738), R-108,
 * openmpic-142, openmpic-W03 and the cases of Boulder's tlsalpn_test.go. The
 * certificates are made by OpenSSL, so that what is read here was not written
 * by the reader.
 */
#include "tests/support/certificate_world.h"
#include "tests/support/judge_world.h"

#include <check.h>
#include <stdlib.h>

#define N    "host.example.com"
#define KA   "DGyRejmCefe7v4NfDGDKfA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define SUM  "0123456789abcdef0123456789abcdef" /* bytes of a digest */
#define HEX  "3031323334353637383961626364656630313233343536373839616263646566"
#define NAME RAW("\x30\x12\x82\x10" N)
#define ACME RAW("\x04\x20" SUM)

static const char *const zone[] = {
	N ". A 192.0.2.1",
	"both." N ". A 192.0.2.1",
	"both." N ". AAAA 2001:db8::1",
	"six." N ". AAAA 2001:db8::1",
	NULL,
};

/* clang-format off */
/* R-054; what Boulder's test of the same case is called stands behind it */
static const struct {
	const char *what;
	struct recipe recipe;
	enum reason want;
} certificates[] = {
	{ "as it should be", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME } } }, REASON_VALUE_FOUND },
	{ "the other order", { .extensions = { { OID_ACME, true, ACME }, { OID_ALT_NAME, false, NAME } } }, REASON_VALUE_FOUND },
	{ "with RSA", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME } }, .key = KEY_RSA }, REASON_VALUE_FOUND },
	{ "with Ed25519", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME } }, .key = KEY_ED25519 }, REASON_VALUE_FOUND },
	{ "a critical name", { .extensions = { { OID_ALT_NAME, true, NAME }, { OID_ACME, true, ACME } } }, REASON_VALUE_FOUND },
	{ "an extension more", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME }, { OID_BASIC, true, RAW("\x30\x00") } } }, REASON_VALUE_FOUND },
	{ "a critical one that nobody knows", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME }, { OID_OF_NOBODY, true, RAW("x") } } }, REASON_VALUE_FOUND },
	{ "as many as will be read", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME }, { OID_BASIC, false, RAW("\x30\x00") } }, .copies = 61 }, REASON_VALUE_FOUND },
	{ "one more than that", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME }, { OID_BASIC, false, RAW("\x30\x00") } }, .copies = 62 }, REASON_TLS_CERTIFICATE },
	{ "capitals in the name", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x12\x82\x10HOST.Example.com") }, { OID_ACME, true, ACME } } }, REASON_VALUE_FOUND },
	/* the name */
	{ "no name", { .extensions = { { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "another name (TestTLSALPN01FailIncorrectCert)", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x12\x82\x10" "hosu.example.com") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "two names (ExtraSANs)", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x17\x82\x10" N "\x82\x03" "a.b") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "the name twice", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x24\x82\x10" N "\x82\x10" N) }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "an address beside it (mixed types)", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x18\x82\x10" N "\x87\x04\xc0\x00\x02\x01") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a mailbox beside it (ExtraIdentifiers)", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x17\x82\x10" N "\x81\x03" "a@b") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a mailbox before it", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x17\x81\x03" "a@b\x82\x10" N) }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "the name as a mailbox (wrong identifier type)", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x12\x81\x10" N) }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a URI", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x12\x86\x10" N) }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "its address for it", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x06\x87\x04\xc0\x00\x02\x01") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a wildcard", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x0f\x82\x0d*.example.com") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a dot at the end", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x13\x82\x11" N ".") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a NUL at the end", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x13\x82\x11" N "\0") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "an empty list", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x00") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "nothing at all", { .extensions = { { OID_ALT_NAME, false, RAW("") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a byte behind the list", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x12\x82\x10" N "\0") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "a long length for a short name", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x13\x82\x81\x10" N) }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	{ "an indefinite length", { .extensions = { { OID_ALT_NAME, false, RAW("\x30\x80\x82\x10" N "\0\0") }, { OID_ACME, true, ACME } } }, REASON_TLS_NAME },
	/* acmeIdentifier */
	{ "no acmeIdentifier", { .extensions = { { OID_ALT_NAME, false, NAME } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "not critical (NonCriticalExtension)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, false, ACME } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "the draft's number (ObsoleteFailure)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME_OLD, true, ACME } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "31 bytes", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x1f" "0123456789abcdef0123456789abcde") } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "33 bytes", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x21" SUM "g") } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "the bare digest (MalformedExtnValue)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW(SUM) } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "a byte behind it (MalformedExtnValue)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x20" SUM "\0") } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "a BIT STRING", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x03\x20" SUM) } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "in parts", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x24\x22\x04\x20" SUM) } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "in hexadecimal", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x40" HEX) } } }, REASON_TLS_ACME_IDENTIFIER },
	{ "another digest (BadKeyAuthorization)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x20" "1123456789abcdef0123456789abcdef") } } }, REASON_TLS_KEY_AUTHORIZATION },
	{ "the last bit", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x20" "0123456789abcdef0123456789abcdeg") } } }, REASON_TLS_KEY_AUTHORIZATION },
	/* twice (BrokenTLS..., DuplicateExtensions) */
	{ "two acmeIdentifiers", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME }, { OID_ACME, true, ACME } } }, REASON_TLS_EXTENSIONS },
	{ "a wrong one first", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, RAW("\x04\x20" "1123456789abcdef0123456789abcdef") }, { OID_ACME, true, ACME } } }, REASON_TLS_EXTENSIONS },
	{ "two names in two places", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ALT_NAME, false, RAW("\x30\x05\x82\x03" "a.b") }, { OID_ACME, true, ACME } } }, REASON_TLS_EXTENSIONS },
	{ "two of another kind", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME }, { OID_OF_NOBODY, false, RAW("x") }, { OID_OF_NOBODY, false, RAW("y") } } }, REASON_TLS_EXTENSIONS },
	/* who signed */
	{ "signed by another key (NotSelfSigned)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME } }, .other_key = true }, REASON_TLS_NOT_SELF_SIGNED },
	{ "issued by another name (NotSelfSigned)", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME } }, .other_issuer = true }, REASON_TLS_NOT_SELF_SIGNED },
	{ "by another with RSA", { .extensions = { { OID_ALT_NAME, false, NAME }, { OID_ACME, true, ACME } }, .key = KEY_RSA, .other_key = true }, REASON_TLS_NOT_SELF_SIGNED },
	{ "version 1", { .version_1 = true }, REASON_TLS_CERTIFICATE },
};

/* R-061, IP.7 (RFC 8738): the only name is the address */
static const struct {
	const char *target;
	const char *alt;
	size_t alt_len;
	const char *sni;
	enum reason want;
} addresses[] = {
	{ "203.0.113.7", RAW("\x30\x06\x87\x04\xcb\x00\x71\x07"), "7.113.0.203.in-addr.arpa", REASON_VALUE_FOUND },
	{ "2001:db8::1", RAW("\x30\x12\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"), "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", REASON_VALUE_FOUND },
	/* Boulder: wrong v4, wrong v6 */
	{ "203.0.113.7", RAW("\x30\x06\x87\x04\xcb\x00\x71\x08"), NULL, REASON_TLS_NAME },
	{ "2001:db8::1", RAW("\x30\x12\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"), NULL, REASON_TLS_NAME },
	/* 16 bytes for an IPv4 address */
	{ "203.0.113.7", RAW("\x30\x12\x87\x10\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\x00\x71\x07"), NULL, REASON_TLS_NAME },
	{ "203.0.113.7", RAW("\x30\x0a\x87\x08\xcb\x00\x71\x07\xff\xff\xff\xff"), NULL, REASON_TLS_NAME },
	{ "203.0.113.7", RAW("\x30\x0d\x82\x0b" "203.0.113.7"), NULL, REASON_TLS_NAME },
	{ "203.0.113.7", RAW("\x30\x1a\x82\x18" "7.113.0.203.in-addr.arpa"), NULL, REASON_TLS_NAME },
	{ "203.0.113.7", RAW("\x30\x0c\x87\x04\xcb\x00\x71\x07\x87\x04\xcb\x00\x71\x07"), NULL, REASON_TLS_NAME },
};

/* How a handshake may end, R-054 and R-108 */
static const struct {
	const char *what;
	struct handshake handshake;
	enum reason want;
	enum result_class class;
} handshakes[] = {
	{ "TLS 1.3",                    { .version = 0x0304 }, REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "TLS 1.2",                    { .version = 0x0303 }, REASON_VALUE_FOUND, CLASS_CORROBORATED },
	{ "TLS 1.1",                    { .version = 0x0302 }, REASON_TLS_HANDSHAKE, CLASS_ERROR },
	{ "no version",                 { .version = -1 }, REASON_TLS_HANDSHAKE, CLASS_ERROR },
	{ "no protocol (NoALPN)",       { .protocol = "" }, REASON_TLS_ALPN, CLASS_DISAGREED },
	{ "h2",                         { .protocol = "h2" }, REASON_TLS_ALPN, CLASS_DISAGREED },
	{ "other case",                 { .protocol = "ACME-tls/1" }, REASON_TLS_ALPN, CLASS_DISAGREED },
	{ "a longer one",               { .protocol = "acme-tls/1.1" }, REASON_TLS_ALPN, CLASS_DISAGREED },
	{ "ALPN refused",               { .end = TLS_ALERT, .alert = 120 }, REASON_TLS_ALPN, CLASS_DISAGREED },
	{ "internal_error",             { .end = TLS_ALERT, .alert = 80 }, REASON_TLS_HANDSHAKE, CLASS_ERROR },
	{ "an alert without a number",  { .end = TLS_ALERT }, REASON_TLS_HANDSHAKE, CLASS_ERROR },
	{ "timed out",                  { .end = TLS_TIMED_OUT }, REASON_TIMEOUT_READ, CLASS_TIMED_OUT },
	{ "reset",                      { .end = TLS_RESET }, REASON_CONNECTION_RESET, CLASS_ERROR },
	{ "not what we speak",          { .end = TLS_BAD }, REASON_TLS_HANDSHAKE, CLASS_ERROR },
	{ "ended for h2",               { .end = TLS_BAD, .protocol = "h2" }, REASON_TLS_ALPN, CLASS_DISAGREED },
	{ "ended for something else",   { .end = TLS_BAD, .protocol = "acme-tls/1" }, REASON_TLS_HANDSHAKE, CLASS_ERROR },
	{ "HTTP",                       { .end = TLS_OTHER }, REASON_TLS_MALFORMED, CLASS_ERROR },
	{ "too much",                   { .end = TLS_LARGE }, REASON_EVIDENCE_TOO_LARGE, CLASS_ERROR },
	{ "an end from the future",     { .end = 99 }, REASON_EVIDENCE_INCOMPLETE, CLASS_ERROR },
};

static const struct {
	const char *what;
	const char *target;
	struct trouble trouble;
	struct wall walls[2];
	enum reason want;
	size_t tried;
} hosts[] = {
	{ "IPv6 first", "both." N, { 0 }, { { 0 } }, REASON_VALUE_FOUND, 1 },
	{ "refused, then IPv4", "both." N, { 0 }, { { "2001:db8::1", CONNECT_REFUSED } }, REASON_VALUE_FOUND, 2 },
	{ "both refused", "both." N, { 0 }, { { "2001:db8::1", CONNECT_REFUSED }, { "192.0.2.1", CONNECT_REFUSED } }, REASON_CONNECT_REFUSED, 2 },
	{ "both forbidden", "both." N, { 0 }, { { "2001:db8::1", CONNECT_FORBIDDEN }, { "192.0.2.1", CONNECT_FORBIDDEN } }, REASON_FORBIDDEN_ADDRESS, 2 },
	/* boulder-X02: the cause is told, not that IPv4 is missing */
	{ "only IPv6, and refused", "six." N, { 0 }, { { "2001:db8::1", CONNECT_REFUSED } }, REASON_CONNECT_REFUSED, 1 },
	{ "only IPv6, and slow", "six." N, { 0 }, { { "2001:db8::1", CONNECT_TIMED_OUT } }, REASON_TIMEOUT_CONNECT, 1 },
	{ "nowhere", "no." N, { 0 }, { { 0 } }, REASON_DNS_NXDOMAIN, 0 },
	{ "bogus", "both." N, { "both." N, 28, DNS_BOGUS, 0, false }, { { 0 } }, REASON_DNSSEC_BOGUS, 0 },
	{ "AAAA fails", "both." N, { "both." N, 28, DNS_FAILED, 2, false }, { { 0 } }, REASON_VALUE_FOUND, 1 },
	{ "a wildcard", "*." N, { 0 }, { { 0 } }, REASON_METHOD_WILDCARD, 0 },
	{ "no target", "", { 0 }, { { 0 } }, REASON_NAME_INVALID, 0 },
};

/* Never with a pass */
static const struct {
	const char *what;
	size_t after; /* observations, and one */
	enum evidence_end end;
	enum reason want;
} ends[] = {
	{ "before the addresses", 1, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_DNS },
	{ "before the handshake", 3, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_CONNECT },
	{ "with the certificate", 4, EVIDENCE_END_DEADLINE, REASON_TIMEOUT_READ },
	{ "full with the certificate", 4, EVIDENCE_END_TOO_LARGE, REASON_EVIDENCE_TOO_LARGE },
};
/* clang-format on */

static struct world w;
static EVP_PKEY *key;

static void setup(void)
{
	world_init(&w);
	w.zone = zone;
	w.check.dcv.present = true;
	w.check.dcv.validation_method = METHOD_ACME_TLS_ALPN_01;
	w.check.dcv.key_authorization_hash = SPAN(HEX);
	key = certificate_key(KEY_P256);
	w.handshake.certificate =
		certificate_good(w.arena, N, 0, (const uint8_t *)SUM, key);
}

static void teardown(void)
{
	EVP_PKEY_free(key);
	key = NULL;
	world_clear(&w);
}

/* openmpic-142, openmpic-143, openmpic-144 */
START_TEST(judges_certificates)
{
	const struct recipe *recipe = &certificates[_i].recipe;
	EVP_PKEY *own = certificate_key(recipe->key);

	w.handshake.certificate = certificate_make(w.arena, recipe, own);
	EVP_PKEY_free(own);
	world_judge(&w, KIND_DCV);
	world_expect(&w, certificates[_i].want, certificates[_i].what);
	ck_assert_int_eq(w.done.result_class,
	                 certificates[_i].want == REASON_VALUE_FOUND
	                         ? CLASS_CORROBORATED
	                         : CLASS_DISAGREED);
	if (w.done.result_class == CLASS_CORROBORATED)
		ck_assert(span_is(w.done.authorization_domain_name, N));
}
END_TEST

/* openmpic-142 */
START_TEST(judges_addresses)
{
	const struct recipe recipe = { .extensions = {
					       { OID_ALT_NAME, false,
		                                 addresses[_i].alt,
		                                 addresses[_i].alt_len },
					       { OID_ACME, true, ACME },
				       } };

	w.check.target = span_str(addresses[_i].target);
	w.handshake.certificate = certificate_make(w.arena, &recipe, key);
	world_judge(&w, KIND_DCV);
	world_expect(&w, addresses[_i].want, addresses[_i].target);
	ck_assert_uint_eq(w.evidence.dns_count, 0);
	if (addresses[_i].sni != NULL)
		ck_assert(span_is(w.tls.name, addresses[_i].sni));
}
END_TEST

/* openmpic-146, openmpic-W03 */
START_TEST(judges_handshakes)
{
	struct span certificate = w.handshake.certificate;

	w.handshake = handshakes[_i].handshake;
	w.handshake.certificate = certificate;
	world_judge(&w, KIND_DCV);
	world_expect(&w, handshakes[_i].want, handshakes[_i].what);
	ck_assert_int_eq(w.done.result_class, handshakes[_i].class);
}
END_TEST

START_TEST(judges_hosts)
{
	w.check.target = span_str(hosts[_i].target);
	w.troubles = &hosts[_i].trouble;
	w.troubles_count = hosts[_i].trouble.name != NULL ? 1 : 0;
	w.walls = hosts[_i].walls;
	while (w.walls_count < 2 && w.walls[w.walls_count].address != NULL)
		w.walls_count++;
	w.handshake.certificate = certificate_good(w.arena, hosts[_i].target, 0,
	                                           (const uint8_t *)SUM, key);
	world_judge(&w, KIND_DCV);
	world_expect(&w, hosts[_i].want, hosts[_i].what);
	ck_assert_uint_eq(w.evidence.tls_count, hosts[_i].tried > 0 ? 1 : 0);
	if (hosts[_i].tried > 0)
		ck_assert_uint_eq(w.evidence.tls[0].connects_count,
		                  hosts[_i].tried);
}
END_TEST

START_TEST(never_passes_what_was_cut_short)
{
	w.stop_after = ends[_i].after;
	w.stop_end = ends[_i].end;
	world_judge(&w, KIND_DCV);
	world_expect(&w, ends[_i].want, ends[_i].what);
}
END_TEST

/* port 443, this one protocol, and the name in SNI. */
START_TEST(asks_for_one_handshake)
{
	world_judge(&w, KIND_DCV);
	ck_assert(span_is(w.tls.name, N));
	ck_assert(span_is(w.tls.protocol, "acme-tls/1"));
	ck_assert_uint_eq(w.tls.port, 443);
	ck_assert_uint_eq(w.evidence.http_count, 0);
}
END_TEST

START_TEST(takes_the_key_authorization_itself)
{
	struct dcv_parameters *dcv = &w.check.dcv;
	struct digest sum = digest_of(SPAN(KA));

	dcv->key_authorization = SPAN(KA);
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_FIELD_CONTRADICTS, "and another digest");
	dcv->key_authorization_hash = (struct span){ NULL, 0 };
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_TLS_KEY_AUTHORIZATION, "not that digest");
	w.handshake.certificate = certificate_good(w.arena, N, 0, sum.b, key);
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "its digest");
	dcv->key_authorization = (struct span){ NULL, 0 };
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_FIELD_MISSING, "neither");
}
END_TEST

START_TEST(takes_hex_in_any_case_and_nothing_else)
{
	w.check.dcv.key_authorization_hash = SPAN(
		"303132333435363738396162636465663031323334353637383961626364"
		"6566");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "lower");
	w.check.dcv.key_authorization_hash = SPAN(
		"303132333435363738396162636465663031323334353637383961626364"
		"656F");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_TLS_KEY_AUTHORIZATION, "upper");
	w.check.dcv.key_authorization_hash =
		SPAN("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY");
	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_FIELD_VALUE, "base64url");
	ck_assert_uint_eq(w.steps, 0);
}
END_TEST

static enum reason replayed(void)
{
	struct judgement done;

	judge_replay(&w.check, KIND_DCV, &w.evidence, w.arena, &done);
	return done.reason;
}

/* Promise 2: evidence of something else shows nothing. */
START_TEST(takes_only_evidence_of_what_it_wanted)
{
	struct tls_evidence *tls;

	world_judge(&w, KIND_DCV);
	world_expect(&w, REASON_VALUE_FOUND, "all of it");
	tls = &w.evidence.tls[0];
	tls->name = SPAN("other.example.com");
	ck_assert_int_eq(replayed(), REASON_EVIDENCE_INCOMPLETE);
	tls->name = SPAN(N);
	tls->connects[0].port = 8443;
	ck_assert_int_eq(replayed(), REASON_EVIDENCE_INCOMPLETE);
	tls->connects[0].port = 443;
	tls->connects[0].address = SPAN("\xc0\x00\x02\x63");
	ck_assert_int_eq(replayed(), REASON_EVIDENCE_INCOMPLETE);
	tls->connects[0].address = SPAN("\xc0\x00\x02\x01");
	tls->connects_count = 0;
	ck_assert_int_eq(replayed(), REASON_EVIDENCE_INCOMPLETE);
	tls->connects_count = 1;
	ck_assert_int_eq(replayed(), REASON_VALUE_FOUND);
	w.evidence.tls_count = 0;
	ck_assert_int_eq(replayed(), REASON_EVIDENCE_INCOMPLETE);
}
END_TEST

/* every byte of the certificate is signed, or part of how it is. */
START_TEST(passes_no_certificate_with_a_bit_turned)
{
	struct span good = w.handshake.certificate;
	uint8_t *bad = arena_alloc(w.arena, good.len);

	world_judge(&w, KIND_DCV);
	for (size_t i = 0; i < good.len; i++) {
		memcpy(bad, good.p, good.len);
		bad[i] ^= 1;
		w.evidence.tls[0].certificate = span_of(bad, good.len);
		ck_assert_msg(replayed() != REASON_VALUE_FOUND, "byte %zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_tls");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, judges_certificates, 0, COUNT(certificates));
	tcase_add_loop_test(tc, judges_addresses, 0, COUNT(addresses));
	tcase_add_loop_test(tc, judges_handshakes, 0, COUNT(handshakes));
	tcase_add_loop_test(tc, judges_hosts, 0, COUNT(hosts));
	tcase_add_loop_test(tc, never_passes_what_was_cut_short, 0,
	                    COUNT(ends));
	tcase_add_test(tc, asks_for_one_handshake);
	tcase_add_test(tc, takes_the_key_authorization_itself);
	tcase_add_test(tc, takes_hex_in_any_case_and_nothing_else);
	tcase_add_test(tc, takes_only_evidence_of_what_it_wanted);
	tcase_add_test(tc, passes_no_certificate_with_a_bit_turned);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);

	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
