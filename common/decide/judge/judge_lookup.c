#include "base/name.h"
#include "decide/judge/judge_internal.h"

static const struct dns_evidence *find(const struct evidence *e,
                                       struct span name, uint16_t type,
                                       bool fresh)
{
	for (size_t i = 0; i < e->dns_count; i++)
		if (e->dns[i].type == type &&
		    opt_bool_or(e->dns[i].fresh, false) == fresh &&
		    span_eq(e->dns[i].name, name))
			return &e->dns[i];
	return NULL;
}

static void fail(struct lookup *out, enum reason failure, const char *why)
{
	out->state = LOOKUP_FAILED;
	out->failure = failure;
	out->why = why;
}

/* an error response is a failed lookup, not an empty set. */
static void fail_by_rcode(struct judging *j, int64_t rcode, struct lookup *out)
{
	if (rcode == DNS_RCODE_NOERROR || rcode == DNS_RCODE_SERVFAIL ||
	    rcode == DNS_RCODE_NXDOMAIN)
		fail(out, REASON_DNS_SERVFAIL, "no usable answer");
	else
		fail(out, REASON_DNS_REFUSED,
		     arena_printf(j->arena, "response code %lld",
		                  (long long)rcode));
}

static enum reason packet_reason(enum packet_result result)
{
	switch (result) {
	case PACKET_TOO_MANY: return REASON_DNS_TOO_MANY_RECORDS;
	case PACKET_CHAIN: return REASON_DNS_CHAIN;
	case PACKET_OK:
	case PACKET_MALFORMED:
	case PACKET_RCODE:
	case PACKET_TRUNCATED:
	case PACKET_OTHER_QUESTION: break;
	}
	return REASON_DNS_MALFORMED;
}

static void read_answer(struct judging *j, const struct dns_evidence *seen,
                        struct lookup *out)
{
	enum packet_result result =
		dns_packet_read(seen->packet, seen->name, (uint16_t)seen->type,
	                        j->arena, &out->answer);

	if (result == PACKET_RCODE) {
		fail_by_rcode(j, out->answer.rcode, out);
		return;
	}
	if (result != PACKET_OK) {
		fail(out, packet_reason(result), packet_result_name(result));
		return;
	}
	if (out->answer.records_count > 0)
		out->state = LOOKUP_RECORDS;
	else if (out->answer.rcode == DNS_RCODE_NXDOMAIN)
		out->state = LOOKUP_NXDOMAIN;
	else
		out->state = LOOKUP_NODATA;
}

bool judge_was_looked_up(const struct judging *j, struct span name,
                         uint16_t type)
{
	return find(j->evidence, name, type, false) != NULL;
}

static void look(struct judging *j, const struct dns_evidence *seen,
                 struct lookup *out)
{
	*out = (struct lookup){ .state = LOOKUP_MISSING, .why = "" };
	if (seen == NULL)
		return;
	out->at_ms = seen->at_ms;
	out->seen = seen;
	switch (seen->status) {
	case DNS_SECURE:
	case DNS_INSECURE: read_answer(j, seen, out); return;
	case DNS_BOGUS: /* never permission, never control */
		fail(out, REASON_DNSSEC_BOGUS,
		     judge_shown(j, seen->why_bogus, 120));
		return;
	case DNS_FAILED: fail_by_rcode(j, seen->rcode, out); return;
	case DNS_UNANSWERED:
		fail(out, REASON_TIMEOUT_DNS, "no answer in time");
		return;
	case DNS_NOT_ASKED: /* a fault of ours is nobody's permission */
		fail(out, REASON_RESOLVER_FAILED, "it was not asked");
		return;
	case DNS_UNKNOWN: break;
	}
	fail(out, REASON_EVIDENCE_MALFORMED, "lookup without a known status");
}

void judge_lookup(struct judging *j, struct span name, uint16_t type,
                  struct lookup *out)
{
	look(j, find(j->evidence, name, type, false), out);
}

void judge_lookup_fresh(struct judging *j, struct span name, uint16_t type,
                        struct lookup *out)
{
	look(j, find(j->evidence, name, type, true), out);
}

void judge_end_failed(struct judging *j, const struct lookup *lookup,
                      struct span name)
{
	judge_end(j, lookup->failure, "%s: %s",
	          judge_shown(j, name, NAME_MAX_TEXT), lookup->why);
}
