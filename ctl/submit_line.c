#include "ctl/submit_line.h"

#include "base/text.h"
#include "ctl/command.h"
#include "ctl/submission.h"

#include <string.h>

enum {
	OPT_CHECK = 1024,
	OPT_METHOD,
	OPT_TOKEN,
	OPT_KEY_AUTHORIZATION,
	OPT_KEY_AUTHORIZATION_HASH,
	OPT_CHALLENGE,
	OPT_PATH,
	OPT_SCHEME,
	OPT_REGEX,
	OPT_RECORD_TYPE,
	OPT_DNS_PREFIX,
	OPT_EXPECT_ACCOUNT,
	OPT_POLICY_WILDCARD,
	OPT_ISSUER,
	OPT_ACCOUNT_URI,
	OPT_CERTIFICATE_TYPE,
	OPT_TIME_ALLOWED,
	OPT_ID,
	OPT_TRACE,
	OPT_PERSPECTIVES,
	OPT_QUORUM,
	OPT_ATTEMPTS,
	OPT_FILE,
	OPT_TIMEOUT,
	OPT_IN_FLIGHT
};

/* longer than any deployment lets a request take */
enum { TIMEOUT_DEFAULT_MS = 90000, TIMEOUT_MOST_MS = 3600000 };
enum { IN_FLIGHT_DEFAULT = 100, COUNT_MOST = 1000 };

static const struct argp_option options[] = {
	{ .doc = "What is to be checked:", .group = 1 },
	{ .name = "check",
	  .key = OPT_CHECK,
	  .arg = "SET",
	  .doc = "dcv, caa or dcv+caa (dcv+caa with --method, else caa)" },
	{ .name = "certificate-type",
	  .key = OPT_CERTIFICATE_TYPE,
	  .arg = "TYPE",
	  .doc = "tls-server or s-mime (tls-server)" },
	{ .name = "issuer",
	  .key = OPT_ISSUER,
	  .arg = "NAME",
	  .doc = "Only this of the CA's issuer domain names, for CAA and "
	         "dns-persistent; may be repeated" },
	{ .name = "account-uri",
	  .key = OPT_ACCOUNT_URI,
	  .arg = "URI",
	  .doc = "The ACME account, for CAA's accounturi (RFC 8657) and "
	         "dns-account-01" },
	{ .doc = "How control is shown:", .group = 2 },
	{ .name = "method",
	  .key = OPT_METHOD,
	  .arg = "METHOD",
	  .doc = "acme-http-01, acme-dns-01, acme-tls-alpn-01, "
	         "dns-account-01, dns-persistent, website-change, dns-change, "
	         "contact-email-txt, ..." },
	{ .name = "token",
	  .key = OPT_TOKEN,
	  .arg = "TOKEN",
	  .doc = "acme-http-01, acme-tls-alpn-01: the token" },
	{ .name = "key-authorization",
	  .key = OPT_KEY_AUTHORIZATION,
	  .arg = "TEXT",
	  .doc = "acme-http-01: what the file must hold; "
	         "acme-tls-alpn-01: what the certificate has the "
	         "digest of" },
	{ .name = "key-authorization-hash",
	  .key = OPT_KEY_AUTHORIZATION_HASH,
	  .arg = "TEXT",
	  .doc = "acme-dns-01, dns-account-01: what the TXT record must "
	         "hold; acme-tls-alpn-01: the digest in hex" },
	{ .name = "challenge",
	  .key = OPT_CHALLENGE,
	  .arg = "VALUE",
	  .doc = "website-change, dns-change: the random value; contact "
	         "methods: the contact; reverse-address-lookup: the host" },
	{ .name = "path",
	  .key = OPT_PATH,
	  .arg = "PATH",
	  .doc = "website-change: below /.well-known/pki-validation/" },
	{ .name = "scheme",
	  .key = OPT_SCHEME,
	  .arg = "SCHEME",
	  .doc = "website-change: http or https (http)" },
	{ .name = "match-regex",
	  .key = OPT_REGEX,
	  .arg = "REGEX",
	  .doc = "website-change: what the body must match besides" },
	{ .name = "record-type",
	  .key = OPT_RECORD_TYPE,
	  .arg = "TYPE",
	  .doc = "dns-change: TXT, CNAME or CAA; ip-address: A or AAAA" },
	{ .name = "prefix",
	  .key = OPT_DNS_PREFIX,
	  .arg = "LABEL",
	  .doc = "dns-change: the label in front, like _acme" },
	{ .name = "expect-account",
	  .key = OPT_EXPECT_ACCOUNT,
	  .arg = "URI",
	  .doc = "dns-persistent: the account that the record must name" },
	{ .name = "policy-wildcard",
	  .key = OPT_POLICY_WILDCARD,
	  .doc = "dns-persistent: it must say policy=wildcard where that "
	         "matters, as ACME wants" },
	{ .doc = "About the request:", .group = 3 },
	{ .name = "id",
	  .key = OPT_ID,
	  .arg = "ID",
	  .doc = "Its id (a random one); for a single target" },
	{ .name = "trace",
	  .key = OPT_TRACE,
	  .arg = "TEXT",
	  .doc = "Its trace identifier, found again in the decision" },
	{ .name = "time-allowed",
	  .key = OPT_TIME_ALLOWED,
	  .arg = "TIME",
	  .doc = "How long it may take, like 30s (as the coordinators are "
	         "set)" },
	{ .name = "perspectives",
	  .key = OPT_PERSPECTIVES,
	  .arg = "N",
	  .doc = "Ask more remote perspectives than the policy wants" },
	{ .name = "quorum",
	  .key = OPT_QUORUM,
	  .arg = "N",
	  .doc = "Want more of them to corroborate" },
	{ .name = "attempts",
	  .key = OPT_ATTEMPTS,
	  .arg = "N",
	  .doc = "The most attempts" },
	{ .doc = "How it is submitted:", .group = 4 },
	{ .name = "file",
	  .key = OPT_FILE,
	  .arg = "FILE",
	  .doc = "Take requests from FILE (- is stdin), one JSON object per "
	         "line; Open MPIC request bodies are requests" },
	{ .name = "timeout",
	  .key = OPT_TIMEOUT,
	  .arg = "TIME",
	  .doc = "Wait so long for each decision (90s)" },
	{ .name = "in-flight",
	  .key = OPT_IN_FLIGHT,
	  .arg = "N",
	  .doc = "At most N requests are out at a time (100)" },
	{ 0 },
};

static const char doc[] =
	"Submits check requests, one per TARGET or one per line of a file, and "
	"waits for their decisions. TARGET is the name that goes into the "
	"certificate, with `*.' if it does, or an IP address."
	"\v"
	"Decisions count only if a coordinator's key from the settings file "
	"signed\n"
	"them; without any key they are shown and said to be NOT VERIFIED.\n"
	"\n"
	"Exit codes: 0 all issue or corroborated, 1 do-not-issue, 2 not "
	"completed,\n"
	"3 rejected; of several requests the worst: a fault (64 and up: usage\n"
	"64, no request 65, brokers 69, output 74, settings 78), then 2, 3, 1, "
	"0.\n"
	"\n"
	"Examples:\n"
	"  mpicctl submit example.com --check caa\n"
	"  mpicctl submit example.com --method acme-http-01 --token TOKEN \\\n"
	"          --key-authorization TOKEN.THUMBPRINT\n"
	"  mpicctl submit '*.example.com' --method dns-change --record-type "
	"TXT "
	"\\\n"
	"          --prefix _proof --challenge VALUE --wide\n"
	"  mpicctl submit --file requests.jsonl --json | jq -r .outcome\n";

static int64_t duration(struct argp_state *state, const char *option,
                        const char *arg)
{
	int64_t ms = 0;

	if (!text_duration_ms(span_str(arg), &ms) || ms <= 0 ||
	    ms > TIMEOUT_MOST_MS)
		argp_error(state,
		           "--%s: '%s' is not a time like 30s, 1h at "
		           "most",
		           option, arg);
	return ms;
}

static uint64_t count(struct argp_state *state, const char *option,
                      const char *arg)
{
	uint64_t n = 0;

	if (!text_u64(span_str(arg), COUNT_MOST, &n) || n == 0)
		argp_error(state, "--%s: '%s' is not a number from 1 to %d",
		           option, arg, COUNT_MOST);
	return n;
}

static void set_check(struct argp_state *state, struct request *r,
                      const char *arg)
{
	r->check_type_given = true;
	for (unsigned set = SET_DCV; set <= (SET_DCV | SET_CAA); set++) {
		if (strcmp(check_set_name(set), arg) == 0) {
			r->check_set = set;
			return;
		}
	}
	argp_error(state, "--check: '%s' is not dcv, caa or dcv+caa", arg);
}

static void set_method(struct argp_state *state, struct request *r,
                       const char *arg)
{
	struct buf known = { 0 };

	r->dcv.validation_method = validation_method_parse(span_str(arg));
	if (r->dcv.validation_method != METHOD_UNKNOWN)
		return;
	for (int m = METHOD_UNKNOWN + 1; m < METHOD_COUNT; m++)
		buf_printf(&known, "%s%s", known.len > 0 ? ", " : "",
		           validation_method_name((enum validation_method)m));
	argp_error(state, "--method: '%s' is none of %s", arg,
	           buf_cstr(&known));
	buf_clear(&known);
}

static void set_scheme(struct argp_state *state, struct request *r,
                       const char *arg)
{
	if (strcmp(arg, "http") == 0)
		r->dcv.url_scheme = SCHEME_HTTP;
	else if (strcmp(arg, "https") == 0)
		r->dcv.url_scheme = SCHEME_HTTPS;
	else
		argp_error(state, "--scheme: '%s' is not http or https", arg);
}

static void set_record_type(struct argp_state *state, struct request *r,
                            const char *arg)
{
	static const enum dns_record_type types[] = { RECORD_TXT, RECORD_CNAME,
		                                      RECORD_CAA, RECORD_A,
		                                      RECORD_AAAA };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcasecmp(dns_record_type_name(types[i]), arg) == 0) {
			r->dcv.dns_record_type = types[i];
			return;
		}
	}
	argp_error(state,
	           "--record-type: '%s' is not TXT, CNAME, CAA, A or AAAA",
	           arg);
}

static void set_certificate_type(struct argp_state *state, struct request *r,
                                 const char *arg)
{
	if (strcmp(arg, certificate_type_name(CERT_TLS_SERVER)) == 0)
		r->certificate_type = CERT_TLS_SERVER;
	else if (strcmp(arg, certificate_type_name(CERT_S_MIME)) == 0)
		r->certificate_type = CERT_S_MIME;
	else
		argp_error(state,
		           "--certificate-type: '%s' is not tls-server or "
		           "s-mime",
		           arg);
}

static void add_issuer(struct argp_state *state, struct submit_line *line,
                       const char *arg)
{
	struct text_list *list = &line->request.caa.caa_domains;

	if (list->count == SUBMIT_ISSUERS_MAX)
		argp_error(state, "--issuer: at most %d", SUBMIT_ISSUERS_MAX);
	line->issuers[list->count++] = span_str(arg);
}

/* Texts that go into the request as they are. */
static bool set_text(struct request *r, int key, const char *arg)
{
	struct dcv_parameters *dcv = &r->dcv;
	struct span text = span_str(arg);

	switch (key) {
	case OPT_TOKEN: dcv->token = text; break;
	case OPT_KEY_AUTHORIZATION: dcv->key_authorization = text; break;
	case OPT_KEY_AUTHORIZATION_HASH:
		dcv->key_authorization_hash = text;
		break;
	case OPT_CHALLENGE: dcv->challenge_value = text; break;
	case OPT_PATH: dcv->http_token_path = text; break;
	case OPT_REGEX: dcv->match_regex = text; break;
	case OPT_DNS_PREFIX: dcv->dns_name_prefix = text; break;
	case OPT_EXPECT_ACCOUNT: dcv->expected_account_uri = text; break;
	case OPT_ACCOUNT_URI: r->account_uri = text; break;
	case OPT_ID: r->request_id = text; break;
	case OPT_TRACE: r->trace_identifier = text; break;
	default: return false;
	}
	return true;
}

static void set_orchestration(struct argp_state *state, struct request *r,
                              int key, const char *arg)
{
	struct orchestration_parameters *o = &r->orchestration;

	o->present = true;
	if (key == OPT_PERSPECTIVES)
		o->perspective_count =
			SOME_INT((int64_t)count(state, "perspectives", arg));
	else if (key == OPT_QUORUM)
		o->quorum_count =
			SOME_INT((int64_t)count(state, "quorum", arg));
	else
		o->max_attempts =
			SOME_INT((int64_t)count(state, "attempts", arg));
}

/* What says something about the request; false: it is another option. */
static bool describe(struct argp_state *state, struct submit_line *line,
                     int key, const char *arg)
{
	struct request *r = &line->request;

	if (set_text(r, key, arg))
		return true;
	switch (key) {
	case OPT_CHECK: set_check(state, r, arg); return true;
	case OPT_METHOD: set_method(state, r, arg); return true;
	case OPT_SCHEME: set_scheme(state, r, arg); return true;
	case OPT_RECORD_TYPE: set_record_type(state, r, arg); return true;
	case OPT_CERTIFICATE_TYPE:
		set_certificate_type(state, r, arg);
		return true;
	case OPT_ISSUER: add_issuer(state, line, arg); return true;
	case OPT_POLICY_WILDCARD:
		r->dcv.require_policy_wildcard = SOME_BOOL(true);
		return true;
	case OPT_TIME_ALLOWED:
		r->time_allowed_ms =
			SOME_INT(duration(state, "time-allowed", arg));
		return true;
	case OPT_PERSPECTIVES:
	case OPT_QUORUM:
	case OPT_ATTEMPTS: set_orchestration(state, r, key, arg); return true;
	default: return false;
	}
}

static bool has_dcv(const struct dcv_parameters *d)
{
	return d->validation_method != METHOD_UNKNOWN || d->token.p != NULL ||
	       d->key_authorization.p != NULL ||
	       d->key_authorization_hash.p != NULL ||
	       d->challenge_value.p != NULL || d->http_token_path.p != NULL ||
	       d->match_regex.p != NULL || d->dns_name_prefix.p != NULL ||
	       d->expected_account_uri.p != NULL ||
	       d->require_policy_wildcard.set ||
	       d->url_scheme != SCHEME_UNKNOWN ||
	       d->dns_record_type != RECORD_UNKNOWN;
}

/* Once all options are there. */
static void complete(struct argp_state *state, struct submit_line *line)
{
	struct request *r = &line->request;

	if (line->file != NULL && line->targets_count > 0)
		argp_error(state, "targets or --file, not both");
	if (line->file == NULL && line->targets_count == 0)
		argp_error(state, "name a target, or use --file");
	if (line->file != NULL && line->described)
		argp_error(state, "with --file the requests say for themselves "
		                  "what they want");
	if (r->request_id.p != NULL && line->targets_count > 1)
		argp_error(state, "--id goes with one target");
	r->dcv.present = has_dcv(&r->dcv);
	if (r->dcv.present && r->dcv.validation_method == METHOD_UNKNOWN)
		argp_error(state, "--method is missing");
	if (!r->check_type_given)
		r->check_set = r->dcv.present ? SET_DCV | SET_CAA : SET_CAA;
	r->check_type_given = true;
	if ((r->check_set & SET_DCV) != 0 && !r->dcv.present &&
	    line->file == NULL)
		argp_error(state, "--check %s needs --method",
		           check_set_name(r->check_set));
	r->caa.present = r->caa.caa_domains.count > 0;
	r->caa.caa_domains.items = line->issuers;
	if (r->dcv.validation_method == METHOD_DNS_PERSISTENT)
		r->dcv.issuer_domain_names = r->caa.caa_domains;
}

static void add_target(struct argp_state *state, struct submit_line *line,
                       const char *arg)
{
	if (line->targets_count == SUBMIT_TARGETS_MAX)
		argp_error(state, "at most %d targets; use --file",
		           SUBMIT_TARGETS_MAX);
	line->targets[line->targets_count++] = arg;
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct submit_line *line = state->input;

	if (describe(state, line, key, arg)) {
		line->described = true;
		return 0;
	}
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &line->flags;
		state->child_inputs[1] = &line->output;
		return 0;
	case OPT_FILE: line->file = arg; return 0;
	case OPT_TIMEOUT:
		line->timeout_ms = duration(state, "timeout", arg);
		return 0;
	case OPT_IN_FLIGHT:
		line->in_flight_max = count(state, "in-flight", arg);
		return 0;
	case ARGP_KEY_ARG: add_target(state, line, arg); return 0;
	case ARGP_KEY_END: complete(state, line); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

bool submit_line_parse(struct submit_line *line, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &ctl_flags_argp, 0, NULL, 6 },
		{ &output_flags_argp, 0, NULL, 5 },
		{ 0 },
	};
	const struct argp argp = { options, on_option, "TARGET...\n--file FILE",
		                   doc,     children,  NULL,
		                   NULL };

	*line = (struct submit_line){ .timeout_ms = TIMEOUT_DEFAULT_MS,
		                      .in_flight_max = IN_FLIGHT_DEFAULT };
	return ctl_parse(&argp, argc, argv, line);
}

void submit_line_request(const struct submit_line *line, size_t target,
                         struct buf *out)
{
	struct request r = line->request;

	r.domain_or_ip_target = span_str(line->targets[target]);
	request_encode(&r, ENCODING_JSON, out);
}
