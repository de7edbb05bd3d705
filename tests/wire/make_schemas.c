/*
 * Writes schemas/<record>.cddl, request.schema.json and decision.schema.json
 * from the tables that the codec itself works by, so that they can't differ.
 *
 * make_schemas FIELDS DIRECTORY: FIELDS is schemas/fields.txt, one line
 * `name: what it means` per field (`record.name` where a name means something
 * else in one record). A field without a line ends the program, as does a line
 * without a field.
 */
#include "tests/wire/samples.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MEANINGS_MAX = 512, DEEP = 12 };

static struct meaning {
	char *name, *text;
	bool used;
} meanings[MEANINGS_MAX];
static size_t meanings_count;

static const struct {
	const char *name;
	const struct record_type *type;
	const char *title;
} records[] = {
	{ "request", &request_type,
	  "A CA pipeline's order: check this name, by these means" },
	{ "attempt", &attempt_type,
	  "The plan of one corroboration attempt, logged before its checks" },
	{ "check", &check_type,
	  "What one perspective is asked to do in one attempt" },
	{ "result", &result_type, "What one perspective saw" },
	{ "evidence", &evidence_type,
	  "Everything seen for one kind of check, in a result's `evidence`" },
	{ "decision", &decision_type,
	  "The answer to one request, and what it rests on" },
	{ "heartbeat", &heartbeat_type, "Who is alive at a perspective" },
};

static void give_up(const char *what, const char *about)
{
	(void)fprintf(stderr, "make_schemas: %s: %s\n", about, what);
	exit(EXIT_FAILURE);
}

/* -- what fields mean */

static void read_meanings(const char *path)
{
	char line[1024];
	FILE *file = fopen(path, "r");

	if (file == NULL)
		give_up("cannot be opened", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *colon = strstr(line, ": ");

		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (colon == NULL || meanings_count == MEANINGS_MAX)
			give_up("no `name: meaning`", line);
		*colon = '\0';
		colon[strcspn(colon + 1, "\n") + 1] = '\0';
		meanings[meanings_count++] =
			(struct meaning){ .name = xstrdup(line),
			                  .text = xstrdup(colon + 2) };
	}
	(void)fclose(file);
}

static const char *meaning_of(const char *record, const char *field)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s.%s", record, field);
	for (int specific = 1; specific >= 0; specific--) {
		const char *name = specific ? path : field;

		for (size_t i = 0; i < meanings_count; i++) {
			if (strcmp(meanings[i].name, name) != 0)
				continue;
			meanings[i].used = true;
			return meanings[i].text;
		}
	}
	give_up("no meaning in fields.txt", path);
	return NULL;
}

static void all_meanings_used(void)
{
	for (size_t i = 0; i < meanings_count; i++) {
		if (!meanings[i].used)
			give_up("no such field", meanings[i].name);
		free(meanings[i].name);
		free(meanings[i].text);
	}
}

static void indent(struct buf *out, int depth)
{
	for (int i = 0; i < depth; i++)
		buf_add_str(out, "  ");
}

/* -- CDDL (RFC 8610) */

static void cddl_fields(const char *record, const struct record_type *type,
                        int depth, struct buf *out);

static void cddl_names(const struct name_table *names, struct buf *out)
{
	const char *separator = "";

	if (names == &reason_names) {
		buf_add_str(out, "reason-code");
		return;
	}
	for (size_t i = 0; i < names->count; i++) {
		if (names->names[i] == NULL)
			continue;
		buf_printf(out, "%s\"%s\"", separator, names->names[i]);
		separator = " / ";
	}
}

static void cddl_int(const struct field *f, struct buf *out)
{
	if (f->least == f->most)
		buf_printf(out, "%" PRId64, f->least);
	else if (f->least == INT64_MIN)
		buf_add_str(out, "int");
	else
		buf_printf(out, "%" PRId64 "..%" PRId64, f->least, f->most);
}

static void cddl_map(const char *record, const struct record_type *type,
                     int depth, struct buf *out)
{
	buf_add_str(out, "{\n");
	cddl_fields(record, type, depth + 1, out);
	indent(out, depth);
	buf_add_u8(out, '}');
}

static void cddl_value(const char *record, const struct field *f, int depth,
                       struct buf *out)
{
	long long most = f->most;

	switch (f->kind) {
	case FIELD_VERSION:
	case FIELD_INT:
	case FIELD_OPT_INT: cddl_int(f, out); return;
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
	case FIELD_COMPUTED: buf_add_str(out, "bool"); return;
	case FIELD_ENUM: cddl_names(f->names, out); return;
	case FIELD_TEXT: buf_printf(out, "tstr .size (0..%lld)", most); return;
	case FIELD_BYTES: buf_printf(out, "bstr .size (0..%lld)", most); return;
	case FIELD_DIGEST: buf_add_str(out, "bstr .size 32"); return;
	case FIELD_TEXTS:
		buf_printf(out, "[0*%zu tstr .size (0..%lld)]", f->items_most,
		           most);
		return;
	case FIELD_DIGESTS:
		buf_printf(out, "[0*%zu bstr .size 32]", f->items_most);
		return;
	case FIELD_HEADERS:
		buf_printf(out,
		           "{0*%zu (tstr .size (0..%lld)) => "
		           "tstr .size (0..%lld)}",
		           f->items_most, most, most);
		return;
	case FIELD_RECORD: cddl_map(record, f->record, depth, out); return;
	case FIELD_RECORDS:
		buf_printf(out, "[0*%zu ", f->items_most);
		cddl_map(record, f->record, depth, out);
		buf_add_u8(out, ']');
		return;
	}
}

static void cddl_fields(const char *record, const struct record_type *type,
                        int depth, struct buf *out)
{
	if (depth > DEEP)
		give_up("nested too deep", record);
	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		const char *name = (const char *)f->name.p;

		indent(out, depth);
		buf_printf(out, "; %s\n", meaning_of(record, name));
		indent(out, depth);
		buf_printf(out, "%s\"%s\": ", f->required ? "" : "? ", name);
		cddl_value(record, f, depth, out);
		buf_add_str(out, ",\n");
	}
	indent(out, depth);
	buf_add_str(out, "* tstr => any\n");
}

static void cddl_reasons(struct buf *out)
{
	buf_add_str(out, "\n; common/wire/reason.def says what each means.\n"
	                 "reason-code =\n");
	for (int r = 1; r < REASON_COUNT; r++)
		buf_printf(out, "  \"%s\"%s\n", reason_name((enum reason)r),
		           r + 1 < REASON_COUNT ? " /" : "");
}

static void make_cddl(size_t i, struct buf *out)
{
	buf_printf(
		out,
		"; %s.\n; Made from the codec's tables by make_schemas; "
		"see README.md for the rules.\n\n%s = {\n"
		"  ; names of fields that a reader must understand or refuse "
		"the record\n"
		"  ? \"critical\": [0*%d tstr .size (0..%d)],\n",
		records[i].title, records[i].name, CRITICAL_MAX,
		CRITICAL_NAME_MAX);
	cddl_fields(records[i].name, records[i].type, 1, out);
	buf_add_str(out, "}\n");
	if (span_find(buf_span(out), SPAN("reason-code")) >= 0)
		cddl_reasons(out);
}

/* -- JSON Schema (draft 2020-12) */

static void json_fields(const char *record, const struct record_type *type,
                        bool nullable, int depth, struct buf *out);

/* "null" beside the type: absent and null are the same. */
static void put_type(const struct field *f, const char *type, struct buf *out)
{
	if (f->required)
		buf_printf(out, "\"type\": \"%s\"", type);
	else
		buf_printf(out, "\"type\": [\"%s\", \"null\"]", type);
}

static void json_names(const struct field *f, struct buf *out)
{
	const char *separator = "";

	put_type(f, "string", out);
	buf_add_str(out, ", \"enum\": [");
	for (size_t i = 0; i < f->names->count; i++) {
		if (f->names->names[i] == NULL)
			continue;
		buf_printf(out, "%s\"%s\"", separator, f->names->names[i]);
		separator = ", ";
	}
	buf_add_str(out, f->required ? "]" : ", null]");
}

static void json_int(const struct field *f, struct buf *out)
{
	put_type(f, "integer", out);
	if (f->least == INT64_MIN)
		return;
	buf_printf(out, ", \"minimum\": %" PRId64 ", \"maximum\": %" PRId64,
	           f->least, f->most);
}

static void json_list(const char *record, const struct field *f, int depth,
                      struct buf *out)
{
	put_type(f, "array", out);
	buf_printf(out, ", \"maxItems\": %zu, \"items\": {", f->items_most);
	if (f->kind == FIELD_TEXTS)
		buf_printf(out, "\"type\": \"string\", \"maxLength\": %lld",
		           (long long)f->most);
	else if (f->kind == FIELD_DIGESTS)
		buf_add_str(out, "\"type\": \"string\", \"pattern\": "
		                 "\"^[0-9a-f]{64}$\"");
	else
		json_fields(record, f->record, false, depth, out);
	buf_add_u8(out, '}');
}

static void json_value(const char *record, const struct field *f, int depth,
                       struct buf *out)
{
	switch (f->kind) {
	case FIELD_VERSION:
	case FIELD_INT:
	case FIELD_OPT_INT: json_int(f, out); return;
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
	case FIELD_COMPUTED: put_type(f, "boolean", out); return;
	case FIELD_ENUM: json_names(f, out); return;
	case FIELD_TEXT:
		put_type(f, "string", out);
		buf_printf(out, ", \"maxLength\": %lld", (long long)f->most);
		return;
	case FIELD_BYTES:
		put_type(f, "string", out);
		buf_add_str(out, ", \"contentEncoding\": \"base64\"");
		return;
	case FIELD_DIGEST:
		put_type(f, "string", out);
		buf_add_str(out, ", \"pattern\": \"^[0-9a-f]{64}$\"");
		return;
	case FIELD_TEXTS:
	case FIELD_DIGESTS:
	case FIELD_RECORDS: json_list(record, f, depth, out); return;
	case FIELD_HEADERS:
		put_type(f, "object", out);
		buf_printf(out,
		           ", \"maxProperties\": %zu, "
		           "\"additionalProperties\": {\"type\": \"string\", "
		           "\"maxLength\": %lld}",
		           f->items_most, (long long)f->most);
		return;
	case FIELD_RECORD:
		json_fields(record, f->record, !f->required, depth, out);
		return;
	}
}

static void json_required(const struct record_type *type, struct buf *out)
{
	const char *separator = "";

	buf_add_str(out, "\"required\": [");
	for (size_t i = 0; i < type->count; i++) {
		if (!type->fields[i].required)
			continue;
		buf_printf(out, "%s\"%s\"", separator,
		           (const char *)type->fields[i].name.p);
		separator = ", ";
	}
	buf_add_u8(out, ']');
}

static void json_fields(const char *record, const struct record_type *type,
                        bool nullable, int depth, struct buf *out)
{
	buf_add_str(out, nullable ? "\"type\": [\"object\", \"null\"], "
	                          : "\"type\": \"object\", ");
	json_required(type, out);
	buf_add_str(out, ",\n");
	indent(out, depth);
	buf_add_str(out, "\"properties\": {\n");
	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		const char *name = (const char *)f->name.p;

		indent(out, depth + 1);
		buf_printf(out, "\"%s\": {\"description\": \"%s\",\n", name,
		           meaning_of(record, name));
		indent(out, depth + 2);
		json_value(record, f, depth + 2, out);
		buf_add_str(out, i + 1 < type->count ? "},\n" : "}\n");
	}
	indent(out, depth);
	buf_add_u8(out, '}');
}

static void make_json(size_t i, struct buf *out)
{
	buf_printf(out,
	           "{\n  \"$schema\": "
	           "\"https://json-schema.org/draft/2020-12/schema\",\n"
	           "  \"title\": \"%s\",\n"
	           "  \"$comment\": \"Made from the codec's tables by "
	           "make_schemas; see README.md for the rules. maxLength is in "
	           "bytes of UTF-8.\",\n  ",
	           records[i].title);
	json_fields(records[i].name, records[i].type, false, 1, out);
	buf_add_str(out, "\n}\n");
}

static void save(const char *directory, const char *name, const char *suffix,
                 struct buf *made)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(made->p, 1, made->len, file) != made->len ||
	    fclose(file) != 0)
		give_up("cannot be written", path);
	buf_clear(made);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		give_up("make_schemas FIELDS DIRECTORY", "usage");
	read_meanings(argv[1]);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct buf out = { 0 };

		make_cddl(i, &out);
		save(argv[2], records[i].name, ".cddl", &out);
		if (records[i].type != &request_type &&
		    records[i].type != &decision_type)
			continue;
		make_json(i, &out);
		save(argv[2], records[i].name, ".schema.json", &out);
	}
	all_meanings_used();
	return EXIT_SUCCESS;
}
