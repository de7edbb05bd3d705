#include "trust/jws.h"

#include "base/text.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

/* RFC 8037, A.1 (which is RFC 8032, 7.1, TEST 1) */
#define SEED_HEX \
	"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define KID  "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"
#define SPKI "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

/* Made with openssl pkeyutl and another language's base64. */
#define VALUE "{\"outcome\":\"issue\"}"
#define PROTECTED \
	"eyJhbGciOiJFZERTQSIsImtpZCI6IjA2ZTNmZDhmZGEyOWJiNjBhYjU5NTU3ZGU2MWVk" \
	"YjBhZWNkYjIzMTEzNGJlMzBlNzViNDU1ZjhlMWI3OTJmYTkiLCJ0eXAiOiJtcGljLWRl" \
	"Y2lzaW9uK2p3cyIsIm1waWMiOnsiZGVwbG95bWVudCI6ImNhLTEiLCJsYWIiOmZhbHNl" \
	"LCJ2ZXJzaW9uIjoxfX0"
#define SIG \
	"CgkU2HYuiTNEtsA90YkhqWpAoDehnxYTFzOo-CT6nrf1zKvv0260E5hWm8nRbt14u8tw" \
	"N9BY515puc-C7Uu2B"
#define GOLDEN  PROTECTED ".." SIG "A"
#define COMPACT PROTECTED ".eyJvdXRjb21lIjoiaXNzdWUifQ." SIG "A"

static struct signing_key *key;
static struct keyring *ring;

static const struct sign_domain domain = { false, "ca-1", SIGN_DECISION, 1 };
static const struct trust_wanted wanted = { KEY_ROLE_COORDINATOR, NULL, 1200 };

static void set_up(void)
{
	uint8_t seed[ED25519_SEED_BYTES];
	struct key_setting setting = {
		.name = "coord",
		.role = KEY_ROLE_COORDINATOR,
		.public_key = SPAN(SPKI),
		.not_before_ms = 1000,
		.not_after_ms = 2000,
		.revoked_from_ms = 1500,
	};

	ck_assert(text_unhex(SPAN(SEED_HEX), seed));
	key = signing_key_from_seed(seed);
	ring = keyring_new(&setting, 1, NULL);
	ck_assert_ptr_nonnull(ring);
}

static void tear_down(void)
{
	signing_key_free(&key);
	keyring_free(&ring);
}

/* RFC 8037, A.4 and A.5 */
START_TEST(signs_and_verifies_rfc_8037)
{
	struct span input = SPAN("eyJhbGciOiJFZERTQSJ9."
	                         "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
	struct signature s = signing_key_sign(key, input);
	struct buf text = { 0 };

	text_base64url(&text, span_of(s.b, sizeof(s.b)));
	ck_assert_str_eq(buf_cstr(&text),
	                 "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR"
	                 "4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
	ck_assert_int_eq(keyring_verify_bytes(ring, &wanted,
	                                      signing_key_id(key), input, &s,
	                                      NULL),
	                 TRUST_OK);
	buf_clear(&text);
}
END_TEST

START_TEST(signs_the_golden_decision)
{
	struct buf out = { 0 };

	jws_sign(key, &domain, SPAN(VALUE), &out);
	ck_assert_str_eq(buf_cstr(&out), GOLDEN);
	buf_clear(&out);
}
END_TEST

START_TEST(verifies_the_golden_decision)
{
	const struct key_entry *entry = NULL;

	ck_assert_int_eq(jws_verify(ring, &wanted, &domain, SPAN(VALUE),
	                            SPAN(GOLDEN), &entry),
	                 TRUST_OK);
	ck_assert_ptr_eq(entry, keyring_at(ring, 0));
}
END_TEST

START_TEST(assembles_the_compact_form)
{
	struct buf out = { 0 };

	ck_assert(jws_assemble(SPAN(GOLDEN), SPAN(VALUE), &out));
	ck_assert_str_eq(buf_cstr(&out), COMPACT);
	ck_assert(!jws_assemble(SPAN(COMPACT), SPAN(VALUE), &out));
	ck_assert_str_eq(buf_cstr(&out), COMPACT);
	buf_clear(&out);
}
END_TEST

START_TEST(reads_its_parts)
{
	struct jws jws;
	char hex[DIGEST_HEX_ROOM];

	ck_assert(jws_parse(SPAN(GOLDEN), &jws));
	ck_assert_str_eq(digest_hex(&jws.key_id, hex), KID);
	ck_assert_str_eq(jws.deployment, "ca-1");
	ck_assert(!jws.lab);
	ck_assert_uint_eq(jws.schema_version, 1);
}
END_TEST

START_TEST(the_longest_header_fits)
{
	char deployment[SIGN_DEPLOYMENT_MAX + 1];
	struct sign_domain longest = { false, deployment, SIGN_DECISION,
		                       UINT32_MAX };
	struct buf out = { 0 };
	struct jws jws;

	memset(deployment, 'x', SIGN_DEPLOYMENT_MAX);
	deployment[SIGN_DEPLOYMENT_MAX] = '\0';
	jws_sign(key, &longest, SPAN(""), &out);
	ck_assert(jws_parse(buf_span(&out), &jws));
	ck_assert_str_eq(jws.deployment, deployment);
	ck_assert_uint_eq(jws.schema_version, UINT32_MAX);
	buf_clear(&out);
}
END_TEST

/* clang-format off */
/* The golden decision, seen by somebody who expects something else. */
static const struct {
	const char *what;
	struct sign_domain domain;
	int64_t at_ms;
	const char *value;
	enum key_role role;
	enum trust_result want;
} judged[] = {
	{ "deployment", { false, "ca-2", SIGN_DECISION, 1 }, 1200, VALUE, KEY_ROLE_COORDINATOR, TRUST_WRONG_DOMAIN },
	{ "lab verifier", { true, "ca-1", SIGN_DECISION, 1 }, 1200, VALUE, KEY_ROLE_COORDINATOR, TRUST_WRONG_DOMAIN },
	{ "version",    { false, "ca-1", SIGN_DECISION, 2 }, 1200, VALUE, KEY_ROLE_COORDINATOR, TRUST_WRONG_DOMAIN },
	{ "role",       { false, "ca-1", SIGN_DECISION, 1 }, 1200, VALUE, KEY_ROLE_AUDITOR, TRUST_WRONG_ROLE },
	{ "not yet",    { false, "ca-1", SIGN_DECISION, 1 }, 999, VALUE, KEY_ROLE_COORDINATOR, TRUST_NOT_YET },
	{ "revoked T-1", { false, "ca-1", SIGN_DECISION, 1 }, 1499, VALUE, KEY_ROLE_COORDINATOR, TRUST_OK },
	{ "revoked T",  { false, "ca-1", SIGN_DECISION, 1 }, 1500, VALUE, KEY_ROLE_COORDINATOR, TRUST_REVOKED },
	{ "revoked T+1", { false, "ca-1", SIGN_DECISION, 1 }, 1501, VALUE, KEY_ROLE_COORDINATOR, TRUST_REVOKED },
	{ "expired",    { false, "ca-1", SIGN_DECISION, 1 }, 2001, VALUE, KEY_ROLE_COORDINATOR, TRUST_EXPIRED },
	{ "altered",    { false, "ca-1", SIGN_DECISION, 1 }, 1200, VALUE " ", KEY_ROLE_COORDINATOR, TRUST_BAD_SIGNATURE },
	{ "empty",      { false, "ca-1", SIGN_DECISION, 1 }, 1200, "", KEY_ROLE_COORDINATOR, TRUST_BAD_SIGNATURE },
};

#define HEAD(alg, kid, typ, mpic) \
	"{\"alg\":\"" alg "\",\"kid\":\"" kid "\",\"typ\":\"" typ "\",\"mpic\":" mpic "}"
#define TYP "mpic-decision+jws"
#define MPIC "{\"deployment\":\"ca-1\",\"lab\":false,\"version\":1}"

/* Protected headers that are wrong, under signatures that hold. */
static const struct {
	const char *what;
	const char *head;
	enum trust_result want;
} heads[] = {
	{ "as it must be",  HEAD("EdDSA", KID, TYP, MPIC), TRUST_OK },
	{ "alg none",       HEAD("none", KID, TYP, MPIC), TRUST_MALFORMED },
	{ "alg HS256",      HEAD("HS256", KID, TYP, MPIC), TRUST_MALFORMED },
	{ "alg case",       HEAD("EDDSA", KID, TYP, MPIC), TRUST_MALFORMED },
	{ "typ JWT",        HEAD("EdDSA", KID, "JWT", MPIC), TRUST_MALFORMED },
	{ "kid upper case", HEAD("EdDSA", "06E3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9", TYP, MPIC), TRUST_MALFORMED },
	{ "kid short",      HEAD("EdDSA", "06e3", TYP, MPIC), TRUST_MALFORMED },
	{ "kid unknown",    HEAD("EdDSA", "16e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9", TYP, MPIC), TRUST_UNKNOWN_KEY },
	{ "empty",          "", TRUST_MALFORMED },
	{ "no JSON",        "x", TRUST_MALFORMED },
	{ "RFC 8037 A.4",   "{\"alg\":\"EdDSA\"}", TRUST_MALFORMED },
	{ "trailing space", HEAD("EdDSA", KID, TYP, MPIC) " ", TRUST_MALFORMED },
	{ "white space",    "{ \"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"" TYP "\",\"mpic\":" MPIC "}", TRUST_MALFORMED },
	{ "other order",    "{\"kid\":\"" KID "\",\"alg\":\"EdDSA\",\"typ\":\"" TYP "\",\"mpic\":" MPIC "}", TRUST_MALFORMED },
	{ "crit",           "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"" TYP "\",\"mpic\":" MPIC ",\"crit\":[\"b64\"],\"b64\":false}", TRUST_MALFORMED },
	{ "duplicate",      "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"" TYP "\",\"mpic\":" MPIC ",\"mpic\":" MPIC "}", TRUST_MALFORMED },
	{ "no mpic",        "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"" TYP "\"}", TRUST_MALFORMED },
	{ "lab decision",   HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":true,\"version\":1}"), TRUST_WRONG_DOMAIN },
	{ "lab as text",    HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":\"false\",\"version\":1}"), TRUST_MALFORMED },
	{ "lab is null",    HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":null,\"version\":1}"), TRUST_MALFORMED },
	{ "deployment",     HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-2\",\"lab\":false,\"version\":1}"), TRUST_WRONG_DOMAIN },
	{ "deployment empty", HEAD("EdDSA", KID, TYP, "{\"deployment\":\"\",\"lab\":false,\"version\":1}"), TRUST_MALFORMED },
	{ "deployment escaped", HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca\\u002d1\",\"lab\":false,\"version\":1}"), TRUST_MALFORMED },
	{ "deployment of 65", HEAD("EdDSA", KID, TYP, "{\"deployment\":\"01234567890123456789012345678901234567890123456789012345678901234\",\"lab\":false,\"version\":1}"), TRUST_MALFORMED },
	{ "version 01",     HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":false,\"version\":01}"), TRUST_MALFORMED },
	{ "version 1.0",    HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":false,\"version\":1.0}"), TRUST_MALFORMED },
	{ "version 2^32+1", HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":false,\"version\":4294967297}"), TRUST_MALFORMED },
	{ "version empty",  HEAD("EdDSA", KID, TYP, "{\"deployment\":\"ca-1\",\"lab\":false,\"version\":}"), TRUST_MALFORMED },
};

#define BYTES(s) { .p = (const uint8_t *)(s), .len = sizeof(s) - 1 }

static const struct {
	const char *what;
	struct span text;
} malformed[] = {
	{ "empty",             BYTES("") },
	{ "dots",              BYTES("..") },
	{ "no header",         BYTES(".." SIG "A") },
	{ "no signature",      BYTES(PROTECTED "..") },
	{ "one dot",           BYTES(PROTECTED "." SIG "A") },
	{ "three dots",        BYTES(PROTECTED "..." SIG "A") },
	{ "attached payload",  BYTES(COMPACT) },
	{ "one short",         BYTES(PROTECTED ".." SIG) },
	{ "one long",          BYTES(PROTECTED ".." SIG "AA") },
	{ "padded header",     BYTES(PROTECTED "=.." SIG "A") },
	{ "padded signature",  BYTES(GOLDEN "==") },
	{ "stray bits",        BYTES(PROTECTED ".." SIG "B") },
	{ "line end",          BYTES(GOLDEN "\n") },
	{ "leading space",     BYTES(" " GOLDEN) },
	{ "signature in base64", BYTES(PROTECTED "..+" "gkU2HYuiTNEtsA90YkhqWpAoDehnxYTFzOo-CT6nrf1zKvv0260E5hWm8nRbt14u8twN9BY515puc-C7Uu2BA") },
	{ "JSON serialization", BYTES("{\"protected\":\"" PROTECTED "\",\"signature\":\"" SIG "A\"}") },
	{ "over the ceiling",  BYTES(PROTECTED PROTECTED ".." SIG "A") },
};
/* clang-format on */

START_TEST(judges_decisions)
{
	struct trust_wanted w = { judged[_i].role, NULL, judged[_i].at_ms };
	const struct key_entry *entry = NULL;
	enum trust_result got =
		jws_verify(ring, &w, &judged[_i].domain,
	                   span_str(judged[_i].value), SPAN(GOLDEN), &entry);

	ck_assert_msg(got == judged[_i].want, "%s: got %s, want %s",
	              judged[_i].what, trust_result_name(got),
	              trust_result_name(judged[_i].want));
	ck_assert_ptr_eq(entry, keyring_at(ring, 0));
}
END_TEST

START_TEST(judges_protected_headers)
{
	struct buf input = { 0 };
	struct buf text = { 0 };

	text_base64url(&text, span_str(heads[_i].head));
	buf_add_span(&input, buf_span(&text));
	buf_add_u8(&input, '.');
	text_base64url(&input, SPAN(VALUE));
	struct signature s = signing_key_sign(key, buf_span(&input));

	buf_add_str(&text, "..");
	text_base64url(&text, span_of(s.b, sizeof(s.b)));
	enum trust_result got = jws_verify(ring, &wanted, &domain, SPAN(VALUE),
	                                   buf_span(&text), NULL);

	ck_assert_msg(got == heads[_i].want, "%s: got %s, want %s",
	              heads[_i].what, trust_result_name(got),
	              trust_result_name(heads[_i].want));
	buf_clear(&input);
	buf_clear(&text);
}
END_TEST

START_TEST(refuses_malformed)
{
	struct jws out = { .schema_version = 77 };

	ck_assert_msg(!jws_parse(malformed[_i].text, &out), "%s: was read",
	              malformed[_i].what);
	ck_assert_msg(out.schema_version == 77, "%s: output was touched",
	              malformed[_i].what);
	ck_assert_int_eq(jws_verify(ring, &wanted, &domain, SPAN(VALUE),
	                            malformed[_i].text, NULL),
	                 TRUST_MALFORMED);
}
END_TEST

START_TEST(a_missing_header_is_unsigned)
{
	const struct key_entry *entry = keyring_at(ring, 0);

	ck_assert_int_eq(jws_verify(ring, &wanted, &domain, SPAN(VALUE),
	                            span_of(NULL, 0), &entry),
	                 TRUST_UNSIGNED);
	ck_assert_ptr_null(entry);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jws");
	TCase *tc = tcase_create("jws");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, signs_and_verifies_rfc_8037);
	tcase_add_test(tc, signs_the_golden_decision);
	tcase_add_test(tc, verifies_the_golden_decision);
	tcase_add_test(tc, assembles_the_compact_form);
	tcase_add_test(tc, reads_its_parts);
	tcase_add_test(tc, the_longest_header_fits);
	tcase_add_loop_test(tc, judges_decisions, 0, COUNT(judged));
	tcase_add_loop_test(tc, judges_protected_headers, 0, COUNT(heads));
	tcase_add_loop_test(tc, refuses_malformed, 0, COUNT(malformed));
	tcase_add_test(tc, a_missing_header_is_unsigned);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
