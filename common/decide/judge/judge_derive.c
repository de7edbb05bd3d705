#include "base/name.h"
#include "base/text.h"
#include "decide/derive/derive.h"
#include "decide/judge/judge_internal.h"

/*
 * The domain name of a check is a claim of whoever asked for it: each
 * perspective goes from the target itself, one alias after the other, and sees
 * whether it gets there (R-040; design, "Check").
 */
enum { ALIASES_MAX = 8 };

struct span judge_domain(const struct judging *j)
{
	struct span asked = j->check->dcv.authorization_domain_name;

	return asked.len > 0 ? asked : name_without_wildcard(j->check->target);
}

static void end_underived(struct judging *j, struct span at)
{
	judge_end(j, REASON_DOMAIN_NOT_DERIVED, "no alias leads to %s from %s",
	          judge_shown(j, judge_domain(j), NAME_MAX_TEXT),
	          judge_shown(j, at, NAME_MAX_TEXT));
}

/* The alias that stands at a name; false: *j->out wants or ended. */
static bool next_alias(struct judging *j, struct span at, struct span *out)
{
	struct lookup lookup;

	judge_lookup(j, at, DNS_TYPE_CNAME, &lookup);
	switch (lookup.state) {
	case LOOKUP_MISSING:
		judge_want_dns(j, at, DNS_TYPE_CNAME);
		return false;
	case LOOKUP_FAILED: judge_end_failed(j, &lookup, at); return false;
	case LOOKUP_NXDOMAIN:
	case LOOKUP_NODATA: end_underived(j, at); return false;
	case LOOKUP_RECORDS: break;
	}
	*out = judge_folded(j, lookup.answer.records[0]);
	return true;
}

static bool follow(struct judging *j)
{
	struct span at = j->check->target;

	for (int i = 0; i < ALIASES_MAX; i++) {
		if (!next_alias(j, at, &at))
			return false;
		if (derive_reaches(j->check->dcv.validation_method, at,
		                   judge_domain(j)))
			return true;
		if (!name_is_host(at))
			break;
	}
	end_underived(j, at);
	return false;
}

bool judge_derive(struct judging *j)
{
	struct span asked = j->check->dcv.authorization_domain_name;

	if (asked.len == 0)
		return true;
	switch (derive(j->check->dcv.validation_method, j->check->target,
	               asked)) {
	case DERIVED_SAME:
	case DERIVED_PRUNED: return true;
	case DERIVED_ALIASED: return follow(j);
	case DERIVED_NOT: break;
	}
	judge_end(j, REASON_DOMAIN_NOT_DERIVED,
	          "the method's steps do not lead to %s",
	          judge_shown(j, asked, NAME_MAX_TEXT));
	return false;
}
