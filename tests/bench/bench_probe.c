/*
 * bench_probe -- what one probe costs: CPU per check of each kind, memory when
 * idle and per check that hangs. Against a lab of its own; needs root.
 *
 *   bench_probe [CHECKS [AT-ONCE [HANGING]]]
 */
#include "base/clock.h"
#include "base/text.h"
#include "tests/support/lab_world.h"
#include "tests/support/probe_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_MS = 30000, BUDGET_MS = 20000 };

static struct lab_world *lab;
static struct probe_world world;
static int64_t last_id;

static struct span ca[1];

static struct check a_check(const char *target)
{
	return (struct check){
		.schema_version = 1,
		.request_id = SPAN("request"),
		.attempt_id = SPAN("attempt"),
		.perspective = SPAN("p1"),
		.role = ROLE_PRIMARY,
		.target = span_str(target),
		.budget_ms = BUDGET_MS,
	};
}

static struct check http01(const char *target)
{
	struct check c = a_check(target);

	c.check_set = SET_DCV;
	c.dcv.present = true;
	c.dcv.validation_method = METHOD_ACME_HTTP_01;
	c.dcv.token = span_str(lab_value(lab, "TOKEN"));
	c.dcv.key_authorization = span_str(lab_value(lab, "KEY_AUTHORIZATION"));
	return c;
}

static struct check alpn(const char *target)
{
	struct check c = http01(target);

	c.dcv.validation_method = METHOD_ACME_TLS_ALPN_01;
	return c;
}

static struct check dns01(const char *target)
{
	struct check c = a_check(target);

	c.check_set = SET_DCV;
	c.dcv.present = true;
	c.dcv.validation_method = METHOD_ACME_DNS_01;
	c.dcv.key_authorization_hash = span_str(lab_value(lab, "DNS01_HASH"));
	return c;
}

static struct check caa(const char *target)
{
	struct check c = a_check(target);

	ca[0] = span_str(lab_value(lab, "CA"));
	c.check_set = SET_CAA;
	c.caa.present = true;
	c.caa.certificate_type = CERT_TLS_SERVER;
	c.caa.caa_domains = (struct text_list){ ca, 1 };
	return c;
}

/* User and system time of the probe so far. */
static int64_t cpu_us(void)
{
	char path[64], text[1024];
	unsigned long user = 0, sys = 0;
	FILE *f;
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)world.pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	at = strrchr(text, ')');
	for (int field = 2; at != NULL && field < 14; field++)
		at = strchr(at + 1, ' ');
	if (at != NULL) {
		user = strtoul(at, &at, 10);
		sys = strtoul(at, &at, 10);
	}
	return (int64_t)(user + sys) * 1000000 / sysconf(_SC_CLK_TCK);
}

static long status_kib(const char *field)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)world.pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kib = strtol(line + strlen(field) + 1, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kib;
}

static void send_job(const struct check *check)
{
	struct buf bytes = { 0 };

	check_encode(check, &bytes);
	struct frame f = { .kind = FRAME_JOB,
		           .job = { .id = ++last_id,
		                    .check_set = check->check_set,
		                    .check = buf_span(&bytes),
		                    .budget_ms = BUDGET_MS } };

	probe_world_send(&world, &f);
	buf_clear(&bytes);
}

static enum result_class read_done(void)
{
	struct frame got;
	enum result_class result = CLASS_UNKNOWN;

	if (!probe_world_read(&world, READ_MS, &got)) {
		fprintf(stderr, "the probe is gone\n");
		exit(EXIT_FAILURE);
	}
	if (got.kind == FRAME_DONE && got.done.kinds_count == 1)
		result = got.done.kinds[0].result_class;
	arena_reset(world.arena);
	return result;
}

static void run(const char *what, struct check (*make)(const char *),
                const char *under, int checks, int at_once)
{
	int64_t began_cpu = cpu_us();
	int64_t began_us = clock_mono_us();
	int sent = 0, passed = 0;
	char name[64];

	for (int done = 0; done < checks; done++) {
		for (; sent < checks && sent - done < at_once; sent++) {
			snprintf(name, sizeof(name), "n%d.%s", sent, under);
			struct check c = make(name);

			send_job(&c);
		}
		passed += read_done() == CLASS_CORROBORATED;
	}

	int64_t cpu = cpu_us() - began_cpu;
	int64_t took = clock_mono_us() - began_us;

	printf("%-28s %6d checks, %d passed: %5.0f us CPU each, %6.0f /s, "
	       "rss %ld KiB\n",
	       what, checks, passed, (double)cpu / checks,
	       checks * 1e6 / (double)took, status_kib("VmRSS:"));
}

static void start(int64_t window_ms)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct frame got;

	settings.settings.resolver_window_ms = window_ms;
	settings.settings.jobs_max = 20000;
	settings.settings.lookup_ms = BUDGET_MS;
	settings.settings.connect_ms = BUDGET_MS;
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	if (!probe_world_read(&world, READ_MS, &got) ||
	    got.kind != FRAME_READY) {
		fprintf(stderr, "the probe did not start\n");
		exit(EXIT_FAILURE);
	}
	printf("%.*s; %.*s\n", SPAN_ARG(got.ready.versions),
	       SPAN_ARG(got.ready.sandbox));
	printf("idle: rss %ld KiB\n", status_kib("VmRSS:"));
}

static void hang(const char *what, struct check (*make)(const char *),
                 const char *name, int count)
{
	long before, after;

	start(600000);
	before = status_kib("VmRSS:");
	for (int i = 0; i < count; i++) {
		char own[64];

		(void)snprintf(own, sizeof(own), "n%d.%s", i, name);
		struct check c = make(own);

		send_job(&c);
	}
	/* a check that is quick and comes last tells that all have begun */
	struct check last = dns01("dns-good.lab");
	int64_t began_us = clock_mono_us();

	send_job(&last);
	(void)read_done();
	after = status_kib("VmRSS:");
	printf("%-28s %6d at once: %.1f KiB each, rss %ld KiB; a healthy one "
	       "behind them took %.0f ms\n",
	       what, count, (double)(after - before) / count, after,
	       (double)(clock_mono_us() - began_us) / 1000);
	(void)probe_world_end(&world);
}

static int number(int argc, char **argv, int at, int otherwise)
{
	uint64_t n;

	if (argc <= at || !text_u64(span_str(argv[at]), 1000000, &n))
		return otherwise;
	return (int)n;
}

int main(int argc, char **argv)
{
	int checks = number(argc, argv, 1, 5000);
	int at_once = number(argc, argv, 2, 50);
	int hanging = number(argc, argv, 3, 1000);

	lab = lab_world_new(1);
	if (lab == NULL)
		return LAB_SKIPPED;
	start(10000);
	run("caa, signed", caa, "bulk.lab", checks, at_once);
	run("caa, unsigned", caa, "bulk0.lab", checks, at_once);
	run("dns-01, signed", dns01, "bulk.lab", checks, at_once);
	run("dns-01, unsigned", dns01, "bulk0.lab", checks, at_once);
	run("http-01, signed", http01, "bulk.lab", checks, at_once);
	run("http-01, unsigned", http01, "bulk0.lab", checks, at_once);
	(void)probe_world_end(&world);
	start(0);
	run("caa, context per check", caa, "bulk.lab", checks / 10, at_once);
	(void)probe_world_end(&world);
	hang("http-01 that hangs", http01, "mute-web.lab", hanging);
	hang("tls-alpn-01 that hangs", alpn, "mute-web.lab", hanging);
	hang("caa that hangs", caa, "mute-dns.lab", hanging);
	lab_world_free(&lab);
	return 0;
}
