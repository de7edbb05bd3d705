/* Lookups and the contexts they are made in, against a name server on the same
   loop that counts what it is asked. It is the root and knows every name: the
   first label says how it answers. Nothing here is signed, so the trust anchor
   is for another zone; what validation does is in tests/integration. */
#include "probe/dns_lookup.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "loop/timer.h"
#include "probe/resolver_lint.h"
#include "probe/trust_anchor.h"
#include "tests/support/run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unbound.h>
#include <unistd.h>

enum {
	TYPE_NS = 2,
	TYPE_TXT = 16,
	TRY_MS = 3000,
	LIMIT_MS = 9000,
	WINDOW_MS = 300,
	LONG_WINDOW_MS =
		600000, /* does not end meanwhile, however slow we are */
	HEADER = 12,
	PACKET_MAX = 1500,
	RCODE_SERVFAIL = 2,
	RCODE_REFUSED = 5
};

static struct loop *loop;
static struct guard *guard;
static struct resolver_conf conf;
static struct resolver *resolver;
static struct resolver_context *context;
static struct event *server;
static int server_fd;
static int questions;    /* for TXT, whoever asked */
static int referrals;    /* to the zone of its own */
static const char *says; /* in TXT records; two letters */
static char root_text[64];
static struct span root[1];
static struct span anchor[1];

/* "cut.t0" and so on: zones with servers of their own. Over UDP they say that
   more is to be had over TCP; there they take connections, and are mute. */
enum { ZONES = 100 };
static struct {
	char address[32];
	int udp_fd, tcp_fd;
	struct event *udp, *tcp;
} zones[ZONES];
static bool has_zones;
static int connections[2 * ZONES];
static int connections_count;

static struct dns_lookup *slot;
static struct dns_evidence seen;
static struct buf packet;
static int dones;

/* -- the server */

static bool label_is(const uint8_t *question, const char *label)
{
	size_t n = strlen(label);

	return question[0] == n &&
	       span_eq_nocase(span_of(question + 1, n), span_of(label, n));
}

static size_t question_len(const uint8_t *q, size_t len)
{
	size_t n = 0;

	while (n < len && q[n] != 0)
		n += (size_t)q[n] + 1;
	return n + 5 <= len ? n + 5 : 0;
}

/* ". NS n." and "n. A" our own address: libunbound primes the root. */
static size_t prime(uint8_t *p)
{
	static const uint8_t ns[] = "\x00\x00\x02\x00\x01\x00\x00\x0e\x10"
				    "\x00\x03\x01n\x00"
				    "\x01n\x00\x00\x01\x00\x01\x00\x00\x0e\x10"
				    "\x00\x04";
	size_t n = HEADER + 5;

	p[7] = 1;
	p[11] = 1;
	memcpy(p + n, ns, sizeof(ns) - 1);
	n += sizeof(ns) - 1;
	inet_pton(AF_INET, root_text, p + n);
	return n + 4;
}

static size_t put_name(uint8_t *p, const char *name)
{
	size_t n = 0;

	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		p[n] = (uint8_t)len;
		memcpy(p + n + 1, name, len);
		n += len + 1;
		name += len + (name[len] == '.');
	}
	p[n] = 0;
	return n + 1;
}

/* For an hour. */
static size_t put_record(uint8_t *p, const char *owner, uint8_t type,
                         const uint8_t *data, size_t len)
{
	static const uint8_t rest[] = { 0, 1, 0, 0, 0x0e, 0x10, 0 };
	size_t n = put_name(p, owner);

	p[n++] = 0;
	p[n++] = type;
	memcpy(p + n, rest, sizeof(rest));
	n += sizeof(rest);
	p[n++] = (uint8_t)len;
	memcpy(p + n, data, len);
	return n + len;
}

static size_t put_text(uint8_t *p, const char *owner, const char *two)
{
	const uint8_t data[] = { 2, (uint8_t)two[0], (uint8_t)two[1] };

	return put_record(p, owner, TYPE_TXT, data, sizeof(data));
}

static size_t put_server(uint8_t *p, const char *zone, const char *host)
{
	uint8_t data[64];

	return put_record(p, zone, TYPE_NS, data, put_name(data, host));
}

static size_t put_address(uint8_t *p, const char *host, const char *text)
{
	uint8_t data[4];

	inet_pton(AF_INET, text, data);
	return put_record(p, host, 1, data, sizeof(data));
}

/* "evil." is a zone of its own, at the same server. */
static size_t refer_to_evil(uint8_t *p, size_t n)
{
	referrals++;
	p[2] = 0x80;
	p[9] = 1;
	p[11] = 1;
	n += put_server(p + n, "evil", "ns.evil");
	return n + put_address(p + n, "ns.evil", root_text);
}

/* Its owner's words about zones of others, wherever an answer has room. */
static size_t put_poison(uint8_t *p, size_t n)
{
	p[7] = 2;
	p[9] = 2;
	p[11] = 4;
	n += put_text(p + n, "victim.good", "no");
	n += put_server(p + n, "good", "ns.evil");
	n += put_server(p + n, "", "ns.evil");
	n += put_address(p + n, "ns.evil", "127.66.66.66");
	n += put_address(p + n, "n", "127.66.66.66");
	n += put_address(p + n, "ns.good", "127.66.66.66");
	return n + put_text(p + n, "victim.good", "no");
}

static size_t put_answer(uint8_t *p, const uint8_t *q, size_t n)
{
	static const uint8_t head[] = { 0xc0, HEADER, 0,    TYPE_TXT, 0, 1, 0,
		                        0,    0x0e,   0x10, 0,        3, 2 };

	p[7] = 1;
	memcpy(p + HEADER + n, head, sizeof(head));
	n += HEADER + sizeof(head);
	memcpy(p + n, says, 2);
	n += 2;
	return label_is(q, "poison") ? put_poison(p, n) : n;
}

/* Of a name in one of the zones; else -1. */
static int zone_of(const uint8_t *q)
{
	const uint8_t *top = q + 1 + q[0];

	if (!has_zones || q[0] == 0 || top[0] != 3 || top[1] != 't' ||
	    top[4] != 0)
		return -1;
	return (top[2] - '0') * 10 + top[3] - '0';
}

static size_t refer_to_zone(uint8_t *p, size_t n, int zone)
{
	char name[8], host[12];

	snprintf(name, sizeof(name), "t%02d", zone);
	snprintf(host, sizeof(host), "ns.t%02d", zone);
	p[2] = 0x80;
	p[9] = 1;
	p[11] = 1;
	n += put_server(p + n, name, host);
	return n + put_address(p + n, host, zones[zone].address);
}

static size_t answer(uint8_t *p, size_t len, bool at_root, bool *reply)
{
	uint8_t *q = p + HEADER;
	size_t n = question_len(q, len - HEADER);
	bool is_txt;

	*reply = n > 0 && !label_is(q, "mute");
	if (n == 0)
		return 0;
	is_txt = q[n - 3] == TYPE_TXT;
	questions += is_txt;
	p[2] = 0x84; /* answer, authoritative */
	p[3] = 0;
	memset(p + 6, 0, 6);
	if (q[0] == 0 && q[2] == TYPE_NS)
		return prime(p);
	if (at_root && zone_of(q) >= 0)
		return refer_to_zone(p, HEADER + n, zone_of(q));
	if (label_is(q, "lower")) /* does not keep the case */
		for (size_t i = 0; i < n - 4; i++)
			q[i] = ascii_lower(q[i]);
	if (label_is(q, "servfail") ||
	    (label_is(q, "once") && is_txt && questions == 1))
		p[3] = RCODE_SERVFAIL;
	else if (label_is(q, "refused"))
		p[3] = RCODE_REFUSED;
	else if (label_is(q, "cut"))
		p[2] |= 0x02; /* truncated, and there is no TCP */
	else if (referrals == 0 && n > 10 && label_is(q + n - 10, "evil"))
		return refer_to_evil(p, HEADER + n);
	else if (is_txt)
		return put_answer(p, q, n);
	return HEADER + n;
}

static void on_query(evutil_socket_t fd, short what, void *arg)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	uint8_t p[PACKET_MAX];
	ssize_t len = recvfrom(fd, p, 512, MSG_DONTWAIT,
	                       (struct sockaddr *)&from, &from_len);
	bool reply;

	(void)what;
	if (len <= HEADER)
		return;

	size_t n = answer(p, (size_t)len, arg == NULL, &reply);

	if (reply)
		(void)sendto(fd, p, n, MSG_DONTWAIT, (struct sockaddr *)&from,
		             from_len);
}

/* On a loopback address of this process: root servers have port 53. */
static bool serve(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(53) };
	unsigned pid = (unsigned)getpid();

	snprintf(root_text, sizeof(root_text), "127.%u.%u.%u", 128 + pid % 100,
	         pid / 100 % 250 + 1, pid / 25000 % 250 + 1);
	inet_pton(AF_INET, root_text, &at.sin_addr);
	server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return bind(server_fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

/* -- the world */

static void setup_with(int64_t window_ms)
{
	struct err err;

	loop = loop_new();
	guard = guard_new(true);
	ck_assert_int_eq(guard_allow_text(guard, SPAN("127.0.0.0/8"), &err), 0);
	ck_assert(serve());
	server = event_new(loop_base(loop), server_fd, EV_READ | EV_PERSIST,
	                   on_query, NULL);
	event_add(server, NULL);
	root[0] = span_str(root_text);
	anchor[0] = SPAN("signed.invalid. IN DS 1 8 2 "
	                 "0000000000000000000000000000000000000000"
	                 "000000000000000000000000");
	conf = (struct resolver_conf){
		.lab = true,
		.trust_anchors = { anchor, 1 },
		.root_servers = { root, 1 },
		.window_ms = window_ms,
	};
	resolver = resolver_new(loop, &conf, guard, &err);
	ck_assert_msg(resolver != NULL, "%s", err.text);
	context = resolver_take(resolver);
	slot = NULL;
	dones = 0;
	questions = 0;
	referrals = 0;
	says = "hi";
}

static void setup(void)
{
	setup_with(WINDOW_MS);
}

static void setup_long(void)
{
	setup_with(LONG_WINDOW_MS);
}

static void teardown(void)
{
	dns_lookup_cancel(&slot);
	resolver_release(&context);
	resolver_free(&resolver);
	event_free(server);
	close(server_fd);
	guard_free(&guard);
	loop_free(&loop);
	buf_clear(&packet);
}

static void on_done(void *owner, const struct dns_evidence *e)
{
	struct dns_lookup **mine = owner;

	ck_assert_ptr_null(*mine); /* gone when done runs */
	dones++;
	seen = *e;
	packet.len = 0;
	buf_add_span(&packet, e->packet);
	loop_stop(loop);
}

static void start(const char *name)
{
	dns_lookup_start(context, span_str(name), TYPE_TXT, TRY_MS, LIMIT_MS,
	                 on_done, &slot, &slot);
	ck_assert_ptr_nonnull(slot);
}

static void look_up(const char *name)
{
	dones = 0;
	start(name);
	ck_assert_int_eq(dones, 0); /* later */
	loop_run(loop);
	ck_assert_int_eq(dones, 1);
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

static bool answered(const char *two)
{
	const uint8_t text[] = { 2, (uint8_t)two[0], (uint8_t)two[1] };

	return seen.status == DNS_INSECURE && seen.rcode == 0 &&
	       span_find(buf_span(&packet), span_of(text, 3)) > 0;
}

static bool answered_hi(void)
{
	return answered("hi");
}

/* -- answers */

/* the zone's own server is asked, from the root down; nobody is
   between, since there is nothing to name a forwarder with. */
START_TEST(answer_is_kept_whole)
{
	int64_t before_ms = clock_wall_ms();

	look_up("ok.example");
	ck_assert(answered_hi());
	ck_assert(span_find(buf_span(&packet), SPAN("\x02ok\x07"
	                                            "example")) == HEADER);
	ck_assert_int_eq(seen.tries, 1);
	ck_assert_int_ge(seen.at_ms, before_ms);
	ck_assert_int_ge(seen.took_ms, 0);
}
END_TEST

START_TEST(server_that_loses_the_case_is_heard) /* */
{
	look_up("lower.example");
	ck_assert(answered_hi());
}
END_TEST

START_TEST(built_in_zone_is_answered_later)
{
	look_up("name.onion");
	ck_assert(seen.status == DNS_INSECURE);
	ck_assert_int_eq(seen.rcode, 3);
	ck_assert_int_eq(questions, 0); /* never asked */
}
END_TEST

static const struct {
	const char *name;
	int rcode;
} failing[] = {
	{ "servfail.example", RCODE_SERVFAIL },
	{ "refused.example", RCODE_SERVFAIL },
	{ "cut.example", RCODE_SERVFAIL }, /* no TCP there */
};

/* boulder-L35 */
START_TEST(failure_is_asked_again) /* */
{
	look_up(failing[_i].name);
	ck_assert_msg(seen.status == DNS_FAILED, "%s: status %d",
	              failing[_i].name, (int)seen.status);
	ck_assert_int_eq(seen.rcode, failing[_i].rcode);
	ck_assert_int_eq(seen.tries, 2);
	ck_assert_uint_eq(packet.len, 0);
}
END_TEST

START_TEST(second_try_reaches_the_server)
{
	int first;

	look_up("servfail.example");
	first = questions;
	ck_assert_int_ge(first, 2);
	/* the same context has the failure in its cache, the second try not */
	run_for(1100);
	look_up("servfail.example");
	ck_assert_int_gt(questions, first);
}
END_TEST

/* -- contexts */

START_TEST(checks_in_a_window_share_a_context)
{
	int64_t number = resolver_context_number(context);

	look_up("ok.example");
	look_up("ok.example");
	ck_assert_int_eq(questions, 1);

	resolver_release(&context);
	context = resolver_take(resolver);
	ck_assert_int_eq(resolver_context_number(context), number);
	look_up("ok.example");
	ck_assert_int_eq(questions, 1);
}
END_TEST

START_TEST(window_bounds_what_is_kept) /* promise 5, R-036 */
{
	int64_t number = resolver_context_number(context);

	look_up("ok.example");
	ck_assert_int_eq(questions, 1);

	/* whoever took a context has it until he gives it back */
	run_for(WINDOW_MS + 20);
	look_up("ok.example");
	ck_assert_int_eq(questions, 1);

	resolver_release(&context);
	context = resolver_take(resolver);
	ck_assert_int_gt(resolver_context_number(context), number);
	look_up("ok.example");
	ck_assert_int_eq(questions, 2);
}
END_TEST

/* Promise 5, R-036: what a zone said once is gone with its window, whatever TTL
   it had. */
START_TEST(next_window_has_what_is_there_now)
{
	look_up("ok.example");
	ck_assert(answered("hi"));
	says = "yo";
	look_up("ok.example");
	ck_assert(answered("hi")); /* one check sees one answer */
	resolver_release(&context);
	run_for(WINDOW_MS + 20);
	context = resolver_take(resolver);
	look_up("ok.example");
	ck_assert(answered("yo"));
}
END_TEST

/* Promise 5, R-037: one applicant's servers have no say about another's zone,
   nor about the servers that everybody needs, not even in the same window. */
START_TEST(words_about_others_are_not_heard)
{
	int before;

	look_up("poison.evil");
	ck_assert(answered("hi"));
	ck_assert_int_ge(referrals, 1); /* it spoke as that zone */
	before = questions;
	look_up("victim.good");
	ck_assert_msg(answered("hi"), "status %d", (int)seen.status);
	ck_assert(!answered("no"));
	ck_assert_int_eq(questions, before + 1); /* of our server */
	look_up("other.good");
	ck_assert(answered("hi"));
	look_up("fine.evil");
	ck_assert(answered("hi"));
}
END_TEST

/* what a proof rests on is asked anew, whatever contexts know; and so is
   its second try. */
START_TEST(fresh_context_knows_nothing)
{
	struct resolver_context *shared = context;

	look_up("ok.example");
	ck_assert(!seen.fresh.set);
	context = resolver_take_fresh(resolver);
	look_up("ok.example");
	ck_assert_int_eq(questions, 2);
	ck_assert(seen.fresh.set && seen.fresh.v);
	resolver_release(&context);

	context = resolver_take_fresh(resolver);
	look_up("servfail.example");
	ck_assert_int_eq(seen.tries, 2);
	ck_assert(seen.fresh.set && seen.fresh.v);
	resolver_release(&context);

	/* nobody else ever gets one */
	context = resolver_take(resolver);
	ck_assert(context == shared);
	resolver_release(&context);
	context = shared;
	look_up("ok.example");
	ck_assert(!seen.fresh.set);
}
END_TEST

/* however many of a check's lookups fail, it makes one context more for
   their second tries; each of them reaches the servers. */
START_TEST(second_tries_of_a_check_share_a_context)
{
	int64_t number;
	int asked;

	resolver_release(&context);
	context = _i == 0 ? resolver_take_fresh(resolver)
	                  : resolver_take(resolver);
	number = resolver_context_number(context);
	look_up("servfail.example");
	asked = questions;
	ck_assert_int_ge(asked, 2);
	questions = 0;
	look_up("servfail.a.example");
	ck_assert_int_ge(questions, asked);
	ck_assert(seen.status == DNS_FAILED);
	questions = 0;
	look_up("servfail.b.example");
	ck_assert_int_ge(questions, asked);
	ck_assert_int_eq(seen.tries, 2);

	resolver_release(&context);
	context = resolver_take_fresh(resolver);
	ck_assert_int_eq(resolver_context_number(context), number + 2);
}
END_TEST

/* a question that our own resolver refuses is no server's failure, and
   no try of it either. */
START_TEST(what_is_not_asked_is_no_failure)
{
	look_up("a..example");
	ck_assert(seen.status == DNS_NOT_ASKED);
	ck_assert_int_eq(seen.tries, 0);
	ck_assert_int_eq(questions, 0);
}
END_TEST

/* Promise 5, in its strictest form. */
START_TEST(per_check_shares_nothing)
{
	struct resolver_context *other;

	look_up("ok.example");
	ck_assert(answered("hi"));
	says = "yo";
	other = resolver_take(resolver);
	ck_assert_int_ne(resolver_context_number(context),
	                 resolver_context_number(other));
	resolver_release(&context);
	context = other;
	look_up("ok.example");
	ck_assert_int_eq(questions, 2);
	ck_assert(answered("yo"));
}
END_TEST

static void per_check(void)
{
	setup_with(0);
}

START_TEST(many_at_once)
{
	enum { MANY = 200 };
	struct dns_lookup *slots[MANY] = { NULL };
	char name[MANY][32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name[i], sizeof(name[i]), "n%d.example", i);
		dns_lookup_start(context, span_str(name[i]), TYPE_TXT, TRY_MS,
		                 LIMIT_MS, on_done, &slots[i], &slots[i]);
	}
	while (dones < MANY)
		loop_run(loop);
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_null(slots[i]);
	ck_assert_int_eq(questions, MANY);
}
END_TEST

/* A try in what is current; again: in what is for second ones. */
static struct resolver_context *try_in(int again)
{
	struct resolver_context *c =
		again ? resolver_take_again(context) : resolver_take(resolver);
	struct resolver_context *tried = c;

	resolver_begin_try(c);
	resolver_release(&c);
	return tried;
}

/* a try without a port would count and never be sent. */
START_TEST(tries_share_ports_with_few)
{
	struct resolver_context *tried[2 * RESOLVER_TRIES_MAX];

	for (int i = 0; i < COUNT(tried); i++) {
		tried[i] = try_in(_i);
		ck_assert_int_eq(tried[i] == tried[0], i < RESOLVER_TRIES_MAX);
	}
	ck_assert_ptr_eq(tried[RESOLVER_TRIES_MAX], tried[COUNT(tried) - 1]);
	for (int i = 0; i < COUNT(tried); i++)
		resolver_end_try(&tried[i], RESOLVER_ANSWERED);
}
END_TEST

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
	int taken = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)what;
	(void)arg;
	if (taken >= 0 && connections_count < COUNT(connections))
		connections[connections_count++] = taken;
}

static bool is_open(int fd)
{
	char asked[512];
	ssize_t n;

	do
		n = recv(fd, asked, sizeof(asked), MSG_DONTWAIT);
	while (n > 0);
	return n < 0 && errno == EAGAIN;
}

static int open_connections(void)
{
	int open = 0;

	for (int i = 0; i < connections_count; i++)
		open += is_open(connections[i]);
	return open;
}

static void serve_zone(int i)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(53) };
	unsigned pid = (unsigned)getpid();

	snprintf(zones[i].address, sizeof(zones[i].address), "127.%u.%u.%d",
	         228 + pid % 20, pid / 20 % 250 + 1, i + 1);
	inet_pton(AF_INET, zones[i].address, &at.sin_addr);
	zones[i].udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	zones[i].tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
		bind(zones[i].udp_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(
		bind(zones[i].tcp_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(zones[i].tcp_fd, 8), 0);
	zones[i].udp = event_new(loop_base(loop), zones[i].udp_fd,
	                         EV_READ | EV_PERSIST, on_query, &zones[i]);
	zones[i].tcp = event_new(loop_base(loop), zones[i].tcp_fd,
	                         EV_READ | EV_PERSIST, on_connection, NULL);
	event_add(zones[i].udp, NULL);
	event_add(zones[i].tcp, NULL);
}

static void end_zones(void)
{
	for (int i = 0; i < ZONES; i++) {
		event_free(zones[i].udp);
		event_free(zones[i].tcp);
		close(zones[i].udp_fd);
		close(zones[i].tcp_fd);
	}
	for (int i = 0; i < connections_count; i++)
		close(connections[i]);
	has_zones = false;
	connections_count = 0;
}

/* Promise 7: where there are more answers to be had over TCP than connections,
   libunbound takes one from the lookup that has had it longest. */
START_TEST(tries_have_connections)
{
	struct dns_lookup *slots[ZONES] = { NULL };
	char name[16];

	has_zones = true;
	for (int i = 0; i < ZONES; i++)
		serve_zone(i);
	for (int i = 0; i < ZONES; i++) {
		snprintf(name, sizeof(name), "cut.t%02d", i);
		dns_lookup_start(context, span_str(name), TYPE_TXT, LIMIT_MS,
		                 LIMIT_MS, on_done, &slots[i], &slots[i]);
	}
	while (connections_count < ZONES)
		run_for(20);
	ck_assert_int_eq(open_connections(), ZONES);
	for (int i = 0; i < ZONES; i++)
		dns_lookup_cancel(&slots[i]);
	end_zones();
}
END_TEST

static void expect_next_context(void)
{
	int64_t number = resolver_context_number(context);
	struct resolver_context *tried = try_in(0);

	ck_assert_int_gt(resolver_context_number(tried), number);
	resolver_end_try(&tried, RESOLVER_ANSWERED);
}

/* What was given up goes on in libunbound, with its port. */
START_TEST(tries_given_up_keep_their_ports)
{
	struct resolver_context *tried;

	for (int i = 0; i < RESOLVER_TRIES_MAX; i++) {
		tried = try_in(0);
		ck_assert_ptr_eq(tried, context);
		resolver_end_try(&tried, RESOLVER_GIVEN_UP);
	}
	expect_next_context();
}
END_TEST

/* What has ended leaves to libunbound, one time in ten, to look for another
   server's address: with a port, and nobody is told. */
START_TEST(tries_that_ended_leave_some)
{
	struct resolver_context *tried;

	for (int i = 0; i < RESOLVER_ENDED_MAX; i++) {
		tried = try_in(0);
		ck_assert_ptr_eq(tried, context);
		resolver_end_try(&tried, i % 2 == 0 ? RESOLVER_ANSWERED
		                                    : RESOLVER_FAILED);
	}
	expect_next_context();
}
END_TEST

/* Promise 7: nobody waits for what was given up, so nothing keeps it. */
START_TEST(second_try_keeps_no_first_context)
{
	struct resolver_context *next;

	dns_lookup_start(context, SPAN("mute.example"), TYPE_TXT, TRY_MS,
	                 LIMIT_MS, on_done, &slot, &slot);
	resolver_release(&context);
	while (dns_lookup_unanswered(slot).tries < 2)
		run_for(20);
	next = resolver_take(resolver); /* its window is over */
	run_for(20);
	ck_assert_uint_eq(resolver_contexts(resolver), 2);
	dns_lookup_cancel(&slot);
	context = next;
	look_up("ok.example");
	ck_assert(answered("hi"));
}
END_TEST

/* -- an operation's promises */

START_TEST(times_out)
{
	int64_t began_ms = clock_mono_ms();

	dns_lookup_start(context, SPAN("mute.example"), TYPE_TXT, 50, 200,
	                 on_done, &slot, &slot);
	loop_run(loop);
	ck_assert(seen.status == DNS_UNANSWERED);
	ck_assert_int_eq(seen.tries, 2);
	ck_assert_int_ge(clock_mono_ms() - began_ms, 100);
	ck_assert_int_lt(clock_mono_ms() - began_ms, TRY_MS);
}
END_TEST

START_TEST(limit_ends_the_first_try)
{
	dns_lookup_start(context, SPAN("mute.example"), TYPE_TXT, TRY_MS, 60,
	                 on_done, &slot, &slot);
	loop_run(loop);
	ck_assert(seen.status == DNS_UNANSWERED);
	ck_assert_int_eq(seen.tries, 1);
}
END_TEST

START_TEST(cancel_is_silent)
{
	start("mute.example");
	run_for(30);
	struct dns_evidence e = dns_lookup_unanswered(slot);

	ck_assert(e.status == DNS_UNANSWERED);
	ck_assert(span_is(e.name, "mute.example"));
	dns_lookup_cancel(&slot);
	ck_assert_ptr_null(slot);
	dns_lookup_cancel(&slot);
	run_for(30);
	ck_assert_int_eq(dones, 0);
	/* and its context can go while libunbound still waits */
	resolver_release(&context);
	run_for(WINDOW_MS + 20);
	context = resolver_take(resolver);
	look_up("ok.example");
}
END_TEST

START_TEST(cancel_of_an_answer_that_is_there_is_silent)
{
	start("name.onion"); /* answered inside start() */
	dns_lookup_cancel(&slot);
	look_up("ok.example");
	start("ok.example"); /* from the cache */
	dones = 0;
	dns_lookup_cancel(&slot);
	run_for(30);
	ck_assert_int_eq(dones, 0);
}
END_TEST

START_TEST(same_name_twice_ends_twice)
{
	struct dns_lookup *other = NULL;

	start("ok.example");
	dns_lookup_start(context, SPAN("ok.example"), TYPE_TXT, TRY_MS,
	                 LIMIT_MS, on_done, &other, &other);
	while (dones < 2)
		loop_run(loop);
	ck_assert_ptr_null(slot);
	ck_assert_ptr_null(other);
}
END_TEST

/* -- start-up */

#define HASH \
	"00000000000000000000000000000000" \
	"00000000000000000000000000000000"

static const struct {
	const char *what;
	const char *anchor;
	const char *root;
	bool lab;
} refused[] = {
	{ "no anchor", NULL, NULL, true },
	{ "words for an anchor", "not an anchor", NULL, true },
	{ "an empty anchor", "", NULL, true },
	{ "an anchor of another type", ". IN A 127.0.0.1", NULL, true },
	{ "an anchor of another class", ". CH DS 1 8 2 " HASH, NULL, true },
	{ "a short digest", ". IN DS 1 8 2 00", NULL, true },
	/* libunbound would pass over these, and validate nothing */
	{ "an algorithm of old", ". IN DS 1 5 2 " HASH, NULL, true },
	{ "an algorithm that is not built in", ". IN DS 1 16 2 " HASH, NULL,
	  true },
	{ "a private algorithm", ". IN DS 1 253 2 " HASH, NULL, true },
	{ "a digest of old", ". IN DS 1 8 1 " HASH, NULL, true },
	{ "an unknown digest", ". IN DS 1 8 9 " HASH, NULL, true },
	{ "a key of old", ". IN DNSKEY 257 3 5 AwEAAQ==", NULL, true },
	{ "a revoked key", ". IN DNSKEY 385 3 8 AwEAAQ==", NULL, true },
	{ "a key that is none of a zone", ". IN DNSKEY 1 3 8 AwEAAQ==", NULL,
	  true },
	{ "a zone beside the root without lab", "example. IN DS 1 8 2 " HASH,
	  NULL, false },
	{ "a name for a root server", ". IN DS 1 8 2 " HASH, "ns.example",
	  true },
};

START_TEST(bad_start_is_refused)
{
	struct resolver *r;
	struct err err = { "" };
	struct span a[1] = { span_str(refused[_i].anchor) };
	struct span s[1] = { span_str(refused[_i].root) };
	struct resolver_conf bad = conf;

	bad.lab = refused[_i].lab;
	bad.trust_anchors = (struct text_list){ a, refused[_i].anchor != NULL };
	bad.root_servers = (struct text_list){ s, refused[_i].root != NULL };
	r = resolver_new(loop, &bad, guard, &err);
	ck_assert_msg(r == NULL, "%s: was taken", refused[_i].what);
	ck_assert_msg(err.text[0] != '\0', "%s: without a word",
	              refused[_i].what);
}
END_TEST

/* by the library's own account; each of these would pass unnoticed. */
static const struct {
	const char *option, *value;
} weak[] = {
	{ "module-config:", "iterator" },
	{ "val-permissive-mode:", "yes" },
	{ "ignore-cd-flag:", "no" },
	{ "val-override-date:", "20200101000000" },
	{ "val-sig-skew-min:", "864000" },
	{ "val-sig-skew-max:", "864000" },
	{ "val-clean-additional:", "no" },
	{ "harden-dnssec-stripped:", "no" },
	{ "harden-below-nxdomain:", "no" },
	{ "harden-glue:", "no" },
	{ "domain-insecure:", "example.com" },
	{ "serve-expired:", "yes" },
	{ "trust-anchor-file:", "/tmp/other.key" },
	{ "auto-trust-anchor-file:", "/tmp/other.key" },
	{ "trusted-keys-file:", "/tmp/other.key" },
};

START_TEST(weakened_library_is_noticed)
{
	struct ub_ctx *ub = ub_ctx_create();
	struct err err = { "" };

	ck_assert_ptr_nonnull(ub);
	ck_assert_int_eq(ub_ctx_set_option(ub, "ignore-cd-flag:", "yes"), 0);
	ck_assert_msg(resolver_lint(ub, &err) == 0, "%s", err.text);
	ck_assert_int_eq(ub_ctx_set_option(ub, weak[_i].option, weak[_i].value),
	                 0);
	ck_assert_msg(resolver_lint(ub, &err) != 0, "%s was taken",
	              weak[_i].option);
	/* it is named, without the colon */
	ck_assert(span_find(span_str(err.text),
	                    span_of(weak[_i].option,
	                            strlen(weak[_i].option) - 1)) > 0);
	ub_ctx_delete(ub);
}
END_TEST

#define KSK_2017 \
	". 172800 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084" \
	"58E880409BBC683457104237C7F8EC8D"

/* the world has one root. */
static const struct {
	const char *what, *line;
	bool known;
} roots[] = {
	{ "the key of 2017", KSK_2017, true },
	{ "the key of 2024",
	  ". IN DS 38696 8 2 683d2d0acb8c9b712a1948b27f741219"
	  "298d0a450d612c483af444a4c0fb2b16",
	  true },
	{ "of another zone",
	  "com. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084"
	  "58E880409BBC683457104237C7F8EC8D",
	  false },
	{ "with another tag",
	  ". IN DS 20327 8 2 E06D44B80B8F1D39A95C0B0D7C65D084"
	  "58E880409BBC683457104237C7F8EC8D",
	  false },
	{ "with another digest",
	  ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084"
	  "58E880409BBC683457104237C7F8EC8E",
	  false },
	{ "a root of somebody's own", ". IN DS 1 8 2 " HASH, false },
	{ "somebody's own key", ". IN DNSKEY 257 3 8 AwEAAQ==", false },
	{ "no record", "nonsense", false },
};

START_TEST(one_root_is_iana_s)
{
	ck_assert_msg(trust_anchor_is_iana(span_str(roots[_i].line)) ==
	                      roots[_i].known,
	              "%s", roots[_i].what);
}
END_TEST

/* Debian's file has the keys themselves. */
START_TEST(debian_s_anchors_are_known)
{
	char line[2048];
	FILE *f = fopen("/usr/share/dns/root.key", "re");
	int known = 0;

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		known += trust_anchor_is_iana(span_str(line));
	(void)fclose(f);
	ck_assert_int_ge(known, 1);
}
END_TEST

/* Beside one that is known, another is passed over; alone it is refused. */
START_TEST(foreign_roots_are_not_believed)
{
	struct err err = { "" };
	struct span lines[2] = { SPAN(KSK_2017), SPAN(". IN DS 1 8 2 " HASH) };
	struct resolver_conf real = { .window_ms = WINDOW_MS };
	struct resolver *r;

	log_open("test", LOG_ERROR);
	real.trust_anchors = (struct text_list){ lines, 2 };
	r = resolver_new(loop, &real, guard, &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	resolver_free(&r);
	real.trust_anchors = (struct text_list){ lines + 1, 1 };
	r = resolver_new(loop, &real, guard, &err);
	ck_assert_ptr_null(r);
	ck_assert_ptr_nonnull(strstr(err.text, "IANA"));
}
END_TEST

int main(void)
{
	if (!serve()) {
		printf("skipped: port 53 is not ours\n");
		return 77;
	}
	close(server_fd);

	Suite *suite = suite_create("probe dns");
	TCase *windows = tcase_create("windows");
	TCase *one = tcase_create("one window");
	TCase *checks = tcase_create("per check");

	tcase_add_checked_fixture(windows, setup, teardown);
	tcase_set_timeout(windows, 30);
	tcase_add_test(windows, answer_is_kept_whole);
	tcase_add_test(windows, server_that_loses_the_case_is_heard);
	tcase_add_test(windows, built_in_zone_is_answered_later);
	tcase_add_loop_test(windows, failure_is_asked_again, 0, COUNT(failing));
	tcase_add_test(windows, second_try_reaches_the_server);
	tcase_add_test(windows, window_bounds_what_is_kept);
	tcase_add_test(windows, next_window_has_what_is_there_now);
	tcase_add_test(windows, words_about_others_are_not_heard);
	tcase_add_test(windows, what_is_not_asked_is_no_failure);
	tcase_add_loop_test(windows, second_tries_of_a_check_share_a_context, 0,
	                    1);
	tcase_add_test(windows, many_at_once);
	tcase_add_test(windows, second_try_keeps_no_first_context);
	tcase_add_test(windows, times_out);
	tcase_add_test(windows, limit_ends_the_first_try);
	tcase_add_test(windows, cancel_is_silent);
	tcase_add_test(windows, cancel_of_an_answer_that_is_there_is_silent);
	tcase_add_test(windows, same_name_twice_ends_twice);
	tcase_add_loop_test(windows, bad_start_is_refused, 0, COUNT(refused));
	tcase_add_loop_test(windows, weakened_library_is_noticed, 0,
	                    COUNT(weak));
	tcase_add_loop_test(windows, one_root_is_iana_s, 0, COUNT(roots));
	tcase_add_test(windows, debian_s_anchors_are_known);
	tcase_add_test(windows, foreign_roots_are_not_believed);
	tcase_add_checked_fixture(one, setup_long, teardown);
	tcase_set_timeout(one, 30);
	tcase_add_test(one, checks_in_a_window_share_a_context);
	tcase_add_test(one, fresh_context_knows_nothing);
	tcase_add_loop_test(one, tries_share_ports_with_few, 0, 2);
	tcase_add_test(one, tries_have_connections);
	tcase_add_test(one, tries_given_up_keep_their_ports);
	tcase_add_test(one, tries_that_ended_leave_some);
	tcase_add_checked_fixture(checks, per_check, teardown);
	tcase_add_test(checks, per_check_shares_nothing);
	tcase_add_loop_test(checks, second_tries_of_a_check_share_a_context, 0,
	                    2);
	suite_add_tcase(suite, windows);
	suite_add_tcase(suite, one);
	suite_add_tcase(suite, checks);

	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
