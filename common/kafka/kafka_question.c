#include "kafka/kafka_question.h"

#include "kafka/kafka_side.h"

#include "base/clock.h"
#include "base/mem.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

enum { RETRY_MS = 50 };

struct kafka_asker *kafka_asker_new(rd_kafka_t *rk, const char *group_id)
{
	struct kafka_asker *asker = xzalloc(sizeof(*asker));

	asker->rk = rk;
	asker->group_id = xstrdup(group_id);
	return asker;
}

void kafka_asker_free(void *arg)
{
	struct kafka_asker *asker = arg;

	rd_kafka_destroy_flags(asker->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	free(asker->group_id);
	free(asker);
}

void kafka_asker_free_aside(struct kafka_asker *asker)
{
	kafka_end_destroy(asker->rk);
	free(asker->group_id);
	free(asker);
}

int kafka_question_left_ms(int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();

	return left < 1 ? 1 : (int)left;
}

void kafka_question_fail(struct kafka_question *q,
                         const struct kafka_partition *p, const char *what,
                         int code)
{
	rd_kafka_resp_err_t rc = (rd_kafka_resp_err_t)code;

	q->failed = true;
	if (p != NULL && p->partition >= 0)
		err_set(&q->why, "kafka: %s of %s/%d: %s", what, p->topic,
		        p->partition, rd_kafka_err2str(rc));
	else
		err_set(&q->why, "kafka: %s: %s", what, rd_kafka_err2str(rc));
}

/* One request for committed offsets, and its answer; NULL if none came. */
static rd_kafka_event_t *request_offsets(struct kafka_question *q,
                                         struct kafka_asker *asker,
                                         rd_kafka_queue_t *queue, int limit_ms)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)q->count);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(
		asker->rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
	rd_kafka_ListConsumerGroupOffsets_t *request;

	for (size_t i = 0; i < q->count; i++)
		rd_kafka_topic_partition_list_add(list, q->list[i].topic,
		                                  q->list[i].partition);
	request = rd_kafka_ListConsumerGroupOffsets_new(asker->group_id, list);
	rd_kafka_AdminOptions_set_request_timeout(options, limit_ms, NULL, 0);
	rd_kafka_error_destroy(
		rd_kafka_AdminOptions_set_require_stable_offsets(options, 1));
	rd_kafka_ListConsumerGroupOffsets(asker->rk, &request, 1, options,
	                                  queue);
	rd_kafka_ListConsumerGroupOffsets_destroy(request);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_topic_partition_list_destroy(list);
	return rd_kafka_queue_poll(queue, limit_ms + RETRY_MS);
}

static void copy_offsets(struct kafka_question *q,
                         const rd_kafka_topic_partition_list_t *list)
{
	q->committed =
		arena_calloc(q->arena, q->count + 1, sizeof(*q->committed));
	for (size_t i = 0; i < q->count; i++) {
		const struct kafka_partition *p = &q->list[i];
		const rd_kafka_topic_partition_t *got =
			rd_kafka_topic_partition_list_find(list, p->topic,
		                                           p->partition);
		struct kafka_committed *c = &q->committed[i];

		c->at = *p;
		c->offset = got != NULL && got->offset >= 0 ? got->offset : -1;
		if (c->offset >= 0 && got->metadata != NULL)
			c->metadata = arena_span(
				q->arena,
				span_of(got->metadata, got->metadata_size));
	}
}

static rd_kafka_resp_err_t partition_error(
	const rd_kafka_topic_partition_list_t *list, struct kafka_partition *at)
{
	for (int i = 0; i < list->cnt; i++) {
		if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
			continue;
		*at = (struct kafka_partition){ list->elems[i].topic,
			                        list->elems[i].partition };
		return list->elems[i].err;
	}
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* What the answer says; at is where, if it is about one partition. */
static rd_kafka_resp_err_t read_offsets(struct kafka_question *q,
                                        rd_kafka_event_t *event,
                                        struct kafka_partition *at)
{
	const rd_kafka_ListConsumerGroupOffsets_result_t *result =
		rd_kafka_event_ListConsumerGroupOffsets_result(event);
	const rd_kafka_group_result_t **groups;
	rd_kafka_resp_err_t rc = rd_kafka_event_error(event);
	size_t count = 0;

	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return rc;
	if (result == NULL)
		return RD_KAFKA_RESP_ERR__BAD_MSG;
	groups =
		rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
	if (count != 1)
		return RD_KAFKA_RESP_ERR__BAD_MSG;
	if (rd_kafka_group_result_error(groups[0]) != NULL)
		return rd_kafka_error_code(
			rd_kafka_group_result_error(groups[0]));
	rc = partition_error(rd_kafka_group_result_partitions(groups[0]), at);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		copy_offsets(q, rd_kafka_group_result_partitions(groups[0]));
	return rc;
}

/* Worth asking again inside the limit. */
static bool is_passing(rd_kafka_resp_err_t rc)
{
	switch ((int)rc) {
	case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
	case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
	case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
	case RD_KAFKA_RESP_ERR__TRANSPORT: return true;
	default: return false;
	}
}

void kafka_question_committed(struct kafka_question *q,
                              struct kafka_asker *asker)
{
	int64_t until_ms = clock_mono_ms() + q->limit_ms;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(asker->rk);
	rd_kafka_resp_err_t rc;

	for (;;) {
		struct kafka_partition at = { NULL, -1 };
		rd_kafka_event_t *event = request_offsets(
			q, asker, queue, kafka_question_left_ms(until_ms));

		rc = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT
		                   : read_offsets(q, event, &at);
		if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
			kafka_question_fail(q, &at, "committed offsets", rc);
		if (event != NULL)
			rd_kafka_event_destroy(event);
		if (!is_passing(rc) || clock_mono_ms() + RETRY_MS >= until_ms)
			break;
		/* nothing comes to this queue: it is only a wait */
		rd_kafka_event_destroy(rd_kafka_queue_poll(queue, RETRY_MS));
	}
	q->failed = rc != RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_queue_destroy(queue);
}

void kafka_question_partitions(struct kafka_question *q,
                               struct kafka_asker *asker)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *topic =
		rd_kafka_topic_new(asker->rk, q->list[0].topic, NULL);
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;

	if (topic != NULL) {
		rc = rd_kafka_metadata(asker->rk, 0, topic, &metadata,
		                       (int)q->limit_ms);
		rd_kafka_topic_destroy(topic);
	}
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
		kafka_question_fail(q, NULL, "partitions", rc);
		return;
	}
	rc = metadata->topic_cnt == 1 ? metadata->topics[0].err
	                              : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		q->partitions = (uint32_t)metadata->topics[0].partition_cnt;
	else if (rc != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		kafka_question_fail(q, NULL, "partitions", rc);
	rd_kafka_metadata_destroy(metadata);
}
