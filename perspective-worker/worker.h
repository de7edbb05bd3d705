/*
 * worker.h -- checks in, results out, at one perspective.
 *
 * One process, one loop. At least once (design, section 7): a check's offset
 * is committed when its result is acknowledged, never before. Intake begins
 * when a probe is ready, pauses above in_flight_max, and nothing is dropped.
 * What waits because its target hangs is not in flight (fairness.h).
 *
 *   in        group consumer, eager: this perspective's checks
 *   pool      the probes, which do the work
 *   outgoing  results and dead letters, kept until they are on the log
 *   heart     who we are, every few seconds
 *   canary    that DNSSEC is validated, every few hours; first of all
 */
#ifndef PERSPECTIVE_WORKER_WORKER_H
#define PERSPECTIVE_WORKER_WORKER_H

#include "kafka/kafka_in.h"
#include "kafka/kafka_needs.h"
#include "kafka/kafka_out.h"
#include "loop/timer.h"
#include "perspective-worker/canary.h"
#include "perspective-worker/deployment.h"
#include "perspective-worker/fairness.h"
#include "perspective-worker/heart.h"
#include "perspective-worker/job.h"
#include "perspective-worker/outgoing.h"
#include "perspective-worker/partitions.h"
#include "perspective-worker/stats.h"

struct worker {
	struct loop *loop;
	const struct deployment *d;
	struct stats *stats;
	struct kafka_ask *ask;     /* for needs */
	struct kafka_needs *needs; /* NULL: met */
	struct kafka_in *in;       /* NULL until a probe is ready */
	struct kafka_out *out;
	struct outgoing *outgoing;
	struct partitions *partitions;
	struct probe_pool *pool;
	struct heart *heart;
	struct canary *canary;
	struct fairness *fairness;
	struct job_signer signer;
	char *versions;   /* of a probe that was ready; NULL: none was */
	struct job *jobs; /* read, and not answered yet */
	size_t jobs_count;
	unsigned *complained;   /* per key and for none: trust_results said */
	int64_t denied_mono_ms; /* when a missing right was said */
	struct timer *commit;
	struct timer *drain_limit;
	struct timer *revoke_limit;
	bool assigned; /* member of the group */
	bool paused;
	bool held;       /* probes are not listened to */
	bool committing; /* an answer is awaited */
	bool revoking;   /* on_revoke waits for that */
	bool lost;       /* ... and nothing more may be committed */
	bool draining;
	bool leaving;
	int exit_code;
};

/* NULL with why; d and stats are borrowed. */
struct worker *worker_new(struct loop *loop, const struct deployment *d,
                          struct stats *stats, struct err *why);
/* Takes *slot, accepts NULL, leaves NULL. */
void worker_free(struct worker **slot);

/* SIGTERM: no new checks, answer those in flight, then end the loop. */
void worker_drain(struct worker *w);
/* Appends one line per reason why not ready. */
void worker_ready(const struct worker *w, struct buf *reasons);
/* sysexits code for main, after the loop. */
int worker_exit_code(const struct worker *w);

/* Checks read whose answer is not on the log yet. */
size_t worker_unanswered(const struct worker *w);
/* The same without those that wait for others to stop hanging. */
size_t worker_in_flight(const struct worker *w);

/* For the canary: a round of it has ended. */
void worker_canary_told(struct worker *w);

/* For intake and fairness. */

/* A check to be done; takes job. */
void worker_take(struct worker *w, struct job *job);
/* A check that is answered without work; takes job. */
void worker_answer(struct worker *w, struct job *job,
                   enum result_class result_class, enum reason reason,
                   const char *detail);
/* The same for one that was taken. */
void worker_end(struct worker *w, struct job *job,
                enum result_class result_class, enum reason reason,
                const char *detail);
/* Why no probe may be given the job now; REASON_UNKNOWN: one may. */
enum reason worker_objection(struct worker *w, const struct job *job);
/* Intake pauses above its ceiling and resumes well below it. */
void worker_balance(struct worker *w);

#endif
