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

_Bool clock_parse(const char *text, int64_t *out_ms)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms = 0;

	if (rest == NULL)
		return 0;
	if (*rest == '.') {
		for (int64_t unit = 100; unit > 0; unit /= 10) {
			rest++;
			if (*rest < '0' || *rest > '9')
				return 0;
			ms += unit * (*rest - '0');
		}
		rest++;
	}
	if (rest[0] != 'Z' || rest[1] != '\0')
		return 0;
	*out_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return 1;
}
