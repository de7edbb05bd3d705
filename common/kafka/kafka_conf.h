/*
 * kafka_conf.h -- how every handle of ours talks to the brokers.
 *
 * One place holds the house defaults, the properties that an operator may not
 * change because a promise rests on them, and the transport rule: a
 * broker is reached with mutual TLS, or with TLS and SASL (SCRAM, PLAIN).
 * Anything less needs lab = yes and loopback brokers only. Nothing is read
 * from the environment; secrets come from files only.
 */
#ifndef KAFKA_KAFKA_CONF_H
#define KAFKA_KAFKA_CONF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct rd_kafka_conf_s;

/*
 * What the operator says; borrowed by every function that takes it, for the
 * call only. properties are librdkafka's, as "key=value", plus two of ours,
 * sasl.password.file and ssl.key.password.file: the first line of the file is
 * the secret; a file that others than owner and group may read is refused.
 */
struct kafka_conf {
	const char *brokers;   /* "host:port,host:port" */
	const char *client_id; /* shown in broker logs and quotas */
	const char *const *properties;
	size_t property_count;
	bool lab; /* plaintext, to loopback brokers only */
};

enum kafka_role {
	KAFKA_ROLE_OUT,    /* idempotent producer */
	KAFKA_ROLE_TXN,    /* transactional producer; id = transactional.id */
	KAFKA_ROLE_GROUP,  /* group consumer, eager; id = group.id */
	KAFKA_ROLE_READER, /* explicit consumer, read_committed; id = group.id,
	                      named only because librdkafka wants one: it never
	                      joins and never commits */
	KAFKA_ROLE_ASK,    /* questions, read_uncommitted; id = group.id */
};

/*
 * A configuration for rd_kafka_new(), which takes it; else the caller frees it
 * with rd_kafka_conf_destroy(). id as the role says, NULL for KAFKA_ROLE_OUT.
 * NULL with the reason, and what to set, in *err.
 */
struct rd_kafka_conf_s *kafka_conf_new(const struct kafka_conf *conf,
                                       enum kafka_role role, const char *id,
                                       struct err *err);

/* The same checks for all roles, without a handle, for check-config: 0 or -1.
   Reads the password files. */
int kafka_conf_check(const struct kafka_conf *conf, struct err *err);

/* librdkafka as the process runs with it: "2.0.2". */
const char *kafka_library_version(void);

/* True if every entry of a broker list is localhost, 127.0.0.0/8 or [::1]. */
bool kafka_brokers_are_loopback(const char *brokers);

#endif
