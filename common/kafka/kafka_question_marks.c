/*
 * kafka_question_marks.c -- watermarks: see kafka_ask_watermarks().
 *
 * All partitions are asked about at once. If a leader does not answer, or there
 * is none, they are asked about leader by leader: what one of them keeps back
 * is told as unknown, and the others' answers do not wait for it.
 */
#include "kafka/kafka_question.h"

#include "base/clock.h"
#include "base/mem.h"

#include <librdkafka/rdkafka.h>

enum {
	/* for all at once, so that a dead leader costs this much and not the
	   limit; then for each leader by itself */
	TRY_MS = 2000,
	LEADER_MS = 1000,
	RETRY_MS = 50,
};

enum { ANY_LEADER = -2, NO_LEADER = -1 };

struct marks {
	struct kafka_question *q;
	rd_kafka_t *rk;
	int64_t until_ms;
	int64_t end;            /* RD_KAFKA_OFFSET_BEGINNING or _END */
	int64_t *found;         /* -1: not yet */
	bool *skipped;          /* not asked about */
	int32_t *leaders;       /* as metadata says; ANY_LEADER: not known */
	rd_kafka_resp_err_t rc; /* the last that went wrong, and where */
	size_t at;
};

/* The leader moved, is about to, or is gone. */
static bool is_leaders(rd_kafka_resp_err_t rc)
{
	switch ((int)rc) {
	case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
	case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
	case RD_KAFKA_RESP_ERR__TRANSPORT: return true;
	default: return false;
	}
}

static int limit_ms(const struct marks *m, int most)
{
	int left = kafka_question_left_ms(m->until_ms);

	return left < most ? left : most;
}

static size_t count_open(const struct marks *m)
{
	size_t open = 0;

	for (size_t i = 0; i < m->q->count; i++)
		open += !m->skipped[i] && m->found[i] < 0;
	return open;
}

static void note_end(struct marks *m, const rd_kafka_topic_partition_t *from)
{
	for (size_t i = 0; i < m->q->count; i++) {
		const struct kafka_partition *p = &m->q->list[i];

		if (p->partition != from->partition ||
		    strcmp(p->topic, from->topic) != 0)
			continue;
		if (from->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
			m->found[i] = from->offset;
		} else {
			m->rc = from->err;
			m->at = i;
		}
	}
}

/*
 * Asks about what is open of that leader. Not by
 * rd_kafka_query_watermark_offsets(), which never comes back while the leader
 * that it knows is dead, whatever its limit.
 */
static void ask_leader(struct marks *m, int32_t leader, int most_ms)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)m->q->count + 1);
	rd_kafka_resp_err_t rc;

	for (size_t i = 0; i < m->q->count; i++) {
		if (m->skipped[i] || m->found[i] >= 0 ||
		    (leader != ANY_LEADER && m->leaders[i] != leader))
			continue;
		rd_kafka_topic_partition_list_add(list, m->q->list[i].topic,
		                                  m->q->list[i].partition)
			->offset = m->end;
		m->at = i;
	}
	if (list->cnt > 0) {
		rc = rd_kafka_offsets_for_times(m->rk, list,
		                                limit_ms(m, most_ms));
		if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
			m->rc = rc;
		for (int i = 0;
		     rc == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
			note_end(m, &list->elems[i]);
	}
	rd_kafka_topic_partition_list_destroy(list);
}

static void note_leaders(struct marks *m,
                         const struct rd_kafka_metadata_topic *topic)
{
	for (size_t i = 0; i < m->q->count; i++) {
		const struct kafka_partition *p = &m->q->list[i];

		if (strcmp(p->topic, topic->topic) != 0)
			continue;
		for (int n = 0; n < topic->partition_cnt; n++) {
			if (topic->partitions[n].id == p->partition)
				m->leaders[i] = topic->partitions[n].leader;
		}
	}
}

/* The library keeps asking the leader that it knows, dead or not, until the
   time is over: it is told to look for the leader anew. */
static void learn_leaders(struct marks *m, const char *name)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(m->rk, name, NULL);

	if (topic == NULL)
		return;
	if (rd_kafka_metadata(m->rk, 0, topic, &metadata,
	                      limit_ms(m, TRY_MS)) ==
	    RD_KAFKA_RESP_ERR_NO_ERROR) {
		for (int i = 0; i < metadata->topic_cnt; i++)
			note_leaders(m, &metadata->topics[i]);
		rd_kafka_metadata_destroy(metadata);
	}
	rd_kafka_topic_destroy(topic);
}

static void learn_all_leaders(struct marks *m)
{
	for (size_t i = 0; i < m->q->count; i++)
		m->leaders[i] = NO_LEADER;
	for (size_t i = 0; i < m->q->count; i++) {
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = strcmp(m->q->list[i].topic,
			               m->q->list[j].topic) == 0;
		if (!known)
			learn_leaders(m, m->q->list[i].topic);
	}
}

static void ask_each_leader(struct marks *m)
{
	learn_all_leaders(m);
	for (size_t i = 0; i < m->q->count; i++) {
		bool asked = false;

		for (size_t j = 0; j < i && !asked; j++)
			asked = m->leaders[j] == m->leaders[i];
		if (!asked && m->leaders[i] >= 0)
			ask_leader(m, m->leaders[i], LEADER_MS);
	}
}

/* False: none of it was answered. */
static bool ask_ends(struct marks *m, bool wary)
{
	const size_t wanted = count_open(m);

	m->rc = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
	if (!wary)
		ask_leader(m, ANY_LEADER, TRY_MS);
	while (count_open(m) == wanted && is_leaders(m->rc) &&
	       clock_mono_ms() < m->until_ms) {
		ask_each_leader(m);
		if (count_open(m) == wanted)
			rd_kafka_poll(m->rk, RETRY_MS);
	}
	return wanted == 0 || count_open(m) < wanted;
}

void kafka_question_watermarks(struct kafka_question *q,
                               struct kafka_asker *asker)
{
	const size_t n = q->count + 1;
	int64_t *ends[2] = { arena_calloc(q->arena, n, sizeof(int64_t)),
		             arena_calloc(q->arena, n, sizeof(int64_t)) };
	struct marks m = {
		.q = q,
		.rk = asker->rk,
		.until_ms = clock_mono_ms() + q->limit_ms,
		.skipped = arena_calloc(q->arena, n, sizeof(bool)),
		.leaders = arena_calloc(q->arena, n, sizeof(int32_t)),
	};

	q->watermarks = arena_calloc(q->arena, n, sizeof(*q->watermarks));
	/* the low one first: it can only rise, and never above the high one */
	for (int e = 0; e < 2; e++) {
		m.end = e == 0 ? RD_KAFKA_OFFSET_BEGINNING
		               : RD_KAFKA_OFFSET_END;
		m.found = ends[e];
		for (size_t i = 0; i < q->count; i++)
			m.found[i] = -1;
		if (!ask_ends(&m, asker->wary)) {
			kafka_question_fail(q, &q->list[m.at], "watermarks",
			                    m.rc);
			asker->wary = true;
			return;
		}
		asker->wary = count_open(&m) > 0;
		for (size_t i = 0; i < q->count; i++)
			m.skipped[i] |= m.found[i] < 0;
	}
	for (size_t i = 0; i < q->count; i++) {
		bool known = ends[0][i] >= 0 && ends[1][i] >= 0;

		q->watermarks[i] = (struct kafka_watermarks){
			q->list[i],
			known ? ends[0][i] : -1,
			known ? ends[1][i] : -1,
		};
		asker->wary |= !known;
	}
}
