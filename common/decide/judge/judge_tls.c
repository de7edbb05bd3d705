#include "base/name.h"
#include "base/text.h"
#include "decide/judge/certificate.h"
#include "decide/judge/judge_connect.h"
#include "decide/judge/judge_internal.h"
#include "trust/self_signed.h"

/* acme-tls-alpn-01: RFC 8737, and RFC 8738 for addresses. */

#define PROTOCOL "acme-tls/1"

enum {
	PORT = 443,
	TLS_1_2 = 0x0303,
	ALERT_NO_PROTOCOL = 120, /* RFC 7301, 3.2 */
	TAG_DNS_NAME = 0x82,     /* RFC 5280, 4.2.1.6 */
	TAG_IP_ADDRESS = 0x87,
	TAG_SEQUENCE = 0x30,
	TAG_OCTET_STRING = 0x04
};

static const struct span oid_alt_name = { (const uint8_t *)"\x55\x1d\x11", 3 };
/* 1.3.6.1.5.5.7.1.31 */
static const struct span oid_acme_identifier = {
	(const uint8_t *)"\x2b\x06\x01\x05\x05\x07\x01\x1f", 8
};

/* What the certificate has to say. */
struct claim {
	struct span target;
	bool is_address;
	struct addr address;
	struct digest digest; /* of the key authorization */
};

/* --- what is asked for --------------------------------------------------- */

/* Given as itself, as its digest, or as both, which then agree. */
static bool take_digest(struct judging *j, struct claim *claim)
{
	const struct dcv_parameters *dcv = &j->check->dcv;
	struct span hex = dcv->key_authorization_hash;
	struct digest given;

	if (hex.len == 0 && dcv->key_authorization.len == 0) {
		judge_end(j, REASON_FIELD_MISSING,
		          "the check has no value to find");
		return false;
	}
	if (dcv->key_authorization.len > 0)
		claim->digest = digest_of(dcv->key_authorization);
	if (hex.len == 0)
		return true;
	if (hex.len != DIGEST_HEX_ROOM - 1 || !text_unhex(hex, given.b)) {
		judge_end(j, REASON_FIELD_VALUE,
		          "the digest is not 64 hex digits");
		return false;
	}
	if (dcv->key_authorization.len > 0 &&
	    !digest_eq(&given, &claim->digest)) {
		judge_end(j, REASON_FIELD_CONTRADICTS,
		          "the digest is of another key authorization");
		return false;
	}
	claim->digest = given;
	return true;
}

static bool take_claim(struct judging *j, struct claim *claim)
{
	claim->target = j->check->target;
	claim->is_address = addr_parse(claim->target, &claim->address);
	if (claim->target.len > 0 && claim->target.p[0] == '*') {
		judge_end(j, REASON_METHOD_WILDCARD,
		          "the method shows control of one name only");
		return false;
	}
	if (claim->target.len == 0 || claim->target.len > NAME_MAX_TEXT) {
		judge_end(j, REASON_NAME_INVALID, "no name to connect to");
		return false;
	}
	return take_digest(j, claim);
}

/* RFC 8738, 6: SNI has no addresses, so their reverse names stand for them. */
static struct span server_name(struct judging *j, const struct claim *claim)
{
	char reverse[ADDR_REVERSE_MAX];

	if (!claim->is_address)
		return claim->target;
	return span_str(
		arena_str(j->arena, addr_reverse(&claim->address, reverse,
	                                         sizeof(reverse))));
}

/* --- the certificate ----------------------------------------------------- */

/* RFC 8737, 3: one name, that one, and no other of any kind. */
static bool is_only_name(const struct claim *claim, struct span alt_name)
{
	struct cursor c = { .left = alt_name };
	struct cursor list = { .left = der_take(&c, TAG_SEQUENCE, NULL) };
	size_t size = claim->address.family == ADDR_V6 ? 16 : 4;
	struct span name = der_take(
		&list, claim->is_address ? TAG_IP_ADDRESS : TAG_DNS_NAME, NULL);

	if (c.ran_out || list.ran_out || c.left.len + list.left.len > 0)
		return false;
	if (claim->is_address)
		return span_eq(name, span_of(claim->address.bytes, size));
	return span_eq_nocase(name, claim->target);
}

static bool judge_name(struct judging *j, const struct claim *claim,
                       const struct certificate *cert)
{
	const struct certificate_extension *alt =
		certificate_find(cert, oid_alt_name);

	if (alt != NULL && is_only_name(claim, alt->value))
		return true;
	judge_end(j, REASON_TLS_NAME, "subjectAltName: %s",
	          alt != NULL ? judge_shown(j, alt->value, 100) : "none");
	return false;
}

static bool judge_acme_identifier(struct judging *j, const struct claim *claim,
                                  const struct certificate *cert)
{
	const struct certificate_extension *acme =
		certificate_find(cert, oid_acme_identifier);
	struct digest seen;

	if (acme == NULL || !acme->critical) {
		judge_end(j, REASON_TLS_ACME_IDENTIFIER,
		          acme == NULL ? "there is none" : "not critical");
		return false;
	}

	struct cursor c = { .left = acme->value };
	struct span value = der_take(&c, TAG_OCTET_STRING, NULL);

	if (c.ran_out || c.left.len > 0 || value.len != DIGEST_BYTES) {
		judge_end(j, REASON_TLS_ACME_IDENTIFIER,
		          "not an OCTET STRING of 32 bytes and no more");
		return false;
	}
	memcpy(seen.b, value.p, sizeof(seen.b));
	if (!digest_eq(&seen, &claim->digest)) {
		char hex[DIGEST_HEX_ROOM];

		judge_end(j, REASON_TLS_KEY_AUTHORIZATION, "%s",
		          digest_hex(&seen, hex));
		return false;
	}
	return true;
}

/* Last, since it is what takes time: only who had all else right gets here. */
static bool judge_signature(struct judging *j, struct span der,
                            const struct certificate *cert)
{
	enum self_signed result = SELF_SIGNED_NOT;

	if (span_eq(cert->issuer, cert->subject))
		result = self_signed_check(der);
	if (result == SELF_SIGNED)
		return true;
	judge_end(j, REASON_TLS_NOT_SELF_SIGNED, "the certificate %s",
	          self_signed_name(result));
	return false;
}

static void judge_certificate(struct judging *j, const struct claim *claim,
                              struct span der)
{
	struct certificate cert;
	enum certificate_result result = certificate_read(der, &cert);

	if (result != CERTIFICATE_OK) {
		judge_end(j, REASON_TLS_CERTIFICATE, "the certificate %s",
		          certificate_result_name(result));
		return;
	}
	if (certificate_repeated(&cert) != NULL) {
		judge_end(j, REASON_TLS_EXTENSIONS,
		          "an extension is there twice");
		return;
	}
	if (!judge_name(j, claim, &cert) ||
	    !judge_acme_identifier(j, claim, &cert) ||
	    !judge_signature(j, der, &cert))
		return;
	judge_end(j, REASON_VALUE_FOUND, "in the certificate of %s",
	          judge_shown(j, claim->target, 150));
	j->out->done.authorization_domain_name = claim->target;
}

/* --- the handshake ------------------------------------------------------- */

static struct connects connects_of(const struct tls_evidence *seen)
{
	return (struct connects){ seen->connects, seen->connects_count };
}

/* How it may end before there is something to judge. UNKNOWN: it did not. */
static enum reason broken_reason(const struct tls_evidence *seen)
{
	switch (seen->end) {
	case TLS_COMPLETE: return REASON_UNKNOWN;
	case TLS_NOT_CONNECTED: return REASON_CONNECT_FAILED;
	case TLS_TIMED_OUT: return REASON_TIMEOUT_READ;
	case TLS_RESET: return REASON_CONNECTION_RESET;
	case TLS_ALERT:
		return seen->alert.set && seen->alert.v == ALERT_NO_PROTOCOL
		               ? REASON_TLS_ALPN
		               : REASON_TLS_HANDSHAKE;
	case TLS_BAD: /* OpenSSL may end it for a protocol not offered */
		return seen->protocol.len > 0 &&
		                       !span_is(seen->protocol, PROTOCOL)
		               ? REASON_TLS_ALPN
		               : REASON_TLS_HANDSHAKE;
	case TLS_OTHER: return REASON_TLS_MALFORMED;
	case TLS_LARGE: return REASON_EVIDENCE_TOO_LARGE;
	case TLS_UNKNOWN: break;
	}
	return REASON_EVIDENCE_INCOMPLETE;
}

/* False: ended. */
static bool is_made(struct judging *j, const struct tls_evidence *seen)
{
	enum reason broken = broken_reason(seen);
	const char *name = judge_shown(j, seen->name, 120);

	if (seen->end == TLS_NOT_CONNECTED) {
		judge_end_unconnected(j, seen->name, connects_of(seen));
		return false;
	}
	if (broken != REASON_UNKNOWN) {
		judge_end(j, broken, "%s: %s", name,
		          judge_shown(j, seen->error, 100));
		return false;
	}
	if (!judge_is_connected(connects_of(seen))) {
		judge_end(j, REASON_EVIDENCE_INCOMPLETE,
		          "%s: a handshake without a connection", name);
		return false;
	}
	if (seen->version < TLS_1_2) {
		judge_end(j, REASON_TLS_HANDSHAKE, "%s: version 0x%04x", name,
		          (unsigned)seen->version);
		return false;
	}
	if (!span_is(seen->protocol, PROTOCOL)) {
		judge_end(j, REASON_TLS_ALPN, "%s chose \"%s\"", name,
		          judge_shown(j, seen->protocol, 40));
		return false;
	}
	return true;
}

static struct tls_wanted describe(struct judging *j, const struct claim *claim)
{
	return (struct tls_wanted){
		.name = server_name(j, claim),
		.protocol = SPAN(PROTOCOL),
		.port = PORT,
	};
}

void judge_tls_alpn01(struct judging *j)
{
	struct claim claim = { .is_address = false };

	if (!take_claim(j, &claim))
		return;

	struct tls_wanted tls = describe(j, &claim);

	if (!judge_find_addresses(j, claim.target,
	                          claim.is_address ? &claim.address : NULL,
	                          tls.addresses, &tls.addresses_count))
		return;
	if (j->evidence->tls_count == 0) {
		j->out->want = JUDGE_WANTS_TLS;
		j->out->tls = tls;
		return;
	}

	const struct tls_evidence *seen = &j->evidence->tls[0];

	if (!span_eq(seen->name, tls.name) ||
	    !judge_connects_agree(tls.addresses, tls.addresses_count, tls.port,
	                          connects_of(seen))) {
		judge_end(j, REASON_EVIDENCE_INCOMPLETE,
		          "the handshake is not what was wanted");
		return;
	}
	if (is_made(j, seen))
		judge_certificate(j, &claim, seen->certificate);
}
