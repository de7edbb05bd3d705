/*
 * pattern.h -- a CA's regular expression, searched for in a target's bytes.
 *
 * The expression is the CA's, the text the applicant's. What is accepted is
 * what Python's re (ASCII, on bytes) and PCRE2 understand alike, so that an
 * expression means here what it means where it was tried: literals, classes,
 * alternatives, groups, repetitions (greedy, lazy, possessive), look-ahead,
 * ^ $ \A \Z \b \B, and the flags i, m, s. Nothing refers back: no look-behind,
 * no back references, no conditions, no recursion, no verbs. A character is a
 * byte, letters and digits are ASCII's; text need not be UTF-8.
 *
 * Bounded by counting, never by time: whoever searches again years later must
 * be told the same. A step is one element of the expression tried at one
 * place, or one byte passed over; {n} costs a step for each 16 bytes that it
 * may pass over in vain. All that PCRE2 would do to save steps is switched off,
 * and no code is generated: the count does not depend on the machine, nor on
 * how clever the library has become since.
 *
 * Pure: no globals, no locale, no clock.
 */
#ifndef PATTERN_PATTERN_H
#define PATTERN_PATTERN_H

#include "base/buf.h"
#include "base/span.h"

enum {
	PATTERN_MAX = 512,           /* bytes of an expression */
	PATTERN_NESTED_MAX = 16,     /* groups in groups */
	PATTERN_NAMES_MAX = 16,      /* groups with a name */
	PATTERN_STEPS_MAX = 2000000, /* of one search; some 20 ms */
	PATTERN_DEPTH_MAX = 20000,   /* places to come back to, at a time */
	PATTERN_MEMORY_MAX = 32 << 20
};

enum pattern_result {
	PATTERN_FOUND,
	PATTERN_NOT_FOUND,
	PATTERN_TOO_COSTLY, /* a bound was reached: nobody knows */
	PATTERN_INVALID     /* pattern_check() refuses it */
};

/* Where an expression is wrong, and how. */
struct pattern_fault {
	size_t at;        /* byte offset */
	const char *what; /* static, printable */
};

/* False, and *fault is filled, for what is not a pattern of ours. The words
   are ours too, whatever the library's version. */
bool pattern_check(struct span pattern, struct pattern_fault *fault);

/* Does it match anywhere in text? Where text ends in a line end, $ and \Z hold
   before it as well: who does not want that cuts it off. */
enum pattern_result pattern_search(struct span pattern, struct span text);

/* Appends PCRE2's version, "10.42", for what is recorded. */
void pattern_library_version(struct buf *out);

#endif
