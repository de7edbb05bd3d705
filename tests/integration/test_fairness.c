/*
 * One hostile target harms only itself (promise 7): a worker over the embedded
 * broker whose probes' checks hang where their names say (evil_probe.c). What
 * is asserted is who is answered, how, and in which order; never how fast.
 */
#include "tests/support/run.h"
#include "tests/support/worker_world.h"

#include "base/clock.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PLACE_MAX = 4,
	ZONE_MAX = 6,
	WAITING_MAX = 5,
	IN_FLIGHT_MAX = 20,
	AMPLE_MS = 60000,
	SHORT_MS = 1500
};

static struct worker_world w;
static int sent;

static void setup(void)
{
	ww_open(&w, "fairness {\n hang_time = 100ms\n hanging_max = 4\n"
	            " hanging_zone_max = 6\n hanging_address_max = 10\n"
	            " waiting_zone_max = 5\n waiting_max = 12\n}\n");
	w.conf.in_flight_max = IN_FLIGHT_MAX;
	sent = 0;
	ww_start(&w);
}

static void teardown(void)
{
	ww_close(&w);
}

/* The checks are called n0, n1 ... in the order in which they are sent. */
static void send(const char *target, int64_t limit_ms)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "n%d", sent++);
	struct check c = ww_check(id, target);

	c.budget_ms = limit_ms;
	c.deadline_ms = clock_wall_ms() + limit_ms;
	ww_send(&w, &c);
}

static void send_many(int count, const char *target, int64_t limit_ms)
{
	while (count-- > 0)
		send(target, limit_ms);
}

static int count_reason(enum reason reason)
{
	int count = 0;

	for (const struct got_result *g = w.results; g != NULL; g = g->next)
		count += g->result.kinds[0].reason == reason;
	return count;
}

static struct turnstile_figures now(void)
{
	return fairness_figures(w.worker->fairness);
}

struct picture {
	size_t hanging, waiting;
	int results;
};

static bool looks_so(void *arg)
{
	const struct picture *p = arg;
	struct turnstile_figures f = now();

	ck_assert_uint_le(worker_in_flight(w.worker), IN_FLIGHT_MAX);
	return f.hanging == p->hanging && f.waiting == p->waiting &&
	       w.results_count >= p->results;
}

static void wait_until(size_t hanging, size_t waiting, int results)
{
	struct picture p = { hanging, waiting, results };

	world_run(&w.kafka, "hanging, waiting, answered", looks_so, &p);
	ck_assert_int_eq(w.results_count, results);
}

/* The oldest that hangs in the probe is answered, and somebody else may go. */
static void free_one(void)
{
	int before = w.results_count;

	send("free.operator.example", AMPLE_MS);
	ww_wait_results(&w, before + 2);
}

static const struct got_result *result_of(int n)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "n%d", n);
	ck_assert_int_eq(ww_count(&w, id), 1);
	return ww_result(&w, id, 0);
}

static void expect(int n, enum reason reason)
{
	const struct got_result *g = result_of(n);

	ck_assert_uint_eq(g->result.kinds_count, 2);
	ck_assert_msg(g->result.kinds[0].reason == reason, "n%d: %s, not %s", n,
	              reason_name(g->result.kinds[0].reason),
	              reason_name(reason));
}

/* three times as many as may be in flight hang; others at the same
   address (a CDN's), and elsewhere, do not notice. */
static void one_tenant_hangs_and_its_neighbours_pass(void)
{
	int bad = 3 * IN_FLIGHT_MAX, good = 40;

	send_many(bad, "mute1.bad.example", AMPLE_MS);
	send_many(good, "honest.good.example", AMPLE_MS);
	wait_until(PLACE_MAX, WAITING_MAX,
	           bad - PLACE_MAX - WAITING_MAX + good);
	ck_assert_int_eq(count_reason(REASON_TARGET_BUSY),
	                 bad - PLACE_MAX - WAITING_MAX);
	for (int i = bad; i < bad + good; i++)
		expect(i, REASON_VALUE_FOUND);
	/* a tenant that is slow at that address, and a bad one's other host */
	send_many(PLACE_MAX, "mute1.slow.example", AMPLE_MS);
	send_many(1, "mute2.bad.example", AMPLE_MS);
	wait_until(2 * PLACE_MAX + 1, WAITING_MAX, w.results_count);
	ck_assert_int_eq(count_reason(REASON_TARGET_BUSY),
	                 bad - PLACE_MAX - WAITING_MAX);
}

/* every address of a /64, of a /24, is asked about, and the name servers
   of the reverse zone are mute: that is one applicant. */
static void addresses_of_a_reverse_zone_are_one(void)
{
	int of_each = PLACE_MAX + WAITING_MAX + 1;
	char target[ADDR_TEXT_MAX];

	for (int i = 0; i < of_each; i++) {
		(void)snprintf(target, sizeof(target), "2001:db8:0:7:%x::1", i);
		send(target, AMPLE_MS);
		(void)snprintf(target, sizeof(target), "192.0.2.%d", i);
		send(target, AMPLE_MS);
	}
	wait_until((size_t)2 * PLACE_MAX, (size_t)2 * WAITING_MAX, 2);
	ck_assert_int_eq(count_reason(REASON_TARGET_BUSY), 2);
	send("2001:db8:0:8::1", AMPLE_MS);
	wait_until((size_t)2 * PLACE_MAX + 1, (size_t)2 * WAITING_MAX, 2);
}

/* An address's ceiling makes all queue there, and refuses nobody. */
static void address_of_many_tenants_queues(void)
{
	char target[32];

	for (int i = 0; i < 12; i++) {
		(void)snprintf(target, sizeof(target), "mute1.t%d.example", i);
		send(target, AMPLE_MS);
	}
	send_many(3, "honest.good.example", AMPLE_MS);
	wait_until(10, 2, 3);
	free_one();
	wait_until(10, 1, 5);
	ck_assert_int_eq(count_reason(REASON_TARGET_BUSY), 0);
}

/* First come, first served; who had its turn after waiting passes like any. */
static void order_is_kept(void)
{
	const struct got_result *g;
	int last = -1;

	for (int i = 0; i < PLACE_MAX + WAITING_MAX; i++) {
		send("mute1.bad.example", AMPLE_MS);
		wait_until((size_t)(i < PLACE_MAX ? i + 1 : PLACE_MAX),
		           (size_t)(i < PLACE_MAX ? 0 : i + 1 - PLACE_MAX), 0);
	}
	for (int i = 0; i < PLACE_MAX + WAITING_MAX; i++)
		free_one();
	wait_until(0, 0, sent);
	for (g = w.results; g != NULL; g = g->next) {
		uint64_t n = 0;

		ck_assert(text_u64(span_sub(g->result.request_id, 1, SIZE_MAX),
		                   INT32_MAX, &n));
		if (n >= PLACE_MAX + WAITING_MAX)
			continue; /* "free" */
		ck_assert_int_gt((int)n, last);
		last = (int)n;
		ck_assert(span_is(g->result.kinds[0].detail, "freed"));
		ck_assert_int_eq(g->result.tries, 1);
	}
	ck_assert_int_eq(last, PLACE_MAX + WAITING_MAX - 1);
}

/* Where a zone's name servers hang nothing of it is even begun; its time runs
   all the same, and the answer says that it never had a turn. */
static void waiting_ends_with_the_deadline(void)
{
	send_many(PLACE_MAX, "mute0.bad.example", AMPLE_MS);
	wait_until(PLACE_MAX, 0, 0);
	send_many(2, "honest.bad.example", SHORT_MS);
	send("honest.good.example", AMPLE_MS);
	ww_wait_results(&w, 3);
	for (int i = PLACE_MAX; i < PLACE_MAX + 2; i++) {
		expect(i, REASON_TIMEOUT_QUEUED);
		ck_assert_int_eq(result_of(i)->result.tries, 0);
		ck_assert_int_ge(span_find(result_of(i)->result.kinds[0].detail,
		                           SPAN("never had its turn")),
		                 0);
	}
	free_one();
	send("honest.bad.example", AMPLE_MS);
	ww_wait_results(&w, 6);
	expect(sent - 1, REASON_VALUE_FOUND);
}

/* One that hung itself says that. */
static void taken_back_and_then_out_of_time(void)
{
	send_many(PLACE_MAX, "mute1.bad.example", AMPLE_MS);
	wait_until(PLACE_MAX, 0, 0);
	send("mute1.bad.example", SHORT_MS);
	ww_wait_results(&w, 1);
	expect(PLACE_MAX, REASON_TIMEOUT_QUEUED);
	ck_assert_int_eq(span_find(result_of(PLACE_MAX)->result.kinds[0].detail,
	                           SPAN("hung, was taken back")),
	                 0);
}

static bool all_answered(void *arg)
{
	char id[16];

	for (int i = 0; i < *(int *)arg; i++) {
		(void)snprintf(id, sizeof(id), "n%d", i);
		if (ww_count(&w, id) == 0)
			return false;
	}
	return true;
}

/* A probe's death is nothing to those that wait: they were not in it. */
static void probe_dies_while_others_wait(void)
{
	int all = PLACE_MAX + WAITING_MAX;

	send_many(PLACE_MAX, "mute0.bad.example", (int64_t)3 * SHORT_MS);
	wait_until(PLACE_MAX, 0, 0);
	send_many(WAITING_MAX, "honest.bad.example", AMPLE_MS);
	wait_until(PLACE_MAX, WAITING_MAX, 0);
	ww_kill_probes();
	world_run(&w.kafka, "all results", all_answered, &all);
	for (int i = 0; i < PLACE_MAX; i++) {
		expect(i, REASON_TIMEOUT_READ); /* alone, to their end */
		ck_assert_int_eq(result_of(i)->result.tries, 2);
	}
	for (int i = PLACE_MAX; i < all; i++) {
		expect(i, REASON_VALUE_FOUND);
		ck_assert_int_eq(result_of(i)->result.tries, 1);
	}
}

/* What kills a probe by being taken back was present at its death: it runs
   once more, alone, and not among others. */
static void taken_back_at_a_death_runs_alone(void)
{
	send_many(PLACE_MAX, "mute1.bad.example", (int64_t)2 * SHORT_MS);
	wait_until(PLACE_MAX, 0, 0);
	send("mutedies.bad.example", (int64_t)4 * SHORT_MS);
	/* the others' second runs are not told of: they stay counted */
	wait_until(PLACE_MAX, 1, 0);
	ww_wait_results(&w, PLACE_MAX + 1); /* all alone till their ends */
	for (int i = 0; i <= PLACE_MAX; i++) {
		expect(i, REASON_TIMEOUT_READ);
		ck_assert_int_eq(result_of(i)->result.tries, 2);
	}
	send("honest.good.example", AMPLE_MS);
	ww_wait_results(&w, PLACE_MAX + 2);
	expect(sent - 1, REASON_VALUE_FOUND);
}

static bool all_run_alone(void *arg)
{
	struct probe_pool_figures f = probe_pool_figures(w.worker->pool);

	return f.reruns >= *(int *)arg + PLACE_MAX && f.running >= PLACE_MAX;
}

/* A zone that is set aside while checks of it wait: none of them gets a
   turn among others'. */
static void set_aside_while_others_wait(void)
{
	int all = PLACE_MAX + WAITING_MAX;
	int before = (int)probe_pool_figures(w.worker->pool).reruns;

	send_many(PLACE_MAX, "mute0.crash.example", AMPLE_MS);
	wait_until(PLACE_MAX, 0, 0);
	send_many(WAITING_MAX, "honest.crash.example", AMPLE_MS);
	wait_until(PLACE_MAX, WAITING_MAX, 0);
	ww_kill_probes();
	world_run(&w.kafka, "second runs", all_run_alone, &before);
	ww_kill_probes();
	world_run(&w.kafka, "all results", all_answered, &all);
	for (int i = 0; i < PLACE_MAX; i++)
		expect(i, REASON_PROBE_CRASHED);
	for (int i = PLACE_MAX; i < all; i++) {
		expect(i, REASON_ZONE_SET_ASIDE);
		ck_assert_int_eq(result_of(i)->result.tries, 0);
	}
	wait_until(0, 0, all);
}

/* SIGTERM: those that wait are answered like those that run. */
static void drain_answers_those_that_wait(void)
{
	int all = PLACE_MAX + WAITING_MAX;

	w.conf.drain_ms = 300;
	send_many(all, "mute1.bad.example", AMPLE_MS);
	wait_until(PLACE_MAX, WAITING_MAX, 0);
	ww_drain(&w);
	world_run(&w.kafka, "all results", all_answered, &all);
	for (int i = 0; i < all; i++)
		expect(i, REASON_WORKER_DRAINING);
	/* and committed */
	ww_start(&w);
	send("honest.good.example", AMPLE_MS);
	ww_wait_results(&w, all + 1);
	for (int i = 0; i < all; i++)
		expect(i, REASON_WORKER_DRAINING);
}

/* ... and given their turn as long as there is time. */
static void drain_lets_those_that_wait_have_their_turn(void)
{
	int all = PLACE_MAX + WAITING_MAX;

	w.conf.drain_ms = AMPLE_MS;
	send_many(PLACE_MAX, "mute1.bad.example", SHORT_MS);
	wait_until(PLACE_MAX, 0, 0);
	send_many(WAITING_MAX, "mute1.bad.example", (int64_t)3 * SHORT_MS);
	wait_until(PLACE_MAX, WAITING_MAX, 0);
	ww_drain(&w);
	world_run(&w.kafka, "all results", all_answered, &all);
	for (int i = PLACE_MAX; i < 2 * PLACE_MAX; i++)
		ck_assert_int_eq(result_of(i)->result.tries, 1);
}

/* Their partitions go to another worker: they are answered here, and since
   nothing of them was committed there too. */
static void revoked_while_they_wait(void)
{
	int all = PLACE_MAX + WAITING_MAX;

	send_many(all, "mute1.bad.example", (int64_t)4 * SHORT_MS);
	wait_until(PLACE_MAX, WAITING_MAX, 0);
	ww_start_second(&w);
	world_run(&w.kafka, "all results", all_answered, &all);
	while (now().hanging + now().waiting > 0)
		world_pass(&w.kafka, 20);
}

/* A check that hangs holds its partition's mark, and nothing else: what was
   read behind it is answered, and taken in, without it. */
static void what_hangs_holds_up_no_results(void)
{
	int good = 5 * IN_FLIGHT_MAX;

	send("mute1.bad.example", AMPLE_MS);
	wait_until(1, 0, 0);
	send_many(good, "honest.good.example", AMPLE_MS);
	wait_until(1, 0, good);
	free_one();
	wait_until(0, 0, good + 2);
}

static void figures(void)
{
	static const char refused[] =
		"mpic_worker_results_total{kind=\"dcv\",class=\"error\","
		"reason=\"target-busy\"} 3\n";
	static const char *const wanted[] = {
		"mpic_worker_checks_hanging 4\n",
		"mpic_worker_checks_waiting 5\n",
		"mpic_worker_checks_taken_back_total ",
		refused,
	};
	struct buf text = { 0 };

	send_many(PLACE_MAX + WAITING_MAX + 3, "mute1.bad.example", AMPLE_MS);
	wait_until(PLACE_MAX, WAITING_MAX, 3);
	metrics_render(w.metrics, &text);
	for (int i = 0; i < COUNT(wanted); i++)
		ck_assert_msg(strstr(buf_cstr(&text), wanted[i]) != NULL,
		              "not there: %s in\n%s", wanted[i],
		              buf_cstr(&text));
	ck_assert_ptr_null(strstr(buf_cstr(&text), "bad.example"));
	buf_clear(&text);
}

/* A group takes three seconds to join: several cases share one. */
#define WORLDS_CASES 8

static const struct one_world {
	const char *what;
	void (*cases[WORLDS_CASES])(void);
} worlds[] = {
	{ "neighbours and time",
	  { figures, one_tenant_hangs_and_its_neighbours_pass,
	    what_hangs_holds_up_no_results, addresses_of_a_reverse_zone_are_one,
	    address_of_many_tenants_queues, order_is_kept,
	    waiting_ends_with_the_deadline, taken_back_and_then_out_of_time } },
	{ "deaths",
	  { probe_dies_while_others_wait, taken_back_at_a_death_runs_alone,
	    set_aside_while_others_wait } },
	{ "ends",
	  { drain_answers_those_that_wait,
	    drain_lets_those_that_wait_have_their_turn } },
	{ "revoke", { revoked_while_they_wait } },
};

static void nobody_hangs(void)
{
	while (w.worker != NULL && now().hanging > 0)
		free_one();
	w.results = NULL;
	w.results_end = &w.results;
	w.results_count = 0;
	sent = 0;
}

START_TEST(in_one_world)
{
	const struct one_world *one = &worlds[_i];

	for (int i = 0; i < WORLDS_CASES && one->cases[i] != NULL; i++) {
		nobody_hangs();
		one->cases[i]();
	}
}
END_TEST

/* Check writes what it did into a file, which can't be the others', too. */
static void take_own_tap(int n)
{
	const char *shared = getenv("CK_TAP_LOG_FILE_NAME");
	char own[PATH_MAX];

	if (shared == NULL)
		return;
	snprintf(own, sizeof(own), "%s.%d", shared, n);
	setenv("CK_TAP_LOG_FILE_NAME", own, 1);
}

static int run_world(int n)
{
	TCase *tc = tcase_create(worlds[n].what);

	take_own_tap(n);
	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, in_one_world, n, n + 1);
	return run_case(tc);
}

/* Nearly all of their time is waiting for deadlines: side by side. */
int main(void)
{
	pid_t pids[COUNT(worlds)];
	int exit_code = EXIT_SUCCESS;

	for (int i = 0; i < COUNT(worlds); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			return run_world(i);
	}
	for (int i = 0; i < COUNT(worlds); i++) {
		int status = -1;

		if (pids[i] < 0 || waitpid(pids[i], &status, 0) != pids[i] ||
		    status != 0)
			exit_code = EXIT_FAILURE;
	}
	return exit_code;
}
