/*
 * pattern_syntax.h -- is an expression made of what we accept? Balanced and
 * well-formed but for what only a compiler can tell (ranges, repetitions).
 */
#ifndef PATTERN_PATTERN_SYNTAX_H
#define PATTERN_PATTERN_SYNTAX_H

#include "pattern/pattern.h"

/* By the offset of an element (a character, an escape, a class): how many of it
   at least must stand in a row, where {n says so; else 0. */
struct pattern_counts {
	uint16_t least[PATTERN_MAX];
};

bool pattern_syntax(struct span pattern, struct pattern_counts *counts,
                    struct pattern_fault *fault);

#endif
