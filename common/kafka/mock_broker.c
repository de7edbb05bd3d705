#include "kafka/mock_broker.h"

#include "base/mem.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdlib.h>

struct mock_broker {
	rd_kafka_t *rk; /* the mock's book-keeping; talks to nobody */
	rd_kafka_mock_cluster_t *cluster;
};

/* The mock's thread takes an interrupted poll() for its end (librdkafka 2.0.2):
   no signal of this process may be delivered there. */
static rd_kafka_mock_cluster_t *new_cluster(rd_kafka_t *rk, int brokers)
{
	rd_kafka_mock_cluster_t *cluster;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	cluster = rd_kafka_mock_cluster_new(rk, brokers);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return cluster;
}

struct mock_broker *mock_broker_new(int brokers, struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	struct mock_broker *broker;
	rd_kafka_t *rk;
	char why[256];

	/* the library's own "no brokers" chatter means nothing here */
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (rk == NULL) {
		rd_kafka_conf_destroy(conf);
		err_set(err, "mock broker: %s", why);
		return NULL;
	}
	broker = xzalloc(sizeof(*broker));
	broker->rk = rk;
	broker->cluster = new_cluster(rk, brokers);
	if (broker->cluster == NULL) {
		err_set(err, "mock broker: no listeners on 127.0.0.1");
		mock_broker_free(&broker);
	}
	return broker;
}

void mock_broker_free(struct mock_broker **broker)
{
	if (*broker == NULL)
		return;
	if ((*broker)->cluster != NULL)
		rd_kafka_mock_cluster_destroy((*broker)->cluster);
	rd_kafka_destroy((*broker)->rk);
	free(*broker);
	*broker = NULL;
}

int mock_broker_add_topic(struct mock_broker *broker,
                          const struct mock_topic *topic, struct err *err)
{
	rd_kafka_resp_err_t rc;

	if (topic->partitions < 1)
		return err_set(err, "mock broker: topic %s needs a partition",
		               topic->name);
	rc = rd_kafka_mock_topic_create(broker->cluster, topic->name,
	                                topic->partitions, 1);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	return err_set(err, "mock broker: topic %s: %s", topic->name,
	               rd_kafka_err2str(rc));
}

const char *mock_broker_bootstrap(const struct mock_broker *broker)
{
	return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}

void mock_broker_set_down(struct mock_broker *broker)
{
	rd_kafka_mock_broker_set_down(broker->cluster, -1);
}

void mock_broker_set_up(struct mock_broker *broker)
{
	rd_kafka_mock_broker_set_up(broker->cluster, -1);
}

void mock_broker_set_delay(struct mock_broker *broker, int rtt_ms)
{
	rd_kafka_mock_broker_set_rtt(broker->cluster, -1, rtt_ms);
}

void mock_broker_delay_next(struct mock_broker *broker, int16_t api_key,
                            int count, int rtt_ms)
{
	for (int i = 0; i < count; i++)
		rd_kafka_mock_broker_push_request_error_rtts(
			broker->cluster, 1, api_key, 1,
			RD_KAFKA_RESP_ERR_NO_ERROR, rtt_ms);
}

void mock_broker_fail_next(struct mock_broker *broker, int16_t api_key,
                           int count, int error_code)
{
	if (count == 0)
		rd_kafka_mock_clear_request_errors(broker->cluster, api_key);
	for (int i = 0; i < count; i++)
		rd_kafka_mock_push_request_errors(
			broker->cluster, api_key, 1,
			(rd_kafka_resp_err_t)error_code);
}

void mock_broker_set_leader(struct mock_broker *broker, const char *topic,
                            int32_t partition, int32_t leader)
{
	rd_kafka_mock_partition_set_leader(broker->cluster, topic, partition,
	                                   leader > 0 ? leader : -1);
}
