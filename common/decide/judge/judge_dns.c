#include "base/name.h"
#include "base/text.h"
#include "decide/judge/caa_parse.h"
#include "decide/judge/judge_internal.h"
#include "decide/method/names.h"

/* What is looked for, and where. */
struct dns_search {
	struct span name;
	uint16_t type;
	const char *type_name;
	struct span value;
	bool exact; /* else the value may stand inside a record */
	bool fold;  /* without case */
};

/* The record as the text that Open MPIC compares with; false: not readable. */
static bool record_text(struct judging *j, uint16_t type, struct span rdata,
                        struct span *out)
{
	struct caa caa;

	switch (type) {
	case DNS_TYPE_TXT: return dns_txt_join(rdata, j->arena, out);
	case DNS_TYPE_CAA:
		if (caa_parse(rdata, &caa) != CAA_OK)
			return false;
		*out = caa.value;
		return true;
	default: *out = rdata; return true; /* CNAME: text already */
	}
}

/* "a.example." and "a.example" are the same alias. */
static struct span without_dot(struct span s, uint16_t type)
{
	if (type == DNS_TYPE_CNAME && s.len > 1 && s.p[s.len - 1] == '.')
		s.len--;
	return s;
}

static bool matches(const struct dns_search *search, struct span text)
{
	struct span value = without_dot(search->value, search->type);

	if (!search->exact)
		return judge_contains(text, value, search->fold);
	return search->fold ? span_eq_nocase(text, value)
	                    : span_eq(text, value);
}

static void judge_records(struct judging *j, const struct dns_search *search,
                          const struct dns_answer *answer)
{
	const char *at = judge_shown(j, answer->end, 80);
	const char *seen = "nothing readable";

	for (size_t i = 0; i < answer->records_count; i++) {
		struct span text;

		if (!record_text(j, search->type, answer->records[i], &text))
			continue;
		if (matches(search, text)) {
			judge_end(j, REASON_VALUE_FOUND, "%s at %s, %zu of %zu",
			          search->type_name, at, i + 1,
			          answer->records_count);
			j->out->done.authorization_domain_name =
				judge_domain(j);
			return;
		}
		if (i == 0)
			seen = judge_shown(j, text, 100);
	}
	judge_end(j, REASON_VALUE_NOT_FOUND, "%zu %s at %s, first: %s",
	          answer->records_count, search->type_name, at, seen);
}

static void judge_search(struct judging *j, const struct dns_search *search)
{
	struct lookup lookup;

	if (judge_records_at(j, search->name, search->type, search->type_name,
	                     &lookup))
		judge_records(j, search, &lookup.answer);
}

/* base64url of a digest, so byte for byte. */
static void judge_hash(struct judging *j)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	struct dns_search search = {
		.type = DNS_TYPE_TXT,
		.type_name = "TXT",
		.value = dcv->key_authorization_hash,
		.exact = true,
	};
	struct span base;

	if (judge_take_name(j, &base) && judge_has_value(j, search.value) &&
	    judge_take_prefixed(j,
	                        method_prefix(dcv->validation_method, false,
	                                      j->check->account_uri, j->arena),
	                        base, &search.name))
		judge_search(j, &search);
}

/* RFC 8555, 8.4 */
void judge_dns01(struct judging *j)
{
	judge_hash(j);
}

/* BR 3.2.2.4.21: the same below a label that only this account has. */
void judge_dns_account(struct judging *j)
{
	if (j->check->account_uri.len == 0)
		judge_end(j, REASON_FIELD_MISSING,
		          "the check names no account");
	else
		judge_hash(j);
}

/* One label that begins with an underscore (BR 3.2.2.4.7). */
static bool prefix_is_good(struct span prefix)
{
	if (prefix.len < 2 || prefix.len > NAME_MAX_LABEL || prefix.p[0] != '_')
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (!ascii_is_alnum(prefix.p[i]) && prefix.p[i] != '-' &&
		    prefix.p[i] != '_')
			return false;
	return true;
}

static bool take_type(struct judging *j, struct dns_search *search)
{
	switch (j->check->dcv.dns_record_type) {
	case RECORD_TXT:
		search->type = DNS_TYPE_TXT;
		search->type_name = "TXT";
		return true;
	case RECORD_CNAME:
		search->type = DNS_TYPE_CNAME;
		search->type_name = "CNAME";
		return true;
	case RECORD_CAA:
		search->type = DNS_TYPE_CAA;
		search->type_name = "CAA";
		return true;
	case RECORD_UNKNOWN:
	case RECORD_A:
	case RECORD_AAAA:
	case RECORD_PTR: break;
	}
	judge_end(j, REASON_METHOD_NOT_SUPPORTED,
	          "the value is looked for in TXT, CNAME or CAA only");
	return false;
}

/* A name that holds the value may bring it back without any say of its owner: a
   DNAME makes an alias of whatever was asked for (RFC 6672, 3.1), and some
   servers answer with the question. */
static bool value_is_asked_for(const struct dns_search *search)
{
	return judge_contains(search->name,
	                      without_dot(search->value, DNS_TYPE_CNAME), true);
}

void judge_dns_change(struct judging *j)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	struct dns_search search = { .value = dcv->challenge_value };
	struct span base;

	if (!judge_take_name(j, &base) || !judge_has_value(j, search.value) ||
	    !take_type(j, &search))
		return;
	search.exact = opt_bool_or(dcv->require_exact_match, false);
	search.fold = !opt_bool_or(dcv->require_exact_case,
	                           search.type == DNS_TYPE_TXT);
	search.name = base;
	if (dcv->dns_name_prefix.len > 0) {
		if (!prefix_is_good(dcv->dns_name_prefix)) {
			judge_end(j, REASON_PREFIX_INVALID,
			          "the prefix is not one label with _ first");
			return;
		}
		if (!judge_take_prefixed(j,
		                         judge_folded(j, dcv->dns_name_prefix),
		                         base, &search.name))
			return;
	}
	if (value_is_asked_for(&search)) {
		judge_end(j, REASON_CHALLENGE_IN_REQUEST,
		          "the name that is asked for contains the value");
		return;
	}
	judge_search(j, &search);
}
