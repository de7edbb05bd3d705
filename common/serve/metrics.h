/*
 * metrics.h -- counters, gauges and histograms in Prometheus' text format.
 *
 * A metric is registered once at start with its label names; a series is one
 * set of label values of it and is kept by who counts, so that counting is an
 * addition. Labels carry codes from small fixed sets: never a domain name, an
 * address, a request id or an error text. As a second line of defence a metric
 * holds at most METRIC_SERIES_MAX series; what comes later is counted in one
 * series whose labels all say "other".
 *
 * Names: mpic_ first (process_ apart), base units (_seconds, _bytes), counters
 * end in _total. Wrong names, and a name registered twice, are asserted.
 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include "base/buf.h"
#include "loop/loop.h"
#include "settings/version.h"

struct metrics;
struct metric;
struct series;

enum {
	METRIC_LABELS_MAX = 12,
	METRIC_SERIES_MAX = 512,
	METRIC_BUCKETS_MAX = 24,
};

struct metrics *metrics_new(void);
/* Takes *slot, accepts NULL, leaves NULL; all series go with it. */
void metrics_free(struct metrics **slot);

/* Names and helps are kept, not copied: literals. labels is a NULL-ended list,
   or NULL for a metric without labels. */
struct metric *metrics_counter(struct metrics *m, const char *name,
                               const char *help, const char *const *labels);
struct metric *metrics_gauge(struct metrics *m, const char *name,
                             const char *help, const char *const *labels);
/* bounds: n rising upper bounds without +Inf; kept, not copied. */
struct metric *metrics_histogram(struct metrics *m, const char *name,
                                 const char *help, const char *const *labels,
                                 const double *bounds, size_t n);

/* 1 ms to 60 s: for everything that takes part of a check's time. */
extern const double metrics_seconds[];
extern const size_t metrics_seconds_n;

/* The series with these label values (as many as the metric has labels, NULL
   behind), made at 0 on first use. Lives as long as the registry. */
struct series *metric_series(struct metric *m, const char *const *values);

/* LABELS("outcome", "reason"): label names, or values, in place. */
#define LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })
/* The one series of a metric without labels. */
#define metric_only(m) metric_series((m), (const char *const[]){ NULL })

/* Counters only grow (asserted); gauges go both ways. */
void series_add(struct series *s, double by);
/* Gauges; and counters that somebody else counts (never backwards there). */
void series_set(struct series *s, double value);
/* Histograms. */
void series_observe(struct series *s, double value);
/* What a counter or gauge stands at; of a histogram, how many observations. */
double series_value(const struct series *s);

/* fn runs before each rendering and may set series: for figures that are read
   rather than counted. */
void metrics_on_collect(struct metrics *m, loop_fn *fn, void *arg);

/* n zeroed bytes that live as long as the registry: for a collector's arg. */
void *metrics_keep(struct metrics *m, size_t n)
	__attribute__((returns_nonnull));

/* mpic_build_info{version,program,<name of each part>...} 1. */
void metrics_build_info(struct metrics *m, const char *program,
                        const struct version_part *parts);
/* process_resident_memory_bytes, process_virtual_memory_bytes,
   process_cpu_seconds_total, process_open_fds, process_max_fds,
   process_start_time_seconds. */
void metrics_process(struct metrics *m);
/* mpic_eventloop_lag_seconds: how late the loop's last heartbeat came, or how
   long it is overdue. loop must outlive the registry. */
void metrics_loop(struct metrics *m, struct loop *loop);

/* Appends all of it, text format 0.0.4, in order of registration. */
void metrics_render(struct metrics *m, struct buf *out);

#endif
