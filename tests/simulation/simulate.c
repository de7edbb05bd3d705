/*
 * simulate [--seed S] [--schedules N] [--seconds N] [--trace]
 *          [--expect-failure] [--no-fencing]
 *
 * Plays N schedules from seed S on (S, S + 1, ...), each with the real
 * coordinators over the model. A failing one is played again with its trace;
 * the exit status says whether one failed. --expect-failure turns that round:
 * for builds that are damaged on purpose.
 */
#include "tests/simulation/world.h"

#include "base/text.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct wish {
	uint64_t seed, schedules, seconds;
	bool trace, expect_failure;
};

static double seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool failure_expected;
static char last_words[64];

/* An assertion of the product is a finding like any other. */
static void on_abort(int signo)
{
	(void)signo;
	if (write(1, last_words, strlen(last_words)) < 0 || failure_expected)
		_exit(failure_expected ? EXIT_SUCCESS : 3);
}

static bool play(uint64_t seed, bool trace)
{
	bool failed;

	(void)snprintf(last_words, sizeof(last_words), "aborted in seed %llu\n",
	               (unsigned long long)seed);
	sim_begin(seed, trace);
	world_play();
	failed = sim_failed();
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

static struct wish read_wish(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "schedules", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 'l' },
		{ "trace", no_argument, NULL, 't' },
		{ "expect-failure", no_argument, NULL, 'x' },
		{ "no-fencing", no_argument, NULL, 'f' },
		{ 0 },
	};
	struct wish w = { .seed = 1, .schedules = 1000 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': w.seed = number(optarg); break;
		case 'n': w.schedules = number(optarg); break;
		case 'l': w.seconds = number(optarg); break;
		case 't': w.trace = true; break;
		case 'x': w.expect_failure = failure_expected = true; break;
		case 'f': model_no_fencing = true; break;
		default: exit(64);
		}
	}
	return w;
}

static void tell_counts(void)
{
	const struct sim_counts *c = &sim_counts;

	printf("%llu kills, %llu pauses, %llu replaced, %llu drains, %llu "
	       "marks reset; "
	       "transactions: %llu fenced, %llu aborted, %llu unknown; "
	       "%llu requests, %llu decisions, %llu other answers\n",
	       (unsigned long long)c->kills, (unsigned long long)c->pauses,
	       (unsigned long long)c->ghosts, (unsigned long long)c->drains,
	       (unsigned long long)c->resets, (unsigned long long)c->fenced,
	       (unsigned long long)c->aborted, (unsigned long long)c->unknown,
	       (unsigned long long)c->requests,
	       (unsigned long long)c->decisions,
	       (unsigned long long)c->other_answers);
}

static int run(const struct wish *w)
{
	double began = seconds_now();
	uint64_t played = 0, events = 0;
	bool good = true;

	while (good && played < w->schedules &&
	       (w->seconds == 0 ||
	        seconds_now() - began < (double)w->seconds)) {
		good = play(w->seed + played, w->trace);
		events += sim.events;
		played++;
	}
	double took = seconds_now() - began;

	if (!good) {
		printf("seed %llu: %s\n",
		       (unsigned long long)(w->seed + played - 1), sim.failure);
		if (!w->trace && !w->expect_failure)
			(void)play(w->seed + played - 1, true);
	}
	tell_counts();
	printf("%llu schedules, %llu events, %.1f s of CPU, %.0f schedules/s\n",
	       (unsigned long long)played, (unsigned long long)events, took,
	       (double)played / took);
	return good != w->expect_failure ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct wish w = read_wish(argc, argv);

	(void)signal(SIGABRT, on_abort);
	world_open();
	int code = run(&w);

	world_close();
	return code;
}
