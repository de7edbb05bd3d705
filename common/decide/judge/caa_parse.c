#include "decide/judge/caa_parse.h"

#include "base/text.h"

enum { FLAG_CRITICAL = 0x80, FLAG_MISTAKEN = 0x01 };

const char *caa_result_name(enum caa_result result)
{
	switch (result) {
	case CAA_OK: return "ok";
	case CAA_TRUNCATED: return "record is cut short";
	case CAA_EMPTY_TAG: return "tag is empty";
	case CAA_BAD_TAG: return "tag has other characters than a-z, 0-9";
	}
	return "?";
}

static bool is_property_tag(struct span tag)
{
	for (size_t i = 0; i < tag.len; i++)
		if (!ascii_is_alnum(tag.p[i]))
			return false;
	return true;
}

enum caa_result caa_parse(struct span rdata, struct caa *out)
{
	struct cursor c = { .left = rdata };
	uint8_t flags = take_u8(&c);
	struct span tag = take(&c, take_u8(&c));
	struct span value = take_rest(&c);

	if (c.ran_out)
		return CAA_TRUNCATED;
	if (tag.len == 0)
		return CAA_EMPTY_TAG;
	if (!is_property_tag(tag))
		return CAA_BAD_TAG;
	*out = (struct caa){ flags, tag, value };
	return CAA_OK;
}

bool caa_is_critical(const struct caa *caa)
{
	return (caa->flags & (FLAG_CRITICAL | FLAG_MISTAKEN)) != 0;
}

static void skip_space(struct cursor *c)
{
	while (c->left.len > 0 && (*c->left.p == ' ' || *c->left.p == '\t'))
		take(c, 1);
}

static bool skip_byte(struct cursor *c, uint8_t byte)
{
	if (c->left.len == 0 || *c->left.p != byte)
		return false;
	take(c, 1);
	return true;
}

/* Letters and digits, hyphens inside: a label, and a parameter's tag. Empty
   when there is none at the cursor. */
static struct span take_label(struct cursor *c)
{
	size_t n = 0;

	while (n < c->left.len &&
	       (ascii_is_alnum(c->left.p[n]) || c->left.p[n] == '-'))
		n++;

	struct span label = take(c, n);

	if (label.len > 0 &&
	    (label.p[0] == '-' || label.p[label.len - 1] == '-'))
		return (struct span){ NULL, 0 };
	return label;
}

static bool take_domain(struct cursor *c, struct span *out)
{
	const uint8_t *start = c->left.p;

	do {
		if (take_label(c).len == 0)
			return false;
	} while (skip_byte(c, '.'));
	*out = span_of(start, (size_t)(c->left.p - start));
	return true;
}

static struct span take_value(struct cursor *c)
{
	size_t n = 0;

	while (n < c->left.len && c->left.p[n] > ' ' && c->left.p[n] < 0x7f &&
	       c->left.p[n] != ';')
		n++;
	return take(c, n);
}

static bool take_parameter(struct cursor *c, struct caa_issue *out)
{
	if (out->parameters_count == CAA_PARAMETERS_MAX)
		return false;

	struct span tag = take_label(c);

	skip_space(c);
	if (tag.len == 0 || !skip_byte(c, '='))
		return false;
	skip_space(c);
	out->parameters[out->parameters_count++] =
		(struct caa_parameter){ tag, take_value(c) };
	skip_space(c);
	return true;
}

bool caa_issue_parse(struct span value, struct caa_issue *out)
{
	struct cursor c = { .left = value };

	out->domain = (struct span){ NULL, 0 };
	out->parameters_count = 0;
	skip_space(&c);
	if (c.left.len > 0 && *c.left.p != ';' &&
	    !take_domain(&c, &out->domain))
		return false;
	skip_space(&c);
	if (c.left.len == 0)
		return true;
	if (!skip_byte(&c, ';'))
		return false;
	skip_space(&c);
	if (c.left.len == 0)
		return true;
	do {
		skip_space(&c);
		if (!take_parameter(&c, out))
			return false;
	} while (skip_byte(&c, ';'));
	return c.left.len == 0;
}
