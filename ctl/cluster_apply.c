#include "ctl/cluster_internal.h"

#include <stdlib.h>
#include <string.h>

/* Those of one kind, as one call takes them. */
struct batch {
	struct cluster *cluster;
	struct changes *changes;
	struct change **at;
	size_t n;
};

static void gather(struct batch *b, enum change_kind kind)
{
	b->at = xcalloc(changes_count(b->changes) + 1, sizeof(struct change *));
	b->n = 0;
	for (size_t i = 0; i < changes_count(b->changes); i++) {
		struct change *change = changes_at(b->changes, i);

		if (change->kind == kind && change->state == CHANGE_OPEN)
			b->at[b->n++] = change;
	}
}

/* What became of one of them. */
static void conclude(const struct batch *b, struct change *change,
                     rd_kafka_resp_err_t rc, const char *text,
                     const struct cluster_call *call)
{
	struct err why;

	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
		change->state = CHANGE_DONE;
		return;
	}
	(void)cluster_refused(b->cluster, rc, text, call, &why);
	changes_fail(b->changes, change, why.text);
}

static struct change *find(const struct batch *b, const char *topic)
{
	for (size_t i = 0; i < b->n; i++) {
		if (strcmp(b->at[i]->topic->name, topic) == 0)
			return b->at[i];
	}
	return NULL;
}

/* The answer; without one all have failed. */
static rd_kafka_event_t *await(const struct batch *b,
                               const struct cluster_call *call)
{
	rd_kafka_event_t *event;
	struct err why;
	int code;

	event = cluster_answer(b->cluster, call, &code, &why);
	for (size_t i = 0; event == NULL && i < b->n; i++)
		changes_fail(b->changes, b->at[i], why.text);
	return event;
}

/* -- topics -- */

static rd_kafka_NewTopic_t *new_topic(const struct topic_spec *t, char *text,
                                      size_t room)
{
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
		t->name, t->partitions, t->replication, text, room);

	for (size_t i = 0; topic != NULL && i < t->configs_count; i++)
		(void)rd_kafka_NewTopic_set_config(topic, t->configs[i].name,
		                                   t->configs[i].value);
	return topic;
}

static void conclude_topics(const struct batch *b,
                            const rd_kafka_topic_result_t **results,
                            size_t count)
{
	static const struct cluster_call call = {
		"new topics", "Create",
		"the cluster, or on topics of that prefix"
	};

	for (size_t i = 0; i < count; i++) {
		struct change *change =
			find(b, rd_kafka_topic_result_name(results[i]));

		if (change != NULL)
			conclude(b, change,
			         rd_kafka_topic_result_error(results[i]),
			         rd_kafka_topic_result_error_string(results[i]),
			         &call);
	}
}

static void create_topics(const struct batch *b)
{
	static const struct cluster_call call = { "new topics", "Create",
		                                  "the cluster" };
	rd_kafka_NewTopic_t **list =
		xcalloc(b->n + 1, sizeof(rd_kafka_NewTopic_t *));
	rd_kafka_AdminOptions_t *options =
		cluster_options(b->cluster, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_event_t *event;
	size_t made = 0, count;
	char text[256];

	for (size_t i = 0; i < b->n; i++) {
		list[made] = new_topic(b->at[i]->topic, text, sizeof(text));
		if (list[made] != NULL)
			made++;
		else
			changes_fail(b->changes, b->at[i], text);
	}
	rd_kafka_CreateTopics(b->cluster->rk, list, made, options,
	                      b->cluster->answers);
	event = await(b, &call);
	if (event != NULL) {
		const rd_kafka_topic_result_t **results =
			rd_kafka_CreateTopics_result_topics(
				rd_kafka_event_CreateTopics_result(event),
				&count);

		conclude_topics(b, results, count);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy_array(list, made);
	free(list);
}

/* -- configurations -- */

/* AlterConfigs puts back to the broker's defaults whatever it does not name, so
   what was set on the topic besides is named too. (Debian 12's library has no
   IncrementalAlterConfigs.) */
static rd_kafka_ConfigResource_t *new_configs(const struct change *change)
{
	const struct topic_spec *t = change->topic;
	const struct topic_spec *found = change->found;
	rd_kafka_ConfigResource_t *r =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, t->name);

	for (size_t i = 0; i < found->configs_count; i++) {
		const struct topic_config *c = &found->configs[i];

		if (c->own && topic_spec_config(t, c->name) == NULL)
			(void)rd_kafka_ConfigResource_set_config(r, c->name,
			                                         c->value);
	}
	for (size_t i = 0; i < t->configs_count; i++)
		(void)rd_kafka_ConfigResource_set_config(r, t->configs[i].name,
		                                         t->configs[i].value);
	return r;
}

static void conclude_configs(const struct batch *b, rd_kafka_event_t *event)
{
	const rd_kafka_ConfigResource_t **results;
	size_t count;

	results = rd_kafka_AlterConfigs_result_resources(
		rd_kafka_event_AlterConfigs_result(event), &count);
	for (size_t i = 0; i < count; i++) {
		const char *name = rd_kafka_ConfigResource_name(results[i]);
		const struct cluster_call call = { "configurations",
			                           "AlterConfigs", name };
		struct change *change = find(b, name);

		if (change != NULL)
			conclude(b, change,
			         rd_kafka_ConfigResource_error(results[i]),
			         rd_kafka_ConfigResource_error_string(
					 results[i]),
			         &call);
	}
}

static void set_configs(const struct batch *b)
{
	static const struct cluster_call call = { "configurations",
		                                  "AlterConfigs",
		                                  "the topics" };
	rd_kafka_ConfigResource_t **list =
		xcalloc(b->n + 1, sizeof(rd_kafka_ConfigResource_t *));
	rd_kafka_AdminOptions_t *options =
		cluster_options(b->cluster, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
	rd_kafka_event_t *event;

	for (size_t i = 0; i < b->n; i++)
		list[i] = new_configs(b->at[i]);
	rd_kafka_AlterConfigs(b->cluster->rk, list, b->n, options,
	                      b->cluster->answers);
	event = await(b, &call);
	if (event != NULL) {
		conclude_configs(b, event);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_ConfigResource_destroy_array(list, b->n);
	free(list);
}

/* -- rights -- */

/* NULL if this library has no word for the kind of resource. */
static rd_kafka_AclBinding_t *new_binding(const struct right *r)
{
	return rd_kafka_AclBinding_new(
		(rd_kafka_ResourceType_t)r->kind, r->name,
		(rd_kafka_ResourcePatternType_t)r->pattern, r->principal,
		r->host, (rd_kafka_AclOperation_t)r->operation,
		RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, NULL, 0);
}

static void leave_to_others(const struct batch *b, struct change *change)
{
	struct err text;

	err_set(&text,
	        "librdkafka %s has no word for a %s (2.6 has): `mpicctl acls "
	        "plan --as kafka-cli' prints the line for kafka-acls.sh.",
	        rd_kafka_version_str(), right_kind_word(change->right->kind));
	changes_leave(b->changes, change, text.text);
}

static void conclude_rights(const struct batch *b, rd_kafka_event_t *event)
{
	static const struct cluster_call call = { "access rules", "Alter",
		                                  "the cluster" };
	const rd_kafka_acl_result_t **results;
	size_t count;

	/* in the order asked */
	results = rd_kafka_CreateAcls_result_acls(
		rd_kafka_event_CreateAcls_result(event), &count);
	for (size_t i = 0; i < count && i < b->n; i++) {
		const rd_kafka_error_t *error =
			rd_kafka_acl_result_error(results[i]);

		conclude(b, b->at[i], rd_kafka_error_code(error),
		         error != NULL ? rd_kafka_error_string(error) : NULL,
		         &call);
	}
}

/* Drops those that can't be asked for. */
static void make_bindings(struct batch *b, rd_kafka_AclBinding_t **list)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		list[n] = new_binding(b->at[i]->right);
		if (list[n] == NULL)
			leave_to_others(b, b->at[i]);
		else
			b->at[n++] = b->at[i];
	}
	b->n = n;
}

static void create_rights(struct batch *b)
{
	static const struct cluster_call call = { "access rules", "Alter",
		                                  "the cluster" };
	rd_kafka_AclBinding_t **list =
		xcalloc(b->n + 1, sizeof(rd_kafka_AclBinding_t *));
	rd_kafka_AdminOptions_t *options =
		cluster_options(b->cluster, RD_KAFKA_ADMIN_OP_CREATEACLS);
	rd_kafka_event_t *event = NULL;

	make_bindings(b, list);
	if (b->n > 0) {
		rd_kafka_CreateAcls(b->cluster->rk, list, b->n, options,
		                    b->cluster->answers);
		event = await(b, &call);
	}
	if (event != NULL) {
		conclude_rights(b, event);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_AclBinding_destroy_array(list, b->n);
	free(list);
}

void cluster_apply(struct cluster *c, struct changes *changes)
{
	struct batch b = { .cluster = c, .changes = changes };

	gather(&b, CHANGE_CREATE);
	if (b.n > 0)
		create_topics(&b);
	free(b.at);
	gather(&b, CHANGE_SET);
	if (b.n > 0)
		set_configs(&b);
	free(b.at);
	gather(&b, CHANGE_ALLOW);
	if (b.n > 0)
		create_rights(&b);
	free(b.at);
}
