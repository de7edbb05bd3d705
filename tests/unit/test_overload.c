/* What is refused because it would come too late, and that nothing is when
   there is no reason to. */
#include "coordinator/overload.h"
#include "tests/support/run.h"

#include <stdio.h>

static struct overload *o;

static void setup(void)
{
	o = overload_new();
}

static void teardown(void)
{
	overload_free(&o);
	ck_assert_ptr_null(o);
}

static void begin(int count)
{
	for (int i = 0; i < count; i++)
		overload_begin(o);
}

static int64_t own_ms; /* of all that finish */

static void done(int count, int64_t took_ms, int64_t now_ms)
{
	for (int i = 0; i < count; i++) {
		overload_begin(o);
		overload_done(o, took_ms, own_ms, now_ms);
	}
}

/* -- p95 */

static const struct {
	const char *what;
	struct {
		int count;
		int64_t took_ms;
	} of[3];
	int64_t least, most; /* what p95 may be */
} figures[] = {
	{ "nothing", { { 0, 0 } }, 0, 0 },
	{ "one", { { 1, 100 } }, 100, 125 },
	{ "no time at all", { { 10, 0 } }, 0, 0 },
	{ "a clock that went back", { { 10, -5 } }, 0, 0 },
	{ "more than can be counted", { { 1, INT64_MAX } }, 2097151, 2097151 },
	{ "19 of 20", { { 19, 50 }, { 1, 9000 } }, 50, 63 },
	{ "18 of 20", { { 18, 50 }, { 2, 9000 } }, 9000, 11250 },
	{ "few: the slowest", { { 18, 50 }, { 1, 9000 } }, 9000, 11250 },
	{ "95 of 100", { { 95, 50 }, { 5, 9000 } }, 50, 63 },
	{ "94 of 100", { { 94, 50 }, { 6, 9000 } }, 9000, 11250 },
	{ "three", { { 80, 10 }, { 17, 700 }, { 3, 8000 } }, 700, 875 },
};

START_TEST(p95)
{
	for (int i = 0; i < 3; i++)
		done(figures[_i].of[i].count, figures[_i].of[i].took_ms, 1000);
	int64_t got = overload_p95_ms(o, 1000);

	ck_assert_msg(got >= figures[_i].least && got <= figures[_i].most,
	              "%s: %lld", figures[_i].what, (long long)got);
	ck_assert_uint_eq(overload_working(o), 0);
}
END_TEST

/* Never below what was put in, never above it by more than a quarter. */
START_TEST(p95_is_near)
{
	for (int64_t ms = 0; ms < 2000000; ms += 1 + ms / 7) {
		done(1, ms, ms * 10);
		int64_t got = overload_p95_ms(o, ms * 10);

		ck_assert_msg(got >= ms && got <= ms + ms / 4, "%lld: %lld",
		              (long long)ms, (long long)got);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(forgets)
{
	done(1000, 9000, 10000);
	done(10, 50, 12000);
	ck_assert_int_ge(overload_p95_ms(o, 12000), 9000);
	ck_assert_int_ge(overload_p95_ms(o, 13000), 9000);
	/* the slow ones are out of the window */
	ck_assert_int_lt(overload_p95_ms(o, 10500 + OVERLOAD_WINDOW_MS), 64);
	ck_assert_int_gt(overload_p95_ms(o, 10500 + OVERLOAD_WINDOW_MS), 0);
	ck_assert_int_eq(overload_p95_ms(o, 12500 + OVERLOAD_WINDOW_MS), 0);
	/* and after hours */
	done(10, 50, 12000 + OVERLOAD_WINDOW_MS);
	ck_assert_int_eq(overload_p95_ms(o, 90000000), 0);
}
END_TEST

/* -- refusing */

static const struct {
	const char *what;
	int working;
	int finished;
	int64_t took_ms;
	int64_t later_ms; /* after they finished, over two seconds */
	int64_t left_ms;
	bool refused;
	int64_t own_ms; /* of those that finished */
} cases[] = {
	{ "at the start", 0, 0, 0, 0, 1, false, 0 },
	{ "at the start, many at once", 5000, 0, 0, 0, 1000, false, 0 },
	{ "no time left", 0, 0, 0, 0, 0, true, 0 },
	{ "long gone", 0, 0, 0, 0, INT64_MIN, true, 0 },
	{ "time enough", 100, 1000, 900, 0, 2000, false, 0 },
	{ "just not", 100, 1000, 900, 0, 899, true, 0 },
	{ "little, but it is quick", 100, 1000, 20, 0, 200, false, 0 },
	{ "slow, but nobody waits", OVERLOAD_PROBES - 1, 1000, 900, 0, 100,
	  false, 0 },
	{ "slow, the first that waits", OVERLOAD_PROBES, 1000, 900, 0, 100,
	  true, 0 },
	{ "slow, long ago", 100, 1000, 900, OVERLOAD_WINDOW_MS + 500, 100,
	  false, 0 },
	/* 500 a second: 4,000 take eight seconds */
	{ "behind a queue", 4000, 1000, 3000, 0, 5000, true, 0 },
	{ "behind a queue, at its end", 4000, 1000, 5000, 0, 15000, true, 0 },
	{ "behind a queue, in time", 4000, 1000, 5000, 0, 17000, false, 0 },
	{ "behind those that wait for targets", 4000, 1000, 3000, 0, 5000,
	  false, 8000 },
	{ "behind those, and a queue", 4000, 1000, 3000, 0, 5000, true, 5000 },
	/* a burst over a low rate: the rate says nothing of what can be done */
	{ "behind a burst", 4000, 10, 100, 0, 5000, false, 0 },
};

START_TEST(refuses)
{
	own_ms = cases[_i].own_ms;
	for (int i = 0; i < cases[_i].finished; i++)
		done(1, cases[_i].took_ms,
		     10000 + 2000 * (int64_t)i / cases[_i].finished);
	begin(cases[_i].working);
	ck_assert_msg(overload_refuses(o, cases[_i].left_ms,
	                               12000 + cases[_i].later_ms) ==
	                      cases[_i].refused,
	              "%s", cases[_i].what);
}
END_TEST

/* -- a coordinator that can do so many a second, and is offered more */

enum {
	RATE = 400,
	CEILING = 2000,
	RESERVE_MS = 500,
	COMMIT_MS = 1200, /* at most */
	TURNS = 60000
};

/* A queue of requests by the time they were put there; those served late cost
   half, the work of the checks that were done before the rest expired. */
struct played {
	int64_t put_ms, begun_ms;
	bool closed; /* by its deadline, while it waited */
};

static struct played topic[RATE * 4 * (TURNS / 1000) + 1000];
static struct played *served[RATE * 4 * (TURNS / 1000) + 1000];

struct model {
	int64_t allowed_ms;
	size_t put, taken;    /* of topic */
	size_t working, done; /* of served */
	size_t deadlines;     /* of served: looked at for their deadline */
	size_t in_time, late, refused; /* after the first quarter */
	double credit;
};

static int64_t end_of(const struct model *m, const struct played *x)
{
	return x->put_ms + m->allowed_ms - RESERVE_MS;
}

static void intake(struct model *m, int64_t now)
{
	while (m->taken < m->put && overload_working(o) < CEILING) {
		struct played *x = &topic[m->taken++];

		if (overload_refuses(o, end_of(m, x) - now, now)) {
			m->refused += now > TURNS / 4;
			continue;
		}
		x->begun_ms = now;
		served[m->working++] = x;
		overload_begin(o);
	}
}

/* As long as it may, for each another. */
static int64_t commit_ms(size_t number)
{
	return (int64_t)(number * 7919 % COMMIT_MS);
}

static void serve(struct model *m, int64_t now)
{
	for (; m->deadlines < m->working; m->deadlines++) {
		struct played *x = served[m->deadlines];

		if (m->deadlines >= m->done && end_of(m, x) > now)
			break;
		if (m->deadlines < m->done)
			continue;
		x->closed = true;
		overload_done(o, now - x->begun_ms, 0, now);
	}
	m->credit += (double)RATE / 1000;
	while (m->credit >= 1 && m->done < m->working) {
		struct played *x = served[m->done++];

		m->credit -= x->closed ? 0.5 : 1;
		if (x->closed)
			continue;
		int64_t ended = now + commit_ms(m->done);

		if (now > TURNS / 4 && ended > x->put_ms + m->allowed_ms)
			m->late++;
		else
			m->in_time += now > TURNS / 4;
		overload_done(o, ended - x->begun_ms, 0, now);
	}
	if (m->done == m->working && m->credit > 1)
		m->credit = 1;
}

static const struct {
	int64_t allowed_ms;
	int times_ten;   /* offered, in tenths of what can be done */
	int in_time_min; /* percent of what can be done */
	int refused_max; /* percent of what was offered */
	int late_max;    /* percent of what can be done */
} loads[] = {
	{ 2000, 5, 49, 0, 0 },   { 5000, 5, 49, 0, 0 },
	{ 60000, 5, 49, 0, 0 },  { 2000, 9, 89, 0, 0 },
	{ 5000, 9, 89, 0, 0 },   { 2000, 20, 98, 60, 1 },
	{ 5000, 20, 98, 60, 1 }, { 8000, 20, 98, 60, 1 },
	{ 2000, 40, 98, 80, 1 }, { 5000, 40, 98, 80, 1 },
	{ 8000, 40, 98, 80, 1 }, { 10000, 40, 98, 80, 1 },
};

START_TEST(keeps_its_rate)
{
	struct model m = { .allowed_ms = loads[_i].allowed_ms };
	double owed = 0, offered = 0.1 * loads[_i].times_ten * RATE;

	for (int64_t now = 0; now < TURNS; now++) {
		owed += offered / 1000;
		while (owed >= 1) {
			topic[m.put++] = (struct played){ .put_ms = now };
			owed--;
		}
		intake(&m, now);
		serve(&m, now);
	}
	double window = TURNS / 1000.0 * 3 / 4;
	double in_time = 100 * (double)m.in_time / window / RATE;
	double late = 100 * (double)m.late / window / RATE;
	double refused = 100 * (double)m.refused / window / offered;

	ck_assert_msg(in_time >= loads[_i].in_time_min,
	              "%lld ms, %d/10: only %.0f %% in time",
	              (long long)loads[_i].allowed_ms, loads[_i].times_ten,
	              in_time);
	ck_assert_msg(refused <= loads[_i].refused_max, "%.0f %% refused",
	              refused);
	ck_assert_msg(late <= loads[_i].late_max, "%.0f %% late", late);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("overload");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, p95, 0, COUNT(figures));
	tcase_add_test(tc, p95_is_near);
	tcase_add_test(tc, forgets);
	tcase_add_loop_test(tc, refuses, 0, COUNT(cases));
	tcase_add_loop_test(tc, keeps_its_rate, 0, COUNT(loads));
	return run_case(tc);
}
