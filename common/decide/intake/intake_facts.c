#include "decide/intake/intake.h"

static enum policy_family rejected_family(const struct intake_rules *rules)
{
	return rules->open_mpic_policy ? POLICY_OPEN_MPIC : POLICY_CABF_TLS;
}

static struct request_facts rejected_facts(const struct request *r,
                                           const struct intake_rules *rules)
{
	return (struct request_facts){
		.target = r->domain_or_ip_target,
		.check_set = intake_check_set(r),
		.method = r->dcv.validation_method,
		.certificate_type = intake_certificate_type(r),
		.trace_identifier = r->trace_identifier,
		.policy = rejected_family(rules),
	};
}

static struct request_facts order_facts(const struct order *o)
{
	return (struct request_facts){
		.target = o->target,
		.is_address = o->target_is_address,
		.domain = o->dcv.authorization_domain_name,
		.check_set = o->check_set,
		.method = o->check_set & SET_DCV ? o->dcv.validation_method
		                                 : METHOD_UNKNOWN,
		.account_uri = o->account_uri,
		.selected = o->selected,
		.issuers = o->dcv.issuer_domain_names,
		.persistent_account = o->dcv.expected_account_uri,
		.may_forgive = opt_bool_or(o->caa.allow_lookup_failure, false),
		.certificate_type = o->certificate_type,
		.trace_identifier = o->trace_identifier,
		.challenge_created_at_ms = o->challenge_created_at_ms,
		.policy = o->family,
		.observation = o->primary_observation,
	};
}

struct request_facts intake_facts(const struct request *request,
                                  const struct order *order,
                                  const struct intake_rules *rules,
                                  struct span request_id,
                                  const struct record_ref *record,
                                  int64_t timestamp_ms)
{
	struct request_facts facts = order != NULL
	                                     ? order_facts(order)
	                                     : rejected_facts(request, rules);

	facts.request_id = request_id;
	facts.request = *record;
	facts.request_timestamp_ms = timestamp_ms;
	facts.primary_kind = rules->primary_kind;
	facts.partitions = rules->partitions;
	return facts;
}

void intake_conflict(struct request_issues *issues, struct arena *arena)
{
	issues->count = 0;
	request_issue_add(issues, arena, REASON_REQUEST_ID_CONFLICT,
	                  "request_id", "the id was used for another request");
}
