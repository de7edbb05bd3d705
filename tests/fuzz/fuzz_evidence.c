#include "tests/fuzz/fuzz_wire.h"

FUZZ_RECORD(evidence_type, ENCODING_MSGPACK, ENCODING_MSGPACK)
