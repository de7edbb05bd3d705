#include "kafka/kafka_conf.h"

#include "kafka/kafka_rules.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

struct setting {
	const char *key;
	const char *value;
};

/* What an operator may replace by a property of the same name. */
static const struct setting house_all[] = {
	{ "socket.keepalive.enable", "true" },
	/* requests to several partitions of a broker follow each other; with
	   Nagle the second waits for a delayed acknowledgement, 40 ms */
	{ "socket.nagle.disable", "true" },
	{ "log.connection.close", "false" },
	/* A handle that never reached a leader which died hears of its
	   successor by nothing else; the library's five minutes are too long.
	 */
	{ "topic.metadata.refresh.interval.ms", "5000" },
	{ "ssl.endpoint.identification.algorithm", "https" },
	/* a level below 1 would let TLS 1.0 and 1.1 in */
	{ "ssl.cipher.suites", "DEFAULT:@SECLEVEL=2" },
};

static const struct setting house_producer[] = {
	{ "linger.ms", "1" },
	/* far below a broker's usual 1 MB, so that small records never share a
	   refusal with a large one */
	{ "batch.size", "524288" },
	/* a record is alone in its batch as a rule, and librdkafka makes a
	   new context for each: 70 us with zstd, 3 with lz4, for a result of
	   1,391 bytes that shrinks to 893 or 1,010 */
	{ "compression.codec", "lz4" },
};

static const struct setting house_consumer[] = {
	{ "session.timeout.ms", "10000" },
	{ "heartbeat.interval.ms", "3000" },
	{ "queued.min.messages", "1000" },
	{ "queued.max.messages.kbytes", "4096" },
	{ "check.crcs", "true" },
	/* A broker answers a connection's requests in their order, so whatever
	   follows an idle fetch (a partition newly read, its metadata) waits
	   until that ends: with the library's 500 ms a restore, which reads
	   three topics one after the other, took four seconds of waiting. */
	{ "fetch.wait.max.ms", "50" },
};

/* What promises rest on: kafka_rules.c refuses properties of these names. */
static const struct setting fixed_all[] = {
	{ "log.queue", "true" },
};

static const struct setting fixed_producer[] = {
	{ "enable.idempotence", "true" },
	{ "acks", "all" },
	{ "partitioner", "murmur2_random" },
};

static const struct setting fixed_consumer[] = {
	{ "enable.auto.commit", "false" },
	{ "enable.auto.offset.store", "false" },
	{ "auto.offset.reset", "error" },
	{ "enable.partition.eof", "true" },
	{ "allow.auto.create.topics", "false" },
	{ "partition.assignment.strategy", "range" },
	{ "max.poll.interval.ms", "30000" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int set(rd_kafka_conf_t *rk, const char *key, const char *value,
               struct err *err)
{
	char why[256];

	if (rd_kafka_conf_set(rk, key, value, why, sizeof(why)) ==
	    RD_KAFKA_CONF_OK)
		return 0;
	return err_set(err, "kafka property \"%s\": %s", key, why);
}

static int set_table(rd_kafka_conf_t *rk, const struct setting *table,
                     size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (set(rk, table[i].key, table[i].value, err) != 0)
			return -1;
	}
	return 0;
}

static bool is_producer(enum kafka_role role)
{
	return role == KAFKA_ROLE_OUT || role == KAFKA_ROLE_TXN;
}

static int set_house(rd_kafka_conf_t *rk, enum kafka_role role, struct err *err)
{
	if (set_table(rk, house_all, COUNT(house_all), err) != 0)
		return -1;
	if (is_producer(role))
		return set_table(rk, house_producer, COUNT(house_producer),
		                 err);
	return set_table(rk, house_consumer, COUNT(house_consumer), err);
}

static int set_secret(rd_kafka_conf_t *rk, const char *key, const char *path,
                      struct err *err)
{
	char secret[KAFKA_SECRET_MAX + 1];
	int rc;

	if (kafka_rules_read_secret(path, secret, err) != 0)
		return err_prefix(err, "kafka property \"%s.file\"", key);
	rc = set(rk, key, secret, err);
	explicit_bzero(secret, sizeof(secret));
	return rc;
}

static int set_property(rd_kafka_conf_t *rk, const char *property,
                        struct err *err)
{
	const char *eq = strchr(property, '=');
	char key[KAFKA_KEY_MAX + 1];
	size_t len = (size_t)(eq - property);

	memcpy(key, property, len);
	key[len] = '\0';
	if (strcmp(key, "sasl.password.file") == 0)
		return set_secret(rk, "sasl.password", eq + 1, err);
	if (strcmp(key, "ssl.key.password.file") == 0)
		return set_secret(rk, "ssl.key.password", eq + 1, err);
	return set(rk, key, eq + 1, err);
}

static int set_fixed(rd_kafka_conf_t *rk, enum kafka_role role, const char *id,
                     struct err *err)
{
	if (set_table(rk, fixed_all, COUNT(fixed_all), err) != 0)
		return -1;
	if (is_producer(role)) {
		if (set_table(rk, fixed_producer, COUNT(fixed_producer), err) !=
		    0)
			return -1;
		if (role == KAFKA_ROLE_TXN)
			return set(rk, "transactional.id", id, err);
		return 0;
	}
	if (set_table(rk, fixed_consumer, COUNT(fixed_consumer), err) != 0)
		return -1;
	if (set(rk, "isolation.level",
	        role == KAFKA_ROLE_ASK ? "read_uncommitted" : "read_committed",
	        err) != 0)
		return -1;
	return set(rk, "group.id", id, err);
}

static int fill(rd_kafka_conf_t *rk, const struct kafka_conf *conf,
                enum kafka_role role, const char *id, struct err *err)
{
	if (role != KAFKA_ROLE_OUT && (id == NULL || *id == '\0'))
		return err_set(err, "kafka: a %s is needed",
		               role == KAFKA_ROLE_TXN ? "transactional id"
		                                      : "group id");
	if (set_house(rk, role, err) != 0)
		return -1;
	for (size_t i = 0; i < conf->property_count; i++) {
		if (set_property(rk, conf->properties[i], err) != 0)
			return -1;
	}
	if (set(rk, "bootstrap.servers", conf->brokers, err) != 0)
		return -1;
	if (conf->client_id != NULL &&
	    set(rk, "client.id", conf->client_id, err) != 0)
		return -1;
	return set_fixed(rk, role, id, err);
}

struct rd_kafka_conf_s *kafka_conf_new(const struct kafka_conf *conf,
                                       enum kafka_role role, const char *id,
                                       struct err *err)
{
	rd_kafka_conf_t *rk;

	if (kafka_rules_check(conf, err) != 0)
		return NULL;
	rk = rd_kafka_conf_new();
	if (fill(rk, conf, role, id, err) == 0)
		return rk;
	rd_kafka_conf_destroy(rk);
	return NULL;
}

int kafka_conf_check(const struct kafka_conf *conf, struct err *err)
{
	static const enum kafka_role roles[] = {
		KAFKA_ROLE_OUT,
		KAFKA_ROLE_TXN,
		KAFKA_ROLE_GROUP,
	};

	for (size_t i = 0; i < COUNT(roles); i++) {
		rd_kafka_conf_t *rk =
			kafka_conf_new(conf, roles[i], "check", err);

		if (rk == NULL)
			return -1;
		rd_kafka_conf_destroy(rk);
	}
	return 0;
}

const char *kafka_library_version(void)
{
	return rd_kafka_version_str();
}
