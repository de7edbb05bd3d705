/*
 * The worker over the embedded broker: signed checks in, signed results out,
 * whatever becomes of its probes (design, sections 2 and 7).
 */
#include "tests/support/run.h"
#include "tests/support/worker_world.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>

static struct worker_world w;

static void setup(void)
{
	ww_open(&w, "");
}

static void teardown(void)
{
	ww_close(&w);
}

/* who, what and when are the worker's own words. */
START_TEST(result_says_what_the_check_said)
{
	struct check c = ww_check("one", "honest.example.com");
	const struct got_result *g;
	const struct result *r;

	ww_start(&w);
	g = ww_answer(&w, "one", "honest.example.com");
	r = &g->result;
	ww_expect(g, CLASS_CORROBORATED, REASON_UNKNOWN);
	ck_assert(span_is(g->key, "one"));
	ck_assert(span_is(g->traceparent, "00-trace"));
	ck_assert_int_eq(g->partition, 1);
	ck_assert(span_eq(r->attempt_id, c.attempt_id));
	ck_assert(span_is(r->perspective, "fra")); /* boulder-X10 */
	ck_assert(span_is(r->instance, "w1"));
	ck_assert(digest_eq(&r->plan, &c.plan));
	ck_assert_int_eq(r->tries, 1);
	ck_assert_int_ge(r->probe_generation, 1);
	ck_assert_int_ge(r->finished_ms, r->started_ms);
	ck_assert_int_le(r->started_ms, clock_wall_ms());
	ck_assert(span_find(r->versions, SPAN("mpic/")) == 0);
	ck_assert(span_find(r->versions, SPAN("libunbound/1.17.1")) > 0);
	ck_assert(r->vulnerable_resolver_accepted);
	ck_assert(span_is(r->kinds[0].evidence, "evidence"));
}
END_TEST

/* -- what is no check for us -- */

enum bad {
	BAD_UNSIGNED,
	BAD_STRANGER,
	BAD_ROLE,
	BAD_ALTERED,
	BAD_DEPLOYMENT,
	BAD_NOT_LAB,
	BAD_TYPE,
	BAD_GARBAGE,
	BAD_EMPTY,
	BAD_OVERSIZED,
	BAD_PERSPECTIVE,
	BAD_PARTITION,
};

static const struct refusal {
	const char *what;
	enum bad bad;
	const char *reason;
	const char *detail; /* NULL: any */
} refusals[] = {
	{ "unsigned", BAD_UNSIGNED, "untrusted", "unsigned" },
	{ "a key that is not pinned", BAD_STRANGER, "untrusted",
	  "unknown-key" },
	{ "a worker's key", BAD_ROLE, "untrusted", "wrong-role" },
	{ "altered", BAD_ALTERED, "untrusted", "bad-signature" },
	{ "another deployment's", BAD_DEPLOYMENT, "untrusted",
	  "bad-signature" },
	{ "not a lab's", BAD_NOT_LAB, "untrusted", "bad-signature" },
	{ "another type of record", BAD_TYPE, "untrusted", "bad-signature" },
	{ "signed garbage", BAD_GARBAGE, "undecodable", NULL },
	{ "signed nothing", BAD_EMPTY, "undecodable", NULL },
	{ "oversized", BAD_OVERSIZED, "oversized", NULL },
	{ "another perspective's", BAD_PERSPECTIVE, "misrouted", NULL },
	{ "a results partition that is not", BAD_PARTITION, "misrouted", NULL },
};

static void send_bad(enum bad bad)
{
	static uint8_t large[CHECK_MAX + 1];
	struct sign_domain d = ww_domain(SIGN_CHECK);
	struct check c = ww_check("bad", "honest.example.com");
	struct signing_key *key = w.coordinator_key;
	struct buf value = { 0 };

	if (bad == BAD_PERSPECTIVE)
		c.perspective = SPAN("nyc");
	if (bad == BAD_PARTITION)
		c.results_partition = WW_PARTITIONS;
	check_encode(&c, &value);
	if (bad == BAD_GARBAGE)
		value.p[0] = 0xc1;
	if (bad == BAD_EMPTY)
		value.len = 0;
	if (bad == BAD_OVERSIZED) {
		value.len = 0;
		buf_add(&value, large, sizeof(large));
	}
	if (bad == BAD_UNSIGNED)
		key = NULL;
	if (bad == BAD_STRANGER)
		key = w.stranger_key;
	if (bad == BAD_ROLE)
		key = w.worker_key;
	if (bad == BAD_DEPLOYMENT)
		d.deployment = "other";
	if (bad == BAD_NOT_LAB)
		d.lab = false;
	if (bad == BAD_TYPE)
		d.record_type = SIGN_ATTEMPT;
	if (bad == BAD_ALTERED) {
		/* the signature of another value */
		struct buf text = { 0 };
		struct kafka_header header = { RECORD_SIGNATURE_HEADER, { 0 } };
		struct kafka_record r = { .topic = w.deployment.checks,
			                  .partition = 0,
			                  .headers = &header,
			                  .header_count = 1 };

		record_sign(key, &d, buf_span(&value), &text);
		value.p[value.len - 1] ^= 1;
		header.value = buf_span(&text);
		r.value = buf_span(&value);
		ck_assert_int_eq(kafka_out_send(w.out, &r, NULL, NULL),
		                 KAFKA_SENT);
		buf_clear(&text);
	} else {
		ww_send_bytes(&w, buf_span(&value), key, &d, NULL);
	}
	buf_clear(&value);
}

static void expect_dead(const struct got_dead *d, int n)
{
	const struct refusal *r = &refusals[n];
	char offset[16];

	(void)snprintf(offset, sizeof(offset), "%d", n);
	ck_assert_msg(span_is(d->reason, r->reason), "%s: %.*s", r->what,
	              SPAN_ARG(d->reason));
	ck_assert_msg(r->detail == NULL || span_is(d->detail, r->detail),
	              "%s: %.*s", r->what, SPAN_ARG(d->detail));
	ck_assert(span_is(d->topic, "mpic.checks.fra"));
	ck_assert(span_is(d->partition, "0"));
	ck_assert(span_is(d->offset, offset));
}

/* One dead letter each that says why; the next check is done; after a restart
   none of them comes again. */
START_TEST(refused_once_and_passed_over)
{
	const struct got_dead *d;
	int n = 0;

	ww_start(&w);
	for (int i = 0; i < COUNT(refusals); i++)
		send_bad(refusals[i].bad);
	(void)ww_answer(&w, "next", "honest.example.com");
	ww_wait_dead(&w, COUNT(refusals));
	for (d = w.dead; d != NULL; d = d->next)
		expect_dead(d, n++);
	ww_drain(&w);
	ww_start(&w);
	(void)ww_answer(&w, "last", "honest.example.com");
	ck_assert_int_eq(w.dead_count, COUNT(refusals));
	ck_assert_int_eq(w.results_count, 2);
	ck_assert_int_eq(ww_count(&w, "bad"), 0);
}
END_TEST

/* too late is said without work. */
START_TEST(expired_is_answered_without_work)
{
	struct check late = ww_check("late", "honest.example.com");
	struct check spent = ww_check("spent", "honest.example.com");

	ww_start(&w);
	late.deadline_ms = clock_wall_ms() - 1;
	spent.budget_ms = 0;
	ww_send(&w, &late);
	ww_send(&w, &spent);
	ww_wait_results(&w, 2);
	for (const struct got_result *g = w.results; g != NULL; g = g->next) {
		ww_expect(g, CLASS_TIMED_OUT, REASON_TIMEOUT_QUEUED);
		ck_assert_int_eq(g->result.tries, 0);
		ck_assert_int_eq(g->result.probe_generation, 0);
	}
}
END_TEST

/* by the worker's own list, whatever the coordinator's says. */
START_TEST(nothing_over_a_suffix_is_checked)
{
	struct check wild = ww_check("wild", "*.co.uk");
	struct check pruned = ww_check("pruned", "www.example.co.uk");

	pruned.dcv.authorization_domain_name = SPAN("co.uk");
	ww_start(&w);
	ww_send(&w, &wild);
	ww_send(&w, &pruned);
	ww_wait_results(&w, 2);
	for (const struct got_result *g = w.results; g != NULL; g = g->next) {
		ww_expect(g, CLASS_ERROR, REASON_NAME_PUBLIC_SUFFIX);
		ck_assert_int_eq(g->result.tries, 0);
	}
}
END_TEST

/* -- probes that die -- */

static bool is_running(void *arg)
{
	struct probe_pool_figures f = probe_pool_figures(w.worker->pool);

	(void)arg;
	return f.running > 0;
}

static bool is_rerunning(void *arg)
{
	struct probe_pool_figures f = probe_pool_figures(w.worker->pool);

	(void)arg;
	return f.reruns > 0 && f.running > 0;
}

/* a second run inside the same observation. */
START_TEST(killed_probe_means_a_second_run)
{
	const struct got_result *g;

	ww_start(&w);
	ww_ask(&w, "again", "slow.example.com");
	world_run(&w.kafka, "running", is_running, NULL);
	ww_kill_probes();
	ww_wait_results(&w, 1);
	g = ww_result(&w, "again", 0);
	ww_expect(g, CLASS_CORROBORATED, REASON_UNKNOWN);
	ck_assert_int_eq(g->result.tries, 2);
	ck_assert_int_gt(g->result.probe_generation, 2);
}
END_TEST

START_TEST(killed_twice_is_probe_crashed)
{
	const struct got_result *g;

	ww_start(&w);
	ww_ask(&w, "crash", "slow.example.com");
	world_run(&w.kafka, "running", is_running, NULL);
	ww_kill_probes();
	world_run(&w.kafka, "second run", is_rerunning, NULL);
	ww_kill_probes();
	ww_wait_results(&w, 1);
	g = ww_result(&w, "crash", 0);
	ww_expect(g, CLASS_ERROR, REASON_PROBE_CRASHED);
	ck_assert_int_eq(g->result.tries, 2);
	/* the zone rests, its neighbours do not */
	g = ww_answer(&w, "same zone", "honest.www.example.com");
	ww_expect(g, CLASS_ERROR, REASON_ZONE_SET_ASIDE);
	ck_assert_int_eq(g->result.tries, 0);
	g = ww_answer(&w, "other zone", "honest.example.net");
	ww_expect(g, CLASS_CORROBORATED, REASON_UNKNOWN);
}
END_TEST

START_TEST(liar_is_probe_refused)
{
	const struct got_result *g;

	ww_start(&w);
	g = ww_answer(&w, "liar", "foreign.example.com");
	ww_expect(g, CLASS_ERROR, REASON_PROBE_REFUSED);
	ck_assert(span_is(g->result.perspective, "fra"));
	g = ww_answer(&w, "good", "honest.example.net");
	ww_expect(g, CLASS_CORROBORATED, REASON_UNKNOWN);
}
END_TEST

/* -- nothing is lost -- */

static void send_many(int count, const char *target)
{
	char id[16];

	for (int i = 0; i < count; i++) {
		(void)snprintf(id, sizeof(id), "n%d", i);
		ww_ask(&w, id, target);
	}
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

START_TEST(killed_worker_loses_nothing)
{
	int all = 30, results;

	ww_start(&w);
	send_many(10, "honest.example.com");
	ww_wait_results(&w, 3);
	for (int i = 10; i < all; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "n%d", i);
		ww_ask(&w, id, "slow.example.com");
	}
	world_run(&w.kafka, "running", is_running, NULL);
	ww_kill(&w);
	ww_start(&w);
	world_run(&w.kafka, "all results", all_answered, &all);
	ww_drain(&w);
	results = w.results_count;
	/* and what was committed is not done again */
	ww_start(&w);
	(void)ww_answer(&w, "last", "honest.example.com");
	ck_assert_int_eq(w.results_count, results + 1);
}
END_TEST

/* The first worker answers what it has, though its partitions are gone. */
START_TEST(rebalance_loses_nothing)
{
	int all = 20, by_first = 0;

	ww_start(&w);
	send_many(all, "slow.example.com");
	world_run(&w.kafka, "running", is_running, NULL);
	ww_start_second(&w);
	world_run(&w.kafka, "all results", all_answered, &all);
	for (const struct got_result *g = w.results; g != NULL; g = g->next)
		by_first += span_is(g->result.instance, "w1");
	ck_assert_int_ge(by_first, 1);
}
END_TEST

START_TEST(brokers_that_go_and_come_lose_nothing)
{
	int all = 20;

	ww_start(&w);
	send_many(all, "slow.example.com");
	world_run(&w.kafka, "running", is_running, NULL);
	mock_broker_set_down(w.kafka.broker);
	world_pass(&w.kafka, 800);
	mock_broker_set_up(w.kafka.broker);
	world_run(&w.kafka, "all results", all_answered, &all);
}
END_TEST

START_TEST(intake_pauses_at_its_ceiling)
{
	int all = 60;

	w.conf.in_flight_max = 4;
	ww_start(&w);
	send_many(all, "slow.example.com");
	while (!all_answered(&all)) {
		world_pass(&w.kafka, 20);
		/* the rest of a batch may still come */
		ck_assert_uint_le(worker_in_flight(w.worker), 4);
		ck_assert_int_lt(w.results_count, all + 1);
	}
	ck_assert_int_eq(w.results_count, all);
}
END_TEST

/* -- draining -- */

START_TEST(drain_finishes_what_runs)
{
	int all = 5;

	ww_start(&w);
	send_many(all, "slow.example.com");
	world_run(&w.kafka, "running", is_running, NULL);
	ww_drain(&w);
	world_run(&w.kafka, "all results", all_answered, &all);
	ww_expect(ww_result(&w, "n0", 0), CLASS_CORROBORATED, REASON_UNKNOWN);
	ck_assert(w.beat.draining);
}
END_TEST

START_TEST(drain_answers_what_does_not_end)
{
	w.conf.drain_ms = 100;
	ww_start(&w);
	ww_ask(&w, "stuck", "forget.example.com");
	world_run(&w.kafka, "running", is_running, NULL);
	ww_drain(&w);
	ww_wait_results(&w, 1);
	ww_expect(ww_result(&w, "stuck", 0), CLASS_ERROR,
	          REASON_WORKER_DRAINING);
	ww_start(&w);
	(void)ww_answer(&w, "last", "honest.example.com");
	ck_assert_int_eq(ww_count(&w, "stuck"), 1);
}
END_TEST

/* -- who it says it is -- */

static bool has_beats(void *arg)
{
	return w.beats >= *(int *)arg;
}

START_TEST(heartbeats)
{
	int three = 3;

	ww_start(&w);
	world_run(&w.kafka, "heartbeats", has_beats, &three);
	ck_assert(span_is(w.beat.perspective, "fra"));
	ck_assert(span_is(w.beat.instance, "w1"));
	ck_assert(span_is(w.beat.resolver,
	                  "libunbound/1.17.1 recursive validating"));
	ck_assert(w.beat.vulnerable_resolver_accepted);
	ck_assert(!w.beat.draining);
	ck_assert_uint_eq(w.beat.egress.count, 2);
	ck_assert(span_is(w.beat.egress.items[0], "192.0.2.7"));
	ck_assert_int_ge(w.beat.probes, 1);
	ck_assert_int_eq(w.beat.in_flight_max, 10000);
	ck_assert_int_le(clock_wall_ms() - w.beat.wall_ms, 5000);
}
END_TEST

static bool has_given_up(void *arg)
{
	(void)arg;
	return worker_exit_code(w.worker) != EX_OK;
}

/* Outside a lab a vulnerable resolver is used only by its name. (A worker
   that is no lab wants TLS to its brokers, so the word changes after it was
   made and before its first probe is ready.) */
START_TEST(vulnerable_resolver_needs_a_word)
{
	struct err err;

	w.worker = worker_new(w.kafka.loop, &w.deployment, w.stats, &err);
	ck_assert_ptr_nonnull(w.worker);
	w.conf.lab = false;
	log_to_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
	world_run(&w.kafka, "the end", has_given_up, NULL);
	ck_assert_int_eq(worker_exit_code(w.worker), EX_CONFIG);
	ck_assert_int_eq(w.beats, 0);
}
END_TEST

START_TEST(figures)
{
	static const char *const wanted[] = {
		"mpic_worker_checks_total 1\n",
		"mpic_worker_results_total{kind=\"dcv\",class=\"corroborated\","
		"reason=\"value-found\"} 1\n",
		"mpic_untrusted_records_total{topic=\"checks\","
		"why=\"unsigned\"} 1\n",
		"mpic_worker_dead_letters_total{reason=\"untrusted\"} 1\n",
		"mpic_probes{state=\"ready\"} 2\n",
		"mpic_probe_deaths_total{reason=\"ended\"} 0\n",
		"mpic_worker_intake_paused 0\n",
	};
	struct buf text = { 0 };

	ww_start(&w);
	send_bad(BAD_UNSIGNED);
	ww_wait_dead(&w, 1);
	(void)ww_answer(&w, "one", "honest.example.com");
	world_pass(&w.kafka, 300);
	metrics_render(w.metrics, &text);
	for (int i = 0; i < COUNT(wanted); i++)
		ck_assert_msg(strstr(buf_cstr(&text), wanted[i]) != NULL,
		              "not there: %s in\n%s", wanted[i],
		              buf_cstr(&text));
	ck_assert_msg(strstr(buf_cstr(&text), "example") == NULL,
	              "a target's name in a figure");
	buf_clear(&text);
}
END_TEST

static TCase *case_of(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 180);
	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("worker");
	TCase *records = case_of(suite, "records");
	TCase *probes = case_of(suite, "probes");
	TCase *losses = case_of(suite, "losses");
	TCase *ends = case_of(suite, "ends");
	TCase *figs = case_of(suite, "figures");

	tcase_add_test(records, result_says_what_the_check_said);
	tcase_add_test(records, refused_once_and_passed_over);
	tcase_add_test(records, expired_is_answered_without_work);
	tcase_add_test(records, nothing_over_a_suffix_is_checked);
	tcase_add_test(probes, killed_probe_means_a_second_run);
	tcase_add_test(probes, killed_twice_is_probe_crashed);
	tcase_add_test(probes, liar_is_probe_refused);
	tcase_add_test(losses, killed_worker_loses_nothing);
	tcase_add_test(losses, rebalance_loses_nothing);
	tcase_add_test(losses, brokers_that_go_and_come_lose_nothing);
	tcase_add_test(losses, intake_pauses_at_its_ceiling);
	tcase_add_test(ends, drain_finishes_what_runs);
	tcase_add_test(ends, drain_answers_what_does_not_end);
	tcase_add_test(figs, heartbeats);
	tcase_add_test(figs, vulnerable_resolver_needs_a_word);
	tcase_add_test(figs, figures);

	SRunner *sr = srunner_create(suite);

	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);

	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
