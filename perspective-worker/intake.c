#include "perspective-worker/intake.h"

#include "base/clock.h"
#include "base/name.h"

#include <stdio.h>

enum {
	TRACEPARENT_MAX = 256,
	SIGNATURE_MAX = 256,
	KEY_MAX = 1024, /* of a dead letter; longer keys are left out */
	NUMBER_ROOM = 24
};

/* -- dead letters -- */

static void copy_header(const struct kafka_message *m, const char *name,
                        size_t max, struct kafka_record *r,
                        struct kafka_header *headers)
{
	struct span value;

	if (kafka_message_header(m, name, &value) == 1 && value.len <= max)
		headers[r->header_count++] =
			(struct kafka_header){ name, value };
}

static void dead_letter(struct worker *w, const struct kafka_message *m,
                        const struct place *place, const char *reason,
                        const char *detail)
{
	char partition[NUMBER_ROOM], offset[NUMBER_ROOM];
	/* the detail first: outgoing rewrites the first if it must */
	struct kafka_header headers[OUTGOING_HEADERS_MAX] = {
		{ HEADER_DEAD_DETAIL, span_str(detail) },
		{ HEADER_DEAD_REASON, span_str(reason) },
		{ HEADER_DEAD_TOPIC, span_str(m->topic) },
		{ HEADER_DEAD_PARTITION, { 0 } },
		{ HEADER_DEAD_OFFSET, { 0 } },
	};
	struct kafka_record r = {
		.topic = w->d->topics.dead_letters,
		.partition = 0,
		.key = m->key,
		.value = m->value,
		.headers = headers,
		.header_count = 5,
	};

	(void)snprintf(partition, sizeof(partition), "%d", m->partition);
	(void)snprintf(offset, sizeof(offset), "%lld", (long long)m->offset);
	headers[3].value = span_str(partition);
	headers[4].value = span_str(offset);
	if (r.key.len > KEY_MAX)
		r.key = (struct span){ NULL, 0 };
	copy_header(m, RECORD_SIGNATURE_HEADER, SIGNATURE_MAX, &r, headers);
	copy_header(m, HEADER_TRACEPARENT, TRACEPARENT_MAX, &r, headers);
	stats_dead_letter(w->stats, reason);
	outgoing_add(w->outgoing, &r, place);
}

static void log_dead(const struct kafka_message *m, const char *reason,
                     const char *detail)
{
	log_warn("worker_check_dead_lettered", F_INT("partition", m->partition),
	         F_INT("offset", m->offset), F_STR("reason", reason),
	         F_STR("detail", detail));
}

static void refuse(struct worker *w, const struct kafka_message *m,
                   const struct place *place, enum reason reason,
                   const char *detail)
{
	log_dead(m, reason_name(reason), detail);
	dead_letter(w, m, place, reason_name(reason), detail);
}

/* -- whose it is -- */

/* Once per source and kind; the rest is in the figures. */
static void complain(struct worker *w, const struct kafka_message *m,
                     const struct key_entry *entry, enum trust_result trust)
{
	size_t source = keyring_count(w->d->keyring);

	for (size_t i = 0; entry != NULL && i < source; i++) {
		if (keyring_at(w->d->keyring, i) == entry)
			source = i;
	}
	if ((w->complained[source] & 1U << trust) != 0)
		return;
	w->complained[source] |= 1U << trust;
	log_warn("worker_check_refused", F_INT("partition", m->partition),
	         F_INT("offset", m->offset),
	         F_STR("why", trust_result_name(trust)),
	         F_STR("source", entry != NULL ? entry->name : "nobody known"),
	         F_STR("note", "said once per source and kind; counted in "
	                       "mpic_untrusted_records_total"));
}

/* When a key had to be good: the broker's word, or else now. A time that the
   producer set would let a revoked key sign as of yesterday. */
static int64_t signed_at(const struct kafka_message *m)
{
	return m->time_kind == KAFKA_TIME_APPEND ? m->timestamp_ms
	                                         : clock_wall_ms();
}

static bool is_trusted(struct worker *w, const struct kafka_message *m,
                       const struct place *place)
{
	struct sign_domain domain = deployment_domain(w->d, SIGN_CHECK);
	struct trust_wanted wanted = { .role = KEY_ROLE_COORDINATOR,
		                       .at_ms = signed_at(m) };
	const struct key_entry *entry = NULL;
	struct span header = { NULL, 0 };
	enum trust_result trust = TRUST_MALFORMED;

	if (kafka_message_header(m, RECORD_SIGNATURE_HEADER, &header) <= 1)
		trust = keyring_verify(w->d->keyring, &wanted, &domain,
		                       m->value, header, &entry);
	if (trust == TRUST_OK)
		return true;
	stats_untrusted(w->stats, "checks", trust_result_name(trust));
	complain(w, m, entry, trust);
	dead_letter(w, m, place, DEAD_UNTRUSTED, trust_result_name(trust));
	return false;
}

/* -- what it asks -- */

/* by this perspective's own list: a coordinator whose list is old
   must not get a corroboration for what others register under. */
static bool is_over_suffix(const struct worker *w, const struct check *check)
{
	const struct names *names = w->d->names;
	struct span domain = check->dcv.authorization_domain_name;
	struct span own = name_without_wildcard(check->target);

	return names_wildcard_over_suffix(names, check->target) ||
	       (domain.len > 0 && !span_eq(domain, own) &&
	        names_is_public_suffix(names, domain, NAMES_ICANN));
}

static bool is_ours(struct worker *w, const struct kafka_message *m,
                    const struct place *place, const struct check *check)
{
	if (!span_is(check->perspective, w->d->conf->perspective)) {
		refuse(w, m, place, REASON_MISROUTED,
		       "made for another perspective");
		return false;
	}
	if (check->results_partition >= w->d->conf->partitions) {
		refuse(w, m, place, REASON_MISROUTED,
		       "results_partition is not below kafka.partitions");
		return false;
	}
	return true;
}

static void take_up(struct worker *w, const struct kafka_message *m,
                    const struct place *place, const struct check *check)
{
	int64_t left = check->deadline_ms - clock_wall_ms();
	enum reason reason;
	char room[PREFIX_TEXT_MAX];
	struct job *job = job_new(
		check, m, job_zone(w->d->names, check->target, room), place);
	struct span trace;

	if (kafka_message_header(m, HEADER_TRACEPARENT, &trace) == 1 &&
	    trace.len <= TRACEPARENT_MAX)
		job->traceparent = arena_span(job->arena, trace);
	if (left > check->budget_ms)
		left = check->budget_ms;
	job->task.deadline_mono_ms = clock_mono_ms() + left;
	stats_check(w->stats);
	if (left <= 0)
		worker_answer(w, job, CLASS_TIMED_OUT, REASON_TIMEOUT_QUEUED,
		              NULL);
	else if (is_over_suffix(w, check))
		worker_answer(w, job, CLASS_ERROR, REASON_NAME_PUBLIC_SUFFIX,
		              NULL);
	else if ((reason = worker_objection(w, job)) != REASON_UNKNOWN)
		worker_answer(w, job, CLASS_ERROR, reason, NULL);
	else
		worker_take(w, job);
}

static void decode(struct worker *w, const struct kafka_message *m,
                   const struct place *place, struct arena *arena)
{
	struct check check = { 0 };
	const char *bad = check_decode(m->value, arena, &check);

	if (bad == NULL && check.check_set == SET_NONE)
		bad = "check_type: none";
	if (bad != NULL)
		refuse(w, m, place, REASON_UNDECODABLE, bad);
	else if (is_ours(w, m, place, &check))
		take_up(w, m, place, &check);
}

void intake_on_message(struct worker *w, const struct kafka_message *m)
{
	struct arena *arena;
	struct place place;

	if (!partitions_begin(w->partitions, m->partition, m->offset, &place))
		return;
	if (m->value.len > CHECK_MAX) {
		refuse(w, m, &place, REASON_OVERSIZED, "larger than a check");
		return;
	}
	if (!is_trusted(w, m, &place))
		return;
	arena = arena_new();
	decode(w, m, &place, arena);
	arena_free(&arena);
}
