/*
 * simulate [--seed S] [--schedules N] [--seconds N] [--jobs N] [--trace]
 *          [--expect-failure TEXT] [--no-fencing] [--hasty-retention]
 *
 * Plays N schedules from seed S on (S, S + 1, ...), each with the real
 * coordinators over the model, in as many processes as there are processors.
 * A failing one, the first if there are several, is played again with its
 * trace; the exit status says whether one failed. --expect-failure turns that
 * round, for builds that are damaged on purpose: the first that fails must do
 * so by a finding that has TEXT in it. --trace traces all of them, in this
 * process.
 */
#include "tests/simulation/fast.h"
#include "tests/simulation/jobs.h"
#include "tests/simulation/world.h"

#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wish {
	struct jobs_wish jobs;
	bool trace;
	const char *expected; /* a part of the finding; NULL: none */
};

static bool play(uint64_t seed, bool trace)
{
	bool failed;

	sim_begin(seed, trace);
	world_play();
	failed = sim_failed();
	fast_forget();
	sim_end();
	return !failed;
}

static uint64_t number(const char *text)
{
	uint64_t n;

	if (text_u64(span_str(text), UINT64_MAX, &n))
		return n;
	(void)fprintf(stderr, "simulate: \"%s\" is not a number\n", text);
	exit(64);
}

static uint64_t number_of_jobs(const char *text)
{
	uint64_t n = number(text);

	if (n >= 1 && n <= JOBS_MAX)
		return n;
	(void)fprintf(stderr, "simulate: 1 to %d jobs\n", JOBS_MAX);
	exit(64);
}

/* Any finding has an empty one. */
static const char *a_finding(const char *text)
{
	if (text[0] != '\0')
		return text;
	(void)fprintf(stderr, "simulate: which failure is expected?\n");
	exit(64);
}

static uint64_t processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		return 1;
	return n < JOBS_MAX ? (uint64_t)n : JOBS_MAX;
}

static struct wish read_wish(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "schedules", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 'l' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "trace", no_argument, NULL, 't' },
		{ "expect-failure", required_argument, NULL, 'x' },
		{ "no-fencing", no_argument, NULL, 'f' },
		{ "hasty-retention", no_argument, NULL, 'r' },
		{ 0 },
	};
	struct wish w = {
		.jobs = { .seed = 1, .schedules = 1000, .jobs = processors() }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': w.jobs.seed = number(optarg); break;
		case 'n': w.jobs.schedules = number(optarg); break;
		case 'l': w.jobs.seconds = number(optarg); break;
		case 'j': w.jobs.jobs = number_of_jobs(optarg); break;
		case 't': w.trace = true; break;
		case 'x': w.expected = a_finding(optarg); break;
		case 'f': model_no_fencing = true; break;
		case 'r': model_hasty_retention = true; break;
		default: exit(64);
		}
	}
	return w;
}

static void tell(const char *what, uint64_t n, const struct jobs_told *told)
{
	double schedules = told->schedules > 0 ? (double)told->schedules : 1;

	printf("%-16s %12llu %12.0f %12.2f\n", what, (unsigned long long)n,
	       (double)n / told->seconds, (double)n / schedules);
}

static void tell_all(const struct jobs_told *told)
{
	const struct sim_counts *c = &told->counts;

	printf("%-16s %12s %12s %12s\n", "", "all", "a second", "a schedule");
	tell("schedules", told->schedules, told);
	tell("crashes", c->crashes, told);
	tell("pauses", c->pauses, told);
	tell("duplicates", c->duplicates, told);
	tell("reorders", c->reorders, told);
	tell("late deliveries", c->late, told);
	tell("all events", told->events, told);
	printf("%llu replaced, %llu drains, %llu marks reset; "
	       "transactions: %llu fenced, %llu aborted, %llu unknown; "
	       "%llu requests, %llu decisions, %llu other answers\n",
	       (unsigned long long)c->ghosts, (unsigned long long)c->drains,
	       (unsigned long long)c->resets, (unsigned long long)c->fenced,
	       (unsigned long long)c->aborted, (unsigned long long)c->unknown,
	       (unsigned long long)c->requests,
	       (unsigned long long)c->decisions,
	       (unsigned long long)c->other_answers);
}

/* failure NULL: no schedule failed. */
static int judge(const struct wish *w, const char *failure)
{
	if (w->expected == NULL)
		return failure == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
	if (failure != NULL && strstr(failure, w->expected) != NULL)
		return EXIT_SUCCESS;
	if (failure == NULL)
		printf("not caught: no schedule failed, \"%s\" was expected\n",
		       w->expected);
	else
		printf("caught by something else: \"%s\", not by \"%s\"\n",
		       failure, w->expected);
	return EXIT_FAILURE;
}

static int run(const struct wish *w)
{
	struct jobs_told told;

	jobs_run(&w->jobs, play, &told);
	if (told.failed)
		printf("seed %llu: %s\n", (unsigned long long)told.failed_seed,
		       told.failure);
	if (told.failed && w->expected == NULL)
		jobs_trace(told.failed_seed, play);
	tell_all(&told);
	printf("%llu schedules in %.1f s, %.1f s of CPU, %llu at a time: "
	       "%.0f schedules/s, %.0f for each s of CPU\n",
	       (unsigned long long)told.schedules, told.seconds,
	       told.cpu_seconds, (unsigned long long)w->jobs.jobs,
	       (double)told.schedules / told.seconds,
	       (double)told.schedules / told.cpu_seconds);
	int code = judge(w, told.failed ? told.failure : NULL);

	return told.died ? EXIT_FAILURE : code;
}

/* In this process, for eyes and debuggers. */
static int run_traced(const struct wish *w)
{
	const struct jobs_wish *j = &w->jobs;
	bool good = true;

	for (uint64_t n = 0; good && n < j->schedules; n++)
		good = play(j->seed + n, true);
	return judge(w, good ? NULL : sim.failure);
}

int main(int argc, char **argv)
{
	struct wish w = read_wish(argc, argv);

	world_open();
	int code = w.trace ? run_traced(&w) : run(&w);

	world_close();
	return code;
}
