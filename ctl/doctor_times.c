#include "ctl/doctor_times.h"

#include "ctl/cluster.h"
#include "ctl/compare.h"

#include <stdio.h>
#include <sysexits.h>

static const struct topic_config append_time = { "message.timestamp.type",
	                                         "LogAppendTime", true };

/* Numbers are doctor_topics's matter: they are as found. */
static void want(const struct topics *t, const struct cluster_state *found,
                 struct cluster_state *wanted)
{
	const char *const names[] = { t->requests, t->attempts, t->results,
		                      t->decisions, t->perspectives };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct topic_spec *have =
			found != NULL ? cluster_state_topic(found, names[i])
				      : NULL;
		struct topic_spec spec = { .name = names[i],
			                   .configs = &append_time,
			                   .configs_count = 1 };

		if (have != NULL) {
			spec.partitions = have->partitions;
			spec.replication = have->replication;
		}
		cluster_state_add_topic(wanted, &spec);
	}
}

void doctor_times_judge(const struct topics *topics,
                        const struct cluster_state *found,
                        struct findings *findings)
{
	struct changes *changes = changes_new();
	struct cluster_state wanted;
	char advice[160];
	size_t bad = 0;

	cluster_state_init(&wanted);
	want(topics, found, &wanted);
	compare_topics(&wanted, found, changes);
	(void)snprintf(advice, sizeof(advice),
	               "Mend it with \"mpicctl topics apply --topic-prefix "
	               "%s\"; coordinators refuse such topics.",
	               topics->prefix);
	for (size_t i = 0; i < changes_count(changes); i++) {
		const struct change *c = changes_at(changes, i);

		if (c->kind != CHANGE_SET)
			continue;
		findings_add(findings, FINDING_WARN, "topic time", advice,
		             "%s: wants %s", c->what, c->detail);
		bad++;
	}
	if (bad == 0)
		findings_add(findings, FINDING_GOOD, "topic time", "",
		             "the brokers' (LogAppendTime)");
	changes_free(&changes);
	cluster_state_clear(&wanted);
}

void doctor_times(const struct ctl_conf *conf, struct findings *findings)
{
	struct cluster_state wanted, found;
	struct cluster *cluster;
	struct err why;

	cluster_state_init(&wanted);
	cluster_state_init(&found);
	want(&conf->topics, NULL, &wanted);
	cluster = cluster_open(conf, &why);
	if (cluster != NULL &&
	    cluster_read_topics(cluster, &wanted, &found, &why) == EX_OK)
		doctor_times_judge(&conf->topics, &found, findings);
	else
		findings_add(findings, FINDING_WARN, "topic time",
		             "It takes DescribeConfigs on the topics: let who "
		             "has it run \"mpicctl topics check\".",
		             "not known: %s", why.text);
	cluster_free(&cluster);
	cluster_state_clear(&found);
	cluster_state_clear(&wanted);
}
