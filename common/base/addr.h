/*
 * addr.h -- IP addresses and prefixes: strict text forms, and the registries
 * that say which addresses are not somebody's place on the Internet.
 *
 * Only what is exactly right parses: no zone id, no brackets, no port, no
 * leading zeros, no shortened, octal or hexadecimal IPv4. On refusal outputs
 * are untouched.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/buf.h"
#include "base/span.h"

struct sockaddr;
struct sockaddr_storage;

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

/* Unused bytes are zero, so two addresses may be compared with memcmp(). */
struct addr {
	uint8_t family;    /* enum addr_family */
	uint8_t bytes[16]; /* network order; 4 are used for IPv4 */
};

/* Bits past `bits` are zero. */
struct prefix {
	struct addr base;
	uint8_t bits;
};

enum {
	ADDR_TEXT_MAX = 46, /* the longest form with its NUL */
	PREFIX_TEXT_MAX = 50,
	ADDR_REVERSE_MAX = 73, /* 32 nibbles, dots, "ip6.arpa", NUL */
};

/* Four decimal parts (RFC 6943, 3.1.1 "strict"). */
bool addr_parse_v4(struct span s, struct addr *out);
/* The forms of RFC 4291, 2.2, the one with a dotted tail included. */
bool addr_parse_v6(struct span s, struct addr *out);
bool addr_parse(struct span s, struct addr *out);

/* RFC 5952 for IPv6. out holds at least ADDR_TEXT_MAX; returns out. */
const char *addr_text(const struct addr *a, char *out, size_t room);
/* "7.113.0.203.in-addr.arpa", "....ip6.arpa" (RFC 1035, 3.5; RFC 3596, 2.5),
   without a dot at the end. out holds at least ADDR_REVERSE_MAX. */
const char *addr_reverse(const struct addr *a, char *out, size_t room);

bool addr_eq(const struct addr *a, const struct addr *b);
unsigned addr_bits(const struct addr *a); /* 32 or 128 */
/* ::ffff:0:0/96 */
bool addr_is_v4mapped(const struct addr *a);

/* False for any family but the two. */
bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *out,
                        uint16_t *port);
/* Returns the length to give to connect(2). */
unsigned addr_to_sockaddr(const struct addr *a, uint16_t port,
                          struct sockaddr_storage *out);

/* "10.0.0.0/8"; a bare address is a prefix of full length. Bits set behind the
   length are refused: they are a typing error more often than not. */
bool prefix_parse(struct span s, struct prefix *out);
const char *prefix_text(const struct prefix *p, char *out, size_t room);
bool prefix_contains(const struct prefix *p, const struct addr *a);
/* Every address of inner is in outer. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
struct prefix prefix_of_addr(const struct addr *a);

/* One line of the IANA special-purpose registries, or of our additions. */
struct special {
	struct prefix prefix;
	const char *label; /* "10.0.0.0/8 Private-Use (RFC 1918)" */
	bool registered;   /* in an IANA special-purpose registry */
	bool reachable;    /* globally reachable, and not refused by us */
	bool lab;          /* loopback or documentation */
};

/* State of the registries that the table was made from, "IPv4 ..., IPv6 ...".
   Goes into records beside the digests of other inputs. */
extern const char addr_registry_date[];

/* The table itself, for lists that are made from it; ends at index *count. */
const struct special *addr_specials(size_t *count);

/* True when no packet may go there: not globally reachable by the most specific
   registry entry, multicast, or one of the forms that carry another address
   inside (mapped, compatible, NAT64, 6to4, Teredo: refused whole, never looked
   into). *which (may be NULL) then is "10.0.0.0/8 Private-Use (RFC 1918)",
   static. IPv6 outside 2000::/3 is not special by itself but unallocated:
   refused too. */
bool addr_special(const struct addr *a, const char **which);

/* Reserved IP Address of the Baseline Requirements: within any entry of either
   registry, globally reachable or not, or addr_special(). */
bool addr_reserved(const struct addr *a, const char **which);

/* Loopback and documentation: all that a lab may be allowed. */
bool addr_is_lab(const struct addr *a);

#endif
