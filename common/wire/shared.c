/* What several records have in common. */
#include "wire/attempt.h"
#include "wire/parameters.h"
#include "wire/request.h"
#include "wire/tables.h"

#define S struct dcv_parameters
static const struct field dcv_fields[] = {
	ENUM_TEXT("validation_method", S, validation_method,
	          enum validation_method, validation_method_text, MAX_WORD,
	          REQUIRED, &validation_method_names),
	TEXT("challenge_value", S, challenge_value, OPTIONAL, MAX_VALUE),
	TEXT("http_token_path", S, http_token_path, OPTIONAL, MAX_URI),
	ENUM("url_scheme", S, url_scheme, enum url_scheme, OPTIONAL,
	     &url_scheme_names),
	HEADERS("http_headers", S, http_headers, MAX_HEADER, MAX_HEADERS),
	TEXT("match_regex", S, match_regex, OPTIONAL, MAX_PATTERN),
	OPT_BOOL("require_exact_case", S, require_exact_case),
	OPT_BOOL("require_exact_match", S, require_exact_match),
	ENUM("dns_record_type", S, dns_record_type, enum dns_record_type,
	     OPTIONAL, &dns_record_type_names),
	TEXT("dns_name_prefix", S, dns_name_prefix, OPTIONAL, MAX_PREFIX),
	TEXT("token", S, token, OPTIONAL, MAX_VALUE),
	TEXT("key_authorization", S, key_authorization, OPTIONAL, MAX_VALUE),
	TEXT("key_authorization_hash", S, key_authorization_hash, OPTIONAL,
	     MAX_HASH),
	TEXTS("issuer_domain_names", S, issuer_domain_names, OPTIONAL, MAX_NAME,
	      MAX_ISSUERS),
	TEXT("expected_account_uri", S, expected_account_uri, OPTIONAL,
	     MAX_URI),
	TEXT("authorization_domain_name", S, authorization_domain_name,
	     OPTIONAL, MAX_TARGET),
	OPT_BOOL("require_policy_wildcard", S, require_policy_wildcard),
};
const struct record_type dcv_parameters_type =
	RECORD_TYPE_PRESENT(S, dcv_fields);
#undef S

#define S struct caa_parameters
static const struct field caa_fields[] = {
	ENUM("certificate_type", S, certificate_type, enum certificate_type,
	     OPTIONAL, &certificate_type_names),
	TEXTS("caa_domains", S, caa_domains, OPTIONAL, MAX_NAME,
	      MAX_CAA_DOMAINS),
	OPT_BOOL("allow_lookup_failure", S, allow_lookup_failure),
};
const struct record_type caa_parameters_type =
	RECORD_TYPE_PRESENT(S, caa_fields);
#undef S

/* Whether a number makes sense is for who plans: any integer is read. */
#define S struct orchestration_parameters
static const struct field orchestration_fields[] = {
	OPT_INT("perspective_count", S, perspective_count, INT64_MIN,
	        INT64_MAX),
	OPT_INT("quorum_count", S, quorum_count, INT64_MIN, INT64_MAX),
	OPT_INT("max_attempts", S, max_attempts, INT64_MIN, INT64_MAX),
	OPT_INT("cohort_for_single_attempt", S, cohort_for_single_attempt,
	        INT64_MIN, INT64_MAX),
};
const struct record_type orchestration_type =
	RECORD_TYPE_PRESENT(S, orchestration_fields);
#undef S

#define S struct record_ref
static const struct field record_ref_fields[] = {
	INT("partition", S, partition, REQUIRED, 0, MAX_PARTITION),
	INT("offset", S, offset, REQUIRED, 0, MAX_OFFSET),
	DIGEST("digest", S, digest),
};
const struct record_type record_ref_type = RECORD_TYPE(S, record_ref_fields);
#undef S

#define S struct attempt_close
static const struct field attempt_close_fields[] = {
	INT("cut", S, cut, REQUIRED, -1, MAX_OFFSET),
	ENUM("closed_by", S, closed_by, enum closed_by, REQUIRED,
	     &closed_by_names),
	INT("closed_at_ms", S, closed_at_ms, REQUIRED, 0, MAX_TIME),
	ENUM("outcome", S, outcome, enum outcome, REQUIRED, &outcome_names),
};
const struct record_type attempt_close_type =
	RECORD_TYPE_PRESENT(S, attempt_close_fields);
#undef S
