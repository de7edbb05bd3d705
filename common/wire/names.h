/*
 * names.h -- tables of the text forms of enums, for rows of field.h.
 */
#ifndef WIRE_NAMES_H
#define WIRE_NAMES_H

#include "base/span.h"

/* names[i] is value i; NULL: no name, so nothing parses to it. */
struct name_table {
	const char *const *names;
	size_t count;
	bool total; /* 0 is a value like the others: unknown text is refused */
};

/* NULL when the value has no name. */
const char *name_of(const struct name_table *table, unsigned value);
/* False leaves *out. */
bool name_parse(const struct name_table *table, struct span s, unsigned *out);

extern const struct name_table check_kind_names, check_set_names,
	validation_method_names, certificate_type_names, url_scheme_names,
	dns_record_type_names, perspective_role_names, primary_kind_names,
	gate_names, early_names, closed_by_names, outcome_names,
	result_class_names, reason_names;

#endif
