#include "ctl/show.h"

#include "base/escape.h"
#include "ctl/json_member.h"
#include "ctl/told.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum column { ID, TARGET, OUTCOME, REASON, QUORUM, RIRS, SAW, COLUMNS };

static const char *const titles[COLUMNS] = {
	[ID] = "REQUEST",       [TARGET] = "TARGET", [OUTCOME] = "OUTCOME",
	[REASON] = "REASON",    [QUORUM] = "QUORUM", [RIRS] = "RIRS",
	[SAW] = "WHO SAW WHAT",
};

const char show_legend[] =
	"Who saw what, dcv before caa: + corroborated, - disagreed, E error,\n"
	"T timed out, L late, M missing, . not waited for, R refused; "
	"* the primary.\n";

struct table *show_table(bool streaming)
{
	static const size_t widths[COLUMNS] = {
		[ID] = 16,     [TARGET] = 24, [OUTCOME] = 13, [REASON] = 20,
		[QUORUM] = 15, [RIRS] = 13,   [SAW] = 19,
	};
	struct table *table = table_new(titles, COLUMNS, OUTCOME);

	if (streaming)
		table_fix(table, widths);
	return table;
}

/* -- cells -- */

static char letter(enum result_class c)
{
	switch (c) {
	case CLASS_CORROBORATED: return '+';
	case CLASS_DISAGREED: return '-';
	case CLASS_ERROR: return 'E';
	case CLASS_TIMED_OUT: return 'T';
	case CLASS_LATE: return 'L';
	case CLASS_MISSING: return 'M';
	case CLASS_OUTSTANDING: return '.';
	case CLASS_REFUSED: return 'R';
	case CLASS_UNKNOWN: break;
	}
	return '?';
}

/* "nyc*++ ams++ sin+-" */
static void saw(const struct decision *d, struct buf *out)
{
	const struct decided_attempt *last;

	if (d->attempts_count == 0)
		return;
	last = &d->attempts[d->attempts_count - 1];
	for (size_t i = 0; i < last->perspectives_count; i++) {
		const struct perspective_outcome *p = &last->perspectives[i];

		buf_add_str(out, i > 0 ? " " : "");
		buf_add_span(out, p->code);
		buf_add_str(out, p->role == ROLE_PRIMARY ? "*" : "");
		for (size_t v = 0; v < p->votes_count; v++)
			buf_add_u8(out,
			           (uint8_t)letter(p->votes[v].result_class));
	}
	if (d->attempts_count > 1)
		buf_printf(out, " (attempt %zu)", d->attempts_count);
}

static void quorums(const struct decision *d, struct buf *out)
{
	for (size_t i = 0; i < d->quorums_count; i++) {
		const struct set_quorum *q = &d->quorums[i];

		buf_printf(out, "%s%s ", i > 0 ? " " : "",
		           check_kind_name(q->kind));
		buf_add_span(out, q->quorum);
	}
}

static bool in_list(const struct text_list *list, struct span text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (span_eq(list->items[i], text))
			return true;
	}
	return false;
}

/* Each once, whatever set it corroborated. */
static void rirs(const struct decision *d, struct buf *out)
{
	for (size_t i = 0; i < d->quorums_count; i++) {
		const struct text_list *list = &d->quorums[i].rirs;

		for (size_t j = 0; j < list->count; j++) {
			if (i > 0 &&
			    in_list(&d->quorums[0].rirs, list->items[j]))
				continue;
			buf_add_str(out, out->len > 0 ? " " : "");
			buf_add_span(out, list->items[j]);
		}
	}
}

static enum table_tone tone(const struct answer *a)
{
	switch (a->decision.outcome) {
	case OUTCOME_ISSUE:
	case OUTCOME_CORROBORATED: return TONE_GOOD;
	case OUTCOME_DO_NOT_ISSUE: return TONE_BAD;
	case OUTCOME_REJECTED:
	case OUTCOME_UNKNOWN: break;
	}
	return TONE_ODD;
}

static void note_issue(struct table *table, const struct request_issue *issue)
{
	struct buf text = { 0 };

	buf_add_span(&text, issue->field);
	buf_printf(&text, "%s%s", issue->field.len > 0 ? ": " : "",
	           reason_name(issue->reason));
	if (issue->detail.len > 0) {
		buf_add_str(&text, ": ");
		buf_add_span(&text, issue->detail);
	}
	table_note(table, buf_span(&text));
	buf_clear(&text);
}

static void note_vote(struct table *table, const struct perspective_outcome *p,
                      const struct perspective_vote *v)
{
	struct buf text = { 0 };

	buf_add_span(&text, p->code);
	buf_printf(&text, " (%s, ", perspective_role_name(p->role));
	buf_add_span(&text, p->rir);
	buf_printf(&text, ") %s %s: %s", check_kind_name(v->kind),
	           result_class_name(v->result_class), reason_name(v->reason));
	if (v->detail.len > 0) {
		buf_add_str(&text, ": ");
		buf_add_span(&text, v->detail);
	}
	table_note(table, buf_span(&text));
	buf_clear(&text);
}

static void note_attempt(struct table *table, const struct decided_attempt *a)
{
	struct buf text = { 0 };

	buf_printf(&text, "attempt %lld closed by %s: %s", (long long)a->number,
	           closed_by_name(a->close.closed_by),
	           outcome_name(a->close.outcome));
	table_note(table, buf_span(&text));
	buf_clear(&text);
	for (size_t i = 0; i < a->perspectives_count; i++) {
		const struct perspective_outcome *p = &a->perspectives[i];

		for (size_t v = 0; v < p->votes_count; v++)
			note_vote(table, p, &p->votes[v]);
	}
}

static void note_meaning(struct table *table, enum reason reason)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s", reason_meaning(reason));
	if (reason_hint(reason)[0] != '\0')
		buf_printf(&text, " %s", reason_hint(reason));
	if (text.len > 0)
		table_note(table, buf_span(&text));
	buf_clear(&text);
}

/* Beside what an operator reads: what he may pass on. */
static void note_told(struct table *table, const struct decision *d)
{
	enum reason reason = told_reason(d);
	struct buf text = { 0 };

	buf_printf(&text, "to the subscriber (%s", reason_name(reason));
	if (reason_acme(reason)[0] != '\0')
		buf_add_str(&text, ", ");
	told_problem(reason, &text);
	buf_printf(&text, "): %s", reason_told(reason));
	table_note(table, buf_span(&text));
	buf_clear(&text);
}

void show_row(struct table *table, const struct answer *answer, bool wide)
{
	const struct decision *d = &answer->decision;
	struct buf seen = { 0 }, counts = { 0 }, regions = { 0 };
	struct span cells[COLUMNS];

	saw(d, &seen);
	quorums(d, &counts);
	rirs(d, &regions);
	cells[ID] = d->request_id;
	cells[TARGET] = d->target;
	cells[OUTCOME] = span_str(outcome_name(d->outcome));
	cells[REASON] = span_str(reason_name(d->reason));
	cells[QUORUM] = buf_span(&counts);
	cells[RIRS] = buf_span(&regions);
	cells[SAW] = buf_span(&seen);
	table_add(table, cells, tone(answer));
	/* every refusal says why where a person would look */
	for (size_t i = 0; i < d->issues_count; i++)
		note_issue(table, &d->issues[i]);
	for (size_t i = 0; i < d->warnings_count; i++)
		note_issue(table, &d->warnings[i]);
	if (wide && d->outcome != OUTCOME_REJECTED)
		note_meaning(table, d->reason);
	if (wide && told_is_due(d))
		note_told(table, d);
	for (size_t i = 0; wide && i < d->attempts_count; i++)
		note_attempt(table, &d->attempts[i]);
	buf_clear(&seen);
	buf_clear(&counts);
	buf_clear(&regions);
}

void show_missing_row(struct table *table, const struct show_missing *m)
{
	struct span cells[COLUMNS] = {
		[ID] = m->request_id,
		[TARGET] = m->target,
		[OUTCOME] = SPAN("not-completed"),
		[REASON] = span_str(m->reason),
	};

	table_add(table, cells, TONE_ODD);
	table_note(table, m->detail);
}

/* -- JSON -- */

/* The canonical form with what a terminal would act on escaped, too: bytes
   outside ASCII occur inside strings only. */
static void member_decision(struct buf *out, const struct decision *d)
{
	struct buf canonical = { 0 };
	size_t i = 0;

	decision_encode(d, ENCODING_JSON, &canonical);
	buf_add_str(out, ",\"decision\":");
	while (i < canonical.len) {
		size_t from = i;
		bool plain = canonical.p[i] < 0x7f;

		while (i < canonical.len && (canonical.p[i] < 0x7f) == plain)
			i++;
		struct span run = span_of(canonical.p + from, i - from);

		if (plain)
			buf_add_span(out, run);
		else
			escape_json(out, run);
	}
	buf_clear(&canonical);
}

/* An ACME problem document's members, and the code they are of. */
static void member_subscriber(struct buf *out, const struct decision *d)
{
	enum reason reason = told_reason(d);
	struct buf problem = { 0 };

	told_problem(reason, &problem);
	buf_add_str(out, ",\"subscriber\":{");
	json_member(out, "reason", span_str(reason_name(reason)));
	if (problem.len > 0)
		json_member(out, "type", buf_span(&problem));
	json_member(out, "detail", span_str(reason_told(reason)));
	buf_add_u8(out, '}');
	buf_clear(&problem);
}

void show_json(const struct answer *answer, struct buf *out)
{
	const struct decision *d = &answer->decision;

	buf_add_u8(out, '{');
	json_member(out, "request_id", d->request_id);
	if (d->target.p != NULL)
		json_member(out, "domain_or_ip_target", d->target);
	json_member(out, "outcome", span_str(outcome_name(d->outcome)));
	json_member(out, "reason", span_str(reason_name(d->reason)));
	if (told_is_due(d))
		member_subscriber(out, d);
	buf_printf(out, ",\"verified\":%s",
	           answer->verified ? "true" : "false");
	if (answer->signer != NULL)
		json_member(out, "signed_by", span_str(answer->signer));
	buf_printf(out, ",\"echo\":%s,\"partition\":%d,\"offset\":%lld",
	           answer->is_echo ? "true" : "false", answer->partition,
	           (long long)answer->offset);
	member_decision(out, d);
	buf_add_str(out, "}\n");
}

void show_missing_json(const struct show_missing *m, struct buf *out)
{
	buf_add_u8(out, '{');
	json_member(out, "request_id", m->request_id);
	if (m->target.p != NULL)
		json_member(out, "domain_or_ip_target", m->target);
	json_member(out, "outcome", SPAN("not-completed"));
	json_member(out, "reason", span_str(m->reason));
	json_member(out, "detail", m->detail);
	buf_add_str(out, "}\n");
}

/* -- the terminal -- */

size_t show_width(int fd)
{
	struct winsize size = { 0 };

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

bool show_colour(int fd)
{
	const char *no = getenv("NO_COLOR"); /* no-color.org: set, not empty */
	const char *term = getenv("TERM");

	if (!isatty(fd) || (no != NULL && no[0] != '\0'))
		return false;
	return term != NULL && strcmp(term, "dumb") != 0;
}
