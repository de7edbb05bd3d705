/*
 * answered.h -- requests above a partition's mark that are answered already.
 *
 * A successor begins at the mark and must answer none of them again (promise
 * 1). Decisions say themselves which request they answer: of those the oldest
 * offset is kept, from which they must be read again. All other answers (dead
 * letters, forwards, echoes, repeats of what is undecided) leave no such trace
 * on `decisions`: these are the asides, and are named in the mark's metadata.
 *
 * What is asked of it at each commit takes time in proportion to how far the
 * mark moved and to the asides, not to the entries: after a restore from
 * nothing there is one for each request still on the log. Pure but for memory.
 */
#ifndef COORDINATOR_ANSWERED_H
#define COORDINATOR_ANSWERED_H

#include "base/buf.h"

struct answered;

enum {
	/* Offsets above the mark that an aside may have: brokers take 4,096
	   bytes of metadata, and each offset is a bit of it, in base64. What
	   is further up waits until the mark moves on. */
	ANSWERED_SPAN_MAX = 22000,
	ANSWERED_ASIDE = -1,
	/* A decision whose offset is not known yet; a conflict, which is not in
	   the chain. */
	ANSWERED_STAGED = -2,
	ANSWERED_STAGED_CONFLICT = -3
};

struct answered *answered_new(void);
void answered_free(struct answered **a);

/* by: the decision's offset, or ANSWERED_*. What is known of an earlier answer
   stays. */
void answered_note(struct answered *a, int64_t request_offset, int64_t by);
/* It was not committed. */
void answered_forget(struct answered *a, int64_t request_offset);
bool answered_has(const struct answered *a, int64_t request_offset);
size_t answered_count(const struct answered *a);
/* What is below the mark needs no name. */
void answered_drop_below(struct answered *a, int64_t mark);

/* Offset of the oldest decision that answers one of them, from the mark on; at
   most otherwise. */
int64_t answered_oldest(const struct answered *a, int64_t mark,
                        int64_t otherwise);

/* Does a decision answer one of them, from the mark on? */
bool answered_any_decided(const struct answered *a, int64_t mark);
/* Is a conflict that is being written the answer to one of them? */
bool answered_any_conflict(const struct answered *a, int64_t mark);

/* The asides from the mark on, as a space and a map in base64url: bit i, from
   the least of the first byte, is the offset mark + i. Nothing if there is
   none. Asserts that none is ANSWERED_SPAN_MAX or more above the mark. */
void answered_write(const struct answered *a, int64_t mark, struct buf *out);
/* Adds what was written; false and nothing added if it is not exactly that. */
bool answered_read(struct answered *a, int64_t mark, struct span text)
	__attribute__((warn_unused_result));

#endif
