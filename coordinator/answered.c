#include "coordinator/answered.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "base/text.h"

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
	size_t asides;
};

struct answered *answered_new(void)
{
	return xzalloc(sizeof(struct answered));
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static void drop(struct answered *a, struct entry *e)
{
	a->asides -= e->by == ANSWERED_ASIDE;
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

void answered_note(struct answered *a, int64_t request_offset, int64_t by)
{
	struct entry *e = find(a, request_offset);

	if (e != NULL) {
		if (e->by == ANSWERED_STAGED)
			e->by = by;
		return;
	}
	e = xzalloc(sizeof(*e));
	e->offset = request_offset;
	e->by = by;
	HASH_ADD(hh, a->entries, offset, sizeof(e->offset), e);
	a->asides += by == ANSWERED_ASIDE;
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

size_t answered_asides(const struct answered *a)
{
	return a->asides;
}

int64_t answered_oldest(const struct answered *a, int64_t otherwise)
{
	for (const struct entry *e = a->entries; e != NULL; e = e->hh.next) {
		if (e->by >= 0 && e->by < otherwise)
			otherwise = e->by;
	}
	return otherwise;
}

void answered_write(const struct answered *a, int64_t mark, struct buf *out)
{
	for (const struct entry *e = a->entries; e != NULL; e = e->hh.next) {
		if (e->by == ANSWERED_ASIDE && e->offset >= mark)
			buf_printf(out, " %lld", (long long)(e->offset - mark));
	}
}

/* " <distance>" off the front of *text. */
static bool take_distance(struct span *text, int64_t most, int64_t *out)
{
	uint64_t distance;

	if (text->p[0] != ' ')
		return false;
	struct span rest = span_sub(*text, 1, text->len);
	ptrdiff_t end = span_find(rest, SPAN(" "));
	size_t n = end < 0 ? rest.len : (size_t)end;

	if (!text_u64(span_sub(rest, 0, n), (uint64_t)most, &distance))
		return false;
	*out = (int64_t)distance;
	*text = span_sub(rest, n, rest.len);
	return true;
}

bool answered_read(struct answered *a, int64_t mark, struct span text)
{
	int64_t found[ANSWERED_ASIDES_MAX], n = 0;

	while (text.len > 0) {
		if (n == ANSWERED_ASIDES_MAX ||
		    !take_distance(&text, INT64_MAX - mark, &found[n]))
			return false;
		n++;
	}
	for (int64_t i = 0; i < n; i++)
		answered_note(a, mark + found[i], ANSWERED_ASIDE);
	return true;
}
