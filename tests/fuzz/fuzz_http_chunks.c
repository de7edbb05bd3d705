/* Chunks: the same body however they are cut, and never more than was sent.
   The first byte says how. */
#include "probe/http_chunks.h"

#include "base/buf.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum http_chunks_result result;
	struct buf body;
	size_t left;
};

static struct outcome read_all(struct span in, size_t step)
{
	struct http_chunks c = { 0 };
	struct outcome o = { .result = CHUNKS_GO_ON, .left = in.len };

	while (in.len > 0 && o.result == CHUNKS_GO_ON) {
		struct span part = span_sub(in, 0, step);
		struct span got;

		in = span_sub(in, part.len, in.len);
		while (part.len > 0 && o.result == CHUNKS_GO_ON) {
			o.result = http_chunks_take(&c, &part, &got);
			buf_add_span(&o.body, got);
		}
		o.left = in.len + part.len;
	}
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	struct span in = span_of(data + 1, size - 1);
	struct outcome whole = read_all(in, in.len + 1);
	struct outcome cut = read_all(in, (size_t)data[0] + 1);

	assert(whole.result == cut.result && whole.left == cut.left);
	assert(whole.body.len <= in.len);
	assert(span_eq(buf_span(&whole.body), buf_span(&cut.body)));
	buf_clear(&whole.body);
	buf_clear(&cut.body);
	return 0;
}
