/*
 * id.h -- identifiers: ours are 128 random bits, a caller's are checked.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/span.h"

enum {
	ID_BYTES = 16,
	ID_TEXT_LEN = 32,
	ID_TEXT_MAX = ID_TEXT_LEN + 1,
	ID_REQUEST_MAX = 128,
	ID_ASSIGNED_MAX = 40, /* "r-<partition>-<offset>" with its NUL */
};

/* From getrandom(2); no randomness aborts. */
void random_bytes(void *out, size_t len);
/* 32 lower-case hex digits and a NUL. */
void id_random(char out[static ID_TEXT_MAX]);
/* Exactly that form. */
bool id_is_random(struct span s);

enum id_result {
	ID_OK,
	ID_EMPTY,
	ID_TOO_LONG,
	ID_BAD_CHARACTER, /* not printable ASCII, or a space */
	ID_RESERVED,      /* has the form of an assigned id */
};

/* "ok", "empty", "too-long", "bad-character", "reserved" */
const char *id_result_name(enum id_result result);

/* A request's id. The form "r-<digits>-<digits>" is only good when the record
   was given it by us: a forwarded one, whose key says the same. */
enum id_result id_check_request(struct span id, bool assigned_by_us);

/* For a request without an id: of where it was first found. */
void id_assign(char out[static ID_ASSIGNED_MAX], int32_t partition,
               int64_t offset);
/* Canonical numbers only; false leaves both. */
bool id_parse_assigned(struct span id, int32_t *partition, int64_t *offset);

#endif
