/* One HTTP hop against servers that say exactly what a test tells them to
 */
#include "probe/http_fetch.h"

#include "base/clock.h"
#include "loop/timer.h"
#include "tests/support/run.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 5000, CONNECT_MS = 200, BODY_MAX = 1000, LONG_MS = 60000 };

/* What a server does when the request's head is in. */
enum manner { THEN_CLOSE, THEN_HOLD, THEN_RESET, THEN_REPEAT };

static struct loop *loop;
static struct guard *guard;
static struct http_client *client;
static struct arena *arena;
static struct evconnlistener *listener;
static uint16_t port;
static struct span script;
static enum manner manner;
static struct buf asked;
static int connections;
static struct bufferevent *peers[16];

static struct http_fetch *slot;
static struct http_evidence seen;
static int dones;

/* -- the server */

static void hang_up(struct bufferevent *bev)
{
	for (int i = 0; i < COUNT(peers); i++)
		if (peers[i] == bev)
			peers[i] = NULL;
	bufferevent_free(bev);
}

static void on_gone(struct bufferevent *bev, short what, void *arg)
{
	(void)arg;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		hang_up(bev);
}

static void reset(struct bufferevent *bev)
{
	const struct linger now = { .l_onoff = 1 };

	setsockopt(bufferevent_getfd(bev), SOL_SOCKET, SO_LINGER, &now,
	           sizeof(now));
	hang_up(bev);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	(void)arg;
	if (asked.len == 0) /* comes once before anything was written */
		return;
	switch (manner) {
	case THEN_CLOSE: hang_up(bev); return;
	case THEN_HOLD: return;
	case THEN_RESET: reset(bev); return;
	case THEN_REPEAT: bufferevent_write(bev, script.p, script.len); return;
	}
}

static void on_request(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);

	(void)arg;
	buf_add(&asked, evbuffer_pullup(in, -1), n);
	evbuffer_drain(in, n);
	if (span_find(buf_span(&asked), SPAN("\r\n\r\n")) < 0 &&
	    asked.p[0] == 'G')
		return;
	if (script.len == 0)
		on_written(bev, NULL);
	else
		bufferevent_write(bev, script.p, script.len);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd,
                      struct sockaddr *from, int len, void *arg)
{
	struct bufferevent *bev = bufferevent_socket_new(
		evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);

	(void)from;
	(void)len;
	(void)arg;
	ck_assert_int_lt(connections, COUNT(peers));
	peers[connections++] = bev;
	bufferevent_setcb(bev, on_request, on_written, on_gone, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* On 127.0.0.2 only, so that 127.0.0.1 refuses the same port. */
static void serve(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	inet_pton(AF_INET, "127.0.0.2", &at.sin_addr);
	listener = evconnlistener_new_bind(
		loop_base(loop), on_accept, NULL,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
		(struct sockaddr *)&at, sizeof(at));
	ck_assert_ptr_nonnull(listener);
	getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&at,
	            &len);
	port = ntohs(at.sin_port);
}

/* -- the world */

static void setup(void)
{
	struct err err;

	loop = loop_new();
	arena = arena_new();
	guard = guard_new(true);
	serve();
	ck_assert_int_eq(guard_allow_text(guard, SPAN("127.0.0.0/8"), &err), 0);
	ck_assert_int_eq(guard_allow_port(guard, port, &err), 0);
	ck_assert_int_eq(guard_forbid_text(guard, SPAN("127.66.0.0/16"),
	                                   GUARD_OPERATOR, &err),
	                 0);
	client = http_client_new(loop);
	http_client_set(client, guard, SPAN("tester/1"), CONNECT_MS);
	script = (struct span){ NULL, 0 };
	manner = THEN_CLOSE;
	connections = 0;
	dones = 0;
	slot = NULL;
}

static void teardown(void)
{
	http_fetch_cancel(&slot);
	http_client_free(&client);
	for (int i = 0; i < COUNT(peers); i++)
		if (peers[i] != NULL)
			hang_up(peers[i]);
	evconnlistener_free(listener);
	guard_free(&guard);
	loop_free(&loop);
	arena_free(&arena);
	buf_clear(&asked);
}

static void on_done(void *owner, const struct http_evidence *e)
{
	(void)owner;
	ck_assert_ptr_null(slot); /* gone when done runs */
	dones++;
	seen = *e;
	loop_stop(loop);
}

static struct http_wanted wanted(const char *const addresses[])
{
	struct http_wanted w = {
		.url = span_str(arena_printf(arena, "http://a.lab:%u/x?y=/../",
		                             (unsigned)port)),
		.scheme = SCHEME_HTTP,
		.host = SPAN("a.lab"),
		.host_header = SPAN("a.lab"),
		.port = port,
		.path_query = SPAN("/x?y=/../"),
		.body_max = BODY_MAX,
	};

	for (; addresses[w.addresses_count] != NULL; w.addresses_count++)
		ck_assert(addr_parse(span_str(addresses[w.addresses_count]),
		                     &w.addresses[w.addresses_count]));
	return w;
}

static void fetch_from(const char *const addresses[], int64_t limit_ms)
{
	struct http_wanted w = wanted(addresses);

	http_fetch_start(client, &w, limit_ms, arena, on_done, NULL, &slot);
	ck_assert_int_eq(dones, 0); /* later */
	ck_assert_ptr_nonnull(slot);
	loop_run(loop);
	ck_assert_int_eq(dones, 1);
}

static const char *const server[] = { "127.0.0.2", NULL };

static void fetch(int64_t limit_ms)
{
	fetch_from(server, limit_ms);
}

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

/* -- what is said, and what is made of it */

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define S(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define KILO \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxx"

static const struct {
	const char *what;
	struct span script;
	enum manner manner;
	enum http_end want;
	int status;
	const char *body;
} rows[] = {
	{ "length", S(OK_HEAD "Content-Length: 3\r\n\r\nabc"), THEN_HOLD,
	  HTTP_COMPLETE, 200, "abc" },
	{ "until close", S(OK_HEAD "\r\nabc"), THEN_CLOSE, HTTP_COMPLETE, 200,
	  "abc" },
	{ "HTTP/1.0", S("HTTP/1.0 200 OK\r\n\r\nabc"), THEN_CLOSE,
	  HTTP_COMPLETE, 200, "abc" },
	{ "chunks",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
	            "2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: t\r\n\r\n"),
	  THEN_HOLD, HTTP_COMPLETE, 200, "abc" },
	{ "no body", S("HTTP/1.1 204 No\r\n\r\n"), THEN_HOLD, HTTP_COMPLETE,
	  204, "" },
	{ "404", S("HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx"), THEN_HOLD,
	  HTTP_COMPLETE, 404, "x" },
	{ "a redirect, not followed",
	  S("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\n"
	    "Content-Length: 0\r\n\r\n"),
	  THEN_HOLD, HTTP_COMPLETE, 302, "" },
	{ "interim responses",
	  S("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: "
	    "b\r\n\r\n" OK_HEAD "Content-Length: 1\r\n\r\nx"),
	  THEN_HOLD, HTTP_COMPLETE, 200, "x" },
	{ "an interim response only", S("HTTP/1.1 100 Continue\r\n\r\n"),
	  THEN_CLOSE, HTTP_RESET, 0, "" },
	{ "content coding is left alone",
	  S(OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
	  THEN_HOLD, HTTP_COMPLETE, 200, "abc" },
	{ "coded transfer",
	  S(OK_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "HTTP/0.9", S("abc"), THEN_CLOSE, HTTP_BAD, 0, "" },
	{ "HTTP/2", S("HTTP/2 200\r\n\r\nabc"), THEN_CLOSE, HTTP_BAD, 0, "" },
	{ "HTTP/2.0", S("HTTP/2.0 200 OK\r\n\r\nabc"), THEN_CLOSE, HTTP_BAD, 0,
	  "" },
	{ "status of two digits", S("HTTP/1.1 20\r\n\r\n"), THEN_CLOSE,
	  HTTP_BAD, 0, "" },
	{ "status 099", S("HTTP/1.1 099 x\r\n\r\n"), THEN_CLOSE, HTTP_BAD, 0,
	  "" },
	{ "status in words", S("HTTP/1.1 abc x\r\n\r\n"), THEN_CLOSE, HTTP_BAD,
	  0, "" },
	{ "chunk length in words",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "chunk length of 17 digits",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
	            "fffffffffffffffff\r\nabc\r\n"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "a chunk line that ends in LF",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n"),
	  THEN_CLOSE, HTTP_BAD, 200, "" },
	{ "chunks without their last line",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"),
	  THEN_CLOSE, HTTP_RESET, 200, "x" },
	{ "chunked, said twice",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n"
	            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "chunks and a length",
	  S(OK_HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
	            "1\r\nx\r\n0\r\n\r\n"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "two lengths",
	  S(OK_HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "the same length twice",
	  S(OK_HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
	  THEN_HOLD, HTTP_COMPLETE, 200, "x" },
	{ "a length with a sign", S(OK_HEAD "Content-Length: +1\r\n\r\nx"),
	  THEN_HOLD, HTTP_BAD, 200, "" },
	{ "a length of 2^64 + 1",
	  S(OK_HEAD "Content-Length: 18446744073709551617\r\n\r\nx"), THEN_HOLD,
	  HTTP_BAD, 200, "" },
	{ "another protocol, unasked",
	  S("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" OK_HEAD
	    "Content-Length: 1\r\n\r\nx"),
	  THEN_HOLD, HTTP_BAD, 0, "" },
	{ "a head that begins folded", S(OK_HEAD " A: b\r\n\r\nx"), THEN_CLOSE,
	  HTTP_BAD, 200, "" },
	{ "chunks cut short",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nab"), THEN_CLOSE,
	  HTTP_RESET, 200, "ab" },
	{ "length cut short", S(OK_HEAD "Content-Length: 9\r\n\r\nabc"),
	  THEN_CLOSE, HTTP_RESET, 200, "abc" },
	{ "reset in the body", S(OK_HEAD "Content-Length: 9\r\n\r\nabc"),
	  THEN_RESET, HTTP_RESET, 200, NULL },
	{ "closed without a word", S(""), THEN_CLOSE, HTTP_RESET, 0, "" },
	{ "reset without a word", S(""), THEN_RESET, HTTP_RESET, 0, "" },
	{ "closed in the head", S(OK_HEAD "A: b"), THEN_CLOSE, HTTP_RESET, 200,
	  NULL },
	{ "an endless body",
	  S(OK_HEAD "\r\n" KILO KILO KILO KILO KILO KILO KILO KILO),
	  THEN_REPEAT, HTTP_BODY_LARGE, 200, NULL },
	{ "an endless chunk",
	  S(OK_HEAD "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n" KILO KILO),
	  THEN_REPEAT, HTTP_BODY_LARGE, 200, NULL },
	{ "endless interim responses", S("HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"),
	  THEN_REPEAT, HTTP_HEADERS_LARGE, 0, "" },
	{ "a head line without end", S(KILO KILO), THEN_REPEAT, HTTP_BAD, 0,
	  "" },
};

START_TEST(response_ends)
{
	script = rows[_i].script;
	manner = rows[_i].manner;
	fetch(LIMIT_MS);
	ck_assert_msg(seen.end == rows[_i].want, "%s: ended as %s",
	              rows[_i].what, http_end_name(seen.end));
	ck_assert_msg(seen.status == rows[_i].status, "%s: status %d",
	              rows[_i].what, (int)seen.status);
	ck_assert_msg(rows[_i].body == NULL ||
	                      span_is(seen.body, rows[_i].body),
	              "%s: body '%.*s'", rows[_i].what, SPAN_ARG(seen.body));
	ck_assert_uint_le(seen.body.len, BODY_MAX);
	ck_assert_uint_eq(seen.connects_count, 1);
	ck_assert(seen.connects[0].end == CONNECT_MADE);
	ck_assert_int_eq(connections, 1);
}
END_TEST

/* openmpic-112 */
START_TEST(request_is_exactly_this)
{
	static const char want[] = "GET /x?y=/../ HTTP/1.1\r\n"
				   "Host: a.lab\r\n"
				   "User-Agent: tester/1\r\n"
				   "Accept: */*\r\n\r\n";

	script = SPAN(OK_HEAD "Content-Length: 0\r\n\r\n");
	fetch(LIMIT_MS);
	ck_assert_msg(span_is(buf_span(&asked), want), "sent:\n%s",
	              buf_cstr(&asked));
}
END_TEST

START_TEST(request_takes_the_two_headers)
{
	struct http_wanted w = wanted(server);

	w.user_agent = SPAN("other");
	w.accept = SPAN("text/plain");
	script = SPAN(OK_HEAD "Content-Length: 0\r\n\r\n");
	http_fetch_start(client, &w, LIMIT_MS, arena, on_done, NULL, &slot);
	loop_run(loop);
	ck_assert(span_find(buf_span(&asked), SPAN("User-Agent: other\r\n")) >
	          0);
	ck_assert(span_find(buf_span(&asked), SPAN("Accept: text/plain\r\n")) >
	          0);
	ck_assert(span_find(buf_span(&asked), SPAN("tester")) < 0);
}
END_TEST

START_TEST(raw_head_of_the_final_response_is_kept)
{
	script = SPAN("HTTP/1.1 103 x\r\nEarly: 1\r\n\r\n" OK_HEAD
	              "A:  b \r\na: c\r\nTransfer-Encoding: chunked\r\n\r\n"
	              "1\r\nx\r\n0\r\nLate: 1\r\n\r\n");
	manner = THEN_HOLD;
	fetch(LIMIT_MS);
	ck_assert(span_is(seen.headers,
	                  OK_HEAD "A:  b \r\na: c\r\n"
	                          "Transfer-Encoding: chunked\r\n\r\n"));
}
END_TEST

START_TEST(head_is_capped)
{
	struct buf head = { 0 };

	buf_add_str(&head, OK_HEAD);
	for (int i = 0; i < 200; i++)
		buf_add_str(&head, "X: " KILO "\r\n");
	script = buf_span(&head);
	fetch(LIMIT_MS);
	ck_assert(seen.end == HTTP_HEADERS_LARGE);
	ck_assert_uint_le(seen.headers.len, EVIDENCE_HEADERS_MAX);
	buf_clear(&head);
}
END_TEST

START_TEST(one_header_line_is_capped)
{
	struct buf head = { 0 };

	buf_add_str(&head, OK_HEAD "X: ");
	for (int i = 0; i < 2000; i++)
		buf_add_str(&head, KILO);
	script = buf_span(&head);
	fetch(LIMIT_MS);
	ck_assert_msg(seen.end == HTTP_HEADERS_LARGE, "ended as %s",
	              http_end_name(seen.end));
	buf_clear(&head);
}
END_TEST

START_TEST(body_of_exactly_the_cap_passes)
{
	struct buf body = { 0 };

	buf_printf(&body, OK_HEAD "Content-Length: %d\r\n\r\n", BODY_MAX);
	for (int i = 0; i < BODY_MAX; i++)
		buf_add_u8(&body, 'x');
	script = buf_span(&body);
	fetch(LIMIT_MS);
	ck_assert(seen.end == HTTP_COMPLETE);
	ck_assert_uint_eq(seen.body.len, BODY_MAX);
	buf_clear(&body);
}
END_TEST

/* -- addresses */

static void check_connects(const enum connect_end want[], size_t count)
{
	ck_assert_uint_eq(seen.connects_count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(seen.connects[i].end == want[i], "%zu: %s", i,
		              connect_end_name(seen.connects[i].end));
		ck_assert_int_eq(seen.connects[i].port, port);
	}
}

START_TEST(next_address_after_a_refused_one) /* */
{
	static const char *const list[] = { "127.0.0.1", "127.0.0.2", NULL };

	script = SPAN(OK_HEAD "Content-Length: 1\r\n\r\nx");
	fetch_from(list, LIMIT_MS);
	check_connects((enum connect_end[]){ CONNECT_REFUSED, CONNECT_MADE },
	               2);
	ck_assert(seen.end == HTTP_COMPLETE);
	ck_assert_uint_gt(seen.connects[0].error.len, 0);
}
END_TEST

START_TEST(no_next_address_after_an_answer) /* */
{
	static const char *const list[] = { "127.0.0.2", "127.0.0.1", NULL };

	script = SPAN("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	fetch_from(list, LIMIT_MS);
	check_connects((enum connect_end[]){ CONNECT_MADE }, 1);
	ck_assert_int_eq(seen.status, 500);
}
END_TEST

START_TEST(no_next_address_after_silence)
{
	static const char *const list[] = { "127.0.0.2", "127.0.0.1", NULL };

	manner = THEN_HOLD;
	fetch_from(list, 300);
	check_connects((enum connect_end[]){ CONNECT_MADE }, 1);
	ck_assert(seen.end == HTTP_TIMED_OUT);
}
END_TEST

START_TEST(forbidden_addresses_get_no_packet) /* */
{
	static const char *const list[] = {
		"127.66.0.1", "10.0.0.1",      "169.254.169.254",
		"::1",        "::ffff:7f00:2", "127.0.0.2",
		NULL
	};

	script = SPAN(OK_HEAD "Content-Length: 1\r\n\r\nx");
	fetch_from(list, LIMIT_MS);
	check_connects(
		(enum connect_end[]){ CONNECT_FORBIDDEN, CONNECT_FORBIDDEN,
	                              CONNECT_FORBIDDEN, CONNECT_FORBIDDEN,
	                              CONNECT_FORBIDDEN, CONNECT_MADE },
		6);
	ck_assert(span_find(seen.connects[1].error, SPAN("10.0.0.0/8")) >= 0);
}
END_TEST

START_TEST(only_forbidden_addresses)
{
	static const char *const list[] = { "127.66.0.1", "192.168.1.1", NULL };

	fetch_from(list, LIMIT_MS);
	check_connects(
		(enum connect_end[]){ CONNECT_FORBIDDEN, CONNECT_FORBIDDEN },
		2);
	ck_assert(seen.end == HTTP_NOT_CONNECTED);
	ck_assert_int_eq(connections, 0);
}
END_TEST

START_TEST(forbidden_port_gets_no_packet)
{
	struct http_wanted w = wanted(server);

	w.port = 22;
	http_fetch_start(client, &w, LIMIT_MS, arena, on_done, NULL, &slot);
	loop_run(loop);
	ck_assert(seen.connects[0].end == CONNECT_FORBIDDEN);
	ck_assert(seen.end == HTTP_NOT_CONNECTED);
}
END_TEST

/* A listener whose queue is full drops what comes: a black hole. */
START_TEST(black_hole_leaves_time_for_the_next_address) /* */
{
	static const char *const list[] = { "127.0.0.3", "127.0.0.2", NULL };
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(port) };
	int hole = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int filler[3];

	inet_pton(AF_INET, "127.0.0.3", &at.sin_addr);
	ck_assert_int_eq(bind(hole, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(hole, 0), 0);
	for (int i = 0; i < COUNT(filler); i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(filler[i], (struct sockaddr *)&at, sizeof(at));
	}
	script = SPAN(OK_HEAD "Content-Length: 1\r\n\r\nx");
	fetch_from(list, LIMIT_MS);
	check_connects((enum connect_end[]){ CONNECT_TIMED_OUT, CONNECT_MADE },
	               2);
	ck_assert_int_ge(seen.connects[0].took_ms, CONNECT_MS);
	ck_assert_int_lt(seen.connects[0].took_ms, LIMIT_MS / 2);
	for (int i = 0; i < COUNT(filler); i++)
		close(filler[i]);
	close(hole);
}
END_TEST

static void fetch_https(const char *const list[])
{
	struct http_wanted w = wanted(list);

	w.scheme = SCHEME_HTTPS;
	w.url = span_str(arena_printf(arena, "https://a.lab:%u/x?y=/../",
	                              (unsigned)port));
	http_fetch_start(client, &w, LIMIT_MS, arena, on_done, NULL, &slot);
	loop_run(loop);
}

static const char *const server_and_more[] = { "127.0.0.2", "127.0.0.1", NULL };

START_TEST(no_tls_there)
{
	script = SPAN(OK_HEAD "\r\n");
	fetch_https(server_and_more);
	check_connects((enum connect_end[]){ CONNECT_TLS_FAILED }, 1);
	ck_assert(seen.end == HTTP_NOT_CONNECTED);
}
END_TEST

/* Told as time that ran out, and nobody else is asked. */
START_TEST(handshake_that_hangs)
{
	manner = THEN_HOLD;
	fetch_https(server_and_more);
	check_connects((enum connect_end[]){ CONNECT_MADE }, 1);
	ck_assert(seen.end == HTTP_TIMED_OUT);
	ck_assert_uint_eq(seen.certificate.len, 0);
	ck_assert_int_lt(seen.took_ms, LIMIT_MS);
}
END_TEST

/* A record of HelloRequests, which OpenSSL skips one after the other for as
   long as there are some: the deadline would never have its turn. */
START_TEST(endless_hello_requests)
{
	http_client_set(client, guard, SPAN("x"), LONG_MS);
	script = SPAN("\x16\x03\x03\x00\x08\0\0\0\0\0\0\0\0");
	manner = THEN_REPEAT;
	fetch_https(server_and_more);
	check_connects((enum connect_end[]){ CONNECT_TLS_FAILED }, 1);
	ck_assert(span_is(seen.connects[0].error, "more than a handshake has"));
}
END_TEST

/* -- what a TLS server may make us compute */

static const struct tls_row {
	const char *what;
	int version; /* the only one */
	const char *ciphers;
	const char *groups;
	enum connect_end want;
} tls_rows[] = {
	{ "curves in 1.2", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256",
	  "P-256", CONNECT_MADE },
	{ "curves in 1.3", TLS1_3_VERSION, NULL, "X25519", CONNECT_MADE },
	{ "RSA key exchange", TLS1_2_VERSION, "AES128-GCM-SHA256", NULL,
	  CONNECT_MADE },
	{ "DHE in 1.2", TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", NULL,
	  CONNECT_TLS_FAILED },
	{ "ffdhe in 1.3", TLS1_3_VERSION, NULL, "ffdhe8192",
	  CONNECT_TLS_FAILED },
};

static SSL_CTX *tls_server(const struct tls_row *row)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = X509_new();
	char groups[16]; /* the macro takes no const */

	X509_set_pubkey(cert, key);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_sign(cert, key, EVP_sha256());
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_set_min_proto_version(ctx, row->version);
	SSL_CTX_set_max_proto_version(ctx, row->version);
	SSL_CTX_set_dh_auto(ctx, 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	if (row->ciphers != NULL)
		SSL_CTX_set_cipher_list(ctx, row->ciphers);
	if (row->groups != NULL) {
		(void)snprintf(groups, sizeof(groups), "%s", row->groups);
		SSL_CTX_set1_groups_list(ctx, groups);
	}
	return ctx;
}

static _Noreturn void serve_tls(SSL_CTX *ctx, int listening)
{
	static const char answer[] = OK_HEAD "Content-Length: 1\r\n\r\nx";
	SSL *ssl = SSL_new(ctx);
	char request[4096];

	(void)fcntl(listening, F_SETFL, 0);
	SSL_set_fd(ssl, accept(listening, NULL, NULL));
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, 4096) > 0)
		(void)SSL_write(ssl, answer, sizeof(answer) - 1);
	_exit(0);
}

START_TEST(tls_that_is_cheap_only)
{
	static const char *const list[] = { "127.0.0.2", NULL };
	const struct tls_row *row = &tls_rows[_i];
	SSL_CTX *ctx = tls_server(row);
	pid_t pid;

	http_client_set(client, guard, SPAN("x"), LIMIT_MS);
	evconnlistener_disable(listener);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		serve_tls(ctx, evconnlistener_get_fd(listener));
	SSL_CTX_free(ctx);
	fetch_https(list);
	waitpid(pid, NULL, 0);
	ck_assert_uint_eq(seen.connects_count, 1);
	ck_assert_msg(seen.connects[0].end == row->want, "%s: %d", row->what,
	              (int)seen.connects[0].end);
	ck_assert(seen.end == (row->want == CONNECT_MADE ? HTTP_COMPLETE
	                                                 : HTTP_NOT_CONNECTED));
}
END_TEST

/* -- an operation's promises */

START_TEST(times_out)
{
	int64_t began_ms = clock_mono_ms();

	manner = THEN_HOLD;
	script = SPAN(OK_HEAD "Content-Length: 5\r\n\r\nab");
	fetch(100);
	ck_assert(seen.end == HTTP_TIMED_OUT);
	ck_assert(span_is(seen.body, "ab")); /* how far it came is told */
	ck_assert_int_ge(clock_mono_ms() - began_ms, 100);
}
END_TEST

START_TEST(cancel_is_silent)
{
	struct http_wanted w = wanted(server);

	manner = THEN_HOLD;
	http_fetch_start(client, &w, LONG_MS, arena, on_done, NULL, &slot);
	http_fetch_cancel(&slot); /* before its first turn */
	ck_assert_ptr_null(slot);
	http_fetch_cancel(&slot);
	run_for(20);
	ck_assert_int_eq(connections, 0);

	http_fetch_start(client, &w, LONG_MS, arena, on_done, NULL, &slot);
	run_for(50);
	ck_assert_int_eq(connections, 1);
	http_fetch_cancel(&slot); /* while it waits for a response */
	run_for(50);
	ck_assert_int_eq(dones, 0);
}
END_TEST

START_TEST(every_fetch_has_its_own_connection)
{
	script = SPAN(OK_HEAD "Content-Length: 1\r\nSet-Cookie: a=b\r\n"
	                      "Strict-Transport-Security: max-age=9\r\n\r\nx");
	manner = THEN_HOLD; /* it would stay open */
	fetch(LIMIT_MS);
	dones = 0;
	fetch(LIMIT_MS);
	ck_assert_int_eq(connections, 2);
	ck_assert(span_find(buf_span(&asked), SPAN("Cookie")) < 0);
}
END_TEST

static void with_newline(struct http_wanted *w)
{
	w->user_agent = SPAN("a\r\nX: y");
}

static void with_nul(struct http_wanted *w)
{
	w->accept = SPAN("a\0b");
}

static void with_space(struct http_wanted *w)
{
	w->path_query = SPAN("/a HTTP/1.1");
}

static void with_newline_in_host(struct http_wanted *w)
{
	w->host_header = SPAN("a\nb");
}

static void without_address(struct http_wanted *w)
{
	w->addresses_count = 0;
}

static void without_slash(struct http_wanted *w)
{
	w->path_query = SPAN("x");
}

static const struct {
	const char *what;
	void (*spoil)(struct http_wanted *w);
} bad[] = {
	{ "a newline in a header", with_newline },
	{ "a NUL in a header", with_nul },
	{ "a space in the path", with_space },
	{ "a newline in the host", with_newline_in_host },
	{ "no address", without_address },
	{ "a path without slash", without_slash },
};

START_TEST(bad_request_is_seen)
{
	struct http_wanted w = wanted(server);

	ck_assert(http_wanted_is_good(&w));
	bad[_i].spoil(&w);
	ck_assert_msg(!http_wanted_is_good(&w), "%s", bad[_i].what);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("http");

	curl_global_init(CURL_GLOBAL_DEFAULT);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, response_ends, 0, COUNT(rows));
	tcase_add_test(tc, request_is_exactly_this);
	tcase_add_test(tc, request_takes_the_two_headers);
	tcase_add_test(tc, raw_head_of_the_final_response_is_kept);
	tcase_add_test(tc, head_is_capped);
	tcase_add_test(tc, one_header_line_is_capped);
	tcase_add_test(tc, body_of_exactly_the_cap_passes);
	tcase_add_test(tc, next_address_after_a_refused_one);
	tcase_add_test(tc, no_next_address_after_an_answer);
	tcase_add_test(tc, no_next_address_after_silence);
	tcase_add_test(tc, forbidden_addresses_get_no_packet);
	tcase_add_test(tc, only_forbidden_addresses);
	tcase_add_test(tc, forbidden_port_gets_no_packet);
	tcase_add_test(tc, black_hole_leaves_time_for_the_next_address);
	tcase_add_loop_test(tc, tls_that_is_cheap_only, 0, COUNT(tls_rows));
	tcase_add_test(tc, no_tls_there);
	tcase_add_test(tc, endless_hello_requests);
	tcase_add_test(tc, handshake_that_hangs);
	tcase_add_test(tc, times_out);
	tcase_add_test(tc, cancel_is_silent);
	tcase_add_test(tc, every_fetch_has_its_own_connection);
	tcase_add_loop_test(tc, bad_request_is_seen, 0, COUNT(bad));

	int status = run_case(tc);

	curl_global_cleanup();
	return status;
}
