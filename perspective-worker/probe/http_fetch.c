#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "evidence_book.h"
#include "http_internal.h"
#include "loop/timer.h"

#include <assert.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert((int)JUDGE_ADDRESSES_MAX <= (int)EVIDENCE_CONNECTS_MAX,
               "every address can be told of");

/* -- who is connected to */

static const struct addr *address_now(const struct http_fetch *op)
{
	return &op->addresses[op->tried];
}

/* Says that it has none any more, too. */
static void set_socket(struct http_fetch *op, curl_socket_t fd)
{
	if (http_client_owner(op->client, op->socket) == op)
		http_client_own(op->client, op->socket, NULL);
	op->socket = fd;
	http_client_own(op->client, fd, op);
}

/* The second line of the guard: whatever libcurl thinks it should do, nothing
   but the address in hand gets a socket. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
	struct http_fetch *op = arg;
	struct addr addr;
	uint16_t port;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    !addr_from_sockaddr((const struct sockaddr *)&to->addr, &addr,
	                        &port) ||
	    !addr_eq(&addr, address_now(op)) || port != op->port ||
	    guard_check(op->client->guard, &addr, port, NULL) != GUARD_OK) {
		op->wrong_peer = true;
		return CURL_SOCKET_BAD;
	}
	set_socket(op, socket(to->family,
	                      to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                      to->protocol));
	return op->socket;
}

static bool has_peer(curl_socket_t fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}

/* libcurl does not tell a handshake that hangs from a peer that is not there;
   the socket does. */
static int close_socket(void *arg, curl_socket_t fd)
{
	struct http_client *client = arg;
	struct http_fetch *op = http_client_owner(client, fd);

	if (op != NULL) {
		op->had_peer = has_peer(fd);
		set_socket(op, CURL_SOCKET_BAD);
	}
	return close(fd);
}

static bool keep_certificate(struct http_fetch *op)
{
	struct curl_tlssessioninfo *tls = NULL;
	unsigned char *out;
	X509 *leaf;
	int len;

	if (curl_easy_getinfo(op->easy, CURLINFO_TLS_SSL_PTR, &tls) !=
	            CURLE_OK ||
	    tls == NULL || tls->backend != CURLSSLBACKEND_OPENSSL ||
	    tls->internals == NULL)
		return false;
	leaf = SSL_get0_peer_certificate(tls->internals);
	len = leaf != NULL ? i2d_X509(leaf, NULL) : 0;
	if (len <= 0 || len > EVIDENCE_CERTIFICATE_MAX)
		return false;
	out = arena_alloc(op->arena, (size_t)len);
	op->seen.certificate = span_of(out, (size_t)len);
	return i2d_X509(leaf, &out) == len;
}

/* Connected, TLS made, nothing sent yet. */
static int on_connected(void *arg, char *peer, char *local, int peer_port,
                        int local_port)
{
	struct http_fetch *op = arg;
	struct addr addr;

	(void)local;
	(void)local_port;
	if (!addr_parse(span_str(peer), &addr) ||
	    !addr_eq(&addr, address_now(op)) || peer_port != op->port) {
		op->wrong_peer = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (op->https && !keep_certificate(op))
		return CURL_PREREQFUNC_ABORT; /* told as a failed handshake */
	op->connected = true;
	http_tls_made(op);
	op->connects[op->tried].took_ms = clock_mono_ms() - op->attempt_ms;
	return CURL_PREREQFUNC_OK;
}

static struct connect_evidence *tell_connect(struct http_fetch *op,
                                             enum connect_end end)
{
	struct connect_evidence *c = &op->connects[op->tried];
	const struct addr *addr = address_now(op);

	c->address = arena_span(
		op->arena,
		span_of(addr->bytes, addr->family == ADDR_V6 ? 16 : 4));
	c->port = op->port;
	c->end = end;
	return c;
}

/* -- one connection */

static void stop_transfer(struct http_fetch *op)
{
	if (op->in_multi)
		(void)curl_multi_remove_handle(op->client->multi, op->easy);
	op->in_multi = false;
	op->running = false;
}

/* "::ADDRESS:PORT": for whatever host and port, connect there. */
static void set_connect_to(struct http_fetch *op)
{
	const struct addr *addr = address_now(op);
	char text[ADDR_TEXT_MAX];
	char line[ADDR_TEXT_MAX + 16];

	addr_text(addr, text, sizeof(text));
	snprintf(line, sizeof(line),
	         addr->family == ADDR_V6 ? "::[%s]:%u" : "::%s:%u", text,
	         (unsigned)op->port);
	curl_slist_free_all(op->connect_to);
	op->connect_to = curl_slist_append(NULL, line);
	if (op->connect_to == NULL)
		abort();
	curl_easy_setopt(op->easy, CURLOPT_CONNECT_TO, op->connect_to);
}

static void connect_now(struct http_fetch *op)
{
	int64_t now = clock_mono_ms();
	int64_t left = op->end_ms - now;
	int64_t limit = op->client->connect_ms;

	op->attempt_ms = now;
	op->status_next = true;
	op->error[0] = '\0';
	op->running = true;
	op->had_peer = false;
	http_tls_forget(op);
	set_socket(op, CURL_SOCKET_BAD);
	set_connect_to(op);
	curl_easy_setopt(op->easy, CURLOPT_CONNECTTIMEOUT_MS,
	                 (long)(limit < left ? limit : left));
	timer_set_ms(op->tick, left);
	if (curl_multi_add_handle(op->client->multi, op->easy) != CURLM_OK)
		abort();
	op->in_multi = true;
}

void http_fetch_note_end(struct http_fetch *op, CURLcode code)
{
	op->in_multi = false;
	op->running = false;
	op->code = code;
	timer_set_ms(op->tick, 0);
}

/* No connection that may be used came about. */
static enum connect_end how_connecting_failed(const struct http_fetch *op)
{
	long os_error = 0;

	if (op->wrong_peer)
		return CONNECT_FORBIDDEN;
	curl_easy_getinfo(op->easy, CURLINFO_OS_ERRNO, &os_error);
	if (op->had_peer || op->code == CURLE_SSL_CONNECT_ERROR ||
	    has_peer(op->socket))
		return CONNECT_TLS_FAILED;
	if (op->code == CURLE_OPERATION_TIMEDOUT)
		return CONNECT_TIMED_OUT;
	return os_error == ECONNREFUSED ? CONNECT_REFUSED : CONNECT_UNREACHABLE;
}

/* -- the operation */

/* Ends the fetch: nobody but the caller can reach op after this. */
static void detach(struct http_fetch *op)
{
	stop_transfer(op);
	set_socket(op, CURL_SOCKET_BAD);
	timer_free(&op->tick);
	*op->slot = NULL;
}

static void destroy(struct http_fetch *op)
{
	curl_easy_cleanup(op->easy);
	http_tls_forget(op);
	curl_slist_free_all(op->headers_sent);
	curl_slist_free_all(op->connect_to);
	buf_clear(&op->headers);
	buf_clear(&op->body);
	free(op);
}

static void gather(struct http_fetch *op, enum http_end end)
{
	struct http_evidence *e = &op->seen;

	e->end = end;
	e->took_ms = clock_mono_ms() - op->began_ms;
	e->connects = arena_calloc(op->arena, op->tried, sizeof(*e->connects));
	memcpy(e->connects, op->connects, op->tried * sizeof(*e->connects));
	e->connects_count = op->tried;
	if (e->status < 200 && end == HTTP_COMPLETE)
		e->end = HTTP_BAD;
	if (e->status < 200) { /* an interim response is none */
		e->status = 0;
		return;
	}
	e->headers = arena_span(op->arena, buf_span(&op->headers));
	e->body = arena_span(op->arena, buf_span(&op->body));
}

/* The only function that calls done(). */
static void finish(struct http_fetch *op, enum http_end end)
{
	gather(op, end);
	detach(op);
	op->done(op->owner, &op->seen);
	destroy(op);
}

/* Connects to the next address that may be connected to. */
static void try_next(struct http_fetch *op)
{
	while (op->tried < op->addresses_count) {
		const char *why;

		if (guard_check(op->client->guard, address_now(op), op->port,
		                &why) == GUARD_OK) {
			connect_now(op);
			return;
		}
		tell_connect(op, CONNECT_FORBIDDEN)->error =
			evidence_words(op->arena, why);
		op->tried++;
	}
	finish(op, HTTP_NOT_CONNECTED);
}

/* Somebody took the connection and is silent: that is told as it is of a
   response (and of tls-alpn-01). */
static void on_mute_handshake(struct http_fetch *op)
{
	struct connect_evidence *c = tell_connect(op, CONNECT_MADE);

	c->took_ms = clock_mono_ms() - op->attempt_ms;
	c->error = evidence_words(op->arena, "no TLS handshake in time");
	op->tried++;
	finish(op, HTTP_TIMED_OUT);
}

static void on_not_connected(struct http_fetch *op)
{
	enum connect_end end = how_connecting_failed(op);
	struct connect_evidence *c;

	if (end == CONNECT_TLS_FAILED && op->code == CURLE_OPERATION_TIMEDOUT) {
		on_mute_handshake(op);
		return;
	}
	c = tell_connect(op, end);
	c->took_ms = clock_mono_ms() - op->attempt_ms;
	c->error = evidence_words(
		op->arena, op->wrong_peer         ? "another peer"
			   : http_tls_flooded(op) ? "more than a handshake has"
			   : op->error[0]         ? op->error
					  : curl_easy_strerror(op->code));
	op->tried++;
	/* somebody who is there but speaks no TLS is not passed over */
	if (end == CONNECT_TLS_FAILED || clock_mono_ms() >= op->end_ms)
		finish(op, HTTP_NOT_CONNECTED);
	else
		try_next(op);
}

static void on_read(struct http_fetch *op)
{
	(void)tell_connect(op, CONNECT_MADE);
	op->tried++;
	finish(op, http_read_end(op));
}

static void on_tick(void *arg)
{
	struct http_fetch *op = arg;
	bool began = op->attempt_ms != 0;

	if (!began) {
		try_next(op);
		return;
	}
	if (op->running) { /* the deadline */
		op->code = CURLE_OPERATION_TIMEDOUT;
		stop_transfer(op);
	}
	if (op->connected)
		on_read(op);
	else
		on_not_connected(op);
}

static void set_callbacks(struct http_fetch *op)
{
	CURL *easy = op->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, op);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, op->error);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, op);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, op->client);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, op);
}

void http_fetch_start(struct http_client *client, const struct http_wanted *w,
                      int64_t limit_ms, struct arena *arena, http_done_fn *done,
                      void *owner, struct http_fetch **slot)
{
	struct http_fetch *op = xzalloc(sizeof(*op));

	assert(*slot == NULL && http_wanted_is_good(w));
	op->client = client;
	op->socket = CURL_SOCKET_BAD;
	op->arena = arena;
	op->done = done;
	op->owner = owner;
	op->slot = slot;
	op->began_ms = clock_mono_ms();
	op->end_ms = op->began_ms + limit_ms;
	op->addresses_count = w->addresses_count;
	memcpy(op->addresses, w->addresses, sizeof(op->addresses));
	op->port = w->port;
	op->https = w->scheme == SCHEME_HTTPS;
	op->body_max = w->body_max < EVIDENCE_BODY_MAX ? w->body_max
	                                               : EVIDENCE_BODY_MAX;
	op->seen.url = arena_span(arena, w->url);
	op->seen.at_ms = clock_wall_ms();
	op->easy = curl_easy_init();
	if (op->easy == NULL)
		abort();
	http_request_set(op, w);
	http_read_set(op);
	set_callbacks(op);
	op->tick = timer_new(client->loop, on_tick, op);
	timer_set_ms(op->tick, 0);
	*slot = op;
}

const struct addr *http_fetch_address(const struct http_fetch *op)
{
	return op->tried < op->addresses_count
	               ? address_now(op)
	               : &op->addresses[op->addresses_count - 1];
}

void http_fetch_cancel(struct http_fetch **slot)
{
	struct http_fetch *op = *slot;

	if (op == NULL)
		return;
	detach(op);
	destroy(op);
}
