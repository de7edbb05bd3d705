#include "tests/fuzz/fuzz_wire.h"

FUZZ_RECORD(check_type, ENCODING_MSGPACK, ENCODING_MSGPACK)
