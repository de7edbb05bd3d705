/*
 * properties.h -- who the bench is to a broker: a file of librdkafka
 * properties, as deploy/kafka/local.sh makes them for each principal.
 */
#ifndef BENCH_PROPERTIES_H
#define BENCH_PROPERTIES_H

#include "base/err.h"
#include "kafka/kafka_conf.h"

enum { PROPERTIES_MAX = 32 };

struct properties {
	char *text;
	const char *list[PROPERTIES_MAX];
	size_t count;
};

/* Lines key=value; that of the brokers is left out, since those are told
   apart. path NULL: none. 0, or -1 with why. */
int properties_read(struct properties *p, const char *path, struct err *why);
/* One more; not copied. */
void properties_add(struct properties *p, const char *property);
void properties_clear(struct properties *p);

#endif
