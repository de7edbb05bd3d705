#include "decide/judge/persist.h"

#include "base/text.h"
#include "decide/judge/caa_parse.h"

const char *persist_result_name(enum persist_result result)
{
	switch (result) {
	case PERSIST_MALFORMED: return "is no issue value";
	case PERSIST_OTHER_ISSUER: return "names another issuer";
	case PERSIST_NO_ACCOUNT: return "names no account, or two";
	case PERSIST_OTHER_ACCOUNT: return "names another account";
	case PERSIST_BAD_UNTIL: return "has a persistUntil that is no time";
	case PERSIST_EXPIRED: return "is past its persistUntil";
	case PERSIST_NO_WILDCARD: return "does not say policy=wildcard";
	case PERSIST_GOOD: return "is good";
	}
	return "?";
}

/* How often the parameter stands there; *value is the last one's. */
static size_t find(const struct caa_issue *issue, const char *tag,
                   struct span *value)
{
	size_t n = 0;

	for (size_t i = 0; i < issue->parameters_count; i++)
		if (span_eq_nocase(issue->parameters[i].tag, span_str(tag))) {
			*value = issue->parameters[i].value;
			n++;
		}
	return n;
}

/* The first of ours that it names, without case. */
static bool find_issuer(const struct persist_terms *terms, struct span domain,
                        size_t *out)
{
	for (size_t i = 0; i < terms->issuers.count; i++)
		if (domain.len > 0 &&
		    span_eq_nocase(terms->issuers.items[i], domain)) {
			*out = i;
			return true;
		}
	return false;
}

/* Base-10 seconds since 1970; the second named is the last. */
static bool read_until(const struct caa_issue *issue, struct opt_int *out)
{
	struct span value;
	uint64_t seconds;
	size_t n = find(issue, "persistuntil", &value);

	*out = (struct opt_int){ false, 0 };
	if (n == 0)
		return true;
	if (n > 1 || !text_u64(value, INT64_MAX / 1000, &seconds))
		return false;
	*out = SOME_INT((int64_t)seconds * 1000);
	return true;
}

static bool says_wildcard(const struct caa_issue *issue)
{
	struct span value;

	return find(issue, "policy", &value) == 1 &&
	       span_eq_nocase(value, SPAN("wildcard"));
}

enum persist_result persist_read(struct span text,
                                 const struct persist_terms *terms,
                                 struct persist *out)
{
	struct caa_issue issue;
	struct persist p;
	struct span account;

	if (!caa_issue_parse(text, &issue))
		return PERSIST_MALFORMED;
	if (!find_issuer(terms, issue.domain, &p.issuer))
		return PERSIST_OTHER_ISSUER;
	if (find(&issue, "accounturi", &account) != 1 || account.len == 0)
		return PERSIST_NO_ACCOUNT;
	if (!span_eq(account, terms->account_uri))
		return PERSIST_OTHER_ACCOUNT;
	if (!read_until(&issue, &p.until_ms))
		return PERSIST_BAD_UNTIL;
	if (p.until_ms.set && terms->now_ms > p.until_ms.v)
		return PERSIST_EXPIRED;
	if (terms->policy_wildcard && !says_wildcard(&issue))
		return PERSIST_NO_WILDCARD;
	*out = p;
	return PERSIST_GOOD;
}
