#include "base/addr.h"

/*
 * The two IANA special-purpose registries line by line, then what else is not
 * a host on the Internet. The most specific entry decides, so the globally
 * reachable lines inside refused blocks are here too.
 *
 * Stricter than the registry's "globally reachable" column on purpose:
 * 64:ff9b::/96 (True there), 2001::/32 and 2002::/16 (N/A there) carry an IPv4
 * address that would have to be judged as well, and no certificate needs them.
 */
const char addr_registry_date[] = "IPv4 2025-10-09, IPv6 2025-10-09";

enum { IANA = 1, REACHABLE = 2, LAB = 4 };

#define LINE(v, text, n, name, source, flags, ...) \
	{ \
		.prefix = { .base = { .family = (v), \
			              .bytes = { __VA_ARGS__ } }, \
			    .bits = (n) }, \
		.label = text "/" #n " " name " (" source ")", \
		.registered = ((flags)&IANA) != 0, \
		.reachable = ((flags)&REACHABLE) != 0, \
		.lab = ((flags)&LAB) != 0, \
	}
#define V4(a, b, c, d, n, name, source, flags) \
	LINE(ADDR_V4, #a "." #b "." #c "." #d, n, name, source, flags, a, b, \
	     c, d)
#define V6(text, n, name, source, flags, ...) \
	LINE(ADDR_V6, text, n, name, source, flags, __VA_ARGS__)

/* clang-format off */
static const struct special table[] = {
	V4(0, 0, 0, 0, 8, "This network", "RFC 791", IANA),
	V4(0, 0, 0, 0, 32, "This host on this network", "RFC 1122", IANA),
	V4(10, 0, 0, 0, 8, "Private-Use", "RFC 1918", IANA),
	V4(100, 64, 0, 0, 10, "Shared Address Space", "RFC 6598", IANA),
	V4(127, 0, 0, 0, 8, "Loopback", "RFC 1122", IANA | LAB),
	V4(169, 254, 0, 0, 16, "Link Local", "RFC 3927", IANA),
	V4(172, 16, 0, 0, 12, "Private-Use", "RFC 1918", IANA),
	V4(192, 0, 0, 0, 24, "IETF Protocol Assignments", "RFC 6890", IANA),
	V4(192, 0, 0, 0, 29, "IPv4 Service Continuity Prefix", "RFC 7335", IANA),
	V4(192, 0, 0, 8, 32, "IPv4 dummy address", "RFC 7600", IANA),
	V4(192, 0, 0, 9, 32, "Port Control Protocol Anycast", "RFC 7723",
	   IANA | REACHABLE),
	V4(192, 0, 0, 10, 32, "Traversal Using Relays around NAT Anycast",
	   "RFC 8155", IANA | REACHABLE),
	V4(192, 0, 0, 170, 32, "NAT64/DNS64 Discovery", "RFC 8880", IANA),
	V4(192, 0, 0, 171, 32, "NAT64/DNS64 Discovery", "RFC 8880", IANA),
	V4(192, 0, 2, 0, 24, "Documentation (TEST-NET-1)", "RFC 5737", IANA | LAB),
	V4(192, 31, 196, 0, 24, "AS112-v4", "RFC 7535", IANA | REACHABLE),
	V4(192, 52, 193, 0, 24, "AMT", "RFC 7450", IANA | REACHABLE),
	V4(192, 88, 99, 0, 24, "Deprecated (6to4 Relay Anycast)", "RFC 7526", IANA),
	V4(192, 88, 99, 2, 32, "6a44-relay anycast address", "RFC 6751", IANA),
	V4(192, 168, 0, 0, 16, "Private-Use", "RFC 1918", IANA),
	V4(192, 175, 48, 0, 24, "Direct Delegation AS112 Service", "RFC 7534",
	   IANA | REACHABLE),
	V4(198, 18, 0, 0, 15, "Benchmarking", "RFC 2544", IANA),
	V4(198, 51, 100, 0, 24, "Documentation (TEST-NET-2)", "RFC 5737",
	   IANA | LAB),
	V4(203, 0, 113, 0, 24, "Documentation (TEST-NET-3)", "RFC 5737",
	   IANA | LAB),
	V4(240, 0, 0, 0, 4, "Reserved", "RFC 1112", IANA),
	V4(255, 255, 255, 255, 32, "Limited Broadcast", "RFC 8190", IANA),

	V6("::1", 128, "Loopback Address", "RFC 4291", IANA | LAB, [15] = 1),
	V6("::", 128, "Unspecified Address", "RFC 4291", IANA, 0),
	V6("::ffff:0.0.0.0", 96, "IPv4-mapped Address", "RFC 4291", IANA,
	   [10] = 0xff, 0xff),
	V6("64:ff9b::", 96, "IPv4-IPv6 Translation", "RFC 6052", IANA,
	   0, 0x64, 0xff, 0x9b),
	V6("64:ff9b:1::", 48, "IPv4-IPv6 Translation", "RFC 8215", IANA,
	   0, 0x64, 0xff, 0x9b, 0, 1),
	V6("100::", 64, "Discard-Only Address Block", "RFC 6666", IANA, 1),
	V6("100:0:0:1::", 64, "Dummy IPv6 Prefix", "RFC 9780", IANA,
	   1, [7] = 1),
	V6("2001::", 23, "IETF Protocol Assignments", "RFC 2928", IANA,
	   0x20, 0x01),
	V6("2001::", 32, "TEREDO", "RFC 4380", IANA, 0x20, 0x01),
	V6("2001:1::1", 128, "Port Control Protocol Anycast", "RFC 7723",
	   IANA | REACHABLE, 0x20, 0x01, 0, 1, [15] = 1),
	V6("2001:1::2", 128, "Traversal Using Relays around NAT Anycast",
	   "RFC 8155", IANA | REACHABLE, 0x20, 0x01, 0, 1, [15] = 2),
	V6("2001:1::3", 128, "DNS-SD Service Registration Protocol Anycast",
	   "RFC 9665", IANA | REACHABLE, 0x20, 0x01, 0, 1, [15] = 3),
	V6("2001:2::", 48, "Benchmarking", "RFC 5180", IANA,
	   0x20, 0x01, 0, 2),
	V6("2001:3::", 32, "AMT", "RFC 7450", IANA | REACHABLE,
	   0x20, 0x01, 0, 3),
	V6("2001:4:112::", 48, "AS112-v6", "RFC 7535", IANA | REACHABLE,
	   0x20, 0x01, 0, 4, 0x01, 0x12),
	V6("2001:10::", 28, "Deprecated (previously ORCHID)", "RFC 4843", IANA,
	   0x20, 0x01, 0, 0x10),
	V6("2001:20::", 28, "ORCHIDv2", "RFC 7343", IANA | REACHABLE,
	   0x20, 0x01, 0, 0x20),
	V6("2001:30::", 28, "Drone Remote ID Protocol Entity Tags", "RFC 9374",
	   IANA | REACHABLE, 0x20, 0x01, 0, 0x30),
	V6("2001:db8::", 32, "Documentation", "RFC 3849", IANA | LAB,
	   0x20, 0x01, 0x0d, 0xb8),
	V6("2002::", 16, "6to4", "RFC 3056", IANA, 0x20, 0x02),
	V6("2620:4f:8000::", 48, "Direct Delegation AS112 Service", "RFC 7534",
	   IANA | REACHABLE, 0x26, 0x20, 0, 0x4f, 0x80),
	V6("3fff::", 20, "Documentation", "RFC 9637", IANA | LAB, 0x3f, 0xff),
	V6("5f00::", 16, "Segment Routing (SRv6) SIDs", "RFC 9602", IANA, 0x5f),
	V6("fc00::", 7, "Unique-Local", "RFC 4193", IANA, 0xfc),
	V6("fe80::", 10, "Link-Local Unicast", "RFC 4291", IANA, 0xfe, 0x80),

	V4(224, 0, 0, 0, 4, "Multicast", "RFC 5771", 0),
	V6("ff00::", 8, "Multicast", "RFC 4291", 0, 0xff),
	V6("fec0::", 10, "Site-Local Unicast", "RFC 3879", 0, 0xfe, 0xc0),
	V6("::", 96, "IPv4-compatible Address", "RFC 4291", 0, 0),
	/* global unicast is 2000::/3; this is all the rest */
	V6("::", 3, "Outside global unicast", "RFC 4291", 0, 0),
	V6("4000::", 2, "Outside global unicast", "RFC 4291", 0, 0x40),
	V6("8000::", 1, "Outside global unicast", "RFC 4291", 0, 0x80),
};
/* clang-format on */

enum { COUNT = sizeof(table) / sizeof(table[0]) };

const struct special *addr_specials(size_t *count)
{
	*count = COUNT;
	return table;
}

/* The longest prefix that contains a; registered_only skips our additions. */
static const struct special *most_specific(const struct addr *a,
                                           bool registered_only)
{
	const struct special *best = NULL;

	for (size_t i = 0; i < COUNT; i++) {
		if (!prefix_contains(&table[i].prefix, a) ||
		    (registered_only && !table[i].registered))
			continue;
		if (best == NULL || table[i].prefix.bits > best->prefix.bits)
			best = &table[i];
	}
	return best;
}

static bool refuse(const struct special *s, const char **which)
{
	if (which != NULL)
		*which = s->label;
	return true;
}

bool addr_special(const struct addr *a, const char **which)
{
	const struct special *s = most_specific(a, false);

	if (s == NULL || s->reachable)
		return false;
	return refuse(s, which);
}

bool addr_reserved(const struct addr *a, const char **which)
{
	const struct special *s = most_specific(a, true);

	return s != NULL ? refuse(s, which) : addr_special(a, which);
}

bool addr_is_lab(const struct addr *a)
{
	const struct special *s = most_specific(a, false);

	return s != NULL && s->lab;
}
