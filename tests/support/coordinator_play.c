/* The played perspectives: what they are asked, and what they say. */
#include "tests/support/coordinator_parts.h"

#include "base/clock.h"
#include "base/mem.h"

#include <check.h>

void cw_send_signed(struct coordinator_world *w, int city, const char *type,
                    const struct kafka_record *given)
{
	struct sign_domain d = cw_domain(type);
	struct kafka_record record = *given;
	struct buf text = { 0 };

	record_sign(w->worker_keys[city], &d, record.value, &text);
	struct kafka_header header = { RECORD_SIGNATURE_HEADER,
		                       buf_span(&text) };

	record.headers = &header;
	record.header_count = 1;
	ck_assert_int_eq(kafka_out_send(w->out, &record, NULL, NULL),
	                 KAFKA_SENT);
	buf_clear(&text);
}

static enum reason reason_of(enum check_kind kind, enum result_class class)
{
	if (class == CLASS_CORROBORATED)
		return kind == KIND_DCV ? REASON_VALUE_FOUND
		                        : REASON_CAA_PERMITS;
	if (class == CLASS_DISAGREED)
		return kind == KIND_DCV ? REASON_VALUE_NOT_FOUND
		                        : REASON_CAA_FORBIDS;
	return class == CLASS_ERROR ? REASON_DNS_SERVFAIL : REASON_TIMEOUT_DNS;
}

static void add_kind(struct result *r, enum check_kind kind,
                     enum result_class class)
{
	r->kinds[r->kinds_count++] = (struct kind_result){
		.kind = kind,
		.result_class = class,
		.reason = reason_of(kind, class),
		.detail = SPAN("as the script says"),
		.looked_up_ms = clock_wall_ms(),
	};
}

static void send_result(struct coordinator_world *w, int city,
                        const struct check *c, enum result_class dcv,
                        enum result_class caa)
{
	const struct play *play = &w->play[city];
	int64_t late_ms = c->deadline_ms + 10000;
	struct result r = {
		.schema_version = 1,
		.request_id = c->request_id,
		.attempt_id = c->attempt_id,
		.perspective = c->perspective,
		.instance = SPAN("w1"),
		.plan = c->plan,
		.started_ms = clock_wall_ms(),
		.finished_ms = play->late ? late_ms : clock_wall_ms(),
		.tries = 1,
		.versions = SPAN("played"),
	};
	struct buf value = { 0 };

	if (play->wrong_plan)
		r.plan.b[0] ^= 1;
	if (c->check_set & SET_DCV)
		add_kind(&r, KIND_DCV, dcv);
	if (c->check_set & SET_CAA && !play->no_caa)
		add_kind(&r, KIND_CAA, caa);
	result_encode(&r, &value);
	struct kafka_record record = { .topic = w->deployment.topics.results,
		                       .partition =
		                               (int32_t)c->results_partition,
		                       .key = c->request_id,
		                       .value = buf_span(&value) };
	int signer = play->bad_signature ? (city + 1) % CITIES : city;

	if (play->no_signature)
		cw_send(w, &record);
	else
		cw_send_signed(w, signer, SIGN_RESULT, &record);
	buf_clear(&value);
}

/* -- checks -- */

void cw_on_check(struct coordinator_world *w, int city,
                 const struct kafka_message *m)
{
	struct play *play = &w->play[city];
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = m->timestamp_ms };
	struct sign_domain d = cw_domain(SIGN_CHECK);
	struct span header;
	struct check c;

	w->checks[city]++;
	ck_assert_uint_eq(
		kafka_message_header(m, RECORD_SIGNATURE_HEADER, &header), 1);
	ck_assert_int_eq(
		keyring_verify(w->ring, &wanted, &d, m->value, header, NULL),
		TRUST_OK);
	struct span kept = arena_span(w->arena, m->value);

	ck_assert_ptr_null(check_decode(kept, w->arena, &c));
	w->check_trace = cw_keep(w, m, HEADER_TRACEPARENT);
	if (play->hold) {
		w->held[city] = c;
		return;
	}
	if (play->once_silent > 0) {
		play->once_silent--;
		return;
	}
	if (play->dcv == CLASS_UNKNOWN)
		return;
	send_result(w, city, &c, play->dcv, play->caa);
	if (play->twice)
		send_result(w, city, &c, CLASS_DISAGREED, CLASS_DISAGREED);
}

/* -- heartbeats -- */

struct heartbeat cw_heartbeat(const struct coordinator_world *w, int city)
{
	return (struct heartbeat){ .schema_version = 1,
		                   .perspective = span_str(cw_codes[city]),
		                   .instance = SPAN("w1"),
		                   .wall_ms = clock_wall_ms(),
		                   .started_ms = clock_wall_ms(),
		                   .validation = w->validation,
		                   .resolver = SPAN("played"),
		                   .versions = SPAN("played") };
}

void cw_send_heartbeat(struct coordinator_world *w, int city,
                       const struct heartbeat *h, bool is_signed)
{
	struct buf value = { 0 };

	heartbeat_encode(h, &value);
	struct kafka_record record = {
		.topic = w->deployment.topics.perspectives,
		.key = span_str(cw_codes[city]),
		.value = buf_span(&value)
	};

	if (is_signed)
		cw_send_signed(w, city, SIGN_HEARTBEAT, &record);
	else
		cw_send(w, &record);
	buf_clear(&value);
}

void cw_on_beat(void *arg)
{
	struct coordinator_world *w = arg;

	for (int i = 0; w->heartbeats && i < CITIES; i++) {
		struct heartbeat h = cw_heartbeat(w, i);

		cw_send_heartbeat(w, i, &h, true);
	}
	timer_set_ms(w->beat, 300);
}

/* -- what they are told to say -- */

void cw_play_all(struct coordinator_world *w, enum result_class class)
{
	for (int i = 0; i < CITIES; i++)
		w->play[i] = (struct play){ .dcv = class, .caa = class };
}

struct held {
	struct coordinator_world *w;
	int city;
};

static bool is_held(void *arg)
{
	struct held *h = arg;

	return h->w->held[h->city].request_id.p != NULL;
}

void cw_wait_held(struct coordinator_world *w, int city)
{
	struct held h = { w, city };

	world_run(&w->kafka, "check held", is_held, &h);
}

void cw_answer_held(struct coordinator_world *w, int city,
                    enum result_class class)
{
	send_result(w, city, &w->held[city], class, class);
	w->held[city] = (struct check){ 0 };
}
