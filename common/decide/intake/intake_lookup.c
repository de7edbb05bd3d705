#include "base/name.h"
#include "base/text.h"
#include "decide/intake/intake_internal.h"
#include "decide/method/contact.h"
#include "decide/method/names.h"

static size_t zone_name_length(const struct intake *in)
{
	char text[ADDR_REVERSE_MAX];

	if (in->order.target_is_address)
		return strlen(
			addr_reverse(&in->order.address, text, sizeof(text)));
	if (in->request->dcv.authorization_domain_name.len > 0)
		return in->request->dcv.authorization_domain_name.len;
	return name_without_wildcard(in->order.target).len;
}

void intake_fixed(struct intake *in, enum dns_record_type type)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	struct span prefix = method_prefix(dcv->validation_method,
	                                   in->order.target_is_address,
	                                   in->request->account_uri, in->arena);

	if (dcv->dns_record_type != RECORD_UNKNOWN &&
	    dcv->dns_record_type != type)
		intake_issue(in, REASON_FIELD_CONTRADICTS,
		             DCV "dns_record_type",
		             arena_printf(in->arena, "the method looks for %s",
		                          dns_record_type_name(type)));
	if (dcv->dns_name_prefix.len > 0 &&
	    !span_eq(dcv->dns_name_prefix, prefix))
		intake_issue(in, REASON_FIELD_CONTRADICTS,
		             DCV "dns_name_prefix",
		             "the method says where it looks");
	if (prefix.len > 0 &&
	    prefix.len + 1 + zone_name_length(in) > NAME_MAX_TEXT)
		intake_issue(in, REASON_NAME_INVALID, "domain_or_ip_target",
		             "with the method's prefix the name would be "
		             "longer than 253 characters");
}

void intake_exact_case(struct intake *in)
{
	if (!opt_bool_or(in->request->dcv.require_exact_case, true))
		intake_issue(in, REASON_FIELD_CONTRADICTS,
		             DCV "require_exact_case",
		             "the method compares byte for byte");
}

/* the contact that was selected is the challenge value. */
void intake_contact(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	enum contact_kind kind = contact_kind_of(dcv->validation_method);
	const char *field = DCV "challenge_value";
	bool caa = dcv->validation_method == METHOD_CONTACT_EMAIL_CAA ||
	           dcv->validation_method == METHOD_CONTACT_PHONE_CAA;

	intake_fixed(in, caa ? RECORD_CAA : RECORD_TXT);
	if (!intake_want_text(in, dcv->challenge_value, field,
	                      INTAKE_CHALLENGE_MAX))
		return;
	if (!contact_canonical(kind, dcv->challenge_value, in->arena,
	                       &in->order.selected))
		intake_issue(in, REASON_FIELD_VALUE, field,
		             kind == CONTACT_EMAIL
		                     ? "an e-mail address and nothing else"
		                     : "a telephone number that begins with + "
		                       "and nothing else");
}

static bool is_ours(const struct intake *in, struct span issuer)
{
	const struct text_list *ours = &in->rules->issuers;

	for (size_t i = 0; i < ours->count; i++)
		if (span_eq_nocase(ours->items[i], issuer))
			return true;
	return false;
}

static void check_issuers(struct intake *in)
{
	const struct text_list *names = &in->request->dcv.issuer_domain_names;
	const char *field = DCV "issuer_domain_names";

	if (names->count == 0)
		intake_issue(in, REASON_FIELD_MISSING, field, NULL);
	if (names->count > INTAKE_ISSUERS_MAX)
		intake_issue(in, REASON_FIELD_TOO_LONG, field, NULL);
	for (size_t i = 0; i < names->count; i++)
		if (!is_ours(in, names->items[i])) {
			intake_issue(in, REASON_ISSUER_NOT_OURS, field, NULL);
			break;
		}
}

/* */
void intake_persistent(struct intake *in)
{
	struct span account = in->request->dcv.expected_account_uri;
	const char *field = DCV "expected_account_uri";

	intake_fixed(in, RECORD_TXT);
	check_issuers(in);
	if (!intake_want_text(in, account, field, INTAKE_URI_MAX))
		return;
	if (!intake_is_uri(account))
		intake_issue(in, REASON_ACCOUNT_URI, field, NULL);
}

/* Retired: for laboratories and what was asked while it was not. */
void intake_ip_address(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	const char *field = DCV "challenge_value";
	struct addr addr;

	if (!intake_want_text(in, dcv->challenge_value, field, ADDR_TEXT_MAX))
		return;
	if (!addr_parse(dcv->challenge_value, &addr)) {
		intake_issue(in, REASON_FIELD_VALUE, field, "an IP address");
		return;
	}
	intake_fixed(in, addr.family == ADDR_V4 ? RECORD_A : RECORD_AAAA);
}

/* The host as it will be compared: lower case, no dot at its end. */
static struct span canonical_host(struct intake *in, struct span s)
{
	uint8_t *p = arena_alloc(in->arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(s.p[i]);
	if (s.len > 1 && p[s.len - 1] == '.')
		s.len--;
	return span_of(p, s.len);
}

/* the FQDN that the address must point to. */
void intake_reverse_lookup(struct intake *in)
{
	struct span value = in->request->dcv.challenge_value;
	const char *field = DCV "challenge_value";
	struct name_rules rules = { .lab = in->rules->lab,
		                    .alabel_ok = names_alabel_ok };

	intake_fixed(in, RECORD_PTR);
	if (!intake_want_text(in, value, field, NAME_MAX_TEXT + 1))
		return;
	value = canonical_host(in, value);
	if (name_check_target(value, &rules, NULL) != NAME_FQDN)
		intake_issue(in, REASON_FIELD_VALUE, field,
		             "the fully qualified domain name that the address "
		             "points to");
	in->order.selected = value;
}
