/*
 * caa_conditions.h -- RFC 8657: the parameters by which a CAA record names an
 * issuer only for one account, or only for some ways of validation.
 *
 * A condition that the request gives nothing to satisfy is not satisfied
 * . Other parameters are the issuer's own affair and ignored.
 */
#ifndef DECIDE_CAA_CONDITIONS_H
#define DECIDE_CAA_CONDITIONS_H

#include "decide/judge/caa_parse.h"
#include "wire/value.h"

/* account_uri: absent when the request has none. */
bool caa_conditions_hold(const struct caa_issue *issue, struct span account_uri,
                         enum validation_method method);

#endif
