#include "kafka/kafka_in_internal.h"
#include "kafka/kafka_produce.h"

#include "kafka/kafka_wake.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { CHANGE_STEPS = 3 /* of one change, in the library's queue */ };

struct kafka_slot *kafka_slot_find(const struct kafka_in *in, const char *topic,
                                   int32_t partition)
{
	for (size_t i = 0; i < in->slot_count; i++) {
		struct kafka_slot *s = &in->slots[i];

		if (s->partition == partition && strcmp(s->topic, topic) == 0)
			return s;
	}
	return NULL;
}

static struct kafka_slot *slot_add(struct kafka_in *in, const char *topic,
                                   int32_t partition)
{
	struct kafka_slot *s;

	in->slots = xreallocarray(in->slots, in->slot_count + 1, sizeof(*s));
	s = &in->slots[in->slot_count++];
	*s = (struct kafka_slot){
		.topic = xstrdup(topic),
		.partition = partition,
		.next = -1,
	};
	return s;
}

static void slot_remove(struct kafka_in *in, struct kafka_slot *s)
{
	free(s->topic);
	*s = in->slots[--in->slot_count];
}

void kafka_slots_clear(struct kafka_in *in)
{
	for (size_t i = 0; i < in->slot_count; i++)
		free(in->slots[i].topic);
	free(in->slots);
	in->slots = NULL;
	in->slot_count = 0;
	in->dirty = false;
}

void kafka_slots_offer(struct kafka_in *in,
                       const rd_kafka_topic_partition_list_t *list)
{
	kafka_slots_clear(in);
	for (int i = 0; i < list->cnt; i++)
		slot_add(in, list->elems[i].topic, list->elems[i].partition);
}

static void list_add(rd_kafka_topic_partition_list_t *list,
                     const struct kafka_slot *s)
{
	rd_kafka_topic_partition_list_add(list, s->topic, s->partition)
		->offset = s->next >= 0 ? s->next : s->start;
}

static rd_kafka_topic_partition_list_t *list_of(const struct kafka_slot *s)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(1);

	list_add(list, s);
	return list;
}

/* The library would keep it in mind beyond the end of an assignment. */
static void end_pause(struct kafka_in *in, struct kafka_slot *s)
{
	rd_kafka_topic_partition_list_t *list;

	if (!s->paused)
		return;
	s->paused = false;
	list = list_of(s);
	rd_kafka_resume_partitions(in->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
}

void kafka_slots_stop_all(struct kafka_in *in)
{
	for (size_t i = 0; i < in->slot_count; i++) {
		in->slots[i].reading = false;
		end_pause(in, &in->slots[i]);
	}
	in->dirty = false;
}

/*
 * Returns when the library has carried a change through: each question goes
 * through the one queue of its main thread, in which the change puts first a
 * stop, then its answer, then a start.  Without it a second change to the same
 * partition makes it stop twice, and abort (librdkafka issue 5573), and a pause
 * overtakes the start, which then never happens (issue 2190).  Not while the
 * library leaves the group: at the end of that it empties this queue without an
 * answer, and who asked would wait for ever.
 */
static void settle(struct kafka_in *in)
{
	if (in->leaving)
		return;
	for (int i = 0; i < CHANGE_STEPS; i++) {
		rd_kafka_topic_partition_list_t *list = NULL;

		if (rd_kafka_assignment(in->rk, &list) == 0)
			rd_kafka_topic_partition_list_destroy(list);
	}
}

static rd_kafka_topic_partition_list_t *list_where(const struct kafka_in *in,
                                                   bool paused_only)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)in->slot_count);

	for (size_t i = 0; i < in->slot_count; i++) {
		const struct kafka_slot *s = &in->slots[i];

		if (s->reading && (s->paused || !paused_only))
			list_add(list, s);
	}
	return list;
}

/*
 * An eager group takes whole assignments only. Those that were being read go on
 * at the offset after the last one handed over; what the library fetched ahead
 * is fetched again.
 */
void kafka_slots_apply(struct kafka_in *in)
{
	rd_kafka_topic_partition_list_t *all = list_where(in, false);
	rd_kafka_topic_partition_list_t *paused = list_where(in, true);
	rd_kafka_resp_err_t rc = rd_kafka_assign(in->rk, all);

	in->dirty = false;
	settle(in);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR && paused->cnt > 0)
		rd_kafka_pause_partitions(in->rk, paused);
	rd_kafka_topic_partition_list_destroy(all);
	rd_kafka_topic_partition_list_destroy(paused);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka_in_tell_fatal(in, rd_kafka_err2str(rc));
}

static void mark_dirty(struct kafka_in *in)
{
	in->dirty = true;
	kafka_wake_soon(in->wake);
}

void kafka_in_assign_done(struct kafka_in *in)
{
	assert(in->state == IN_OFFERED);
	in->state = IN_ACCEPTED;
	mark_dirty(in);
}

void kafka_in_unassign_done(struct kafka_in *in)
{
	assert(in->state == IN_REVOKING);
	in->state = IN_IDLE;
	kafka_slots_clear(in);
	rd_kafka_assign(in->rk, NULL);
	settle(in);
	kafka_wake_soon(in->wake);
}

static int finish(rd_kafka_error_t *error, struct err *err)
{
	if (error == NULL)
		return 0;
	err_set(err, "kafka: %s", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	return -1;
}

static int explicit_assign(struct kafka_in *in, const struct kafka_slot *s,
                           struct err *err)
{
	rd_kafka_topic_partition_list_t *list = list_of(s);
	int rc = finish(rd_kafka_incremental_assign(in->rk, list), err);

	settle(in);
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

static void explicit_unassign(struct kafka_in *in, struct kafka_slot *s)
{
	rd_kafka_topic_partition_list_t *list = list_of(s);
	struct err err;

	end_pause(in, s);
	if (finish(rd_kafka_incremental_unassign(in->rk, list), &err) != 0)
		log_warn("kafka_in_stop_failed", F_STR("topic", s->topic),
		         F_INT("partition", s->partition),
		         F_STR("error", err.text));
	settle(in);
	rd_kafka_topic_partition_list_destroy(list);
}

static int start_in_group(struct kafka_in *in, const struct kafka_partition *p,
                          int64_t offset, struct err *err)
{
	struct kafka_slot *s = kafka_slot_find(in, p->topic, p->partition);

	assert(offset != KAFKA_OFFSET_END);
	if (in->state != IN_ACCEPTED || s == NULL)
		return err_set(err, "kafka: %s/%d is not assigned to us",
		               p->topic, p->partition);
	s->start = offset;
	s->next = -1;
	s->reading = true;
	end_pause(in, s);
	s->skipped = false;
	mark_dirty(in);
	return 0;
}

int kafka_in_start(struct kafka_in *in, const struct kafka_partition *p,
                   int64_t offset, struct err *err)
{
	struct kafka_slot *s;

	if (in->is_group)
		return start_in_group(in, p, offset, err);
	assert(offset != KAFKA_OFFSET_COMMITTED);
	kafka_in_stop(in, p);
	/* else its leader is looked for once a second only */
	kafka_warm_up(in->rk, &p->topic, 1);
	s = slot_add(in, p->topic, p->partition);
	s->start = offset;
	s->reading = true;
	if (explicit_assign(in, s, err) == 0)
		return 0;
	slot_remove(in, s);
	return -1;
}

void kafka_in_stop(struct kafka_in *in, const struct kafka_partition *p)
{
	struct kafka_slot *s = kafka_slot_find(in, p->topic, p->partition);

	if (s == NULL)
		return;
	if (!in->is_group) {
		explicit_unassign(in, s);
		slot_remove(in, s);
	} else if (s->reading && in->state == IN_ACCEPTED) {
		s->reading = false;
		end_pause(in, s);
		mark_dirty(in);
	}
}

void kafka_in_pause(struct kafka_in *in, const struct kafka_partition *p)
{
	struct kafka_slot *s = kafka_slot_find(in, p->topic, p->partition);
	rd_kafka_topic_partition_list_t *list;

	if (s == NULL || !s->reading || s->paused)
		return;
	s->paused = true;
	list = list_of(s);
	rd_kafka_pause_partitions(in->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
}

static void restart(struct kafka_in *in, struct kafka_slot *s)
{
	struct err err;

	s->skipped = false;
	if (in->is_group) {
		mark_dirty(in);
		return;
	}
	explicit_unassign(in, s);
	if (explicit_assign(in, s, &err) != 0)
		kafka_in_tell_fatal(in, err.text);
}

void kafka_in_resume(struct kafka_in *in, const struct kafka_partition *p)
{
	struct kafka_slot *s = kafka_slot_find(in, p->topic, p->partition);
	rd_kafka_topic_partition_list_t *list;

	/* the library may rewind a partition that was not paused */
	if (s == NULL || !s->reading || !s->paused)
		return;
	s->paused = false;
	list = list_of(s);
	rd_kafka_resume_partitions(in->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (s->skipped)
		restart(in, s);
}

bool kafka_in_is_paused(const struct kafka_in *in,
                        const struct kafka_partition *p)
{
	const struct kafka_slot *s =
		kafka_slot_find(in, p->topic, p->partition);

	return s != NULL && s->paused;
}

struct kafka_lag kafka_in_lag(struct kafka_in *in,
                              const struct kafka_partition *p)
{
	const struct kafka_slot *s =
		kafka_slot_find(in, p->topic, p->partition);
	struct kafka_lag lag = { -1, -1, -1, -1 };

	if (s == NULL || !s->reading)
		return lag;
	rd_kafka_get_watermark_offsets(in->rk, s->topic, s->partition, &lag.low,
	                               &lag.high);
	if (lag.low < 0)
		lag.low = -1;
	if (lag.high < 0)
		lag.high = -1;
	if (s->next >= 0)
		lag.position = s->next;
	else if (s->start >= 0)
		lag.position = s->start;
	if (lag.high >= 0 && lag.position >= 0)
		lag.lag = lag.high > lag.position ? lag.high - lag.position : 0;
	return lag;
}
