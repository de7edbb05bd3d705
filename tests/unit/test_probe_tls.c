/*
 * Real handshakes with servers of every manner: R-054 (RFC 8737), R-108,
 * openmpic-W03, and what Boulder's tlsalpn_test.go tries of a network.
 */
#include "probe/tls_memory.h"
#include "probe/tls_shake.h"

#include "loop/timer.h"
#include "tests/support/certificate_world.h"
#include "tests/support/program.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 10000, SHORT_MS = 300, CONNECT_MS = 200 };

#define NAME "a.example"

static struct loop *loop;
static struct guard *guard;
static struct tls_client *client;
static struct arena *arena;
static EVP_PKEY *key;
static struct tls_server server;

static struct tls_shake *slot;
static struct tls_evidence seen;
static int dones;

static void setup(void)
{
	struct err err;

	loop = loop_new();
	arena = arena_new();
	guard = guard_new(true);
	ck_assert_int_eq(guard_allow_text(guard, SPAN("127.0.0.0/8 ::1"), &err),
	                 0);
	ck_assert_int_eq(guard_forbid_text(guard, SPAN("127.66.0.0/16"),
	                                   GUARD_OPERATOR, &err),
	                 0);
	client = tls_client_new(loop);
	tls_client_set(client, guard, CONNECT_MS);
	key = certificate_key(KEY_P256);
	server.pid = 0;
	dones = 0;
	slot = NULL;
}

static void teardown(void)
{
	tls_server_stop(&server);
	tls_shake_cancel(&slot);
	tls_client_free(&client);
	guard_free(&guard);
	loop_free(&loop);
	arena_free(&arena);
	EVP_PKEY_free(key);
}

static struct span a_certificate(void)
{
	uint8_t digest[32] = { 7 };

	return certificate_good(arena, NAME, 0, digest, key);
}

static void serve(enum tls_manner manner, struct span der)
{
	struct err err;

	server = tls_server_start(manner, der, key, NAME);
	ck_assert_int_eq(guard_allow_port(guard, server.port, &err), 0);
}

static void on_done(void *owner, const struct tls_evidence *e)
{
	(void)owner;
	ck_assert_ptr_null(slot); /* gone when done runs */
	dones++;
	seen = *e;
	loop_stop(loop);
}

static void start(const char *const addresses[], int64_t limit_ms)
{
	struct tls_wanted w = {
		.name = SPAN(NAME),
		.protocol = SPAN("acme-tls/1"),
		.port = server.port,
	};

	for (; addresses[w.addresses_count] != NULL; w.addresses_count++)
		ck_assert(addr_parse(span_str(addresses[w.addresses_count]),
		                     &w.addresses[w.addresses_count]));
	tls_shake_start(client, &w, limit_ms, arena, on_done, NULL, &slot);
	ck_assert_int_eq(dones, 0); /* later */
	ck_assert_ptr_nonnull(slot);
}

static void shake_with(const char *const addresses[], int64_t limit_ms)
{
	dones = 0;
	start(addresses, limit_ms);
	loop_run(loop);
	ck_assert_int_eq(dones, 1);
}

static const char *const there[] = { "127.0.0.2", NULL };

static void write_pem(const struct temp_dir *dir, struct span der)
{
	const unsigned char *p = der.p;
	char path[TEMP_PATH_MAX];
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);
	FILE *f = fopen(temp_path(dir, "cert.pem", path), "w");

	ck_assert(cert != NULL && f != NULL);
	ck_assert_int_eq(PEM_write_X509(f, cert), 1);
	fclose(f);
	X509_free(cert);
	f = fopen(temp_path(dir, "key.pem", path), "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
}

static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "127.0.0.2", &at.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

/* clang-format off */
static const struct {
	const char *what;
	enum tls_manner manner;
	int64_t limit_ms;
	enum tls_end end;
	int64_t version;
	const char *protocol; /* NULL: none */
	int64_t alert;
} manners[] = {
	{ "as it should be",        SERVE_RIGHT,          LIMIT_MS, TLS_COMPLETE,  0x0304, "acme-tls/1", 0 },
	{ "TLS 1.2",                SERVE_TLS_1_2,        LIMIT_MS, TLS_COMPLETE,  0x0303, "acme-tls/1", 0 },
	{ "asks for a certificate", SERVE_CLIENT_CERT,    LIMIT_MS, TLS_COMPLETE,  0x0304, "acme-tls/1", 0 },
	{ "data too early",         SERVE_EARLY_DATA,     LIMIT_MS, TLS_COMPLETE,  0x0304, "acme-tls/1", 0 },
	{ "renegotiation",          SERVE_RENEGOTIATE,    LIMIT_MS, TLS_COMPLETE,  0x0303, "acme-tls/1", 0 },
	{ "TLS 1.1",                SERVE_TLS_1_1,        LIMIT_MS, TLS_ALERT,     0,      NULL,         70 },
	{ "no ALPN",                SERVE_NO_ALPN,        LIMIT_MS, TLS_COMPLETE,  0x0304, NULL,         0 },
	{ "ALPN refused",           SERVE_ALPN_REFUSED,   LIMIT_MS, TLS_ALERT,     0,      NULL,         120 },
	{ "silence",                SERVE_SILENCE,        SHORT_MS, TLS_TIMED_OUT, 0,      NULL,         0 },
	{ "half an answer",         SERVE_HALF,           SHORT_MS, TLS_TIMED_OUT, 0,      NULL,         0 },
	{ "byte by byte",           SERVE_DRIP,           SHORT_MS, TLS_TIMED_OUT, 0,      NULL,         0 },
	{ "closed",                 SERVE_CLOSE,          LIMIT_MS, TLS_RESET,     0,      NULL,         0 },
	{ "closed in the middle",   SERVE_HALF_CLOSE,     LIMIT_MS, TLS_RESET,     0,      NULL,         0 },
	{ "reset",                  SERVE_RESET,          LIMIT_MS, TLS_RESET,     0,      NULL,         0 },
	{ "close_notify",           SERVE_CLOSE_NOTIFY,   LIMIT_MS, TLS_RESET,     0,      NULL,         0 },
	{ "HTTP",                   SERVE_HTTP,           LIMIT_MS, TLS_OTHER,     0,      NULL,         0 },
	{ "a banner",               SERVE_BANNER,         LIMIT_MS, TLS_OTHER,     0,      NULL,         0 },
	{ "garbage",                SERVE_GARBAGE,        LIMIT_MS, TLS_BAD,       0,      NULL,         0 },
	{ "endless hello requests", SERVE_HELLO_REQUESTS, LIMIT_MS, TLS_LARGE,     0,      NULL,         0 },
	{ "endless warnings",       SERVE_WARNINGS,       LIMIT_MS, TLS_BAD,       0,      NULL,         0 },
};
/* clang-format on */

/* R-054, openmpic-W03: what was chosen, if anything was. */
START_TEST(tells_what_a_server_does)
{
	struct span der = a_certificate();
	const char *what = manners[_i].what;

	serve(manners[_i].manner, der);
	shake_with(there, manners[_i].limit_ms);
	ck_assert_msg(seen.end == manners[_i].end, "%s: %s (%.*s)", what,
	              tls_end_name(seen.end), SPAN_ARG(seen.error));
	ck_assert_uint_eq(seen.connects_count, 1);
	ck_assert_int_eq(seen.connects[0].end, CONNECT_MADE);
	ck_assert_int_eq(seen.connects[0].port, server.port);
	ck_assert(span_is(seen.name, NAME));
	ck_assert_int_eq(seen.version, manners[_i].version);
	ck_assert_int_eq(seen.alert.set, manners[_i].alert != 0);
	ck_assert_int_eq(seen.alert.v, manners[_i].alert);
	ck_assert(span_eq(seen.protocol, span_str(manners[_i].protocol)));
	if (seen.end != TLS_COMPLETE)
		return;
	ck_assert(span_eq(seen.certificate, der));
	ck_assert_uint_gt(seen.cipher.len, 0);
}
END_TEST

/* Newer libraries end the handshake, older ones leave it to the judge; what was
   chosen is told by both. */
START_TEST(tells_a_protocol_that_nobody_offered)
{
	serve(SERVE_H2, a_certificate());
	shake_with(there, LIMIT_MS);
	ck_assert(span_is(seen.protocol, "h2"));
	ck_assert(seen.end == TLS_COMPLETE || seen.end == TLS_BAD);
}
END_TEST

/* Read cap = evidence cap: what does not fit is not cut but refused. */
static const struct {
	const char *what;
	size_t copies; /* of an extension of 200 bytes */
	enum tls_end end;
	bool kept;
} sizes[] = {
	{ "many extensions", 70, TLS_COMPLETE, true },
	{ "more than fits", 80, TLS_LARGE, false },
	{ "more than is read", 160, TLS_LARGE, false },
	{ "more than all", 320, TLS_LARGE, false },
};

START_TEST(bounds_what_is_read)
{
	char filler[200] = { 0 };
	const struct recipe recipe = {
		.extensions = { { OID_BASIC, false, filler, sizeof(filler) } },
		.copies = sizes[_i].copies,
	};
	struct span der = certificate_make(arena, &recipe, key);

	serve(SERVE_RIGHT, der);
	shake_with(there, LIMIT_MS);
	ck_assert_msg(seen.end == sizes[_i].end, "%s: %s (%.*s)",
	              sizes[_i].what, tls_end_name(seen.end),
	              SPAN_ARG(seen.error));
	ck_assert(span_eq(seen.certificate,
	                  sizes[_i].kept ? der : (struct span){ NULL, 0 }));
}
END_TEST

static const struct {
	const char *option, *groups;
	int version;
} s_servers[] = {
	{ "-tls1_2", "X25519", 0x0303 },
	{ "-tls1_3", "X25519", 0x0304 },
	/* no key of ours is for this group: HelloRetryRequest */
	{ "-tls1_3", "P-384", 0x0304 },
};

/* A server that was not written by us: RFC 8737's other end as people make it
   by hand. */
START_TEST(speaks_with_openssl_s_server)
{
	struct temp_dir dir;
	char cert[TEMP_PATH_MAX];
	char own[TEMP_PATH_MAX];
	struct span der = a_certificate();
	struct program program;
	struct err err;

	temp_dir_make(&dir);
	write_pem(&dir, der);
	server.port = free_port();
	ck_assert_int_eq(guard_allow_port(guard, server.port, &err), 0);
	const char *const argv[] = { "openssl",
		                     "s_server",
		                     "-quiet",
		                     "-naccept",
		                     "1",
		                     "-accept",
		                     arena_printf(arena, "127.0.0.2:%u",
		                                  (unsigned)server.port),
		                     "-alpn",
		                     "acme-tls/1",
		                     "-cert",
		                     temp_path(&dir, "cert.pem", cert),
		                     "-key",
		                     temp_path(&dir, "key.pem", own),
		                     s_servers[_i].option,
		                     "-groups",
		                     s_servers[_i].groups,
		                     NULL };

	program_start(&program, argv, NULL, NULL);
	do { /* until it listens */
		shake_with(there, LIMIT_MS);
	} while (seen.end == TLS_NOT_CONNECTED && !program_ended(&program));
	program_clear(&program);
	temp_dir_remove(&dir);
	ck_assert_msg(seen.end == TLS_COMPLETE, "%.*s", SPAN_ARG(seen.error));
	ck_assert(span_is(seen.protocol, "acme-tls/1"));
	ck_assert(span_eq(seen.certificate, der));
	ck_assert_int_eq(seen.version, s_servers[_i].version);
}
END_TEST

/* both attempts are told, with why the first one failed. */
START_TEST(goes_on_to_the_next_address)
{
	static const char *const refused[] = { "::1", "127.0.0.2", NULL };
	static const char *const forbidden[] = { "127.66.0.1", "127.0.0.2",
		                                 NULL };

	serve(SERVE_RIGHT, a_certificate());
	shake_with(refused, LIMIT_MS);
	ck_assert_int_eq(seen.end, TLS_COMPLETE);
	ck_assert_uint_eq(seen.connects_count, 2);
	ck_assert_int_eq(seen.connects[0].end, CONNECT_REFUSED);
	ck_assert_uint_eq(seen.connects[0].address.len, 16);
	ck_assert_uint_gt(seen.connects[0].error.len, 0);
	ck_assert_int_eq(seen.connects[1].end, CONNECT_MADE);

	shake_with(forbidden, LIMIT_MS);
	ck_assert_int_eq(seen.end, TLS_COMPLETE);
	ck_assert_int_eq(seen.connects[0].end, CONNECT_FORBIDDEN);
	ck_assert_int_eq(seen.connects[1].end, CONNECT_MADE);
}
END_TEST

/* Somebody who is there is not passed over. */
START_TEST(does_not_go_on_after_a_bad_handshake)
{
	static const char *const two[] = { "127.0.0.2", "127.0.0.2", NULL };

	serve(SERVE_RESET, a_certificate());
	shake_with(two, LIMIT_MS);
	ck_assert_int_eq(seen.end, TLS_RESET);
	ck_assert_uint_eq(seen.connects_count, 1);
}
END_TEST

START_TEST(says_when_nobody_is_there)
{
	static const char *const nobody[] = { "127.0.0.3", "127.66.0.1", "::1",
		                              NULL };

	serve(SERVE_RIGHT, a_certificate());
	shake_with(nobody, LIMIT_MS);
	ck_assert_int_eq(seen.end, TLS_NOT_CONNECTED);
	ck_assert_uint_eq(seen.connects_count, 3);
	ck_assert_int_eq(seen.connects[0].end, CONNECT_REFUSED);
	ck_assert_int_eq(seen.connects[1].end, CONNECT_FORBIDDEN);
	ck_assert_int_eq(seen.connects[2].end, CONNECT_REFUSED);
}
END_TEST

/* A listener whose queue is full does not answer: two connections fill a
   backlog of none. */
START_TEST(waits_for_one_address_no_longer_than_its_share)
{
	static const char *const slow[] = { "127.0.0.4", "127.0.0.2", NULL };
	struct sockaddr_in at = { .sin_family = AF_INET };
	int full = socket(AF_INET, SOCK_STREAM, 0);
	int waiting[4];

	serve(SERVE_RIGHT, a_certificate());
	inet_pton(AF_INET, "127.0.0.4", &at.sin_addr);
	at.sin_port = htons(server.port);
	ck_assert_int_eq(bind(full, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(full, 0), 0);
	for (int i = 0; i < COUNT(waiting); i++) {
		waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(waiting[i], (struct sockaddr *)&at, sizeof(at));
	}
	shake_with(slow, LIMIT_MS);
	ck_assert_int_eq(seen.end, TLS_COMPLETE);
	ck_assert_int_eq(seen.connects[0].end, CONNECT_TIMED_OUT);
	ck_assert_int_ge(seen.connects[0].took_ms, CONNECT_MS);
	for (int i = 0; i < COUNT(waiting); i++)
		close(waiting[i]);
	close(full);
}
END_TEST

static void stop(void *arg)
{
	loop_stop(arg);
}

static void run_for(int64_t ms)
{
	struct timer *t = timer_new(loop, stop, loop);

	timer_set_ms(t, ms);
	loop_run(loop);
	timer_free(&t);
}

START_TEST(is_silent_when_cancelled)
{
	serve(SERVE_SILENCE, a_certificate());
	start(there, LIMIT_MS);
	tls_shake_cancel(&slot); /* before its first turn */
	ck_assert_ptr_null(slot);
	start(there, LIMIT_MS);
	run_for(50);
	tls_shake_cancel(&slot); /* in the handshake */
	ck_assert_ptr_null(slot);
	run_for(50);
	ck_assert_int_eq(dones, 0);
	tls_shake_cancel(&slot);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("tls");

	/* as the probe has it */
	if (!tls_memory_init())
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, tells_what_a_server_does, 0, COUNT(manners));
	tcase_add_test(tc, tells_a_protocol_that_nobody_offered);
	tcase_add_loop_test(tc, bounds_what_is_read, 0, COUNT(sizes));
	tcase_add_loop_test(tc, speaks_with_openssl_s_server, 0,
	                    COUNT(s_servers));
	tcase_add_test(tc, goes_on_to_the_next_address);
	tcase_add_test(tc, does_not_go_on_after_a_bad_handshake);
	tcase_add_test(tc, says_when_nobody_is_there);
	tcase_add_test(tc, waits_for_one_address_no_longer_than_its_share);
	tcase_add_test(tc, is_silent_when_cancelled);
	return run_case(tc);
}
