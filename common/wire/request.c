#include "wire/request.h"

#include "wire/tables.h"

#define S struct primary_observation
static const struct field observation_fields[] = {
	OPT_BOOL("dcv_passed", S, dcv_passed),
	OPT_BOOL("caa_passed", S, caa_passed),
	OPT_INT("observed_at_ms", S, observed_at_ms, 0, MAX_TIME),
	TEXT("authorization_domain_name", S, authorization_domain_name,
	     OPTIONAL, MAX_TARGET),
};
static const struct record_type observation_type =
	RECORD_TYPE_PRESENT(S, observation_fields);
#undef S

#define S struct request
static const struct field fields[] = {
	OPT_INT("schema_version", S, schema_version, WIRE_VERSION,
	        WIRE_VERSION),
	TEXT("request_id", S, request_id, OPTIONAL, REQUEST_ID_MAX),
	ENUM_TEXT("check_type", S, check_set, unsigned, check_type_text,
	          MAX_WORD, OPTIONAL, &check_set_names),
	TEXT("domain_or_ip_target", S, domain_or_ip_target, REQUIRED,
	     MAX_TARGET),
	TEXT("trace_identifier", S, trace_identifier, OPTIONAL, MAX_TRACE),
	RECORD("orchestration_parameters", S, orchestration, OPTIONAL,
	       struct orchestration_parameters, &orchestration_type),
	RECORD("dcv_check_parameters", S, dcv, OPTIONAL, struct dcv_parameters,
	       &dcv_parameters_type),
	RECORD("caa_check_parameters", S, caa, OPTIONAL, struct caa_parameters,
	       &caa_parameters_type),
	ENUM("certificate_type", S, certificate_type, enum certificate_type,
	     OPTIONAL, &certificate_type_names),
	TEXT("account_uri", S, account_uri, OPTIONAL, MAX_URI),
	OPT_INT("challenge_created_at_ms", S, challenge_created_at_ms, 0,
	        MAX_TIME),
	OPT_INT("time_allowed_ms", S, time_allowed_ms, 0, MAX_TIME),
	RECORD("primary_observation", S, primary_observation, OPTIONAL,
	       struct primary_observation, &observation_type),
};
const struct record_type request_type = RECORD_TYPE(S, fields);
#undef S

static const struct mp_limits limits = { REQUEST_MAX, MP_ELEMENTS_MAX,
	                                 MP_DEPTH_MAX };

void request_issue_add(struct request_issues *issues, struct arena *arena,
                       enum reason reason, const char *field,
                       const char *detail)
{
	if (issues->count == REQUEST_ISSUES_MAX)
		return;
	issues->items[issues->count++] = (struct request_issue){
		.reason = reason,
		.field = arena_span(arena, span_str(field)),
		.detail = arena_span(arena, span_str(detail)),
	};
}

/* -- problems of form become issues */

struct collector {
	struct arena *arena;
	struct request_issues *issues;
};

static const char *dotted(const struct path *path, struct arena *arena)
{
	const char *name = (const char *)path->field->name.p;

	if (path->up == NULL)
		return name;
	return arena_printf(arena, "%s.%s", dotted(path->up, arena), name);
}

static enum reason reason_for(const struct path *path,
                              enum field_problem problem)
{
	switch (problem) {
	case PROBLEM_MISSING: return REASON_FIELD_MISSING;
	case PROBLEM_TYPE: return REASON_FIELD_TYPE;
	case PROBLEM_LONG: return REASON_FIELD_TOO_LONG;
	case PROBLEM_VALUE:
		if (span_is(path->field->name, "schema_version"))
			return REASON_SCHEMA_VERSION;
		if (span_is(path->field->name, "critical"))
			return REASON_FIELD_CRITICAL;
		return REASON_FIELD_VALUE;
	case PROBLEM_CONTRADICTS:
	case PROBLEM_COUNT: break;
	}
	return REASON_FIELD_CONTRADICTS;
}

static const char *expected_type(enum field_kind kind)
{
	switch (kind) {
	case FIELD_VERSION:
	case FIELD_INT:
	case FIELD_OPT_INT: return "expected an integer";
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
	case FIELD_COMPUTED: return "expected true or false";
	case FIELD_ENUM:
	case FIELD_TEXT: return "expected text";
	case FIELD_BYTES:
	case FIELD_DIGEST: return "expected bytes";
	case FIELD_TEXTS:
	case FIELD_DIGESTS:
	case FIELD_RECORDS: return "expected a list";
	case FIELD_HEADERS: return "expected a map of texts";
	case FIELD_RECORD: return "expected a map";
	}
	return "";
}

static const char *names_listed(const struct name_table *table,
                                struct arena *arena)
{
	const char *list = "";

	for (size_t i = 0; i < table->count; i++) {
		if (table->names[i] != NULL)
			list = arena_printf(arena, "%s%s%s", list,
			                    *list != '\0' ? ", "
			                                  : "expected one of: ",
			                    table->names[i]);
	}
	return list;
}

static const char *detail_for(const struct field *f, enum field_problem problem,
                              struct arena *arena)
{
	if (problem == PROBLEM_TYPE)
		return expected_type(f->kind);
	if (problem == PROBLEM_LONG && f->items_most > 0)
		return arena_printf(arena,
		                    "at most %zu items of at most %lld bytes",
		                    f->items_most, (long long)f->most);
	if (problem == PROBLEM_LONG)
		return arena_printf(arena, "at most %lld bytes",
		                    (long long)f->most);
	if (problem == PROBLEM_VALUE && f->names != NULL)
		return names_listed(f->names, arena);
	if (problem == PROBLEM_VALUE)
		return arena_printf(arena, "expected %lld to %lld",
		                    (long long)f->least, (long long)f->most);
	return "";
}

static void on_problem(void *owner, const struct path *path,
                       enum field_problem problem, struct span quoted)
{
	struct collector *c = owner;
	const char *detail;

	if (span_is(path->field->name, "critical"))
		detail = quoted.len > 0
		                 ? (const char *)arena_span(c->arena, quoted).p
		                 : "expected a list of field names";
	else
		detail = detail_for(path->field, problem, c->arena);
	request_issue_add(c->issues, c->arena, reason_for(path, problem),
	                  dotted(path, c->arena), detail);
}

/* -- from bytes */

/* The media type without parameters. */
static struct span media_type(struct span content_type)
{
	const uint8_t *end = content_type.len > 0 ? memchr(content_type.p, ';',
	                                                   content_type.len)
	                                          : NULL;

	if (end != NULL)
		content_type.len = (size_t)(end - content_type.p);
	while (content_type.len > 0 &&
	       content_type.p[content_type.len - 1] == ' ')
		content_type.len--;
	return content_type;
}

static bool pick_encoding(struct span content_type, struct span value,
                          enum encoding *out)
{
	struct span type = media_type(content_type);

	if (type.len == 0)
		*out = encoding_guess(value);
	else if (span_eq_nocase(type, SPAN("application/json")))
		*out = ENCODING_JSON;
	else if (span_eq_nocase(type, SPAN("application/msgpack")) ||
	         span_eq_nocase(type, SPAN("application/x-msgpack")) ||
	         span_eq_nocase(type, SPAN("application/vnd.msgpack")))
		*out = ENCODING_MSGPACK;
	else
		return false;
	return true;
}

static void infer_check_type(struct request *r)
{
	r->check_type_given = r->check_type_text.p != NULL;
	if (!r->check_type_given)
		r->check_set = r->dcv.present ? SET_DCV : SET_CAA;
}

static const char *read_request(struct span value, enum encoding encoding,
                                struct arena *arena, struct request *out,
                                struct request_issues *issues)
{
	struct collector c = { arena, issues };
	struct decoding d = { arena, on_problem, &c };
	struct tree tree;
	const char *why = tree_parse(value, encoding, &limits, &tree);

	if (why != NULL)
		return why;
	why = record_read(&request_type, &tree, &d, out);
	tree_clear(&tree);
	return why;
}

enum reason request_decode(struct span value, struct span content_type,
                           struct arena *arena, struct request *out,
                           struct request_issues *issues,
                           enum encoding *encoding, struct span *why)
{
	struct request r = { 0 };
	struct request_issues found = { .count = 0 };
	enum encoding e;

	if (value.len > REQUEST_MAX) {
		*why = SPAN("larger than allowed");
		return REASON_OVERSIZED;
	}
	if (!pick_encoding(content_type, value, &e)) {
		*why = SPAN("content-type is neither application/json nor "
		            "application/msgpack");
		return REASON_UNDECODABLE;
	}
	const char *refused = read_request(value, e, arena, &r, &found);

	if (refused != NULL) {
		*why = span_str(refused);
		return REASON_UNDECODABLE;
	}
	infer_check_type(&r);
	*out = r;
	*issues = found;
	*encoding = e;
	return REASON_UNKNOWN;
}

enum certificate_type request_certificate_type(const struct request *r)
{
	if (r->certificate_type != CERT_UNKNOWN)
		return r->certificate_type;
	if (r->caa.present && r->caa.certificate_type != CERT_UNKNOWN)
		return r->caa.certificate_type;
	return CERT_TLS_SERVER;
}

void request_encode(const struct request *r, enum encoding e, struct buf *out)
{
	struct request written = *r;

	/* An inferred check type is not the caller's word. */
	if (!r->check_type_given) {
		written.check_set = SET_NONE;
		written.check_type_text = (struct span){ 0 };
	}
	record_encode(&request_type, &written, e, out);
}
