/* Both encodings: a decision is recognised by its first byte. Each must also
   survive being written in the other. */
#include "tests/fuzz/fuzz_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span value = span_of(data, size);
	enum encoding from = encoding_guess(value);

	fuzz_record(&decision_type, from, ENCODING_MSGPACK, value);
	fuzz_record(&decision_type, from, ENCODING_JSON, value);
	return 0;
}
