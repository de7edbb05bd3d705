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
	char context[256];
	struct err whole;
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	(void)vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	(void)snprintf(whole.text, sizeof(whole.text), "%s: %.*s", context,
	               (int)(sizeof(whole.text) - sizeof(context) - 3),
	               err->text);
	*err = whole;
	return -1;
}
