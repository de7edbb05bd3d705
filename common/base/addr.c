#include "base/addr.h"

#include "base/text.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>

enum { GROUPS = 8 };

bool addr_parse_v4(struct span s, struct addr *out)
{
	struct addr a = { .family = ADDR_V4 };

	for (size_t part = 0; part < 4; part++) {
		ptrdiff_t dot = span_find(s, SPAN("."));
		size_t len = dot < 0 ? s.len : (size_t)dot;
		uint64_t value;

		if ((dot < 0) != (part == 3) ||
		    !text_u64(span_sub(s, 0, len), 255, &value))
			return false;
		a.bytes[part] = (uint8_t)value;
		s = span_sub(s, len + 1, s.len);
	}
	*out = a;
	return true;
}

static bool parse_group(struct span s, uint16_t *out)
{
	uint8_t bytes[2];
	uint8_t padded[4] = { '0', '0', '0', '0' };

	if (s.len == 0 || s.len > 4)
		return false;
	memcpy(padded + 4 - s.len, s.p, s.len);
	if (!text_unhex(span_of(padded, 4), bytes))
		return false;
	*out = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return true;
}

struct groups {
	uint16_t value[GROUPS];
	int count;
	int gap; /* where "::" stood, or -1 */
};

/* The dotted tail of ::ffff:192.0.2.1. */
static bool add_v4_tail(struct span s, struct groups *g)
{
	struct addr v4;

	if (g->count > GROUPS - 2 || !addr_parse_v4(s, &v4))
		return false;
	g->value[g->count++] = (uint16_t)(v4.bytes[0] << 8 | v4.bytes[1]);
	g->value[g->count++] = (uint16_t)(v4.bytes[2] << 8 | v4.bytes[3]);
	return true;
}

/* Takes one group and the colons behind it off *s. */
static bool take_group(struct span *s, struct groups *g)
{
	ptrdiff_t colon = span_find(*s, SPAN(":"));
	struct span text = span_sub(*s, 0, colon < 0 ? s->len : (size_t)colon);

	if (colon < 0 && span_find(text, SPAN(".")) >= 0) {
		*s = span_sub(*s, s->len, 0);
		return add_v4_tail(text, g);
	}
	if (g->count == GROUPS || !parse_group(text, &g->value[g->count]))
		return false;
	g->count++;
	*s = span_sub(*s, text.len, s->len);
	if (s->len == 0)
		return true;
	if (s->len > 1 && s->p[1] == ':') {
		if (g->gap >= 0)
			return false;
		g->gap = g->count;
		*s = span_sub(*s, 2, s->len);
		return true;
	}
	*s = span_sub(*s, 1, s->len);
	return s->len > 0;
}

bool addr_parse_v6(struct span s, struct addr *out)
{
	struct groups g = { .gap = -1 };
	struct addr a = { .family = ADDR_V6 };

	if (s.len < 2 || s.len >= ADDR_TEXT_MAX)
		return false;
	if (s.p[0] == ':') {
		if (s.p[1] != ':')
			return false;
		g.gap = 0;
		s = span_sub(s, 2, s.len);
	}
	while (s.len > 0) {
		if (!take_group(&s, &g))
			return false;
	}
	if (g.gap < 0 ? g.count != GROUPS : g.count >= GROUPS)
		return false;
	for (int i = 0; i < g.count; i++) {
		/* what stands behind the gap ends at the last group */
		int at = g.gap >= 0 && i >= g.gap ? GROUPS - g.count + i : i;
		uint8_t *to = a.bytes + 2 * (size_t)at;

		to[0] = (uint8_t)(g.value[i] >> 8);
		to[1] = (uint8_t)g.value[i];
	}
	*out = a;
	return true;
}

bool addr_parse(struct span s, struct addr *out)
{
	return addr_parse_v4(s, out) || addr_parse_v6(s, out);
}

static unsigned group_at(const struct addr *a, int i)
{
	const uint8_t *at = a->bytes + 2 * (size_t)i;

	return (unsigned)(at[0] << 8 | at[1]);
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952,
   4.2); *length 0 when there is none. */
static int longest_zeros(const struct addr *a, int *length)
{
	int best = 0;

	*length = 0;
	for (int i = 0; i < GROUPS; i++) {
		int n = 0;

		while (i + n < GROUPS && group_at(a, i + n) == 0)
			n++;
		if (n > 1 && n > *length) {
			best = i;
			*length = n;
		}
		i += n;
	}
	return best;
}

static void text_v6(const struct addr *a, char *out, size_t room)
{
	int zeros;
	int from = longest_zeros(a, &zeros);
	int len = 0;

	for (int i = 0; i < GROUPS; i++) {
		if (zeros > 0 && i == from) {
			len += snprintf(out + len, room - (size_t)len, "::");
			i += zeros - 1;
			continue;
		}
		bool first = i == 0 || (zeros > 0 && i == from + zeros);

		len += snprintf(out + len, room - (size_t)len, "%s%x",
		                first ? "" : ":", group_at(a, i));
	}
}

const char *addr_text(const struct addr *a, char *out, size_t room)
{
	const uint8_t *tail = a->bytes + (a->family == ADDR_V6 ? 12 : 0);

	assert(room >= ADDR_TEXT_MAX);
	out[0] = '\0';
	if (a->family == ADDR_V6 && !addr_is_v4mapped(a))
		text_v6(a, out, room);
	else if (a->family != ADDR_NONE)
		(void)snprintf(out, room, "%s%d.%d.%d.%d",
		               a->family == ADDR_V6 ? "::ffff:" : "", tail[0],
		               tail[1], tail[2], tail[3]);
	return out;
}

const char *addr_reverse(const struct addr *a, char *out, size_t room)
{
	size_t len = 0;

	assert(room >= ADDR_REVERSE_MAX);
	if (a->family == ADDR_V4) {
		(void)snprintf(out, room, "%d.%d.%d.%d.in-addr.arpa",
		               a->bytes[3], a->bytes[2], a->bytes[1],
		               a->bytes[0]);
		return out;
	}
	for (int i = 15; i >= 0; i--) {
		(void)snprintf(out + len, room - len, "%x.%x.",
		               a->bytes[i] & 15U, (unsigned)a->bytes[i] >> 4);
		len += 4;
	}
	(void)snprintf(out + len, room - len, "ip6.arpa");
	return out;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

unsigned addr_bits(const struct addr *a)
{
	return a->family == ADDR_V4 ? 32 : 128;
}

bool addr_is_v4mapped(const struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == ADDR_V6 &&
	       memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *out,
                        uint16_t *port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct addr a = { 0 };

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		a.family = ADDR_V4;
		memcpy(a.bytes, &v4.sin_addr, 4);
		*port = ntohs(v4.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		a.family = ADDR_V6;
		memcpy(a.bytes, &v6.sin6_addr, 16);
		*port = ntohs(v6.sin6_port);
	} else {
		return false;
	}
	*out = a;
	return true;
}

unsigned addr_to_sockaddr(const struct addr *a, uint16_t port,
                          struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		                  .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		                   .sin6_port = htons(port) };

	assert(a->family != ADDR_NONE);
	memset(out, 0, sizeof(*out));
	if (a->family == ADDR_V4) {
		memcpy(&v4.sin_addr, a->bytes, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, a->bytes, 16);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

/* The first `bits` bits of a and b are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

struct prefix prefix_of_addr(const struct addr *a)
{
	return (struct prefix){ .base = *a, .bits = (uint8_t)addr_bits(a) };
}

/* Nothing set behind the first `bits`. */
static bool is_masked(const struct addr *a, unsigned bits)
{
	for (unsigned i = bits; i < addr_bits(a); i++) {
		if ((a->bytes[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	}
	return true;
}

bool prefix_parse(struct span s, struct prefix *out)
{
	ptrdiff_t slash = span_find(s, SPAN("/"));
	struct addr base;
	uint64_t bits;

	if (!addr_parse(span_sub(s, 0, slash < 0 ? s.len : (size_t)slash),
	                &base))
		return false;
	bits = addr_bits(&base);
	if (slash >= 0 &&
	    !text_u64(span_sub(s, (size_t)slash + 1, s.len), bits, &bits))
		return false;
	if (!is_masked(&base, (unsigned)bits))
		return false;
	*out = (struct prefix){ .base = base, .bits = (uint8_t)bits };
	return true;
}

const char *prefix_text(const struct prefix *p, char *out, size_t room)
{
	assert(room >= PREFIX_TEXT_MAX);
	size_t len = strlen(addr_text(&p->base, out, room));

	(void)snprintf(out + len, room - len, "/%d", p->bits);
	return out;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	return p->base.family == a->family &&
	       same_bits(p->base.bytes, a->bytes, p->bits);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->bits <= inner->bits &&
	       prefix_contains(outer, &inner->base);
}
