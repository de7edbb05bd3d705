#include "tests/support/prom_check.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 128, SERIES_MAX = 2048, SERIES_LEN = 512 };

struct checker {
	char name[NAME_MAX_LEN]; /* of the block we are in */
	char type[16];
	bool helped;
	char blocks[SERIES_MAX / 8][NAME_MAX_LEN];
	size_t n_blocks;
	char (*series)[SERIES_LEN];
	size_t n_series;
	double bucket; /* last bucket's count */
	bool infinite; /* the bucket +Inf has come */
};

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static size_t name_len(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_"
	                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ:");
}

static const char *check_help(struct checker *c, const char *rest)
{
	size_t len = name_len(rest);

	if (len == 0 || len >= NAME_MAX_LEN || rest[len] != ' ')
		return "HELP without name or text";
	memcpy(c->name, rest, len);
	c->name[len] = '\0';
	for (size_t i = 0; i < c->n_blocks; i++)
		if (strcmp(c->blocks[i], c->name) == 0)
			return "a second block of one metric";
	memcpy(c->blocks[c->n_blocks++], c->name, len + 1);
	c->helped = true;
	c->type[0] = '\0';
	return NULL;
}

static const char *check_type(struct checker *c, const char *rest)
{
	size_t len = name_len(rest);

	if (!c->helped || strlen(c->name) != len || !starts(rest, c->name) ||
	    rest[len] != ' ')
		return "TYPE without its HELP";
	rest += len + 1;
	if (strcmp(rest, "counter") != 0 && strcmp(rest, "gauge") != 0 &&
	    strcmp(rest, "histogram") != 0)
		return "unknown TYPE";
	(void)snprintf(c->type, sizeof(c->type), "%s", rest);
	c->helped = false;
	return NULL;
}

/* Past {a="b",...}; NULL if it is not that. le gets the label le's value. */
static const char *skip_labels(const char *s, char *le, size_t room)
{
	for (s++;; s++) {
		size_t len = name_len(s);
		bool is_le = len == 2 && starts(s, "le");
		size_t at = 0;

		if (len == 0 || s[len] != '=' || s[len + 1] != '"')
			return NULL;
		for (s += len + 2; *s != '"'; s++) {
			if (*s == '\0' || (*s == '\\' && s[1] != '\\' &&
			                   s[1] != '"' && s[1] != 'n'))
				return NULL;
			if (is_le && at + 1 < room)
				le[at++] = *s;
			s += *s == '\\';
		}
		if (is_le)
			le[at] = '\0';
		s++;
		if (*s == '}')
			return s + 1;
		if (*s != ',')
			return NULL;
	}
}

static const char *check_value(const char *s, double *value)
{
	char *end;

	if (*s == '\0')
		return "no value";
	*value = strtod(s, &end);
	return *end == '\0' ? NULL : "a value that is no number";
}

static const char *check_histogram(struct checker *c, const char *suffix,
                                   const char *le, double value)
{
	if (strcmp(suffix, "_bucket") == 0) {
		if (le[0] == '\0')
			return "a bucket without le";
		if (value < c->bucket && !c->infinite)
			return "a bucket smaller than the one before";
		c->bucket = value;
		c->infinite = strcmp(le, "+Inf") == 0;
		return NULL;
	}
	if (strcmp(suffix, "_sum") == 0)
		return c->infinite ? NULL : "no bucket +Inf";
	if (strcmp(suffix, "_count") != 0)
		return "a sample that no histogram has";
	if (value < c->bucket || value > c->bucket)
		return "count and bucket +Inf differ";
	c->bucket = 0;
	c->infinite = false;
	return NULL;
}

static const char *check_unique(struct checker *c, const char *line, size_t len)
{
	if (len >= SERIES_LEN || c->n_series == SERIES_MAX)
		return "too much for this checker";
	for (size_t i = 0; i < c->n_series; i++)
		if (strlen(c->series[i]) == len &&
		    memcmp(c->series[i], line, len) == 0)
			return "a series twice";
	memcpy(c->series[c->n_series], line, len);
	c->series[c->n_series++][len] = '\0';
	return NULL;
}

static const char *check_sample(struct checker *c, const char *line)
{
	size_t len = name_len(line);
	const char *rest = line + len;
	char suffix[16] = "";
	char le[32] = "";
	const char *wrong;
	double value;

	if (c->type[0] == '\0' || !starts(line, c->name))
		return "a sample outside its block";
	(void)snprintf(suffix, sizeof(suffix), "%.*s",
	               (int)(len - strlen(c->name)), line + strlen(c->name));
	if (*rest == '{')
		rest = skip_labels(rest, le, sizeof(le));
	if (rest == NULL || *rest != ' ')
		return "malformed labels";
	wrong = check_unique(c, line, (size_t)(rest - line));
	if (wrong == NULL)
		wrong = check_value(rest + 1, &value);
	if (wrong != NULL)
		return wrong;
	if (strcmp(c->type, "histogram") == 0)
		return check_histogram(c, suffix, le, value);
	if (suffix[0] != '\0')
		return "a sample of another name";
	return strcmp(c->type, "counter") == 0 && value < 0
	               ? "a negative counter"
	               : NULL;
}

static const char *check_line(struct checker *c, const char *line)
{
	if (starts(line, "# HELP "))
		return check_help(c, line + 7);
	if (starts(line, "# TYPE "))
		return check_type(c, line + 7);
	return check_sample(c, line);
}

const char *prom_check(const char *text, size_t *line)
{
	struct checker *c = xzalloc(sizeof(*c));
	char *copy = xstrdup(text);
	const char *wrong = NULL;
	char *at = copy;

	c->series = xcalloc(SERIES_MAX, sizeof(*c->series));
	*line = 0;
	while (wrong == NULL && *at != '\0') {
		char *end = strchr(at, '\n');

		++*line;
		if (end == NULL) {
			wrong = "the last line has no end";
			break;
		}
		*end = '\0';
		wrong = check_line(c, at);
		at = end + 1;
	}
	free(c->series);
	free(c);
	free(copy);
	return wrong;
}
