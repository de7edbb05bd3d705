/*
 * partition.h -- one owned partition of `requests` and what goes with it: the
 * sessions of its requests, its chain of decisions, its low-water mark.
 *
 * Restored in this order (design, section 6): committed offset, decisions,
 * attempts, results, requests; served from then on until it is taken away. A
 * partition whose log does not continue stops, loudly; the others go on.
 *
 * Without a mark of ours (none yet, or somebody set the group's offset by hand)
 * all is read from the logs' starts, and what was answered must not be answered
 * otherwise now (promise 1), by kind of answer:
 *
 *   decision, conflict  `decisions` names the request: passed over.
 *   forward             its copy is on `requests`: passed over (copies.h).
 *   echo, or nothing,   its id's decision is on `decisions`: echoed once more
 *   to a repeat         within the duplicate window, else passed over if the
 *                       decision was in the window when the repeat came.
 *   dead letter         written once more: it says of which record, and nobody
 *                       acts on one but a person.
 *
 * All that until the mark is past what was on `requests` then (anew_below),
 * whoever restores the partition in between.
 */
#ifndef COORDINATOR_PARTITION_H
#define COORDINATOR_PARTITION_H

#include "base/offsets.h"
#include "coordinator/answered.h"
#include "coordinator/coordinator.h"
#include "coordinator/remembered.h"
#include "coordinator/window.h"

enum partition_phase {
	PARTITION_ASKING,    /* for the committed offset and the watermarks */
	PARTITION_DECISIONS, /* reading them to the high watermark */
	PARTITION_ATTEMPTS,
	PARTITION_RESULTS,
	PARTITION_COPIES, /* without a mark of ours only; copies.h */
	PARTITION_SERVING,
	PARTITION_STOPPED /* until an operator accepts the gap */
};

struct session;

struct partition {
	struct coordinator *c;
	int32_t number;
	enum partition_phase phase;
	int64_t restore_started_ms; /* monotonic */

	struct offsets *offsets; /* of requests, from the mark */
	struct window *window;
	struct session *sessions; /* uthash, by request id */
	struct answered *answered;

	/* The chain: committed, and as it will be after what is staged. */
	int64_t sequence;
	struct digest head;
	int64_t staged_sequence;
	struct digest staged_head;

	/* Where the committed mark said that reading begins. */
	int64_t mark;
	/* of the log, when it was restored: what is below is gone */
	int64_t requests_low;
	int64_t requests_high;
	int64_t mark_committed; /* -1: none of ours */
	int64_t mark_flying;    /* in the batch in flight; -1: not in it */
	bool mark_known; /* it was asked for: until then the rest says nothing
	                  */
	int64_t decisions_from, attempts_from, results_from;
	int64_t results_low;       /* of the log, when it was asked */
	int64_t expected_sequence; /* of the metadata; -1: none */
	struct digest expected_head;
	bool head_seen;     /* on the log, while restoring */
	bool requests_anew; /* the mark was of a log that is gone */

	/* Requests below may have answers that no mark of ours tells of; 0:
	   none. */
	int64_t anew_below;
	struct remembered *remembered; /* NULL: anew_below is 0 */
	unsigned copies_turn;          /* the reading that it waits for */
	unsigned doubts;               /* times that a log ended before it */

	int64_t last_decision; /* offset of the head; -1: none */
	int64_t decided_ms;    /* the newest decision's time; 0: not known */
	/* of the metadata, where it has it: the head is there or behind it */
	int64_t head_least;
	/* of the metadata: of the decisions, those from that sequence on; 0:
	   all from decisions_from on */
	int64_t needed_sequence;
	int64_t begin_most; /* what is read must begin so early; 0: anywhere */
	int64_t first_sequence; /* of the decisions read; 0: none */
	int64_t decisions_low;  /* what retention left, at the restore */
	/* decisions, attempts, results: must be read at least so far */
	int64_t until[3];
	int64_t attempts_next; /* behind the last attempt known to be logged */
	int64_t results_next;  /* behind the last result folded */
	bool paused;
	unsigned broken_looks; /* since what it reads was gone; 0: it is not */
	struct err broken_why;
};

struct partition *partition_new(struct coordinator *c, int32_t number);
/* Ends its sessions without a word; the successor answers them. Not while a
   transaction is in flight. */
void partition_free(struct partition **p);

/* NULL if number is not ours. */
struct partition *partition_find(const struct coordinator *c, int32_t number);
/* "requests" partition and its namesake of another topic. */
struct kafka_partition partition_of(const struct partition *p,
                                    const char *topic);

/* Stops it: nothing more is read or answered; event and why are logged, with
   what an operator can do. */
void partition_stop(struct partition *p, const char *event, const char *why);

/* Drops its sessions and what is queued for it. Not while a transaction is in
   flight: what is in flight lives in the sessions. */
void partition_end_sessions(struct partition *p);

/* From where on they are read: what is below is answered, or gone. */
int64_t partition_requests_from(const struct partition *p);
/* Was it answered before it was read (again)? Or is it gone: then nobody reads
   it. */
bool partition_is_decided(const struct partition *p, int64_t request_offset);

/* What was passed over moved the mark, and nobody committed that yet. */
bool partition_is_ahead(const struct partition *p);

/* The mark is past anew_below: forgets what was needed below it. */
void partition_forget_anew(struct partition *p);
/* Requests below that offset are read anew; may be called again. */
void partition_set_anew(struct partition *p, int64_t below);

/* The metadata that goes with the mark, and back. False: it is not ours or was
   written for another mark (an offset moved by hand); *p is as it was. */
void partition_metadata(const struct partition *p, struct buf *out);
bool partition_read_metadata(struct partition *p, int64_t mark,
                             struct span text);

const char *partition_phase_name(enum partition_phase phase);

#endif
