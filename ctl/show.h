/*
 * show.h -- a decision for people (a table's row and notes) and for programs
 * (one JSON object per line). Pure but for what it is given.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "ctl/answer.h"
#include "ctl/table.h"

/* A table for answers and for requests without one. streaming: its rows are
   rendered one by one, as they come. */
struct table *show_table(bool streaming);
/* wide: what each perspective saw, and why, below the row. */
void show_row(struct table *table, const struct answer *answer, bool wide);
/* Below the table: what the letters mean. */
extern const char show_legend[];

/* A request that no decision came for. */
struct show_missing {
	struct span request_id;
	struct span target;
	const char *reason; /* "no-decision", "not-delivered", ... */
	struct span detail;
};
void show_missing_row(struct table *table, const struct show_missing *m);

/*
 * One line each, with its newline, ASCII-safe for a terminal:
 * {"request_id":..,"domain_or_ip_target":..,"outcome":..,"reason":..,
 *  "verified":..,"signed_by":..,"echo":..,"partition":..,"offset":..,
 *  "decision":{..}}
 * and for one that is missing outcome "not-completed" and "detail".
 */
void show_json(const struct answer *answer, struct buf *out);
void show_missing_json(const struct show_missing *m, struct buf *out);

/* The width to print at: the terminal's behind fd, else 0. */
size_t show_width(int fd);
/* Whether fd is a terminal that wants colours (NO_COLOR, TERM=dumb). */
bool show_colour(int fd);

#endif
