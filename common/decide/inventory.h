/*
 * inventory.h -- the perspectives that configuration knows, and whether they
 * are as far apart and as separate as the rules want.
 *
 * The whole inventory is held to the pairwise rules, so that every cohort
 * chosen from it satisfies them.
 */
#ifndef DECIDE_INVENTORY_H
#define DECIDE_INVENTORY_H

#include "base/addr.h"
#include "base/err.h"
#include "base/geo.h"
#include "decide/policy.h"

enum {
	INVENTORY_MAX = 64,     /* sites */
	INVENTORY_CODE_MAX = 32 /* bytes of a code: it is part of topic names */
};

/* All pointers are borrowed from the settings. */
struct perspective_site {
	struct span code; /* a-z 0-9 and -, begins with a letter */
	struct span city; /* for people; not checked, not in the digest */
	enum rir rir;     /* RIR_COUNT: the setting named none of the five */
	struct geo_point place; /* where its traffic is handed over */
	struct geo_point resolver_place;
	enum rir resolver_rir;
	const struct digest *keys; /* ids of the keys that sign for it */
	size_t keys_count;         /* 1..ATTEMPT_KEYS_MAX */
	const struct addr *egress;
	size_t egress_count; /* may be 0 */
	bool enabled;        /* false: checked like the others, never planned */
};

struct inventory {
	const struct perspective_site *sites;
	size_t count;
	struct span primary; /* a code, or empty: the caller is the primary */
	bool colocated_ok;   /* lab: distances are not looked at */
};

/* -1 with *err naming both sides of what is wrong. floor: the policy in
   force; enabled remotes must satisfy it in number and RIRs. */
int inventory_check(const struct inventory *inv,
                    const struct policy_rule *floor, struct err *err)
	__attribute__((warn_unused_result));

/* NULL if there is none. */
const struct perspective_site *inventory_find(const struct inventory *inv,
                                              struct span code);
bool inventory_is_primary(const struct inventory *inv,
                          const struct perspective_site *site);
/* Enabled sites other than the primary. */
size_t inventory_remotes(const struct inventory *inv);

/* Over everything that bears on planning and counting; the order of sites,
   keys and addresses does not matter. */
struct digest inventory_digest(const struct inventory *inv);

#endif
