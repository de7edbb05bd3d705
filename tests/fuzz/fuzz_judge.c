/*
 * Evidence against fixed checks: the judge never passes what it did not see,
 * says the same twice, and sticks to what it said when more evidence comes.
 * First byte: the check; second: how much of the evidence is there at first.
 */
#include "base/text.h"
#include "decide/judge/judge.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE "a-Value-of-22-characters"

static struct span issuers[] = { { (const uint8_t *)"ca.example", 10 } };

static struct check check_of(uint8_t which)
{
	static const enum validation_method methods[] = {
		METHOD_ACME_HTTP_01,
		METHOD_WEBSITE_CHANGE,
		METHOD_ACME_DNS_01,
		METHOD_DNS_CHANGE,
	};
	struct check c = {
		.target = which & 8 ? SPAN("*.example.com")
		                    : SPAN("host.example.com"),
		.account_uri = SPAN("https://a.example/1"),
	};

	c.caa.caa_domains = (struct text_list){ issuers, 1 };
	c.caa.certificate_type = which & 16 ? CERT_S_MIME : CERT_TLS_SERVER;
	c.caa.allow_lookup_failure = SOME_BOOL((which & 128U) != 0);
	if ((which & 128U) != 0)
		c.dcv.authorization_domain_name =
			which & 4 ? SPAN("example.com") : SPAN("example.net");
	c.dcv.present = true;
	c.dcv.validation_method =
		which & 64 ? METHOD_ACME_TLS_ALPN_01 : methods[which & 3];
	c.dcv.token = SPAN("token");
	c.dcv.key_authorization = SPAN(VALUE);
	if (!(which & 64))
		c.dcv.key_authorization_hash = SPAN(VALUE);
	c.dcv.challenge_value = SPAN(VALUE);
	c.dcv.http_token_path = SPAN("a.txt");
	if (which & 32)
		c.dcv.match_regex = SPAN("^(?:\\w+-?)+ *(of|Of)?");
	c.dcv.dns_record_type = which & 32 ? RECORD_CAA : RECORD_TXT;
	return c;
}

/* In this order, other bytes between them allowed: strings of a TXT record
   have their lengths there. */
static bool is_scattered_in(struct span value, struct span hay)
{
	size_t seen = 0;

	for (size_t i = 0; i < hay.len && seen < value.len; i++)
		if (ascii_lower(hay.p[i]) == ascii_lower(value.p[seen]))
			seen++;
	return seen == value.len;
}

static bool is_shown(struct span value, struct span certificate)
{
	struct digest digest = digest_of(value);

	return span_find(certificate, digest_span(&digest)) >= 0;
}

static bool is_seen(const struct evidence *e, struct span value)
{
	for (size_t i = 0; i < e->http_count; i++)
		if (is_scattered_in(value, e->http[i].body))
			return true;
	for (size_t i = 0; i < e->tls_count; i++)
		if (is_shown(value, e->tls[i].certificate))
			return true;
	for (size_t i = 0; i < e->dns_count; i++)
		if (is_scattered_in(value, e->dns[i].packet))
			return true;
	return false;
}

static bool has_failed_twice(const struct evidence *e)
{
	for (size_t i = 0; i < e->dns_count; i++)
		if (e->dns[i].tries >= 2 &&
		    (e->dns[i].status == DNS_FAILED ||
		     e->dns[i].status == DNS_UNANSWERED))
			return true;
	return false;
}

static bool has_asked_anew(const struct evidence *e, int64_t type)
{
	for (size_t i = 0; i < e->dns_count; i++)
		if (e->dns[i].type == type && e->dns[i].fresh.set &&
		    e->dns[i].fresh.v)
			return true;
	return false;
}

static bool same(const struct judgement *a, const struct judgement *b)
{
	return a->result_class == b->result_class && a->reason == b->reason &&
	       span_eq(a->detail, b->detail) &&
	       a->looked_up_ms == b->looked_up_ms;
}

static void check_pass(const struct evidence *e, enum check_kind kind,
                       enum reason reason)
{
	assert(e->end == EVIDENCE_END_COMPLETE ||
	       e->end == EVIDENCE_END_UNKNOWN);
	assert(e->dns_count + e->http_count + e->tls_count > 0);
	if (kind == KIND_DCV) {
		assert(reason == REASON_VALUE_FOUND);
		assert(is_seen(e, SPAN(VALUE)));
	} else if (reason == REASON_CAA_PERMITS) {
		assert(is_seen(e, SPAN("ca.example")));
	} else {
		assert(reason == REASON_CAA_NO_RECORDS ||
		       reason == REASON_CAA_UNRESTRICTED ||
		       (reason == REASON_CAA_LOOKUP_FAILURE_INSECURE &&
		        has_failed_twice(e) && has_asked_anew(e, 5) &&
		        has_asked_anew(e, 43) && has_asked_anew(e, 257)));
	}
}

static void check_step(const struct judge_step *step, const struct evidence *e,
                       enum check_kind kind)
{
	switch (step->want) {
	case JUDGE_DONE:
		assert(step->done.detail.len <= RESULT_DETAIL_MAX);
		assert(step->done.result_class >= CLASS_CORROBORATED &&
		       step->done.result_class <= CLASS_TIMED_OUT);
		if (step->done.result_class == CLASS_CORROBORATED)
			check_pass(e, kind, step->done.reason);
		return;
	case JUDGE_WANTS_DNS:
		assert(step->questions_count > 0 &&
		       step->questions_count <= JUDGE_QUESTIONS_MAX);
		return;
	case JUDGE_WANTS_HTTP:
		assert(step->http.addresses_count > 0 &&
		       step->http.addresses_count <= JUDGE_ADDRESSES_MAX);
		assert(step->http.port == 80 || step->http.port == 443);
		assert(e->http_count < EVIDENCE_HOPS_MAX);
		return;
	case JUDGE_WANTS_TLS:
		assert(step->tls.addresses_count > 0 &&
		       step->tls.addresses_count <= JUDGE_ADDRESSES_MAX);
		assert(step->tls.port == 443);
		assert(e->tls_count == 0);
		return;
	}
	assert(false);
}

/* What was decided on a part is not undone by the whole. */
static void check_sticks(const struct check *check, const struct evidence *all,
                         uint8_t part, struct arena *arena)
{
	struct evidence some = *all;
	struct evidence whole = *all;
	struct judge_step early;
	struct judge_step late;

	some.end = EVIDENCE_END_UNKNOWN;
	whole.end = EVIDENCE_END_UNKNOWN;
	some.dns_count =
		all->dns_count < (part & 15U) ? all->dns_count : (part & 15U);
	some.http_count =
		all->http_count < (part >> 4U) ? all->http_count : (part >> 4U);
	some.tls_count = (part & 64U) != 0 ? all->tls_count : 0;
	judge_next(check, all->kind, &some, arena, &early);
	check_step(&early, &some, all->kind);
	judge_next(check, all->kind, &whole, arena, &late);
	check_step(&late, &whole, all->kind);
	if (early.want == JUDGE_DONE) {
		assert(late.want == JUDGE_DONE);
		assert(same(&early.done, &late.done));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evidence e;

	if (size < 2)
		return 0;

	struct arena *arena = arena_new();

	if (evidence_decode(span_of(data + 2, size - 2), arena, &e) == NULL) {
		struct check check = check_of(data[0]);
		struct judge_step step;
		struct judgement once;
		struct judgement twice;

		judge_next(&check, e.kind, &e, arena, &step);
		check_step(&step, &e, e.kind);
		judge_replay(&check, e.kind, &e, arena, &once);
		judge_replay(&check, e.kind, &e, arena, &twice);
		assert(same(&once, &twice));
		if (once.result_class == CLASS_CORROBORATED)
			assert(e.end == EVIDENCE_END_COMPLETE);
		check_sticks(&check, &e, data[1], arena);
	}
	arena_free(&arena);
	return 0;
}
