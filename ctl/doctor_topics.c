#include "ctl/doctor_topics.h"

#include "kafka/kafka_ask.h"
#include "loop/loop.h"

enum { LIMIT_MS = 5000, TOPICS = 6 };

struct asking {
	struct loop *loop;
	struct kafka_ask *ask;
	const struct ctl_conf *conf;
	struct findings *findings;
	const char *names[TOPICS]; /* the first four share one number */
	size_t at;
	uint32_t partitions; /* of the first; 0: not known */
};

enum { ALIKE = 4 };

static void judge(struct asking *a, const char *topic, uint32_t partitions)
{
	if (a->at == 0)
		a->partitions = partitions;
	if (partitions == 0)
		findings_add(a->findings, FINDING_BAD, "topic",
		             "Make the topics, or see whether topic_prefix is "
		             "right.",
		             "%s: is not there", topic);
	else if (a->at < ALIKE && partitions != a->partitions)
		findings_add(a->findings, FINDING_BAD, "topic",
		             "requests, attempts, results and decisions must "
		             "have the same number, which never changes: use "
		             "another prefix for another number.",
		             "%s: %u partitions, %s has %u", topic, partitions,
		             a->names[0], a->partitions);
	else
		findings_add(a->findings, FINDING_GOOD, "topic", "",
		             "%s: %u partitions", topic, partitions);
}

static void on_partitions(void *arg, const char *error, const char *topic,
                          uint32_t partitions)
{
	struct asking *a = arg;

	if (error != NULL) {
		findings_add(a->findings, FINDING_BAD, "brokers",
		             "Are they up, and may this machine reach them?",
		             "%s: %s: %s", a->conf->is.brokers, topic, error);
		loop_stop(a->loop);
		return;
	}
	if (a->at == 0)
		findings_add(a->findings, FINDING_GOOD, "brokers", "", "%s",
		             a->conf->is.brokers);
	judge(a, topic, partitions);
	if (++a->at == TOPICS)
		loop_stop(a->loop);
	else
		kafka_ask_partitions(a->ask, a->names[a->at], LIMIT_MS,
		                     on_partitions, a);
}

bool doctor_topics(const struct ctl_conf *conf, struct findings *findings)
{
	const struct topics *t = &conf->topics;
	struct asking a = {
		.loop = loop_new(),
		.conf = conf,
		.findings = findings,
		.names = { t->requests, t->attempts, t->results, t->decisions,
		           t->perspectives, t->dead_letters },
	};
	struct err why;

	a.ask = kafka_ask_new(a.loop, &conf->kafka, conf->is.group, &why);
	if (a.ask == NULL) {
		findings_add(findings, FINDING_BAD, "brokers",
		             "See the kafka section of the settings.", "%s",
		             why.text);
	} else {
		kafka_ask_partitions(a.ask, a.names[0], LIMIT_MS, on_partitions,
		                     &a);
		loop_run(a.loop);
	}
	kafka_ask_free(&a.ask);
	loop_free(&a.loop);
	return a.at == TOPICS;
}
