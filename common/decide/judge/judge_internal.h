/*
 * judge_internal.h -- what the judge's files share: one question to the judge,
 * and the ways in which it may end.
 */
#ifndef DECIDE_JUDGE_INTERNAL_H
#define DECIDE_JUDGE_INTERNAL_H

#include "decide/judge/dns_packet.h"
#include "decide/judge/judge.h"

struct judging {
	const struct check *check;
	const struct evidence *evidence;
	struct arena *arena;
	struct judge_step *out;
};

/* Done. The class is the reason's (reason.def); format makes detail,
   which is cut to RESULT_DETAIL_MAX. */
void judge_end(struct judging *j, enum reason reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Foreign bytes made printable, at most max of them, for judge_end(). */
const char *judge_shown(struct judging *j, struct span s, size_t max);

void judge_want_dns(struct judging *j, struct span name, uint16_t type);

/* The same, from nobody's cache: dns_question.fresh. */
void judge_want_fresh(struct judging *j, struct span name, uint16_t type);

/* Times in evidence are whatever a probe says: beyond this they are not
   reckoned with. */
#define TIME_MAX_MS (INT64_MAX / 4)

/* The class that a worker's reason stands for; error for all others. */
enum result_class judge_class_of(enum reason reason);

/* When several hold: the first in this order. */
enum lookup_state {
	LOOKUP_MISSING, /* not in the evidence */
	LOOKUP_FAILED,  /* see failure and why */
	LOOKUP_NXDOMAIN,
	LOOKUP_NODATA,
	LOOKUP_RECORDS
};

struct lookup {
	enum lookup_state state;
	enum reason failure;
	const char *why; /* printable */
	struct dns_answer answer;
	int64_t at_ms;
	const struct dns_evidence *seen; /* NULL: MISSING */
};

/* What the evidence says to a question; the first entry for it counts. */
void judge_lookup(struct judging *j, struct span name, uint16_t type,
                  struct lookup *out);
/* The same for judge_want_fresh(). */
void judge_lookup_fresh(struct judging *j, struct span name, uint16_t type,
                        struct lookup *out);
/* Whether there is such an entry, without reading it. */
bool judge_was_looked_up(const struct judging *j, struct span name,
                         uint16_t type);
/* Ends for a lookup in state FAILED. */
void judge_end_failed(struct judging *j, const struct lookup *lookup,
                      struct span name);

/* Does haystack hold needle; with fold, in any case (ASCII). An empty needle
   is nowhere: what may not be missing cannot be found. */
bool judge_contains(struct span haystack, struct span needle, bool fold);

/* In lower case (ASCII), in the arena: as questions are written. */
struct span judge_folded(struct judging *j, struct span s);

/* "prefix.name" in the arena; false when that is no DNS name any more. */
bool judge_join_name(struct judging *j, struct span prefix, struct span name,
                     struct span *out);

/* The domain name that control is to be shown of: the check's own, else the
   target without "*.". */
struct span judge_domain(const struct judging *j);
/* Whether that follows from the target, aliases followed anew; false:
 *j->out wants or ended. */
bool judge_derive(struct judging *j);
/* judge_domain() where it is a name; ends where it is none. */
bool judge_take_name(struct judging *j, struct span *out);
/* The same, and addresses by their name below in-addr.arpa or ip6.arpa. */
bool judge_take_zone_name(struct judging *j, struct span *out);
/* judge_join_name(), or ends. No prefix: the name itself. */
bool judge_take_prefixed(struct judging *j, struct span prefix,
                         struct span name, struct span *out);
/* Ends unless there is something to look for. */
bool judge_has_value(struct judging *j, struct span value);

/* A lookup's records; false: *j->out wants or ended. */
bool judge_records_at(struct judging *j, struct span name, uint16_t type,
                      const char *type_name, struct lookup *out);

/* RFC 8659, 3: the CAA set that governs a name. */
enum climb_state {
	CLIMB_OPEN,   /* *j->out wants or ended */
	CLIMB_SET,    /* node has one, in lookup */
	CLIMB_NOTHING /* from the name up to its TLD there is none */
};

struct climb {
	struct span node;
	struct lookup lookup;
	int64_t earliest_ms; /* of the lookups that found nothing */
	/* In: failed lookups are no end where judge_insecure() has a proof.
	   Out: the first such node; empty when there was none. */
	bool may_forgive;
	struct span forgiven;
};

enum climb_state judge_climb(struct judging *j, struct span from,
                             struct climb *out);

/* may the failed CAA lookup at a node count as an empty set? */
enum proof {
	PROOF_OPEN, /* *j->out wants */
	PROOF_NONE,
	PROOF_SHOWN
};

enum proof judge_insecure(struct judging *j, const struct lookup *failed,
                          struct span node);

/* One per kind of check: wants, or ends. */
void judge_caa(struct judging *j);
void judge_contact(struct judging *j);
void judge_dns01(struct judging *j);
void judge_dns_account(struct judging *j);
void judge_dns_change(struct judging *j);
void judge_ip_address(struct judging *j);
void judge_persistent(struct judging *j);
void judge_reverse_lookup(struct judging *j);
void judge_http01(struct judging *j);
void judge_website_change(struct judging *j);
void judge_tls_alpn01(struct judging *j);

#endif
