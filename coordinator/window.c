#include "coordinator/window.h"

#include "base/mem.h"
#include "base/siphash.h"

#include <stdlib.h>

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

struct slot {
	struct window_entry entry;
	size_t bytes;
	struct slot *newer; /* the queue, oldest first */
	bool replaced;      /* by a newer decision for its id; not in by_id */
	UT_hash_handle hh;
};

struct window {
	struct window_limits limits;
	struct slot *by_id;
	struct slot *oldest, *newest;
	size_t bytes;
	uint64_t overflows;
};

struct window *window_new(const struct window_limits *limits)
{
	struct window *w = xzalloc(sizeof(*w));

	w->limits = *limits;
	return w;
}

/* One allocation: the slot and behind it the four texts. */
static struct slot *slot_new(const struct window_entry *e)
{
	const struct span texts[] = { e->request_id, e->value, e->jws,
		                      e->content_type };
	size_t bytes = sizeof(struct slot);

	for (size_t i = 0; i < 4; i++)
		bytes += texts[i].len;
	struct slot *slot = xzalloc(bytes);
	uint8_t *to = (uint8_t *)(slot + 1);

	slot->entry = *e;
	slot->bytes = bytes;
	struct span *copies[] = { &slot->entry.request_id, &slot->entry.value,
		                  &slot->entry.jws, &slot->entry.content_type };

	for (size_t i = 0; i < 4; i++) {
		if (texts[i].len > 0)
			memcpy(to, texts[i].p, texts[i].len);
		*copies[i] = span_of(to, texts[i].len);
		to += texts[i].len;
	}
	return slot;
}

/* NOLINTBEGIN(readability-function-size,clang-analyzer-*): uthash's macros,
   which nest deeply and which the analyzer does not follow. */
static void drop_oldest(struct window *w)
{
	struct slot *slot = w->oldest;

	w->oldest = slot->newer;
	if (w->oldest == NULL)
		w->newest = NULL;
	w->bytes -= slot->bytes;
	if (!slot->replaced)
		HASH_DEL(w->by_id, slot);
	free(slot);
}

void window_free(struct window **w)
{
	if (*w == NULL)
		return;
	while ((*w)->oldest != NULL)
		drop_oldest(*w);
	free(*w);
	*w = NULL;
}

static struct slot *find(const struct window *w, struct span id)
{
	struct slot *slot = NULL;

	HASH_FIND(hh, w->by_id, id.p, id.len, slot);
	return slot;
}

void window_add(struct window *w, const struct window_entry *entry)
{
	struct slot *known = find(w, entry->request_id);

	if (known != NULL) {
		HASH_DEL(w->by_id, known);
		known->replaced = true;
	}
	struct slot *slot = slot_new(entry);

	HASH_ADD_KEYPTR(hh, w->by_id, slot->entry.request_id.p,
	                slot->entry.request_id.len, slot);
	if (w->newest != NULL)
		w->newest->newer = slot;
	else
		w->oldest = slot;
	w->newest = slot;
	w->bytes += slot->bytes;
	while (w->oldest != w->newest &&
	       (HASH_COUNT(w->by_id) > w->limits.entries_max ||
	        w->bytes > w->limits.bytes_max)) {
		drop_oldest(w);
		w->overflows++;
	}
}

/* NOLINTEND(readability-function-size,clang-analyzer-*) */

const struct window_entry *window_find(const struct window *w, struct span id)
{
	const struct slot *slot = find(w, id);

	return slot != NULL ? &slot->entry : NULL;
}

void window_expire(struct window *w, int64_t now_ms)
{
	while (w->oldest != NULL &&
	       w->oldest->entry.decided_at_ms < now_ms - w->limits.keep_ms)
		drop_oldest(w);
}

int64_t window_oldest(const struct window *w, int64_t otherwise)
{
	return w->oldest != NULL ? w->oldest->entry.offset : otherwise;
}

size_t window_count(const struct window *w)
{
	return HASH_COUNT(w->by_id);
}

uint64_t window_overflows(const struct window *w)
{
	return w->overflows;
}
