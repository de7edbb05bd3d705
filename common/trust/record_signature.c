#include "trust/record_signature.h"

#include "base/text.h"

#include <assert.h>

enum { KEY_ID_TEXT = 43, SIGNATURE_TEXT = 86 }; /* base64url of 32, of 64 */

static bool is_deployment(const char *s)
{
	size_t len = strlen(s);

	if (len == 0 || len > SIGN_DEPLOYMENT_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alnum((uint8_t)s[i]) &&
		    strchr("._-", s[i]) == NULL)
			return false;
	}
	return true;
}

int sign_deployment_check(const char *deployment, struct err *err)
{
	if (deployment != NULL && is_deployment(deployment))
		return 0;
	return err_set(err,
	               "deployment id must be 1 to %d characters of "
	               "A-Z a-z 0-9 . _ -",
	               SIGN_DEPLOYMENT_MAX);
}

/* With its 0x00. */
static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
}

void record_signed_bytes(const struct sign_domain *domain, struct span value,
                         struct buf *out)
{
	assert(is_deployment(domain->deployment));
	assert(domain->record_type[0] != '\0' &&
	       strlen(domain->record_type) <= SIGN_RECORD_TYPE_MAX);
	add_text(out, "mpic-record-v1");
	add_text(out, domain->lab ? "lab" : "prod");
	add_text(out, domain->deployment);
	add_text(out, domain->record_type);
	buf_printf(out, "%u", domain->schema_version);
	buf_add_u8(out, 0);
	buf_add_span(out, value);
}

void record_sign(struct signing_key *key, const struct sign_domain *domain,
                 struct span value, struct buf *out)
{
	struct buf bytes = { 0 };

	record_signed_bytes(domain, value, &bytes);
	struct signature s = signing_key_sign(key, buf_span(&bytes));

	text_base64url(out, digest_span(signing_key_id(key)));
	buf_add_u8(out, '.');
	text_base64url(out, span_of(s.b, sizeof(s.b)));
	buf_clear(&bytes);
}

bool record_signature_parse(struct span text, struct digest *key_id,
                            struct signature *signature)
{
	struct buf bytes = { 0 };

	if (text.len != RECORD_SIGNATURE_LEN || text.p[KEY_ID_TEXT] != '.')
		return false;
	bool read = text_unbase64url(span_sub(text, 0, KEY_ID_TEXT), &bytes) &&
	            text_unbase64url(
			    span_sub(text, KEY_ID_TEXT + 1, SIGNATURE_TEXT),
			    &bytes);

	if (read) {
		assert(bytes.len == sizeof(key_id->b) + sizeof(signature->b));
		memcpy(key_id->b, bytes.p, sizeof(key_id->b));
		memcpy(signature->b, bytes.p + sizeof(key_id->b),
		       sizeof(signature->b));
	}
	buf_clear(&bytes);
	return read;
}
