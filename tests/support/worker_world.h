/*
 * worker_world.h -- a real worker over the mock cluster, with a played
 * coordinator and probes that do what a check's first label says
 * (evil_probe.c): "honest.example.com", "slow...", "exit...", "forget...".
 */
#ifndef SUPPORT_WORKER_WORLD_H
#define SUPPORT_WORKER_WORLD_H

#include "perspective-worker/worker.h"
#include "tests/support/kafka_world.h"

enum { WW_CHECKS_PARTITIONS = 2, WW_PARTITIONS = 3 };

struct got_result {
	struct result result; /* verified */
	struct span key, traceparent;
	int32_t partition;
	struct got_result *next; /* in the order read */
};

struct got_dead {
	struct span key, value, reason, detail, topic, partition, offset;
	struct got_dead *next;
};

struct worker_world {
	struct world kafka;
	char dir[64];
	struct arena *arena;
	struct signing_key *coordinator_key, *worker_key, *stranger_key;
	struct keyring *ring;
	struct settings *settings;
	struct worker_conf conf, second_conf;
	struct deployment deployment, second_deployment;
	struct metrics *metrics;
	struct stats *stats;
	struct worker *worker, *second; /* of the same group */

	struct kafka_out *out;
	struct kafka_in *in;
	struct got_result *results, **results_end;
	struct got_dead *dead, **dead_end;
	struct heartbeat beat; /* the last of the first worker */
	int results_count, dead_count, beats;
};

/* extra: more lines of the worker's settings, or "". */
void ww_open(struct worker_world *w, const char *extra);
void ww_close(struct worker_world *w);

/* Starts it (again); waits until it is ready. */
void ww_start(struct worker_world *w);
void ww_start_second(struct worker_world *w);
/* Gone as by kill -9: nothing is finished. */
void ww_kill(struct worker_world *w);
/* As by SIGTERM; returns when it has ended. */
void ww_drain(struct worker_world *w);
/* kill -9 of every probe. */
void ww_kill_probes(void);

/* A dcv+caa check of that id and target, ten seconds to go. */
struct check ww_check(const char *id, const char *target);
/* What the coordinator would put on the topic. */
void ww_send(struct worker_world *w, const struct check *check);
/* Any bytes, signed by key (NULL: not) as that deployment's check. */
void ww_send_bytes(struct worker_world *w, struct span value,
                   struct signing_key *key, const struct sign_domain *domain,
                   const char *traceparent);
struct sign_domain ww_domain(const char *type);

void ww_wait_results(struct worker_world *w, int count);
void ww_wait_dead(struct worker_world *w, int count);
/* The nth result of that request (from 0); fails if there is none. */
const struct got_result *ww_result(struct worker_world *w, const char *id,
                                   int n);
/* Sends ww_check(); ww_answer() waits for one more result, too: the first under
   that id. */
void ww_ask(struct worker_world *w, const char *id, const char *target);
const struct got_result *ww_answer(struct worker_world *w, const char *id,
                                   const char *target);
/* Both kinds ended so. REASON_UNKNOWN: for whatever reason. */
void ww_expect(const struct got_result *g, enum result_class class,
               enum reason reason);
int ww_count(const struct worker_world *w, const char *id);

#endif
