#include "tests/bench/floor.h"

#include "kafka/kafka_conf.h"
#include "tests/bench/properties.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of one sample, so that the log (5 MB a partition in dev-broker) still has
   all of it when it is read. */
enum {
	PARTITIONS = 4, /* what dev-broker gives a topic that nobody made */
	BYTES_MOST = 8000000,
	RECORDS_MOST = 20000,
	BATCH = 500,
	POLL_MS = 100,
	WAIT_S = 60
};

static rd_kafka_t *open_handle(const struct floor_broker *broker,
                               enum kafka_role role)
{
	struct properties properties;
	bool out = role == KAFKA_ROLE_OUT;
	struct err err;
	char text[256];

	if (properties_read(&properties, broker->properties, &err) != 0)
		floor_die("%s", err.text);
	if (!out)
		properties_add(&properties, "fetch.wait.max.ms=5");

	struct kafka_conf conf = { .brokers = broker->brokers,
		                   .client_id = "mpic-bench",
		                   .properties = properties.list,
		                   .property_count = properties.count,
		                   .lab = true };

	rd_kafka_conf_t *rk =
		kafka_conf_new(&conf, role, out ? NULL : "mpic-bench", &err);

	if (rk == NULL)
		floor_die("%s", err.text);

	rd_kafka_t *handle =
		rd_kafka_new(out ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, rk,
	                     text, sizeof(text));

	if (handle == NULL)
		floor_die("librdkafka: %s", text);
	properties_clear(&properties);
	return handle;
}

static uint64_t how_many(const struct sample *s)
{
	uint64_t bytes = s->value.len + s->header_bytes + s->key_bytes + 32;
	uint64_t n = BYTES_MOST / bytes;

	return n < RECORDS_MOST ? n : RECORDS_MOST;
}

/* One that nobody else uses: dev-broker makes it; on Apache Kafka they were
   made by the manifest, under a prefix of the bench's own. */
static void topic_of(const struct floor_broker *broker, const struct sample *s,
                     char *out, size_t room)
{
	if (broker->prefix == NULL)
		(void)snprintf(out, room, "bench.%d.%s", (int)getpid(),
		               s->name);
	else if (strcmp(s->name, "check") == 0)
		(void)snprintf(out, room, "%schecks.%s", broker->prefix,
		               broker->perspective);
	else
		(void)snprintf(out, room, "%s%ss", broker->prefix, s->name);
}

static void put(rd_kafka_t *rk, const char *topic, const struct sample *s,
                uint64_t n)
{
	static const char filler[8192];
	char key[160];
	rd_kafka_resp_err_t code;

	(void)snprintf(key, sizeof(key), "%0*llu",
	               (int)(s->key_bytes < 32 ? 32 : s->key_bytes),
	               (unsigned long long)n);
	do {
		code = rd_kafka_producev(
			rk, RD_KAFKA_V_TOPIC(topic),
			RD_KAFKA_V_PARTITION((int32_t)(n % PARTITIONS)),
			RD_KAFKA_V_KEY(key, s->key_bytes),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)s->value.p,
		                         s->value.len),
			RD_KAFKA_V_HEADER("mpic-signature", filler,
		                          (ssize_t)s->header_bytes),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_END);
		if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			(void)rd_kafka_poll(rk, POLL_MS);
		else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
			floor_die("produce: %s", rd_kafka_err2str(code));
	} while (code != RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void flush(rd_kafka_t *rk)
{
	if (rd_kafka_flush(rk, WAIT_S * 1000) != RD_KAFKA_RESP_ERR_NO_ERROR)
		floor_die("the broker does not take records");
}

double floor_produce(const struct floor_broker *broker, const struct sample *s,
                     double seconds)
{
	rd_kafka_t *rk = open_handle(broker, KAFKA_ROLE_OUT);
	uint64_t count = how_many(s), done = 0;
	double end = floor_wall_s() + seconds;
	char topic[128];
	double cpu;

	topic_of(broker, s, topic, sizeof(topic));
	put(rk, topic, s, 0); /* connections and metadata */
	flush(rk);
	cpu = floor_cpu_us();
	do {
		for (uint64_t i = 0; i < count; i++)
			put(rk, topic, s, i);
		flush(rk);
		done += count;
	} while (floor_wall_s() < end);
	cpu = floor_cpu_us() - cpu;
	rd_kafka_destroy(rk);
	return cpu / (double)done;
}

static uint64_t count_batch(rd_kafka_queue_t *queue)
{
	rd_kafka_message_t *messages[BATCH];
	ssize_t n =
		rd_kafka_consume_batch_queue(queue, POLL_MS, messages, BATCH);
	uint64_t got = 0;

	for (ssize_t i = 0; i < n; i++) {
		rd_kafka_headers_t *headers;

		if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
			got++;
			(void)rd_kafka_message_headers(messages[i], &headers);
		} else if (messages[i]->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
			floor_die("consume: %s",
			          rd_kafka_message_errstr(messages[i]));
		rd_kafka_message_destroy(messages[i]);
	}
	return got;
}

/* Reads what floor_produce() left, again and again. */
double floor_consume(const struct floor_broker *broker, const struct sample *s,
                     double seconds)
{
	rd_kafka_t *rk = open_handle(broker, KAFKA_ROLE_READER);
	rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
	uint64_t count = how_many(s), done = 0;
	double end = floor_wall_s() + seconds;
	double cpu = floor_cpu_us();
	char topic[128];

	topic_of(broker, s, topic, sizeof(topic));
	do {
		rd_kafka_topic_partition_list_t *list =
			rd_kafka_topic_partition_list_new(PARTITIONS);
		uint64_t got = 0;

		for (int p = 0; p < PARTITIONS; p++)
			rd_kafka_topic_partition_list_add(list, topic, p)
				->offset = RD_KAFKA_OFFSET_BEGINNING;
		if (rd_kafka_assign(rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
			floor_die("assign");
		rd_kafka_topic_partition_list_destroy(list);
		while (got < count && floor_wall_s() < end + WAIT_S)
			got += count_batch(queue);
		if (got < count)
			floor_die("the broker lost records");
		done += got;
		(void)rd_kafka_assign(rk, NULL);
	} while (floor_wall_s() < end);
	cpu = floor_cpu_us() - cpu;
	rd_kafka_queue_destroy(queue);
	(void)rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
	return cpu / (double)done;
}
