/*
 * resolver.h -- validating recursion of our own (libunbound), in contexts that
 * live for a short window.
 *
 * A context is a cache and nothing in it outlives it. Checks take the current
 * one; after the window new checks get another and the old one goes when its
 * last check has given it back. That bounds how stale an answer can be and what
 * one applicant can leave behind for the next (promise 5, R-036).
 *
 * Validation can't be weakened: there are no settings for it, a trust anchor is
 * required and is tried before resolver_new() returns, outside a lab only keys
 * of IANA's root are believed, and the library is asked what it then holds
 * (resolver_lint.h; ). What the guard forbids is never queried.
 */
#ifndef PROBE_RESOLVER_H
#define PROBE_RESOLVER_H

#include "base/err.h"
#include "base/guard.h"
#include "loop/loop.h"
#include "wire/value.h"

enum {
	RESOLVER_AGAIN_MAX = 512 /* second tries of one context */
};

struct ub_ctx;
struct resolver;
struct resolver_context;

struct resolver_conf {
	bool lab;
	struct text_list trust_anchors; /* presentation form, one RR each */
	struct text_list root_servers;  /* lab; empty: IANA's */
	int64_t window_ms;              /* 0: a context for every check */
	size_t checks_max;              /* at once; sizes ports */
};

/* Borrows conf and guard, and what is in them, until freed. */
struct resolver *resolver_new(struct loop *loop,
                              const struct resolver_conf *conf,
                              const struct guard *guard, struct err *err);
/* Takes *slot, accepts NULL, leaves NULL. No context may be taken. */
void resolver_free(struct resolver **slot);

/* Never NULL: a context that could be made once can be made again, or there is
   no memory. Give it back with resolver_release(). */
struct resolver_context *resolver_take(struct resolver *resolver);
/* For asking again after a failure in first, which is taken: a context that has
   not cached it. Failures stay in a context for seconds, so these live for one
   at most, and take RESOLVER_AGAIN_MAX tries: each has a port, so that what
   counts as a second try was sent. To a context of one check there is
   one such, as long as it lives: a name that failed twice in it is not asked
   again. */
struct resolver_context *resolver_take_again(struct resolver_context *first);
/* One that nobody else gets and in which nothing was asked: for what must not
   come from a cache. So is the one for its second tries. */
struct resolver_context *resolver_take_fresh(struct resolver *resolver);
/* Takes *slot, accepts NULL, leaves NULL. All lookups in it by the caller
   have ended. May be called from any callback: freeing happens later. */
void resolver_release(struct resolver_context **slot);

/* Was it made by resolver_take_fresh()? */
bool resolver_context_is_fresh(const struct resolver_context *context);
/* Counts from 1; goes into the evidence. */
int64_t resolver_context_number(const struct resolver_context *context);
struct resolver *resolver_of(const struct resolver_context *context);
struct loop *resolver_loop(const struct resolver *resolver);
struct ub_ctx *resolver_context_ub(const struct resolver_context *context);

#endif
