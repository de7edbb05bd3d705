#include "wire/check.h"

#include "wire/tables.h"

#define S struct check
static const struct field fields[] = {
	VERSION(S, schema_version),
	TEXT("request_id", S, request_id, REQUIRED, MAX_ID),
	TEXT("attempt_id", S, attempt_id, REQUIRED, MAX_ATTEMPT_ID),
	TEXT("perspective_code", S, perspective, REQUIRED, MAX_CODE),
	ENUM("role", S, role, enum perspective_role, REQUIRED,
	     &perspective_role_names),
	DIGEST("plan", S, plan),
	ENUM("check_type", S, check_set, unsigned, REQUIRED, &check_set_names),
	TEXT("domain_or_ip_target", S, target, REQUIRED, MAX_TARGET),
	RECORD("dcv_check_parameters", S, dcv, OPTIONAL, struct dcv_parameters,
	       &dcv_parameters_type),
	RECORD("caa_check_parameters", S, caa, OPTIONAL, struct caa_parameters,
	       &caa_parameters_type),
	TEXT("account_uri", S, account_uri, OPTIONAL, MAX_URI),
	BYTES("match_value", S, match_value, OPTIONAL, MAX_VALUE),
	INT("deadline_ms", S, deadline_ms, REQUIRED, 0, MAX_TIME),
	INT("budget_ms", S, budget_ms, REQUIRED, 0, MAX_TIME),
	INT("results_partition", S, results_partition, REQUIRED, 0,
	    MAX_PARTITION),
};
const struct record_type check_type = RECORD_TYPE(S, fields);
#undef S

static const struct mp_limits limits = { CHECK_MAX, MP_ELEMENTS_MAX,
	                                 MP_DEPTH_MAX };

const char *check_decode(struct span value, struct arena *arena,
                         struct check *out)
{
	struct check c = { 0 };
	const char *why = record_decode(&check_type, value, ENCODING_MSGPACK,
	                                &limits, arena, &c);

	if (why == NULL)
		*out = c;
	return why;
}

void check_encode(const struct check *c, struct buf *out)
{
	record_encode(&check_type, c, ENCODING_MSGPACK, out);
}
