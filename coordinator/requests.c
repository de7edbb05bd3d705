#include "coordinator/requests.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/murmur2.h"
#include "coordinator/outbox.h"

#include <assert.h>
#include <stdio.h>

enum {
	/* so long after its commit a decision may still look undecided to who
	   made it: a commit's 10 s and max.poll.interval.ms */
	LEASE_MS = 40000
};

/* A record while it is being looked at. */
struct incoming {
	struct partition *p;
	const struct kafka_message *m;
	struct arena *arena; /* goes with this struct's user */
	struct request request;
	struct request_issues issues;
	enum encoding encoding;
	struct digest digest;
	struct span id;
	bool assigned_by_us;
	bool forwarded;
	struct forwarded from;
};

static struct kafka_header *copy_headers(struct arena *arena,
                                         const struct kafka_message *m)
{
	struct kafka_header *copy =
		arena_calloc(arena, m->header_count + 1, sizeof(*copy));

	for (size_t i = 0; i < m->header_count; i++) {
		copy[i].name = arena_str(arena, m->headers[i].name);
		copy[i].value = arena_span(arena, m->headers[i].value);
	}
	return copy;
}

/* The bytes as they came, with their headers. */
static struct answer *original(struct partition *p,
                               const struct kafka_message *m,
                               enum answer_kind kind)
{
	struct answer *a = answer_new(kind, p, m->offset, NULL);

	if (m->key.p != NULL)
		a->key = arena_span(a->arena, m->key);
	if (m->value.p != NULL)
		a->value = arena_span(a->arena, m->value);
	a->headers = copy_headers(a->arena, m);
	a->header_count = m->header_count;
	return a;
}

static void dead_letter(struct partition *p, const struct kafka_message *m,
                        enum reason reason, struct span detail)
{
	struct answer *a = original(p, m, ANSWER_DEAD_LETTER);

	a->extra[0] = span_str(reason_name(reason));
	a->extra[1] = arena_span(a->arena, detail);
	a->extra[2] = arena_span(a->arena, span_str(m->topic));
	a->extra[3] = span_str(arena_printf(a->arena, "%d", m->partition));
	a->extra[4] =
		span_str(arena_printf(a->arena, "%lld", (long long)m->offset));
	log_warn("coordinator_request_dead_lettered",
	         F_INT("partition", m->partition), F_INT("offset", m->offset),
	         F_STR("reason", reason_name(reason)),
	         F_SPAN("detail", detail));
	stats_answer(p->c->stats, "dead-letter");
	outbox_add(p->c->outbox, a);
}

/* Its answer is on the log, though not at its offset. */
static void pass_over(const struct incoming *in, const char *kind)
{
	stats_answer(in->p->c->stats, kind);
	outbox_add(in->p->c->outbox,
	           answer_new(ANSWER_NOTHING, in->p, in->m->offset, NULL));
}

static bool is_read_anew(const struct incoming *in)
{
	return in->m->offset < in->p->anew_below;
}

static bool was_forwarded(const struct incoming *in)
{
	struct first_found f = { in->m->offset, in->m->timestamp_ms, in->id,
		                 in->digest, answer_headers_digest(in->m) };

	return is_read_anew(in) && remembered_copy(in->p->remembered, &f);
}

/*
 * A repeat of what is decided by now: it came when the decision was in the
 * duplicate window (clocks may be as far apart as they may be), or was read
 * while that was on its way to the log, by whoever had the lease then. Attempts
 * that were made for it say nothing: who lost its lease may write some.
 */
static bool was_repeat(const struct incoming *in)
{
	const struct coordinator_conf *conf = in->p->c->d->conf;
	struct remembered_times at;

	if (!is_read_anew(in) ||
	    !remembered_decision(in->p->remembered, in->id, &in->digest, &at))
		return false;
	int64_t came = in->m->timestamp_ms - conf->broker_skew_ms;

	return came <= at.decided_ms + conf->duplicate_window_ms ||
	       came <= at.logged_ms + LEASE_MS;
}

static void forward(struct incoming *in, int32_t home)
{
	const struct kafka_message *m = in->m;
	struct answer *a = original(in->p, m, ANSWER_FORWARD);
	struct forwarded from = { m->partition, m->offset, m->timestamp_ms };
	char text[FORWARDED_MAX];

	a->key = arena_span(a->arena, in->id);
	a->to_partition = home;
	a->extra[0] =
		arena_span(a->arena, span_str(forwarded_text(&from, text)));
	stats_answer(in->p->c->stats, "forward");
	outbox_add(in->p->c->outbox, a);
}

/* Forwarded by us under the id that we gave it where it was first found. */
static bool is_assigned(const struct incoming *in)
{
	int32_t partition;
	int64_t offset;

	return in->forwarded &&
	       id_parse_assigned(in->m->key, &partition, &offset) &&
	       partition == in->from.partition && offset == in->from.offset;
}

/* From the body, the key, or where it was first found. A key that could not
   stand in a decision (binary, long) was not meant as an id. */
static void resolve_id(struct incoming *in)
{
	char made[ID_ASSIGNED_MAX];

	if (in->request.request_id.p != NULL) {
		in->id = in->request.request_id;
	} else if (id_check_request(in->m->key, true) == ID_OK) {
		in->id = arena_span(in->arena, in->m->key);
		in->assigned_by_us = is_assigned(in);
	} else {
		id_assign(made, in->m->partition, in->m->offset);
		in->id = arena_span(in->arena, span_str(made));
		in->assigned_by_us = true;
	}
}

static bool read_forwarded(struct incoming *in)
{
	struct span mark;
	size_t n = kafka_message_header(in->m, HEADER_FORWARDED, &mark);

	if (n == 0)
		return true;
	in->forwarded = n == 1 && forwarded_parse(mark, &in->from);
	return in->forwarded;
}

/* Ids that no partition can be computed for are decided where they are. */
static bool is_at_home(const struct incoming *in, int32_t *home)
{
	*home = (int32_t)home_partition(in->id, in->p->c->d->partitions);
	return *home == in->p->number ||
	       id_check_request(in->id, true) != ID_OK;
}

static void echo(struct partition *p, int64_t offset,
                 const struct window_entry *first)
{
	struct answer *a = answer_new(ANSWER_ECHO, p, offset, NULL);

	a->key = arena_span(a->arena, first->request_id);
	a->value = arena_span(a->arena, first->value);
	a->jws = arena_span(a->arena, first->jws);
	a->encoding = span_is(first->content_type, CONTENT_TYPE_JSON)
	                      ? ENCODING_JSON
	                      : ENCODING_MSGPACK;
	a->echo_of = first->offset;
	stats_answer(p->c->stats, "echo");
	outbox_add(p->c->outbox, a);
}

/* Signed, but not in the chain: no sequence, not counted. */
static void conflict(struct partition *p, const struct rival *r, struct span id,
                     int64_t echo_of)
{
	struct answer *a = answer_new(ANSWER_CONFLICT, p, r->offset, NULL);
	const struct intake_rules *rules = &p->c->d->rules;
	struct record_ref record = { p->number, r->offset, r->digest };
	struct request_issues issues;

	intake_conflict(&issues, a->arena);
	struct request_facts facts =
		intake_facts(&r->request, NULL, rules, arena_span(a->arena, id),
	                     &record, r->timestamp_ms);

	if (facts.target.p != NULL)
		facts.target = arena_span(a->arena, facts.target);
	if (facts.trace_identifier.p != NULL)
		facts.trace_identifier =
			arena_span(a->arena, facts.trace_identifier);
	struct decision_input in = {
		.facts = &facts,
		.issues = issues.items,
		.issues_count = issues.count,
		.decided_at_ms = clock_wall_ms(),
	};

	decision_make(&in, a->arena, &a->decision);
	a->encoding = r->encoding;
	a->key = facts.request_id;
	a->echo_of = echo_of;
	stats_answer(p->c->stats, "conflict");
	outbox_add(p->c->outbox, a);
}

void requests_answer_rival(struct session *s, const struct rival *r,
                           const struct window_entry *first)
{
	if (r->same)
		echo(s->partition, r->offset, first);
	else
		conflict(s->partition, r, s->request_id, first->offset);
}

/* The time allowed counts from the first record, which a forwarded one names;
   a claim of a later time than the broker's is not believed. */
static int64_t origin_time(const struct incoming *in)
{
	int64_t at = in->m->timestamp_ms;

	if (in->forwarded && in->from.timestamp_ms < at)
		return in->from.timestamp_ms;
	return at;
}

static struct rival rival_of(const struct incoming *in)
{
	return (struct rival){ .offset = in->m->offset,
		               .digest = in->digest,
		               .timestamp_ms = origin_time(in),
		               .request = in->request,
		               .encoding = in->encoding };
}

/* Of a rival only what its answer shows outlives the record. */
static void keep_shown(struct request *r, struct arena *arena)
{
	struct request shown = {
		.check_type_given = true,
		.check_set = intake_check_set(r),
		.certificate_type = intake_certificate_type(r),
	};

	shown.dcv.validation_method = r->dcv.validation_method;
	if (r->domain_or_ip_target.p != NULL)
		shown.domain_or_ip_target =
			arena_span(arena, r->domain_or_ip_target);
	if (r->trace_identifier.p != NULL)
		shown.trace_identifier = arena_span(arena, r->trace_identifier);
	*r = shown;
}

/*
 * The id's first request is still being worked on. Who repeats it gets nothing
 * more, unless the decision was made: it may be on the log, and this be from
 * whoever has read it and now waits for an echo.
 */
static void repeat_of_undecided(struct incoming *in, struct session *s)
{
	bool same = digest_eq(&s->request.digest, &in->digest);

	if (same && s->state != SESSION_DECIDED) {
		pass_over(in, "repeat");
		return;
	}
	struct rival *r = arena_alloc(s->arena, sizeof(*r));

	*r = rival_of(in);
	r->same = same;
	keep_shown(&r->request, s->arena);
	r->next = s->rivals;
	s->rivals = r;
}

static void open_session(struct incoming *in, struct session *s)
{
	struct span traceparent;
	struct intake_origin origin = {
		.request_id = s->request_id,
		.assigned_by_us = in->assigned_by_us,
		.timestamp_ms = origin_time(in),
		.now_ms = clock_wall_ms(),
	};

	session_count(s);
	s->request =
		(struct record_ref){ in->p->number, in->m->offset, in->digest };
	s->encoding = in->encoding;
	if (kafka_message_header(in->m, HEADER_TRACEPARENT, &traceparent) ==
	            1 &&
	    traceparent.len <= 256)
		s->traceparent = arena_span(s->arena, traceparent);
	/* what an attempt was made for was accepted in its time */
	bool resumed = session_drop_orphans(s);

	if (resumed)
		origin.now_ms = session_first_planned_ms(s);
	s->accepted_ms = origin.now_ms;
	const struct intake_rules *rules = &in->p->c->d->rules;
	bool good = intake_check(&in->request, &origin, rules, s->arena,
	                         &in->issues, &s->order);

	s->facts =
		intake_facts(&in->request, good ? &s->order : NULL, rules,
	                     s->request_id, &s->request, origin.timestamp_ms);
	if (!good) {
		session_reject(s, &in->issues);
		return;
	}
	s->state = SESSION_LOGGING;
	if (resumed)
		session_resume(s);
	else
		session_start(s);
}

/* A restored session has its arena already: the request must live there. */
static void decode_again(struct incoming *in, const struct session *s)
{
	struct span content_type = { NULL, 0 }, text;

	(void)kafka_message_header(in->m, HEADER_CONTENT_TYPE, &content_type);
	in->issues.count = 0;
	enum reason why =
		request_decode(in->m->value, content_type, s->arena,
	                       &in->request, &in->issues, &in->encoding, &text);

	assert(why == REASON_UNKNOWN); /* it decoded a moment ago */
}

/* Decoded and at home: an answer that exists, or a session. */
static void work(struct incoming *in)
{
	struct session *s = session_find(in->p, in->id);
	const struct window_entry *first = window_find(in->p->window, in->id);

	if (first != NULL && digest_eq(&first->request_digest, &in->digest)) {
		echo(in->p, in->m->offset, first);
		return;
	}
	if (was_repeat(in)) {
		pass_over(in, "repeat");
		return;
	}
	if (first != NULL) {
		struct rival r = rival_of(in);

		conflict(in->p, &r, in->id, first->offset);
		return;
	}
	if (s != NULL && s->state != SESSION_AWAITING) {
		repeat_of_undecided(in, s);
		return;
	}
	if (s == NULL)
		s = session_new(in->p, in->id, &in->arena);
	else
		decode_again(in, s);
	open_session(in, s);
}

void requests_on_message(struct partition *p, const struct kafka_message *m)
{
	struct incoming in = { .p = p, .m = m, .arena = arena_new() };
	struct span content_type = { NULL, 0 }, detail = { NULL, 0 };
	int32_t home;

	stats_request(p->c->stats);
	if (partition_is_decided(p, m->offset)) {
		offsets_pass(p->offsets, m->offset);
		goto out;
	}
	offsets_begin(p->offsets, m->offset);
	(void)kafka_message_header(m, HEADER_CONTENT_TYPE, &content_type);
	enum reason bad = REASON_OVERSIZED;

	if (m->value.len <= (size_t)p->c->d->conf->request_max_bytes)
		bad = request_decode(m->value, content_type, in.arena,
		                     &in.request, &in.issues, &in.encoding,
		                     &detail);
	if (bad == REASON_UNKNOWN && !read_forwarded(&in)) {
		bad = REASON_MISROUTED;
		detail = SPAN("header mpic-forwarded is not what we write");
	}
	if (bad != REASON_UNKNOWN) {
		dead_letter(p, m, bad, detail);
		goto out;
	}
	in.digest = digest_of(m->value);
	resolve_id(&in);
	if (is_at_home(&in, &home))
		work(&in);
	else if (!in.forwarded && was_forwarded(&in))
		pass_over(&in, "forwarded-before");
	else if (!in.forwarded)
		forward(&in, home);
	else
		dead_letter(p, m, REASON_MISROUTED, in.id);
out:
	arena_free(&in.arena);
}
