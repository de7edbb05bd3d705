#include "trust/signing_key.h"

#include "base/text.h"
#include "trust/public_key.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

/* RFC 8032, 7.1 */
static const struct {
	const char *what;
	const char *seed;
	const char *public_key;
	const char *message;
	const char *signature;
} vectors[] = {
	{ "TEST 1",
	  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	  "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "TEST 2",
	  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	  "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "TEST 3",
	  "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	  "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static char folder[64];
static char path[128];
static char public_path[128];

static void set_up(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/test_signing_key.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/key.pem", folder);
	(void)snprintf(public_path, sizeof(public_path), "%s/key.pub", folder);
}

static void tear_down(void)
{
	(void)unlink(path);
	(void)unlink(public_path);
	/* Fails if a temporary file was left behind. */
	ck_assert_int_eq(rmdir(folder), 0);
}

static void put_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fchmod(fileno(f), mode), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void get_file(const char *name, char *room, size_t size)
{
	FILE *f = fopen(name, "re");

	ck_assert_ptr_nonnull(f);
	size_t n = fread(room, 1, size - 1, f);

	room[n] = '\0';
	ck_assert_int_eq(fclose(f), 0);
}

static struct signing_key *key_of(const char *hex)
{
	uint8_t seed[ED25519_SEED_BYTES];

	ck_assert(text_unhex(span_str(hex), seed));
	return signing_key_from_seed(seed);
}

START_TEST(signs_known_answers)
{
	struct signing_key *key = key_of(vectors[_i].seed);
	uint8_t message[8];
	size_t len = strlen(vectors[_i].message) / 2;
	uint8_t want[ED25519_SIGNATURE_BYTES];
	struct buf base64 = { 0 };
	struct public_key public_key;
	uint8_t want_public[ED25519_PUBLIC_BYTES];

	ck_assert(text_unhex(span_str(vectors[_i].message), message));
	ck_assert(text_unhex(span_str(vectors[_i].signature), want));
	ck_assert(text_unhex(span_str(vectors[_i].public_key), want_public));
	for (int again = 0; again < 3; again++) {
		struct signature got =
			signing_key_sign(key, span_of(message, len));

		ck_assert_mem_eq(got.b, want, sizeof(want));
	}
	signing_key_public_base64(key, &base64);
	ck_assert_int_eq(public_key_parse(buf_span(&base64), &public_key, NULL),
	                 0);
	ck_assert_mem_eq(public_key.b, want_public, sizeof(want_public));
	buf_clear(&base64);
	signing_key_free(&key);
	ck_assert_ptr_null(key);
	signing_key_free(&key);
}
END_TEST

START_TEST(a_copy_outlives_its_original)
{
	struct signing_key *key = signing_key_generate();
	struct signing_key *copy = signing_key_dup(key);
	struct signature a = signing_key_sign(key, SPAN("x"));

	ck_assert(digest_eq(signing_key_id(key), signing_key_id(copy)));
	signing_key_free(&key);
	struct signature b = signing_key_sign(copy, SPAN("x"));

	ck_assert_mem_eq(a.b, b.b, sizeof(a.b));
	signing_key_free(&copy);
}
END_TEST

START_TEST(writes_a_pair_and_loads_it)
{
	struct signing_key *key = signing_key_generate();
	struct public_key public_key;
	struct err err;
	struct stat st;
	char text[512];

	umask(0);
	ck_assert_int_eq(signing_key_write(key, path, public_path, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(public_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);

	struct signing_key *loaded = signing_key_load(path, &err);

	ck_assert_msg(loaded != NULL, "%s", err.text);
	ck_assert(digest_eq(signing_key_id(key), signing_key_id(loaded)));
	get_file(public_path, text, sizeof(text));
	ck_assert_int_eq(public_key_parse(span_str(text), &public_key, &err),
	                 0);
	struct digest id = public_key_id(&public_key);

	ck_assert(digest_eq(&id, signing_key_id(key)));
	signing_key_free(&key);
	signing_key_free(&loaded);
}
END_TEST

static void expect_not_written(const char *private_name,
                               const char *public_name, const char *say)
{
	struct signing_key *key = signing_key_generate();
	struct err err = { "" };

	ck_assert_int_eq(
		signing_key_write(key, private_name, public_name, &err), -1);
	ck_assert_msg(strstr(err.text, say) != NULL, "said: %s", err.text);
	signing_key_free(&key);
}

START_TEST(never_overwrites)
{
	char text[32];

	put_file(path, "mine", 0600);
	expect_not_written(path, public_path, "key.pem: exists already");
	get_file(path, text, sizeof(text));
	ck_assert_str_eq(text, "mine");
	ck_assert_int_ne(access(public_path, F_OK), 0);
	ck_assert_int_eq(unlink(path), 0);

	put_file(public_path, "mine", 0644);
	expect_not_written(path, public_path, "key.pub: exists already");
	get_file(public_path, text, sizeof(text));
	ck_assert_str_eq(text, "mine");
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(never_writes_through_a_link)
{
	ck_assert_int_eq(symlink(public_path, path), 0);
	expect_not_written(path, public_path, "exists already");
	ck_assert_int_ne(access(public_path, F_OK), 0);
}
END_TEST

START_TEST(one_name_for_both_writes_nothing)
{
	expect_not_written(path, path, "exists already");
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(says_where_it_cannot_write)
{
	expect_not_written("/nonexistent/key.pem", public_path,
	                   "/nonexistent/key.pem: cannot create");
	ck_assert_int_ne(access(public_path, F_OK), 0);
}
END_TEST

/* RFC 8410, 10.3: a private key in PKCS#8 */
#define RFC8410_KEY \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"-----END PRIVATE KEY-----\n"
#define P256_KEY \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoVFR8xAt6vm2r/Mw\n" \
	"8H9iNrYFfw2iMiSpSavN38MkVWqhRANCAAQI3mlYsJdiV/zqvgEnFX9DF64vPhV8\n" \
	"pmiP/7RDUC7rkvfQ/nR6bD1rnfVSjwJciudM1ElOJkPu252pRx0Y4Zmk\n" \
	"-----END PRIVATE KEY-----\n"
#define ENCRYPTED_KEY \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
	"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiOhmnp6C4u+gICCAAw\n" \
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBFCsp5gvUbdkzhN4u8UMNEEQP4V\n" \
	"8r/YC/v+4q/IaRRGTw4x+xgq0scXRma2X6CE8LlzHGgJdSFr34skkQwkFWvU5EPR\n" \
	"4UJUZAbBOgtnKc/bR38=\n" \
	"-----END ENCRYPTED PRIVATE KEY-----\n"
#define PUBLIC_KEY \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
	"-----END PUBLIC KEY-----\n"

START_TEST(loads_the_rfc_8410_key)
{
	struct err err = { "" };
	struct buf pem = { 0 };

	put_file(path, RFC8410_KEY " \r\n\n", 0400);
	struct signing_key *key = signing_key_load(path, &err);

	ck_assert_msg(key != NULL, "%s", err.text);
	signing_key_public_pem(key, &pem);
	ck_assert_str_eq(buf_cstr(&pem), PUBLIC_KEY);
	buf_clear(&pem);
	signing_key_free(&key);
}
END_TEST

/* clang-format off */
static const struct {
	const char *what;
	const char *text;
	mode_t mode;
	const char *say;
} bad_files[] = {
	{ "group may read",    RFC8410_KEY, 0640, "has mode 0640" },
	{ "world may read",    RFC8410_KEY, 0604, "has mode 0604" },
	{ "group may write",   RFC8410_KEY, 0620, "chmod 0600" },
	{ "world may write",   RFC8410_KEY, 0602, "chmod 0600" },
	{ "world may execute", RFC8410_KEY, 0601, "chmod 0600" },
	{ "empty",             "",          0600, "holds no private key" },
	{ "not PEM",           "secret",    0600, "holds no private key" },
	{ "public key",        PUBLIC_KEY,  0600, "holds no private key" },
	{ "cut short", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIE\n",
	  0600, "holds no private key" },
	{ "P-256",             P256_KEY,    0600, "another algorithm" },
	{ "encrypted",      ENCRYPTED_KEY,  0600, "is encrypted" },
	{ "two keys", RFC8410_KEY RFC8410_KEY, 0600, "more than one" },
};
/* clang-format on */

static void expect_refused(const char *name, const char *what, const char *say)
{
	struct err err = { "" };

	ck_assert_msg(signing_key_load(name, &err) == NULL, "%s: loaded", what);
	ck_assert_msg(strncmp(err.text, name, strlen(name)) == 0,
	              "%s: path is missing: %s", what, err.text);
	ck_assert_msg(strstr(err.text, say) != NULL, "%s: said: %s", what,
	              err.text);
	ck_assert_msg(strstr(err.text, "MC4C") == NULL, "%s: secret shown",
	              what);
}

START_TEST(refuses_bad_files)
{
	put_file(path, bad_files[_i].text, bad_files[_i].mode);
	expect_refused(path, bad_files[_i].what, bad_files[_i].say);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	expect_refused(path, "absent", "No such file");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_refused(path, "fifo", "is not a regular file");
	expect_refused(folder, "folder", "is not a regular file");
}
END_TEST

START_TEST(refuses_a_file_that_is_too_long)
{
	char text[5000];

	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put_file(path, text, 0600);
	expect_refused(path, "too long", "is too long");
}
END_TEST

START_TEST(judges_the_file_behind_a_link)
{
	struct err err;

	put_file(public_path, RFC8410_KEY, 0644);
	ck_assert_int_eq(symlink(public_path, path), 0);
	expect_refused(path, "link to open file", "has mode 0644");
	ck_assert_int_eq(chmod(public_path, 0600), 0);
	struct signing_key *key = signing_key_load(path, &err);

	ck_assert_msg(key != NULL, "%s", err.text);
	signing_key_free(&key);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signing_key");
	TCase *tc = tcase_create("files");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, signs_known_answers, 0, COUNT(vectors));
	tcase_add_test(tc, a_copy_outlives_its_original);
	tcase_add_test(tc, writes_a_pair_and_loads_it);
	tcase_add_test(tc, never_overwrites);
	tcase_add_test(tc, never_writes_through_a_link);
	tcase_add_test(tc, one_name_for_both_writes_nothing);
	tcase_add_test(tc, says_where_it_cannot_write);
	tcase_add_test(tc, loads_the_rfc_8410_key);
	tcase_add_loop_test(tc, refuses_bad_files, 0, COUNT(bad_files));
	tcase_add_test(tc, refuses_what_is_no_file);
	tcase_add_test(tc, refuses_a_file_that_is_too_long);
	tcase_add_test(tc, judges_the_file_behind_a_link);
	suite_add_tcase(s, tc);

	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
