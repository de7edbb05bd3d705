/* Targets that fight back: what each row of tests/fixtures/faults/ *.table must
   end in, all at once and in one probe, with honest targets among them. */
#include "tests/support/fault_world.h"
#include "tests/support/probe_jobs.h"
#include "tests/support/run.h"

#include <stdio.h>

enum {
	BUDGET_MS = 8000,      /* of what is meant to run out of time */
	VIEW_BUDGET_MS = 3000, /* the same, of few checks at once */
	AMPLE_MS = 60000,      /* of what is not, however busy the machine */
	READ_MS = 90000,
	TRY_MS = 2000,        /* of a lookup, where both tries have to end */
	HEALTHY_EACH = 6,     /* an honest target after so many others */
	HEALTHY_FIRST = 1000, /* their job ids; those of rows are below */
	VIEWS = 3
};

static const char *const tables[] = { "dns.table", "web.table" };
static const char *const servers[] = { "dns.py", "web.py" };

static struct lab_world *lab;
static struct arena *arena;
static struct fault_row rows[FAULT_ROWS_MAX];
static size_t rows_count;
static struct fault_row view_rows[FAULT_ROWS_MAX];
static size_t view_rows_count;

/* -- the probe */

static void start_with(struct probe_world *world, int view, int64_t lookup_ms)
{
	struct span anchor[1] = { span_str(lab_anchor(lab, view)) };
	struct span root[1] = { span_str(lab_root(lab, view)) };
	struct span unused[2];
	struct frame settings = probe_world_settings(lab, unused, unused + 1);

	settings.settings.trust_anchors = (struct text_list){ anchor, 1 };
	settings.settings.root_servers = (struct text_list){ root, 1 };
	/* one cache serves them all */
	settings.settings.lookup_ms = lookup_ms;
	settings.settings.connect_ms = AMPLE_MS;
	settings.settings.resolver_window_ms = READ_MS;
	(void)probe_start(world, &settings, READ_MS);
}

/* A job's own time is what ends it. */
static void start_in_view(struct probe_world *world, int view)
{
	start_with(world, view, AMPLE_MS);
}

static bool ends_by_time(const struct fault_row *row)
{
	return strcmp(row->result_class, "timed-out") == 0;
}

static void send_row_for(struct probe_world *world, int64_t id,
                         const struct fault_row *row, int64_t budget_ms)
{
	struct check check = probe_check(lab, row->method, row->target);

	probe_job_send(world, id, &check, budget_ms);
}

static void send_row(struct probe_world *world, int64_t id,
                     const struct fault_row *row)
{
	send_row_for(world, id, row, ends_by_time(row) ? BUDGET_MS : AMPLE_MS);
}

static struct probe_done read_done(struct probe_world *world)
{
	struct probe_done done = probe_job_done(world, READ_MS);

	ck_assert_uint_eq(done.kinds_count, 1);
	return done;
}

/* 0, or 1 and a line that says how it ended otherwise. */
static int wrong(struct probe_world *world, const struct fault_row *row,
                 const struct kind_result *r)
{
	const char *result_class = result_class_name(r->result_class);
	struct check check = probe_check(lab, row->method, row->target);
	struct evidence evidence;

	if (!probe_replays(world, &check, r, &evidence)) {
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

/* What ran out of time before it came to where that was meant, as it may where
   the machine is busy: once more, with ample time. Returns how many end
   otherwise then, too. */
static int still_wrong(struct probe_world *world,
                       const struct fault_row *const *hasty, size_t count)
{
	int bad = 0;

	for (size_t i = 0; i < count; i++)
		send_row_for(world, (int64_t)i + 1, hasty[i], AMPLE_MS);
	for (size_t i = 0; i < count; i++) {
		struct probe_done done = read_done(world);

		bad += wrong(world, hasty[done.id - 1], &done.kinds[0]);
	}
	return bad;
}

/* -- tests */

/* Each with names of its own to look up. */
static struct fault_row healthy(int number)
{
	static const struct fault_row kinds[] = {
		{ "", 1, "h%d.bulk.lab", "http-01", "corroborated",
		  "value-found" },
		{ "", 1, "d%d.bulk.lab", "dns-01", "corroborated",
		  "value-found" },
		{ "", 1, "c%d.bulk.lab", "caa", "corroborated", "caa-permits" },
	};
	struct fault_row row = kinds[number % COUNT(kinds)];
	char prefix = row.target[0];

	row.target = arena_printf(arena, "%c%d.bulk.lab", prefix, number);
	row.id = row.target;
	return row;
}

/* a hostile target harms nothing but its own check, whichever row
   of dns.table or web.table it is. Those that end by their time come by
   themselves, so that no other takes it. R-101: of each, the same judge
   concludes the same from the evidence alone. */
START_TEST(faults_end_as_they_should)
{
	struct fault_row honest[FAULT_ROWS_MAX];
	const struct fault_row *hasty[FAULT_ROWS_MAX];
	size_t hasty_count = 0;
	struct probe_world world;
	size_t honest_count = 0;
	size_t sent = 0;
	size_t ended = 0;
	int bad = 0;

	start_in_view(&world, 1);
	for (size_t i = 0; i < rows_count; i++) {
		if (ends_by_time(&rows[i]) != (_i == 1))
			continue;
		send_row(&world, (int64_t)i + 1, &rows[i]);
		if (sent++ % HEALTHY_EACH != 0)
			continue;
		honest[honest_count] = healthy((int)honest_count);
		send_row(&world, (int64_t)(HEALTHY_FIRST + honest_count),
		         &honest[honest_count]);
		honest_count++;
	}
	for (; ended < sent + honest_count; ended++) {
		struct probe_done done = read_done(&world);
		const struct fault_row *row =
			done.id >= HEALTHY_FIRST
				? &honest[done.id - HEALTHY_FIRST]
				: &rows[done.id - 1];

		if (wrong(&world, row, &done.kinds[0]) == 0)
			continue;
		if (done.kinds[0].result_class == CLASS_TIMED_OUT)
			hasty[hasty_count++] = row;
		else
			bad++;
	}
	bad += still_wrong(&world, hasty, hasty_count);
	probe_end_with(&world, 0);
	ck_assert_msg(bad == 0, "%d of %zu checks ended otherwise", bad, ended);
}
END_TEST

static int wrong_in_view(struct probe_world *world, int view)
{
	const struct fault_row *hasty[FAULT_ROWS_MAX];
	size_t hasty_count = 0;
	int sent = 0;
	int bad = 0;

	for (size_t i = 0; i < view_rows_count; i++)
		sent += view_rows[i].view == view;
	ck_assert_int_gt(sent, 10);
	for (; sent > 0; sent--) {
		struct probe_done done = read_done(world);
		const struct fault_row *row = &view_rows[done.id - 1];

		ck_assert_int_eq(row->view, view);
		if (wrong(world, row, &done.kinds[0]) == 0)
			continue;
		if (done.kinds[0].result_class == CLASS_TIMED_OUT)
			hasty[hasty_count++] = row;
		else
			bad++;
	}
	return bad + still_wrong(world, hasty, hasty_count);
}

/* each view has its own answer, and each perspective reads its own: all
   at once, each by a probe of its own. */
START_TEST(views_get_their_own_answers)
{
	struct probe_world worlds[VIEWS];
	int bad = 0;

	for (int v = 0; v < VIEWS; v++)
		start_in_view(&worlds[v], v + 1);
	for (size_t i = 0; i < view_rows_count; i++) {
		int view = view_rows[i].view;

		ck_assert_int_le(view, VIEWS);
		send_row_for(&worlds[view - 1], (int64_t)i + 1, &view_rows[i],
		             ends_by_time(&view_rows[i]) ? VIEW_BUDGET_MS
		                                         : AMPLE_MS);
	}
	for (int v = 0; v < VIEWS; v++)
		bad += wrong_in_view(&worlds[v], v + 1);
	for (int v = 0; v < VIEWS; v++)
		probe_end_with(&worlds[v], 0);
	ck_assert_msg(bad == 0, "%d of %zu checks ended otherwise", bad,
	              view_rows_count);
}
END_TEST

/* two tries without an answer, and time left to look for the proof that
   there is none of. */
START_TEST(silence_of_a_signed_zone_is_not_forgiven)
{
	struct probe_world world;
	int sent = 0;
	int bad = 0;

	start_with(&world, 1, TRY_MS);
	for (size_t i = 0; i < rows_count; i++)
		if (ends_by_time(&rows[i]) &&
		    strcmp(rows[i].method, "caa-forgiving") == 0) {
			send_row_for(&world, (int64_t)i + 1, &rows[i],
			             AMPLE_MS);
			sent++;
		}
	ck_assert_int_gt(sent, 2);
	for (; sent > 0; sent--) {
		struct probe_done done = read_done(&world);

		bad += wrong(&world, &rows[done.id - 1], &done.kinds[0]);
	}
	probe_end_with(&world, 0);
	ck_assert_int_eq(bad, 0);
}
END_TEST

static int64_t ask_alone(struct probe_world *world, const struct fault_row *row)
{
	struct evidence evidence;
	struct probe_done done;

	send_row(world, 1, row);
	done = read_done(world);
	ck_assert_int_eq(wrong(world, row, &done.kinds[0]), 0);
	ck_assert_ptr_null(evidence_decode(done.kinds[0].evidence, world->arena,
	                                   &evidence));
	return evidence.resolver_context;
}

/* R-037, promise 5: what one applicant's server says of others is in no answer
   to others, although all share a cache. */
START_TEST(poison_does_not_stick)
{
	static const struct fault_row poison = {
		"poison", 1,           "poison.dns.faults",
		"caa",    "disagreed", "caa-forbids"
	};
	static const struct fault_row after[] = {
		{ "victim", 1, "victim.dns.faults", "caa", "disagreed",
		  "caa-forbids" },
		{ "victim's TXT", 1, "victim.dns.faults", "dns-01", "disagreed",
		  "value-not-found" },
		{ "below the same parent", 1, "good-signed.dns.faults", "caa",
		  "disagreed", "caa-forbids" },
		{ "below another", 1, "poisoned.bulk.lab", "caa",
		  "corroborated", "caa-permits" },
	};
	struct probe_world world;
	int64_t context;

	start_in_view(&world, 1);
	context = ask_alone(&world, &poison);
	for (int i = 0; i < COUNT(after); i++)
		ck_assert_int_eq(ask_alone(&world, &after[i]), context);
	probe_end_with(&world, 0);
}
END_TEST

static int run_all(void)
{
	TCase *tc = tcase_create("faults");

	tcase_set_timeout(tc, 240);
	tcase_add_loop_test(tc, faults_end_as_they_should, 0, 2);
	tcase_add_test(tc, silence_of_a_signed_zone_is_not_forgiven);
	tcase_add_test(tc, poison_does_not_stick);
	tcase_add_test(tc, views_get_their_own_answers);
	return run_case(tc);
}

int main(void)
{
	pid_t pids[COUNT(servers)];
	int status;

	lab = lab_world_new(VIEWS);
	if (lab == NULL)
		return LAB_SKIPPED;
	arena = arena_new();
	for (int i = 0; i < COUNT(tables); i++)
		fault_rows_read(tables[i], arena, rows, &rows_count);
	fault_rows_read("views.table", arena, view_rows, &view_rows_count);
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
