/*
 * intake_internal.h -- what the files of intake share.
 */
#ifndef INTAKE_INTAKE_INTERNAL_H
#define INTAKE_INTAKE_INTERNAL_H

#include "decide/intake/intake.h"

/* One request on its way through; the functions below add issues to it. */
struct intake {
	const struct request *request;
	const struct intake_origin *origin;
	const struct intake_rules *rules;
	struct arena *arena;
	struct request_issues *issues;
	struct order order;
	bool wildcard;
};

/* detail may be NULL. */
void intake_issue(struct intake *in, enum reason reason, const char *field,
                  const char *detail);

#define DCV "dcv_check_parameters."

/* intake_method.c: dcv_check_parameters, given that they are present. */
void intake_method(struct intake *in);

/* intake_domain.c: the authorization domain name that is asked for. */
void intake_domain(struct intake *in);
/* Present and not too long; says so otherwise. */
bool intake_want_text(struct intake *in, struct span s, const char *field,
                      size_t most);

/* RFC 3986, 4.3: an absolute URI that may stand in a CAA parameter too. */
bool intake_is_uri(struct span uri);

/* intake_lookup.c: methods that only look something up in the DNS. */
void intake_contact(struct intake *in);
void intake_persistent(struct intake *in);
void intake_ip_address(struct intake *in);
void intake_reverse_lookup(struct intake *in);

/* Open MPIC's requests may say what a method fixes: right, or refused. The
   name that is looked at must not become too long by the method's prefix. */
void intake_fixed(struct intake *in, enum dns_record_type type);
/* The method compares byte for byte, and a request can't change that. */
void intake_exact_case(struct intake *in);

/* entropy.c: at least 112 bits if it was chosen at random from the smallest
   alphabet that it could have come from: 34 decimal digits, 28 hex
   digits, 22 characters of one case, 19 of both. folds: it is compared without
   regard to case, so that both cases are one. */
bool entropy_enough(struct span value, bool folds);

#endif
