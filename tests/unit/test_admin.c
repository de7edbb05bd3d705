/* The admin port, over real connections on loopback. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/timer.h"
#include "serve/admin.h"
#include "tests/support/prom_check.h"

#include <arpa/inet.h>
#include <check.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { TIMEOUT_MS = 300, STALL_MS = 300, GIVE_UP_MS = 20000 };

static struct loop *loop;
static struct metrics *metrics;
static struct admin *admin;
static const char *not_ready;
static struct buf got; /* what the server sent, until it closed */
static int open_clients;
static struct bufferevent **last_client; /* or all of them, if NULL */

static const struct version_part parts[] = { { "libfoo", "1.2" }, { 0 } };

static void ready(void *arg, struct buf *reasons)
{
	ck_assert_ptr_eq(arg, &not_ready);
	if (not_ready != NULL)
		buf_add_str(reasons, not_ready);
}

/* Both 0: what it has by itself, so that slow machines pass. */
static void start(int64_t timeout_ms, int64_t stall_ms)
{
	struct admin_settings where = { .listen = "127.0.0.1", .port = 0 };
	struct admin_hooks hooks = {
		.metrics = metrics,
		.ready = ready,
		.ready_arg = &not_ready,
		.program = "mpic-test",
		.libraries = parts,
		.stall_ms = stall_ms,
		.timeout_ms = timeout_ms,
	};
	struct err why;

	admin_free(&admin);
	admin = admin_new(loop, &where, &hooks, &why);
	ck_assert_msg(admin != NULL, "%s", why.text);
	ck_assert_uint_ne(admin_port(admin), 0);
}

static void setup(void)
{
	loop = loop_new();
	metrics = metrics_new();
	metrics_build_info(metrics, "mpic-test", parts);
	metrics_process(metrics);
	metrics_loop(metrics, loop);
	not_ready = NULL;
	open_clients = 0;
	last_client = NULL;
	start(0, 0);
}

static void teardown(void)
{
	admin_free(&admin);
	ck_assert_ptr_null(admin);
	admin_free(&admin);
	metrics_free(&metrics);
	loop_free(&loop);
	buf_clear(&got);
}

static void on_client_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);

	(void)arg;
	buf_add(&got, evbuffer_pullup(in, -1), n);
	evbuffer_drain(in, n);
}

static void on_client_event(struct bufferevent *bev, short what, void *arg)
{
	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	bufferevent_free(bev);
	*(struct bufferevent **)arg = NULL;
	if (--open_clients == 0 || arg == last_client)
		loop_stop(loop);
}

/* *slot is the client until the server closes it. */
static void client_start(struct bufferevent **slot)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(admin_port(admin)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	*slot = bufferevent_socket_new(loop_base(loop), -1,
	                               BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(*slot, on_client_read, NULL, on_client_event, slot);
	bufferevent_enable(*slot, EV_READ | EV_WRITE);
	ck_assert_int_eq(bufferevent_socket_connect(
				 *slot, (struct sockaddr *)&to, sizeof(to)),
	                 0);
	open_clients++;
}

static void give_up(void *arg)
{
	(void)arg;
	ck_abort_msg("the server did not close the connection");
}

static void run_until_closed(void)
{
	struct timer *limit = timer_new(loop, give_up, NULL);

	timer_set_ms(limit, GIVE_UP_MS);
	loop_run(loop);
	timer_free(&limit);
}

static const char *ask(const char *request, size_t len)
{
	struct bufferevent *client;

	buf_clear(&got);
	client_start(&client);
	bufferevent_write(client, request, len);
	run_until_closed();
	ck_assert_ptr_null(client);
	return buf_cstr(&got);
}

static const char *get(const char *path)
{
	char request[128];

	(void)snprintf(request, sizeof(request),
	               "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	return ask(request, strlen(request));
}

static const char *body(const char *answer)
{
	const char *at = strstr(answer, "\r\n\r\n");

	ck_assert_ptr_nonnull(at);
	return at + 4;
}

static const struct {
	const char *what;
	const char *request;
	const char *want; /* "": closed without an answer */
} requests[] = {
	{ "livez", "GET /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 200 " },
	{ "HTTP/1.0", "GET /livez HTTP/1.0\r\n\r\n", "HTTP/1.1 200 " },
	{ "a query", "GET /livez?verbose HTTP/1.1\r\n\r\n", "HTTP/1.1 200 " },
	{ "no body, said", "GET /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	  "HTTP/1.1 200 " },
	{ "root", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 " },
	{ "longer path", "GET /livezz HTTP/1.1\r\n\r\n", "HTTP/1.1 404 " },
	{ "POST", "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
	  "HTTP/1.1 405 " },
	{ "PUT", "PUT /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 405 " },
	{ "HEAD", "HEAD /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 405 " },
	{ "a method of nobody's", "FROB /livez HTTP/1.1\r\n\r\n",
	  "HTTP/1.1 405 " },
	{ "lower case", "get /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 405 " },
	{ "a body", "GET /livez HTTP/1.1\r\ncontent-LENGTH: 3\r\n\r\nabc",
	  "HTTP/1.1 413 " },
	{ "a chunked body",
	  "GET /livez HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n",
	  "HTTP/1.1 413 " },
	{ "HTTP/0.9", "GET /livez\r\n\r\n", "HTTP/1.1 400 " },
	{ "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 " },
	{ "absolute form", "GET http://a/livez HTTP/1.1\r\n\r\n",
	  "HTTP/1.1 400 " },
	{ "two spaces", "GET  /livez HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
	{ "nothing", "\r\n\r\n", "HTTP/1.1 400 " },
	{ "TLS", "\x16\x03\x01\r\n\r\n", "HTTP/1.1 400 " },
	{ "never ends", "GET /livez HTTP/1.1\r\n", "" },
	{ "says nothing", "", "" },
};

START_TEST(answers)
{
	const char *answer;

	if (requests[_i].want[0] == '\0')
		start(TIMEOUT_MS, 0);
	answer = ask(requests[_i].request, strlen(requests[_i].request));
	if (requests[_i].want[0] == '\0')
		ck_assert_msg(answer[0] == '\0', "%s: got %s",
		              requests[_i].what, answer);
	ck_assert_msg(strncmp(answer, requests[_i].want,
	                      strlen(requests[_i].want)) == 0,
	              "%s: got %s", requests[_i].what, answer);
	if (strstr(requests[_i].want, "405") != NULL)
		ck_assert_ptr_nonnull(strstr(answer, "\r\nAllow: GET\r\n"));
}
END_TEST

static const struct {
	const char *what;
	size_t bytes; /* of the whole head, without its empty line */
	const char *want;
} sizes[] = {
	{ "at the limit", ADMIN_HEADERS_MAX, "HTTP/1.1 200 " },
	{ "one more", ADMIN_HEADERS_MAX + 1, "HTTP/1.1 431 " },
	{ "twice the limit", (size_t)2 * ADMIN_HEADERS_MAX, "HTTP/1.1 431 " },
	{ "a megabyte", 1048576, "HTTP/1.1 431 " },
};

START_TEST(header_bytes_are_limited)
{
	struct buf request = { 0 };

	buf_add_str(&request, "GET /livez HTTP/1.1\r\nX: ");
	while (request.len < sizes[_i].bytes)
		buf_add_u8(&request, 'x');
	buf_add_str(&request, "\r\n\r\n");
	ask((const char *)request.p, request.len);
	/* the megabyte may be cut off before its answer has been read */
	if (got.len > 0 || sizes[_i].bytes <= (size_t)2 * ADMIN_HEADERS_MAX)
		ck_assert_msg(strncmp(buf_cstr(&got), sizes[_i].want,
		                      strlen(sizes[_i].want)) == 0,
		              "%s: got %s", sizes[_i].what, buf_cstr(&got));
	buf_clear(&request);
}
END_TEST

START_TEST(metrics_are_metrics)
{
	const char *answer = get("/metrics");
	const char *wrong;
	size_t line;

	ck_assert_ptr_nonnull(strstr(
		answer,
		"\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8"));
	wrong = prom_check(body(answer), &line);
	ck_assert_msg(wrong == NULL, "line %zu: %s in\n%s", line, wrong,
	              answer);
	ck_assert_ptr_nonnull(strstr(answer, "mpic_build_info{"));
	ck_assert_ptr_nonnull(strstr(answer, "process_open_fds "));
	ck_assert_ptr_nonnull(strstr(answer, "mpic_eventloop_lag_seconds "));
}
END_TEST

START_TEST(large_answers_arrive_whole)
{
	struct metric *g =
		metrics_gauge(metrics, "mpic_many", "M.", LABELS("v", "w"));
	char value[512];
	const char *answer;
	size_t length;

	for (int i = 0; i < METRIC_SERIES_MAX; i++) {
		memset(value, 'a' + i % 26, sizeof(value));
		(void)snprintf(value, 8, "%d", i);
		value[strlen(value)] = '.';
		value[sizeof(value) - 1] = '\0';
		(void)metric_series(g, LABELS(value, "x"));
	}
	answer = get("/metrics");
	length = (size_t)strtoul(strstr(answer, "Content-Length: ") + 16, NULL,
	                         10);
	ck_assert_uint_gt(length, 200000);
	ck_assert_uint_eq(strlen(body(answer)), length);
}
END_TEST

/* openmpic-151, boulder-X20 */
START_TEST(readyz_lists_the_reasons)
{
	const char *answer = get("/readyz");

	ck_assert_str_eq(body(answer), "ready\n");
	not_ready = "no partition assigned\nno resolver\n";
	answer = get("/readyz");
	ck_assert_int_eq(strncmp(answer, "HTTP/1.1 503 ", 13), 0);
	ck_assert_str_eq(body(answer), not_ready);
}
END_TEST

/* openmpic-152 */
START_TEST(version_names_libraries)
{
	ck_assert_ptr_nonnull(strstr(get("/version"), "libfoo 1.2\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&got), "mpic-test "));
}
END_TEST

static void block(void *arg)
{
	int64_t until = clock_mono_ms() + STALL_MS + 50;

	/* the request goes out from here, past the client's own loop */
	ck_assert_int_gt(write(*(int *)arg, "GET /livez HTTP/1.1\r\n\r\n", 23),
	                 0);
	while (clock_mono_ms() < until)
		;
}

/* The answer says so although the loop turns again when it is given. */
START_TEST(livez_tells_of_a_loop_that_stood_still)
{
	struct bufferevent *client;
	struct timer *blocker;
	int fd;

	start(0, STALL_MS);
	client_start(&client);
	fd = bufferevent_getfd(client);
	blocker = timer_new(loop, block, &fd);
	timer_set_ms(blocker, 50);
	run_until_closed();
	timer_free(&blocker);
	ck_assert_msg(strncmp(buf_cstr(&got), "HTTP/1.1 503 ", 13) == 0,
	              "got %s", buf_cstr(&got));
}
END_TEST

/* Who only connects is gone after the time limit; the port serves on. */
START_TEST(connections_are_limited_and_come_back)
{
	struct bufferevent *clients[ADMIN_CONNECTIONS_MAX + 8];
	int64_t began = clock_mono_ms();

	start(TIMEOUT_MS, 0);
	for (size_t i = 0; i < COUNT(clients); i++)
		client_start(&clients[i]);
	run_until_closed();
	ck_assert_int_ge(clock_mono_ms() - began, TIMEOUT_MS);
	ck_assert_uint_eq(got.len, 0);
	ck_assert_str_eq(body(get("/livez")), "alive\n");
}
END_TEST

static struct bufferevent *held[ADMIN_CONNECTIONS_MAX];

static void ask_one_more(void *arg)
{
	struct bufferevent **client = arg;

	client_start(client);
	bufferevent_write(*client, "GET /livez HTTP/1.1\r\n\r\n", 23);
}

START_TEST(one_connection_too_many_gets_no_answer)
{
	struct bufferevent *client;
	struct timer *later = timer_new(loop, ask_one_more, &client);

	for (size_t i = 0; i < COUNT(held); i++)
		client_start(&held[i]);
	last_client = &client;
	timer_set_ms(later, 50);
	run_until_closed();
	timer_free(&later);
	ck_assert_ptr_null(client);
	ck_assert_uint_eq(got.len, 0);
	ck_assert_int_eq(open_clients, ADMIN_CONNECTIONS_MAX);
	admin_free(&admin);
	run_until_closed();
}
END_TEST

static void free_admin(void *arg)
{
	(void)arg;
	admin_free(&admin);
}

START_TEST(free_closes_what_is_open)
{
	struct bufferevent *client;
	struct timer *later = timer_new(loop, free_admin, NULL);

	client_start(&client);
	timer_set_ms(later, 50);
	run_until_closed();
	timer_free(&later);
	ck_assert_ptr_null(client);
}
END_TEST

static const struct {
	const char *what;
	const char *listen;
	const char *want;
} addresses[] = {
	{ "a name", "localhost", "admin.listen: \"localhost\" is not an" },
	{ "nothing", "", "is not an address" },
	{ "not ours", "192.0.2.1", "admin: can't listen on 192.0.2.1 port 0" },
};

START_TEST(refuses_to_listen)
{
	struct admin_settings where = { .listen = addresses[_i].listen };
	struct admin_hooks hooks = { .metrics = metrics };
	struct err why = { "" };
	struct admin *none = admin_new(loop, &where, &hooks, &why);

	ck_assert_msg(none == NULL, "%s: listens", addresses[_i].what);
	ck_assert_msg(strstr(why.text, addresses[_i].want) != NULL,
	              "%s: said %s", addresses[_i].what, why.text);
}
END_TEST

START_TEST(a_port_in_use)
{
	struct admin_settings where = { .listen = "127.0.0.1",
		                        .port = admin_port(admin) };
	struct admin_hooks hooks = { .metrics = metrics };
	struct err why = { "" };

	ck_assert_ptr_null(admin_new(loop, &where, &hooks, &why));
	ck_assert_ptr_nonnull(strstr(why.text, "Address already in use"));
}
END_TEST

START_TEST(leaving_loopback_is_logged)
{
	struct admin_settings where = { .listen = "0.0.0.0" };
	struct admin_hooks hooks = { .metrics = metrics };
	struct admin *open_to_all;
	char line[512] = "";
	struct err why;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	log_to_fd(fds[1]);
	open_to_all = admin_new(loop, &where, &hooks, &why);
	log_to_fd(STDERR_FILENO);
	ck_assert_ptr_nonnull(open_to_all);
	ck_assert_int_gt(read(fds[0], line, sizeof(line) - 1), 0);
	ck_assert_ptr_nonnull(strstr(line, "admin_listen_public"));
	admin_free(&open_to_all);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

#define LOOP(test, rows) tcase_add_loop_test(tc, test, 0, (int)COUNT(rows))

int main(void)
{
	Suite *s = suite_create("admin");
	TCase *tc = tcase_create("admin");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	LOOP(answers, requests);
	LOOP(header_bytes_are_limited, sizes);
	tcase_add_test(tc, metrics_are_metrics);
	tcase_add_test(tc, large_answers_arrive_whole);
	tcase_add_test(tc, readyz_lists_the_reasons);
	tcase_add_test(tc, version_names_libraries);
	tcase_add_test(tc, livez_tells_of_a_loop_that_stood_still);
	tcase_add_test(tc, connections_are_limited_and_come_back);
	tcase_add_test(tc, one_connection_too_many_gets_no_answer);
	tcase_add_test(tc, free_closes_what_is_open);
	LOOP(refuses_to_listen, addresses);
	tcase_add_test(tc, a_port_in_use);
	tcase_add_test(tc, leaving_loopback_is_logged);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
