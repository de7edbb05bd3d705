#include "base/name.h"
#include "decide/judge/judge_internal.h"

static bool is_long_enough(struct judging *j, struct span name)
{
	if (name.len > 0 && name.len <= NAME_MAX_TEXT)
		return true;
	judge_end(j, REASON_NAME_INVALID, "no name to look up");
	return false;
}

bool judge_take_name(struct judging *j, struct span *out)
{
	struct span name = judge_domain(j);
	struct addr addr;

	if (addr_parse(name, &addr)) {
		judge_end(j, REASON_METHOD_TARGET,
		          "the method is for domain names");
		return false;
	}
	*out = name;
	return is_long_enough(j, name);
}

bool judge_take_zone_name(struct judging *j, struct span *out)
{
	char text[ADDR_REVERSE_MAX];
	struct addr addr;

	if (!addr_parse(j->check->target, &addr))
		return judge_take_name(j, out);
	*out = span_str(
		arena_str(j->arena, addr_reverse(&addr, text, sizeof(text))));
	return true;
}

bool judge_take_prefixed(struct judging *j, struct span prefix,
                         struct span name, struct span *out)
{
	*out = name;
	if (prefix.len == 0 || judge_join_name(j, prefix, name, out))
		return true;
	judge_end(j, REASON_NAME_INVALID,
	          "with its prefix the name is too long");
	return false;
}

bool judge_has_value(struct judging *j, struct span value)
{
	if (value.len > 0)
		return true;
	judge_end(j, REASON_FIELD_MISSING, "the check has no value to find");
	return false;
}

bool judge_records_at(struct judging *j, struct span name, uint16_t type,
                      const char *type_name, struct lookup *out)
{
	judge_lookup(j, name, type, out);
	switch (out->state) {
	case LOOKUP_MISSING: judge_want_dns(j, name, type); return false;
	case LOOKUP_FAILED: judge_end_failed(j, out, name); return false;
	case LOOKUP_NXDOMAIN:
		judge_end(j, REASON_DNS_NXDOMAIN, "%s does not exist",
		          judge_shown(j, name, 150));
		return false;
	case LOOKUP_NODATA:
		judge_end(j, REASON_DNS_NO_RECORD, "no %s at %s", type_name,
		          judge_shown(j, name, 150));
		return false;
	case LOOKUP_RECORDS: break;
	}
	return true;
}
