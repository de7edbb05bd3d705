#include "perspective-worker/set_aside.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "base/text.h"

#include <stdlib.h>

/* The applicant chooses the zone. */
#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

/* The table is in order of insertion, which is that of until_ms. */
struct zone {
	uint8_t *name;
	size_t len;
	int64_t until_ms;
	UT_hash_handle hh;
};

struct set_aside {
	struct zone *zones;
	int64_t for_ms;
};

struct set_aside *set_aside_new(int64_t for_ms)
{
	struct set_aside *s = xzalloc(sizeof(*s));

	s->for_ms = for_ms;
	return s;
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static void zone_free(struct set_aside *s, struct zone *z)
{
	HASH_DEL(s->zones, z);
	free(z->name);
	free(z);
}

void set_aside_free(struct set_aside **s)
{
	if (*s == NULL)
		return;
	while ((*s)->zones != NULL)
		zone_free(*s, (*s)->zones);
	free(*s);
	*s = NULL;
}

static struct zone *find(struct set_aside *s, const uint8_t *name, size_t len)
{
	struct zone *z = NULL;

	HASH_FIND(hh, s->zones, name, len, z);
	return z;
}

static void expire(struct set_aside *s, int64_t now_ms)
{
	while (s->zones != NULL && s->zones->until_ms <= now_ms)
		zone_free(s, s->zones);
}

void set_aside_add(struct set_aside *s, struct span zone, int64_t now_ms)
{
	uint8_t *copy = text_lower(zone);
	struct zone *z = find(s, copy, zone.len);

	if (z != NULL)
		zone_free(s, z);
	expire(s, now_ms);
	if (HASH_COUNT(s->zones) >= SET_ASIDE_MAX)
		zone_free(s, s->zones);
	z = xzalloc(sizeof(*z));
	z->name = copy;
	z->len = zone.len;
	z->until_ms = now_ms + s->for_ms;
	HASH_ADD_KEYPTR(hh, s->zones, z->name, z->len, z);
}

bool set_aside_has(struct set_aside *s, struct span zone, int64_t now_ms)
{
	expire(s, now_ms);
	if (s->zones == NULL)
		return false;
	uint8_t *copy = text_lower(zone);
	bool has = find(s, copy, zone.len) != NULL;

	free(copy);
	return has;
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

size_t set_aside_count(const struct set_aside *s)
{
	return HASH_COUNT(s->zones);
}
