#include "base/name.h"
#include "base/text.h"
#include "decide/judge/judge_internal.h"

/* --- reverse-address-lookup: BR 3.2.2.5.3 -------------------------------- */

static void judge_hosts(struct judging *j, const struct dns_answer *answer)
{
	const char *at = judge_shown(j, answer->end, 80);

	for (size_t i = 0; i < answer->records_count; i++) {
		struct span host = judge_folded(j, answer->records[i]);

		if (!span_eq(host, j->check->match_value))
			continue;
		judge_end(j, REASON_VALUE_FOUND, "PTR at %s, %zu of %zu", at,
		          i + 1, answer->records_count);
		j->out->done.observed = host;
		return;
	}
	judge_end(j, REASON_VALUE_NOT_FOUND, "%zu PTR at %s, first: %s",
	          answer->records_count, at,
	          judge_shown(j, answer->records[0], 100));
}

/* The host that the address belongs to by its PTR record, exactly:
   whether somebody controls that host is another check. */
void judge_reverse_lookup(struct judging *j)
{
	struct lookup lookup;
	struct span name;
	struct addr addr;

	if (!addr_parse(j->check->target, &addr)) {
		judge_end(j, REASON_METHOD_TARGET,
		          "the method is for addresses");
		return;
	}
	if (judge_has_value(j, j->check->match_value) &&
	    judge_take_zone_name(j, &name) &&
	    judge_records_at(j, name, DNS_TYPE_PTR, "PTR", &lookup))
		judge_hosts(j, &lookup.answer);
}

/* --- ip-address: BR 3.2.2.4.8, retired ----------------------------------- */

static bool is_address(struct span rdata, const struct addr *wanted)
{
	return rdata.len == addr_bits(wanted) / 8 &&
	       memcmp(rdata.p, wanted->bytes, rdata.len) == 0;
}

static void judge_hosts_address(struct judging *j, const struct addr *wanted,
                                const struct dns_answer *answer)
{
	const char *at = judge_shown(j, answer->end, 80);

	for (size_t i = 0; i < answer->records_count; i++)
		if (is_address(answer->records[i], wanted)) {
			judge_end(j, REASON_VALUE_FOUND, "%s, %zu of %zu", at,
			          i + 1, answer->records_count);
			j->out->done.authorization_domain_name =
				j->check->target;
			return;
		}
	judge_end(j, REASON_VALUE_NOT_FOUND, "%zu addresses of %s are others",
	          answer->records_count, at);
}

/* The name has the address that the applicant was shown to control. */
void judge_ip_address(struct judging *j)
{
	struct lookup lookup;
	struct span name;
	struct addr wanted;

	if (!judge_take_name(j, &name))
		return;
	if (j->check->target.p[0] == '*') {
		judge_end(j, REASON_METHOD_WILDCARD,
		          "the method shows control of one name only");
		return;
	}
	if (!addr_parse(j->check->dcv.challenge_value, &wanted)) {
		judge_end(j, REASON_FIELD_VALUE,
		          "the value to find is no address");
		return;
	}
	if (judge_records_at(j, name,
	                     wanted.family == ADDR_V4 ? DNS_TYPE_A
	                                              : DNS_TYPE_AAAA,
	                     "address", &lookup))
		judge_hosts_address(j, &wanted, &lookup.answer);
}
