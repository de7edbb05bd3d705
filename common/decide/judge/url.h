/*
 * url.h -- http and https URLs, strictly: the first request's and whatever a
 * server's Location says (RFC 3986; R-052).
 *
 * Nothing is repaired that two readers could take for different things: bytes
 * outside RFC 3986, a user part, shorthand addresses, other ports than 80 and
 * 443 are refused. What comes out is the one normal form that is requested,
 * compared for loops and kept as evidence.
 */
#ifndef DECIDE_URL_H
#define DECIDE_URL_H

#include "base/addr.h"
#include "base/mem.h"
#include "wire/value.h"

enum { URL_MAX = 2000 };

/* When several hold: the first in this order. */
enum url_result {
	URL_OK,
	URL_TOO_LONG,
	URL_BAD_BYTE, /* not of RFC 3986, or a % without two digits */
	URL_BAD_SCHEME,
	URL_NO_HOST,
	URL_USERINFO,
	URL_BAD_PORT,
	URL_BAD_HOST
};

/* In words: "has a port other than 80 and 443". */
const char *url_result_name(enum url_result result);

struct url {
	struct span text; /* without fragment, host in lower case */
	enum url_scheme scheme;
	struct span host; /* no brackets */
	bool is_address;
	struct addr address;
	uint16_t port;
	struct span host_header; /* host with brackets, port if unusual */
	struct span path_query;  /* begins with a slash, no dot segments */
};

/* Absolute URLs only. Spans of *out live in the arena; on refusal *out is
   untouched. */
enum url_result url_parse(struct span text, struct arena *arena,
                          struct url *out);
/* RFC 3986, 5.2, strict. base comes from here. */
enum url_result url_resolve(const struct url *base, struct span reference,
                            struct arena *arena, struct url *out);

/* A host that may be asked for, in lower case: a name whose top-level domain
   may exist, or an address; *is_address and *address say which. IPv6 without
   brackets is refused here. */
bool url_host_ok(struct span host, bool *is_address, struct addr *address);

#endif
