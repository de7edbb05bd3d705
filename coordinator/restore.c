#include "coordinator/restore.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/copies.h"
#include "coordinator/outbox.h"
#include "coordinator/requests.h"
#include "trust/jws.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ASK_LIMIT_MS = 10000,
	ASK_AGAIN_MS = 1000,
	TOPICS = 4,
	DOUBTS_MAX = 3 /* times that a log's end is asked about again */
};

static void start_reading(struct partition *p, const char *topic,
                          int64_t offset)
{
	struct kafka_partition at = partition_of(p, topic);
	struct err why;

	if (kafka_in_start(p->c->log_in, &at, offset, &why) != 0)
		partition_stop(p, "coordinator_partition_unreadable", why.text);
}

/* -- (1) the committed offset, and where the logs begin and end -- */

static bool gap_is_accepted(const struct partition *p)
{
	const struct setting_list *list = &p->c->d->conf->accept_gap;
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", p->number);
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->at[i], number) == 0)
			return true;
	}
	return false;
}

/* Said each time that it is made use of: the setting stands until somebody
   takes it out, and nothing is compared as long as it does. */
static bool accepts(const struct partition *p, const char *why)
{
	if (!gap_is_accepted(p))
		return false;
	log_warn("coordinator_gap_accepted", F_INT("partition", p->number),
	         F_STR("why", why),
	         F_STR("what_to_do",
	               "take the partition out of accept_gap when it has "
	               "been restored once"));
	return true;
}

static void on_committed(void *arg, const char *error,
                         const struct kafka_committed *list, size_t count);
static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count);

static void ask(struct coordinator *c, bool watermarks)
{
	const char *topics[TOPICS] = { c->d->topics.decisions,
		                       c->d->topics.attempts,
		                       c->d->topics.results,
		                       c->d->topics.requests };
	struct kafka_partition *list =
		xcalloc((size_t)c->d->partitions * TOPICS, sizeof(*list));
	size_t count = 0;

	for (uint32_t i = 0; i < c->d->partitions; i++) {
		const struct partition *p = c->partitions[i];

		/* one that began anew meanwhile has its own question to come */
		if (p == NULL || p->phase != PARTITION_ASKING ||
		    (watermarks && !p->mark_known))
			continue;
		for (size_t t = 0; watermarks && t < TOPICS; t++)
			list[count++] = partition_of(p, topics[t]);
		if (!watermarks)
			list[count++] = partition_of(p, c->d->topics.requests);
	}
	c->restore_questions += count > 0;
	if (count > 0 && watermarks)
		kafka_ask_watermarks(c->ask, list, count, ASK_LIMIT_MS,
		                     on_watermarks, c);
	else if (count > 0)
		kafka_ask_committed(c->ask, list, count, ASK_LIMIT_MS,
		                    on_committed, c);
	free(list);
}

void restore_begin(struct coordinator *c)
{
	ask(c, false);
}

/* Answers come in the order of the questions. One that another question was
   asked after may be of an earlier assignment: what was committed then says
   nothing of now. The later question is about all that is to be restored. */
static bool is_stale(struct coordinator *c)
{
	return --c->restore_questions > 0;
}

static void try_again(struct coordinator *c, const char *error)
{
	log_warn("coordinator_restore_waits", F_STR("error", error));
	timer_set_ms(c->restore_again, ASK_AGAIN_MS);
}

static void on_committed(void *arg, const char *error,
                         const struct kafka_committed *list, size_t count)
{
	struct coordinator *c = arg;

	if (is_stale(c))
		return;
	if (error != NULL) {
		try_again(c, error);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct partition *p = partition_find(c, list[i].at.partition);

		if (p == NULL || p->phase != PARTITION_ASKING)
			continue;
		p->mark = -1;
		p->mark_known = true;
		p->requests_anew = false;
		if (list[i].offset >= 0 &&
		    partition_read_metadata(p, list[i].offset,
		                            list[i].metadata))
			p->mark = list[i].offset;
		p->mark_committed = p->mark;
	}
	ask(c, true);
}

/* Nothing of ours was committed: all logs from their start (partition.h). If
   decisions do not start at 0, requests may have been answered by what is gone.
 */
static bool start_from_nothing(struct partition *p,
                               const struct kafka_watermarks *w)
{
	const int64_t decisions_low = w[0].low;
	char why[160];

	(void)snprintf(why, sizeof(why),
	               "no committed offset with our metadata, and decisions "
	               "begin at %lld, not 0",
	               (long long)decisions_low);
	if (decisions_low > 0 && !accepts(p, why)) {
		partition_stop(p, "coordinator_partition_gap", why);
		return false;
	}
	p->decisions_from = decisions_low;
	p->attempts_from = -1;
	p->results_from = -1;
	partition_set_anew(p, w[3].high);
	return true;
}

/*
 * The committed mark says where reading begins; if that is not on the log, what
 * was there is lost, or the topic is another one. True: an operator knows, and
 * reading begins at what there is. A leader that was elected a moment ago may
 * not know its log's end yet: what is behind the end is asked about again.
 *
 * Requests that are gone from the log's start stop nothing: nobody can answer
 * them any more, and behind a mark that nobody moved for a week there may have
 * been only the ends of transactions.
 */
static bool accept_loss(struct partition *p, const char *topic, int64_t from,
                        const struct kafka_watermarks *w)
{
	char why[256];

	(void)snprintf(why, sizeof(why),
	               "%s is to be read from offset %lld, and holds %lld to "
	               "%lld",
	               topic, (long long)from, (long long)w->low,
	               (long long)w->high);
	if (from > w->high && p->doubts < DOUBTS_MAX) {
		p->doubts++;
		try_again(p->c, why);
		return false;
	}
	if (accepts(p, why))
		return true;
	partition_stop(p, "coordinator_partition_gap", why);
	return false;
}

static bool is_on_log(int64_t from, const struct kafka_watermarks *w)
{
	return from >= w->low && from <= w->high;
}

/* Attempts and results that retention took were of decided requests. */
static bool clamp(struct partition *p, const char *topic, int64_t *from,
                  const struct kafka_watermarks *w)
{
	if (*from > w->high && !accept_loss(p, topic, *from, w))
		return false;
	if (!is_on_log(*from, w))
		*from = w->low;
	return true;
}

/* All that was decided by the last commit is older than the duplicate window,
   and names nothing above the mark: of those decisions nothing is needed, and
   retention may have taken them. */
static bool needs_no_decisions(const struct partition *p)
{
	const struct coordinator_conf *conf = p->c->d->conf;

	if (p->expected_sequence == 0)
		return true;
	return p->mark >= 0 && p->decided_ms > 0 &&
	       p->decided_ms + conf->duplicate_window_ms +
	                       conf->broker_skew_ms <
	               clock_wall_ms();
}

static bool check_decisions(struct partition *p,
                            const struct kafka_watermarks *w)
{
	p->decisions_low = w->low;
	p->begin_most = 0;
	if (is_on_log(p->decisions_from, w))
		return true;
	bool needs_none = needs_no_decisions(p);

	if (p->decisions_from < w->low &&
	    (needs_none || (p->mark >= 0 && p->needed_sequence > 0))) {
		p->begin_most = needs_none ? 0 : p->needed_sequence;
		log_info("coordinator_decisions_expired",
		         F_INT("partition", p->number),
		         F_INT("from", p->decisions_from), F_INT("to", w->low));
	} else if (!accept_loss(p, p->c->d->topics.decisions, p->decisions_from,
	                        w)) {
		return false;
	}
	p->decisions_from = w->low;
	return true;
}

static bool check_logs(struct partition *p, const struct kafka_watermarks *w)
{
	const struct topics *t = &p->c->d->topics;

	if (p->mark < 0 && !start_from_nothing(p, w))
		return false;
	if (p->mark > w[3].high) {
		if (!accept_loss(p, t->requests, p->mark, &w[3]))
			return false;
		p->requests_anew = true;
		p->mark = w[3].low;
		partition_set_anew(p, w[3].high);
	}
	if (p->mark >= 0 && p->mark < w[3].low) {
		log_error("coordinator_requests_gone",
		          F_INT("partition", p->number), F_INT("from", p->mark),
		          F_INT("to", w[3].low),
		          F_STR("note", "not answered and no longer on the "
		                        "log, or only ends of transactions: "
		                        "see whether somebody waits"));
		p->mark = w[3].low;
	}
	p->requests_low = w[3].low;
	p->results_low = w[2].low;
	return check_decisions(p, &w[0]) &&
	       clamp(p, t->attempts, &p->attempts_from, &w[1]) &&
	       clamp(p, t->results, &p->results_from, &w[2]);
}

static void begin_decisions(struct partition *p,
                            const struct kafka_watermarks *w)
{
	if (!check_logs(p, w))
		return;
	p->requests_high = w[3].high;
	p->attempts_next = p->attempts_from;
	p->results_next = p->results_from;
	for (size_t t = 0; t < 3; t++)
		p->until[t] = w[t].high;
	p->phase = PARTITION_DECISIONS;
	/* what a repeat repeats may be older than the window is now */
	start_reading(p, p->c->d->topics.decisions,
	              p->anew_below > 0 ? w[0].low : p->decisions_from);
}

static bool are_known(const struct kafka_watermarks *list)
{
	for (size_t t = 0; t < TOPICS; t++) {
		if (list[t].high < 0)
			return false;
	}
	return true;
}

static void on_watermarks(void *arg, const char *error,
                          const struct kafka_watermarks *list, size_t count)
{
	struct coordinator *c = arg;

	if (is_stale(c))
		return;
	if (error != NULL) {
		try_again(c, error);
		return;
	}
	for (size_t i = 0; i + TOPICS <= count; i += TOPICS) {
		struct partition *p = partition_find(c, list[i].at.partition);

		if (p == NULL || p->phase != PARTITION_ASKING)
			continue;
		if (!are_known(&list[i]))
			try_again(c, "a leader does not answer");
		else
			begin_decisions(p, &list[i]);
	}
}

/* -- (2) decisions -- */

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
		if (!accepts(p, why)) {
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

/* The log goes on behind that head: somebody committed since we asked, because
   we are no longer the owner and do not know it yet, or were not when we asked.
   Nothing is missing. */
static void ask_anew(struct partition *p)
{
	struct coordinator *c = p->c;
	int32_t number = p->number;

	log_info("coordinator_restore_overtaken", F_INT("partition", number));
	partition_free(&c->partitions[number]);
	c->partitions[number] = partition_new(c, number);
	timer_set_ms(c->restore_again, ASK_AGAIN_MS);
}

/* A leader that was elected a moment ago may not know its log's end yet: what
   is short of it is looked at again before anything is made of it. */
static bool may_doubt(const struct partition *p)
{
	return p->doubts < DOUBTS_MAX;
}

static void doubt(struct partition *p, const char *why)
{
	struct coordinator *c = p->c;
	unsigned doubts = p->doubts + 1;
	int32_t number = p->number;

	log_warn("coordinator_restore_doubted", F_INT("partition", number),
	         F_STR("why", why), F_INT("times", doubts),
	         F_INT("of", DOUBTS_MAX));
	ask_anew(p);
	c->partitions[number]->doubts = doubts;
}

static bool is_short(struct partition *p, int64_t offset, int64_t until)
{
	if (offset >= until || !may_doubt(p))
		return false;
	doubt(p, "the log ends before what its leader said a moment ago");
	return true;
}

/* Retention took the head too, and all before it. */
static bool head_expired(struct partition *p)
{
	if (p->last_decision >= 0 || p->expected_sequence <= 0 ||
	    p->head_least >= p->decisions_low || !needs_no_decisions(p))
		return false;
	p->sequence = p->expected_sequence;
	p->head = p->expected_head;
	p->last_decision = p->head_least;
	return true;
}

/* Of what retention left, the first must be what is needed, or before it. */
static bool begins_early(struct partition *p)
{
	char why[128];

	if (p->begin_most == 0 || p->first_sequence <= p->begin_most)
		return true;
	(void)snprintf(why, sizeof(why),
	               "decisions are needed from sequence %lld on, and begin "
	               "with %lld",
	               (long long)p->begin_most, (long long)p->first_sequence);
	if (accepts(p, why))
		return true;
	partition_stop(p, "coordinator_partition_gap", why);
	return false;
}

/* The head that the mark was committed with must be what the log ends with. */
static bool head_matches(struct partition *p)
{
	static const char why[] = "the last decision on the log is not the one "
				  "that was committed last";
	bool none = p->expected_sequence == 0;

	if (p->mark < 0 ||
	    (p->sequence == p->expected_sequence && (none || p->head_seen)) ||
	    head_expired(p) || accepts(p, why))
		return true;
	if (p->head_seen || (none && p->sequence > 0)) {
		ask_anew(p);
		return false;
	}
	if (may_doubt(p))
		doubt(p, why);
	else
		partition_stop(p, "coordinator_chain_truncated", why);
	return false;
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
		if (is_short(p, offset, p->until[0]) || !begins_early(p) ||
		    !head_matches(p))
			return;
		p->phase = PARTITION_ATTEMPTS;
		start_reading(p, t->attempts, p->attempts_from);
	} else if (p->phase == PARTITION_ATTEMPTS &&
	           strcmp(topic, t->attempts) == 0) {
		kafka_in_stop(p->c->log_in, &at);
		if (is_short(p, offset, p->until[1]))
			return;
		p->attempts_next = offset;
		p->phase = PARTITION_RESULTS;
		p->results_next = results_begin(p);
		start_reading(p, t->results, p->results_next);
	} else if (p->phase == PARTITION_RESULTS &&
	           strcmp(topic, t->results) == 0) {
		if (offset < p->until[2] && may_doubt(p))
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

void restore_on_broken(struct partition *p, const struct kafka_partition *at,
                       const char *why)
{
	struct coordinator *c = p->c;
	struct kafka_partition results = partition_of(p, c->d->topics.results);

	if (!is_being_restored(p) || !may_doubt(p)) {
		partition_stop(p, "coordinator_partition_broken", why);
		return;
	}
	if (strcmp(at->topic, c->d->topics.requests) == 0)
		kafka_in_stop(c->requests_in, at);
	else
		kafka_in_stop(c->log_in, at);
	kafka_in_stop(c->log_in, &results);
	doubt(p, why);
}
