/*
 * coordinator.h -- requests to attempts to checks; results to decisions.
 *
 * One process, one loop. Requests and results come through separate consumers,
 * so that a backlog of requests never delays results. All that a decision
 * rests on is on the log before it is used (promise 4); a decision counts as
 * made when its transaction is committed, not before (design, section 6).
 *
 *   requests_in  group consumer, eager: which partitions are ours
 *   log_in       explicit reader: decisions, attempts and results of those;
 *                all of requests for one restored without a mark (copies.h)
 *   out          attempts and checks
 *   outbox       decisions, echoes, forwards and dead letters, with offsets
 */
#ifndef COORDINATOR_COORDINATOR_H
#define COORDINATOR_COORDINATOR_H

#include "coordinator/clock_watch.h"
#include "coordinator/deployment.h"
#include "coordinator/liveness.h"
#include "coordinator/stats.h"
#include "kafka/kafka_ask.h"
#include "kafka/kafka_in.h"
#include "kafka/kafka_needs.h"
#include "kafka/kafka_out.h"
#include "loop/timer.h"

struct partition;
struct outbox;
struct barrier;
struct copies;
struct overload;
struct ticket;

enum { BROKER_TIME_TOPICS = 4 };

/* See broker_time.h. */
struct broker_time {
	struct clock_watch watch;
	bool good[BROKER_TIME_TOPICS]; /* had the brokers' time once */
	int64_t off_said_mono_ms;      /* 0: never */
	int64_t type_said_mono_ms;
};

struct coordinator {
	struct loop *loop;
	const struct deployment *d;
	struct kafka_in *requests_in;
	struct kafka_in *log_in;
	struct kafka_out *out;
	struct kafka_ask *ask;
	struct kafka_needs *needs;
	struct kafka_lease *lease; /* of the assignment; NULL without one */
	struct outbox *outbox;
	struct barrier *barrier;
	struct copies *copies;
	struct liveness *liveness;
	bool heartbeats_live; /* the backlog was read */
	struct broker_time broker_time;
	struct overload *overload;
	struct stats *stats;
	struct partition **partitions; /* by number; NULL: not ours */
	size_t sessions;               /* whose request was read */
	bool topics_ok;                /* all that is needed is there */
	bool revoking;                 /* on_revoke waits for the outbox */
	bool draining;
	bool leaving; /* the group is being left */
	struct ticket
		*lost_tickets; /* records on their way for ended sessions */
	struct timer *housekeeping;
	struct timer *restore_again; /* a question of restore_ask.c failed */
	size_t restore_questions;    /* asked and not answered yet */
	int64_t denied_mono_ms;      /* when a missing right was said */
	struct timer *drain_limit;
	struct timer *revoke_limit;
	int exit_code;
};

/* NULL with why; d is borrowed. stats: its registry outlives this. */
struct coordinator *coordinator_new(struct loop *loop,
                                    const struct deployment *d,
                                    struct stats *stats, struct err *why);
/* Takes *c, accepts NULL, leaves NULL. */
void coordinator_free(struct coordinator **c);

/* SIGTERM: no new requests, answer those in flight, then end the loop. */
void coordinator_drain(struct coordinator *c);
/* Appends one line per reason why not ready. */
void coordinator_ready(const struct coordinator *c, struct buf *reasons);
/* sysexits code for main, after the loop. */
int coordinator_exit_code(const struct coordinator *c);

/* For the modules below. */

/* The loop ends and the process with it; a successor restores from the log. */
void coordinator_give_up(struct coordinator *c, int exit_code,
                         const char *event, const char *why);
/* A right is missing. Where nothing that needs it ever worked the process ends;
   else that is said once a minute, and all go on trying: what an operator took
   away by mistake comes back. */
void coordinator_forbidden(struct coordinator *c, const struct kafka_denial *d);
/* Intake pauses above the ceilings and resumes below them. */
void coordinator_balance(struct coordinator *c);
/* The outbox is empty, or a transaction ended: whoever waits for that. */
void coordinator_settled(struct coordinator *c);
/* The transactional producer is gone: restore every owned partition. */
void coordinator_restore_all(struct coordinator *c);

#endif
