#include "decide/method/names.h"

#include "trust/digest.h"

enum { ACCOUNT_BYTES = 10, BASE32_BITS = 5 };

/* RFC 4648, 6, in lower case; 80 bits are 16 characters without a rest. */
struct span method_account_label(struct span account_uri, struct arena *arena)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct digest d = digest_of(account_uri);
	char *label = arena_alloc(arena, ACCOUNT_LABEL_LEN + 1);
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;

	label[n++] = '_';
	for (size_t i = 0; i < ACCOUNT_BYTES; i++) {
		bits = (bits << 8 | d.b[i]) & 0xfff;
		for (held += 8; held >= BASE32_BITS; held -= BASE32_BITS)
			label[n++] =
				alphabet[bits >> (held - BASE32_BITS) & 31];
	}
	return span_of(label, n);
}

struct span method_prefix(enum validation_method method, bool is_address,
                          struct span account_uri, struct arena *arena)
{
	struct span label;

	switch (method) {
	case METHOD_ACME_DNS_01: return SPAN("_acme-challenge");
	case METHOD_DNS_ACCOUNT_01:
		label = method_account_label(account_uri, arena);
		return span_str(arena_printf(arena, "%.*s._acme-challenge",
		                             SPAN_ARG(label)));
	case METHOD_DNS_PERSISTENT:
		return is_address ? SPAN("_ip-validation-persist")
		                  : SPAN("_validation-persist");
	case METHOD_CONTACT_EMAIL_TXT: return SPAN("_validation-contactemail");
	case METHOD_CONTACT_PHONE_TXT: return SPAN("_validation-contactphone");
	case METHOD_UNKNOWN:
	case METHOD_WEBSITE_CHANGE:
	case METHOD_DNS_CHANGE:
	case METHOD_ACME_HTTP_01:
	case METHOD_ACME_TLS_ALPN_01:
	case METHOD_CONTACT_EMAIL_CAA:
	case METHOD_CONTACT_PHONE_CAA:
	case METHOD_IP_ADDRESS:
	case METHOD_REVERSE_ADDRESS_LOOKUP:
	case METHOD_COUNT: break;
	}
	return (struct span){ NULL, 0 };
}
