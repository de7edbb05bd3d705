/*
 * checker.h -- what the checker has seen on the log, for its own files.
 */
#ifndef SIMULATION_CHECKER_H
#define SIMULATION_CHECKER_H

#include "tests/simulation/world.h"
#include "wire/decision.h"

enum {
	LIST_MAX = 512,
	CLOCKS_APART_MS = 200 /* instances are within 150 of the brokers */
};

/* A record of `requests`. */
struct asked {
	const struct log_record *record;
	struct log_partition *p;
	bool undecodable, forwarded, at_home;
	struct span id;
	struct digest digest;
	struct forwarded from;
	bool answered; /* checker.c: its own answer was seen to be durable */
	bool passed;   /* below a mark that was set back later */
	int answers;   /* decisions and conflicts that it had by then */
};

enum answer_is { IS_DECISION, IS_CONFLICT, IS_ECHO, IS_DEAD, IS_FORWARD };

/* A record that answers one. */
struct answered {
	enum answer_is is;
	const struct log_record *record;
	struct log_partition *p;
	int64_t partition, offset; /* of the request; of an echo: its first */
	struct decision decision;
	enum encoding encoding;
	struct span id;
	bool short_form; /* of what the topic would not take */
};

struct planned_attempt {
	const struct log_record *record;
	struct log_partition *p;
	struct digest digest;
	struct attempt attempt;
};

/* The decisions of one partition, as far as they were looked at. */
struct chain {
	size_t next; /* of the answers */
	int64_t sequence;
	struct digest head;
};

struct seen {
	struct asked asked[LIST_MAX];
	size_t asked_count;
	struct answered answers[LIST_MAX];
	size_t answers_count;
	struct planned_attempt plans[LIST_MAX];
	size_t plans_count;
	struct chain chains[MODEL_PARTITIONS_MAX];
};

extern struct seen seen;

/* Committed, even if its marker is still to be written. */
bool is_durable(const struct log_record *r);
/* Decimal digits only. */
bool number_of(struct span s, int64_t *out);
const struct planned_attempt *find_plan(const struct digest *digest);

/* checker_rests.c: does this decision follow from what it rests on? */
void check_rests(const struct answered *a);
void check_replay(const struct answered *a);

#endif
