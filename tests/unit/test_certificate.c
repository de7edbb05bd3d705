/* A certificate's shape: DER to the last byte. */
#include "decide/judge/certificate.h"

#include "tests/support/certificate_world.h"
#include "tests/support/run.h"
#include "trust/self_signed.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static struct arena *arena;
static EVP_PKEY *key;
static struct span good;

static void setup(void)
{
	uint8_t sum[32] = { 0 };

	arena = arena_new();
	key = certificate_key(KEY_P256);
	good = certificate_good(arena, "a.example", 0, sum, key);
}

static void teardown(void)
{
	EVP_PKEY_free(key);
	arena_free(&arena);
}

START_TEST(reads_a_certificate)
{
	struct certificate c;

	ck_assert_int_eq(certificate_read(good, &c), CERTIFICATE_OK);
	ck_assert(span_eq(c.issuer, c.subject));
	ck_assert_uint_eq(c.extensions_count, 2);
	ck_assert(span_is(c.extensions[0].oid, "\x55\x1d\x11"));
	ck_assert(!c.extensions[0].critical);
	ck_assert(c.extensions[1].critical);
	ck_assert_uint_eq(c.extensions[1].value.len, 34);
	ck_assert_ptr_null(certificate_repeated(&c));
	ck_assert_ptr_null(certificate_find(&c, SPAN("\x55\x1d\x12")));
	ck_assert_int_eq(self_signed_check(good), SELF_SIGNED);
}
END_TEST

/* wherever it is cut, and whatever stands behind it. */
START_TEST(refuses_other_lengths)
{
	uint8_t *more = arena_calloc(arena, good.len + 1, 1);
	struct certificate c = { .extensions_count = 77 };

	for (size_t n = 0; n < good.len; n++) {
		struct span cut = span_sub(good, 0, n);

		ck_assert_msg(certificate_read(cut, &c) != CERTIFICATE_OK,
		              "%zu bytes", n);
		ck_assert_int_ne(self_signed_check(cut), SELF_SIGNED);
	}
	memcpy(more, good.p, good.len);
	ck_assert_int_eq(certificate_read(span_of(more, good.len + 1), &c),
	                 CERTIFICATE_NOT_DER);
	ck_assert_int_eq(self_signed_check(span_of(more, good.len + 1)),
	                 SELF_SIGNED_UNREADABLE);
	ck_assert_uint_eq(c.extensions_count, 77);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

/* clang-format off */
#define V3      "\xa0\x03\x02\x01\x02"
#define SIX     "\x02\x01\x01" "\x30\x00" "\x30\x00" "\x30\x00" "\x30\x00" "\x30\x00"
#define TAIL    "\x30\x00" "\x03\x01\x00"
#define EXT(s)  "\xa3" s
static const struct {
	const char *what;
	struct span der;
	enum certificate_result want;
} shapes[] = {
	{ "nothing",                  { NULL, 0 }, CERTIFICATE_NOT_DER },
	{ "no extension list at all", SPAN("\x30\x19" "\x30\x12" V3 SIX TAIL), CERTIFICATE_NOT_V3 },
	{ "no version",               SPAN("\x30\x14" "\x30\x0d" SIX TAIL), CERTIFICATE_NOT_V3 },
	{ "version 2",                SPAN("\x30\x1d" "\x30\x16" "\xa0\x03\x02\x01\x01" SIX EXT("\x02\x30\x00") TAIL), CERTIFICATE_NOT_V3 },
	{ "an empty extension list",  SPAN("\x30\x1d" "\x30\x16" V3 SIX EXT("\x02\x30\x00") TAIL), CERTIFICATE_OK },
	{ "both unique ids",          SPAN("\x30\x23" "\x30\x1c" V3 SIX "\x81\x01\x00" "\x82\x01\x00" EXT("\x02\x30\x00") TAIL), CERTIFICATE_OK },
	{ "a byte behind the list",   SPAN("\x30\x1e" "\x30\x17" V3 SIX EXT("\x03\x30\x00\x00") TAIL), CERTIFICATE_NOT_DER },
	{ "two lists",                SPAN("\x30\x21" "\x30\x1a" V3 SIX EXT("\x02\x30\x00") EXT("\x02\x30\x00") TAIL), CERTIFICATE_NOT_DER },
	{ "a wrong outer tag",        SPAN("\x31\x1d" "\x30\x16" V3 SIX EXT("\x02\x30\x00") TAIL), CERTIFICATE_NOT_DER },
	{ "a long outer length",      SPAN("\x30\x81\x1d" "\x30\x16" V3 SIX EXT("\x02\x30\x00") TAIL), CERTIFICATE_NOT_DER },
	{ "a length of four bytes",   SPAN("\x30\x84\x00\x00\x00\x1d" "\x30\x16" V3 SIX EXT("\x02\x30\x00") TAIL), CERTIFICATE_NOT_DER },
	{ "an extension without OID", SPAN("\x30\x21" "\x30\x1a" V3 SIX EXT("\x06\x30\x04\x30\x02\x04\x00") TAIL), CERTIFICATE_EXTENSION },
	{ "an empty OID",             SPAN("\x30\x23" "\x30\x1c" V3 SIX EXT("\x08\x30\x06\x30\x04\x06\x00\x04\x00") TAIL), CERTIFICATE_EXTENSION },
	{ "a small extension",        SPAN("\x30\x24" "\x30\x1d" V3 SIX EXT("\x09\x30\x07\x30\x05\x06\x01\x2a\x04\x00") TAIL), CERTIFICATE_OK },
	{ "written as not critical",  SPAN("\x30\x27" "\x30\x20" V3 SIX EXT("\x0c\x30\x0a\x30\x08\x06\x01\x2a\x01\x01\x00\x04\x00") TAIL), CERTIFICATE_OK },
	{ "half critical",            SPAN("\x30\x27" "\x30\x20" V3 SIX EXT("\x0c\x30\x0a\x30\x08\x06\x01\x2a\x01\x01\x01\x04\x00") TAIL), CERTIFICATE_EXTENSION },
	{ "two flags",                SPAN("\x30\x2a" "\x30\x23" V3 SIX EXT("\x0f\x30\x0d\x30\x0b\x06\x01\x2a\x01\x01\xff\x01\x01\xff\x04\x00") TAIL), CERTIFICATE_EXTENSION },
	{ "a byte behind the value",  SPAN("\x30\x25" "\x30\x1e" V3 SIX EXT("\x0a\x30\x08\x30\x06\x06\x01\x2a\x04\x00\x00") TAIL), CERTIFICATE_EXTENSION },
	{ "two algorithms",           SPAN("\x30\x1f" "\x30\x16" V3 SIX EXT("\x02\x30\x00") "\x30\x02\x05\x00" "\x03\x01\x00"), CERTIFICATE_ALGORITHMS },
};
/* clang-format on */

START_TEST(reads_shapes)
{
	struct certificate c;
	enum certificate_result got = certificate_read(shapes[_i].der, &c);

	ck_assert_msg(got == shapes[_i].want, "%s: the certificate %s",
	              shapes[_i].what, certificate_result_name(got));
	ck_assert_int_ne(self_signed_check(shapes[_i].der), SELF_SIGNED);
}
END_TEST

/* Keys that would keep us busy are not tried. */
START_TEST(tries_no_monstrous_key)
{
	const struct recipe recipe = { .key = KEY_P256 };
	EVP_PKEY *own = certificate_key(KEY_P256);
	struct span der;

	ck_assert_int_eq(
		EVP_PKEY_set_utf8_string_param(own, "encoding", "explicit"), 1);
	der = certificate_make(arena, &recipe, own);
	EVP_PKEY_free(own);
	ck_assert_int_eq(self_signed_check(der), SELF_SIGNED_KEY);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("certificate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reads_a_certificate);
	tcase_add_test(tc, refuses_other_lengths);
	tcase_add_loop_test(tc, reads_shapes, 0, COUNT(shapes));
	tcase_add_test(tc, tries_no_monstrous_key);
	return run_case(tc);
}
