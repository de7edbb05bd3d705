/*
 * samples.h -- one well-filled record of each type, and a few sparse ones; the
 * source of the golden vectors, and what the codec's tests and bench work on.
 *
 * Deterministic: the same bytes on every machine. Records live in the arena.
 */
#ifndef TESTS_WIRE_SAMPLES_H
#define TESTS_WIRE_SAMPLES_H

#include "base/buf.h"
#include "wire/attempt.h"
#include "wire/check.h"
#include "wire/decision.h"
#include "wire/evidence.h"
#include "wire/heartbeat.h"
#include "wire/request.h"
#include "wire/result.h"
#include "wire/tables.h"

struct sample {
	const char *name; /* "check-http-01" */
	const struct record_type *type;
	void *(*make)(struct arena *arena);
};

extern const struct sample samples[];
extern const size_t samples_count;

/* Decodes MessagePack (or JSON, for a type that is public) of the type and
   appends its canonical form in `to`. NULL, or why it was refused; for a
   request also the first issue, as "field-type some.field". */
const char *sample_recode(const struct record_type *type, struct span value,
                          enum encoding from, enum encoding to,
                          struct arena *arena, struct buf *out);

/* The type that a vector's file name begins with, or NULL. */
const struct record_type *sample_type(const char *file_name);

#endif
