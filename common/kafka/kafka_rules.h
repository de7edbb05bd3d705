/*
 * kafka_rules.h -- what a Kafka configuration may not say.
 *
 * For kafka_conf.c. Pure but for the files that properties name.
 */
#ifndef KAFKA_KAFKA_RULES_H
#define KAFKA_KAFKA_RULES_H

#include "kafka/kafka_conf.h"

enum {
	KAFKA_KEY_MAX = 64,      /* librdkafka's longest name has 44 */
	KAFKA_SECRET_MAX = 1024, /* one line */
	KAFKA_PROPERTIES_MAX = 64,
};

/*
 * 0 if brokers and properties are well-formed, no property is one that the
 * programs set themselves, and the transport is one that R-011 allows. Else -1
 * with the property, the reason and what to set instead.
 */
int kafka_rules_check(const struct kafka_conf *conf, struct err *err);

/* The first line of a file that only its owner and group may read. secret has
   room for KAFKA_SECRET_MAX + 1. */
int kafka_rules_read_secret(const char *path, char *secret, struct err *err);

#endif
