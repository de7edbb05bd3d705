/*
 * decisions.h -- the decisions topic from a known place on, read_committed.
 *
 * Asks how many partitions there are and how far each has been written, then
 * reads on from there: whatever is asked for after on_ready() has its decision
 * in what comes. Callbacks come from the loop.
 */
#ifndef CTL_DECISIONS_H
#define CTL_DECISIONS_H

#include "ctl/conf.h"
#include "kafka/kafka_in.h"

struct loop;
struct decisions;

struct decisions_events {
	/* partitions: of `decisions`, and so of `requests`. Once. */
	void (*on_ready)(void *owner, uint32_t partitions);
	void (*on_message)(void *owner, const struct kafka_message *m);
	/* It can't go on. Once; nothing is called after it. */
	void (*on_failed)(void *owner, const char *why);
	void *owner;
};

struct decisions_options {
	bool from_beginning; /* all that is on the log */
	uint32_t limit_ms;   /* for each of the broker's answers */
	struct decisions_events events;
};

/* NULL with *err. conf is borrowed. */
struct decisions *decisions_new(struct loop *loop, const struct ctl_conf *conf,
                                const struct decisions_options *options,
                                struct err *err);
/* Takes *decisions, accepts NULL, leaves NULL. */
void decisions_free(struct decisions **decisions);

#endif
