#include "coordinator/restore_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/copies.h"
#include "coordinator/session.h"

enum {
	DOUBTS_MAX = 3, /* times that a log's end is asked about again */
	/* half seconds: more than session.timeout.ms, after which a member that
	   the group did not answer takes itself for expelled */
	LOOKS_MAX = 24
};

void restore_start_reading(struct partition *p, const char *topic,
                           int64_t offset)
{
	struct kafka_partition at = partition_of(p, topic);
	struct err why;

	if (kafka_in_start(p->c->log_in, &at, offset, &why) != 0)
		partition_stop(p, "coordinator_partition_unreadable", why.text);
}

/* The log goes on behind that head: somebody committed since we asked, because
   we are no longer the owner and do not know it yet, or were not when we asked.
   Nothing is missing. */
void restore_ask_anew(struct partition *p)
{
	struct coordinator *c = p->c;
	int32_t number = p->number;

	log_info("coordinator_restore_overtaken", F_INT("partition", number));
	partition_free(&c->partitions[number]);
	c->partitions[number] = partition_new(c, number);
	timer_set_ms(c->restore_again, RESTORE_AGAIN_MS);
}

/* A leader that was elected a moment ago may not know its log's end yet: what
   is short of it is looked at again before anything is made of it. */
bool restore_may_doubt(const struct partition *p)
{
	return p->doubts < DOUBTS_MAX;
}

void restore_doubt(struct partition *p, const char *why)
{
	struct coordinator *c = p->c;
	unsigned doubts = p->doubts + 1;
	int32_t number = p->number;

	log_warn("coordinator_restore_doubted", F_INT("partition", number),
	         F_STR("why", why), F_INT("times", doubts),
	         F_INT("of", DOUBTS_MAX));
	restore_ask_anew(p);
	c->partitions[number]->doubts = doubts;
}

/* -- (3) attempts -- */

void restore_on_attempt(struct partition *p, const struct kafka_message *m)
{
	struct coordinator *c = p->c;
	struct arena *arena = arena_new();
	struct attempt a;
	struct sign_domain domain = deployment_domain(c->d, SIGN_ATTEMPT);
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = m->timestamp_ms };
	struct span header = { NULL, 0 };

	p->attempts_next = m->offset + 1;
	if (kafka_message_header(m, RECORD_SIGNATURE_HEADER, &header) != 1 ||
	    keyring_verify(c->d->keyring, &wanted, &domain, m->value, header,
	                   NULL) != TRUST_OK ||
	    attempt_decode(m->value, arena, &a) != NULL) {
		log_warn("coordinator_foreign_attempt",
		         F_INT("partition", p->number),
		         F_INT("offset", m->offset));
		goto out;
	}
	if (partition_is_decided(p, a.request.offset))
		goto out;
	struct session *s = session_find(p, a.request_id);
	struct record_ref ref = { p->number, m->offset, digest_of(m->value) };

	if (s == NULL) {
		struct arena *own = arena_new();

		s = session_new(p, a.request_id, &own);
	}
	if (attempt_decode(m->value, s->arena, &a) == NULL)
		session_note_attempt(s, &a, &ref);
out:
	arena_free(&arena);
}

/* An owner that was replaced and did not know it yet may have logged an attempt
   after its successor had read attempts to their end: that one's mark speaks of
   results up to where it read them, and the attempt's own begin before. */
static int64_t results_begin(const struct partition *p)
{
	int64_t from = p->results_from;

	for (const struct session *s = p->sessions; s != NULL; s = s->hh.next)
		from = session_results_from(s, from);
	return from > p->results_low ? from : p->results_low;
}

/* -- the ends -- */

static bool is_short(struct partition *p, int64_t offset, int64_t until)
{
	if (offset >= until || !restore_may_doubt(p))
		return false;
	restore_doubt(p,
	              "the log ends before what its leader said a moment ago");
	return true;
}

/* Offsets that the decisions name are not those of the requests there are. */
static void forget_requests(struct partition *p)
{
	partition_end_sessions(p);
	answered_free(&p->answered);
	p->answered = answered_new();
}

void restore_serve(struct partition *p)
{
	struct kafka_partition at = partition_of(p, p->c->d->topics.requests);
	struct err why;

	if (p->c->revoking)
		return; /* it goes as soon as the outbox is still */
	p->phase = PARTITION_SERVING;
	p->staged_sequence = p->sequence;
	p->staged_head = p->head;
	if (p->mark < 0)
		p->mark = 0;
	if (p->requests_anew)
		forget_requests(p);
	p->offsets = offsets_new(p->mark);
	answered_drop_below(p->answered, partition_requests_from(p));
	window_expire(p->window, clock_wall_ms());
	log_info("coordinator_partition_restored",
	         F_INT("partition", p->number), F_INT("mark", p->mark),
	         F_INT("sequence", p->sequence),
	         F_INT("window", window_count(p->window)),
	         F_INT("undecided", HASH_COUNT(p->sessions)),
	         F_INT("anew_below", p->anew_below),
	         F_INT("took_ms", clock_mono_ms() - p->restore_started_ms));
	if (kafka_in_start(p->c->requests_in, &at,
	                   p->mark > 0 ? p->mark : KAFKA_OFFSET_BEGINNING,
	                   &why) != 0)
		partition_stop(p, "coordinator_partition_unreadable", why.text);
	coordinator_balance(p->c);
}

void restore_on_eof(struct partition *p, const char *topic, int64_t offset,
                    int64_t high)
{
	const struct topics *t = &p->c->d->topics;
	struct kafka_partition at = partition_of(p, topic);

	if (p->phase == PARTITION_DECISIONS &&
	    strcmp(topic, t->decisions) == 0) {
		if (offset < high)
			return; /* an open transaction: there is more to come */
		kafka_in_stop(p->c->log_in, &at);
		if (is_short(p, offset, p->until[0]) ||
		    !restore_begins_early(p) || !restore_head_matches(p))
			return;
		p->phase = PARTITION_ATTEMPTS;
		restore_start_reading(p, t->attempts, p->attempts_from);
	} else if (p->phase == PARTITION_ATTEMPTS &&
	           strcmp(topic, t->attempts) == 0) {
		kafka_in_stop(p->c->log_in, &at);
		if (is_short(p, offset, p->until[1]))
			return;
		p->attempts_next = offset;
		p->phase = PARTITION_RESULTS;
		p->results_next = results_begin(p);
		restore_start_reading(p, t->results, p->results_next);
	} else if (p->phase == PARTITION_RESULTS &&
	           strcmp(topic, t->results) == 0) {
		if (offset < p->until[2] && restore_may_doubt(p))
			kafka_in_stop(p->c->log_in, &at);
		if (is_short(p, offset, p->until[2]))
			return;
		if (p->results_next < offset)
			p->results_next = offset;
		if (p->anew_below > 0 && p->c->d->partitions > 1) {
			p->phase = PARTITION_COPIES;
			copies_look(p->c->copies, p);
		} else {
			restore_serve(p);
		}
	}
}

/* Nothing of requests was read yet, and so nothing answered. */
static bool is_being_restored(const struct partition *p)
{
	return p->phase < PARTITION_SERVING ||
	       (p->phase == PARTITION_SERVING &&
	        offsets_next(p->offsets) == p->mark);
}

static void wait_for_group(struct partition *p,
                           const struct kafka_partition *at, const char *why)
{
	struct kafka_partition requests =
		partition_of(p, p->c->d->topics.requests);

	log_warn("coordinator_reading_broken", F_INT("partition", p->number),
	         F_STR("topic", at->topic), F_STR("why", why),
	         F_STR("note",
	               "another coordinator has the partition by now, if "
	               "this one was stopped for long; if not, the "
	               "partition stops within 15 s"));
	kafka_in_stop(p->c->requests_in, &requests);
	if (p->broken_looks > 0)
		return;
	p->broken_looks = 1;
	err_set(&p->broken_why, "%s: %s", at->topic, why);
}

void restore_look_at_broken(struct partition *p)
{
	if (p->broken_looks == 0 || p->c->revoking ||
	    ++p->broken_looks <= LOOKS_MAX)
		return;
	partition_stop(p, "coordinator_partition_broken", p->broken_why.text);
}

void restore_on_broken(struct partition *p, const struct kafka_partition *at,
                       const char *why)
{
	struct coordinator *c = p->c;
	struct kafka_partition results = partition_of(p, c->d->topics.results);

	if (!is_being_restored(p)) {
		wait_for_group(p, at, why);
		return;
	}
	if (!restore_may_doubt(p)) {
		partition_stop(p, "coordinator_partition_broken", why);
		return;
	}
	if (strcmp(at->topic, c->d->topics.requests) == 0)
		kafka_in_stop(c->requests_in, at);
	else
		kafka_in_stop(c->log_in, at);
	kafka_in_stop(c->log_in, &results);
	restore_doubt(p, why);
}
