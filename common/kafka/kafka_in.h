/*
 * kafka_in.h -- records in, on the loop: a group member or an explicit reader.
 *
 * Both poll always, so max.poll.interval is never exceeded by a paused or idle
 * consumer, and drain in bounded batches, so the loop stays fair. Nothing is
 * committed or, unless reset_to_beginning says so, skipped behind the owner's
 * back.
 *
 * Group: the owner decides when an assignment begins and ends.
 *
 *   on_assign(list)  -> [take the lease] -> kafka_in_assign_done()
 *                    -> kafka_in_start(p, offset) for each p, when it is ready
 *   on_revoke(list, lost) -> [end its work] -> kafka_in_unassign_done()
 *
 * assign_done() only accepts the assignment: no partition is read until it is
 * started, so a slow restore of one does not hold up another or the group.
 * on_revoke() names all partitions of the assignment (eager). Between it and
 * unassign_done() messages no longer come; unassign_done() must follow within
 * max.poll.interval.ms (30 s), or the group goes on without us.
 *
 * Explicit: kafka_in_start() and kafka_in_stop() single partitions.
 *
 * Callbacks come from the loop only, never from inside a call of ours, and may
 * call everything here.
 */
#ifndef KAFKA_KAFKA_IN_H
#define KAFKA_KAFKA_IN_H

#include "kafka/kafka_conf.h"
#include "kafka/kafka_lease.h"
#include "kafka/kafka_message.h"

struct loop;
struct kafka_in;

enum {
	KAFKA_OFFSET_BEGINNING = -2,    /* first record still on the log */
	KAFKA_OFFSET_END = -1,          /* only what comes from now on */
	KAFKA_OFFSET_COMMITTED = -1000, /* group only */
};

struct kafka_in_events {
	void (*on_message)(void *owner, const struct kafka_message *m);
	/*
	 * All that may be read now was read: offset is the next one that will
	 * come (the last stable offset under read_committed), high the high
	 * watermark the broker gave with it. offset == high: nothing is open.
	 * Once per arrival at the end. NULL: not wanted.
	 */
	void (*on_eof)(void *owner, const struct kafka_partition *p,
	               int64_t offset, int64_t high);
	/* Group only. The list is borrowed for the call. lost: already taken
	   away, nothing of it may be committed. */
	void (*on_assign)(void *owner, const struct kafka_partition *list,
	                  size_t count);
	void (*on_revoke)(void *owner, const struct kafka_partition *list,
	                  size_t count, bool lost);
	/* Reading p has stopped and will not go on by itself: its offset is no
	   longer on the log, the topic is gone, reading is not allowed. */
	void (*on_broken)(void *owner, const struct kafka_partition *p,
	                  const char *why);
	/* A right is missing. The library tries on, and says so again each time
	   it is refused something else. NULL: only logged. */
	void (*on_denied)(void *owner, const struct kafka_denial *d);
	/* The handle can't go on (fenced, fatal). Once. */
	void (*on_fatal)(void *owner, const char *why);
	void *owner;
};

struct kafka_in_options {
	const char *group_id; /* explicit: the group whose ACL it uses */
	/* Group: a static member (KIP-345) of that name keeps its partitions
	   while it is away for less than session.timeout.ms, and closing does
	   not give them up; NULL: not. */
	const char *instance_id;
	const char *const *topics; /* what to subscribe to; NULL: explicit */
	size_t topic_count;
	uint32_t batch_max; /* messages per turn of the loop; 0: 100 */
	bool read_uncommitted;
	/* Where nothing was committed, or the offset is no longer on the log,
	   begin at the first record instead of calling on_broken(). */
	bool reset_to_beginning;
	struct kafka_in_events events;
};

/* NULL with *err. Connects and joins in the background. */
struct kafka_in *kafka_in_new(struct loop *loop, const struct kafka_conf *conf,
                              const struct kafka_in_options *options,
                              struct err *err);

/*
 * Leaves the group and stops, without blocking: an assignment that was accepted
 * is revoked as in any rebalance and unassign_done() must answer it. Then
 * done(owner, true) runs from the loop; or done(owner, false) after limit_ms.
 * Free it afterwards.
 */
typedef void kafka_in_closed_fn(void *owner, bool in_time);
void kafka_in_close(struct kafka_in *in, int64_t limit_ms,
                    kafka_in_closed_fn *done);
/* Takes *in, accepts NULL, leaves NULL. No callback runs any more. Without a
   close before it the group only notices at the session time-out. Never
   blocks: the library's own end is waited for elsewhere (kafka_end.h). */
void kafka_in_free(struct kafka_in **in);

/* Answers on_assign(); asserts that one is open. */
void kafka_in_assign_done(struct kafka_in *in);
/* Answers on_revoke(); asserts that one is open. */
void kafka_in_unassign_done(struct kafka_in *in);

/* Begins reading from an offset (>= 0 or KAFKA_OFFSET_*). Group: only
   partitions of the accepted assignment. 0, or -1 with *err. A partition that
   is being read already is first stopped. */
int kafka_in_start(struct kafka_in *in, const struct kafka_partition *p,
                   int64_t offset, struct err *err);
/* Ends it; no message of p comes any more. No-op if p is not being read. */
void kafka_in_stop(struct kafka_in *in, const struct kafka_partition *p);

/* Stop and go on at the same offset. Polling goes on. No-ops if p is not being
   read or is in that state already. */
void kafka_in_pause(struct kafka_in *in, const struct kafka_partition *p);
void kafka_in_resume(struct kafka_in *in, const struct kafka_partition *p);
bool kafka_in_is_paused(const struct kafka_in *in,
                        const struct kafka_partition *p);

/*
 * The group membership as it is now, for kafka_txn; NULL with *err if there is
 * none (empty member id, generation < 0). Take it once, in on_assign(): a
 * lease taken later may be another generation's. The caller frees it.
 */
struct kafka_lease *kafka_in_lease(struct kafka_in *in, struct err *err);

/* Offset = the next one to read. metadata may be NULL, borrowed for the call.
 */
struct kafka_offset {
	struct kafka_partition at;
	int64_t offset;
	const char *metadata;
};

/* error NULL: all were committed. */
typedef void kafka_committed_fn(void *arg, const char *error);

/* Group only. done runs once from the loop, unless the kafka_in is freed
   before; false: not asked, done won't run. */
bool kafka_in_commit(struct kafka_in *in, const struct kafka_offset *offsets,
                     size_t count, kafka_committed_fn *done, void *arg)
	__attribute__((warn_unused_result));

/* Figures for p, from what fetching told us; -1 where nothing is known yet. */
struct kafka_lag {
	int64_t low;      /* log start */
	int64_t high;     /* high watermark */
	int64_t position; /* next offset to hand over */
	int64_t lag;      /* high - position */
};
struct kafka_lag kafka_in_lag(struct kafka_in *in,
                              const struct kafka_partition *p);

#endif
