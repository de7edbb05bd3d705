/*
 * evidence.h -- everything a perspective saw for one kind of check, in the
 * order in which it was seen. MessagePack, inside a Result.
 *
 * The judge needs nothing else but the Check: who replays the evidence gets
 * the same class and reason. All of it is attacker's text.
 */
#ifndef WIRE_EVIDENCE_H
#define WIRE_EVIDENCE_H

#include "base/mem.h"
#include "wire/value.h"

enum {
	EVIDENCE_DNS_MAX = 96,        /* lookups of one check */
	EVIDENCE_PACKET_MAX = 65535,  /* of one answer */
	EVIDENCE_HOPS_MAX = 11,       /* first request and ten redirects */
	EVIDENCE_CONNECTS_MAX = 8,    /* addresses tried for one hop */
	EVIDENCE_HEADERS_MAX = 16384, /* of one response */
	EVIDENCE_BODY_MAX = 65536,    /* of one response: the read cap */
	EVIDENCE_CERTIFICATE_MAX = 16384,
	EVIDENCE_HANDSHAKES_MAX = 1 /* no method asks for a second one */
};

enum dns_status {
	DNS_UNKNOWN,
	DNS_SECURE,   /* validated */
	DNS_INSECURE, /* provably unsigned, or not under the anchor */
	DNS_BOGUS,
	DNS_FAILED,     /* no answer that could be used; rcode may say more */
	DNS_UNANSWERED, /* the check ended first */
	DNS_NOT_ASKED   /* our own resolver refused the question */
};

struct dns_evidence {
	struct span name; /* lower case, no trailing dot; "." for the root */
	int64_t type;     /* RR type code */
	enum dns_status status;
	int64_t rcode;
	struct span why_bogus;
	struct span packet; /* wire form, as libunbound gave it */
	int64_t at_ms;      /* when asked */
	int64_t took_ms;
	int64_t tries;
	/* In a resolver context made for this check's proof and nothing else,
	   after what is to be proven: no answer is from a cache. */
	struct opt_bool fresh;
};

enum connect_end {
	CONNECT_UNKNOWN,
	CONNECT_MADE,
	CONNECT_REFUSED,
	CONNECT_UNREACHABLE, /* any other error */
	CONNECT_TIMED_OUT,
	CONNECT_FORBIDDEN, /* by the network guard; nothing was sent */
	CONNECT_TLS_FAILED
};

struct connect_evidence {
	struct span address; /* 4 or 16 bytes, network order */
	int64_t port;
	enum connect_end end;
	struct span error; /* the guard's entry, or the library's text */
	int64_t took_ms;
};

enum http_end {
	HTTP_UNKNOWN,
	HTTP_COMPLETE,
	HTTP_NOT_CONNECTED, /* see connects */
	HTTP_TIMED_OUT,
	HTTP_RESET, /* closed before complete */
	HTTP_BAD,   /* not HTTP/1.x */
	HTTP_HEADERS_LARGE,
	HTTP_BODY_LARGE
};

struct http_evidence {
	struct span url; /* as requested */
	struct connect_evidence *connects;
	size_t connects_count;
	enum http_end end;
	int64_t status;      /* 0: none seen */
	struct span headers; /* raw, of the final response, status line first */
	struct span body;    /* as read, transfer coding removed */
	struct span certificate; /* DER of the leaf, https only */
	int64_t at_ms;
	int64_t took_ms;
};

enum tls_end {
	TLS_UNKNOWN,
	TLS_COMPLETE,
	TLS_NOT_CONNECTED, /* see connects */
	TLS_TIMED_OUT,
	TLS_RESET, /* closed before complete */
	TLS_ALERT, /* the peer's; see alert */
	TLS_BAD,   /* we could not go on with what came; see error */
	TLS_OTHER, /* what came is not TLS */
	TLS_LARGE  /* more than we read of a certificate or a handshake */
};

/* A handshake and nothing more: no application data is sent or read. */
struct tls_evidence {
	struct span name; /* SNI */
	struct connect_evidence *connects;
	size_t connects_count;
	enum tls_end end;
	int64_t version;      /* of the protocol, 0x0303 for 1.2; 0: none yet */
	struct span cipher;   /* the library's name of it */
	struct span protocol; /* ALPN, as the server chose; absent: none */
	struct opt_int alert; /* its number (RFC 8446, 6) */
	struct span error;    /* the library's words */
	struct span certificate; /* DER of the first one, as received */
	int64_t at_ms;
	int64_t took_ms;
};

enum evidence_end {
	EVIDENCE_END_UNKNOWN,
	EVIDENCE_END_COMPLETE,
	EVIDENCE_END_DEADLINE,  /* the check's time was over */
	EVIDENCE_END_TOO_LARGE, /* a cap of this record */
	EVIDENCE_END_FAULT      /* the probe could not go on; see fault */
};

struct evidence {
	int64_t schema_version;
	enum check_kind kind;
	int64_t probe_generation;
	int64_t resolver_context; /* current when the check began */
	int64_t started_ms;
	int64_t finished_ms;
	enum evidence_end end;
	struct span fault;
	struct dns_evidence *dns;
	size_t dns_count;
	struct http_evidence *http;
	size_t http_count;
	struct tls_evidence *tls;
	size_t tls_count;
};

/* NULL, or why the value is refused (static text); *out untouched then. */
const char *evidence_decode(struct span value, struct arena *arena,
                            struct evidence *out);
struct buf;
/* Canonical form. Appends; compare the length with RESULT_EVIDENCE_MAX before
   putting it into a Result. */
void evidence_encode(const struct evidence *e, struct buf *out);

/* "unknown" when out of range. */
const char *dns_status_name(enum dns_status s);
const char *connect_end_name(enum connect_end e);
const char *http_end_name(enum http_end e);
const char *tls_end_name(enum tls_end e);
const char *evidence_end_name(enum evidence_end e);

#endif
