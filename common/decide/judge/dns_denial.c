#include "decide/judge/dns_denial.h"

#include "decide/judge/dns_packet.h"

enum { TYPE_NS = 2, TYPE_SOA = 6, WINDOW_BYTES_MAX = 32 };

/* Type bitmaps: windows of 256 types, in rising order (RFC 4034, 4.1.2). */
static bool has_type(struct span bitmaps, unsigned type)
{
	struct cursor c = { .left = bitmaps };

	while (c.left.len > 0 && !c.ran_out) {
		uint8_t window = take_u8(&c);
		struct span bits = take(&c, take_u8(&c));
		unsigned low = type & 0xff;

		if (c.ran_out || bits.len > WINDOW_BYTES_MAX)
			return false;
		if (window == type >> 8)
			return low / 8 < bits.len &&
			       (bits.p[low / 8] & (0x80u >> low % 8)) != 0;
	}
	return false;
}

/* A delegation, seen from its parent: at the child's apex there is a SOA. */
static bool is_bare_cut(struct span bitmaps)
{
	return has_type(bitmaps, TYPE_NS) && !has_type(bitmaps, TYPE_SOA) &&
	       !has_type(bitmaps, DNS_TYPE_DS);
}

/* The next name is not compressed (RFC 4034, 4.1.1). */
static struct span nsec_bitmaps(struct span rdata)
{
	struct cursor c = { .left = rdata };
	uint8_t length;

	do {
		length = take_u8(&c);
		take(&c, length);
	} while (length != 0 && !c.ran_out);
	return c.ran_out ? (struct span){ NULL, 0 } : take_rest(&c);
}

/* Algorithm, flags, iterations; salt; next hash (RFC 5155, 3.2). */
static struct span nsec3_bitmaps(struct span rdata)
{
	struct cursor c = { .left = rdata };

	take(&c, 4);
	take(&c, take_u8(&c));
	take(&c, take_u8(&c));
	return c.ran_out ? (struct span){ NULL, 0 } : take_rest(&c);
}

bool dns_denial_shows_cut(struct span packet, struct span name,
                          struct arena *arena)
{
	struct dns_record *records = NULL;
	size_t count = dns_packet_authorities(packet, arena, &records);
	const struct dns_record *hashed = NULL;
	size_t hashes = 0;

	for (size_t i = 0; i < count; i++) {
		const struct dns_record *r = &records[i];

		if (r->type == DNS_TYPE_NSEC && span_eq(r->owner, name))
			return is_bare_cut(nsec_bitmaps(r->rdata));
		if (r->type != DNS_TYPE_NSEC3)
			continue;
		hashed = r;
		hashes++;
	}
	/* One alone is the one at the name: a proof from around it takes two,
	   and then the denial is by opt-out and not secure. */
	return hashes == 1 && is_bare_cut(nsec3_bitmaps(hashed->rdata));
}
