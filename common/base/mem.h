/*
 * mem.h -- memory that is there or ends the process, and an arena per job.
 *
 * No caller checks for NULL: a daemon without memory is restarted, its work is
 * on the topics. What lives as long as one job lives in the job's arena and
 * goes with it.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/span.h"

#include <stddef.h>

/* Zeroed; freed with free(). Aborts when there is no memory. */
void *xzalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* Contents past the old size are not zeroed. Overflow of n * size aborts. */
void *xreallocarray(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* A NUL-terminated copy of the span's bytes. */
char *xspandup(struct span s) __attribute__((malloc, returns_nonnull));

/* Bump allocator. Not thread-safe. Free with arena_free(). */
struct arena;

struct arena *arena_new(void);
/* Takes *arena, accepts NULL, leaves NULL. */
void arena_free(struct arena **arena);
/* Forgets everything allocated; keeps at most one small block. */
void arena_reset(struct arena *arena);
/* Bytes held from the system, for limits and figures. */
size_t arena_bytes(const struct arena *arena);

/* Zeroed, aligned for any type; lives as long as the arena. */
void *arena_alloc(struct arena *arena, size_t n)
	__attribute__((returns_nonnull));
void *arena_calloc(struct arena *arena, size_t n, size_t size)
	__attribute__((returns_nonnull));
/* Copies with a NUL behind the last byte, so .p can serve as a C string where
   the bytes are known to hold no NUL. */
struct span arena_span(struct arena *arena, struct span s);
char *arena_str(struct arena *arena, const char *s);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
