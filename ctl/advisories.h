/*
 * advisories.h -- library versions that are known to be bad, and what to do.
 * Pure: a table and a comparison.
 *
 * A distribution may mend a fault without changing the version; only its
 * changelog says so, and the advice does.
 */
#ifndef CTL_ADVISORIES_H
#define CTL_ADVISORIES_H

#include "ctl/findings.h"
#include "settings/version.h"

/* One finding per library, or per fault of one. lab: what would be bad in
   production is a warning. */
void advisories_check(const struct version_part *libraries, bool lab,
                      struct findings *findings);

/* Negative, 0 or positive, by the numbers in front of each version:
   "2.1.12-stable" is 2.1.12. False: one of them has none; *out untouched. */
bool version_compare(const char *a, const char *b, int *out);

#endif
