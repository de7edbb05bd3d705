#include "wire/evidence.h"

#include "wire/result.h"
#include "wire/tables.h"

enum {
	NAME_TEXT_MAX = 1024, /* 255 octets, each escaped as \DDD */
	WHY_MAX = 512,
	URL_MAX = 4096,
	ADDRESS_MAX = 16,
	PROTOCOL_MAX = 255, /* RFC 7301, 3.1 */
	CIPHER_MAX = 64
};

static const char *const dns_statuses[] = {
	[DNS_SECURE] = "secure",         [DNS_INSECURE] = "insecure",
	[DNS_BOGUS] = "bogus",           [DNS_FAILED] = "failed",
	[DNS_UNANSWERED] = "unanswered", [DNS_NOT_ASKED] = "not-asked",
};
static const char *const connect_ends[] = {
	[CONNECT_MADE] = "made",
	[CONNECT_REFUSED] = "refused",
	[CONNECT_UNREACHABLE] = "unreachable",
	[CONNECT_TIMED_OUT] = "timed-out",
	[CONNECT_FORBIDDEN] = "forbidden",
	[CONNECT_TLS_FAILED] = "tls-failed",
};
static const char *const http_ends[] = {
	[HTTP_COMPLETE] = "complete",
	[HTTP_NOT_CONNECTED] = "not-connected",
	[HTTP_TIMED_OUT] = "timed-out",
	[HTTP_RESET] = "reset",
	[HTTP_BAD] = "bad",
	[HTTP_HEADERS_LARGE] = "headers-large",
	[HTTP_BODY_LARGE] = "body-large",
};
static const char *const tls_ends[] = {
	[TLS_COMPLETE] = "complete",   [TLS_NOT_CONNECTED] = "not-connected",
	[TLS_TIMED_OUT] = "timed-out", [TLS_RESET] = "reset",
	[TLS_ALERT] = "alert",         [TLS_BAD] = "bad",
	[TLS_OTHER] = "other",         [TLS_LARGE] = "large",
};
static const char *const evidence_ends[] = {
	[EVIDENCE_END_COMPLETE] = "complete",
	[EVIDENCE_END_DEADLINE] = "deadline",
	[EVIDENCE_END_TOO_LARGE] = "too-large",
	[EVIDENCE_END_FAULT] = "fault",
};

#define TABLE(table) (table), sizeof(table) / sizeof((table)[0])
static const struct name_table dns_status_names = { TABLE(dns_statuses),
	                                            false };
static const struct name_table connect_end_names = { TABLE(connect_ends),
	                                             false };
static const struct name_table http_end_names = { TABLE(http_ends), false };
static const struct name_table tls_end_names = { TABLE(tls_ends), false };
static const struct name_table evidence_end_names = { TABLE(evidence_ends),
	                                              false };

#define S struct dns_evidence
static const struct field dns_fields[] = {
	TEXT("name", S, name, REQUIRED, NAME_TEXT_MAX),
	INT("type", S, type, REQUIRED, 0, UINT16_MAX),
	ENUM("status", S, status, enum dns_status, REQUIRED, &dns_status_names),
	INT("rcode", S, rcode, REQUIRED, 0, UINT16_MAX),
	TEXT("why_bogus", S, why_bogus, OPTIONAL, WHY_MAX),
	BYTES("packet", S, packet, OPTIONAL, EVIDENCE_PACKET_MAX),
	INT("at_ms", S, at_ms, REQUIRED, 0, MAX_TIME),
	INT("took_ms", S, took_ms, REQUIRED, 0, MAX_TIME),
	INT("tries", S, tries, REQUIRED, 0, INT32_MAX),
	OPT_BOOL("fresh", S, fresh),
};
static const struct record_type dns_type = RECORD_TYPE(S, dns_fields);
#undef S

#define S struct connect_evidence
static const struct field connect_fields[] = {
	BYTES("address", S, address, REQUIRED, ADDRESS_MAX),
	INT("port", S, port, REQUIRED, 0, UINT16_MAX),
	ENUM("end", S, end, enum connect_end, REQUIRED, &connect_end_names),
	TEXT("error", S, error, OPTIONAL, WHY_MAX),
	INT("took_ms", S, took_ms, REQUIRED, 0, MAX_TIME),
};
static const struct record_type connect_type = RECORD_TYPE(S, connect_fields);
#undef S

#define S struct http_evidence
static const struct field http_fields[] = {
	TEXT("url", S, url, REQUIRED, URL_MAX),
	RECORDS("connects", S, connects, OPTIONAL, struct connect_evidence,
	        &connect_type, EVIDENCE_CONNECTS_MAX),
	ENUM("end", S, end, enum http_end, REQUIRED, &http_end_names),
	INT("status", S, status, OPTIONAL, 0, 999),
	BYTES("headers", S, headers, OPTIONAL, EVIDENCE_HEADERS_MAX),
	BYTES("body", S, body, OPTIONAL, EVIDENCE_BODY_MAX),
	BYTES("certificate", S, certificate, OPTIONAL,
	      EVIDENCE_CERTIFICATE_MAX),
	INT("at_ms", S, at_ms, REQUIRED, 0, MAX_TIME),
	INT("took_ms", S, took_ms, REQUIRED, 0, MAX_TIME),
};
static const struct record_type http_type = RECORD_TYPE(S, http_fields);
#undef S

#define S struct tls_evidence
static const struct field tls_fields[] = {
	TEXT("server_name", S, name, REQUIRED, NAME_TEXT_MAX),
	RECORDS("connects", S, connects, OPTIONAL, struct connect_evidence,
	        &connect_type, EVIDENCE_CONNECTS_MAX),
	ENUM("end", S, end, enum tls_end, REQUIRED, &tls_end_names),
	INT("tls_version", S, version, OPTIONAL, 0, UINT16_MAX),
	TEXT("cipher", S, cipher, OPTIONAL, CIPHER_MAX),
	BYTES("protocol", S, protocol, OPTIONAL, PROTOCOL_MAX),
	OPT_INT("alert", S, alert, 0, UINT8_MAX),
	TEXT("error", S, error, OPTIONAL, WHY_MAX),
	BYTES("certificate", S, certificate, OPTIONAL,
	      EVIDENCE_CERTIFICATE_MAX),
	INT("at_ms", S, at_ms, REQUIRED, 0, MAX_TIME),
	INT("took_ms", S, took_ms, REQUIRED, 0, MAX_TIME),
};
static const struct record_type tls_type = RECORD_TYPE(S, tls_fields);
#undef S

#define S struct evidence
static const struct field fields[] = {
	VERSION(S, schema_version),
	ENUM("kind", S, kind, enum check_kind, REQUIRED, &check_kind_names),
	INT("probe_generation", S, probe_generation, REQUIRED, 0, INT64_MAX),
	INT("resolver_context", S, resolver_context, REQUIRED, 0, INT64_MAX),
	INT("started_ms", S, started_ms, REQUIRED, 0, MAX_TIME),
	INT("finished_ms", S, finished_ms, REQUIRED, 0, MAX_TIME),
	ENUM("end", S, end, enum evidence_end, REQUIRED, &evidence_end_names),
	TEXT("fault", S, fault, OPTIONAL, WHY_MAX),
	RECORDS("dns", S, dns, OPTIONAL, struct dns_evidence, &dns_type,
	        EVIDENCE_DNS_MAX),
	RECORDS("http", S, http, OPTIONAL, struct http_evidence, &http_type,
	        EVIDENCE_HOPS_MAX),
	RECORDS("tls", S, tls, OPTIONAL, struct tls_evidence, &tls_type,
	        EVIDENCE_HANDSHAKES_MAX),
};
const struct record_type evidence_type = RECORD_TYPE(S, fields);
#undef S

/* 96 lookups, 11 hops, a handshake and 96 connections are less than 4,096
 * elements. */
static const struct mp_limits limits = { RESULT_EVIDENCE_MAX, MP_ELEMENTS_MAX,
	                                 MP_DEPTH_MAX };

const char *evidence_decode(struct span value, struct arena *arena,
                            struct evidence *out)
{
	struct evidence e = { 0 };
	const char *why = record_decode(&evidence_type, value, ENCODING_MSGPACK,
	                                &limits, arena, &e);

	if (why == NULL)
		*out = e;
	return why;
}

void evidence_encode(const struct evidence *e, struct buf *out)
{
	record_encode(&evidence_type, e, ENCODING_MSGPACK, out);
}

const char *dns_status_name(enum dns_status s)
{
	const char *name = name_of(&dns_status_names, s);

	return name != NULL ? name : "unknown";
}

const char *connect_end_name(enum connect_end e)
{
	const char *name = name_of(&connect_end_names, e);

	return name != NULL ? name : "unknown";
}

const char *http_end_name(enum http_end e)
{
	const char *name = name_of(&http_end_names, e);

	return name != NULL ? name : "unknown";
}

const char *tls_end_name(enum tls_end e)
{
	const char *name = name_of(&tls_end_names, e);

	return name != NULL ? name : "unknown";
}

const char *evidence_end_name(enum evidence_end e)
{
	const char *name = name_of(&evidence_end_names, e);

	return name != NULL ? name : "unknown";
}
