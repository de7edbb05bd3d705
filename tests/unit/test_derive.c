/* which domain names follow from a name, row by row of its table. */
#include "decide/derive/derive.h"
#include "tests/support/run.h"

#define N "www.a.example.com"
#define W "*.a.example.com"

/* clang-format off */
static const struct {
	enum validation_method method;
	const char *target;
	const char *domain;
	enum derivation want;
} rows[] = {
	{ METHOD_DNS_CHANGE, N, N, DERIVED_SAME },
	{ METHOD_DNS_CHANGE, N, "a.example.com", DERIVED_PRUNED },
	{ METHOD_DNS_CHANGE, N, "example.com", DERIVED_PRUNED },
	{ METHOD_DNS_CHANGE, N, "h.cdn.example.net", DERIVED_ALIASED },
	{ METHOD_DNS_CHANGE, N, "b.example.com", DERIVED_ALIASED },
	/* a name below the target is reached by an alias or not at all */
	{ METHOD_DNS_CHANGE, N, "x.www.a.example.com", DERIVED_ALIASED },
	{ METHOD_DNS_CHANGE, N, "xample.com", DERIVED_ALIASED },
	/* no alias step for wildcards */
	{ METHOD_DNS_CHANGE, W, "a.example.com", DERIVED_SAME },
	{ METHOD_DNS_CHANGE, W, "example.com", DERIVED_PRUNED },
	{ METHOD_DNS_CHANGE, W, "h.cdn.example.net", DERIVED_NOT },
	{ METHOD_DNS_CHANGE, W, "www.a.example.com", DERIVED_NOT },
	{ METHOD_ACME_DNS_01, N, "example.com", DERIVED_PRUNED },
	{ METHOD_ACME_DNS_01, N, "example.net", DERIVED_ALIASED },
	{ METHOD_CONTACT_EMAIL_CAA, N, "example.net", DERIVED_ALIASED },
	{ METHOD_CONTACT_EMAIL_TXT, N, "example.net", DERIVED_ALIASED },
	{ METHOD_CONTACT_PHONE_CAA, N, "example.net", DERIVED_ALIASED },
	{ METHOD_CONTACT_PHONE_TXT, N, "example.net", DERIVED_ALIASED },
	/* .21 and .22 prune and follow nothing */
	{ METHOD_DNS_ACCOUNT_01, N, "example.com", DERIVED_PRUNED },
	{ METHOD_DNS_ACCOUNT_01, N, "example.net", DERIVED_NOT },
	{ METHOD_DNS_PERSISTENT, N, "example.com", DERIVED_PRUNED },
	{ METHOD_DNS_PERSISTENT, N, "example.net", DERIVED_NOT },
	{ METHOD_DNS_PERSISTENT, W, "example.com", DERIVED_PRUNED },
	/* .18, .19 and .20 are for one name */
	{ METHOD_WEBSITE_CHANGE, N, N, DERIVED_SAME },
	{ METHOD_WEBSITE_CHANGE, N, "a.example.com", DERIVED_NOT },
	{ METHOD_ACME_HTTP_01, N, N, DERIVED_SAME },
	{ METHOD_ACME_HTTP_01, N, "example.com", DERIVED_NOT },
	{ METHOD_ACME_HTTP_01, N, "example.net", DERIVED_NOT },
	{ METHOD_ACME_TLS_ALPN_01, N, N, DERIVED_SAME },
	{ METHOD_ACME_TLS_ALPN_01, N, "example.com", DERIVED_NOT },
	{ METHOD_REVERSE_ADDRESS_LOOKUP, "192.0.2.1", "example.com", DERIVED_NOT },
	{ METHOD_IP_ADDRESS, N, "example.com", DERIVED_NOT },
	{ METHOD_UNKNOWN, N, "example.com", DERIVED_NOT },
	{ METHOD_UNKNOWN, N, N, DERIVED_SAME },
};

/* The alias first, then the pruning. */
static const struct {
	enum validation_method method;
	const char *alias;
	const char *domain;
	bool want;
} aliases[] = {
	{ METHOD_DNS_CHANGE, "h.cdn.example.net", "h.cdn.example.net", true },
	{ METHOD_DNS_CHANGE, "H.CDN.example.net", "h.cdn.example.net", true },
	{ METHOD_DNS_CHANGE, "h.cdn.example.net", "cdn.example.net", true },
	{ METHOD_DNS_CHANGE, "h.cdn.example.net", "example.net", true },
	{ METHOD_DNS_CHANGE, "h.cdn.example.net", "x.h.cdn.example.net", false },
	{ METHOD_DNS_CHANGE, "h.cdn.example.net", "dn.example.net", false },
	{ METHOD_DNS_CHANGE, "h.cdn.example.net", "example.org", false },
	{ METHOD_DNS_CHANGE, ".", "example.net", false },
	/* one label "x.example" below net */
	{ METHOD_DNS_CHANGE, "x\\.example.net", "example.net", false },
	{ METHOD_DNS_CHANGE, "x\\.y.example.net", "example.net", false },
};
/* clang-format on */

START_TEST(r040_words)
{
	ck_assert_msg(derive(rows[_i].method, span_str(rows[_i].target),
	                     span_str(rows[_i].domain)) == rows[_i].want,
	              "%s: %s for %s", validation_method_name(rows[_i].method),
	              rows[_i].domain, rows[_i].target);
}
END_TEST

START_TEST(r040_aliases)
{
	ck_assert_msg(derive_reaches(
			      aliases[_i].method, span_str(aliases[_i].alias),
			      span_str(aliases[_i].domain)) == aliases[_i].want,
	              "%s from %s", aliases[_i].domain, aliases[_i].alias);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("derive");

	tcase_add_loop_test(tc, r040_words, 0, COUNT(rows));
	tcase_add_loop_test(tc, r040_aliases, 0, COUNT(aliases));
	return run_case(tc);
}
