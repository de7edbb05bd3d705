#include "decide/judge/caa_conditions.h"

#include "base/text.h"

/* RFC 8657 section 4 and BR 4.2.2.1: a way may have two names. */
static const struct {
	enum validation_method method;
	const char *label;
} labels[] = {
	/* clang-format off */
	{ METHOD_ACME_HTTP_01,      "http-01" },
	{ METHOD_ACME_HTTP_01,      "ca-tbr-19" },
	{ METHOD_WEBSITE_CHANGE,    "ca-tbr-18" },
	{ METHOD_ACME_DNS_01,       "dns-01" },
	{ METHOD_ACME_DNS_01,       "ca-tbr-7" },
	{ METHOD_DNS_CHANGE,        "ca-tbr-7" },
	{ METHOD_ACME_TLS_ALPN_01,  "tls-alpn-01" },
	{ METHOD_ACME_TLS_ALPN_01,  "ca-tbr-20" },
	{ METHOD_DNS_ACCOUNT_01,    "dns-account-01" },
	{ METHOD_DNS_ACCOUNT_01,    "ca-tbr-21" },
	{ METHOD_DNS_PERSISTENT,    "dns-persist-01" },
	{ METHOD_DNS_PERSISTENT,    "ca-tbr-22" },
	{ METHOD_CONTACT_EMAIL_CAA, "ca-tbr-13" },
	{ METHOD_CONTACT_EMAIL_TXT, "ca-tbr-14" },
	{ METHOD_CONTACT_PHONE_TXT, "ca-tbr-16" },
	{ METHOD_CONTACT_PHONE_CAA, "ca-tbr-17" },
	{ METHOD_IP_ADDRESS,        "ca-tbr-8" },
	/* clang-format on */
};

static bool method_has_label(enum validation_method method, struct span label)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (labels[i].method == method &&
		    span_is(label, labels[i].label))
			return true;
	return false;
}

/* scheme ":" and something (RFC 3986, 4.3); the characters are then compared
   one by one anyway. */
static bool is_absolute_uri(struct span s)
{
	size_t n = 0;

	while (n < s.len && (ascii_is_alnum(s.p[n]) || s.p[n] == '+' ||
	                     s.p[n] == '-' || s.p[n] == '.'))
		n++;
	if (n == 0 || !ascii_is_alpha(s.p[0]) || n + 1 >= s.len ||
	    s.p[n] != ':')
		return false;
	for (; n < s.len; n++)
		if (s.p[n] <= ' ' || s.p[n] >= 0x7f ||
		    strchr("\"<>\\^`{|}", s.p[n]) != NULL)
			return false;
	return true;
}

static bool account_holds(struct span value, struct span account_uri)
{
	return account_uri.p != NULL && is_absolute_uri(value) &&
	       span_eq(value, account_uri);
}

static bool is_label(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return s.len > 0;
}

/* The whole list is read, so that what stands behind a match counts too. */
static bool method_holds(struct span list, enum validation_method method)
{
	bool found = false;

	for (;;) {
		size_t n = 0;

		while (n < list.len && list.p[n] != ',')
			n++;

		struct span label = span_sub(list, 0, n);

		if (!is_label(label))
			return false;
		found = found || method_has_label(method, label);
		if (n == list.len)
			return found;
		list = span_sub(list, n + 1, list.len);
	}
}

bool caa_conditions_hold(const struct caa_issue *issue, struct span account_uri,
                         enum validation_method method)
{
	unsigned accounts = 0;
	unsigned methods = 0;

	for (size_t i = 0; i < issue->parameters_count; i++) {
		const struct caa_parameter *p = &issue->parameters[i];
		bool holds = true;

		/* Tags without case: the stricter reading. */
		if (span_eq_nocase(p->tag, SPAN("accounturi")))
			holds = ++accounts == 1 &&
			        account_holds(p->value, account_uri);
		else if (span_eq_nocase(p->tag, SPAN("validationmethods")))
			holds = ++methods == 1 &&
			        method_holds(p->value, method);
		if (!holds)
			return false;
	}
	return true;
}
