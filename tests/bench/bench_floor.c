/*
 * The floor of one six-perspective decision: see floor.h. Prints JSON: for
 * each part how often a decision needs it and what it takes, and the sum.
 *
 * Settings come from lab.sh's env in the environment, and for Apache Kafka
 * BENCH_PROPERTIES, BENCH_TOPICS and BENCH_PERSPECTIVE (floor.h); records from
 * the folder where bench_load left what the system wrote.
 */
#include "tests/bench/floor.h"

#include "base/mem.h"
#include "base/text.h"
#include "wire/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PERSPECTIVES = 6, VALUE_MAX = 1 << 20, PARTS_MAX = 32 };
enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_CAA = 257 };
enum { REQUEST, ATTEMPT, CHECK, RESULT, DECISION, RECORDS };

static const char *const record_names[RECORDS] = { "request", "attempt",
	                                           "check", "result",
	                                           "decision" };

/* How many of each a decision takes, and who reads them on its way. The
   attempt is for recovery and auditors, the decision for the caller. */
static const struct {
	int written, signed_, read, verified;
} uses[RECORDS] = {
	[REQUEST] = { 0, 0, 1, 0 },
	[ATTEMPT] = { 1, 1, 0, 0 },
	[CHECK] = { PERSPECTIVES, PERSPECTIVES, PERSPECTIVES, PERSPECTIVES },
	[RESULT] = { PERSPECTIVES, PERSPECTIVES, PERSPECTIVES, PERSPECTIVES },
	[DECISION] = { 1, 1, 0, 0 },
};

struct part {
	const char *name;
	int count;
	double us; /* of one */
};

struct run {
	struct arena *arena;
	enum check_kind kind;
	bool alpn; /* tls-alpn-01 instead of http-01 */
	struct floor_broker broker;
	double seconds; /* of each part */
	struct sample records[RECORDS];
	struct check check;
	struct span evidence;
	struct part parts[PARTS_MAX];
	size_t count;
};

void floor_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("bench_floor: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static double clock_s(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double floor_cpu_us(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID) * 1e6;
}

double floor_wall_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

static const char *env(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL)
		floor_die("%s is not set; see tests/bench/run.sh", name);
	return value;
}

static struct span read_file(struct arena *arena, const char *path)
{
	uint8_t *bytes = arena_alloc(arena, VALUE_MAX);
	FILE *f = fopen(path, "rb");
	size_t len = f != NULL ? fread(bytes, 1, VALUE_MAX, f) : 0;

	if (len == 0 || len == VALUE_MAX)
		floor_die("%s: no sample", path);
	(void)fclose(f);
	return span_of(bytes, len);
}

static void read_sizes(struct run *r, const char *dir)
{
	const char *path = arena_printf(r->arena, "%s/sizes", dir);
	struct span text = read_file(r->arena, path);
	const char *at = (const char *)text.p;

	for (size_t i = 0; i < RECORDS; i++) {
		char *end;

		r->records[i].key_bytes = strtoul(at, &end, 10);
		r->records[i].header_bytes = strtoul(end, &end, 10);
		if (*end != '\n')
			floor_die("%s: line %zu", path, i + 1);
		at = end + 1;
	}
}

static void read_samples(struct run *r, const char *dir)
{
	struct result *result = arena_alloc(r->arena, sizeof(*result));
	const char *why;

	for (size_t i = 0; i < RECORDS; i++) {
		r->records[i].name = record_names[i];
		r->records[i].value =
			read_file(r->arena, arena_printf(r->arena, "%s/%s", dir,
		                                         record_names[i]));
	}
	read_sizes(r, dir);
	why = check_decode(r->records[CHECK].value, r->arena, &r->check);
	if (why == NULL)
		why = result_decode(r->records[RESULT].value, r->arena, result);
	if (why != NULL)
		floor_die("samples: %s", why);

	const struct kind_result *k = result_kind(result, r->kind);

	if (k == NULL || k->result_class != CLASS_CORROBORATED)
		floor_die("samples: the result does not corroborate");
	r->evidence = k->evidence;
}

static void add(struct run *r, const char *name, int count, double us)
{
	r->parts[r->count++] = (struct part){ name, count, us };
}

static void measure_targets(struct run *r)
{
	static const int caa[] = { TYPE_CAA },
			 addresses[] = { TYPE_AAAA, TYPE_A };
	struct floor_dns dns = { .root = env("VIEW_1_ROOT"),
		                 .anchor = env("VIEW_1_ANCHOR"),
		                 .zone = env("BENCH_ZONE"),
		                 .window_ms = 10000 };
	struct floor_tls tls = { .address = env("BULK_ALPN"),
		                 .zone = dns.zone };
	struct floor_web web = {
		.address = env("WEB"),
		.zone = dns.zone,
		.body = env("KEY_AUTHORIZATION"),
		.path = arena_printf(r->arena, "/.well-known/acme-challenge/%s",
		                     env("TOKEN")),
	};

	if (r->kind == KIND_CAA) {
		add(r, "look up CAA", PERSPECTIVES,
		    floor_lookup(&dns, caa, 1, r->seconds));
		return;
	}
	add(r, "look up A and AAAA", PERSPECTIVES,
	    floor_lookup(&dns, addresses, 2, r->seconds));
	if (r->alpn)
		add(r, "shake hands over TLS", PERSPECTIVES,
		    floor_shake(&tls, r->seconds));
	else
		add(r, "fetch over HTTP", PERSPECTIVES,
		    floor_fetch(&web, r->seconds));
}

static const char *of(struct run *r, const char *verb, size_t record)
{
	return arena_printf(r->arena, "%s %s", verb, record_names[record]);
}

static void measure_records(struct run *r)
{
	double s = r->seconds / 4;

	for (size_t i = 0; i < RECORDS; i++) {
		const struct sample *x = &r->records[i];
		double produced = floor_produce(&r->broker, x, s);

		if (uses[i].written > 0)
			add(r, of(r, "produce", i), uses[i].written, produced);
		if (uses[i].read > 0)
			add(r, of(r, "consume", i), uses[i].read,
			    floor_consume(&r->broker, x, s));
		if (uses[i].signed_ > 0)
			add(r, of(r, "sign", i), uses[i].signed_,
			    floor_sign(x, s));
		if (uses[i].verified > 0)
			add(r, of(r, "verify", i), uses[i].verified,
			    floor_verify(x, s));
		if (uses[i].written > 0)
			add(r, of(r, "pack", i), uses[i].written,
			    floor_pack(x->value, s));
		if (uses[i].read > 0)
			add(r, of(r, "unpack", i), uses[i].read,
			    floor_unpack(x->value, s));
	}
	add(r, "pack evidence", PERSPECTIVES, floor_pack(r->evidence, s));
	add(r, "judge", PERSPECTIVES,
	    floor_judge(&r->check, r->kind, r->evidence, s));
}

static void print(const struct run *r)
{
	double sum = 0;

	(void)printf("{\"parts\":[");
	for (size_t i = 0; i < r->count; i++) {
		const struct part *p = &r->parts[i];

		sum += p->us * p->count;
		(void)printf("%s{\"name\":\"%s\",\"count\":%d,\"us\":%.2f}",
		             i > 0 ? "," : "", p->name, p->count, p->us);
	}
	(void)printf("],\"sum_us\":%.1f}\n", sum);
}

static const char *given(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

int main(int argc, char **argv)
{
	struct run r = { .arena = arena_new() };
	uint64_t ms;

	if (argc != 5 || !text_u64(span_str(argv[4]), 60000, &ms))
		floor_die("usage: bench_floor caa|http-01|tls-alpn-01 BROKERS "
		          "SAMPLES MILLISECONDS-PER-PART");
	r.kind = strcmp(argv[1], "caa") == 0 ? KIND_CAA : KIND_DCV;
	r.alpn = strcmp(argv[1], "tls-alpn-01") == 0;
	r.broker = (struct floor_broker){
		.brokers = argv[2],
		.properties = given("BENCH_PROPERTIES"),
		.prefix = getenv("BENCH_TOPICS"),
		.perspective = getenv("BENCH_PERSPECTIVE"),
	};
	r.seconds = (double)ms / 1000;
	read_samples(&r, argv[3]);
	measure_targets(&r);
	measure_records(&r);
	print(&r);
	arena_free(&r.arena);
	return 0;
}
