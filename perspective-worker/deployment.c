#include "perspective-worker/deployment.h"

#include "base/addr.h"
#include "base/text.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANCHOR_FILE_MAX = 65536, PATH_ROOM = 4096 };

/* -- the probe's program and user -- */

static int find_program(struct deployment *d, struct err *why)
{
	static const char name[] = "mpic-probe";
	char *self = arena_alloc(d->arena, PATH_ROOM);

	d->program.path = d->conf->probe_path;
	if (d->conf->probe_path[0] == '\0') {
		ssize_t n = readlink("/proc/self/exe", self, PATH_ROOM - 1);
		char *slash = n > 0 ? strrchr(self, '/') : NULL;

		if (slash == NULL)
			return err_set(why, "probe.path: cannot tell where "
			                    "this program is; name the path");
		d->program.path = arena_printf(d->arena, "%.*s/%s",
		                               (int)(slash - self), self, name);
	}
	if (access(d->program.path, X_OK) != 0)
		return err_set(why, "probe.path: %s: %s", d->program.path,
		               strerror(errno));
	return 0;
}

static int find_user(struct deployment *d, struct err *why)
{
	const char *name = d->conf->probe_user;

	if (name[0] == '\0')
		return 0;
	errno = 0;
	const struct passwd *user = getpwnam(name);

	if (user == NULL)
		return err_set(why, "probe.user: %s: %s", name,
		               errno != 0 ? strerror(errno)
		                          : "there is no such user");
	if (user->pw_uid == 0)
		return err_set(why, "probe.user: %s is root", name);
	d->program.own_user = true;
	d->program.uid = user->pw_uid;
	d->program.gid = user->pw_gid;
	return 0;
}

/* -- what it is told -- */

static struct span trimmed(struct span line)
{
	while (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = span_sub(line, 1, SIZE_MAX);
	while (line.len > 0 && strchr(" \t\r", line.p[line.len - 1]) != NULL)
		line.len--;
	return line;
}

/* A master file's comments end with the line; quotes do not occur in keys. */
static struct span without_comment(struct span line)
{
	ptrdiff_t at = span_find(line, SPAN(";"));

	return trimmed(at < 0 ? line : span_sub(line, 0, (size_t)at));
}

static int split_anchors(struct deployment *d, struct span text,
                         struct err *why)
{
	struct text_list *list = &d->probe.trust_anchors;

	list->items =
		arena_calloc(d->arena, FRAME_ANCHORS_MAX, sizeof(struct span));
	while (text.len > 0) {
		ptrdiff_t end = span_find(text, SPAN("\n"));
		size_t len = end < 0 ? text.len : (size_t)end;
		struct span line = without_comment(span_sub(text, 0, len));

		text = span_sub(text, len + 1, SIZE_MAX);
		if (line.len == 0)
			continue;
		if (list->count == FRAME_ANCHORS_MAX)
			return err_set(why,
			               "probe.trust_anchor_file: %s has more "
			               "than %d records",
			               d->conf->trust_anchor_file,
			               FRAME_ANCHORS_MAX);
		list->items[list->count++] = line;
	}
	if (list->count == 0)
		return err_set(why, "probe.trust_anchor_file: %s has no record",
		               d->conf->trust_anchor_file);
	return 0;
}

static int read_anchors(struct deployment *d, struct err *why)
{
	const char *path = d->conf->trust_anchor_file;
	char *text = arena_alloc(d->arena, ANCHOR_FILE_MAX + 1);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return err_set(why,
		               "probe.trust_anchor_file: %s: %s; Debian's is "
		               "in the package dns-root-data",
		               path, strerror(errno));
	size_t len = fread(text, 1, ANCHOR_FILE_MAX + 1, f);

	(void)fclose(f);
	if (len > ANCHOR_FILE_MAX)
		return err_set(why, "probe.trust_anchor_file: %s is too long",
		               path);
	return split_anchors(d, span_of(text, len), why);
}

static struct text_list list_of(struct deployment *d,
                                const struct setting_list *from)
{
	struct text_list list = {
		.items = arena_calloc(d->arena, from->n + 1,
		                      sizeof(struct span)),
		.count = from->n,
	};

	for (size_t i = 0; i < from->n; i++)
		list.items[i] = span_str(from->at[i]);
	return list;
}

static int add_prefix(struct buf *to, struct span prefix, const char *key,
                      struct err *why)
{
	if (to->len > 0)
		buf_add_u8(to, ' ');
	buf_add_span(to, prefix);
	return to->len <= FRAME_LIST_MAX
	               ? 0
	               : err_set(why, "guard.%s: the list is too long", key);
}

static int join(struct deployment *d, const struct setting_list *from,
                const char *key, struct span *out, struct err *why)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < from->n; i++)
		rc = add_prefix(&text, span_str(from->at[i]), key, why);
	*out = arena_span(d->arena, buf_span(&text));
	buf_clear(&text);
	return rc;
}

/* "host:port", "[v6]:port" or a bare host: its host. */
static struct span host_of(struct span broker)
{
	ptrdiff_t close = span_find(broker, SPAN("]"));
	ptrdiff_t colon = span_find(broker, SPAN(":"));

	if (broker.len > 0 && broker.p[0] == '[' && close > 0)
		return span_sub(broker, 1, (size_t)close - 1);
	return colon < 0 ? broker : span_sub(broker, 0, (size_t)colon);
}

/* Every broker that is named by address, and the prefixes for the others. */
static int read_brokers(struct deployment *d, struct err *why)
{
	struct span left = span_str(d->conf->brokers);
	struct buf text = { 0 };
	struct addr address;
	int rc = 0;

	while (rc == 0 && left.len > 0) {
		ptrdiff_t comma = span_find(left, SPAN(","));
		size_t len = comma < 0 ? left.len : (size_t)comma;
		struct span host = host_of(trimmed(span_sub(left, 0, len)));

		left = span_sub(left, len + 1, SIZE_MAX);
		if (addr_parse(host, &address))
			rc = add_prefix(&text, host, "brokers", why);
		else if (d->conf->guard_brokers.n == 0 && !d->conf->lab)
			rc = err_set(why,
			             "guard.brokers: kafka.brokers has \"%.*s\""
			             ", which is no address: name the "
			             "prefixes that no check may reach",
			             SPAN_ARG(host));
	}
	for (size_t i = 0; rc == 0 && i < d->conf->guard_brokers.n; i++)
		rc = add_prefix(&text, span_str(d->conf->guard_brokers.at[i]),
		                "brokers", why);
	d->probe.brokers = arena_span(d->arena, buf_span(&text));
	buf_clear(&text);
	return rc;
}

static int read_probe_settings(struct deployment *d, struct err *why)
{
	const struct worker_conf *c = d->conf;

	d->probe = (struct probe_settings){
		.lab = c->lab,
		.root_servers = list_of(d, &c->root_servers),
		.lab_ports = list_of(d, &c->guard_allow_ports),
		.resolver_window_ms = c->resolver_window_ms,
		.lookup_ms = c->lookup_ms,
		.connect_ms = c->connect_ms,
		.hang_ms = c->hang_ms,
		.jobs_max = c->probe_checks_max,
		.user_agent = span_str(c->user_agent),
	};
	d->egress = list_of(d, &c->guard_egress);
	if (join(d, &c->guard_deny, "deny", &d->probe.forbidden, why) != 0 ||
	    join(d, &c->guard_egress, "egress", &d->probe.own, why) != 0 ||
	    join(d, &c->guard_allow, "allow", &d->probe.lab_allowed, why) !=
	            0 ||
	    read_brokers(d, why) != 0)
		return -1;
	return read_anchors(d, why);
}

/* -- keys -- */

static int read_keys(struct deployment *d, struct err *why)
{
	const struct worker_conf *c = d->conf;

	d->keyring = pinned_keys_ring(&c->keys, why);
	if (d->keyring == NULL)
		return -1;
	size_t coordinators = 0;

	for (size_t i = 0; i < keyring_count(d->keyring); i++)
		coordinators +=
			keyring_at(d->keyring, i)->role == KEY_ROLE_COORDINATOR;
	if (coordinators == 0)
		return err_set(why, "key: no coordinator's key is among them: "
		                    "every check would be refused");
	d->signing_key = signing_key_load(c->signing_key, why);
	return d->signing_key != NULL ? 0 : -1;
}

static void read_kafka(struct deployment *d)
{
	const struct worker_conf *c = d->conf;
	const char **properties = arena_calloc(
		d->arena, c->kafka_properties.n + 1, sizeof(*properties));

	for (size_t i = 0; i < c->kafka_properties.n; i++)
		properties[i] = arena_printf(d->arena, "%s=%s",
		                             c->kafka_properties.at[i].name,
		                             c->kafka_properties.at[i].value);
	d->kafka = (struct kafka_conf){
		.brokers = c->brokers,
		.client_id = c->instance,
		.properties = properties,
		.property_count = c->kafka_properties.n,
		.lab = c->lab,
	};
	topics_init(&d->topics, c->topic_prefix);
	(void)topics_checks(&d->topics, span_str(c->perspective), d->checks);
	d->group = c->group[0] != '\0'
	                   ? c->group
	                   : arena_printf(d->arena, "mpic-worker-%s",
	                                  c->perspective);
}

static int load(struct deployment *d, struct err *why)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	d->probe_count = d->conf->probe_count > 0
	                         ? (size_t)d->conf->probe_count
	                         : (size_t)(cores > 0 ? cores : 1);
	if (read_keys(d, why) != 0 || find_program(d, why) != 0 ||
	    find_user(d, why) != 0)
		return -1;
	d->names = names_open(d->conf->public_suffix_list, why);
	if (d->names == NULL)
		return -1;
	read_kafka(d);
	if (kafka_conf_check(&d->kafka, why) != 0)
		return -1;
	return read_probe_settings(d, why);
}

int deployment_init(struct deployment *d, const struct worker_conf *conf,
                    struct err *why)
{
	*d = (struct deployment){ .conf = conf, .arena = arena_new() };
	if (load(d, why) == 0)
		return 0;
	deployment_clear(d);
	return -1;
}

void deployment_clear(struct deployment *d)
{
	signing_key_free(&d->signing_key);
	keyring_free(&d->keyring);
	names_free(&d->names);
	arena_free(&d->arena);
	*d = (struct deployment){ 0 };
}

struct sign_domain deployment_domain(const struct deployment *d,
                                     const char *record_type)
{
	return (struct sign_domain){ .lab = d->conf->lab,
		                     .deployment = d->conf->deployment,
		                     .record_type = record_type,
		                     .schema_version = 1 };
}
