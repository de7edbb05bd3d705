#include "trust/record_signature.h"

#include "base/text.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

/* Made with openssl pkeyutl from the key of RFC 8032, 7.1, TEST 1. */
#define SEED_HEX \
	"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define ID "BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k"
#define SIG \
	"3UeAE8UGPduy00G8ZGXaK8TcXB7Z8bzdr21EwyF5HgpHWP76mGKIJb5_dMSaddV88eu" \
	"MBy_ndjPLLjF1dvSHB"
#define GOLDEN ID "." SIG "Q"

static const struct sign_domain domain = {
	.deployment = "ca-1",
	.record_type = SIGN_RESULT,
	.schema_version = 1,
};

START_TEST(signs_the_golden_record)
{
	uint8_t seed[ED25519_SEED_BYTES];
	struct buf out = { 0 };

	ck_assert(text_unhex(SPAN(SEED_HEX), seed));
	struct signing_key *key = signing_key_from_seed(seed);

	record_sign(key, &domain, SPAN("value"), &out);
	ck_assert_str_eq(buf_cstr(&out), GOLDEN);
	ck_assert_uint_eq(out.len, RECORD_SIGNATURE_LEN);
	buf_clear(&out);
	signing_key_free(&key);
}
END_TEST

START_TEST(reads_the_golden_record)
{
	struct digest key_id;
	struct signature signature;
	struct buf again = { 0 };

	ck_assert(record_signature_parse(SPAN(GOLDEN), &key_id, &signature));
	text_base64url(&again, digest_span(&key_id));
	buf_add_u8(&again, '.');
	text_base64url(&again, span_of(signature.b, sizeof(signature.b)));
	ck_assert_str_eq(buf_cstr(&again), GOLDEN);
	buf_clear(&again);
}
END_TEST

/* clang-format off */
#define BYTES(s) { .p = (const uint8_t *)(s), .len = sizeof(s) - 1 }

static const struct {
	const char *what;
	struct span text;
} malformed[] = {
	{ "empty",                BYTES("") },
	{ "id alone",             BYTES(ID) },
	{ "id and dot",           BYTES(ID ".") },
	{ "signature alone",      BYTES("." SIG "Q") },
	{ "one short",            BYTES(ID "." SIG) },
	{ "one long",             BYTES(ID "." SIG "QA") },
	{ "line end",             BYTES(GOLDEN "\n") },
	{ "trailing NUL",         BYTES(GOLDEN "\0") },
	{ "leading space",        BYTES(" " GOLDEN) },
	{ "padded",               BYTES(ID "=." SIG "Q==") },
	{ "padding in place",     BYTES(ID "." SIG "=") },
	{ "colon for dot",        BYTES(ID ":" SIG "Q") },
	{ "three parts",          BYTES(ID "." SIG "Q.") },
	{ "dot one early",
	  BYTES("BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6.k" SIG "Q") },
	{ "base64, not base64url",
	  BYTES("BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L+k." SIG "Q") },
	{ "stray bits in the id",
	  BYTES("BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6l." SIG "Q") },
	{ "stray bits in the signature", BYTES(ID "." SIG "R") },
	{ "NUL within",
	  BYTES("BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L\0k." SIG "Q") },
	{ "8-bit byte",
	  BYTES("BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L\xe9k." SIG "Q") },
};

static const struct {
	const char *what;
	const char *deployment;
	bool good;
} deployments[] = {
	{ "short",       "a",        true },
	{ "every sign",  "Ca-1_x.9", true },
	{ "64",  "0123456789012345678901234567890123456789012345678901234567890123", true },
	{ "65",  "01234567890123456789012345678901234567890123456789012345678901234", false },
	{ "missing",     NULL,       false },
	{ "empty",       "",         false },
	{ "space",       "a b",      false },
	{ "quote",       "a\"b",     false },
	{ "backslash",   "a\\b",     false },
	{ "line end",    "a\n",      false },
	{ "8-bit",       "caf\xc3\xa9", false },
};
/* clang-format on */

START_TEST(refuses_malformed)
{
	struct digest key_id = { { 7 } };
	struct digest id_before = key_id;
	struct signature signature = { { 7 } };
	struct signature before = signature;

	ck_assert_msg(!record_signature_parse(malformed[_i].text, &key_id,
	                                      &signature),
	              "%s: was read", malformed[_i].what);
	ck_assert_msg(digest_eq(&key_id, &id_before) &&
	                      memcmp(&signature, &before, sizeof(before)) == 0,
	              "%s: output was touched", malformed[_i].what);
}
END_TEST

START_TEST(checks_deployment_ids)
{
	struct err err = { "" };
	int rc = sign_deployment_check(deployments[_i].deployment, &err);

	ck_assert_msg((rc == 0) == deployments[_i].good, "%s: %d",
	              deployments[_i].what, rc);
	ck_assert_msg(deployments[_i].good || strstr(err.text, "deployment id"),
	              "%s: said %s", deployments[_i].what, err.text);
}
END_TEST

START_TEST(signed_bytes_are_as_documented)
{
	static const char want[] = "mpic-record-v1\0lab\0x\0check\0"
				   "12\0v";
	struct sign_domain lab = { .lab = true,
		                   .deployment = "x",
		                   .record_type = SIGN_CHECK,
		                   .schema_version = 12 };
	struct buf out = { 0 };

	record_signed_bytes(&lab, SPAN("v"), &out);
	ck_assert(span_eq(buf_span(&out), span_of(want, sizeof(want) - 1)));
	buf_clear(&out);
}
END_TEST

/* A value that begins like the end of a domain is not mistaken for one. */
START_TEST(texts_and_value_do_not_run_together)
{
	struct sign_domain one = domain;
	struct sign_domain other = domain;
	struct buf a = { 0 };
	struct buf b = { 0 };

	one.schema_version = 1;
	other.schema_version = 11;
	record_signed_bytes(&one, SPAN("1\0v"), &a);
	record_signed_bytes(&other, SPAN("v"), &b);
	ck_assert(!span_eq(buf_span(&a), buf_span(&b)));
	buf_clear(&a);
	buf_clear(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record_signature");
	TCase *tc = tcase_create("header");

	tcase_add_test(tc, signs_the_golden_record);
	tcase_add_test(tc, reads_the_golden_record);
	tcase_add_loop_test(tc, refuses_malformed, 0, COUNT(malformed));
	tcase_add_loop_test(tc, checks_deployment_ids, 0, COUNT(deployments));
	tcase_add_test(tc, signed_bytes_are_as_documented);
	tcase_add_test(tc, texts_and_value_do_not_run_together);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
