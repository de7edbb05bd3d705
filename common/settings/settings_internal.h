/* settings_internal.h -- what the files of settings/ share. */
#ifndef SETTINGS_SETTINGS_INTERNAL_H
#define SETTINGS_SETTINGS_INTERNAL_H

#include "base/buf.h"
#include "base/mem.h"
#include "settings/settings.h"

enum {
	SETTINGS_FILE_MAX = 1024 * 1024, /* bytes of one settings file */
	SETTINGS_SHOWN_MAX = 80,         /* bytes of a bad value in an error */
};

/* A key as the file gave it. */
struct given {
	const char *section; /* NULL: top level */
	size_t instance;     /* which of the sections of that name */
	const char *key;
	int line; /* 0 where libconfuse does not say: an empty list */
	bool used;
	const char *const *at; /* one text, or a list's */
	size_t n;
};

/* A section as the file gave it. */
struct given_section {
	const char *name;
	const char *title; /* NULL unless it is a repeated one */
	size_t instance;
	int end_line;
};

struct settings_file {
	struct given *keys;
	size_t n_keys;
	struct given_section *sections;
	size_t n_sections;
};

enum item_origin { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT };

/* One row of a table at one place in the struct. */
struct item {
	const struct setting *row;
	char *base; /* of the struct that row->offset counts from */
	const char *section;
	const char *title; /* of the repeated section it is in, or NULL */
	size_t instance;
	enum item_origin from;
	int line;
};

struct settings {
	struct arena *arena;
	const struct setting *table;
	const char *path;
	struct settings_file file;
	struct item *items;
	size_t n_items;
};

static inline void *item_field(const struct item *item)
{
	return item->base + item->row->offset;
}

/* "kafka.brokers" or 'perspective "ams" rir', for people. */
void item_name(struct buf *out, const struct item *item);
/* "MPIC_KAFKA_BROKERS" */
void item_variable(struct buf *out, const struct item *item);

/* Fills s->file from s->path, as far as s->table knows sections and keys. */
int file_read(struct settings *s, struct err *why);

/* Parses n texts into the item's field; -1 with why, without file and line. */
int value_set(struct arena *arena, const struct item *item,
              const char *const *at, size_t n, struct err *why);
/* The same from one text, lists separated by commas. */
int value_set_text(struct arena *arena, const struct item *item,
                   const char *text, struct err *why);
/* The field as the file would give it. */
void value_print(struct buf *out, const struct item *item);
/* In double quotes, so that libconfuse reads it back as it is. */
void value_quote(struct buf *out, const char *text);
/* "a whole number from 1 to 100" */
void value_limits(struct buf *out, const struct setting *row);

/* A librdkafka property whose value nobody may see. */
bool pair_is_secret(const char *name);
/* Control characters and bytes that are not UTF-8; a pair's value may have
   line ends and tabs. */
bool text_is_clean(const char *text, bool lines_too);

#endif
