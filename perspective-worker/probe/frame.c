#include "frame.h"

#include "wire/tables.h"

#include <assert.h>

enum {
	ANCHOR_MAX = 4096, /* bytes of a line: a DNSKEY of RSA 4096 has 750 */
	PORT_TEXT_MAX = 5,
	ADDRESS_TEXT_MAX = 45,
	PREFIX_TEXT = 49,
	SHIFT_MAX = INT32_MAX
};

#define LIMIT_MS_MAX  INT64_C(600000)
#define WINDOW_MS_MAX INT64_C(3600000)

#define S struct probe_settings
static const struct field settings_fields[] = {
	BOOL("lab", S, lab),
	INT("generation", S, generation, REQUIRED, 0, INT64_MAX),
	TEXTS("trust_anchors", S, trust_anchors, REQUIRED, ANCHOR_MAX,
	      FRAME_ANCHORS_MAX),
	TEXTS("root_servers", S, root_servers, OPTIONAL, ADDRESS_TEXT_MAX,
	      FRAME_ROOTS_MAX),
	TEXT("forbidden", S, forbidden, OPTIONAL, FRAME_LIST_MAX),
	TEXT("brokers", S, brokers, OPTIONAL, FRAME_LIST_MAX),
	TEXT("own", S, own, OPTIONAL, FRAME_LIST_MAX),
	TEXT("lab_allowed", S, lab_allowed, OPTIONAL, FRAME_LIST_MAX),
	TEXTS("lab_ports", S, lab_ports, OPTIONAL, PORT_TEXT_MAX,
	      FRAME_PORTS_MAX),
	INT("resolver_window_ms", S, resolver_window_ms, REQUIRED, 0,
	    WINDOW_MS_MAX),
	INT("lookup_ms", S, lookup_ms, REQUIRED, 1, LIMIT_MS_MAX),
	INT("connect_ms", S, connect_ms, REQUIRED, 1, LIMIT_MS_MAX),
	INT("hang_ms", S, hang_ms, REQUIRED, 1, LIMIT_MS_MAX),
	INT("jobs_max", S, jobs_max, REQUIRED, 1, FRAME_JOBS_MAX),
	INT("clock_shift_ms", S, clock_shift_ms, OPTIONAL, -SHIFT_MAX,
	    SHIFT_MAX),
	TEXT("user_agent", S, user_agent, REQUIRED, FRAME_TEXT_MAX),
};
static const struct record_type settings_type = RECORD_TYPE(S, settings_fields);
#undef S

#define S struct probe_job
static const struct field job_fields[] = {
	INT("id", S, id, REQUIRED, 1, INT64_MAX),
	ENUM("check_set", S, check_set, unsigned, REQUIRED, &check_set_names),
	BYTES("check", S, check, REQUIRED, CHECK_MAX),
	INT("budget_ms", S, budget_ms, REQUIRED, 1, LIMIT_MS_MAX),
	TEXTS("full", S, full, OPTIONAL, PREFIX_TEXT, FRAME_FULL_MAX),
};
static const struct record_type job_type = RECORD_TYPE(S, job_fields);
#undef S

#define S struct probe_cancel
static const struct field cancel_fields[] = {
	INT("id", S, id, REQUIRED, 1, INT64_MAX),
};
static const struct record_type cancel_type = RECORD_TYPE(S, cancel_fields);
#undef S

#define S struct probe_ready
static const struct field ready_fields[] = {
	TEXT("versions", S, versions, REQUIRED, FRAME_TEXT_MAX),
	TEXT("sandbox", S, sandbox, REQUIRED, FRAME_TEXT_MAX),
};
static const struct record_type ready_type = RECORD_TYPE(S, ready_fields);
#undef S

#define S struct probe_failed
static const struct field failed_fields[] = {
	TEXT("why", S, why, REQUIRED, FRAME_TEXT_MAX),
};
static const struct record_type failed_type = RECORD_TYPE(S, failed_fields);
#undef S

#define S struct kind_result
static const struct field kind_fields[] = {
	ENUM("kind", S, kind, enum check_kind, REQUIRED, &check_kind_names),
	ENUM("class", S, result_class, enum result_class, REQUIRED,
	     &result_class_names),
	ENUM("reason", S, reason, enum reason, REQUIRED, &reason_names),
	TEXT("detail", S, detail, OPTIONAL, RESULT_DETAIL_MAX),
	TEXT("authorization_domain_name", S, authorization_domain_name,
	     OPTIONAL, MAX_TARGET),
	BYTES("observed", S, observed, OPTIONAL, MAX_VALUE),
	INT("looked_up_ms", S, looked_up_ms, OPTIONAL, 0, MAX_TIME),
	OPT_INT("expires_ms", S, expires_ms, 0, MAX_TIME),
	BYTES("evidence", S, evidence, REQUIRED, RESULT_EVIDENCE_MAX),
};
static const struct record_type kind_type = RECORD_TYPE(S, kind_fields);
#undef S

#define S struct probe_done
static const struct field done_fields[] = {
	INT("id", S, id, REQUIRED, 1, INT64_MAX),
	RECORDS_HERE("kinds", S, kinds, OPTIONAL, struct kind_result,
	             &kind_type, KIND_COUNT),
};
static const struct record_type done_type = RECORD_TYPE(S, done_fields);
#undef S

#define S struct probe_hangs
static const struct field hangs_fields[] = {
	INT("id", S, id, REQUIRED, 1, INT64_MAX),
	BOOL("held", S, held),
	TEXT("address", S, address, OPTIONAL, ADDRESS_TEXT_MAX),
};
static const struct record_type hangs_type = RECORD_TYPE(S, hangs_fields);
#undef S

static const struct kind {
	const char *name;
	enum frame_way way;
	const struct record_type *type;
} kinds[FRAME_KIND_COUNT] = {
	[FRAME_SETTINGS] = { "settings", FRAME_TO_PROBE, &settings_type },
	[FRAME_JOB] = { "job", FRAME_TO_PROBE, &job_type },
	[FRAME_CANCEL] = { "cancel", FRAME_TO_PROBE, &cancel_type },
	[FRAME_READY] = { "ready", FRAME_TO_WORKER, &ready_type },
	[FRAME_FAILED] = { "failed", FRAME_TO_WORKER, &failed_type },
	[FRAME_DONE] = { "done", FRAME_TO_WORKER, &done_type },
	[FRAME_HANGS] = { "hangs", FRAME_TO_WORKER, &hangs_type },
};

const char *frame_kind_name(enum frame_kind kind)
{
	if (kind == FRAME_UNKNOWN || kind >= FRAME_KIND_COUNT)
		return "unknown";
	return kinds[kind].name;
}

size_t frame_max(enum frame_way way)
{
	return way == FRAME_TO_PROBE ? FRAME_TO_PROBE_MAX : FRAME_TO_WORKER_MAX;
}

enum frame_cut frame_cut(struct span in, enum frame_way way, struct span *body,
                         size_t *taken)
{
	struct cursor c = { .left = in };
	uint32_t len = take_u32(&c);

	if (c.ran_out)
		return FRAME_CUT_MORE;
	if (len > frame_max(way))
		return FRAME_CUT_TOO_LONG;

	struct span found = take(&c, len);

	if (c.ran_out)
		return FRAME_CUT_MORE;
	*body = found;
	*taken = FRAME_HEAD + len;
	return FRAME_CUT_WHOLE;
}

static bool is_workers_class(enum result_class c)
{
	return c == CLASS_CORROBORATED || c == CLASS_DISAGREED ||
	       c == CLASS_ERROR || c == CLASS_TIMED_OUT;
}

static const char *check_done(const struct probe_done *done)
{
	_Static_assert(KIND_COUNT == 2, "two kinds are compared");
	for (size_t i = 0; i < done->kinds_count; i++) {
		const struct kind_result *k = &done->kinds[i];

		if (!is_workers_class(k->result_class))
			return "class: not one of a worker's";
		if (k->reason == REASON_UNKNOWN)
			return "reason: unknown";
	}
	if (done->kinds_count == 2 &&
	    done->kinds[0].kind == done->kinds[1].kind)
		return "kinds: a kind is there twice";
	return NULL;
}

/* What the rows can't say. */
static const char *check_sense(const struct frame *f)
{
	switch (f->kind) {
	case FRAME_SETTINGS:
		return f->settings.trust_anchors.count == 0
		               ? "trust_anchors: none"
		               : NULL;
	case FRAME_JOB:
		return f->job.check_set == SET_NONE ? "check_set: none" : NULL;
	case FRAME_DONE: return check_done(&f->done);
	case FRAME_UNKNOWN:
	case FRAME_CANCEL:
	case FRAME_READY:
	case FRAME_FAILED:
	case FRAME_HANGS:
	case FRAME_KIND_COUNT: break;
	}
	return NULL;
}

static void encode_body(const struct frame *frame, struct buf *out)
{
	buf_add_u8(out, (uint8_t)frame->kind);
	record_encode(kinds[frame->kind].type, &frame->settings,
	              ENCODING_MSGPACK, out);
}

/* The only spelling is ours: that rules out unknown fields, another order,
   nulls and longer forms of numbers, all at once. */
static bool is_canonical(const struct frame *frame, struct span body)
{
	struct buf again = { 0 };

	(void)buf_reserve(&again, body.len + 16);
	encode_body(frame, &again);
	bool same = span_eq(buf_span(&again), body);

	buf_clear(&again);
	return same;
}

const char *frame_decode(struct span body, enum frame_way way,
                         struct arena *arena, struct frame *out)
{
	const struct mp_limits limits = { frame_max(way), MP_ELEMENTS_MAX,
		                          MP_DEPTH_MAX };
	struct cursor c = { .left = body };
	uint8_t kind = take_u8(&c);
	struct frame f = { .kind = kind };

	if (c.ran_out)
		return "empty frame";
	if (kind == FRAME_UNKNOWN || kind >= FRAME_KIND_COUNT ||
	    kinds[kind].way != way)
		return "no such kind of frame in this direction";

	/* members of a union all begin at its start */
	const char *why =
		record_decode(kinds[kind].type, take_rest(&c), ENCODING_MSGPACK,
	                      &limits, arena, &f.settings);

	if (why == NULL)
		why = check_sense(&f);
	if (why != NULL)
		return why;
	if (!is_canonical(&f, body))
		return "not the canonical form";
	*out = f;
	return NULL;
}

void frame_encode(const struct frame *frame, struct buf *out)
{
	size_t start = out->len;

	assert(frame->kind != FRAME_UNKNOWN && frame->kind < FRAME_KIND_COUNT);
	buf_add_u32(out, 0);
	encode_body(frame, out);

	size_t len = out->len - start - FRAME_HEAD;

	assert(len <= frame_max(kinds[frame->kind].way));
	for (size_t i = 0; i < FRAME_HEAD; i++)
		out->p[start + i] = (uint8_t)(len >> (24 - 8 * i));
}
