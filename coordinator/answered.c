#include "coordinator/answered.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

struct entry {
	int64_t offset; /* of the request */
	int64_t by;
	struct entry *prev, *next; /* in the list of its kind */
	UT_hash_handle hh;
};

/* What a commit asks for is in reach without looking at all: after a restore
   from nothing there is an entry for each request still on the log. */
struct answered {
	struct entry *entries; /* by offset */
	struct entry *decided; /* by an offset that is known, rising */
	struct entry *staged;
	struct entry *asides;
	size_t named;  /* decided and staged */
	int64_t floor; /* no entry is below it */
};

struct answered *answered_new(void)
{
	return xzalloc(sizeof(struct answered));
}

static bool is_staged(const struct entry *e)
{
	return e->by == ANSWERED_STAGED || e->by == ANSWERED_STAGED_CONFLICT;
}

static bool is_named(const struct entry *e)
{
	return e->by != ANSWERED_ASIDE;
}

static struct entry **list_of(struct answered *a, const struct entry *e)
{
	if (is_staged(e))
		return &a->staged;
	return is_named(e) ? &a->decided : &a->asides;
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static void unlist(struct answered *a, struct entry *e)
{
	struct entry **list = list_of(a, e);

	DL_DELETE(*list, e);
	a->named -= is_named(e);
}

/* Decisions come in the order of their offsets: the place is at the end, or
   close to it. */
static void enlist(struct answered *a, struct entry *e)
{
	struct entry **list = list_of(a, e);
	struct entry *last = *list != NULL ? (*list)->prev : NULL;

	a->named += is_named(e);
	while (last != NULL && last->by > e->by)
		last = last != *list ? last->prev : NULL;
	if (last != NULL)
		DL_APPEND_ELEM(*list, last, e);
	else
		DL_PREPEND(*list, e);
}

static void drop(struct answered *a, struct entry *e)
{
	unlist(a, e);
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

static void add(struct answered *a, int64_t request_offset, int64_t by)
{
	struct entry *e = xzalloc(sizeof(*e));

	e->offset = request_offset;
	e->by = by;
	if (request_offset < a->floor)
		a->floor = request_offset;
	enlist(a, e);
	HASH_ADD(hh, a->entries, offset, sizeof(e->offset), e);
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

void answered_note(struct answered *a, int64_t request_offset, int64_t by)
{
	struct entry *e = find(a, request_offset);

	if (e == NULL) {
		add(a, request_offset, by);
	} else if (is_staged(e)) {
		unlist(a, e);
		e->by = by;
		enlist(a, e);
	}
}

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

size_t answered_count(const struct answered *a)
{
	return HASH_COUNT(a->entries);
}

/* Fewer offsets below the mark than entries: each is looked up then, so that
   what is spent on a log is in proportion to its length. */
static bool is_near(const struct answered *a, int64_t mark)
{
	return mark - a->floor < (int64_t)answered_count(a);
}

void answered_drop_below(struct answered *a, int64_t mark)
{
	struct entry *e, *next;

	if (mark <= a->floor)
		return;
	if (is_near(a, mark)) {
		for (int64_t i = a->floor; i < mark; i++)
			answered_forget(a, i);
	} else {
		HASH_ITER(hh, a->entries, e, next)
		{
			if (e->offset < mark)
				drop(a, e);
		}
	}
	a->floor = mark;
}

int64_t answered_oldest(const struct answered *a, int64_t mark,
                        int64_t otherwise)
{
	const struct entry *e = a->decided;

	/* those are dropped as soon as the mark is committed */
	while (e != NULL && e->offset < mark)
		e = e->next;
	return e != NULL && e->by < otherwise ? e->by : otherwise;
}

static size_t named_below(const struct answered *a, int64_t mark)
{
	const struct entry *e;
	size_t n = 0;

	if (is_near(a, mark)) {
		for (int64_t i = a->floor; i < mark; i++) {
			e = find(a, i);
			n += e != NULL && is_named(e);
		}
		return n;
	}
	for (e = a->entries; e != NULL; e = e->hh.next)
		n += e->offset < mark && is_named(e);
	return n;
}

bool answered_any_decided(const struct answered *a, int64_t mark)
{
	return a->named > 0 && a->named > named_below(a, mark);
}

bool answered_any_conflict(const struct answered *a, int64_t mark)
{
	const struct entry *e;

	DL_FOREACH(a->staged, e)
	{
		if (e->offset >= mark && e->by == ANSWERED_STAGED_CONFLICT)
			return true;
	}
	return false;
}

void answered_write(const struct answered *a, int64_t mark, struct buf *out)
{
	uint8_t map[ANSWERED_SPAN_MAX / 8] = { 0 };
	const struct entry *e;
	size_t used = 0;

	DL_FOREACH(a->asides, e)
	{
		int64_t i = e->offset - mark;

		if (i < 0)
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
