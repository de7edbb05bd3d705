/*
 * version.h -- which build this is and which libraries it runs with.
 *
 * One list serves --version, /version and mpic_build_info.
 */
#ifndef SETTINGS_VERSION_H
#define SETTINGS_VERSION_H

#include "base/buf.h"

/* A library as the running process has it (not as it was compiled). The name
   is also a metric label: [a-z_][a-z0-9_]*. Lists end with {0}. */
struct version_part {
	const char *name;
	const char *version;
};

/* "0.1.0" */
const char *mpic_version(void);

/* "mpic-coordinator 0.1.0\nlibrdkafka 2.0.2\n..."; parts may be NULL. */
void version_text(struct buf *out, const char *program,
                  const struct version_part *parts);

#endif
