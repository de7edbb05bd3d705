#include "base/murmur2.h"

#include <assert.h>

enum { MULTIPLIER = 0x5bd1e995 };

static const uint32_t java_seed = 0x9747b28c;

static uint32_t little_endian(const uint8_t *p, size_t len)
{
	uint32_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint32_t)p[i] << (8 * i);
	return word;
}

uint32_t murmur2(struct span key)
{
	uint32_t h = java_seed ^ (uint32_t)key.len;
	size_t at = 0;

	for (; key.len - at >= 4; at += 4) {
		uint32_t k = little_endian(key.p + at, 4) * MULTIPLIER;

		k = (k ^ k >> 24) * MULTIPLIER;
		h = (h * MULTIPLIER) ^ k;
	}
	if (at < key.len) {
		h ^= little_endian(key.p + at, key.len - at);
		h *= MULTIPLIER;
	}
	h = (h ^ h >> 13) * MULTIPLIER;
	return h ^ h >> 15;
}

uint32_t home_partition(struct span key, uint32_t partitions)
{
	assert(partitions > 0);
	return (murmur2(key) & 0x7fffffff) % partitions;
}
