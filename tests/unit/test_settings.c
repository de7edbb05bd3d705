/* Settings: what loads, what is refused and in which words. */
#include "base/buf.h"
#include "base/mem.h"
#include "settings/program.h"
#include "settings/settings.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum mode { MODE_DENY = 1, MODE_BOTH, MODE_NEVER };

static const struct setting_choice modes[] = {
	{ "deny", MODE_DENY },
	{ "both", MODE_BOTH },
	{ "never", MODE_NEVER },
	{ 0 },
};

struct place {
	const char *code;
	const char *city;
	double latitude;
};

struct inner {
	const char *brokers;
	struct setting_pairs properties;
};

struct conf {
	bool lab;
	int log_level;
	struct inner kafka;
	int64_t jobs;
	int64_t limit_ms;
	int64_t cap;
	int64_t offset;
	bool parallel;
	enum mode early;
	struct setting_list issuers;
	bool loopback;
	const char *key_file;
	const char *password;
	struct setting_rows places;
};

static const struct setting inner_table[] = {
	SET_TEXT(struct inner, "kafka", "brokers", brokers, NULL, 1, 64,
	         SETTING_ENV, "Where the brokers are."),
	SET_PAIRS(struct inner, "kafka", properties, 0, 8,
	          "Passed to librdkafka."),
	SET_END,
};

static const struct setting place_table[] = {
	SET_TITLE(struct place, code, 2, 8, "Code."),
	SET_TEXT(struct place, NULL, "city", city, "", 0, 20, 0, "City."),
	SET_REAL(struct place, NULL, "latitude", latitude, NULL, -90, 90, 0,
	         "Degrees north."),
	SET_END,
};

#define S struct conf
static const struct setting table[] = {
	SET_LAB(S, lab),
	SET_ENUM(S, NULL, "log_level", log_level, "info", setting_log_levels,
	         SETTING_ENV, "How much is logged."),
	SET_TABLE(S, kafka, struct inner, inner_table),
	SET_INT(S, "work", "jobs", jobs, "256", 1, 4096, SETTING_ENV, "Jobs."),
	SET_DURATION(S, "work", "limit", limit_ms, "5s", 100, 30000, 0,
	             "Limit."),
	SET_SIZE(S, "work", "cap", cap, "64KiB", 1, 1 << 20, 0, "Cap."),
	SET_INT(S, "work", "offset", offset, "0", -5, 5, 0, "Offset."),
	SET_BOOL(S, "work", "parallel", parallel, "no", 0, "Parallel."),
	SET_ENUM(S, "work", "early", early, "deny", modes, 0,
	         "A documentation text that is long enough to be broken into "
	         "several lines when it is printed as a comment."),
	SET_LIST(S, "work", "issuers", issuers, "ca.test,b.test", 0, 3,
	         SETTING_ENV, "Issuers."),
	SET_BOOL(S, "work", "loopback", loopback, "no", SETTING_LAB_ONLY,
	         "Loopback."),
	SET_TEXT(S, "work", "key_file", key_file, "", 0, 200,
	         SETTING_SECRET_FILE, "Key."),
	SET_TEXT(S, "work", "password", password, "", 0, 20, SETTING_SECRET,
	         "Password."),
	SET_ROWS(S, "place", places, struct place, place_table, 0, 2, 0,
	         "Places."),
	SET_END,
};
#undef S

static char path[64];
static struct conf conf;
static struct settings *settings;
static struct err why;

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void setup(void)
{
	int fd;

	strncpy(path, "/tmp/test_settings.XXXXXX", sizeof(path) - 1);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	memset(&conf, 0x55, sizeof(conf));
	memset(&why, 0, sizeof(why));
}

static void teardown(void)
{
	settings_free(&settings);
	ck_assert_ptr_null(settings);
	unlink(path);
}

static struct settings *load(const char *text, char *const *env)
{
	write_file(path, text, 0600);
	settings = settings_load(table, &conf, path, env, &why);
	return settings;
}

#define MINIMAL "kafka { brokers = \"a:9092\" }\n"

START_TEST(defaults_fill_what_the_file_leaves_out)
{
	ck_assert_msg(load(MINIMAL, NULL) != NULL, "%s", why.text);
	ck_assert(!conf.lab);
	ck_assert_int_eq(conf.log_level, 2);
	ck_assert_str_eq(conf.kafka.brokers, "a:9092");
	ck_assert_uint_eq(conf.kafka.properties.n, 0);
	ck_assert_int_eq(conf.jobs, 256);
	ck_assert_int_eq(conf.limit_ms, 5000);
	ck_assert_int_eq(conf.cap, 65536);
	ck_assert(!conf.parallel);
	ck_assert_int_eq(conf.early, MODE_DENY);
	ck_assert_uint_eq(conf.issuers.n, 2);
	ck_assert_str_eq(conf.issuers.at[1], "b.test");
	ck_assert_str_eq(conf.key_file, "");
	ck_assert_uint_eq(conf.places.n, 0);
}
END_TEST

static const char full[] =
	"# all of it\n"
	"lab = yes\n"
	"log_level = debug\n"
	"kafka {\n"
	"\tbrokers = a:9092\n"
	"\t\"ssl.ca.location\" = \"/etc/ca.pem\"\n"
	"\tsasl.password = 'p$\"w'\n"
	"\t\"client.id\" = \"q\\\"\\\\ \\${HOME}\\ty\"\n"
	"}\n"
	"/* a comment */\n"
	"work {\n"
	"\tjobs = 4096\n\tlimit = 250ms\n\tcap = 1MiB\n\toffset = -5\n"
	"\tparallel = yes\n\tearly = never\n"
	"\tissuers = { \"x.test\",\n\t\ty.test }\n"
	"\tloopback = yes\n"
	"\tpassword = hunter2\n"
	"}\n"
	"place \"ams\" {\n\tcity = Amsterdam\n\tlatitude = 52.3676\n}\n"
	"place \"syd\" { latitude = -33.868 }\n";

static void check_full(void)
{
	const struct setting_pair *p = conf.kafka.properties.at;
	const struct place *at = conf.places.at;

	ck_assert(conf.lab);
	ck_assert_int_eq(conf.log_level, 3);
	ck_assert_str_eq(conf.kafka.brokers, "a:9092");
	ck_assert_str_eq(p[0].name, "ssl.ca.location");
	ck_assert_str_eq(p[0].value, "/etc/ca.pem");
	p = &conf.kafka.properties.at[conf.kafka.properties.n - 1];
	ck_assert_str_eq(p->name, "client.id");
	ck_assert_str_eq(p->value, "q\"\\ ${HOME}\ty");
	ck_assert_int_eq(conf.jobs, 4096);
	ck_assert_int_eq(conf.limit_ms, 250);
	ck_assert_int_eq(conf.cap, 1 << 20);
	ck_assert_int_eq(conf.offset, -5);
	ck_assert(conf.parallel);
	ck_assert_int_eq(conf.early, MODE_NEVER);
	ck_assert_uint_eq(conf.issuers.n, 2);
	ck_assert_str_eq(conf.issuers.at[0], "x.test");
	ck_assert_str_eq(conf.issuers.at[1], "y.test");
	ck_assert(conf.loopback);
	ck_assert_uint_eq(conf.places.n, 2);
	ck_assert_str_eq(at[0].code, "ams");
	ck_assert_str_eq(at[0].city, "Amsterdam");
	ck_assert_double_eq(at[0].latitude, 52.3676);
	ck_assert_str_eq(at[1].code, "syd");
	ck_assert_str_eq(at[1].city, "");
	ck_assert_double_eq(at[1].latitude, -33.868);
}

START_TEST(every_kind_loads)
{
	ck_assert_msg(load(full, NULL) != NULL, "%s", why.text);
	ck_assert_uint_eq(conf.kafka.properties.n, 3);
	ck_assert_str_eq(conf.kafka.properties.at[1].name, "sasl.password");
	ck_assert_str_eq(conf.kafka.properties.at[1].value, "p$\"w");
	ck_assert_str_eq(conf.password, "hunter2");
	check_full();
}
END_TEST

START_TEST(an_empty_list_is_not_the_default)
{
	load(MINIMAL "work { issuers = {} }\n", NULL);
	ck_assert_ptr_nonnull(settings);
	ck_assert_uint_eq(conf.issuers.n, 0);
}
END_TEST

static const struct refusal {
	const char *what;
	const char *text;
	const char *want; /* %s is the file */
} refusals[] = {
	{ "unknown key", MINIMAL "\nwork {\n jbos = 5\n}\n",
	  "%s:4: unknown key 'jbos' in section 'work'; did you mean 'jobs'?" },
	{ "unknown key, nothing near", MINIMAL "work { color = 5 }\n",
	  "%s:2: unknown key 'color' in section 'work'" },
	{ "unknown section", MINIMAL "\n\nworc {\n}\n",
	  "%s:4: unknown key or section 'worc'; did you mean 'work'?" },
	{ "unknown top key", MINIMAL "lba = yes\n",
	  "%s:2: unknown key or section 'lba'; did you mean 'lab'?" },
	{ "unknown key in a repeated section",
	  MINIMAL "place ams {\n latitude = 1\n town = x\n}\n",
	  "%s:4: unknown key 'town' in section 'place'" },
	{ "key twice", MINIMAL "work {\n jobs = 5\n\n jobs = 6\n}\n",
	  "%s:5: jobs is given twice, first on line 3" },
	{ "top key twice", MINIMAL "lab = no\nlab = no\n",
	  "%s:3: lab is given twice, first on line 2" },
	{ "section twice", MINIMAL "work { }\nwork { }\n",
	  "%s:3: work is given twice, first on line 2" },
	{ "list twice", MINIMAL "work {\n issuers = {a}\n issuers = {b}\n}\n",
	  "%s:4: issuers is given twice, first on line 3" },
	{ "list twice, bare", MINIMAL "work {\n issuers = a\n issuers = b\n}\n",
	  "%s:4: issuers is given twice, first on line 3" },
	{ "list twice, appended",
	  MINIMAL "work {\n issuers = {a}\n issuers += {b}\n}\n",
	  "%s:4: issuers is given twice, first on line 3" },
	{ "title twice",
	  MINIMAL "place ams { latitude = 1 }\nplace ams { latitude = 1 }\n",
	  "%s:3: found duplicate title 'ams'" },
	{ "property twice",
	  "kafka {\n brokers = a\n \"a.b\" = 1\n\n \"a.b\" = 2\n}\n",
	  "%s:5: a.b is given twice, first on line 3" },
	{ "title missing", MINIMAL "place {\n}\n",
	  "%s:2: missing title for section 'place'" },
	{ "required key missing", "work { }\n",
	  "%s: kafka.brokers: is missing and has no default; wanted: text of "
	  "1 to 64 bytes" },
	{ "required key missing in a repeated section",
	  MINIMAL "place ams {\n city = x\n}\n",
	  "%s:4: place \"ams\" latitude: is missing and has no default; "
	  "wanted: number from -90 to 90" },
	{ "too small", MINIMAL "work {\n jobs = 0\n}\n",
	  "%s:3: work.jobs: \"0\" is out of limits; wanted: whole number from "
	  "1 to 4096" },
	{ "too large", MINIMAL "work { jobs = 4097 }\n",
	  "%s:2: work.jobs: \"4097\" is out of limits" },
	{ "not a number", MINIMAL "work { jobs = 0x10 }\n",
	  "%s:2: work.jobs: \"0x10\" is not understood" },
	{ "empty number", MINIMAL "work { jobs = \"\" }\n",
	  "%s:2: work.jobs: \"\" is not understood" },
	{ "number too long", MINIMAL "work { jobs = 99999999999999999999 }\n",
	  "is not understood" },
	{ "duration without unit", MINIMAL "work { limit = 500 }\n",
	  "%s:2: work.limit: \"500\" is not understood; wanted: duration from "
	  "100ms to 30s" },
	{ "duration out of limits", MINIMAL "work { limit = 31s }\n",
	  "%s:2: work.limit: \"31s\" is out of limits" },
	{ "size without unit", MINIMAL "work { cap = 10 }\n",
	  "%s:2: work.cap: \"10\" is not understood; wanted: size from 1B to "
	  "1MiB" },
	{ "size out of limits", MINIMAL "work { cap = 1GiB }\n",
	  "%s:2: work.cap: \"1GiB\" is out of limits" },
	{ "size that would overflow", MINIMAL "work { cap = 99999999999GiB }\n",
	  "is not understood" },
	{ "boolean", MINIMAL "work { parallel = true }\n",
	  "%s:2: work.parallel: \"true\" is not understood; wanted: yes | no" },
	{ "choice", MINIMAL "work { early = maybe }\n",
	  "%s:2: work.early: \"maybe\" is not one of the choices; wanted: deny "
	  "| both | never" },
	{ "real", MINIMAL "place ams { latitude = 1e2 }\n",
	  "%s:2: place \"ams\" latitude: \"1e2\" is not understood" },
	{ "real nan", MINIMAL "place ams { latitude = nan }\n",
	  "is not understood" },
	{ "real out of limits", MINIMAL "place ams { latitude = 90.5 }\n",
	  "\"90.5\" is out of limits" },
	{ "title too short", MINIMAL "place x { latitude = 1 }\n",
	  "%s:2: place \"x\" title: \"x\" has a wrong length" },
	{ "too many rows",
	  MINIMAL "place aa {latitude=1}\nplace bb {latitude=1}\n"
	          "place cc {latitude=1}\n",
	  "%s: place: 3 given; wanted: 0 to 2" },
	{ "list too long", MINIMAL "work { issuers = {a,b,c,d} }\n",
	  "%s:2: work.issuers: has 4 elements; wanted: list of 0 to 3" },
	{ "empty list element", MINIMAL "work { issuers = { \"\" } }\n",
	  "%s:2: work.issuers: \"\" can't be an element" },
	{ "too many properties",
	  "kafka { brokers=a\n a1=1 a2=1 a3=1 a4=1 a5=1 a6=1 a7=1 a8=1 a9=1 }",
	  "kafka.properties: 9 given; wanted: 0 to 8" },
	{ "empty text", "kafka { brokers = \"\" }",
	  "%s:1: kafka.brokers: \"\" is empty; wanted: text of 1 to 64" },
	{ "control character", "kafka { brokers = \"a\\x1b[2J\" }",
	  "%s:1: kafka.brokers: \"a\\x1b[2J\" is not clean text" },
	{ "not UTF-8", "kafka { brokers = \"\xff\" }",
	  "%s: is not a text file in UTF-8" },
	{ "secret not shown",
	  MINIMAL "work { password = 1234567890123456789012 }",
	  "%s:2: work.password: (not shown) has a wrong length" },
	{ "lab only", MINIMAL "work {\n loopback = yes\n}\n",
	  "%s:3: work.loopback: is for a laboratory; needs lab = yes" },
	{ "section not closed", "work {\n jobs = 5\n\nkafka {\n",
	  "%s:4: unknown key 'kafka' in section 'work'" },
	{ "section not closed at the end", MINIMAL "work {\n jobs = 5\n",
	  "the file ends inside section 'work'; a } is missing" },
	{ "free-form section not closed", "kafka {\n brokers = 5\n",
	  "the file ends inside section 'kafka'; a } is missing" },
	{ "comment not closed", MINIMAL "/* work { jobs = 5 }\n",
	  "a comment /* is never closed" },
	{ "text not closed", "kafka { brokers = \"a }\n", "premature end" },
	{ "one brace too many", MINIMAL "}\n", "%s:2: unexpected" },
	{ "no equal sign", MINIMAL "lab yes\n", "%s:2: missing equal sign" },
	{ "secret path is not absolute", MINIMAL "work { key_file = k.pem }",
	  "%s:2: work.key_file: \"k.pem\" is not an absolute path" },
	{ "secret path leads nowhere", MINIMAL "work { key_file = /no/such }",
	  "%s:2: work.key_file: \"/no/such\": No such file or directory" },
	{ "secret path is a folder", MINIMAL "work { key_file = /tmp }",
	  "%s:2: work.key_file: \"/tmp\" is not a regular file" },
};

START_TEST(refuses_naming_line_key_value_and_limits)
{
	const struct refusal *r = &refusals[_i];
	struct conf zero;
	char want[512];
	const char *hole = strstr(r->want, "%s");

	load(r->text, NULL);
	ck_assert_msg(settings == NULL, "%s: was taken", r->what);
	(void)snprintf(want, sizeof(want), "%s%s", hole != NULL ? path : "",
	               hole != NULL ? hole + 2 : r->want);
	ck_assert_msg(strstr(why.text, want) != NULL, "%s: said \"%s\"",
	              r->what, why.text);
	memset(&zero, 0, sizeof(zero));
	ck_assert_msg(conf.kafka.brokers == NULL && conf.jobs == 0 &&
	                      conf.places.at == NULL,
	              "%s: output was left half filled", r->what);
}
END_TEST

START_TEST(a_file_that_is_not_there)
{
	settings = settings_load(table, &conf, "/no/such.conf", NULL, &why);
	ck_assert_ptr_null(settings);
	ck_assert_str_eq(why.text, "/no/such.conf: No such file or directory");
	settings = settings_load(table, &conf, "/tmp", NULL, &why);
	ck_assert_ptr_null(settings);
	ck_assert_str_eq(why.text, "/tmp: Is a directory");
}
END_TEST

static const struct {
	const char *what;
	const char *text;
	const char *variable;
	const char *want_error; /* NULL: loads */
	const char *brokers;
	int64_t jobs;
	size_t issuers;
} envs[] = {
	{ "overrides the file", MINIMAL, "MPIC_KAFKA_BROKERS=b:1", NULL, "b:1",
	  256, 2 },
	{ "fills what is required", "lab = no", "MPIC_KAFKA_BROKERS=b:1", NULL,
	  "b:1", 256, 2 },
	{ "a number", MINIMAL "work { jobs = 5 }", "MPIC_WORK_JOBS=7", NULL,
	  "a:9092", 7, 2 },
	{ "a list", MINIMAL, "MPIC_WORK_ISSUERS=a,b,c", NULL, "a:9092", 256,
	  3 },
	{ "an empty list", MINIMAL, "MPIC_WORK_ISSUERS=", NULL, "a:9092", 256,
	  0 },
	{ "a list with a hole", MINIMAL, "MPIC_WORK_ISSUERS=a,,b",
	  "environment, MPIC_WORK_ISSUERS: work.issuers: \"\" can't be an "
	  "element",
	  NULL, 0, 0 },
	{ "a list with an open end", MINIMAL, "MPIC_WORK_ISSUERS=a,",
	  "can't be an element", NULL, 0, 0 },
	{ "the same limits", MINIMAL, "MPIC_WORK_JOBS=5000",
	  "environment, MPIC_WORK_JOBS: work.jobs: \"5000\" is out of limits; "
	  "wanted: whole number from 1 to 4096",
	  NULL, 0, 0 },
	{ "a wrong file is not covered up", MINIMAL "work { jobs = x }",
	  "MPIC_WORK_JOBS=7", ":2: work.jobs: \"x\" is not understood", NULL, 0,
	  0 },
	{ "a key without SETTING_ENV", MINIMAL, "MPIC_WORK_CAP=1KiB",
	  "environment, MPIC_WORK_CAP: work.cap: can only be set in the file",
	  NULL, 0, 0 },
	{ "what Kubernetes leaves there", MINIMAL,
	  "MPIC_COORDINATOR_PORT=tcp://10.0.0.1:80", NULL, "a:9092", 256, 2 },
	{ "a longer name", MINIMAL, "MPIC_WORK_JOBSX=7", NULL, "a:9092", 256,
	  2 },
};

/* openmpic-147 */
START_TEST(environment)
{
	char *env[] = { xstrdup(envs[_i].variable), NULL };
	const char *what = envs[_i].what;

	load(envs[_i].text, env);
	free(env[0]);
	if (envs[_i].want_error != NULL) {
		ck_assert_msg(settings == NULL, "%s: was taken", what);
		ck_assert_msg(strstr(why.text, envs[_i].want_error) != NULL,
		              "%s: said \"%s\"", what, why.text);
		return;
	}
	ck_assert_msg(settings != NULL, "%s: %s", what, why.text);
	ck_assert_str_eq(conf.kafka.brokers, envs[_i].brokers);
	ck_assert_int_eq(conf.jobs, envs[_i].jobs);
	ck_assert_uint_eq(conf.issuers.n, envs[_i].issuers);
}
END_TEST

static char *printed(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	settings_print(settings, f);
	fclose(f);
	return text;
}

START_TEST(what_is_printed_loads_to_the_same)
{
	char jobs[] = "MPIC_WORK_JOBS=4096";
	char *env[] = { jobs, NULL };
	char *once;
	char *twice;

	ck_assert_msg(load(full, env) != NULL, "%s", why.text);
	once = printed();
	settings_free(&settings);
	memset(&conf, 0x55, sizeof(conf));
	ck_assert_msg(load(once, NULL) != NULL, "%s in\n%s", why.text, once);
	ck_assert_uint_eq(conf.kafka.properties.n, 2);
	check_full();
	twice = printed();
	settings_free(&settings);
	ck_assert_msg(load(twice, NULL) != NULL, "%s in\n%s", why.text, twice);
	check_full();
	free(once);
	free(twice);
}
END_TEST

START_TEST(defaults_printed_load_without_lab)
{
	char *text;

	load(MINIMAL, NULL);
	text = printed();
	settings_free(&settings);
	ck_assert_msg(load(text, NULL) != NULL, "%s in\n%s", why.text, text);
	ck_assert_int_eq(conf.limit_ms, 5000);
	free(text);
}
END_TEST

static const char *const in_print[] = {
	"# Jobs.\n\t# whole number from 1 to 4096; MPIC_WORK_JOBS\n",
	"\tjobs = 9  # environment, MPIC_WORK_JOBS\n",
	"\tcap = 64KiB  # default\n",
	"\tbrokers = \"a\"  # file, line 2\n",
	"\t\"ssl.ca.location\" = \"/x\"  # file, line 3\n",
	"\t# \"sasl.password\" = (not shown)  # file, line 4\n",
	"\t# password = (not shown)  # file, line 6\n",
	"only with lab = yes",
};

START_TEST(print_tells_origin_and_keeps_secrets)
{
	char jobs[] = "MPIC_WORK_JOBS=9";
	char *env[] = { jobs, NULL };
	char *text;

	load("kafka {\n brokers = a\n ssl.ca.location = /x\n"
	     " sasl.password = hunter2\n}\nwork { password = hunter3 }\n",
	     env);
	ck_assert_msg(settings != NULL, "%s", why.text);
	text = printed();
	for (size_t i = 0; i < COUNT(in_print); i++)
		ck_assert_msg(strstr(text, in_print[i]) != NULL,
		              "%s is not in\n%s", in_print[i], text);
	ck_assert_ptr_null(strstr(text, "hunter"));
	free(text);
}
END_TEST

static const struct {
	mode_t mode;
	bool taken;
} key_modes[] = {
	{ 0400, true },  { 0600, true },  { 0640, true },  { 0440, true },
	{ 0644, false }, { 0660, false }, { 0604, false }, { 0602, false },
};

START_TEST(secret_file_is_closed_to_others)
{
	struct buf text = { 0 };
	char key[80];

	(void)snprintf(key, sizeof(key), "%s.key", path);
	write_file(key, "secret", key_modes[_i].mode);
	buf_printf(&text, MINIMAL "work { key_file = \"%s\" }", key);
	load(buf_cstr(&text), NULL);
	unlink(key);
	buf_clear(&text);
	ck_assert_msg((settings != NULL) == key_modes[_i].taken, "%03o: %s",
	              (unsigned)key_modes[_i].mode, why.text);
	if (!key_modes[_i].taken)
		ck_assert_ptr_nonnull(strstr(why.text, "its mode is"));
}
END_TEST

START_TEST(cross_rules_name_line_and_key)
{
	char want[256];

	load(MINIMAL "place ams {\n latitude = 1\n}\n", NULL);
	ck_assert_int_eq(settings_refuse(settings, &why, "place", "ams",
	                                 "latitude", "is in the %s", "sea"),
	                 -1);
	(void)snprintf(want, sizeof(want),
	               "%s:3: place \"ams\" latitude: is in the sea", path);
	ck_assert_str_eq(why.text, want);
	settings_refuse(settings, &why, "work", NULL, "jobs", "no");
	(void)snprintf(want, sizeof(want), "%s: work.jobs: no", path);
	ck_assert_str_eq(why.text, want);
}
END_TEST

static int no_place(const struct settings *s, const void *out, struct err *e)
{
	const struct conf *c = out;

	if (c->places.n == 0)
		return settings_refuse(s, e, NULL, NULL, "place", "none");
	return 0;
}

#define UNLUCKY MINIMAL "place \"ab\" { latitude = 1 }\nwork { jobs = 13 }\n"

/* Files that the settings name are looked at when all else is well. */
static int no_start(const void *out, struct err *e)
{
	const struct conf *c = out;

	return c->jobs == 13 ? err_set(e, "13 jobs never start") : 0;
}

static const struct version_part parts[] = { { "libfoo", "1.2" }, { 0 } };

static const struct {
	const char *what;
	const char *arg;
	const char *text;
	int want_exit; /* -1: goes on */
	const char *want_output;
} lines[] = {
	{ "goes on", NULL, full, -1, "" },
	{ "check", "--check-config", full, EX_OK, "settings are good" },
	{ "check refuses", "--check-config", "lab = 5", EX_CONFIG,
	  ":1: lab: \"5\" is not understood; wanted: yes | no" },
	{ "cross rule", "--check-config", MINIMAL, EX_CONFIG, "place: none" },
	{ "start would not", "--check-config", UNLUCKY, EX_CONFIG,
	  ": 13 jobs never start" },
	{ "that is not asked to print", "--print-config", UNLUCKY, EX_OK,
	  "jobs = 13" },
	{ "starting refuses", NULL, "lab = 5", EX_CONFIG, "mpic-test: /tmp/" },
	{ "print", "--print-config", full, EX_OK, "brokers = \"a:9092\"" },
	{ "version", "--version", "", EX_OK, "mpic-test 0" },
	{ "libraries", "--version", "", EX_OK, "libfoo 1.2\n" },
	{ "help", "--help", "", EX_OK, "Tests the command line" },
	{ "wrong option", "--nonsense", full, EX_USAGE, "nonsense" },
	{ "argument", "nonsense", full, EX_USAGE, "unexpected argument" },
};

static void run_line(int i, const char *output)
{
	struct settings_program program = {
		.name = "mpic-test",
		.about = "Tests the command line.",
		.default_file = path,
		.table = table,
		.out = &conf,
		.check = no_place,
		.try_start = no_start,
		.libraries = parts,
	};
	char *arg = lines[i].arg != NULL ? xstrdup(lines[i].arg) : NULL;
	char name[] = "mpic-test";
	char *argv[] = { name, arg, NULL };
	int fd = open(output, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	int code = -1;
	struct settings *s;

	dup2(fd, 1);
	dup2(fd, 2);
	s = settings_main(&program, arg != NULL ? 2 : 1, argv, &code);
	if (s != NULL)
		code = 111;
	settings_free(&s);
	free(arg);
	close(fd);
	_exit(code);
}

START_TEST(command_line)
{
	char output[80];
	char got[16384] = "";
	int status;
	pid_t pid;
	int want = lines[_i].want_exit == -1 ? 111 : lines[_i].want_exit;
	FILE *f;

	write_file(path, lines[_i].text, 0600);
	(void)snprintf(output, sizeof(output), "%s.out", path);
	pid = fork();
	if (pid == 0)
		run_line(_i, output);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	f = fopen(output, "r");
	ck_assert_ptr_nonnull(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	unlink(output);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == want,
	              "%s: status %x: %s", lines[_i].what, (unsigned)status,
	              got);
	ck_assert_msg(strstr(got, lines[_i].want_output) != NULL,
	              "%s: printed \"%s\"", lines[_i].what, got);
}
END_TEST

#define LOOP(test, rows) tcase_add_loop_test(tc, test, 0, (int)COUNT(rows))

int main(void)
{
	Suite *s = suite_create("settings");
	TCase *tc = tcase_create("settings");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, defaults_fill_what_the_file_leaves_out);
	tcase_add_test(tc, every_kind_loads);
	tcase_add_test(tc, an_empty_list_is_not_the_default);
	LOOP(refuses_naming_line_key_value_and_limits, refusals);
	tcase_add_test(tc, a_file_that_is_not_there);
	LOOP(environment, envs);
	tcase_add_test(tc, what_is_printed_loads_to_the_same);
	tcase_add_test(tc, defaults_printed_load_without_lab);
	tcase_add_test(tc, print_tells_origin_and_keeps_secrets);
	LOOP(secret_file_is_closed_to_others, key_modes);
	tcase_add_test(tc, cross_rules_name_line_and_key);
	LOOP(command_line, lines);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
