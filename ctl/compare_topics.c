#include "ctl/compare.h"

#include <string.h>

static const char partitions_advice[] =
	"The number of partitions of a topic set never changes: keys would go "
	"to other partitions than before. Another number is another "
	"topic_prefix, with a log of its own.";
static const char replicas_advice[] =
	"kafka-reassign-partitions.sh moves replicas.";
static const char extra_advice[] =
	"If it is meant, write it into the manifest; else kafka-configs.sh "
	"--alter --delete-config takes it away.";

static bool has_word(const char *list, const char *word, size_t len)
{
	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ",");

		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
		if (*p == '\0')
			return false;
	}
}

/* Every word of a is in b. */
static bool is_within(const char *a, const char *b)
{
	for (const char *p = a;; p++) {
		size_t n = strcspn(p, ",");

		if (!has_word(b, p, n))
			return false;
		p += n;
		if (*p == '\0')
			return true;
	}
}

/* Lists ("compact,delete") come back in an order of the broker's. */
static bool same_value(const char *a, const char *b)
{
	return is_within(a, b) && is_within(b, a);
}

static void add_missing(const struct topic_spec *t, struct changes *changes)
{
	const struct change change = { .kind = CHANGE_CREATE,
		                       .topic = t,
		                       .what = t->name };
	struct buf text = { 0 };

	for (size_t i = 0; i < t->configs_count; i++)
		buf_printf(&text, ", %s=%s", t->configs[i].name,
		           t->configs[i].value);
	changes_add(changes, &change, "%d partition%s, %d replica%s%s",
	            t->partitions, t->partitions == 1 ? "" : "s",
	            t->replication, t->replication == 1 ? "" : "s",
	            buf_cstr(&text));
	buf_clear(&text);
}

static void compare_numbers(const struct topic_spec *t,
                            const struct topic_spec *found,
                            struct changes *changes)
{
	struct change change = { .kind = CHANGE_BY_HAND, .what = t->name };

	if (found->partitions != t->partitions) {
		change.advice = partitions_advice;
		changes_add(changes, &change,
		            "%d partitions, the manifest says %d",
		            found->partitions, t->partitions);
	}
	if (found->replication != t->replication) {
		change.advice = replicas_advice;
		changes_add(changes, &change,
		            "%d replicas, the manifest says %d",
		            found->replication, t->replication);
	}
}

static void compare_configs(const struct topic_spec *t,
                            const struct topic_spec *found,
                            struct changes *changes)
{
	const struct change change = {
		.kind = CHANGE_SET, .topic = t, .found = found, .what = t->name
	};
	struct buf text = { 0 };

	for (size_t i = 0; i < t->configs_count; i++) {
		const struct topic_config *want = &t->configs[i];
		const char *have = topic_spec_config(found, want->name);

		if (have != NULL && same_value(have, want->value))
			continue;
		buf_printf(&text, "%s%s=%s (is %s)", text.len > 0 ? ", " : "",
		           want->name, want->value,
		           have != NULL ? have : "not known to the broker");
	}
	if (text.len > 0)
		changes_add(changes, &change, "%s", buf_cstr(&text));
	buf_clear(&text);
}

static void find_extra(const struct topic_spec *t,
                       const struct topic_spec *found, struct changes *changes)
{
	const struct change change = { .kind = CHANGE_EXTRA,
		                       .what = t->name,
		                       .advice = extra_advice };

	for (size_t i = 0; i < found->configs_count; i++) {
		const struct topic_config *have = &found->configs[i];

		if (have->own && topic_spec_config(t, have->name) == NULL)
			changes_add(changes, &change, "%s=%s", have->name,
			            have->value);
	}
}

void compare_topics(const struct cluster_state *wanted,
                    const struct cluster_state *found, struct changes *changes)
{
	for (size_t i = 0; i < wanted->topics_count; i++) {
		const struct topic_spec *t = &wanted->topics[i];
		const struct topic_spec *have =
			cluster_state_topic(found, t->name);

		if (have == NULL || have->partitions == 0) {
			add_missing(t, changes);
			continue;
		}
		compare_numbers(t, have, changes);
		compare_configs(t, have, changes);
		find_extra(t, have, changes);
	}
}
