/*
 * mpicctl watch, doctor and dev-broker over the mock cluster, with kcat beside
 * them.
 */
#include "tests/support/ctl_world.h"
#include "tests/support/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct ctl_world w;

static void setup(void)
{
	ctl_open(&w);
}

static void teardown(void)
{
	ctl_close(&w);
}

/* -- watch, and kcat beside it -- */

static bool has_answered(void *arg)
{
	(void)arg;
	return w.answers > 0;
}

static bool all_flown(void *arg)
{
	return w.answers >= *(int *)arg && w.flying == 0;
}

static void kcat(const char *key, const char *request)
{
	const char *argv[] = { "kcat", "-P",
		               "-b",   w.kafka.conf.brokers,
		               "-t",   w.topics.requests,
		               "-k",   key,
		               NULL };
	struct program p;

	ctl_run(&w, &p, argv, request);
	ck_assert_msg(p.code == 0, "kcat: %s", program_err(&p));
	program_clear(&p);
}

START_TEST(watch_shows_what_kcat_asked_for)
{
	const char *argv[] = { MPICCTL,  "watch",     "--config", w.conf,
		               "--from", "beginning", "--count",  "2",
		               "--json", NULL };
	struct program p;
	int two = 2;

	kcat("from-kcat", "{\"domain_or_ip_target\":\"deny.example\"}");
	kcat("from-kcat-2", "{\"domain_or_ip_target\":\"issue.example\"}");
	world_run(&w.kafka, "answers", all_flown, &two);
	ctl_run(&w, &p, argv, NULL);
	ck_assert_msg(p.code == 0, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(ctl_lines(program_out(&p)), 2);
	ck_assert_ptr_nonnull(strstr(program_out(&p),
	                             "\"request_id\":\"from-kcat\","
	                             "\"domain_or_ip_target\":"
	                             "\"deny.example\",\"outcome\":"
	                             "\"do-not-issue\""));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "\"verified\":true"));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "from-kcat-2"));
	program_clear(&p);
}
END_TEST

START_TEST(watch_passes_over_forgeries)
{
	const char *argv[] = { MPICCTL,  "watch",     "--config", w.conf,
		               "--from", "beginning", "--count",  "1",
		               "--wide", "-o",        "table",    NULL };
	struct program p;
	int two = 2;

	/* one partition, so the forgery comes first */
	kcat("k", "{\"domain_or_ip_target\":\"stranger.example\"}");
	world_run(&w.kafka, "forgery", has_answered, NULL);
	kcat("k", "{\"domain_or_ip_target\":\"hostile.example\"}");
	world_run(&w.kafka, "answers", all_flown, &two);
	ctl_run(&w, &p, argv, NULL);
	ck_assert_int_eq(p.code, 0);
	ck_assert_ptr_null(strstr(program_out(&p), "stranger"));
	ck_assert_ptr_nonnull(strstr(program_out(&p), "hostile.example"));
	ck_assert_ptr_null(strchr(program_out(&p), '\033'));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "unknown-key"));
	program_clear(&p);
}
END_TEST

START_TEST(doctor_looks_at_topics)
{
	const char *argv[] = { MPICCTL, "doctor", "--config",
		               w.conf,  "--json", NULL };
	struct program p;

	ctl_run(&w, &p, argv, NULL);
	ck_assert_int_eq(p.code, 0); /* a lab: warnings at most */
	ck_assert_ptr_nonnull(
		strstr(program_out(&p), "t.decisions: 3 partitions"));
	ck_assert_ptr_nonnull(
		strstr(program_out(&p), "t.dead-letters: 1 partitions"));
	program_clear(&p);
}
END_TEST

/* -- dev-broker -- */

static bool is_there(void *arg)
{
	char path[TEMP_PATH_MAX];
	FILE *f = fopen(temp_path(&w.dir, arg, path), "re");

	if (f != NULL)
		(void)fclose(f);
	return f != NULL;
}

START_TEST(dev_broker_has_all_topics)
{
	char path[TEMP_PATH_MAX], address[64] = "", name[] = "bootstrap";
	const char *argv[] = { MPICCTL,
		               "dev-broker",
		               "--perspective",
		               "ams",
		               "--partitions",
		               "5",
		               "--checks-partitions",
		               "2",
		               "--topic-prefix",
		               "d.",
		               "--bootstrap-file",
		               temp_path(&w.dir, name, path),
		               NULL };
	struct program broker, list;
	FILE *f;

	program_start(&broker, argv, NULL, NULL);
	world_run(&w.kafka, "bootstrap file", is_there, name);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(fgets(address, sizeof(address), f));
	(void)fclose(f);
	address[strcspn(address, "\n")] = '\0';
	const char *kcat_list[] = { "kcat", "-L", "-b", address, NULL };

	ctl_run(&w, &list, kcat_list, NULL);
	static const char *const topics[] = {
		"\"d.requests\" with 5",     "\"d.attempts\" with 5",
		"\"d.results\" with 5",      "\"d.decisions\" with 5",
		"\"d.perspectives\" with 1", "\"d.dead-letters\" with 1",
		"\"d.checks.ams\" with 2",
	};
	for (int i = 0; i < COUNT(topics); i++)
		ck_assert_msg(strstr(program_out(&list), topics[i]) != NULL,
		              "%s: %s", topics[i], program_out(&list));
	program_clear(&list);
	kill(broker.pid, SIGTERM);
	world_run(&w.kafka, "end", ctl_is_over, &broker);
	ck_assert_int_eq(broker.code, 0);
	ck_assert_ptr_nonnull(strstr(program_out(&broker), address));
	ck_assert_ptr_nonnull(
		strstr(program_err(&broker), "no read_committed"));
	ck_assert(!is_there(name));
	program_clear(&broker);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ctl");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, watch_shows_what_kcat_asked_for);
	tcase_add_test(tc, watch_passes_over_forgeries);
	tcase_add_test(tc, doctor_looks_at_topics);
	tcase_add_test(tc, dev_broker_has_all_topics);
	return run_case(tc);
}
