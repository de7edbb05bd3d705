#include "coordinator/stats.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/broker_time.h"
#include "coordinator/outbox.h"
#include "coordinator/overload.h"

#include <stdlib.h>

enum { PARTITIONS_MAX = 1024 }; /* kafka.partitions */

struct stats {
	struct metrics *metrics;
	const struct coordinator *watched;
	struct metric *requests, *decisions, *duration, *answers, *attempts;
	struct metric *checks, *results, *untrusted, *undecodable;
	struct metric *commits, *commit_seconds, *commit_answers;
	struct metric *in_flight, *queued, *partitions, *paused, *window;
	struct metric *window_overflows, *clock, *skew, *alive, *unproven, *lag,
		*backlog;
	struct metric *time_left, *p95, *working;
	bool shown[PARTITIONS_MAX]; /* their lag is not 0 */
};

static void collect(void *arg);

static void register_load(struct stats *s, struct metrics *m)
{
	s->backlog = metrics_gauge(
		m, "mpic_requests_lag",
		"Request records whose answer is not committed: from the "
		"committed mark to the end of the log.",
		LABELS("partition"));
	s->working = metrics_gauge(m, "mpic_requests_working",
	                           "Requests with an attempt under way.", NULL);
	s->time_left = metrics_histogram(
		m, "mpic_request_time_left_seconds",
		"What is left of a request's time allowed, at its intake and "
		"at its committed decision; 0: too late.",
		LABELS("at"), metrics_seconds, metrics_seconds_n);
	s->p95 = metrics_gauge(
		m, "mpic_decision_p95_seconds",
		"From intake to commit, p95 of the last 4 seconds without "
		"hanging checks: requests with less time left are answered "
		"overloaded.",
		NULL);
}

static void register_clocks(struct stats *s, struct metrics *m)
{
	s->clock = metrics_gauge(
		m, "mpic_clock_ahead_seconds",
		"How far this machine's clock is ahead of the brokers'.", NULL);
	s->skew = metrics_gauge(
		m, "mpic_perspective_clock_ahead_seconds",
		"How far a perspective's clock is ahead of the brokers': of "
		"its fresh instances the one that is off most.",
		LABELS("perspective"));
}

struct stats *stats_new(struct metrics *m)
{
	static const double answers[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500 };
	struct stats *s = xzalloc(sizeof(*s));

	s->metrics = m;
	s->requests = metrics_counter(m, "mpic_requests_total",
	                              "Request records read.", NULL);
	s->decisions = metrics_counter(
		m, "mpic_decisions_total", "Decisions committed.",
		LABELS("check_type", "outcome", "reason"));
	s->duration = metrics_histogram(
		m, "mpic_coordinator_duration_seconds",
		"From reading a request to its committed decision.",
		LABELS("check_type"), metrics_seconds, metrics_seconds_n);
	s->answers = metrics_counter(
		m, "mpic_other_answers_total",
		"Echoes, conflicts, repeats, forwards and dead letters.",
		LABELS("kind"));
	s->attempts = metrics_counter(m, "mpic_attempts_total",
	                              "Corroboration attempts planned.", NULL);
	s->checks = metrics_counter(m, "mpic_checks_sent_total",
	                            "Checks sent to perspectives.",
	                            LABELS("perspective"));
	s->results = metrics_counter(m, "mpic_results_total",
	                             "Results read, by what they counted as.",
	                             LABELS("fold"));
	s->untrusted = metrics_counter(m, "mpic_untrusted_records_total",
	                               "Records refused for their signature.",
	                               LABELS("topic", "why"));
	s->undecodable =
		metrics_counter(m, "mpic_undecodable_records_total",
	                        "Records that do not decode.", LABELS("topic"));
	s->commits =
		metrics_counter(m, "mpic_commits_total",
	                        "Transactions by outcome.", LABELS("outcome"));
	s->commit_seconds = metrics_histogram(
		m, "mpic_commit_duration_seconds",
		"From submitting a transaction to its outcome.", NULL,
		metrics_seconds, metrics_seconds_n);
	s->commit_answers = metrics_histogram(
		m, "mpic_commit_answers", "Answers per transaction.", NULL,
		answers, sizeof(answers) / sizeof(answers[0]));
	s->in_flight = metrics_gauge(m, "mpic_requests_in_flight",
	                             "Requests being worked on.", NULL);
	s->queued = metrics_gauge(m, "mpic_answers_queued",
	                          "Answers not committed yet.", NULL);
	s->partitions =
		metrics_gauge(m, "mpic_partitions",
	                      "Owned partitions by phase.", LABELS("phase"));
	s->paused = metrics_gauge(m, "mpic_paused_partitions",
	                          "Partitions whose intake is paused.", NULL);
	s->window = metrics_gauge(m, "mpic_duplicate_window_entries",
	                          "Decisions kept for repeats.", NULL);
	s->window_overflows = metrics_counter(
		m, "mpic_duplicate_window_overflows_total",
		"Decisions that left the window before their time.", NULL);
	s->alive =
		metrics_gauge(m, "mpic_perspective_instances",
	                      "Worker instances alive.", LABELS("perspective"));
	s->unproven = metrics_gauge(
		m, "mpic_primary_unproven",
		"1 while the primary has not shown that it validates DNSSEC: "
		"no request is worked on then.",
		NULL);
	register_clocks(s, m);
	register_load(s, m);
	s->lag = metrics_gauge(m, "mpic_kafka_consumer_lag",
	                       "Records not read yet.",
	                       LABELS("topic", "partition"));
	metrics_on_collect(m, collect, s);
	return s;
}

void stats_free(struct stats **s)
{
	free(*s);
	*s = NULL;
}

void stats_watch(struct stats *s, const struct coordinator *c)
{
	s->watched = c;
}

void stats_unwatch(struct stats *s)
{
	s->watched = NULL;
}

static const char *number_of(uint32_t partition, char *text, size_t room)
{
	(void)snprintf(text, room, "%u", partition);
	return text;
}

static void collect_backlog(const struct stats *s, const struct partition *p)
{
	struct kafka_partition at = partition_of(p, p->c->d->topics.requests);
	struct kafka_lag lag = kafka_in_lag(p->c->requests_in, &at);
	char number[16];

	if (lag.high < 0 || p->offsets == NULL)
		return;
	int64_t mark = offsets_mark(p->offsets);

	series_set(metric_series(s->backlog,
	                         LABELS(number_of((uint32_t)p->number, number,
	                                          sizeof(number)))),
	           lag.high > mark ? (double)(lag.high - mark) : 0);
}

/* It went to another coordinator, whose figures these are now. */
static void clear_lag(struct stats *s, uint32_t partition)
{
	char text[16];
	const char *number = number_of(partition, text, sizeof(text));

	if (!s->shown[partition])
		return;
	s->shown[partition] = false;
	series_set(metric_series(s->backlog, LABELS(number)), 0);
	series_set(metric_series(s->lag, LABELS("requests", number)), 0);
	series_set(metric_series(s->lag, LABELS("results", number)), 0);
}

static void collect_lag(const struct stats *s, const struct partition *p,
                        struct kafka_in *in, const char *name,
                        const char *topic)
{
	struct kafka_partition at = partition_of(p, topic);
	struct kafka_lag lag = kafka_in_lag(in, &at);
	char number[16];

	(void)number_of((uint32_t)p->number, number, sizeof(number));
	if (lag.lag >= 0)
		series_set(metric_series(s->lag, LABELS(name, number)),
		           (double)lag.lag);
}

static void collect_partitions(struct stats *s)
{
	const struct coordinator *c = s->watched;
	size_t phases[PARTITION_STOPPED + 1] = { 0 };
	size_t paused = 0, window = 0;
	uint64_t overflows = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		if (p == NULL) {
			clear_lag(s, i);
			continue;
		}
		phases[p->phase]++;
		paused += p->paused;
		window += window_count(p->window);
		overflows += window_overflows(p->window);
		s->shown[i] = true;
		collect_backlog(s, p);
		collect_lag(s, p, c->requests_in, "requests",
		            c->d->topics.requests);
		collect_lag(s, p, c->log_in, "results", c->d->topics.results);
	}
	for (int i = 0; i <= PARTITION_STOPPED; i++)
		series_set(metric_series(s->partitions,
		                         LABELS(partition_phase_name(
						 (enum partition_phase)i))),
		           (double)phases[i]);
	series_set(metric_only(s->paused), (double)paused);
	series_set(metric_only(s->window), (double)window);
	if ((double)overflows > series_value(metric_only(s->window_overflows)))
		series_set(metric_only(s->window_overflows), (double)overflows);
}

static void collect_clocks(const struct stats *s, const char *code)
{
	int64_t ahead_ms;

	if (liveness_ahead(s->watched->liveness, code, clock_wall_ms(),
	                   &ahead_ms))
		series_set(metric_series(s->skew, LABELS(code)),
		           (double)ahead_ms / 1000);
}

static void collect_primary(const struct stats *s)
{
	const struct coordinator *c = s->watched;
	struct span primary = c->d->inventory.primary;

	if (primary.len > 0)
		series_set(metric_only(s->unproven),
		           liveness_unproven(c->liveness,
		                             (const char *)primary.p,
		                             clock_wall_ms()));
}

static void collect(void *arg)
{
	struct stats *s = arg;
	const struct coordinator *c = s->watched;
	int64_t ahead_ms;

	if (c == NULL)
		return;
	series_set(metric_only(s->working),
	           (double)overload_working(c->overload));
	series_set(metric_only(s->p95),
	           (double)overload_p95_ms(c->overload, clock_mono_ms()) /
	                   1000);
	series_set(metric_only(s->in_flight), (double)c->sessions);
	series_set(metric_only(s->queued), (double)outbox_queued(c->outbox));
	collect_partitions(s);
	if (broker_time_ahead(c, &ahead_ms))
		series_set(metric_only(s->clock), (double)ahead_ms / 1000);
	for (size_t i = 0; i < c->d->inventory.count; i++) {
		const char *code =
			(const char *)c->d->inventory.sites[i].code.p;

		series_set(metric_series(s->alive, LABELS(code)),
		           (double)liveness_count(c->liveness, code,
		                                  clock_wall_ms()));
		collect_clocks(s, code);
	}
	collect_primary(s);
}

void stats_request(struct stats *s)
{
	series_add(metric_only(s->requests), 1);
}

void stats_decision(struct stats *s, const struct decision *d, int64_t took_ms)
{
	const char *set = check_set_name(d->check_set);

	series_add(metric_series(s->decisions,
	                         LABELS(set, outcome_name(d->outcome),
	                                reason_name(d->reason))),
	           1);
	series_observe(metric_series(s->duration, LABELS(set)),
	               (double)took_ms / 1000);
}

void stats_time_left(struct stats *s, const char *at, int64_t left_ms)
{
	series_observe(metric_series(s->time_left, LABELS(at)),
	               (double)left_ms / 1000);
}

void stats_answer(struct stats *s, const char *kind)
{
	series_add(metric_series(s->answers, LABELS(kind)), 1);
}

void stats_attempt(struct stats *s)
{
	series_add(metric_only(s->attempts), 1);
}

void stats_check_sent(struct stats *s, struct span perspective)
{
	series_add(
		metric_series(s->checks, LABELS((const char *)perspective.p)),
		1);
}

void stats_result(struct stats *s, enum fold fold)
{
	series_add(metric_series(s->results, LABELS(fold_name(fold))), 1);
}

void stats_untrusted(struct stats *s, const char *topic, enum trust_result t)
{
	series_add(metric_series(s->untrusted,
	                         LABELS(topic, trust_result_name(t))),
	           1);
}

void stats_undecodable(struct stats *s, const char *topic)
{
	series_add(metric_series(s->undecodable, LABELS(topic)), 1);
}

void stats_commit(struct stats *s, const char *outcome, int64_t took_us,
                  size_t answers)
{
	series_add(metric_series(s->commits, LABELS(outcome)), 1);
	series_observe(metric_only(s->commit_seconds), (double)took_us / 1e6);
	if (answers > 0)
		series_observe(metric_only(s->commit_answers), (double)answers);
}
