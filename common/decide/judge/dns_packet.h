/*
 * dns_packet.h -- a DNS answer in wire form: who was asked for, where the alias
 * chain leads, and the records that stand at its end.
 *
 * The packet is hostile: a resolver passed it on, or an archive kept it. Every
 * count is checked before it is believed, compression pointers only lead
 * backwards, and nothing is allocated but the list of what was found. Records
 * whose owner is not on the chain are passed over, wherever they stand.
 */
#ifndef DECIDE_DNS_PACKET_H
#define DECIDE_DNS_PACKET_H

#include "base/mem.h"

enum {
	DNS_CHAIN_MAX = 16,     /* aliases; libunbound itself follows fewer */
	DNS_RECORDS_MAX = 1500, /* of a section; a 64 KiB answer holds more */
	DNS_NAME_WIRE_MAX = 255
};

/* RR types that the judge knows (RFC 1035, 3596, 6672, 8659). */
enum {
	DNS_TYPE_A = 1,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_DNAME = 39,
	DNS_TYPE_DS = 43,
	DNS_TYPE_NSEC = 47,
	DNS_TYPE_NSEC3 = 50,
	DNS_TYPE_CAA = 257
};

/* RFC 1035, 4.1.1. */
enum { DNS_RCODE_NOERROR = 0, DNS_RCODE_SERVFAIL = 2, DNS_RCODE_NXDOMAIN = 3 };

/* When several hold: the first that reading the packet in order meets. */
enum packet_result {
	PACKET_OK,
	PACKET_MALFORMED,
	PACKET_RCODE, /* another rcode than NOERROR and NXDOMAIN: see .rcode */
	PACKET_TRUNCATED, /* the TC bit: what is missing might matter */
	PACKET_OTHER_QUESTION,
	PACKET_TOO_MANY,
	PACKET_CHAIN /* a loop, two aliases at one name, or too long */
};

const char *packet_result_name(enum packet_result result);

struct dns_answer {
	int rcode;
	/* RDATA of the type asked for, in packet order, as parts of the packet.
	   For CNAME and PTR instead the target as text: escaped as in RFC 1035,
	   5.1, in the case it came, no dot at its end unless it is the root. */
	struct span *records;
	size_t records_count;
	size_t chain_length; /* aliases followed */
	struct span end;     /* where the chain ends, as text, lower case */
	uint32_t ttl_min;    /* over chain and records; 0 when there are none */
};

/* name: as in struct dns_question. Only *out's rcode is set unless PACKET_OK.
   NOERROR without records is NODATA. */
enum packet_result dns_packet_read(struct span packet, struct span name,
                                   uint16_t type, struct arena *arena,
                                   struct dns_answer *out);

struct dns_record {
	struct span owner; /* as text, lower case */
	uint16_t type;
	struct span rdata;
};

/* The authority section of a packet that dns_packet_read() said OK of: what a
   denial is made of. In the arena. */
size_t dns_packet_authorities(struct span packet, struct arena *arena,
                              struct dns_record **out);

/* The character-strings of one TXT RDATA, joined without separator (RFC 1035,
   3.3.14). False if they do not fill the RDATA exactly, or there is none. */
bool dns_txt_join(struct span rdata, struct arena *arena, struct span *out);

#endif
