/*
 * text.h -- strict numbers and text forms; what is not exactly right is
 * refused.
 *
 * On refusal outputs are untouched.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include "base/span.h"

static inline uint8_t ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static inline bool ascii_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_alnum(uint8_t c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c);
}

/* ASCII letters in lower case, a NUL behind the last; freed with free(). */
uint8_t *text_lower(struct span s) __attribute__((malloc, returns_nonnull));

/* Decimal digits only, no sign, no leading zero unless "0", at most max. */
bool text_u64(struct span s, uint64_t max, uint64_t *out);

/* "250ms", "10s", "5m", "2h", "30d": digits and one unit, to milliseconds. */
bool text_duration_ms(struct span s, int64_t *out_ms);

/* Lower-case hex. */
void text_hex(struct buf *out, struct span bytes);
/* out holds 2 * bytes.len + 1. */
void text_hex_cstr(char *out, struct span bytes);
/* Accepts both cases, an even length only. out holds s.len / 2 bytes. */
bool text_unhex(struct span s, uint8_t *out);

/* RFC 4648 section 4, padded. */
void text_base64(struct buf *out, struct span bytes);
/* RFC 4648 section 5, no padding. */
void text_base64url(struct buf *out, struct span bytes);
/* Strict: canonical padding, no white space, no stray bits. Appends to out. */
bool text_unbase64(struct span s, struct buf *out);
/* Strict: no padding, no stray bits. Appends to out. */
bool text_unbase64url(struct span s, struct buf *out);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(struct span s);

#endif
