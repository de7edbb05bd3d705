/*
 * judge.h -- the evidence of one check -> class and reason. The only place
 * with validation logic, and a pure function: no I/O, no clock, no globals.
 *
 * It works by being asked again. Given the evidence gathered so far it either
 * wants something more, which the caller does and appends to the evidence, or
 * it is done. Whoever asks it years later with the complete evidence is told
 * the same. It never says corroborated unless it saw what was asked for.
 *
 * How the caller gathers:
 * - Questions of a step may be asked in parallel, and judge_next() may be
 *   called after each answer. A question in flight is wanted again until its
 *   answer is in the evidence: the caller skips what it is already asking, and
 *   cancels what is left when the judge is done.
 * - A lookup that ends as DNS_FAILED is asked once more by the caller, not by
 *   the judge; the evidence holds the last outcome with tries = 2.
 * - A name and type are looked up once per check. Where a redirect comes back
 *   to a host, the addresses already seen in this check serve again.
 * - dns_evidence.name is the question's name, byte for byte, and the packet is
 *   what the resolver gave; its rcode counts, .rcode only where there is none.
 * - Hop n of the evidence is the nth HTTP request wanted, with its url byte for
 *   byte. Addresses are tried in the order given, the next one only after a
 *   connection was not made; each try is in connects, refusals by the
 *   network guard too. The judge names addresses, the guard decides on them.
 *   Of a handshake the same is true; somebody who is there and fails at it is
 *   not passed over for the next address.
 * - end stays EVIDENCE_END_UNKNOWN while gathering. Setting it to DEADLINE,
 *   TOO_LARGE or FAULT makes the judge done, never with a pass. A fault begins
 *   with the code of its reason ("resolver-failed: ...").
 */
#ifndef DECIDE_JUDGE_H
#define DECIDE_JUDGE_H

#include "base/addr.h"
#include "base/mem.h"
#include "wire/check.h"
#include "wire/evidence.h"
#include "wire/reason.h"
#include "wire/result.h"
#include "wire/value.h"

enum {
	JUDGE_QUESTIONS_MAX = 32, /* of one step; a deep climb takes several */
	JUDGE_ADDRESSES_MAX = EVIDENCE_CONNECTS_MAX
};

enum judge_want {
	JUDGE_DONE,
	JUDGE_WANTS_DNS,
	JUDGE_WANTS_HTTP,
	JUDGE_WANTS_TLS
};

struct dns_question {
	struct span name; /* lower case, no trailing dot */
	uint16_t type;    /* RR type code, class IN */
	/* To be asked in a resolver context that this kind of check has to
	   itself and that is made when the first such question comes; another
	   question than the same one without this. */
	bool fresh;
};

/* One GET, HTTP/1.1, on a fresh connection, no redirect followed, identity
   coding, no Referer, no cookies. A certificate is recorded, not verified. */
struct http_wanted {
	struct span url; /* normal form, without fragment: what is to be sent */
	enum url_scheme scheme;
	struct span host;        /* SNI unless an address; no brackets */
	struct span host_header; /* brackets, and a port that is not scheme's */
	bool host_is_address;    /* then no SNI, and nothing was looked up */
	uint16_t port;           /* 80 or 443 */
	struct span path_query;  /* begins with a slash */
	/* IPv6 first, then IPv4; at least one. */
	struct addr addresses[JUDGE_ADDRESSES_MAX];
	size_t addresses_count;
	struct span user_agent; /* absent: the caller's own */
	struct span accept;
	size_t body_max; /* more is HTTP_BODY_LARGE */
};

/* One handshake and nothing after it. Offered are TLS 1.2 and later and the one
   protocol; a certificate is recorded, not verified. */
struct tls_wanted {
	struct span name;     /* SNI (RFC 8738, 6 for an address) */
	struct span protocol; /* ALPN */
	uint16_t port;
	/* As for HTTP. */
	struct addr addresses[JUDGE_ADDRESSES_MAX];
	size_t addresses_count;
};

struct judgement {
	enum result_class result_class; /* one of a worker's four */
	enum reason reason;
	struct span
		detail; /* <= RESULT_DETAIL_MAX; foreign text may be in it */
	struct span
		authorization_domain_name; /* DCV: where control was shown */
	/* What perspectives must agree on beyond the value looked for: the
	   canonical contact, the issuer and account of a persistent record, the
	   host of an address. Only with a pass. */
	struct span observed;
	int64_t looked_up_ms;      /* CAA: when the governing set was asked */
	struct opt_int expires_ms; /* CAA: from then, by the smallest TTL;
	                              dns-persistent: persistUntil */
};

struct judge_step {
	enum judge_want want;
	struct dns_question questions[JUDGE_QUESTIONS_MAX]; /* WANTS_DNS */
	size_t questions_count;
	struct http_wanted http; /* WANTS_HTTP */
	struct tls_wanted tls;   /* WANTS_TLS */
	struct judgement done;   /* DONE */
};

/* Fills *out anew. Its spans live in the arena, the check or the evidence. */
void judge_next(const struct check *check, enum check_kind kind,
                const struct evidence *so_far, struct arena *arena,
                struct judge_step *out);

/* What finished evidence says. Evidence that is not marked as ended, is of the
   other kind, or leaves the judge wanting gives error, evidence-incomplete. */
void judge_replay(const struct check *check, enum check_kind kind,
                  const struct evidence *evidence, struct arena *arena,
                  struct judgement *out);

#endif
