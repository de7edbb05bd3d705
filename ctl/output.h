/*
 * output.h -- the flags that say how decisions are printed: --output, --json,
 * --wide. A table for people, JSON lines for programs; without a word, what
 * stdout is decides.
 */
#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

#include <argp.h>
#include <stdbool.h>

enum output { OUTPUT_UNSAID, OUTPUT_TABLE, OUTPUT_JSON };

struct output_flags {
	enum output output;
	bool wide;
};

/* For argp's children, with a struct output_flags as input. */
extern const struct argp output_flags_argp;

bool output_is_json(const struct output_flags *flags);

#endif
