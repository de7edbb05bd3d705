#include "dns_lookup.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "loop/timer.h"

#include <assert.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>

enum {
	CLASS_IN = 1,
	RCODE_NOERROR = 0,
	RCODE_NXDOMAIN = 3,
	HEADER_BYTES = 12,
	WHY_MAX = 500
};

struct dns_lookup {
	struct resolver_context *context; /* held by the try that there is */
	bool second;
	dns_done_fn *done;
	void *owner;
	struct dns_lookup **slot;
	struct timer *tick; /* the try's limit, or the answer's turn */
	int64_t try_ms;
	int64_t end_ms; /* monotonic */
	int64_t asked_mono_ms;
	int ub_id;
	bool asking; /* libunbound still holds our address */
	char *name;
	struct dns_evidence seen;
	struct buf packet;
	struct buf why;
};

static void begin_try(struct dns_lookup *op, struct resolver_context *context)
{
	op->context = context;
	resolver_begin_try(context);
}

static bool has_answer(const struct dns_lookup *op)
{
	return op->seen.status == DNS_SECURE || op->seen.status == DNS_INSECURE;
}

static void end_try(struct dns_lookup *op)
{
	if (op->asking)
		(void)ub_cancel(resolver_context_ub(op->context), op->ub_id);
	resolver_end_try(&op->context, op->asking       ? RESOLVER_GIVEN_UP
	                               : has_answer(op) ? RESOLVER_ANSWERED
	                                                : RESOLVER_FAILED);
	op->asking = false;
}

/* Ends the lookup: nobody but the caller can reach op after this. */
static void detach(struct dns_lookup *op)
{
	end_try(op);
	timer_free(&op->tick);
	*op->slot = NULL;
}

static void destroy(struct dns_lookup *op)
{
	buf_clear(&op->packet);
	buf_clear(&op->why);
	free(op->name);
	free(op);
}

static void note_failure(struct dns_lookup *op, int rcode)
{
	op->seen.status = DNS_FAILED;
	op->seen.rcode = rcode;
}

/* An error in a packet is a failed lookup, whoever signed it. */
static void note_packet(struct dns_lookup *op, struct span packet, int secure)
{
	int rcode = packet.p[3] & 0x0f;

	buf_add_span(&op->packet, packet);
	op->seen.packet = buf_span(&op->packet);
	op->seen.rcode = rcode;
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		op->seen.status = DNS_FAILED;
	else
		op->seen.status = secure == 2 ? DNS_SECURE : DNS_INSECURE;
}

static void note_bogus(struct dns_lookup *op, const char *why)
{
	struct span text = span_sub(span_str(why), 0, WHY_MAX);

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		buf_add_u8(&op->why, c >= 0x20 && c < 0x7f ? c : '?');
	}
	op->seen.status = DNS_BOGUS;
	op->seen.why_bogus = buf_span(&op->why);
}

static void on_unbound(void *arg, int rcode, void *packet, int len, int secure,
                       char *why_bogus, int was_ratelimited)
{
	struct dns_lookup *op = arg;
	bool usable = rcode == RCODE_NOERROR && packet != NULL &&
	              len >= HEADER_BYTES && len <= EVIDENCE_PACKET_MAX;

	(void)was_ratelimited;
	op->asking = false;
	op->seen.took_ms = clock_mono_ms() - op->asked_mono_ms;
	if (usable)
		note_packet(op, span_of(packet, (size_t)len), secure);
	else
		note_failure(op, rcode);
	if (secure == 1)
		note_bogus(op, why_bogus != NULL ? why_bogus : "");
	timer_set_ms(op->tick, 0);
}

static void ask(struct dns_lookup *op)
{
	int64_t now = clock_mono_ms();
	int64_t left = op->end_ms - now;

	buf_clear(&op->packet);
	buf_clear(&op->why);
	op->seen.packet = (struct span){ NULL, 0 };
	op->seen.why_bogus = (struct span){ NULL, 0 };
	op->seen.rcode = 0;
	op->seen.status = DNS_UNANSWERED;
	op->seen.at_ms = clock_wall_ms();
	op->seen.tries++;
	op->asked_mono_ms = now;
	op->asking = true;
	timer_set_ms(op->tick, op->try_ms < left ? op->try_ms : left);
	/* built-in zones and cache hits are answered before this returns */
	if (ub_resolve_event(resolver_context_ub(op->context), op->name,
	                     (int)op->seen.type, CLASS_IN, op, on_unbound,
	                     &op->ub_id) != 0) {
		op->asking = false;
		op->seen.status = DNS_NOT_ASKED;
		op->seen.tries--; /* nobody failed to answer */
		timer_set_ms(op->tick, 0);
	}
}

static bool may_ask_again(const struct dns_lookup *op)
{
	return !has_answer(op) && !op->second && clock_mono_ms() < op->end_ms;
}

/* The first context is given back: it may be all that keeps it. */
static void ask_again(struct dns_lookup *op)
{
	struct resolver_context *again = resolver_take_again(op->context);

	end_try(op);
	begin_try(op, again);
	resolver_release(&again);
	op->second = true;
	ask(op);
}

/* The only place that calls done(). */
static void on_tick(void *arg)
{
	struct dns_lookup *op = arg;

	if (op->asking)
		op->seen.took_ms = clock_mono_ms() - op->asked_mono_ms;
	if (may_ask_again(op)) {
		ask_again(op);
		return;
	}
	detach(op);
	op->done(op->owner, &op->seen);
	destroy(op);
}

void dns_lookup_start(struct resolver_context *context, struct span name,
                      uint16_t type, int64_t try_ms, int64_t limit_ms,
                      dns_done_fn *done, void *owner, struct dns_lookup **slot)
{
	struct dns_lookup *op = xzalloc(sizeof(*op));

	assert(*slot == NULL);
	begin_try(op, context);
	op->done = done;
	op->owner = owner;
	op->slot = slot;
	op->tick = timer_new(resolver_loop(resolver_of(context)), on_tick, op);
	op->try_ms = try_ms;
	op->end_ms = clock_mono_ms() + limit_ms;
	op->name = xspandup(name);
	op->seen.name = span_of(op->name, name.len);
	op->seen.type = type;
	if (resolver_context_is_fresh(context))
		op->seen.fresh = SOME_BOOL(true);
	*slot = op;
	ask(op);
}

void dns_lookup_cancel(struct dns_lookup **slot)
{
	struct dns_lookup *op = *slot;

	if (op == NULL)
		return;
	detach(op);
	destroy(op);
}

struct dns_evidence dns_lookup_unanswered(const struct dns_lookup *op)
{
	struct dns_evidence e = op->seen;

	e.status = DNS_UNANSWERED;
	e.packet = (struct span){ NULL, 0 };
	e.took_ms = clock_mono_ms() - op->asked_mono_ms;
	return e;
}
