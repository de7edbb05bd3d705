/*
 * siphash.h -- SipHash-2-4, for tables whose keys somebody else chooses.
 *
 * With a hash that is not keyed, whoever picks request ids or host names picks
 * the bucket too, and one bucket holds them all. In a file that uses uthash on
 * such keys:
 *
 *   #include "base/siphash.h"
 *   #define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
 *   #include <uthash.h>
 *
 * HASH_FUNCTION has to stand before uthash.h is read.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/span.h"

enum { SIPHASH_KEY_LEN = 16 };

/* SipHash-2-4 with 64 bits of output. key holds SIPHASH_KEY_LEN bytes. */
uint64_t siphash24(const uint8_t *key, struct span in);

/* Under a key drawn once per process (getrandom(2); no randomness aborts).
   Never recorded, never sent: another process gives another value. */
uint64_t siphash_process(struct span s);

#define SIPHASH_UTHASH(key, len, hashv) \
	((hashv) = (unsigned)siphash_process(span_of((key), (size_t)(len))))

#endif
