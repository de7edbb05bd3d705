/*
 * intake.h -- may this request be worked off, and as what? Pure.
 *
 * A Request is what somebody sent; an order is what we will do: canonical
 * target, effective issuers, effective limits. Nothing in a request loosens
 * anything (design, "Request"): what would is named as an issue. All issues
 * are found, not only the first, so that a rejected pipeline is mended once.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/addr.h"
#include "decide/facts.h"
#include "decide/plan.h"
#include "names/names.h"
#include "wire/request.h"

/* Ceilings on what a request may carry, each with its reason. */
enum {
	INTAKE_TOKEN_MAX = 128,      /* RFC 8555 tokens have 43 at most today */
	INTAKE_CHALLENGE_MAX = 1024, /* longer than any token scheme known */
	INTAKE_PATH_MAX = 200,       /* below a URL's 2,000 with any name */
	INTAKE_URI_MAX = 1024,       /* account URIs */
	INTAKE_HEADER_VALUE_MAX = 256,
	INTAKE_TRACE_MAX = 256,
	INTAKE_ISSUERS_MAX = 32,
	INTAKE_CHALLENGE_AGE_DAYS = 30, /* */
	INTAKE_FUTURE_MS = 1000,        /* R-047, less the skew we allow */
	INTAKE_OBSERVATION_AGE_MS = 15 * 60 * 1000
};

/* What the deployment allows; borrowed. */
struct intake_rules {
	bool lab;
	bool open_mpic_policy; /* lab: judge by Open MPIC's own rules */
	const struct names *names;
	struct text_list issuers; /* configured issuer domain names */
	const struct plan_settings *plan;
	const struct inventory *inventory;
	int64_t time_allowed_default_ms;
	int64_t time_allowed_least_ms;
	int64_t time_allowed_most_ms;
	bool allow_lookup_failure; /* */
	enum primary_kind primary_kind;
	int64_t partitions; /* P */
};

/* Where the request came from. */
struct intake_origin {
	struct span request_id; /* from body, key or made: already resolved */
	bool assigned_by_us;    /* "r-<partition>-<offset>" */
	int64_t timestamp_ms;   /* the record's; time allowed counts from it */
	int64_t now_ms;
};

/* A request that may be worked off. Spans live in the request's arena or in
   the rules. */
struct order {
	struct span request_id;
	struct span target; /* canonical, "*." kept */
	bool target_is_address;
	struct addr address;
	/* What plans are keyed by: the registrable domain, or the address. */
	struct span cohort_key;
	unsigned check_set;
	struct dcv_parameters dcv;
	struct caa_parameters caa; /* caa_domains: the effective list */
	/* For CAA; of dns-persistent, if the request has none, its own. */
	struct span account_uri;
	/* Contacts and hosts of addresses: what perspectives must see, in the
	   form in which it is compared. */
	struct span selected;
	enum certificate_type certificate_type;
	enum policy_family family;
	struct plan_demand demand; /* how strong its attempts are */
	/* Not UNKNOWN: the deployment itself can't satisfy the policy; the
	   request is decided do-not-issue with this. */
	enum reason demand_refused;
	int64_t timestamp_ms;
	/* May be past: a request that came too late is not wrong. No attempt
	   may be planned for it; it is decided do-not-issue, overloaded. */
	int64_t expires_ms;
	struct opt_int challenge_created_at_ms;
	struct span trace_identifier;
	struct primary_observation primary_observation;
};

/*
 * True: *out is an order, issues is as it was (empty). False: *out untouched,
 * issues names everything found wrong. issues may already hold what decoding
 * found; then the answer is false whatever else is right.
 */
bool intake_check(const struct request *request,
                  const struct intake_origin *origin,
                  const struct intake_rules *rules, struct arena *arena,
                  struct request_issues *issues, struct order *out);

/* The name as it will stand in a rejected decision: as sent. The check set and
   certificate type that a request means, whether valid or not. */
unsigned intake_check_set(const struct request *request);
enum certificate_type intake_certificate_type(const struct request *request);

/*
 * What the request fixes for all its attempts and its decision. order NULL: it
 * was rejected, and what was sent is all there is. request_id, record and
 * timestamp are the record's; spans are borrowed.
 */
struct request_facts intake_facts(const struct request *request,
                                  const struct order *order,
                                  const struct intake_rules *rules,
                                  struct span request_id,
                                  const struct record_ref *record,
                                  int64_t timestamp_ms);

/* The one issue of a request whose id is another request's (promise 1). */
void intake_conflict(struct request_issues *issues, struct arena *arena);

#endif
