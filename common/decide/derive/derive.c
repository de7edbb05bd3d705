#include "decide/derive/derive.h"

#include "base/name.h"

#include <string.h>

/* R-040's table; methods without a row have neither step. */
static const struct steps {
	enum validation_method method;
	bool prune;
	bool alias;
} table[] = {
	/* clang-format off */
	{ METHOD_DNS_CHANGE,        true, true },  /* .7 */
	{ METHOD_ACME_DNS_01,       true, true },
	{ METHOD_CONTACT_EMAIL_CAA, true, true },  /* .13 */
	{ METHOD_CONTACT_EMAIL_TXT, true, true },  /* .14 */
	{ METHOD_CONTACT_PHONE_TXT, true, true },  /* .16 */
	{ METHOD_CONTACT_PHONE_CAA, true, true },  /* .17 */
	{ METHOD_DNS_ACCOUNT_01,    true, false }, /* .21 */
	{ METHOD_DNS_PERSISTENT,    true, false }, /* .22 */
	/* clang-format on */
};

static struct steps steps_of(enum validation_method method)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].method == method)
			return table[i];
	return (struct steps){ method, false, false };
}

enum derivation derive(enum validation_method method, struct span target,
                       struct span domain)
{
	struct span name = name_without_wildcard(target);
	struct steps steps = steps_of(method);

	if (span_eq(domain, name))
		return DERIVED_SAME;
	if (name_is_below(name, domain))
		return steps.prune ? DERIVED_PRUNED : DERIVED_NOT;
	if (!steps.alias || name.len != target.len)
		return DERIVED_NOT;
	return DERIVED_ALIASED;
}

bool derive_reaches(enum validation_method method, struct span alias,
                    struct span domain)
{
	if (span_eq_nocase(alias, domain))
		return true;
	/* an escaped dot is no end of a label */
	return steps_of(method).prune &&
	       memchr(alias.p, '\\', alias.len) == NULL &&
	       name_is_below(alias, domain);
}
