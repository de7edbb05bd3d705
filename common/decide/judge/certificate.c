#include "decide/judge/certificate.h"

/* X.690, 8.1.2: identifiers of one octet are all that a certificate has. */
enum {
	TAG_BOOLEAN = 0x01,
	TAG_INTEGER = 0x02,
	TAG_BIT_STRING = 0x03,
	TAG_OCTET_STRING = 0x04,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_VERSION = 0xa0,
	TAG_ISSUER_ID = 0x81,
	TAG_SUBJECT_ID = 0x82,
	TAG_EXTENSIONS = 0xa3,
	VERSION_3 = 2
};

static struct span run_out(struct cursor *c)
{
	c->ran_out = true;
	return (struct span){ NULL, 0 };
}

/* X.690, 10.1: in as few octets as will do. Three are 16 MiB. */
static size_t take_length(struct cursor *c)
{
	uint8_t first = take_u8(c);
	size_t octets = first & 0x7fU;
	size_t length = 0;

	if (first < 0x80)
		return first;
	if (octets == 0 || octets > 3) {
		(void)run_out(c);
		return 0;
	}
	for (size_t i = 0; i < octets; i++) {
		length = length << 8 | take_u8(c);
		if (i == 0 && length == 0)
			(void)run_out(c);
	}
	if (length < 0x80)
		(void)run_out(c);
	return length;
}

struct span der_take(struct cursor *c, uint8_t tag, struct span *whole)
{
	const uint8_t *start = c->left.p;

	if (take_u8(c) != tag)
		return run_out(c);

	struct span contents = take(c, take_length(c));

	if (c->ran_out)
		return run_out(c);
	if (whole != NULL)
		*whole = span_of(start, (size_t)(c->left.p - start));
	return contents;
}

static struct cursor inside(struct span s)
{
	return (struct cursor){ .left = s };
}

static bool is_next(const struct cursor *c, uint8_t tag)
{
	return !c->ran_out && c->left.len > 0 && c->left.p[0] == tag;
}

static bool is_over(const struct cursor *c)
{
	return !c->ran_out && c->left.len == 0;
}

/* The default, FALSE, is left out in DER; that some write it changes nothing
   that is asked here. */
static bool take_critical(struct cursor *c)
{
	struct span value;

	if (!is_next(c, TAG_BOOLEAN))
		return false;
	value = der_take(c, TAG_BOOLEAN, NULL);
	if (value.len != 1 || (value.p[0] != 0 && value.p[0] != 0xff))
		(void)run_out(c);
	return value.len == 1 && value.p[0] == 0xff;
}

static enum certificate_result read_extension(struct span body,
                                              struct certificate *out)
{
	struct cursor c = inside(body);
	struct certificate_extension e;

	e.oid = der_take(&c, TAG_OID, NULL);
	e.critical = take_critical(&c);
	e.value = der_take(&c, TAG_OCTET_STRING, NULL);
	if (!is_over(&c) || e.oid.len == 0)
		return CERTIFICATE_EXTENSION;
	if (out->extensions_count == CERTIFICATE_EXTENSIONS_MAX)
		return CERTIFICATE_TOO_MANY;
	out->extensions[out->extensions_count++] = e;
	return CERTIFICATE_OK;
}

static enum certificate_result read_extensions(struct span explicit,
                                               struct certificate *out)
{
	struct cursor c = inside(explicit);
	struct cursor list = inside(der_take(&c, TAG_SEQUENCE, NULL));

	if (!is_over(&c))
		return CERTIFICATE_NOT_DER;
	while (list.left.len > 0) {
		struct span body = der_take(&list, TAG_SEQUENCE, NULL);
		enum certificate_result result = CERTIFICATE_EXTENSION;

		if (!list.ran_out)
			result = read_extension(body, out);
		if (result != CERTIFICATE_OK)
			return result;
	}
	return CERTIFICATE_OK;
}

static void skip_if_next(struct cursor *c, uint8_t tag)
{
	if (is_next(c, tag))
		(void)der_take(c, tag, NULL);
}

static bool is_version_3(struct span explicit)
{
	struct cursor c = inside(explicit);
	struct span number = der_take(&c, TAG_INTEGER, NULL);

	return is_over(&c) && number.len == 1 && number.p[0] == VERSION_3;
}

/* RFC 5280, 4.1.2. *algorithm gets the one that is signed. */
static enum certificate_result read_signed(struct span body,
                                           struct certificate *out,
                                           struct span *algorithm)
{
	struct cursor c = inside(body);

	if (!is_next(&c, TAG_VERSION))
		return is_next(&c, TAG_INTEGER) ? CERTIFICATE_NOT_V3
		                                : CERTIFICATE_NOT_DER;

	bool v3 = is_version_3(der_take(&c, TAG_VERSION, NULL));

	(void)der_take(&c, TAG_INTEGER, NULL); /* the serial number */
	(void)der_take(&c, TAG_SEQUENCE, algorithm);
	(void)der_take(&c, TAG_SEQUENCE, &out->issuer);
	(void)der_take(&c, TAG_SEQUENCE, NULL); /* its validity */
	(void)der_take(&c, TAG_SEQUENCE, &out->subject);
	(void)der_take(&c, TAG_SEQUENCE, NULL); /* the key */
	skip_if_next(&c, TAG_ISSUER_ID);
	skip_if_next(&c, TAG_SUBJECT_ID);
	if (c.ran_out)
		return CERTIFICATE_NOT_DER;
	if (!v3 || is_over(&c))
		return CERTIFICATE_NOT_V3;

	struct span extensions = der_take(&c, TAG_EXTENSIONS, NULL);

	if (!is_over(&c))
		return CERTIFICATE_NOT_DER;
	return read_extensions(extensions, out);
}

enum certificate_result certificate_read(struct span der,
                                         struct certificate *out)
{
	struct cursor all = inside(der);
	struct cursor c = inside(der_take(&all, TAG_SEQUENCE, NULL));
	struct certificate read = { .extensions_count = 0 };
	struct span inner = { NULL, 0 };
	struct span outer = { NULL, 0 };
	struct span body = der_take(&c, TAG_SEQUENCE, NULL);

	(void)der_take(&c, TAG_SEQUENCE, &outer);
	(void)der_take(&c, TAG_BIT_STRING, NULL);
	if (!is_over(&all) || !is_over(&c))
		return CERTIFICATE_NOT_DER;

	enum certificate_result result = read_signed(body, &read, &inner);

	if (result != CERTIFICATE_OK)
		return result;
	if (!span_eq(inner, outer)) /* RFC 5280, 4.1.1.2 */
		return CERTIFICATE_ALGORITHMS;
	*out = read;
	return CERTIFICATE_OK;
}

const char *certificate_result_name(enum certificate_result result)
{
	switch (result) {
	case CERTIFICATE_OK: return "can be read";
	case CERTIFICATE_NOT_DER: return "is not a certificate in DER";
	case CERTIFICATE_NOT_V3: return "has no extensions (not version 3)";
	case CERTIFICATE_ALGORITHMS: return "names two signature algorithms";
	case CERTIFICATE_EXTENSION: return "has a malformed extension";
	case CERTIFICATE_TOO_MANY: return "has too many extensions";
	}
	return "unknown";
}

const struct certificate_extension *certificate_find(
	const struct certificate *c, struct span oid)
{
	for (size_t i = 0; i < c->extensions_count; i++)
		if (span_eq(c->extensions[i].oid, oid))
			return &c->extensions[i];
	return NULL;
}

const struct certificate_extension *certificate_repeated(
	const struct certificate *c)
{
	for (size_t i = 0; i < c->extensions_count; i++)
		if (certificate_find(c, c->extensions[i].oid) !=
		    &c->extensions[i])
			return &c->extensions[i];
	return NULL;
}
