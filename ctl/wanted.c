#include "ctl/wanted.h"

#include "base/buf.h"
#include "wire/topics.h"

#include <stdlib.h>
#include <string.h>

struct making {
	struct cluster_state *wanted;
	const struct manifest *m;
	const char *prefix;
	int partitions;
	int replication;
	int min_insync;
	const struct manifest_perspective *perspectives;
	size_t perspectives_count;
};

/* What stands for {...} here, or NULL. perspective may be NULL. */
static const char *value_of(const struct making *w, struct span name,
                            const struct manifest_perspective *perspective)
{
	if (span_is(name, "prefix"))
		return w->prefix;
	if (span_is(name, "perspective") && perspective != NULL)
		return perspective->code;
	return NULL;
}

static int fill(const struct making *w, const char *template,
                const struct manifest_perspective *perspective,
                const char **out, struct err *why)
{
	struct span left = span_str(template);
	struct buf text = { 0 };
	ptrdiff_t open;

	while ((open = span_find(left, SPAN("{"))) >= 0) {
		struct span behind = span_sub(left, (size_t)open + 1, left.len);
		ptrdiff_t close = span_find(behind, SPAN("}"));
		const char *value = NULL;

		if (close >= 0)
			value = value_of(w, span_sub(behind, 0, (size_t)close),
			                 perspective);
		if (value == NULL) {
			buf_clear(&text);
			err_set(why,
			        "\"%s\": what is that to be "
			        "replaced by?",
			        template);
			return -1;
		}
		buf_add_span(&text, span_sub(left, 0, (size_t)open));
		buf_add_str(&text, value);
		left = span_sub(behind, (size_t)close + 1, behind.len);
	}
	buf_add_span(&text, left);
	*out = arena_str(w->wanted->arena, buf_cstr(&text));
	buf_clear(&text);
	return 0;
}

/* The perspectives that an entry is repeated for: all, or none once. */
static size_t rounds(const struct making *w, bool each)
{
	return each ? w->perspectives_count : 1;
}

static const struct manifest_perspective *round_of(const struct making *w,
                                                   bool each, size_t i)
{
	return each ? &w->perspectives[i] : NULL;
}

static int add_topic(const struct making *w, const struct manifest_topic *t,
                     const struct manifest_perspective *p, struct err *why)
{
	struct arena *arena = w->wanted->arena;
	struct topic_spec spec = { .replication = w->replication };
	struct topic_config *configs;

	if (fill(w, t->name, p, &spec.name, why) != 0)
		return -1;
	if (strlen(spec.name) >= TOPIC_NAME_MAX)
		return err_set(why, "%s: longer than %d characters", spec.name,
		               TOPIC_NAME_MAX - 1);
	if (cluster_state_topic(w->wanted, spec.name) != NULL)
		return err_set(why, "%s: two topics of that name", spec.name);
	spec.partitions = t->partitions > 0 ? t->partitions : w->partitions;
	if (t->of_perspective)
		spec.partitions = p->partitions;
	configs = arena_calloc(arena, t->configs_count + 1, sizeof(*configs));
	for (size_t i = 0; i < t->configs_count; i++) {
		configs[i].name = arena_str(arena, t->configs[i].name);
		configs[i].value = arena_str(arena, t->configs[i].value);
		configs[i].own = true;
	}
	configs[t->configs_count] = (struct topic_config){
		.name = "min.insync.replicas",
		.value = arena_printf(arena, "%d", w->min_insync),
		.own = true,
	};
	spec.configs = configs;
	spec.configs_count = t->configs_count + 1;
	cluster_state_add_topic(w->wanted, &spec);
	return 0;
}

static const char *principal_of(const struct making *w, const char *user)
{
	const char *template = w->m->principal;
	const char *at = strstr(template, "{name}");

	return arena_printf(w->wanted->arena, "%.*s%s%s", (int)(at - template),
	                    template, user, at + strlen("{name}"));
}

static int add_rights(const struct making *w, const struct manifest_rule *r,
                      const char *user, const struct manifest_perspective *p,
                      struct err *why)
{
	struct right right = {
		.principal = principal_of(w, user),
		.user = user,
		.host = "*",
		.kind = r->kind,
		.pattern = r->pattern,
	};

	for (size_t i = 0; i < r->names.n; i++) {
		if (fill(w, r->names.at[i], p, &right.name, why) != 0)
			return -1;
		for (size_t k = 0; k < r->operations_count; k++) {
			right.operation = r->operations[k];
			cluster_state_add_right(w->wanted, &right);
		}
	}
	return 0;
}

static int add_rule(const struct making *w, const struct manifest_rule *r,
                    const struct manifest_perspective *p, struct err *why)
{
	const struct manifest_words *users = &r->role->users;

	for (size_t i = 0; i < users->n; i++) {
		const char *user;

		if (fill(w, users->at[i], p, &user, why) != 0 ||
		    add_rights(w, r, user, p, why) != 0)
			return -1;
	}
	return 0;
}

static int add_all(const struct making *w, struct err *why)
{
	for (size_t i = 0; i < w->m->topics_count; i++) {
		const struct manifest_topic *t = &w->m->topics[i];

		for (size_t k = 0; k < rounds(w, t->each); k++) {
			if (add_topic(w, t, round_of(w, t->each, k), why) != 0)
				return -1;
		}
	}
	for (size_t i = 0; i < w->m->rules_count; i++) {
		const struct manifest_rule *r = &w->m->rules[i];

		for (size_t k = 0; k < rounds(w, r->each); k++) {
			if (add_rule(w, r, round_of(w, r->each, k), why) != 0)
				return -1;
		}
	}
	return 0;
}

static void replace_perspectives(struct making *w,
                                 const struct wanted_options *options)
{
	struct manifest_perspective *list = arena_calloc(
		w->wanted->arena, options->perspectives_count, sizeof(*list));

	for (size_t i = 0; i < options->perspectives_count; i++) {
		list[i].code = options->perspectives[i];
		list[i].partitions = w->partitions;
	}
	w->perspectives = list;
	w->perspectives_count = options->perspectives_count;
}

int wanted_make(struct cluster_state *wanted, const struct manifest *m,
                const struct wanted_options *options, struct err *why)
{
	struct making w = {
		.wanted = wanted,
		.m = m,
		.prefix = options->prefix != NULL ? options->prefix : m->prefix,
		.partitions = options->partitions > 0 ? options->partitions
		                                      : m->partitions,
		.replication = m->replication,
		.min_insync = m->min_insync,
		.perspectives = m->perspectives,
		.perspectives_count = m->perspectives_count,
	};

	cluster_state_init(wanted);
	if (options->replication > 0) {
		int most =
			options->replication > 1 ? options->replication - 1 : 1;

		w.replication = options->replication;
		if (w.min_insync > most)
			w.min_insync = most;
	}
	if (options->perspectives_count > 0)
		replace_perspectives(&w, options);
	if (add_all(&w, why) == 0)
		return 0;
	cluster_state_clear(wanted);
	return -1;
}
