/* What a result says is the job's; a probe has its class, reason and evidence
 */
#include "base/clock.h"
#include "names/names.h"
#include "perspective-worker/job.h"
#include "tests/support/run.h"
#include "wire/tables.h"

static struct job *job;
static struct buf room;

static const struct job_signer signer = { SPAN("fra"), SPAN("w1"), true };

static void setup(void)
{
	char request[] = "the request";
	struct check check = {
		.request_id = span_str(request),
		.attempt_id = SPAN("the attempt"),
		.perspective = SPAN("what the check says"),
		.check_set = SET_DCV | SET_CAA,
		.target = SPAN("a.example.com"),
		.results_partition = 5,
	};
	const struct kafka_message m = { .value = SPAN("the value") };
	const struct place place = { 1, 2, 3 };

	memset(check.plan.b, 9, sizeof(check.plan.b));
	job = job_new(&check, &m, SPAN("example.com"), &place);
	job->task.tries = 1;
	request[0] = 'X'; /* all is copied */
}

static void teardown(void)
{
	job_free(&job);
	ck_assert_ptr_null(job);
	buf_clear(&room);
}

static void expect_identity(const struct result *r)
{
	ck_assert(span_is(r->request_id, "the request"));
	ck_assert(span_is(r->attempt_id, "the attempt"));
	ck_assert(span_is(r->perspective, "fra"));
	ck_assert(span_is(r->instance, "w1"));
	ck_assert_int_eq(r->plan.b[31], 9);
	ck_assert_int_eq(r->started_ms, job->started_ms);
	ck_assert_int_ge(r->finished_ms, r->started_ms);
	ck_assert(r->vulnerable_resolver_accepted);
	ck_assert_int_eq(r->tries, 1);
}

/* who says it, of which attempt and plan, is never the probe's word. */
START_TEST(probe_supplies_kinds_only)
{
	/* its id is another's: nobody reads it here */
	const struct probe_done done = {
		.id = 666,
		.kinds_count = 2,
		.kinds = { { .kind = KIND_CAA,
		             .result_class = CLASS_DISAGREED,
		             .reason = REASON_CAA_FORBIDS,
		             .looked_up_ms = 77,
		             .evidence = SPAN("e") },
		           { .kind = KIND_DCV,
		             .result_class = CLASS_CORROBORATED,
		             .reason = REASON_VALUE_FOUND } },
	};
	const struct probe_answer a = { .end = PROBE_ANSWERED,
		                        .done = &done,
		                        .generation = 4,
		                        .versions = "libunbound/9.9.9" };
	struct result r;

	job_result(job, &signer, &a, &room, &r);
	expect_identity(&r);
	ck_assert_int_eq(r.probe_generation, 4);
	ck_assert_uint_eq(r.kinds_count, 2);
	ck_assert_int_eq(result_kind(&r, KIND_CAA)->looked_up_ms, 77);
	ck_assert_int_eq(result_kind(&r, KIND_DCV)->reason, REASON_VALUE_FOUND);
	ck_assert_int_gt(span_find(r.versions, SPAN(" libunbound/9.9.9")), 0);
}
END_TEST

/* By how much the start seems to lie before the length says so: cut to
   milliseconds (behind), or the clock was set back since (ahead). */
static const int starts_ms[] = { -1, 0, 5000 };

/* A permission's lookup may not be after the end of its result: the
   probe read the wall clock for it. Nor does time run backwards. */
START_TEST(it_ends_after_all_that_it_rests_on)
{
	struct result r;
	int64_t looked_up_ms;

	job->started_mono_us = clock_mono_us();
	looked_up_ms = clock_wall_ms();
	job->started_ms = looked_up_ms + starts_ms[_i];
	job_result_without_probe(job, &signer, CLASS_ERROR,
	                         REASON_WORKER_DRAINING, NULL, &room, &r);
	ck_assert_int_ge(r.finished_ms, looked_up_ms);
	ck_assert_int_ge(r.finished_ms, r.started_ms);
}
END_TEST

static const struct {
	enum probe_end end;
	enum result_class class;
	enum reason reason;
} ends[] = {
	{ PROBE_NOT_BEGUN, CLASS_TIMED_OUT, REASON_TIMEOUT_QUEUED },
	{ PROBE_DIED, CLASS_ERROR, REASON_PROBE_CRASHED },
	{ PROBE_BREACHED, CLASS_ERROR, REASON_PROBE_REFUSED },
};

/* none of these is affirmative. */
START_TEST(every_kind_fails_without_an_answer)
{
	const struct probe_answer a = { .end = ends[_i].end, .why = "why" };
	struct result r;

	job_result(job, &signer, &a, &room, &r);
	expect_identity(&r);
	ck_assert_uint_eq(r.kinds_count, 2);
	for (int k = 0; k < KIND_COUNT; k++) {
		const struct kind_result *kind =
			result_kind(&r, (enum check_kind)k);

		ck_assert_int_eq(kind->result_class, ends[_i].class);
		ck_assert_int_eq(kind->reason, ends[_i].reason);
		ck_assert_uint_eq(kind->evidence.len, 0);
	}
}
END_TEST

START_TEST(only_kinds_asked_for)
{
	struct result r;

	job->task.check_set = SET_CAA;
	job_result_without_probe(job, &signer, CLASS_ERROR,
	                         REASON_WORKER_DRAINING, NULL, &room, &r);
	ck_assert_uint_eq(r.kinds_count, 1);
	ck_assert_int_eq(r.kinds[0].kind, KIND_CAA);
	ck_assert_ptr_null(r.kinds[0].detail.p);
}
END_TEST

START_TEST(what_does_not_fit_can_not_pass)
{
	const struct probe_done done = {
		.kinds_count = 2,
		.kinds = { { .kind = KIND_DCV,
		             .result_class = CLASS_CORROBORATED,
		             .reason = REASON_VALUE_FOUND,
		             .authorization_domain_name = SPAN("a"),
		             .evidence = SPAN("much") },
		           { .kind = KIND_CAA,
		             .result_class = CLASS_ERROR,
		             .reason = REASON_TARGET_BUSY } },
	};
	const struct probe_answer a = { .end = PROBE_ANSWERED, .done = &done };
	struct result r;

	job_result(job, &signer, &a, &room, &r);
	job_result_drop_evidence(&r);
	expect_identity(&r);
	ck_assert_int_eq(r.kinds[0].result_class, CLASS_ERROR);
	ck_assert_int_eq(r.kinds[0].reason, REASON_EVIDENCE_TOO_LARGE);
	ck_assert_ptr_null(r.kinds[0].authorization_domain_name.p);
	ck_assert_uint_eq(r.kinds[0].evidence.len, 0);
	ck_assert_int_eq(r.kinds[1].reason, REASON_TARGET_BUSY);
}
END_TEST

/* A probe's own words about itself are cut so that the record still encodes. */
START_TEST(long_versions_are_cut)
{
	static char longest[2 * MAX_VERSIONS];
	const struct probe_done done = { .kinds_count = 0 };
	struct probe_answer a = { .end = PROBE_ANSWERED, .done = &done };
	struct result r;

	memset(longest, 'v', sizeof(longest) - 1);
	a.versions = longest;
	job_result(job, &signer, &a, &room, &r);
	ck_assert_uint_eq(r.versions.len, MAX_VERSIONS);
}
END_TEST

static const struct {
	const char *target, *zone;
} zones[] = {
	{ "www.example.co.uk", "example.co.uk" },
	{ "*.example.com", "example.com" },
	{ "a.user.github.io", "user.github.io" }, /* a tenant of github.io */
	{ "*.co.uk", "co.uk" },
	/* an address: what one host has, what a reverse zone is made for */
	{ "2001:db8:1:2::7", "2001:db8:1:2::/64" },
	{ "2001:db8:1:2:ffff::7", "2001:db8:1:2::/64" },
	{ "2001:db8:1:3::7", "2001:db8:1:3::/64" },
	{ "192.0.2.1", "192.0.2.0/24" },
	{ "192.0.2.255", "192.0.2.0/24" },
	{ "192.0.3.1", "192.0.3.0/24" },
};

/* one applicant's say, whatever its targets are called. */
START_TEST(zone_of_a_target)
{
	char text[PREFIX_TEXT_MAX];
	struct err err;
	struct names *names = names_open(NULL, &err);

	ck_assert_msg(names != NULL, "%s", err.text);
	struct span zone = job_zone(names, span_str(zones[_i].target), text);

	ck_assert_msg(span_is(zone, zones[_i].zone), "%s: %.*s",
	              zones[_i].target, SPAN_ARG(zone));
	names_free(&names);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("job");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, probe_supplies_kinds_only);
	tcase_add_loop_test(tc, every_kind_fails_without_an_answer, 0,
	                    COUNT(ends));
	tcase_add_test(tc, only_kinds_asked_for);
	tcase_add_loop_test(tc, it_ends_after_all_that_it_rests_on, 0,
	                    sizeof(starts_ms) / sizeof(starts_ms[0]));
	tcase_add_test(tc, what_does_not_fit_can_not_pass);
	tcase_add_test(tc, long_versions_are_cut);
	tcase_add_loop_test(tc, zone_of_a_target, 0, COUNT(zones));
	return run_case(tc);
}
