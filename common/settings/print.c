#include "base/escape.h"
#include "settings/settings_internal.h"
#include "settings/version.h"

#include <string.h>

enum { COMMENT_WIDTH = 76 };

/* A comment block of whole words, indented like what it describes. */
static void print_comment(FILE *out, const char *indent, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (column > 0 && column + 1 + word > COMMENT_WIDTH) {
			(void)fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			(void)fprintf(out, "%s#", indent);
		(void)fprintf(out, " %.*s", (int)word, text);
		column += 1 + word;
		text += word;
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

static void print_doc(FILE *out, const char *indent, const struct item *item)
{
	const struct setting *row = item->row;
	struct buf facts = { 0 };

	print_comment(out, indent, row->doc);
	value_limits(&facts, row);
	if (row->fallback == NULL)
		buf_add_str(&facts, "; required");
	if (row->flags & SETTING_LAB_ONLY)
		buf_add_str(&facts, "; only with lab = yes");
	if (row->flags & SETTING_SECRET_FILE)
		buf_add_str(&facts, "; a file that others can't read");
	if (row->flags & SETTING_ENV) {
		buf_add_str(&facts, "; ");
		item_variable(&facts, item);
	}
	print_comment(out, indent, buf_cstr(&facts));
	buf_clear(&facts);
}

static void print_origin(FILE *out, const struct item *item)
{
	struct buf name = { 0 };

	if (item->from == FROM_ENVIRONMENT) {
		item_variable(&name, item);
		(void)fprintf(out, "  # environment, %s\n", buf_cstr(&name));
	} else if (item->from == FROM_DEFAULT) {
		(void)fputs("  # default\n", out);
	} else if (item->line > 0) {
		(void)fprintf(out, "  # file, line %d\n", item->line);
	} else {
		(void)fputs("  # file\n", out);
	}
	buf_clear(&name);
}

static void print_pairs(const struct settings *s, FILE *out,
                        const struct item *item)
{
	const struct setting_pairs *pairs = item_field(item);

	for (size_t i = 0; i < s->file.n_keys; i++) {
		const struct given *g = &s->file.keys[i];
		struct buf text = { 0 };
		bool here = false;

		for (size_t j = 0; j < pairs->n; j++)
			here = here || pairs->at[j].name == g->key;
		if (!here)
			continue;
		value_quote(&text, g->key);
		if (pair_is_secret(g->key)) {
			(void)fprintf(out, "\t# %s = (not shown)",
			              buf_cstr(&text));
		} else {
			buf_add_str(&text, " = ");
			value_quote(&text, g->n == 1 ? g->at[0] : "");
			(void)fprintf(out, "\t%s", buf_cstr(&text));
		}
		(void)fprintf(out, "  # file, line %d\n", g->line);
		buf_clear(&text);
	}
}

static void print_item(const struct settings *s, FILE *out, const char *indent,
                       const struct item *item)
{
	struct buf value = { 0 };

	print_doc(out, indent, item);
	if (item->row->kind == SETTING_PAIRS) {
		print_pairs(s, out, item);
		return;
	}
	value_print(&value, item);
	if (item->row->flags & SETTING_SECRET)
		(void)fprintf(out, "%s# %s = (not shown)", indent,
		              item->row->key);
	else
		(void)fprintf(out, "%s%s = %s", indent, item->row->key,
		              buf_cstr(&value));
	print_origin(out, item);
	buf_clear(&value);
}

static bool same(const char *a, const char *b)
{
	return span_eq(span_str(a), span_str(b));
}

/* The section's first row prints all of it: a section may be in one place of
   a file only, though not of a table. */
static void print_section(const struct settings *s, FILE *out, size_t first)
{
	const char *section = s->items[first].section;

	for (size_t i = 0; i < first; i++)
		if (s->items[i].title == NULL &&
		    same(s->items[i].section, section))
			return;
	(void)fprintf(out, "\n%s {\n", section);
	for (size_t i = first; i < s->n_items; i++)
		if (s->items[i].title == NULL &&
		    same(s->items[i].section, section))
			print_item(s, out, "\t", &s->items[i]);
	(void)fputs("}\n", out);
}

static void print_rows(const struct settings *s, FILE *out,
                       const struct item *rows)
{
	const char *open = NULL; /* the title whose section is open */

	(void)fputc('\n', out);
	print_doc(out, "", rows);
	for (size_t i = 0; i < s->n_items; i++) {
		const struct item *item = &s->items[i];
		struct buf title = { 0 };

		if (item->title == NULL ||
		    strcmp(item->section, rows->row->key) != 0)
			continue;
		if (open != item->title) {
			value_quote(&title, item->title);
			(void)fprintf(out, "%s%s %s {\n",
			              open != NULL ? "}\n" : "", item->section,
			              buf_cstr(&title));
			buf_clear(&title);
		}
		open = item->title;
		if (item->row->kind != SETTING_TITLE)
			print_item(s, out, "\t", item);
	}
	if (open != NULL)
		(void)fputs("}\n", out);
}

void settings_print(const struct settings *s, FILE *out)
{
	struct buf path = { 0 };

	escape_terminal(&path, span_str(s->path), SETTINGS_SHOWN_MAX);
	(void)fprintf(out, "# Effective settings, version %s; file: %s\n\n",
	              mpic_version(), buf_cstr(&path));
	buf_clear(&path);
	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].section == NULL &&
		    s->items[i].row->kind != SETTING_ROWS)
			print_item(s, out, "", &s->items[i]);
	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].section != NULL && s->items[i].title == NULL)
			print_section(s, out, i);
	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].row->kind == SETTING_ROWS)
			print_rows(s, out, &s->items[i]);
}
