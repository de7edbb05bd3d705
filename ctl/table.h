/*
 * table.h -- text in columns, for people.
 *
 * Every cell and note is foreign text until it is printed: escaped here, and
 * only here, so callers hand over raw bytes. Rows wrap inside their columns;
 * widths are counted as a terminal shows them. Pure.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "base/buf.h"

#include <stdbool.h>

struct table;

enum { TABLE_COLUMNS_MAX = 8 };

/* The colour of a row's cell in the toned column, where colours are wanted. */
enum table_tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_ODD };

/* titles: static. toned: which column shows a row's tone. */
struct table *table_new(const char *const *titles, size_t columns,
                        size_t toned);
/* Columns of these widths, whatever is in them, the last one wider where there
   is room: for rows that are rendered one by one. widths: static. */
void table_fix(struct table *table, const size_t *widths);
/* Takes *table, accepts NULL, leaves NULL. */
void table_free(struct table **table);

/* cells: one per column, copied. */
void table_add(struct table *table, const struct span *cells,
               enum table_tone tone);
/* A line below the last row, over all columns. */
void table_note(struct table *table, struct span note);
size_t table_rows(const struct table *table);
/* Forgets the rows; the next rendering has no heading. */
void table_reset(struct table *table);

struct table_look {
	size_t width; /* of the whole; 0: as wide as it needs */
	bool colour;
};

void table_render(const struct table *table, const struct table_look *look,
                  struct buf *out);

/* Columns that a terminal needs for escaped text (UTF-8). */
size_t table_text_width(struct span text);

#endif
