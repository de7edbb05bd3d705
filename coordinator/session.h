/*
 * session.h -- one request's life, from its record to its committed answer.
 *
 *   AWAITING --(request read)--> see below
 *   LOGGING  --(attempt on the log)--> RUNNING
 *   RUNNING  --(certain)--> LOGGING (next attempt) | DECIDED
 *   RUNNING  --(deadline)--> CLOSING --(results read)--> LOGGING | DECIDED
 *   DECIDED  --(committed)--> gone
 *
 * A session that was restored begins in AWAITING: its attempts are known, its
 * request is not read yet. All state lives in the session's arena.
 */
#ifndef COORDINATOR_SESSION_H
#define COORDINATOR_SESSION_H

#include "coordinator/partition.h"
#include "decide/decision_make.h"

#include "base/siphash.h"

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include <uthash.h>

struct ticket;

enum session_state {
	SESSION_AWAITING,
	SESSION_LOGGING,
	SESSION_RUNNING,
	SESSION_CLOSING,
	SESSION_DECIDED
};

/* One attempt of the request. */
struct run {
	struct attempt attempt;
	struct record_ref ref; /* offset -1 until it is on the log */
	struct attempt_state state;
	struct span value; /* the record; kept until it is on the log */
	bool sent[ATTEMPT_PERSPECTIVES_MAX]; /* its check was handed over */
	int64_t check_ms[2]; /* longest of the remotes, of the primary */
	struct session *session;
};

/* An attempt found on the log before its request was read. */
struct restored_attempt {
	struct attempt attempt;
	struct record_ref ref;
	struct restored_attempt *next; /* newest first */
};

/* A result that came before the request was read, or word of its attempt. */
struct early_result {
	struct heard heard;
	struct early_result *next;
};

/* Another record under the same id: answered once the first one is. */
struct rival {
	int64_t offset;
	struct digest digest;
	int64_t timestamp_ms;
	struct request request;
	enum encoding encoding;
	bool same; /* a repeat: came when the decision was on its way */
	struct rival *next;
};

struct session {
	struct partition *partition;
	struct arena *arena;
	enum session_state state;
	struct span request_id;
	struct record_ref request; /* of the record being answered */
	struct order order;
	struct request_facts facts;
	enum encoding encoding;
	struct span traceparent; /* absent: none */
	int64_t begun_mono_ms;
	int64_t accepted_ms; /* when intake judged it, by the wall clock */
	bool counted;        /* in coordinator.sessions */
	bool begun;          /* in coordinator.overload; admission.c */
	bool resumed;        /* began in another process, or before a restore */
	int64_t not_load_ms; /* of its time, what was not load; admission.c */
	int64_t own_ms;      /* ... and what was its targets' */

	struct run *runs[DECISION_ATTEMPTS_MAX];
	size_t runs_count;

	struct restored_attempt *restored; /* AWAITING only: as read */
	/* AWAITING and LOGGING: results as read */
	struct early_result *early, **early_end;

	struct rival *rivals;
	struct ticket *tickets; /* records on their way; see attempts.c */
	bool resuming; /* results are being folded again: nothing is sent */
	struct timer *deadline;
	struct timer *resend;
	int64_t due_mono_us; /* when the deadline fired; for the barrier */
	int64_t close_at;    /* results offset to reach; -1: not known yet */
	struct session *next_closing;
	UT_hash_handle hh;
};

/* A session under that id; the id is copied. Takes *arena and leaves NULL; all
   of the session lives there. */
struct session *session_new(struct partition *p, struct span request_id,
                            struct arena **arena);
/* Its request was read: from now on it counts towards the ceiling. Those that
   still wait for theirs don't, else a full house that was restored would keep
   the requests out that it waits for. */
void session_count(struct session *s);
/* Takes it out of the partition and frees it. */
void session_end(struct session *s);
struct session *session_find(const struct partition *p, struct span id);

/* Accepted: order and facts are set. Plans, logs and runs it. */
void session_start(struct session *s);
/* Not accepted: a rejected decision naming the issues. */
void session_reject(struct session *s, const struct request_issues *issues);
/* Decided without (another) attempt. */
void session_refuse(struct session *s, enum reason reason);

/* Its newest attempt is on the log: checks may go out. */
void session_logged(struct session *s);
/* Its time is over: closed as soon as the results are read. */
void session_on_deadline(struct session *s);
/* A record of `results` whose key is this session's id. */
void session_on_result(struct session *s, const struct heard *heard);
/* The barrier: results were read as far as the deadline asks. */
void session_on_results_read(struct session *s);

/* restore.c found an attempt of this request; s is AWAITING. */
void session_note_attempt(struct session *s, const struct attempt *attempt,
                          const struct record_ref *ref);
/* Its request was read: forgets attempts made for another record under the same
   id. False if none is left. */
bool session_drop_orphans(struct session *s);
/* The request of an AWAITING session was read: go on where it stands. */
void session_resume(struct session *s);

/* Folds what was kept of results, one at a time; then checks go to who was not
   heard. */
void session_fold_kept(struct session *s);

/* Where attempts and results must be read from for this session. */
int64_t session_attempts_from(const struct session *s, int64_t otherwise);
int64_t session_results_from(const struct session *s, int64_t otherwise);

/* AWAITING: when its first attempt was planned. */
int64_t session_first_planned_ms(const struct session *s);

/* The last attempt, or NULL. */
struct run *session_run(const struct session *s);

#endif
