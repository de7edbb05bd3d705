#include "kafka/kafka_rules.h"

#include "base/span.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *key;
	const char *why;
} refused[] = {
	/* clang-format off */
	{ "bootstrap.servers",	"set the brokers in their own setting" },
	{ "metadata.broker.list", "set the brokers in their own setting" },
	{ "client.id",		"it has a setting of its own" },
	{ "group.id",		"leases and marks hang on it" },
	{ "group.instance.id",	"set kafka.static_member" },
	{ "transactional.id",	"fencing hangs on it" },
	{ "transaction.timeout.ms", "it has a setting of its own" },
	{ "enable.auto.commit",	"offsets are committed after the work only" },
	{ "auto.commit.enable",	"offsets are committed after the work only" },
	{ "enable.auto.offset.store",
				"offsets are committed after the work only" },
	{ "auto.offset.reset",	"a lost offset must be seen, not skipped" },
	{ "isolation.level",	"aborted decisions must never be read" },
	{ "acks",		"a record counts when all replicas have it" },
	{ "request.required.acks",
				"a record counts when all replicas have it" },
	{ "enable.idempotence",	"no record may be doubled or reordered" },
	{ "enable.gapless.guarantee", "it is not part of our promises" },
	{ "partitioner",	"home partitions are murmur2" },
	{ "partition.assignment.strategy", "rebalances are eager" },
	{ "enable.partition.eof", "recovery reads to the end of the log" },
	{ "allow.auto.create.topics", "topics are made by the manifest" },
	{ "max.poll.interval.ms", "it is part of the lease" },
	{ "message.max.bytes",	"records have ceilings of their own" },
	{ "message.timeout.ms",	"it has a setting of its own" },
	{ "delivery.timeout.ms", "it has a setting of its own" },
	{ "queue.buffering.max.messages", "work in flight has its own bound" },
	{ "log.queue",		"the library logs through the loop" },
	{ "log_level",		"it has a setting of its own" },
	{ "delivery.report.only.error", "every delivery is waited for" },
	{ "plugin.library.paths", "no foreign code is loaded" },
	{ "sasl.kerberos.kinit.cmd", "no commands are run" },
	{ "ssl.providers",	"no foreign code is loaded" },
	{ "ssl.engine.location", "no foreign code is loaded" },
	{ "sasl.password",	"secrets come from files: set "
				"sasl.password.file" },
	{ "ssl.key.password",	"secrets come from files: set "
				"ssl.key.password.file" },
	{ "ssl.key.pem",	"secrets come from files: set "
				"ssl.key.location" },
	{ "ssl.keystore.location", "certificate chains get lost from it: set "
				"ssl.certificate.location and "
				"ssl.key.location" },
	{ "ssl.keystore.password", "set ssl.certificate.location and "
				"ssl.key.location" },
	{ "ssl.certificate.pem", "chains get lost from it: set "
				"ssl.certificate.location" },
	{ "sasl.oauthbearer.client.secret", "secrets come from files" },
	{ "sasl.oauthbearer.config", "secrets come from files" },
	{ "enable.sasl.oauthbearer.unsecure.jwt",
				"brokers are authenticated (R-011)" },
	{ "test.mock.num.brokers", "use mpicctl dev-broker" },
	/* clang-format on */
};

/* The value of a property, or NULL. Well-formedness was checked before. */
static const char *value_of(const struct kafka_conf *conf, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < conf->property_count; i++) {
		const char *p = conf->properties[i];

		if (strncmp(p, key, len) == 0 && p[len] == '=')
			return p + len + 1;
	}
	return NULL;
}

static bool is_set(const struct kafka_conf *conf, const char *key)
{
	const char *value = value_of(conf, key);

	return value != NULL && *value != '\0';
}

static int check_form(const struct kafka_conf *conf, size_t i, struct err *err)
{
	const char *p = conf->properties[i];
	const char *eq = strchr(p, '=');
	size_t len;

	if (eq == NULL || eq == p || (size_t)(eq - p) > KAFKA_KEY_MAX)
		return err_set(err,
		               "kafka property %zu is not of the form "
		               "key=value",
		               i + 1);
	len = (size_t)(eq - p) + 1;
	for (size_t j = 0; j < i; j++) {
		if (strncmp(conf->properties[j], p, len) == 0)
			return err_set(err,
			               "kafka property \"%.*s\" is set "
			               "twice",
			               (int)(len - 1), p);
	}
	return 0;
}

static int check_properties(const struct kafka_conf *conf, struct err *err)
{
	if (conf->property_count > KAFKA_PROPERTIES_MAX)
		return err_set(err, "kafka: more than %d properties",
		               KAFKA_PROPERTIES_MAX);
	for (size_t i = 0; i < conf->property_count; i++) {
		if (check_form(conf, i, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (value_of(conf, refused[i].key) != NULL)
			return err_set(err,
			               "kafka property \"%s\" can't be set: %s",
			               refused[i].key, refused[i].why);
	}
	return 0;
}

/* The next entry of a comma list, and the rest after it. */
static struct span next_broker(struct span *rest)
{
	ptrdiff_t comma = span_find(*rest, SPAN(","));
	struct span one = *rest;

	if (comma < 0) {
		rest->len = 0;
		return one;
	}
	one.len = (size_t)comma;
	*rest = span_sub(*rest, one.len + 1, SIZE_MAX);
	while (rest->len > 0 && rest->p[0] == ' ')
		*rest = span_sub(*rest, 1, SIZE_MAX);
	return one;
}

/* "host:port" or "[v6]:port"; the host without brackets. */
static bool split_broker(struct span broker, struct span *host)
{
	size_t end = broker.len;
	uint64_t port;

	while (end > 0 && broker.p[end - 1] != ':')
		end--;
	if (end < 2 ||
	    !text_u64(span_sub(broker, end, SIZE_MAX), 65535, &port) ||
	    port == 0)
		return false;
	*host = span_sub(broker, 0, end - 1);
	if (host->p[0] == '[') {
		if (host->len < 3 || host->p[host->len - 1] != ']')
			return false;
		*host = span_sub(*host, 1, host->len - 2);
		return true;
	}
	return span_find(*host, SPAN(":")) < 0;
}

static bool is_loopback(struct span host)
{
	char text[INET6_ADDRSTRLEN + 1] = "";
	struct in_addr v4;
	struct in6_addr v6;

	if (span_is(host, "localhost"))
		return true;
	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.p, host.len);
	if (inet_pton(AF_INET, text, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool kafka_brokers_are_loopback(const char *brokers)
{
	struct span rest = span_str(brokers);
	struct span host;

	if (rest.len == 0)
		return false;
	while (rest.len > 0) {
		if (!split_broker(next_broker(&rest), &host) ||
		    !is_loopback(host))
			return false;
	}
	return true;
}

static int check_brokers(const char *brokers, struct err *err)
{
	struct span rest = span_str(brokers);
	struct span host;

	if (rest.len == 0)
		return err_set(err, "kafka: no brokers are set");
	while (rest.len > 0) {
		struct span one = next_broker(&rest);

		if (!split_broker(one, &host))
			return err_set(err,
			               "kafka: broker \"%.*s\" is not of the "
			               "form host:port",
			               SPAN_ARG(span_sub(one, 0, 128)));
		/* the library compares the name with the dot to the
		   certificate */
		if (host.p[host.len - 1] == '.')
			return err_set(err,
			               "kafka: broker \"%.*s\": leave out the "
			               "trailing dot",
			               SPAN_ARG(span_sub(one, 0, 128)));
	}
	return 0;
}

/* 0 if a file is there and nobody but owner and group may read it. */
static int check_private(const char *path, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(err, "%s: not a regular file", path);
	if ((st.st_mode & S_IRWXO) != 0)
		return err_set(err,
		               "%s: others may read it: chmod it to 0640 or "
		               "0600",
		               path);
	return 0;
}

int kafka_rules_read_secret(const char *path, char *secret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got;

	if (fd < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	if (check_private(path, fd, err) != 0) {
		close(fd);
		return -1;
	}
	got = read(fd, secret, KAFKA_SECRET_MAX + 1);
	close(fd);
	if (got < 0 || got > KAFKA_SECRET_MAX) {
		explicit_bzero(secret, KAFKA_SECRET_MAX + 1);
		return err_set(err,
		               "%s: can't be read, or longer than %d bytes",
		               path, KAFKA_SECRET_MAX);
	}
	secret[got] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	if (*secret == '\0')
		return err_set(err, "%s: its first line is empty", path);
	return 0;
}

static int check_key_file(const struct kafka_conf *conf, struct err *err)
{
	const char *path = value_of(conf, "ssl.key.location");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return err_set(err,
		               "kafka property \"ssl.key.location\": %s: "
		               "%s",
		               path, strerror(errno));
	rc = check_private(path, fd, err);
	close(fd);
	return rc == 0 ? 0
	               : err_prefix(err, "kafka property \"ssl.key.location\"");
}

/* What TLS itself must not be told, whoever the broker is. */
static int check_tls(const struct kafka_conf *conf, struct err *err)
{
	const char *verify = value_of(conf, "enable.ssl.certificate."
	                                    "verification");
	const char *name = value_of(conf, "ssl.endpoint.identification."
	                                  "algorithm");
	const char *suites = value_of(conf, "ssl.cipher.suites");

	if (verify != NULL && strcmp(verify, "true") != 0)
		return err_set(err,
		               "kafka property \"enable.ssl.certificate."
		               "verification\" must stay true (R-011): set "
		               "ssl.ca.location to the brokers' CA");
	if (name != NULL && strcmp(name, "https") != 0)
		return err_set(err,
		               "kafka property \"ssl.endpoint.identification."
		               "algorithm\" must stay https (R-011)");
	if (suites != NULL && strstr(suites, "@SECLEVEL=0") != NULL)
		return err_set(err,
		               "kafka property \"ssl.cipher.suites\" must not "
		               "lower the security level: TLS 1.2 is the "
		               "least (R-011)");
	return 0;
}

static int check_mutual_tls(const struct kafka_conf *conf, struct err *err)
{
	if (!is_set(conf, "ssl.certificate.location") ||
	    !is_set(conf, "ssl.key.location"))
		return err_set(err,
		               "kafka: security.protocol=SSL needs a client "
		               "certificate (R-011): set "
		               "ssl.certificate.location and ssl.key.location, "
		               "or security.protocol=SASL_SSL");
	return check_key_file(conf, err);
}

static int check_sasl(const struct kafka_conf *conf, struct err *err)
{
	static const char *const good[] = { "SCRAM-SHA-512", "SCRAM-SHA-256",
		                            "PLAIN" };
	const char *mechanism = value_of(conf, "sasl.mechanism");

	if (mechanism == NULL)
		mechanism = value_of(conf, "sasl.mechanisms");
	else if (value_of(conf, "sasl.mechanisms") != NULL)
		return err_set(err, "kafka: set sasl.mechanism or "
		                    "sasl.mechanisms, not both");
	for (size_t i = 0; mechanism != NULL && i < COUNT(good); i++) {
		if (strcmp(mechanism, good[i]) != 0)
			continue;
		if (!is_set(conf, "sasl.username") ||
		    !is_set(conf, "sasl.password.file"))
			break;
		return is_set(conf, "ssl.key.location")
		               ? check_key_file(conf, err)
		               : 0;
	}
	return err_set(err, "kafka: security.protocol=SASL_SSL needs "
	                    "sasl.mechanism (SCRAM-SHA-512, SCRAM-SHA-256 or "
	                    "PLAIN), sasl.username and sasl.password.file");
}

static int check_open(const struct kafka_conf *conf, struct err *err)
{
	if (conf->lab && kafka_brokers_are_loopback(conf->brokers))
		return 0;
	return err_set(err,
	               "kafka: brokers %.128s would be reached without "
	               "encryption or authentication (R-011): set "
	               "security.protocol=SSL with ssl.certificate.location, "
	               "ssl.key.location and ssl.ca.location, or SASL_SSL%s",
	               conf->brokers,
	               conf->lab ? "; a lab may do so on loopback only"
	                         : "; lab = yes allows it on loopback");
}

static int check_transport(const struct kafka_conf *conf, struct err *err)
{
	const char *protocol = value_of(conf, "security.protocol");

	if (protocol == NULL || strcmp(protocol, "PLAINTEXT") == 0 ||
	    strcmp(protocol, "SASL_PLAINTEXT") == 0)
		return check_open(conf, err);
	if (strcmp(protocol, "SSL") == 0)
		return check_tls(conf, err) != 0 ? -1
		                                 : check_mutual_tls(conf, err);
	if (strcmp(protocol, "SASL_SSL") == 0)
		return check_tls(conf, err) != 0 ? -1 : check_sasl(conf, err);
	return err_set(err,
	               "kafka property \"security.protocol\" is \"%.32s\": "
	               "must be SSL or SASL_SSL, in capitals",
	               protocol);
}

int kafka_rules_check(const struct kafka_conf *conf, struct err *err)
{
	if (check_brokers(conf->brokers, err) != 0)
		return -1;
	if (check_properties(conf, err) != 0)
		return -1;
	return check_transport(conf, err);
}
