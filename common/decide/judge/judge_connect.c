#include "decide/judge/judge_connect.h"

enum { ADDRESSES_OF_V4 = JUDGE_ADDRESSES_MAX / 2 };

struct list {
	struct addr *addresses;
	size_t count;
};

static bool address_known(const struct addr *addresses, size_t count,
                          const struct addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr_eq(&addresses[i], addr))
			return true;
	return false;
}

static void add_addresses(const struct lookup *lookup, enum addr_family family,
                          size_t most, struct list *list)
{
	size_t size = family == ADDR_V6 ? 16 : 4;

	if (lookup->state != LOOKUP_RECORDS)
		return;
	for (size_t i = 0; i < lookup->answer.records_count; i++) {
		struct span rdata = lookup->answer.records[i];
		struct addr addr = { .family = (uint8_t)family };

		if (list->count == most)
			return;
		if (rdata.len != size)
			continue;
		memcpy(addr.bytes, rdata.p, size);
		if (!address_known(list->addresses, list->count, &addr))
			list->addresses[list->count++] = addr;
	}
}

/* IPv6 first, and never so many that none of IPv4 is tried. */
static void order_addresses(const struct lookup *v4, const struct lookup *v6,
                            struct list *list)
{
	size_t left_to_v4 = v4->state != LOOKUP_RECORDS ? 0
	                    : v4->answer.records_count < ADDRESSES_OF_V4
	                            ? v4->answer.records_count
	                            : ADDRESSES_OF_V4;

	add_addresses(v6, ADDR_V6, JUDGE_ADDRESSES_MAX - left_to_v4, list);
	add_addresses(v4, ADDR_V4, JUDGE_ADDRESSES_MAX, list);
}

/* No usable address. A lookup that failed is told before one that was empty:
   it may be why. */
static void end_without_address(struct judging *j, const struct lookup *v4,
                                const struct lookup *v6, struct span host)
{
	if (v6->state == LOOKUP_FAILED)
		judge_end_failed(j, v6, host);
	else if (v4->state == LOOKUP_FAILED)
		judge_end_failed(j, v4, host);
	else if (v4->state == LOOKUP_RECORDS || v6->state == LOOKUP_RECORDS)
		judge_end(j, REASON_DNS_MALFORMED,
		          "%s: addresses of another length",
		          judge_shown(j, host, 150));
	else if (v4->state == LOOKUP_NXDOMAIN && v6->state == LOOKUP_NXDOMAIN)
		judge_end(j, REASON_DNS_NXDOMAIN, "%s does not exist",
		          judge_shown(j, host, 150));
	else
		judge_end(j, REASON_DNS_NO_ADDRESS, "%s has no address",
		          judge_shown(j, host, 150));
}

static bool is_bogus(const struct lookup *lookup)
{
	return lookup->state == LOOKUP_FAILED &&
	       lookup->failure == REASON_DNSSEC_BOGUS;
}

bool judge_find_addresses(struct judging *j, struct span host,
                          const struct addr *literal,
                          struct addr out[JUDGE_ADDRESSES_MAX], size_t *count)
{
	struct list list = { out, 0 };
	struct lookup v4;
	struct lookup v6;

	if (literal != NULL) {
		out[0] = *literal;
		*count = 1;
		return true;
	}
	judge_lookup(j, host, DNS_TYPE_AAAA, &v6);
	judge_lookup(j, host, DNS_TYPE_A, &v4);
	if (v6.state == LOOKUP_MISSING)
		judge_want_dns(j, host, DNS_TYPE_AAAA);
	if (v4.state == LOOKUP_MISSING)
		judge_want_dns(j, host, DNS_TYPE_A);
	if (v6.state == LOOKUP_MISSING || v4.state == LOOKUP_MISSING)
		return false;
	if (is_bogus(&v6) || is_bogus(&v4)) {
		judge_end_failed(j, is_bogus(&v6) ? &v6 : &v4, host);
		return false;
	}
	order_addresses(&v4, &v6, &list);
	*count = list.count;
	if (list.count > 0)
		return true;
	end_without_address(j, &v4, &v6, host);
	return false;
}

bool judge_connects_agree(const struct addr *addresses, size_t count,
                          uint16_t port, struct connects seen)
{
	for (size_t i = 0; i < seen.count; i++) {
		const struct connect_evidence *c = &seen.all[i];
		struct addr addr = { 0 };

		if (c->address.len != 4 && c->address.len != 16)
			return false;
		addr.family = c->address.len == 4 ? ADDR_V4 : ADDR_V6;
		memcpy(addr.bytes, c->address.p, c->address.len);
		if (c->port != port || !address_known(addresses, count, &addr))
			return false;
		if ((c->end == CONNECT_MADE || c->end == CONNECT_TLS_FAILED) &&
		    i + 1 != seen.count)
			return false;
	}
	return true;
}

bool judge_is_connected(struct connects seen)
{
	return seen.count > 0 && seen.all[seen.count - 1].end == CONNECT_MADE;
}

static enum reason connect_reason(enum connect_end end)
{
	switch (end) {
	case CONNECT_REFUSED: return REASON_CONNECT_REFUSED;
	case CONNECT_TIMED_OUT: return REASON_TIMEOUT_CONNECT;
	case CONNECT_FORBIDDEN: return REASON_FORBIDDEN_ADDRESS;
	case CONNECT_TLS_FAILED: return REASON_TLS_HANDSHAKE;
	case CONNECT_UNKNOWN:
	case CONNECT_MADE:
	case CONNECT_UNREACHABLE: break;
	}
	return REASON_CONNECT_FAILED;
}

void judge_end_unconnected(struct judging *j, struct span to,
                           struct connects seen)
{
	const struct connect_evidence *told = NULL;
	struct addr addr = { 0 };
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < seen.count; i++)
		if (told == NULL || seen.all[i].end != CONNECT_FORBIDDEN)
			told = &seen.all[i];
	if (told == NULL) {
		judge_end(j, REASON_CONNECT_FAILED, "%s: no address was tried",
		          judge_shown(j, to, 120));
		return;
	}
	addr.family = told->address.len == 4 ? ADDR_V4 : ADDR_V6;
	memcpy(addr.bytes, told->address.p, told->address.len);
	judge_end(j, connect_reason(told->end), "%s at %s: %s",
	          judge_shown(j, to, 80), addr_text(&addr, text, sizeof(text)),
	          judge_shown(j, told->error, 80));
}
