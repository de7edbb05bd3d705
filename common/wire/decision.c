#include "wire/decision.h"

#include "wire/tables.h"

#define S struct request_issue
static const struct field issue_fields[] = {
	ENUM("reason", S, reason, enum reason, REQUIRED, &reason_names),
	TEXT("field", S, field, OPTIONAL, MAX_DETAIL),
	TEXT("detail", S, detail, OPTIONAL, MAX_DETAIL),
};
static const struct record_type issue_type = RECORD_TYPE(S, issue_fields);
#undef S

#define S struct perspective_vote
static const struct field vote_fields[] = {
	ENUM("kind", S, kind, enum check_kind, REQUIRED, &check_kind_names),
	ENUM("class", S, result_class, enum result_class, REQUIRED,
	     &result_class_names),
	ENUM("reason", S, reason, enum reason, REQUIRED, &reason_names),
	TEXT("detail", S, detail, OPTIONAL, MAX_DETAIL),
	RECORD_IF("result", S, result, counted, struct record_ref,
	          &record_ref_type),
};
static const struct record_type vote_type = RECORD_TYPE(S, vote_fields);
#undef S

#define S struct perspective_outcome
static const struct field perspective_fields[] = {
	TEXT("perspective_code", S, code, REQUIRED, MAX_CODE),
	ENUM("role", S, role, enum perspective_role, REQUIRED,
	     &perspective_role_names),
	TEXT("rir", S, rir, REQUIRED, MAX_CODE),
	RECORDS_HERE("votes", S, votes, REQUIRED, struct perspective_vote,
	             &vote_type, KIND_COUNT),
};
static const struct record_type perspective_type =
	RECORD_TYPE(S, perspective_fields);
#undef S

#define S struct decided_attempt
static const struct field attempt_fields[] = {
	INT("number", S, number, REQUIRED, 1, INT32_MAX),
	TEXT("attempt_id", S, attempt_id, REQUIRED, MAX_ATTEMPT_ID),
	RECORD("attempt", S, attempt, REQUIRED, struct record_ref,
	       &record_ref_type),
	RECORD("close", S, close, REQUIRED, struct attempt_close,
	       &attempt_close_type),
	RECORDS("perspectives", S, perspectives, REQUIRED,
	        struct perspective_outcome, &perspective_type,
	        ATTEMPT_PERSPECTIVES_MAX),
};
static const struct record_type decided_attempt_type =
	RECORD_TYPE(S, attempt_fields);
#undef S

enum { RIRS_MAX = 8, QUORUM_TEXT_MAX = 32 };

#define S struct set_quorum
static const struct field quorum_fields[] = {
	ENUM("kind", S, kind, enum check_kind, REQUIRED, &check_kind_names),
	TEXT("quorum", S, quorum, REQUIRED, QUORUM_TEXT_MAX),
	INT("required", S, required, REQUIRED, 0, INT32_MAX),
	TEXTS("rirs", S, rirs, REQUIRED, MAX_CODE, RIRS_MAX),
};
static const struct record_type quorum_type = RECORD_TYPE(S, quorum_fields);
#undef S

static bool is_valid(const void *record)
{
	return decision_is_valid(record);
}

#define S struct decision
static const struct field fields[] = {
	VERSION(S, schema_version),
	TEXT("request_id", S, request_id, REQUIRED, MAX_ID),
	ENUM("outcome", S, outcome, enum outcome, REQUIRED, &outcome_names),
	COMPUTED("is_valid", is_valid),
	ENUM("reason", S, reason, enum reason, REQUIRED, &reason_names),
	RECORDS("issues", S, issues, OPTIONAL, struct request_issue,
	        &issue_type, REQUEST_ISSUES_MAX),
	RECORDS("warnings", S, warnings, OPTIONAL, struct request_issue,
	        &issue_type, DECISION_WARNINGS_MAX),
	RECORD("request", S, request, REQUIRED, struct record_ref,
	       &record_ref_type),
	INT("request_timestamp_ms", S, request_timestamp_ms, REQUIRED, 0,
	    MAX_TIME),
	TEXT("domain_or_ip_target", S, target, OPTIONAL, MAX_TARGET),
	ENUM("check_type", S, check_set, unsigned, OPTIONAL, &check_set_names),
	TEXT("authorization_domain_name", S, authorization_domain_name,
	     OPTIONAL, MAX_TARGET),
	ENUM("validation_method", S, validation_method, enum validation_method,
	     OPTIONAL, &validation_method_names),
	TEXT("account_uri", S, account_uri, OPTIONAL, MAX_URI),
	ENUM("certificate_type", S, certificate_type, enum certificate_type,
	     OPTIONAL, &certificate_type_names),
	TEXT("trace_identifier", S, trace_identifier, OPTIONAL, MAX_TRACE),
	ENUM("primary_kind", S, primary_kind, enum primary_kind, REQUIRED,
	     &primary_kind_names),
	TEXT("policy_id", S, policy_id, REQUIRED, MAX_POLICY_ID),
	DIGEST("policy_digest", S, policy_digest),
	INT("partitions", S, partitions, REQUIRED, 1, MAX_PARTITION),
	RECORD("actual_orchestration_parameters", S, actual, OPTIONAL,
	       struct orchestration_parameters, &orchestration_type),
	RECORDS("attempts", S, attempts, OPTIONAL, struct decided_attempt,
	        &decided_attempt_type, DECISION_ATTEMPTS_MAX),
	RECORDS_HERE("quorums", S, quorums, OPTIONAL, struct set_quorum,
	             &quorum_type, KIND_COUNT),
	INT("decided_at_ms", S, decided_at_ms, REQUIRED, 0, MAX_TIME),
	OPT_INT("valid_until_ms", S, valid_until_ms, 0, MAX_TIME),
	INT("sequence", S, sequence, OPTIONAL, 0, INT64_MAX),
	OPT_DIGEST("previous", S, previous),
};
const struct record_type decision_type = RECORD_TYPE(S, fields);
#undef S

/* 8 attempts of 32 perspectives with 2 votes of 19 elements, and the rest. */
static const struct mp_limits limits = { DECISION_MAX, 16384, MP_DEPTH_MAX };

bool decision_is_valid(const struct decision *d)
{
	return d->outcome == OUTCOME_ISSUE ||
	       d->outcome == OUTCOME_CORROBORATED;
}

const char *decision_decode(struct span value, struct arena *arena,
                            struct decision *out, enum encoding *encoding)
{
	struct decision d = { 0 };
	enum encoding e = encoding_guess(value);
	const char *why =
		record_decode(&decision_type, value, e, &limits, arena, &d);

	if (why != NULL)
		return why;
	*out = d;
	*encoding = e;
	return NULL;
}

void decision_encode(const struct decision *d, enum encoding e, struct buf *out)
{
	record_encode(&decision_type, d, e, out);
}
