#include "trust/digest.h"

#include "base/id.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
/* clang-format off */
#define BYTES(s) { .p = (const uint8_t *)(s), .len = sizeof(s) - 1 }

/* FIPS 180-4 examples. */
static const struct {
	const char *what;
	struct span bytes;
	const char *hex;
} digests[] = {
	{ "nothing", BYTES(""),
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", BYTES("abc"),
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "two blocks",
	  BYTES("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

/* RFC 4231, 4.2, 4.3 and 4.7; and an empty key over an empty text. */
static const struct {
	const char *what;
	struct span key;
	struct span bytes;
	const char *hex;
} macs[] = {
	{ "case 1",
	  BYTES("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	        "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
	  BYTES("Hi There"),
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "case 2", BYTES("Jefe"), BYTES("what do ya want for nothing?"),
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "empty key", BYTES(""), BYTES(""),
	  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static const struct {
	const char *what;
	struct span hex;
} not_hex[] = {
	{ "nothing",   BYTES("") },
	{ "one short", BYTES("3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
	                     "a495991b7852b855") },
	{ "one long",  BYTES("0e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"
	                     "4ca495991b7852b855") },
	{ "upper case", BYTES("E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"
	                      "4ca495991b7852b855") },
	{ "not hex",   BYTES("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
	                     "a495991b7852b855") },
};
/* clang-format on */

static void expect_hex(struct digest got, const char *want, const char *what)
{
	char hex[DIGEST_HEX_ROOM];

	ck_assert_msg(strcmp(digest_hex(&got, hex), want) == 0,
	              "%s: got %s, want %s", what, hex, want);
}

START_TEST(digests_known_answers)
{
	struct span s = digests[_i].bytes;

	expect_hex(digest_of(s), digests[_i].hex, digests[_i].what);
	for (size_t cut = 0; cut <= s.len; cut++) {
		struct span parts[] = { span_sub(s, 0, cut),
			                span_sub(s, cut, s.len) };

		expect_hex(digest_of_spans(parts, 2), digests[_i].hex,
		           digests[_i].what);
	}
}
END_TEST

START_TEST(macs_known_answers)
{
	struct span s = macs[_i].bytes;
	struct span parts[] = { span_sub(s, 0, 3), span_sub(s, 3, s.len) };

	expect_hex(digest_hmac(macs[_i].key, &s, 1), macs[_i].hex,
	           macs[_i].what);
	expect_hex(digest_hmac(macs[_i].key, parts, 2), macs[_i].hex,
	           macs[_i].what);
}
END_TEST

START_TEST(an_empty_key_is_not_the_last_one)
{
	struct span text = SPAN("");

	(void)digest_hmac(macs[1].key, &macs[1].bytes, 1);
	expect_hex(digest_hmac(span_of(NULL, 0), &text, 1), macs[2].hex,
	           "after another key");
}
END_TEST

START_TEST(reads_its_own_hex)
{
	struct digest d;

	ck_assert(digest_parse(span_str(digests[_i].hex), &d));
	expect_hex(d, digests[_i].hex, digests[_i].what);
}
END_TEST

START_TEST(refuses_other_hex)
{
	struct digest d = { { 7 } };
	struct digest before = d;

	ck_assert_msg(!digest_parse(not_hex[_i].hex, &d), "%s",
	              not_hex[_i].what);
	ck_assert_msg(digest_eq(&d, &before), "%s: output was touched",
	              not_hex[_i].what);
}
END_TEST

START_TEST(compares_every_byte)
{
	struct digest a = digest_of(SPAN("a"));

	for (size_t i = 0; i < sizeof(a.b); i++) {
		struct digest b = a;

		ck_assert(digest_eq(&a, &b));
		b.b[i] ^= 1;
		ck_assert(!digest_eq(&a, &b));
		ck_assert(!secret_eq(digest_span(&a), digest_span(&b)));
	}
	ck_assert(secret_eq(SPAN(""), span_of(NULL, 0)));
	ck_assert(!secret_eq(SPAN("ab"), SPAN("a")));
}
END_TEST

START_TEST(random_bytes_differ)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	ck_assert_mem_ne(a, b, sizeof(a));
	random_bytes(NULL, 0);
}
END_TEST

static void *digest_often(void *unused)
{
	for (int i = 0; i < 2000; i++)
		expect_hex(digest_of(digests[1].bytes), digests[1].hex,
		           "thread");
	return unused;
}

START_TEST(threads_do_not_share)
{
	pthread_t threads[4];

	for (int i = 0; i < COUNT(threads); i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, digest_often, NULL),
			0);
	for (int i = 0; i < COUNT(threads); i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_loop_test(tc, digests_known_answers, 0, COUNT(digests));
	tcase_add_loop_test(tc, macs_known_answers, 0, COUNT(macs));
	tcase_add_test(tc, an_empty_key_is_not_the_last_one);
	tcase_add_loop_test(tc, reads_its_own_hex, 0, COUNT(digests));
	tcase_add_loop_test(tc, refuses_other_hex, 0, COUNT(not_hex));
	tcase_add_test(tc, compares_every_byte);
	tcase_add_test(tc, random_bytes_differ);
	tcase_add_test(tc, threads_do_not_share);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
