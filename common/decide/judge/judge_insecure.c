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
 *
 * Checks share contexts of the resolver, and what they ask there can fail by
 * what others did: a failure that is kept, an equal question that is in flight,
 * ports and connections that they hold. So what failed has to fail twice more
 * where nobody else asks.
 *
 * What failed may be another zone than the name's own, where an alias leads:
 * the aliases are followed, and each zone on the way must be proven. All of
 * this is asked anew, after the failure: a cache would tell of before.
 */
enum {
	TRIES_WANTED = 2,
	CANARY_AFTER_MS = 10000,
	ALIASES_MAX = 8,
	LABELS_MAX = 10 /* CAA twice, DS and CNAME are looked up at each */
};

static bool is_deep(struct span name)
{
	return name_label_count(name) > LABELS_MAX;
}

static bool failed_twice(const struct lookup *lookup)
{
	return (lookup->seen->status == DNS_FAILED ||
	        lookup->seen->status == DNS_UNANSWERED) &&
	       lookup->seen->tries >= TRIES_WANTED;
}

static bool may_be_forgiven(const struct judging *j,
                            const struct lookup *failed)
{
	return opt_bool_or(j->check->caa.allow_lookup_failure, false) &&
	       j->check->caa.caa_domains.count > 0 && failed_twice(failed) &&
	       !is_deep(name_without_wildcard(j->check->target));
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

static enum proof prove_side(struct judging *j, const struct lookup *failed)
{
	struct span own = judge_folded(j, j->check->caa.caa_domains.items[0]);
	struct lookup seen;

	if (!name_is_host(own))
		return PROOF_NONE;
	judge_lookup_fresh(j, own, DNS_TYPE_CAA, &seen);
	if (seen.state == LOOKUP_MISSING) {
		judge_want_fresh(j, own, DNS_TYPE_CAA);
		return PROOF_OPEN;
	}
	return canary_lives(&seen, failed) ? PROOF_SHOWN : PROOF_NONE;
}

static enum proof prove_failure(struct judging *j, struct span node)
{
	struct lookup seen;

	judge_lookup_fresh(j, node, DNS_TYPE_CAA, &seen);
	if (seen.state == LOOKUP_MISSING) {
		judge_want_fresh(j, node, DNS_TYPE_CAA);
		return PROOF_OPEN;
	}
	return failed_twice(&seen) ? PROOF_SHOWN : PROOF_NONE;
}

/* A cut without keys at the name or above it. */
static enum proof prove_zone(struct judging *j, struct span node)
{
	enum proof proof = PROOF_NONE;
	bool open = false;

	for (; node.len > 0; node = name_parent(node)) {
		struct lookup seen;

		judge_lookup_fresh(j, node, DNS_TYPE_DS, &seen);
		if (seen.state == LOOKUP_MISSING) {
			judge_want_fresh(j, node, DNS_TYPE_DS);
			open = true;
		} else if (is_cut_without_keys(j, &seen, node)) {
			proof = PROOF_SHOWN;
		}
	}
	return open ? PROOF_OPEN : proof;
}

/* Where the alias at a name leads. SHOWN: there is none, or the zone is too
   dead to say, so that it is the one that failed. */
static enum proof next_alias(struct judging *j, struct span at,
                             struct span *next)
{
	struct lookup seen;

	*next = (struct span){ NULL, 0 };
	judge_lookup_fresh(j, at, DNS_TYPE_CNAME, &seen);
	switch (seen.state) {
	case LOOKUP_MISSING:
		judge_want_fresh(j, at, DNS_TYPE_CNAME);
		return PROOF_OPEN;
	case LOOKUP_FAILED:
		return seen.seen->status == DNS_FAILED ||
		                       seen.seen->status == DNS_UNANSWERED
		               ? PROOF_SHOWN
		               : PROOF_NONE;
	case LOOKUP_NXDOMAIN:
	case LOOKUP_NODATA: return PROOF_SHOWN;
	case LOOKUP_RECORDS: break;
	}
	*next = judge_folded(j, seen.answer.records[0]);
	return name_is_host(*next) ? PROOF_SHOWN : PROOF_NONE;
}

static enum proof prove_zones(struct judging *j, struct span node)
{
	for (int i = 0; i <= ALIASES_MAX; i++) {
		if (is_deep(node))
			return PROOF_NONE;

		enum proof zone = prove_zone(j, node);
		enum proof alias = next_alias(j, node, &node);

		if (zone == PROOF_NONE || alias == PROOF_NONE)
			return PROOF_NONE;
		if (zone == PROOF_OPEN || alias == PROOF_OPEN)
			return PROOF_OPEN;
		if (node.len == 0)
			return PROOF_SHOWN;
	}
	return PROOF_NONE;
}

enum proof judge_insecure(struct judging *j, const struct lookup *failed,
                          struct span node)
{
	enum proof side, anew, zones;

	if (!may_be_forgiven(j, failed))
		return PROOF_NONE;
	side = prove_side(j, failed);
	if (side == PROOF_NONE)
		return PROOF_NONE;
	anew = prove_failure(j, node);
	if (anew == PROOF_NONE)
		return PROOF_NONE;
	zones = prove_zones(j, node);
	if (zones == PROOF_NONE)
		return PROOF_NONE;
	return side == PROOF_OPEN || anew == PROOF_OPEN ? PROOF_OPEN : zones;
}
