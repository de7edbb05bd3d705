/*
 * tree.h -- untrusted bytes as one bounded tree, whatever their encoding.
 *
 * The tree is msgpack-c's object tree; JSON is turned into the same. A parsed
 * tree keeps what mp_scan() promises, and no map in it has a key twice. JSON
 * differs in two things only: numbers with a fraction or exponent are FLOAT64
 * nodes, so that the reader of the field can say what is wrong with them, and
 * there are no BIN nodes. Texts point into the value or into the tree: both
 * must outlive what is read from it.
 */
#ifndef WIRE_TREE_H
#define WIRE_TREE_H

#include "wire/mp_scan.h"
#include "wire/value.h"

#include <jansson.h>
#include <msgpack.h>

struct tree {
	msgpack_object root;
	enum encoding encoding;
	msgpack_zone *zone;
	json_t *json;
};

/* NULL and a tree to be cleared, or why the value is refused (static text) and
 *out untouched. */
const char *tree_parse(struct span value, enum encoding encoding,
                       const struct mp_limits *limits, struct tree *out)
	__attribute__((warn_unused_result));
void tree_clear(struct tree *tree);

static inline struct span tree_text(const msgpack_object *text)
{
	return span_of(text->via.str.ptr, text->via.str.size);
}

/* The value of a map's key, or NULL. */
const msgpack_object *tree_find(const msgpack_object *map, const char *key);

/* JSON when the first byte behind JSON white space is '{': as MessagePack that
   byte is a number, which no record is. */
enum encoding encoding_guess(struct span value);

#endif
