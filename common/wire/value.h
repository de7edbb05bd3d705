/*
 * value.h -- the small types that records are made of, and their conventions.
 *
 * A decoded record lives in the arena given to its decoder: every span in it
 * is a copy there, so the bytes it came from may go. An optional text is absent
 * when .p is NULL; an optional number or flag says so itself; a list is a
 * pointer and a count. Enumerators start with an UNKNOWN of 0, so that a value
 * which a newer writer used is seen and refused by who needs it, not lost.
 * Times are milliseconds since the Unix epoch, UTC.
 */
#ifndef WIRE_VALUE_H
#define WIRE_VALUE_H

#include "base/span.h"
#include "trust/digest.h"

#include <stdbool.h>
#include <stdint.h>

struct opt_int {
	bool set;
	int64_t v;
};

struct opt_bool {
	bool set;
	bool v;
};

#define SOME_INT(n)  ((struct opt_int){ true, (n) })
#define SOME_BOOL(b) ((struct opt_bool){ true, (b) })

static inline bool opt_bool_or(struct opt_bool b, bool otherwise)
{
	return b.set ? b.v : otherwise;
}

struct text_list {
	struct span *items;
	size_t count;
};

/* Of a public record; between coordinator and worker all is MessagePack. */
enum encoding { ENCODING_JSON, ENCODING_MSGPACK };

/* The two kinds of check; a set of them is a bit mask. */
enum check_kind { KIND_DCV, KIND_CAA, KIND_COUNT };
enum { SET_NONE = 0, SET_DCV = 1 << KIND_DCV, SET_CAA = 1 << KIND_CAA };

const char *check_kind_name(enum check_kind kind); /* "dcv", "caa" */
/* "dcv", "caa", "dcv+caa"; the empty set gives "none". */
const char *check_set_name(unsigned set);

/* Open MPIC's names where it has them; BR section in the comment. */
enum validation_method {
	METHOD_UNKNOWN,
	METHOD_WEBSITE_CHANGE,         /* 3.2.2.4.18, 3.2.2.5.1 */
	METHOD_DNS_CHANGE,             /* 3.2.2.4.7 */
	METHOD_DNS_PERSISTENT,         /* 3.2.2.4.22, 3.2.2.5.8 */
	METHOD_ACME_HTTP_01,           /* 3.2.2.4.19, 3.2.2.5.6 */
	METHOD_ACME_DNS_01,            /* 3.2.2.4.7 by RFC 8555 8.4 */
	METHOD_ACME_TLS_ALPN_01,       /* 3.2.2.4.20, 3.2.2.5.7 */
	METHOD_DNS_ACCOUNT_01,         /* 3.2.2.4.21 */
	METHOD_CONTACT_EMAIL_TXT,      /* 3.2.2.4.14 */
	METHOD_CONTACT_EMAIL_CAA,      /* 3.2.2.4.13 */
	METHOD_CONTACT_PHONE_TXT,      /* 3.2.2.4.16 */
	METHOD_CONTACT_PHONE_CAA,      /* 3.2.2.4.17 */
	METHOD_IP_ADDRESS,             /* 3.2.2.4.8, retired */
	METHOD_REVERSE_ADDRESS_LOOKUP, /* 3.2.2.5.3 */
	METHOD_COUNT
};

enum certificate_type { CERT_UNKNOWN, CERT_TLS_SERVER, CERT_S_MIME };
enum url_scheme { SCHEME_UNKNOWN, SCHEME_HTTP, SCHEME_HTTPS };
enum dns_record_type {
	RECORD_UNKNOWN,
	RECORD_CNAME,
	RECORD_TXT,
	RECORD_CAA,
	RECORD_A,
	RECORD_AAAA,
	RECORD_PTR
};

/* AFRINIC .. RIPE NCC are geo.h's; here only what travels. */
enum perspective_role { ROLE_UNKNOWN, ROLE_PRIMARY, ROLE_REMOTE };
enum primary_kind { PRIMARY_UNKNOWN, PRIMARY_PERSPECTIVE, PRIMARY_CALLER };
enum gate { GATE_UNKNOWN, GATE_SEQUENTIAL, GATE_PARALLEL };
enum early { EARLY_UNKNOWN, EARLY_DENY, EARLY_BOTH, EARLY_NEVER };
enum closed_by { CLOSED_UNKNOWN, CLOSED_BY_RESULT, CLOSED_BY_DEADLINE };
enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_ISSUE,
	OUTCOME_CORROBORATED,
	OUTCOME_DO_NOT_ISSUE,
	OUTCOME_REJECTED
};

/* What one perspective says, or is said of it, about one kind of check.
   The first four are a worker's words; the rest are the coordinator's. */
enum result_class {
	CLASS_UNKNOWN,
	CLASS_CORROBORATED,
	CLASS_DISAGREED,
	CLASS_ERROR,
	CLASS_TIMED_OUT,
	CLASS_LATE,        /* finished after the attempt's deadline */
	CLASS_MISSING,     /* no result by the close */
	CLASS_OUTSTANDING, /* not heard when the outcome became certain */
	CLASS_REFUSED      /* heard, but did not count */
};

/* Each enum above has a table of its text forms; unknown text gives 0. */
const char *validation_method_name(enum validation_method m);
enum validation_method validation_method_parse(struct span s);
const char *certificate_type_name(enum certificate_type t);
const char *outcome_name(enum outcome o);
const char *result_class_name(enum result_class c);
const char *url_scheme_name(enum url_scheme s);
const char *perspective_role_name(enum perspective_role r);
const char *primary_kind_name(enum primary_kind k);
const char *gate_name(enum gate g);
const char *early_name(enum early e);
const char *closed_by_name(enum closed_by c);
const char *dns_record_type_name(enum dns_record_type t);

/* Where a record stands on the log, and what its value was. */
struct record_ref {
	int64_t partition;
	int64_t offset;
	struct digest digest; /* SHA-256 of the value */
};

#endif
