#include "tests/wire/samples.h"

#include <string.h>

#define NOW INT64_C(1798000000123)
#define TEXTS_OF(...) \
	{ \
		.items = (struct span[]){ __VA_ARGS__ }, \
		.count = sizeof((struct span[]){ __VA_ARGS__ }) / \
		         sizeof(struct span) \
	}

static struct digest digest_like(uint8_t first)
{
	struct digest d;

	for (size_t i = 0; i < sizeof(d.b); i++)
		d.b[i] = (uint8_t)(first + i);
	return d;
}

static void *keep(struct arena *arena, const void *record, size_t size)
{
	void *copy = arena_alloc(arena, size);

	memcpy(copy, record, size);
	return copy;
}

/* Compound literals of a function end with it: lists go to the arena. */
static struct text_list keep_texts(struct arena *arena, struct text_list list)
{
	list.items =
		keep(arena, list.items, list.count * sizeof(list.items[0]));
	return list;
}

#define KEEP(record) keep(arena, &(record), sizeof(record))
#define KEEP_TEXTS(...) \
	keep_texts(arena, (struct text_list)TEXTS_OF(__VA_ARGS__))

static struct dcv_parameters http_01(struct arena *arena)
{
	struct http_header agent = { SPAN("User-Agent"), SPAN("goodca/1") };

	return (struct dcv_parameters){
		.present = true,
		.validation_method = METHOD_ACME_HTTP_01,
		.validation_method_text = SPAN("acme-http-01"),
		.token = SPAN("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"),
		.key_authorization =
			SPAN("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA."
		             "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"),
		.http_headers = KEEP(agent),
		.http_headers_count = 1,
	};
}

static struct caa_parameters caa(struct arena *arena)
{
	return (struct caa_parameters){
		.present = true,
		.certificate_type = CERT_TLS_SERVER,
		.caa_domains =
			KEEP_TEXTS(SPAN("ca.example"), SPAN("pki.example")),
		.allow_lookup_failure = SOME_BOOL(false),
	};
}

/* -- requests */

static void *request_full(struct arena *arena)
{
	struct request r = {
		.schema_version = SOME_INT(1),
		.request_id = SPAN("order-88/authz-3"),
		.check_type_given = true,
		.check_set = SET_DCV | SET_CAA,
		.check_type_text = SPAN("dcv+caa"),
		.domain_or_ip_target = SPAN("*.www.example.com"),
		.trace_identifier =
			SPAN("ac2d0392-8699-4037-a0e0-0a6db1ff8b89"),
		.orchestration = { .present = true,
		                   .perspective_count = SOME_INT(6),
		                   .quorum_count = SOME_INT(5),
		                   .max_attempts = SOME_INT(2),
		                   .cohort_for_single_attempt = SOME_INT(1) },
		.dcv = { .present = true,
		         .validation_method = METHOD_DNS_CHANGE,
		         .validation_method_text = SPAN("dns-change"),
		         .challenge_value = SPAN("ca-proof=9f2c77aa01b3d4e5f6"),
		         .dns_record_type = RECORD_TXT,
		         .dns_name_prefix = SPAN("_verify"),
		         .require_exact_match = SOME_BOOL(true),
		         .require_exact_case = SOME_BOOL(true) },
		.caa = caa(arena),
		.certificate_type = CERT_TLS_SERVER,
		.account_uri = SPAN("https://ca.example/acme/acct/42"),
		.challenge_created_at_ms = SOME_INT(NOW - 60000),
		.time_allowed_ms = SOME_INT(60000),
		.primary_observation = { .present = true,
		                         .dcv_passed = SOME_BOOL(true),
		                         .caa_passed = SOME_BOOL(true),
		                         .observed_at_ms = SOME_INT(NOW),
		                         .authorization_domain_name =
		                                 SPAN("example.com") },
	};

	return KEEP(r);
}

/* The smallest: an Open MPIC body with what it requires. */
static void *request_small(struct arena *arena)
{
	struct request r = {
		.check_type_given = true,
		.check_set = SET_CAA,
		.check_type_text = SPAN("caa"),
		.domain_or_ip_target = SPAN("example.com"),
	};

	return KEEP(r);
}

/* Without check_type it is inferred, and not written back. */
static void *request_inferred(struct arena *arena)
{
	struct request r = {
		.check_set = SET_DCV,
		.domain_or_ip_target = SPAN("xn--bcher-kva.example"),
		.dcv = http_01(arena),
	};

	return KEEP(r);
}

static void *request_persistent(struct arena *arena)
{
	struct request r = {
		.check_type_given = true,
		.check_set = SET_DCV,
		.check_type_text = SPAN("dcv"),
		.domain_or_ip_target = SPAN("shop.example"),
		.dcv = { .present = true,
		         .validation_method = METHOD_DNS_PERSISTENT,
		         .validation_method_text = SPAN("dns-persistent"),
		         .issuer_domain_names =
		                 KEEP_TEXTS(SPAN("goodca.example")),
		         .expected_account_uri =
		                 SPAN("https://goodca.example/acct/42") },
	};

	return KEEP(r);
}

static void *request_website(struct arena *arena)
{
	struct request r = {
		.check_type_given = true,
		.check_set = SET_DCV,
		.check_type_text = SPAN("dcv"),
		.domain_or_ip_target = SPAN("2001:db8::7"),
		.trace_identifier = SPAN("tr\xc3\xa4ger \"7\"\\\n\x01"),
		.dcv = { .present = true,
		         .validation_method = METHOD_WEBSITE_CHANGE,
		         .validation_method_text = SPAN("website-change"),
		         .challenge_value = SPAN("ca-proof=9f2c77aa01b3d4e5f6"),
		         .http_token_path = SPAN("proof.txt"),
		         .url_scheme = SCHEME_HTTPS,
		         .match_regex = SPAN("ca-proof=[0-9a-f]{18}") },
	};

	return KEEP(r);
}

/* -- checks */

static void *check_http_01(struct arena *arena)
{
	struct check c = {
		.schema_version = 1,
		.request_id = SPAN("order-88/authz-3"),
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.perspective = SPAN("eu-central"),
		.role = ROLE_REMOTE,
		.plan = digest_like(0x10),
		.check_set = SET_DCV | SET_CAA,
		.target = SPAN("*.www.example.com"),
		.dcv = http_01(arena),
		.caa = caa(arena),
		.account_uri = SPAN("https://ca.example/acme/acct/42"),
		.deadline_ms = NOW + 30000,
		.budget_ms = 30000,
		.results_partition = 7,
	};

	return KEEP(c);
}

static void *check_contact(struct arena *arena)
{
	struct check c = {
		.schema_version = 1,
		.request_id = SPAN("r-3-1201"),
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.perspective = SPAN("us-east"),
		.role = ROLE_PRIMARY,
		.plan = digest_like(0x10),
		.check_set = SET_DCV,
		.target = SPAN("example.com"),
		.dcv = { .present = true,
		         .validation_method = METHOD_CONTACT_EMAIL_TXT,
		         .validation_method_text = SPAN("contact-email-txt") },
		.match_value = SPAN("h\xff@example.com"),
		.deadline_ms = NOW + 30000,
		.budget_ms = 30000,
	};

	return KEEP(c);
}

/* -- evidence and results */

static const uint8_t packet[] = {
	0x12, 0x34, 0x81, 0xa0, 0,   1,    0, 0,   0,    0,   0, 1, 7, 'e',
	'x',  'a',  'm',  'p',  'l', 'e',  3, 'c', 'o',  'm', 0, 1, 1, 0,
	1,    0,    0,    41,   4,   0xd0, 0, 0,   0x80, 0,   0, 0,
};

static struct connect_evidence *two_connects(struct arena *arena)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
	static const uint8_t v4[4] = { 192, 0, 2, 7 };
	struct connect_evidence connects[] = {
		{ .address = { v6, sizeof(v6) },
		  .port = 80,
		  .end = CONNECT_REFUSED,
		  .error = SPAN("Connection refused"),
		  .took_ms = 12 },
		{ .address = { v4, sizeof(v4) },
		  .port = 80,
		  .end = CONNECT_MADE,
		  .took_ms = 31 },
	};

	return KEEP(connects);
}

static void *evidence_http(struct arena *arena)
{
	struct dns_evidence dns[] = {
		{ .name = SPAN("www.example.com"),
		  .type = 28,
		  .status = DNS_SECURE,
		  .packet = { packet, sizeof(packet) },
		  .at_ms = NOW,
		  .took_ms = 41,
		  .tries = 1 },
		{ .name = SPAN("www.example.com"),
		  .type = 1,
		  .status = DNS_BOGUS,
		  .rcode = 2,
		  .why_bogus = SPAN("validation failure <www.example.com. A "
		                    "IN>: signature expired"),
		  .at_ms = NOW + 41,
		  .took_ms = 5,
		  .tries = 3 },
	};
	struct http_evidence http[] = {
		{ .url = SPAN(
			  "http://www.example.com/.well-known/"
			  "acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ"),
		  .connects = two_connects(arena),
		  .connects_count = 2,
		  .end = HTTP_COMPLETE,
		  .status = 200,
		  .headers = SPAN("HTTP/1.1 200 OK\r\n"
		                  "Content-Type: text/plain\r\n\r\n"),
		  .body = SPAN("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA\n"),
		  .at_ms = NOW + 46,
		  .took_ms = 80 },
	};
	struct evidence e = {
		.schema_version = 1,
		.kind = KIND_DCV,
		.probe_generation = 12,
		.resolver_context = 4711,
		.started_ms = NOW,
		.finished_ms = NOW + 130,
		.end = EVIDENCE_END_COMPLETE,
		.dns = KEEP(dns),
		.dns_count = 2,
		.http = KEEP(http),
		.http_count = 1,
	};

	return KEEP(e);
}

static void *evidence_tls(struct arena *arena)
{
	static const uint8_t v4[4] = { 192, 0, 2, 7 };
	struct connect_evidence connects[] = {
		{ .address = { v4, sizeof(v4) },
		  .port = 443,
		  .end = CONNECT_MADE,
		  .took_ms = 9 },
	};
	struct tls_evidence tls[] = {
		{ .name = SPAN("www.example.com"),
		  .connects = KEEP(connects),
		  .connects_count = 1,
		  .end = TLS_ALERT,
		  .version = 0x0303,
		  .cipher = SPAN("ECDHE-ECDSA-AES128-GCM-SHA256"),
		  .protocol = SPAN("acme-tls/1"),
		  .alert = SOME_INT(120),
		  .error = SPAN("no application protocol"),
		  .certificate = SPAN("\x30\x03\x02\x01\x05"),
		  .at_ms = NOW + 3,
		  .took_ms = 21 },
	};
	struct evidence e = {
		.schema_version = 1,
		.kind = KIND_DCV,
		.probe_generation = 1,
		.resolver_context = 2,
		.started_ms = NOW,
		.finished_ms = NOW + 24,
		.end = EVIDENCE_END_COMPLETE,
		.tls = KEEP(tls),
		.tls_count = 1,
	};

	return KEEP(e);
}

static void *evidence_fault(struct arena *arena)
{
	struct evidence e = {
		.schema_version = 1,
		.kind = KIND_CAA,
		.started_ms = NOW,
		.finished_ms = NOW + 1,
		.end = EVIDENCE_END_FAULT,
		.fault = SPAN("resolver could not be started"),
	};

	return KEEP(e);
}

/* A failed lookup and a part of the proof that it may be forgiven. */
static void *evidence_proof(struct arena *arena)
{
	struct dns_evidence dns[] = {
		{ .name = SPAN("www.example.com"),
		  .type = 257,
		  .status = DNS_FAILED,
		  .rcode = 2,
		  .at_ms = NOW,
		  .took_ms = 41,
		  .tries = 2 },
		{ .name = SPAN("www.example.com"),
		  .type = 5,
		  .status = DNS_NOT_ASKED,
		  .at_ms = NOW + 42,
		  .tries = 2,
		  .fresh = SOME_BOOL(true) },
	};
	struct evidence e = {
		.schema_version = 1,
		.kind = KIND_CAA,
		.probe_generation = 12,
		.resolver_context = 7,
		.started_ms = NOW,
		.finished_ms = NOW + 50,
		.end = EVIDENCE_END_COMPLETE,
		.dns = KEEP(dns),
		.dns_count = 2,
	};

	return KEEP(e);
}

static struct span encoded_evidence(struct arena *arena)
{
	struct buf b = { 0 };

	evidence_encode(evidence_http(arena), &b);
	struct span s = arena_span(arena, buf_span(&b));

	buf_clear(&b);
	return s;
}

static void *result_two_kinds(struct arena *arena)
{
	struct result r = {
		.schema_version = 1,
		.request_id = SPAN("order-88/authz-3"),
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.perspective = SPAN("eu-central"),
		.instance = SPAN("worker-2"),
		.plan = digest_like(0x10),
		.started_ms = NOW,
		.finished_ms = NOW + 131,
		.probe_generation = 12,
		.tries = 1,
		.versions = SPAN("mpic/0.1.0 libunbound/1.17.1 curl/7.88.1"),
		.validation_shown_ms = SOME_INT(NOW - 3600000),
		.kinds = { { .kind = KIND_DCV,
		             .result_class = CLASS_CORROBORATED,
		             .reason = REASON_VALUE_FOUND,
		             .authorization_domain_name =
		                     SPAN("www.example.com"),
		             .evidence = encoded_evidence(arena) },
		           { .kind = KIND_CAA,
		             .result_class = CLASS_DISAGREED,
		             .reason = REASON_CAA_FORBIDS,
		             .detail = SPAN("example.com: 0 issue \";\""),
		             .looked_up_ms = NOW + 9,
		             .expires_ms = SOME_INT(NOW + 3600009) } },
		.kinds_count = 2,
	};

	return KEEP(r);
}

static void *result_timed_out(struct arena *arena)
{
	struct result r = {
		.schema_version = 1,
		.request_id = SPAN("r-3-1201"),
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.perspective = SPAN("us-east"),
		.instance = SPAN("worker-1"),
		.plan = digest_like(0x10),
		.started_ms = NOW,
		.finished_ms = NOW,
		.versions = SPAN("mpic/0.1.0"),
		.vulnerable_resolver_accepted = true,
		.kinds = { { .kind = KIND_CAA,
		             .result_class = CLASS_TIMED_OUT,
		             .reason = REASON_TIMEOUT_QUEUED } },
		.kinds_count = 1,
	};

	return KEEP(r);
}

/* -- attempts */

static struct effective_rule rule(void)
{
	return (struct effective_rule){
		.policy_id = SPAN("cabf-tls/2026-06-15"),
		.policy_digest = digest_like(0x40),
		.min_remotes = 4,
		.remotes = 5,
		.quorum = 4,
		.min_rirs = 2,
		.max_attempts = 2,
		.early = EARLY_DENY,
		.primary_kind = PRIMARY_PERSPECTIVE,
	};
}

static void *attempt_with(struct arena *arena, int64_t number,
                          struct attempt_close previous)
{
	struct digest keys[] = { digest_like(0x60), digest_like(0x80) };
	struct planned_perspective perspectives[] = {
		{ .code = SPAN("us-east"),
		  .role = ROLE_PRIMARY,
		  .rir = SPAN("arin"),
		  .place = { 38950000, -77450000 },
		  .resolver_place = { 38950000, -77450000 },
		  .keys = KEEP(keys),
		  .keys_count = 2,
		  .alive = true },
		{ .code = SPAN("eu-central"),
		  .role = ROLE_REMOTE,
		  .rir = SPAN("ripe-ncc"),
		  .place = { 50110000, 8680000 },
		  .resolver_place = { 50110000, 8680000 },
		  .keys = KEEP(keys),
		  .keys_count = 1 },
	};
	struct attempt a = {
		.schema_version = 1,
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.request_id = SPAN("order-88/authz-3"),
		.request = { 7, 1201, digest_like(0xa0) },
		.request_timestamp_ms = NOW - 20,
		.partitions = 12,
		.number = number,
		.gate = GATE_SEQUENTIAL,
		.check_set = SET_DCV | SET_CAA,
		.target = SPAN("*.www.example.com"),
		.rule = rule(),
		.perspectives = KEEP(perspectives),
		.perspectives_count = 2,
		.planned_at_ms = NOW,
		.deadline_ms = NOW + 30000,
		.results_from = 99812,
		.previous = previous,
		.previous_plan = digest_like(0x08),
		.inventory_digest = digest_like(0xc0),
		.settings_digest = digest_like(0xe0),
	};

	if (!previous.present)
		memset(&a.previous_plan, 0, sizeof(a.previous_plan));
	return KEEP(a);
}

static void *attempt_first(struct arena *arena)
{
	return attempt_with(arena, 1, (struct attempt_close){ 0 });
}

static void *attempt_second(struct arena *arena)
{
	return attempt_with(arena, 2,
	                    (struct attempt_close){
				    .present = true,
				    .cut = 99811,
				    .closed_by = CLOSED_BY_DEADLINE,
				    .closed_at_ms = NOW - 1,
				    .outcome = OUTCOME_DO_NOT_ISSUE,
			    });
}

/* -- heartbeats */

static void *heartbeat_alive(struct arena *arena)
{
	struct heartbeat h = {
		.schema_version = 1,
		.perspective = SPAN("eu-central"),
		.instance = SPAN("worker-2"),
		.wall_ms = NOW,
		.clock_error_ms = SOME_INT(3),
		.started_ms = NOW - 86400000,
		.egress = KEEP_TEXTS(SPAN("192.0.2.9"), SPAN("2001:db8::9")),
		.resolver = SPAN("libunbound/1.17.1 recursive validating"),
		.versions = SPAN("mpic/0.1.0 libunbound/1.17.1 curl/7.88.1"),
		.vulnerable_resolver_accepted = true,
		.probes = 2,
		.probe_deaths = 1,
		.in_flight = 130,
		.in_flight_max = 5000,
		.validation = VALIDATION_SHOWN,
		.validation_shown_ms = SOME_INT(NOW - 3600000),
	};

	return KEEP(h);
}

static void *heartbeat_draining(struct arena *arena)
{
	struct heartbeat h = {
		.schema_version = 1,
		.perspective = SPAN("eu-central"),
		.instance = SPAN("worker-2"),
		.wall_ms = NOW,
		.started_ms = NOW - 1,
		.draining = true,
		.resolver = SPAN("libunbound/1.26.2 recursive validating"),
		.versions = SPAN("mpic/0.1.0"),
	};

	return KEEP(h);
}

/* -- decisions */

static struct decided_attempt *one_attempt(struct arena *arena)
{
	struct perspective_outcome perspectives[] = {
		{ .code = SPAN("us-east"),
		  .role = ROLE_PRIMARY,
		  .rir = SPAN("arin"),
		  .votes = { { .kind = KIND_DCV,
		               .result_class = CLASS_CORROBORATED,
		               .reason = REASON_VALUE_FOUND,
		               .counted = true,
		               .result = { 7, 99812, digest_like(0x20) } },
		             { .kind = KIND_CAA,
		               .result_class = CLASS_CORROBORATED,
		               .reason = REASON_CAA_PERMITS,
		               .counted = true,
		               .result = { 7, 99812, digest_like(0x20) } } },
		  .votes_count = 2 },
		{ .code = SPAN("eu-central"),
		  .role = ROLE_REMOTE,
		  .rir = SPAN("ripe-ncc"),
		  .votes = { { .kind = KIND_DCV,
		               .result_class = CLASS_OUTSTANDING,
		               .reason = REASON_NOT_HEARD_YET },
		             { .kind = KIND_CAA,
		               .result_class = CLASS_MISSING,
		               .reason = REASON_NO_RESULT,
		               .detail = SPAN("no heartbeat") } },
		  .votes_count = 2 },
	};
	struct decided_attempt attempt = {
		.number = 1,
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.attempt = { 7, 551, digest_like(0x10) },
		.close = { .present = true,
		           .cut = 99820,
		           .closed_by = CLOSED_BY_RESULT,
		           .closed_at_ms = NOW + 140,
		           .outcome = OUTCOME_ISSUE },
		.perspectives = KEEP(perspectives),
		.perspectives_count = 2,
	};

	return KEEP(attempt);
}

static void *decision_issue(struct arena *arena)
{
	struct decision d = {
		.schema_version = 1,
		.request_id = SPAN("order-88/authz-3"),
		.outcome = OUTCOME_ISSUE,
		.reason = REASON_QUORUM_MET,
		.request = { 7, 1201, digest_like(0xa0) },
		.request_timestamp_ms = NOW - 20,
		.target = SPAN("*.www.example.com"),
		.check_set = SET_DCV | SET_CAA,
		.authorization_domain_name = SPAN("example.com"),
		.validation_method = METHOD_DNS_CHANGE,
		.account_uri = SPAN("https://ca.example/acme/acct/42"),
		.certificate_type = CERT_TLS_SERVER,
		.trace_identifier =
			SPAN("ac2d0392-8699-4037-a0e0-0a6db1ff8b89"),
		.primary_kind = PRIMARY_PERSPECTIVE,
		.policy_id = SPAN("cabf-tls/2026-06-15"),
		.policy_digest = digest_like(0x40),
		.partitions = 12,
		.actual = { .present = true,
		            .perspective_count = SOME_INT(5),
		            .quorum_count = SOME_INT(4),
		            .max_attempts = SOME_INT(2) },
		.attempts = one_attempt(arena),
		.attempts_count = 1,
		.quorums = { { .kind = KIND_DCV,
		               .quorum = SPAN("4/5"),
		               .required = 4,
		               .rirs = KEEP_TEXTS(SPAN("arin"),
		                                  SPAN("ripe-ncc")) },
		             { .kind = KIND_CAA,
		               .quorum = SPAN("5/5"),
		               .required = 4,
		               .rirs = KEEP_TEXTS(SPAN("apnic"),
		                                  SPAN("ripe-ncc")) } },
		.quorums_count = 2,
		.decided_at_ms = NOW + 140,
		.valid_until_ms = SOME_INT(NOW + 3600140),
		.sequence = 77,
		.previous = digest_like(0x33),
	};

	return KEEP(d);
}

static void *decision_rejected(struct arena *arena)
{
	struct request_issue issues[] = {
		{ REASON_FIELD_MISSING, SPAN("domain_or_ip_target"), SPAN("") },
		{ REASON_FIELD_TYPE,
		  SPAN("orchestration_parameters.quorum_count"),
		  SPAN("expected an integer") },
	};
	struct decision d = {
		.schema_version = 1,
		.request_id = SPAN("r-3-1201"),
		.outcome = OUTCOME_REJECTED,
		.reason = REASON_FIELD_MISSING,
		.issues = KEEP(issues),
		.issues_count = 2,
		.request = { 3, 1201, digest_like(0xa0) },
		.request_timestamp_ms = NOW - 20,
		.primary_kind = PRIMARY_CALLER,
		.policy_id = SPAN("cabf-tls/2026-06-15"),
		.policy_digest = digest_like(0x40),
		.partitions = 12,
		.decided_at_ms = NOW,
		.sequence = 1,
	};

	return KEEP(d);
}

const struct sample samples[] = {
	{ "request-full", &request_type, request_full },
	{ "request-small", &request_type, request_small },
	{ "request-inferred", &request_type, request_inferred },
	{ "request-persistent", &request_type, request_persistent },
	{ "request-website", &request_type, request_website },
	{ "attempt-first", &attempt_type, attempt_first },
	{ "attempt-second", &attempt_type, attempt_second },
	{ "check-http-01", &check_type, check_http_01 },
	{ "check-contact", &check_type, check_contact },
	{ "evidence-http", &evidence_type, evidence_http },
	{ "evidence-tls", &evidence_type, evidence_tls },
	{ "evidence-fault", &evidence_type, evidence_fault },
	{ "evidence-proof", &evidence_type, evidence_proof },
	{ "result-two-kinds", &result_type, result_two_kinds },
	{ "result-timed-out", &result_type, result_timed_out },
	{ "heartbeat-alive", &heartbeat_type, heartbeat_alive },
	{ "heartbeat-draining", &heartbeat_type, heartbeat_draining },
	{ "decision-issue", &decision_type, decision_issue },
	{ "decision-rejected", &decision_type, decision_rejected },
};
const size_t samples_count = sizeof(samples) / sizeof(samples[0]);
