#include "base/siphash.h"

#include "base/id.h"

#include <pthread.h>

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static uint64_t little_endian(const uint8_t *p, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

static void rounds(struct state *s, int count)
{
	while (count-- > 0) {
		s->a += s->b;
		s->b = rotate(s->b, 13) ^ s->a;
		s->a = rotate(s->a, 32);
		s->c += s->d;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

static void absorb(struct state *s, uint64_t word)
{
	s->d ^= word;
	rounds(s, 2);
	s->a ^= word;
}

uint64_t siphash24(const uint8_t *key, struct span in)
{
	uint64_t k0 = little_endian(key, 8);
	uint64_t k1 = little_endian(key + 8, 8);
	struct state s = {
		.a = k0 ^ 0x736f6d6570736575,
		.b = k1 ^ 0x646f72616e646f6d,
		.c = k0 ^ 0x6c7967656e657261,
		.d = k1 ^ 0x7465646279746573,
	};
	size_t at = 0;

	for (; in.len - at >= 8; at += 8)
		absorb(&s, little_endian(in.p + at, 8));
	/* the last word ends with the length, modulo 256 */
	uint64_t last = (uint64_t)in.len << 56;

	if (at < in.len)
		last |= little_endian(in.p + at, in.len - at);
	absorb(&s, last);
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}

static uint8_t process_key[SIPHASH_KEY_LEN];

static void draw_key(void)
{
	random_bytes(process_key, sizeof(process_key));
}

uint64_t siphash_process(struct span s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, draw_key);
	return siphash24(process_key, s);
}
