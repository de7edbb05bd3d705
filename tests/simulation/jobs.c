#include "tests/simulation/jobs.h"

#include "tests/simulation/world.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ABORTED = 3 };

/* What one process has done; it alone writes here while it lives. */
struct worker {
	pid_t pid;
	uint64_t schedules, events;
	struct sim_counts counts;
	uint64_t playing; /* the one that it is at, from 0 */
	bool failed;      /* in that one */
	char failure[SIM_FAILURE_MAX];
};

struct shared {
	_Atomic uint64_t next;   /* the next that nobody plays */
	_Atomic uint64_t failed; /* the lowest that failed; at first, all */
	struct worker workers[JOBS_MAX];
};

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(71);
}

/* An assertion of the product is a finding like any other. */
static void on_abort(int signo)
{
	(void)signo;
	_exit(ABORTED);
}

/* A child that ends by exit() and, if its parent is killed, with it. */
static pid_t start(void)
{
	pid_t parent = getpid();

	(void)fflush(NULL);
	pid_t pid = fork();

	must(pid >= 0, "simulate: fork");
	if (pid > 0)
		return pid;
	must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "simulate: prctl");
	if (getppid() != parent)
		_exit(71);
	(void)signal(SIGABRT, on_abort);
	return 0;
}

static void lower(_Atomic uint64_t *least, uint64_t n)
{
	uint64_t was = atomic_load(least);

	while (n < was && !atomic_compare_exchange_weak(least, &was, n)) {
	}
}

/* Others go on with what is below one that failed. */
static void work(const struct jobs_wish *w, jobs_play_fn *play,
                 struct shared *s, struct worker *me)
{
	double until = w->seconds > 0 ? (double)w->seconds : 1e18;

	while (!me->failed && seconds_of(CLOCK_PROCESS_CPUTIME_ID) < until) {
		me->playing = atomic_fetch_add(&s->next, 1);
		if (me->playing >= atomic_load(&s->failed))
			return;
		me->failed = !play(w->seed + me->playing, false);
		me->schedules++;
		me->events += sim.events;
		me->counts = sim_counts;
	}
	if (!me->failed)
		return;
	lower(&s->failed, me->playing);
	memcpy(me->failure, sim.failure, sizeof(me->failure));
}

static struct worker *worker_of(struct shared *s, pid_t pid)
{
	struct worker *x = s->workers;

	while (x->pid != pid)
		x++;
	return x;
}

static void end_one(struct shared *s, struct jobs_told *told)
{
	int status;
	pid_t pid = wait(&status);

	if (pid < 0 && errno == EINTR)
		return;
	must(pid > 0, "simulate: wait");
	struct worker *x = worker_of(s, pid);

	x->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return;
	x->failed = true;
	lower(&s->failed, x->playing);
	if (WIFEXITED(status) && WEXITSTATUS(status) == ABORTED) {
		(void)snprintf(x->failure, sizeof(x->failure), "aborted");
		return;
	}
	(void)snprintf(x->failure, sizeof(x->failure),
	               "the process that played it ended with status 0x%x",
	               (unsigned)status);
	told->died = true;
}

/* All of sim_counts are of one kind. */
static void add_counts(struct sim_counts *sum, const struct sim_counts *more)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)more;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static void gather(const struct jobs_wish *w, struct shared *s,
                   struct jobs_told *told)
{
	uint64_t lowest = atomic_load(&s->failed);

	for (uint64_t i = 0; i < w->jobs; i++) {
		const struct worker *x = &s->workers[i];

		told->schedules += x->schedules;
		told->events += x->events;
		add_counts(&told->counts, &x->counts);
		if (!x->failed || x->playing != lowest)
			continue;
		told->failed = true;
		told->failed_seed = w->seed + lowest;
		memcpy(told->failure, x->failure, sizeof(told->failure));
	}
}

void jobs_run(const struct jobs_wish *w, jobs_play_fn *play,
              struct jobs_told *told)
{
	double began = seconds_of(CLOCK_MONOTONIC);
	struct rusage used;
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(s != MAP_FAILED, "simulate: mmap");
	atomic_store(&s->failed, w->schedules);
	*told = (struct jobs_told){ 0 };
	for (uint64_t i = 0; i < w->jobs; i++) {
		struct worker *x = &s->workers[i];
		pid_t pid = start();

		if (pid > 0) {
			x->pid = pid;
			continue;
		}
		work(w, play, s, x);
		world_close();
		exit(EXIT_SUCCESS);
	}
	for (uint64_t i = 0; i < w->jobs; i++)
		end_one(s, told);
	gather(w, s, told);
	(void)munmap(s, sizeof(*s));
	told->seconds = seconds_of(CLOCK_MONOTONIC) - began;
	must(getrusage(RUSAGE_CHILDREN, &used) == 0, "simulate: getrusage");
	told->cpu_seconds =
		(double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void jobs_trace(uint64_t seed, jobs_play_fn *play)
{
	pid_t pid = start();

	if (pid == 0) {
		(void)setvbuf(stdout, NULL, _IOLBF, 0);
		(void)play(seed, true);
		world_close();
		exit(EXIT_SUCCESS);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
	}
}
