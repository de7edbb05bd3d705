/* What is known of requests that are read once more (promise 1). */
#include "coordinator/remembered.h"
#include "tests/support/run.h"

static struct remembered *r;

static void setup(void)
{
	r = remembered_new();
}

static void teardown(void)
{
	remembered_free(&r);
}

static struct first_found found(int64_t offset)
{
	return (struct first_found){ offset, 1000 + offset, SPAN("id"),
		                     digest_of(SPAN("value")),
		                     digest_of(SPAN("headers")) };
}

START_TEST(nothing_at_first)
{
	struct digest d = digest_of(SPAN("value"));
	struct remembered_times at;
	struct first_found f = found(0);

	ck_assert(!remembered_decision(r, SPAN("id"), &d, &at));
	ck_assert(!remembered_copy(r, &f));
	ck_assert_uint_eq(remembered_count(r), 0);
}
END_TEST

/* The last decision of an id and digest, and of no other. */
START_TEST(decisions)
{
	struct digest d = digest_of(SPAN("value"));
	struct digest other = digest_of(SPAN("other"));
	struct remembered_times at = { 0 };

	remembered_add_decision(r, SPAN("id"), &d,
	                        (struct remembered_times){ 20, 30 });
	remembered_add_decision(r, SPAN("id"), &d,
	                        (struct remembered_times){ 10, 31 });
	ck_assert_uint_eq(remembered_count(r), 1);
	ck_assert(remembered_decision(r, SPAN("id"), &d, &at));
	ck_assert_int_eq(at.decided_ms, 20);
	ck_assert_int_eq(at.logged_ms, 31);
	ck_assert(!remembered_decision(r, SPAN("id2"), &d, &at));
	ck_assert(!remembered_decision(r, SPAN("i"), &d, &at));
	ck_assert(!remembered_decision(r, SPAN("id"), &other, &at));
}
END_TEST

/* Whatever a claim gets wrong, it is about another record. */
START_TEST(copies)
{
	struct first_found f = found(7), g;

	remembered_add_copy(r, &f);
	ck_assert(remembered_copy(r, &f));
	g = f, g.offset = 8;
	ck_assert(!remembered_copy(r, &g));
	g = f, g.timestamp_ms++;
	ck_assert(!remembered_copy(r, &g));
	g = f, g.id = SPAN("id2");
	ck_assert(!remembered_copy(r, &g));
	g = f, g.digest = digest_of(SPAN("other"));
	ck_assert(!remembered_copy(r, &g));
	g = f, g.headers = digest_of(SPAN("other"));
	ck_assert(!remembered_copy(r, &g));
}
END_TEST

START_TEST(many)
{
	for (int64_t i = 0; i < 10000; i++) {
		struct first_found f = found(2 * i);

		remembered_add_copy(r, &f);
	}
	ck_assert_uint_eq(remembered_count(r), 10000);
	for (int64_t i = 0; i < 20000; i++) {
		struct first_found f = found(i);

		ck_assert_int_eq(remembered_copy(r, &f), i % 2 == 0);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("remembered");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_at_first);
	tcase_add_test(tc, decisions);
	tcase_add_test(tc, copies);
	tcase_add_test(tc, many);
	return run_case(tc);
}
