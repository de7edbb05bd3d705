/* What every program tells about itself: its build, its process, its loop. */
#include "base/clock.h"
#include "base/mem.h"
#include "serve/metrics.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	STAT_START_FIELD = 22, /* proc(5), /proc/self/stat: start time, ticks */
	STAT_MAX = 2048,
};

void metrics_build_info(struct metrics *m, const char *program,
                        const struct version_part *parts)
{
	const char *names[METRIC_LABELS_MAX + 1] = { "version", "program" };
	const char *values[METRIC_LABELS_MAX + 1] = { mpic_version(), program };

	for (size_t n = 2; parts != NULL && parts->name != NULL; n++, parts++) {
		assert(n < METRIC_LABELS_MAX);
		names[n] = parts->name;
		values[n] = parts->version;
	}
	series_set(metric_series(metrics_gauge(m, "mpic_build_info",
	                                       "Which build runs, with which "
	                                       "libraries; always 1.",
	                                       names),
	                         values),
	           1);
}

/* A small file of /proc as a string; false if it can't be read. */
static bool read_proc(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, out, room - 1);
	(void)close(fd);
	if (got <= 0)
		return false;
	out[got] = '\0';
	return true;
}

static double now_seconds(clockid_t clock)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Seconds since boot at which this process began; now if /proc is closed. */
static double start_since_boot(void)
{
	char stat[STAT_MAX];
	char *at;

	if (!read_proc("/proc/self/stat", stat, sizeof(stat)))
		return now_seconds(CLOCK_BOOTTIME);
	at = strrchr(stat, ')'); /* the name, field 2, may hold anything */
	for (int field = 2; at != NULL && field < STAT_START_FIELD; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return now_seconds(CLOCK_BOOTTIME);
	return (double)strtoull(at, NULL, 10) / (double)sysconf(_SC_CLK_TCK);
}

struct process_series {
	struct series *resident;
	struct series *virtual;
	struct series *cpu;
	struct series *open_fds;
	struct series *max_fds;
};

static void collect_memory(const struct process_series *p)
{
	double page = (double)sysconf(_SC_PAGESIZE);
	char statm[STAT_MAX];
	char *rest;

	if (!read_proc("/proc/self/statm", statm, sizeof(statm)))
		return;
	series_set(p->virtual, (double)strtoull(statm, &rest, 10) * page);
	series_set(p->resident, (double)strtoull(rest, NULL, 10) * page);
}

static void collect_fds(const struct process_series *p)
{
	DIR *dir = opendir("/proc/self/fd");
	struct rlimit limit;
	int n = -3; /* ".", ".." and the descriptor that reads them */

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		series_set(p->max_fds, (double)limit.rlim_cur);
	if (dir == NULL)
		return;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	series_set(p->open_fds, n);
}

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void collect_process(void *arg)
{
	const struct process_series *p = arg;
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		series_set(p->cpu,
		           seconds(usage.ru_utime) + seconds(usage.ru_stime));
	collect_memory(p);
	collect_fds(p);
}

void metrics_process(struct metrics *m)
{
	struct process_series *p = metrics_keep(m, sizeof(*p));
	struct metric *start;

	p->resident =
		metric_only(metrics_gauge(m, "process_resident_memory_bytes",
	                                  "Resident memory in bytes.", NULL));
	p->virtual = metric_only(
		metrics_gauge(m, "process_virtual_memory_bytes",
	                      "Virtual memory in bytes.", NULL));
	p->cpu = metric_only(metrics_counter(m, "process_cpu_seconds_total",
	                                     "User and system CPU time spent.",
	                                     NULL));
	p->open_fds = metric_only(metrics_gauge(
		m, "process_open_fds", "Open file descriptors.", NULL));
	p->max_fds = metric_only(metrics_gauge(
		m, "process_max_fds", "Limit of open file descriptors.", NULL));
	start = metrics_gauge(m, "process_start_time_seconds",
	                      "Start of the process since the Unix epoch.",
	                      NULL);
	series_set(metric_only(start), now_seconds(CLOCK_REALTIME) -
	                                       now_seconds(CLOCK_BOOTTIME) +
	                                       start_since_boot());
	metrics_on_collect(m, collect_process, p);
}

struct loop_series {
	const struct loop *loop;
	struct series *lag;
};

static void collect_loop(void *arg)
{
	const struct loop_series *l = arg;
	double last = (double)loop_lag_us(l->loop) / 1e6;
	int64_t since = clock_mono_ms() - loop_last_turn_mono_ms(l->loop);
	double overdue = (double)(since - LOOP_BEAT_MS) / 1e3;

	series_set(l->lag, overdue > last ? overdue : last);
}

void metrics_loop(struct metrics *m, struct loop *loop)
{
	struct loop_series *l = metrics_keep(m, sizeof(*l));

	l->loop = loop;
	l->lag = metric_only(metrics_gauge(
		m, "mpic_eventloop_lag_seconds",
		"How late the loop's last heartbeat came.", NULL));
	metrics_on_collect(m, collect_loop, l);
}
