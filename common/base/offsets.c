#include "base/offsets.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum offset_state { OPEN, STAGED, FINISHED };

struct entry {
	int64_t offset;
	enum offset_state state;
};

/* A ring of entries in offset order; finished ones leave at the front. */
struct offsets {
	struct entry *ring;
	size_t room; /* a power of two */
	size_t head; /* index of the oldest */
	size_t count;
	size_t open;
	int64_t next; /* behind the newest one begun */
};

struct offsets *offsets_new(int64_t first)
{
	struct offsets *o = xzalloc(sizeof(*o));

	o->room = 64;
	o->ring = xcalloc(o->room, sizeof(*o->ring));
	o->next = first;
	return o;
}

void offsets_free(struct offsets **o)
{
	if (*o == NULL)
		return;
	free((*o)->ring);
	free(*o);
	*o = NULL;
}

static struct entry *at(const struct offsets *o, size_t i)
{
	return &o->ring[(o->head + i) & (o->room - 1)];
}

static void grow(struct offsets *o)
{
	struct entry *ring = xcalloc(o->room * 2, sizeof(*ring));

	for (size_t i = 0; i < o->count; i++)
		ring[i] = *at(o, i);
	free(o->ring);
	o->ring = ring;
	o->head = 0;
	o->room *= 2;
}

void offsets_begin(struct offsets *o, int64_t offset)
{
	assert(offset >= o->next);
	if (o->count == o->room)
		grow(o);
	*at(o, o->count) = (struct entry){ offset, OPEN };
	o->count++;
	o->open++;
	o->next = offset + 1;
}

static void drop_finished(struct offsets *o)
{
	while (o->count > 0 && at(o, 0)->state == FINISHED) {
		o->head = (o->head + 1) & (o->room - 1);
		o->count--;
	}
}

void offsets_pass(struct offsets *o, int64_t offset)
{
	offsets_begin(o, offset);
	at(o, o->count - 1)->state = FINISHED;
	o->open--;
	drop_finished(o);
}

static struct entry *find(struct offsets *o, int64_t offset)
{
	size_t low = 0, high = o->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at(o, middle)->offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	assert(low < o->count && at(o, low)->offset == offset);
	return at(o, low);
}

void offsets_finish(struct offsets *o, int64_t offset)
{
	struct entry *e = find(o, offset);

	assert(e->state == OPEN);
	e->state = FINISHED;
	o->open--;
	drop_finished(o);
}

void offsets_stage(struct offsets *o, int64_t offset)
{
	struct entry *e = find(o, offset);

	assert(e->state == OPEN);
	e->state = STAGED;
	o->open--;
}

void offsets_commit(struct offsets *o)
{
	for (size_t i = 0; i < o->count; i++) {
		if (at(o, i)->state == STAGED)
			at(o, i)->state = FINISHED;
	}
	drop_finished(o);
}

void offsets_abort(struct offsets *o)
{
	for (size_t i = 0; i < o->count; i++) {
		if (at(o, i)->state == STAGED) {
			at(o, i)->state = OPEN;
			o->open++;
		}
	}
}

int64_t offsets_mark(const struct offsets *o)
{
	for (size_t i = 0; i < o->count; i++) {
		if (at(o, i)->state == OPEN)
			return at(o, i)->offset;
	}
	return o->next;
}

int64_t offsets_next(const struct offsets *o)
{
	return o->next;
}

size_t offsets_open(const struct offsets *o)
{
	return o->open;
}

size_t offsets_span(const struct offsets *o)
{
	return o->count;
}
