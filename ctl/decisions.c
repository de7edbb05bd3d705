#include "ctl/decisions.h"

#include "base/mem.h"
#include "kafka/kafka_ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct decisions {
	const struct ctl_conf *conf;
	struct decisions_options options;
	struct kafka_ask *ask;
	struct kafka_in *in;
	uint32_t partitions;
	bool failed;
};

static void fail(struct decisions *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct decisions *d, const char *format, ...)
{
	struct err why;
	va_list ap;

	if (d->failed)
		return;
	d->failed = true;
	va_start(ap, format);
	(void)vsnprintf(why.text, sizeof(why.text), format, ap);
	va_end(ap);
	d->options.events.on_failed(d->options.events.owner, why.text);
}

static void on_message(void *owner, const struct kafka_message *m)
{
	struct decisions *d = owner;

	if (!d->failed)
		d->options.events.on_message(d->options.events.owner, m);
}

static void on_broken(void *owner, const struct kafka_partition *p,
                      const char *why)
{
	fail(owner, "%s: cannot be read on: %s", p->topic, why);
}

static void on_fatal(void *owner, const char *why)
{
	fail(owner, "%s", why);
}

static int start_one(struct decisions *d, const struct kafka_watermarks *w,
                     struct err *why)
{
	return kafka_in_start(d->in, &w->at,
	                      d->options.from_beginning ? w->low : w->high,
	                      why);
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	struct decisions *d = arg;
	struct err why;

	if (error != NULL) {
		fail(d, "%s: %s", d->conf->topics.decisions, error);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (list[i].high < 0) {
			fail(d,
			     "%s: the leader of partition %d does not answer",
			     list[i].at.topic, list[i].at.partition);
			return;
		}
		if (start_one(d, &list[i], &why) != 0) {
			fail(d, "%s: %s", d->conf->topics.decisions, why.text);
			return;
		}
	}
	d->options.events.on_ready(d->options.events.owner, d->partitions);
}

static void ask_watermarks(struct decisions *d)
{
	struct kafka_partition *list = xcalloc(d->partitions, sizeof(*list));

	for (uint32_t i = 0; i < d->partitions; i++)
		list[i] = (struct kafka_partition){ d->conf->topics.decisions,
			                            (int32_t)i };
	kafka_ask_watermarks(d->ask, list, d->partitions, d->options.limit_ms,
	                     on_watermarks, d);
	free(list);
}

static void on_requests(void *arg, const char *error, const char *topic,
                        uint32_t partitions)
{
	struct decisions *d = arg;

	if (error != NULL)
		fail(d, "%s: %s", topic, error);
	else if (partitions != d->partitions)
		fail(d,
		     "%s and %s have not the same number of partitions: ask "
		     "who made the topics",
		     d->conf->topics.requests, topic);
	else
		ask_watermarks(d);
}

static void on_partitions(void *arg, const char *error, const char *topic,
                          uint32_t partitions)
{
	struct decisions *d = arg;

	d->partitions = partitions;
	if (error != NULL)
		fail(d, "%s: no answer from the brokers: %s",
		     d->conf->is.brokers, error);
	else if (partitions == 0)
		fail(d, "there is no topic %s at %s: is topic_prefix right?",
		     topic, d->conf->is.brokers);
	else
		kafka_ask_partitions(d->ask, d->conf->topics.requests,
		                     d->options.limit_ms, on_requests, d);
}

struct decisions *decisions_new(struct loop *loop, const struct ctl_conf *conf,
                                const struct decisions_options *options,
                                struct err *err)
{
	struct decisions *d = xzalloc(sizeof(*d));
	struct kafka_in_options in = {
		.group_id = conf->is.group,
		.reset_to_beginning = options->from_beginning,
		.events = { .on_message = on_message,
		            .on_broken = on_broken,
		            .on_fatal = on_fatal,
		            .owner = d },
	};

	d->conf = conf;
	d->options = *options;
	d->in = kafka_in_new(loop, &conf->kafka, &in, err);
	if (d->in != NULL)
		d->ask = kafka_ask_new(loop, &conf->kafka, conf->is.group, err);
	if (d->ask == NULL) {
		decisions_free(&d);
		return NULL;
	}
	kafka_ask_partitions(d->ask, conf->topics.decisions, options->limit_ms,
	                     on_partitions, d);
	return d;
}

void decisions_free(struct decisions **decisions)
{
	if (*decisions == NULL)
		return;
	kafka_ask_free(&(*decisions)->ask);
	kafka_in_free(&(*decisions)->in);
	free(*decisions);
	*decisions = NULL;
}
