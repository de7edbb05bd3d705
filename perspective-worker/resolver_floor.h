/*
 * resolver_floor.h -- which libunbound is known to be vulnerable. Pure.
 *
 * Versions below RESOLVER_FLOOR have published memory-safety faults that a
 * zone's owner can reach (CVE-2026-81642, CVE-2026-42959). A distribution may
 * have mended them without another version; only its changelog says so.
 */
#ifndef PERSPECTIVE_WORKER_RESOLVER_FLOOR_H
#define PERSPECTIVE_WORKER_RESOLVER_FLOOR_H

#include "base/span.h"

#define RESOLVER_FLOOR "1.26.2"

/* The version in "libunbound/1.17.1 libcurl/7.88.1 ..."; empty if there is
   none. A part of versions. */
struct span resolver_version(struct span versions);
/* What is no version of three numbers is vulnerable, too. */
bool resolver_is_vulnerable(struct span version);
/* A lab uses any; else what is vulnerable must be named, exactly. */
bool resolver_may_be_used(struct span version, bool lab, const char *named);

#endif
