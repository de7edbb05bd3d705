/*
 * pattern_syntax.h -- is an expression made of what we accept? Balanced and
 * well-formed but for what only a compiler can tell (ranges, repetitions).
 */
#ifndef PATTERN_PATTERN_SYNTAX_H
#define PATTERN_PATTERN_SYNTAX_H

#include "pattern/pattern.h"

bool pattern_syntax(struct span pattern, struct pattern_fault *fault);

#endif
