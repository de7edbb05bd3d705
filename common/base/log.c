#include "base/log.h"

#include "base/clock.h"
#include "base/escape.h"

#include <unistd.h>

enum { LOG_VALUE_MAX = 512 }; /* bytes of one foreign text that are shown */

static struct {
	const char *program;
	enum log_level level;
	int fd;
	bool prefix;
} out = { "mpic", LOG_INFO, STDERR_FILENO, false };

static const char *const names[] = { "error", "warn", "info", "debug" };

void log_open(const char *program, enum log_level level)
{
	out.program = program;
	out.level = level;
	out.prefix = isatty(out.fd) == 0;
}

bool log_level_parse(const char *name, enum log_level *level)
{
	for (int i = 0; i <= LOG_DEBUG; i++) {
		if (strcmp(name, names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_enabled(enum log_level level)
{
	return level <= out.level;
}

void log_to_fd(int fd)
{
	out.fd = fd;
}

static void add_field(struct buf *line, const struct log_field *f)
{
	buf_printf(line, ",\"%s\":", f->name);
	if (f->kind == LOG_NUMBER) {
		buf_printf(line, "%lld", (long long)f->number);
	} else if (f->kind == LOG_FLAG) {
		buf_add_str(line, f->number ? "true" : "false");
	} else {
		buf_add_u8(line, '"');
		escape_json(line, span_sub(f->text, 0,
		                           escape_cut(f->text, LOG_VALUE_MAX)));
		if (f->text.len > LOG_VALUE_MAX)
			buf_add_str(line, "...");
		buf_add_u8(line, '"');
	}
}

void log_write(enum log_level level, const char *event,
               const struct log_field *fields)
{
	static const int priority[] = { 3, 4, 6, 7 }; /* sd-daemon(3) */
	struct buf line = { 0 };
	char when[CLOCK_TEXT_MAX];

	if (!log_enabled(level))
		return;
	if (out.prefix)
		buf_printf(&line, "<%d>", priority[level]);
	buf_printf(&line,
	           "{\"ts\":\"%s\",\"level\":\"%s\",\"program\":\"%s\","
	           "\"pid\":%d,\"event\":\"%s\"",
	           clock_text(clock_wall_ms(), when, sizeof(when)),
	           names[level], out.program, (int)getpid(), event);
	for (; fields->kind != LOG_END; fields++)
		add_field(&line, fields);
	buf_add_str(&line, "}\n");
	/* a full or closed stderr must never stop the daemon */
	ssize_t ignored = write(out.fd, line.p, line.len);

	(void)ignored;
	buf_clear(&line);
}
