/*
 * job.h -- the checks in hand: for each kind asked for, evidence is gathered
 * until the judge is done, or the time is over.
 *
 * The judge says what is wanted next, this does it: DCV and CAA of one check
 * side by side, each with its own evidence, in one resolver context. What does
 * not fit into the evidence ends it as too large, the check's time as overdue;
 * neither ever passes. Every job started ends with exactly one on_done().
 * Before it there is at most one on_hangs(): see frame.h.
 */
#ifndef PROBE_JOB_H
#define PROBE_JOB_H

#include "frame.h"
#include "http_fetch.h"
#include "resolver.h"
#include "tls_shake.h"

struct jobs;

/* What they are given, and all in it, is valid until they return. */
typedef void jobs_done_fn(void *owner, const struct probe_done *done);
typedef void jobs_hangs_fn(void *owner, const struct probe_hangs *hangs);

struct jobs_conf {
	struct loop *loop;
	struct resolver *resolver;
	struct http_client *http;
	struct tls_client *tls;
	int64_t generation;
	int64_t lookup_ms; /* of one try */
	int64_t hang_ms;
	jobs_done_fn *on_done;
	jobs_hangs_fn *on_hangs;
	void *owner;
};

/* Borrows what conf names. */
struct jobs *jobs_new(const struct jobs_conf *conf);
/* Takes *slot, accepts NULL, leaves NULL. Unfinished jobs end silently. */
void jobs_free(struct jobs **slot);

size_t jobs_count(const struct jobs *jobs);

/* NULL, or why it is a breach of frame.h (static text). Copies what it needs;
   never calls on_done(). */
const char *jobs_start(struct jobs *jobs, const struct probe_job *wanted)
	__attribute__((warn_unused_result));
/* Ends a job without results; its on_done() comes from the loop, without kinds.
   An id that is not in hand was done before the cancel came. */
void jobs_cancel(struct jobs *jobs, int64_t id);

#endif
