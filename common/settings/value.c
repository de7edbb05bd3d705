#include "base/escape.h"
#include "base/text.h"
#include "settings/settings_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct size_unit {
	const char *word;
	int64_t bytes;
} size_units[] = {
	{ "GiB", INT64_C(1) << 30 },
	{ "MiB", INT64_C(1) << 20 },
	{ "KiB", INT64_C(1) << 10 },
	{ "B", 1 },
};

static const struct duration_unit {
	const char *word;
	int64_t ms;
} duration_units[] = {
	{ "d", INT64_C(24) * 3600 * 1000 },
	{ "h", INT64_C(3600) * 1000 },
	{ "m", INT64_C(60) * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Whole digits before a decimal point and after it: what a double keeps. */
enum { REAL_WHOLE_MAX = 6, REAL_FRACTION_MAX = 9 };

static const int64_t SIZE_COUNT_MAX = INT64_C(1) << 32;

bool text_is_clean(const char *text, bool lines_too)
{
	struct span s = span_str(text);

	for (size_t i = 0; i < s.len; i++) {
		if (lines_too && (s.p[i] == '\n' || s.p[i] == '\t'))
			continue;
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	}
	return text_is_utf8(s);
}

static bool parse_size(struct span s, int64_t *out)
{
	size_t digits = 0;
	uint64_t count;

	while (digits < s.len && ascii_is_digit(s.p[digits]))
		digits++;
	if (!text_u64(span_sub(s, 0, digits), (uint64_t)SIZE_COUNT_MAX, &count))
		return false;
	for (size_t i = 0; i < COUNT(size_units); i++) {
		if (span_is(span_sub(s, digits, s.len), size_units[i].word)) {
			*out = (int64_t)count * size_units[i].bytes;
			return true;
		}
	}
	return false;
}

static bool parse_int(struct span s, int64_t *out)
{
	bool minus = s.len > 1 && s.p[0] == '-';
	uint64_t value;

	if (!text_u64(span_sub(s, minus, s.len), INT64_MAX, &value))
		return false;
	*out = minus ? -(int64_t)value : (int64_t)value;
	return true;
}

/* -?digits[.digits]: no exponent, no hex, no "nan", no locale. */
static bool parse_real(struct span s, double *out)
{
	size_t minus = s.len > 0 && s.p[0] == '-';
	size_t i = minus;
	size_t whole;
	size_t fraction = 0;

	while (i < s.len && ascii_is_digit(s.p[i]))
		i++;
	whole = i - minus;
	if (i < s.len && s.p[i] == '.') {
		fraction = s.len - i - 1;
		if (fraction == 0)
			return false;
		for (i++; i < s.len && ascii_is_digit(s.p[i]);)
			i++;
	}
	if (i != s.len || whole == 0 || whole > REAL_WHOLE_MAX ||
	    fraction > REAL_FRACTION_MAX)
		return false;
	*out = strtod((const char *)s.p, NULL);
	return true;
}

static bool parse_bool(struct span s, bool *out)
{
	if (!span_is(s, "yes") && !span_is(s, "no"))
		return false;
	*out = span_is(s, "yes");
	return true;
}

static void print_int(struct buf *out, int64_t value)
{
	buf_printf(out, "%lld", (long long)value);
}

static void print_duration(struct buf *out, int64_t ms)
{
	const struct duration_unit *unit = duration_units;

	while (unit->ms > 1 && (ms == 0 ? unit->ms != 1000 : ms % unit->ms))
		unit++;
	print_int(out, ms / unit->ms);
	buf_add_str(out, unit->word);
}

static void print_size(struct buf *out, int64_t bytes)
{
	const struct size_unit *unit = size_units;

	while (unit->bytes > 1 && (bytes == 0 || bytes % unit->bytes))
		unit++;
	print_int(out, bytes / unit->bytes);
	buf_add_str(out, unit->word);
}

/* As few digits as give the same number back. */
static void print_real(struct buf *out, double value)
{
	char text[64];
	double again = 0;

	for (int digits = 0; digits <= REAL_FRACTION_MAX; digits++) {
		(void)snprintf(text, sizeof(text), "%.*f", digits, value);
		again = strtod(text, NULL);
		if (again >= value && again <= value)
			break;
	}
	buf_add_str(out, text);
}

static void limits_of(struct buf *out, const struct setting *row,
                      void (*print)(struct buf *, int64_t))
{
	print(out, row->least);
	buf_add_str(out, " to ");
	print(out, row->most);
}

void value_limits(struct buf *out, const struct setting *row)
{
	switch (row->kind) {
	case SETTING_TEXT:
	case SETTING_TITLE:
		buf_add_str(out, "text of ");
		limits_of(out, row, print_int);
		buf_add_str(out, " bytes");
		return;
	case SETTING_INT:
		buf_add_str(out, "whole number from ");
		limits_of(out, row, print_int);
		return;
	case SETTING_REAL:
		buf_add_str(out, "number from ");
		limits_of(out, row, print_int);
		return;
	case SETTING_DURATION:
		buf_add_str(out, "duration from ");
		limits_of(out, row, print_duration);
		return;
	case SETTING_SIZE:
		buf_add_str(out, "size from ");
		limits_of(out, row, print_size);
		return;
	case SETTING_LIST:
		buf_add_str(out, "list of ");
		limits_of(out, row, print_int);
		return;
	case SETTING_PAIRS:
	case SETTING_ROWS:
		limits_of(out, row, print_int);
		buf_add_str(out, " of them");
		return;
	case SETTING_ENUM:
		for (size_t i = 0; row->choices[i].word != NULL; i++)
			buf_printf(out, "%s%s", i > 0 ? " | " : "",
			           row->choices[i].word);
		return;
	case SETTING_BOOL:
	case SETTING_LAB: buf_add_str(out, "yes | no"); return;
	case SETTING_TABLE:
	case SETTING_END: return;
	}
}

/* 'VALUE PROBLEM; wanted: LIMITS' */
static int refuse(const struct setting *row, const char *value,
                  const char *problem, struct err *why)
{
	struct buf shown = { 0 };
	struct buf limits = { 0 };

	if (row->flags & SETTING_SECRET) {
		buf_add_str(&shown, "(not shown)");
	} else {
		buf_add_u8(&shown, '"');
		escape_terminal(&shown, span_str(value), SETTINGS_SHOWN_MAX);
		buf_add_u8(&shown, '"');
	}
	value_limits(&limits, row);
	err_set(why, "%s %s; wanted: %s", buf_cstr(&shown), problem,
	        buf_cstr(&limits));
	buf_clear(&shown);
	buf_clear(&limits);
	return -1;
}

static int check_secret_file(const char *path, struct err *why)
{
	struct stat st;

	if (path[0] == '\0')
		return 0;
	if (path[0] != '/')
		return err_set(why, "\"%s\" is not an absolute path", path);
	if (stat(path, &st) != 0)
		return err_set(why, "\"%s\": %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(why, "\"%s\" is not a regular file", path);
	/* who runs as root may read all: access(2) would not tell a stranger's
	   file from ours, the mode does */
	if (st.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO))
		return err_set(why,
		               "\"%s\" holds a secret and its mode is %03o; "
		               "wanted: 400, 600, 440 or 640",
		               path, (unsigned)st.st_mode & 0777U);
	if (access(path, R_OK) != 0)
		return err_set(why, "\"%s\": %s", path, strerror(errno));
	return 0;
}

static int set_text(struct arena *arena, const struct item *item,
                    const char *text, struct err *why)
{
	const struct setting *row = item->row;
	const char **field = item_field(item);
	int64_t len = (int64_t)strlen(text);

	if (!text_is_clean(text, false))
		return refuse(row, text, "is not clean text", why);
	if (len < row->least || len > row->most)
		return refuse(row, text,
		              len == 0 ? "is empty" : "has a wrong length",
		              why);
	if ((row->flags & SETTING_SECRET_FILE) &&
	    check_secret_file(text, why) != 0)
		return -1;
	*field = arena_str(arena, text);
	return 0;
}

static int set_number(const struct item *item, const char *text,
                      bool (*parse)(struct span, int64_t *), struct err *why)
{
	const struct setting *row = item->row;
	int64_t *field = item_field(item);
	int64_t value;

	if (!parse(span_str(text), &value))
		return refuse(row, text, "is not understood", why);
	if (value < row->least || value > row->most)
		return refuse(row, text, "is out of limits", why);
	*field = value;
	return 0;
}

static int set_real(const struct item *item, const char *text, struct err *why)
{
	const struct setting *row = item->row;
	double *field = item_field(item);
	double value;

	if (!parse_real(span_str(text), &value))
		return refuse(row, text, "is not understood", why);
	if (value < (double)row->least || value > (double)row->most)
		return refuse(row, text, "is out of limits", why);
	*field = value;
	return 0;
}

static int set_bool(const struct item *item, const char *text, struct err *why)
{
	if (!parse_bool(span_str(text), item_field(item)))
		return refuse(item->row, text, "is not understood", why);
	return 0;
}

static int set_enum(const struct item *item, const char *text, struct err *why)
{
	const struct setting_choice *c = item->row->choices;

	for (; c->word != NULL; c++) {
		if (strcmp(c->word, text) == 0) {
			memcpy(item_field(item), &c->value, sizeof(c->value));
			return 0;
		}
	}
	return refuse(item->row, text, "is not one of the choices", why);
}

static int set_list(struct arena *arena, const struct item *item,
                    const char *const *at, size_t n, struct err *why)
{
	const struct setting *row = item->row;
	struct setting_list *field = item_field(item);
	const char **copy = arena_calloc(arena, n + 1, sizeof(*copy));
	struct buf limits = { 0 };

	if ((int64_t)n < row->least || (int64_t)n > row->most) {
		value_limits(&limits, row);
		err_set(why, "has %zu elements; wanted: %s", n,
		        buf_cstr(&limits));
		buf_clear(&limits);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (at[i][0] == '\0' || !text_is_clean(at[i], false))
			return refuse(row, at[i], "can't be an element", why);
		copy[i] = arena_str(arena, at[i]);
	}
	field->at = copy;
	field->n = n;
	return 0;
}

int value_set(struct arena *arena, const struct item *item,
              const char *const *at, size_t n, struct err *why)
{
	if (item->row->kind == SETTING_LIST)
		return set_list(arena, item, at, n, why);
	if (n != 1)
		return err_set(why, "takes one value");
	switch (item->row->kind) {
	case SETTING_TEXT:
	case SETTING_TITLE: return set_text(arena, item, at[0], why);
	case SETTING_INT: return set_number(item, at[0], parse_int, why);
	case SETTING_DURATION:
		return set_number(item, at[0], text_duration_ms, why);
	case SETTING_SIZE: return set_number(item, at[0], parse_size, why);
	case SETTING_REAL: return set_real(item, at[0], why);
	case SETTING_ENUM: return set_enum(item, at[0], why);
	case SETTING_BOOL:
	case SETTING_LAB: return set_bool(item, at[0], why);
	case SETTING_LIST:
	case SETTING_PAIRS:
	case SETTING_ROWS:
	case SETTING_TABLE:
	case SETTING_END: break;
	}
	return err_set(why, "takes no value");
}

int value_set_text(struct arena *arena, const struct item *item,
                   const char *text, struct err *why)
{
	const char **at;
	size_t n = 0;

	if (item->row->kind != SETTING_LIST)
		return value_set(arena, item, &text, 1, why);
	at = arena_calloc(arena, strlen(text) + 1, sizeof(*at));
	while (text[0] != '\0') {
		size_t len = strcspn(text, ",");

		at[n++] = (const char *)arena_span(arena, span_of(text, len)).p;
		text += len;
		if (text[0] == ',' && text[1] == '\0')
			at[n++] = ""; /* refused like any empty element */
		text += text[0] == ',';
	}
	return value_set(arena, item, at, n, why);
}

void value_quote(struct buf *out, const char *text)
{
	buf_add_u8(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_add_str(out, "\\n");
		else if (*text == '\t')
			buf_add_str(out, "\\t");
		else if (*text == '"' || *text == '\\' || *text == '$')
			buf_printf(out, "\\%c", *text);
		else
			buf_add_u8(out, (uint8_t)*text);
	}
	buf_add_u8(out, '"');
}

static void print_list(struct buf *out, const struct setting_list *list)
{
	buf_add_str(out, "{");
	for (size_t i = 0; i < list->n; i++) {
		buf_add_str(out, i > 0 ? ", " : " ");
		value_quote(out, list->at[i]);
	}
	buf_add_str(out, list->n > 0 ? " }" : "}");
}

static void print_enum(struct buf *out, const struct setting *row, int value)
{
	const struct setting_choice *c = row->choices;

	while (c->word != NULL && c->value != value)
		c++;
	buf_add_str(out, c->word != NULL ? c->word : "\"\"");
}

void value_print(struct buf *out, const struct item *item)
{
	const void *field = item_field(item);

	switch (item->row->kind) {
	case SETTING_TEXT:
	case SETTING_TITLE:
		value_quote(out, *(const char *const *)field);
		return;
	case SETTING_INT: print_int(out, *(const int64_t *)field); return;
	case SETTING_DURATION:
		print_duration(out, *(const int64_t *)field);
		return;
	case SETTING_SIZE: print_size(out, *(const int64_t *)field); return;
	case SETTING_REAL: print_real(out, *(const double *)field); return;
	case SETTING_ENUM:
		print_enum(out, item->row, *(const int *)field);
		return;
	case SETTING_BOOL:
	case SETTING_LAB:
		buf_add_str(out, *(const bool *)field ? "yes" : "no");
		return;
	case SETTING_LIST: print_list(out, field); return;
	case SETTING_PAIRS:
	case SETTING_ROWS:
	case SETTING_TABLE:
	case SETTING_END: return;
	}
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s);
	size_t m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

bool pair_is_secret(const char *name)
{
	static const char *const endings[] = {
		"password",
		"secret",
		"pem",
		"sasl.jaas.config",
		"sasl.oauthbearer.config",
	};

	for (size_t i = 0; i < COUNT(endings); i++)
		if (ends_with(name, endings[i]))
			return true;
	return false;
}
