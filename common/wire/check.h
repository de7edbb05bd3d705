/*
 * check.h -- what one perspective is asked to do in one attempt. MessagePack,
 * signed by the coordinator, verified by the worker.
 *
 * It never carries an address, alias or authorization domain name: every
 * perspective derives those from the target itself. Only the value to
 * match travels.
 */
#ifndef WIRE_CHECK_H
#define WIRE_CHECK_H

#include "base/mem.h"
#include "wire/parameters.h"

enum { CHECK_MAX = 65536 };

struct check {
	int64_t schema_version;
	struct span request_id;
	struct span attempt_id;
	struct span perspective;
	enum perspective_role role;
	struct digest plan; /* digest of the Attempt */
	unsigned check_set;
	struct span target; /* canonical: lower case, "*." kept, or address */
	struct dcv_parameters dcv;
	struct caa_parameters caa;
	struct span account_uri;
	struct span match_value; /* contact methods, PTR: the value selected, in
	                            the form in which it is compared; bytes */
	int64_t deadline_ms;     /* wall; the worker stops at the earlier */
	int64_t budget_ms;       /* from when the worker takes it up */
	int64_t results_partition;
};

/* NULL, or why the value is refused (static text); *out untouched then. */
const char *check_decode(struct span value, struct arena *arena,
                         struct check *out);
struct buf;
/* Canonical form. Appends; compare the length with CHECK_MAX before
   producing it. */
void check_encode(const struct check *c, struct buf *out);

#endif
