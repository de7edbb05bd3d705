/*
 * facts.h -- what a request fixes for all its attempts and its decision.
 *
 * Taken from the Request record once it was accepted; replay takes the same
 * from the same record and the deployment's settings.
 */
#ifndef DECIDE_FACTS_H
#define DECIDE_FACTS_H

#include "decide/policy.h"
#include "wire/decision.h"

/* All spans are borrowed. */
struct request_facts {
	struct span request_id;
	struct record_ref request;
	int64_t request_timestamp_ms;
	struct span target; /* canonical; as sent if it is to be rejected */
	bool is_address;
	struct span domain; /* asked for as ADN; absent: the target's own */
	unsigned check_set;
	enum validation_method method; /* METHOD_UNKNOWN: no DCV asked for */
	struct span account_uri;
	struct span
		selected; /* contact methods, PTR: what all must have seen */
	/* dns-persistent: whose record, and for which account, may count. */
	struct text_list issuers;
	struct span persistent_account;
	bool may_forgive; /* a CAA lookup that failed may permit */
	enum certificate_type certificate_type;
	struct span trace_identifier;
	struct opt_int challenge_created_at_ms;
	enum policy_family policy;
	enum primary_kind primary_kind;
	struct primary_observation observation; /* PRIMARY_CALLER only */
	int64_t partitions;
};

#endif
