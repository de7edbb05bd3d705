/*
 * evidence_book.h -- evidence of one kind of check as it grows, within what a
 * Result can carry (read cap = evidence cap).
 *
 * Everything added is copied into the arena.
 */
#ifndef PROBE_EVIDENCE_BOOK_H
#define PROBE_EVIDENCE_BOOK_H

#include "wire/evidence.h"
#include "wire/result.h"

struct evidence_book {
	struct arena *arena; /* borrowed */
	struct evidence evidence;
	size_t dns_room, http_room, tls_room;
	size_t bytes; /* no less than the encoding will have */
};

void evidence_book_init(struct evidence_book *book, struct arena *arena,
                        enum check_kind kind, int64_t generation,
                        int64_t context);

/* False: it does not fit, and the evidence has ended as too large. */
bool evidence_book_add_dns(struct evidence_book *book,
                           const struct dns_evidence *seen)
	__attribute__((warn_unused_result));
/* seen's parts live in the book's arena already. */
bool evidence_book_add_http(struct evidence_book *book,
                            const struct http_evidence *seen)
	__attribute__((warn_unused_result));
/* The same. */
bool evidence_book_add_tls(struct evidence_book *book,
                           const struct tls_evidence *seen)
	__attribute__((warn_unused_result));

/* A library's words as evidence takes them: printable, at most
   EVIDENCE_WORDS_MAX, in the arena. */
enum { EVIDENCE_WORDS_MAX = 200 };
struct span evidence_words(struct arena *arena, const char *text);

/* The first end counts. fault: static text that begins with a reason's code. */
void evidence_book_end(struct evidence_book *book, enum evidence_end end);
void evidence_book_fault(struct evidence_book *book, const char *fault);

/* Appends the record; it has at most RESULT_EVIDENCE_MAX bytes. */
void evidence_book_encode(struct evidence_book *book, struct buf *out);

#endif
