/*
 * fuzz_wire.h -- what every decoder of records is held to: whatever it takes
 * comes back from its own canonical form as the same canonical form.
 */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include "tests/wire/samples.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_record(const struct record_type *type,
                               enum encoding from, enum encoding to,
                               struct span value)
{
	struct arena *arena = arena_new();
	struct buf first = { 0 }, second = { 0 };

	if (sample_recode(type, value, from, to, arena, &first) == NULL &&
	    (sample_recode(type, buf_span(&first), to, to, arena, &second) !=
	             NULL ||
	     !span_eq(buf_span(&first), buf_span(&second))))
		abort();
	buf_clear(&first);
	buf_clear(&second);
	arena_free(&arena);
}

#define FUZZ_RECORD(type, from, to) \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
	{ \
		fuzz_record(&(type), (from), (to), span_of(data, size)); \
		return 0; \
	}

#endif
