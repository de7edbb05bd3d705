#include "ctl/manifest.h"

#include "ctl/file.h"
#include "wire/topics.h"

#include <jansson.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

/* Letters of both cases, digits, and these; never empty. */
static bool has_only(const char *text, const char *also)
{
	size_t n = 0;

	for (; text[n] != '\0'; n++) {
		if (strchr(letters, text[n] | 0x20) == NULL &&
		    strchr("0123456789", text[n]) == NULL &&
		    strchr(also, text[n]) == NULL)
			return false;
	}
	return n > 0;
}

bool manifest_code_ok(const char *code)
{
	size_t len = strlen(code);

	return len <= TOPIC_CODE_MAX && has_only(code, "-") &&
	       strcspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static bool is_printable(const char *text)
{
	const char *p = text;

	while (*p >= ' ' && *p <= '~')
		p++;
	return *p == '\0' && p != text;
}

/* -- JSON to C: each says what is wrong, the caller where -- */

/* Strict: neither more members nor fewer, of the right types. */
#define UNPACK(json, why, ...) \
	unpacked(json_unpack_ex((json), &error, JSON_STRICT, __VA_ARGS__), \
	         &error, (why))

static int unpacked(int rc, const json_error_t *error, struct err *why)
{
	return rc == 0 ? 0 : err_set(why, "%s", error->text);
}

static int in_limits(const char *name, int value, int most, struct err *why)
{
	if (value >= 1 && value <= most)
		return 0;
	return err_set(why, "%s: %d is not from 1 to %d", name, value, most);
}

/* A list with something in it, and not too much. */
static int is_list(const json_t *list, const char *name, struct err *why)
{
	if (!json_is_array(list))
		return err_set(why, "%s is not a list", name);
	if (json_array_size(list) == 0 ||
	    json_array_size(list) > MANIFEST_LIST_MAX)
		return err_set(why, "%s has %zu entries; 1 to %d", name,
		               json_array_size(list), MANIFEST_LIST_MAX);
	return 0;
}

static int read_words(struct manifest *m, const json_t *list, const char *name,
                      struct manifest_words *out, struct err *why)
{
	const char **words;

	if (is_list(list, name, why) != 0)
		return -1;
	out->n = json_array_size(list);
	words = arena_calloc(m->arena, out->n, sizeof(*words));
	for (size_t i = 0; i < out->n; i++) {
		const char *word = json_string_value(json_array_get(list, i));

		if (word == NULL || !has_only(word, "{}._-"))
			return err_set(why,
			               "%s[%zu] is not letters, digits and "
			               "{ } . _ -",
			               name, i);
		words[i] = arena_str(m->arena, word);
	}
	out->at = words;
	return 0;
}

static int read_each(const char *each, bool *out, struct err *why)
{
	*out = each != NULL;
	if (each == NULL || strcmp(each, "perspective") == 0)
		return 0;
	return err_set(why, "each: \"%s\" is not \"perspective\"", each);
}

static int read_configs(struct manifest *m, json_t *object,
                        struct manifest_topic *t, struct err *why)
{
	struct topic_config *configs;
	const char *name;
	json_t *value;

	if (!json_is_object(object) ||
	    json_object_size(object) > MANIFEST_LIST_MAX)
		return err_set(why, "config is not an object, or too large");
	configs = arena_calloc(m->arena, json_object_size(object) + 1,
	                       sizeof(*configs));
	json_object_foreach(object, name, value)
	{
		if (!has_only(name, ".") || !json_is_string(value) ||
		    !is_printable(json_string_value(value)))
			return err_set(why, "config: %s is not a text", name);
		if (strcmp(name, "min.insync.replicas") == 0)
			return err_set(why,
			               "config: %s is deployment's "
			               "min_insync_replicas",
			               name);
		configs[t->configs_count++] = (struct topic_config){
			.name = arena_str(m->arena, name),
			.value = arena_str(m->arena, json_string_value(value)),
			.own = true,
		};
	}
	t->configs = configs;
	return 0;
}

static int read_partitions(const json_t *json, struct manifest_topic *t,
                           struct err *why)
{
	const char *word = json_string_value(json);

	if (json_is_integer(json) && json_integer_value(json) >= 1 &&
	    json_integer_value(json) <= MANIFEST_PARTITIONS_MAX)
		t->partitions = (int)json_integer_value(json);
	else if (word != NULL && strcmp(word, "perspective") == 0 && t->each)
		t->of_perspective = true;
	else if (word == NULL || strcmp(word, "P") != 0)
		return err_set(why,
		               "partitions is not a number from 1 to %d, "
		               "\"P\", or \"perspective\" with each",
		               MANIFEST_PARTITIONS_MAX);
	return 0;
}

/* -- entries of the four lists -- */

static int read_perspective(struct manifest *m, json_t *json, size_t i,
                            struct err *why)
{
	struct manifest_perspective *p = &m->perspectives[i];
	json_error_t error;
	const char *code;

	if (UNPACK(json, why, "{s:s, s:i}", "code", &code, "partitions",
	           &p->partitions) != 0)
		return -1;
	if (!manifest_code_ok(code))
		return err_set(why, "code: \"%s\" is not 1 to %d of a-z 0-9 -",
		               code, TOPIC_CODE_MAX);
	for (size_t k = 0; k < i; k++) {
		if (strcmp(m->perspectives[k].code, code) == 0)
			return err_set(why, "code: %s is there twice", code);
	}
	p->code = arena_str(m->arena, code);
	return in_limits("partitions", p->partitions, MANIFEST_PARTITIONS_MAX,
	                 why);
}

static int read_topic(struct manifest *m, json_t *json, size_t i,
                      struct err *why)
{
	struct manifest_topic *t = &m->topics[i];
	const char *name, *reason, *each = NULL;
	json_t *partitions, *config;
	json_error_t error;

	if (UNPACK(json, why, "{s:s, s:s, s?s, s:o, s:o}", "name", &name, "why",
	           &reason, "each", &each, "partitions", &partitions, "config",
	           &config) != 0)
		return -1;
	if (!has_only(name, "{}._-"))
		return err_set(why,
		               "name: \"%s\" is not letters, digits and "
		               "{ } . _ -",
		               name);
	t->name = arena_str(m->arena, name);
	if (read_each(each, &t->each, why) != 0 ||
	    read_partitions(partitions, t, why) != 0)
		return -1;
	return read_configs(m, config, t, why);
}

static const struct manifest_role *find_role(const struct manifest *m,
                                             const char *name)
{
	for (size_t i = 0; i < m->roles_count; i++) {
		if (strcmp(m->roles[i].name, name) == 0)
			return &m->roles[i];
	}
	return NULL;
}

static int read_operations(struct manifest *m, const json_t *list,
                           struct manifest_rule *r, struct err *why)
{
	struct manifest_words words;
	int *operations;

	if (read_words(m, list, "operations", &words, why) != 0)
		return -1;
	operations = arena_calloc(m->arena, words.n, sizeof(*operations));
	for (size_t i = 0; i < words.n; i++) {
		if (!right_operation_parse(words.at[i], &operations[i]))
			return err_set(why, "operations: there is no \"%s\"",
			               words.at[i]);
	}
	r->operations = operations;
	r->operations_count = words.n;
	return 0;
}

static int read_rule(struct manifest *m, json_t *json, size_t i,
                     struct err *why)
{
	struct manifest_rule *r = &m->rules[i];
	const char *role, *kind, *reason, *each = NULL, *pattern = "literal";
	json_t *names, *operations;
	json_error_t error;

	if (UNPACK(json, why, "{s:s, s?s, s?s, s:s, s?s, s:o, s:o}", "role",
	           &role, "why", &reason, "each", &each, "resource", &kind,
	           "pattern", &pattern, "names", &names, "operations",
	           &operations) != 0)
		return -1;
	r->role = find_role(m, role);
	if (r->role == NULL)
		return err_set(why, "role: there is no \"%s\" in principals",
		               role);
	if (!right_kind_parse(kind, &r->kind))
		return err_set(why,
		               "resource: \"%s\" is not topic, group or "
		               "transactional-id",
		               kind);
	if (!right_pattern_parse(pattern, &r->pattern))
		return err_set(why,
		               "pattern: \"%s\" is not literal or "
		               "prefixed",
		               pattern);
	if (read_each(each, &r->each, why) != 0 ||
	    read_words(m, names, "names", &r->names, why) != 0)
		return -1;
	return read_operations(m, operations, r, why);
}

/* -- the whole -- */

typedef int read_entry_fn(struct manifest *m, json_t *json, size_t i,
                          struct err *why);

static int read_list(struct manifest *m, const json_t *list, const char *name,
                     read_entry_fn *read, struct err *why)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (read(m, json_array_get(list, i), i, why) != 0)
			return err_prefix(why, "%s[%zu]", name, i);
	}
	return 0;
}

static int read_deployment(struct manifest *m, json_t *json, struct err *why)
{
	const char *prefix, *principal;
	json_error_t error;
	json_t *list;

	if (UNPACK(json, why, "{s:s, s:i, s:i, s:i, s:s, s:o}", "prefix",
	           &prefix, "partitions", &m->partitions, "replication",
	           &m->replication, "min_insync_replicas", &m->min_insync,
	           "principal", &principal, "perspectives", &list) != 0)
		return -1;
	if (!topic_prefix_ok(prefix))
		return err_set(why,
		               "prefix: \"%s\" is not 1 to %d letters, "
		               "digits and . _ -",
		               prefix, TOPIC_PREFIX_MAX);
	if (!is_printable(principal) || strstr(principal, "{name}") == NULL)
		return err_set(why, "principal has no {name} in it");
	if (in_limits("partitions", m->partitions, MANIFEST_PARTITIONS_MAX,
	              why) != 0 ||
	    in_limits("replication", m->replication, MANIFEST_REPLICATION_MAX,
	              why) != 0 ||
	    in_limits("min_insync_replicas", m->min_insync, m->replication,
	              why) != 0 ||
	    is_list(list, "perspectives", why) != 0)
		return -1;
	m->prefix = arena_str(m->arena, prefix);
	m->principal = arena_str(m->arena, principal);
	m->perspectives_count = json_array_size(list);
	m->perspectives = arena_calloc(m->arena, m->perspectives_count,
	                               sizeof(*m->perspectives));
	return read_list(m, list, "perspectives", read_perspective, why);
}

static int read_roles(struct manifest *m, json_t *object, struct err *why)
{
	const char *name;
	json_t *users;

	m->roles = arena_calloc(m->arena, json_object_size(object) + 1,
	                        sizeof(*m->roles));
	json_object_foreach(object, name, users)
	{
		struct manifest_role *role = &m->roles[m->roles_count++];

		role->name = arena_str(m->arena, name);
		if (read_words(m, users, name, &role->users, why) != 0)
			return -1;
	}
	return 0;
}

static int read_root(struct manifest *m, json_t *root, struct err *why)
{
	json_t *deployment, *topics, *roles, *rules;
	json_error_t error;
	int version;

	if (UNPACK(root, why, "{s:i, s:o, s:o, s:o, s:o}", "version", &version,
	           "deployment", &deployment, "topics", &topics, "principals",
	           &roles, "acls", &rules) != 0)
		return -1;
	if (version != 1)
		return err_set(why, "version is %d; this program reads 1",
		               version);
	if (read_deployment(m, deployment, why) != 0)
		return err_prefix(why, "deployment");
	if (is_list(topics, "topics", why) != 0 ||
	    is_list(rules, "acls", why) != 0)
		return -1;
	if (read_roles(m, roles, why) != 0)
		return err_prefix(why, "principals");
	m->topics_count = json_array_size(topics);
	m->topics = arena_calloc(m->arena, m->topics_count, sizeof(*m->topics));
	m->rules_count = json_array_size(rules);
	m->rules = arena_calloc(m->arena, m->rules_count, sizeof(*m->rules));
	if (read_list(m, topics, "topics", read_topic, why) != 0)
		return -1;
	return read_list(m, rules, "acls", read_rule, why);
}

int manifest_read(struct manifest *m, struct span json, struct err *why)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)json.p, json.len,
	                          JSON_REJECT_DUPLICATES, &error);
	int rc;

	if (root == NULL)
		return err_set(why, "line %d: %s", error.line, error.text);
	*m = (struct manifest){ .arena = arena_new() };
	rc = read_root(m, root, why);
	json_decref(root);
	if (rc != 0)
		manifest_clear(m);
	return rc;
}

void manifest_clear(struct manifest *m)
{
	arena_free(&m->arena);
	*m = (struct manifest){ 0 };
}

int manifest_load(struct manifest *m, const char *path, struct err *why)
{
	struct buf text = { 0 };
	int rc = file_load(path, MANIFEST_MAX, &text, why);

	if (rc == 0 && manifest_read(m, buf_span(&text), why) != 0)
		rc = err_prefix(why, "%s", path);
	buf_clear(&text);
	return rc;
}
