/*
 * outbox.h -- answers on their way to the log, in transactions.
 *
 * Every answer finishes one request record. A batch takes what is queued,
 * chains and signs its decisions, and carries for each partition it touches
 * the low-water mark. One transaction at a time; only a committed one changes
 * head, window or mark. What is aborted is chained and signed anew.
 */
#ifndef COORDINATOR_OUTBOX_H
#define COORDINATOR_OUTBOX_H

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

	size_t weight; /* outbox.c: bytes it holds, without a session */
	bool shrunk;   /* too large once: this is its short form */
	/* The answer lives in it; NULL: in the session's. */
	struct arena *arena;
	struct answer *next;
};

struct outbox;

struct outbox *outbox_new(struct coordinator *c, struct err *why);
void outbox_free(struct outbox **o);

/* An answer in an arena of its own (session NULL) or in the session's. */
struct answer *answer_new(enum answer_kind kind, const struct partition *p,
                          int64_t request_offset, struct session *s);
/* Takes the answer. */
void outbox_add(struct outbox *o, struct answer *answer);

/* Drops what is queued for a partition that is no longer ours. */
void outbox_forget(struct outbox *o, int32_t partition);
/* Everything was lost: aborts what is in flight unless its commit was sent. */
void outbox_cancel(struct outbox *o);
/* At the end of the process: drops all, before the sessions go. */
void outbox_close(struct outbox *o);
/* Ready, nothing queued, nothing in flight. */
bool outbox_is_empty(const struct outbox *o);
bool outbox_in_flight(const struct outbox *o);
bool outbox_is_ready(const struct outbox *o);
/* So much waits that intake must. */
bool outbox_is_full(const struct outbox *o);
size_t outbox_queued(const struct outbox *o);

#endif
