#include "base/name.h"
#include "decide/judge/caa_parse.h"
#include "decide/judge/judge_internal.h"
#include "decide/method/contact.h"
#include "decide/method/names.h"

/*
 * BR appendix A: whom to ask whether a certificate may be issued. Which of the
 * contacts is asked was selected before (match_value); a perspective says
 * whether the owner publishes that one where it looks.
 */
struct contacts {
	enum contact_kind kind;
	const char *caa_tag;
	const char *type_name;
	struct span at;
	size_t records;
	size_t readable;
	const char *first;
	struct span found; /* the selected one, canonical */
};

/* A value that is no contact names nobody; the others still count. */
static void note(struct judging *j, struct contacts *c, struct span value)
{
	struct span canonical;

	c->records++;
	if (!contact_canonical(c->kind, value, j->arena, &canonical))
		return;
	if (c->readable++ == 0)
		c->first = judge_shown(j, canonical, 80);
	if (span_eq(canonical, j->check->match_value))
		c->found = canonical;
}

static void end(struct judging *j, const struct contacts *c)
{
	const char *at = judge_shown(j, c->at, 80);

	if (c->found.len > 0) {
		judge_end(j, REASON_VALUE_FOUND, "%s at %s, one of %zu",
		          c->type_name, at, c->readable);
		j->out->done.observed = c->found;
		j->out->done.authorization_domain_name = judge_domain(j);
	} else if (c->records == 0) {
		judge_end(j, REASON_DNS_NO_RECORD, "no %s at %s", c->type_name,
		          at);
	} else {
		judge_end(j, REASON_VALUE_NOT_FOUND,
		          "%zu %s at %s, %zu usable, first: %s", c->records,
		          c->type_name, at, c->readable, c->first);
	}
}

static void judge_txt(struct judging *j, struct contacts *c, struct span base)
{
	struct span prefix =
		method_prefix(j->check->dcv.validation_method, false,
	                      j->check->account_uri, j->arena);
	struct lookup lookup;
	struct span text;

	c->type_name = "TXT";
	if (!judge_take_prefixed(j, prefix, base, &c->at) ||
	    !judge_records_at(j, c->at, DNS_TYPE_TXT, "TXT", &lookup))
		return;
	for (size_t i = 0; i < lookup.answer.records_count; i++) {
		if (!dns_txt_join(lookup.answer.records[i], j->arena, &text))
			text = (struct span){ NULL, 0 };
		note(j, c, text);
	}
	end(j, c);
}

static void note_set(struct judging *j, struct contacts *c,
                     const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->records_count; i++) {
		struct caa caa;

		if (caa_parse(answer->records[i], &caa) == CAA_OK &&
		    span_eq_nocase(caa.tag, span_str(c->caa_tag)))
			note(j, c, caa.value);
	}
}

/* The governing set alone, whatever else it holds (RFC 8659, 3). */
static void judge_set(struct judging *j, struct contacts *c, struct span base)
{
	struct climb climb = { 0 };

	c->type_name = c->caa_tag;
	switch (judge_climb(j, base, &climb)) {
	case CLIMB_OPEN: return;
	case CLIMB_SET:
		c->at = climb.node;
		note_set(j, c, &climb.lookup.answer);
		break;
	case CLIMB_NOTHING: c->at = base; break;
	}
	end(j, c);
}

void judge_contact(struct judging *j)
{
	enum validation_method method = j->check->dcv.validation_method;
	struct contacts c = {
		.kind = contact_kind_of(method),
		.first = "nothing",
	};
	struct span base;

	if (!judge_take_name(j, &base) ||
	    !judge_has_value(j, j->check->match_value))
		return;
	c.caa_tag = c.kind == CONTACT_EMAIL ? "contactemail" : "contactphone";
	if (method == METHOD_CONTACT_EMAIL_CAA ||
	    method == METHOD_CONTACT_PHONE_CAA)
		judge_set(j, &c, base);
	else
		judge_txt(j, &c, base);
}
