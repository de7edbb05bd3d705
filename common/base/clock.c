#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t shift_ms;

static int64_t read_us(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000 + shift_ms;
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

void clock_shift_wall(int64_t by_ms)
{
	shift_ms = by_ms;
}

const char *clock_text(int64_t wall_ms, char *out, size_t room)
{
	int64_t ms = wall_ms % 1000;
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char date[24];

	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		(void)snprintf(date, sizeof(date), "out-of-range");
	(void)snprintf(out, room, "%s.%03dZ", date, (int)ms);
	return out;
}

/* Exactly `count` digits at text, or -1; never reads past the NUL. */
static int digits(const char *text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* strptime() alone takes blanks, signs and short numbers, and timegm() makes
   March of the 30th of February: so the form is checked before, the date by
   going back. */
_Bool clock_parse(const char *text, int64_t *out_ms)
{
	static const char form[] = "0000-00-00T00:00:00";
	struct tm tm = { 0 };
	int ms = 0;

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == '0' ? digits(text + i, 1) < 0
		                   : text[i] != form[i])
			return 0;
	}
	const char *rest = text + sizeof(form) - 1;

	if (*rest == '.') {
		ms = digits(rest + 1, 3);
		if (ms < 0)
			return 0;
		rest += 4;
	}
	if (rest[0] != 'Z' || rest[1] != '\0')
		return 0;
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	tm.tm_hour = digits(text + 11, 2);
	tm.tm_min = digits(text + 14, 2);
	tm.tm_sec = digits(text + 17, 2);
	struct tm asked = tm;
	int64_t seconds = (int64_t)timegm(&tm);

	if (tm.tm_mon != asked.tm_mon || tm.tm_mday != asked.tm_mday ||
	    tm.tm_hour != asked.tm_hour || tm.tm_min != asked.tm_min ||
	    tm.tm_sec != asked.tm_sec)
		return 0;
	*out_ms = seconds * 1000 + ms;
	return 1;
}
