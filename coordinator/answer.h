/*
 * answer.h -- what finishes one request record, and the record it becomes.
 *
 * A decision is written once it is chained; an echo, a conflict, a forward and
 * a dead letter are written as they are. An answer lives in an arena of its
 * own, or in its session's.
 */
#ifndef COORDINATOR_ANSWER_H
#define COORDINATOR_ANSWER_H

#include "coordinator/session.h"
#include "kafka/kafka_txn.h"

enum answer_kind {
	ANSWER_DECISION, /* in the chain */
	ANSWER_ECHO,     /* the first decision again, byte for byte */
	ANSWER_CONFLICT, /* rejected: the id is another request's */
	ANSWER_DEAD_LETTER,
	ANSWER_FORWARD, /* to the home partition */
	ANSWER_NOTHING  /* a repeat of an undecided request */
};

struct answer {
	enum answer_kind kind;
	int32_t partition; /* of `requests`, where the record was read */
	int64_t request_offset;
	struct session *session; /* DECISION: ended when committed */

	/* DECISION, CONFLICT */
	struct decision decision;
	enum encoding encoding;
	struct span traceparent;

	/* all but NOTHING: what is written; a decision's once it is chained */
	struct span key;
	struct span value;
	struct span jws;      /* DECISION, CONFLICT, ECHO */
	int64_t echo_of;      /* ECHO, CONFLICT */
	int32_t to_partition; /* FORWARD */
	const struct kafka_header
		*headers; /* FORWARD, DEAD_LETTER: originals */
	size_t header_count;
	struct span extra[5]; /* values of the headers we add, in order */

	size_t weight; /* outbox.h: bytes it holds, without a session */
	bool shrunk;   /* too large once: this is its short form */
	/* The answer lives in it; NULL: in the session's. */
	struct arena *arena;
	struct answer *next;
};

/* First come, first out; each answer is in one at most. */
struct answer_queue {
	struct answer *first, **end;
	size_t count;
};

void answer_queue_init(struct answer_queue *q);
void answer_queue_push(struct answer_queue *q, struct answer *a);
/* NULL if it is empty. */
struct answer *answer_queue_pop(struct answer_queue *q);
/* Empties first into the front of what waits. */
void answer_queue_put_in_front(struct answer_queue *waiting,
                               struct answer_queue *first);

/* An answer in an arena of its own (session NULL) or in the session's. */
struct answer *answer_new(enum answer_kind kind, const struct partition *p,
                          int64_t request_offset, struct session *s);
/* Its request's offset is in the record itself. */
bool answer_names_request(const struct answer *a);
/* DECISION: gives it the next place of the partition's staged chain and signs
   it; in its short form if it would not fit. */
void answer_chain(struct answer *a, struct partition *p);
/* CONFLICT: signs it; it is not in the chain. */
void answer_sign(struct answer *a, const struct coordinator *c);
/* The topic will never take it: from now on it is its short form. */
void answer_shrink(struct answer *a, const struct coordinator *c);
/* Adds its record to the batch, with the answer as tag; NOTHING adds none. */
void answer_add_to(struct answer *a, const struct coordinator *c,
                   struct kafka_batch *batch);
struct span answer_content_type(const struct answer *a);
/* Of a record's headers as a forward takes them over, its own left out: the
   same for an original and for its copy. */
struct digest answer_headers_digest(const struct kafka_message *m);

#endif
