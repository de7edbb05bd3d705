/*
 * offsets.h -- which requests of a partition are finished, and so from where a
 * successor must read. Pure.
 *
 * The low-water mark is the offset of the first request that is not finished
 * (design, section 6). Requests are begun in offset order, finished in any
 * order. A request goes open -> staged (its answer is in the transaction in
 * flight) -> finished, or back to open when that transaction is aborted.
 */
#ifndef COORDINATOR_OFFSETS_H
#define COORDINATOR_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offsets;

/* first: the offset from which requests are read. */
struct offsets *offsets_new(int64_t first);
void offsets_free(struct offsets **o);

/* A request was read. Asserts that offsets rise; gaps are allowed (control
   records, compaction). */
void offsets_begin(struct offsets *o, int64_t offset);
/* A request was read whose answer is on the log already. */
void offsets_pass(struct offsets *o, int64_t offset);
/* Its answer goes into the next transaction. */
void offsets_stage(struct offsets *o, int64_t offset);
/* The transaction committed, or was aborted: all staged are finished, or open
   again. */
void offsets_commit(struct offsets *o);
void offsets_abort(struct offsets *o);

/* The mark if everything staged were finished: what a transaction carries. */
int64_t offsets_mark(const struct offsets *o);
/* Behind the newest request read. */
int64_t offsets_next(const struct offsets *o);
/* Requests begun and neither staged nor finished. */
size_t offsets_open(const struct offsets *o);
/* Entries held: requests between the mark and the newest one read. */
size_t offsets_span(const struct offsets *o);

#endif
