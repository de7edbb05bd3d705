#include "wire/tree.h"

#include <assert.h>
#include <stdlib.h>

enum { ZONE_CHUNK = 4096, FEW_KEYS = 24 };

struct growth {
	msgpack_zone *zone;
	const struct mp_limits *limits;
	size_t elements;
};

static int by_key(const void *a, const void *b)
{
	const msgpack_object *const *x = a, *const *y = b;

	return span_cmp(tree_text(*x), tree_text(*y));
}

static bool few_keys_repeat(const msgpack_object_map *map)
{
	for (uint32_t i = 1; i < map->size; i++) {
		struct span key = tree_text(&map->ptr[i].key);

		for (uint32_t k = 0; k < i; k++) {
			if (span_eq(key, tree_text(&map->ptr[k].key)))
				return true;
		}
	}
	return false;
}

/* Sorted, so that a map made to be slow is not. */
static bool many_keys_repeat(const msgpack_object_map *map, msgpack_zone *zone)
{
	const msgpack_object **keys =
		msgpack_zone_malloc(zone, map->size * sizeof(*keys));

	if (keys == NULL)
		abort();
	for (uint32_t i = 0; i < map->size; i++)
		keys[i] = &map->ptr[i].key;
	qsort(keys, map->size, sizeof(*keys), by_key);
	for (uint32_t i = 1; i < map->size; i++) {
		if (by_key(&keys[i - 1], &keys[i]) == 0)
			return true;
	}
	return false;
}

/* Recursion is bounded by the scan's depth. */
static bool repeats_a_key(const msgpack_object *o, msgpack_zone *zone)
{
	if (o->type == MSGPACK_OBJECT_ARRAY) {
		for (uint32_t i = 0; i < o->via.array.size; i++) {
			if (repeats_a_key(&o->via.array.ptr[i], zone))
				return true;
		}
	}
	if (o->type != MSGPACK_OBJECT_MAP)
		return false;

	const msgpack_object_map *map = &o->via.map;

	if (map->size <= FEW_KEYS ? few_keys_repeat(map)
	                          : many_keys_repeat(map, zone))
		return true;
	for (uint32_t i = 0; i < map->size; i++) {
		if (repeats_a_key(&map->ptr[i].val, zone))
			return true;
	}
	return false;
}

static const char *parse_msgpack(struct span value,
                                 const struct mp_limits *limits, struct tree *t)
{
	const char *why = mp_scan(value, limits);
	msgpack_unpacked u;
	size_t at = 0;

	if (why != NULL)
		return why;
	msgpack_unpacked_init(&u);
	msgpack_unpack_return end =
		msgpack_unpack_next(&u, (const char *)value.p, value.len, &at);

	/* What passed the scan fails here for want of memory only. */
	assert(end == MSGPACK_UNPACK_SUCCESS && at == value.len);
	t->root = u.data;
	t->zone = msgpack_unpacked_release_zone(&u);
	return repeats_a_key(&t->root, t->zone) ? "a map key is there twice"
	                                        : NULL;
}

static const char *grow(struct growth *g, json_t *json, size_t depth,
                        msgpack_object *out);

static void *grow_room(struct growth *g, size_t n, size_t size)
{
	/* n was counted against elements: the product can't overflow. */
	void *p = msgpack_zone_malloc(g->zone, n * size + 1);

	if (p == NULL)
		abort();
	return p;
}

static void put_text(const char *p, size_t len, msgpack_object *out)
{
	out->type = MSGPACK_OBJECT_STR;
	out->via.str.ptr = p;
	out->via.str.size = (uint32_t)len;
}

static const char *grow_list(struct growth *g, json_t *json, size_t depth,
                             msgpack_object *out)
{
	size_t n = json_array_size(json);
	const char *why = NULL;

	if (n > g->limits->elements)
		return "too many elements";
	out->type = MSGPACK_OBJECT_ARRAY;
	out->via.array.size = (uint32_t)n;
	out->via.array.ptr = grow_room(g, n, sizeof(msgpack_object));
	for (size_t i = 0; i < n && why == NULL; i++)
		why = grow(g, json_array_get(json, i), depth,
		           &out->via.array.ptr[i]);
	return why;
}

static const char *grow_map(struct growth *g, json_t *json, size_t depth,
                            msgpack_object *out)
{
	size_t n = json_object_size(json), i = 0;
	const char *key, *why = NULL;
	json_t *value;

	g->elements += n;
	if (g->elements > g->limits->elements)
		return "too many elements";
	out->type = MSGPACK_OBJECT_MAP;
	out->via.map.size = (uint32_t)n;
	out->via.map.ptr = grow_room(g, n, sizeof(msgpack_object_kv));
	json_object_foreach(json, key, value)
	{
		put_text(key, strlen(key), &out->via.map.ptr[i].key);
		why = grow(g, value, depth, &out->via.map.ptr[i].val);
		if (why != NULL)
			return why;
		i++;
	}
	return NULL;
}

static void put_int(int64_t v, msgpack_object *out)
{
	if (v < 0) {
		out->type = MSGPACK_OBJECT_NEGATIVE_INTEGER;
		out->via.i64 = v;
	} else {
		out->type = MSGPACK_OBJECT_POSITIVE_INTEGER;
		out->via.u64 = (uint64_t)v;
	}
}

static const char *grow(struct growth *g, json_t *json, size_t depth,
                        msgpack_object *out)
{
	if (++g->elements > g->limits->elements)
		return "too many elements";
	switch (json_typeof(json)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		if (depth == g->limits->depth)
			return "nested too deep";
		return json_is_object(json)
		               ? grow_map(g, json, depth + 1, out)
		               : grow_list(g, json, depth + 1, out);
	case JSON_STRING:
		put_text(json_string_value(json), json_string_length(json),
		         out);
		return NULL;
	case JSON_INTEGER: put_int(json_integer_value(json), out); return NULL;
	case JSON_REAL:
		out->type = MSGPACK_OBJECT_FLOAT64;
		out->via.f64 = json_real_value(json);
		return NULL;
	case JSON_TRUE:
	case JSON_FALSE:
		out->type = MSGPACK_OBJECT_BOOLEAN;
		out->via.boolean = json_is_true(json);
		return NULL;
	case JSON_NULL: out->type = MSGPACK_OBJECT_NIL; return NULL;
	}
	abort();
}

/* jansson's own text quotes the input; ours must be safe to log. */
static const char *json_why(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key: return "a map key is there twice";
	case json_error_invalid_utf8:
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "text is not UTF-8 without NUL";
	case json_error_stack_overflow: return "nested too deep";
	case json_error_premature_end_of_input: return "cut short";
	case json_error_end_of_input_expected: return "bytes after the end";
	case json_error_numeric_overflow: return "a number does not fit";
	default: return "not JSON";
	}
}

static const char *parse_json(struct span value, const struct mp_limits *limits,
                              struct tree *t)
{
	struct growth g = { .limits = limits };
	json_error_t error;

	if (value.len == 0)
		return "empty";
	if (value.len > limits->bytes)
		return "larger than allowed";
	t->json = json_loadb((const char *)value.p, value.len,
	                     JSON_REJECT_DUPLICATES, &error);
	if (t->json == NULL)
		return json_why(&error);
	t->zone = g.zone = msgpack_zone_new(ZONE_CHUNK);
	if (t->zone == NULL)
		abort();
	return grow(&g, t->json, 0, &t->root);
}

const char *tree_parse(struct span value, enum encoding encoding,
                       const struct mp_limits *limits, struct tree *out)
{
	struct tree t = { .encoding = encoding };
	const char *why = encoding == ENCODING_JSON
	                          ? parse_json(value, limits, &t)
	                          : parse_msgpack(value, limits, &t);

	if (why != NULL)
		tree_clear(&t);
	else
		*out = t;
	return why;
}

void tree_clear(struct tree *tree)
{
	if (tree->zone != NULL)
		msgpack_zone_free(tree->zone);
	json_decref(tree->json);
	*tree = (struct tree){ 0 };
}

const msgpack_object *tree_find(const msgpack_object *map, const char *key)
{
	assert(map->type == MSGPACK_OBJECT_MAP);
	for (uint32_t i = 0; i < map->via.map.size; i++) {
		if (span_is(tree_text(&map->via.map.ptr[i].key), key))
			return &map->via.map.ptr[i].val;
	}
	return NULL;
}

enum encoding encoding_guess(struct span value)
{
	size_t i = 0;

	while (i < value.len && memchr(" \t\r\n", value.p[i], 4) != NULL)
		i++;
	return i < value.len && value.p[i] == '{' ? ENCODING_JSON
	                                          : ENCODING_MSGPACK;
}
