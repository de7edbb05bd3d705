/*
 * usage.h -- what processes used, from /proc: CPU time and memory of one
 * process, and of all below it (a worker's probes, a server's children),
 * those that ended and were waited for included.
 */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stddef.h>
#include <stdint.h>

enum { USAGE_NAME_MAX = 64, USAGE_PROCESSES_MAX = 64 };

struct usage {
	double cpu_s;
	int64_t rss_kb;
	int64_t peak_kb;
};

struct usage_process {
	char name[USAGE_NAME_MAX];
	long pid;
	struct usage self;
	struct usage below; /* memory: of the largest */
};

/* Lines "name pid"; the count, or -1 if the file is not like that. */
int usage_load(const char *path, struct usage_process *out);
/* A process that is gone keeps its last figures; returns how many are. */
size_t usage_read(struct usage_process *list, size_t count);

#endif
