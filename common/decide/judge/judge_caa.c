#include "base/name.h"
#include "decide/judge/caa_conditions.h"
#include "decide/judge/caa_parse.h"
#include "decide/judge/judge_internal.h"

/* Why a set denies; the later the closer to a permission. */
enum verdict {
	VERDICT_FORBIDS,    /* names others, nobody, or nothing readable */
	VERDICT_PARAMETERS, /* names us, on conditions that do not hold */
	VERDICT_PERMITS
};

struct caa_set {
	struct caa *records;
	size_t count;
};

static bool has_tag(const struct caa *caa, const char *tag)
{
	return span_eq_nocase(caa->tag, span_str(tag));
}

/* Tags whose meaning we know, so that "critical" on them changes nothing
   (RFC 8659, 4; RFC 9495; the registry's contact and VMC tags). */
static bool tag_is_known(const struct caa *caa)
{
	static const char *const known[] = {
		"issue",        "issuewild",    "issuemail", "iodef",
		"contactemail", "contactphone", "issuevmc",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (has_tag(caa, known[i]))
			return true;
	return false;
}

static size_t count_tag(const struct caa_set *set, const char *tag)
{
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++)
		n += has_tag(&set->records[i], tag) ? 1 : 0;
	return n;
}

/* The property that restricts this certificate (RFC 8659, 4.3; R-084). */
static const char *governing_tag(const struct judging *j,
                                 const struct caa_set *set)
{
	if (j->check->caa.certificate_type == CERT_S_MIME)
		return "issuemail";
	if (j->check->target.len > 2 && j->check->target.p[0] == '*' &&
	    count_tag(set, "issuewild") > 0)
		return "issuewild";
	return "issue";
}

static bool is_our_issuer(const struct judging *j, struct span domain)
{
	const struct text_list *ours = &j->check->caa.caa_domains;

	for (size_t i = 0; i < ours->count; i++)
		if (domain.len > 0 && span_eq_nocase(ours->items[i], domain))
			return true;
	return false;
}

/* A malformed value names no issuer. */
static enum verdict weigh(const struct judging *j, struct span value)
{
	struct caa_issue issue;

	if (!caa_issue_parse(value, &issue) || !is_our_issuer(j, issue.domain))
		return VERDICT_FORBIDS;
	if (!caa_conditions_hold(&issue, j->check->account_uri,
	                         j->check->dcv.validation_method))
		return VERDICT_PARAMETERS;
	return VERDICT_PERMITS;
}

static bool begins_with(struct span s, const char *prefix)
{
	return span_eq_nocase(span_sub(s, 0, strlen(prefix)), span_str(prefix));
}

/* Whom the owner wants to hear of what was refused: only ways that
   RFC 8659, 4.4 has. */
static const char *owner_wants(struct judging *j, const struct caa_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct span value = set->records[i].value;

		if (has_tag(&set->records[i], "iodef") &&
		    (begins_with(value, "mailto:") ||
		     begins_with(value, "https://") ||
		     begins_with(value, "http://")))
			return arena_printf(j->arena, "; iodef %s",
			                    judge_shown(j, value, 100));
	}
	return "";
}

/* enough to tell the owner why, and with the evidence to prove it. */
static void end_with(struct judging *j, enum reason reason, struct span node,
                     const struct caa *caa, const struct caa_set *set)
{
	bool refused = judge_class_of(reason) != CLASS_CORROBORATED;

	judge_end(j, reason, "%zu CAA at %s: %u %s \"%s\"%s", set->count,
	          judge_shown(j, node, NAME_MAX_TEXT), (unsigned)caa->flags,
	          judge_shown(j, caa->tag, 20), judge_shown(j, caa->value, 80),
	          refused ? owner_wants(j, set) : "");
}

/* Any permitting record is enough; else the best refusal is told. */
static void judge_values(struct judging *j, const struct caa_set *set,
                         struct span node)
{
	static const enum reason reasons[] = {
		[VERDICT_FORBIDS] = REASON_CAA_FORBIDS,
		[VERDICT_PARAMETERS] = REASON_CAA_PARAMETERS,
		[VERDICT_PERMITS] = REASON_CAA_PERMITS,
	};
	const char *tag = governing_tag(j, set);
	const struct caa *told = NULL;
	enum verdict best = VERDICT_FORBIDS;

	for (size_t i = 0; i < set->count; i++) {
		const struct caa *caa = &set->records[i];

		if (!has_tag(caa, tag))
			continue;

		enum verdict verdict = weigh(j, caa->value);

		if (told == NULL || verdict > best) {
			told = caa;
			best = verdict;
		}
	}
	if (told == NULL)
		judge_end(j, REASON_CAA_UNRESTRICTED,
		          "%zu CAA at %s, none is %s", set->count,
		          judge_shown(j, node, NAME_MAX_TEXT), tag);
	else
		end_with(j, reasons[best], node, told, set);
}

static void judge_set(struct judging *j, const struct dns_answer *answer,
                      struct span node)
{
	struct caa_set set = {
		.records = arena_calloc(j->arena, answer->records_count,
		                        sizeof(struct caa)),
		.count = answer->records_count,
	};

	for (size_t i = 0; i < set.count; i++) {
		enum caa_result result =
			caa_parse(answer->records[i], &set.records[i]);

		if (result != CAA_OK) {
			judge_end(j, REASON_CAA_MALFORMED, "CAA at %s: %s",
			          judge_shown(j, node, NAME_MAX_TEXT),
			          caa_result_name(result));
			return;
		}
	}
	for (size_t i = 0; i < set.count; i++)
		if (caa_is_critical(&set.records[i]) &&
		    !tag_is_known(&set.records[i])) {
			end_with(j, REASON_CAA_CRITICAL, node, &set.records[i],
			         &set);
			return;
		}
	judge_values(j, &set, node);
}

static void judge_governing(struct judging *j, const struct climb *climb)
{
	const struct lookup *lookup = &climb->lookup;

	judge_set(j, &lookup->answer, climb->node);
	j->out->done.looked_up_ms = lookup->at_ms;
	/* evidence may say any time */
	if (lookup->at_ms <= TIME_MAX_MS)
		j->out->done.expires_ms = SOME_INT(
			lookup->at_ms + (int64_t)lookup->answer.ttl_min * 1000);
}

/* The levels above a lookup that failed are asked as if it had found nothing: a
   set there may still refuse, but whatever it permits rests on the failure. */
static void tell_forgiven(struct judging *j, const struct climb *climb)
{
	int64_t earliest = climb->earliest_ms;

	if (j->out->want != JUDGE_DONE || climb->forgiven.len == 0 ||
	    j->out->done.result_class != CLASS_CORROBORATED)
		return;
	if (j->out->done.looked_up_ms < earliest)
		earliest = j->out->done.looked_up_ms;
	judge_end(j, REASON_CAA_LOOKUP_FAILURE_INSECURE,
	          "the lookup at %s failed twice, its zone has no DNSSEC, %s "
	          "was looked up",
	          judge_shown(j, climb->forgiven, NAME_MAX_TEXT),
	          judge_shown(j, j->check->caa.caa_domains.items[0], 80));
	j->out->done.looked_up_ms = earliest;
}

static void judge_from(struct judging *j, struct span name)
{
	struct climb climb = { .may_forgive = true };

	switch (judge_climb(j, name, &climb)) {
	case CLIMB_OPEN: return;
	case CLIMB_SET: judge_governing(j, &climb); break;
	case CLIMB_NOTHING:
		judge_end(j, REASON_CAA_NO_RECORDS,
		          "no CAA from %s up to its TLD",
		          judge_shown(j, name, NAME_MAX_TEXT));
		j->out->done.looked_up_ms = climb.earliest_ms;
		break;
	}
	tell_forgiven(j, &climb);
}

void judge_caa(struct judging *j)
{
	struct span name = name_without_wildcard(j->check->target);
	struct addr addr;

	if (addr_parse(name, &addr)) {
		judge_end(j, REASON_CAA_FOR_ADDRESS,
		          "CAA says nothing about addresses");
		return;
	}
	if (name.len == 0 || name.len > NAME_MAX_TEXT) {
		judge_end(j, REASON_NAME_INVALID, "no name to climb from");
		return;
	}
	judge_from(j, name);
}
