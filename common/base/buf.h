/*
 * buf.h -- a growing run of bytes, owned by whoever embeds it.
 *
 * Start from {0}; end with buf_clear(). Growth that cannot be had ends the
 * process (mem.h), so appends return nothing.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
	uint8_t *p;
	size_t len;
	size_t room;
};

void buf_clear(struct buf *b);
/* Room for n more bytes; returns where they go. The caller adds to len. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_add_span(struct buf *b, struct span s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_u8(struct buf *b, uint8_t byte);
/* Network order. */
void buf_add_u32(struct buf *b, uint32_t value);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);

/* What is in it now; valid until the next change. */
static inline struct span buf_span(const struct buf *b)
{
	return span_of(b->p, b->len);
}

/* The bytes as a C string (a NUL is kept behind them); until the next change.
 */
const char *buf_cstr(struct buf *b);

#endif
