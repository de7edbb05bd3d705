/* Metrics: figures, labels, and text that a scraper takes. */
#include "base/mem.h"
#include "serve/metrics.h"
#include "tests/support/prom_check.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct metrics *metrics;
static struct buf out;

static void setup(void)
{
	metrics = metrics_new();
}

static void teardown(void)
{
	metrics_free(&metrics);
	ck_assert_ptr_null(metrics);
	metrics_free(&metrics);
	buf_clear(&out);
}

static const char *render(void)
{
	const char *wrong;
	size_t line;

	buf_clear(&out);
	metrics_render(metrics, &out);
	wrong = prom_check(buf_cstr(&out), &line);
	ck_assert_msg(wrong == NULL, "line %zu: %s in\n%s", line, wrong,
	              buf_cstr(&out));
	return buf_cstr(&out);
}

static void assert_has(const char *line)
{
	struct buf whole = { 0 };

	buf_printf(&whole, "\n%s\n", line);
	ck_assert_msg(strstr(render(), buf_cstr(&whole)) != NULL,
	              "no line \"%s\" in\n%s", line, buf_cstr(&out));
	buf_clear(&whole);
}

START_TEST(counters_and_gauges)
{
	struct metric *c = metrics_counter(metrics, "mpic_checks_total",
	                                   "Checks.", LABELS("kind", "class"));
	struct metric *g = metrics_gauge(metrics, "mpic_pending", "P.", NULL);
	struct series *s = metric_series(c, LABELS("dcv", "error"));

	assert_has("mpic_pending 0");
	series_add(s, 1);
	series_add(s, 2);
	series_set(metric_only(g), -2.5);
	ck_assert_ptr_eq(s, metric_series(c, LABELS("dcv", "error")));
	ck_assert_ptr_ne(s, metric_series(c, LABELS("error", "dcv")));
	ck_assert_double_eq(series_value(s), 3);
	assert_has("# TYPE mpic_checks_total counter");
	assert_has("mpic_checks_total{kind=\"dcv\",class=\"error\"} 3");
	assert_has("mpic_checks_total{kind=\"error\",class=\"dcv\"} 0");
	assert_has("mpic_pending -2.5");
}
END_TEST

START_TEST(counters_of_others_never_go_back)
{
	struct series *s = metric_only(
		metrics_counter(metrics, "mpic_x_total", "X.", NULL));

	series_set(s, 7);
	series_set(s, 5);
	ck_assert_double_eq(series_value(s), 7);
	series_set(s, 8);
	ck_assert_double_eq(series_value(s), 8);
}
END_TEST

static const struct {
	double value;
	const char *text;
} numbers[] = {
	{ 0, "0" },
	{ 1e15, "1000000000000000" },
	{ -3, "-3" },
	{ 0.25, "0.25" },
	{ 1e300, "1.0000000000000001e+300" },
	{ INFINITY, "+Inf" },
	{ -INFINITY, "-Inf" },
	{ NAN, "NaN" },
};

START_TEST(numbers_as_text)
{
	struct buf line = { 0 };

	series_set(metric_only(metrics_gauge(metrics, "mpic_n", "N.", NULL)),
	           numbers[_i].value);
	buf_printf(&line, "mpic_n %s", numbers[_i].text);
	assert_has(buf_cstr(&line));
	buf_clear(&line);
}
END_TEST

START_TEST(histograms_add_up)
{
	static const double bounds[] = { 0.5, 1 };
	struct metric *h =
		metrics_histogram(metrics, "mpic_took_seconds", "T.",
	                          LABELS("stage"), bounds, COUNT(bounds));
	struct series *s = metric_series(h, LABELS("plan"));

	series_observe(s, 0.25);
	series_observe(s, 0.5); /* a bound belongs to its bucket */
	series_observe(s, 0.75);
	series_observe(s, 8);
	ck_assert_double_eq(series_value(s), 4);
	assert_has("mpic_took_seconds_bucket{stage=\"plan\",le=\"0.5\"} 2");
	assert_has("mpic_took_seconds_bucket{stage=\"plan\",le=\"1\"} 3");
	assert_has("mpic_took_seconds_bucket{stage=\"plan\",le=\"+Inf\"} 4");
	assert_has("mpic_took_seconds_sum{stage=\"plan\"} 9.5");
	assert_has("mpic_took_seconds_count{stage=\"plan\"} 4");
}
END_TEST

START_TEST(histogram_without_labels)
{
	struct series *s = metric_only(
		metrics_histogram(metrics, "mpic_t_seconds", "T.", NULL,
	                          metrics_seconds, metrics_seconds_n));

	series_observe(s, NAN);
	assert_has("mpic_t_seconds_bucket{le=\"0.001\"} 0");
	assert_has("mpic_t_seconds_bucket{le=\"60\"} 0");
	assert_has("mpic_t_seconds_bucket{le=\"+Inf\"} 1");
	assert_has("mpic_t_seconds_sum NaN");
}
END_TEST

START_TEST(label_values_are_escaped)
{
	struct metric *g = metrics_gauge(metrics, "mpic_g", "G.", LABELS("v"));

	series_set(metric_series(g, LABELS("a\"b\\c\nd")), 1);
	assert_has("mpic_g{v=\"a\\\"b\\\\x5cc\\\\x0ad\"} 1");
}
END_TEST

/* Whatever floods a label, memory and the answer stay bounded. */
START_TEST(too_many_series_become_other)
{
	struct metric *c =
		metrics_counter(metrics, "mpic_f_total", "F.", LABELS("v"));
	char value[16];

	for (int i = 0; i < METRIC_SERIES_MAX + 100; i++) {
		(void)snprintf(value, sizeof(value), "v%d", i);
		series_add(metric_series(c, LABELS(value)), 1);
	}
	assert_has("mpic_f_total{v=\"v510\"} 1");
	assert_has("mpic_f_total{v=\"other\"} 101");
	ck_assert_ptr_null(strstr(render(), "v511"));
}
END_TEST

static void collect(void *arg)
{
	series_add(arg, 1);
}

START_TEST(collectors_run_before_rendering)
{
	struct series *s =
		metric_only(metrics_gauge(metrics, "mpic_c", "C.", NULL));

	metrics_on_collect(metrics, collect, s);
	assert_has("mpic_c 1");
	assert_has("mpic_c 2");
}
END_TEST

static double value_of(const char *name)
{
	struct buf start = { 0 };
	const char *at;

	buf_printf(&start, "\n%s ", name);
	at = strstr(render(), buf_cstr(&start));
	ck_assert_msg(at != NULL, "no %s in\n%s", name, buf_cstr(&out));
	at += start.len;
	buf_clear(&start);
	return strtod(at, NULL);
}

START_TEST(process_figures_are_plausible)
{
	double now = (double)time(NULL);

	metrics_process(metrics);
	ck_assert_double_gt(value_of("process_resident_memory_bytes"), 1e5);
	ck_assert_double_gt(value_of("process_virtual_memory_bytes"),
	                    value_of("process_resident_memory_bytes"));
	ck_assert_double_ge(value_of("process_open_fds"), 3);
	ck_assert_double_gt(value_of("process_max_fds"), 3);
	ck_assert_double_ge(value_of("process_cpu_seconds_total"), 0);
	ck_assert_double_le(value_of("process_start_time_seconds"), now + 1);
	ck_assert_double_gt(value_of("process_start_time_seconds"), now - 600);
}
END_TEST

START_TEST(build_and_loop)
{
	static const struct version_part parts[] = { { "libfoo", "1.2" },
		                                     { 0 } };
	struct loop *loop = loop_new();
	struct buf line = { 0 };

	metrics_build_info(metrics, "mpic-test", parts);
	metrics_loop(metrics, loop);
	buf_printf(&line,
	           "mpic_build_info{version=\"%s\",program=\"mpic-test\","
	           "libfoo=\"1.2\"} 1",
	           mpic_version());
	assert_has(buf_cstr(&line));
	ck_assert_double_ge(value_of("mpic_eventloop_lag_seconds"), 0);
	buf_clear(&line);
	metrics_free(&metrics);
	loop_free(&loop);
}
END_TEST

static const struct {
	const char *what;
	const char *text;
} malformed[] = {
	{ "no TYPE", "mpic_x 1\n" },
	{ "no end", "# HELP a b\n# TYPE a gauge\na 1" },
	{ "bad escape", "# HELP a b\n# TYPE a gauge\na{b=\"\\x\"} 1\n" },
	{ "open quote", "# HELP a b\n# TYPE a gauge\na{b=\"} 1\n" },
	{ "no value", "# HELP a b\n# TYPE a gauge\na \n" },
	{ "twice", "# HELP a b\n# TYPE a gauge\na 1\na 1\n" },
	{ "falling buckets",
	  "# HELP a b\n# TYPE a histogram\n"
	  "a_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n" },
	{ "count differs", "# HELP a b\n# TYPE a histogram\n"
	                   "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n" },
	{ "two blocks", "# HELP a b\n# TYPE a gauge\n# HELP a b\n" },
};

/* The judge of the tests above must itself be able to refuse. */
START_TEST(checker_refuses)
{
	size_t line;

	ck_assert_msg(prom_check(malformed[_i].text, &line) != NULL,
	              "%s was taken", malformed[_i].what);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics");
	TCase *tc = tcase_create("metrics");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, counters_and_gauges);
	tcase_add_test(tc, counters_of_others_never_go_back);
	tcase_add_loop_test(tc, numbers_as_text, 0, (int)COUNT(numbers));
	tcase_add_test(tc, histograms_add_up);
	tcase_add_test(tc, histogram_without_labels);
	tcase_add_test(tc, label_values_are_escaped);
	tcase_add_test(tc, too_many_series_become_other);
	tcase_add_test(tc, collectors_run_before_rendering);
	tcase_add_test(tc, process_figures_are_plausible);
	tcase_add_test(tc, build_and_loop);
	tcase_add_loop_test(tc, checker_refuses, 0, (int)COUNT(malformed));
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
