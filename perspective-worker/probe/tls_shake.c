#include "tls_shake.h"

#include "base/clock.h"
#include "base/mem.h"
#include "evidence_book.h"
#include "loop/timer.h"
#include "tls_session.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 4096 };

_Static_assert((int)JUDGE_ADDRESSES_MAX <= (int)EVIDENCE_CONNECTS_MAX,
               "every address can be told of");

struct tls_client {
	struct loop *loop;
	SSL_CTX *ctx;
	const struct guard *guard;
	int64_t connect_ms;
};

struct tls_shake {
	struct tls_client *client;
	struct arena *arena;
	tls_done_fn *done;
	void *owner;
	struct tls_shake **slot;
	struct timer *tick; /* the first turn, then this step's deadline */
	int64_t end_ms;     /* monotonic */
	int64_t began_ms;
	int64_t attempt_ms; /* monotonic start of this connection; 0: none */

	/* of what was wanted */
	struct addr addresses[JUDGE_ADDRESSES_MAX];
	size_t addresses_count;
	size_t tried;
	uint16_t port;
	struct span protocol;

	int fd;
	struct event *readable;
	struct event *writable;
	struct tls_session *session; /* NULL until connected */
	struct buf out;
	size_t sent; /* of out */

	struct connect_evidence connects[EVIDENCE_CONNECTS_MAX];
	struct tls_evidence seen;
};

static void try_next(struct tls_shake *op);

/* -- ends */

static void hang_up(struct tls_shake *op)
{
	if (op->readable != NULL)
		event_free(op->readable);
	if (op->writable != NULL)
		event_free(op->writable);
	if (op->fd >= 0)
		(void)close(op->fd);
	op->readable = NULL;
	op->writable = NULL;
	op->fd = -1;
}

/* Ends the operation: nobody but the caller can reach op after this. */
static void detach(struct tls_shake *op)
{
	hang_up(op);
	timer_free(&op->tick);
	*op->slot = NULL;
}

static void destroy(struct tls_shake *op)
{
	tls_session_free(&op->session);
	buf_clear(&op->out);
	free(op);
}

/* The only function that calls done(). */
static void finish(struct tls_shake *op, enum tls_end end)
{
	struct tls_evidence *e = &op->seen;

	e->end = end;
	e->took_ms = clock_mono_ms() - op->began_ms;
	e->connects = arena_calloc(op->arena, op->tried, sizeof(*e->connects));
	memcpy(e->connects, op->connects, op->tried * sizeof(*e->connects));
	e->connects_count = op->tried;
	detach(op);
	op->done(op->owner, e);
	destroy(op);
}

/* -- the handshake */

/* False: the connection is gone. */
static bool send_out(struct tls_shake *op)
{
	while (op->sent < op->out.len) {
		ssize_t n = send(op->fd, op->out.p + op->sent,
		                 op->out.len - op->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN &&
			       event_add(op->writable, NULL) == 0;
		op->sent += (size_t)n;
	}
	op->out.len = 0;
	op->sent = 0;
	return true;
}

/* What is left to be sent when it ends is a courtesy to the server. */
static void step(struct tls_shake *op, struct span received)
{
	enum tls_end end = tls_session_step(op->session, received, &op->out);
	bool goes_on = send_out(op);

	if (end != TLS_UNKNOWN)
		finish(op, end);
	else if (!goes_on)
		finish(op, TLS_RESET);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tls_shake *op = arg;
	uint8_t bytes[READ_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		finish(op, TLS_RESET);
	else
		step(op, span_of(bytes, (size_t)n));
}

/* -- the connection */

static struct connect_evidence *tell_connect(struct tls_shake *op,
                                             enum connect_end end)
{
	const struct addr *addr = &op->addresses[op->tried];
	struct connect_evidence *c = &op->connects[op->tried++];

	c->address = arena_span(op->arena,
	                        span_of(addr->bytes, addr_bits(addr) / 8));
	c->port = op->port;
	c->end = end;
	if (op->attempt_ms != 0)
		c->took_ms = clock_mono_ms() - op->attempt_ms;
	return c;
}

static void not_connected(struct tls_shake *op, enum connect_end end,
                          const char *why)
{
	hang_up(op);
	tell_connect(op, end)->error = evidence_words(op->arena, why);
	try_next(op);
}

static void connect_failed(struct tls_shake *op, int error)
{
	enum connect_end end = error == ECONNREFUSED ? CONNECT_REFUSED
	                       : error == ETIMEDOUT  ? CONNECT_TIMED_OUT
	                                             : CONNECT_UNREACHABLE;

	not_connected(op, end, strerror(error));
}

/* The second line of the guard: who is there is who was asked for. */
static bool is_the_right_peer(const struct tls_shake *op)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	struct addr addr;
	uint16_t port;

	return getpeername(op->fd, (struct sockaddr *)&peer, &len) == 0 &&
	       addr_from_sockaddr((struct sockaddr *)&peer, &addr, &port) &&
	       addr_eq(&addr, &op->addresses[op->tried]) && port == op->port;
}

static void on_connected(struct tls_shake *op)
{
	if (!is_the_right_peer(op)) {
		not_connected(op, CONNECT_FORBIDDEN, "another peer");
		return;
	}
	(void)tell_connect(op, CONNECT_MADE);
	timer_set_ms(op->tick, op->end_ms - clock_mono_ms());
	op->session = tls_session_new(op->client->ctx, op->seen.name,
	                              op->protocol, op->arena, &op->seen);
	if (event_add(op->readable, NULL) != 0)
		abort();
	step(op, (struct span){ NULL, 0 });
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct tls_shake *op = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (op->session != NULL) {
		if (!send_out(op))
			finish(op, TLS_RESET);
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0)
		connect_failed(op, error);
	else
		on_connected(op);
}

/* 0, or why there is no connection under way. */
static int begin_to_connect(struct tls_shake *op)
{
	struct event_base *base = loop_base(op->client->loop);
	struct sockaddr_storage to;
	socklen_t len =
		addr_to_sockaddr(&op->addresses[op->tried], op->port, &to);

	op->fd =
		socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	               IPPROTO_TCP);
	if (op->fd < 0)
		return errno;
	op->readable =
		event_new(base, op->fd, EV_READ | EV_PERSIST, on_readable, op);
	op->writable = event_new(base, op->fd, EV_WRITE, on_writable, op);
	if (op->readable == NULL || op->writable == NULL)
		abort();
	if (connect(op->fd, (struct sockaddr *)&to, len) != 0 &&
	    errno != EINPROGRESS)
		return errno;
	/* made at once or not: it is told as writable */
	if (event_add(op->writable, NULL) != 0)
		abort();
	return 0;
}

static void connect_now(struct tls_shake *op)
{
	int64_t now = clock_mono_ms();
	int64_t left = op->end_ms - now;
	int64_t limit = op->client->connect_ms;
	int error;

	op->attempt_ms = now;
	timer_set_ms(op->tick, limit < left ? limit : left);
	error = begin_to_connect(op);
	if (error != 0)
		connect_failed(op, error);
}

/* Connects to the next address that may be connected to. Goes as deep as there
   are addresses. */
static void try_next(struct tls_shake *op)
{
	op->attempt_ms = 0;
	while (op->tried < op->addresses_count) {
		const char *why;

		if (op->tried > 0 && clock_mono_ms() >= op->end_ms)
			break;
		if (guard_check(op->client->guard, &op->addresses[op->tried],
		                op->port, &why) == GUARD_OK) {
			connect_now(op);
			return;
		}
		tell_connect(op, CONNECT_FORBIDDEN)->error =
			evidence_words(op->arena, why);
	}
	finish(op, TLS_NOT_CONNECTED);
}

static void on_tick(void *arg)
{
	struct tls_shake *op = arg;

	if (op->session != NULL)
		finish(op, TLS_TIMED_OUT);
	else if (op->attempt_ms == 0)
		try_next(op);
	else
		not_connected(op, CONNECT_TIMED_OUT, "no answer in time");
}

/* -- the operation */

void tls_shake_start(struct tls_client *client, const struct tls_wanted *wanted,
                     int64_t limit_ms, struct arena *arena, tls_done_fn *done,
                     void *owner, struct tls_shake **slot)
{
	struct tls_shake *op = xzalloc(sizeof(*op));

	assert(*slot == NULL && wanted->addresses_count > 0 &&
	       wanted->addresses_count <= JUDGE_ADDRESSES_MAX);
	op->client = client;
	op->arena = arena;
	op->done = done;
	op->owner = owner;
	op->slot = slot;
	op->fd = -1;
	op->began_ms = clock_mono_ms();
	op->end_ms = op->began_ms + limit_ms;
	memcpy(op->addresses, wanted->addresses, sizeof(op->addresses));
	op->addresses_count = wanted->addresses_count;
	op->port = wanted->port;
	op->protocol = arena_span(arena, wanted->protocol);
	op->seen.name = arena_span(arena, wanted->name);
	op->seen.at_ms = clock_wall_ms();
	op->tick = timer_new(client->loop, on_tick, op);
	timer_set_ms(op->tick, 0);
	*slot = op;
}

/* One that is connected was counted among those tried. */
const struct addr *tls_shake_address(const struct tls_shake *op)
{
	size_t at = op->session != NULL ? op->tried - 1 : op->tried;

	return &op->addresses[at < op->addresses_count
	                              ? at
	                              : op->addresses_count - 1];
}

void tls_shake_cancel(struct tls_shake **slot)
{
	struct tls_shake *op = *slot;

	if (op == NULL)
		return;
	detach(op);
	destroy(op);
}

struct tls_client *tls_client_new(struct loop *loop)
{
	struct tls_client *client = xzalloc(sizeof(*client));

	client->loop = loop;
	client->ctx = tls_session_context();
	return client;
}

void tls_client_set(struct tls_client *client, const struct guard *guard,
                    int64_t connect_ms)
{
	client->guard = guard;
	client->connect_ms = connect_ms;
}

void tls_client_free(struct tls_client **slot)
{
	struct tls_client *client = *slot;

	if (client == NULL)
		return;
	*slot = NULL;
	SSL_CTX_free(client->ctx);
	free(client);
}
