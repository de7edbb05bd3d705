#include "tests/bench/floor.h"

#include "base/clock.h"
#include "base/guard.h"
#include "base/mem.h"
#include "probe/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

enum { IN_FLIGHT = 16, TYPES_MAX = 4, CLASS_IN = 1 };

struct bench;

/* One name in hand. */
struct question {
	struct bench *bench;
	struct resolver_context *context;
	char name[128];
	size_t missing; /* answers */
};

struct bench {
	struct loop *loop;
	struct resolver *resolver;
	const struct floor_dns *dns;
	const int *types;
	size_t type_count;
	struct question questions[IN_FLIGHT];
	size_t in_flight;
	uint64_t asked, answered;
	double end_s;
};

static void ask(struct question *q);

static void on_answer(void *arg, int rcode, void *packet, int len, int secure,
                      char *why_bogus, int was_ratelimited)
{
	struct question *q = arg;

	(void)packet;
	(void)secure;
	(void)was_ratelimited;
	if (rcode != 0 || len <= 0 || why_bogus != NULL)
		floor_die("%s: rcode %d, %s", q->name, rcode,
		          why_bogus != NULL ? why_bogus : "no answer");
	if (--q->missing > 0)
		return;
	q->bench->answered++;
	resolver_release(&q->context);
	ask(q);
}

static void ask(struct question *q)
{
	struct bench *b = q->bench;

	if (floor_wall_s() >= b->end_s) {
		if (--b->in_flight == 0)
			loop_stop(b->loop);
		return;
	}
	(void)snprintf(q->name, sizeof(q->name), "f%d-%llu.%s", (int)getpid(),
	               (unsigned long long)b->asked++, b->dns->zone);
	q->missing = b->type_count;
	q->context = resolver_take(b->resolver);
	for (size_t i = 0; i < b->type_count; i++) {
		int id;
		int rc = ub_resolve_event(resolver_context_ub(q->context),
		                          q->name, b->types[i], CLASS_IN, q,
		                          on_answer, &id);

		if (rc != 0)
			floor_die("libunbound: %s", ub_strerror(rc));
	}
}

static void read_anchor(const char *path, char *line, size_t room)
{
	FILE *f = fopen(path, "r");

	do {
		if (f == NULL || fgets(line, (int)room, f) == NULL)
			floor_die("%s: no trust anchor", path);
	} while (line[0] == ';' || line[0] == '\n');
	line[strcspn(line, "\n")] = '\0';
	(void)fclose(f);
}

double floor_lookup(const struct floor_dns *dns, const int *types,
                    size_t type_count, double seconds)
{
	char line[1024];
	struct bench b = { .dns = dns,
		           .types = types,
		           .type_count = type_count };
	struct guard *guard = guard_new(true);
	struct err err;

	read_anchor(dns->anchor, line, sizeof(line));
	if (guard_allow_text(guard, SPAN("127.0.0.0/8"), &err) != 0)
		floor_die("%s", err.text);

	struct span anchor = span_str(line), root = span_str(dns->root);
	struct resolver_conf conf = { .lab = true,
		                      .trust_anchors = { &anchor, 1 },
		                      .root_servers = { &root, 1 },
		                      .window_ms = dns->window_ms };

	b.loop = loop_new();
	b.resolver = resolver_new(b.loop, &conf, guard, &err);
	if (b.resolver == NULL)
		floor_die("%s", err.text);

	double cpu = floor_cpu_us();

	b.end_s = floor_wall_s() + seconds;
	b.in_flight = IN_FLIGHT;
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		b.questions[i].bench = &b;
		ask(&b.questions[i]);
	}
	loop_run(b.loop);
	cpu = floor_cpu_us() - cpu;
	resolver_free(&b.resolver);
	loop_free(&b.loop);
	guard_free(&guard);
	return cpu / (double)b.answered;
}
