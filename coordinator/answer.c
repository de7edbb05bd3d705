#include "coordinator/answer.h"

#include "base/mem.h"
#include "trust/jws.h"

#include <stdio.h>

enum { HEADERS_MAX = 64, ORIGINALS_MAX = HEADERS_MAX - 8 };

struct answer *answer_new(enum answer_kind kind, const struct partition *p,
                          int64_t request_offset, struct session *s)
{
	struct arena *arena = s != NULL ? s->arena : arena_new();
	struct answer *a = arena_alloc(arena, sizeof(*a));

	a->kind = kind;
	a->partition = p->number;
	a->request_offset = request_offset;
	a->session = s;
	a->arena = s != NULL ? NULL : arena;
	return a;
}

static struct arena *answer_arena(const struct answer *a)
{
	return a->arena != NULL ? a->arena : a->session->arena;
}

bool answer_names_request(const struct answer *a)
{
	return a->kind == ANSWER_DECISION || a->kind == ANSWER_CONFLICT;
}

/* -- in a row -- */

void answer_queue_push(struct answer_queue *q, struct answer *a)
{
	a->next = NULL;
	*q->end = a;
	q->end = &a->next;
	q->count++;
}

struct answer *answer_queue_pop(struct answer_queue *q)
{
	struct answer *a = q->first;

	if (a == NULL)
		return NULL;
	q->first = a->next;
	if (q->first == NULL)
		q->end = &q->first;
	q->count--;
	return a;
}

void answer_queue_init(struct answer_queue *q)
{
	*q = (struct answer_queue){ NULL, &q->first, 0 };
}

void answer_queue_put_in_front(struct answer_queue *waiting,
                               struct answer_queue *first)
{
	struct answer *a;

	while ((a = answer_queue_pop(waiting)) != NULL)
		answer_queue_push(first, a);
	answer_queue_init(waiting);
	while ((a = answer_queue_pop(first)) != NULL)
		answer_queue_push(waiting, a);
}

/* -- chaining and signing -- */

void answer_sign(struct answer *a, const struct coordinator *c)
{
	struct sign_domain domain = deployment_domain(c->d, SIGN_DECISION);
	struct buf bytes = { 0 };

	decision_encode(&a->decision, a->encoding, &bytes);
	a->value = arena_span(answer_arena(a), buf_span(&bytes));
	bytes.len = 0;
	jws_sign(c->d->signing_key, &domain, a->value, &bytes);
	a->jws = arena_span(answer_arena(a), buf_span(&bytes));
	buf_clear(&bytes);
}

void answer_chain(struct answer *a, struct partition *p)
{
	a->decision.sequence = p->staged_sequence + 1;
	a->decision.previous = p->staged_head;
	answer_sign(a, p->c);
	if (a->value.len > DECISION_MAX) {
		answer_shrink(a, p->c);
		answer_sign(a, p->c);
	}
	p->staged_sequence = a->decision.sequence;
	if (a->decision.decided_at_ms > p->decided_ms)
		p->decided_ms = a->decision.decided_at_ms;
	p->staged_head = digest_of(a->value);
}

/* -- one record of a batch -- */

static void add_header(struct kafka_record *r, struct kafka_header *list,
                       const char *name, struct span value)
{
	if (value.p == NULL || r->header_count == HEADERS_MAX)
		return;
	list[r->header_count++] = (struct kafka_header){ name, value };
}

struct span answer_content_type(const struct answer *a)
{
	return a->encoding == ENCODING_JSON ? SPAN(CONTENT_TYPE_JSON)
	                                    : SPAN(CONTENT_TYPE_MSGPACK);
}

static void decision_record(const struct answer *a, struct kafka_record *r,
                            struct kafka_header *list)
{
	char offset[24];

	r->key = a->key;
	add_header(r, list, HEADER_CONTENT_TYPE, answer_content_type(a));
	add_header(r, list, JWS_HEADER, a->jws);
	add_header(r, list, HEADER_TRACEPARENT, a->traceparent);
	if (a->kind == ANSWER_DECISION)
		return;
	(void)snprintf(offset, sizeof(offset), "%lld", (long long)a->echo_of);
	add_header(r, list, HEADER_ECHO,
	           arena_span(answer_arena(a), span_str(offset)));
}

static void original_headers(const struct answer *a, struct kafka_record *r,
                             struct kafka_header *list)
{
	for (size_t i = 0; i < a->header_count && i < ORIGINALS_MAX; i++)
		add_header(r, list, a->headers[i].name,
		           a->headers[i].value.p != NULL ? a->headers[i].value
		                                         : SPAN(""));
}

struct digest answer_headers_digest(const struct kafka_message *m)
{
	struct buf all = { 0 };
	size_t taken = 0;

	for (size_t i = 0; i < m->header_count && taken < ORIGINALS_MAX; i++) {
		const struct kafka_header *h = &m->headers[i];

		if (strcmp(h->name, HEADER_FORWARDED) == 0)
			continue;
		buf_printf(&all, "%zu %zu ", strlen(h->name), h->value.len);
		buf_add_str(&all, h->name);
		buf_add_span(&all, h->value);
		taken++;
	}
	struct digest d = digest_of(buf_span(&all));

	buf_clear(&all);
	return d;
}

void answer_add_to(struct answer *a, const struct coordinator *c,
                   struct kafka_batch *batch)
{
	static const char *const dead[] = {
		HEADER_DEAD_REASON, HEADER_DEAD_DETAIL, HEADER_DEAD_TOPIC,
		HEADER_DEAD_PARTITION, HEADER_DEAD_OFFSET
	};
	const struct topics *topics = &c->d->topics;
	struct kafka_header list[HEADERS_MAX];
	struct kafka_record r = { .topic = topics->decisions,
		                  .partition = a->partition,
		                  .key = a->key,
		                  .value = a->value,
		                  .headers = list };

	switch (a->kind) {
	case ANSWER_NOTHING: return;
	case ANSWER_DECISION:
	case ANSWER_ECHO:
	case ANSWER_CONFLICT: decision_record(a, &r, list); break;
	case ANSWER_DEAD_LETTER:
		r.topic = topics->dead_letters;
		r.partition = 0;
		original_headers(a, &r, list);
		for (size_t i = 0; i < 5; i++)
			add_header(&r, list, dead[i], a->extra[i]);
		break;
	case ANSWER_FORWARD:
		r.topic = topics->requests;
		r.partition = a->to_partition;
		original_headers(a, &r, list);
		add_header(&r, list, HEADER_FORWARDED, a->extra[0]);
		break;
	}
	(void)kafka_batch_add(batch, &r, a);
}

/* -- what the topic will not take -- */

/* A decision without its attempts says less, but it is an answer. */
static void shrink_decision(struct answer *a)
{
	struct decision *d = &a->decision;

	d->outcome = OUTCOME_DO_NOT_ISSUE;
	d->reason = REASON_INTERNAL_FAULT;
	d->issues_count = 0;
	d->attempts_count = 0;
	d->quorums_count = 0;
	d->valid_until_ms.set = false;
}

static void shrink_to_dead_letter(const struct coordinator *c, struct answer *a)
{
	const char *topic = c->d->topics.requests;

	a->kind = ANSWER_DEAD_LETTER;
	a->value = SPAN("");
	a->header_count = 0;
	a->extra[0] = span_str(reason_name(REASON_OVERSIZED));
	a->extra[1] = SPAN("too large for the topic it was to go to; the "
	                   "record is where the headers say");
	a->extra[2] = span_str(topic);
	a->extra[3] =
		span_str(arena_printf(answer_arena(a), "%d", a->partition));
	a->extra[4] = span_str(arena_printf(answer_arena(a), "%lld",
	                                    (long long)a->request_offset));
}

/* Never the same bytes again: the short form of the answer takes its place. */
void answer_shrink(struct answer *a, const struct coordinator *c)
{
	log_error("coordinator_answer_too_large",
	          F_INT("partition", a->partition),
	          F_INT("request_offset", a->request_offset),
	          F_INT("bytes", a->value.len),
	          F_STR("what_to_do",
	                "compare max.message.bytes of decisions, requests and "
	                "dead-letters with the topics' manifest"));
	a->shrunk = true;
	if (a->kind == ANSWER_DECISION || a->kind == ANSWER_CONFLICT)
		shrink_decision(a);
	else
		shrink_to_dead_letter(c, a);
}
