#include "wire/result.h"

#include "wire/tables.h"

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
	BYTES("evidence", S, evidence, OPTIONAL, RESULT_EVIDENCE_MAX),
};
static const struct record_type kind_type = RECORD_TYPE(S, kind_fields);
#undef S

#define S struct result
static const struct field fields[] = {
	VERSION(S, schema_version),
	TEXT("request_id", S, request_id, REQUIRED, MAX_ID),
	TEXT("attempt_id", S, attempt_id, REQUIRED, MAX_ATTEMPT_ID),
	TEXT("perspective_code", S, perspective, REQUIRED, MAX_CODE),
	TEXT("instance", S, instance, REQUIRED, MAX_CODE),
	DIGEST("plan", S, plan),
	INT("started_ms", S, started_ms, REQUIRED, 0, MAX_TIME),
	INT("finished_ms", S, finished_ms, REQUIRED, 0, MAX_TIME),
	INT("probe_generation", S, probe_generation, REQUIRED, 0, INT64_MAX),
	INT("tries", S, tries, REQUIRED, 0, INT32_MAX),
	TEXT("versions", S, versions, REQUIRED, MAX_VERSIONS),
	BOOL("vulnerable_resolver_accepted", S, vulnerable_resolver_accepted),
	OPT_INT("validation_shown_ms", S, validation_shown_ms, 0, MAX_TIME),
	RECORDS_HERE("kinds", S, kinds, REQUIRED, struct kind_result,
	             &kind_type, KIND_COUNT),
};
const struct record_type result_type = RECORD_TYPE(S, fields);
#undef S

static const struct mp_limits limits = { RESULT_MAX, MP_ELEMENTS_MAX,
	                                 MP_DEPTH_MAX };

/* Two entries for one kind would let their reader choose. */
static bool kind_repeats(const struct result *r)
{
	return r->kinds_count == 2 && r->kinds[0].kind == r->kinds[1].kind;
}

const char *result_decode(struct span value, struct arena *arena,
                          struct result *out)
{
	_Static_assert(KIND_COUNT == 2, "kind_repeats() compares two");
	struct result r = { 0 };
	const char *why = record_decode(&result_type, value, ENCODING_MSGPACK,
	                                &limits, arena, &r);

	if (why == NULL && kind_repeats(&r))
		why = "kinds: a kind is there twice";
	if (why == NULL)
		*out = r;
	return why;
}

void result_encode(const struct result *r, struct buf *out)
{
	record_encode(&result_type, r, ENCODING_MSGPACK, out);
}

static void keep(struct span *s, struct arena *arena)
{
	if (s->p != NULL)
		*s = arena_span(arena, *s);
}

struct result *result_copy_without_evidence(const struct result *r,
                                            struct arena *arena)
{
	struct result *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *r;
	keep(&copy->request_id, arena);
	keep(&copy->attempt_id, arena);
	keep(&copy->perspective, arena);
	keep(&copy->instance, arena);
	keep(&copy->versions, arena);
	for (size_t i = 0; i < copy->kinds_count; i++) {
		struct kind_result *k = &copy->kinds[i];

		keep(&k->detail, arena);
		keep(&k->authorization_domain_name, arena);
		keep(&k->observed, arena);
		k->evidence = (struct span){ NULL, 0 };
	}
	return copy;
}

const struct kind_result *result_kind(const struct result *r,
                                      enum check_kind kind)
{
	for (size_t i = 0; i < r->kinds_count; i++) {
		if (r->kinds[i].kind == kind)
			return &r->kinds[i];
	}
	return NULL;
}
