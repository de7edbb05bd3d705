/*
 * policy.h -- the dated rules of the CA/Browser Forum, compiled in as data.
 *
 * A family is a list of rules without gap or overlap; each is in force from
 * its first millisecond to the one before the next begins. Old versions stay,
 * so that replay judges an old decision by what was in force then. The quorum
 * is enforced by every rule, the soft-fail window of 2025 included:
 * there is no way to only log.
 */
#ifndef DECIDE_POLICY_H
#define DECIDE_POLICY_H

#include "base/err.h"
#include "wire/reason.h"
#include "wire/value.h"

enum policy_family {
	POLICY_UNKNOWN,
	POLICY_CABF_TLS,
	POLICY_CABF_SMIME,
	POLICY_OPEN_MPIC, /* lab only; the caller refuses it elsewhere */
	POLICY_FAMILIES
};

#define POLICY_NO_END INT64_MAX

struct policy_rule {
	enum policy_family family;
	const char *id; /* "cabf-tls/2026-06-15" */
	int64_t valid_from_ms;
	int64_t valid_until_ms; /* first moment it is no longer in force */
	int64_t min_remotes;    /* */
	int64_t allowed_few;    /* non-corroborations among 2 to 5 */
	int64_t allowed_many;   /* among 6 and more */
	int64_t min_rirs;       /* among the corroborating remotes */
	int64_t rirs_from;      /* fewest remotes to which min_rirs applies */
};

/* "cabf-tls", "cabf-smime", "open-mpic"; POLICY_UNKNOWN for other text. */
const char *policy_family_name(enum policy_family family);
enum policy_family policy_family_parse(struct span name);

/* The rule in force; NULL before the first one. */
const struct policy_rule *policy_at(enum policy_family family, int64_t at_ms);
/* By id, whatever the date: for attempts read back from the log. */
const struct policy_rule *policy_find(struct span id);
/* All rules, family by family, each in order of time. */
const struct policy_rule *policy_rules(size_t *count);
/* SHA-256 over the rule's canonical text; static for equal rules. */
struct digest policy_digest(const struct policy_rule *rule);
/* 0, or -1 with *err naming two rules of one family between which there is a
   gap or an overlap, or where the later one permits more than the earlier. */
int policy_check_rules(const struct policy_rule *list, size_t count,
                       struct err *err) __attribute__((warn_unused_result));

/* Non-corroborations allowed among n remotes; 0 for n < 2. */
int64_t policy_allowed_failures(const struct policy_rule *rule, int64_t n);
/* Corroborations needed among n: n - allowed, at least 1. */
int64_t policy_quorum(const struct policy_rule *rule, int64_t n);
/* RIRs needed among the corroborating ones of n remotes, at least 1. */
int64_t policy_rirs(const struct policy_rule *rule, int64_t n);
/* Number by number the stricter one; the rest is the later rule's. */
struct policy_rule policy_tighter(const struct policy_rule *earlier,
                                  const struct policy_rule *later);

/* One set's figures: planned remotes, those that corroborated, their RIRs. */
struct policy_figures {
	int64_t remotes;
	int64_t corroborated;
	int64_t rirs;
};

/* REASON_UNKNOWN if permitted, else in this order: INSUFFICIENT_PERSPECTIVES,
   QUORUM_NOT_MET, RIR_DIVERSITY. */
enum reason policy_permits(const struct policy_rule *rule,
                           const struct policy_figures *figures);

enum method_gate {
	GATE_METHOD_FORBIDDEN,
	GATE_METHOD_DISCOURAGED, /* SHOULD NOT, or a date of its end is set */
	GATE_METHOD_ALLOWED
};

/* table 9(a). Forbidden: unknown, not yet introduced, retired,
   or not a method for this kind of target. open-mpic knows no dates. */
enum method_gate method_gate(enum policy_family family,
                             enum validation_method method, bool is_address,
                             int64_t at_ms);
/* The first moment at which it is forbidden; POLICY_NO_END if none is known. */
int64_t method_ends_at(enum policy_family family, enum validation_method method,
                       bool is_address);
/* False for those that only look up whom to ask: contacts and PTR. */
bool method_proves_control(enum validation_method method);

/* The first moment after at_ms at which the family's rules would no longer
   permit these figures or this method (METHOD_UNKNOWN: no DCV); POLICY_NO_END
   if none is known. */
int64_t policy_fails_from(enum policy_family family,
                          const struct policy_figures *figures, size_t count,
                          enum validation_method method, bool is_address,
                          int64_t at_ms);

#endif
