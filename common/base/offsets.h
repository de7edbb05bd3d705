/*
 * offsets.h -- which records of a partition are finished, and so from where a
 * successor must read. Pure.
 *
 * The low-water mark is the offset of the first record that is not finished
 * (design, sections 6 and 7). Records are begun in offset order, finished in
 * any order. One whose answer is acknowledged by itself goes open -> finished;
 * one whose answer goes into a transaction open -> staged -> finished, or back
 * to open when that transaction is aborted.
 */
#ifndef BASE_OFFSETS_H
#define BASE_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offsets;

/* first: the offset from which records are read. Free with offsets_free(),
   which takes *o, accepts NULL, leaves NULL. */
struct offsets *offsets_new(int64_t first);
void offsets_free(struct offsets **o);

/* A record was read. Asserts that offsets rise; gaps are allowed (control
   records, compaction). */
void offsets_begin(struct offsets *o, int64_t offset);
/* A record was read whose answer is on the log already. */
void offsets_pass(struct offsets *o, int64_t offset);
/* Its answer was acknowledged. Asserts that it is open. */
void offsets_finish(struct offsets *o, int64_t offset);
/* Its answer goes into the next transaction. */
void offsets_stage(struct offsets *o, int64_t offset);
/* The transaction committed, or was aborted: all staged are finished, or open
   again. */
void offsets_commit(struct offsets *o);
void offsets_abort(struct offsets *o);

/* The mark if everything staged were finished: what is committed. */
int64_t offsets_mark(const struct offsets *o);
/* Behind the newest record read. */
int64_t offsets_next(const struct offsets *o);
/* Records begun and neither staged nor finished. */
size_t offsets_open(const struct offsets *o);
/* Entries held: records between the mark and the newest one read. */
size_t offsets_span(const struct offsets *o);

#endif
