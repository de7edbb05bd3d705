/* Targets that fight back: what each row of tests/fixtures/faults/ *.table must
   end in, all at once and in one probe, with honest targets among them. */
#include "decide/judge/judge.h"
#include "tests/support/fault_world.h"
#include "tests/support/probe_world.h"
#include "tests/support/run.h"

#include <stdio.h>

enum {
	BUDGET_MS = 8000, /* of what is meant to run out of time */
	AMPLE_MS = 60000, /* of what is not, however busy the machine */
	READ_MS = 90000,
	TRY_MS = 2000,       /* of a lookup, where both tries have to end */
	HEALTHY_EACH = 6,    /* an honest target after so many others */
	HEALTHY_FIRST = 1000 /* their job ids; those of rows are below */
};

static const char *const tables[] = { "dns.table", "web.table" };
static const char *const servers[] = { "dns.py", "web.py" };

static struct lab_world *lab;
static struct arena *arena;
static struct fault_row rows[FAULT_ROWS_MAX];
static size_t rows_count;
static struct probe_world world;
static struct span issuer[1];

/* -- checks */

static void want_http01(struct check *c)
{
	c->dcv.validation_method = METHOD_ACME_HTTP_01;
	c->dcv.token = span_str(lab_value(lab, "TOKEN"));
	c->dcv.key_authorization =
		span_str(lab_value(lab, "KEY_AUTHORIZATION"));
}

static void want_dns01(struct check *c)
{
	c->dcv.validation_method = METHOD_ACME_DNS_01;
	c->dcv.key_authorization_hash = span_str(lab_value(lab, "DNS01_HASH"));
}

static void want_alpn(struct check *c)
{
	c->dcv.validation_method = METHOD_ACME_TLS_ALPN_01;
	c->dcv.key_authorization =
		span_str(lab_value(lab, "KEY_AUTHORIZATION"));
}

static void want_caa(struct check *c)
{
	issuer[0] = span_str(lab_value(lab, "CA"));
	c->check_set = SET_CAA;
	c->dcv.present = false;
	c->caa.present = true;
	c->caa.certificate_type = CERT_TLS_SERVER;
	c->caa.caa_domains = (struct text_list){ issuer, 1 };
}

/* R-068; the issuer's own name is one that the laboratory has. */
static void want_forgiving_caa(struct check *c)
{
	want_caa(c);
	issuer[0] = SPAN("caa-none.lab");
	c->caa.allow_lookup_failure = SOME_BOOL(true);
}

static const struct {
	const char *name;
	void (*want)(struct check *c);
} methods[] = {
	{ "http-01", want_http01 },
	{ "dns-01", want_dns01 },
	{ "alpn", want_alpn },
	{ "caa", want_caa },
	{ "caa-forgiving", want_forgiving_caa },
};

static struct check check_of(const struct fault_row *row)
{
	struct check c = {
		.schema_version = 1,
		.request_id = SPAN("request"),
		.attempt_id = SPAN("attempt"),
		.perspective = SPAN("p1"),
		.role = ROLE_PRIMARY,
		.check_set = SET_DCV,
		.target = span_str(row->target),
		.budget_ms = BUDGET_MS,
		.dcv = { .present = true },
	};

	for (int i = 0; i < COUNT(methods); i++)
		if (strcmp(methods[i].name, row->method) == 0) {
			methods[i].want(&c);
			return c;
		}
	ck_abort_msg("%s: no such method: %s", row->id, row->method);
}

/* -- the probe */

static void start_with(int view, int64_t lookup_ms)
{
	struct span anchor[1] = { span_str(lab_anchor(lab, view)) };
	struct span root[1] = { span_str(lab_root(lab, view)) };
	struct span unused[2];
	struct frame settings = probe_world_settings(lab, unused, unused + 1);
	struct frame got;

	settings.settings.trust_anchors = (struct text_list){ anchor, 1 };
	settings.settings.root_servers = (struct text_list){ root, 1 };
	/* one cache serves them all */
	settings.settings.lookup_ms = lookup_ms;
	settings.settings.connect_ms = AMPLE_MS;
	settings.settings.resolver_window_ms = READ_MS;
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert_msg(probe_world_read(&world, READ_MS, &got), "no ready");
	ck_assert(got.kind == FRAME_READY);
}

/* A job's own time is what ends it. */
static void start_in_view(int view)
{
	start_with(view, AMPLE_MS);
}

static void end(void)
{
	int status = probe_world_end(&world);

	ck_assert_msg(status == 0, "the probe ended with %d", status);
}

static bool ends_by_time(const struct fault_row *row)
{
	return strcmp(row->result_class, "timed-out") == 0;
}

static void send_row_for(int64_t id, const struct fault_row *row,
                         int64_t budget_ms)
{
	struct check check = check_of(row);
	struct buf bytes = { 0 };

	check_encode(&check, &bytes);

	struct frame f = { .kind = FRAME_JOB,
		           .job = { .id = id,
		                    .check_set = check.check_set,
		                    .check = buf_span(&bytes),
		                    .budget_ms = budget_ms } };

	probe_world_send(&world, &f);
	buf_clear(&bytes);
}

static void send_row(int64_t id, const struct fault_row *row)
{
	send_row_for(id, row, ends_by_time(row) ? BUDGET_MS : AMPLE_MS);
}

static struct probe_done read_done(void)
{
	struct frame got;

	ck_assert_msg(probe_world_read(&world, READ_MS, &got),
	              "the probe is gone or hangs");
	ck_assert(got.kind == FRAME_DONE);
	ck_assert_uint_eq(got.done.kinds_count, 1);
	return got.done;
}

/* What its evidence says when it is judged again (promise 3). */
static bool replays(const struct check *check, const struct kind_result *r)
{
	struct evidence evidence;
	struct judgement again;
	const char *why = evidence_decode(r->evidence, world.arena, &evidence);

	ck_assert_msg(why == NULL, "%s", why);
	judge_replay(check, r->kind, &evidence, world.arena, &again);
	return again.result_class == r->result_class &&
	       again.reason == r->reason && span_eq(again.detail, r->detail) &&
	       again.looked_up_ms == r->looked_up_ms &&
	       again.expires_ms.v == r->expires_ms.v;
}

/* 0, or 1 and a line that says how it ended otherwise. */
static int wrong(const struct fault_row *row, const struct kind_result *r)
{
	const char *result_class = result_class_name(r->result_class);
	struct check check = check_of(row);

	if (!replays(&check, r)) {
		fprintf(stderr, "%s: replay differs\n", row->id);
		return 1;
	}
	if (strcmp(result_class, row->result_class) == 0 &&
	    strcmp(reason_name(r->reason), row->reason) == 0)
		return 0;
	fprintf(stderr, "%s: %s, %s: %.*s\n", row->id, result_class,
	        reason_name(r->reason), SPAN_ARG(r->detail));
	return 1;
}

/* -- tests */

/* Each with names of its own to look up. */
static struct fault_row healthy(int number)
{
	static const struct fault_row kinds[] = {
		{ "", "h%d.bulk.lab", "http-01", "corroborated",
		  "value-found" },
		{ "", "d%d.bulk.lab", "dns-01", "corroborated", "value-found" },
		{ "", "c%d.bulk.lab", "caa", "corroborated", "caa-permits" },
	};
	struct fault_row row = kinds[number % COUNT(kinds)];
	char prefix = row.target[0];

	row.target = arena_printf(arena, "%c%d.bulk.lab", prefix, number);
	row.id = row.target;
	return row;
}

/* a hostile target harms nothing but its own check, whichever row
   of dns.table or web.table it is. Those that end by their time come by
   themselves, so that no other takes it. */
START_TEST(faults_end_as_they_should)
{
	struct fault_row honest[FAULT_ROWS_MAX];
	size_t honest_count = 0;
	size_t sent = 0;
	size_t ended = 0;
	int bad = 0;

	start_in_view(1);
	for (size_t i = 0; i < rows_count; i++) {
		if (ends_by_time(&rows[i]) != (_i == 1))
			continue;
		send_row((int64_t)i + 1, &rows[i]);
		if (sent++ % HEALTHY_EACH != 0)
			continue;
		honest[honest_count] = healthy((int)honest_count);
		send_row((int64_t)(HEALTHY_FIRST + honest_count),
		         &honest[honest_count]);
		honest_count++;
	}
	for (; ended < sent + honest_count; ended++) {
		struct probe_done done = read_done();
		bool is_honest = done.id >= HEALTHY_FIRST;

		bad += wrong(is_honest ? &honest[done.id - HEALTHY_FIRST]
		                       : &rows[done.id - 1],
		             &done.kinds[0]);
	}
	end();
	ck_assert_msg(bad == 0, "%d of %zu checks ended otherwise", bad, ended);
}
END_TEST

/* each view has its own answer, and each perspective reads its own. */
START_TEST(views_get_their_own_answers)
{
	static const struct fault_row wants[] = {
		{ "view 1", "views-differ.dns.faults", "dns-01", "corroborated",
		  "value-found" },
		{ "view 2", "views-differ.dns.faults", "dns-01", "disagreed",
		  "value-not-found" },
	};

	start_in_view(_i + 1);
	send_row(1, &wants[_i]);
	ck_assert_int_eq(wrong(&wants[_i], &read_done().kinds[0]), 0);
	end();
}
END_TEST

/* two tries without an answer, and time left to look for the proof that
   there is none of. */
START_TEST(silence_of_a_signed_zone_is_not_forgiven)
{
	int sent = 0;
	int bad = 0;

	start_with(1, TRY_MS);
	for (size_t i = 0; i < rows_count; i++)
		if (ends_by_time(&rows[i]) &&
		    strcmp(rows[i].method, "caa-forgiving") == 0) {
			send_row_for((int64_t)i + 1, &rows[i], AMPLE_MS);
			sent++;
		}
	ck_assert_int_gt(sent, 2);
	for (; sent > 0; sent--) {
		struct probe_done done = read_done();

		bad += wrong(&rows[done.id - 1], &done.kinds[0]);
	}
	end();
	ck_assert_int_eq(bad, 0);
}
END_TEST

static int64_t ask_alone(const struct fault_row *row)
{
	struct evidence evidence;
	struct probe_done done;

	send_row(1, row);
	done = read_done();
	ck_assert_int_eq(wrong(row, &done.kinds[0]), 0);
	ck_assert_ptr_null(evidence_decode(done.kinds[0].evidence, world.arena,
	                                   &evidence));
	return evidence.resolver_context;
}

/* R-037, promise 5: what one applicant's server says of others is in no answer
   to others, although all share a cache. */
START_TEST(poison_does_not_stick)
{
	static const struct fault_row poison = { "poison", "poison.dns.faults",
		                                 "caa", "disagreed",
		                                 "caa-forbids" };
	static const struct fault_row after[] = {
		{ "victim", "victim.dns.faults", "caa", "disagreed",
		  "caa-forbids" },
		{ "victim's TXT", "victim.dns.faults", "dns-01", "disagreed",
		  "value-not-found" },
		{ "below the same parent", "good-signed.dns.faults", "caa",
		  "disagreed", "caa-forbids" },
		{ "below another", "poisoned.bulk.lab", "caa", "corroborated",
		  "caa-permits" },
	};
	int64_t context;

	start_in_view(1);
	context = ask_alone(&poison);
	for (int i = 0; i < COUNT(after); i++)
		ck_assert_int_eq(ask_alone(&after[i]), context);
	end();
}
END_TEST

static int run_all(void)
{
	TCase *tc = tcase_create("faults");

	tcase_set_timeout(tc, 240);
	tcase_add_loop_test(tc, faults_end_as_they_should, 0, 2);
	tcase_add_test(tc, silence_of_a_signed_zone_is_not_forgiven);
	tcase_add_test(tc, poison_does_not_stick);
	tcase_add_loop_test(tc, views_get_their_own_answers, 0, 2);
	return run_case(tc);
}

int main(void)
{
	pid_t pids[COUNT(servers)];
	const char *why;
	int status;

	lab = lab_world_new(2, &why);
	if (lab == NULL) {
		printf("skipped: %s\n", why);
		return 77;
	}
	arena = arena_new();
	for (int i = 0; i < COUNT(tables); i++)
		fault_rows_read(tables[i], arena, rows, &rows_count);
	for (int i = 0; i < COUNT(servers); i++)
		pids[i] = fault_server_start(servers[i], lab);
	status = run_all();
	for (int i = 0; i < COUNT(servers); i++)
		if (!fault_server_end(pids[i])) {
			fprintf(stderr, "%s had ended\n", servers[i]);
			status = EXIT_FAILURE;
		}
	arena_free(&arena);
	lab_world_free(&lab);
	return status;
}
