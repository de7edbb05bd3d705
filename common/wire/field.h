/*
 * field.h -- records as tables: one row per field says its name on the wire,
 * its kind, where it is in the struct and what it may hold. One decoder and
 * one encoder serve all of them, in both encodings.
 *
 * The order of rows is the canonical order of fields. Adding an optional row
 * is a compatible change; anything else is a new schema version (see
 * schemas/README.md). A row whose struct member has another type than its kind
 * wants does not compile.
 *
 * Decoding copies everything into the arena. An optional field that is absent
 * (or null) leaves its member zero. Fields without a row are ignored, unless
 * the record lists them in `critical`. Names for enums: unknown text is 0 where
 * the field is required, so that its reader sees it; where the field is
 * optional 0 would mean absent, so unknown text is refused.
 */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "base/buf.h"
#include "base/mem.h"
#include "wire/names.h"
#include "wire/tree.h"

enum {
	WIRE_VERSION = 1,
	CRITICAL_MAX = 16,     /* names in a record's `critical` */
	CRITICAL_NAME_MAX = 64 /* bytes of one */
};

enum field_kind {
	FIELD_VERSION,  /* int64_t; written as WIRE_VERSION whatever it holds */
	FIELD_INT,      /* int64_t; optional: 0 when absent */
	FIELD_OPT_INT,  /* struct opt_int */
	FIELD_BOOL,     /* bool */
	FIELD_OPT_BOOL, /* struct opt_bool */
	FIELD_ENUM,     /* an enum or unsigned, by its table of names */
	FIELD_TEXT,     /* struct span */
	FIELD_BYTES,    /* struct span; base64 in JSON */
	FIELD_DIGEST,   /* struct digest; hex in JSON; optional: all zero */
	FIELD_TEXTS,    /* struct text_list */
	FIELD_DIGESTS,  /* struct digest * and count */
	FIELD_HEADERS,  /* struct http_header * and count: a map of texts */
	FIELD_RECORD,   /* a struct; a bool in it or beside it says whether
	                   an optional one is there */
	FIELD_RECORDS,  /* struct * and count, or an array and count */
	FIELD_COMPUTED  /* a bool that follows from the rest: written from it,
	                   refused where it contradicts it */
};

struct record_type;

/* What can be wrong with a field. */
enum field_problem {
	PROBLEM_MISSING,
	PROBLEM_TYPE,
	PROBLEM_LONG,
	PROBLEM_VALUE,
	PROBLEM_CONTRADICTS,
	PROBLEM_COUNT
};

struct field {
	struct span name;
	enum field_kind kind;
	bool required;
	bool in_place; /* RECORDS: an array in the struct, not a pointer */
	size_t offset;
	size_t offset2;      /* of the count; ENUM: of the text as sent, or 0;
	                        RECORD: of the bool beside it, or 0 */
	int64_t least, most; /* value; bytes of a text (each); */
	size_t items_most;   /* of lists and maps */
	const struct name_table *names;
	const struct record_type *record;
	bool (*compute)(const void *record);
	const char *why[PROBLEM_COUNT]; /* static text for each */
};

struct record_type {
	const struct field *fields;
	size_t count;
	size_t size;
	bool has_present; /* then a bool there says so */
	size_t present;
};

/* A field's place in a record, from the innermost out. */
struct path {
	const struct path *up; /* NULL at the top */
	const struct field *field;
};

/*
 * With on_problem NULL the first problem refuses the record. Otherwise every
 * problem is handed to it and the field is left absent. detail is empty, or for
 * a critical field that is not understood its name, which is foreign text.
 */
typedef void problem_fn(void *owner, const struct path *path,
                        enum field_problem problem, struct span detail);

struct decoding {
	struct arena *arena;
	problem_fn *on_problem;
	void *owner;
};

/*
 * A whole record from a tree into *out, which the caller has zeroed and, when
 * this returns text, discards. Checks schema_version and critical first.
 */
const char *record_read(const struct record_type *type, const struct tree *tree,
                        struct decoding *d, void *out)
	__attribute__((warn_unused_result));

/* tree_parse() and record_read() without on_problem. out: zeroed, discarded on
   refusal. */
const char *record_decode(const struct record_type *type, struct span value,
                          enum encoding encoding,
                          const struct mp_limits *limits, struct arena *arena,
                          void *out) __attribute__((warn_unused_result));

/*
 * Appends the canonical form. Lengths are not checked against the rows: who
 * fills a record keeps to them, as its reader will refuse it otherwise, and
 * compares the outcome's length with the record's ..._MAX before producing it.
 */
void record_encode(const struct record_type *type, const void *record,
                   enum encoding encoding, struct buf *out);

/* -- rows: KIND("name", struct type, member, REQUIRED|OPTIONAL, limits) */

enum { OPTIONAL = false, REQUIRED = true };

#define FIELD_AT(S, member, type) \
	_Generic(&((S *)NULL)->member, type * : offsetof(S, member))

#define FIELD_ROW(text, row_kind, must) \
	.name = { (const uint8_t *)(text), sizeof(text) - 1 }, \
	.kind = (row_kind), .required = (must), \
	.why = { [PROBLEM_MISSING] = text ": missing", \
		 [PROBLEM_TYPE] = text ": wrong type", \
		 [PROBLEM_LONG] = text ": too long", \
		 [PROBLEM_VALUE] = text ": value not allowed", \
		 [PROBLEM_CONTRADICTS] = text ": contradicts the rest" }

#define VERSION(S, member) \
	{ \
		FIELD_ROW("schema_version", FIELD_VERSION, REQUIRED), \
			.offset = FIELD_AT(S, member, int64_t), \
			.least = WIRE_VERSION, .most = WIRE_VERSION \
	}
#define INT(text, S, member, must, low, high) \
	{ \
		FIELD_ROW(text, FIELD_INT, must), \
			.offset = FIELD_AT(S, member, int64_t), \
			.least = (low), .most = (high) \
	}
#define OPT_INT(text, S, member, low, high) \
	{ \
		FIELD_ROW(text, FIELD_OPT_INT, OPTIONAL), \
			.offset = FIELD_AT(S, member, struct opt_int), \
			.least = (low), .most = (high) \
	}
#define BOOL(text, S, member) \
	{ \
		FIELD_ROW(text, FIELD_BOOL, REQUIRED), \
			.offset = FIELD_AT(S, member, bool) \
	}
#define OPT_BOOL(text, S, member) \
	{ \
		FIELD_ROW(text, FIELD_OPT_BOOL, OPTIONAL), \
			.offset = FIELD_AT(S, member, struct opt_bool) \
	}
#define ENUM(text, S, member, type, must, table) \
	{ \
		FIELD_ROW(text, FIELD_ENUM, must), \
			.offset = FIELD_AT(S, member, type), .names = (table) \
	}
/* Unknown text is no problem here: it is kept as sent. */
#define ENUM_TEXT(text, S, member, type, kept, high, must, table) \
	{ \
		FIELD_ROW(text, FIELD_ENUM, must), \
			.offset = FIELD_AT(S, member, type), .names = (table), \
			.offset2 = FIELD_AT(S, kept, struct span), \
			.most = (high) \
	}
#define TEXT(text, S, member, must, high) \
	{ \
		FIELD_ROW(text, FIELD_TEXT, must), \
			.offset = FIELD_AT(S, member, struct span), \
			.most = (high) \
	}
#define BYTES(text, S, member, must, high) \
	{ \
		FIELD_ROW(text, FIELD_BYTES, must), \
			.offset = FIELD_AT(S, member, struct span), \
			.most = (high) \
	}
#define DIGEST(text, S, member) \
	{ \
		FIELD_ROW(text, FIELD_DIGEST, REQUIRED), \
			.offset = FIELD_AT(S, member, struct digest) \
	}
#define OPT_DIGEST(text, S, member) \
	{ \
		FIELD_ROW(text, FIELD_DIGEST, OPTIONAL), \
			.offset = FIELD_AT(S, member, struct digest) \
	}
#define TEXTS(text, S, member, must, high, items) \
	{ \
		FIELD_ROW(text, FIELD_TEXTS, must), \
			.offset = FIELD_AT(S, member, struct text_list), \
			.most = (high), .items_most = (items) \
	}
#define DIGESTS(text, S, member, must, items) \
	{ \
		FIELD_ROW(text, FIELD_DIGESTS, must), \
			.offset = FIELD_AT(S, member, struct digest *), \
			.offset2 = FIELD_AT(S, member##_count, size_t), \
			.items_most = (items) \
	}
#define HEADERS(text, S, member, high, items) \
	{ \
		FIELD_ROW(text, FIELD_HEADERS, OPTIONAL), \
			.offset = FIELD_AT(S, member, struct http_header *), \
			.offset2 = FIELD_AT(S, member##_count, size_t), \
			.most = (high), .items_most = (items) \
	}
#define RECORD(text, S, member, must, type, of) \
	{ \
		FIELD_ROW(text, FIELD_RECORD, must), \
			.offset = FIELD_AT(S, member, type), .record = (of) \
	}
/* Optional; the bool beside it says whether it is there. */
#define RECORD_IF(text, S, member, beside, type, of) \
	{ \
		FIELD_ROW(text, FIELD_RECORD, OPTIONAL), \
			.offset = FIELD_AT(S, member, type), .record = (of), \
			.offset2 = FIELD_AT(S, beside, bool) \
	}
#define RECORDS(text, S, member, must, type, of, items) \
	{ \
		FIELD_ROW(text, FIELD_RECORDS, must), \
			.offset = FIELD_AT(S, member, type *), \
			.offset2 = FIELD_AT(S, member##_count, size_t), \
			.record = (of), .items_most = (items) \
	}
/* The member is an array; its length is the most. */
#define RECORDS_HERE(text, S, member, must, type, of, items) \
	{ \
		FIELD_ROW(text, FIELD_RECORDS, must), \
			.in_place = true, \
			.offset = \
				_Generic(&((S *)NULL)->member, type(*)[items] \
		                         : offsetof(S, member)), \
			.offset2 = FIELD_AT(S, member##_count, size_t), \
			.record = (of), .items_most = (items) \
	}
#define COMPUTED(text, function) \
	{ \
		FIELD_ROW(text, FIELD_COMPUTED, REQUIRED), \
			.compute = (function) \
	}

#define RECORD_TYPE(S, rows) \
	{ \
		.fields = (rows), .count = sizeof(rows) / sizeof((rows)[0]), \
		.size = sizeof(S) \
	}
/* For structs with a `present` of their own. */
#define RECORD_TYPE_PRESENT(S, rows) \
	{ \
		.fields = (rows), .count = sizeof(rows) / sizeof((rows)[0]), \
		.size = sizeof(S), .has_present = true, \
		.present = FIELD_AT(S, present, bool) \
	}

#endif
