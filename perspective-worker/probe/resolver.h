/*
 * resolver.h -- validating recursion of our own (libunbound), in contexts that
 * live for a short window.
 *
 * A context is a cache and nothing in it outlives it. Who asks takes the
 * current one; after the window, or when it is full, there is another, and the
 * old one goes when its last try has ended. That bounds how stale an answer can
 * be and what one applicant can leave behind for the next (promise 5, R-036).
 *
 * What was given up goes on in libunbound, with its port and 16 KiB, until the
 * context is freed: so a context is full with RESOLVER_TRIES_MAX of what is
 * asked and what was given up in it. Each try then has a port and is sent,
 * which R-068 wants of those that count; and one that hangs keeps few others
 * from being freed. Eight that ended count as one: of servers whose names are
 * in dead zones libunbound goes on to look for addresses, for one lookup in
 * ten.
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
	/* of one context */
	RESOLVER_TRIES_MAX = 1024, /* in flight or given up */
	RESOLVER_ENDED_MAX = 8 * RESOLVER_TRIES_MAX
};

struct ub_ctx;
struct resolver;
struct resolver_context;

struct resolver_conf {
	bool lab;
	struct text_list trust_anchors; /* presentation form, one RR each */
	struct text_list root_servers;  /* lab; empty: IANA's */
	int64_t window_ms;              /* 0: a context for every check */
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
/* For asking again after a failure in first, where a try is not yet ended: a
   context that has not cached it. Failures stay in a context for seconds, so
   nobody gets such a one later than a second after a try in it had no answer.
   To a context of one check there is one such, as long as it lives: a name that
   failed twice in it is not asked again. */
struct resolver_context *resolver_take_again(struct resolver_context *first);
/* One that nobody else gets and in which nothing was asked: for what must not
   come from a cache. So is the one for its second tries. */
struct resolver_context *resolver_take_fresh(struct resolver *resolver);
/* Takes *slot, accepts NULL, leaves NULL. May be called from any callback:
   freeing happens later. */
void resolver_release(struct resolver_context **slot);

enum resolver_try {
	RESOLVER_ANSWERED,
	RESOLVER_FAILED,  /* what libunbound said is no answer */
	RESOLVER_GIVEN_UP /* it said nothing, and was cancelled */
};

/* A try: holds context until it is ended. Leaves *slot NULL. */
void resolver_begin_try(struct resolver_context *context);
void resolver_end_try(struct resolver_context **slot, enum resolver_try how);

/* Was it made by resolver_take_fresh()? */
bool resolver_context_is_fresh(const struct resolver_context *context);
/* Is it one check's own, or of a part of one? */
bool resolver_context_is_single(const struct resolver_context *context);
/* Counts from 1; goes into the evidence. */
int64_t resolver_context_number(const struct resolver_context *context);
/* How many contexts there are, current ones included. */
size_t resolver_contexts(const struct resolver *resolver);
struct resolver *resolver_of(const struct resolver_context *context);
struct loop *resolver_loop(const struct resolver *resolver);
struct ub_ctx *resolver_context_ub(const struct resolver_context *context);

#endif
