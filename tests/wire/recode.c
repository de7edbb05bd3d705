#include "tests/wire/samples.h"

#include "base/mem.h"

/* One union, so that a record of any type has its place. */
union record {
	struct request request;
	struct attempt attempt;
	struct check check;
	struct result result;
	struct decision decision;
	struct heartbeat heartbeat;
	struct evidence evidence;
};

static const char *decode_request(struct span value, enum encoding from,
                                  struct arena *arena, struct request *out)
{
	struct request_issues issues;
	enum encoding seen;
	struct span why;
	enum reason reason = request_decode(
		value,
		from == ENCODING_JSON ? SPAN("application/json")
				      : SPAN("application/msgpack"),
		arena, out, &issues, &seen, &why);

	if (reason != REASON_UNKNOWN)
		return arena_printf(arena, "%s %.*s", reason_name(reason),
		                    SPAN_ARG(why));
	if (issues.count == 0)
		return NULL;
	return arena_printf(arena, "%s %.*s",
	                    reason_name(issues.items[0].reason),
	                    SPAN_ARG(issues.items[0].field));
}

static const char *decode(const struct record_type *type, struct span value,
                          enum encoding from, struct arena *arena,
                          union record *out)
{
	enum encoding seen;

	if (type == &request_type)
		return decode_request(value, from, arena, &out->request);
	if (type == &decision_type)
		return decision_decode(value, arena, &out->decision, &seen);
	if (type == &attempt_type)
		return attempt_decode(value, arena, &out->attempt);
	if (type == &check_type)
		return check_decode(value, arena, &out->check);
	if (type == &result_type)
		return result_decode(value, arena, &out->result);
	if (type == &heartbeat_type)
		return heartbeat_decode(value, arena, &out->heartbeat);
	return evidence_decode(value, arena, &out->evidence);
}

const char *sample_recode(const struct record_type *type, struct span value,
                          enum encoding from, enum encoding to,
                          struct arena *arena, struct buf *out)
{
	union record record = { 0 };
	const char *why = decode(type, value, from, arena, &record);

	if (why != NULL)
		return why;
	if (type == &request_type)
		request_encode(&record.request, to, out);
	else
		record_encode(type, &record, to, out);
	return NULL;
}

const struct record_type *sample_type(const char *file_name)
{
	static const struct {
		const char *prefix;
		const struct record_type *type;
	} types[] = {
		{ "request-", &request_type },
		{ "attempt-", &attempt_type },
		{ "check-", &check_type },
		{ "result-", &result_type },
		{ "decision-", &decision_type },
		{ "heartbeat-", &heartbeat_type },
		{ "evidence-", &evidence_type },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strncmp(file_name, types[i].prefix,
		            strlen(types[i].prefix)) == 0)
			return types[i].type;
	}
	return NULL;
}
