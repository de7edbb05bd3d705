#include "ctl/told.h"

static const struct perspective_outcome *primary_of(
	const struct decided_attempt *a)
{
	for (size_t i = 0; i < a->perspectives_count; i++)
		if (a->perspectives[i].role == ROLE_PRIMARY)
			return &a->perspectives[i];
	return NULL;
}

/* Votes stand in the order of their kinds, DCV first. */
static enum reason what_it_saw(const struct perspective_outcome *primary)
{
	for (size_t i = 0; i < primary->votes_count; i++)
		if (primary->votes[i].result_class != CLASS_CORROBORATED)
			return primary->votes[i].reason;
	return REASON_PRIMARY_FAILED;
}

enum reason told_reason(const struct decision *d)
{
	const struct perspective_outcome *primary;

	if (d->reason != REASON_PRIMARY_FAILED || d->attempts_count == 0)
		return d->reason;
	primary = primary_of(&d->attempts[d->attempts_count - 1]);
	return primary != NULL ? what_it_saw(primary) : d->reason;
}

bool told_is_due(const struct decision *d)
{
	return d->outcome != OUTCOME_ISSUE &&
	       d->outcome != OUTCOME_CORROBORATED;
}

void told_problem(enum reason reason, struct buf *out)
{
	if (reason_acme(reason)[0] != '\0')
		buf_printf(out, "urn:ietf:params:acme:error:%s",
		           reason_acme(reason));
}
