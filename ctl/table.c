#include "ctl/table.h"

#include "base/escape.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum {
	CELL_MAX = 2048, /* bytes shown of one cell or note */
	GAP = 2,
	NOTE_INDENT = 4,
	COLUMN_LEAST = 6, /* no column is squeezed below it */
};

struct line {
	bool is_note;
	enum table_tone tone;
	struct buf cells[TABLE_COLUMNS_MAX]; /* escaped; a note: [0] */
	struct line *next;
};

struct table {
	const char *const *titles;
	size_t columns;
	size_t toned;
	const size_t *fixed; /* NULL: as wide as the cells */
	bool headed;         /* its heading was forgotten with earlier rows */
	size_t rows;
	struct line *first, **end;
};

/* -- how wide text is -- */

/* A code point, or the byte itself where it is none: escaped text has only
   good ones. */
static uint32_t next_char(struct span *s)
{
	uint8_t lead = s->p[0];
	size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? lead : lead & (0x7fU >> len);

	if (len > s->len)
		len = s->len;
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s->p[i] & 0x3f);
	*s = span_sub(*s, len, s->len);
	return c;
}

static bool is_in(uint32_t c, const uint32_t (*ranges)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	}
	return false;
}

/* Roughly Unicode's East Asian Width and combining marks: enough that columns
   stay in line for names that are seen. */
static size_t char_width(uint32_t c)
{
	static const uint32_t none[][2] = {
		{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
		{ 0x064b, 0x065f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
		{ 0x20d0, 0x20ff }, { 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
	};
	static const uint32_t two[][2] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },
		{ 0x3041, 0xa4cf },   { 0xa960, 0xa97f },
		{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};

	if (is_in(c, none, sizeof(none) / sizeof(none[0])))
		return 0;
	return is_in(c, two, sizeof(two) / sizeof(two[0])) ? 2 : 1;
}

size_t table_text_width(struct span text)
{
	size_t width = 0;

	while (text.len > 0)
		width += char_width(next_char(&text));
	return width;
}

/* -- rows -- */

struct table *table_new(const char *const *titles, size_t columns, size_t toned)
{
	struct table *t = xzalloc(sizeof(*t));

	assert(columns > 0 && columns <= TABLE_COLUMNS_MAX && toned < columns);
	t->titles = titles;
	t->columns = columns;
	t->toned = toned;
	t->end = &t->first;
	return t;
}

static void drop_lines(struct table *t)
{
	struct line *next;

	for (struct line *l = t->first; l != NULL; l = next) {
		next = l->next;
		for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
			buf_clear(&l->cells[i]);
		free(l);
	}
	t->first = NULL;
	t->end = &t->first;
	t->rows = 0;
}

void table_free(struct table **table)
{
	if (*table == NULL)
		return;
	drop_lines(*table);
	free(*table);
	*table = NULL;
}

void table_reset(struct table *table)
{
	table->headed = table->headed || table->rows > 0;
	drop_lines(table);
}

static struct line *append(struct table *t)
{
	struct line *l = xzalloc(sizeof(*l));

	*t->end = l;
	t->end = &l->next;
	return l;
}

void table_add(struct table *table, const struct span *cells,
               enum table_tone tone)
{
	struct line *l = append(table);

	l->tone = tone;
	for (size_t i = 0; i < table->columns; i++)
		escape_terminal(&l->cells[i], cells[i], CELL_MAX);
	table->rows++;
}

void table_note(struct table *table, struct span note)
{
	struct line *l = append(table);

	l->is_note = true;
	escape_terminal(&l->cells[0], note, CELL_MAX);
}

size_t table_rows(const struct table *table)
{
	return table->rows;
}

void table_fix(struct table *table, const size_t *widths)
{
	table->fixed = widths;
}

/* -- layout -- */

static size_t total_width(const size_t *widths, size_t columns)
{
	size_t total = (columns - 1) * GAP;

	for (size_t i = 0; i < columns; i++)
		total += widths[i];
	return total;
}

static void fixed_widths(const struct table *t, size_t room, size_t *widths)
{
	size_t total;

	for (size_t i = 0; i < t->columns; i++)
		widths[i] = t->fixed[i];
	total = total_width(widths, t->columns);
	if (total < room)
		widths[t->columns - 1] += room - total;
}

static void natural_widths(const struct table *t, size_t *widths)
{
	for (size_t i = 0; i < t->columns; i++)
		widths[i] = strlen(t->titles[i]);
	for (const struct line *l = t->first; l != NULL; l = l->next) {
		for (size_t i = 0; !l->is_note && i < t->columns; i++) {
			size_t w = table_text_width(buf_span(&l->cells[i]));

			if (w > widths[i])
				widths[i] = w;
		}
	}
}

/* Takes from the widest column, one by one, until it fits. */
static void squeeze(size_t *widths, size_t columns, size_t most)
{
	while (total_width(widths, columns) > most) {
		size_t widest = 0;

		for (size_t i = 1; i < columns; i++) {
			if (widths[i] > widths[widest])
				widest = i;
		}
		if (widths[widest] <= COLUMN_LEAST)
			return;
		widths[widest]--;
	}
}

/* The next piece of *rest that fits: up to the last blank, or cut hard. */
static struct span take_piece(struct span *rest, size_t width)
{
	struct span left = *rest;
	size_t used = 0, fits = 0, blank = 0;
	bool cut = false;

	while (left.len > 0) {
		size_t at = rest->len - left.len;
		bool is_blank = left.p[0] == ' ';
		size_t w = char_width(next_char(&left));

		cut = used + w > width && fits > 0;
		if (cut)
			break;
		if (is_blank)
			blank = at;
		used += w;
		fits = rest->len - left.len;
	}
	if (cut && rest->p[fits] != ' ' && blank > 0)
		fits = blank;
	struct span piece = span_sub(*rest, 0, fits);

	*rest = span_sub(*rest, fits, rest->len);
	if (rest->len > 0 && rest->p[0] == ' ')
		*rest = span_sub(*rest, 1, rest->len);
	return piece;
}

static void pad(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_add_u8(out, ' ');
}

static void trim_line(struct buf *out)
{
	while (out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	buf_add_u8(out, '\n');
}

static const char *tone_begin(enum table_tone tone)
{
	switch (tone) {
	case TONE_GOOD: return "\033[32m";
	case TONE_BAD: return "\033[31m";
	case TONE_ODD: return "\033[33m";
	case TONE_PLAIN: break;
	}
	return NULL;
}

static void add_piece(struct buf *out, struct span piece, const char *tone)
{
	if (tone != NULL)
		buf_add_str(out, tone);
	buf_add_span(out, piece);
	if (tone != NULL)
		buf_add_str(out, "\033[0m");
}

static void render_row(const struct table *t, const struct span *cells,
                       const size_t *widths, const char *tone, struct buf *out)
{
	struct span rest[TABLE_COLUMNS_MAX];
	bool more = true;

	for (size_t i = 0; i < t->columns; i++)
		rest[i] = cells[i];
	while (more) {
		more = false;
		for (size_t i = 0; i < t->columns; i++) {
			struct span piece = take_piece(&rest[i], widths[i]);

			add_piece(out, piece, i == t->toned ? tone : NULL);
			if (i + 1 < t->columns)
				pad(out,
				    widths[i] + GAP - table_text_width(piece));
			more = more || rest[i].len > 0;
		}
		trim_line(out);
	}
}

static void render_note(struct span note, size_t width, struct buf *out)
{
	size_t room = SIZE_MAX;

	if (width > NOTE_INDENT + COLUMN_LEAST)
		room = width - NOTE_INDENT;
	do {
		pad(out, NOTE_INDENT);
		buf_add_span(out, take_piece(&note, room));
		trim_line(out);
	} while (note.len > 0);
}

void table_render(const struct table *table, const struct table_look *look,
                  struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };
	struct span cells[TABLE_COLUMNS_MAX];

	if (table->fixed != NULL)
		fixed_widths(table, look->width, widths);
	else
		natural_widths(table, widths);
	if (look->width > 0)
		squeeze(widths, table->columns, look->width);
	for (size_t i = 0; i < table->columns; i++)
		cells[i] = span_str(table->titles[i]);
	if (!table->headed)
		render_row(table, cells, widths, NULL, out);
	for (const struct line *l = table->first; l != NULL; l = l->next) {
		if (l->is_note) {
			render_note(buf_span(&l->cells[0]), look->width, out);
			continue;
		}
		for (size_t i = 0; i < table->columns; i++)
			cells[i] = buf_span(&l->cells[i]);
		render_row(table, cells, widths,
		           look->colour ? tone_begin(l->tone) : NULL, out);
	}
}
