/*
 * fold.h -- a quick hash of bytes, for what nobody attacks.
 */
#ifndef SIMULATION_FOLD_H
#define SIMULATION_FOLD_H

#include "base/span.h"

static inline uint64_t fold(uint64_t h, struct span s)
{
	uint64_t word;
	size_t at = 0;

	for (; s.len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, s.p + at, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	word = (uint64_t)s.len << 56;
	if (at < s.len)
		memcpy(&word, s.p + at, s.len - at);
	h = (h ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 29;
}

#endif
