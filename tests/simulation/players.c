/*
 * Who puts records on the log besides the coordinators: pipelines, and played
 * perspectives that answer their checks truthfully, late, twice, wrongly or
 * never. What they write is theirs to answer for; the checker judges only what
 * the coordinators make of it.
 */
#include "tests/simulation/fold.h"
#include "tests/simulation/world.h"

#include "base/id.h"
#include "base/murmur2.h"
#include "trust/record_signature.h"
#include "wire/check.h"
#include "wire/request.h"
#include "wire/result.h"

#include <stdio.h>

enum { RESULTS_KEPT = 128 };

/* What a result says, by weight, one mood per schedule. */
static struct {
	int64_t disagreed, error, timed_out, silent;
	int64_t strange; /* of a hundred, besides: garbage, forged, repeated */
} mood;

struct planned {
	struct kafka_record record;
	struct log_partition *p;
	int64_t sent_us;
};

static const struct planned *kept[RESULTS_KEPT];
static size_t kept_count;

static void on_append(void *arg)
{
	const struct planned *x = arg;

	(void)log_append(x->p, &x->record, x->sent_us);
}

static void on_append_again(void *arg)
{
	const struct planned *x = arg;

	sim_counts.duplicates++;
	(void)log_append(x->p, &x->record, sim.now_us);
}

static struct planned *append_later(int64_t us, const char *topic,
                                    int32_t partition,
                                    const struct kafka_record *r)
{
	struct planned *x = arena_alloc(sim.arena, sizeof(*x));
	struct kafka_header *headers =
		arena_calloc(sim.arena, r->header_count + 1, sizeof(*headers));

	*x = (struct planned){ *r, log_find(topic, partition), sim.now_us };
	if (r->key.p != NULL)
		x->record.key = arena_span(sim.arena, r->key);
	x->record.value = arena_span(sim.arena, r->value);
	for (size_t i = 0; i < r->header_count; i++)
		headers[i] = (struct kafka_header){
			r->headers[i].name,
			arena_span(sim.arena, r->headers[i].value)
		};
	x->record.headers = headers;
	if (x->p != NULL)
		sim_after(NULL, us, on_append, x);
	return x;
}

/* -- pipelines -- */

struct wish {
	const char *id; /* NULL: none, neither in body nor key */
	struct span value;
	int32_t partition;
};

/* Somebody says of his record that it is a copy of another's, at the other's
   home: but for the header that only coordinators write, it is not. */
static void forge(const struct wish *w, const struct log_record *victim)
{
	struct forwarded from = { w->partition, victim->offset,
		                  victim->timestamp_ms };
	char text[FORWARDED_MAX], made[ID_ASSIGNED_MAX];
	struct span id = victim->key;
	/* which it is not */
	struct span type = victim->value.p[0] == '{'
	                           ? SPAN(CONTENT_TYPE_MSGPACK)
	                           : SPAN(CONTENT_TYPE_JSON);
	struct kafka_header list[2] = {
		{ HEADER_FORWARDED, span_str(forwarded_text(&from, text)) },
		{ HEADER_CONTENT_TYPE, type },
	};
	struct kafka_record r = { .value = victim->value,
		                  .headers = list,
		                  .header_count = 2 };

	if (sim_percent(50)) {
		r.value = SPAN("garbage");
		r.header_count = 1;
	}
	if (id.p == NULL) {
		id_assign(made, w->partition, victim->offset);
		id = span_str(made);
	}
	r.key = id;
	int32_t home = (int32_t)home_partition(id, (uint32_t)world.partitions);

	if (home != w->partition)
		(void)log_append(
			log_find(world.deployment.topics.requests, home), &r,
			sim.now_us);
}

static void on_request(void *arg)
{
	const struct wish *w = arg;
	struct kafka_record r = { .value = w->value };

	if (w->id != NULL)
		r.key = span_str(w->id);
	world.requests_to_come--;
	const struct log_record *sent = log_append(
		log_find(world.deployment.topics.requests, w->partition), &r,
		sim.now_us);

	if (sim_percent(10))
		forge(w, sent);
}

static void send(int64_t at_us, const char *id, struct span value)
{
	struct wish *w = arena_alloc(sim.arena, sizeof(*w));
	int32_t home = 0;

	if (id != NULL)
		home = (int32_t)home_partition(span_str(id),
		                               (uint32_t)world.partitions);
	if (id == NULL || sim_percent(10))
		home = (int32_t)sim_below(world.partitions);
	*w = (struct wish){ id, value, home };
	world.requests_to_come++;
	sim_at(NULL, at_us, on_request, w);
}

/* One in eight is JSON, which costs ten times as much. Not drawn: what is drawn
   after it stays the same. */
static enum encoding encoding_of(const char *id)
{
	return fold(sim.seed, span_str(id)) % 8 == 0 ? ENCODING_JSON
	                                             : ENCODING_MSGPACK;
}

static struct span body(const char *id, const char *target)
{
	struct request q = {
		.request_id = span_str(id),
		.check_type_given = true,
		.check_set = sim_percent(70) ? SET_DCV | SET_CAA : SET_DCV,
		.domain_or_ip_target = span_str(target),
		.dcv = { .present = true,
		         .validation_method = METHOD_ACME_DNS_01,
		         .key_authorization_hash =
		                 SPAN("LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYp"
		                      "OLmCQ") },
	};
	struct buf bytes = { 0 };

	request_encode(&q, encoding_of(id), &bytes);
	struct span value = arena_span(sim.arena, buf_span(&bytes));

	buf_clear(&bytes);
	return value;
}

static void send_one(int number, int64_t at_us)
{
	const char *id = arena_printf(sim.arena, "id-%d", number);
	struct span value = body(id, "www.example.com");

	switch (sim_below(14)) {
	case 0: send(at_us, id, SPAN("garbage")); return;
	case 1: value = body(id, "Not.Canonical.example"); break;
	case 2:
		send(at_us, NULL,
		     SPAN("{\"domain_or_ip_target\":\"fwd.example.com\"}"));
		return;
	default: break;
	}
	send(at_us, id, value);
	while (sim_percent(30)) {
		sim_counts.duplicates++;
		send(at_us + sim_below(20 * SECOND), id, value);
	}
	if (sim_percent(15)) {
		value = body(id, "other.example.com");
		send(at_us + sim_below(20 * SECOND), id, value);
	}
}

void players_begin(void)
{
	int count = (int)(2 + sim_below(7));
	int64_t begin = sim_below(10 * SECOND);

	world.requests_to_come = 0;
	kept_count = 0;
	mood.disagreed = sim_below(15);
	mood.error = sim_below(20);
	mood.timed_out = sim_below(10);
	mood.silent = sim_below(25);
	mood.strange = sim_below(20);
	for (int i = 0; i < count; i++) {
		send_one(i, begin);
		begin += sim_below(sim_percent(70) ? SECOND / 2 : 8 * SECOND);
	}
}

void players_send_late(int count)
{
	for (int i = 0; i < count; i++) {
		const char *id = arena_printf(sim.arena, "late-%d", i);

		send(sim.now_us, id, body(id, "www.example.com"));
	}
}

/* -- perspectives -- */

static struct kind_result said(enum check_kind kind, enum result_class class)
{
	struct kind_result k = { .kind = kind,
		                 .result_class = class,
		                 .detail = SPAN("as chance had it"),
		                 .looked_up_ms = sim_wall_ms() };

	switch (class) {
	case CLASS_CORROBORATED:
		k.reason = kind == KIND_DCV ? REASON_VALUE_FOUND
		                            : REASON_CAA_PERMITS;
		break;
	case CLASS_DISAGREED:
		k.reason = kind == KIND_DCV ? REASON_VALUE_NOT_FOUND
		                            : REASON_CAA_FORBIDS;
		break;
	case CLASS_ERROR: k.reason = REASON_DNS_SERVFAIL; break;
	default: k.reason = REASON_TIMEOUT_DNS; break;
	}
	return k;
}

static enum result_class draw_class(void)
{
	int64_t x = sim_below(100);

	if (x < mood.disagreed)
		return CLASS_DISAGREED;
	x -= mood.disagreed;
	if (x < mood.error)
		return CLASS_ERROR;
	x -= mood.error;
	return x < mood.timed_out ? CLASS_TIMED_OUT : CLASS_CORROBORATED;
}

static int64_t result_delay(void)
{
	int64_t us = sim_delay();

	us += sim_below(100 * MS);
	if (sim_percent(15))
		us += sim_late(sim_below(4 * SECOND));
	return us;
}

static struct result make_result(const struct check *c)
{
	int64_t now = sim_wall_ms();
	struct result r = { .schema_version = 1,
		            .request_id = c->request_id,
		            .attempt_id = c->attempt_id,
		            .perspective = c->perspective,
		            .instance = SPAN("w1"),
		            .plan = c->plan,
		            .started_ms = now,
		            .finished_ms = now,
		            .tries = 1,
		            .versions = SPAN("played") };

	for (int k = 0; k < KIND_COUNT; k++) {
		if (c->check_set & (1u << k))
			r.kinds[r.kinds_count++] =
				said((enum check_kind)k, draw_class());
	}
	return r;
}

static void send_result(const struct check *c, const struct result *r,
                        int signer)
{
	struct sign_domain domain = { true, "sim", SIGN_RESULT, 1 };
	struct buf value = { 0 }, text = { 0 };

	result_encode(r, &value);
	record_sign(world.worker_keys[signer], &domain, buf_span(&value),
	            &text);
	struct kafka_header header = { RECORD_SIGNATURE_HEADER,
		                       buf_span(&text) };
	struct kafka_record record = { .key = c->request_id,
		                       .value = buf_span(&value),
		                       .headers = &header,
		                       .header_count = 1 };
	const struct planned *x =
		append_later(result_delay(), world.deployment.topics.results,
	                     (int32_t)c->results_partition, &record);

	if (kept_count < RESULTS_KEPT)
		kept[kept_count++] = x;
	buf_clear(&value);
	buf_clear(&text);
}

/* What no honest worker writes, or writes twice. */
static void be_strange(const struct check *c, struct result r, int city)
{
	struct kafka_record garbage = { .key = c->request_id,
		                        .value = SPAN("\x81\xa1garbage") };

	switch (sim_below(6)) {
	case 0:
		(void)append_later(result_delay(),
		                   world.deployment.topics.results,
		                   (int32_t)c->results_partition, &garbage);
		return;
	case 1: send_result(c, &r, (city + 1) % WORLD_CITIES); return;
	case 2:
		r.plan.b[0] ^= 1;
		send_result(c, &r, city);
		return;
	case 3:
		r = make_result(c);
		send_result(c, &r, city);
		return;
	case 4:
		sim_counts.duplicates++;
		send_result(c, &r, city); /* the same bytes again */
		return;
	default: break;
	}
	const struct planned *old = kept[sim_below((int64_t)kept_count)];

	sim_after(NULL, result_delay(), on_append_again,
	          (void *)(uintptr_t)old);
}

void players_on_check(const struct log_partition *p, const struct log_record *r)
{
	struct check c;
	int city = 0;

	(void)p;
	if (check_decode(r->value, sim.arena, &c) != NULL) {
		sim_fail(4, "a check does not decode");
		return;
	}
	while (!span_is(c.perspective, world_codes[city]))
		city++;
	if (sim_below(100) < mood.silent)
		return;
	struct result result = make_result(&c);

	send_result(&c, &result, city);
	if (sim_below(100) < mood.strange)
		be_strange(&c, result, city);
}
