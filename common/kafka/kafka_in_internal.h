/*
 * kafka_in_internal.h -- what the files of kafka_in share: kafka_in.c polls and
 * speaks to the owner, kafka_in_slots.c says what is read from where.
 */
#ifndef KAFKA_KAFKA_IN_INTERNAL_H
#define KAFKA_KAFKA_IN_INTERNAL_H

#include "kafka/kafka_in.h"

#include <librdkafka/rdkafka.h>

struct event;

/* One partition: of the accepted assignment, or being read explicitly. */
struct kafka_slot {
	char *topic;
	int32_t partition;
	int64_t start; /* as the owner gave it */
	int64_t next;  /* the offset after the last one handed over, or -1 */
	bool reading;
	bool paused;
	bool skipped; /* a message came while paused: next is where to go on */
};

/*
 * A group's dance, from here to there:
 *   IDLE -> OFFERED (on_assign) -> ACCEPTED (assign_done)
 *   OFFERED | ACCEPTED -> REVOKING (on_revoke) -> IDLE (unassign_done)
 */
enum kafka_in_state { IN_IDLE, IN_OFFERED, IN_ACCEPTED, IN_REVOKING };

struct kafka_commit; /* one that was not answered yet */

struct kafka_in {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	struct kafka_wake *wake;
	struct loop *loop;
	struct kafka_in_events events;
	char *group_id;
	uint32_t batch_max;
	bool is_group;
	bool was_member; /* of the group, once */
	enum kafka_in_state state;
	bool dirty; /* the library's assignment is not ours yet */
	struct kafka_slot *slots;
	size_t slot_count;
	struct kafka_header *headers; /* of the message being handed over */
	size_t header_room;
	struct kafka_commit *commits;
	struct event *closing; /* looks whether the close is through */
	bool leaving;          /* the library is on its way out of the group */
	int64_t close_by_ms;
	kafka_in_closed_fn *closed;
	bool fatal_told;
	bool serving;
	bool freed;
};

struct kafka_slot *kafka_slot_find(const struct kafka_in *in, const char *topic,
                                   int32_t partition);
/* Replaces all slots by the list, nothing being read. */
void kafka_slots_offer(struct kafka_in *in,
                       const rd_kafka_topic_partition_list_t *list);
void kafka_slots_clear(struct kafka_in *in);
void kafka_slots_stop_all(struct kafka_in *in);
/* Group: makes the library read exactly what the slots say. */
void kafka_slots_apply(struct kafka_in *in);

void kafka_in_tell_fatal(struct kafka_in *in, const char *why);
/* Answers an OFFSET_COMMIT event. */
void kafka_commit_answer(rd_kafka_event_t *event);
void kafka_commits_drop(struct kafka_in *in);

#endif
