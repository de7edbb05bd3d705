#include "kafka/kafka_produce.h"

#include "kafka/kafka_spread.h"

#include "base/clock.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>

enum {
	HEADER_COST = 10, /* length fields of one header, at most */
	SPREADS = 64      /* topics beyond share one */
};

/* Hints that cost nothing to share: handles that are being taken down in
   another thread may still ask. */
static struct kafka_spread spreads[SPREADS];

/* librdkafka's mock cluster answers a constant of 1970 as its append time. */
static const int64_t append_time_min_ms = 1000000000000;

static enum kafka_fate fate_of(rd_kafka_resp_err_t rc)
{
	switch ((int)rc) {
	case RD_KAFKA_RESP_ERR_NO_ERROR: return KAFKA_DELIVERED;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD: return KAFKA_REFUSED;
	default: return KAFKA_UNDELIVERED;
	}
}

enum kafka_time_kind kafka_time_kind_of(int type)
{
	if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
		return KAFKA_TIME_APPEND;
	if (type == RD_KAFKA_TIMESTAMP_CREATE_TIME)
		return KAFKA_TIME_CREATE;
	return KAFKA_TIME_NONE;
}

struct kafka_delivery kafka_delivery_of(const rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(m, &type);

	if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME &&
	    ms < append_time_min_ms) {
		type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
		ms = -1;
	}
	return (struct kafka_delivery){
		.fate = fate_of(m->err),
		.error = m->err != 0 ? rd_kafka_err2str(m->err) : NULL,
		.partition = m->partition,
		.offset = m->offset,
		.timestamp_ms = ms,
		.time_kind = kafka_time_kind_of((int)type),
	};
}

/* Takes conf; NULL: the handle's own. */
static void warm_up(rd_kafka_t *rk, const char *name,
                    rd_kafka_topic_conf_t *conf)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, conf);

	/* the library keeps what it learned */
	if (topic != NULL)
		rd_kafka_topic_destroy(topic);
	else if (conf != NULL)
		rd_kafka_topic_conf_destroy(conf);
}

void kafka_warm_up(rd_kafka_t *rk, const char *const *topics, size_t count)
{
	for (size_t i = 0; i < count; i++)
		warm_up(rk, topics[i], NULL);
}

static int32_t choose(const rd_kafka_topic_t *topic, const void *key,
                      size_t key_len, int32_t count, void *spread, void *opaque)
{
	(void)topic;
	(void)key;
	(void)key_len;
	(void)opaque;
	return kafka_spread_next(spread, clock_mono_ms(), count);
}

void kafka_warm_up_plain(rd_kafka_t *rk, const char *const *topics,
                         size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rd_kafka_topic_conf_t *conf =
			rd_kafka_default_topic_conf_dup(rk);
		rd_kafka_conf_res_t set = rd_kafka_topic_conf_set(
			conf, "compression.codec", "none", NULL, 0);

		assert(set == RD_KAFKA_CONF_OK);
		(void)set;
		rd_kafka_topic_conf_set_partitioner_cb(conf, choose);
		rd_kafka_topic_conf_set_opaque(conf, &spreads[i % SPREADS]);
		warm_up(rk, topics[i], conf);
	}
}

size_t kafka_record_bytes(const struct kafka_record *r)
{
	size_t bytes = r->key.len + r->value.len;

	for (size_t i = 0; i < r->header_count; i++)
		bytes += strlen(r->headers[i].name) + r->headers[i].value.len +
		         HEADER_COST;
	return bytes;
}

static rd_kafka_headers_t *make_headers(const struct kafka_record *r)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(r->header_count);

	for (size_t i = 0; i < r->header_count; i++) {
		const struct kafka_header *h = &r->headers[i];

		rd_kafka_header_add(headers, h->name, -1, h->value.p,
		                    (ssize_t)h->value.len);
	}
	return headers;
}

/* The library takes const bytes through a pointer that is not. */
static void *bytes_of(struct span s)
{
	union {
		const uint8_t *given;
		void *taken;
	} p = { .given = s.p };

	return p.taken;
}

int kafka_produce(rd_kafka_t *rk, const struct kafka_record *r, void *opaque)
{
	rd_kafka_headers_t *headers = make_headers(r);
	rd_kafka_vu_t vus[] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = r->topic },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
		  .u.mem = { bytes_of(r->value), r->value.len } },
		{ .vtype = RD_KAFKA_VTYPE_KEY,
		  .u.mem = { bytes_of(r->key), r->key.len } },
		{ .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
	};
	rd_kafka_error_t *error =
		rd_kafka_produceva(rk, vus, sizeof(vus) / sizeof(vus[0]));
	rd_kafka_resp_err_t rc = rd_kafka_error_code(error);

	if (error == NULL)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_headers_destroy(headers);
	rd_kafka_error_destroy(error);
	return rc;
}

const char *kafka_send_name(enum kafka_send result)
{
	switch (result) {
	case KAFKA_SENT: return "sent";
	case KAFKA_FULL: return "full";
	case KAFKA_TOO_LARGE: return "too-large";
	case KAFKA_FAILED: return "failed";
	}
	return "?";
}

const char *kafka_fate_name(enum kafka_fate fate)
{
	switch (fate) {
	case KAFKA_DELIVERED: return "delivered";
	case KAFKA_REFUSED: return "refused";
	case KAFKA_UNDELIVERED: return "undelivered";
	}
	return "?";
}
