/*
 * parameters.h -- what a check is asked to look for; shared by Request and
 * Check. Field names are Open MPIC's, so that its request bodies are valid.
 */
#ifndef WIRE_PARAMETERS_H
#define WIRE_PARAMETERS_H

#include "wire/value.h"

struct http_header {
	struct span name;
	struct span value;
};

struct dcv_parameters {
	bool present;
	enum validation_method validation_method;
	struct span validation_method_text; /* as sent, for messages */
	struct span challenge_value;
	struct span http_token_path;
	enum url_scheme url_scheme; /* absent: http */
	struct http_header *http_headers;
	size_t http_headers_count;
	struct span match_regex;
	struct opt_bool require_exact_case;
	struct opt_bool require_exact_match;
	enum dns_record_type dns_record_type;
	struct span dns_name_prefix;
	struct span token;
	struct span key_authorization;
	struct span key_authorization_hash;
	struct text_list issuer_domain_names;
	struct span expected_account_uri;
	/* Absent: the target's own, without "*." (decide/derive/derive.h). */
	struct span authorization_domain_name;
	struct opt_bool require_policy_wildcard;
};

struct caa_parameters {
	bool present;
	enum certificate_type certificate_type; /* absent: tls-server */
	/* Request: a subset of the configured issuers. Check: the effective
	   list, never empty. */
	struct text_list caa_domains;
	struct opt_bool allow_lookup_failure;
};

#endif
