#include "wire/field.h"

#include "base/text.h"
#include "wire/parameters.h"

#include <assert.h>
#include <stdlib.h>

enum { OK = PROBLEM_COUNT };

enum { FIELDS_MAX = 64 }; /* rows of one record: bits of a mask */

/* One record being read. */
struct reading {
	struct decoding *d;
	enum encoding encoding;
	const char *why; /* strict: the first problem */
};

/* Where in the record: the row, the struct it belongs to, the path. */
struct place_in {
	const struct field *f;
	uint8_t *record;
	const struct path *path;
};

static bool read_fields(struct reading *r, const struct record_type *type,
                        const msgpack_object *map, const struct path *up,
                        uint8_t *out);

static void *at(const struct place_in *p)
{
	return p->record + p->f->offset;
}

static void set_count(const struct place_in *p, size_t count)
{
	memcpy(p->record + p->f->offset2, &count, sizeof(count));
}

static void set_items(const struct place_in *p, void *items)
{
	memcpy(at(p), &items, sizeof(items));
}

/* True when reading goes on. */
static bool report(struct reading *r, const struct place_in *p, int problem,
                   struct span detail)
{
	if (r->d->on_problem == NULL) {
		r->why = p->f->why[problem];
		return false;
	}
	r->d->on_problem(r->d->owner, p->path, (enum field_problem)problem,
	                 detail);
	return true;
}

static int take_int(const msgpack_object *o, const struct field *f,
                    int64_t *out)
{
	int64_t v;

	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		v = o->via.i64;
	else if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return PROBLEM_TYPE;
	else if (o->via.u64 > INT64_MAX)
		return PROBLEM_VALUE;
	else
		v = (int64_t)o->via.u64;
	if (v < f->least || v > f->most)
		return PROBLEM_VALUE;
	*out = v;
	return OK;
}

static int take_text(const msgpack_object *o, int64_t most, struct arena *arena,
                     struct span *out)
{
	if (o->type != MSGPACK_OBJECT_STR)
		return PROBLEM_TYPE;
	if (o->via.str.size > most)
		return PROBLEM_LONG;
	*out = arena_span(arena, tree_text(o));
	return OK;
}

static int take_base64(const msgpack_object *o, int64_t most,
                       struct arena *arena, struct span *out)
{
	struct buf raw = { 0 };
	int problem = OK;

	if (o->type != MSGPACK_OBJECT_STR)
		return PROBLEM_TYPE;
	if (!text_unbase64(tree_text(o), &raw))
		problem = PROBLEM_VALUE;
	else if (raw.len > (size_t)most)
		problem = PROBLEM_LONG;
	else
		*out = arena_span(arena, buf_span(&raw));
	buf_clear(&raw);
	return problem;
}

static int take_bytes(const struct reading *r, const msgpack_object *o,
                      int64_t most, struct span *out)
{
	if (r->encoding == ENCODING_JSON)
		return take_base64(o, most, r->d->arena, out);
	if (o->type != MSGPACK_OBJECT_BIN)
		return PROBLEM_TYPE;
	if (o->via.bin.size > most)
		return PROBLEM_LONG;
	*out = arena_span(r->d->arena,
	                  span_of(o->via.bin.ptr, o->via.bin.size));
	return OK;
}

static int take_digest(const struct reading *r, const msgpack_object *o,
                       struct digest *out)
{
	if (r->encoding == ENCODING_JSON) {
		if (o->type != MSGPACK_OBJECT_STR)
			return PROBLEM_TYPE;
		return digest_parse(tree_text(o), out) ? OK : PROBLEM_VALUE;
	}
	if (o->type != MSGPACK_OBJECT_BIN)
		return PROBLEM_TYPE;
	if (o->via.bin.size != DIGEST_BYTES)
		return PROBLEM_VALUE;
	memcpy(out->b, o->via.bin.ptr, DIGEST_BYTES);
	return OK;
}

static int take_enum(const struct reading *r, const msgpack_object *o,
                     const struct place_in *p)
{
	const struct field *f = p->f;
	unsigned value = 0;

	if (o->type != MSGPACK_OBJECT_STR)
		return PROBLEM_TYPE;
	if (f->offset2 != 0) {
		struct span kept;
		int problem = take_text(o, f->most, r->d->arena, &kept);

		if (problem != OK)
			return problem;
		memcpy(p->record + f->offset2, &kept, sizeof(kept));
	}
	if (!name_parse(f->names, tree_text(o), &value) &&
	    (f->names->total || (!f->required && f->offset2 == 0)))
		return PROBLEM_VALUE;
	memcpy(at(p), &value, sizeof(value));
	return OK;
}

static int take_texts(const struct reading *r, const msgpack_object *o,
                      const struct place_in *p)
{
	const msgpack_object_array *list = &o->via.array;
	struct text_list texts = { 0 };

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return PROBLEM_TYPE;
	if (list->size > p->f->items_most)
		return PROBLEM_LONG;
	texts.items =
		arena_calloc(r->d->arena, list->size, sizeof(*texts.items));
	for (; texts.count < list->size; texts.count++) {
		int problem = take_text(&list->ptr[texts.count], p->f->most,
		                        r->d->arena, &texts.items[texts.count]);

		if (problem != OK)
			return problem;
	}
	*(struct text_list *)at(p) = texts;
	return OK;
}

static int take_digests(const struct reading *r, const msgpack_object *o,
                        const struct place_in *p)
{
	const msgpack_object_array *list = &o->via.array;

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return PROBLEM_TYPE;
	if (list->size > p->f->items_most)
		return PROBLEM_LONG;

	struct digest *items =
		arena_calloc(r->d->arena, list->size, sizeof(*items));

	for (uint32_t i = 0; i < list->size; i++) {
		int problem = take_digest(r, &list->ptr[i], &items[i]);

		if (problem != OK)
			return problem;
	}
	set_items(p, items);
	set_count(p, list->size);
	return OK;
}

static int take_headers(const struct reading *r, const msgpack_object *o,
                        const struct place_in *p)
{
	const msgpack_object_map *map = &o->via.map;

	if (o->type != MSGPACK_OBJECT_MAP)
		return PROBLEM_TYPE;
	if (map->size > p->f->items_most)
		return PROBLEM_LONG;

	struct http_header *items =
		arena_calloc(r->d->arena, map->size, sizeof(*items));

	for (uint32_t i = 0; i < map->size; i++) {
		int problem = take_text(&map->ptr[i].key, p->f->most,
		                        r->d->arena, &items[i].name);

		if (problem == OK)
			problem = take_text(&map->ptr[i].val, p->f->most,
			                    r->d->arena, &items[i].value);
		if (problem != OK)
			return problem;
	}
	set_items(p, items);
	set_count(p, map->size);
	return OK;
}

/* A record inside a record reports its own problems; *go_on says whether the
   rest is still wanted. */
static int take_record(struct reading *r, const msgpack_object *o,
                       const struct place_in *p, bool *go_on)
{
	const struct record_type *type = p->f->record;

	if (o->type != MSGPACK_OBJECT_MAP)
		return PROBLEM_TYPE;
	*go_on = read_fields(r, type, o, p->path, at(p));
	if (p->f->offset2 != 0)
		*(bool *)(p->record + p->f->offset2) = true;
	return OK;
}

static int take_records(struct reading *r, const msgpack_object *o,
                        const struct place_in *p, bool *go_on)
{
	const msgpack_object_array *list = &o->via.array;
	const struct record_type *type = p->f->record;

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return PROBLEM_TYPE;
	if (list->size > p->f->items_most)
		return PROBLEM_LONG;

	uint8_t *items = p->f->in_place ? at(p)
	                                : arena_calloc(r->d->arena, list->size,
	                                               type->size);

	for (uint32_t i = 0; i < list->size && *go_on; i++) {
		if (list->ptr[i].type != MSGPACK_OBJECT_MAP)
			return PROBLEM_TYPE;
		*go_on = read_fields(r, type, &list->ptr[i], p->path,
		                     items + i * type->size);
	}
	if (!p->f->in_place)
		set_items(p, items);
	set_count(p, list->size);
	return OK;
}

static int take_bool(const msgpack_object *o, bool *out)
{
	if (o->type != MSGPACK_OBJECT_BOOLEAN)
		return PROBLEM_TYPE;
	*out = o->via.boolean;
	return OK;
}

static int take_opt_int(const msgpack_object *o, const struct field *f,
                        struct opt_int *out)
{
	int64_t v;
	int problem = take_int(o, f, &v);

	if (problem == OK)
		*out = SOME_INT(v);
	return problem;
}

static int take_opt_bool(const msgpack_object *o, struct opt_bool *out)
{
	bool v;
	int problem = take_bool(o, &v);

	if (problem == OK)
		*out = SOME_BOOL(v);
	return problem;
}

static int take_field(struct reading *r, const msgpack_object *o,
                      const struct place_in *p, bool *go_on)
{
	bool ignored;

	switch (p->f->kind) {
	case FIELD_VERSION:
	case FIELD_INT: return take_int(o, p->f, at(p));
	case FIELD_OPT_INT: return take_opt_int(o, p->f, at(p));
	case FIELD_BOOL: return take_bool(o, at(p));
	case FIELD_OPT_BOOL: return take_opt_bool(o, at(p));
	case FIELD_ENUM: return take_enum(r, o, p);
	case FIELD_TEXT: return take_text(o, p->f->most, r->d->arena, at(p));
	case FIELD_BYTES: return take_bytes(r, o, p->f->most, at(p));
	case FIELD_DIGEST: return take_digest(r, o, at(p));
	case FIELD_TEXTS: return take_texts(r, o, p);
	case FIELD_DIGESTS: return take_digests(r, o, p);
	case FIELD_HEADERS: return take_headers(r, o, p);
	case FIELD_RECORD: return take_record(r, o, p, go_on);
	case FIELD_RECORDS: return take_records(r, o, p, go_on);
	case FIELD_COMPUTED: return take_bool(o, &ignored);
	}
	abort();
}

/* The row of that name. Writers keep the order of rows, so the search begins
   behind the row found last. */
static const struct field *find_row(const struct record_type *type,
                                    struct span name, size_t from)
{
	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[(from + i) % type->count];

		if (span_eq(f->name, name))
			return f;
	}
	return NULL;
}

/* What must be there, and what must agree with the rest. */
static bool check_rest(struct reading *r, const struct record_type *type,
                       const msgpack_object *map, uint64_t seen,
                       const struct path *up, uint8_t *out)
{
	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		struct path path = { up, f };
		struct place_in p = { f, out, &path };
		bool there = (seen >> i & 1) != 0;

		if (!there && f->required &&
		    !report(r, &p, PROBLEM_MISSING, (struct span){ 0 }))
			return false;
		if (!there || f->kind != FIELD_COMPUTED)
			continue;

		const msgpack_object *o =
			tree_find(map, (const char *)f->name.p);

		if (o->type == MSGPACK_OBJECT_BOOLEAN &&
		    o->via.boolean != f->compute(out) &&
		    !report(r, &p, PROBLEM_CONTRADICTS, (struct span){ 0 }))
			return false;
	}
	return true;
}

/* False: refused, and r->why says so. */
static bool read_fields(struct reading *r, const struct record_type *type,
                        const msgpack_object *map, const struct path *up,
                        uint8_t *out)
{
	uint64_t seen = 0;
	size_t next = 0;

	assert(type->count <= FIELDS_MAX);
	for (uint32_t i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *kv = &map->via.map.ptr[i];
		const struct field *f =
			find_row(type, tree_text(&kv->key), next);

		if (f == NULL || kv->val.type == MSGPACK_OBJECT_NIL)
			continue;

		struct path path = { up, f };
		struct place_in p = { f, out, &path };
		size_t row = (size_t)(f - type->fields);
		bool go_on = true;
		int problem = take_field(r, &kv->val, &p, &go_on);

		next = row + 1;
		seen |= UINT64_C(1) << row;
		if (problem != OK)
			go_on = report(r, &p, problem, (struct span){ 0 });
		if (!go_on)
			return false;
	}
	if (type->has_present)
		*(bool *)(out + type->present) = true;
	return check_rest(r, type, map, seen, up, out);
}

/* -- what is asked of the whole before its fields are looked at */

static bool knows(const struct record_type *type, struct span name)
{
	return span_is(name, "critical") || find_row(type, name, 0) != NULL;
}

/* Hands on a problem with the envelope. NULL: reading goes on. */
static const char *envelope_problem(struct decoding *d, const char *name,
                                    int problem, struct span detail,
                                    const char *why)
{
	struct field f = { .name = span_str(name) };
	struct path path = { NULL, &f };

	if (d->on_problem == NULL)
		return why;
	d->on_problem(d->owner, &path, (enum field_problem)problem, detail);
	return NULL;
}

static const char *check_critical(const struct record_type *type,
                                  const msgpack_object *root,
                                  struct decoding *d)
{
	const msgpack_object *list = tree_find(root, "critical");
	const char *why = NULL;

	if (list == NULL || list->type == MSGPACK_OBJECT_NIL)
		return NULL;
	if (list->type != MSGPACK_OBJECT_ARRAY)
		return envelope_problem(d, "critical", PROBLEM_TYPE,
		                        (struct span){ 0 },
		                        "critical: wrong type");
	if (list->via.array.size > CRITICAL_MAX)
		return envelope_problem(d, "critical", PROBLEM_LONG,
		                        (struct span){ 0 },
		                        "critical: too long");
	for (uint32_t i = 0; i < list->via.array.size && why == NULL; i++) {
		const msgpack_object *name = &list->via.array.ptr[i];

		if (name->type != MSGPACK_OBJECT_STR)
			why = envelope_problem(d, "critical", PROBLEM_TYPE,
			                       (struct span){ 0 },
			                       "critical: wrong type");
		else if (!knows(type, tree_text(name)))
			why = envelope_problem(
				d, "critical", PROBLEM_VALUE,
				span_sub(tree_text(name), 0, CRITICAL_NAME_MAX),
				"a critical field is not understood");
	}
	return why;
}

static bool version_is_ours(const msgpack_object *version)
{
	return version == NULL || version->type == MSGPACK_OBJECT_NIL ||
	       (version->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
	        version->via.u64 == WIRE_VERSION);
}

const char *record_read(const struct record_type *type, const struct tree *tree,
                        struct decoding *d, void *out)
{
	struct reading r = { .d = d, .encoding = tree->encoding };

	if (tree->root.type != MSGPACK_OBJECT_MAP)
		return "not a map";
	if (d->on_problem == NULL &&
	    !version_is_ours(tree_find(&tree->root, "schema_version")))
		return "schema version not supported";

	const char *why = check_critical(type, &tree->root, d);

	if (why != NULL)
		return why;
	return read_fields(&r, type, &tree->root, NULL, out) ? NULL : r.why;
}

const char *record_decode(const struct record_type *type, struct span value,
                          enum encoding encoding,
                          const struct mp_limits *limits, struct arena *arena,
                          void *out)
{
	struct decoding d = { .arena = arena };
	struct tree tree;
	const char *why = tree_parse(value, encoding, limits, &tree);

	if (why != NULL)
		return why;
	why = record_read(type, &tree, &d, out);
	tree_clear(&tree);
	return why;
}
