/*
 * plan.h -- how many perspectives an attempt has, and which.
 *
 * Which ones follows from a key that no applicant knows, the registrable
 * domain (or the address) and the attempt's number: no spelling and no
 * subdomain shops for another cohort. The denominator is fixed here: silent
 * perspectives fill the plan rather than shrink it. Nothing in a
 * request makes a plan weaker.
 */
#ifndef DECIDE_PLAN_H
#define DECIDE_PLAN_H

#include "base/mem.h"
#include "decide/inventory.h"
#include "wire/attempt.h"
#include "wire/request.h"

enum {
	PLAN_KEY_MIN = 32,
	PLAN_ATTEMPTS_MAX = 8, /* DECISION_ATTEMPTS_MAX */
	/* Perspectives of all attempts together, primary included: what a
	   Decision in JSON has room for (decision_make.c). */
	PLAN_SEATS_MAX = 120
};

/* The deployment's own settings; they only tighten. */
struct plan_settings {
	int64_t remotes;      /* default n; the policy's floor if lower */
	int64_t min_rirs;     /* 0: the policy's */
	int64_t max_attempts; /* 1..PLAN_ATTEMPTS_MAX */
	enum early early;
	struct span key; /* of the HMAC, at least PLAN_KEY_MIN bytes */
};

/* How strong the attempts of one request are. */
struct plan_demand {
	int64_t remotes; /* n */
	int64_t quorum;  /* k */
	int64_t min_rirs;
	int64_t max_attempts;
	int64_t cohort; /* 0: by attempt number */
};

/*
 * What the settings, the policy and the request together ask for. Values of
 * the request that are too small for the policy, or more than there is, are
 * refused: PERSPECTIVE_COUNT, QUORUM_COUNT, MAX_ATTEMPTS, COHORT, *field (may
 * be NULL) then names the field; between the policy's floor and the settings'
 * default the stricter counts. More attempts than allowed, or than a
 * Decision has room for (PLAN_SEATS_MAX), are cut to that.
 * INSUFFICIENT_PERSPECTIVES if the inventory has too few for policy and
 * settings. On refusal *out is untouched.
 */
enum reason plan_demand(const struct policy_rule *rule,
                        const struct plan_settings *set,
                        const struct inventory *inv,
                        const struct orchestration_parameters *wish,
                        struct plan_demand *out, const char **field)
	__attribute__((warn_unused_result));

/* What is known about a site now, from signed heartbeats. */
enum site_state {
	SITE_SILENT, /* no fresh heartbeat: planned only if too few are live */
	SITE_LIVE,
	SITE_UNFIT,   /* a skewed clock: never planned */
	SITE_UNPROVEN /* a primary whose canary did not show that it validates
	                 DNSSEC: never planned */
};

struct plan_input {
	const struct policy_rule *rule;
	const struct plan_settings *set;
	const struct inventory *inv;
	const enum site_state *states; /* one per site of inv */
	const struct plan_demand *demand;
	struct span seed; /* registrable domain, or the address as text */
	/* DCV's, asked for its dates at now_ms; METHOD_UNKNOWN: no DCV. */
	enum validation_method method;
	bool is_address;
	int64_t now_ms;
	int64_t number; /* of the attempt, from 1 */
	/* The attempt before: its remotes are chosen last. NULL for none. */
	const struct attempt *previous;
};

struct plan_exclusion {
	struct span code;
	enum site_state state; /* why it was passed over */
};

struct plan {
	struct effective_rule rule;
	struct planned_perspective *perspectives; /* the primary first */
	size_t count;
	struct plan_exclusion *excluded; /* enabled, but not live */
	size_t excluded_count;
	size_t silent_planned; /* planned although silent */
};

/* REASON_UNKNOWN and *out in the arena (codes and RIR names borrowed from the
   inventory), else METHOD_FORBIDDEN,
   INSUFFICIENT_PERSPECTIVES, RIR_DIVERSITY, or PRIMARY_MISSING for an unfit
   primary, PRIMARY_UNPROVEN for an unproven one; *out untouched. */
enum reason plan_make(const struct plan_input *in, struct arena *arena,
                      struct plan *out) __attribute__((warn_unused_result));

#endif
