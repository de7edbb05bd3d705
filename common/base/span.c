#include "base/span.h"

#include "base/text.h"

bool span_eq_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	}
	return true;
}

int span_cmp(struct span a, struct span b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least > 0 ? memcmp(a.p, b.p, least) : 0;

	if (order != 0)
		return order;
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

ptrdiff_t span_find(struct span hay, struct span needle)
{
	if (needle.len == 0)
		return 0;
	const uint8_t *at =
		hay.len > 0 ? memmem(hay.p, hay.len, needle.p, needle.len)
			    : NULL;

	return at == NULL ? -1 : at - hay.p;
}
