/*
 * turnstile.h -- who goes on and who waits when targets hang. Pure: the time is
 * an argument.
 *
 * A place is where a check hangs: an address (an IPv6 one by its /64, which is
 * one host's), or the name servers. What is counted is checks that have hung
 * for too long, by zone and place, by zone, and by address; what goes through
 * quickly is never counted and never waits. Over a ceiling of its zone a check
 * waits, first come first served within the zone, and past that list it is
 * refused. Over an address's ceiling, which all zones there share (a CDN's), it
 * waits as long as there is room, else goes on, and is never refused for the
 * neighbours.
 *
 *   through -> hanging            until it ends
 *   through -> waiting -> hanging a place was left to it; it counts from then
 */
#ifndef PERSPECTIVE_WORKER_TURNSTILE_H
#define PERSPECTIVE_WORKER_TURNSTILE_H

#include "base/addr.h"

#include <stdint.h>

enum { TURNSTILE_FULL_MAX = 16 /* places that are told of one zone */ };

struct turnstile_limits {
	size_t place_max;    /* hanging, of one zone at one place */
	size_t zone_max;     /* hanging, of one zone */
	size_t address_max;  /* hanging at one address, of all zones */
	size_t waiting_max;  /* waiting, of one zone, for itself; and as many
	                        for addresses */
	size_t waiting_most; /* waiting, of all */
};

enum turnstile_state {
	TURNSTILE_THROUGH,
	TURNSTILE_HANGING,
	TURNSTILE_WAITING
};

/* Embedded in its owner's job, zeroed. The first two are the owner's, set
   before turnstile_begin() and left alone until turnstile_end(). */
struct turnstile_pass {
	struct span zone; /* borrowed; case is folded */
	int64_t deadline_ms;

	enum turnstile_state state;
	bool counted_in_zone; /* as waiting for its own zone's sake */
	struct zone_place *at;
	struct turnstile_pass *prev, *next;   /* waiting, of its zone */
	struct turnstile_pass *aprev, *anext; /* waiting, of its address */
};

enum turnstile_word { TURNSTILE_GO_ON, TURNSTILE_WAIT, TURNSTILE_REFUSE };

struct turnstile;

struct turnstile *turnstile_new(const struct turnstile_limits *limits);
/* Takes *t, accepts NULL, leaves NULL. No pass may be in it any more. */
void turnstile_free(struct turnstile **t);

/* A check is about to begin. REFUSE: it is not in here. */
enum turnstile_word turnstile_begin(struct turnstile *t,
                                    struct turnstile_pass *pass)
	__attribute__((warn_unused_result));
/* It hangs there (NULL: name servers), or would have gone there although it is
   full. GO_ON: it counts from now on. Who is counted once stays so. REFUSE: it
   is as through. */
enum turnstile_word turnstile_hangs(struct turnstile *t,
                                    struct turnstile_pass *pass,
                                    const struct addr *at)
	__attribute__((warn_unused_result));
/* It is over, whatever it was doing. turnstile_next() may have somebody. */
void turnstile_end(struct turnstile *t, struct turnstile_pass *pass);

/* Who may go on now, and is counted as hanging already; NULL: nobody. */
struct turnstile_pass *turnstile_next(struct turnstile *t);
/* Who waited until its time was over: they are through, in a list by `next`,
   each one's first; NULL: nobody. */
struct turnstile_pass *turnstile_expire(struct turnstile *t, int64_t now_ms);

/* Addresses where checks of the zone must not go now; how many, at most
   TURNSTILE_FULL_MAX. */
size_t turnstile_full(const struct turnstile *t, struct span zone,
                      struct prefix out[TURNSTILE_FULL_MAX]);

struct turnstile_figures {
	size_t hanging;
	size_t waiting;
	size_t zones;     /* somebody of which hangs or waits */
	size_t addresses; /* at which somebody hangs or waits */
};
struct turnstile_figures turnstile_figures(const struct turnstile *t);
/* Of one zone, waiting. */
size_t turnstile_waiting_of(const struct turnstile *t, struct span zone);

#endif
