/* mpicctl keygen, and check-config with what it made. */
#include "tests/support/program.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

#include "trust/keyring.h"
#include "trust/signing_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MPICCTL BINARY_DIR "/bin/mpicctl"

static struct temp_dir dir;

static void setup(void)
{
	temp_dir_make(&dir);
}

static void teardown(void)
{
	temp_dir_remove(&dir);
}

static size_t read_file(const char *name, char *text, size_t room)
{
	char path[TEMP_PATH_MAX];
	int fd = open(temp_path(&dir, name, path), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_msg(fd >= 0, "%s is not there", path);
	n = read(fd, text, room);
	close(fd);
	ck_assert_int_ge(n, 0);
	return (size_t)n;
}

static unsigned mode_of(const char *name)
{
	char path[TEMP_PATH_MAX];
	struct stat st;

	ck_assert_int_eq(stat(temp_path(&dir, name, path), &st), 0);
	return st.st_mode & 07777;
}

static void keygen(struct program *p, const char *name, const char *role,
                   const char *perspective)
{
	const char *argv[10] = { MPICCTL, "keygen",        name,
		                 "--dir", dir.path,        "--role",
		                 role,    "--perspective", perspective };

	if (perspective == NULL)
		argv[7] = NULL;
	program_run(p, argv, NULL);
}

START_TEST(writes_a_pair)
{
	char path[TEMP_PATH_MAX], public[256];
	struct program p;
	struct signing_key *key;
	struct buf pem = { 0 };
	struct err why;

	keygen(&p, "ams-1", "worker", "ams");
	ck_assert_msg(p.code == 0, "%s", program_err(&p));
	ck_assert_uint_eq(mode_of("ams-1.key"), 0600);
	ck_assert_uint_eq(mode_of("ams-1.pub"), 0644);
	key = signing_key_load(temp_path(&dir, "ams-1.key", path), &why);
	ck_assert_msg(key != NULL, "%s", why.text);
	signing_key_public_pem(key, &pem);
	size_t n = read_file("ams-1.pub", public, sizeof(public));

	ck_assert(span_eq(buf_span(&pem), span_of(public, n)));
	pem.len = 0;
	signing_key_public_base64(key, &pem);
	/* the section pins that very key; the private one is nowhere */
	ck_assert_ptr_nonnull(strstr(program_out(&p), buf_cstr(&pem)));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "key \"ams-1\" {"));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "role = worker"));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "perspective = \"ams\""));
	ck_assert_ptr_null(strstr(program_out(&p), "PRIVATE"));
	buf_clear(&pem);
	signing_key_free(&key);
	program_clear(&p);
}
END_TEST

START_TEST(touches_nothing_that_exists)
{
	char before[256], after[256];
	struct program p;

	keygen(&p, "c", "coordinator", NULL);
	ck_assert_int_eq(p.code, 0);
	program_clear(&p);
	size_t n = read_file("c.key", before, sizeof(before));

	keygen(&p, "c", "coordinator", NULL);
	ck_assert_int_eq(p.code, 73);
	ck_assert_str_eq(program_out(&p), "");
	ck_assert_ptr_nonnull(strstr(program_err(&p), "exists already"));
	ck_assert_uint_eq(read_file("c.key", after, sizeof(after)), n);
	ck_assert_int_eq(memcmp(before, after, n), 0);
	program_clear(&p);
}
END_TEST

START_TEST(writes_plan_keys)
{
	char one[64], two[64], path[TEMP_PATH_MAX];
	const char *argv[] = { MPICCTL, "keygen", "--plan-key",
		               temp_path(&dir, "one", path), NULL };
	struct program p;

	program_run(&p, argv, NULL);
	ck_assert_msg(p.code == 0, "%s", program_err(&p));
	ck_assert_str_eq(program_out(&p), "");
	program_clear(&p);
	ck_assert_uint_eq(mode_of("one"), 0600);
	ck_assert_uint_eq(read_file("one", one, sizeof(one)), 32);
	/* again: refused, unchanged */
	program_run(&p, argv, NULL);
	ck_assert_int_eq(p.code, 73);
	program_clear(&p);
	ck_assert_uint_eq(read_file("one", two, sizeof(two)), 32);
	ck_assert_int_eq(memcmp(one, two, 32), 0);
	/* another one is another one */
	argv[3] = temp_path(&dir, "two", path);
	program_run(&p, argv, NULL);
	program_clear(&p);
	ck_assert_uint_eq(read_file("two", two, sizeof(two)), 32);
	ck_assert_int_ne(memcmp(one, two, 32), 0);
}
END_TEST

static const char coordinator_conf[] =
	"lab = yes\n"
	"deployment = test\n"
	"instance = c1\n"
	"signing_key = \"%s/c1.key\"\n"
	"plan_key = \"%s/plan\"\n"
	"issuers = { \"ca.example\" }\n"
	"kafka { brokers = \"127.0.0.1:9092\" }\n"
	"plan { primary = ams }\n";

static const struct {
	const char *code, *rir;
	int latitude, longitude;
} places[] = {
	{ "ams", "ripe", 52, 5 },      { "nyc", "arin", 40, -74 },
	{ "sao", "lacnic", -23, -46 }, { "sin", "apnic", 1, 104 },
	{ "jnb", "afrinic", -26, 28 },
};

/* What keygen prints, pasted as it is. */
static void paste(struct buf *text, const char *name, const char *role,
                  const char *perspective)
{
	struct program p;

	keygen(&p, name, role, perspective);
	buf_add_str(text, program_out(&p));
	program_clear(&p);
}

/* Settings that a coordinator starts with. */
static void whole_conf(struct buf *text)
{
	char plan[TEMP_PATH_MAX];
	const char *make_plan[] = { MPICCTL, "keygen", "--plan-key",
		                    temp_path(&dir, "plan", plan), NULL };
	struct program p;

	program_run(&p, make_plan, NULL);
	program_clear(&p);
	buf_printf(text, coordinator_conf, dir.path, dir.path);
	paste(text, "c1", "coordinator", NULL);
	for (int i = 0; i < COUNT(places); i++) {
		buf_printf(text,
		           "perspective \"%s\" { rir = %s\n"
		           "latitude = %d\nlongitude = %d\n}\n",
		           places[i].code, places[i].rir, places[i].latitude,
		           places[i].longitude);
		paste(text, places[i].code, "worker", places[i].code);
	}
}

static void check_config(struct buf *text, int want, const char *said)
{
	char conf[TEMP_PATH_MAX];
	const char *check[] = { MPICCTL, "check-config", "coordinator",
		                temp_path(&dir, "c.conf", conf), NULL };
	struct program p;

	temp_write(&dir, "c.conf", buf_cstr(text));
	program_run(&p, check, NULL);
	ck_assert_msg(p.code == want, "%d: %s", p.code, program_err(&p));
	ck_assert_msg(strstr(want == 0 ? program_out(&p) : program_err(&p),
	                     said) != NULL,
	              "said \"%s\", not \"%s\"", program_err(&p), said);
	program_clear(&p);
}

START_TEST(sections_can_be_pasted)
{
	struct buf text = { 0 };

	whole_conf(&text);
	check_config(&text, 0, "settings are good");
	/* and what is wrong is said as the program says it */
	buf_add_str(&text, "nonsense = yes\n");
	check_config(&text, 78, "nonsense");
	buf_clear(&text);
}
END_TEST

/* What a start would find out, the check finds out. */
static const struct {
	const char *section, *brokers, *said;
} unfit[] = {
	{ "perspective \"syd\" { rir = apnic\nlatitude = -34\n"
	  "longitude = 151\n}\n",
	  NULL, "perspective syd: 0 signing keys" },
	{ "key \"x\" { role = coordinator\n}\n", NULL,
	  "key \"x\": set public_key_file or public_key" },
	{ "key \"x\" { role = coordinator\npublic_key = \"AAAA\"\n}\n", NULL,
	  "not an Ed25519 public key" },
	{ "key \"ams-old\" { role = worker\nperspective = nowhere\n}\n", NULL,
	  "ams-old" },
	{ "", "192.0.2.1:9092", "(R-011)" },
	{ "public_suffix_list = /nonexistent\n", NULL, "/nonexistent" },
};

START_TEST(check_finds_what_a_start_finds)
{
	struct buf text = { 0 };

	whole_conf(&text);
	buf_add_str(&text, unfit[_i].section);
	if (unfit[_i].brokers != NULL)
		ck_assert_int_eq(
			setenv("MPIC_KAFKA_BROKERS", unfit[_i].brokers, 1), 0);
	check_config(&text, 78, unfit[_i].said);
	buf_clear(&text);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("keygen");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, writes_a_pair);
	tcase_add_test(tc, touches_nothing_that_exists);
	tcase_add_test(tc, writes_plan_keys);
	tcase_add_test(tc, sections_can_be_pasted);
	tcase_add_loop_test(tc, check_finds_what_a_start_finds, 0,
	                    COUNT(unfit));
	return run_case(tc);
}
