/*
 * world.h -- what stands around the coordinators: their settings and keys,
 * pipelines that send requests, played perspectives, kills and pauses.
 */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "coordinator/coordinator.h"
#include "tests/simulation/model_log.h"

enum { WORLD_CITIES = 4, WORLD_INSTANCES = 3 };

struct world {
	struct deployment deployment; /* as all instances have it */
	struct coordinator_conf conf;
	struct signing_key *worker_keys[WORLD_CITIES];
	struct keyring *ring;
	int32_t partitions;
	bool small_window;   /* repeats may be decided anew */
	bool mark_was_reset; /* echoes and dead letters may come again */
	bool set_back;       /* at the end: marks go, the window is over */
	bool quiet; /* at the end: all decisions expire, the window is over */
	int requests_to_come;
};

extern struct world world;
extern const char *const world_codes[WORLD_CITIES];

/* Once per operating-system process: keys, settings. */
void world_open(void);
void world_close(void);

/* One schedule, from its first event to its last check. */
void world_play(void);

/* players.c */
void players_begin(void);
/* So many requests more, now. */
void players_send_late(int count);
/* A record was appended to a checks topic. */
void players_on_check(const struct log_partition *p,
                      const struct log_record *r);

/* checker.c */
void checker_begin(void);
/* Every request record has its answer. */
bool checker_all_answered(void);
/* Every request is below the mark that is committed for its partition. */
bool checker_all_marked(void);
/* Everything that can only be said at the end. */
void checker_end(void);
/* A mark is about to be set back: what is below it was answered, for ever. */
void checker_before_reset(int32_t partition);
/* After each event of a coordinator. */
void checker_look(const struct coordinator *c);

#endif
