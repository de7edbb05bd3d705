#include "tests/support/probe_jobs.h"

#include "decide/judge/judge.h"
#include "tests/support/run.h"

enum {
	BUDGET_MS = 60000, /* of the check; a job has its own */
	PATIENT_MS = 30000
};

static void want_http01(const struct lab_world *lab, struct check *c)
{
	c->dcv.validation_method = METHOD_ACME_HTTP_01;
	c->dcv.token = span_str(lab_value(lab, "TOKEN"));
	c->dcv.key_authorization =
		span_str(lab_value(lab, "KEY_AUTHORIZATION"));
}

static void want_dns01(const struct lab_world *lab, struct check *c)
{
	c->dcv.validation_method = METHOD_ACME_DNS_01;
	c->dcv.key_authorization_hash = span_str(lab_value(lab, "DNS01_HASH"));
}

/* A claim that each perspective has to look into itself. */
static void want_dns01_of_good(const struct lab_world *lab, struct check *c)
{
	want_dns01(lab, c);
	c->dcv.authorization_domain_name = SPAN("good-signed.dns.faults");
}

static void want_alpn(const struct lab_world *lab, struct check *c)
{
	c->dcv.validation_method = METHOD_ACME_TLS_ALPN_01;
	c->dcv.key_authorization =
		span_str(lab_value(lab, "KEY_AUTHORIZATION"));
}

static void want_website(const struct lab_world *lab, struct check *c)
{
	c->dcv.validation_method = METHOD_WEBSITE_CHANGE;
	c->dcv.url_scheme = SCHEME_HTTP;
	c->dcv.http_token_path = span_str(lab_value(lab, "FILE_NAME"));
	c->dcv.challenge_value = span_str(lab_value(lab, "RANDOM_VALUE"));
}

static void want_caa_of(struct check *c, struct span issuer[1])
{
	c->check_set = SET_CAA;
	c->dcv = (struct dcv_parameters){ .present = false };
	c->caa.present = true;
	c->caa.certificate_type = CERT_TLS_SERVER;
	c->caa.caa_domains = (struct text_list){ issuer, 1 };
}

static void want_caa(const struct lab_world *lab, struct check *c)
{
	static struct span issuer[1];

	issuer[0] = span_str(lab_value(lab, "CA"));
	want_caa_of(c, issuer);
}

/* R-068; the issuer's own name is one that the laboratory has. */
static void want_forgiving_caa(const struct lab_world *lab, struct check *c)
{
	static struct span issuer[1];

	(void)lab;
	issuer[0] = SPAN("caa-none.lab");
	want_caa_of(c, issuer);
	c->caa.allow_lookup_failure = SOME_BOOL(true);
}

static const struct {
	const char *name;
	void (*want)(const struct lab_world *lab, struct check *c);
} methods[] = {
	{ "http-01", want_http01 },
	{ "dns-01", want_dns01 },
	{ "dns-01-good", want_dns01_of_good },
	{ "alpn", want_alpn },
	{ "website", want_website },
	{ "caa", want_caa },
	{ "caa-forgiving", want_forgiving_caa },
};

struct check probe_check(const struct lab_world *lab, const char *method,
                         const char *target)
{
	struct check c = {
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

	for (int i = 0; i < COUNT(methods); i++)
		if (strcmp(methods[i].name, method) == 0) {
			methods[i].want(lab, &c);
			return c;
		}
	ck_abort_msg("%s: no such method: %s", target, method);
}

struct probe_ready probe_start(struct probe_world *w,
                               const struct frame *settings, int64_t limit_ms)
{
	struct frame got;

	probe_world_start(w);
	probe_world_send(w, settings);
	ck_assert_msg(probe_world_read(w, limit_ms, &got), "no ready");
	ck_assert_msg(got.kind == FRAME_READY, "got %s: %.*s",
	              frame_kind_name(got.kind),
	              got.kind == FRAME_FAILED ? (int)got.failed.why.len : 0,
	              (const char *)got.failed.why.p);
	return got.ready;
}

struct probe_ready probe_start_patient(struct probe_world *w,
                                       const struct lab_world *lab,
                                       int64_t limit_ms)
{
	struct span anchor[1], root[1];
	struct frame settings = probe_world_settings(lab, anchor, root);

	settings.settings.lookup_ms = PATIENT_MS;
	settings.settings.connect_ms = PATIENT_MS;
	return probe_start(w, &settings, limit_ms);
}

void probe_end_with(struct probe_world *w, int status)
{
	int got = probe_world_end(w);

	ck_assert_msg(got == status, "the probe ended with %d", got);
}

void probe_job_send_more(struct probe_world *w, int64_t id,
                         const struct check *check, int64_t budget_ms,
                         const struct probe_job_more *more)
{
	struct buf bytes = { 0 };
	struct span full[1];
	struct frame f = { .kind = FRAME_JOB };

	check_encode(check, &bytes);
	f.job.id = id;
	f.job.check_set =
		more->check_set != 0 ? more->check_set : check->check_set;
	f.job.check = buf_span(&bytes);
	f.job.budget_ms = budget_ms;
	if (more->full != NULL) {
		full[0] = span_str(more->full);
		f.job.full = (struct text_list){ full, 1 };
	}
	probe_world_send(w, &f);
	buf_clear(&bytes);
}

void probe_job_send(struct probe_world *w, int64_t id,
                    const struct check *check, int64_t budget_ms)
{
	const struct probe_job_more nothing = { 0 };

	probe_job_send_more(w, id, check, budget_ms, &nothing);
}

struct probe_done probe_job_done(struct probe_world *w, int64_t limit_ms)
{
	struct frame got;

	ck_assert_msg(probe_world_read(w, limit_ms, &got),
	              "the probe is gone or hangs");
	ck_assert_msg(got.kind == FRAME_DONE, "got %s",
	              frame_kind_name(got.kind));
	return got.done;
}

bool probe_replays(struct probe_world *w, const struct check *check,
                   const struct kind_result *r, struct evidence *evidence)
{
	struct judgement again;
	const char *why = evidence_decode(r->evidence, w->arena, evidence);

	ck_assert_msg(why == NULL, "%s", why);
	judge_replay(check, r->kind, evidence, w->arena, &again);
	return again.result_class == r->result_class &&
	       again.reason == r->reason && span_eq(again.detail, r->detail) &&
	       again.looked_up_ms == r->looked_up_ms &&
	       again.expires_ms.v == r->expires_ms.v;
}
