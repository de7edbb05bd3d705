#include "tests/fuzz/fuzz_wire.h"

FUZZ_RECORD(heartbeat_type, ENCODING_MSGPACK, ENCODING_MSGPACK)
