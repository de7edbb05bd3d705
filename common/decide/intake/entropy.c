#include "base/text.h"
#include "decide/intake/intake_internal.h"

enum {
	DIGITS_LEAST = 34,     /* log2(10) = 3.32 bits each */
	HEX_LEAST = 28,        /* 4 bits each */
	ONE_CASE_LEAST = 22,   /* log2(36) = 5.17 bits each */
	BOTH_CASES_LEAST = 19, /* 6 bits each */
	/* 28 random hex digits have fewer than 6 different ones once in 3e10
	   times; anything shorter or richer, less often */
	DIFFERENT_LEAST = 6
};

struct alphabet {
	bool lower, upper, beyond_digits, beyond_hex;
	size_t different;
};

static struct alphabet alphabet_of(struct span value)
{
	struct alphabet a = { 0 };
	bool seen[256] = { false };

	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.p[i];
		bool hex = ascii_is_digit(c) ||
		           (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');

		a.lower |= c >= 'a' && c <= 'z';
		a.upper |= c >= 'A' && c <= 'Z';
		a.beyond_digits |= !ascii_is_digit(c);
		a.beyond_hex |= !hex;
		a.different += !seen[c];
		seen[c] = true;
	}
	return a;
}

bool entropy_enough(struct span value, bool folds)
{
	struct alphabet a = alphabet_of(value);

	if (a.different < DIFFERENT_LEAST)
		return false;
	if (!a.beyond_digits)
		return value.len >= DIGITS_LEAST;
	if (!a.beyond_hex)
		return value.len >= HEX_LEAST;
	if (folds || !(a.lower && a.upper))
		return value.len >= ONE_CASE_LEAST;
	return value.len >= BOTH_CASES_LEAST;
}
