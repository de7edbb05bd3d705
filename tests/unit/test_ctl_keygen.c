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
	"plan { primary = ams }\n"
	"perspective \"ams\" { rir = ripe\nlatitude = 52\nlongitude = 5\n}\n"
	"perspective \"nyc\" { rir = arin\nlatitude = 40\nlongitude = -74\n}\n"
	"%s%s";

/* What keygen prints is pasted as it is. */
START_TEST(sections_can_be_pasted)
{
	char plan[TEMP_PATH_MAX], conf[TEMP_PATH_MAX];
	const char *make_plan[] = { MPICCTL, "keygen", "--plan-key",
		                    temp_path(&dir, "plan", plan), NULL };
	const char *check[] = { MPICCTL, "check-config", "coordinator",
		                temp_path(&dir, "c.conf", conf), NULL };
	struct program coordinator, worker, p;
	struct buf text = { 0 };

	keygen(&coordinator, "c1", "coordinator", NULL);
	keygen(&worker, "ams-1", "worker", "ams");
	program_run(&p, make_plan, NULL);
	program_clear(&p);
	buf_printf(&text, coordinator_conf, dir.path, dir.path,
	           program_out(&coordinator), program_out(&worker));
	temp_write(&dir, "c.conf", buf_cstr(&text));
	program_run(&p, check, NULL);
	ck_assert_msg(p.code == 0, "%s", program_err(&p));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "settings are good"));
	program_clear(&p);

	/* and what is wrong is said as the program says it */
	buf_add_str(&text, "nonsense = yes\n");
	temp_write(&dir, "c.conf", buf_cstr(&text));
	program_run(&p, check, NULL);
	ck_assert_int_eq(p.code, 78);
	ck_assert_ptr_nonnull(strstr(program_err(&p), "nonsense"));
	program_clear(&p);
	program_clear(&coordinator);
	program_clear(&worker);
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
	return run_case(tc);
}
