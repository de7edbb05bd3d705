/*
 * clock.h -- the two clocks, and one place where a lab may replace them.
 *
 * Wall time goes into records (milliseconds since the Unix epoch, UTC).
 * Monotonic time drives deadlines. Pure modules never call these: they take
 * the time as an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* Lab only: every later clock_wall_ms() is shifted by this much. */
void clock_shift_wall(int64_t by_ms);

enum { CLOCK_TEXT_MAX = 32 };

/* "2026-11-23T14:20:07.123Z" into out (at least CLOCK_TEXT_MAX); returns out.
 */
const char *clock_text(int64_t wall_ms, char *out, size_t room);

/* Parses exactly that form, with or without the fraction; false leaves *out. */
_Bool clock_parse(const char *text, int64_t *out_ms);

#endif
