#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
	struct err whole;
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	int len = vsnprintf(whole.text, sizeof(whole.text), format, args);

	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(whole.text) - 1) {
		size_t room = sizeof(whole.text) - (size_t)len;
		int cut = (int)room - 3 > 0 ? (int)room - 3 : 0;

		(void)snprintf(whole.text + len, room, ": %.*s", cut,
		               err->text);
	}
	*err = whole;
	return -1;
}
