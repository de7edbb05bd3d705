#include "ctl/cluster_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* -- topics -- */

static int add_found(const struct cluster *c,
                     const struct rd_kafka_metadata_topic *t,
                     struct cluster_state *found, struct err *why)
{
	const struct cluster_call call = { "topics", "Describe", t->topic };
	struct topic_spec spec = { .name = arena_str(found->arena, t->topic) };

	if (t->err == RD_KAFKA_RESP_ERR_NO_ERROR && t->partition_cnt > 0) {
		spec.partitions = t->partition_cnt;
		spec.replication = t->partitions[0].replica_cnt;
	} else if (t->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
		return cluster_refused(c, t->err, NULL, &call, why);
	}
	cluster_state_add_topic(found, &spec);
	return EX_OK;
}

/* By name: a list of all leaves out those that we may not see. */
static int read_metadata(struct cluster *c, const struct cluster_state *wanted,
                         struct cluster_state *found, struct err *why)
{
	rd_kafka_topic_t **topics =
		xcalloc(wanted->topics_count, sizeof(rd_kafka_topic_t *));
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t rc;
	int code = EX_OK;

	for (size_t i = 0; i < wanted->topics_count; i++)
		topics[i] =
			rd_kafka_topic_new(c->rk, wanted->topics[i].name, NULL);
	rc = rd_kafka_metadata(c->rk, 0, NULL, &metadata, CLUSTER_LIMIT_MS);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
		for (int i = 0; i < metadata->topic_cnt && code == EX_OK; i++)
			code = add_found(c, &metadata->topics[i], found, why);
		rd_kafka_metadata_destroy(metadata);
	} else {
		code = cluster_unreachable(c, "topics", rc, why);
	}
	for (size_t i = 0; i < wanted->topics_count; i++)
		rd_kafka_topic_destroy(topics[i]);
	free(topics);
	return code;
}

static void fill_configs(struct topic_spec *spec,
                         const rd_kafka_ConfigResource_t *resource,
                         struct arena *arena)
{
	const rd_kafka_ConfigEntry_t **entries =
		rd_kafka_ConfigResource_configs(resource, &spec->configs_count);
	struct topic_config *configs =
		arena_calloc(arena, spec->configs_count + 1, sizeof(*configs));

	for (size_t i = 0; i < spec->configs_count; i++) {
		const rd_kafka_ConfigEntry_t *e = entries[i];
		const char *value = rd_kafka_ConfigEntry_value(e);

		configs[i].name =
			arena_str(arena, rd_kafka_ConfigEntry_name(e));
		configs[i].value = arena_str(arena, value != NULL ? value : "");
		configs[i].own = rd_kafka_ConfigEntry_source(e) ==
		                 RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
	}
	spec->configs = configs;
}

static int take_configs(const struct cluster *c, rd_kafka_event_t *event,
                        struct cluster_state *found, struct err *why)
{
	const rd_kafka_ConfigResource_t **resources;
	size_t count;

	resources = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &count);
	for (size_t i = 0; i < count; i++) {
		const rd_kafka_ConfigResource_t *r = resources[i];
		const char *name = rd_kafka_ConfigResource_name(r);
		const struct cluster_call call = { "configurations",
			                           "DescribeConfigs", name };
		const struct topic_spec *spec =
			cluster_state_topic(found, name);
		rd_kafka_resp_err_t rc = rd_kafka_ConfigResource_error(r);

		if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
			return cluster_refused(
				c, rc, rd_kafka_ConfigResource_error_string(r),
				&call, why);
		if (spec != NULL)
			fill_configs(&found->topics[spec - found->topics], r,
			             found->arena);
	}
	return EX_OK;
}

static int read_configs(struct cluster *c, rd_kafka_ConfigResource_t **list,
                        size_t count, struct cluster_state *found,
                        struct err *why)
{
	static const struct cluster_call call = { "configurations",
		                                  "DescribeConfigs",
		                                  "the topics" };
	rd_kafka_AdminOptions_t *options =
		cluster_options(c, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_event_t *event;
	int code = EX_OK;

	rd_kafka_DescribeConfigs(c->rk, list, count, options, c->answers);
	rd_kafka_AdminOptions_destroy(options);
	event = cluster_answer(c, &call, &code, why);
	if (event == NULL)
		return code;
	code = take_configs(c, event, found, why);
	rd_kafka_event_destroy(event);
	return code;
}

int cluster_read_topics(struct cluster *c, const struct cluster_state *wanted,
                        struct cluster_state *found, struct err *why)
{
	rd_kafka_ConfigResource_t **list;
	size_t count = 0;
	int code = read_metadata(c, wanted, found, why);

	if (code != EX_OK)
		return code;
	list = xcalloc(found->topics_count + 1,
	               sizeof(rd_kafka_ConfigResource_t *));
	for (size_t i = 0; i < found->topics_count; i++) {
		if (found->topics[i].partitions > 0)
			list[count++] = rd_kafka_ConfigResource_new(
				RD_KAFKA_RESOURCE_TOPIC, found->topics[i].name);
	}
	if (count > 0)
		code = read_configs(c, list, count, found, why);
	rd_kafka_ConfigResource_destroy_array(list, count);
	free(list);
	return code;
}

/* -- rights -- */

static void take_rights(rd_kafka_event_t *event, struct cluster_state *found)
{
	const rd_kafka_AclBinding_t **acls;
	struct arena *arena = found->arena;
	size_t count;

	acls = rd_kafka_DescribeAcls_result_acls(
		rd_kafka_event_DescribeAcls_result(event), &count);
	for (size_t i = 0; i < count; i++) {
		const rd_kafka_AclBinding_t *a = acls[i];
		const struct right right = {
			.principal = arena_str(
				arena, rd_kafka_AclBinding_principal(a)),
			.host = arena_str(arena, rd_kafka_AclBinding_host(a)),
			.kind = (enum right_kind)rd_kafka_AclBinding_restype(a),
			.pattern = (enum right_pattern)
				rd_kafka_AclBinding_resource_pattern_type(a),
			.name = arena_str(arena, rd_kafka_AclBinding_name(a)),
			.operation = (int)rd_kafka_AclBinding_operation(a),
			.deny = rd_kafka_AclBinding_permission_type(a) ==
			        RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
		};

		cluster_state_add_right(found, &right);
	}
}

int cluster_read_rights(struct cluster *c, struct cluster_state *found,
                        struct err *why)
{
	static const struct cluster_call call = { "access rules", "Describe",
		                                  "the cluster" };
	rd_kafka_AdminOptions_t *options =
		cluster_options(c, RD_KAFKA_ADMIN_OP_DESCRIBEACLS);
	rd_kafka_AclBindingFilter_t *all = rd_kafka_AclBindingFilter_new(
		RD_KAFKA_RESOURCE_ANY, NULL, RD_KAFKA_RESOURCE_PATTERN_ANY,
		NULL, NULL, RD_KAFKA_ACL_OPERATION_ANY,
		RD_KAFKA_ACL_PERMISSION_TYPE_ANY, NULL, 0);
	rd_kafka_event_t *event;
	int code = EX_OK;

	rd_kafka_DescribeAcls(c->rk, all, options, c->answers);
	rd_kafka_AclBinding_destroy(all);
	rd_kafka_AdminOptions_destroy(options);
	event = cluster_answer(c, &call, &code, why);
	if (event == NULL)
		return code;
	take_rights(event, found);
	rd_kafka_event_destroy(event);
	return EX_OK;
}
