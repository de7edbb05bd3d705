#include "wire/names.h"

const char *name_of(const struct name_table *table, unsigned value)
{
	return value < table->count ? table->names[value] : NULL;
}

bool name_parse(const struct name_table *table, struct span s, unsigned *out)
{
	for (unsigned i = 0; i < table->count; i++) {
		if (table->names[i] != NULL && span_is(s, table->names[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}
