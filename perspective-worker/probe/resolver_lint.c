#include "resolver_lint.h"

#include "base/span.h"

#include <stdlib.h>
#include <unbound.h>

/* What libunbound says of each where it validates and nothing else answers. */
static const struct {
	const char *option, *value;
} wanted[] = {
	{ "module-config", "validator iterator" },
	{ "val-permissive-mode", "no" },
	{ "ignore-cd-flag", "yes" },
	{ "val-override-date", "0" },
	{ "val-sig-skew-min", "3600" },
	{ "val-sig-skew-max", "86400" },
	{ "val-clean-additional", "yes" },
	{ "harden-dnssec-stripped", "yes" },
	{ "harden-below-nxdomain", "yes" },
	{ "harden-glue", "yes" },
	{ "domain-insecure", "" },
	{ "serve-expired", "no" },
	{ "trust-anchor-file", "" },
	{ "auto-trust-anchor-file", "" },
	{ "trusted-keys-file", "" },
};

static int check(struct ub_ctx *ub, const char *option, const char *value,
                 struct err *why)
{
	char *has = NULL;
	int rc = ub_ctx_get_option(ub, option, &has);
	const char *text = has != NULL ? has : "";

	if (rc != 0)
		(void)err_set(why, "libunbound does not say its %s: %s", option,
		              ub_strerror(rc));
	else if (!span_is(span_str(text), value))
		rc = err_set(why, "libunbound has %s \"%.100s\", not \"%s\"",
		             option, text, value);
	free(has);
	return rc == 0 ? 0 : -1;
}

int resolver_lint(struct ub_ctx *ub, struct err *why)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (check(ub, wanted[i].option, wanted[i].value, why) != 0)
			return -1;
	return 0;
}
