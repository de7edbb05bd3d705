#include "kafka/kafka_out.h"

#include "kafka/kafka_produce.h"
#include "kafka/kafka_side.h"
#include "kafka/kafka_wake.h"

#include "base/mem.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	IN_FLIGHT_DEFAULT = 10000,
	VALUE_MAX_DEFAULT = 1000000,
	LIMIT_DEFAULT_MS = 30000,
	EVENTS_PER_TURN = 100,
	FRAME_COST = 512, /* of a batch with one record, generously */
};

/* One record in flight; the library carries its address. */
struct sent {
	struct sent *next;
	struct sent **link; /* what points at us */
	kafka_delivered_fn *delivered;
	void *arg;
};

struct kafka_out {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	struct kafka_wake *wake;
	struct sent *first;
	uint32_t in_flight;
	struct kafka_out_options options;
	kafka_flushed_fn *flushed;
	void *flush_owner;
	rd_kafka_topic_t **proven; /* to which something was delivered */
	size_t proven_count;
	char *denied; /* by a send: told from the loop; NULL: none */
	bool fatal_told;
	bool serving;
	bool freed;
};

static void sent_link(struct kafka_out *out, struct sent *s)
{
	s->next = out->first;
	s->link = &out->first;
	if (s->next != NULL)
		s->next->link = &s->next;
	out->first = s;
	out->in_flight++;
}

static void sent_unlink(struct kafka_out *out, struct sent *s)
{
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	out->in_flight--;
}

static bool is_proven(const struct kafka_out *out, const rd_kafka_topic_t *t)
{
	for (size_t i = 0; i < out->proven_count; i++) {
		if (out->proven[i] == t)
			return true;
	}
	return false;
}

static bool is_proven_name(const struct kafka_out *out, const char *topic)
{
	for (size_t i = 0; i < out->proven_count; i++) {
		if (strcmp(rd_kafka_topic_name(out->proven[i]), topic) == 0)
			return true;
	}
	return false;
}

/* Holds the topic, so that its address stays its own. */
static void note_right(struct kafka_out *out, const rd_kafka_message_t *m)
{
	if (out->options.on_denied == NULL || is_proven(out, m->rkt))
		return;
	if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		out->proven = xreallocarray(out->proven, out->proven_count + 1,
		                            sizeof(rd_kafka_topic_t *));
		out->proven[out->proven_count++] = rd_kafka_topic_new(
			out->rk, rd_kafka_topic_name(m->rkt), NULL);
	}
}

static void tell_denied(struct kafka_out *out, const char *topic, bool first)
{
	const struct kafka_denial d = { "Write", "topic", topic, first };

	if (out->options.on_denied != NULL)
		out->options.on_denied(out->options.owner, &d);
}

static void on_deliveries(struct kafka_out *out, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *m;

	while (!out->freed &&
	       (m = rd_kafka_event_message_next(event)) != NULL) {
		struct kafka_delivery d = kafka_delivery_of(m);
		struct sent *s = m->_private;
		kafka_delivered_fn *delivered = s->delivered;
		void *arg = s->arg;

		sent_unlink(out, s);
		free(s);
		note_right(out, m);
		if (delivered != NULL)
			delivered(arg, &d);
		if (!out->freed &&
		    m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
			tell_denied(out, rd_kafka_topic_name(m->rkt),
			            !is_proven(out, m->rkt));
	}
}

static void on_error(struct kafka_out *out)
{
	char why[256];
	rd_kafka_resp_err_t rc;

	if (out->fatal_told)
		return;
	rc = rd_kafka_fatal_error(out->rk, why, sizeof(why));
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return; /* a broker is away: the library tries on, and logs */
	out->fatal_told = true;
	/* whoever may write to any topic may be an idempotent producer */
	if (rc == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED &&
	    out->options.on_denied != NULL)
		tell_denied(out, "of any name", true);
	else
		out->options.on_fatal(out->options.owner, why);
}

static void take_event(struct kafka_out *out, rd_kafka_event_t *event)
{
	switch (rd_kafka_event_type(event)) {
	case RD_KAFKA_EVENT_DR: on_deliveries(out, event); break;
	case RD_KAFKA_EVENT_ERROR: on_error(out); break;
	case RD_KAFKA_EVENT_LOG: kafka_wake_log(event); break;
	default: break;
	}
}

static void tell_flushed(struct kafka_out *out)
{
	kafka_flushed_fn *flushed = out->flushed;

	if (flushed == NULL || out->in_flight > 0 || out->freed)
		return;
	out->flushed = NULL;
	flushed(out->flush_owner);
}

static void destroy(struct kafka_out *out)
{
	struct sent *next;

	kafka_wake_free(&out->wake);
	rd_kafka_queue_destroy(out->queue);
	/* deliveries go with the library's queue: nobody polls it any more */
	rd_kafka_purge(out->rk, RD_KAFKA_PURGE_F_QUEUE |
	                                RD_KAFKA_PURGE_F_INFLIGHT |
	                                RD_KAFKA_PURGE_F_NON_BLOCKING);
	for (size_t i = 0; i < out->proven_count; i++)
		rd_kafka_topic_destroy(out->proven[i]);
	kafka_end_destroy(out->rk);
	for (struct sent *s = out->first; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	free(out->proven);
	free(out->denied);
	free(out);
}

static bool serve(void *arg)
{
	struct kafka_out *out = arg;
	int left = EVENTS_PER_TURN;

	out->serving = true;
	while (left > 0 && !out->freed) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(out->queue, 0);

		if (event == NULL)
			break;
		take_event(out, event);
		rd_kafka_event_destroy(event);
		left--;
	}
	if (!out->freed && out->denied != NULL) {
		char *topic = out->denied;

		out->denied = NULL;
		tell_denied(out, topic, !is_proven_name(out, topic));
		free(topic);
	}
	tell_flushed(out);
	out->serving = false;
	if (!out->freed)
		return left == 0;
	destroy(out);
	return false;
}

static void set_number(rd_kafka_conf_t *conf, const char *key, uint32_t value)
{
	char text[16];
	rd_kafka_conf_res_t rc;

	snprintf(text, sizeof(text), "%u", value);
	rc = rd_kafka_conf_set(conf, key, text, NULL, 0);
	assert(rc == RD_KAFKA_CONF_OK);
	(void)rc;
}

static void set_options(struct kafka_out *out, rd_kafka_conf_t *conf)
{
	struct kafka_out_options *o = &out->options;

	if (o->in_flight_max == 0)
		o->in_flight_max = IN_FLIGHT_DEFAULT;
	if (o->value_max_bytes == 0)
		o->value_max_bytes = VALUE_MAX_DEFAULT;
	if (o->delivery_limit_ms == 0)
		o->delivery_limit_ms = LIMIT_DEFAULT_MS;
	set_number(conf, "queue.buffering.max.messages", o->in_flight_max);
	set_number(conf, "message.max.bytes", o->value_max_bytes + FRAME_COST);
	set_number(conf, "message.timeout.ms", o->delivery_limit_ms);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR |
	                                       RD_KAFKA_EVENT_ERROR |
	                                       RD_KAFKA_EVENT_LOG);
}

struct kafka_out *kafka_out_new(struct loop *loop,
                                const struct kafka_conf *conf,
                                const struct kafka_out_options *options,
                                struct err *err)
{
	rd_kafka_conf_t *rk_conf =
		kafka_conf_new(conf, KAFKA_ROLE_OUT, NULL, err);
	struct kafka_out *out;
	char why[256];

	if (rk_conf == NULL)
		return NULL;
	out = xzalloc(sizeof(*out));
	out->options = *options;
	set_options(out, rk_conf);
	out->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rk_conf, why, sizeof(why));
	if (out->rk == NULL) {
		err_set(err, "kafka: %s", why);
		rd_kafka_conf_destroy(rk_conf);
		free(out);
		return NULL;
	}
	rd_kafka_set_log_queue(out->rk, NULL);
	out->queue = rd_kafka_queue_get_main(out->rk);
	out->wake = kafka_wake_new(loop, out->queue, serve, out);
	kafka_warm_up(out->rk, options->topics, options->topic_count);
	kafka_warm_up_plain(out->rk, options->plain_topics,
	                    options->plain_topic_count);
	return out;
}

void kafka_out_free(struct kafka_out **out)
{
	struct kafka_out *o = *out;

	if (o == NULL)
		return;
	*out = NULL;
	o->freed = true;
	if (!o->serving)
		destroy(o);
}

/* Metadata said so already; the owner hears of it from the loop. */
static void note_denied(struct kafka_out *out, const char *topic)
{
	if (out->denied != NULL)
		return;
	out->denied = xstrdup(topic);
	kafka_wake_soon(out->wake);
}

enum kafka_send kafka_out_send(struct kafka_out *out,
                               const struct kafka_record *record,
                               kafka_delivered_fn *delivered, void *arg)
{
	struct sent *s;
	int rc;

	if (kafka_record_bytes(record) > out->options.value_max_bytes)
		return KAFKA_TOO_LARGE;
	if (out->in_flight >= out->options.in_flight_max)
		return KAFKA_FULL;
	s = xzalloc(sizeof(*s));
	s->delivered = delivered;
	s->arg = arg;
	rc = kafka_produce(out->rk, record, s);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
		sent_link(out, s);
		return KAFKA_SENT;
	}
	free(s);
	if (rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		note_denied(out, record->topic);
	if (rc == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return KAFKA_FULL;
	return rc == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? KAFKA_TOO_LARGE
	                                                  : KAFKA_FAILED;
}

uint32_t kafka_out_in_flight(const struct kafka_out *out)
{
	return out->in_flight;
}

void kafka_out_flush(struct kafka_out *out, kafka_flushed_fn *done, void *owner)
{
	assert(out->flushed == NULL);
	out->flushed = done;
	out->flush_owner = owner;
	kafka_wake_soon(out->wake);
}
