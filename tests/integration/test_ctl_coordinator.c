/*
 * mpicctl against the real coordinator, with played perspectives: what submit
 * and watch make of decisions as they really come.
 */
#include "tests/support/coordinator_world.h"
#include "tests/support/program.h"
#include "tests/support/run.h"
#include "tests/support/temp_dir.h"

#include <stdio.h>
#include <string.h>

#define MPICCTL BINARY_DIR "/bin/mpicctl"
#define TOKEN   "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define THUMB   "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"

static struct coordinator_world w;
static struct temp_dir dir;
static char conf[TEMP_PATH_MAX];

static void write_conf(void)
{
	struct buf text = { 0 }, public = { 0 };

	signing_key_public_base64(w.coordinator_key, &public);
	buf_printf(&text,
	           "lab = yes\ndeployment = \"%s\"\ntopic_prefix = \"%s\"\n"
	           "kafka { brokers = \"%s\" }\n"
	           "key \"c1\" { role = coordinator\npublic_key = \"%s\"\n}\n",
	           w.conf.deployment, w.conf.topic_prefix, w.kafka.conf.brokers,
	           buf_cstr(&public));
	temp_write(&dir, "mpicctl.conf", buf_cstr(&text));
	temp_path(&dir, "mpicctl.conf", conf);
	buf_clear(&text);
	buf_clear(&public);
}

static void setup(void)
{
	cw_open(&w, "plan {\n primary = fra\n attempt_time = \"1500ms\"\n}\n");
	cw_start(&w);
	temp_dir_make(&dir);
	write_conf();
}

static void teardown(void)
{
	temp_dir_remove(&dir);
	cw_close(&w);
}

static bool is_over(void *arg)
{
	return program_ended(arg);
}

static void submit(struct program *p, const char *target, const char *id)
{
	const char *argv[] = { MPICCTL,
		               "submit",
		               target,
		               "--config",
		               conf,
		               "--id",
		               id,
		               "--method",
		               "acme-http-01",
		               "--token",
		               TOKEN,
		               "--key-authorization",
		               TOKEN "." THUMB,
		               "--output",
		               "table",
		               "--wide",
		               "--timeout",
		               "20s",
		               NULL };

	program_start(p, argv, NULL, NULL);
	world_run(&w.kafka, "submit", is_over, p);
}

static void has(struct program *p, const char *part)
{
	ck_assert_msg(strstr(program_out(p), part) != NULL,
	              "no \"%s\" in:\n%s%s", part, program_out(p),
	              program_err(p));
}

START_TEST(issue)
{
	struct program p;

	submit(&p, "a.example.com", "one");
	ck_assert_msg(p.code == 0, "exit %d: %s", p.code, program_err(&p));
	has(&p, "issue");
	has(&p, "dcv 5/5 caa 5/5");
	has(&p, "fra*++");
	ck_assert_str_eq(program_err(&p), "");
	program_clear(&p);
}
END_TEST

/* who disagreed and who was silent is named. */
START_TEST(do_not_issue_names_who_was_missing)
{
	struct program p;
	char silent[64];

	w.play[2].dcv = CLASS_DISAGREED;
	w.play[3].dcv = CLASS_UNKNOWN;
	w.play[3].caa = CLASS_UNKNOWN;
	submit(&p, "b.example.com", "two");
	ck_assert_msg(p.code == 1, "exit %d: %s", p.code, program_err(&p));
	has(&p, "do-not-issue");
	(void)snprintf(silent, sizeof(silent), "%s", cw_codes[3]);
	has(&p, silent);
	has(&p, " disagreed: ");
	program_clear(&p);
}
END_TEST

START_TEST(rejected_names_the_issue)
{
	struct program p;

	submit(&p, "Upper.Example.com", "three");
	ck_assert_msg(p.code == 3, "exit %d: %s", p.code, program_err(&p));
	has(&p, "rejected");
	has(&p, "domain_or_ip_target: ");
	program_clear(&p);
}
END_TEST

/* Promise 1: the same bytes again get an echo, other bytes a conflict. */
START_TEST(repeats)
{
	struct program p;

	submit(&p, "d.example.com", "four");
	ck_assert_int_eq(p.code, 0);
	program_clear(&p);
	submit(&p, "d.example.com", "four");
	ck_assert_msg(p.code == 0, "exit %d: %s", p.code, program_err(&p));
	program_clear(&p);
	submit(&p, "e.example.com", "four");
	ck_assert_msg(p.code == 3, "exit %d: %s", p.code, program_err(&p));
	has(&p, "request-id-conflict");
	program_clear(&p);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ctl and coordinator");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, issue);
	tcase_add_test(tc, do_not_issue_names_who_was_missing);
	tcase_add_test(tc, rejected_names_the_issue);
	tcase_add_test(tc, repeats);
	return run_case(tc);
}
