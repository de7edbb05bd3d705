#include "serve/metrics.h"

#include "base/escape.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const kind_names[] = { "counter", "gauge", "histogram" };

struct series {
	const struct metric *metric;
	char *labels; /* a="b",c="d" as rendered; "" without labels */
	double value; /* of a histogram: the sum of what was observed */
	uint64_t count;
	uint64_t *buckets; /* bound by bound, not added up; the last is +Inf */
};

struct metric {
	const char *name;
	const char *help;
	enum kind kind;
	const char *labels[METRIC_LABELS_MAX];
	size_t n_labels;
	const double *bounds;
	size_t n_bounds;
	struct series **series;
	size_t n_series;
};

struct collector {
	loop_fn *fn;
	void *arg;
};

struct metrics {
	struct metric **metrics;
	size_t n;
	struct collector *collectors;
	size_t n_collectors;
	struct arena *kept;
};

const double metrics_seconds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025,
	                           0.05,  0.1,    0.25,  0.5,  1,
	                           2.5,   5,      10,    30,   60 };
const size_t metrics_seconds_n =
	sizeof(metrics_seconds) / sizeof(metrics_seconds[0]);

struct metrics *metrics_new(void)
{
	struct metrics *m = xzalloc(sizeof(*m));

	m->kept = arena_new();
	return m;
}

static void metric_free(struct metric *m)
{
	for (size_t i = 0; i < m->n_series; i++) {
		free(m->series[i]->labels);
		free(m->series[i]->buckets);
		free(m->series[i]);
	}
	free(m->series);
	free(m);
}

void metrics_free(struct metrics **slot)
{
	struct metrics *m = *slot;

	if (m == NULL)
		return;
	*slot = NULL;
	for (size_t i = 0; i < m->n; i++)
		metric_free(m->metrics[i]);
	free(m->metrics);
	free(m->collectors);
	arena_free(&m->kept);
	free(m);
}

static bool is_name(const char *s)
{
	if (!ascii_is_alpha((uint8_t)*s) && *s != '_')
		return false;
	for (; *s != '\0'; s++) {
		uint8_t c = (uint8_t)*s;

		if (ascii_lower(c) != c || (!ascii_is_alnum(c) && c != '_'))
			return false;
	}
	return true;
}

static bool ends_in_total(const char *name)
{
	static const char end[] = "_total";
	size_t len = strlen(name);

	return len > sizeof(end) - 1 &&
	       strcmp(name + len - (sizeof(end) - 1), end) == 0;
}

static void assert_names(const struct metrics *m, const struct metric *metric)
{
	assert(is_name(metric->name));
	assert(strncmp(metric->name, "mpic_", 5) == 0 ||
	       strncmp(metric->name, "process_", 8) == 0);
	assert(ends_in_total(metric->name) == (metric->kind == COUNTER));
	assert(strpbrk(metric->help, "\\\n") == NULL);
	for (size_t i = 0; i < metric->n_labels; i++) {
		assert(is_name(metric->labels[i]));
		assert(strncmp(metric->labels[i], "__", 2) != 0);
		assert(strcmp(metric->labels[i], "le") != 0);
	}
	for (size_t i = 1; i < metric->n_bounds; i++)
		assert(metric->bounds[i - 1] < metric->bounds[i]);
	for (size_t i = 0; i < m->n; i++)
		assert(strcmp(m->metrics[i]->name, metric->name) != 0);
}

static struct metric *add_metric(struct metrics *m, enum kind kind,
                                 const char *name, const char *help,
                                 const char *const *labels,
                                 const double *bounds, size_t n_bounds)
{
	struct metric *metric = xzalloc(sizeof(*metric));

	metric->kind = kind;
	metric->name = name;
	metric->help = help;
	metric->bounds = bounds;
	metric->n_bounds = n_bounds;
	for (; labels != NULL && *labels != NULL; labels++) {
		assert(metric->n_labels < METRIC_LABELS_MAX);
		metric->labels[metric->n_labels++] = *labels;
	}
	assert_names(m, metric);
	m->metrics =
		xreallocarray(m->metrics, m->n + 1, sizeof(struct metric *));
	m->metrics[m->n++] = metric;
	/* without labels there is one series, and 0 says more than absence */
	if (metric->n_labels == 0)
		(void)metric_only(metric);
	return metric;
}

struct metric *metrics_counter(struct metrics *m, const char *name,
                               const char *help, const char *const *labels)
{
	return add_metric(m, COUNTER, name, help, labels, NULL, 0);
}

struct metric *metrics_gauge(struct metrics *m, const char *name,
                             const char *help, const char *const *labels)
{
	return add_metric(m, GAUGE, name, help, labels, NULL, 0);
}

struct metric *metrics_histogram(struct metrics *m, const char *name,
                                 const char *help, const char *const *labels,
                                 const double *bounds, size_t n)
{
	assert(n > 0 && n <= METRIC_BUCKETS_MAX);
	return add_metric(m, HISTOGRAM, name, help, labels, bounds, n);
}

static void add_labels(struct buf *out, const struct metric *m,
                       const char *const *values)
{
	for (size_t i = 0; i < m->n_labels; i++) {
		buf_printf(out, "%s%s=\"", i > 0 ? "," : "", m->labels[i]);
		escape_label(out,
		             span_str(values != NULL ? values[i] : "other"));
		buf_add_u8(out, '"');
	}
}

static struct series *find_series(const struct metric *m, const char *labels)
{
	for (size_t i = 0; i < m->n_series; i++)
		if (strcmp(m->series[i]->labels, labels) == 0)
			return m->series[i];
	return NULL;
}

static struct series *add_series(struct metric *m, const char *labels)
{
	struct series *s = xzalloc(sizeof(*s));

	s->metric = m;
	s->labels = xstrdup(labels);
	if (m->kind == HISTOGRAM)
		s->buckets = xcalloc(m->n_bounds + 1, sizeof(*s->buckets));
	m->series = xreallocarray(m->series, m->n_series + 1,
	                          sizeof(struct series *));
	m->series[m->n_series++] = s;
	return s;
}

struct series *metric_series(struct metric *m, const char *const *values)
{
	struct buf labels = { 0 };
	struct series *s;
	size_t n = 0;

	while (values[n] != NULL)
		n++;
	assert(n == m->n_labels);
	add_labels(&labels, m, values);
	s = find_series(m, buf_cstr(&labels));
	if (s == NULL && m->n_series >= METRIC_SERIES_MAX - 1) {
		/* the last place is for all that find none */
		buf_clear(&labels);
		add_labels(&labels, m, NULL);
		s = find_series(m, buf_cstr(&labels));
	}
	if (s == NULL)
		s = add_series(m, buf_cstr(&labels));
	buf_clear(&labels);
	return s;
}

void series_add(struct series *s, double by)
{
	assert(s->metric->kind != HISTOGRAM);
	assert(s->metric->kind == GAUGE || by >= 0);
	s->value += by;
}

void series_set(struct series *s, double value)
{
	assert(s->metric->kind != HISTOGRAM);
	if (s->metric->kind == COUNTER && value < s->value)
		return;
	s->value = value;
}

void series_observe(struct series *s, double value)
{
	const struct metric *m = s->metric;
	size_t i = 0;

	assert(m->kind == HISTOGRAM);
	while (i < m->n_bounds && !(value <= m->bounds[i]))
		i++;
	s->buckets[i]++;
	s->count++;
	s->value += value;
}

double series_value(const struct series *s)
{
	return s->metric->kind == HISTOGRAM ? (double)s->count : s->value;
}

void *metrics_keep(struct metrics *m, size_t n)
{
	return arena_alloc(m->kept, n);
}

void metrics_on_collect(struct metrics *m, loop_fn *fn, void *arg)
{
	m->collectors = xreallocarray(m->collectors, m->n_collectors + 1,
	                              sizeof(*m->collectors));
	m->collectors[m->n_collectors++] = (struct collector){ fn, arg };
}

/* Whole numbers without exponent, so that people can read byte counts. */
static void add_number(struct buf *out, double value)
{
	static const double exact = 9007199254740992.0; /* 2^53 */

	if (isnan(value))
		buf_add_str(out, "NaN");
	else if (isinf(value))
		buf_add_str(out, value > 0 ? "+Inf" : "-Inf");
	else if (fabs(value) < exact && value >= floor(value) &&
	         value <= floor(value))
		buf_printf(out, "%.0f", value);
	else
		buf_printf(out, "%.17g", value);
}

/* name[suffix][{labels[,le="..."]}] and a space */
static void add_sample(struct buf *out, const struct series *s,
                       const char *suffix, const char *le)
{
	const char *comma = s->labels[0] != '\0' && le != NULL ? "," : "";

	buf_printf(out, "%s%s", s->metric->name, suffix);
	if (s->labels[0] != '\0' || le != NULL)
		buf_printf(out, "{%s%s%s%s%s}", s->labels, comma,
		           le != NULL ? "le=\"" : "", le != NULL ? le : "",
		           le != NULL ? "\"" : "");
	buf_add_u8(out, ' ');
}

static void render_histogram(struct buf *out, const struct series *s)
{
	const struct metric *m = s->metric;
	uint64_t sum = 0;
	char le[32];

	for (size_t i = 0; i <= m->n_bounds; i++) {
		if (i < m->n_bounds)
			(void)snprintf(le, sizeof(le), "%g", m->bounds[i]);
		else
			(void)snprintf(le, sizeof(le), "+Inf");
		sum += s->buckets[i];
		add_sample(out, s, "_bucket", le);
		buf_printf(out, "%llu\n", (unsigned long long)sum);
	}
	add_sample(out, s, "_sum", NULL);
	add_number(out, s->value);
	buf_add_u8(out, '\n');
	add_sample(out, s, "_count", NULL);
	buf_printf(out, "%llu\n", (unsigned long long)s->count);
}

static void render_metric(struct buf *out, const struct metric *m)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help,
	           m->name, kind_names[m->kind]);
	for (size_t i = 0; i < m->n_series; i++) {
		if (m->kind == HISTOGRAM) {
			render_histogram(out, m->series[i]);
			continue;
		}
		add_sample(out, m->series[i], "", NULL);
		add_number(out, m->series[i]->value);
		buf_add_u8(out, '\n');
	}
}

void metrics_render(struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < m->n_collectors; i++)
		m->collectors[i].fn(m->collectors[i].arg);
	for (size_t i = 0; i < m->n; i++)
		render_metric(out, m->metrics[i]);
}
