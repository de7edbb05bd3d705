/*
 * request.h -- a CA pipeline's order: check this name, by these means.
 *
 * Public: JSON or MessagePack, an Open MPIC request body is a valid Request.
 * Decoding is strict about form and silent about sense: what is well-formed but
 * not allowed is the coordinator's business (intake), which names every issue.
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "base/mem.h"
#include "wire/parameters.h"
#include "wire/reason.h"

enum { REQUEST_MAX = 65536, REQUEST_ID_MAX = 128, REQUEST_ISSUES_MAX = 32 };

struct orchestration_parameters {
	bool present;
	struct opt_int perspective_count;
	struct opt_int quorum_count;
	struct opt_int max_attempts;
	struct opt_int cohort_for_single_attempt;
};

/* What the caller, being the primary, saw itself. */
struct primary_observation {
	bool present;
	struct opt_bool dcv_passed;
	struct opt_bool caa_passed;
	struct opt_int observed_at_ms;
	struct span authorization_domain_name;
};

struct request {
	struct opt_int schema_version; /* absent: 1 */
	struct span request_id;        /* absent: the record's key, or made */
	bool check_type_given;
	unsigned check_set; /* SET_*; 0 when check_type_text names none */
	struct span check_type_text;
	struct span domain_or_ip_target;
	struct span trace_identifier;
	struct orchestration_parameters orchestration;
	struct dcv_parameters dcv;
	struct caa_parameters caa;
	enum certificate_type
		certificate_type; /* absent: caa's, or tls-server */
	struct span account_uri;  /* RFC 8657 accounturi */
	struct opt_int challenge_created_at_ms;
	struct opt_int time_allowed_ms; /* counts from the record's timestamp */
	struct primary_observation primary_observation;
};

/* One thing that is wrong with a request; field is a dotted path. */
struct request_issue {
	enum reason reason;
	struct span field;
	struct span detail;
};

struct request_issues {
	struct request_issue items[REQUEST_ISSUES_MAX];
	size_t count; /* issues past the ceiling are dropped */
};

/* Copies field and detail into the arena. */
void request_issue_add(struct request_issues *issues, struct arena *arena,
                       enum reason reason, const char *field,
                       const char *detail);

/*
 * Decodes by the content-type ("application/json", "application/msgpack", or
 * empty: a first byte '{' after JSON white space means JSON).
 *
 * REASON_UNDECODABLE or REASON_OVERSIZED: a dead letter, *out and *issues
 * untouched, why filled. Those are: another content type, bytes that are not
 * one bounded map in their encoding, a key that is there twice.
 *
 * REASON_UNKNOWN: it is a map. Fields that are missing, of the wrong type, too
 * long, of an unknown enum value or critical and not understood are left absent
 * in *out and named in *issues, which is overwritten. Two exceptions are the
 * intake's to judge: check_type and validation_method that name nothing known
 * are 0 with their text kept. null is the same as absent. Without check_type
 * the set is inferred as Open MPIC does: dcv_check_parameters make it dcv,
 * their absence makes it caa.
 *
 * Typing is strict in both encodings: "3", 3.0 and true are no integers.
 */
enum reason request_decode(struct span value, struct span content_type,
                           struct arena *arena, struct request *out,
                           struct request_issues *issues,
                           enum encoding *encoding, struct span *why);

/* The request's, else the CAA parameters', else tls-server. */
enum certificate_type request_certificate_type(const struct request *r);

struct buf;
/* Canonical form: fixed field order, shortest integers. Appends to out; the
   caller compares the length with REQUEST_MAX before it produces it. */
void request_encode(const struct request *r, enum encoding e, struct buf *out);

#endif
