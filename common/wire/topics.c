#include "wire/topics.h"

#include "base/text.h"

#include <assert.h>
#include <stdio.h>

bool topic_prefix_ok(const char *prefix)
{
	size_t len = strlen(prefix);

	if (len == 0 || len > TOPIC_PREFIX_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alnum((uint8_t)prefix[i]) &&
		    strchr("._-", prefix[i]) == NULL)
			return false;
	}
	return true;
}

void topics_init(struct topics *t, const char *prefix)
{
	const struct {
		char *to;
		const char *name;
	} all[] = {
		{ t->requests, "requests" },
		{ t->attempts, "attempts" },
		{ t->results, "results" },
		{ t->decisions, "decisions" },
		{ t->perspectives, "perspectives" },
		{ t->dead_letters, "dead-letters" },
	};

	assert(topic_prefix_ok(prefix));
	(void)snprintf(t->prefix, sizeof(t->prefix), "%s", prefix);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)snprintf(all[i].to, TOPIC_NAME_MAX, "%s%s", prefix,
		               all[i].name);
}

const char *topics_checks(const struct topics *t, struct span perspective,
                          char *out)
{
	assert(perspective.len <= TOPIC_CODE_MAX);
	(void)snprintf(out, TOPIC_NAME_MAX, "%schecks.%.*s", t->prefix,
	               SPAN_ARG(perspective));
	return out;
}

/* The number up to the next slash, or to the end. */
static bool take_number(struct span *left, uint64_t max, uint64_t *out)
{
	ptrdiff_t slash = span_find(*left, SPAN("/"));
	size_t n = slash < 0 ? left->len : (size_t)slash;

	if (!text_u64(span_sub(*left, 0, n), max, out))
		return false;
	*left = span_sub(*left, slash < 0 ? n : n + 1, left->len);
	return true;
}

bool forwarded_parse(struct span s, struct forwarded *out)
{
	uint64_t partition, offset, timestamp;
	char again[FORWARDED_MAX];
	struct span left = s;

	if (!take_number(&left, INT32_MAX, &partition) ||
	    !take_number(&left, INT64_MAX, &offset) ||
	    !take_number(&left, INT64_MAX, &timestamp))
		return false;
	struct forwarded f = { (int32_t)partition, (int64_t)offset,
		               (int64_t)timestamp };

	if (!span_is(s, forwarded_text(&f, again)))
		return false;
	*out = f;
	return true;
}

const char *forwarded_text(const struct forwarded *f, char *out)
{
	(void)snprintf(out, FORWARDED_MAX, "%d/%lld/%lld", f->partition,
	               (long long)f->offset, (long long)f->timestamp_ms);
	return out;
}
