/*
 * span.h -- bytes that belong to somebody else, and bounded reads from them.
 *
 * A span never owns. It is valid as long as the record, arena or message that
 * its maker names. A cursor reads a span in order without ever leaving it: the
 * first read past the end marks it and returns zero, as does every read after.
 * A parser reads all its fields in a row and asks once.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t len;
};

/* A string literal as a span: SPAN("abc"), without its NUL. */
#define SPAN(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

static inline struct span span_of(const void *p, size_t len)
{
	return (struct span){ p, len };
}

/* Borrows the C string, without its NUL; NULL gives the empty span. */
static inline struct span span_str(const char *s)
{
	return (struct span){ (const uint8_t *)s, s != NULL ? strlen(s) : 0 };
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool span_is(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

/* ASCII case folded; for DNS names and HTTP header names. */
bool span_eq_nocase(struct span a, struct span b);

/* Byte order, shorter first on a common prefix: memcmp's sign. */
int span_cmp(struct span a, struct span b);

/* Offset of the first occurrence of needle, or -1; an empty needle is at 0. */
ptrdiff_t span_find(struct span hay, struct span needle);

static inline struct span span_sub(struct span s, size_t from, size_t len)
{
	if (from >= s.len)
		return (struct span){ s.p, 0 };
	if (len > s.len - from)
		len = s.len - from;
	return (struct span){ s.p + from, len };
}

/* printf("%.*s", SPAN_ARG(s)): only for bytes known to be printable. */
#define SPAN_ARG(s) (int)(s).len, (const char *)(s).p

struct cursor {
	struct span left;
	bool ran_out;
};

static inline struct span take(struct cursor *c, size_t n)
{
	struct span got = { c->left.p, n };

	if (c->ran_out || n > c->left.len) {
		c->ran_out = true;
		return (struct span){ NULL, 0 };
	}
	if (n > 0)
		c->left.p += n;
	c->left.len -= n;
	return got;
}

static inline uint8_t take_u8(struct cursor *c)
{
	struct span s = take(c, 1);

	return s.len == 1 ? s.p[0] : 0;
}

/* Network order. */
static inline uint16_t take_u16(struct cursor *c)
{
	struct span s = take(c, 2);

	return s.len == 2 ? (uint16_t)(s.p[0] << 8 | s.p[1]) : 0;
}

/* Network order. */
static inline uint32_t take_u32(struct cursor *c)
{
	struct span s = take(c, 4);

	return s.len == 4 ? (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 |
	                            (uint32_t)s.p[2] << 8 | s.p[3]
	                  : 0;
}

static inline struct span take_rest(struct cursor *c)
{
	return take(c, c->left.len);
}

#endif
