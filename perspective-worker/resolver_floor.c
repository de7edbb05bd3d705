#include "perspective-worker/resolver_floor.h"

#include "base/text.h"

enum { PARTS = 3, PART_MAX = 1000000 };

struct span resolver_version(struct span versions)
{
	static const struct span name = { (const uint8_t *)"libunbound/", 11 };
	ptrdiff_t at = span_find(versions, name);

	if (at < 0)
		return (struct span){ NULL, 0 };
	struct span rest = span_sub(versions, (size_t)at + name.len, SIZE_MAX);
	ptrdiff_t end = span_find(rest, SPAN(" "));

	return end < 0 ? rest : span_sub(rest, 0, (size_t)end);
}

static bool parse(struct span version, uint64_t parts[static PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		ptrdiff_t dot = span_find(version, SPAN("."));
		bool last = i == PARTS - 1;

		if (last != (dot < 0))
			return false;
		size_t len = last ? version.len : (size_t)dot;

		if (!text_u64(span_sub(version, 0, len), PART_MAX, &parts[i]))
			return false;
		version = span_sub(version, len + 1, SIZE_MAX);
	}
	return true;
}

bool resolver_is_vulnerable(struct span version)
{
	uint64_t got[PARTS] = { 0 }, floor[PARTS] = { 0 };

	if (!parse(version, got) || !parse(SPAN(RESOLVER_FLOOR), floor))
		return true;
	for (int i = 0; i < PARTS; i++) {
		if (got[i] != floor[i])
			return got[i] < floor[i];
	}
	return false;
}

bool resolver_may_be_used(struct span version, bool lab, const char *named)
{
	return lab || !resolver_is_vulnerable(version) ||
	       (version.len > 0 && span_is(version, named));
}
