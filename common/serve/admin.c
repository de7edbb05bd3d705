#include "serve/admin.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "loop/timer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BACKLOG = 64,
	/* After the answer we wait for the peer's end, so that closing over
	   unread bytes doesn't reset the connection and lose the answer. */
	LINGER_MS = 1000,
	LINGER_BYTES_MAX = 64 * 1024,
	/* Out of descriptors: accept again after this long. */
	ACCEPT_PAUSE_MS = 1000,
};

#define S struct admin_settings
const struct setting admin_settings_table[] = {
	SET_TEXT(
		S, "admin", "listen", listen, "127.0.0.1", 2, 45, SETTING_ENV,
		"The address on which /metrics, /livez, /readyz and /version "
		"are served. Nobody is asked who they are: keep it on loopback "
		"or a network of your own."),
	SET_INT(S, "admin", "port", port, "9464", 0, 65535, SETTING_ENV,
	        "Its TCP port; 0 takes any free one."),
	SET_END,
};
#undef S

struct peer {
	struct admin *admin;
	size_t place; /* in the admin's peers */
	struct bufferevent *bev;
	struct timer *deadline;
	bool answered;
	size_t discarded;
};

struct admin {
	struct loop *loop;
	struct admin_hooks hooks;
	struct evconnlistener *listener;
	struct timer *accept_again;
	uint16_t port;
	struct peer *peers[ADMIN_CONNECTIONS_MAX];
	size_t n_peers;
};

struct answer {
	const char *status;
	const char *type;
	struct buf body;
};

static void peer_free(struct peer *p)
{
	struct admin *admin = p->admin;
	struct peer *last = admin->peers[--admin->n_peers];

	admin->peers[p->place] = last;
	last->place = p->place;
	timer_free(&p->deadline);
	bufferevent_free(p->bev);
	free(p);
}

static void on_deadline(void *arg)
{
	peer_free(arg);
}

static void set_answer(struct answer *a, const char *status, const char *text)
{
	a->status = status;
	buf_add_str(&a->body, text);
}

static void answer_metrics(struct admin *admin, struct answer *a)
{
	a->type = "text/plain; version=0.0.4; charset=utf-8";
	a->status = "200 OK";
	metrics_render(admin->hooks.metrics, &a->body);
}

static void answer_livez(struct admin *admin, struct answer *a)
{
	int64_t still = clock_mono_ms() - loop_last_turn_mono_ms(admin->loop);

	if (still < admin->hooks.stall_ms) {
		set_answer(a, "200 OK", "alive\n");
		return;
	}
	a->status = "503 Service Unavailable";
	buf_printf(&a->body, "the loop stood still for %lld ms\n",
	           (long long)still);
}

static void answer_readyz(struct admin *admin, struct answer *a)
{
	if (admin->hooks.ready != NULL)
		admin->hooks.ready(admin->hooks.ready_arg, &a->body);
	a->status = "503 Service Unavailable";
	if (a->body.len == 0)
		set_answer(a, "200 OK", "ready\n");
}

static void answer_version(struct admin *admin, struct answer *a)
{
	a->status = "200 OK";
	version_text(&a->body, admin->hooks.program, admin->hooks.libraries);
}

static const struct page {
	const char *path;
	void (*answer)(struct admin *admin, struct answer *a);
} pages[] = {
	{ "/metrics", answer_metrics },
	{ "/livez", answer_livez },
	{ "/readyz", answer_readyz },
	{ "/version", answer_version },
};

/* Takes s up to the first c, and c; all of it if there is none. */
static struct span take_until(struct span *s, const char *c)
{
	struct span got = *s;
	ptrdiff_t at = span_find(*s, span_str(c));

	if (at >= 0)
		got.len = (size_t)at;
	*s = span_sub(*s, got.len + strlen(c), s->len);
	return got;
}

/* A body is announced by either header, whatever it says but a plain 0. */
static bool announces_body(struct span headers)
{
	while (headers.len > 0) {
		struct span line = take_until(&headers, "\r\n");
		struct span name = take_until(&line, ":");

		while (line.len > 0 && line.p[0] == ' ')
			line = span_sub(line, 1, line.len);
		if (span_eq_nocase(name, SPAN("transfer-encoding")))
			return true;
		if (span_eq_nocase(name, SPAN("content-length")) &&
		    !span_is(line, "0"))
			return true;
	}
	return false;
}

/* RFC 9112, 3: method SP target SP version, in origin form. */
static bool is_request_line(struct span method, struct span target,
                            struct span version)
{
	for (size_t i = 0; i < method.len; i++)
		if (!ascii_is_alpha(method.p[i]))
			return false;
	for (size_t i = 0; i < target.len; i++)
		if (target.p[i] <= ' ' || target.p[i] >= 0x7f)
			return false;
	return method.len > 0 && target.len > 0 && target.p[0] == '/' &&
	       (span_is(version, "HTTP/1.1") || span_is(version, "HTTP/1.0"));
}

/* head: the request line and headers, without the empty line. */
static void make_answer(struct admin *admin, struct span head, struct answer *a)
{
	struct span line = take_until(&head, "\r\n");
	struct span method = take_until(&line, " ");
	struct span target = take_until(&line, " ");
	struct span path = target;

	path = take_until(&path, "?");
	if (!is_request_line(method, target, line)) {
		set_answer(a, "400 Bad Request", "not understood\n");
		return;
	}
	if (!span_is(method, "GET")) {
		set_answer(a, "405 Method Not Allowed", "GET only\n");
		return;
	}
	if (announces_body(head)) {
		set_answer(a, "413 Content Too Large", "no body, please\n");
		return;
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (span_is(path, pages[i].path)) {
			pages[i].answer(admin, a);
			return;
		}
	}
	set_answer(a, "404 Not Found",
	           "/metrics /livez /readyz /version only\n");
}

static void send_answer(struct peer *p, struct answer *a)
{
	struct buf head = { 0 };

	buf_printf(&head,
	           "HTTP/1.1 %s\r\n"
	           "Content-Type: %s\r\n"
	           "Content-Length: %zu\r\n"
	           "%s"
	           "Cache-Control: no-store\r\n"
	           "Connection: close\r\n\r\n",
	           a->status, a->type, a->body.len,
	           strncmp(a->status, "405", 3) == 0 ? "Allow: GET\r\n" : "");
	p->answered = true;
	/* on_written() comes when all of it has left */
	(void)bufferevent_write(p->bev, head.p, head.len);
	if (a->body.len > 0)
		(void)bufferevent_write(p->bev, a->body.p, a->body.len);
	buf_clear(&head);
	buf_clear(&a->body);
}

static void discard(struct peer *p, struct evbuffer *in)
{
	size_t n = evbuffer_get_length(in);

	(void)evbuffer_drain(in, n);
	p->discarded += n;
	if (p->discarded > LINGER_BYTES_MAX)
		peer_free(p);
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct answer a = { .type = "text/plain; charset=utf-8" };
	struct span got;
	ptrdiff_t end;

	if (p->answered) {
		discard(p, in);
		return;
	}
	got.len = evbuffer_get_length(in);
	got.p = evbuffer_pullup(in, -1);
	end = span_find(got, SPAN("\r\n\r\n"));
	if (end < 0 && got.len <= ADMIN_HEADERS_MAX)
		return;
	if (end < 0 || end > ADMIN_HEADERS_MAX)
		set_answer(&a, "431 Request Header Fields Too Large",
		           "too many bytes of headers\n");
	else
		make_answer(p->admin, span_sub(got, 0, (size_t)end), &a);
	(void)evbuffer_drain(in, got.len);
	send_answer(p, &a);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;

	if (!p->answered)
		return;
	(void)shutdown(bufferevent_getfd(bev), SHUT_WR);
	timer_set_ms(p->deadline, LINGER_MS);
}

/* The peer's end or an error; with an answer still on its way the deadline
   closes, since a peer may shut down its side and go on reading. */
static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct evbuffer *out = bufferevent_get_output(bev);

	if ((what & BEV_EVENT_EOF) && evbuffer_get_length(out) > 0)
		return;
	peer_free(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *from, int len, void *arg)
{
	struct admin *admin = arg;
	struct peer *p;

	(void)listener;
	(void)from;
	(void)len;
	if (admin->n_peers >= ADMIN_CONNECTIONS_MAX) {
		(void)close(fd);
		return;
	}
	p = xzalloc(sizeof(*p));
	p->admin = admin;
	p->bev = bufferevent_socket_new(loop_base(admin->loop), fd,
	                                BEV_OPT_CLOSE_ON_FREE);
	if (p->bev == NULL)
		abort(); /* no memory */
	p->deadline = timer_new(admin->loop, on_deadline, p);
	timer_set_ms(p->deadline, admin->hooks.timeout_ms);
	p->place = admin->n_peers++;
	admin->peers[p->place] = p;
	bufferevent_setcb(p->bev, on_readable, on_written, on_event, p);
	/* one byte more than allowed, so that it shows */
	bufferevent_setwatermark(p->bev, EV_READ, 0, ADMIN_HEADERS_MAX + 5);
	(void)bufferevent_enable(p->bev, EV_READ | EV_WRITE);
}

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct admin *admin = arg;

	log_warn("admin_accept_failed", F_STR("error", strerror(errno)));
	(void)evconnlistener_disable(listener);
	timer_set_ms(admin->accept_again, ACCEPT_PAUSE_MS);
}

static void on_accept_again(void *arg)
{
	struct admin *admin = arg;

	(void)evconnlistener_enable(admin->listener);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

/* The length of what was parsed into out; 0 if it is no address. */
static socklen_t parse_address(const struct admin_settings *where,
                               union address *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, where->listen, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)where->port);
		return sizeof(out->v4);
	}
	if (inet_pton(AF_INET6, where->listen, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)where->port);
		return sizeof(out->v6);
	}
	return 0;
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static uint16_t bound_port(struct evconnlistener *listener)
{
	union address a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	(void)getsockname(evconnlistener_get_fd(listener), &a.any, &len);
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port
	                                        : a.v6.sin6_port);
}

static int start_listening(struct admin *admin,
                           const struct admin_settings *where, struct err *why)
{
	union address address;
	socklen_t len = parse_address(where, &address);

	if (len == 0)
		return err_set(why, "admin.listen: \"%s\" is not an address",
		               where->listen);
	admin->listener = evconnlistener_new_bind(
		loop_base(admin->loop), on_accept, admin,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
			LEV_OPT_REUSEABLE,
		BACKLOG, &address.any, (int)len);
	if (admin->listener == NULL)
		return err_set(why, "admin: can't listen on %s port %lld: %s",
		               where->listen, (long long)where->port,
		               strerror(errno));
	evconnlistener_set_error_cb(admin->listener, on_accept_error);
	admin->port = bound_port(admin->listener);
	if (!is_loopback(&address))
		log_warn("admin_listen_public", F_STR("listen", where->listen),
		         F_INT("port", admin->port));
	return 0;
}

struct admin *admin_new(struct loop *loop, const struct admin_settings *where,
                        const struct admin_hooks *hooks, struct err *why)
{
	struct admin *admin = xzalloc(sizeof(*admin));

	admin->loop = loop;
	admin->hooks = *hooks;
	if (admin->hooks.stall_ms == 0)
		admin->hooks.stall_ms = ADMIN_STALL_MS;
	if (admin->hooks.timeout_ms == 0)
		admin->hooks.timeout_ms = ADMIN_TIMEOUT_MS;
	admin->accept_again = timer_new(loop, on_accept_again, admin);
	if (start_listening(admin, where, why) != 0)
		admin_free(&admin);
	return admin;
}

void admin_free(struct admin **slot)
{
	struct admin *admin = *slot;

	if (admin == NULL)
		return;
	*slot = NULL;
	while (admin->n_peers > 0)
		peer_free(admin->peers[admin->n_peers - 1]);
	if (admin->listener != NULL)
		evconnlistener_free(admin->listener);
	timer_free(&admin->accept_again);
	free(admin);
}

uint16_t admin_port(const struct admin *admin)
{
	return admin->port;
}
