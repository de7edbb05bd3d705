#include "tests/bench/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_MAX = 4, TEXT_MAX = 4096, FIELD_UTIME = 14 };

/* Bytes read, and a NUL behind them; 0: no such file. */
static size_t read_text(const char *path, char *out)
{
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(out, 1, TEXT_MAX - 1, f) : 0;

	out[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
	return n;
}

static int64_t status_kb(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at != NULL ? strtoll(at + strlen(key), NULL, 10) : 0;
}

/* The process's own CPU and that of children it waited for. */
static int read_cpu(long pid, double *own, double *waited)
{
	char path[64], text[TEXT_MAX];
	unsigned long long ticks[4] = { 0 };
	double hz = (double)sysconf(_SC_CLK_TCK);
	char *at;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (read_text(path, text) == 0)
		return -1;
	/* the name in brackets may hold anything: count from behind it */
	at = strrchr(text, ')');
	for (int field = 2; at != NULL && field < FIELD_UTIME; field++)
		at = strchr(at + 1, ' ');
	for (size_t i = 0; at != NULL && i < 4; i++)
		ticks[i] = strtoull(at, &at, 10);
	*own = (double)(ticks[0] + ticks[1]) / hz;
	*waited = (double)(ticks[2] + ticks[3]) / hz;
	return at != NULL ? 0 : -1;
}

static void read_memory(long pid, struct usage *u)
{
	char path[64], text[TEXT_MAX];

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	if (read_text(path, text) == 0)
		return;
	u->rss_kb = status_kb(text, "VmRSS:");
	u->peak_kb = status_kb(text, "VmHWM:");
}

static void add_below(long pid, int depth, struct usage *below)
{
	char path[64], text[TEXT_MAX];
	char *at = text;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid,
	               pid);
	if (depth == DEPTH_MAX || read_text(path, text) == 0)
		return;
	for (;;) {
		char *end;
		long child = strtol(at, &end, 10);
		double own, waited;
		struct usage u = { 0 };

		if (end == at)
			return;
		at = end;
		if (read_cpu(child, &own, &waited) != 0)
			continue;
		below->cpu_s += own + waited;
		read_memory(child, &u);
		if (u.rss_kb > below->rss_kb)
			below->rss_kb = u.rss_kb;
		if (u.peak_kb > below->peak_kb)
			below->peak_kb = u.peak_kb;
		add_below(child, depth + 1, below);
	}
}

size_t usage_read(struct usage_process *list, size_t count)
{
	size_t gone = 0;

	for (size_t i = 0; i < count; i++) {
		struct usage_process *p = &list[i];
		double own, waited;

		if (read_cpu(p->pid, &own, &waited) != 0) {
			gone++;
			continue;
		}
		p->self.cpu_s = own;
		p->below = (struct usage){ .cpu_s = waited };
		read_memory(p->pid, &p->self);
		add_below(p->pid, 0, &p->below);
	}
	return gone;
}

int usage_load(const char *path, struct usage_process *out)
{
	FILE *f = fopen(path, "r");
	char line[USAGE_NAME_MAX + 32];
	int count = 0;

	if (f == NULL)
		return -1;
	while (count >= 0 && fgets(line, sizeof(line), f) != NULL) {
		char *blank = strchr(line, ' ');
		struct usage_process *p = &out[count];

		if (blank == NULL || blank - line >= USAGE_NAME_MAX ||
		    count == USAGE_PROCESSES_MAX) {
			count = -1;
			break;
		}
		*p = (struct usage_process){ .pid = strtol(blank, NULL, 10) };
		memcpy(p->name, line, (size_t)(blank - line));
		count += p->pid > 0 ? 1 : -1 - count;
	}
	(void)fclose(f);
	return count;
}
