/*
 * coordinator_world.h -- a real coordinator over the mock cluster, with played
 * perspectives: keys of their own, results as the script says.
 *
 * Everything runs on one loop in this process. The played workers read their
 * checks topics, verify what the coordinator signed, and answer with signed
 * results; they are not the product's workers, so that a test can make them
 * say what no honest worker would.
 */
#ifndef SUPPORT_COORDINATOR_WORLD_H
#define SUPPORT_COORDINATOR_WORLD_H

#include "coordinator/coordinator.h"
#include "tests/support/kafka_world.h"
#include "wire/check.h"
#include "wire/heartbeat.h"

enum { CITIES = 6, CW_PARTITIONS = 3 };

/* How a played perspective answers its checks. */
struct play {
	enum result_class dcv, caa; /* UNKNOWN: does not answer */
	bool bad_signature;         /* signs with another perspective's key */
	bool no_signature;          /* signs nothing */
	bool wrong_plan;            /* names another plan */
	bool twice;                 /* and then says the opposite */
	bool late;                  /* says that it ended past the deadline */
	bool no_caa;                /* leaves CAA out */
	bool hold;                  /* keeps the check until cw_answer_held() */
	int once_silent;            /* so many checks are not answered first */
};

struct decided {
	struct decision decision;
	enum encoding encoding;
	struct span value, jws, echo, key, trace;
	int32_t partition;
	int64_t offset;
	struct decided *next; /* in the order read */
};

/* Any record of requests, attempts or results. */
struct logged {
	struct span key, value, content_type, forwarded, signature;
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms;
	struct logged *next; /* in the order read */
};

struct dead {
	struct span value, reason, detail;
	struct dead *next;
};

struct coordinator_world {
	struct world kafka;
	char dir[64];
	struct arena *arena;
	struct signing_key *coordinator_key;
	struct signing_key *worker_keys[CITIES];
	struct keyring *ring;
	struct settings *settings;
	struct coordinator_conf conf;
	struct deployment deployment;
	struct metrics *metrics;
	struct stats *stats;
	struct coordinator *coordinator;
	/* of the same group under another instance name; see cw_start_other()
	 */
	struct coordinator_conf other_conf;
	struct deployment other_deployment;
	struct metrics *other_metrics;
	struct stats *other_stats;
	struct coordinator *other;

	struct kafka_out *out;
	struct kafka_in *in; /* checks, decisions, dead letters */
	struct play play[CITIES];
	int checks[CITIES]; /* that each perspective was sent */
	struct check held[CITIES];
	struct span check_trace; /* traceparent of the last check */
	bool heartbeats;
	enum validation validation; /* that they tell, the primary's too */
	struct timer *beat;

	struct decided *decided, **decided_end;
	struct dead *dead, **dead_end;
	int decisions, echoes, dead_letters;
	struct logged *requests, **requests_end;
	struct logged *attempts, **attempts_end;
	struct logged *results, **results_end;
};

/* extra: more lines of the coordinator's settings, or "". */
void cw_open(struct coordinator_world *w, const char *extra);
void cw_close(struct coordinator_world *w);
/* The same, after promise 3 was seen to hold for whatever was decided. */
void cw_end(struct coordinator_world *w);

/* Starts it (again); waits until it is ready. */
void cw_start(struct coordinator_world *w);
/* Several tests in one world: a group's join takes three seconds. Each step
   begins with perspectives that corroborate and have no checks counted. */
typedef void cw_step(void);
void cw_start_and_run(struct coordinator_world *w, cw_step *const *steps,
                      int count);
/* Gone as by kill -9: nothing is finished. */
void cw_kill(struct coordinator_world *w);
/* Another coordinator of the group; waits until both own partitions. */
void cw_start_other(struct coordinator_world *w);
void cw_kill_other(struct coordinator_world *w);

/* All perspectives say this. */
void cw_play_all(struct coordinator_world *w, enum result_class class);
/* Waits for that perspective's held check and answers it. */
void cw_wait_held(struct coordinator_world *w, int city);
void cw_answer_held(struct coordinator_world *w, int city,
                    enum result_class class);

/* Puts a request on the topic: partition -1 is its home. key NULL: none. */
void cw_submit(struct coordinator_world *w, int32_t partition, const char *key,
               const char *json);
/* Any record on any topic. */
void cw_send(struct coordinator_world *w, const struct kafka_record *record);
/* The same, signed by that perspective's worker as that type of record. */
void cw_send_signed(struct coordinator_world *w, int city, const char *type,
                    const struct kafka_record *given);
/* What that perspective's worker would tell of itself now; and to tell it,
   signed as by its worker or not at all. */
struct heartbeat cw_heartbeat(const struct coordinator_world *w, int city);
void cw_send_heartbeat(struct coordinator_world *w, int city,
                       const struct heartbeat *h, bool is_signed);
/* A valid dcv+caa request with that id and target. */
const char *cw_request(struct coordinator_world *w, const char *id,
                       const char *target);

/* Waits for so many decisions (echoes included) or dead letters in all, and for
   all that the decisions read so far name. */
void cw_wait_decisions(struct coordinator_world *w, int count);
void cw_wait_dead(struct coordinator_world *w, int count);
/* The nth decision record under that id (from 0), verified; fails if none. */
const struct decided *cw_decision(struct coordinator_world *w, const char *id,
                                  int n);
/* Puts that request on its home partition, waits for one more decision, and
   gives the first under its id. cw_ask(): of cw_request(). */
const struct decided *cw_decide(struct coordinator_world *w, const char *id,
                                const char *json);
const struct decided *cw_ask(struct coordinator_world *w, const char *id,
                             const char *target);
void cw_expect(const struct decided *d, enum outcome outcome,
               enum reason reason);
/* Promise 3: replays every decision read so far; fails at the first that does
   not come out byte for byte. Returns how many were replayed. */
int cw_replay(struct coordinator_world *w);
/* What replay finds wrong with one decision; NULL: nothing. */
const char *cw_replay_problem(struct coordinator_world *w,
                              const struct decided *d);
/* Whether a figure stands in /metrics: a series with its value. */
bool cw_has_figure(struct coordinator_world *w, const char *line);
/* Waits until it does. */
void cw_wait_figure(struct coordinator_world *w, const char *line);
/* How one perspective voted in the last attempt. */
const struct perspective_vote *cw_vote(const struct decided *d,
                                       const char *code, enum check_kind kind);

extern const char *const cw_codes[CITIES]; /* the first is the primary */
/* Of those that are to lie elsewhere; set before cw_open(). NULL: its own. */
extern const char *cw_rirs[CITIES];

#endif
