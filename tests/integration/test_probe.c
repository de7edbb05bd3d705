/* The real program against real servers: what checks end in, and that nothing
   but their own time is lost on hostile ones. What it and its worker owe each
   other is in test_probe_contract.c. */
#include "tests/support/probe_jobs.h"
#include "tests/support/run.h"

#include <stdio.h>

enum {
	BUDGET_MS = 4000, /* of what is meant to run out of time */
	AMPLE_MS = 30000, /* of what is not, however busy the machine */
	READ_MS = 40000
};

static struct lab_world *lab;
static struct probe_world world;

/* With an expression on top: what is there, what is not, what never ends. */
static struct check website_with(const char *target, const char *regex)
{
	struct check c = probe_check(lab, "website", target);

	c.dcv.match_regex = span_str(regex);
	return c;
}

static struct check with_regex(const char *target)
{
	return website_with(target, "^[0-9a-f]{40}$");
}

static struct check with_other_regex(const char *target)
{
	return website_with(target, "^[0-9a-f]{39}$");
}

static struct check with_slow_regex(const char *target)
{
	return website_with(target, "^([0-9a-f]+)+!");
}

/* On behalf of the account that the lab's records name, after http-01. */
static struct check for_account(const char *target)
{
	struct check c = probe_check(lab, "caa", target);

	c.account_uri = span_str(lab_value(lab, "ACCOUNT_URI"));
	c.dcv.present = true;
	c.dcv.validation_method = METHOD_ACME_HTTP_01;
	c.dcv.token = span_str(lab_value(lab, "TOKEN"));
	return c;
}

#define MAKES(name, method) \
	static struct check name(const char *target) \
	{ \
		return probe_check(lab, method, target); \
	}
MAKES(http01, "http-01")
MAKES(dns01, "dns-01")
MAKES(alpn, "alpn")
MAKES(website, "website")
MAKES(caa, "caa")
MAKES(forgiving, "caa-forgiving")

static struct check remotely(struct check c)
{
	c.role = ROLE_REMOTE;
	return c;
}

static struct check dns01_remotely(const char *target)
{
	return remotely(dns01(target));
}

static struct check caa_remotely(const char *target)
{
	return remotely(caa(target));
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
	/* a remote perspective validates, too */
	{ "dns-good.lab", dns01_remotely, CLASS_CORROBORATED,
	  REASON_VALUE_FOUND },
	{ "dns-bogus.lab", dns01_remotely, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	{ "caa-bogus.lab", caa_remotely, CLASS_ERROR, REASON_DNSSEC_BOGUS },
	/* as the canary asks */
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
	struct probe_ready ready = probe_start_patient(&world, lab, READ_MS);

	ck_assert(span_find(ready.sandbox, SPAN("seccomp")) >= 0);
	ck_assert(span_find(ready.versions, SPAN("libunbound/")) >= 0);
	ck_assert(span_find(ready.versions, SPAN(" pcre2/10.")) > 0);
}

static void send_job(int64_t id, const struct check *check, int64_t budget_ms)
{
	probe_job_send(&world, id, check, budget_ms);
}

static struct probe_done read_done(void)
{
	return probe_job_done(&world, READ_MS);
}

static bool replays(const struct check *check, const struct kind_result *r)
{
	struct evidence evidence;
	bool same = probe_replays(&world, check, r, &evidence);

	ck_assert_int_eq(evidence.probe_generation, 3);
	ck_assert_int_gt(evidence.resolver_context, 0);
	ck_assert_int_le(evidence.started_ms, evidence.finished_ms);
	/* keys that could not be fetched once look like that, too */
	for (size_t i = 0; i < evidence.dns_count; i++)
		if (evidence.dns[i].status == DNS_BOGUS)
			ck_assert_int_eq(evidence.dns[i].tries, 2);
	return same;
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

static void send_row(int row, int64_t budget_ms)
{
	struct check c = rows[row].make(rows[row].target);

	send_job(row + 1, &c, budget_ms);
}

/* The row whose job ended; *bad: otherwise than it should. */
static int read_row(bool *bad)
{
	const struct probe_done done = read_done();

	ck_assert_int_ge(done.id, 1);
	ck_assert_int_le(done.id, COUNT(rows));
	*bad = check_row(&rows[done.id - 1], &done) != 0;
	return (int)done.id - 1;
}

/* All at once: the hostile ones hold up nobody. What ran out of time before it
   came to where that was meant is asked once more, with ample time. */
START_TEST(checks_end_as_they_should)
{
	bool seen[COUNT(rows)] = { false };
	bool again[COUNT(rows)] = { false };
	int wrong = 0;
	bool bad;

	start();
	for (int i = 0; i < COUNT(rows); i++)
		send_row(i, rows[i].want == CLASS_TIMED_OUT ? BUDGET_MS
		                                            : AMPLE_MS);
	for (int left = COUNT(rows); left > 0; left--) {
		int row = read_row(&bad);

		if (bad && !again[row] && rows[row].want == CLASS_TIMED_OUT) {
			again[row] = true;
			send_row(row, AMPLE_MS);
			left++;
			continue;
		}
		ck_assert(!seen[row]);
		seen[row] = true;
		wrong += bad;
	}
	probe_end_with(&world, 0);
	ck_assert_msg(wrong == 0, "%d checks ended otherwise", wrong);
}
END_TEST

/* An IPv6 address is asked itself, and a name that has no other. Where lo takes
   no such address nobody is there to be asked: no rule rests on this alone. */
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

	if (strcmp(lab_value(lab, "V6"), "yes") != 0)
		return;
	start();
	for (int i = 0; i < COUNT(asked); i++) {
		struct check c = asked[i].make(
			asked[i].key != NULL ? lab_value(lab, asked[i].key)
					     : "http-v6.lab");

		send_job(i + 1, &c, AMPLE_MS);

		const struct probe_done done = read_done();

		ck_assert_uint_eq(done.kinds_count, 1);
		ck_assert(replays(&c, &done.kinds[0]));
		ck_assert_msg(done.kinds[0].reason == asked[i].want, "%d: %s",
		              i, reason_name(done.kinds[0].reason));
	}
	probe_end_with(&world, 0);
}
END_TEST

/* Where a redirect leads to https, who answered is on record. */
START_TEST(certificate_is_recorded)
{
	struct check c = http01("http-redirect-https.lab");
	struct evidence e;

	start();
	send_job(1, &c, AMPLE_MS);
	ck_assert_ptr_null(evidence_decode(read_done().kinds[0].evidence,
	                                   world.arena, &e));
	ck_assert_uint_eq(e.http_count, 2);
	ck_assert_uint_eq(e.http[0].certificate.len, 0);
	ck_assert_uint_gt(e.http[1].certificate.len, 100);
	ck_assert_uint_eq(e.http[1].certificate.p[0], 0x30); /* SEQUENCE */
	probe_end_with(&world, 0);
}
END_TEST

START_TEST(both_kinds_in_one_job)
{
	struct check c = http01("http-good.lab");

	c.check_set = SET_DCV | SET_CAA;
	c.caa = caa("x").caa;
	start();
	send_job(1, &c, AMPLE_MS);

	const struct probe_done done = read_done();

	ck_assert_uint_eq(done.kinds_count, 2);
	ck_assert(done.kinds[0].kind == KIND_DCV);
	ck_assert(done.kinds[1].kind == KIND_CAA);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(done.kinds[i].result_class == CLASS_CORROBORATED);
		ck_assert(replays(&c, &done.kinds[i]));
	}
	ck_assert(span_is(done.kinds[0].authorization_domain_name,
	                  "http-good.lab"));
	ck_assert_int_gt(done.kinds[1].looked_up_ms, 0);
	probe_end_with(&world, 0);
}
END_TEST

static struct evidence evidence_of(int64_t id, const char *target)
{
	struct check c = dns01(target);
	struct evidence e;
	const char *why;

	send_job(id, &c, AMPLE_MS);

	const struct probe_done done = read_done();

	ck_assert_int_eq(done.id, id);
	ck_assert_uint_eq(done.kinds_count, 1);
	why = evidence_decode(done.kinds[0].evidence, world.arena, &e);
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
	probe_end_with(&world, 0);
}
END_TEST

/* Promise 5: a setting of the real program, not only of its parts. */
START_TEST(checks_share_a_context_only_in_a_window)
{
	struct span anchor[1], root[1];

	for (int per_check = 0; per_check < 2; per_check++) {
		struct frame settings = probe_world_settings(lab, anchor, root);
		int64_t first;

		settings.settings.resolver_window_ms =
			per_check != 0 ? 0 : 600000;
		(void)probe_start(&world, &settings, READ_MS);
		first = evidence_of(1, "dns-good.lab").resolver_context;
		ck_assert((evidence_of(2, "dns-good.lab").resolver_context ==
		           first) == (per_check == 0));
		probe_end_with(&world, 0);
	}
}
END_TEST

/* A method of a coordinator that is newer: said so, and nothing is asked. */
START_TEST(unknown_method_is_refused)
{
	struct check c = dns01("dns-good.lab");
	struct buf bytes = { 0 };
	ptrdiff_t at;

	check_encode(&c, &bytes);
	at = span_find(buf_span(&bytes), SPAN("acme-dns-01"));
	ck_assert_int_gt(at, 0);
	memcpy(bytes.p + at, "acme-dns-77", strlen("acme-dns-77"));

	struct frame job = { .kind = FRAME_JOB,
		             .job = { .id = 1,
		                      .check_set = c.check_set,
		                      .check = buf_span(&bytes),
		                      .budget_ms = AMPLE_MS } };

	start();
	probe_world_send(&world, &job);
	buf_clear(&bytes);

	const struct probe_done done = read_done();

	ck_assert_uint_eq(done.kinds_count, 1);
	ck_assert(done.kinds[0].result_class == CLASS_ERROR);
	ck_assert(done.kinds[0].reason == REASON_METHOD_NOT_SUPPORTED);
	probe_end_with(&world, 0);
}
END_TEST

/* Loopback is forbidden where no lab opens it, and nothing is sent there. */
START_TEST(guard_holds_without_the_labs_allowance)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);
	struct check c = http01(lab_value(lab, "WEB"));
	struct evidence e;

	settings.settings.lab_allowed = (struct span){ NULL, 0 };
	(void)probe_start(&world, &settings, READ_MS);
	send_job(1, &c, AMPLE_MS);

	const struct probe_done done = read_done();

	ck_assert(done.kinds[0].reason == REASON_FORBIDDEN_ADDRESS);
	ck_assert_ptr_null(
		evidence_decode(done.kinds[0].evidence, world.arena, &e));
	ck_assert_uint_eq(e.http_count, 1);
	ck_assert(e.http[0].connects[0].end == CONNECT_FORBIDDEN);
	ck_assert_int_eq(e.http[0].status, 0);
	/* nor does the resolver go to the lab's servers */
	c = dns01("dns-good.lab");
	send_job(2, &c, AMPLE_MS);
	ck_assert(read_done().kinds[0].result_class == CLASS_ERROR);
	probe_end_with(&world, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("probe");
	int status;

	lab = lab_world_new(1);
	if (lab == NULL)
		return LAB_SKIPPED;
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, checks_end_as_they_should);
	tcase_add_test(tc, ipv6_is_as_good);
	tcase_add_test(tc, certificate_is_recorded);
	tcase_add_test(tc, both_kinds_in_one_job);
	tcase_add_test(tc, evidence_has_the_status_of_each_query);
	tcase_add_test(tc, checks_share_a_context_only_in_a_window);
	tcase_add_test(tc, unknown_method_is_refused);
	tcase_add_test(tc, guard_holds_without_the_labs_allowance);
	status = run_case(tc);
	lab_world_free(&lab);
	return status;
}
