#include "ctl/render.h"

#include "base/escape.h"

#include <string.h>

/* A YAML double-quoted scalar; JSON's are a subset of these. */
static void quoted(struct buf *out, const char *text)
{
	buf_add_u8(out, '"');
	escape_json(out, span_str(text));
	buf_add_u8(out, '"');
}

static void key(struct buf *out, const char *indent, const char *name,
                const char *value)
{
	buf_printf(out, "%s%s: ", indent, name);
	quoted(out, value);
	buf_add_u8(out, '\n');
}

/* Kubernetes takes a-z 0-9 - . and no others for names: for those the resource
   gets a name that resembles the topic's. */
static bool resource_name(const char *name, struct buf *out)
{
	bool same = true;

	for (const char *p = name; *p != '\0'; p++) {
		char c = *p;

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		else if (c == '_')
			c = '-';
		same = same && c == *p;
		buf_add_u8(out, (uint8_t)c);
	}
	return same;
}

static bool begin(struct buf *out, const char *kind, const char *name,
                  const char *cluster)
{
	struct buf resource = { 0 };
	bool same = resource_name(name, &resource);

	buf_printf(out, "---\napiVersion: kafka.strimzi.io/v1\nkind: %s\n",
	           kind);
	buf_add_str(out, "metadata:\n");
	key(out, "  ", "name", buf_cstr(&resource));
	buf_add_str(out, "  labels:\n");
	key(out, "    ", "strimzi.io/cluster", cluster);
	buf_add_str(out, "spec:\n");
	buf_clear(&resource);
	return same;
}

void render_strimzi_topics(const struct cluster_state *wanted,
                           const char *cluster, struct buf *out)
{
	for (size_t i = 0; i < wanted->topics_count; i++) {
		const struct topic_spec *t = &wanted->topics[i];

		if (!begin(out, "KafkaTopic", t->name, cluster))
			key(out, "  ", "topicName", t->name);
		buf_printf(out, "  partitions: %d\n  replicas: %d\n",
		           t->partitions, t->replication);
		buf_add_str(out, "  config:\n");
		for (size_t k = 0; k < t->configs_count; k++)
			key(out, "    ", t->configs[k].name,
			    t->configs[k].value);
	}
}

static const char *type_word(enum right_kind kind)
{
	return kind == RIGHT_TRANSACTIONAL_ID ? "transactionalId"
	                                      : right_kind_word(kind);
}

static bool same_resource(const struct right *a, const struct right *b)
{
	return a->kind == b->kind && a->pattern == b->pattern &&
	       strcmp(a->user, b->user) == 0 && strcmp(a->name, b->name) == 0;
}

static bool was_before(const struct rights *rights, size_t i,
                       bool (*same)(const struct right *, const struct right *))
{
	for (size_t k = 0; k < i; k++) {
		if (same(&rights->at[k], &rights->at[i]))
			return true;
	}
	return false;
}

static void add_acl(const struct rights *rights, size_t first, struct buf *out)
{
	const struct right *r = &rights->at[first];
	bool pattern = r->pattern == RIGHT_PREFIXED;
	const char *comma = "";

	buf_add_str(out, "      - resource:\n");
	key(out, "          ", "type", type_word(r->kind));
	key(out, "          ", "name", r->name);
	key(out, "          ", "patternType", pattern ? "prefix" : "literal");
	buf_add_str(out, "        operations: [");
	for (size_t i = first; i < rights->n; i++) {
		if (!same_resource(&rights->at[i], r))
			continue;
		buf_add_str(out, comma);
		quoted(out, right_operation_word(rights->at[i].operation));
		comma = ", ";
	}
	buf_add_str(out, "]\n");
}

static bool same_user(const struct right *a, const struct right *b)
{
	return strcmp(a->user, b->user) == 0;
}

static void add_user(const struct rights *rights, size_t first,
                     const char *cluster, struct buf *out)
{
	const struct right *r = &rights->at[first];

	(void)begin(out, "KafkaUser", r->user, cluster);
	buf_add_str(out, "  authentication:\n    type: \"tls\"\n"
	                 "  authorization:\n    type: \"simple\"\n"
	                 "    acls:\n");
	for (size_t i = first; i < rights->n; i++) {
		if (same_user(&rights->at[i], r) &&
		    !was_before(rights, i, same_resource))
			add_acl(rights, i, out);
	}
}

void render_strimzi_users(const struct cluster_state *wanted,
                          const char *cluster, struct buf *out)
{
	for (size_t i = 0; i < wanted->rights.n; i++) {
		if (!was_before(&wanted->rights, i, same_user))
			add_user(&wanted->rights, i, cluster, out);
	}
}
