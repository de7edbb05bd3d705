#include "coordinator/answered.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

struct entry {
	int64_t offset; /* of the request */
	int64_t by;
	UT_hash_handle hh;
};

struct answered {
	struct entry *entries;
};

struct answered *answered_new(void)
{
	return xzalloc(sizeof(struct answered));
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static void drop(struct answered *a, struct entry *e)
{
	HASH_DEL(a->entries, e);
	free(e);
}

void answered_free(struct answered **a)
{
	struct entry *e, *next;

	if (*a == NULL)
		return;
	HASH_ITER(hh, (*a)->entries, e, next)
	drop(*a, e);
	free(*a);
	*a = NULL;
}

static struct entry *find(const struct answered *a, int64_t offset)
{
	struct entry *e = NULL;

	HASH_FIND(hh, a->entries, &offset, sizeof(offset), e);
	return e;
}

static bool is_staged(const struct entry *e)
{
	return e->by == ANSWERED_STAGED || e->by == ANSWERED_STAGED_CONFLICT;
}

void answered_note(struct answered *a, int64_t request_offset, int64_t by)
{
	struct entry *e = find(a, request_offset);

	if (e != NULL) {
		if (is_staged(e))
			e->by = by;
		return;
	}
	e = xzalloc(sizeof(*e));
	e->offset = request_offset;
	e->by = by;
	HASH_ADD(hh, a->entries, offset, sizeof(e->offset), e);
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

void answered_forget(struct answered *a, int64_t request_offset)
{
	struct entry *e = find(a, request_offset);

	if (e != NULL)
		drop(a, e);
}

bool answered_has(const struct answered *a, int64_t request_offset)
{
	return find(a, request_offset) != NULL;
}

void answered_drop_below(struct answered *a, int64_t mark)
{
	struct entry *e, *next;

	HASH_ITER(hh, a->entries, e, next)
	{
		if (e->offset < mark)
			drop(a, e);
	}
}

int64_t answered_oldest(const struct answered *a, int64_t otherwise)
{
	for (const struct entry *e = a->entries; e != NULL; e = e->hh.next) {
		if (e->by >= 0 && e->by < otherwise)
			otherwise = e->by;
	}
	return otherwise;
}

bool answered_any_decided(const struct answered *a, int64_t mark)
{
	for (const struct entry *e = a->entries; e != NULL; e = e->hh.next) {
		if (e->offset >= mark && e->by != ANSWERED_ASIDE)
			return true;
	}
	return false;
}

bool answered_any_conflict(const struct answered *a, int64_t mark)
{
	for (const struct entry *e = a->entries; e != NULL; e = e->hh.next) {
		if (e->offset >= mark && e->by == ANSWERED_STAGED_CONFLICT)
			return true;
	}
	return false;
}

void answered_write(const struct answered *a, int64_t mark, struct buf *out)
{
	uint8_t map[ANSWERED_SPAN_MAX / 8] = { 0 };
	size_t used = 0;

	for (const struct entry *e = a->entries; e != NULL; e = e->hh.next) {
		int64_t i = e->offset - mark;

		if (e->by != ANSWERED_ASIDE || i < 0)
			continue;
		assert(i < ANSWERED_SPAN_MAX);
		map[i / 8] |= (uint8_t)(1u << (i % 8));
		if ((size_t)i / 8 >= used)
			used = (size_t)i / 8 + 1;
	}
	if (used == 0)
		return;
	buf_add_str(out, " ");
	text_base64url(out, span_of(map, used));
}

static void add_map(struct answered *a, int64_t mark, struct span map)
{
	for (size_t i = 0; i < map.len * 8; i++) {
		if (map.p[i / 8] & 1u << (i % 8))
			answered_note(a, mark + (int64_t)i, ANSWERED_ASIDE);
	}
}

bool answered_read(struct answered *a, int64_t mark, struct span text)
{
	struct buf map = { 0 };
	bool good;

	if (text.len == 0)
		return true;
	if (text.p[0] != ' ' || text.len > ANSWERED_SPAN_MAX / 4 ||
	    mark > INT64_MAX - ANSWERED_SPAN_MAX)
		return false;
	good = text_unbase64url(span_sub(text, 1, text.len), &map) &&
	       map.len > 0 && map.len <= ANSWERED_SPAN_MAX / 8 &&
	       map.p[map.len - 1] != 0;
	if (good)
		add_map(a, mark, buf_span(&map));
	buf_clear(&map);
	return good;
}
