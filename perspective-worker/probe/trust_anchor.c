#include "trust_anchor.h"

#include "base/mem.h"

#include <ldns/ldns.h>
#include <stdlib.h>

/* RFC 8624, 3.1, what is neither forbidden nor missing in libunbound's nettle
   build: RSASHA256, RSASHA512, ECDSA P-256 and P-384, Ed25519. */
static bool is_algorithm(uint8_t n)
{
	return n == LDNS_RSASHA256 || n == LDNS_RSASHA512 ||
	       n == LDNS_ECDSAP256SHA256 || n == LDNS_ECDSAP384SHA384 ||
	       n == LDNS_ED25519;
}

static bool is_digest(uint8_t n)
{
	return n == LDNS_SHA256 || n == LDNS_SHA384;
}

static int check_ds(const ldns_rr *rr, struct err *err)
{
	uint8_t algorithm = ldns_rdf2native_int8(ldns_rr_rdf(rr, 1));
	uint8_t digest = ldns_rdf2native_int8(ldns_rr_rdf(rr, 2));
	size_t len = ldns_rdf_size(ldns_rr_rdf(rr, 3));

	if (!is_algorithm(algorithm))
		return err_set(err, "algorithm %u", algorithm);
	if (!is_digest(digest))
		return err_set(err, "digest type %u", digest);
	if (len != (digest == LDNS_SHA256 ? 32 : 48))
		return err_set(err, "a digest of %zu bytes", len);
	return 0;
}

static int check_dnskey(const ldns_rr *rr, struct err *err)
{
	uint16_t flags = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0));
	uint8_t protocol = ldns_rdf2native_int8(ldns_rr_rdf(rr, 1));
	uint8_t algorithm = ldns_rdf2native_int8(ldns_rr_rdf(rr, 2));

	if (flags != LDNS_KEY_ZONE_KEY &&
	    flags != (LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY))
		return err_set(err, "flags %u", flags);
	if (protocol != 3)
		return err_set(err, "protocol %u", protocol);
	if (!is_algorithm(algorithm))
		return err_set(err, "algorithm %u", algorithm);
	return 0;
}

static int check_record(const ldns_rr *rr, bool lab, struct err *err)
{
	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return err_set(err, "not of class IN");
	if (!lab && ldns_dname_label_count(ldns_rr_owner(rr)) != 0)
		return err_set(err, "not of the root");
	switch (ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_DS: return check_ds(rr, err);
	case LDNS_RR_TYPE_DNSKEY: return check_dnskey(rr, err);
	default: return err_set(err, "neither DS nor DNSKEY");
	}
}

/* https://data.iana.org/root-anchors/root-anchors.xml: SHA-256 over the keys,
   both RSASHA256. */
static const struct {
	uint16_t tag;
	const char *digest;
} iana[] = {
	{ 20326, "e06d44b80b8f1d39a95c0b0d7c65d084"
	         "58e880409bbc683457104237c7f8ec8d" },
	{ 38696, "683d2d0acb8c9b712a1948b27f741219"
	         "298d0a450d612c483af444a4c0fb2b16" },
};

static bool is_known(const ldns_rr *ds)
{
	char *digest = ldns_rdf2str(ldns_rr_rdf(ds, 3));
	uint16_t tag = ldns_rdf2native_int16(ldns_rr_rdf(ds, 0));
	bool known = false;

	for (size_t i = 0; i < sizeof(iana) / sizeof(iana[0]); i++)
		known = known || (iana[i].tag == tag &&
		                  span_eq_nocase(span_str(digest),
		                                 span_str(iana[i].digest)));
	free(digest);
	return known &&
	       ldns_rdf2native_int8(ldns_rr_rdf(ds, 1)) == LDNS_RSASHA256 &&
	       ldns_rdf2native_int8(ldns_rr_rdf(ds, 2)) == LDNS_SHA256 &&
	       ldns_dname_label_count(ldns_rr_owner(ds)) == 0;
}

bool trust_anchor_is_iana(struct span line)
{
	char *text = xspandup(line);
	ldns_rr *rr = NULL, *ds = NULL;
	bool known = false;

	if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) == LDNS_STATUS_OK)
		ds = ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY
		             ? ldns_key_rr2ds(rr, LDNS_SHA256)
		             : ldns_rr_clone(rr);
	if (ds != NULL && ldns_rr_get_type(ds) == LDNS_RR_TYPE_DS)
		known = is_known(ds);
	ldns_rr_free(ds);
	ldns_rr_free(rr);
	free(text);
	return known;
}

int trust_anchor_check(struct span line, bool lab, struct err *err)
{
	char *text = xspandup(line);
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL);
	int rc;

	free(text);
	if (status != LDNS_STATUS_OK)
		return err_set(err, "%s", ldns_get_errorstr_by_id(status));
	rc = check_record(rr, lab, err);
	ldns_rr_free(rr);
	return rc;
}
