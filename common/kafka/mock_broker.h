/*
 * mock_broker.h -- a Kafka cluster inside this process, for tests and for
 * `mpicctl dev-broker`: librdkafka's mock. Real protocol, plaintext, listeners
 * on 127.0.0.1, other processes may connect.
 *
 * What it is not:
 * - Ports are chosen by the system. The mock of librdkafka 2.0.2 offers no way
 *   to fix one, and its metadata names the ports it got, so nothing in front
 *   of it can either. Whoever needs them reads the bootstrap string.
 * - In memory: all is lost when it is freed, and what exceeds 5 MB or 100,000
 *   messages in a partition is dropped, oldest first.
 * - read_committed is not honoured: aborted records are seen. Offsets sent in a
 *   transaction are thrown away. Nobody is ever fenced.
 * - No LogAppendTime (acknowledgements name 1234, whatever the time), no ACLs,
 *   TLS or SASL, no admin API, no static members.
 * - Its sockets keep Nagle: answers that follow each other on one connection,
 *   as to a transaction over three partitions of one broker, come 40 ms apart
 *   (measured: commit 1.2 ms for one partition, 44 ms for three). More brokers
 *   spread the partitions; no figure of speed comes from here.
 * - A fetch at the end of a log is answered only after fetch.wait.max.ms: set
 *   it to a few ms in the clients. A topic that nobody created gets 4
 *   partitions as soon as somebody asks for it.
 */
#ifndef KAFKA_MOCK_BROKER_H
#define KAFKA_MOCK_BROKER_H

#include "base/err.h"

#include <stdint.h>

struct mock_broker;

struct mock_topic {
	const char *name;
	int partitions;
};

/* Runs in threads of its own from here on. NULL with *err. */
struct mock_broker *mock_broker_new(int brokers, struct err *err);
/* Takes *broker, accepts NULL, leaves NULL. Blocks until its threads ended. */
void mock_broker_free(struct mock_broker **broker);

/* 0, or -1 with *err (exists already, bad name, count < 1). */
int mock_broker_add_topic(struct mock_broker *broker,
                          const struct mock_topic *topic, struct err *err);
/* "127.0.0.1:port,..."; lives as long as the broker. */
const char *mock_broker_bootstrap(const struct mock_broker *broker);

/* All brokers drop their connections and refuse new ones, or take them again.
 */
void mock_broker_set_down(struct mock_broker *broker);
void mock_broker_set_up(struct mock_broker *broker);
/* One partition's: the number of a broker, from 1, or 0 for none. */
void mock_broker_set_leader(struct mock_broker *broker, const char *topic,
                            int32_t partition, int32_t leader);
/* Every answer is delayed. */
void mock_broker_set_delay(struct mock_broker *broker, int rtt_ms);
/* The next `count` requests of that kind (Kafka's api key) that come to the
   first broker: done at once, answered that much later. */
void mock_broker_delay_next(struct mock_broker *broker, int16_t api_key,
                            int count, int rtt_ms);
/* The next `count` requests of that kind (Kafka's api key) fail with Kafka's
   error code; count 0: no more of them. */
void mock_broker_fail_next(struct mock_broker *broker, int16_t api_key,
                           int count, int error_code);

#endif
