#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_clear(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	if (n > SIZE_MAX / 2 - b->len)
		abort();
	if (b->p == NULL || b->room - b->len < n) {
		size_t room = b->room > 0 ? b->room : 64;

		while (room - b->len < n)
			room *= 2;
		b->p = xreallocarray(b->p, room, 1);
		b->room = room;
	}
	return b->p + b->len;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_reserve(b, len), p, len);
	b->len += len;
}

void buf_add_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.len);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_u8(struct buf *b, uint8_t byte)
{
	buf_add(b, &byte, 1);
}

void buf_add_u32(struct buf *b, uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
		             (uint8_t)(value >> 8), (uint8_t)value };

	buf_add(b, bytes, sizeof(bytes));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);

	if (len < 0)
		abort();
	(void)vsnprintf((char *)buf_reserve(b, (size_t)len + 1),
	                (size_t)len + 1, format, again);
	b->len += (size_t)len;
	va_end(again);
	va_end(args);
}

void buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
}

const char *buf_cstr(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return (const char *)b->p;
}
