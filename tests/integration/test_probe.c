/* The real program against real servers: what checks end in, and that nothing
   but their own time is lost on hostile ones. */
#include "base/clock.h"
#include "decide/judge/judge.h"
#include "tests/support/lab_world.h"
#include "tests/support/probe_world.h"
#include "tests/support/run.h"

#include <stdio.h>
#include <sysexits.h>

enum {
	BUDGET_MS = 4000, /* of what is meant to run out of time */
	AMPLE_MS = 30000, /* of what is not, however busy the machine */
	READ_MS = 40000
};

#define ROOT_KSK_2017 \
	". IN DS 20326 8 2 " \
	"E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define ROOT_KSK_2024 \
	". IN DS 38696 8 2 " \
	"683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16"

static struct lab_world *lab;
static struct probe_world world;

static struct check a_check(const char *target)
{
	return (struct check){
		.schema_version = 1,
		.request_id = SPAN("request"),
		.attempt_id = SPAN("attempt"),
		.perspective = SPAN("p1"),
		.role = ROLE_PRIMARY,
		.check_set = SET_DCV,
		.target = span_str(target),
		.budget_ms = BUDGET_MS,
		.dcv = { .present = true },
	};
}

static struct check http01(const char *target)
{
	struct check c = a_check(target);

	c.dcv.validation_method = METHOD_ACME_HTTP_01;
	c.dcv.token = span_str(lab_value(lab, "TOKEN"));
	c.dcv.key_authorization = span_str(lab_value(lab, "KEY_AUTHORIZATION"));
	return c;
}

static struct check dns01(const char *target)
{
	struct check c = a_check(target);

	c.dcv.validation_method = METHOD_ACME_DNS_01;
	c.dcv.key_authorization_hash = span_str(lab_value(lab, "DNS01_HASH"));
	return c;
}

static struct check alpn(const char *target)
{
	struct check c = a_check(target);

	c.dcv.validation_method = METHOD_ACME_TLS_ALPN_01;
	c.dcv.key_authorization = span_str(lab_value(lab, "KEY_AUTHORIZATION"));
	return c;
}

static struct check website(const char *target)
{
	struct check c = a_check(target);

	c.dcv.validation_method = METHOD_WEBSITE_CHANGE;
	c.dcv.url_scheme = SCHEME_HTTP;
	c.dcv.http_token_path = span_str(lab_value(lab, "FILE_NAME"));
	c.dcv.challenge_value = span_str(lab_value(lab, "RANDOM_VALUE"));
	return c;
}

/* With an expression on top: what is there, what is not, what never ends. */
static struct check with_regex(const char *target)
{
	struct check c = website(target);

	c.dcv.match_regex = SPAN("^[0-9a-f]{40}$");
	return c;
}

static struct check with_other_regex(const char *target)
{
	struct check c = website(target);

	c.dcv.match_regex = SPAN("^[0-9a-f]{39}$");
	return c;
}

static struct check with_slow_regex(const char *target)
{
	struct check c = website(target);

	c.dcv.match_regex = SPAN("^([0-9a-f]+)+!");
	return c;
}

static struct span ca[1];

static struct check caa(const char *target)
{
	struct check c = a_check(target);

	ca[0] = span_str(lab_value(lab, "CA"));
	c.check_set = SET_CAA;
	c.dcv.present = false;
	c.caa.present = true;
	c.caa.certificate_type = CERT_TLS_SERVER;
	c.caa.caa_domains = (struct text_list){ ca, 1 };
	return c;
}

/* As the deployment and the request may; the issuer's name is one that
   the lab has. */
static struct check forgiving(const char *target)
{
	struct check c = caa(target);

	ca[0] = SPAN("caa-none.lab");
	c.caa.allow_lookup_failure = SOME_BOOL(true);
	return c;
}

/* On behalf of the account that the lab's records name, after http-01. */
static struct check for_account(const char *target)
{
	struct check c = caa(target);

	c.account_uri = span_str(lab_value(lab, "ACCOUNT_URI"));
	c.dcv.present = true;
	c.dcv.validation_method = METHOD_ACME_HTTP_01;
	c.dcv.token = span_str(lab_value(lab, "TOKEN"));
	return c;
}

static const struct row {
	const char *target;
	struct check (*make)(const char *target);
	enum result_class want;
	enum reason reason;
} rows[] = {
	/* in the confined process, without code that it would make */
	{ "website-good.lab", website, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "website-good.lab", with_regex, CLASS_CORROBORATED,
	  REASON_VALUE_FOUND },
	{ "website-good.lab", with_other_regex, CLASS_DISAGREED,
	  REASON_REGEX_NOT_FOUND },
	{ "website-good.lab", with_slow_regex, CLASS_ERROR,
	  REASON_REGEX_TOO_COSTLY },
	{ "website-wrong.lab", with_regex, CLASS_DISAGREED,
	  REASON_VALUE_NOT_FOUND },
	/* */
	/* openmpic-98 */
	{ "http-good.lab", http01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "http-newline.lab", http01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "http-unsigned.lab", http01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "http-wrong.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_BODY_MISMATCH },
	{ "http-404.lab", http01, CLASS_DISAGREED, REASON_HTTP_STATUS },
	/* R-054, in the sandbox */
	{ "alpn-good.lab", alpn, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "alpn-wrong.lab", alpn, CLASS_DISAGREED,
	  REASON_TLS_KEY_AUTHORIZATION },
	{ "alpn-two-names.lab", alpn, CLASS_DISAGREED, REASON_TLS_NAME },
	{ "alpn-not-critical.lab", alpn, CLASS_DISAGREED,
	  REASON_TLS_ACME_IDENTIFIER },
	{ "alpn-none.lab", alpn, CLASS_DISAGREED, REASON_TLS_ALPN },
	{ "alpn-http.lab", alpn, CLASS_DISAGREED, REASON_TLS_ALPN },
	{ "http-closed.lab", alpn, CLASS_ERROR, REASON_CONNECT_REFUSED },
	{ "dns-bogus.lab", alpn, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	/* */
	{ "http-redirect.lab", http01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "http-redirect-https.lab", http01, CLASS_CORROBORATED,
	  REASON_VALUE_FOUND },
	{ "http-redirect-loop.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_TOO_MANY_REDIRECTS },
	{ "http-redirect-long.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_TOO_MANY_REDIRECTS },
	{ "http-redirect-see.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_REDIRECT_STATUS },
	{ "http-redirect-port.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_REDIRECT_TARGET },
	/* */
	{ "http-redirect-private.lab", http01, CLASS_ERROR,
	  REASON_FORBIDDEN_ADDRESS },
	{ "http-gzip.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_CONTENT_ENCODING },
	{ "http-endless-body.lab", http01, CLASS_ERROR,
	  REASON_HTTP_BODY_TOO_LARGE },
	{ "http-endless-headers.lab", http01, CLASS_ERROR,
	  REASON_HTTP_HEADERS_TOO_LARGE },
	{ "http-big.lab", http01, CLASS_ERROR, REASON_HTTP_BODY_TOO_LARGE },
	{ "http-reset.lab", http01, CLASS_ERROR, REASON_CONNECTION_RESET },
	{ "http-short.lab", http01, CLASS_ERROR, REASON_CONNECTION_RESET },
	{ "http-garbage.lab", http01, CLASS_ERROR, REASON_HTTP_MALFORMED },
	{ "http-two-locations.lab", http01, CLASS_DISAGREED,
	  REASON_HTTP_REDIRECT_LOCATION },
	{ "http-mute.lab", http01, CLASS_TIMED_OUT, REASON_TIMEOUT_READ },
	{ "http-slow.lab", http01, CLASS_TIMED_OUT, REASON_TIMEOUT_READ },
	{ "http-closed.lab", http01, CLASS_ERROR, REASON_CONNECT_REFUSED },
	/* the first address refuses, the second serves */
	{ "http-fallback.lab", http01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	/* */
	/* openmpic-W13 */
	{ "http-bogus.lab", http01, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	/* boulder-L28, openmpic-97 */
	{ "http-expired.lab", http01, CLASS_ERROR, REASON_DNSSEC_BOGUS },

	{ "dns-good.lab", dns01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "dns-many.lab", dns01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "dns-alias.lab", dns01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "dns-unsigned.lab", dns01, CLASS_CORROBORATED, REASON_VALUE_FOUND },
	{ "dns-wrong.lab", dns01, CLASS_DISAGREED, REASON_VALUE_NOT_FOUND },
	{ "dns-none.lab", dns01, CLASS_DISAGREED, REASON_DNS_NXDOMAIN },
	{ "dns-bogus.lab", dns01, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	/* thirty aliases, and aliases in a circle */
	{ "cname-long.lab", dns01, CLASS_ERROR, REASON_DNS_SERVFAIL },
	{ "cname-loop.lab", dns01, CLASS_ERROR, REASON_DNS_SERVFAIL },
	/* none of these is an empty answer */
	{ "dns-servfail.lab", dns01, CLASS_ERROR, REASON_DNS_SERVFAIL },
	{ "dns-refused.lab", dns01, CLASS_ERROR, REASON_DNS_SERVFAIL },
	{ "dns-lame.lab", dns01, CLASS_ERROR, REASON_DNS_SERVFAIL },
	{ "dns-garbage.lab", dns01, CLASS_ERROR, REASON_DNS_SERVFAIL },
	{ "dns-mute.lab", dns01, CLASS_TIMED_OUT, REASON_TIMEOUT_DNS },
	{ "dns-wrong-id.lab", dns01, CLASS_TIMED_OUT, REASON_TIMEOUT_DNS },
	{ "dns-truncated.lab", dns01, CLASS_TIMED_OUT, REASON_TIMEOUT_DNS },

	{ "caa-none.lab", caa, CLASS_CORROBORATED, REASON_CAA_NO_RECORDS },
	/* openmpic-73, openmpic-98 */
	{ "caa-permit.lab", caa, CLASS_CORROBORATED, REASON_CAA_PERMITS },
	{ "caa-case.lab", caa, CLASS_CORROBORATED, REASON_CAA_PERMITS },
	{ "a.b.caa-climb.lab", caa, CLASS_CORROBORATED, REASON_CAA_PERMITS },
	{ "a.b.caa-climb-nobody.lab", caa, CLASS_DISAGREED,
	  REASON_CAA_FORBIDS },
	{ "caa-other.lab", caa, CLASS_DISAGREED, REASON_CAA_FORBIDS },
	{ "caa-critical.lab", caa, CLASS_DISAGREED, REASON_CAA_CRITICAL },
	/* truncated over UDP, whole over TCP */
	/* boulder-L11 */
	{ "caa-thousand.lab", caa, CLASS_CORROBORATED, REASON_CAA_PERMITS },
	{ "caa-bogus.lab", caa, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "dns-servfail.lab", caa, CLASS_ERROR, REASON_DNS_SERVFAIL },
	{ "dns-servfail.lab", forgiving, CLASS_CORROBORATED,
	  REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "dns-lame.lab", forgiving, CLASS_CORROBORATED,
	  REASON_CAA_LOOKUP_FAILURE_INSECURE },
	{ "caa-bogus.lab", forgiving, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	/* boulder-K02 K03 K04 */
	{ "caa-account.lab", for_account, CLASS_CORROBORATED,
	  REASON_CAA_PERMITS },
	{ "caa-account.lab", caa, CLASS_DISAGREED, REASON_CAA_PARAMETERS },
	{ "caa-method.lab", for_account, CLASS_CORROBORATED,
	  REASON_CAA_PERMITS },
	{ "caa-method.lab", caa, CLASS_DISAGREED, REASON_CAA_PARAMETERS },
	{ "caa-method-other.lab", for_account, CLASS_DISAGREED,
	  REASON_CAA_PARAMETERS },
	{ "caa-other.lab", forgiving, CLASS_DISAGREED, REASON_CAA_FORBIDS },
	{ "wrong-ds.lab", caa, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	/* as the canary asks, whatever the perspective's role */
	{ "wrong-ds.lab", dns01, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "bogus.lab", dns01, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "bogus.lab", caa, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "stripped.lab", caa, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "future.lab", caa, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "island.parent.lab", caa, CLASS_CORROBORATED, REASON_CAA_NO_RECORDS },
	/* boulder-L29 */
	{ "optout.lab", caa, CLASS_CORROBORATED, REASON_CAA_NO_RECORDS },
};

static void start(void)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct frame got;

	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert_msg(probe_world_read(&world, READ_MS, &got), "no ready");
	ck_assert_msg(got.kind == FRAME_READY, "got %s: %.*s",
	              frame_kind_name(got.kind),
	              got.kind == FRAME_FAILED ? (int)got.failed.why.len : 0,
	              (const char *)got.failed.why.p);
	ck_assert(span_find(got.ready.sandbox, SPAN("seccomp")) >= 0);
	ck_assert(span_find(got.ready.versions, SPAN("libunbound/")) >= 0);
	ck_assert(span_find(got.ready.versions, SPAN(" pcre2/10.")) > 0);
}

static void end_with(int status)
{
	int got = probe_world_end(&world);

	ck_assert_msg(got == status, "the probe ended with %d", got);
}

static void send_job(int64_t id, unsigned set, const struct check *check,
                     int64_t budget_ms)
{
	struct buf bytes = { 0 };

	check_encode(check, &bytes);
	struct frame f = { .kind = FRAME_JOB,
		           .job = { .id = id,
		                    .check_set = set,
		                    .check = buf_span(&bytes),
		                    .budget_ms = budget_ms } };

	probe_world_send(&world, &f);
	buf_clear(&bytes);
}

/* The evidence, judged again, says what the result says (promise 3). */
static bool replays(const struct check *check, const struct kind_result *r)
{
	struct evidence evidence;
	struct judgement again;
	const char *why = evidence_decode(r->evidence, world.arena, &evidence);

	ck_assert_msg(why == NULL, "%s", why);
	ck_assert_int_eq(evidence.probe_generation, 3);
	ck_assert_int_gt(evidence.resolver_context, 0);
	ck_assert_int_le(evidence.started_ms, evidence.finished_ms);
	/* keys that could not be fetched once look like that, too */
	for (size_t i = 0; i < evidence.dns_count; i++)
		if (evidence.dns[i].status == DNS_BOGUS)
			ck_assert_int_eq(evidence.dns[i].tries, 2);
	judge_replay(check, r->kind, &evidence, world.arena, &again);
	return again.result_class == r->result_class &&
	       again.reason == r->reason && span_eq(again.detail, r->detail) &&
	       again.looked_up_ms == r->looked_up_ms &&
	       again.expires_ms.v == r->expires_ms.v;
}

static int check_row(const struct row *row, const struct probe_done *done)
{
	const struct kind_result *r = &done->kinds[0];
	struct check check = row->make(row->target);

	ck_assert_msg(done->kinds_count == 1, "%s: %zu kinds", row->target,
	              done->kinds_count);
	if (!replays(&check, r)) {
		fprintf(stderr, "%s: replay differs\n", row->target);
		return 1;
	}
	if (r->result_class == row->want && r->reason == row->reason)
		return 0;
	fprintf(stderr, "%s: %s, %s: %.*s\n", row->target,
	        result_class_name(r->result_class), reason_name(r->reason),
	        SPAN_ARG(r->detail));
	return 1;
}

/* All at once: the hostile ones hold up nobody. */
START_TEST(checks_end_as_they_should)
{
	bool seen[COUNT(rows)] = { false };
	int wrong = 0;
	struct frame got;

	start();
	for (int i = 0; i < COUNT(rows); i++) {
		struct check c = rows[i].make(rows[i].target);

		send_job(i + 1, c.check_set, &c,
		         rows[i].want == CLASS_TIMED_OUT ? BUDGET_MS
		                                         : AMPLE_MS);
	}
	for (int i = 0; i < COUNT(rows); i++) {
		ck_assert_msg(probe_world_read(&world, READ_MS, &got),
		              "only %d of %d ended", i, COUNT(rows));
		ck_assert(got.kind == FRAME_DONE);
		ck_assert_int_ge(got.done.id, 1);
		ck_assert_int_le(got.done.id, COUNT(rows));
		ck_assert(!seen[got.done.id - 1]);
		seen[got.done.id - 1] = true;
		wrong += check_row(&rows[got.done.id - 1], &got.done);
	}
	end_with(0);
	ck_assert_msg(wrong == 0, "%d checks ended otherwise", wrong);
}
END_TEST

/* an IPv6 address is asked itself, and a name that has no other.
   Where lo takes no such address, nobody is there to be asked. */
START_TEST(ipv6_is_as_good)
{
	const struct {
		const char *key;
		struct check (*make)(const char *target);
		enum reason want;
	} asked[] = {
		{ "WEB6", http01, REASON_VALUE_FOUND },
		{ "WEB6", website, REASON_VALUE_FOUND },
		{ "WEB6", alpn, REASON_TLS_ALPN },
		{ "ALPN6", alpn, REASON_VALUE_FOUND },
		{ "ALPN6", http01, REASON_CONNECT_REFUSED },
		{ NULL, http01, REASON_VALUE_FOUND },
	};
	struct frame got;

	if (strcmp(lab_value(lab, "V6"), "yes") != 0)
		return;
	start();
	for (int i = 0; i < COUNT(asked); i++) {
		struct check c = asked[i].make(
			asked[i].key != NULL ? lab_value(lab, asked[i].key)
					     : "http-v6.lab");

		send_job(i + 1, c.check_set, &c, AMPLE_MS);
		ck_assert(probe_world_read(&world, READ_MS, &got));
		ck_assert_uint_eq(got.done.kinds_count, 1);
		ck_assert(replays(&c, &got.done.kinds[0]));
		ck_assert_msg(got.done.kinds[0].reason == asked[i].want,
		              "%d: %s", i,
		              reason_name(got.done.kinds[0].reason));
	}
	end_with(0);
}
END_TEST

/* Where a redirect leads to https, who answered is on record. */
START_TEST(certificate_is_recorded)
{
	struct check c = http01("http-redirect-https.lab");
	struct evidence e;
	struct frame got;

	start();
	send_job(1, c.check_set, &c, AMPLE_MS);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_ptr_null(
		evidence_decode(got.done.kinds[0].evidence, world.arena, &e));
	ck_assert_uint_eq(e.http_count, 2);
	ck_assert_uint_eq(e.http[0].certificate.len, 0);
	ck_assert_uint_gt(e.http[1].certificate.len, 100);
	ck_assert_uint_eq(e.http[1].certificate.p[0], 0x30); /* SEQUENCE */
	end_with(0);
}
END_TEST

START_TEST(both_kinds_in_one_job)
{
	struct check c = http01("http-good.lab");
	struct frame got;

	c.check_set = SET_DCV | SET_CAA;
	c.caa = caa("x").caa;
	start();
	send_job(1, c.check_set, &c, AMPLE_MS);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_uint_eq(got.done.kinds_count, 2);
	ck_assert(got.done.kinds[0].kind == KIND_DCV);
	ck_assert(got.done.kinds[1].kind == KIND_CAA);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(got.done.kinds[i].result_class == CLASS_CORROBORATED);
		ck_assert(replays(&c, &got.done.kinds[i]));
	}
	ck_assert(span_is(got.done.kinds[0].authorization_domain_name,
	                  "http-good.lab"));
	ck_assert_int_gt(got.done.kinds[1].looked_up_ms, 0);
	end_with(0);
}
END_TEST

static struct evidence evidence_of(int64_t id, const char *target)
{
	struct check c = dns01(target);
	struct evidence e;
	struct frame got;
	const char *why;

	send_job(id, c.check_set, &c, AMPLE_MS);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_int_eq(got.done.id, id);
	ck_assert_uint_eq(got.done.kinds_count, 1);
	why = evidence_decode(got.done.kinds[0].evidence, world.arena, &e);
	ck_assert_msg(why == NULL, "%s", why);
	return e;
}

/* R-094, openmpic-137: what each query's DNSSEC status was is in the evidence,
   with why it is bogus, and "secure" stands only where it is. */
START_TEST(evidence_has_the_status_of_each_query)
{
	static const struct {
		const char *target;
		enum dns_status status;
	} zones[] = {
		{ "dns-good.lab", DNS_SECURE },
		{ "dns-unsigned.lab", DNS_INSECURE },
		{ "missing-ds.lab", DNS_INSECURE },
		{ "dns-bogus.lab", DNS_BOGUS },
		{ "dns-servfail.lab", DNS_FAILED },
	};

	start();
	for (int i = 0; i < COUNT(zones); i++) {
		struct evidence e = evidence_of(i + 1, zones[i].target);

		ck_assert_uint_eq(e.dns_count, 1);
		ck_assert_msg(e.dns[0].status == zones[i].status, "%s: %s",
		              zones[i].target,
		              dns_status_name(e.dns[0].status));
		ck_assert((e.dns[0].why_bogus.len > 0) ==
		          (zones[i].status == DNS_BOGUS));
	}
	end_with(0);
}
END_TEST

/* Promise 5: a setting of the real program, not only of its parts. */
START_TEST(checks_share_a_context_only_in_a_window)
{
	struct span anchor[1], root[1];
	struct frame got;

	for (int per_check = 0; per_check < 2; per_check++) {
		struct frame settings = probe_world_settings(lab, anchor, root);
		int64_t first;

		settings.settings.resolver_window_ms =
			per_check != 0 ? 0 : 600000;
		probe_world_start(&world);
		probe_world_send(&world, &settings);
		ck_assert(probe_world_read(&world, READ_MS, &got));
		ck_assert(got.kind == FRAME_READY);
		first = evidence_of(1, "dns-good.lab").resolver_context;
		ck_assert((evidence_of(2, "dns-good.lab").resolver_context ==
		           first) == (per_check == 0));
		end_with(0);
	}
}
END_TEST

/* A job has one done, and a cancelled one has no kinds. */
START_TEST(cancel_ends_a_job_without_results)
{
	struct check c = http01("http-mute.lab");
	struct frame cancel = { .kind = FRAME_CANCEL, .cancel = { 1 } };
	struct frame got;
	int64_t began_ms;

	start();
	began_ms = clock_mono_ms();
	send_job(1, c.check_set, &c, AMPLE_MS);
	send_job(2, c.check_set, &c, 300);
	probe_world_send(&world, &cancel);
	probe_world_send(&world, &cancel);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_int_eq(got.done.id, 1);
	ck_assert_uint_eq(got.done.kinds_count, 0);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_int_eq(got.done.id, 2);
	ck_assert(got.done.kinds[0].result_class == CLASS_TIMED_OUT);
	ck_assert_int_lt(clock_mono_ms() - began_ms, AMPLE_MS);
	cancel.cancel.id = 2; /* crossed its done: not a breach */
	probe_world_send(&world, &cancel);
	send_job(3, c.check_set, &c, 100);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_int_eq(got.done.id, 3);
	end_with(0);
}
END_TEST

static const struct {
	const char *what;
	const char *target;
	struct check (*make)(const char *);
	const char *full; /* where it must not go; NULL: nowhere */
	const char *at;   /* the lab's name of it; NULL: name servers */
} hangs[] = {
	{ "a web server", "http-mute.lab", http01, NULL, "HOSTILE_WEB" },
	{ "name servers", "dns-mute.lab", dns01, NULL, NULL },
	{ "before it goes there", "http-mute.lab", http01, "127.0.0.0/8",
	  "HOSTILE_WEB" },
	{ "another place is full", "http-mute.lab", http01, "192.0.2.0/24",
	  "HOSTILE_WEB" },
	{ "a handshake that is not begun", "http-mute.lab", alpn, "127.0.0.0/8",
	  "HOSTILE_WEB" },
};

/* What hangs is told of, once, and waits for a cancel where it must not go. */
START_TEST(what_hangs_is_told)
{
	struct span anchor[1], root[1], full[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct frame cancel = { .kind = FRAME_CANCEL, .cancel = { 1 } };
	bool held = hangs[_i].full != NULL &&
	            strncmp(hangs[_i].full, "127", 3) == 0;
	struct check c = hangs[_i].make(hangs[_i].target);
	struct buf bytes = { 0 };
	struct frame got;

	settings.settings.hang_ms = held ? READ_MS : 300;
	settings.settings.lookup_ms = AMPLE_MS;
	settings.settings.connect_ms = AMPLE_MS;
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	check_encode(&c, &bytes);
	struct frame job = { .kind = FRAME_JOB,
		             .job = { .id = 1,
		                      .check_set = c.check_set,
		                      .check = buf_span(&bytes),
		                      .budget_ms = AMPLE_MS } };

	if (hangs[_i].full != NULL) {
		full[0] = span_str(hangs[_i].full);
		job.job.full = (struct text_list){ full, 1 };
	}
	probe_world_send(&world, &job);
	buf_clear(&bytes);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_msg(got.kind == FRAME_HANGS, "%s", hangs[_i].what);
	ck_assert_int_eq(got.hangs.id, 1);
	ck_assert(got.hangs.held == held);
	ck_assert_msg(span_is(got.hangs.address,
	                      hangs[_i].at != NULL
	                              ? lab_value(lab, hangs[_i].at)
	                              : ""),
	              "%s: %.*s", hangs[_i].what, SPAN_ARG(got.hangs.address));
	probe_world_send(&world, &cancel);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.kind == FRAME_DONE);
	ck_assert_uint_eq(got.done.kinds_count, 0);
	end_with(0);
}
END_TEST

/* A held check's time runs all the same, and it has not passed. */
START_TEST(what_is_held_ends_with_its_time)
{
	struct check c = http01("http-good.lab");
	struct span full[1] = { SPAN("127.0.0.0/8") };
	struct buf bytes = { 0 };
	struct frame got;

	start();
	check_encode(&c, &bytes);
	struct frame job = { .kind = FRAME_JOB,
		             .job = { 1,
		                      c.check_set,
		                      buf_span(&bytes),
		                      BUDGET_MS,
		                      { full, 1 } } };

	probe_world_send(&world, &job);
	buf_clear(&bytes);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.kind == FRAME_HANGS && got.hangs.held);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.kind == FRAME_DONE);
	ck_assert_uint_eq(got.done.kinds_count, 1);
	ck_assert(got.done.kinds[0].result_class == CLASS_TIMED_OUT);
	ck_assert(replays(&c, &got.done.kinds[0]));
	end_with(0);
}
END_TEST

/* Loopback is forbidden where no lab opens it, and nothing is sent there. */
START_TEST(guard_holds_without_the_labs_allowance)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct check c = http01(lab_value(lab, "WEB"));
	struct evidence e;
	struct frame got;

	settings.settings.lab_allowed = (struct span){ NULL, 0 };
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.kind == FRAME_READY);
	send_job(1, c.check_set, &c, AMPLE_MS);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.done.kinds[0].reason == REASON_FORBIDDEN_ADDRESS);
	ck_assert_ptr_null(
		evidence_decode(got.done.kinds[0].evidence, world.arena, &e));
	ck_assert_uint_eq(e.http_count, 1);
	ck_assert(e.http[0].connects[0].end == CONNECT_FORBIDDEN);
	ck_assert_int_eq(e.http[0].status, 0);
	/* nor does the resolver go to the lab's servers */
	c = dns01("dns-good.lab");
	send_job(2, c.check_set, &c, AMPLE_MS);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.done.kinds[0].result_class == CLASS_ERROR);
	end_with(0);
}
END_TEST

/* The root's own anchor and servers: nothing of a lab, nothing to look up. */
START_TEST(production_settings_are_taken)
{
	static struct span anchors[] = {
		{ (const uint8_t *)ROOT_KSK_2017, sizeof(ROOT_KSK_2017) - 1 },
		{ (const uint8_t *)ROOT_KSK_2024, sizeof(ROOT_KSK_2024) - 1 },
	};
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct frame got;

	settings.settings.lab = false;
	settings.settings.lab_allowed = (struct span){ NULL, 0 };
	settings.settings.root_servers.count = 0;
	settings.settings.trust_anchors = (struct text_list){ anchors, 2 };
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert(got.kind == FRAME_READY);
	end_with(0);
}
END_TEST

static void bad_anchor(struct frame *f)
{
	f->settings.trust_anchors.items[0] = SPAN("this is no anchor");
}

static void root_without_lab(struct frame *f)
{
	f->settings.lab = false;
	f->settings.lab_allowed = (struct span){ NULL, 0 };
}

static void allowance_without_lab(struct frame *f)
{
	f->settings.lab = false;
	f->settings.root_servers.count = 0;
}

static void bad_prefix(struct frame *f)
{
	f->settings.forbidden = SPAN("10.0.0.0/33");
}

static void bad_root(struct frame *f)
{
	f->settings.root_servers.items[0] = SPAN("a.root.example");
}

static void bad_port(struct frame *f)
{
	static struct span port[1] = { { (const uint8_t *)"0", 1 } };

	f->settings.lab_ports = (struct text_list){ port, 1 };
}

/* a probe that can't validate does not start. */
static const struct {
	const char *what;
	void (*spoil)(struct frame *f);
} bad_settings[] = {
	{ "an anchor that is none", bad_anchor },
	{ "a root of one's own without lab", root_without_lab },
	{ "an opened guard without lab", allowance_without_lab },
	{ "a prefix that is none", bad_prefix },
	{ "a root server by name", bad_root },
	{ "port 0", bad_port },
};

START_TEST(bad_settings_are_refused_with_words)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct frame got;

	bad_settings[_i].spoil(&settings);
	probe_world_start(&world);
	probe_world_send(&world, &settings);
	ck_assert(probe_world_read(&world, READ_MS, &got));
	ck_assert_msg(got.kind == FRAME_FAILED, "%s: got %s",
	              bad_settings[_i].what, frame_kind_name(got.kind));
	ck_assert_uint_gt(got.failed.why.len, 10);
	end_with(PROBE_EXIT_SETTINGS);
}
END_TEST

static void send_garbage(void)
{
	probe_world_send_bytes(&world, SPAN("\x00\x00\x00\x02\xff\x80"));
}

static void send_oversized(void)
{
	probe_world_send_bytes(&world, SPAN("\xff\xff\xff\xff"));
}

static void send_check_that_is_none(void)
{
	struct frame f = { .kind = FRAME_JOB,
		           .job = { .id = 1,
		                    .check_set = SET_DCV,
		                    .check = SPAN("\x80"),
		                    .budget_ms = 1000 } };

	probe_world_send(&world, &f);
}

static void send_more_than_the_check(void)
{
	struct check c = dns01("dns-good.lab");

	send_job(1, SET_DCV | SET_CAA, &c, 1000);
}

static void send_full_that_is_none(void)
{
	struct span full[1] = { SPAN("127.0.0.1/33") };
	struct check c = dns01("dns-good.lab");
	struct buf bytes = { 0 };

	check_encode(&c, &bytes);
	struct frame job = {
		.kind = FRAME_JOB,
		.job = { 1, c.check_set, buf_span(&bytes), 1000, { full, 1 } }
	};

	probe_world_send(&world, &job);
	buf_clear(&bytes);
}

static void send_id_twice(void)
{
	struct check c = http01("http-mute.lab");

	send_job(1, SET_DCV, &c, 1000);
	send_job(1, SET_DCV, &c, 1000);
}

static const struct {
	const char *what;
	void (*send)(void);
} breaches[] = {
	{ "a frame that is none", send_garbage },
	{ "a frame of 4 G", send_oversized },
	{ "a check that is none", send_check_that_is_none },
	{ "a job of more than its check", send_more_than_the_check },
	{ "an id twice", send_id_twice },
	{ "a prefix that is none", send_full_that_is_none },
};

START_TEST(breach_ends_the_probe)
{
	struct frame got;

	start();
	breaches[_i].send();
	while (probe_world_read(&world, READ_MS, &got))
		;
	end_with(EX_PROTOCOL);
}
END_TEST

START_TEST(worker_that_goes_ends_the_probe)
{
	struct check c = http01("http-mute.lab");

	start();
	send_job(1, c.check_set, &c, BUDGET_MS);
	end_with(0); /* closes first */
}
END_TEST

int main(void)
{
	const char *why;
	TCase *tc = tcase_create("probe");
	int status;

	lab = lab_world_new(1, &why);
	if (lab == NULL) {
		printf("skipped: %s\n", why);
		return 77;
	}
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, checks_end_as_they_should);
	tcase_add_test(tc, ipv6_is_as_good);
	tcase_add_test(tc, certificate_is_recorded);
	tcase_add_test(tc, both_kinds_in_one_job);
	tcase_add_test(tc, evidence_has_the_status_of_each_query);
	tcase_add_test(tc, checks_share_a_context_only_in_a_window);
	tcase_add_test(tc, cancel_ends_a_job_without_results);
	tcase_add_loop_test(tc, what_hangs_is_told, 0, COUNT(hangs));
	tcase_add_test(tc, what_is_held_ends_with_its_time);
	tcase_add_test(tc, guard_holds_without_the_labs_allowance);
	tcase_add_test(tc, production_settings_are_taken);
	tcase_add_loop_test(tc, bad_settings_are_refused_with_words, 0,
	                    COUNT(bad_settings));
	tcase_add_loop_test(tc, breach_ends_the_probe, 0, COUNT(breaches));
	tcase_add_test(tc, worker_that_goes_ends_the_probe);
	status = run_case(tc);
	lab_world_free(&lab);
	return status;
}
