#include "wire/heartbeat.h"

#include "wire/tables.h"

enum { EGRESS_MAX = 32 }; /* addresses of one worker */

static const char *const validations[] = {
	[VALIDATION_SHOWN] = "shown",
	[VALIDATION_UNPROVEN] = "unproven",
	[VALIDATION_FAILED] = "failed",
};
static const struct name_table validation_names = {
	validations, sizeof(validations) / sizeof(validations[0]), false
};

const char *validation_name(enum validation v)
{
	const char *name = name_of(&validation_names, v);

	return name != NULL ? name : "unknown";
}

#define S struct heartbeat
static const struct field fields[] = {
	VERSION(S, schema_version),
	TEXT("perspective_code", S, perspective, REQUIRED, MAX_CODE),
	TEXT("instance", S, instance, REQUIRED, MAX_CODE),
	INT("wall_ms", S, wall_ms, REQUIRED, 0, MAX_TIME),
	OPT_INT("clock_error_ms", S, clock_error_ms, 0, MAX_TIME),
	INT("started_ms", S, started_ms, REQUIRED, 0, MAX_TIME),
	BOOL("draining", S, draining),
	TEXTS("egress", S, egress, OPTIONAL, MAX_CODE, EGRESS_MAX),
	TEXT("resolver", S, resolver, REQUIRED, MAX_VERSIONS),
	TEXT("versions", S, versions, REQUIRED, MAX_VERSIONS),
	BOOL("vulnerable_resolver_accepted", S, vulnerable_resolver_accepted),
	INT("probes", S, probes, REQUIRED, 0, INT32_MAX),
	INT("probe_deaths", S, probe_deaths, REQUIRED, 0, INT64_MAX),
	INT("in_flight", S, in_flight, REQUIRED, 0, INT32_MAX),
	INT("in_flight_max", S, in_flight_max, REQUIRED, 0, INT32_MAX),
	ENUM("validation", S, validation, enum validation, OPTIONAL,
	     &validation_names),
	OPT_INT("validation_shown_ms", S, validation_shown_ms, 0, MAX_TIME),
};
const struct record_type heartbeat_type = RECORD_TYPE(S, fields);
#undef S

static const struct mp_limits limits = { HEARTBEAT_MAX, MP_ELEMENTS_MAX,
	                                 MP_DEPTH_MAX };

const char *heartbeat_decode(struct span value, struct arena *arena,
                             struct heartbeat *out)
{
	struct heartbeat h = { 0 };
	const char *why = record_decode(&heartbeat_type, value,
	                                ENCODING_MSGPACK, &limits, arena, &h);

	if (why == NULL)
		*out = h;
	return why;
}

void heartbeat_encode(const struct heartbeat *h, struct buf *out)
{
	record_encode(&heartbeat_type, h, ENCODING_MSGPACK, out);
}
