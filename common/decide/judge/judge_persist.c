#include "base/name.h"
#include "base/text.h"
#include "decide/judge/judge_internal.h"
#include "decide/judge/persist.h"
#include "decide/method/names.h"

struct records {
	struct span at;
	size_t count;
	enum persist_result best; /* of all records */
	struct persist good;      /* the one that counts, if best is GOOD */
};

/* A later end is better, none at all the best. */
static bool lasts_longer(const struct persist *a, const struct persist *b)
{
	return b->until_ms.set &&
	       (!a->until_ms.set || a->until_ms.v > b->until_ms.v);
}

/* Of several good records the issuer that stands first in the check counts,
   not the order of the answer: perspectives must come to the same. */
static void note(struct records *r, enum persist_result result,
                 const struct persist *p)
{
	bool first = result == PERSIST_GOOD && r->best != PERSIST_GOOD;

	if (result > r->best)
		r->best = result;
	if (result != PERSIST_GOOD)
		return;
	if (first || p->issuer < r->good.issuer ||
	    (p->issuer == r->good.issuer && lasts_longer(p, &r->good)))
		r->good = *p;
}

/* "ca.example; accounturi=https://ca.example/acct/1" */
static struct span observed(struct judging *j, struct span issuer)
{
	char *text = arena_printf(j->arena, "%.*s; accounturi=%.*s",
	                          SPAN_ARG(issuer),
	                          SPAN_ARG(j->check->dcv.expected_account_uri));

	for (size_t i = 0; i < issuer.len; i++)
		text[i] = (char)ascii_lower((uint8_t)text[i]);
	return span_str(text);
}

static void end(struct judging *j, const struct records *r)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	const char *at = judge_shown(j, r->at, 100);

	if (r->best != PERSIST_GOOD) {
		judge_end(j, REASON_VALUE_NOT_FOUND,
		          "%zu TXT at %s, the best one %s", r->count, at,
		          persist_result_name(r->best));
		return;
	}
	judge_end(j, REASON_VALUE_FOUND, "TXT at %s", at);
	j->out->done.authorization_domain_name = judge_domain(j);
	j->out->done.observed =
		observed(j, dcv->issuer_domain_names.items[r->good.issuer]);
	j->out->done.expires_ms = r->good.until_ms;
}

static void judge_records(struct judging *j, const struct persist_terms *terms,
                          const struct dns_answer *answer, struct span at)
{
	struct records r = { .at = at, .count = answer->records_count };

	for (size_t i = 0; i < r.count; i++) {
		struct persist p = { 0 };
		struct span text;

		if (dns_txt_join(answer->records[i], j->arena, &text))
			note(&r, persist_read(text, terms, &p), &p);
	}
	end(j, &r);
}

/* for wildcards and names below the domain, what BR 3.2.2.4.22 lets
   pass, ACME's draft wants said. */
static bool wants_policy(const struct judging *j)
{
	return opt_bool_or(j->check->dcv.require_policy_wildcard, false) &&
	       !span_eq(j->check->target, judge_domain(j));
}

void judge_persistent(struct judging *j)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	struct persist_terms terms = {
		.issuers = dcv->issuer_domain_names,
		.account_uri = dcv->expected_account_uri,
		.policy_wildcard = wants_policy(j),
	};
	struct lookup lookup;
	struct span base;
	struct span at;
	struct addr addr;
	bool is_address = addr_parse(j->check->target, &addr);

	if (!judge_take_zone_name(j, &base) ||
	    !judge_has_value(j, terms.account_uri) ||
	    !judge_take_prefixed(j,
	                         method_prefix(METHOD_DNS_PERSISTENT,
	                                       is_address, terms.account_uri,
	                                       j->arena),
	                         base, &at) ||
	    !judge_records_at(j, at, DNS_TYPE_TXT, "TXT", &lookup))
		return;
	terms.now_ms = lookup.at_ms;
	judge_records(j, &terms, &lookup.answer, at);
}
