/* What passes the scan, msgpack-c takes whole and within bounds (tree.c
   asserts both); what does not, never reaches it. */
#include "wire/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_limits limits = { 1U << 16, MP_ELEMENTS_MAX, MP_DEPTH_MAX };
	struct tree tree;

	if (tree_parse(span_of(data, size), ENCODING_MSGPACK, &limits, &tree) ==
	    NULL)
		tree_clear(&tree);
	return 0;
}
