/* A CA's expression, a line end, an applicant's text. */
#include "pattern/pattern.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_of(data, size);
	ptrdiff_t end = span_find(all, SPAN("\n"));
	struct span pattern = end < 0 ? all : span_sub(all, 0, (size_t)end);
	struct span text = span_sub(all, pattern.len + 1, size);
	struct pattern_fault fault = { 0, NULL };
	bool good = pattern_check(pattern, &fault);
	enum pattern_result result = pattern_search(pattern, text);

	assert(good == (result != PATTERN_INVALID));
	assert(good || (fault.what != NULL && fault.at <= pattern.len));
	assert(pattern_search(pattern, text) == result);
	return 0;
}
