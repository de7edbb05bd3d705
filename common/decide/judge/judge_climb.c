#include "base/name.h"
#include "decide/judge/judge_internal.h"

/*
 * From the name itself up to and including its top-level domain; the first set
 * that is not empty governs, alone. All nodes are asked for at once,
 * since one answer after the other costs a round trip per label.
 */
static void want_missing(struct judging *j, struct span node)
{
	for (; node.len > 0; node = name_parent(node))
		if (!judge_was_looked_up(j, node, DNS_TYPE_CAA))
			judge_want_dns(j, node, DNS_TYPE_CAA);
}

/* A TLD that does not exist is no place to issue for (design, CAA). */
static bool is_tld(struct span node)
{
	return name_parent(node).len == 0;
}

/* R-068; false: *j->out wants or ended. */
static bool is_forgiven(struct judging *j, struct climb *climb)
{
	enum proof proof = PROOF_NONE;

	if (climb->may_forgive)
		proof = judge_insecure(j, &climb->lookup, climb->node);
	if (proof == PROOF_NONE)
		judge_end_failed(j, &climb->lookup, climb->node);
	if (proof == PROOF_SHOWN && climb->forgiven.len == 0)
		climb->forgiven = climb->node;
	return proof == PROOF_SHOWN;
}

enum climb_state judge_climb(struct judging *j, struct span from,
                             struct climb *out)
{
	struct lookup *lookup = &out->lookup;

	if (name_label_count(from) > EVIDENCE_DNS_MAX) {
		judge_end(j, REASON_EVIDENCE_TOO_LARGE, "%zu labels to climb",
		          name_label_count(from));
		return CLIMB_OPEN;
	}
	out->earliest_ms = INT64_MAX;
	for (struct span node = from; node.len > 0; node = name_parent(node)) {
		out->node = node;
		judge_lookup(j, node, DNS_TYPE_CAA, lookup);
		if (lookup->state == LOOKUP_MISSING) {
			want_missing(j, node);
			return CLIMB_OPEN;
		}
		if (lookup->state == LOOKUP_FAILED && /* */
		    !is_forgiven(j, out))
			return CLIMB_OPEN;
		if (lookup->state == LOOKUP_RECORDS)
			return CLIMB_SET;
		if (lookup->state == LOOKUP_NXDOMAIN && is_tld(node)) {
			judge_end(j, REASON_DNS_NXDOMAIN,
			          "the top-level domain %s does not exist",
			          judge_shown(j, node, NAME_MAX_TEXT));
			return CLIMB_OPEN;
		}
		if (lookup->at_ms < out->earliest_ms)
			out->earliest_ms = lookup->at_ms;
	}
	return CLIMB_NOTHING;
}
