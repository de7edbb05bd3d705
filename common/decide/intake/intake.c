#include "decide/intake/intake.h"

#include "base/id.h"
#include "base/name.h"
#include "base/text.h"
#include "decide/intake/intake_internal.h"

/* What decoding could not read is not missing on top of that. */
static bool is_named(const struct request_issues *issues, const char *field)
{
	for (size_t i = 0; i < issues->count; i++) {
		if (span_is(issues->items[i].field, field))
			return true;
	}
	return false;
}

void intake_issue(struct intake *in, enum reason reason, const char *field,
                  const char *detail)
{
	if (reason == REASON_FIELD_MISSING && is_named(in->issues, field))
		return;
	request_issue_add(in->issues, in->arena, reason, field, detail);
}

unsigned intake_check_set(const struct request *r)
{
	if (r->check_type_given)
		return r->check_set;
	return r->dcv.present ? SET_DCV : SET_CAA;
}

enum certificate_type intake_certificate_type(const struct request *r)
{
	if (r->certificate_type != CERT_UNKNOWN)
		return r->certificate_type;
	if (r->caa.certificate_type != CERT_UNKNOWN)
		return r->caa.certificate_type;
	return CERT_TLS_SERVER;
}

static void check_id(struct intake *in)
{
	enum id_result id = id_check_request(in->origin->request_id,
	                                     in->origin->assigned_by_us);

	if (id != ID_OK)
		intake_issue(in, REASON_ID_INVALID, "request_id",
		             id_result_name(id));
	in->order.request_id = in->origin->request_id;
}

static void check_kinds(struct intake *in)
{
	const struct request *r = in->request;

	in->order.check_set = intake_check_set(r);
	if (in->order.check_set == SET_NONE)
		intake_issue(in, REASON_FIELD_VALUE, "check_type",
		             "dcv, caa or dcv+caa");
	if (r->certificate_type != CERT_UNKNOWN &&
	    r->caa.certificate_type != CERT_UNKNOWN &&
	    r->certificate_type != r->caa.certificate_type)
		intake_issue(in, REASON_FIELD_CONTRADICTS, "certificate_type",
		             "caa_check_parameters says otherwise");
	in->order.certificate_type = intake_certificate_type(r);
	in->order.family = in->rules->open_mpic_policy ? POLICY_OPEN_MPIC
	                   : in->order.certificate_type == CERT_S_MIME
	                           ? POLICY_CABF_SMIME
	                           : POLICY_CABF_TLS;
}

static enum reason name_reason(enum name_result result)
{
	if (result == NAME_ONION)
		return REASON_NAME_ONION;
	if (result == NAME_ADDR_RESERVED)
		return REASON_ADDRESS_SPECIAL;
	return REASON_NAME_INVALID;
}

static void check_suffix(struct intake *in, struct span name)
{
	const struct names *names = in->rules->names;

	if (!in->rules->lab && !names_has_known_tld(names, name))
		intake_issue(in, REASON_NAME_INVALID, "domain_or_ip_target",
		             "its top-level domain does not exist");
	if (names_wildcard_over_suffix(names, name)) /* */
		intake_issue(in, REASON_NAME_PUBLIC_SUFFIX,
		             "domain_or_ip_target", NULL);
	in->order.cohort_key = names_registrable(names, name, NAMES_ICANN);
	if (in->order.cohort_key.len == 0) /* the name is a public suffix */
		in->order.cohort_key = name_without_wildcard(name);
}

/* One address, one spelling: RFC 5952. Another would be another key for the
   choice of perspectives, and so a way to shop for them. */
static void check_spelling(struct intake *in)
{
	char text[ADDR_TEXT_MAX];
	const char *canonical =
		addr_text(&in->order.address, text, sizeof(text));

	if (!span_is(in->order.target, canonical))
		intake_issue(in, REASON_NAME_INVALID, "domain_or_ip_target",
		             arena_printf(in->arena, "write the address as %s",
		                          canonical));
}

static void check_address(struct intake *in)
{
	check_spelling(in);
	if (in->order.check_set & SET_CAA) /* */
		intake_issue(in, REASON_CAA_FOR_ADDRESS, "check_type", NULL);
}

static void check_target(struct intake *in)
{
	struct span name = in->request->domain_or_ip_target;
	struct name_rules rules = { .lab = in->rules->lab,
		                    .alabel_ok = names_alabel_ok };

	in->order.target = name;
	in->order.cohort_key = name;
	if (name.p == NULL) {
		intake_issue(in, REASON_FIELD_MISSING, "domain_or_ip_target",
		             NULL);
		return;
	}
	enum name_result result =
		name_check_target(name, &rules, &in->order.address);

	if (!name_result_ok(result)) {
		intake_issue(in, name_reason(result), "domain_or_ip_target",
		             name_result_hint(result));
		return;
	}
	in->wildcard = result == NAME_WILDCARD;
	in->order.target_is_address =
		result == NAME_IPV4 || result == NAME_IPV6;
	if (in->order.target_is_address)
		check_address(in);
	else
		check_suffix(in, name);
	/* what stands behind the @ of a mailbox */
	if (in->order.certificate_type == CERT_S_MIME && result != NAME_FQDN)
		intake_issue(in, REASON_NAME_INVALID, "domain_or_ip_target",
		             "for s-mime the domain name of the mailbox");
}

/* CAA alone: the method is that of the validation relied on. One that
   may no longer be used may not be relied on either. */
static void check_relied_on(struct intake *in)
{
	enum validation_method method = in->request->dcv.validation_method;
	const char *field = "dcv_check_parameters.validation_method";

	if (!in->request->dcv.present || in->order.check_set != SET_CAA)
		return;
	if (method == METHOD_UNKNOWN)
		intake_issue(in, REASON_METHOD_UNKNOWN, field, NULL);
	else if (method_gate(in->order.family, method,
	                     in->order.target_is_address,
	                     in->origin->now_ms) == GATE_METHOD_FORBIDDEN)
		intake_issue(in, REASON_METHOD_FORBIDDEN, field, NULL);
}

static void check_dcv(struct intake *in)
{
	if (!(in->order.check_set & SET_DCV)) {
		check_relied_on(in);
		in->order.dcv = in->request->dcv;
		return;
	}
	if (!in->request->dcv.present) {
		intake_issue(in, REASON_FIELD_MISSING, "dcv_check_parameters",
		             NULL);
		return;
	}
	intake_method(in);
	intake_domain(in);
	in->order.dcv = in->request->dcv;
}

static bool is_configured(const struct intake_rules *rules, struct span issuer)
{
	for (size_t i = 0; i < rules->issuers.count; i++) {
		if (span_eq_nocase(rules->issuers.items[i], issuer))
			return true;
	}
	return false;
}

/* a request may name fewer of our issuer names, never others. */
static void check_caa(struct intake *in)
{
	const struct caa_parameters *caa = &in->request->caa;

	in->order.caa = *caa;
	in->order.caa.present = true;
	in->order.caa.certificate_type = in->order.certificate_type;
	in->order.caa.allow_lookup_failure =
		SOME_BOOL(in->rules->allow_lookup_failure &&
	                  opt_bool_or(caa->allow_lookup_failure, false));
	if (caa->caa_domains.count == 0)
		in->order.caa.caa_domains = in->rules->issuers;
	if (caa->caa_domains.count > INTAKE_ISSUERS_MAX)
		intake_issue(in, REASON_FIELD_TOO_LONG,
		             "caa_check_parameters.caa_domains", NULL);
	for (size_t i = 0; i < caa->caa_domains.count; i++) {
		if (!is_configured(in->rules, caa->caa_domains.items[i])) {
			intake_issue(in, REASON_ISSUER_NOT_OURS,
			             "caa_check_parameters.caa_domains", NULL);
			break;
		}
	}
}

/* scheme ":" and something behind it, visible ASCII. */
bool intake_is_uri(struct span uri)
{
	ptrdiff_t colon = span_find(uri, SPAN(":"));

	if (colon <= 0 || (size_t)colon + 1 >= uri.len ||
	    !ascii_is_alpha(uri.p[0]))
		return false;
	for (size_t i = 0; i < uri.len; i++) {
		uint8_t c = uri.p[i];

		if (c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|};", c))
			return false;
		if (i < (size_t)colon && !ascii_is_alnum(c) &&
		    strchr("+-.", c) == NULL)
			return false;
	}
	return true;
}

static void check_account(struct intake *in)
{
	struct span uri = in->request->account_uri;

	in->order.account_uri = uri;
	if (uri.p == NULL) {
		if (in->order.check_set & SET_DCV &&
		    in->order.dcv.validation_method == METHOD_DNS_PERSISTENT)
			in->order.account_uri =
				in->order.dcv.expected_account_uri;
		return;
	}
	if (uri.len > INTAKE_URI_MAX)
		intake_issue(in, REASON_FIELD_TOO_LONG, "account_uri", NULL);
	else if (!intake_is_uri(uri))
		intake_issue(in, REASON_ACCOUNT_URI, "account_uri", NULL);
	else if (in->request->dcv.expected_account_uri.len > 0 &&
	         !span_eq(uri, in->request->dcv.expected_account_uri))
		intake_issue(in, REASON_FIELD_CONTRADICTS, "account_uri",
		             "expected_account_uri is another");
}

/* Counts go upwards only (promise 2). plan_demand() names one thing at a time:
   what it refuses is noted, taken out, and the rest asked again. */
static void check_orchestration(struct intake *in)
{
	struct orchestration_parameters wish = in->request->orchestration;
	struct opt_int *const fields[] = { &wish.perspective_count,
		                           &wish.quorum_count,
		                           &wish.max_attempts,
		                           &wish.cohort_for_single_attempt };
	static const enum reason reasons[] = { REASON_PERSPECTIVE_COUNT,
		                               REASON_QUORUM_COUNT,
		                               REASON_MAX_ATTEMPTS,
		                               REASON_COHORT };
	const struct policy_rule *rule =
		policy_at(in->order.family, in->origin->now_ms);

	if (rule == NULL)
		return; /* said of the policy by the verdict */
	for (;;) {
		const char *field = NULL;
		enum reason why =
			plan_demand(rule, in->rules->plan, in->rules->inventory,
		                    &wish, &in->order.demand, &field);
		bool taken_out = false;

		if (why == REASON_UNKNOWN)
			return;
		for (size_t i = 0; i < 4; i++) {
			if (reasons[i] == why && fields[i]->set) {
				intake_issue(in, why,
				             arena_printf(in->arena,
				                          "orchestration_"
				                          "parameters.%s",
				                          field),
				             NULL);
				fields[i]->set = false;
				taken_out = true;
			}
		}
		if (!taken_out) { /* not the request's doing */
			in->order.demand_refused = why;
			return;
		}
	}
}

static void check_times(struct intake *in)
{
	const struct request *r = in->request;
	int64_t now = in->origin->now_ms;
	int64_t allowed = in->rules->time_allowed_default_ms;

	if (r->time_allowed_ms.set) {
		allowed = r->time_allowed_ms.v;
		if (allowed < in->rules->time_allowed_least_ms ||
		    allowed > in->rules->time_allowed_most_ms) {
			intake_issue(in, REASON_TIME_ALLOWED, "time_allowed_ms",
			             NULL);
			allowed = in->rules->time_allowed_most_ms;
		}
	}
	in->order.timestamp_ms = in->origin->timestamp_ms;
	/* where producers write timestamps, one of tomorrow buys no time */
	int64_t from =
		in->origin->timestamp_ms < now ? in->origin->timestamp_ms : now;

	in->order.expires_ms = from + allowed;

	in->order.challenge_created_at_ms = r->challenge_created_at_ms;
	if (!r->challenge_created_at_ms.set)
		return;
	int64_t made = r->challenge_created_at_ms.v;

	if (made > now + INTAKE_FUTURE_MS) /* */
		intake_issue(in, REASON_CHALLENGE_FUTURE,
		             "challenge_created_at_ms", NULL);
	else if (made < now - INTAKE_CHALLENGE_AGE_DAYS * INT64_C(86400000))
		intake_issue(in, REASON_CHALLENGE_EXPIRED, /* */
		             "challenge_created_at_ms", NULL);
}

/* a caller that is the primary says what it saw and when. */
static void check_observation(struct intake *in)
{
	const struct primary_observation *o = &in->request->primary_observation;
	int64_t now = in->origin->now_ms;

	in->order.primary_observation = *o;
	if (!o->present)
		return;
	if (in->rules->primary_kind != PRIMARY_CALLER) {
		intake_issue(in, REASON_FIELD_CONTRADICTS,
		             "primary_observation",
		             "the primary is a perspective of this system");
		return;
	}
	if (!o->observed_at_ms.set ||
	    o->observed_at_ms.v > now + INTAKE_FUTURE_MS ||
	    o->observed_at_ms.v < now - INTAKE_OBSERVATION_AGE_MS)
		intake_issue(in, REASON_PRIMARY_OBSERVATION,
		             "primary_observation.observed_at_ms",
		             "within the last 15 minutes");
}

static void check_rest(struct intake *in)
{
	const struct request *r = in->request;

	if (r->schema_version.set && r->schema_version.v != 1)
		intake_issue(in, REASON_SCHEMA_VERSION, "schema_version", "1");
	in->order.trace_identifier = r->trace_identifier;
	if (r->trace_identifier.len > INTAKE_TRACE_MAX)
		intake_issue(in, REASON_FIELD_TOO_LONG, "trace_identifier",
		             NULL);
}

bool intake_check(const struct request *request,
                  const struct intake_origin *origin,
                  const struct intake_rules *rules, struct arena *arena,
                  struct request_issues *issues, struct order *out)
{
	struct intake in = { .request = request,
		             .origin = origin,
		             .rules = rules,
		             .arena = arena,
		             .issues = issues };

	check_id(&in);
	check_rest(&in);
	check_kinds(&in);
	check_target(&in);
	check_dcv(&in);
	check_caa(&in);
	check_account(&in);
	check_orchestration(&in);
	check_times(&in);
	check_observation(&in);
	if (issues->count > 0)
		return false;
	*out = in.order;
	return true;
}
