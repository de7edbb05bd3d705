/*
 * heartbeat.h -- who is alive at a perspective. MessagePack, signed by the
 * worker; key = perspective/instance, on a compacted topic.
 */
#ifndef WIRE_HEARTBEAT_H
#define WIRE_HEARTBEAT_H

#include "base/mem.h"
#include "wire/value.h"

enum { HEARTBEAT_MAX = 8192 };

/* What a worker's canary has shown. */
enum validation {
	VALIDATION_UNKNOWN,  /* it has none, which only a lab may do */
	VALIDATION_SHOWN,    /* bogus names were refused as that, lately */
	VALIDATION_UNPROVEN, /* not yet, or not lately */
	VALIDATION_FAILED    /* a bogus name was answered */
};

struct heartbeat {
	int64_t schema_version;
	struct span perspective;
	struct span instance;
	int64_t wall_ms;
	struct opt_int clock_error_ms; /* the kernel's estimate; absent:
	                                  unsynchronised */
	int64_t started_ms;
	bool draining;
	struct text_list egress; /* addresses it sends from */
	struct span resolver;    /* "libunbound/1.17.1 recursive validating" */
	struct span versions;
	bool vulnerable_resolver_accepted;
	int64_t probes;       /* alive now */
	int64_t probe_deaths; /* since start */
	int64_t in_flight;
	int64_t in_flight_max;
	enum validation validation;
	struct opt_int validation_shown_ms; /* when last */
};

/* "unknown" when out of range. */
const char *validation_name(enum validation v);

/* NULL, or why the value is refused (static text); *out untouched then. */
const char *heartbeat_decode(struct span value, struct arena *arena,
                             struct heartbeat *out);
struct buf;
/* Canonical form. Appends; compare the length with HEARTBEAT_MAX before
   producing it. */
void heartbeat_encode(const struct heartbeat *h, struct buf *out);

#endif
