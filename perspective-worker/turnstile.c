#include "perspective-worker/turnstile.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

/* The applicant chooses zones and addresses. */
#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

enum { V6_HOST_BYTES = 8 /* of an address, the /64 */ };

/* An object is there while somebody hangs or waits, or it is on the list of
   what has changed. */
struct address {
	struct addr addr; /* of IPv6 the /64's first; family NONE: none */
	size_t hanging;
	size_t places;
	struct turnstile_pass *queue; /* who waits to go there, any zone */
	bool changed;
	struct address *prev, *next; /* changed */
	UT_hash_handle hh;
};

struct zone {
	uint8_t *name;
	size_t len;
	size_t hanging;
	size_t waiting;           /* for its own sake */
	size_t waiting_elsewhere; /* for an address's */
	struct zone_place *places;
	struct turnstile_pass *queue;
	bool changed;
	struct zone *prev, *next; /* changed */
	UT_hash_handle hh;
};

struct zone_place {
	struct zone *zone;
	struct address *address; /* NULL: name servers */
	size_t hanging;
	size_t waiting;
	struct zone_place *prev, *next; /* of the zone */
};

struct turnstile {
	struct turnstile_limits limits;
	struct zone *zones;
	struct address *addresses;
	struct zone *changed_zones;
	struct address *changed_addresses;
	size_t hanging, waiting;
	int64_t due_ms; /* nobody who waits is over before */
};

struct turnstile *turnstile_new(const struct turnstile_limits *limits)
{
	struct turnstile *t = xzalloc(sizeof(*t));

	t->limits = *limits;
	t->due_ms = INT64_MAX;
	return t;
}

/* -- zones, addresses and places -- */

static struct addr without_host(const struct addr *a)
{
	struct addr place = *a;

	if (a->family == ADDR_V6)
		memset(place.bytes + V6_HOST_BYTES, 0,
		       sizeof(place.bytes) - V6_HOST_BYTES);
	return place;
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static struct zone *find_zone(const struct turnstile *t, struct span name)
{
	uint8_t *folded = text_lower(name);
	struct zone *z = NULL;

	HASH_FIND(hh, t->zones, folded, name.len, z);
	free(folded);
	return z;
}

static struct zone *zone_of(struct turnstile *t, struct span name)
{
	struct zone *z = find_zone(t, name);

	if (z != NULL)
		return z;
	z = xzalloc(sizeof(*z));
	z->name = text_lower(name);
	z->len = name.len;
	HASH_ADD_KEYPTR(hh, t->zones, z->name, z->len, z);
	return z;
}

static struct address *address_of(struct turnstile *t, const struct addr *addr)
{
	struct addr key = without_host(addr);
	struct address *a = NULL;

	HASH_FIND(hh, t->addresses, &key, sizeof(key), a);
	if (a != NULL)
		return a;
	a = xzalloc(sizeof(*a));
	a->addr = key;
	HASH_ADD(hh, t->addresses, addr, sizeof(a->addr), a);
	return a;
}

static void drop_zone_if_unused(struct turnstile *t, struct zone *z)
{
	if (z->places != NULL || z->changed)
		return;
	HASH_DEL(t->zones, z);
	free(z->name);
	free(z);
}

static void drop_address_if_unused(struct turnstile *t, struct address *a)
{
	if (a->places > 0 || a->changed)
		return;
	HASH_DEL(t->addresses, a);
	free(a);
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

static struct zone_place *find_place(const struct zone *z,
                                     const struct address *a)
{
	struct zone_place *p = NULL;

	DL_FOREACH(z->places, p)
	{
		if (p->address == a)
			return p;
	}
	return NULL;
}

static struct zone_place *place_of(struct turnstile *t, struct span zone,
                                   const struct addr *at)
{
	struct zone *z = zone_of(t, zone);
	struct address *a = at != NULL ? address_of(t, at) : NULL;
	struct zone_place *p = find_place(z, a);

	if (p != NULL)
		return p;
	p = xzalloc(sizeof(*p));
	p->zone = z;
	p->address = a;
	if (a != NULL)
		a->places++;
	DL_APPEND(z->places, p);
	return p;
}

static void drop_place_if_unused(struct turnstile *t, struct zone_place *p)
{
	struct zone *z = p->zone;
	struct address *a = p->address;

	if (p->hanging > 0 || p->waiting > 0)
		return;
	DL_DELETE(z->places, p);
	free(p);
	if (a != NULL) {
		a->places--;
		drop_address_if_unused(t, a);
	}
	drop_zone_if_unused(t, z);
}

static void mark_changed(struct turnstile *t, const struct zone_place *p)
{
	struct zone *z = p->zone;
	struct address *a = p->address;

	if (!z->changed && z->queue != NULL) {
		z->changed = true;
		DL_APPEND(t->changed_zones, z);
	}
	if (a != NULL && !a->changed && a->queue != NULL) {
		a->changed = true;
		DL_APPEND(t->changed_addresses, a);
	}
}

void turnstile_free(struct turnstile **slot)
{
	struct turnstile *t = *slot;

	if (t == NULL)
		return;
	*slot = NULL;
	while (turnstile_next(t) != NULL)
		assert(false); /* somebody is still in it */
	assert(t->zones == NULL && t->addresses == NULL);
	free(t);
}

/* -- counting -- */

static bool zone_has_room(const struct turnstile *t, const struct zone_place *p)
{
	return p->hanging < t->limits.place_max &&
	       p->zone->hanging < t->limits.zone_max;
}

static bool address_has_room(const struct turnstile *t,
                             const struct zone_place *p)
{
	return p->address == NULL ||
	       p->address->hanging < t->limits.address_max;
}

static void count(struct turnstile *t, struct turnstile_pass *pass,
                  struct zone_place *p)
{
	pass->state = TURNSTILE_HANGING;
	pass->at = p;
	p->hanging++;
	p->zone->hanging++;
	if (p->address != NULL)
		p->address->hanging++;
	t->hanging++;
}

static void uncount(struct turnstile *t, struct turnstile_pass *pass)
{
	struct zone_place *p = pass->at;

	p->hanging--;
	p->zone->hanging--;
	if (p->address != NULL)
		p->address->hanging--;
	t->hanging--;
	mark_changed(t, p);
}

static void enqueue(struct turnstile *t, struct turnstile_pass *pass,
                    struct zone_place *p, bool for_zone)
{
	pass->state = TURNSTILE_WAITING;
	pass->at = p;
	pass->counted_in_zone = for_zone;
	p->waiting++;
	if (for_zone)
		p->zone->waiting++;
	else
		p->zone->waiting_elsewhere++;
	t->waiting++;
	if (pass->deadline_ms < t->due_ms)
		t->due_ms = pass->deadline_ms;
	DL_APPEND(p->zone->queue, pass);
	if (p->address != NULL)
		DL_APPEND2(p->address->queue, pass, aprev, anext);
}

static void dequeue(struct turnstile *t, struct turnstile_pass *pass)
{
	struct zone_place *p = pass->at;

	DL_DELETE(p->zone->queue, pass);
	if (p->address != NULL)
		DL_DELETE2(p->address->queue, pass, aprev, anext);
	p->waiting--;
	if (pass->counted_in_zone)
		p->zone->waiting--;
	else
		p->zone->waiting_elsewhere--;
	t->waiting--;
}

static enum turnstile_word wait_for_zone(struct turnstile *t,
                                         struct turnstile_pass *pass,
                                         struct zone_place *p)
{
	if (p->zone->waiting >= t->limits.waiting_max ||
	    t->waiting >= t->limits.waiting_most) {
		drop_place_if_unused(t, p);
		return TURNSTILE_REFUSE;
	}
	enqueue(t, pass, p, true);
	return TURNSTILE_WAIT;
}

/* One zone's checks must not take up all others' list. */
static bool may_wait_for_address(const struct turnstile *t,
                                 const struct zone_place *p)
{
	return p->zone->waiting_elsewhere < t->limits.waiting_max &&
	       t->waiting < t->limits.waiting_most;
}

/* -- passes -- */

enum turnstile_word turnstile_begin(struct turnstile *t,
                                    struct turnstile_pass *pass)
{
	const struct zone *z = find_zone(t, pass->zone);
	const struct zone_place *servers;

	assert(pass->state == TURNSTILE_THROUGH && pass->at == NULL);
	if (z == NULL)
		return TURNSTILE_GO_ON;
	servers = find_place(z, NULL);
	if (z->hanging < t->limits.zone_max &&
	    (servers == NULL || servers->hanging < t->limits.place_max))
		return TURNSTILE_GO_ON;
	return wait_for_zone(t, pass, place_of(t, pass->zone, NULL));
}

enum turnstile_word turnstile_hangs(struct turnstile *t,
                                    struct turnstile_pass *pass,
                                    const struct addr *at)
{
	struct zone_place *p;

	assert(pass->state != TURNSTILE_WAITING);
	if (pass->state == TURNSTILE_HANGING)
		return TURNSTILE_GO_ON;
	p = place_of(t, pass->zone, at);
	if (!zone_has_room(t, p))
		return wait_for_zone(t, pass, p);
	if (!address_has_room(t, p) && may_wait_for_address(t, p)) {
		enqueue(t, pass, p, false);
		return TURNSTILE_WAIT;
	}
	count(t, pass, p);
	return TURNSTILE_GO_ON;
}

void turnstile_end(struct turnstile *t, struct turnstile_pass *pass)
{
	struct zone_place *p = pass->at;

	if (pass->state == TURNSTILE_HANGING)
		uncount(t, pass);
	else if (pass->state == TURNSTILE_WAITING)
		dequeue(t, pass);
	pass->state = TURNSTILE_THROUGH;
	pass->at = NULL;
	if (p != NULL)
		drop_place_if_unused(t, p);
}

/* -- who is next -- */

static bool may_go(const struct turnstile *t, const struct turnstile_pass *pass)
{
	return zone_has_room(t, pass->at) && address_has_room(t, pass->at);
}

static struct turnstile_pass *let_go(struct turnstile *t,
                                     struct turnstile_pass *pass)
{
	struct zone_place *p = pass->at;

	dequeue(t, pass);
	count(t, pass, p);
	return pass;
}

static struct turnstile_pass *next_of_zone(struct turnstile *t, struct zone *z)
{
	struct turnstile_pass *pass;

	if (z->hanging >= t->limits.zone_max)
		return NULL;
	DL_FOREACH(z->queue, pass)
	{
		if (may_go(t, pass))
			return let_go(t, pass);
	}
	return NULL;
}

static struct turnstile_pass *next_of_address(struct turnstile *t,
                                              struct address *a)
{
	struct turnstile_pass *pass;

	if (a->hanging >= t->limits.address_max)
		return NULL;
	DL_FOREACH2(a->queue, pass, anext)
	{
		if (may_go(t, pass))
			return let_go(t, pass);
	}
	return NULL;
}

static void zone_is_seen(struct turnstile *t, struct zone *z)
{
	DL_DELETE(t->changed_zones, z);
	z->changed = false;
	drop_zone_if_unused(t, z);
}

static void address_is_seen(struct turnstile *t, struct address *a)
{
	DL_DELETE(t->changed_addresses, a);
	a->changed = false;
	drop_address_if_unused(t, a);
}

static struct turnstile_pass *next_of_zones(struct turnstile *t)
{
	struct turnstile_pass *pass;
	struct zone *z;

	while ((z = t->changed_zones) != NULL) {
		pass = next_of_zone(t, z);
		if (pass != NULL)
			return pass;
		zone_is_seen(t, z);
	}
	return NULL;
}

static struct turnstile_pass *next_of_addresses(struct turnstile *t)
{
	struct turnstile_pass *pass;
	struct address *a;

	while ((a = t->changed_addresses) != NULL) {
		pass = next_of_address(t, a);
		if (pass != NULL)
			return pass;
		address_is_seen(t, a);
	}
	return NULL;
}

struct turnstile_pass *turnstile_next(struct turnstile *t)
{
	struct turnstile_pass *pass = next_of_zones(t);

	return pass != NULL ? pass : next_of_addresses(t);
}

static struct turnstile_pass *expire_of_zone(struct turnstile *t,
                                             struct zone *z, int64_t now_ms,
                                             struct turnstile_pass *gone)
{
	struct turnstile_pass *pass, *next;

	DL_FOREACH_SAFE(z->queue, pass, next)
	{
		if (pass->deadline_ms > now_ms) {
			if (pass->deadline_ms < t->due_ms)
				t->due_ms = pass->deadline_ms;
			continue;
		}
		struct zone_place *p = pass->at;

		dequeue(t, pass);
		pass->state = TURNSTILE_THROUGH;
		pass->at = NULL;
		DL_APPEND(gone, pass);
		/* safe: the zone goes with its last place, at the loop's end */
		drop_place_if_unused(t, p);
	}
	return gone;
}

struct turnstile_pass *turnstile_expire(struct turnstile *t, int64_t now_ms)
{
	struct turnstile_pass *gone = NULL;
	struct zone *next;

	if (now_ms < t->due_ms)
		return NULL;
	t->due_ms = INT64_MAX;
	for (struct zone *z = t->zones; z != NULL; z = next) {
		next = z->hh.next;
		gone = expire_of_zone(t, z, now_ms, gone);
	}
	return gone;
}

/* -- figures -- */

size_t turnstile_full(const struct turnstile *t, struct span zone,
                      struct prefix out[TURNSTILE_FULL_MAX])
{
	const struct zone *z = t->zones != NULL ? find_zone(t, zone) : NULL;
	const struct zone_place *p;
	size_t n = 0;

	if (z == NULL)
		return 0;
	DL_FOREACH(z->places, p)
	{
		if (n == TURNSTILE_FULL_MAX)
			break;
		if (p->address == NULL || p->hanging < t->limits.place_max)
			continue;
		out[n] = prefix_of_addr(&p->address->addr);
		if (p->address->addr.family == ADDR_V6)
			out[n].bits = V6_HOST_BYTES * 8;
		n++;
	}
	return n;
}

struct turnstile_figures turnstile_figures(const struct turnstile *t)
{
	return (struct turnstile_figures){
		.hanging = t->hanging,
		.waiting = t->waiting,
		.zones = HASH_COUNT(t->zones),
		.addresses = HASH_COUNT(t->addresses),
	};
}

size_t turnstile_waiting_of(const struct turnstile *t, struct span zone)
{
	const struct zone *z = find_zone(t, zone);
	const struct turnstile_pass *pass;
	size_t n = 0;

	if (z != NULL)
		DL_COUNT(z->queue, pass, n);
	return n;
}
