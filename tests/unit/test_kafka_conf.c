#include "base/mem.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_message.h"

#include <check.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { PROPERTIES = 6 };

/* A directory with a key file and password files, named in the tables as ~. */
static char dir[] = "/tmp/mpic-test-kafka-XXXXXX";

static void put(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/mpic-test-kafka-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	put("key", "a key", 0600);
	put("open-key", "a key", 0644);
	put("password", "hunter2\n", 0640);
	put("open-password", "hunter2\n", 0644);
	put("empty", "\n", 0600);
}

static void teardown(void)
{
	static const char *const names[] = { "key", "open-key", "password",
		                             "open-password", "empty" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* Puts the directory where a property has a ~. */
static void expand(const char *const *from, char to[][256], const char **list,
                   struct kafka_conf *conf)
{
	size_t n = 0;

	for (; n < PROPERTIES && from[n] != NULL; n++) {
		const char *at = strchr(from[n], '~');

		if (at != NULL)
			snprintf(to[n], 256, "%.*s%s%s", (int)(at - from[n]),
			         from[n], dir, at + 1);
		else
			snprintf(to[n], 256, "%s", from[n]);
		list[n] = to[n];
	}
	conf->properties = list;
	conf->property_count = n;
}

#define MUTUAL \
	"security.protocol=SSL", "ssl.certificate.location=~/cert", \
		"ssl.key.location=~/key"
#define SCRAM \
	"security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", \
		"sasl.username=u"

/* what is not authenticated and encrypted is refused, except in a lab on
   loopback. says NULL: accepted. */
static const struct {
	const char *what;
	const char *brokers;
	bool lab;
	const char *properties[PROPERTIES];
	const char *says;
} transports[] = {
	/* clang-format off */
	{ "plain, production", "kafka:9092", false, { NULL }, "R-011" },
	{ "plain, production, loopback", "127.0.0.1:9092", false, { NULL },
	  "lab = yes" },
	{ "plain, lab, elsewhere", "kafka:9092", true, { NULL }, "loopback" },
	{ "plain, lab, one elsewhere", "127.0.0.1:1,10.0.0.1:2", true,
	  { NULL }, "loopback" },
	{ "plain, lab, not quite loopback", "127.0.0.1.example.org:1", true,
	  { NULL }, "loopback" },
	{ "plain, lab, 128", "128.0.0.1:1", true, { NULL }, "loopback" },
	{ "plain, lab", "127.0.0.1:1,[::1]:2, localhost:3,127.9.9.9:4", true,
	  { NULL }, NULL },
	{ "said so, production", "kafka:9092", false,
	  { "security.protocol=PLAINTEXT" }, "R-011" },
	{ "small letters", "kafka:9092", false,
	  { "security.protocol=plaintext" }, "capitals" },
	{ "sasl without tls", "kafka:9092", false,
	  { "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN",
	    "sasl.username=u", "sasl.password.file=~/password" }, "R-011" },
	{ "mutual tls", "kafka:9093", false, { MUTUAL }, NULL },
	{ "tls without a certificate", "kafka:9093", false,
	  { "security.protocol=SSL" }, "client certificate" },
	{ "tls without a key", "kafka:9093", false,
	  { "security.protocol=SSL", "ssl.certificate.location=~/cert" },
	  "ssl.key.location" },
	{ "tls without a key file", "kafka:9093", false,
	  { "security.protocol=SSL", "ssl.certificate.location=~/cert",
	    "ssl.key.location=~/none" }, "No such file" },
	{ "a key for all to read", "kafka:9093", false,
	  { "security.protocol=SSL", "ssl.certificate.location=~/cert",
	    "ssl.key.location=~/open-key" }, "others may read it" },
	{ "tls that checks nothing", "kafka:9093", false,
	  { MUTUAL, "enable.ssl.certificate.verification=false" },
	  "must stay true" },
	{ "tls that checks no name", "kafka:9093", false,
	  { MUTUAL, "ssl.endpoint.identification.algorithm=none" },
	  "must stay https" },
	{ "tls 1.0 let in", "kafka:9093", false,
	  { MUTUAL, "ssl.cipher.suites=ALL:@SECLEVEL=0" }, "TLS 1.2" },
	{ "scram", "kafka:9094", false,
	  { SCRAM, "sasl.password.file=~/password" }, NULL },
	{ "scram without a password", "kafka:9094", false, { SCRAM },
	  "sasl.password.file" },
	{ "an empty password", "kafka:9094", false,
	  { SCRAM, "sasl.password.file=~/empty" }, "first line is empty" },
	{ "a password for all to read", "kafka:9094", false,
	  { SCRAM, "sasl.password.file=~/open-password" },
	  "others may read it" },
	{ "another mechanism", "kafka:9094", false,
	  { "security.protocol=SASL_SSL", "sasl.mechanism=GSSAPI",
	    "sasl.username=u", "sasl.password.file=~/password" },
	  "SCRAM-SHA-512" },
	{ "no port", "kafka", false, { MUTUAL }, "host:port" },
	{ "no broker", "", false, { MUTUAL }, "no brokers" },
	{ "a protocol in front", "SSL://kafka:9093", false, { MUTUAL },
	  "host:port" },
	{ "a port too high", "kafka:65536", false, { MUTUAL }, "host:port" },
	{ "a trailing dot", "kafka.:9093", false, { MUTUAL },
	  "trailing dot" },
	/* clang-format on */
};

START_TEST(transport)
{
	struct kafka_conf conf = {
		.brokers = transports[_i].brokers,
		.client_id = "test",
		.lab = transports[_i].lab,
	};
	const char *list[PROPERTIES];
	char text[PROPERTIES][256];
	struct err err = { "" };
	int rc;

	expand(transports[_i].properties, text, list, &conf);
	rc = kafka_conf_check(&conf, &err);
	if (transports[_i].says == NULL)
		ck_assert_msg(rc == 0, "%s: %s", transports[_i].what, err.text);
	else
		ck_assert_msg(rc != 0 && strstr(err.text, transports[_i].says),
		              "%s: \"%s\"", transports[_i].what, err.text);
}
END_TEST

static const char *const refused[] = {
	"bootstrap.servers=x:1",
	"group.id=g",
	"group.instance.id=i",
	"transactional.id=t",
	"enable.auto.commit=true",
	"enable.auto.offset.store=true",
	"auto.offset.reset=latest",
	"isolation.level=read_uncommitted",
	"acks=1",
	"request.required.acks=1",
	"enable.idempotence=false",
	"partitioner=consistent",
	"partition.assignment.strategy=cooperative-sticky",
	"allow.auto.create.topics=true",
	"max.poll.interval.ms=1",
	"message.timeout.ms=1",
	"delivery.report.only.error=true",
	"log.queue=false",
	"plugin.library.paths=/tmp/x.so",
	"sasl.kerberos.kinit.cmd=id",
	"sasl.password=secret",
	"ssl.key.password=secret",
	"ssl.key.pem=secret",
	"ssl.keystore.location=/x",
	"test.mock.num.brokers=3",
};

/* Each is named, and no value (it may be a secret) is repeated. */
START_TEST(promise_is_not_a_property)
{
	const struct kafka_conf conf = {
		.brokers = "127.0.0.1:1",
		.properties = &refused[_i],
		.property_count = 1,
		.lab = true,
	};
	char name[64];
	struct err err = { "" };

	snprintf(name, sizeof(name), "\"%.*s\"", (int)strcspn(refused[_i], "="),
	         refused[_i]);
	ck_assert_int_ne(kafka_conf_check(&conf, &err), 0);
	ck_assert_msg(strstr(err.text, name) != NULL, "%s: %s", refused[_i],
	              err.text);
	ck_assert_msg(strstr(err.text, "secret\"") == NULL, "%s", err.text);
}
END_TEST

static const struct {
	const char *what;
	const char *properties[PROPERTIES];
	const char *says;
} malformed[] = {
	{ "unknown", { "no.such.property=1" }, "no.such.property" },
	{ "no value", { "linger.ms" }, "key=value" },
	{ "no key", { "=5" }, "key=value" },
	{ "twice", { "linger.ms=5", "linger.ms=6" }, "twice" },
	{ "out of range", { "linger.ms=-5" }, "linger.ms" },
};

START_TEST(malformed_is_refused)
{
	struct kafka_conf conf = { .brokers = "127.0.0.1:1", .lab = true };
	const char *list[PROPERTIES];
	char text[PROPERTIES][256];
	struct err err = { "" };

	expand(malformed[_i].properties, text, list, &conf);
	ck_assert_int_ne(kafka_conf_check(&conf, &err), 0);
	ck_assert_msg(strstr(err.text, malformed[_i].says) != NULL, "%s: %s",
	              malformed[_i].what, err.text);
}
END_TEST

static const struct {
	enum kafka_role role;
	const char *key;
	const char *value;
} values[] = {
	{ KAFKA_ROLE_OUT, "enable.idempotence", "true" },
	{ KAFKA_ROLE_OUT, "acks", "-1" },
	{ KAFKA_ROLE_OUT, "compression.codec", "lz4" },
	{ KAFKA_ROLE_OUT, "partitioner", "murmur2_random" },
	{ KAFKA_ROLE_OUT, "linger.ms", "7" }, /* the operator's */
	{ KAFKA_ROLE_OUT, "ssl.endpoint.identification.algorithm", "https" },
	{ KAFKA_ROLE_OUT, "socket.nagle.disable", "true" },
	{ KAFKA_ROLE_OUT, "topic.metadata.refresh.interval.ms", "5000" },
	{ KAFKA_ROLE_TXN, "transactional.id", "id" },
	{ KAFKA_ROLE_GROUP, "group.id", "id" },
	{ KAFKA_ROLE_GROUP, "enable.auto.commit", "false" },
	{ KAFKA_ROLE_GROUP, "enable.auto.offset.store", "false" },
	{ KAFKA_ROLE_GROUP, "auto.offset.reset", "error" },
	{ KAFKA_ROLE_GROUP, "isolation.level", "read_committed" },
	{ KAFKA_ROLE_GROUP, "partition.assignment.strategy", "range" },
	{ KAFKA_ROLE_GROUP, "session.timeout.ms", "10000" },
	{ KAFKA_ROLE_GROUP, "max.poll.interval.ms", "30000" },
	{ KAFKA_ROLE_GROUP, "allow.auto.create.topics", "false" },
	{ KAFKA_ROLE_GROUP, "queued.max.messages.kbytes", "4096" },
	{ KAFKA_ROLE_READER, "fetch.wait.max.ms", "50" },
	{ KAFKA_ROLE_READER, "isolation.level", "read_committed" },
	{ KAFKA_ROLE_READER, "enable.partition.eof", "true" },
	{ KAFKA_ROLE_ASK, "isolation.level", "read_uncommitted" },
};

START_TEST(role_has_its_values)
{
	static const char *const properties[] = { "linger.ms=7" };
	const struct kafka_conf conf = {
		.brokers = "127.0.0.1:1",
		.client_id = "test",
		.properties = properties,
		.property_count = 1,
		.lab = true,
	};
	struct err err = { "" };
	rd_kafka_conf_t *rk =
		kafka_conf_new(&conf, values[_i].role, "id", &err);
	char value[64];
	size_t size = sizeof(value);

	ck_assert_msg(rk != NULL, "%s", err.text);
	ck_assert_int_eq(rd_kafka_conf_get(rk, values[_i].key, value, &size),
	                 RD_KAFKA_CONF_OK);
	ck_assert_msg(strcmp(value, values[_i].value) == 0, "%s is %s",
	              values[_i].key, value);
	rd_kafka_conf_destroy(rk);
}
END_TEST

START_TEST(id_is_needed)
{
	const struct kafka_conf conf = { .brokers = "127.0.0.1:1",
		                         .lab = true };
	struct err err = { "" };

	ck_assert_ptr_null(kafka_conf_new(&conf, KAFKA_ROLE_TXN, NULL, &err));
	ck_assert_ptr_null(kafka_conf_new(&conf, KAFKA_ROLE_GROUP, "", &err));
}
END_TEST

START_TEST(password_is_the_first_line)
{
	const char *const from[PROPERTIES] = {
		SCRAM, "sasl.password.file=~/password"
	};
	struct kafka_conf conf = { .brokers = "kafka:9094" };
	const char *list[PROPERTIES];
	char text[PROPERTIES][256];
	struct err err = { "" };
	rd_kafka_conf_t *rk;
	char value[64];
	size_t size = sizeof(value);

	expand(from, text, list, &conf);
	rk = kafka_conf_new(&conf, KAFKA_ROLE_OUT, NULL, &err);
	ck_assert_msg(rk != NULL, "%s", err.text);
	ck_assert_int_eq(rd_kafka_conf_get(rk, "sasl.password", value, &size),
	                 RD_KAFKA_CONF_OK);
	ck_assert_str_eq(value, "hunter2");
	rd_kafka_conf_destroy(rk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kafka_conf");
	TCase *tc = tcase_create("rules");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, transport, 0, COUNT(transports));
	tcase_add_loop_test(tc, promise_is_not_a_property, 0, COUNT(refused));
	tcase_add_loop_test(tc, malformed_is_refused, 0, COUNT(malformed));
	tcase_add_loop_test(tc, role_has_its_values, 0, COUNT(values));
	tcase_add_test(tc, id_is_needed);
	tcase_add_test(tc, password_is_the_first_line);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
