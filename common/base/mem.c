#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The first block of an arena is small: ten thousand jobs may wait, each with
   one. */
enum { ARENA_FIRST = 1024, ARENA_BLOCK = 4096, ARENA_ALIGN = 16 };

struct block {
	struct block *next;
	size_t size; /* of bytes[] */
	size_t used;
	_Alignas(ARENA_ALIGN) uint8_t bytes[];
};

struct arena {
	struct block *blocks; /* the newest first; only it is filled */
	size_t held;
};

static void *or_abort(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void *xzalloc(size_t n)
{
	return or_abort(calloc(1, n > 0 ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return or_abort(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return or_abort(reallocarray(p, n, size));
}

char *xspandup(struct span s)
{
	char *copy = xzalloc(s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return copy;
}

char *xstrdup(const char *s)
{
	return xspandup(span_str(s));
}

struct arena *arena_new(void)
{
	return xzalloc(sizeof(struct arena));
}

static void free_blocks(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	free_blocks((*arena)->blocks);
	free(*arena);
	*arena = NULL;
}

void arena_reset(struct arena *arena)
{
	struct block *keep = arena->blocks;

	/* one of the usual size: a huge job must not mark the arena for ever */
	while (keep != NULL && keep->size > ARENA_BLOCK) {
		arena->blocks = keep->next;
		free(keep);
		keep = arena->blocks;
	}
	arena->held = 0;
	if (keep == NULL)
		return;
	free_blocks(keep->next);
	keep->next = NULL;
	memset(keep->bytes, 0, keep->used);
	keep->used = 0;
	arena->held = keep->size;
}

size_t arena_bytes(const struct arena *arena)
{
	return arena->held;
}

static struct block *add_block(struct arena *arena, size_t least)
{
	size_t usual = arena->held > 0 ? 2 * arena->held : ARENA_FIRST;
	size_t size = usual < ARENA_BLOCK ? usual : ARENA_BLOCK;

	if (size < least)
		size = least;
	if (size > SIZE_MAX - sizeof(struct block))
		abort();
	struct block *b = xzalloc(sizeof(struct block) + size);

	b->size = size;
	b->next = arena->blocks;
	arena->blocks = b;
	arena->held += size;
	return b;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	if (n > SIZE_MAX - ARENA_ALIGN)
		abort();
	n = n > 0 ? n : 1; /* two allocations are never at one place */
	n = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;

	struct block *b = arena->blocks;

	if (b == NULL || n > b->size - b->used)
		b = add_block(arena, n);
	void *p = b->bytes + b->used;

	b->used += n;
	return p;
}

void *arena_calloc(struct arena *arena, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		abort();
	return arena_alloc(arena, n * size);
}

struct span arena_span(struct arena *arena, struct span s)
{
	uint8_t *copy = arena_alloc(arena, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return span_of(copy, s.len);
}

char *arena_str(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);

	if (len < 0)
		abort();
	char *out = arena_alloc(arena, (size_t)len + 1);

	(void)vsnprintf(out, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return out;
}
