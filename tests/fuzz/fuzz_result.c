#include "tests/fuzz/fuzz_wire.h"

FUZZ_RECORD(result_type, ENCODING_MSGPACK, ENCODING_MSGPACK)
