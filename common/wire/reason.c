#include "wire/reason.h"

#include "wire/names.h"

static const char *const codes[] = {
#define REASON(id, code, class, acme, meaning, told, hint) \
	[REASON_##id] = (code),
#include "wire/reason.def"
#undef REASON
};

static const struct {
	enum result_class class;
	const char *acme, *meaning, *told, *hint;
} texts[] = {
	[REASON_UNKNOWN] = { CLASS_UNKNOWN, "",
	                     "The reason is not known to this version.",
	                     REASON_TOLD_INTERNAL,
	                     "Upgrade the reader of this record." },
#define REASON(id, code, class, acme, meaning, told, hint) \
	[REASON_##id] = { CLASS_##class, (acme), (meaning), (told), (hint) },
#include "wire/reason.def"
#undef REASON
};

const struct name_table reason_names = { codes,
	                                 sizeof(codes) / sizeof(codes[0]),
	                                 .total = false };

static unsigned in_range(enum reason r)
{
	return (unsigned)r < REASON_COUNT ? (unsigned)r : REASON_UNKNOWN;
}

const char *reason_name(enum reason r)
{
	const char *name = name_of(&reason_names, r);

	return name != NULL ? name : "unknown";
}

enum reason reason_parse(struct span s)
{
	unsigned value = REASON_UNKNOWN;

	(void)name_parse(&reason_names, s, &value);
	return (enum reason)value;
}

enum result_class reason_class(enum reason r)
{
	return texts[in_range(r)].class;
}

const char *reason_acme(enum reason r)
{
	return texts[in_range(r)].acme;
}

const char *reason_meaning(enum reason r)
{
	return texts[in_range(r)].meaning;
}

const char *reason_told(enum reason r)
{
	return texts[in_range(r)].told;
}

const char *reason_hint(enum reason r)
{
	return texts[in_range(r)].hint;
}
