#include "kafka/kafka_in_internal.h"
#include "kafka/kafka_offsets.h"

#include "base/mem.h"

#include <stdlib.h>

/* The library carries its address. */
struct kafka_commit {
	struct kafka_commit *next;
	struct kafka_commit **link;
	kafka_committed_fn *done;
	void *arg;
};

static void commit_free(struct kafka_commit *c)
{
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	free(c);
}

void kafka_commits_drop(struct kafka_in *in)
{
	struct kafka_commit *next;

	for (struct kafka_commit *c = in->commits; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	in->commits = NULL;
}

rd_kafka_topic_partition_list_t *kafka_offset_list(
	const struct kafka_offset *offsets, size_t count)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)count);

	for (size_t i = 0; i < count; i++) {
		const struct kafka_offset *o = &offsets[i];
		rd_kafka_topic_partition_t *to =
			rd_kafka_topic_partition_list_add(list, o->at.topic,
		                                          o->at.partition);

		to->offset = o->offset;
		if (o->metadata == NULL || *o->metadata == '\0')
			continue;
		/* the list frees it */
		to->metadata = xstrdup(o->metadata);
		to->metadata_size = strlen(o->metadata);
	}
	return list;
}

bool kafka_in_commit(struct kafka_in *in, const struct kafka_offset *offsets,
                     size_t count, kafka_committed_fn *done, void *arg)
{
	rd_kafka_topic_partition_list_t *list;
	struct kafka_commit *c;
	rd_kafka_resp_err_t rc;

	/* a commit that races a join can cost the assignment */
	if (in->state != IN_ACCEPTED && in->state != IN_REVOKING)
		return false;
	list = kafka_offset_list(offsets, count);
	c = xzalloc(sizeof(*c));
	c->done = done;
	c->arg = arg;
	c->next = in->commits;
	c->link = &in->commits;
	if (c->next != NULL)
		c->next->link = &c->next;
	in->commits = c;
	rc = rd_kafka_commit_queue(in->rk, list, in->queue, NULL, c);
	rd_kafka_topic_partition_list_destroy(list);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	commit_free(c);
	return false;
}

static rd_kafka_resp_err_t first_error(rd_kafka_event_t *event)
{
	const rd_kafka_topic_partition_list_t *list =
		rd_kafka_event_topic_partition_list(event);
	rd_kafka_resp_err_t rc = rd_kafka_event_error(event);

	for (int i = 0;
	     rc == RD_KAFKA_RESP_ERR_NO_ERROR && list != NULL && i < list->cnt;
	     i++)
		rc = list->elems[i].err;
	return rc;
}

void kafka_commit_answer(rd_kafka_event_t *event)
{
	struct kafka_commit *c = rd_kafka_event_opaque(event);
	rd_kafka_resp_err_t rc = first_error(event);
	kafka_committed_fn *done;
	void *arg;

	if (c == NULL)
		return;
	done = c->done;
	arg = c->arg;
	commit_free(c);
	done(arg,
	     rc == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL : rd_kafka_err2str(rc));
}
