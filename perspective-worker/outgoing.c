#include "perspective-worker/outgoing.h"

#include "base/log.h"
#include "base/mem.h"
#include "loop/timer.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

enum {
	FULL_RETRY_MS = 20,    /* no room in the producer */
	FAILED_RETRY_MS = 1000 /* it will take somebody's hand */
};

struct parcel {
	struct outgoing *o;
	struct arena *arena;
	struct kafka_record record;
	struct kafka_header headers[OUTGOING_HEADERS_MAX];
	struct place place;
	bool shrunk;
	struct parcel *prev, *next;
};

struct outgoing {
	struct kafka_out *out;
	struct outgoing_events events;
	struct timer *retry;
	struct parcel *waiting; /* first come, first sent */
	struct parcel *sent;
	size_t count;
	size_t bytes;
};

static void parcel_free(struct parcel *p)
{
	p->o->count--;
	p->o->bytes -= p->record.value.len;
	arena_free(&p->arena);
	free(p);
}

static void wait_for_retry(struct outgoing *o, int64_t ms)
{
	if (!timer_is_set(o->retry))
		timer_set_ms(o->retry, ms);
}

static void move(struct parcel *p, struct parcel **from, struct parcel **to)
{
	DL_DELETE(*from, p);
	DL_APPEND(*to, p);
}

static void remove_sent(struct parcel *p)
{
	DL_DELETE(p->o->sent, p);
	parcel_free(p);
}

/* False: it has been made smaller once already, and that was not enough. */
static bool shrink(struct parcel *p)
{
	struct outgoing *o = p->o;
	struct buf value = { 0 }, header = { 0 };

	log_error(
		"worker_record_too_large", F_STR("topic", p->record.topic),
		F_INT("bytes", p->record.value.len),
		F_STR("what_is_done", p->shrunk ? "given up" : "made smaller"),
		F_STR("what_to_do",
	              "compare max.message.bytes with the topics' manifest: "
	              "mpicctl topics check"));
	if (p->shrunk)
		return false;
	p->shrunk = true;
	o->events.shrink(o->events.owner, &p->record, &value, &header);
	o->bytes -= p->record.value.len;
	p->record.value = arena_span(p->arena, buf_span(&value));
	p->headers[0].value = arena_span(p->arena, buf_span(&header));
	o->bytes += p->record.value.len;
	buf_clear(&value);
	buf_clear(&header);
	return true;
}

/* Not on the log and never will be: its check counts as answered, and the
   coordinator hears nothing from us. */
static void give_up(struct parcel *p, struct parcel **list)
{
	struct outgoing *o = p->o;
	struct place place = p->place;

	DL_DELETE(*list, p);
	parcel_free(p);
	o->events.on_delivered(o->events.owner, &place);
}

static void send_waiting(struct outgoing *o);

static void on_delivered(void *arg, const struct kafka_delivery *d)
{
	struct parcel *p = arg;
	struct outgoing *o = p->o;
	struct place place = p->place;

	if (d->fate == KAFKA_DELIVERED) {
		remove_sent(p);
		o->events.on_delivered(o->events.owner, &place);
		send_waiting(o);
		return;
	}
	log_warn("worker_record_not_sent", F_STR("topic", p->record.topic),
	         F_STR("fate", kafka_fate_name(d->fate)),
	         F_STR("error", d->error));
	if (d->fate == KAFKA_REFUSED && !shrink(p)) {
		give_up(p, &o->sent);
		return;
	}
	move(p, &o->sent, &o->waiting);
	wait_for_retry(o, FAILED_RETRY_MS);
}

/* False: no more now. */
static bool send_one(struct outgoing *o, struct parcel *p)
{
	switch (kafka_out_send(o->out, &p->record, on_delivered, p)) {
	case KAFKA_SENT: move(p, &o->waiting, &o->sent); return true;
	case KAFKA_FULL: wait_for_retry(o, FULL_RETRY_MS); return false;
	case KAFKA_TOO_LARGE:
		wait_for_retry(o, FULL_RETRY_MS);
		if (!shrink(p))
			give_up(p, &o->waiting);
		return false;
	case KAFKA_FAILED: break;
	}
	/* behind the others: it may be its partition alone */
	move(p, &o->waiting, &o->waiting);
	wait_for_retry(o, FAILED_RETRY_MS);
	return false;
}

static void send_waiting(struct outgoing *o)
{
	while (o->waiting != NULL && send_one(o, o->waiting))
		continue;
}

static void on_retry(void *arg)
{
	send_waiting(arg);
}

struct outgoing *outgoing_new(struct loop *loop, struct kafka_out *out,
                              const struct outgoing_events *events)
{
	struct outgoing *o = xzalloc(sizeof(*o));

	o->out = out;
	o->events = *events;
	o->retry = timer_new(loop, on_retry, o);
	return o;
}

void outgoing_free(struct outgoing **slot)
{
	struct outgoing *o = *slot;
	struct parcel *p, *next;

	if (o == NULL)
		return;
	*slot = NULL;
	DL_FOREACH_SAFE(o->waiting, p, next)
	parcel_free(p);
	DL_FOREACH_SAFE(o->sent, p, next)
	parcel_free(p);
	timer_free(&o->retry);
	free(o);
}

void outgoing_add(struct outgoing *o, const struct kafka_record *record,
                  const struct place *place)
{
	struct parcel *p = xzalloc(sizeof(*p));

	assert(record->header_count <= OUTGOING_HEADERS_MAX);
	p->o = o;
	p->arena = arena_new();
	p->place = *place;
	p->record = *record;
	if (record->key.p != NULL)
		p->record.key = arena_span(p->arena, record->key);
	if (record->value.p != NULL)
		p->record.value = arena_span(p->arena, record->value);
	for (size_t i = 0; i < record->header_count; i++)
		p->headers[i] = (struct kafka_header){
			record->headers[i].name,
			arena_span(p->arena, record->headers[i].value),
		};
	p->record.headers = p->headers;
	o->count++;
	o->bytes += p->record.value.len;
	bool first = o->waiting == NULL;

	DL_APPEND(o->waiting, p);
	if (first && !timer_is_set(o->retry))
		send_waiting(o);
}

size_t outgoing_count(const struct outgoing *o)
{
	return o->count;
}

size_t outgoing_bytes(const struct outgoing *o)
{
	return o->bytes;
}
