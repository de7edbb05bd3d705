#include "base/name.h"

static const struct {
	const char *code;
	const char *hint;
} texts[] = {
	[NAME_FQDN] = { "fqdn", "" },
	[NAME_WILDCARD] = { "wildcard", "" },
	[NAME_IPV4] = { "ipv4", "" },
	[NAME_IPV6] = { "ipv6", "" },
	[NAME_EMPTY] = { "name-empty", "a name like www.example.com" },
	[NAME_TOO_LONG] = { "name-too-long",
	                    "at most 253 characters without a dot at the end" },
	[NAME_NOT_ASCII] = { "name-not-ascii",
	                     "the A-label form, xn--..., not Unicode" },
	[NAME_CONTROL] = { "name-control-character",
	                   "no white space and no control characters" },
	[NAME_BRACKETS] = { "name-brackets",
	                    "an IPv6 address without brackets" },
	[NAME_ZONE_ID] = { "name-zone-id", "an IPv6 address without %zone" },
	[NAME_V4_MAPPED] = { "name-v4-mapped",
	                     "an IPv4 address as four decimal numbers" },
	[NAME_BAD_IPV6] = { "name-bad-ipv6",
	                    "an IPv6 address as in RFC 4291, section 2.2" },
	[NAME_BAD_IPV4] = { "name-bad-ipv4",
	                    "an IPv4 address as four decimal numbers from 0 "
	                    "to 255 without leading zeros" },
	[NAME_ADDR_RESERVED] = { "name-address-reserved",
	                         "an address outside IANA's special-purpose "
	                         "registries" },
	[NAME_TRAILING_DOT] = { "name-trailing-dot",
	                        "the name without the dot at its end" },
	[NAME_LABEL_EMPTY] = { "name-label-empty",
	                       "at least one character between two dots" },
	[NAME_LABEL_TOO_LONG] = { "name-label-too-long",
	                          "at most 63 characters between two dots" },
	[NAME_UNDERSCORE] = { "name-underscore",
	                      "letters, digits and hyphens only" },
	[NAME_UPPER_CASE] = { "name-upper-case", "lower-case letters" },
	[NAME_BAD_CHARACTER] = { "name-bad-character",
	                         "letters, digits, hyphens and dots only: no "
	                         "scheme, port, path or mail address" },
	[NAME_WILDCARD_PARTIAL] = { "name-wildcard-partial",
	                            "the star alone as the first label, "
	                            "*.example.com" },
	[NAME_WILDCARD_PLACE] = { "name-wildcard-place",
	                          "one star, as the first label" },
	[NAME_HYPHEN_EDGE] = { "name-hyphen-edge",
	                       "no hyphen at either end of a label" },
	[NAME_HYPHEN_RESERVED] = { "name-hyphen-reserved",
	                           "no hyphens at the third and fourth place, "
	                           "but in xn--" },
	[NAME_BAD_ALABEL] = { "name-bad-a-label",
	                      "an xn-- label that is valid IDNA2008" },
	[NAME_SINGLE_LABEL] = { "name-single-label",
	                        "a name below a public top-level domain" },
	[NAME_NUMERIC_TLD] = { "name-numeric-tld",
	                       "a name whose last label is not a number" },
	[NAME_REVERSE] = { "name-reverse",
	                   "a name outside in-addr.arpa and ip6.arpa" },
	[NAME_ONION] = { "name-onion", "a name that is in the public DNS" },
	[NAME_SPECIAL_USE] = { "name-special-use",
	                       "a name below a public top-level domain, not a "
	                       "special-use one" },
};

_Static_assert(sizeof(texts) / sizeof(texts[0]) == NAME_SPECIAL_USE + 1,
               "a result without its text");

const char *name_result_code(enum name_result result)
{
	return texts[result].code;
}

const char *name_result_hint(enum name_result result)
{
	return texts[result].hint;
}

struct span name_parent(struct span name)
{
	ptrdiff_t dot = span_find(name, SPAN("."));

	return dot < 0 ? span_sub(name, name.len, 0)
	               : span_sub(name, (size_t)dot + 1, name.len);
}

size_t name_label_count(struct span name)
{
	size_t count = name.len > 0 ? 1 : 0;

	for (size_t i = 0; i < name.len; i++)
		count += name.p[i] == '.';
	return count;
}

bool name_equal_nocase(struct span a, struct span b)
{
	return span_eq_nocase(a, b);
}

bool name_is_below(struct span name, struct span top)
{
	if (top.len == 0 || name.len <= top.len + 1)
		return false;
	size_t from = name.len - top.len;

	return name.p[from - 1] == '.' &&
	       span_eq_nocase(span_sub(name, from, top.len), top);
}

bool name_is_or_below(struct span name, struct span top)
{
	return span_eq_nocase(name, top) || name_is_below(name, top);
}

struct span name_without_wildcard(struct span name)
{
	if (span_eq(span_sub(name, 0, 2), SPAN("*.")))
		return span_sub(name, 2, name.len);
	return name;
}
