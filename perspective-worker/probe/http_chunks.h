/*
 * http_chunks.h -- the chunked transfer coding, strictly (RFC 9112, 7.1).
 *
 * Lines end in CR LF, sizes are hex digits and nothing else, and what is not
 * body (sizes, extensions, trailers) has a cap: where two readers could see
 * different bodies there is none.
 */
#ifndef PROBE_HTTP_CHUNKS_H
#define PROBE_HTTP_CHUNKS_H

#include "base/span.h"

enum {
	CHUNK_DIGITS_MAX = 16,
	/* sizes and extensions of one response: "1", CR LF, and CR LF behind
	   it, of a body at its cap that comes a byte a chunk */
	CHUNK_FRAMING_MAX = 5 * 65536 + 16,
	CHUNK_TRAILERS_MAX = 4096 /* libcurl takes no longer line */
};

enum http_chunks_result {
	CHUNKS_GO_ON,
	CHUNKS_DONE, /* what follows is no part of the response */
	CHUNKS_BAD,
	CHUNKS_FRAMING_LARGE,
	CHUNKS_TRAILERS_LARGE
};

/* All zero at first. */
struct http_chunks {
	int state;
	uint64_t size; /* of what is left of this chunk */
	size_t digits;
	size_t framing;
	size_t trailers;
};

/* Takes bytes off *in up to the end of the next run of body bytes, which *data
   then is (borrowed from in; empty if there were none). With GO_ON and *in
   empty more is to come; other results are final. */
enum http_chunks_result http_chunks_take(struct http_chunks *c, struct span *in,
                                         struct span *data);

#endif
