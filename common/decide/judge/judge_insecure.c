#include "base/name.h"
#include "base/text.h"
#include "decide/judge/dns_denial.h"
#include "decide/judge/judge_internal.h"

/*
 * a lookup that failed counts as permission only if both request and
 * deployment allow it, it was tried again, the zone is proven to be without
 * DNSSEC, and our own side works: the issuer's own name is looked up by the
 * same resolver in the same seconds. A failed lookup has no security status of
 * its own, so the proof is a denial of DS at a cut at or above the name.
 */
enum { TRIES_WANTED = 2, CANARY_AFTER_MS = 10000 };

static bool may_be_forgiven(const struct judging *j,
                            const struct lookup *failed)
{
	size_t labels =
		name_label_count(name_without_wildcard(j->check->target));

	/* CAA and DS of each level, and the canary */
	return opt_bool_or(j->check->caa.allow_lookup_failure, false) &&
	       j->check->caa.caa_domains.count > 0 &&
	       (failed->seen->status == DNS_FAILED ||
	        failed->seen->status == DNS_UNANSWERED) &&
	       failed->seen->tries >= TRIES_WANTED &&
	       2 * labels + 1 <= EVIDENCE_DNS_MAX;
}

/* The CA's own name, as questions are written. */
static struct span canary(struct judging *j)
{
	struct span issuer = j->check->caa.caa_domains.items[0];
	uint8_t *p = arena_alloc(j->arena, issuer.len + 1);

	for (size_t i = 0; i < issuer.len; i++)
		p[i] = ascii_lower(issuer.p[i]);
	return span_of(p, issuer.len);
}

/* Any answer will do: records or none, it came from where it should. */
static bool canary_lives(const struct lookup *seen, const struct lookup *failed)
{
	int64_t ended;

	if (failed->at_ms > TIME_MAX_MS || failed->seen->took_ms > TIME_MAX_MS)
		return false; /* evidence may say anything */
	ended = failed->at_ms + failed->seen->took_ms;
	return (seen->state == LOOKUP_RECORDS ||
	        seen->state == LOOKUP_NODATA) &&
	       seen->at_ms >= failed->at_ms &&
	       seen->at_ms <= ended + CANARY_AFTER_MS;
}

static bool is_cut_without_keys(struct judging *j, const struct lookup *ds,
                                struct span node)
{
	if (ds->state != LOOKUP_NODATA || ds->answer.chain_length > 0)
		return false;
	return ds->seen->status == DNS_INSECURE ||
	       (ds->seen->status == DNS_SECURE &&
	        dns_denial_shows_cut(ds->seen->packet, node, j->arena));
}

enum proof judge_insecure(struct judging *j, const struct lookup *failed,
                          struct span node)
{
	struct lookup seen;
	struct span own;
	bool proven = false;

	if (!may_be_forgiven(j, failed))
		return PROOF_NONE;
	own = canary(j);
	if (!name_is_host(own))
		return PROOF_NONE;
	judge_lookup(j, own, DNS_TYPE_CAA, &seen);
	if (seen.state == LOOKUP_MISSING)
		judge_want_dns(j, own, DNS_TYPE_CAA);
	else if (!canary_lives(&seen, failed))
		return PROOF_NONE;
	for (; node.len > 0; node = name_parent(node)) {
		judge_lookup(j, node, DNS_TYPE_DS, &seen);
		if (seen.state == LOOKUP_MISSING)
			judge_want_dns(j, node, DNS_TYPE_DS);
		else
			proven = proven || is_cut_without_keys(j, &seen, node);
	}
	if (j->out->want == JUDGE_WANTS_DNS)
		return PROOF_OPEN;
	return proven ? PROOF_SHOWN : PROOF_NONE;
}
