#include "kafka/kafka_needs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/timer.h"

#include <stdlib.h>

enum {
	LIMIT_MS = 5000,
	AGAIN_MS = 500,
	COMPLAIN_MS = 60000,
	/* times in a row, AGAIN_MS apart, until what is missing is believed */
	CONFIRM = 3
};

struct kafka_needs {
	struct kafka_ask *ask;
	struct kafka_needs_options options;
	struct arena *arena; /* the list's */
	struct timer *again;
	int64_t complained_mono_ms;
	unsigned refused; /* times in a row */
	unsigned silent;  /* times in a row */
};

int kafka_needs_forbidden(const char *right, const char *resource,
                          const char *name, const char *prefix, struct err *why)
{
	return err_set(why,
	               "this program's principal lacks the right %s on %s "
	               "\"%s\": give it with \"mpicctl acls apply "
	               "--topic-prefix %s\"; if its name is not the one that "
	               "the manifest gives to this role, see its principals",
	               right, resource, name != NULL ? name : "?", prefix);
}

static void say_why(const struct kafka_needs *n, const struct kafka_finding *f,
                    struct err *why)
{
	const struct kafka_needs_options *o = &n->options;

	switch (f->found) {
	case KAFKA_NEED_ABSENT:
		err_set(why,
		        "there is no topic \"%s\": make it with \"mpicctl "
		        "topics apply --topic-prefix %s --partitions %u\"",
		        f->need.topic, o->prefix, o->partitions);
		break;
	case KAFKA_NEED_HIDDEN:
		kafka_needs_forbidden(f->need.reads ? "Read" : "Write", "topic",
		                      f->need.topic, o->prefix, why);
		break;
	case KAFKA_NEED_UNREADABLE:
		kafka_needs_forbidden("Read", "topic", f->need.topic, o->prefix,
		                      why);
		break;
	case KAFKA_NEED_MISCOUNTED:
		err_set(why,
		        "topic \"%s\" has %u partitions, kafka.partitions says "
		        "%u; the number never changes: see \"mpicctl topics "
		        "check --topic-prefix %s --partitions %u\", and use "
		        "another topic_prefix for another number",
		        f->need.topic, f->partitions, f->need.partitions,
		        o->prefix, o->partitions);
		break;
	case KAFKA_NEED_MET:
	case KAFKA_NEED_UNKNOWN: err_set(why, "%s", f->error); break;
	}
}

static void complain(struct kafka_needs *n, const struct kafka_finding *f)
{
	int64_t now = clock_mono_ms();

	if (now - n->complained_mono_ms < COMPLAIN_MS)
		return;
	n->complained_mono_ms = now;
	log_error("kafka_brokers_awaited", F_STR("topic", f->need.topic),
	          F_STR("error", f->error),
	          F_STR("note", "asked on, and said once a minute"));
}

/* The first that is of that kind, or NULL. */
static const struct kafka_finding *find(const struct kafka_finding *list,
                                        size_t count, bool unknown)
{
	for (size_t i = 0; i < count; i++) {
		bool is_unknown = list[i].found == KAFKA_NEED_UNKNOWN;

		if (list[i].found != KAFKA_NEED_MET && is_unknown == unknown)
			return &list[i];
	}
	return NULL;
}

static void on_findings(void *arg, const struct kafka_finding *list,
                        size_t count)
{
	struct kafka_needs *n = arg;
	const struct kafka_finding *bad = find(list, count, false);
	const struct kafka_finding *silent = find(list, count, true);
	struct err why;

	if (bad == NULL && silent == NULL) {
		n->options.on_met(n->options.owner);
		return;
	}
	n->refused = bad != NULL ? n->refused + 1 : 0;
	/* a fetch that was refused stays silent when it is refused again */
	if (n->refused >= CONFIRM ||
	    (bad != NULL && bad->found == KAFKA_NEED_UNREADABLE)) {
		say_why(n, bad, &why);
		n->options.on_refused(n->options.owner, why.text);
		return;
	}
	/* the second time: by then the library may have said why */
	n->silent = bad == NULL ? n->silent + 1 : 0;
	if (n->silent >= 2)
		complain(n, silent);
	timer_set_ms(n->again, AGAIN_MS);
}

static void ask(void *arg)
{
	struct kafka_needs *n = arg;

	kafka_ask_needs(n->ask, n->options.list, n->options.count, LIMIT_MS,
	                on_findings, n);
}

struct kafka_needs *kafka_needs_new(struct loop *loop,
                                    struct kafka_ask *kafka_ask,
                                    const struct kafka_needs_options *options)
{
	struct kafka_needs *n = xzalloc(sizeof(*n));
	struct kafka_need *list;

	n->ask = kafka_ask;
	n->options = *options;
	n->arena = arena_new();
	n->complained_mono_ms = -COMPLAIN_MS;
	list = arena_calloc(n->arena, options->count + 1, sizeof(*list));
	for (size_t i = 0; i < options->count; i++) {
		list[i] = options->list[i];
		list[i].topic = arena_str(n->arena, list[i].topic);
	}
	n->options.list = list;
	n->again = timer_new(loop, ask, n);
	ask(n);
	return n;
}

void kafka_needs_free(struct kafka_needs **needs)
{
	struct kafka_needs *n = *needs;

	if (n == NULL)
		return;
	*needs = NULL;
	timer_free(&n->again);
	arena_free(&n->arena);
	free(n);
}
