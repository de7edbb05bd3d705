#include "decide/judge/judge.h"

#include "base/escape.h"
#include "base/name.h"
#include "base/text.h"
#include "decide/judge/judge_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum result_class judge_class_of(enum reason reason)
{
	enum result_class c = reason_class(reason);

	switch (c) {
	case CLASS_CORROBORATED:
	case CLASS_DISAGREED:
	case CLASS_TIMED_OUT: return c;
	case CLASS_ERROR:
	case CLASS_UNKNOWN:
	case CLASS_LATE:
	case CLASS_MISSING:
	case CLASS_OUTSTANDING:
	case CLASS_REFUSED: break;
	}
	return CLASS_ERROR;
}

/* A cut must not leave half a character (RFC 3629). */
static size_t whole_characters(const char *text, size_t len)
{
	if (len <= RESULT_DETAIL_MAX)
		return len;
	len = RESULT_DETAIL_MAX;
	while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void judge_end(struct judging *j, enum reason reason, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);

	struct span detail =
		span_of(text, whole_characters(text, strlen(text)));

	j->out->want = JUDGE_DONE;
	j->out->done.result_class = judge_class_of(reason);
	j->out->done.reason = reason;
	j->out->done.detail = arena_span(j->arena, detail);
}

const char *judge_shown(struct judging *j, struct span s, size_t max)
{
	struct buf shown = { 0 };

	escape_terminal(&shown, s, max);

	const char *copy = arena_str(j->arena, buf_cstr(&shown));

	buf_clear(&shown);
	return copy;
}

void judge_want_dns(struct judging *j, struct span name, uint16_t type)
{
	j->out->want = JUDGE_WANTS_DNS;
	if (j->out->questions_count < JUDGE_QUESTIONS_MAX)
		j->out->questions[j->out->questions_count++] =
			(struct dns_question){ name, type, false };
}

void judge_want_fresh(struct judging *j, struct span name, uint16_t type)
{
	size_t before = j->out->questions_count;

	judge_want_dns(j, name, type);
	if (j->out->questions_count > before)
		j->out->questions[before].fresh = true;
}

struct span judge_folded(struct judging *j, struct span s)
{
	uint8_t *p = arena_alloc(j->arena, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(s.p[i]);
	return span_of(p, s.len);
}

static bool contains_folded(struct span haystack, struct span needle)
{
	for (size_t at = 0; at + needle.len <= haystack.len; at++)
		if (span_eq_nocase(span_sub(haystack, at, needle.len), needle))
			return true;
	return false;
}

bool judge_contains(struct span haystack, struct span needle, bool fold)
{
	if (needle.len == 0)
		return false;
	return fold ? contains_folded(haystack, needle)
	            : span_find(haystack, needle) >= 0;
}

bool judge_join_name(struct judging *j, struct span prefix, struct span name,
                     struct span *out)
{
	if (prefix.len + 1 + name.len > NAME_MAX_TEXT)
		return false;
	*out = span_str(arena_printf(j->arena, "%.*s.%.*s", SPAN_ARG(prefix),
	                             SPAN_ARG(name)));
	return true;
}

static void judge_method(struct judging *j)
{
	switch (j->check->dcv.validation_method) {
	case METHOD_ACME_HTTP_01: judge_http01(j); return;
	case METHOD_WEBSITE_CHANGE: judge_website_change(j); return;
	case METHOD_ACME_DNS_01: judge_dns01(j); return;
	case METHOD_DNS_CHANGE: judge_dns_change(j); return;
	case METHOD_DNS_ACCOUNT_01: judge_dns_account(j); return;
	case METHOD_DNS_PERSISTENT: judge_persistent(j); return;
	case METHOD_ACME_TLS_ALPN_01: judge_tls_alpn01(j); return;
	case METHOD_CONTACT_EMAIL_TXT:
	case METHOD_CONTACT_EMAIL_CAA:
	case METHOD_CONTACT_PHONE_TXT:
	case METHOD_CONTACT_PHONE_CAA: judge_contact(j); return;
	case METHOD_IP_ADDRESS: judge_ip_address(j); return;
	case METHOD_REVERSE_ADDRESS_LOOKUP: judge_reverse_lookup(j); return;
	case METHOD_UNKNOWN:
	case METHOD_COUNT: break;
	}
	judge_end(j, REASON_METHOD_NOT_SUPPORTED,
	          "this judge has no rules for the method");
}

static void judge_dcv(struct judging *j)
{
	if (!judge_derive(j))
		return;
	judge_method(j);
	if (j->out->done.reason == REASON_VALUE_FOUND &&
	    j->check->dcv.authorization_domain_name.len > 0)
		j->out->done.authorization_domain_name = judge_domain(j);
}

/* What the probe may say of itself by the first word of a fault. */
static enum reason fault_reason(struct span fault)
{
	static const enum reason allowed[] = {
		REASON_TARGET_BUSY,     REASON_ZONE_SET_ASIDE,
		REASON_WORKER_DRAINING, REASON_RESOLVER_FAILED,
		REASON_TIMEOUT_QUEUED,
	};
	ptrdiff_t colon = span_find(fault, SPAN(":"));
	enum reason reason = reason_parse(
		colon < 0 ? fault : span_sub(fault, 0, (size_t)colon));

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (reason == allowed[i])
			return reason;
	return REASON_EVIDENCE_INCOMPLETE;
}

static enum reason overdue_reason(const struct judging *j)
{
	const struct evidence *e = j->evidence;

	if (j->out->want == JUDGE_WANTS_DNS)
		return REASON_TIMEOUT_DNS;
	if (j->out->want == JUDGE_WANTS_HTTP || j->out->want == JUDGE_WANTS_TLS)
		return REASON_TIMEOUT_CONNECT;
	return e->http_count + e->tls_count > 0 ? REASON_TIMEOUT_READ
	                                        : REASON_TIMEOUT_DNS;
}

static const char *wanted_words(struct judging *j)
{
	const struct judge_step *step = j->out;

	if (step->want == JUDGE_WANTS_DNS)
		return arena_printf(
			j->arena, " before %s was looked up",
			judge_shown(j, step->questions[0].name, NAME_MAX_TEXT));
	if (step->want == JUDGE_WANTS_HTTP)
		return arena_printf(j->arena, " before %s was fetched",
		                    judge_shown(j, step->http.url, 120));
	if (step->want == JUDGE_WANTS_TLS)
		return arena_printf(
			j->arena, " before a handshake with %s",
			judge_shown(j, step->tls.name, NAME_MAX_TEXT));
	return "";
}

/* The evidence ended before its time. What it shows against the target it
   shows; it shows nothing for it (promise 2). */
static void judge_cut_short(struct judging *j)
{
	const struct evidence *e = j->evidence;
	const char *words = wanted_words(j);

	if (j->out->want == JUDGE_DONE &&
	    j->out->done.result_class != CLASS_CORROBORATED)
		return;
	j->out->done = (struct judgement){ 0 };
	switch (e->end) {
	case EVIDENCE_END_DEADLINE:
		judge_end(j, overdue_reason(j), "the check's time ended%s",
		          words);
		return;
	case EVIDENCE_END_TOO_LARGE:
		judge_end(j, REASON_EVIDENCE_TOO_LARGE,
		          "the evidence was full%s", words);
		return;
	case EVIDENCE_END_FAULT:
		judge_end(j, fault_reason(e->fault), "%s",
		          judge_shown(j, e->fault, RESULT_DETAIL_MAX));
		return;
	case EVIDENCE_END_UNKNOWN:
	case EVIDENCE_END_COMPLETE: break;
	}
}

void judge_next(const struct check *check, enum check_kind kind,
                const struct evidence *so_far, struct arena *arena,
                struct judge_step *out)
{
	struct judging j = { check, so_far, arena, out };

	memset(out, 0, sizeof(*out));
	if (kind == KIND_CAA)
		judge_caa(&j);
	else
		judge_dcv(&j);
	if (so_far->end != EVIDENCE_END_UNKNOWN &&
	    so_far->end != EVIDENCE_END_COMPLETE)
		judge_cut_short(&j);
	if (out->want == JUDGE_DONE) {
		assert(out->done.result_class != CLASS_UNKNOWN);
		out->questions_count = 0;
	}
}

void judge_replay(const struct check *check, enum check_kind kind,
                  const struct evidence *evidence, struct arena *arena,
                  struct judgement *out)
{
	struct judge_step step;
	struct judging j = { check, evidence, arena, &step };

	memset(&step, 0, sizeof(step));
	if (evidence->kind != kind) {
		judge_end(&j, REASON_EVIDENCE_INCOMPLETE,
		          "the evidence is of another kind of check");
	} else if (evidence->end == EVIDENCE_END_UNKNOWN) {
		judge_end(&j, REASON_EVIDENCE_INCOMPLETE,
		          "the evidence is not marked as ended");
	} else {
		judge_next(check, kind, evidence, arena, &step);
		if (step.want != JUDGE_DONE) {
			const char *words = wanted_words(&j);

			step.done = (struct judgement){ 0 };
			judge_end(&j, REASON_EVIDENCE_INCOMPLETE,
			          "the evidence ends%s", words);
		}
	}
	*out = step.done;
}
