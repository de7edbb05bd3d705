#include "kafka/kafka_in.h"

#include "kafka/kafka_in_internal.h"
#include "kafka/kafka_lease_internal.h"
#include "kafka/kafka_produce.h"
#include "kafka/kafka_side.h"
#include "kafka/kafka_wake.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

enum {
	BATCH_DEFAULT = 100,
	CLOSE_LOOK_US = 10000,
};

void kafka_in_tell_fatal(struct kafka_in *in, const char *why)
{
	if (in->fatal_told || in->freed)
		return;
	in->fatal_told = true;
	in->events.on_fatal(in->events.owner, why);
}

static size_t read_headers(struct kafka_in *in, const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	size_t count;

	if (rd_kafka_message_headers(m, &headers) != 0)
		return 0;
	count = rd_kafka_header_cnt(headers);
	if (count > in->header_room) {
		in->headers =
			xreallocarray(in->headers, count, sizeof(*in->headers));
		in->header_room = count;
	}
	for (size_t i = 0; i < count; i++) {
		struct kafka_header *h = &in->headers[i];
		const void *value;
		size_t len;

		rd_kafka_header_get_all(headers, i, &h->name, &value, &len);
		h->value = span_of(value, len);
	}
	return count;
}

static void on_message(struct kafka_in *in, const rd_kafka_message_t *m)
{
	const char *topic = rd_kafka_topic_name(m->rkt);
	struct kafka_slot *s = kafka_slot_find(in, topic, m->partition);
	rd_kafka_timestamp_type_t type;
	struct kafka_message out;

	if (s == NULL || !s->reading)
		return;
	if (s->paused || s->skipped) {
		s->skipped = true;
		if (s->next < 0)
			s->next = m->offset;
		return;
	}
	s->next = m->offset + 1;
	out = (struct kafka_message){
		.topic = topic,
		.partition = m->partition,
		.offset = m->offset,
		.timestamp_ms = rd_kafka_message_timestamp(m, &type),
		.key = span_of(m->key, m->key_len),
		.value = span_of(m->payload, m->len),
	};
	out.time_kind = kafka_time_kind_of((int)type);
	out.header_count = read_headers(in, m);
	out.headers = in->headers;
	in->events.on_message(in->events.owner, &out);
}

static void on_fetched(struct kafka_in *in, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *m;

	while (!in->freed && (m = rd_kafka_event_message_next(event)) != NULL)
		on_message(in, m);
}

static void on_eof(struct kafka_in *in, const rd_kafka_topic_partition_t *at)
{
	struct kafka_partition p = { at->topic, at->partition };
	struct kafka_slot *s = kafka_slot_find(in, at->topic, at->partition);
	int64_t low = -1;
	int64_t high = -1;

	if (s == NULL || !s->reading || in->events.on_eof == NULL)
		return;
	rd_kafka_get_watermark_offsets(in->rk, at->topic, at->partition, &low,
	                               &high);
	in->events.on_eof(in->events.owner, &p, at->offset, high);
}

static void on_broken(struct kafka_in *in, const rd_kafka_topic_partition_t *at,
                      const char *why)
{
	struct kafka_partition p = { at->topic, at->partition };
	struct kafka_slot *s = kafka_slot_find(in, at->topic, at->partition);

	if (s == NULL || !s->reading)
		return;
	s->reading = false;
	in->events.on_broken(in->events.owner, &p, why);
}

static bool on_denied(struct kafka_in *in, rd_kafka_resp_err_t rc,
                      const rd_kafka_topic_partition_t *at)
{
	struct kafka_denial d = { .right = "Read" };

	if (rc == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
		d.resource = "group";
		d.name = in->group_id;
		/* an explicit reader has no use for the group */
		d.first = in->is_group && !in->was_member;
	} else if (rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED &&
	           at != NULL) {
		d.resource = "topic";
		d.name = at->topic;
	}
	if (d.resource == NULL || in->events.on_denied == NULL)
		return false;
	in->events.on_denied(in->events.owner, &d);
	return true;
}

static void on_error(struct kafka_in *in, rd_kafka_event_t *event)
{
	rd_kafka_topic_partition_t *at = rd_kafka_event_topic_partition(event);
	rd_kafka_resp_err_t rc = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);

	if (rd_kafka_event_error_is_fatal(event) &&
	    rd_kafka_fatal_error(in->rk, NULL, 0) ==
	            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
		kafka_in_tell_fatal(in,
		                    "another process joined the group under "
		                    "this instance's name: give each its "
		                    "own instance");
	else if (rd_kafka_event_error_is_fatal(event))
		kafka_in_tell_fatal(in, text);
	else if (at != NULL && rc == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		on_eof(in, at);
	else if (at != NULL && rc == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
		on_broken(in, at, text);
	else if (!on_denied(in, rc, at))
		log_warn("kafka_in_error", F_STR("code", rd_kafka_err2name(rc)),
		         F_STR("error", text));
	if (at != NULL)
		rd_kafka_topic_partition_destroy(at);
}

/* The owner's view of a list, valid as long as the list. */
static struct kafka_partition *partitions_of(
	const rd_kafka_topic_partition_list_t *list)
{
	struct kafka_partition *p = xcalloc((size_t)list->cnt + 1, sizeof(*p));

	for (int i = 0; i < list->cnt; i++) {
		p[i].topic = list->elems[i].topic;
		p[i].partition = list->elems[i].partition;
	}
	return p;
}

static void on_rebalance(struct kafka_in *in, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t rc = rd_kafka_event_error(event);
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_event_topic_partition_list(event);
	struct kafka_partition *p;

	if (!in->is_group || list == NULL ||
	    (rc != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS &&
	     rc != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)) {
		rd_kafka_assign(in->rk, NULL);
		return;
	}
	p = partitions_of(list);
	if (rc == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		kafka_slots_offer(in, list);
		in->state = IN_OFFERED;
		in->was_member = true;
		in->events.on_assign(in->events.owner, p, (size_t)list->cnt);
	} else {
		kafka_slots_stop_all(in);
		in->state = IN_REVOKING;
		in->events.on_revoke(in->events.owner, p, (size_t)list->cnt,
		                     rd_kafka_assignment_lost(in->rk) != 0);
	}
	free(p);
}

static void take_event(struct kafka_in *in, rd_kafka_event_t *event)
{
	switch (rd_kafka_event_type(event)) {
	case RD_KAFKA_EVENT_FETCH: on_fetched(in, event); break;
	case RD_KAFKA_EVENT_ERROR: on_error(in, event); break;
	case RD_KAFKA_EVENT_REBALANCE: on_rebalance(in, event); break;
	case RD_KAFKA_EVENT_OFFSET_COMMIT: kafka_commit_answer(event); break;
	case RD_KAFKA_EVENT_LOG: kafka_wake_log(event); break;
	default: break;
	}
}

/* An unanswered rebalance would hold up the library's end. */
static void end_handle(struct kafka_in *in)
{
	const bool asked = in->state == IN_OFFERED || in->state == IN_REVOKING;

	if (in->leaving && rd_kafka_consumer_closed(in->rk) == 0) {
		kafka_end_leave(in->rk, in->queue, asked);
		return;
	}
	if (in->state != IN_IDLE)
		rd_kafka_assign(in->rk, NULL);
	rd_kafka_queue_destroy(in->queue);
	kafka_end_destroy(in->rk);
}

static void destroy(struct kafka_in *in)
{
	kafka_wake_free(&in->wake);
	if (in->closing != NULL)
		event_free(in->closing);
	end_handle(in);
	kafka_commits_drop(in);
	kafka_slots_clear(in);
	free(in->headers);
	free(in->group_id);
	free(in);
}

static bool serve(void *arg)
{
	struct kafka_in *in = arg;
	uint32_t left = in->batch_max;

	in->serving = true;
	if (in->dirty && in->state == IN_ACCEPTED)
		kafka_slots_apply(in);
	while (left > 0 && !in->freed) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(in->queue, 0);

		if (event == NULL)
			break;
		take_event(in, event);
		rd_kafka_event_destroy(event);
		left--;
	}
	in->serving = false;
	if (!in->freed)
		return left == 0;
	destroy(in);
	return false;
}

static int set_options(rd_kafka_conf_t *conf,
                       const struct kafka_in_options *options, struct err *err)
{
	char why[256];

	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_FETCH |
	                                       RD_KAFKA_EVENT_ERROR |
	                                       RD_KAFKA_EVENT_REBALANCE |
	                                       RD_KAFKA_EVENT_OFFSET_COMMIT |
	                                       RD_KAFKA_EVENT_LOG);
	if (options->read_uncommitted &&
	    rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", why,
	                      sizeof(why)) != 0)
		return err_set(err, "kafka: %s", why);
	if (options->instance_id != NULL &&
	    rd_kafka_conf_set(conf, "group.instance.id", options->instance_id,
	                      why, sizeof(why)) != 0)
		return err_set(err, "kafka: %s", why);
	if (options->reset_to_beginning &&
	    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", why,
	                      sizeof(why)) != 0)
		return err_set(err, "kafka: %s", why);
	return 0;
}

static rd_kafka_t *make_handle(const struct kafka_conf *conf,
                               const struct kafka_in_options *options,
                               struct err *err)
{
	enum kafka_role role =
		options->topics != NULL ? KAFKA_ROLE_GROUP : KAFKA_ROLE_READER;
	rd_kafka_conf_t *rk_conf =
		kafka_conf_new(conf, role, options->group_id, err);
	rd_kafka_t *rk = NULL;
	char why[256];

	if (rk_conf == NULL)
		return NULL;
	if (set_options(rk_conf, options, err) == 0) {
		rk = rd_kafka_new(RD_KAFKA_CONSUMER, rk_conf, why, sizeof(why));
		if (rk == NULL)
			err_set(err, "kafka: %s", why);
	}
	if (rk == NULL)
		rd_kafka_conf_destroy(rk_conf);
	return rk;
}

static int subscribe(rd_kafka_t *rk, const struct kafka_in_options *options,
                     struct err *err)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)options->topic_count);
	rd_kafka_resp_err_t rc;

	for (size_t i = 0; i < options->topic_count; i++)
		rd_kafka_topic_partition_list_add(list, options->topics[i],
		                                  RD_KAFKA_PARTITION_UA);
	rc = rd_kafka_subscribe(rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	return err_set(err, "kafka: can't subscribe: %s", rd_kafka_err2str(rc));
}

struct kafka_in *kafka_in_new(struct loop *loop, const struct kafka_conf *conf,
                              const struct kafka_in_options *options,
                              struct err *err)
{
	rd_kafka_t *rk = make_handle(conf, options, err);
	struct kafka_in *in;

	if (rk == NULL)
		return NULL;
	rd_kafka_poll_set_consumer(rk);
	rd_kafka_set_log_queue(rk, NULL);
	if (options->topics != NULL && subscribe(rk, options, err) != 0) {
		kafka_end_destroy(rk);
		return NULL;
	}
	in = xzalloc(sizeof(*in));
	in->rk = rk;
	in->loop = loop;
	in->events = options->events;
	in->group_id = xstrdup(options->group_id);
	in->is_group = options->topics != NULL;
	in->batch_max =
		options->batch_max > 0 ? options->batch_max : BATCH_DEFAULT;
	in->queue = rd_kafka_queue_get_consumer(rk);
	in->wake = kafka_wake_new(loop, in->queue, serve, in);
	return in;
}

void kafka_in_free(struct kafka_in **in)
{
	struct kafka_in *i = *in;

	if (i == NULL)
		return;
	*in = NULL;
	i->freed = true;
	if (!i->serving)
		destroy(i);
}

static void on_close_look(evutil_socket_t fd, short what, void *arg)
{
	struct kafka_in *in = arg;
	bool closed = !in->is_group || rd_kafka_consumer_closed(in->rk) != 0;
	const struct timeval look = { .tv_usec = CLOSE_LOOK_US };

	(void)fd;
	(void)what;
	if (!closed && clock_mono_ms() < in->close_by_ms) {
		event_add(in->closing, &look);
		kafka_wake_soon(in->wake);
		return;
	}
	/* the owner may free us in it */
	in->closed(in->events.owner, closed);
}

void kafka_in_close(struct kafka_in *in, int64_t limit_ms,
                    kafka_in_closed_fn *done)
{
	const struct timeval now = { 0 };
	rd_kafka_error_t *error;

	assert(in->closing == NULL);
	in->close_by_ms = clock_mono_ms() + limit_ms;
	in->closed = done;
	in->closing = event_new(loop_base(in->loop), -1, 0, on_close_look, in);
	assert(in->closing != NULL);
	event_add(in->closing, &now);
	if (!in->is_group) {
		kafka_slots_stop_all(in);
		return;
	}
	/* without it the library takes the assignment for unanswered, and
	   revokes nothing */
	if (in->dirty && in->state == IN_ACCEPTED)
		kafka_slots_apply(in);
	in->leaving = true;
	error = rd_kafka_consumer_close_queue(in->rk, in->queue);
	if (error == NULL)
		return;
	in->leaving = false;
	log_warn("kafka_in_close_failed",
	         F_STR("error", rd_kafka_error_string(error)));
	rd_kafka_error_destroy(error);
}

struct kafka_lease *kafka_in_lease(struct kafka_in *in, struct err *err)
{
	return kafka_lease_new(in->rk, in->group_id, err);
}
