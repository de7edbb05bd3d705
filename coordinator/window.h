/*
 * window.h -- the decisions of a partition that repeats are answered with.
 *
 * For the duplicate window a request id has one decision (promise 1). The
 * window keeps each decision's bytes and signature, so that an echo is byte
 * for byte the first answer. Bounded in time, entries and bytes: what leaves
 * by a ceiling before its time is counted, since a repeat of it would be
 * decided anew.
 */
#ifndef COORDINATOR_WINDOW_H
#define COORDINATOR_WINDOW_H

#include "base/span.h"
#include "trust/digest.h"

struct window;

struct window_limits {
	int64_t keep_ms;
	size_t entries_max;
	size_t bytes_max;
};

/* Borrowed from the window until the next add or expire. */
struct window_entry {
	struct span request_id;
	struct digest request_digest;
	int64_t offset; /* of the decision */
	int64_t decided_at_ms;
	struct span value;
	struct span jws;
	struct span content_type;
};

struct window *window_new(const struct window_limits *limits);
void window_free(struct window **w);

/* Copies the entry. Entries come in the order of their offsets. An id that is
   there already was decided anew because its first decision had left the
   window: from then on the newer one is the answer. */
void window_add(struct window *w, const struct window_entry *entry);
/* NULL if the id has no decision in the window. */
const struct window_entry *window_find(const struct window *w, struct span id);
/* Drops what was decided before now - keep_ms. */
void window_expire(struct window *w, int64_t now_ms);
/* Offset of the oldest decision held, or otherwise if none is. */
int64_t window_oldest(const struct window *w, int64_t otherwise);

size_t window_count(const struct window *w);
/* How many left by a ceiling before their time, since the start. */
uint64_t window_overflows(const struct window *w);

#endif
