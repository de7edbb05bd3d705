/*
 * kafka_needs.h -- before a program begins: are the topics there that it needs,
 * with as many partitions, and may it use them?
 *
 * Asks until it knows. Brokers that do not answer are waited for, and that is
 * said once a minute. What only an operator can mend (no such topic, another
 * number of partitions, a right that is missing) is refused, with the topic,
 * the right and the command that mends it, once it was found a few times in a
 * row: topics that were made a moment ago, and rights, take a moment to reach
 * every broker. Nothing is asked any more after that: a running program
 * survives brokers that forget for a while.
 */
#ifndef KAFKA_KAFKA_NEEDS_H
#define KAFKA_KAFKA_NEEDS_H

#include "kafka/kafka_ask.h"

struct loop;
struct kafka_needs;

struct kafka_needs_options {
	const struct kafka_need *list; /* copied, with their names */
	size_t count;
	/* What the commands that mend it are told. Borrowed. */
	const char *prefix;
	uint32_t partitions;
	/* One of these, once, from the loop; it may free the kafka_needs. */
	void (*on_met)(void *owner);
	void (*on_refused)(void *owner, const char *why);
	void *owner;
};

/* ask is borrowed. Begins to ask. */
struct kafka_needs *kafka_needs_new(struct loop *loop, struct kafka_ask *ask,
                                    const struct kafka_needs_options *options);
/* Takes *needs, accepts NULL, leaves NULL. Before on_met or on_refused only
   after the kafka_ask was freed: its answer would come to nobody. */
void kafka_needs_free(struct kafka_needs **needs);

/* What to say when a right is missing: right and resource are Kafka's words
   ("Write", "topic"); name NULL: not known. Returns -1. */
int kafka_needs_forbidden(const char *right, const char *resource,
                          const char *name, const char *prefix,
                          struct err *why);

#endif
