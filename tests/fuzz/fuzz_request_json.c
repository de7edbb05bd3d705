#include "tests/fuzz/fuzz_wire.h"

FUZZ_RECORD(request_type, ENCODING_JSON, ENCODING_JSON)
