/* mpicctl's command line: what is taken, what is refused, with which code. */
#include "tests/support/program.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

#include <string.h>

#define MPICCTL BINARY_DIR "/bin/mpicctl"

#define OURS  SOURCE_DIR "/deploy/kafka/topics.manifest.json"
#define SMALL SOURCE_DIR "/tests/fixtures/kafka/small.manifest.json"

enum { ARGS_MAX = 8 };

static const struct {
	const char *args[ARGS_MAX];
	int code;
	const char *out; /* part of stdout, or NULL: nothing there */
	const char *err; /* part of stderr, or NULL: nothing there */
} lines[] = {
	/* clang-format off */
	{ { NULL }, 64, NULL, "which command?" },
	{ { "issue" }, 64, NULL, "there is no command 'issue'" },
	{ { "--frobnicate" }, 64, NULL, "frobnicate" },
	{ { "--version" }, 0, "librdkafka ", NULL },
	{ { "--help" }, 0, "Exit codes: 0 issue or corroborated, 1 do-not-issue, 2 not completed", NULL },
	{ { "submit", "--help" }, 0, "Examples:", NULL },
	{ { "watch", "--help" }, 0, "Examples:", NULL },
	{ { "keygen", "--help" }, 0, "Examples:", NULL },
	{ { "check-config", "--help" }, 0, "Example:", NULL },
	{ { "doctor", "--help" }, 0, "Examples:", NULL },
	/* the limits of the mock are said where one looks for them */
	{ { "dev-broker", "--help" }, 0, "does not honour read_committed", NULL },
	{ { "dev-broker", "--help" }, 0, "5 MB or 100,000 records", NULL },

	{ { "submit" }, 64, NULL, "name a target, or use --file" },
	{ { "submit", "a.example", "--file", "-" }, 64, NULL, "targets or --file, not both" },
	{ { "submit", "--file", "-", "--check", "caa" }, 64, NULL, "say for themselves" },
	{ { "submit", "a.example", "b.example", "--id", "x" }, 64, NULL, "--id goes with one target" },
	{ { "submit", "a.example", "--check", "all" }, 64, NULL, "'all' is not dcv, caa or dcv+caa" },
	{ { "submit", "a.example", "--check", "dcv" }, 64, NULL, "needs --method" },
	{ { "submit", "a.example", "--token", "t" }, 64, NULL, "--method is missing" },
	{ { "submit", "a.example", "--method", "http" }, 64, NULL, "'http' is none of website-change," },
	{ { "submit", "a.example", "--scheme", "ftp" }, 64, NULL, "'ftp' is not http or https" },
	{ { "submit", "a.example", "--record-type", "MX" }, 64, NULL, "'MX' is not TXT, CNAME, CAA, A or AAAA" },
	{ { "submit", "a.example", "--certificate-type", "code" }, 64, NULL, "'code' is not tls-server" },
	{ { "submit", "a.example", "--timeout", "0s" }, 64, NULL, "'0s' is not a time" },
	{ { "submit", "a.example", "--timeout", "5" }, 64, NULL, "'5' is not a time" },
	{ { "submit", "a.example", "--time-allowed", "2h" }, 64, NULL, "'2h' is not a time" },
	{ { "submit", "a.example", "--in-flight", "0" }, 64, NULL, "'0' is not a number from 1" },
	{ { "submit", "a.example", "--in-flight", "1001" }, 64, NULL, "'1001' is not a number from 1" },
	{ { "submit", "a.example", "--quorum", "-1" }, 64, NULL, "'-1' is not a number from 1" },
	{ { "submit", "a.example", "--output", "xml" }, 64, NULL, "'xml' is not table or json" },
	{ { "submit", "a.example", "--brokers", "127.0.0.1:9092" }, 78, NULL, "lab" },
	{ { "submit", "a.example", "--lab", "--brokers", "192.0.2.1:9092" }, 78, NULL, "loopback" },
	{ { "submit", "a.example", "--config", "/nonexistent.conf" }, 78, NULL, "/nonexistent.conf" },
	{ { "submit", "a.example", "--topic-prefix", "a b" }, 78, NULL, "topic_prefix" },
	{ { "submit", "--file", "/nonexistent", "--lab", "--brokers", "127.0.0.1:1" }, 66, NULL, "/nonexistent" },

	{ { "watch", "x" }, 64, NULL, "unexpected 'x'" },
	{ { "watch", "--from", "middle" }, 64, NULL, "'middle' is not beginning or end" },
	{ { "watch", "--count", "0" }, 64, NULL, "'0' is not a number" },
	{ { "watch", "--count", "many" }, 64, NULL, "'many' is not a number" },

	{ { "keygen" }, 64, NULL, "name the key, or use --plan-key" },
	{ { "keygen", "k" }, 64, NULL, "--role is missing" },
	{ { "keygen", "k", "--role", "king" }, 64, NULL, "'king' is none of" },
	{ { "keygen", "k", "--role", "worker" }, 64, NULL, "--perspective goes with a worker's key" },
	{ { "keygen", "k", "--role", "auditor", "--perspective", "ams" }, 64, NULL, "--perspective goes with" },
	{ { "keygen", "k", "--perspective", "AMS" }, 64, NULL, "'AMS' is not a code" },
	{ { "keygen", "../k", "--role", "auditor" }, 64, NULL, "'../k' is not a name" },
	{ { "keygen", ".k", "--role", "auditor" }, 64, NULL, "'.k' is not a name" },
	{ { "keygen", "", "--role", "auditor" }, 64, NULL, "'' is not a name" },
	{ { "keygen", "a", "b", "--role", "auditor" }, 64, NULL, "one key at a time" },
	{ { "keygen", "k", "--role", "auditor", "--dir", "/nonexistent" }, 73, NULL, "/nonexistent" },

	{ { "dev-broker", "x" }, 64, NULL, "unexpected 'x'" },
	{ { "dev-broker", "--partitions", "0" }, 64, NULL, "'0' is not a number" },
	{ { "dev-broker", "--partitions", "1025" }, 64, NULL, "'1025' is not a number" },
	{ { "dev-broker", "--perspective", "a.b" }, 64, NULL, "'a.b' is not a code" },
	{ { "dev-broker", "--perspective", "a", "--perspective", "a" }, 64, NULL, "a: twice" },
	{ { "dev-broker", "--topic-prefix", "a/" }, 64, NULL, "'a/'" },
	{ { "dev-broker", "--bootstrap-file", "/nonexistent/b" }, 73, NULL, "/nonexistent/b" },

	{ { "check-config" }, 64, NULL, "name the program and the file" },
	{ { "check-config", "coordinator" }, 64, NULL, "name the program and the file" },
	{ { "check-config", "sh", "/etc/passwd" }, 64, NULL, "'sh' is none of" },
	{ { "check-config", "coordinator", "a", "b" }, 64, NULL, "unexpected 'b'" },
	{ { "check-config", "coordinator", "/nonexistent.conf" }, 78, NULL, "mpic-coordinator: /nonexistent.conf" },
	{ { "check-config", "worker", "/nonexistent.conf" }, 78, NULL, "mpic-perspective-worker: /nonexistent.conf" },

	{ { "doctor", "x" }, 64, NULL, "unexpected 'x'" },
	{ { "doctor", "--trust-anchor", "/nonexistent", "-o", "table" }, 1, "/nonexistent: No such file", NULL },
	{ { "doctor", "--public-suffix-list", "/nonexistent", "--json" }, 1, "\"check\":\"public suffix list\",\"state\":\"bad\"", NULL },

	{ { "topics" }, 64, NULL, "plan, apply, check or render?" },
	{ { "topics", "--help" }, 0, "Examples:", NULL },
	{ { "acls", "--help" }, 0, "Examples:", NULL },
	{ { "topics", "delete" }, 64, NULL, "'delete' is not plan, apply, check or render" },
	{ { "topics", "plan", "apply" }, 64, NULL, "unexpected 'apply'" },
	{ { "topics", "render", "--as", "xml" }, 64, NULL, "'xml' is not kafka-cli or strimzi" },
	{ { "topics", "apply", "--as", "kafka-cli" }, 64, NULL, "--as goes with render and plan" },
	{ { "topics", "plan", "--as", "strimzi" }, 64, NULL, "--as strimzi goes with render" },
	{ { "topics", "plan", "--perspective", "A" }, 64, NULL, "'A' is not a code" },
	{ { "topics", "plan", "--perspective", "a", "--perspective", "a" }, 64, NULL, "--perspective a: twice" },
	{ { "topics", "plan", "--partitions", "0" }, 64, NULL, "'0' is not a number from 1 to 10000" },
	{ { "topics", "plan", "--replication", "101" }, 64, NULL, "'101' is not a number from 1 to 100" },
	{ { "topics", "plan", "--manifest", "/nonexistent" }, 78, NULL, "/nonexistent: No such file" },
	{ { "topics", "plan", "--manifest", "/dev/zero" }, 78, NULL, "/dev/zero: longer than" },
	{ { "topics", "plan", "--manifest", SMALL }, 78, NULL, "prefix is \"Lab_\", but topic_prefix in the settings is \"mpic.\"" },
	{ { "topics", "plan", "--manifest", OURS }, 78, NULL, "no brokers" },
	{ { "topics", "check", "--manifest", OURS, "--brokers", "127.0.0.1:1" }, 78, NULL, "lab" },
	{ { "topics", "render", "--manifest", OURS }, 0, "kafka-topics.sh --bootstrap-server localhost:9093 --create", NULL },
	{ { "acls", "render", "--manifest", OURS, "--as", "strimzi" }, 0, "kind: KafkaUser", NULL },
	{ { "acls", "render", "--manifest", OURS, "--perspective", "zrh" }, 0, "--allow-principal User:worker-zrh", NULL },
	/* clang-format on */
};

static void expect(const char *stream, const char *text, const char *part)
{
	if (part == NULL)
		ck_assert_msg(text[0] == 0, "%s says: %s", stream, text);
	else
		ck_assert_msg(strstr(text, part) != NULL,
		              "%s: no \"%s\" in: %s", stream, part, text);
}

START_TEST(takes_and_refuses)
{
	const char *argv[ARGS_MAX + 2] = { MPICCTL };
	struct program p;

	for (int i = 0; i < ARGS_MAX && lines[_i].args[i] != NULL; i++)
		argv[i + 1] = lines[_i].args[i];
	program_run(&p, argv, NULL);
	ck_assert_msg(p.code == lines[_i].code, "row %d: exit %d: %s", _i,
	              p.code, program_err(&p));
	expect("stdout", program_out(&p), lines[_i].out);
	expect("stderr", program_err(&p), lines[_i].err);
	program_clear(&p);
}
END_TEST

/* What comes from argv is shown, but not acted on. */
START_TEST(escapes_what_it_repeats)
{
	const char *argv[] = { MPICCTL,          "submit",      "--lab",
		               "--brokers",      "127.0.0.1:1", "--file",
		               "/no\033[2Jsuch", NULL };
	struct program p;

	program_run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 66);
	ck_assert_ptr_null(strchr(program_err(&p), '\033'));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "/no\\x1b[2Jsuch"));
	program_clear(&p);
}
END_TEST

static const struct {
	const char *what;
	const char *text;
	const char *err;
} files[] = {
	{ "unknown key", "lap = yes\n", ":1" },
	{ "unknown section", "lab = yes\nkafca { }\n", ":2" },
	{ "a secret in the file",
	  "lab = yes\nkafka { brokers = \"127.0.0.1:1\"\n"
	  "\"sasl.password\" = \"x\" }\n",
	  "sasl.password" },
	{ "keys without a deployment",
	  "key \"c\" { role = coordinator\n public_key = \"MCowBQYDK2VwAyEA"
	  "e6gR2h33DgklO3glI/m1816CUyeMU81ftaFrbxU6E2o=\"\n}\n",
	  "deployment" },
	{ "a key that is none",
	  "deployment = d\nkey \"c\" { role = coordinator\n"
	  "public_key = \"AAAA\"\n}\n",
	  "not an Ed25519 public key" },
	{ "a bad deployment", "deployment = \"a b\"\n", "deployment" },
};

START_TEST(refuses_settings)
{
	struct temp_dir dir;
	char path[TEMP_PATH_MAX];
	struct program p;

	temp_dir_make(&dir);
	temp_write(&dir, "mpicctl.conf", files[_i].text);
	const char *argv[] = { MPICCTL, "watch", "--config",
		               temp_path(&dir, "mpicctl.conf", path), NULL };

	program_run(&p, argv, NULL);
	temp_dir_remove(&dir);
	ck_assert_msg(p.code == 78, "%s: exit %d", files[_i].what, p.code);
	ck_assert_msg(strstr(program_err(&p), files[_i].err) != NULL, "%s: %s",
	              files[_i].what, program_err(&p));
	program_clear(&p);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("usage");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, takes_and_refuses, 0, COUNT(lines));
	tcase_add_test(tc, escapes_what_it_repeats);
	tcase_add_loop_test(tc, refuses_settings, 0, COUNT(files));
	return run_case(tc);
}
