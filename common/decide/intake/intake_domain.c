#include "base/name.h"
#include "decide/derive/derive.h"
#include "decide/intake/intake_internal.h"

#define FIELD "dcv_check_parameters.authorization_domain_name"

static void refuse(struct intake *in, enum reason reason, const char *detail)
{
	intake_issue(in, reason, FIELD, detail);
}

/* A host name by the rules of targets, and no suffix that others register
   under: there pruning ends. */
static bool is_domain(struct intake *in, struct span domain)
{
	struct name_rules rules = { .lab = in->rules->lab,
		                    .alabel_ok = names_alabel_ok };
	enum name_result result = name_check_target(domain, &rules, NULL);

	if (result == NAME_FQDN)
		return true;
	refuse(in, REASON_NAME_INVALID,
	       name_result_ok(result) ? "a domain name without a wildcard"
	                              : name_result_hint(result));
	return false;
}

/* What the caller saw as the primary was seen of the same domain name. */
static void check_observation(struct intake *in, struct span domain)
{
	struct span seen =
		in->request->primary_observation.authorization_domain_name;

	if (seen.len > 0 && !span_eq(seen, domain))
		intake_issue(in, REASON_FIELD_CONTRADICTS,
		             "primary_observation.authorization_domain_name",
		             "another one than the request asks for");
}

void intake_domain(struct intake *in)
{
	struct span domain = in->request->dcv.authorization_domain_name;
	struct span own = name_without_wildcard(in->order.target);

	check_observation(in, domain.len > 0 ? domain : own);
	if (domain.p == NULL || span_eq(domain, own) || !is_domain(in, domain))
		return;
	if (derive(in->request->dcv.validation_method, in->order.target,
	           domain) == DERIVED_NOT)
		refuse(in, REASON_DOMAIN_NOT_DERIVED,
		       "the method has no step that leads there");
	else if (names_is_public_suffix(in->rules->names, domain, NAMES_ICANN))
		refuse(in, REASON_NAME_PUBLIC_SUFFIX, NULL);
}
