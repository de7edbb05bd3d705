#include "wire/value.h"

#include "wire/names.h"

static const char *const kinds[] = { "dcv", "caa" };
static const char *const sets[] = {
	[SET_DCV] = "dcv",
	[SET_CAA] = "caa",
	[SET_DCV | SET_CAA] = "dcv+caa",
};
static const char *const methods[] = {
	[METHOD_WEBSITE_CHANGE] = "website-change",
	[METHOD_DNS_CHANGE] = "dns-change",
	[METHOD_DNS_PERSISTENT] = "dns-persistent",
	[METHOD_ACME_HTTP_01] = "acme-http-01",
	[METHOD_ACME_DNS_01] = "acme-dns-01",
	[METHOD_ACME_TLS_ALPN_01] = "acme-tls-alpn-01",
	[METHOD_DNS_ACCOUNT_01] = "dns-account-01",
	[METHOD_CONTACT_EMAIL_TXT] = "contact-email-txt",
	[METHOD_CONTACT_EMAIL_CAA] = "contact-email-caa",
	[METHOD_CONTACT_PHONE_TXT] = "contact-phone-txt",
	[METHOD_CONTACT_PHONE_CAA] = "contact-phone-caa",
	[METHOD_IP_ADDRESS] = "ip-address",
	[METHOD_REVERSE_ADDRESS_LOOKUP] = "reverse-address-lookup",
};
static const char *const certificate_types[] = {
	[CERT_TLS_SERVER] = "tls-server",
	[CERT_S_MIME] = "s-mime",
};
static const char *const schemes[] = {
	[SCHEME_HTTP] = "http",
	[SCHEME_HTTPS] = "https",
};
static const char *const record_types[] = {
	[RECORD_CNAME] = "CNAME", [RECORD_TXT] = "TXT",   [RECORD_CAA] = "CAA",
	[RECORD_A] = "A",         [RECORD_AAAA] = "AAAA", [RECORD_PTR] = "PTR",
};
static const char *const roles[] = {
	[ROLE_PRIMARY] = "primary",
	[ROLE_REMOTE] = "remote",
};
static const char *const primary_kinds[] = {
	[PRIMARY_PERSPECTIVE] = "perspective",
	[PRIMARY_CALLER] = "caller",
};
static const char *const gates[] = {
	[GATE_SEQUENTIAL] = "sequential",
	[GATE_PARALLEL] = "parallel",
};
static const char *const earlies[] = {
	[EARLY_DENY] = "deny",
	[EARLY_BOTH] = "both",
	[EARLY_NEVER] = "never",
};
static const char *const closed_bys[] = {
	[CLOSED_BY_RESULT] = "result",
	[CLOSED_BY_DEADLINE] = "deadline",
};
static const char *const outcomes[] = {
	[OUTCOME_ISSUE] = "issue",
	[OUTCOME_CORROBORATED] = "corroborated",
	[OUTCOME_DO_NOT_ISSUE] = "do-not-issue",
	[OUTCOME_REJECTED] = "rejected",
};
static const char *const classes[] = {
	[CLASS_CORROBORATED] = "corroborated",
	[CLASS_DISAGREED] = "disagreed",
	[CLASS_ERROR] = "error",
	[CLASS_TIMED_OUT] = "timed-out",
	[CLASS_LATE] = "late",
	[CLASS_MISSING] = "missing",
	[CLASS_OUTSTANDING] = "outstanding",
	[CLASS_REFUSED] = "refused",
};

#define TABLE(table) (table), sizeof(table) / sizeof((table)[0])

const struct name_table check_kind_names = { TABLE(kinds), .total = true };
const struct name_table check_set_names = { TABLE(sets), .total = false };
const struct name_table validation_method_names = { TABLE(methods), false };
const struct name_table certificate_type_names = { TABLE(certificate_types),
	                                           false };
const struct name_table url_scheme_names = { TABLE(schemes), false };
const struct name_table dns_record_type_names = { TABLE(record_types), false };
const struct name_table perspective_role_names = { TABLE(roles), false };
const struct name_table primary_kind_names = { TABLE(primary_kinds), false };
const struct name_table gate_names = { TABLE(gates), false };
const struct name_table early_names = { TABLE(earlies), false };
const struct name_table closed_by_names = { TABLE(closed_bys), false };
const struct name_table outcome_names = { TABLE(outcomes), false };
const struct name_table result_class_names = { TABLE(classes), false };

static const char *name_or(const struct name_table *table, unsigned value,
                           const char *otherwise)
{
	const char *name = name_of(table, value);

	return name != NULL ? name : otherwise;
}

const char *check_kind_name(enum check_kind kind)
{
	return name_or(&check_kind_names, kind, "unknown");
}

const char *check_set_name(unsigned set)
{
	return name_or(&check_set_names, set, set == 0 ? "none" : "unknown");
}

const char *validation_method_name(enum validation_method m)
{
	return name_or(&validation_method_names, m, "unknown");
}

enum validation_method validation_method_parse(struct span s)
{
	unsigned value = METHOD_UNKNOWN;

	(void)name_parse(&validation_method_names, s, &value);
	return (enum validation_method)value;
}

const char *certificate_type_name(enum certificate_type t)
{
	return name_or(&certificate_type_names, t, "unknown");
}

const char *url_scheme_name(enum url_scheme s)
{
	return name_or(&url_scheme_names, s, "unknown");
}

const char *outcome_name(enum outcome o)
{
	return name_or(&outcome_names, o, "unknown");
}

const char *result_class_name(enum result_class c)
{
	return name_or(&result_class_names, c, "unknown");
}

const char *perspective_role_name(enum perspective_role r)
{
	return name_or(&perspective_role_names, r, "unknown");
}

const char *primary_kind_name(enum primary_kind k)
{
	return name_or(&primary_kind_names, k, "unknown");
}

const char *gate_name(enum gate g)
{
	return name_or(&gate_names, g, "unknown");
}

const char *early_name(enum early e)
{
	return name_or(&early_names, e, "unknown");
}

const char *closed_by_name(enum closed_by c)
{
	return name_or(&closed_by_names, c, "unknown");
}

const char *dns_record_type_name(enum dns_record_type t)
{
	return name_or(&dns_record_type_names, t, "unknown");
}
