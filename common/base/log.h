/*
 * log.h -- one JSON line per finished thing, on stderr.
 *
 * Event names are <module>_<thing>_<finished|started|refused|...>; fields
 * carry their unit in the name; "error" is absent on success. Foreign bytes
 * are escaped and cut here, so callers pass them raw. No secrets, no challenge
 * values, no contacts: digests and codes only.
 *
 *   log_info("worker_check_finished", F_SPAN("request_id", id),
 *            F_STR("class", "corroborated"), F_INT("took_ms", 12));
 *
 * Lines carry "<N>" prefixes for journald when stderr is not a terminal.
 * Not thread-safe by itself; each line is one write(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum log_kind { LOG_END, LOG_TEXT, LOG_NUMBER, LOG_FLAG };

struct log_field {
	const char *name;
	enum log_kind kind;
	struct span text;
	int64_t number;
};

#define F_SPAN(n, s) \
	{ \
		.name = (n), .kind = LOG_TEXT, .text = (s) \
	}
#define F_STR(n, s) \
	{ \
		.name = (n), .kind = LOG_TEXT, .text = span_str(s) \
	}
#define F_INT(n, v) \
	{ \
		.name = (n), .kind = LOG_NUMBER, .number = (int64_t)(v) \
	}
#define F_BOOL(n, v) \
	{ \
		.name = (n), .kind = LOG_FLAG, .number = (v) \
	}

/* Says who writes ("coordinator") and from which level on. program is kept. */
void log_open(const char *program, enum log_level level);
/* "error", "warn", "info", "debug"; false leaves *out. */
bool log_level_parse(const char *name, enum log_level *out);
bool log_enabled(enum log_level level);
/* Another descriptor than 2, for tests. */
void log_to_fd(int fd);

/* fields ends with a zeroed one. */
void log_write(enum log_level level, const char *event,
               const struct log_field *fields);

#define LOG_FIELDS(...) \
	((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_error(event, ...) \
	log_write(LOG_ERROR, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...) \
	log_write(LOG_WARN, (event), LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...) \
	log_write(LOG_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_debug(event, ...) \
	do { \
		if (log_enabled(LOG_DEBUG)) \
			log_write(LOG_DEBUG, (event), \
			          LOG_FIELDS(__VA_ARGS__)); \
	} while (0)

#endif
