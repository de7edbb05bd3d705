#include "resolver.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/timer.h"
#include "resolver_lint.h"
#include "trust_anchor.h"

#include <assert.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>

enum { TYPE_A = 1, CLASS_IN = 1 };

enum {
	FAILURE_KEPT_MS = 1000, /* at most, in contexts for second tries */
	/* a lookup has one UDP query at a time, or some for addresses of name
	   servers */
	PORTS = RESOLVER_TRIES_MAX * 3 / 2,
};

enum use {
	USE_SHARED,
	USE_AGAIN, /* second tries */
	USE_SINGLE /* one check, or a part of one */
};

struct resolver_context {
	struct resolver *resolver;
	struct resolver_context *next;  /* among those to be freed */
	struct resolver_context *again; /* of a single one: second tries */
	struct ub_ctx *ub;
	int64_t number;
	int64_t until_ms; /* monotonic; new checks get another from then on */
	size_t users;     /* who took it, and tries */
	size_t tries;     /* in flight */
	size_t given_up;  /* go on in libunbound */
	size_t ended;     /* the others: libunbound said something */
	bool retired;
	bool single; /* for one check, or a part of one */
	bool second; /* for second tries of many */
	bool fresh;
};

struct resolver {
	struct loop *loop;
	const struct resolver_conf *conf;
	const struct guard *guard;
	struct resolver_context *current;
	struct resolver_context *current_again;
	struct resolver_context *dead;
	struct soon *bury;
	int64_t made;
	size_t there;
};

static int option(struct ub_ctx *ub, const char *name, const char *value,
                  struct err *err)
{
	int rc = ub_ctx_set_option(ub, name, value);

	if (rc != 0)
		return err_set(err, "libunbound: %s %s: %s", name, value,
		               ub_strerror(rc));
	return 0;
}

/*
 * Everything that bears on what is believed is here, in one block, and nothing
 * of it comes from a settings file. Left at its default on purpose:
 * cache-max-ttl, since a CAA record's TTL bounds how long a decision holds and
 * the window already bounds the cache; unwanted-reply-threshold, which ends
 * the process (CVE-2026-44621).
 */
static const struct {
	const char *name, *value;
} options[] = {
	/* */
	{ "module-config:", "validator iterator" },
	{ "val-permissive-mode:", "no" },
	{ "ignore-cd-flag:", "yes" },
	{ "trust-anchor-signaling:", "no" },
	{ "harden-dnssec-stripped:", "yes" },
	{ "serve-expired:", "no" },
	{ "prefetch:", "no" },
	{ "prefetch-key:", "no" },
	/* R-037, but for minimisation: while it asks for less than the whole
	   question, this libunbound follows aliases without counting them, so
	   that one zone makes one lookup ask five thousand times; what we ask
	   for is no secret */
	{ "harden-glue:", "yes" },
	{ "harden-below-nxdomain:", "yes" },
	{ "qname-minimisation:", "no" },
	{ "use-caps-for-id:", "yes" },
	{ "edns-buffer-size:", "1232" },
	/* every answer is one that somebody gave to this question */
	{ "aggressive-nsec:", "no" },
	/* a server's quick answers to one applicant must not make its slower
	   ones to the next look lost */
	{ "infra-cache-min-rtt:", "400" },
	/* until it gives up a server libunbound waits 0.4 s, 0.8 s, ...: with
	   the default of 5 it did so 2 s after we gave up the lookup, which
	   goes on in there, and looked for more servers, for nobody */
	{ "outbound-msg-retry:", "6" },
	{ "minimal-responses:", "yes" },
	{ "rrset-roundrobin:", "no" },
	{ "incoming-num-tcp:", "0" },
	{ "msg-cache-slabs:", "1" },
	{ "rrset-cache-slabs:", "1" },
	{ "infra-cache-slabs:", "1" },
	{ "key-cache-slabs:", "1" },
};

/* Zones that libunbound answers by itself although a lab may have its own. All
   others stay: .onion above all never reaches a name server. */
static const char *const lab_zones[] = {
	"test. transparent",
	"127.in-addr.arpa. transparent",
	"2.0.192.in-addr.arpa. transparent",
	"100.51.198.in-addr.arpa. transparent",
	"113.0.203.in-addr.arpa. transparent",
	"8.B.D.0.1.0.0.2.ip6.arpa. transparent",
};

struct forbidding {
	struct ub_ctx *ub;
	struct err *err;
	int rc;
};

static void forbid(void *owner, const struct prefix *p, enum guard_result why)
{
	struct forbidding *f = owner;
	char text[PREFIX_TEXT_MAX];

	(void)why;
	if (f->rc == 0)
		f->rc = option(f->ub, "do-not-query-address:",
		               prefix_text(p, text, sizeof(text)), f->err);
}

/* One thread: no lock, no slabs. A context of one check is made and freed for
   that check, so it must be small. */
struct sizes {
	const char *name;
	const char *shared, *single;
};

static const struct sizes sizes[] = {
	{ "msg-cache-size:", "4m", "64k" },
	{ "rrset-cache-size:", "8m", "128k" },
	{ "key-cache-size:", "1m", "64k" },
	{ "neg-cache-size:", "256k", "16k" },
};

/*
 * A context holds a KiB for each UDP query that it may have in flight, and five
 * for each TCP connection. Above their number libunbound takes the oldest from
 * whoever waits for it: few get an answer then.
 */
static const struct {
	size_t ports;
	size_t connections;
	size_t lookups;
} counts[] = {
	[USE_SHARED] = { PORTS, 256, 256 },
	[USE_AGAIN] = { PORTS, 128, 32 },
	[USE_SINGLE] = { 128, 16, 128 },
};

static int number_option(struct ub_ctx *ub, const char *name, size_t value,
                         struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", value);
	return option(ub, name, text, err);
}

/*
 * What we ask for is not counted against num-queries-per-thread. But with as
 * many lookups there, libunbound asks for no more addresses of name servers
 * than it needs: where thousands hang those would hang too, two or three for
 * each. Too few is bad for zones of which one server's name is in a dead zone:
 * of 40 at once 22 were answered with 128, 38 with 256.
 */
static int set_sizes(struct ub_ctx *ub, enum use use, struct err *err)
{
	if (number_option(ub, "outgoing-range:", counts[use].ports, err) != 0 ||
	    number_option(ub, "outgoing-num-tcp:", counts[use].connections,
	                  err) != 0 ||
	    number_option(ub, "num-queries-per-thread:", counts[use].lookups,
	                  err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (option(ub, sizes[i].name,
		           use == USE_SINGLE ? sizes[i].single
		                             : sizes[i].shared,
		           err) != 0)
			return -1;
	return 0;
}

static int set_options(struct ub_ctx *ub, const struct resolver *r,
                       enum use use, struct err *err)
{
	struct forbidding f = { ub, err, 0 };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (option(ub, options[i].name, options[i].value, err) != 0)
			return -1;
	if (set_sizes(ub, use, err) != 0 ||
	    option(ub, "do-not-query-localhost:", r->conf->lab ? "no" : "yes",
	           err) != 0)
		return -1;
	guard_each_prefix(r->guard, forbid, &f);
	if (f.rc != 0 || !r->conf->lab)
		return f.rc;
	for (size_t i = 0; i < sizeof(lab_zones) / sizeof(lab_zones[0]); i++)
		if (option(ub, "local-zone:", lab_zones[i], err) != 0)
			return -1;
	return 0;
}

/* Outside a lab another root than IANA's is nothing to us, whoever put it into
   the file; what is newer than this program has to wait for its successor. */
static bool is_believed(const struct resolver_conf *conf, size_t i)
{
	return conf->lab || trust_anchor_is_iana(conf->trust_anchors.items[i]);
}

static int set_roots(struct ub_ctx *ub, const struct resolver_conf *conf,
                     struct err *err)
{
	for (size_t i = 0; i < conf->trust_anchors.count; i++) {
		if (!is_believed(conf, i))
			continue;

		char *line = xspandup(conf->trust_anchors.items[i]);
		int rc = ub_ctx_add_ta(ub, line);

		free(line);
		if (rc != 0)
			return err_set(err, "trust anchor %zu: %s", i + 1,
			               ub_strerror(rc));
	}
	for (size_t i = 0; i < conf->root_servers.count; i++) {
		char *server = xspandup(conf->root_servers.items[i]);
		int rc = ub_ctx_set_stub(ub, ".", server, 1);

		free(server);
		if (rc != 0)
			return err_set(err, "root server %zu: %s", i + 1,
			               ub_strerror(rc));
	}
	return 0;
}

static void free_context(struct resolver_context *c)
{
	c->resolver->there--;
	if (c->ub != NULL)
		ub_ctx_delete(c->ub);
	free(c);
}

static void on_tried(void *arg, int rcode, void *packet, int len, int secure,
                     char *why_bogus, int was_ratelimited)
{
	bool *answered = arg;

	(void)rcode;
	(void)packet;
	(void)len;
	(void)secure;
	(void)why_bogus;
	(void)was_ratelimited;
	*answered = true;
}

/* A context looks at its anchors and options when the first question comes.
   This one is answered by a built-in zone, so nothing is sent. */
static int finalise(struct ub_ctx *ub, struct err *err)
{
	bool answered = false;
	int id = 0;
	int rc = ub_resolve_event(ub, "localhost", TYPE_A, CLASS_IN, &answered,
	                          on_tried, &id);

	if (rc != 0)
		return err_set(err,
		               "libunbound refuses its settings, most likely "
		               "a trust anchor: %s",
		               ub_strerror(rc));
	if (!answered) {
		(void)ub_cancel(ub, id);
		return err_set(err, "libunbound lacks its built-in zones");
	}
	return 0;
}

/* A window of 0 is that of one check. */
static enum use use_of(enum use use, int64_t window_ms)
{
	return window_ms == 0 ? USE_SINGLE : use;
}

static struct resolver_context *new_context(struct resolver *r, enum use use,
                                            int64_t window_ms, struct err *err)
{
	struct resolver_context *c = xzalloc(sizeof(*c));

	c->resolver = r;
	c->number = ++r->made;
	r->there++;
	c->until_ms = clock_mono_ms() + window_ms;
	c->single = use == USE_SINGLE;
	c->second = use == USE_AGAIN;
	c->ub = ub_ctx_create_event(loop_base(r->loop));
	if (c->ub == NULL) {
		(void)err_set(err, "libunbound: no context");
		free_context(c);
		return NULL;
	}
	/* what it would print is attacker's text */
	(void)ub_ctx_debugout(c->ub, NULL);
	if (set_options(c->ub, r, use, err) != 0 ||
	    set_roots(c->ub, r->conf, err) != 0 || finalise(c->ub, err) != 0) {
		free_context(c);
		return NULL;
	}
	return c;
}

static void bury_if_unused(struct resolver_context *c)
{
	struct resolver *r = c->resolver;

	if (!c->retired || c->users > 0)
		return;
	c->next = r->dead;
	r->dead = c;
	soon_call(r->bury);
}

static void retire(struct resolver_context **slot)
{
	struct resolver_context *c = *slot;

	if (c == NULL)
		return;
	*slot = NULL;
	c->retired = true;
	bury_if_unused(c);
}

/* libunbound may be on the stack of whoever gave the last of them back. */
static void on_bury(void *arg)
{
	struct resolver *r = arg;
	bool large = false;

	while (r->dead != NULL) {
		struct resolver_context *c = r->dead;

		r->dead = c->next;
		large |= !c->single;
		retire(&c->again);
		free_context(c);
	}
	/* Of the MiB that a context asks for it touches few. The next would
	   get what this one wrote to for its untouched ones, and more for the
	   rest. */
	if (large)
		(void)malloc_trim(0);
}

static struct resolver_context *make_another(struct resolver *r, enum use use,
                                             int64_t window_ms)
{
	struct err err;
	struct resolver_context *c =
		new_context(r, use_of(use, window_ms), window_ms, &err);

	if (c == NULL)
		abort(); /* the same was made before: no memory */
	return c;
}

/* A query without a port waits in libunbound, unsent. */
static bool is_full(const struct resolver_context *c)
{
	size_t left_behind =
		c->ended / (RESOLVER_ENDED_MAX / RESOLVER_TRIES_MAX);

	return !c->single &&
	       c->tries + c->given_up + left_behind >= RESOLVER_TRIES_MAX;
}

static struct resolver_context *take_from(struct resolver *r,
                                          struct resolver_context **current,
                                          enum use use, int64_t window_ms)
{
	struct resolver_context *c = *current;

	if (c == NULL || clock_mono_ms() >= c->until_ms || is_full(c)) {
		retire(current);
		c = make_another(r, use, window_ms);
		*current = c;
	}
	c->users++;
	return c;
}

struct resolver_context *resolver_take(struct resolver *r)
{
	return take_from(r, &r->current, USE_SHARED, r->conf->window_ms);
}

struct resolver_context *resolver_take_again(struct resolver_context *first)
{
	struct resolver *r = first->resolver;

	if (!first->single)
		return take_from(r, &r->current_again, USE_AGAIN,
		                 r->conf->window_ms);
	if (first->again == NULL)
		first->again = make_another(r, USE_SINGLE, 0);
	first->again->users++;
	return first->again;
}

struct resolver_context *resolver_take_fresh(struct resolver *r)
{
	struct resolver_context *c = make_another(r, USE_SINGLE, 0);

	c->fresh = true;
	c->retired = true;
	c->users = 1;
	return c;
}

bool resolver_context_is_fresh(const struct resolver_context *c)
{
	return c->fresh;
}

bool resolver_context_is_single(const struct resolver_context *c)
{
	return c->single;
}

void resolver_release(struct resolver_context **slot)
{
	struct resolver_context *c = *slot;

	if (c == NULL)
		return;
	*slot = NULL;
	assert(c->users > 0);
	c->users--;
	bury_if_unused(c);
}

void resolver_begin_try(struct resolver_context *c)
{
	c->users++;
	c->tries++;
}

void resolver_end_try(struct resolver_context **slot, enum resolver_try how)
{
	struct resolver_context *c = *slot;
	int64_t kept_until_ms = clock_mono_ms() + FAILURE_KEPT_MS;

	assert(c->tries > 0);
	c->tries--;
	if (how == RESOLVER_GIVEN_UP)
		c->given_up++;
	else
		c->ended++;
	/* what was given up may fail in there, and nobody is told */
	if (c->second && how != RESOLVER_ANSWERED &&
	    kept_until_ms < c->until_ms)
		c->until_ms = kept_until_ms;
	resolver_release(slot);
}

static int check_anchors(const struct resolver_conf *conf, struct err *err)
{
	size_t believed = 0;

	if (conf->trust_anchors.count == 0)
		return err_set(err, "no trust anchor");
	for (size_t i = 0; i < conf->trust_anchors.count; i++) {
		if (trust_anchor_check(conf->trust_anchors.items[i], conf->lab,
		                       err) != 0)
			return err_prefix(err, "trust anchor %zu", i + 1);
		if (is_believed(conf, i))
			believed++;
		else
			log_warn("probe_trust_anchor_passed_over",
			         F_INT("number", i + 1),
			         F_STR("why", "it is no key of IANA's root "
			                      "that this version knows"));
	}
	return believed > 0 ? 0
	                    : err_set(err, "no trust anchor is a key of IANA's "
	                                   "root that this version knows");
}

struct resolver *resolver_new(struct loop *loop,
                              const struct resolver_conf *conf,
                              const struct guard *guard, struct err *err)
{
	struct resolver *r = xzalloc(sizeof(*r));

	r->loop = loop;
	r->conf = conf;
	r->guard = guard;
	r->bury = soon_new(loop, on_bury, r);
	if (check_anchors(conf, err) == 0)
		r->current = new_context(r, use_of(USE_SHARED, conf->window_ms),
		                         conf->window_ms, err);
	if (r->current != NULL && resolver_lint(r->current->ub, err) != 0)
		retire(&r->current);
	if (r->current == NULL)
		resolver_free(&r);
	return r;
}

void resolver_free(struct resolver **slot)
{
	struct resolver *r = *slot;

	if (r == NULL)
		return;
	*slot = NULL;
	assert(r->current == NULL || r->current->users == 0);
	assert(r->current_again == NULL || r->current_again->users == 0);
	retire(&r->current);
	retire(&r->current_again);
	on_bury(r);
	soon_free(&r->bury);
	free(r);
}

int64_t resolver_context_number(const struct resolver_context *c)
{
	return c->number;
}

size_t resolver_contexts(const struct resolver *r)
{
	return r->there;
}

struct resolver *resolver_of(const struct resolver_context *c)
{
	return c->resolver;
}

struct loop *resolver_loop(const struct resolver *r)
{
	return r->loop;
}

struct ub_ctx *resolver_context_ub(const struct resolver_context *c)
{
	return c->ub;
}
