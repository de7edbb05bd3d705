/*
 * findings.h -- what doctor found: one line per thing looked at.
 */
#ifndef CTL_FINDINGS_H
#define CTL_FINDINGS_H

#include "base/buf.h"

#include <stdbool.h>

struct findings;

enum finding_level {
	FINDING_GOOD,
	FINDING_WARN, /* works, but somebody should see to it */
	FINDING_BAD,  /* not to be run in production like this */
};

struct finding {
	enum finding_level level;
	const char *check;
	const char *found;  /* foreign text may be in it */
	const char *advice; /* "": nothing to do */
};

struct findings *findings_new(void);
/* Takes *findings, accepts NULL, leaves NULL. */
void findings_free(struct findings **findings);

/* check: static; the rest is copied. */
void findings_add(struct findings *findings, enum finding_level level,
                  const char *check, const char *advice, const char *found, ...)
	__attribute__((format(printf, 5, 6)));

size_t findings_count(const struct findings *findings);
const struct finding *findings_at(const struct findings *findings, size_t i);
/* The worst of all. */
enum finding_level findings_worst(const struct findings *findings);

const char *finding_level_name(enum finding_level level); /* "good" ... */

/* A table for people; or one JSON object per line. */
void findings_table(const struct findings *findings, size_t width, bool colour,
                    struct buf *out);
void findings_json(const struct findings *findings, struct buf *out);

#endif
