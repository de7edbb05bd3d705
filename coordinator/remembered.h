/*
 * remembered.h -- what a log said of requests that are read once more.
 *
 * A partition that is restored without a mark of ours reads its requests from
 * the log's start, and some of them were answered by what `decisions` does not
 * name: copied to their home, or answered as repeats of a decided one. Here
 * those facts are kept until the mark has passed all that was there then: 32
 * bytes each, in a table at most three quarters full. Each is known by the
 * first half of a SHA-256 of all that makes it that fact, so that another
 * record at the same offset, or a claim about one, is another fact. Pure but
 * for memory.
 */
#ifndef COORDINATOR_REMEMBERED_H
#define COORDINATOR_REMEMBERED_H

#include "trust/digest.h"

struct remembered;

struct remembered *remembered_new(void);
void remembered_free(struct remembered **r);
size_t remembered_count(const struct remembered *r);

struct remembered_times {
	int64_t decided_ms; /* as the decision says */
	int64_t logged_ms;  /* its record's timestamp */
};

/* A request with that id and digest was decided then. */
void remembered_add_decision(struct remembered *r, struct span id,
                             const struct digest *request,
                             struct remembered_times at);
/* When the last one was; false: never. */
bool remembered_decision(const struct remembered *r, struct span id,
                         const struct digest *request,
                         struct remembered_times *at);

/* A record as it was first found. */
struct first_found {
	int64_t offset;
	int64_t timestamp_ms;
	struct span id;
	struct digest digest;  /* of the value */
	struct digest headers; /* answer_headers_digest() */
};

/* Its copy is at its home. */
void remembered_add_copy(struct remembered *r, const struct first_found *f);
bool remembered_copy(const struct remembered *r, const struct first_found *f);

#endif
