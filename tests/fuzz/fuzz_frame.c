/* Frames, both ways: what is taken is exactly what would be written. */
#include "probe/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_way(struct span in, enum frame_way way)
{
	struct arena *arena = arena_new();
	struct buf again = { 0 };
	struct frame frame;
	struct span body;
	size_t taken;

	if (frame_cut(in, way, &body, &taken) == FRAME_CUT_WHOLE &&
	    frame_decode(body, way, arena, &frame) == NULL) {
		frame_encode(&frame, &again);
		if (!span_eq(buf_span(&again), span_sub(in, 0, taken)))
			abort();
	}
	buf_clear(&again);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_way(span_of(data, size), FRAME_TO_PROBE);
	try_way(span_of(data, size), FRAME_TO_WORKER);
	return 0;
}
