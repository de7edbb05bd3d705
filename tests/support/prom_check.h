/*
 * prom_check.h -- is this Prometheus text, format 0.0.4?
 *
 * Stricter than a scraper: HELP and TYPE before the samples of a metric, one
 * block per metric, no series twice, rising histograms that end in +Inf.
 */
#ifndef SUPPORT_PROM_CHECK_H
#define SUPPORT_PROM_CHECK_H

#include <stddef.h>

/* NULL if it is; else what is wrong, with the line's number in *line. */
const char *prom_check(const char *text, size_t *line);

#endif
