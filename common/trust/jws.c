#include "trust/jws.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

/* The protected header, in the order and spelling of its one form. */
#define HEAD_KID "{\"alg\":\"EdDSA\",\"kid\":\""
#define HEAD_DEPLOYMENT \
	"\",\"typ\":\"mpic-decision+jws\",\"mpic\":{\"deployment\":\""
#define HEAD_LAB     "\",\"lab\":"
#define HEAD_VERSION ",\"version\":"
#define HEAD_END     "}}"

enum { SIGNATURE_TEXT = 86 }; /* base64url of 64 bytes */

/* Appends base64url of the protected header: every caller's only source. */
static void add_protected(struct buf *out, const struct digest *key_id,
                          const char *deployment, bool lab, unsigned version)
{
	char hex[DIGEST_HEX_ROOM];
	struct buf head = { 0 };

	buf_printf(&head,
	           HEAD_KID "%s" HEAD_DEPLOYMENT "%s" HEAD_LAB "%s" HEAD_VERSION
	                    "%u" HEAD_END,
	           digest_hex(key_id, hex), deployment, lab ? "true" : "false",
	           version);
	text_base64url(out, buf_span(&head));
	buf_clear(&head);
}

/* RFC 7515, 5.1: what is signed, and the first two parts of the compact form */
static void add_input(struct buf *out, struct span protected_part,
                      struct span value)
{
	buf_add_span(out, protected_part);
	buf_add_u8(out, '.');
	text_base64url(out, value);
}

static void check_domain(const struct sign_domain *domain)
{
	assert(sign_deployment_check(domain->deployment, NULL) == 0);
	assert(strcmp(domain->record_type, SIGN_DECISION) == 0);
}

void jws_sign(struct signing_key *key, const struct sign_domain *domain,
              struct span value, struct buf *out)
{
	struct buf head = { 0 };
	struct buf input = { 0 };

	check_domain(domain);
	add_protected(&head, signing_key_id(key), domain->deployment,
	              domain->lab, domain->schema_version);
	add_input(&input, buf_span(&head), value);
	struct signature s = signing_key_sign(key, buf_span(&input));

	buf_add_span(out, buf_span(&head));
	buf_add_str(out, "..");
	text_base64url(out, span_of(s.b, sizeof(s.b)));
	buf_clear(&head);
	buf_clear(&input);
}

static void expect(struct cursor *c, const char *literal)
{
	if (!span_is(take(c, strlen(literal)), literal))
		c->ran_out = true;
}

/* Up to the next byte that stop names, at most max. */
static struct span take_until(struct cursor *c, char stop, size_t max)
{
	size_t n = 0;

	while (n < c->left.len && n <= max && c->left.p[n] != (uint8_t)stop)
		n++;
	if (n > max)
		c->ran_out = true;
	return take(c, n);
}

static bool parse_deployment(struct span s, struct jws *out)
{
	if (s.len > SIGN_DEPLOYMENT_MAX ||
	    (s.len > 0 && memchr(s.p, 0, s.len) != NULL))
		return false;
	memcpy(out->deployment, s.p, s.len);
	out->deployment[s.len] = '\0';
	return sign_deployment_check(out->deployment, NULL) == 0;
}

static bool parse_head(struct span head, struct jws *out)
{
	struct cursor c = { .left = head };
	uint64_t version;

	expect(&c, HEAD_KID);
	struct span kid = take(&c, DIGEST_HEX_ROOM - 1);
	expect(&c, HEAD_DEPLOYMENT);
	struct span deployment = take_until(&c, '"', SIGN_DEPLOYMENT_MAX);
	expect(&c, HEAD_LAB);
	struct span lab = take_until(&c, ',', 5);
	expect(&c, HEAD_VERSION);
	struct span digits = take_until(&c, '}', 10);
	expect(&c, HEAD_END);

	if (c.ran_out || c.left.len > 0)
		return false;
	if (!span_is(lab, "true") && !span_is(lab, "false"))
		return false;
	if (!digest_parse(kid, &out->key_id) ||
	    !parse_deployment(deployment, out) ||
	    !text_u64(digits, UINT32_MAX, &version))
		return false;
	out->lab = span_is(lab, "true");
	out->schema_version = (unsigned)version;
	return true;
}

static bool parse_signature(struct span text, struct signature *out)
{
	struct buf bytes = { 0 };
	bool read =
		text.len == SIGNATURE_TEXT && text_unbase64url(text, &bytes);

	if (read) {
		assert(bytes.len == sizeof(out->b));
		memcpy(out->b, bytes.p, sizeof(out->b));
	}
	buf_clear(&bytes);
	return read;
}

bool jws_parse(struct span text, struct jws *out)
{
	struct buf head = { 0 };
	struct jws got = { 0 };

	if (text.len > JWS_TEXT_MAX || text.len < SIGNATURE_TEXT + 2)
		return false;
	size_t dots = text.len - SIGNATURE_TEXT - 2;

	if (!span_is(span_sub(text, dots, 2), ".."))
		return false;
	got.protected_part = span_sub(text, 0, dots);
	bool read = text_unbase64url(got.protected_part, &head) &&
	            parse_head(buf_span(&head), &got) &&
	            parse_signature(span_sub(text, dots + 2, SIGNATURE_TEXT),
	                            &got.signature);

	buf_clear(&head);
	if (read)
		*out = got;
	return read;
}

/* The header that this signer must have written for this domain, compared as
   text: the parse above only finds the words for a refusal. */
static bool is_domain(const struct jws *jws, const struct sign_domain *domain)
{
	struct buf want = { 0 };

	add_protected(&want, &jws->key_id, domain->deployment, domain->lab,
	              domain->schema_version);
	bool same = span_eq(buf_span(&want), jws->protected_part);

	buf_clear(&want);
	return same;
}

enum trust_result jws_verify(struct keyring *ring,
                             const struct trust_wanted *wanted,
                             const struct sign_domain *domain,
                             struct span value, struct span text,
                             const struct key_entry **entry)
{
	struct jws jws;
	struct buf input = { 0 };

	check_domain(domain);
	if (entry != NULL)
		*entry = NULL;
	if (text.p == NULL)
		return TRUST_UNSIGNED;
	if (!jws_parse(text, &jws))
		return TRUST_MALFORMED;
	if (entry != NULL)
		*entry = keyring_find(ring, &jws.key_id);
	if (!is_domain(&jws, domain))
		return TRUST_WRONG_DOMAIN;
	add_input(&input, jws.protected_part, value);
	enum trust_result result =
		keyring_verify_bytes(ring, wanted, &jws.key_id,
	                             buf_span(&input), &jws.signature, entry);

	buf_clear(&input);
	return result;
}

bool jws_assemble(struct span text, struct span value, struct buf *out)
{
	struct jws jws;

	if (!jws_parse(text, &jws))
		return false;
	add_input(out, jws.protected_part, value);
	buf_add_u8(out, '.');
	buf_add_span(out,
	             span_sub(text, text.len - SIGNATURE_TEXT, SIGNATURE_TEXT));
	return true;
}
