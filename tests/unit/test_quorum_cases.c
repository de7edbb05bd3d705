/*
 * Quorums as other people's tests know them (tests/checks/conformance.table):
 * CAA seen by a primary and three remotes, and what Open MPIC does with six.
 */
#include "tests/support/run.h"
#include "tests/unit/decide_world.h"

enum { REMOTES_MAX = 6 };

/* What a perspective said: c(orroborated), d(isagreed), e(rror), t(imed out),
   or nothing (.). */
static const struct {
	const char *id;
	char primary;
	const char *remotes;
	const char *rirs; /* r(ipe), a(rin), p (apnic) */
	int month;        /* of 2026, the 20th */
	unsigned check_set;
	enum outcome outcome;
	enum reason reason;
	int64_t corroborated;
} cases[] = {
	/* clang-format off */
	{ "boulder-J01", 'c', "ccc", "arp", 4, SET_CAA, OUTCOME_CORROBORATED, REASON_QUORUM_MET, 3 },
	{ "boulder-J02", 'e', "ccc", "arp", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_FAILED, 3 },
	{ "boulder-J03", 'c', "ecc", "arp", 4, SET_CAA, OUTCOME_CORROBORATED, REASON_QUORUM_MET, 2 },
	{ "boulder-J04", 'c', "eec", "arp", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 1 },
	{ "boulder-J05", 'c', "eee", "arp", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 0 },
	{ "boulder-J06", 'c', "ccc", "arp", 4, SET_DCV | SET_CAA, OUTCOME_ISSUE, REASON_QUORUM_MET, 3 },
	{ "boulder-J07", 'c', "ecc", "arp", 4, SET_DCV | SET_CAA, OUTCOME_ISSUE, REASON_QUORUM_MET, 2 },
	{ "boulder-J08", 'c', "eec", "arp", 4, SET_DCV | SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 1 },
	{ "boulder-J09", 'c', "eee", "arp", 4, SET_DCV | SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 0 },
	{ "boulder-J10", 'd', "...", "arp", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_PRIMARY_FAILED, 0 },
	{ "boulder-J11 J14 L30", 'c', "dcc", "arp", 4, SET_CAA, OUTCOME_CORROBORATED, REASON_QUORUM_MET, 2 },
	{ "boulder-J12 J15 L30", 'c', "ddc", "arp", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 1 },
	{ "boulder-J13 J16 L30", 'c', "ddd", "arp", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 0 },

	/* too few regions has a reason of its own; so has the floor by date */
	{ "boulder-X03 X06", 'c', "ccc", "aaa", 4, SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_RIR_DIVERSITY, 3 },
	{ "openmpic-50", 'c', "cccccc", "arparp", 10, SET_DCV | SET_CAA, OUTCOME_ISSUE, REASON_QUORUM_MET, 6 },
	{ "openmpic-52 openmpic-W16", 'c', "cccccc", "aaaaaa", 10, SET_DCV | SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_RIR_DIVERSITY, 6 },
	{ "openmpic-54", 'c', "dddddd", "arparp", 10, SET_DCV | SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 0 },
	{ "openmpic-59", 'c', "eecccc", "arparp", 10, SET_DCV | SET_CAA, OUTCOME_ISSUE, REASON_QUORUM_MET, 4 },
	{ "openmpic-66", 'c', "ttcccc", "arparp", 10, SET_DCV | SET_CAA, OUTCOME_ISSUE, REASON_QUORUM_MET, 4 },
	{ "openmpic-66", 'c', "tttccc", "arparp", 10, SET_DCV | SET_CAA, OUTCOME_DO_NOT_ISSUE, REASON_QUORUM_NOT_MET, 3 },
	/* clang-format on */
};

static enum rir rir_of(char c)
{
	return c == 'r' ? RIR_RIPE : c == 'a' ? RIR_ARIN : RIR_APNIC;
}

static void say(struct world *w, size_t seat, char said)
{
	enum result_class c = said == 'c'   ? CLASS_CORROBORATED
	                      : said == 'd' ? CLASS_DISAGREED
	                      : said == 'e' ? CLASS_ERROR
	                                    : CLASS_TIMED_OUT;

	if (said != '.')
		world_say(w, seat, c, c);
}

static int64_t count_corroborated(const struct world *w)
{
	int64_t n = 0;

	for (size_t i = 1; i < w->state.count; i++)
		n += attempt_vote(&w->state, i, KIND_CAA).result_class ==
		     CLASS_CORROBORATED;
	return n;
}

START_TEST(quorums)
{
	enum rir rirs[REMOTES_MAX];
	size_t n = strlen(cases[_i].remotes);
	struct world_setup s = {
		.remotes = (int64_t)n,
		.rirs = rirs,
		.early = EARLY_NEVER,
		.check_set = cases[_i].check_set,
		.planned_at_ms = world_day(2026, cases[_i].month, 20),
	};
	struct world w;

	for (size_t i = 0; i < n; i++)
		rirs[i] = rir_of(cases[_i].rirs[i]);
	world_init(&w, &s);
	say(&w, 0, cases[_i].primary);
	/* J10, X17: who was not asked has said nothing */
	for (size_t i = 0; i < n; i++)
		say(&w, i + 1, cases[_i].remotes[i]);
	world_close(&w);
	ck_assert_msg(w.state.close.outcome == cases[_i].outcome, "%s: %s",
	              cases[_i].id, reason_name(w.state.reason));
	ck_assert_msg(w.state.reason == cases[_i].reason, "%s: %s",
	              cases[_i].id, reason_name(w.state.reason));
	ck_assert_int_eq(count_corroborated(&w), cases[_i].corroborated);
	world_clear(&w);
}
END_TEST

/* boulder-X05: the floor of remotes follows the date of the decision. */
static const struct {
	int year, month, day;
	int64_t remotes;
	enum reason want;
} floors[] = {
	{ 2026, 4, 1, 3, REASON_QUORUM_MET },
	{ 2026, 6, 14, 3, REASON_QUORUM_MET },
	{ 2026, 6, 15, 3, REASON_INSUFFICIENT_PERSPECTIVES },
	{ 2026, 6, 15, 4, REASON_QUORUM_MET },
	{ 2026, 12, 14, 4, REASON_QUORUM_MET },
	{ 2026, 12, 15, 4, REASON_INSUFFICIENT_PERSPECTIVES },
	{ 2026, 12, 15, 5, REASON_QUORUM_MET },
};

START_TEST(floors_by_date)
{
	struct world_setup s = {
		.remotes = floors[_i].remotes,
		.planned_at_ms = world_day(2026, 4, 1),
	};
	int64_t when =
		world_day(floors[_i].year, floors[_i].month, floors[_i].day);
	struct world w;

	s.deadline_after_ms = when - s.planned_at_ms + 60000;
	world_init(&w, &s);
	for (size_t i = 0; i < w.state.count; i++)
		say(&w, i, 'c');
	ck_assert_int_eq(verdict_ask(&w.state, when).reason, floors[_i].want);
	world_clear(&w);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cases");

	tcase_add_loop_test(tc, quorums, 0, COUNT(cases));
	tcase_add_loop_test(tc, floors_by_date, 0, COUNT(floors));
	return run_case(tc);
}
