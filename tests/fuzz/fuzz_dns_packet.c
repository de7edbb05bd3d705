/* The wire form of a DNS answer, as an archive or a resolver might hold it. */
#include "decide/judge/dns_packet.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t types[] = { DNS_TYPE_TXT, DNS_TYPE_CAA, DNS_TYPE_CNAME,
	                          DNS_TYPE_A, DNS_TYPE_AAAA };

static void check_record(struct span packet, struct span record, uint16_t type,
                         struct arena *arena)
{
	struct span joined;

	if (type == DNS_TYPE_CNAME) {
		assert(record.len > 0 && record.len <= 4 * DNS_NAME_WIRE_MAX);
		return;
	}
	assert(record.p >= packet.p &&
	       record.p + record.len <= packet.p + packet.len);
	if (type == DNS_TYPE_TXT && dns_txt_join(record, arena, &joined))
		assert(joined.len < record.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_answer out = { 0 };

	if (size < 1)
		return 0;

	struct arena *arena = arena_new();
	uint16_t type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	struct span packet = span_of(data + 1, size - 1);

	if (dns_packet_read(packet, SPAN("a.test"), type, arena, &out) ==
	    PACKET_OK) {
		assert(out.records_count <= DNS_RECORDS_MAX);
		assert(out.chain_length <= DNS_CHAIN_MAX);
		assert(out.rcode == DNS_RCODE_NOERROR ||
		       (out.rcode == DNS_RCODE_NXDOMAIN &&
		        out.records_count == 0));
		for (size_t i = 0; i < out.records_count; i++)
			check_record(packet, out.records[i], type, arena);
	}
	arena_free(&arena);
	return 0;
}
