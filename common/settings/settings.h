/*
 * settings.h -- one file per program, read by one table per program.
 *
 * A row of the table is key, kind, field, default, limits, flags and a line
 * for the reader; it feeds the parser, the environment, --print-config and the
 * manual. A field of the wrong C type does not compile. Unknown keys and
 * sections, keys given twice, missing ones and values out of limits refuse to
 * start, each naming file, line, key, value and limits. Reload is restart.
 *
 *   lab = no
 *   kafka {                                # section, once
 *           brokers = "b1:9093,b2:9093"    # a key of the table
 *           "ssl.ca.location" = "/etc/ca"  # passed through (SET_PAIRS)
 *   }
 *   perspective "ams" {                    # repeated, titled (SET_ROWS)
 *           rir = ripe
 *   }
 *
 * Text needs quotes unless it is letters, digits and - _ . / : only. Durations
 * are 250ms 10s 5m 2h 30d; sizes 512B 64KiB 10MiB 1GiB; lists { "a", "b" };
 * booleans yes or no. "${NAME}" inside double quotes is replaced by the
 * environment's NAME (libconfuse does that); single quotes keep it.
 *
 * Environment: a key with SETTING_ENV is overridden by MPIC_<SECTION>_<KEY>
 * (MPIC_<KEY> at the top level) in capitals, every character that is not a
 * letter or digit as _, lists with commas. It is applied after the file, under
 * the same limits. The variable of a known key without SETTING_ENV refuses to
 * start; other MPIC_ variables are ignored, since Kubernetes makes some.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Texts in these, as everywhere in a loaded struct, belong to struct settings
   and live until settings_free(). Never NULL; an empty list has n == 0. */
struct setting_list {
	const char *const *at;
	size_t n;
};

struct setting_pair {
	const char *name;
	const char *value;
};

struct setting_pairs {
	const struct setting_pair *at;
	size_t n;
};

/* at points to n structs of the row table, in the file's order. */
struct setting_rows {
	const void *at;
	size_t n;
};

/* A word in the file and the enumerator it stands for; ends with {0}. */
struct setting_choice {
	const char *word;
	int value;
};

enum setting_kind {
	SETTING_END,
	SETTING_TEXT,
	SETTING_INT,
	SETTING_REAL,
	SETTING_BOOL,
	SETTING_DURATION,
	SETTING_SIZE,
	SETTING_LIST,
	SETTING_ENUM,
	SETTING_LAB,
	SETTING_TITLE,
	SETTING_PAIRS,
	SETTING_ROWS,
	SETTING_TABLE,
};

enum {
	/* The environment may override it. Not inside SET_ROWS. */
	SETTING_ENV = 1 << 0,
	/* Refused without `lab = yes` when set to anything but its default. */
	SETTING_LAB_ONLY = 1 << 1,
	/* SET_TEXT that is the path of a secret: absolute, a regular file,
	   readable, not writable by its group and closed to others (a group may
	   read: Kubernetes mounts secrets so). Empty is left alone. */
	SETTING_SECRET_FILE = 1 << 2,
	/* A value that is itself a secret: never printed, never in an error. */
	SETTING_SECRET = 1 << 3,
};

struct setting {
	enum setting_kind kind;
	unsigned flags;
	const char *section; /* NULL: top level */
	const char *key;
	size_t offset;
	const char *fallback; /* as in the file, lists with commas; NULL:
	                         required */
	int64_t least;
	int64_t most;
	const struct setting_choice *choices;
	const struct setting *table; /* of SET_ROWS and SET_TABLE */
	size_t row_size;
	const char *doc;
};

/* The offset of a field, if it has that type; else it does not compile. */
/* clang-format off: it takes a type in _Generic for an expression. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type can't be in any. */
#define SETTING_AT(S, field, type) \
	_Generic(&((S *)0)->field, type * : offsetof(S, field))
#define SETTING_AT_ENUM(S, field) \
	_Generic(((S *)0)->field, int \
	         : offsetof(S, field), unsigned int \
	         : offsetof(S, field))
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#define SETTING_ROW(k, sec, name, at, def, lo, hi, fl, help) \
	.kind = (k), .flags = (fl), .section = (sec), .key = (name), \
	.offset = (at), .fallback = (def), .least = (lo), .most = (hi), \
	.doc = (help)

/*
 * S: the struct; sec: the section or NULL; def: a string or NULL (required);
 * lo, hi: limits, both allowed; fl: flags or 0.
 */

/* const char *; limits are bytes. */
#define SET_TEXT(S, sec, key, field, def, lo, hi, fl, doc) \
	{ \
		SETTING_ROW(SETTING_TEXT, sec, key, \
		            SETTING_AT(S, field, const char *), def, lo, hi, \
		            fl, doc) \
	}
/* int64_t. */
#define SET_INT(S, sec, key, field, def, lo, hi, fl, doc) \
	{ \
		SETTING_ROW(SETTING_INT, sec, key, \
		            SETTING_AT(S, field, int64_t), def, lo, hi, fl, \
		            doc) \
	}
/* double; decimal digits only, no exponent; limits are whole numbers. */
#define SET_REAL(S, sec, key, field, def, lo, hi, fl, doc) \
	{ \
		SETTING_ROW(SETTING_REAL, sec, key, \
		            SETTING_AT(S, field, double), def, lo, hi, fl, \
		            doc) \
	}
/* bool. */
#define SET_BOOL(S, sec, key, field, def, fl, doc) \
	{ \
		SETTING_ROW(SETTING_BOOL, sec, key, \
		            SETTING_AT(S, field, bool), def, 0, 1, fl, doc) \
	}
/* int64_t milliseconds; limits in milliseconds. */
#define SET_DURATION(S, sec, key, field, def, lo, hi, fl, doc) \
	{ \
		SETTING_ROW(SETTING_DURATION, sec, key, \
		            SETTING_AT(S, field, int64_t), def, lo, hi, fl, \
		            doc) \
	}
/* int64_t bytes; limits in bytes. */
#define SET_SIZE(S, sec, key, field, def, lo, hi, fl, doc) \
	{ \
		SETTING_ROW(SETTING_SIZE, sec, key, \
		            SETTING_AT(S, field, int64_t), def, lo, hi, fl, \
		            doc) \
	}
/* struct setting_list; limits are how many; no element may be empty. */
#define SET_LIST(S, sec, key, field, def, lo, hi, fl, doc) \
	{ \
		SETTING_ROW(SETTING_LIST, sec, key, \
		            SETTING_AT(S, field, struct setting_list), def, \
		            lo, hi, fl, doc) \
	}
/* int or any enum of that size. */
#define SET_ENUM(S, sec, key, field, def, words, fl, doc) \
	{ \
		SETTING_ROW(SETTING_ENUM, sec, key, SETTING_AT_ENUM(S, field), \
		            def, 0, 0, fl, doc), \
			.choices = (words) \
	}
/* bool; the one switch, `lab` at the top level, default no, at most one in a
   table. What is SETTING_LAB_ONLY is refused without it. */
#define SET_LAB(S, field) \
	{ \
		SETTING_ROW( \
			SETTING_LAB, NULL, "lab", SETTING_AT(S, field, bool), \
			"no", 0, 1, SETTING_ENV, \
			"Allows what only a laboratory may do. Its records " \
			"are " \
			"signed so that no production verifier takes them.") \
	}
/* const char *; the title of a repeated section; first row of its table. */
#define SET_TITLE(S, field, lo, hi, doc) \
	{ \
		SETTING_ROW(SETTING_TITLE, NULL, "title", \
		            SETTING_AT(S, field, const char *), NULL, lo, hi, \
		            0, doc) \
	}
/* struct setting_pairs; takes every key of the section that no other row
   names. Values whose name says that they are secret (...password,
   ...secret, ...pem, sasl.jaas.config, sasl.oauthbearer.config) are not
   printed. Limits are how many. */
#define SET_PAIRS(S, sec, field, lo, hi, doc) \
	{ \
		SETTING_ROW(SETTING_PAIRS, sec, "properties", \
		            SETTING_AT(S, field, struct setting_pairs), "", \
		            lo, hi, 0, doc) \
	}
/* struct setting_rows of R; `key "title" { ... }`, titles unique; rows: the
   table of R; limits are how many. Flags: 0 or SETTING_LAB_ONLY. */
#define SET_ROWS(S, name, field, R, rows, lo, hi, fl, help) \
	{ \
		SETTING_ROW(SETTING_ROWS, NULL, name, \
		            SETTING_AT(S, field, struct setting_rows), "", lo, \
		            hi, fl, help), \
			.table = (rows), .row_size = sizeof(R) \
	}
/* A struct inside S that another module's table fills. */
#define SET_TABLE(S, field, R, rows) \
	{ \
		.kind = SETTING_TABLE, .offset = SETTING_AT(S, field, R), \
		.table = (rows), .row_size = sizeof(R) \
	}
#define SET_END \
	{ \
		.kind = SETTING_END \
	}

/* `log_level = error | warn | info | debug` for an enum log_level. */
extern const struct setting_choice setting_log_levels[];

/* What was loaded: owns the texts, knows where each value came from. */
struct settings;

/*
 * Reads the file, then env (a NULL-ended list of "NAME=value"; NULL for none),
 * into *out, which table describes. On failure *out is zeroed and NULL
 * returned, with why in words; all of table, out and the result's texts are
 * used until settings_free().
 */
struct settings *settings_load(const struct setting *table, void *out,
                               const char *path, char *const *env,
                               struct err *why)
	__attribute__((warn_unused_result));
/* Takes *slot, accepts NULL, leaves NULL. The struct's texts go with it. */
void settings_free(struct settings **slot);

/*
 * The effective settings as a file that loads to the same struct: documentation
 * above each key, where the value came from behind it. Values that are secret
 * are left out, in a comment.
 */
void settings_print(const struct settings *s, FILE *out);

/*
 * For rules between keys: "<file>:<line>: <section>.<key>: <text>" into why.
 * title names the repeated section, or is NULL. Returns -1.
 */
int settings_refuse(const struct settings *s, struct err *why,
                    const char *section, const char *title, const char *key,
                    const char *format, ...)
	__attribute__((format(printf, 6, 7)));

#endif
