/*
 * model_log.h -- the brokers: partitions, transactions, committed offsets.
 *
 * As Kafka does it, as far as a client can tell: control records take offsets,
 * the last stable offset is that of the first record of an open transaction,
 * a transaction's markers are written one by one after its end was decided,
 * offsets sent in a transaction count when its marker is written, another
 * epoch of a transactional id aborts what its predecessor left open, and a
 * member is fenced by member id and generation where offsets come in, nowhere
 * else. Functions take effect at once; who calls them adds the delays.
 */
#ifndef SIMULATION_MODEL_LOG_H
#define SIMULATION_MODEL_LOG_H

#include "kafka/kafka_in.h"
#include "kafka/kafka_out.h"
#include "tests/simulation/sim.h"

enum { MODEL_PARTITIONS_MAX = 4, TXN_TIMEOUT_MS = 10000 };

enum stand {
	STAND_PLAIN, /* outside of any transaction */
	STAND_OPEN,
	STAND_COMMITTED,
	STAND_ABORTED,
	STAND_CONTROL
};

struct log_record {
	int64_t offset;
	int64_t timestamp_ms;
	struct span key, value;
	struct kafka_header *headers;
	size_t header_count;
	enum stand stand;
	struct log_txn *txn;
	bool decided;    /* its transaction's end is a commit, marker or not */
	int64_t sent_us; /* when it set out; 0: in a transaction */
	int64_t stable_us; /* readers of what is committed see it since */
};

struct log_partition {
	const char *topic;
	int32_t number;
	struct log_record **records; /* by offset */
	size_t count, room;
	int64_t low;              /* retention took what is below */
	int64_t sent_us;          /* the latest that was sent is there */
	int64_t handed;           /* the group was handed what is below */
	size_t settled;           /* nothing below is STAND_OPEN */
	struct fetcher *fetchers; /* model_in.c: who reads it */
};

/* Makes the topic, with that many partitions. */
void log_topic(const char *topic, int32_t partitions);
/* 0: no such topic. */
uint32_t log_partitions(const char *topic);
/* NULL: there is none. */
struct log_partition *log_find(const char *topic, int32_t partition);

/* Copies the record. sent_us: when it set out. */
struct log_record *log_append(struct log_partition *p,
                              const struct kafka_record *r, int64_t sent_us);
int64_t log_end(const struct log_partition *p);
/* Retention takes all that is there. */
void log_expire(struct log_partition *p);
int64_t log_stable(struct log_partition *p); /* last stable offset */
/* What a read_committed reader sees at an offset: NULL for nothing. */
const struct log_record *log_visible(const struct log_partition *p,
                                     int64_t offset);
/* The header's value, or .p NULL. */
struct span log_header(const struct log_record *r, const char *name);
struct kafka_message log_message(const struct log_partition *p,
                                 const struct log_record *r);

/* -- transactions -- */

enum txn_answer {
	TXN_OK,
	TXN_BUSY,   /* the last one is still being ended: again, later */
	TXN_STALE,  /* the epoch is not this id's any more */
	TXN_REFUSED /* offsets: the member or generation is not the group's */
};

/* By transactional id; it lives as long as the schedule. */
struct log_txn *log_txn_find(const char *id);
enum txn_answer log_txn_init(struct log_txn *t, int32_t *epoch);
enum txn_answer log_txn_append(struct log_txn *t, int32_t epoch,
                               struct log_partition *p,
                               const struct kafka_record *r,
                               struct kafka_delivery *d);
/* member, generation: as of the lease. */
enum txn_answer log_txn_offsets(struct log_txn *t, int32_t epoch,
                                const char *member, int32_t generation,
                                const struct kafka_offset *offsets,
                                size_t count);
enum txn_answer log_txn_end(struct log_txn *t, int32_t epoch, bool commit);

/* -- committed offsets of the one group and topic that has them -- */

struct log_committed {
	int64_t offset; /* -1: none */
	const char *metadata;
};

struct log_committed log_committed(int32_t partition);
/* A transaction that carries this partition's offset has not ended. */
bool log_is_unstable(int32_t partition);
/* An operator's hand. */
void log_reset_offset(int32_t partition);
/* The same with a tool that writes back the metadata that it found. */
void log_move_offset(int32_t partition, int64_t offset);

/* Damage for the proof that the checker sees it: the group takes offsets of
   members that it expelled; retention takes results before their owner has
   read them. */
extern bool model_no_fencing, model_hasty_retention;

void log_begin(void);

/* -- what others hear -- */

/* model_in.c: there may be more to read. */
void fetchers_wake(struct log_partition *p);
/* players.c and checker.c: a record was appended. */
void world_on_append(struct log_partition *p, const struct log_record *r);
/* checker.c: offsets became the group's. */
void check_on_mark(int32_t partition, int64_t offset);
/* checker.c: a transaction has ended there. */
void check_on_stable(struct log_partition *p);
/* model_group.c */
bool group_accepts(const char *member, int32_t generation);

#endif
