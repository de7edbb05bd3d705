/*
 * restore_decisions.c -- (2) decisions: the chain, what it answered, and
 * whether it is the one that was committed last.
 */
#include "coordinator/restore_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "trust/jws.h"

#include <stdio.h>

static bool is_trusted(const struct coordinator *c,
                       const struct kafka_message *m)
{
	struct sign_domain domain = deployment_domain(c->d, SIGN_DECISION);
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = m->timestamp_ms };
	struct span text = { NULL, 0 };

	return kafka_message_header(m, JWS_HEADER, &text) == 1 &&
	       jws_verify(c->d->keyring, &wanted, &domain, m->value, text,
	                  NULL) == TRUST_OK;
}

/* `decisions` is kept for longer than `requests`: what it says of those that
   are gone nobody asks. */
static void note_answered(struct partition *p, int64_t request_offset,
                          int64_t by)
{
	if (request_offset >= partition_requests_from(p))
		answered_note(p->answered, request_offset, by);
}

static void take_decision(struct partition *p, const struct kafka_message *m,
                          const struct decision *d)
{
	struct window_entry entry = {
		.request_id = d->request_id,
		.request_digest = d->request.digest,
		.offset = m->offset,
		.decided_at_ms = d->decided_at_ms,
		.value = m->value,
	};

	(void)kafka_message_header(m, JWS_HEADER, &entry.jws);
	(void)kafka_message_header(m, HEADER_CONTENT_TYPE, &entry.content_type);
	p->sequence = d->sequence;
	p->head = digest_of(m->value);
	p->head_seen |= p->sequence == p->expected_sequence &&
	                digest_eq(&p->head, &p->expected_head);
	p->last_decision = m->offset;
	if (d->decided_at_ms > p->decided_ms)
		p->decided_ms = d->decided_at_ms;
	window_expire(p->window, clock_wall_ms());
	window_add(p->window, &entry);
	note_answered(p, d->request.offset, m->offset);
	struct remembered_times at = { d->decided_at_ms, m->timestamp_ms };

	if (p->remembered != NULL)
		remembered_add_decision(p->remembered, d->request_id,
		                        &d->request.digest, at);
}

void restore_on_decision(struct partition *p, const struct kafka_message *m)
{
	struct arena *arena = arena_new();
	struct decision d;
	enum encoding encoding;
	struct span ignored;
	char why[96];

	if (!is_trusted(p->c, m) ||
	    decision_decode(m->value, arena, &d, &encoding) != NULL) {
		log_warn("coordinator_foreign_decision",
		         F_INT("partition", p->number),
		         F_INT("offset", m->offset));
		goto out;
	}
	if (kafka_message_header(m, HEADER_ECHO, &ignored) > 0) {
		/* an answer to a repeat: finishes that request, not chained */
		note_answered(p, d.request.offset, m->offset);
		goto out;
	}
	bool first = p->last_decision < 0;

	if (!first && (d.sequence != p->sequence + 1 ||
	               !digest_eq(&d.previous, &p->head))) {
		(void)snprintf(why, sizeof(why),
		               "decision at offset %lld does not continue the "
		               "chain",
		               (long long)m->offset);
		if (!restore_accepts(p, why)) {
			partition_stop(p, "coordinator_chain_broken", why);
			goto out;
		}
	}
	if (first)
		p->first_sequence = d.sequence;
	take_decision(p, m, &d);
out:
	arena_free(&arena);
}

/* -- the head -- */

/* Retention took the head too, and all before it. */
static bool head_expired(struct partition *p)
{
	if (p->last_decision >= 0 || p->expected_sequence <= 0 ||
	    p->head_least >= p->decisions_low || !restore_needs_no_decisions(p))
		return false;
	p->sequence = p->expected_sequence;
	p->head = p->expected_head;
	p->last_decision = p->head_least;
	return true;
}

/* Of what retention left, the first must be what is needed, or before it. */
bool restore_begins_early(struct partition *p)
{
	char why[128];

	if (p->begin_most == 0 || p->first_sequence <= p->begin_most)
		return true;
	(void)snprintf(why, sizeof(why),
	               "decisions are needed from sequence %lld on, and begin "
	               "with %lld",
	               (long long)p->begin_most, (long long)p->first_sequence);
	if (restore_accepts(p, why))
		return true;
	partition_stop(p, "coordinator_partition_gap", why);
	return false;
}

/* The head that the mark was committed with must be what the log ends with. */
bool restore_head_matches(struct partition *p)
{
	static const char why[] = "the last decision on the log is not the one "
				  "that was committed last";
	bool none = p->expected_sequence == 0;

	if (p->mark < 0 ||
	    (p->sequence == p->expected_sequence && (none || p->head_seen)) ||
	    head_expired(p) || restore_accepts(p, why))
		return true;
	if (p->head_seen || (none && p->sequence > 0)) {
		restore_ask_anew(p);
		return false;
	}
	if (restore_may_doubt(p))
		restore_doubt(p, why);
	else
		partition_stop(p, "coordinator_chain_truncated", why);
	return false;
}
