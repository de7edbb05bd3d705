#include "tests/fuzz/fuzz_wire.h"

FUZZ_RECORD(attempt_type, ENCODING_MSGPACK, ENCODING_MSGPACK)
