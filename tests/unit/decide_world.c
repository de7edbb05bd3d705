#include "tests/unit/decide_world.h"

#include <check.h>
#include <stdio.h>
#include <time.h>

enum { DEADLINE_MS = 30000 };

int64_t world_day(int year, int month, int day)
{
	struct tm t = {
		.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
	};

	return (int64_t)timegm(&t) * 1000;
}

static void plan_seat(struct world *w, size_t i, const char *name,
                      enum perspective_role role, enum rir rir)
{
	snprintf(w->codes[i], sizeof(w->codes[i]), "%s", name);
	memset(w->keys[i].b, (int)i + 1, DIGEST_BYTES);
	w->planned[i] = (struct planned_perspective){
		.code = span_str(w->codes[i]),
		.role = role,
		.rir = span_str(rir_name(rir)),
		.keys = &w->keys[i],
		.keys_count = 1,
		.alive = true,
	};
}

static void plan_seats(struct world *w, const struct world_setup *s)
{
	static const enum rir turn[] = { RIR_RIPE, RIR_ARIN };
	size_t n = 0;
	char name[16];

	if (!s->caller)
		plan_seat(w, n++, "prime", ROLE_PRIMARY, RIR_ARIN);
	for (int64_t i = 0; i < s->remotes; i++) {
		snprintf(name, sizeof(name), "r%d", (int)i + 1);
		plan_seat(w, n++, name, ROLE_REMOTE,
		          s->rirs != NULL ? s->rirs[i] : turn[i % 2]);
	}
	w->attempt.perspectives = w->planned;
	w->attempt.perspectives_count = n;
}

/* What perspectives must agree on, where the method has such a thing. */
static struct span selected_by(enum validation_method method)
{
	if (method == METHOD_DNS_PERSISTENT)
		return SPAN("ca.example; accounturi=https://ca.example/acct/1");
	if (method_proves_control(method))
		return (struct span){ NULL, 0 };
	return SPAN("whom@shop.example");
}

static struct span issuers[] = { SPAN("ca2.example"), SPAN("CA.example") };

static void tell_facts(struct world *w, const struct world_setup *s)
{
	enum validation_method method =
		s->method != 0 ? s->method : METHOD_ACME_DNS_01;

	w->facts = (struct request_facts){
		.request_id = SPAN("order-1"),
		.request = { 3, 77, { { 0xaa } } },
		.request_timestamp_ms = s->planned_at_ms - 500,
		.target = SPAN("www.shop.example"),
		.is_address = s->is_address,
		.check_set =
			s->check_set != 0 ? s->check_set : SET_DCV | SET_CAA,
		.method = method,
		.account_uri = SPAN("https://ca.example/acct/1"),
		.selected = selected_by(method),
		.issuers = { issuers, 2 },
		.persistent_account = SPAN("https://ca.example/acct/1"),
		.certificate_type = CERT_TLS_SERVER,
		.trace_identifier = SPAN("trace-1"),
		.challenge_created_at_ms = s->challenge_created_at_ms,
		.policy = s->policy != 0 ? s->policy : POLICY_CABF_TLS,
		.primary_kind =
			s->caller ? PRIMARY_CALLER : PRIMARY_PERSPECTIVE,
		.observation = s->observation,
		.partitions = 12,
	};
}

static void tell_rule(struct world *w, const struct world_setup *s)
{
	const struct policy_rule *policy =
		policy_at(w->facts.policy, s->planned_at_ms);

	ck_assert_ptr_nonnull(policy);
	w->attempt.rule = (struct effective_rule){
		.policy_id = span_str(policy->id),
		.policy_digest = policy_digest(policy),
		.min_remotes = policy->min_remotes,
		.remotes = s->remotes,
		.quorum = s->quorum != 0 ? s->quorum
		                         : policy_quorum(policy, s->remotes),
		.min_rirs = s->min_rirs != 0 ? s->min_rirs
		                             : policy_rirs(policy, s->remotes),
		.max_attempts = 2,
		.early = s->early != 0 ? s->early : EARLY_DENY,
		.primary_kind = w->facts.primary_kind,
	};
}

void world_describe(struct world *w, const struct world_setup *s)
{
	ck_assert_int_le(s->remotes, WORLD_REMOTES_MAX);
	tell_facts(w, s);
	w->attempt = (struct attempt){
		.schema_version = 1,
		.attempt_id = SPAN("00112233445566778899aabbccddeeff"),
		.request_id = w->facts.request_id,
		.request = w->facts.request,
		.request_timestamp_ms = w->facts.request_timestamp_ms,
		.partitions = 12,
		.number = s->number != 0 ? s->number : 1,
		.gate = s->gate != 0 ? s->gate : GATE_SEQUENTIAL,
		.check_set = w->facts.check_set,
		.target = w->facts.target,
		.planned_at_ms = s->planned_at_ms,
		.deadline_ms = s->planned_at_ms +
		               (s->deadline_after_ms != 0 ? s->deadline_after_ms
		                                          : DEADLINE_MS),
		.results_from = WORLD_RESULTS_FROM,
	};
	tell_rule(w, s);
	plan_seats(w, s);
	w->ref = (struct record_ref){ 3, 55, { { 0xbb } } };
	w->next_offset = WORLD_RESULTS_FROM + 1;
}

void world_init(struct world *w, const struct world_setup *s)
{
	const char *why;

	w->arena = arena_new();
	world_describe(w, s);
	why = attempt_state_init(&w->state, w->arena, &w->attempt, &w->ref,
	                         &w->facts);
	ck_assert_msg(why == NULL, "attempt refused: %s", why);
	w->fresh = w->state;
	memcpy(w->fresh_seats, w->state.seats,
	       w->state.count * sizeof(w->fresh_seats[0]));
}

void world_again(struct world *w)
{
	w->state = w->fresh;
	memcpy(w->state.seats, w->fresh_seats,
	       w->state.count * sizeof(w->fresh_seats[0]));
	w->next_offset = WORLD_RESULTS_FROM + 1;
}

void world_clear(struct world *w)
{
	arena_free(&w->arena);
}

size_t world_remote(const struct world *w, size_t i)
{
	return i + (w->attempt.rule.primary_kind == PRIMARY_PERSPECTIVE);
}

static enum reason reason_for(enum check_kind kind, enum result_class c)
{
	switch (c) {
	case CLASS_CORROBORATED:
		return kind == KIND_DCV ? REASON_VALUE_FOUND
		                        : REASON_CAA_PERMITS;
	case CLASS_DISAGREED:
		return kind == KIND_DCV ? REASON_VALUE_NOT_FOUND
		                        : REASON_CAA_FORBIDS;
	case CLASS_TIMED_OUT: return REASON_TIMEOUT_DNS;
	default: return REASON_DNS_SERVFAIL;
	}
}

struct result world_result(const struct world *w, size_t seat,
                           enum result_class c)
{
	struct result r = {
		.schema_version = 1,
		.request_id = w->attempt.request_id,
		.attempt_id = w->attempt.attempt_id,
		.perspective = w->planned[seat].code,
		.instance = SPAN("w-1"),
		.plan = w->ref.digest,
		.started_ms = w->attempt.planned_at_ms + 100,
		.finished_ms = w->attempt.planned_at_ms + 1000,
		.tries = 1,
	};

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if ((w->attempt.check_set & (1u << kind)) == 0)
			continue;
		r.kinds[r.kinds_count++] = (struct kind_result){
			.kind = (enum check_kind)kind,
			.result_class = c,
			.reason = reason_for((enum check_kind)kind, c),
			.looked_up_ms = r.started_ms,
			.observed = selected_by(w->facts.method),
		};
	}
	return r;
}

struct heard world_heard(struct world *w, const struct result *r, size_t signer)
{
	int64_t offset = w->next_offset++;
	struct heard h = {
		.offset = offset,
		.digest = { { (uint8_t)offset, (uint8_t)(offset >> 8), 1 } },
		.result = r,
		.trust = TRUST_OK,
		.key_id = w->keys[signer],
	};

	return h;
}

enum fold world_say(struct world *w, size_t seat, enum result_class dcv,
                    enum result_class caa)
{
	bool late = dcv == CLASS_LATE || caa == CLASS_LATE;
	struct result r = world_result(w, seat, CLASS_CORROBORATED);
	struct heard h;

	for (size_t i = 0; i < r.kinds_count; i++) {
		enum result_class c = r.kinds[i].kind == KIND_DCV ? dcv : caa;

		if (late)
			c = CLASS_CORROBORATED;
		r.kinds[i].result_class = c;
		r.kinds[i].reason = reason_for(r.kinds[i].kind, c);
	}
	if (late)
		r.finished_ms = w->attempt.deadline_ms + 1;
	h = world_heard(w, &r, seat);
	return attempt_fold(&w->state, &h);
}

struct verdict world_ask(const struct world *w)
{
	return verdict_ask(&w->state, w->attempt.planned_at_ms + 2000);
}

struct verdict world_final(const struct world *w)
{
	return verdict_final(&w->state, w->attempt.deadline_ms);
}

void world_close(struct world *w)
{
	struct verdict v = world_ask(w);

	if (v.say == VERDICT_PASS || v.say == VERDICT_FAIL)
		attempt_close(&w->state, v, CLOSED_BY_RESULT,
		              w->attempt.planned_at_ms + 2000);
	else
		attempt_close(&w->state, world_final(w), CLOSED_BY_DEADLINE,
		              w->attempt.deadline_ms);
}
