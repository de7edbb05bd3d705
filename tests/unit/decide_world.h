/*
 * decide_world.h -- one request, one attempt and whatever its perspectives
 * say, for the tests of common/decide.
 */
#ifndef TESTS_DECIDE_WORLD_H
#define TESTS_DECIDE_WORLD_H

#include "base/geo.h"
#include "decide/verdict.h"

enum { WORLD_REMOTES_MAX = 20, WORLD_RESULTS_FROM = 100 };

struct world_setup {
	enum policy_family policy; /* 0: cabf-tls */
	int64_t remotes;
	const enum rir *rirs; /* of the remotes; NULL: RIPE, ARIN in turn */
	int64_t planned_at_ms;
	int64_t deadline_after_ms;     /* 0: 30 s */
	unsigned check_set;            /* 0: dcv+caa */
	enum validation_method method; /* 0: acme-dns-01 */
	enum early early;              /* 0: deny */
	enum gate gate;                /* 0: sequential */
	int64_t quorum;                /* 0: the policy's */
	int64_t min_rirs;              /* 0: the policy's */
	int64_t number;                /* 0: 1 */
	bool caller;                   /* the caller is the primary */
	bool is_address;
	struct primary_observation observation;
	struct opt_int challenge_created_at_ms;
};

struct world {
	struct arena *arena;
	struct request_facts facts;
	struct attempt attempt;
	struct planned_perspective planned[WORLD_REMOTES_MAX + 1];
	char codes[WORLD_REMOTES_MAX + 1][16];
	struct digest keys[WORLD_REMOTES_MAX + 1];
	struct record_ref ref;
	struct attempt_state state, fresh;
	struct seat fresh_seats[WORLD_REMOTES_MAX + 1];
	int64_t next_offset;
};

/* 00:00:00 UTC of a day, by libc. */
int64_t world_day(int year, int month, int day);

/* An attempt that attempt_state_init() takes; the test fails if it does not. */
void world_init(struct world *w, const struct world_setup *setup);
/* Makes the attempt only; state is left alone. */
void world_describe(struct world *w, const struct world_setup *setup);
/* The same attempt with nothing heard yet; cheap, for hundred thousands. */
void world_again(struct world *w);
void world_clear(struct world *w);

/* Seat of remote i, counted from 0. */
size_t world_remote(const struct world *w, size_t i);

/* A good result of that seat, for a test to spoil: both kinds with that class,
   finished a second after planning. */
struct result world_result(const struct world *w, size_t seat,
                           enum result_class c);
struct heard world_heard(struct world *w, const struct result *r,
                         size_t signer);
/* Folds a result with these classes; CLASS_LATE: corroborates, but too late. */
enum fold world_say(struct world *w, size_t seat, enum result_class dcv,
                    enum result_class caa);
/* Asks at planned_at + 2 s, final: at the deadline; closes if it is certain. */
struct verdict world_ask(const struct world *w);
struct verdict world_final(const struct world *w);
void world_close(struct world *w);

#endif
