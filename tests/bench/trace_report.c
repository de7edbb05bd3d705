#include "tests/bench/trace.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * One request's way, in order; each part begins where the one before ended.
 * "check" parts are the perspectives' own work, the others are ours.
 */
enum part {
	PART_INTAKE,     /* request sent -> attempt planned */
	PART_ATTEMPT,    /* -> logged and the primary's check handed over */
	PART_DISPATCH_1, /* -> the primary's worker begins */
	PART_CHECK_1,    /* -> it has finished */
	PART_GATE,       /* -> its result folded, the last check handed over */
	PART_DISPATCH_N, /* -> the last remote begins */
	PART_CHECK_N,    /* -> the last remote has finished */
	PART_RESULTS,    /* -> all folded, decided */
	PART_COMMIT,     /* -> the decision arrived here */
	PART_TOTAL,
	PART_ADDED, /* total without the slowest check's own time */
	PARTS
};

static const char *const part_names[PARTS] = {
	"intake",         "attempt ack", "dispatch, primary",
	"check, primary", "gate",        "dispatch, remotes",
	"check, remotes", "results",     "commit and delivery",
	"total",          "added",
};

static int64_t latest(const int64_t *times, size_t count)
{
	int64_t t = times[0];

	for (size_t i = 1; i < count; i++)
		t = times[i] > t ? times[i] : t;
	return t;
}

static bool is_complete(const struct traces *t, const struct trace *x)
{
	for (int i = 0; i < t->perspectives_count; i++) {
		if (x->check_ms[i] == 0 || x->started_ms[i] == 0)
			return false;
	}
	return x->planned_ms > 0 && x->arrived_ms > 0;
}

static void measure(const struct traces *t, const struct trace *x, double *ms)
{
	size_t remotes = (size_t)t->perspectives_count - 1;
	double at[PARTS] = { x->sent_ms, (double)x->planned_ms,
		             (double)x->check_ms[0], (double)x->started_ms[0],
		             (double)x->finished_ms[0] };
	int64_t slowest = 0;

	for (size_t i = 0; i <= remotes; i++) {
		int64_t took = x->finished_ms[i] - x->started_ms[i];

		slowest = took > slowest ? took : slowest;
	}
	at[5] = (double)latest(x->check_ms + 1, remotes);
	at[6] = (double)latest(x->started_ms + 1, remotes);
	at[7] = (double)latest(x->finished_ms + 1, remotes);
	at[8] = (double)x->decided_ms;
	at[9] = x->arrived_ms;
	for (size_t i = PART_INTAKE; i <= PART_COMMIT; i++)
		ms[i] = at[i + 1] - at[i];
	ms[PART_TOTAL] = x->arrived_ms - x->sent_ms;
	ms[PART_ADDED] = ms[PART_TOTAL] - (double)slowest;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t count, double p)
{
	return sorted[(size_t)((double)(count - 1) * p + 0.5)];
}

static void print_part(const char *name, double *ms, size_t count, bool first)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += ms[i];
	qsort(ms, count, sizeof(*ms), by_size);
	(void)printf("%s{\"name\":\"%s\",\"mean_ms\":%.2f,\"p50_ms\":%.2f,"
	             "\"p99_ms\":%.2f,\"max_ms\":%.2f}",
	             first ? "" : ",", name, sum / (double)count,
	             percentile(ms, count, 0.5), percentile(ms, count, 0.99),
	             ms[count - 1]);
}

/* Only requests of which every record was seen. */
static void print_parts(const struct traces *t)
{
	double *ms = xcalloc(t->count + 1, sizeof(*ms));
	size_t count = 0;

	(void)printf("\"parts\":[");
	for (size_t part = 0; part < PARTS; part++) {
		count = 0;
		for (size_t i = 0; i < t->count; i++) {
			double all[PARTS];

			if (!t->list[i].measured ||
			    !is_complete(t, &t->list[i]))
				continue;
			measure(t, &t->list[i], all);
			ms[count++] = all[part];
		}
		if (count > 0)
			print_part(part_names[part], ms, count, part == 0);
	}
	(void)printf("],\"traced\":%zu,", count);
	free(ms);
}

static void print_sizes(const struct traces *t)
{
	bool first = true;

	(void)printf("\"records\":[");
	for (size_t i = 0; i < TRACE_RECORDS; i++) {
		const struct trace_size *s = &t->sizes[i];
		double n = (double)s->count;

		if (s->count == 0)
			continue;
		(void)printf("%s{\"name\":\"%s\",\"count\":%llu,\"value\":%.1f,"
		             "\"key\":%.1f,\"headers\":%.1f}",
		             first ? "" : ",", trace_record_names[i],
		             (unsigned long long)s->count, (double)s->value / n,
		             (double)s->key / n, (double)s->headers / n);
		first = false;
	}
	(void)printf("]");
}

static void print_totals(const struct traces *t)
{
	double *ms = xcalloc(t->count + 1, sizeof(*ms));
	size_t count = 0, missing = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct trace *x = &t->list[i];

		missing += x->arrived_ms <= 0;
		if (x->measured && x->arrived_ms > 0)
			ms[count++] = x->arrived_ms - x->sent_ms;
	}
	(void)printf("\"sent\":%zu,\"undecided\":%zu,\"refused\":%llu,",
	             t->count, missing, (unsigned long long)t->refused);
	(void)printf("\"outcomes\":{");
	for (unsigned o = OUTCOME_ISSUE; o <= OUTCOME_REJECTED; o++)
		(void)printf("%s\"%s\":%llu", o > OUTCOME_ISSUE ? "," : "",
		             outcome_name((enum outcome)o),
		             (unsigned long long)t->outcomes[o]);
	(void)printf("},\"reasons\":{");
	for (size_t i = 0; i < TRACE_REASONS_MAX && t->reasons[i].count > 0;
	     i++)
		(void)printf("%s\"%s\":%llu", i > 0 ? "," : "",
		             t->reasons[i].name,
		             (unsigned long long)t->reasons[i].count);
	(void)printf("},");
	if (count > 0) {
		(void)printf("\"total\":");
		print_part("total", ms, count, true);
		(void)printf(",");
	}
	free(ms);
}

/* Requests of the window by what became of them: in time, overloaded, late. */
static void print_fates(const struct traces *t)
{
	double *ms = xcalloc(t->count + 1, sizeof(*ms));
	size_t good = 0, overloaded = 0, late = 0, failed = 0, offered = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct trace *x = &t->list[i];
		double took = x->arrived_ms - x->sent_ms;

		if (!x->measured)
			continue;
		offered++;
		if (x->arrived_ms <= 0 ||
		    (t->late_after_ms > 0 && took > t->late_after_ms))
			late++;
		else if (x->reason == REASON_OVERLOADED)
			overloaded++;
		else if (x->outcome == OUTCOME_ISSUE ||
		         x->outcome == OUTCOME_CORROBORATED)
			ms[good++] = took;
		else
			failed++;
	}
	(void)printf("\"fates\":{\"offered\":%zu,\"good\":%zu,"
	             "\"overloaded\":%zu,\"late\":%zu,\"failed\":%zu",
	             offered, good, overloaded, late, failed);
	if (good > 0) {
		(void)printf(",\"took\":");
		print_part("took", ms, good, true);
	}
	(void)printf("},");
	free(ms);
}

static void print_next(const struct traces *t)
{
	bool first = true;

	(void)printf("\"next_ms\":{");
	for (int i = 0; i < TRACE_PARTITIONS_MAX && t->since_ms > 0; i++) {
		if (t->next_ms[i] <= 0)
			continue;
		(void)printf("%s\"%d\":%.0f", first ? "" : ",", i,
		             t->next_ms[i] - t->since_ms);
		first = false;
	}
	(void)printf("},");
}

void traces_print(const struct traces *t)
{
	print_totals(t);
	print_fates(t);
	print_next(t);
	print_parts(t);
	print_sizes(t);
}

static int write_file(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL)
		return -1;
	size_t n = fwrite(bytes.p, 1, bytes.len, f);

	return fclose(f) == 0 && n == bytes.len ? 0 : -1;
}

int traces_save(const struct traces *t, const char *dir)
{
	struct buf sizes = { 0 };
	int rc = 0;

	for (size_t i = 0; i < TRACE_RECORDS && rc == 0; i++) {
		const struct trace_sample *s = &t->samples[i];
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", dir,
		               trace_record_names[i]);
		rc = s->value.p != NULL ? write_file(path, s->value) : -1;
		buf_printf(&sizes, "%zu %zu\n", s->key, s->headers);
	}
	if (rc == 0) {
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/sizes", dir);
		rc = write_file(path, buf_span(&sizes));
	}
	buf_clear(&sizes);
	return rc;
}
