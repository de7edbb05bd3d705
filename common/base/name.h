/*
 * name.h -- what may stand in a certificate as a name, judged as text.
 *
 * Lower-case A-labels and strict addresses only (R-039; design.md, Names).
 * Nothing is repaired: no trailing dot is dropped, no case folded. Every
 * refusal has a stable code and says what would have been right.
 */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include "base/addr.h"
#include "base/span.h"

enum {
	NAME_MAX_TEXT = 253, /* RFC 1035, 2.3.4, as text without the root dot */
	NAME_MAX_LABEL = 63,
};

/* When several hold: the first that the checks meet, whole name before labels,
   labels from the left. */
enum name_result {
	NAME_FQDN,
	NAME_WILDCARD,
	NAME_IPV4,
	NAME_IPV6,
	/* refusals */
	NAME_EMPTY,
	NAME_TOO_LONG,
	NAME_NOT_ASCII,
	NAME_CONTROL, /* control character, NUL or white space */
	NAME_BRACKETS,
	NAME_ZONE_ID,
	NAME_V4_MAPPED,
	NAME_BAD_IPV6,
	NAME_BAD_IPV4, /* short, octal, hexadecimal or too large */
	NAME_ADDR_RESERVED,
	NAME_TRAILING_DOT,
	NAME_LABEL_EMPTY,
	NAME_LABEL_TOO_LONG,
	NAME_UNDERSCORE,
	NAME_UPPER_CASE,
	NAME_BAD_CHARACTER,
	NAME_WILDCARD_PARTIAL, /* f*.example.com */
	NAME_WILDCARD_PLACE,   /* a.*.example.com, or nested */
	NAME_HYPHEN_EDGE,
	NAME_HYPHEN_RESERVED, /* "??--" that is not "xn--" (RFC 5890, 2.3.1) */
	NAME_BAD_ALABEL,
	NAME_SINGLE_LABEL,
	NAME_NUMERIC_TLD,
	NAME_REVERSE, /* in or below in-addr.arpa or ip6.arpa (SC-086) */
	NAME_ONION,
	NAME_SPECIAL_USE, /* RFC 6761 and ICANN's own */
};

/* Valid IDNA A-label? Gets a whole lower-case label that begins with "xn--". */
typedef bool name_alabel_fn(struct span label);

struct name_rules {
	bool lab; /* .test and .example, loopback and documentation addresses */
	name_alabel_fn *alabel_ok; /* NULL: only the letters are looked at */
};

/* addr (may be NULL) is set for NAME_IPV4 and NAME_IPV6 only. rules may be
   NULL: no lab, no A-label check. */
enum name_result name_check_target(struct span name,
                                   const struct name_rules *rules,
                                   struct addr *addr);

static inline bool name_result_ok(enum name_result result)
{
	return result <= NAME_IPV6;
}

/* Stable, for records: "fqdn", "trailing-dot". */
const char *name_result_code(enum name_result result);
/* The expected form, for a person: "write the name without the dot at its
   end". Empty for the good ones. */
const char *name_result_hint(enum name_result result);

/* A host as it may stand in DNS data or a URL: name_check_target()'s rules for
   FQDNs without those on TLDs; underscores and upper case allowed. For aliases
   and redirect hosts that were found, not asked for. */
bool name_is_host(struct span name);

/* The helpers take names without a trailing dot. */

/* What is right of the leftmost dot; empty when there is none. */
struct span name_parent(struct span name);
/* Of the empty name: 0. */
size_t name_label_count(struct span name);
/* ASCII case folded. */
bool name_equal_nocase(struct span a, struct span b);
/* Strictly below: "a.example.com" is below "example.com", itself is not. */
bool name_is_below(struct span name, struct span top);
bool name_is_or_below(struct span name, struct span top);
/* Without a leading "*."; other names unchanged. */
struct span name_without_wildcard(struct span name);

#endif
