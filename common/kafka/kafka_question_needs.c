/*
 * kafka_question_needs.c -- is each topic there, with as many partitions, and
 * may we read it? See kafka_ask_needs().
 */
#include "kafka/kafka_question.h"

#include "base/clock.h"
#include "base/mem.h"

#include <librdkafka/rdkafka.h>

enum {
	/* of the limit, for the fetches: a dead leader must not use up the
	   time of the others */
	READ_MS = 5000,
	LOOK_MS = 100
};

static void note_unknown(struct kafka_finding *f, rd_kafka_resp_err_t rc)
{
	f->found = KAFKA_NEED_UNKNOWN;
	f->error = rd_kafka_err2str(rc);
}

static void judge(struct kafka_finding *f,
                  const struct rd_kafka_metadata_topic *topic)
{
	switch ((int)topic->err) {
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		f->found = KAFKA_NEED_ABSENT;
		return;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		f->found = KAFKA_NEED_HIDDEN;
		return;
	default: break;
	}
	if (topic->partition_cnt <= 0) {
		note_unknown(f, topic->err);
		return;
	}
	f->partitions = (uint32_t)topic->partition_cnt;
	f->found =
		f->need.partitions == 0 || f->need.partitions == f->partitions
			? KAFKA_NEED_MET
			: KAFKA_NEED_MISCOUNTED;
}

/* What metadata says; false: the brokers do not answer. */
static bool look_up(struct kafka_finding *f, rd_kafka_t *rk,
                    rd_kafka_topic_t *topic, int64_t until_ms)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;

	if (topic != NULL)
		rc = rd_kafka_metadata(rk, 0, topic, &metadata,
		                       kafka_question_left_ms(until_ms));
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
		note_unknown(f, rc);
		return false;
	}
	if (metadata->topic_cnt == 1)
		judge(f, &metadata->topics[0]);
	else
		f->found = KAFKA_NEED_ABSENT;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

static bool wants_read(const struct kafka_finding *f)
{
	return f->need.reads && f->partitions > 0;
}

/* The log's end, so that nothing has to come. Returns how many. */
static size_t begin_reading(struct kafka_question *q, rd_kafka_t *rk)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)q->count + 1);
	size_t reading = 0;

	for (size_t i = 0; i < q->count; i++) {
		if (!wants_read(&q->findings[i]))
			continue;
		rd_kafka_topic_partition_list_add(list,
		                                  q->findings[i].need.topic, 0)
			->offset = RD_KAFKA_OFFSET_END;
		reading++;
	}
	if (reading > 0)
		rd_kafka_assign(rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	return reading;
}

/* What a fetch says of its topic: true if it says anything. */
static bool note_fetch(struct kafka_question *q, const rd_kafka_message_t *m,
                       bool *answered)
{
	const char *topic = m->rkt != NULL ? rd_kafka_topic_name(m->rkt) : "";

	for (size_t i = 0; i < q->count; i++) {
		struct kafka_finding *f = &q->findings[i];

		if (answered[i] || !wants_read(f) ||
		    strcmp(f->need.topic, topic) != 0)
			continue;
		if (m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
			f->found = KAFKA_NEED_UNREADABLE;
		else if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
		         m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
			return false;
		answered[i] = true;
		return true;
	}
	return false;
}

static void try_reading(struct kafka_question *q, rd_kafka_t *rk)
{
	bool *answered = arena_calloc(q->arena, q->count + 1, sizeof(bool));
	int64_t until_ms = clock_mono_ms() + READ_MS;
	size_t pending = begin_reading(q, rk);

	if (pending == 0)
		return;
	while (pending > 0 && clock_mono_ms() < until_ms) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, LOOK_MS);

		if (m == NULL)
			continue;
		pending -= note_fetch(q, m, answered);
		rd_kafka_message_destroy(m);
	}
	rd_kafka_assign(rk, NULL);
}

static bool look_up_all(struct kafka_question *q, rd_kafka_t *rk,
                        rd_kafka_topic_t **topics)
{
	int64_t until_ms = clock_mono_ms() + q->limit_ms;
	bool answer = true;

	for (size_t i = 0; i < q->count; i++) {
		if (answer)
			answer = look_up(&q->findings[i], rk, topics[i],
			                 until_ms);
		else
			note_unknown(&q->findings[i],
			             RD_KAFKA_RESP_ERR__TIMED_OUT);
	}
	return answer;
}

void kafka_question_needs(struct kafka_question *q, struct kafka_asker *asker)
{
	rd_kafka_t *rk = asker->rk;
	/* held until the end: the leader of a topic that nobody holds is looked
	   for once a second only */
	rd_kafka_topic_t **topics = arena_calloc(q->arena, q->count + 1,
	                                         sizeof(rd_kafka_topic_t *));

	for (size_t i = 0; i < q->count; i++)
		topics[i] =
			rd_kafka_topic_new(rk, q->findings[i].need.topic, NULL);
	if (look_up_all(q, rk, topics))
		try_reading(q, rk);
	for (size_t i = 0; i < q->count; i++) {
		if (topics[i] != NULL)
			rd_kafka_topic_destroy(topics[i]);
	}
}
