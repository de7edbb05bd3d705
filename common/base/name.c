#include "base/name.h"

#include "base/text.h"

/* RFC 6761 registry and RFC 9476, then what ICANN resolved never to delegate
   (corp, home, mail; internal). Below them nothing is globally unique. */
static const char *const special_tlds[] = {
	"alt",  "invalid", "local",    "localhost",
	"corp", "home",    "internal", "mail",
};

/* Special use as well, and what a lab is made of. */
static const char *const lab_tlds[] = { "example", "test" };

/* Below .arpa, beside the two reverse trees. */
static const char *const special_zones[] = {
	"home.arpa", "ipv4only.arpa", "resolver.arpa", "service.arpa",
	"eap.arpa",  "6tisch.arpa",   "eap-noob.arpa",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool has(struct span s, uint8_t c)
{
	return s.len > 0 && memchr(s.p, c, s.len) != NULL;
}

static struct span first_label(struct span name)
{
	ptrdiff_t dot = span_find(name, SPAN("."));

	return span_sub(name, 0, dot < 0 ? name.len : (size_t)dot);
}

static struct span last_label(struct span name)
{
	size_t from = name.len;

	while (from > 0 && name.p[from - 1] != '.')
		from--;
	return span_sub(name, from, name.len);
}

static bool is_hex_digit(uint8_t c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* "10", "010", "0x7f", "0x": what inet_aton(3) and browsers read as a number.
 */
static bool is_number(struct span s)
{
	bool hex = s.len >= 2 && s.p[0] == '0' && ascii_lower(s.p[1]) == 'x';

	for (size_t i = hex ? 2 : 0; i < s.len; i++) {
		if (!(hex ? is_hex_digit(s.p[i]) : ascii_is_digit(s.p[i])))
			return false;
	}
	return s.len > 0;
}

static bool only_numbers(struct span name)
{
	while (name.len > 0) {
		if (!is_number(first_label(name)))
			return false;
		name = name_parent(name);
	}
	return true;
}

static enum name_result check_bytes(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] <= ' ' || name.p[i] == 0x7f)
			return NAME_CONTROL;
		if (name.p[i] >= 0x80)
			return NAME_NOT_ASCII;
	}
	return has(name, '[') || has(name, ']') ? NAME_BRACKETS : NAME_FQDN;
}

static enum name_result judge_addr(const struct addr *a, bool lab)
{
	if (addr_is_v4mapped(a))
		return NAME_V4_MAPPED;
	if (addr_reserved(a, NULL) && !(lab && addr_is_lab(a)))
		return NAME_ADDR_RESERVED;
	return a->family == ADDR_V4 ? NAME_IPV4 : NAME_IPV6;
}

/* A colon was seen: an IPv6 address, or something that is no name at all. */
static enum name_result check_ipv6(struct span name, bool lab, struct addr *a)
{
	if (addr_parse_v6(name, a))
		return judge_addr(a, lab);
	for (size_t i = 0; i < name.len && name.p[i] != '%'; i++) {
		if (!is_hex_digit(name.p[i]) && name.p[i] != ':' &&
		    name.p[i] != '.')
			return NAME_BAD_CHARACTER;
	}
	return has(name, '%') ? NAME_ZONE_ID : NAME_BAD_IPV6;
}

static enum name_result check_characters(struct span label)
{
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = label.p[i];

		if (c == '_')
			return NAME_UNDERSCORE;
		if (c >= 'A' && c <= 'Z')
			return NAME_UPPER_CASE;
		if (!ascii_is_alnum(c) && c != '-')
			return NAME_BAD_CHARACTER;
	}
	return NAME_FQDN;
}

static enum name_result check_hyphens(struct span label,
                                      const struct name_rules *rules)
{
	if (label.p[0] == '-' || label.p[label.len - 1] == '-')
		return span_eq(label, SPAN("xn--")) ? NAME_BAD_ALABEL
		                                    : NAME_HYPHEN_EDGE;
	if (!span_eq(span_sub(label, 2, 2), SPAN("--")))
		return NAME_FQDN;
	if (!span_eq(span_sub(label, 0, 2), SPAN("xn")))
		return NAME_HYPHEN_RESERVED;
	if (rules->alabel_ok != NULL && !rules->alabel_ok(label))
		return NAME_BAD_ALABEL;
	return NAME_FQDN;
}

static enum name_result check_label(struct span label,
                                    const struct name_rules *rules)
{
	if (label.len == 0)
		return NAME_LABEL_EMPTY;
	if (has(label, '*'))
		return label.len == 1 ? NAME_WILDCARD_PLACE
		                      : NAME_WILDCARD_PARTIAL;
	if (label.len > NAME_MAX_LABEL)
		return NAME_LABEL_TOO_LONG;
	enum name_result result = check_characters(label);

	return result != NAME_FQDN ? result : check_hyphens(label, rules);
}

static bool is_listed(struct span s, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (span_is(s, list[i]))
			return true;
	}
	return false;
}

static bool is_special_use(struct span name, bool lab)
{
	struct span tld = last_label(name);

	for (size_t i = 0; i < COUNT(special_zones); i++) {
		if (name_is_or_below(name, span_str(special_zones[i])))
			return true;
	}
	return is_listed(tld, special_tlds, COUNT(special_tlds)) ||
	       (!lab && is_listed(tld, lab_tlds, COUNT(lab_tlds)));
}

/* name is a run of good labels. */
static enum name_result check_place(struct span name, bool lab)
{
	struct span tld = last_label(name);

	if (name_is_or_below(name, SPAN("in-addr.arpa")) ||
	    name_is_or_below(name, SPAN("ip6.arpa")))
		return NAME_REVERSE;
	if (span_is(tld, "onion"))
		return NAME_ONION;
	if (is_special_use(name, lab))
		return NAME_SPECIAL_USE;
	if (is_number(tld))
		return NAME_NUMERIC_TLD;
	return name_label_count(name) < 2 ? NAME_SINGLE_LABEL : NAME_FQDN;
}

static enum name_result check_name(struct span name,
                                   const struct name_rules *rules)
{
	bool wildcard = span_eq(first_label(name), SPAN("*"));
	struct span rest = wildcard ? name_parent(name) : name;

	if (name.p[name.len - 1] == '.')
		return NAME_TRAILING_DOT;
	for (struct span at = rest; at.len > 0; at = name_parent(at)) {
		enum name_result result = check_label(first_label(at), rules);

		if (result != NAME_FQDN)
			return result;
	}
	enum name_result result = check_place(rest, rules->lab);

	return result == NAME_FQDN && wildcard ? NAME_WILDCARD : result;
}

enum name_result name_check_target(struct span name,
                                   const struct name_rules *rules,
                                   struct addr *addr)
{
	static const struct name_rules plain = { 0 };
	struct addr found = { 0 };

	if (rules == NULL)
		rules = &plain;
	if (name.len == 0)
		return NAME_EMPTY;
	if (name.len > NAME_MAX_TEXT)
		return NAME_TOO_LONG;
	enum name_result result = check_bytes(name);

	if (result != NAME_FQDN)
		return result;
	if (has(name, ':'))
		result = check_ipv6(name, rules->lab, &found);
	else if (addr_parse_v4(name, &found))
		result = judge_addr(&found, rules->lab);
	else if (name.p[name.len - 1] != '.' && only_numbers(name))
		result = NAME_BAD_IPV4;
	else
		result = check_name(name, rules);
	if (addr != NULL && (result == NAME_IPV4 || result == NAME_IPV6))
		*addr = found;
	return result;
}

static bool is_host_label(struct span label)
{
	if (label.len == 0 || label.len > NAME_MAX_LABEL || label.p[0] == '-' ||
	    label.p[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-' &&
		    label.p[i] != '_')
			return false;
	}
	return true;
}

bool name_is_host(struct span name)
{
	if (name.len == 0 || name.len > NAME_MAX_TEXT ||
	    name.p[name.len - 1] == '.' || is_number(last_label(name)))
		return false;
	for (; name.len > 0; name = name_parent(name)) {
		if (!is_host_label(first_label(name)))
			return false;
	}
	return true;
}
