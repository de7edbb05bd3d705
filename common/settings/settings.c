#include "settings/settings.h"

#include "base/escape.h"
#include "base/log.h"
#include "base/text.h"
#include "settings/settings_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

const struct setting_choice setting_log_levels[] = {
	{ "error", LOG_ERROR },
	{ "warn", LOG_WARN },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
	{ 0 },
};

void item_name(struct buf *out, const struct item *item)
{
	if (item->title != NULL) {
		buf_printf(out, "%s \"", item->section);
		escape_terminal(out, span_str(item->title), SETTINGS_SHOWN_MAX);
		buf_add_str(out, "\" ");
	} else if (item->section != NULL) {
		buf_printf(out, "%s.", item->section);
	}
	buf_add_str(out, item->row->key);
}

static void add_capitals(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		uint8_t c = ascii_lower((uint8_t)*name);

		if (ascii_is_alpha(c))
			c = (uint8_t)(c - ('a' - 'A'));
		else if (!ascii_is_digit(c))
			c = '_';
		buf_add_u8(out, c);
	}
}

void item_variable(struct buf *out, const struct item *item)
{
	buf_add_str(out, "MPIC_");
	if (item->section != NULL) {
		add_capitals(out, item->section);
		buf_add_u8(out, '_');
	}
	add_capitals(out, item->row->key);
}

/* 'FILE:LINE: NAME: ' before what is in why. */
static int place(const struct settings *s, const struct item *item,
                 struct err *why)
{
	struct buf text = { 0 };

	if (item->from == FROM_ENVIRONMENT) {
		buf_add_str(&text, "environment, ");
		item_variable(&text, item);
	} else if (item->line > 0) {
		buf_printf(&text, "%s:%d", s->path, item->line);
	} else {
		buf_add_str(&text, s->path);
	}
	buf_add_str(&text, ": ");
	item_name(&text, item);
	err_prefix(why, "%s", buf_cstr(&text));
	buf_clear(&text);
	return -1;
}

static struct item *add_item(struct settings *s, const struct setting *row,
                             char *base)
{
	struct item *item;

	s->items = xreallocarray(s->items, s->n_items + 1, sizeof(*s->items));
	item = &s->items[s->n_items++];
	*item = (struct item){
		.row = row,
		.base = base,
		.section = row->section,
	};
	return item;
}

static void add_table(struct settings *s, const struct setting *row, char *base)
{
	for (; row->kind != SETTING_END; row++) {
		if (row->kind == SETTING_TABLE)
			add_table(s, row->table, base + row->offset);
		else
			add_item(s, row, base);
	}
}

/* Mistakes of ours in a table, found by the first test that loads it. */
static void assert_table(const struct settings *s)
{
	bool lab = false;
	bool lab_only = false;

	for (size_t i = 0; i < s->n_items; i++) {
		const struct setting *a = s->items[i].row;

		assert(a->key != NULL && a->doc != NULL);
		assert(a->kind != SETTING_TITLE);
		assert((a->kind == SETTING_ENUM) == (a->choices != NULL));
		assert(!(a->flags & SETTING_LAB_ONLY) || a->fallback != NULL);
		lab_only = lab_only || (a->flags & SETTING_LAB_ONLY) != 0;
		assert(!lab || a->kind != SETTING_LAB);
		lab = lab || a->kind == SETTING_LAB;
		for (size_t j = 0; j < i; j++) {
			const struct setting *b = s->items[j].row;

			assert(strcmp(a->key, b->key) != 0 ||
			       !span_eq(span_str(a->section),
			                span_str(b->section)));
		}
	}
	assert(lab || !lab_only);
	(void)lab;
	(void)lab_only;
}

static struct given *find_given(struct settings *s, const struct item *item)
{
	for (size_t i = 0; i < s->file.n_keys; i++) {
		struct given *g = &s->file.keys[i];

		if (g->instance == item->instance &&
		    span_eq(span_str(g->section), span_str(item->section)) &&
		    strcmp(g->key, item->row->key) == 0)
			return g;
	}
	return NULL;
}

static const char *find_variable(const char *name, char *const *env)
{
	size_t len = strlen(name);

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static int missing(const struct settings *s, const struct item *item,
                   struct err *why)
{
	struct buf limits = { 0 };

	value_limits(&limits, item->row);
	err_set(why, "is missing and has no default; wanted: %s",
	        buf_cstr(&limits));
	buf_clear(&limits);
	return place(s, item, why);
}

/* 0: no such variable; 1: set from it; -1: refused. */
static int set_from_env(struct settings *s, struct item *item, char *const *env,
                        struct err *why)
{
	struct buf name = { 0 };
	const char *text;

	if (item->title != NULL)
		return 0;
	item_variable(&name, item);
	text = find_variable(buf_cstr(&name), env);
	buf_clear(&name);
	if (text == NULL)
		return 0;
	item->from = FROM_ENVIRONMENT;
	if (!(item->row->flags & SETTING_ENV)) {
		err_set(why, "can only be set in the file");
		return place(s, item, why);
	}
	if (value_set_text(s->arena, item, text, why) != 0)
		return place(s, item, why);
	return 1;
}

static int set_item(struct settings *s, struct item *item, char *const *env,
                    struct err *why)
{
	struct given *g = find_given(s, item);
	const char *fallback = item->row->fallback;
	int rc;

	/* in the file it is checked even where the environment wins: what is
	   wrong there is wrong on the day the variable is gone */
	if (g != NULL) {
		g->used = true;
		item->from = FROM_FILE;
		item->line = g->line;
		if (value_set(s->arena, item, g->at, g->n, why) != 0)
			return place(s, item, why);
	}
	rc = set_from_env(s, item, env, why);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (g != NULL)
		return 0;
	if (fallback == NULL)
		return missing(s, item, why);
	rc = value_set_text(s->arena, item, fallback, why);
	return rc == 0 ? 0 : place(s, item, why);
}

static int check_count(const struct settings *s, const struct item *item,
                       size_t n, struct err *why)
{
	const struct setting *row = item->row;

	if ((int64_t)n >= row->least && (int64_t)n <= row->most)
		return 0;
	err_set(why, "%zu given; wanted: %lld to %lld", n,
	        (long long)row->least, (long long)row->most);
	return place(s, item, why);
}

static int set_pair(struct settings *s, struct item *item, struct given *g,
                    struct setting_pair *pair, struct err *why)
{
	g->used = true;
	item->from = FROM_FILE;
	*pair = (struct setting_pair){ g->key, g->n == 1 ? g->at[0] : "" };
	if (g->key[0] != '\0' && text_is_clean(g->key, false) &&
	    text_is_clean(pair->value, true))
		return 0;
	return err_set(why, "%s:%d: %s: a property is not clean text", s->path,
	               g->line, g->section);
}

/* After all rows with a key have taken theirs. */
static int set_pairs(struct settings *s, struct item *item, struct err *why)
{
	struct setting_pairs *field = item_field(item);
	struct setting_pair *at;
	size_t n = 0;

	at = arena_calloc(s->arena, s->file.n_keys + 1, sizeof(*at));
	for (size_t i = 0; i < s->file.n_keys; i++) {
		struct given *g = &s->file.keys[i];

		if (!g->used &&
		    span_eq(span_str(g->section), span_str(item->section)) &&
		    set_pair(s, item, g, &at[n++], why) != 0)
			return -1;
	}
	field->at = at;
	field->n = n;
	return check_count(s, item, n, why);
}

static int set_instance(struct settings *s, const struct setting *row,
                        const struct given_section *sec, char *base,
                        struct err *why)
{
	size_t first = s->n_items;

	add_table(s, row->table, base);
	for (size_t i = first; i < s->n_items; i++) {
		struct item *item = &s->items[i];

		item->section = sec->name;
		item->title = sec->title;
		item->instance = sec->instance;
		item->line = sec->end_line;
		if (item->row->kind != SETTING_TITLE) {
			if (set_item(s, item, NULL, why) != 0)
				return -1;
			continue;
		}
		item->from = FROM_FILE;
		if (value_set(s->arena, item, &sec->title, 1, why) != 0)
			return place(s, item, why);
	}
	return 0;
}

/* which: an index, since items move when the rows' own are added. */
static int set_rows(struct settings *s, size_t which, struct err *why)
{
	const struct setting *row = s->items[which].row;
	struct setting_rows *field = item_field(&s->items[which]);
	size_t n = 0;
	char *at;

	for (size_t i = 0; i < s->file.n_sections; i++)
		n += strcmp(s->file.sections[i].name, row->key) == 0;
	if (check_count(s, &s->items[which], n, why) != 0)
		return -1;
	s->items[which].from = n > 0 ? FROM_FILE : FROM_DEFAULT;
	at = arena_calloc(s->arena, n + 1, row->row_size);
	for (size_t i = 0; i < s->file.n_sections; i++) {
		const struct given_section *sec = &s->file.sections[i];

		if (strcmp(sec->name, row->key) != 0)
			continue;
		s->items[which].line = sec->end_line;
		if (set_instance(s, row, sec,
		                 at + sec->instance * row->row_size, why) != 0)
			return -1;
	}
	field->at = at;
	field->n = n;
	return 0;
}

static int set_all(struct settings *s, char *const *env, struct err *why)
{
	size_t n = s->n_items;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (s->items[i].row->kind != SETTING_ROWS &&
		    s->items[i].row->kind != SETTING_PAIRS)
			rc = set_item(s, &s->items[i], env, why);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (s->items[i].row->kind == SETTING_PAIRS)
			rc = set_pairs(s, &s->items[i], why);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (s->items[i].row->kind == SETTING_ROWS)
			rc = set_rows(s, i, why);
	return rc;
}

/* Compares as printed: that is the one form all kinds have. */
static bool is_default(struct settings *s, const struct item *item)
{
	struct setting alone = *item->row;
	struct item other = { .row = &alone };
	struct buf now = { 0 };
	struct buf before = { 0 };
	void *room[4] = { 0 }; /* the largest field: a list */
	bool same;

	static_assert(sizeof(room) >= sizeof(struct setting_list),
	              "room for a list");
	if (item->from == FROM_DEFAULT)
		return true;
	if (item->row->kind == SETTING_ROWS)
		return false;
	alone.offset = 0;
	other.base = (char *)room;
	if (value_set_text(s->arena, &other, item->row->fallback, NULL) != 0)
		return false;
	value_print(&now, item);
	value_print(&before, &other);
	same = span_eq(buf_span(&now), buf_span(&before));
	buf_clear(&now);
	buf_clear(&before);
	return same;
}

static int check_lab(struct settings *s, struct err *why)
{
	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].row->kind == SETTING_LAB &&
		    *(const bool *)item_field(&s->items[i]))
			return 0;
	for (size_t i = 0; i < s->n_items; i++) {
		const struct item *item = &s->items[i];

		if (!(item->row->flags & SETTING_LAB_ONLY) ||
		    is_default(s, item))
			continue;
		err_set(why, "is for a laboratory; needs lab = yes");
		return place(s, item, why);
	}
	return 0;
}

/* Only fields that the table names: the struct's size is not known here. */
static void zero_fields(struct settings *s)
{
	static const size_t sizes[] = {
		[SETTING_TEXT] = sizeof(char *),
		[SETTING_INT] = sizeof(int64_t),
		[SETTING_REAL] = sizeof(double),
		[SETTING_BOOL] = sizeof(bool),
		[SETTING_DURATION] = sizeof(int64_t),
		[SETTING_SIZE] = sizeof(int64_t),
		[SETTING_LIST] = sizeof(struct setting_list),
		[SETTING_ENUM] = sizeof(int),
		[SETTING_LAB] = sizeof(bool),
		[SETTING_PAIRS] = sizeof(struct setting_pairs),
		[SETTING_ROWS] = sizeof(struct setting_rows),
	};

	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].title == NULL)
			memset(item_field(&s->items[i]), 0,
			       sizes[s->items[i].row->kind]);
}

struct settings *settings_load(const struct setting *table, void *out,
                               const char *path, char *const *env,
                               struct err *why)
{
	struct settings *s = xzalloc(sizeof(*s));

	s->arena = arena_new();
	s->table = table;
	s->path = arena_str(s->arena, path);
	add_table(s, table, out);
	assert_table(s);
	zero_fields(s);
	if (file_read(s, why) != 0 || set_all(s, env, why) != 0 ||
	    check_lab(s, why) != 0) {
		zero_fields(s);
		settings_free(&s);
	}
	return s;
}

void settings_free(struct settings **slot)
{
	struct settings *s = *slot;

	if (s == NULL)
		return;
	*slot = NULL;
	arena_free(&s->arena);
	free(s->items);
	free(s);
}

static const struct item *find_item(const struct settings *s,
                                    const char *section, const char *title,
                                    const char *key)
{
	for (size_t i = 0; i < s->n_items; i++) {
		const struct item *item = &s->items[i];

		if (strcmp(item->row->key, key) == 0 &&
		    span_eq(span_str(item->section), span_str(section)) &&
		    span_eq(span_str(item->title), span_str(title)))
			return item;
	}
	return NULL;
}

int settings_refuse(const struct settings *s, struct err *why,
                    const char *section, const char *title, const char *key,
                    const char *format, ...)
{
	const struct item *item = find_item(s, section, title, key);
	char text[sizeof(why->text)];
	va_list ap;

	assert(item != NULL);
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	err_set(why, "%s", text);
	return place(s, item, why);
}
