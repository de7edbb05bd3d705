#include "perspective-worker/stats.h"

#include "perspective-worker/worker.h"

#include <stdio.h>
#include <stdlib.h>

struct stats {
	struct worker *watched;
	struct metric *checks, *results, *duration, *dead_letters, *untrusted;
	struct metric *canary, *validation, *shown;
	struct metric *in_flight, *outgoing_bytes, *paused, *lag;
	struct metric *probes, *starts, *deaths, *reruns, *set_aside, *queued;
	struct metric *hanging, *waiting, *recalls;
};

static void collect(void *arg);

static void register_checks(struct stats *s, struct metrics *m)
{
	s->checks = metrics_counter(m, "mpic_worker_checks_total",
	                            "Check records taken up.", NULL);
	s->results = metrics_counter(m, "mpic_worker_results_total",
	                             "Results written, by kind of check.",
	                             LABELS("kind", "class", "reason"));
	s->duration = metrics_histogram(
		m, "mpic_worker_check_duration_seconds",
		"From reading a check to its written result.",
		LABELS("check_type"), metrics_seconds, metrics_seconds_n);
	s->dead_letters = metrics_counter(m, "mpic_worker_dead_letters_total",
	                                  "Records that were no checks for us.",
	                                  LABELS("reason"));
	s->untrusted = metrics_counter(m, "mpic_untrusted_records_total",
	                               "Records refused for their signature.",
	                               LABELS("topic", "why"));
	s->in_flight = metrics_gauge(m, "mpic_worker_checks_in_flight",
	                             "Checks read whose result is not "
	                             "acknowledged.",
	                             NULL);
	s->outgoing_bytes =
		metrics_gauge(m, "mpic_worker_outgoing_bytes",
	                      "Results that wait for the brokers.", NULL);
	s->paused = metrics_gauge(m, "mpic_worker_intake_paused",
	                          "1 while no checks are taken.", NULL);
	s->lag = metrics_gauge(m, "mpic_kafka_consumer_lag",
	                       "Records not read yet.",
	                       LABELS("topic", "partition"));
}

static void register_canary(struct stats *s, struct metrics *m)
{
	s->canary = metrics_counter(m, "mpic_worker_canary_total",
	                            "Names asked for that must be bogus.",
	                            LABELS("outcome"));
	s->validation = metrics_gauge(
		m, "mpic_worker_validation",
		"1 for what the canary last showed of DNSSEC validation; but "
		"for \"shown\" (and \"unknown\" in a lab) no primary's checks "
		"are done.",
		LABELS("state"));
	s->shown = metrics_gauge(
		m, "mpic_worker_validation_shown_timestamp_seconds",
		"When a bogus name was last refused as that.", NULL);
}

static void register_probes(struct stats *s, struct metrics *m)
{
	s->probes = metrics_gauge(m, "mpic_probes", "Probe processes by state.",
	                          LABELS("state"));
	s->starts = metrics_counter(m, "mpic_probe_starts_total",
	                            "Probes started.", NULL);
	s->deaths =
		metrics_counter(m, "mpic_probe_deaths_total",
	                        "Probes lost out of turn.", LABELS("reason"));
	s->reruns = metrics_counter(m, "mpic_probe_reruns_total",
	                            "Checks run again after a probe's death.",
	                            NULL);
	s->set_aside =
		metrics_gauge(m, "mpic_zones_set_aside",
	                      "Zones whose checks ended two probes.", NULL);
	s->queued = metrics_gauge(m, "mpic_worker_checks_queued",
	                          "Checks that wait for a probe.", NULL);
}

static void register_fairness(struct stats *s, struct metrics *m)
{
	s->hanging = metrics_gauge(m, "mpic_worker_checks_hanging",
	                           "Checks at work for longer than "
	                           "fairness.hang_time.",
	                           NULL);
	s->waiting = metrics_gauge(m, "mpic_worker_checks_waiting",
	                           "Checks that wait since others of their "
	                           "zone hang; not in flight.",
	                           NULL);
	s->recalls = metrics_counter(m, "mpic_worker_checks_taken_back_total",
	                             "Checks taken back from a probe to wait, "
	                             "or to be answered target-busy.",
	                             NULL);
}

struct stats *stats_new(struct metrics *m)
{
	struct stats *s = xzalloc(sizeof(*s));

	register_checks(s, m);
	register_canary(s, m);
	register_probes(s, m);
	register_fairness(s, m);
	metrics_on_collect(m, collect, s);
	return s;
}

void stats_free(struct stats **s)
{
	free(*s);
	*s = NULL;
}

void stats_watch(struct stats *s, struct worker *w)
{
	s->watched = w;
}

void stats_unwatch(struct stats *s)
{
	s->watched = NULL;
}

static void collect_probes(const struct stats *s)
{
	struct probe_pool_figures f;

	if (s->watched->pool == NULL)
		return;
	f = probe_pool_figures(s->watched->pool);
	series_set(metric_series(s->probes, LABELS("alive")), (double)f.alive);
	series_set(metric_series(s->probes, LABELS("ready")), (double)f.ready);
	series_set(metric_only(s->starts), (double)f.starts);
	series_set(metric_only(s->reruns), (double)f.reruns);
	series_set(metric_only(s->recalls), (double)f.recalls);
	series_set(metric_only(s->set_aside), (double)f.set_aside);
	series_set(metric_only(s->queued), (double)f.queued);
	for (int d = 0; d < PROBE_DEATH_COUNT; d++)
		series_set(
			metric_series(s->deaths, LABELS(probe_death_name(
							 (enum probe_death)d))),
			(double)f.deaths[d]);
}

static void collect_fairness(const struct stats *s)
{
	struct turnstile_figures f = fairness_figures(s->watched->fairness);

	series_set(metric_only(s->hanging), (double)f.hanging);
	series_set(metric_only(s->waiting), (double)f.waiting);
}

static void collect_lag(const struct stats *s)
{
	const struct worker *w = s->watched;

	for (size_t i = 0; i < partitions_count(w->partitions); i++) {
		struct kafka_partition at = partitions_at(w->partitions, i);
		struct kafka_lag lag = kafka_in_lag(w->in, &at);
		char number[16];

		(void)snprintf(number, sizeof(number), "%d", at.partition);
		if (lag.lag >= 0)
			series_set(
				metric_series(s->lag, LABELS("checks", number)),
				(double)lag.lag);
	}
}

static void collect_canary(const struct stats *s)
{
	const struct canary *c = s->watched->canary;
	struct opt_int shown = canary_shown_ms(c);

	for (int v = 0; v <= VALIDATION_FAILED; v++)
		series_set(metric_series(
				   s->validation,
				   LABELS(validation_name((enum validation)v))),
		           (int)canary_state(c) == v);
	if (shown.set)
		series_set(metric_only(s->shown), (double)shown.v / 1000);
}

static void collect(void *arg)
{
	const struct stats *s = arg;
	const struct worker *w = s->watched;

	if (w == NULL)
		return;
	series_set(metric_only(s->in_flight), (double)worker_in_flight(w));
	series_set(metric_only(s->outgoing_bytes),
	           (double)outgoing_bytes(w->outgoing));
	series_set(metric_only(s->paused), w->paused ? 1 : 0);
	collect_fairness(s);
	collect_probes(s);
	collect_canary(s);
	if (w->in != NULL)
		collect_lag(s);
}

void stats_check(struct stats *s)
{
	series_add(metric_only(s->checks), 1);
}

void stats_canary(struct stats *s, const char *outcome)
{
	series_add(metric_series(s->canary, LABELS(outcome)), 1);
}

void stats_result(struct stats *s, const struct result *r, int64_t took_us)
{
	unsigned set = SET_NONE;

	for (size_t i = 0; i < r->kinds_count; i++) {
		const struct kind_result *k = &r->kinds[i];

		set |= 1U << k->kind;
		series_add(
			metric_series(s->results,
		                      LABELS(check_kind_name(k->kind),
		                             result_class_name(k->result_class),
		                             reason_name(k->reason))),
			1);
	}
	series_observe(metric_series(s->duration, LABELS(check_set_name(set))),
	               (double)took_us / 1e6);
}

void stats_dead_letter(struct stats *s, const char *why)
{
	series_add(metric_series(s->dead_letters, LABELS(why)), 1);
}

void stats_untrusted(struct stats *s, const char *topic, const char *why)
{
	series_add(metric_series(s->untrusted, LABELS(topic, why)), 1);
}
