/* The worker's settings: what refuses to start, and what probes are told. */
#include "perspective-worker/deployment.h"
#include "tests/support/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct arena *arena;
static struct worker_conf conf;
static struct settings *settings;
static struct deployment d;
static bool ready;

static char *path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	              mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static void make_key(const char *name)
{
	struct signing_key *key = signing_key_generate();
	struct err err;

	ck_assert_int_eq(
		signing_key_write(
			key, path_of(arena_printf(arena, "%s.key", name)),
			path_of(arena_printf(arena, "%s.pub", name)), &err),
		0);
	signing_key_free(&key);
}

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/mpic-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	arena = arena_new();
	make_key("worker");
	make_key("coordinator");
	write_file("probe", "#!/bin/sh\n", 0755);
	write_file("password", "not a secret\n", 0600);
	write_file("anchor",
	           "; a comment\n. IN DS 20326 8 2 AA ; keytag\n\n"
	           "\t. IN DS 38696 8 2 BB\r\n",
	           0644);
	ready = false;
}

static void teardown(void)
{
	static const char *const names[] = { "worker.key",
		                             "worker.pub",
		                             "coordinator.key",
		                             "probe",
		                             "coordinator.pub",
		                             "anchor",
		                             "conf",
		                             "many",
		                             "password" };

	if (ready)
		deployment_clear(&d);
	settings_free(&settings);
	for (int i = 0; i < COUNT(names); i++)
		(void)unlink(path_of(names[i]));
	ck_assert_int_eq(rmdir(dir), 0);
	arena_free(&arena);
}

/* Brokers are reached as R-011 wants it. */
#define SCRAM \
	" \"security.protocol\" = \"SASL_SSL\"\n" \
	" \"sasl.mechanism\" = \"SCRAM-SHA-512\"\n" \
	" \"sasl.username\" = \"fra\"\n" \
	" \"sasl.password.file\" = \"%s/password\"\n"

static const char *probe_lines = ""; /* more of its section */

/* Only root gives probes a user, and has to. */
static bool is_root(void)
{
	return geteuid() == 0;
}

/* "" or why it does not start. */
static const char *load(const char *top, const char *kafka, const char *guard,
                        const char *role)
{
	static struct err why;

	write_file("conf",
	           arena_printf(arena,
	                        "deployment = test\ninstance = w1\n"
	                        "perspective = fra\n"
	                        "signing_key = \"%s/worker.key\"\n%s\n"
	                        "kafka {\n %s\n" SCRAM "}\n"
	                        "probe {\n path = \"%s/probe\"\n"
	                        " trust_anchor_file = \"%s/anchor\"\n"
	                        "%s%s}\n"
	                        "guard {\n%s\n}\nkey \"c\" {\n role = %s\n"
	                        " public_key_file = \"%s/coordinator.pub\"\n"
	                        "%s}\n",
	                        dir, top, kafka, dir, dir, dir,
	                        is_root() ? " user = \"nobody\"\n" : "",
	                        probe_lines, guard, role, dir,
	                        strcmp(role, "worker") == 0
	                                ? " perspective = fra\n"
	                                : ""),
	           0600);
	settings_free(&settings);
	settings = settings_load(worker_settings, &conf, path_of("conf"), NULL,
	                         &why);
	if (settings == NULL || worker_conf_check(settings, &conf, &why) != 0 ||
	    deployment_init(&d, &conf, &why) != 0)
		return why.text;
	ready = true;
	return "";
}

#define NUMERIC \
	"brokers = \"192.0.2.1:9093,[2001:db8::1]:9093, 192.0.2.2:9093\""

static const struct {
	const char *what, *top, *kafka, *guard, *role, *why;
} bad[] = {
	{ "perspective", "topic_prefix = \"a b\"", NUMERIC, "", "coordinator",
	  "topic_prefix" },
	{ "no coordinator", "", NUMERIC, "", "worker", "coordinator" },
	{ "names of brokers", "", "brokers = \"kafka.example:9093\"", "",
	  "coordinator", "guard.brokers" },
	{ "deny", "", NUMERIC, "deny = { \"10.0.0.1/8\" }", "coordinator",
	  "guard.deny" },
	{ "egress", "", NUMERIC, "egress = { \"10.0.0.0/8\" }", "coordinator",
	  "guard.egress" },
	{ "allow", "", NUMERIC, "allow = { \"127.0.0.0/8\" }", "coordinator",
	  "lab" },
	{ "ports", "", NUMERIC, "allow_ports = { \"8080\" }", "coordinator",
	  "lab" },
	{ "a canary in capitals",
	  "canary { names = { \"Bogus.example.org\" } }", NUMERIC, "",
	  "coordinator", "canary.names" },
	{ "an address for a canary", "canary { names = { \"192.0.2.1\" } }",
	  NUMERIC, "", "coordinator", "canary.names" },
	{ "any name for a canary", "canary { names = { \"*.example.org\" } }",
	  NUMERIC, "", "coordinator", "canary.names" },
	{ "a canary that is always old",
	  "canary {\n interval = 2h\n valid = 2h\n}", NUMERIC, "",
	  "coordinator", "canary.interval" },
	{ "a canary for a week", "canary { valid = 168h }", NUMERIC, "",
	  "coordinator", "canary.valid" },
	{ "port 0", "lab = yes", NUMERIC, "allow_ports = { \"0\" }",
	  "coordinator", "guard.allow_ports" },
};

START_TEST(refuses_to_start)
{
	const char *why =
		load(bad[_i].top, bad[_i].kafka, bad[_i].guard, bad[_i].role);

	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s: \"%s\"",
	              bad[_i].what, why);
}
END_TEST

/* boulder-X07: a worker that does not say for which perspective it speaks does
   not start, whatever else is there. */
START_TEST(says_who_it_is)
{
	static const char *const needed[] = { "perspective", "instance",
		                              "deployment", "signing_key" };
	struct err why;

	for (int left_out = 0; left_out < COUNT(needed); left_out++) {
		struct buf text = { 0 };

		for (int i = 0; i < COUNT(needed); i++)
			if (i != left_out)
				buf_printf(&text, "%s = \"%s/worker.key\"\n",
				           needed[i], dir);
		buf_printf(&text, "kafka {\n " NUMERIC "\n}\n"
		                  "key \"c\" {\n role = coordinator\n}\n");
		write_file("conf", buf_cstr(&text), 0600);
		buf_clear(&text);
		settings_free(&settings);
		settings = settings_load(worker_settings, &conf,
		                         path_of("conf"), NULL, &why);
		ck_assert_ptr_null(settings);
		ck_assert_msg(strstr(why.text, needed[left_out]) != NULL,
		              "%s: %s", needed[left_out], why.text);
	}
}
END_TEST

/* the guard's lists reach the probe whole. */
START_TEST(tells_the_probe)
{
	const char *why = load("", NUMERIC,
	                       "deny = { \"198.18.0.0/15\", \"10.0.0.0/8\" }\n"
	                       "brokers = { \"203.0.113.0/24\" }\n"
	                       "egress = { \"192.0.2.9\" }",
	                       "coordinator");

	ck_assert_str_eq(why, "");
	ck_assert(!d.probe.lab);
	ck_assert_int_eq(d.probe.lookup_ms, 10000);
	ck_assert_int_eq(d.probe.resolver_window_ms, 10000);
	ck_assert(span_is(d.probe.forbidden, "198.18.0.0/15 10.0.0.0/8"));
	ck_assert(span_is(d.probe.brokers, "192.0.2.1 2001:db8::1 192.0.2.2 "
	                                   "203.0.113.0/24"));
	ck_assert(span_is(d.probe.own, "192.0.2.9"));
	ck_assert_uint_eq(d.probe.trust_anchors.count, 2);
	ck_assert(span_is(d.probe.trust_anchors.items[0],
	                  ". IN DS 20326 8 2 AA"));
	ck_assert(span_is(d.probe.trust_anchors.items[1],
	                  ". IN DS 38696 8 2 BB"));
	ck_assert_str_eq(d.group, "mpic-worker-fra");
	ck_assert_str_eq(d.checks, "mpic.checks.fra");
	ck_assert(d.program.own_user == is_root());
	ck_assert(d.program.uid != 0 || !is_root());
	ck_assert_uint_ge(d.probe_count, 1);

	/* and the frame takes it all */
	struct frame f = { .kind = FRAME_SETTINGS, .settings = d.probe }, back;
	struct buf bytes = { 0 };
	struct span body;
	size_t taken;

	frame_encode(&f, &bytes);
	ck_assert(frame_cut(buf_span(&bytes), FRAME_TO_PROBE, &body, &taken) ==
	          FRAME_CUT_WHOLE);
	ck_assert_ptr_null(frame_decode(body, FRAME_TO_PROBE, arena, &back));
	buf_clear(&bytes);
}
END_TEST

/* boulder-X07: a worker that does not say where it is could vote for nobody,
   and one that is called nothing for everybody. */
START_TEST(wants_its_perspective)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "", "perspective: is missing and has no default" },
		{ "perspective = \"\"\n", "perspective" },
		{ "perspective = \"a b\"\n", "perspective" },
		{ "perspective = \"fra.nyc\"\n", "perspective" },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct err why = { .text = "" };

		write_file("conf",
		           arena_printf(arena,
		                        "deployment = test\ninstance = w1\n"
		                        "%ssigning_key = \"%s/worker.key\"\n"
		                        "kafka { brokers = \"127.0.0.1:9\" }\n"
		                        "key \"c\" {\n role = coordinator\n"
		                        " public_key_file = "
		                        "\"%s/coordinator.pub\"\n}\n",
		                        rows[i].line, dir, dir),
		           0600);
		settings_free(&settings);
		settings = settings_load(worker_settings, &conf,
		                         path_of("conf"), NULL, &why);
		ck_assert_msg(settings == NULL ||
		                      worker_conf_check(settings, &conf, &why),
		              "%sis taken", rows[i].line);
		ck_assert_msg(strstr(why.text, rows[i].why) != NULL, "%s%s",
		              rows[i].line, why.text);
	}
}
END_TEST

START_TEST(anchors_must_be_there)
{
	write_file("anchor", "; nothing\n", 0644);
	ck_assert_ptr_nonnull(strstr(load("", NUMERIC, "", "coordinator"),
	                             "trust_anchor_file"));
	struct buf many = { 0 };

	for (int i = 0; i <= FRAME_ANCHORS_MAX; i++)
		buf_add_str(&many, ". IN DS 1 8 2 AA\n");
	write_file("anchor", buf_cstr(&many), 0644);
	buf_clear(&many);
	ck_assert_ptr_nonnull(
		strstr(load("", NUMERIC, "", "coordinator"), "more than 16"));
}
END_TEST

/* openmpic-71, and `per-check` resolvers. */
START_TEST(dns_limits_are_settings)
{
	probe_lines = " lookup_time = 2500ms\n resolver_window = 0s\n";
	ck_assert_str_eq(load("", NUMERIC, "", "coordinator"), "");
	ck_assert_int_eq(d.probe.lookup_ms, 2500);
	ck_assert_int_eq(d.probe.resolver_window_ms, 0);
	probe_lines = "";
}
END_TEST

/* no setting leads to another resolver or past
   validation; what looks like one is refused by name. */
static const char *const no_settings[] = {
	"forward_addr = \"192.0.2.53\"",
	"resolver = \"192.0.2.53\"",
	"domain_insecure = \"example.com\"",
	"validate = no",
	"unbound_config = \"/etc/unbound/unbound.conf\"",
	"root_servers = { \"192.0.2.53\" }", /* in a lab only */
};

START_TEST(nothing_goes_past_validation)
{
	probe_lines = arena_printf(arena, " %s\n", no_settings[_i]);
	const char *why = load("", NUMERIC, "", "coordinator");

	probe_lines = "";
	ck_assert_msg(*why != '\0', "%s was taken", no_settings[_i]);
	ck_assert_msg(span_find(span_str(why),
	                        span_of(no_settings[_i],
	                                strcspn(no_settings[_i], " "))) >= 0,
	              "%s: %s", no_settings[_i], why);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("worker conf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, refuses_to_start, 0, COUNT(bad));
	tcase_add_test(tc, says_who_it_is);
	tcase_add_test(tc, tells_the_probe);
	tcase_add_test(tc, wants_its_perspective);
	tcase_add_test(tc, dns_limits_are_settings);
	tcase_add_loop_test(tc, nothing_goes_past_validation, 0,
	                    COUNT(no_settings));
	tcase_add_test(tc, anchors_must_be_there);
	return run_case(tc);
}
