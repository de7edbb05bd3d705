/* OpenSSL's memory: what a handshake that waits holds (promise 7). */
#include "base/mem.h"
#include "probe/tls_memory.h"
#include "probe/tls_session.h"
#include "tests/support/run.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SMALL = 100, MEDIUM = 16384, LARGE = 21848, LARGER = 70000 };

static const size_t sizes[] = { SMALL, MEDIUM, LARGE, LARGER };

static void fill(uint8_t *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		p[i] = (uint8_t)(i * 7 + 1);
}

static bool is_filled(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != (uint8_t)(i * 7 + 1))
			return false;
	}
	return true;
}

/* From each size to each. */
START_TEST(keeps_what_it_holds)
{
	size_t before = sizes[_i / COUNT(sizes)];
	size_t after = sizes[_i % COUNT(sizes)];
	uint8_t *p = OPENSSL_malloc(before);

	ck_assert_ptr_nonnull(p);
	fill(p, 0, before);
	p = OPENSSL_realloc(p, after);
	ck_assert_ptr_nonnull(p);
	ck_assert(is_filled(p, before < after ? before : after));
	fill(p, 0, after);
	p = OPENSSL_clear_realloc(p, after, before);
	ck_assert(is_filled(p, before < after ? before : after));
	OPENSSL_clear_free(p, before);
	ck_assert_ptr_null(OPENSSL_malloc(0));
	OPENSSL_free(NULL);
}
END_TEST

static size_t pages_held(const uint8_t *p, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), held = 0;
	unsigned char in[64];

	ck_assert_uint_le(len / page + 1, sizeof(in));
	ck_assert_int_eq(mincore((void *)(uintptr_t)p, len, in), 0);
	for (size_t i = 0; i < (len + page - 1) / page; i++)
		held += in[i] & 1;
	return held;
}

START_TEST(gives_back_the_pages_of_what_is_idle)
{
	uint8_t *p = OPENSSL_malloc(LARGE), *q = OPENSSL_malloc(LARGE);
	uint8_t *small = OPENSSL_malloc(MEDIUM);

	fill(p, 0, LARGE);
	fill(q, 0, LARGE);
	fill(small, 0, MEDIUM);
	ck_assert_uint_gt(pages_held(p, LARGE), 0);
	tls_memory_idle(p);
	ck_assert_uint_eq(pages_held(p, LARGE), 0);
	for (size_t i = 0; i < LARGE; i++)
		ck_assert_uint_eq(p[i], 0);
	fill(p, 0, LARGE);
	ck_assert(is_filled(p, LARGE));
	/* and nothing else */
	tls_memory_idle(q + 64);
	tls_memory_idle(small);
	tls_memory_idle(NULL);
	ck_assert(is_filled(q, LARGE));
	ck_assert(is_filled(small, MEDIUM));
	OPENSSL_free(p);
	OPENSSL_free(q);
	OPENSSL_free(small);
}
END_TEST

/* The block of the messages is the one that a session gives back: whoever finds
   nothing here must look where this OpenSSL keeps them. */
static const void *hello;

static void on_message(int sent, int version, int type, const void *bytes,
                       size_t len, SSL *ssl, void *arg)
{
	(void)version;
	(void)len;
	(void)ssl;
	(void)arg;
	if (sent != 0 && type == SSL3_RT_HANDSHAKE)
		hello = bytes;
}

START_TEST(messages_are_in_a_block_of_their_own)
{
	SSL_CTX *ctx = tls_session_context();
	SSL *ssl = SSL_new(ctx);

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	SSL_set_msg_callback(ssl, on_message);
	ck_assert_int_eq(SSL_do_handshake(ssl), -1);
	ck_assert_ptr_nonnull(hello);
	ck_assert_uint_gt(pages_held(hello, MEDIUM), 0);
	tls_memory_idle(hello);
	ck_assert_uint_eq(pages_held(hello, MEDIUM), 0);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("tls_memory");

	if (!tls_memory_init())
		return EXIT_FAILURE;
	tcase_add_loop_test(tc, keeps_what_it_holds, 0,
	                    COUNT(sizes) * COUNT(sizes));
	tcase_add_test(tc, gives_back_the_pages_of_what_is_idle);
	tcase_add_test(tc, messages_are_in_a_block_of_their_own);
	return run_case(tc);
}
