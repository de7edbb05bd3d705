#include "wire/attempt.h"

#include "wire/tables.h"

#define S struct effective_rule
static const struct field rule_fields[] = {
	TEXT("policy_id", S, policy_id, REQUIRED, MAX_POLICY_ID),
	DIGEST("policy_digest", S, policy_digest),
	INT("min_remotes", S, min_remotes, REQUIRED, 0, INT32_MAX),
	INT("remotes", S, remotes, REQUIRED, 0, INT32_MAX),
	INT("quorum", S, quorum, REQUIRED, 0, INT32_MAX),
	INT("min_rirs", S, min_rirs, REQUIRED, 0, INT32_MAX),
	INT("max_attempts", S, max_attempts, REQUIRED, 0, INT32_MAX),
	ENUM("early", S, early, enum early, REQUIRED, &early_names),
	ENUM("primary_kind", S, primary_kind, enum primary_kind, REQUIRED,
	     &primary_kind_names),
};
static const struct record_type rule_type = RECORD_TYPE(S, rule_fields);
#undef S

#define S struct place
static const struct field place_fields[] = {
	INT("latitude_e6", S, latitude_e6, REQUIRED, -90000000, 90000000),
	INT("longitude_e6", S, longitude_e6, REQUIRED, -180000000, 180000000),
};
static const struct record_type place_type = RECORD_TYPE(S, place_fields);
#undef S

#define S struct planned_perspective
static const struct field perspective_fields[] = {
	TEXT("perspective_code", S, code, REQUIRED, MAX_CODE),
	ENUM("role", S, role, enum perspective_role, REQUIRED,
	     &perspective_role_names),
	TEXT("rir", S, rir, REQUIRED, MAX_CODE),
	RECORD("place", S, place, REQUIRED, struct place, &place_type),
	RECORD("resolver_place", S, resolver_place, REQUIRED, struct place,
	       &place_type),
	DIGESTS("keys", S, keys, REQUIRED, ATTEMPT_KEYS_MAX),
	BOOL("alive", S, alive),
};
static const struct record_type perspective_type =
	RECORD_TYPE(S, perspective_fields);
#undef S

#define S struct attempt
static const struct field fields[] = {
	VERSION(S, schema_version),
	TEXT("attempt_id", S, attempt_id, REQUIRED, MAX_ATTEMPT_ID),
	TEXT("request_id", S, request_id, REQUIRED, MAX_ID),
	RECORD("request", S, request, REQUIRED, struct record_ref,
	       &record_ref_type),
	INT("request_timestamp_ms", S, request_timestamp_ms, REQUIRED, 0,
	    MAX_TIME),
	INT("partitions", S, partitions, REQUIRED, 1, MAX_PARTITION),
	INT("number", S, number, REQUIRED, 1, INT32_MAX),
	ENUM("gate", S, gate, enum gate, REQUIRED, &gate_names),
	ENUM("check_type", S, check_set, unsigned, REQUIRED, &check_set_names),
	TEXT("domain_or_ip_target", S, target, REQUIRED, MAX_TARGET),
	RECORD("rule", S, rule, REQUIRED, struct effective_rule, &rule_type),
	RECORDS("perspectives", S, perspectives, REQUIRED,
	        struct planned_perspective, &perspective_type,
	        ATTEMPT_PERSPECTIVES_MAX),
	INT("planned_at_ms", S, planned_at_ms, REQUIRED, 0, MAX_TIME),
	INT("deadline_ms", S, deadline_ms, REQUIRED, 0, MAX_TIME),
	INT("results_from", S, results_from, REQUIRED, 0, MAX_OFFSET),
	RECORD("previous", S, previous, OPTIONAL, struct attempt_close,
	       &attempt_close_type),
	OPT_DIGEST("previous_plan", S, previous_plan),
	DIGEST("inventory_digest", S, inventory_digest),
	DIGEST("settings_digest", S, settings_digest),
};
const struct record_type attempt_type = RECORD_TYPE(S, fields);
#undef S

static const struct mp_limits limits = { ATTEMPT_MAX, MP_ELEMENTS_MAX,
	                                 MP_DEPTH_MAX };

const char *attempt_decode(struct span value, struct arena *arena,
                           struct attempt *out)
{
	struct attempt a = { 0 };
	const char *why = record_decode(&attempt_type, value, ENCODING_MSGPACK,
	                                &limits, arena, &a);

	if (why == NULL)
		*out = a;
	return why;
}

void attempt_encode(const struct attempt *a, struct buf *out)
{
	record_encode(&attempt_type, a, ENCODING_MSGPACK, out);
}
