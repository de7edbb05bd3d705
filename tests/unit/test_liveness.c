/* Who is alive, from heartbeats. */
#include "coordinator/liveness.h"
#include "tests/support/run.h"

#include <stdio.h>

enum { FRESH = 15000, SKEW = 1000, NOW = 1000000 };

static struct liveness *l;

static void setup(void)
{
	l = liveness_new(FRESH, SKEW, false);
}

static void teardown(void)
{
	liveness_free(&l);
	ck_assert_ptr_null(l);
}

static void note(const char *instance, int64_t at_ms, int64_t wall_ms,
                 bool draining)
{
	struct heartbeat h = { .perspective = SPAN("fra"),
		               .instance = span_str(instance),
		               .wall_ms = wall_ms,
		               .draining = draining };

	liveness_note(l, &h, at_ms);
}

static const struct {
	const char *what;
	int64_t at_ms, wall_ms;
	bool draining, alive, skewed;
} rows[] = {
	{ "now", NOW, NOW, false, true, false },
	{ "just fresh", NOW - FRESH, NOW - FRESH, false, true, false },
	{ "silent", NOW - FRESH - 1, NOW - FRESH - 1, false, false, false },
	{ "draining", NOW, NOW, true, false, false },
	{ "ahead by the limit", NOW, NOW + SKEW, false, true, false },
	{ "ahead", NOW, NOW + SKEW + 1, false, false, true },
	{ "behind by the limit", NOW, NOW - SKEW, false, true, false },
	{ "behind", NOW, NOW - SKEW - 1, false, false, true },
	{ "sent tomorrow", NOW + SKEW + 1, NOW + SKEW + 1, false, false, true },
	{ "sent at the end of time", INT64_MAX, INT64_MAX, false, false, true },
	{ "sent before time", INT64_MIN, INT64_MIN, false, false, false },
	{ "a clock from before time", NOW, INT64_MIN, false, false, true },
};

/* one whose clock is off is not planned. */
START_TEST(one_instance)
{
	note("w1", rows[_i].at_ms, rows[_i].wall_ms, rows[_i].draining);
	ck_assert_msg(liveness_alive(l, "fra", NOW) == rows[_i].alive, "%s",
	              rows[_i].what);
	ck_assert_msg(liveness_skewed(l, "fra", NOW) == rows[_i].skewed, "%s",
	              rows[_i].what);
	ck_assert(!liveness_alive(l, "nyc", NOW));
}
END_TEST

START_TEST(one_good_instance_is_enough)
{
	note("w1", NOW, NOW + 5000, false);
	ck_assert(liveness_skewed(l, "fra", NOW));
	note("w2", NOW, NOW, false);
	ck_assert(!liveness_skewed(l, "fra", NOW));
	ck_assert(liveness_alive(l, "fra", NOW));
	ck_assert_uint_eq(liveness_count(l, "fra", NOW), 1);
}
END_TEST

static const struct {
	const char *what;
	bool lab;
	enum validation first, second; /* a second instance; UNKNOWN: none */
	bool unproven;
} proofs[] = {
	{ "shown", false, VALIDATION_SHOWN, VALIDATION_UNKNOWN, false },
	{ "not yet", false, VALIDATION_UNPROVEN, VALIDATION_UNKNOWN, true },
	{ "failed", false, VALIDATION_FAILED, VALIDATION_UNKNOWN, true },
	{ "nothing said", false, VALIDATION_UNKNOWN, VALIDATION_UNKNOWN, true },
	{ "nothing said in a lab", true, VALIDATION_UNKNOWN, VALIDATION_UNKNOWN,
	  false },
	{ "failed in a lab", true, VALIDATION_FAILED, VALIDATION_UNKNOWN,
	  true },
	{ "one of two", false, VALIDATION_FAILED, VALIDATION_SHOWN, false },
	{ "none of two", false, VALIDATION_FAILED, VALIDATION_UNPROVEN, true },
};

/* who may not be the primary, although it is alive. */
START_TEST(primary_has_to_be_proven)
{
	struct heartbeat h = { .perspective = SPAN("fra"),
		               .instance = SPAN("w1"),
		               .wall_ms = NOW,
		               .validation = proofs[_i].first };

	liveness_free(&l);
	l = liveness_new(FRESH, SKEW, proofs[_i].lab);
	ck_assert(!liveness_unproven(l, "fra", NOW)); /* silent, no more */
	liveness_note(l, &h, NOW);
	if (proofs[_i].second != VALIDATION_UNKNOWN) {
		h.instance = SPAN("w2");
		h.validation = proofs[_i].second;
		liveness_note(l, &h, NOW);
	}
	ck_assert(liveness_alive(l, "fra", NOW));
	ck_assert_msg(liveness_unproven(l, "fra", NOW) == proofs[_i].unproven,
	              "%s", proofs[_i].what);
	/* what is silent is no proof, and no disproof */
	ck_assert(!liveness_unproven(l, "fra", NOW + FRESH + 1));
}
END_TEST

/* A clock that was mended is believed again at once. */
START_TEST(the_last_word_counts)
{
	note("w1", NOW + 86400000, NOW + 86400000, false);
	ck_assert(!liveness_alive(l, "fra", NOW));
	note("w1", NOW, NOW, false);
	ck_assert(liveness_alive(l, "fra", NOW));
	note("w1", NOW + 1, NOW + 1, true);
	ck_assert(!liveness_alive(l, "fra", NOW + 1));
}
END_TEST

/* Promise 6: a flood of instances is bounded, and the silent make room. */
START_TEST(a_flood_is_bounded)
{
	char name[24];

	for (int i = 0; i < LIVENESS_INSTANCES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "w%d", i);
		note(name, NOW, NOW, false);
	}
	ck_assert_uint_eq(liveness_count(l, "fra", NOW),
	                  LIVENESS_INSTANCES_MAX);
	int64_t later = NOW + 10 * FRESH + 1;

	note("late", later, later, false);
	ck_assert_uint_eq(liveness_count(l, "fra", later), 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("liveness");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, one_instance, 0, COUNT(rows));
	tcase_add_loop_test(tc, primary_has_to_be_proven, 0, COUNT(proofs));
	tcase_add_test(tc, one_good_instance_is_enough);
	tcase_add_test(tc, the_last_word_counts);
	tcase_add_test(tc, a_flood_is_bounded);
	return run_case(tc);
}
