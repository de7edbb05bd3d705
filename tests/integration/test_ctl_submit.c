/*
 * mpicctl submit over the mock cluster: what it asks, and what it makes of what
 * comes back.
 */
#include "tests/support/ctl_world.h"
#include "tests/support/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { PRODUCE = 0 /* an API key */ };

static struct ctl_world w;

static void setup(void)
{
	ctl_open(&w);
}

static void teardown(void)
{
	ctl_close(&w);
}

/* -- one request -- */

static const struct {
	const char *target;
	int code;
	const char *outcome;
	const char *reason;
	const char *detail; /* part of it; NULL: not asked */
	const char *err;    /* part of stderr; NULL: nothing there */
} singles[] = {
	/* clang-format off */
	{ "issue.example", 0, "issue", "quorum-met", NULL, NULL },
	{ "good.example", 0, "corroborated", "quorum-met", NULL, NULL },
	{ "deny.example", 1, "do-not-issue", "quorum-not-met", NULL, NULL },
	{ "reject.example", 3, "rejected", "name-invalid", NULL, NULL },
	{ "silent.example", 2, "not-completed", "no-decision", "is a coordinator running?", "1 of 1 not completed: " },
	/* what does not verify is no decision */
	{ "unsigned.example", 2, "not-completed", "no-decision", "does not count: unsigned", "unsigned" },
	{ "stranger.example", 2, "not-completed", "no-decision", "does not count: unknown-key", "unknown-key" },
	{ "elsewhere.example", 2, "not-completed", "no-decision", "does not count: wrong-domain", "wrong-domain" },
	{ "altered.example", 2, "not-completed", "no-decision", "does not count: bad-signature", "bad-signature" },
	{ "target.example", 2, "not-completed", "no-decision", "does not count: it is about another target", "another target" },
	{ "digest.example", 2, "not-completed", "no-decision", "it is about another request", "another request under the same id" },
	{ "first.example", 0, "issue", "quorum-met", NULL, "another request under the same id" },
	/* clang-format on */
};

START_TEST(one_request)
{
	const char *target = singles[_i].target;
	const char *argv[] = { MPICCTL,     "submit", target,
		               "--config",  w.conf,   "--json",
		               "--timeout", "1200ms", NULL };
	struct program p;

	ctl_run(&w, &p, argv, NULL);
	ck_assert_msg(p.code == singles[_i].code, "%s: exit %d: %s", target,
	              p.code, program_err(&p));
	ck_assert_int_eq(ctl_lines(program_out(&p)), 1);
	ck_assert_str_eq(ctl_member(&w, program_out(&p), "outcome"),
	                 singles[_i].outcome);
	ck_assert_str_eq(ctl_member(&w, program_out(&p), "reason"),
	                 singles[_i].reason);
	ck_assert_str_eq(ctl_member(&w, program_out(&p), "request_id"),
	                 w.watched);
	ck_assert_msg(singles[_i].detail == NULL ||
	                      strstr(ctl_member(&w, program_out(&p), "detail"),
	                             singles[_i].detail) != NULL,
	              "%s: %s", target, program_out(&p));
	if (singles[_i].err == NULL)
		ck_assert_str_eq(program_err(&p), "");
	else
		ck_assert_msg(strstr(program_err(&p), singles[_i].err) != NULL,
		              "%s: %s", target, program_err(&p));
	program_clear(&p);
}
END_TEST

START_TEST(flags_make_the_request)
{
	const char *argv[] = { MPICCTL,
		               "submit",
		               "*.issue.example",
		               "--config",
		               w.conf,
		               "--method",
		               "dns-change",
		               "--record-type",
		               "txt",
		               "--prefix",
		               "_proof",
		               "--challenge",
		               "0123456789abcdef0123456789abcdef",
		               "--issuer",
		               "ca.example",
		               "--time-allowed",
		               "30s",
		               "--id",
		               "order-7",
		               "--trace",
		               "t-1",
		               "--attempts",
		               "1",
		               "--timeout",
		               "1s",
		               NULL };
	static const char want[] =
		"{\"request_id\":\"order-7\",\"check_type\":\"dcv+caa\","
		"\"domain_or_ip_target\":\"*.issue.example\","
		"\"trace_identifier\":\"t-1\",\"orchestration_parameters\":{"
		"\"max_attempts\":1},\"dcv_check_parameters\":{"
		"\"validation_method\":\"dns-change\",\"challenge_value\":"
		"\"0123456789abcdef0123456789abcdef\",\"dns_record_type\":"
		"\"TXT\",\"dns_name_prefix\":\"_proof\"},"
		"\"caa_check_parameters\":{\"caa_domains\":[\"ca.example\"]},"
		"\"time_allowed_ms\":30000}";
	struct program p;

	w.holding = true; /* kept, to be looked at */
	ctl_run(&w, &p, argv, NULL);
	ck_assert_str_eq(w.watched, "order-7");
	ck_assert_int_eq(w.requests, 1);
	ck_assert_msg(span_is(w.held[0].value, want), "%.*s",
	              SPAN_ARG(w.held[0].value));
	program_clear(&p);
}
END_TEST

/* -- many -- */

START_TEST(many_from_stdin_bounded)
{
	const char *argv[] = { MPICCTL,     "submit", "--file",      "-",
		               "--config",  w.conf,   "--in-flight", "5",
		               "--timeout", "15s",    "--output",    "json",
		               NULL };
	struct buf input = { 0 };
	struct program p;

	for (int i = 0; i < 23; i++) {
		if (i % 2 == 0)
			buf_printf(&input, "{\"request_id\":\"many-%d\",", i);
		else
			buf_add_str(&input, "\r\n{");
		buf_printf(&input, "\"domain_or_ip_target\":\"%s.example\"}\n",
		           i == 7 ? "deny" : "good");
	}
	w.holding = true;
	ctl_run(&w, &p, argv, buf_cstr(&input));
	ck_assert_msg(p.code == 1, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(ctl_lines(program_out(&p)), 23);
	ck_assert_int_eq(w.requests, 23);
	ck_assert_uint_eq(w.held_most, 5);
	ck_assert_ptr_nonnull(
		strstr(program_out(&p), "\"request_id\":\"many-22\""));
	program_clear(&p);
	buf_clear(&input);
}
END_TEST

static const struct {
	const char *targets[4];
	int code;
} worst[] = {
	{ { "issue.a.example", "good.a.example" }, 0 },
	{ { "issue.a.example", "deny.a.example" }, 1 },
	{ { "deny.a.example", "reject.a.example", "good.a.example" }, 3 },
	{ { "silent.a.example", "reject.a.example", "deny.a.example" }, 2 },
};

START_TEST(the_worst_decides)
{
	const char *argv[12] = { MPICCTL,  "submit",    "--config", w.conf,
		                 "--json", "--timeout", "1500ms" };
	struct program p;

	for (int i = 0; i < 4; i++)
		argv[7 + i] = worst[_i].targets[i];
	ctl_run(&w, &p, argv, NULL);
	ck_assert_msg(p.code == worst[_i].code, "exit %d: %s", p.code,
	              program_err(&p));
	program_clear(&p);
}
END_TEST

/* The broker has the request long before it says so: the decision is printed,
   and its order over, when the report comes. The other one keeps it waiting. */
START_TEST(decided_before_it_is_delivered)
{
	const char *argv[] = { MPICCTL,           "submit",
		               "issue.a.example", "silent.a.example",
		               "--config",        w.conf,
		               "--json",          "--timeout",
		               "1500ms",          NULL };
	struct program p;

	mock_broker_delay_next(w.kafka.broker, PRODUCE, CTL_PARTITIONS, 500);
	ctl_run(&w, &p, argv, NULL);
	ck_assert_msg(p.code == 2, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(ctl_lines(program_out(&p)), 2);
	ck_assert_str_eq(ctl_member(&w, program_out(&p), "outcome"), "issue");
	program_clear(&p);
}
END_TEST

/* What is no request is said, with its line; the others are decided. */
START_TEST(bad_lines_are_named)
{
	const char *argv[] = { MPICCTL,    "submit", "--file", "-",
		               "--config", w.conf,   "--json", NULL };
	struct buf input = { 0 };
	struct program p;

	buf_add_str(&input, "{\"domain_or_ip_target\":\"good.example\"}\n"
	                    "{\"domain_or_ip_target\":\n"
	                    "[1]\n"
	                    "{\"a\":1,\"a\":2}\n{\"x\":\"");
	for (int i = 0; i < 70000; i++)
		buf_add_u8(&input, 'a');
	buf_add_str(&input, "\"}\n{\"domain_or_ip_target\":\"deny.example\"}");
	ctl_run(&w, &p, argv, buf_cstr(&input));
	ck_assert_msg(p.code == 65, "exit %d: %s", p.code, program_err(&p));
	ck_assert_int_eq(w.requests, 2);
	ck_assert_int_eq(ctl_lines(program_out(&p)), 2);
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 2 is not"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 3 is not"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 4 is not"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "line 5 is longer"));
	program_clear(&p);
	buf_clear(&input);
}
END_TEST

START_TEST(open_mpic_bodies_are_requests)
{
	const char *argv[] = { MPICCTL,    "submit", "--file", "-",
		               "--config", w.conf,   "--json", NULL };
	struct program p;

	ctl_run(&w, &p, argv,
	        "{\"check_type\":\"dcv\",\"domain_or_ip_target\":\"good."
	        "example\","
	        "\"trace_identifier\":\"t\",\"orchestration_parameters\":{"
	        "\"perspective_count\":6},\"dcv_check_parameters\":{"
	        "\"validation_method\":\"website-change\",\"challenge_value\":"
	        "\"v\","
	        "\"http_token_path\":\"p\"}}\n");
	ck_assert_msg(p.code == 0, "exit %d: %s", p.code, program_err(&p));
	program_clear(&p);
}
END_TEST

/* The same bytes twice have one decision, and both get it. */
START_TEST(repeats_share_a_decision)
{
	static const char line[] =
		"{\"request_id\":\"same\","
		"\"domain_or_ip_target\":\"good.example\"}\n";
	const char *argv[] = { MPICCTL,    "submit", "--file", "-",
		               "--config", w.conf,   "--json", NULL };
	struct buf input = { 0 };
	struct program p;

	buf_printf(&input, "%s%s", line, line);
	w.holding = true;
	ctl_run(&w, &p, argv, buf_cstr(&input));
	ck_assert_int_eq(p.code, 0);
	ck_assert_int_eq(ctl_lines(program_out(&p)), 2);
	program_clear(&p);
	buf_clear(&input);
}
END_TEST

/* -- what is shown -- */

START_TEST(tables_are_for_people)
{
	const char *argv[] = { MPICCTL,
		               "submit",
		               "hostile.example",
		               "reject.example",
		               "silent.example",
		               "--config",
		               w.conf,
		               "--output",
		               "table",
		               "--wide",
		               "--timeout",
		               "1500ms",
		               NULL };
	struct program p;

	ctl_run(&w, &p, argv, NULL);
	ck_assert_int_eq(p.code, 2);
	const char *out = program_out(&p);

	ck_assert_ptr_null(strchr(out, '\033'));
	ck_assert_ptr_null(strstr(out, "\xe2\x80\xae"));
	ck_assert_ptr_nonnull(strstr(out, "\\x1b[2J"));
	ck_assert_ptr_nonnull(strstr(out, "name-invalid: \\x1b]0;owned\\x07"));
	ck_assert_ptr_nonnull(strstr(out, "not-completed"));
	/* in the order given */
	ck_assert(strstr(out, "hostile.ex") < strstr(out, "reject.ex"));
	ck_assert(strstr(out, "reject.ex") < strstr(out, "silent.ex"));
	program_clear(&p);
}
END_TEST

START_TEST(without_keys_it_says_so)
{
	const char *argv[] = { MPICCTL,    "submit",    "unsigned.example",
		               "--config", w.bare_conf, "--json",
		               NULL };
	struct program p;

	ctl_run(&w, &p, argv, NULL);
	ck_assert_int_eq(p.code, 0);
	ck_assert_ptr_nonnull(strstr(program_out(&p), "\"verified\":false"));
	ck_assert_ptr_nonnull(strstr(program_err(&p), "NOT VERIFIED"));
	program_clear(&p);
}
END_TEST

static bool has_answered(void *arg)
{
	(void)arg;
	return w.answers > 0;
}

START_TEST(interrupted_is_not_completed)
{
	const char *argv[] = { MPICCTL,    "submit", "silent.example",
		               "--config", w.conf,   "--json",
		               NULL };
	struct program p;

	program_start(&p, argv, NULL, NULL);
	world_run(&w.kafka, "request", has_answered, NULL);
	kill(p.pid, SIGINT);
	world_run(&w.kafka, "submit", ctl_is_over, &p);
	ck_assert_int_eq(p.code, 2);
	ck_assert_str_eq(ctl_member(&w, program_out(&p), "reason"),
	                 "interrupted");
	program_clear(&p);
}
END_TEST

START_TEST(no_broker_is_a_fault)
{
	const char *argv[] = { MPICCTL,  "submit",    "issue.example",
		               "--lab",  "--brokers", "127.0.0.1:1",
		               "--json", "--timeout", "1s",
		               NULL };
	struct program p;

	ctl_run(&w, &p, argv, NULL);
	ck_assert_int_eq(p.code, 69);
	ck_assert_ptr_nonnull(strstr(program_err(&p), "127.0.0.1:1"));
	program_clear(&p);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ctl_submit");

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, one_request, 0, COUNT(singles));
	tcase_add_test(tc, flags_make_the_request);
	tcase_add_test(tc, many_from_stdin_bounded);
	tcase_add_loop_test(tc, the_worst_decides, 0, COUNT(worst));
	tcase_add_test(tc, decided_before_it_is_delivered);
	tcase_add_test(tc, bad_lines_are_named);
	tcase_add_test(tc, open_mpic_bodies_are_requests);
	tcase_add_test(tc, repeats_share_a_decision);
	tcase_add_test(tc, tables_are_for_people);
	tcase_add_test(tc, without_keys_it_says_so);
	tcase_add_test(tc, interrupted_is_not_completed);
	tcase_add_test(tc, no_broker_is_a_fault);
	return run_case(tc);
}
