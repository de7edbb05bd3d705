#include "ctl/render.h"

#include <stdlib.h>
#include <string.h>

/* A word for a POSIX shell: quoted unless it is harmless. */
static void word(struct buf *out, const char *text)
{
	static const char harmless[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_./:,=@";

	buf_add_u8(out, ' ');
	if (text[0] != '\0' && strspn(text, harmless) == strlen(text)) {
		buf_add_str(out, text);
		return;
	}
	buf_add_u8(out, '\'');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\'')
			buf_add_str(out, "'\\''");
		else
			buf_add_u8(out, (uint8_t)*p);
	}
	buf_add_u8(out, '\'');
}

static void option(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " --%s", name);
	word(out, value);
}

static void begin(struct buf *out, const char *program,
                  const struct render_client *client)
{
	buf_add_str(out, program);
	option(out, "bootstrap-server", client->bootstrap);
	if (client->command_config != NULL)
		option(out, "command-config", client->command_config);
}

void render_topic_line(const struct topic_spec *topic,
                       const struct render_client *client, struct buf *out)
{
	begin(out, "kafka-topics.sh", client);
	buf_add_str(out, " --create --if-not-exists");
	option(out, "topic", topic->name);
	buf_printf(out, " --partitions %d --replication-factor %d",
	           topic->partitions, topic->replication);
	for (size_t i = 0; i < topic->configs_count; i++) {
		struct buf pair = { 0 };

		buf_printf(&pair, "%s=%s", topic->configs[i].name,
		           topic->configs[i].value);
		option(out, "config", buf_cstr(&pair));
		buf_clear(&pair);
	}
	buf_add_u8(out, '\n');
}

void render_config_line(const struct topic_spec *topic,
                        const struct render_client *client, struct buf *out)
{
	struct buf pairs = { 0 };

	begin(out, "kafka-configs.sh", client);
	buf_add_str(out, " --alter");
	option(out, "topic", topic->name);
	for (size_t i = 0; i < topic->configs_count; i++) {
		const struct topic_config *c = &topic->configs[i];
		bool is_list = strchr(c->value, ',') != NULL;

		buf_printf(&pairs, "%s%s=%s%s%s", i > 0 ? "," : "", c->name,
		           is_list ? "[" : "", c->value, is_list ? "]" : "");
	}
	option(out, "add-config", buf_cstr(&pairs));
	buf_add_u8(out, '\n');
	buf_clear(&pairs);
}

/* -- rights: lines merged -- */

static bool same_resource(const struct right *a, const struct right *b)
{
	return a->kind == b->kind && a->pattern == b->pattern &&
	       strcmp(a->name, b->name) == 0 &&
	       strcmp(a->principal, b->principal) == 0;
}

/* All that may be done with one resource, as bits. */
static unsigned operations_of(const struct rights *rights,
                              const struct right *r)
{
	unsigned bits = 0;

	for (size_t i = 0; i < rights->n; i++) {
		if (same_resource(&rights->at[i], r))
			bits |= 1U << rights->at[i].operation;
	}
	return bits;
}

/* Fits into the line that begins with a. */
static bool joins(const struct rights *rights, const struct right *a,
                  const struct right *b)
{
	return a->pattern == b->pattern &&
	       strcmp(a->principal, b->principal) == 0 &&
	       operations_of(rights, a) == operations_of(rights, b);
}

static bool is_first(const struct rights *rights, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (joins(rights, &rights->at[k], &rights->at[i]))
			return false;
	}
	return true;
}

static bool is_named_before(const struct rights *rights, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (same_resource(&rights->at[k], &rights->at[i]))
			return true;
	}
	return false;
}

static void right_line(const struct rights *rights, size_t first,
                       const struct render_client *client, struct buf *out)
{
	const struct right *r = &rights->at[first];
	unsigned operations = operations_of(rights, r);

	begin(out, "kafka-acls.sh", client);
	buf_add_str(out, " --add --force");
	option(out, "allow-principal", r->principal);
	for (int i = 0; i < RIGHT_OPERATIONS; i++) {
		if ((operations & 1U << i) != 0)
			option(out, "operation", right_operation_word(i));
	}
	option(out, "resource-pattern-type", right_pattern_word(r->pattern));
	for (size_t i = first; i < rights->n; i++) {
		if (joins(rights, r, &rights->at[i]) &&
		    !is_named_before(rights, i))
			option(out, right_kind_word(rights->at[i].kind),
			       rights->at[i].name);
	}
	buf_add_u8(out, '\n');
}

void render_right_lines(const struct rights *rights,
                        const struct render_client *client, struct buf *out)
{
	for (size_t i = 0; i < rights->n; i++) {
		if (is_first(rights, i))
			right_line(rights, i, client, out);
	}
}

void render_changes(const struct changes *changes,
                    const struct render_client *client, struct buf *out)
{
	struct cluster_state missing;

	cluster_state_init(&missing);
	for (size_t i = 0; i < changes_count(changes); i++) {
		const struct change *change = changes_at(changes, i);

		if (change->state == CHANGE_DONE)
			continue;
		if (change->kind == CHANGE_CREATE)
			render_topic_line(change->topic, client, out);
		else if (change->kind == CHANGE_SET)
			render_config_line(change->topic, client, out);
		else if (change->right != NULL)
			cluster_state_add_right(&missing, change->right);
	}
	render_right_lines(&missing.rights, client, out);
	cluster_state_clear(&missing);
}
