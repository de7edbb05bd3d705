#include "base/name.h"
#include "base/text.h"
#include "decide/intake/intake_internal.h"
#include "pattern/pattern.h"

/* What each method wants; a method without a row is METHOD_UNSUPPORTED. */
struct method_rules {
	enum validation_method method;
	bool names;
	bool wildcard;  /* */
	bool addresses; /* */
	void (*check)(struct intake *in);
};

static bool is_base64url(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	}
	return true;
}

/* RFC 8555 8.1: a SHA-256 in base64url, unpadded, with no stray bits. */
static bool is_sha256_base64url(struct span s)
{
	struct buf bytes = { 0 };
	bool ok = s.len == 43 && text_unbase64url(s, &bytes);

	buf_clear(&bytes);
	return ok;
}

static bool is_visible_ascii(struct span s, bool space)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] > 0x7e || s.p[i] < (space ? 0x20 : 0x21))
			return false;
	}
	return true;
}

bool intake_want_text(struct intake *in, struct span s, const char *field,
                      size_t most)
{
	if (s.len == 0)
		intake_issue(in, REASON_FIELD_MISSING, field, NULL);
	else if (s.len > most)
		intake_issue(in, REASON_FIELD_TOO_LONG, field, NULL);
	else
		return true;
	return false;
}

/* folds: it will be compared without regard to case, and is worth no more. */
static void check_challenge_value(struct intake *in, bool folds)
{
	struct span value = in->request->dcv.challenge_value;
	const char *field = DCV "challenge_value";

	if (!intake_want_text(in, value, field, INTAKE_CHALLENGE_MAX))
		return;
	if (!is_visible_ascii(value, true))
		intake_issue(in, REASON_FIELD_VALUE, field,
		             "printable ASCII only");
	else if (!entropy_enough(value, folds))
		intake_issue(in, REASON_ENTROPY, field,
		             "at least 19 characters, 22 of one case, "
		             "28 hex digits, 34 decimal digits");
}

/* what the server is to show must not be in what we send it. */
static void check_headers(struct intake *in, struct span value)
{
	const struct dcv_parameters *dcv = &in->request->dcv;

	for (size_t i = 0; i < dcv->http_headers_count; i++) {
		const struct http_header *h = &dcv->http_headers[i];

		if (!span_eq_nocase(h->name, SPAN("User-Agent")) &&
		    !span_eq_nocase(h->name, SPAN("Accept")))
			intake_issue(in, REASON_HEADER_FORBIDDEN,
			             DCV "http_headers", NULL);
		else if (h->value.len > INTAKE_HEADER_VALUE_MAX ||
		         !is_visible_ascii(h->value, true))
			intake_issue(in, REASON_FIELD_VALUE, DCV "http_headers",
			             "up to 256 printable ASCII characters");
		else if (value.len > 0 && span_find(h->value, value) >= 0)
			intake_issue(in, REASON_CHALLENGE_IN_REQUEST,
			             DCV "http_headers", NULL);
	}
}

/* Unreserved characters (RFC 3986 2.3) in non-empty segments; no dots alone. */
static bool path_is_plain(struct span path)
{
	struct span left = path;

	while (left.len > 0) {
		size_t n = 0;

		while (n < left.len && left.p[n] != '/') {
			if (!ascii_is_alnum(left.p[n]) &&
			    strchr("-._~", left.p[n]) == NULL)
				return false;
			n++;
		}
		struct span segment = span_sub(left, 0, n);

		if (n == 0 || span_is(segment, ".") || span_is(segment, ".."))
			return false;
		if (n < left.len && n + 1 == left.len)
			return false; /* ends in a slash */
		left = span_sub(left, n + 1, left.len);
	}
	return path.len > 0;
}

/* nor in the URL, across whichever of its parts. */
static void check_url(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	const char *url = arena_printf(
		in->arena, "%s://%.*s/.well-known/pki-validation/%.*s",
		dcv->url_scheme == SCHEME_HTTPS ? "https" : "http",
		SPAN_ARG(in->order.target), SPAN_ARG(dcv->http_token_path));

	if (dcv->challenge_value.len > 0 &&
	    span_find(span_str(url), dcv->challenge_value) >= 0)
		intake_issue(in, REASON_CHALLENGE_IN_REQUEST,
		             DCV "challenge_value",
		             "the URL that is asked for contains it");
}

/* Searched for by the judge on top of the challenge value, never instead. */
static void check_regex(struct intake *in)
{
	struct span pattern = in->request->dcv.match_regex;
	struct pattern_fault fault;

	if (pattern.len > 0 && !pattern_check(pattern, &fault))
		intake_issue(in, REASON_REGEX_INVALID, DCV "match_regex",
		             arena_printf(in->arena, "at %zu: %s", fault.at,
		                          fault.what));
}

static void check_website_change(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	const char *field = DCV "http_token_path";

	check_challenge_value(in, !opt_bool_or(dcv->require_exact_case, true));
	check_headers(in, dcv->challenge_value);
	check_regex(in);
	if (!intake_want_text(in, dcv->http_token_path, field, INTAKE_PATH_MAX))
		return;
	if (memchr(dcv->http_token_path.p, '\0', dcv->http_token_path.len) ||
	    !path_is_plain(dcv->http_token_path))
		intake_issue(in, REASON_PATH_INVALID, field,
		             "segments of A-Z a-z 0-9 - . _ ~ only, "
		             "no leading slash");
	check_url(in);
}

static void check_key_authorization(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	struct span token = dcv->token;
	struct span ka = dcv->key_authorization;

	if (!intake_want_text(in, token, DCV "token", INTAKE_TOKEN_MAX) ||
	    !intake_want_text(in, ka, DCV "key_authorization",
	                      INTAKE_TOKEN_MAX + 1 + 43))
		return;
	/* RFC 8555 8.3: base64url, at least 128 bits */
	if (!is_base64url(token))
		intake_issue(in, REASON_FIELD_VALUE, DCV "token",
		             "base64url characters only");
	else if (token.len < 22 || !entropy_enough(token, false))
		intake_issue(in, REASON_ENTROPY, DCV "token",
		             "at least 22 base64url characters");
	/* RFC 8555 8.1: token "." thumbprint of the account key */
	if (ka.len != token.len + 1 + 43 ||
	    !span_eq(span_sub(ka, 0, token.len), token) ||
	    ka.p[token.len] != '.' ||
	    !is_sha256_base64url(span_sub(ka, token.len + 1, 43)))
		intake_issue(in, REASON_FIELD_VALUE, DCV "key_authorization",
		             "token, a dot, and a key thumbprint of 43 "
		             "base64url characters");
}

static void check_http_01(struct intake *in)
{
	intake_exact_case(in);
	check_headers(in, in->request->dcv.key_authorization);
	check_key_authorization(in);
}

/* RFC 8737, 3. Open MPIC's requests have the digest, ours may have what it is
   the digest of. */
static void check_tls_alpn_01(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	struct span hash = dcv->key_authorization_hash;
	const char *field = DCV "key_authorization_hash";
	struct digest given;
	struct digest computed;

	if (dcv->token.len > 0 || dcv->key_authorization.len > 0)
		check_key_authorization(in);
	else if (!intake_want_text(in, hash, field, DIGEST_HEX_ROOM - 1))
		return;
	if (hash.len == 0)
		return;
	if (hash.len != DIGEST_HEX_ROOM - 1 || !text_unhex(hash, given.b)) {
		intake_issue(in, REASON_FIELD_VALUE, field,
		             "64 hex digits of a SHA-256");
		return;
	}
	computed = digest_of(dcv->key_authorization);
	if (dcv->key_authorization.len > 0 && !digest_eq(&given, &computed))
		intake_issue(in, REASON_FIELD_CONTRADICTS, field,
		             "not the SHA-256 of key_authorization");
}

static void check_dns_01(struct intake *in)
{
	struct span hash = in->request->dcv.key_authorization_hash;
	const char *field = DCV "key_authorization_hash";

	intake_fixed(in, RECORD_TXT);
	intake_exact_case(in);
	if (!intake_want_text(in, hash, field, 64))
		return;
	if (!is_sha256_base64url(hash))
		intake_issue(in, REASON_FIELD_VALUE, field,
		             "43 base64url characters of a SHA-256");
}

/* BR 3.2.2.4.21: the account is part of the name that is looked at. */
static void check_dns_account(struct intake *in)
{
	if (in->request->account_uri.len == 0)
		intake_issue(in, REASON_FIELD_MISSING, "account_uri", NULL);
	check_dns_01(in);
}

static void check_prefix(struct intake *in)
{
	struct span prefix = in->request->dcv.dns_name_prefix;
	bool ok = prefix.len <= NAME_MAX_LABEL;

	if (prefix.len == 0)
		return;
	for (size_t i = 0; ok && i < prefix.len; i++)
		ok = ascii_is_alnum(prefix.p[i]) || prefix.p[i] == '-' ||
		     prefix.p[i] == '_';
	/* one label, beginning with an underscore */
	if (!ok || prefix.p[0] != '_')
		intake_issue(in, REASON_PREFIX_INVALID, DCV "dns_name_prefix",
		             NULL);
	else if (prefix.len + 1 + name_without_wildcard(in->order.target).len >
	         NAME_MAX_TEXT)
		intake_issue(in, REASON_PREFIX_INVALID, DCV "dns_name_prefix",
		             "the name would be longer than 253 characters");
}

static struct span folded(struct intake *in, struct span s)
{
	uint8_t *p = arena_alloc(in->arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(s.p[i]);
	return span_of(p, s.len);
}

/* R-051 for the DNS: an alias may carry the name that was asked for on. */
static void check_question(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;
	const char *name = arena_printf(
		in->arena, "%.*s.%.*s", SPAN_ARG(dcv->dns_name_prefix),
		SPAN_ARG(name_without_wildcard(in->order.target)));

	if (dcv->challenge_value.len > 0 &&
	    span_find(folded(in, span_str(name)),
	              folded(in, dcv->challenge_value)) >= 0)
		intake_issue(in, REASON_CHALLENGE_IN_REQUEST,
		             DCV "challenge_value",
		             "the name that is asked for contains it");
}

static void check_dns_change(struct intake *in)
{
	const struct dcv_parameters *dcv = &in->request->dcv;

	check_challenge_value(in,
	                      !opt_bool_or(dcv->require_exact_case,
	                                   dcv->dns_record_type == RECORD_TXT));
	check_prefix(in);
	check_question(in);
	if (dcv->dns_record_type != RECORD_TXT &&
	    dcv->dns_record_type != RECORD_CNAME &&
	    dcv->dns_record_type != RECORD_CAA)
		intake_issue(in, REASON_FIELD_VALUE, DCV "dns_record_type",
		             "TXT, CNAME or CAA");
}

/* clang-format off */
static const struct method_rules methods[] = {
	{ METHOD_WEBSITE_CHANGE,         true,  false, true,  check_website_change },
	{ METHOD_DNS_CHANGE,             true,  true,  false, check_dns_change },
	{ METHOD_DNS_PERSISTENT,         true,  true,  true,  intake_persistent },
	{ METHOD_ACME_HTTP_01,           true,  false, true,  check_http_01 },
	{ METHOD_ACME_DNS_01,            true,  true,  false, check_dns_01 },
	{ METHOD_ACME_TLS_ALPN_01,       true,  false, true,  check_tls_alpn_01 },
	{ METHOD_DNS_ACCOUNT_01,         true,  true,  false, check_dns_account },
	{ METHOD_CONTACT_EMAIL_TXT,      true,  true,  false, intake_contact },
	{ METHOD_CONTACT_EMAIL_CAA,      true,  true,  false, intake_contact },
	{ METHOD_CONTACT_PHONE_TXT,      true,  true,  false, intake_contact },
	{ METHOD_CONTACT_PHONE_CAA,      true,  true,  false, intake_contact },
	{ METHOD_IP_ADDRESS,             true,  false, false, intake_ip_address },
	{ METHOD_REVERSE_ADDRESS_LOOKUP, false, false, true,  intake_reverse_lookup },
};
/* clang-format on */

static const struct method_rules *find(enum validation_method method)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (methods[i].method == method)
			return &methods[i];
	}
	return NULL;
}

/* a retired method is refused before anything else is read. */
static bool method_open(struct intake *in, enum validation_method method)
{
	const char *field = DCV "validation_method";

	if (method != METHOD_UNKNOWN &&
	    method_gate(in->order.family, method, in->order.target_is_address,
	                in->origin->now_ms) == GATE_METHOD_FORBIDDEN) {
		intake_issue(in, REASON_METHOD_FORBIDDEN, field, NULL);
		return false;
	}
	if (method == METHOD_UNKNOWN &&
	    in->request->dcv.validation_method_text.len == 0) {
		intake_issue(in, REASON_FIELD_MISSING, field, NULL);
		return false;
	}
	if (method == METHOD_UNKNOWN) {
		intake_issue(in, REASON_METHOD_UNKNOWN, field, NULL);
		return false;
	}
	return true;
}

/* Of a method that may be used, but not for this kind of target. */
static bool is_wrong_kind(const struct intake *in,
                          const struct method_rules *rules)
{
	bool address = in->order.target_is_address;

	return (address ? !rules->addresses : !rules->names) &&
	       method_gate(in->order.family, rules->method, !address,
	                   in->origin->now_ms) != GATE_METHOD_FORBIDDEN;
}

void intake_method(struct intake *in)
{
	enum validation_method method = in->request->dcv.validation_method;
	const char *field = DCV "validation_method";
	const struct method_rules *rules = find(method);

	if (rules != NULL && is_wrong_kind(in, rules)) {
		intake_issue(in, REASON_METHOD_TARGET, field,
		             rules->names ? "not for IP addresses"
		                          : "for IP addresses only");
		return;
	}
	if (!method_open(in, method))
		return;
	if (rules == NULL) {
		intake_issue(in, REASON_METHOD_UNSUPPORTED, field, NULL);
		return;
	}
	if (in->wildcard && !rules->wildcard)
		intake_issue(in, REASON_METHOD_WILDCARD, field, NULL);
	if (in->request->dcv.match_regex.len > 0 &&
	    method != METHOD_WEBSITE_CHANGE)
		intake_issue(in, REASON_FIELD_CONTRADICTS, DCV "match_regex",
		             "for website-change only");
	rules->check(in);
}
