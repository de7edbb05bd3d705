/*
 * What each validation method's parameters may be: everything else is refused
 * before a packet is sent, each thing by its name (R-040, R-051, R-055, R-056,
 *
 */
#include "tests/unit/intake_world.h"

#define ACCOUNT "https://ca.example/acct/17"
#define IP4     "93.184.216.34"
#define IP6     "2606:2800:220:1::1946"
/* too long only with a prefix before it */
#define NAME_240 L63 "." L63 "." L63 "." TEN TEN TEN "aaaaaa.example.com"

#define LONG_257  L63 L63 L63 L63 "aaaaa"
#define LONG_1028 LONG_257 LONG_257 LONG_257 LONG_257
#define ELEVEN_ISSUERS \
	"'ca.example','ca.example','ca.example','ca.example','ca.example'," \
	"'ca.example','ca.example','ca.example','ca.example','ca.example'," \
	"'ca.example'"

#define REQUEST(target, method, rest) \
	"{'request_id':'r1','domain_or_ip_target':'" target "','" DCV \
	"':{'validation_method':'" method "'" rest "}}"

static const char acct[] =
	"{'request_id':'r1','domain_or_ip_target':'www.example.com',"
	"'account_uri':'" ACCOUNT "','" DCV "':{'validation_method':"
	"'dns-account-01','key_authorization_hash':'" HASH "'}}";
static const char persist[] = REQUEST("www.example.com", "dns-persistent",
                                      ",'issuer_domain_names':['ca.example'],"
                                      "'expected_account_uri':'" ACCOUNT "'");
static const char persistip[] = REQUEST(IP4, "dns-persistent",
                                        ",'issuer_domain_names':['ca.example'],"
                                        "'expected_account_uri':'" ACCOUNT "'");
static const char mailtxt[] = REQUEST("www.example.com", "contact-email-txt",
                                      ",'challenge_value':'a@example.com'");
static const char mailcaa[] = REQUEST("www.example.com", "contact-email-caa",
                                      ",'challenge_value':'a@example.com'");
static const char teltxt[] = REQUEST("www.example.com", "contact-phone-txt",
                                     ",'challenge_value':'+15551234567'");
static const char telcaa[] = REQUEST("www.example.com", "contact-phone-caa",
                                     ",'challenge_value':'+15551234567'");
static const char reverse[] = REQUEST(IP4, "reverse-address-lookup",
                                      ",'challenge_value':'host.example.com'");
static const char ipaddr[] = REQUEST("www.example.com", "ip-address",
                                     ",'challenge_value':'" IP4 "'");

/* clang-format off */
static const struct {
	const char *what, *base, *patch;
	enum reason want;
} refused[] = {
	/* wildcards where the method has none */
	{ "openmpic-W06 website-change", web, TARGET("*.example.com"), REASON_METHOD_WILDCARD },
	{ "openmpic-W06 http-01", http01, TARGET("*.example.com"), REASON_METHOD_WILDCARD },

	/* an address where a name is needed, and the other way round */
	{ "dns-01", dns01, "{'check_type':'dcv','domain_or_ip_target':'" IP4 "'}", REASON_METHOD_TARGET },
	{ "dns-change", dnsc, TARGET(IP6), REASON_METHOD_TARGET },
	{ "dns-account-01", acct, TARGET(IP4), REASON_METHOD_TARGET },
	{ "contact-email-txt", mailtxt, TARGET(IP4), REASON_METHOD_TARGET },
	{ "contact-email-caa", mailcaa, TARGET(IP6), REASON_METHOD_TARGET },
	{ "contact-phone-txt", teltxt, TARGET(IP4), REASON_METHOD_TARGET },
	{ "contact-phone-caa", telcaa, TARGET(IP4), REASON_METHOD_TARGET },
	{ "reverse lookup of a name", reverse, TARGET("www.example.com"), REASON_METHOD_TARGET },
	{ "reverse lookup of a wildcard", reverse, TARGET("*.example.com"), REASON_METHOD_TARGET },
	
	/* retired: before anything else is read */
	{ "openmpic-W11 ip-address", ipaddr, "{}", REASON_METHOD_FORBIDDEN },
	{ "ip-address for an address", ipaddr, TARGET(IP4), REASON_METHOD_FORBIDDEN },
	{ "ip-address for a wildcard", ipaddr, TARGET("*.example.com"), REASON_METHOD_FORBIDDEN },
	{ "ip-address without a value", ipaddr, D("'challenge_value':null"), REASON_METHOD_FORBIDDEN },
	{ "openmpic-16 the old name of a method", mailtxt, METHOD("contact-email"), REASON_METHOD_UNKNOWN },
	{ "in capitals", mailtxt, METHOD("Contact-Email-TXT"), REASON_METHOD_UNKNOWN },

	/* empty values that found themselves in everything (W2) */
	{ "openmpic-W02 website-change", web, VALUE(""), REASON_FIELD_MISSING },
	{ "openmpic-W02 dns-change", dnsc, VALUE(""), REASON_FIELD_MISSING },
	{ "openmpic-W02 http-01", http01, D("'key_authorization':''"), REASON_FIELD_MISSING },
	{ "openmpic-W02 dns-01", dns01, D("'key_authorization_hash':''"), REASON_FIELD_MISSING },
	{ "openmpic-W02 dns-account-01", acct, D("'key_authorization_hash':''"), REASON_FIELD_MISSING },
	{ "openmpic-W02 contact-email-txt", mailtxt, VALUE(""), REASON_FIELD_MISSING },
	{ "openmpic-W02 contact-phone-caa", telcaa, VALUE(""), REASON_FIELD_MISSING },
	{ "openmpic-W02 reverse lookup", reverse, VALUE(""), REASON_FIELD_MISSING },
	{ "openmpic-W02 dns-persistent", persist, D("'expected_account_uri':''"), REASON_FIELD_MISSING },

	/* paths that leave their directory, values that are asked for */
	{ "openmpic-W05 dots", web, PATH("../acme-challenge/x"), REASON_PATH_INVALID },
	{ "openmpic-W05 dots in a token", http01, D("'token':'../../DGyRejmCefe7v4NfDGDKfA','key_authorization':'../../DGyRejmCefe7v4NfDGDKfA." HASH "'"), REASON_FIELD_VALUE },
	{ "openmpic-W05 the value in the path", web, PATH("n4bQgYhMfWWaL-qgxVrQFaO.txt"), REASON_CHALLENGE_IN_REQUEST },
	{ "openmpic-W05 a query", web, PATH("a?v=n4bQgYhMfWWaL-qgx"), REASON_PATH_INVALID },

	/* what a method fixes can be repeated, not changed */
	{ "openmpic-21 dns-01 without case", dns01, D("'require_exact_case':false"), REASON_FIELD_CONTRADICTS },
	{ "openmpic-22 http-01 without case", http01, D("'require_exact_case':false"), REASON_FIELD_CONTRADICTS },
	{ "dns-01 elsewhere", dns01, D("'dns_name_prefix':'_other'"), REASON_FIELD_CONTRADICTS },
	{ "dns-01 of another type", dns01, D("'dns_record_type':'CAA'"), REASON_FIELD_CONTRADICTS },
	{ "dns-account-01 at dns-01's place", acct, D("'dns_name_prefix':'_acme-challenge'"), REASON_FIELD_CONTRADICTS },
	{ "openmpic-13 contacts elsewhere", mailtxt, D("'dns_name_prefix':'_validation-contactphone'"), REASON_FIELD_CONTRADICTS },
	{ "a contact in CAA below a prefix", mailcaa, D("'dns_name_prefix':'_x'"), REASON_FIELD_CONTRADICTS },
	{ "a contact in CAA by TXT", telcaa, D("'dns_record_type':'TXT'"), REASON_FIELD_CONTRADICTS },
	{ "persistent elsewhere", persist, D("'dns_name_prefix':'_ip-validation-persist'"), REASON_FIELD_CONTRADICTS },
	{ "a regular expression for dns-01", dns01, D("'match_regex':'x'"), REASON_FIELD_CONTRADICTS },

	/* dns-account-01 */
	{ "no account", acct, "{'account_uri':null}", REASON_FIELD_MISSING },
	{ "a hash in hex", acct, D("'key_authorization_hash':'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'"), REASON_FIELD_VALUE },
	{ "a name too long", acct, TARGET(NAME_240), REASON_NAME_INVALID },

	/* contacts */
	{ "two addresses", mailtxt, VALUE("a@example.com b@example.com"), REASON_FIELD_VALUE },
	{ "an URI", mailtxt, VALUE("mailto:a@example.com"), REASON_FIELD_VALUE },
	{ "no address", mailcaa, VALUE("example.com"), REASON_FIELD_VALUE },
	{ "a telephone number for mail", mailcaa, VALUE("+15551234567"), REASON_FIELD_VALUE },
	{ "a line end", mailtxt, VALUE("a@example.com\\nb"), REASON_FIELD_VALUE },
	{ "no plus", teltxt, VALUE("5551234567"), REASON_FIELD_VALUE },
	{ "an URI of a telephone", telcaa, VALUE("tel:+15551234567"), REASON_FIELD_VALUE },
	{ "an address for a telephone", teltxt, VALUE("a@example.com"), REASON_FIELD_VALUE },
	{ "no contact", mailtxt, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "a contact too long", mailtxt, VALUE(L63 L63 L63 L63 L63 "@example.com"), REASON_FIELD_VALUE },
	{ "a name too long for the prefix", mailtxt, TARGET(NAME_240), REASON_NAME_INVALID },

	/* dns-persistent */
	{ "openmpic-18 no issuers", persist, D("'issuer_domain_names':null"), REASON_FIELD_MISSING },
	{ "an empty list", persist, D("'issuer_domain_names':[]"), REASON_FIELD_MISSING },
	{ "openmpic-18 an empty issuer", persist, D("'issuer_domain_names':['']"), REASON_ISSUER_NOT_OURS },
	{ "openmpic-7 no value", dnsc, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "openmpic-8 no record type", dnsc, D("'dns_record_type':null"), REASON_FIELD_VALUE },
	{ "openmpic-15 dns-change has no AAAA", dnsc, D("'dns_record_type':'AAAA'"), REASON_FIELD_VALUE },
	{ "openmpic-9 no path", web, D("'http_token_path':null"), REASON_FIELD_MISSING },
	{ "openmpic-10 no token", http01, D("'token':null"), REASON_FIELD_MISSING },
	{ "openmpic-11 no key authorization", http01, D("'key_authorization':null"), REASON_FIELD_MISSING },
	{ "openmpic-11 no hash", dns01, D("'key_authorization_hash':null"), REASON_FIELD_MISSING },
	{ "openmpic-6 no method", dnsc, D("'validation_method':null"), REASON_FIELD_MISSING },
	{ "openmpic-5 no parameters", caa, "{'check_type':'dcv'}", REASON_FIELD_MISSING },
	{ "somebody else", persist, D("'issuer_domain_names':['ca.example','other.example']"), REASON_ISSUER_NOT_OURS },
	{ "openmpic-W12 a dot at its end", persist, D("'issuer_domain_names':['ca.example.']"), REASON_ISSUER_NOT_OURS },
	{ "openmpic-18 no account to expect", persist, D("'expected_account_uri':null"), REASON_FIELD_MISSING },
	{ "openmpic-18 no URI", persist, D("'expected_account_uri':'not-a-valid-uri'"), REASON_ACCOUNT_URI },
	{ "a semicolon", persist, D("'expected_account_uri':'https://ca.example/a;b=c'"), REASON_ACCOUNT_URI },
	{ "another account for CAA", persist, "{'account_uri':'https://ca.example/acct/18'}", REASON_FIELD_CONTRADICTS },
	{ "openmpic-W12 the same in other case", persist, "{'account_uri':'https://ca.example/ACCT/17'}", REASON_FIELD_CONTRADICTS },

	/* reverse-address-lookup */
	{ "an address as host", reverse, VALUE("192.0.2.1"), REASON_FIELD_VALUE },
	{ "a wildcard as host", reverse, VALUE("*.example.com"), REASON_FIELD_VALUE },
	{ "a single label", reverse, VALUE("localhost"), REASON_FIELD_VALUE },
	{ "a reverse name as host", reverse, VALUE("7.113.0.203.in-addr.arpa"), REASON_FIELD_VALUE },
	{ "two dots at its end", reverse, VALUE("host.example.com.."), REASON_FIELD_VALUE },
	{ "no host", reverse, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "of another type", reverse, D("'dns_record_type':'TXT'"), REASON_FIELD_CONTRADICTS },

	/* each method and each kind of bad input that the rows above lack */
	{ "website-change, a value too long", web, VALUE(LONG_1028), REASON_FIELD_TOO_LONG },
	{ "website-change, an empty path", web, PATH(""), REASON_FIELD_MISSING },
	{ "website-change, a scheme that is none", web, D("'url_scheme':'ftp'"), REASON_FIELD_VALUE },
	{ "website-change, a header too long", web, D("'http_headers':{'Accept':'" LONG_257 "'}"), REASON_FIELD_VALUE },
	{ "website-change of an address, in the path", web, "{'check_type':'dcv','domain_or_ip_target':'" IP4 "','" DCV "':{'http_token_path':'n4bQgYhMfWWaL-qgxVrQFaO'}}", REASON_CHALLENGE_IN_REQUEST },
	{ "http-01, an empty token", http01, D("'token':''"), REASON_FIELD_MISSING },
	{ "http-01, a token too long", http01, D("'token':'" LONG_257 "','key_authorization':'" LONG_257 "." HASH "'"), REASON_FIELD_TOO_LONG },
	{ "http-01, an authorization too long", http01, D("'key_authorization':'" TOKEN "." HASH LONG_257 "'"), REASON_FIELD_TOO_LONG },
	{ "http-01, a token of one character", http01, D("'token':'" TEN TEN TEN "','key_authorization':'" TEN TEN TEN "." HASH "'"), REASON_ENTROPY },
	{ "http-01, a padded thumbprint", http01, D("'key_authorization':'" TOKEN "." HASH "='"), REASON_FIELD_VALUE },
	{ "http-01, a letter beyond ASCII", http01, D("'token':'DGyRejmCefe7v4NfDGDKf\\u00e9','key_authorization':'DGyRejmCefe7v4NfDGDKf\\u00e9." HASH "'"), REASON_FIELD_VALUE },
	{ "openmpic-W06 tls-alpn-01", alpn, TARGET("*.example.com"), REASON_METHOD_WILDCARD },
	{ "tls-alpn-01, an empty hash", alpn, D("'key_authorization_hash':''"), REASON_FIELD_MISSING },
	{ "tls-alpn-01, a token that leaves its folder", alpn, D("'token':'../../DGyRejmCefe7v4NfDGDKfA','key_authorization':'../../DGyRejmCefe7v4NfDGDKfA." HASH "','key_authorization_hash':null"), REASON_FIELD_VALUE },
	{ "tls-alpn-01, an authorization too long", alpn, D("'token':'" TOKEN "','key_authorization':'" TOKEN "." HASH LONG_257 "','key_authorization_hash':null"), REASON_FIELD_TOO_LONG },
	{ "dns-01, a hash too long", dns01, D("'key_authorization_hash':'" HASH HASH "'"), REASON_FIELD_TOO_LONG },
	{ "dns-01, a hash with a plus", dns01, D("'key_authorization_hash':'+PJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ'"), REASON_FIELD_VALUE },
	{ "dns-01, a hash in hex", dns01, D("'key_authorization_hash':'" KA_HEX "'"), REASON_FIELD_VALUE },
	{ "dns-account-01, no hash", acct, D("'key_authorization_hash':null"), REASON_FIELD_MISSING },
	{ "dns-account-01, a hash too long", acct, D("'key_authorization_hash':'" HASH HASH "'"), REASON_FIELD_TOO_LONG },
	{ "dns-account-01, an account that is no URI", acct, "{'account_uri':'17'}", REASON_ACCOUNT_URI },
	{ "dns-account-01, without case", acct, D("'require_exact_case':false"), REASON_FIELD_CONTRADICTS },
	{ "dns-change, a value too long", dnsc, VALUE(LONG_1028), REASON_FIELD_TOO_LONG },
	{ "dns-change, 18 characters", dnsc, VALUE("n4bQgYhMfWWaLqgxVr"), REASON_ENTROPY },
	{ "dns-change, a letter beyond ASCII", dnsc, VALUE("n4bQgYhMfWWaL-qgxVrQ\\u00e9"), REASON_FIELD_VALUE },
	{ "dns-change, a control", dnsc, VALUE("n4bQgYhMfWWaL-qgxVrQF\\u0001"), REASON_FIELD_VALUE },
	{ "dns-change, the value in the name", dnsc, "{'domain_or_ip_target':'n4bqgyhmfwwalqgxvrqfax.example.com','" DCV "':{'challenge_value':'n4bqgyhmfwwalqgxvrqfax'}}", REASON_CHALLENGE_IN_REQUEST },
	{ "dns-persistent, an account beyond ASCII", persist, D("'expected_account_uri':'https://ca.example/\\u00e9'"), REASON_ACCOUNT_URI },
	{ "dns-persistent, an account too long", persist, D("'expected_account_uri':'https://ca.example/" LONG_1028 "'"), REASON_FIELD_TOO_LONG },
	{ "dns-persistent, 33 issuers", persist, D("'issuer_domain_names':[" ELEVEN_ISSUERS "," ELEVEN_ISSUERS "," ELEVEN_ISSUERS "]"), REASON_FIELD_TOO_LONG },
	{ "contact-email-caa, no contact", mailcaa, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "contact-email-caa, an empty contact", mailcaa, VALUE(""), REASON_FIELD_MISSING },
	{ "contact-email-caa, a contact too long", mailcaa, VALUE(LONG_1028), REASON_FIELD_TOO_LONG },
	{ "contact-phone-txt, no contact", teltxt, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "contact-phone-txt, an empty contact", teltxt, VALUE(""), REASON_FIELD_MISSING },
	{ "contact-phone-txt, a contact too long", teltxt, VALUE("+1" LONG_1028), REASON_FIELD_TOO_LONG },
	{ "contact-phone-txt, other digits", teltxt, VALUE("+1555123456\\u0667"), REASON_FIELD_VALUE },
	{ "contact-phone-caa, no contact", telcaa, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "contact-phone-caa, too many digits", telcaa, VALUE("+1234567890123456"), REASON_FIELD_VALUE },
	{ "reverse lookup, a host too long", reverse, VALUE(LONG_257), REASON_FIELD_TOO_LONG },
	{ "reverse lookup, a letter beyond ASCII", reverse, VALUE("h\\u00f6st.example.com"), REASON_FIELD_VALUE },
	{ "reverse lookup, an empty label", reverse, VALUE("host..example.com"), REASON_FIELD_VALUE },
	{ "ip-address, the value of another time", ipaddr, VALUE("x"), REASON_METHOD_FORBIDDEN },
	{ "ip-address for IPv6", ipaddr, TARGET(IP6), REASON_METHOD_FORBIDDEN },
	{ "no name for the method", dnsc, METHOD(""), REASON_FIELD_MISSING },
	{ "a method's number", dnsc, METHOD("3.2.2.4.7"), REASON_METHOD_UNKNOWN },

	/* certificate types */
	{ "s-mime for an address", http01, "{'certificate_type':'s-mime','domain_or_ip_target':'" IP4 "'}", REASON_NAME_INVALID },
	{ "s-mime for a wildcard", dns01, "{'certificate_type':'s-mime','domain_or_ip_target':'*.example.com'}", REASON_NAME_INVALID },
	{ "s-mime for a mailbox", caa, "{'certificate_type':'s-mime','domain_or_ip_target':'a@example.com'}", REASON_NAME_INVALID },
};

/* openmpic-14, openmpic-28: each kind of request, and what it selects */
static const struct {
	const char *what, *base, *patch;
	const char *selected; /* NULL: nothing */
	const char *account;
} accepted[] = {
	{ "dns-account-01", acct, "{}", NULL, ACCOUNT },
	{ "dns-account-01, its prefix repeated", acct, D("'dns_name_prefix':'_3hckzkvuv5iwsmlm._acme-challenge'"), NULL, ACCOUNT },
	{ "dns-account-01, a wildcard", acct, TARGET("*.example.com"), NULL, ACCOUNT },
	{ "persistent", persist, "{}", NULL, ACCOUNT },
	{ "persistent, a wildcard", persist, "{'domain_or_ip_target':'*.example.com','" DCV "':{'require_policy_wildcard':true}}", NULL, ACCOUNT },
	{ "persistent, the same account", persist, "{'account_uri':'" ACCOUNT "'}", NULL, ACCOUNT },
	{ "persistent, capitals", persist, D("'issuer_domain_names':['PKI.example','CA.Example']"), NULL, ACCOUNT },
	{ "persistent, as Open MPIC says it", persist, D("'dns_record_type':'TXT','dns_name_prefix':'_validation-persist','require_exact_case':false"), NULL, ACCOUNT },
	{ "openmpic-19 a mail URI", persist, D("'expected_account_uri':'mailto:a@example.com'"), NULL, "mailto:a@example.com" },
	{ "openmpic-19 an acct URI", persist, D("'expected_account_uri':'acct:a@example.com'"), NULL, "acct:a@example.com" },
	{ "openmpic-19 a plain URL", persist, D("'expected_account_uri':'http://ca.example/1'"), NULL, "http://ca.example/1" },
	{ "persistent, an address", persist, TARGET(IP4), NULL, ACCOUNT },
	{ "persistent, a long address", persist, TARGET(IP6), NULL, ACCOUNT },
	{ "e-mail in TXT", mailtxt, "{}", "a@example.com", NULL },
	{ "e-mail in TXT, as Open MPIC says it", mailtxt, D("'dns_record_type':'TXT','dns_name_prefix':'_validation-contactemail','require_exact_case':false"), "a@example.com", NULL },
	{ "e-mail in CAA", mailcaa, "{}", "a@example.com", NULL },
	{ "e-mail beyond ASCII (RFC 6532)", mailcaa, VALUE("\\u00e9@example.com"), "\xc3\xa9@example.com", NULL },
	{ "the domain in capitals", mailcaa, VALUE("A@Example.COM"), "A@example.com", NULL },
	{ "e-mail, a wildcard", mailcaa, TARGET("*.example.com"), "a@example.com", NULL },
	{ "telephone in TXT", teltxt, VALUE("+1-(555)123.4567"), "+15551234567", NULL },
	{ "telephone in CAA", telcaa, VALUE("+1.555.123-4567"), "+15551234567", NULL },
	{ "an expression (R-051)", web, D("'match_regex':'(?i)^ca-proof=[0-9a-f]{18}$'"), NULL, NULL },
	{ "openmpic-31 an empty expression is none", web, D("'match_regex':''"), NULL, NULL },
	{ "a host", reverse, "{}", "host.example.com", NULL },
	{ "a host as Open MPIC writes it", reverse, D("'challenge_value':'Host.Example.com.','dns_record_type':'PTR'"), "host.example.com", NULL },
	{ "a host of a long address", reverse, TARGET(IP6), "host.example.com", NULL },
	{ "s-mime", dns01, "{'certificate_type':'s-mime'}", NULL, NULL },
	{ "s-mime by its caa parameters", caa, "{'caa_check_parameters':{'certificate_type':'s-mime'}}", NULL, NULL },
	{ "s-mime by mail", mailtxt, "{'certificate_type':'s-mime'}", "a@example.com", NULL },
};
/* clang-format on */

START_TEST(refuses)
{
	struct fixture f;

	fixture_init(&f);
	expect_only(refused[_i].what, &f,
	            check(&f, refused[_i].base, refused[_i].patch),
	            refused[_i].want);
	fixture_clear(&f);
}
END_TEST

static bool is_text(struct span got, const char *want)
{
	return want != NULL ? span_is(got, want) : got.len == 0;
}

START_TEST(accepts)
{
	const char *what = accepted[_i].what;
	struct fixture f;

	fixture_init(&f);
	expect_ok(what, &f, check(&f, accepted[_i].base, accepted[_i].patch));
	ck_assert_msg(is_text(f.order.selected, accepted[_i].selected),
	              "%s: selected %.*s", what, SPAN_ARG(f.order.selected));
	ck_assert_msg(is_text(f.order.account_uri, accepted[_i].account),
	              "%s: account %.*s", what, SPAN_ARG(f.order.account_uri));
	fixture_clear(&f);
}
END_TEST

/* the family whose policy and CAA tag count. */
START_TEST(certificate_type_is_the_family)
{
	struct fixture f;

	fixture_init(&f);
	expect_ok("s-mime", &f,
	          check(&f, dns01, "{'certificate_type':'s-mime'}"));
	ck_assert_int_eq(f.order.family, POLICY_CABF_SMIME);
	ck_assert_int_eq(f.order.caa.certificate_type, CERT_S_MIME);
	fixture_clear(&f);
	fixture_init(&f);
	expect_ok("tls", &f, check(&f, dns01, "{}"));
	ck_assert_int_eq(f.order.family, POLICY_CABF_TLS);
	ck_assert_int_eq(f.order.caa.certificate_type, CERT_TLS_SERVER);
	fixture_clear(&f);
}
END_TEST

/* -- each method's days, in UTC, as requests meet them */

static const struct {
	const char *what, *base;
	int64_t day_ms;
	bool before, from;
} days[] = {
	{ ".8 ends 2026-03-15", ipaddr, INT64_C(1773532800000), true, false },
	{ ".14 goes on", mailtxt, INT64_C(1773532800000), true, true },
	{ ".13 ends 2028-03-15", mailcaa, INT64_C(1836691200000), true, false },
	{ ".14 ends 2028-03-15", mailtxt, INT64_C(1836691200000), true, false },
	{ ".16 ends 2027-03-15", teltxt, INT64_C(1805068800000), true, false },
	{ ".17 ends 2027-03-15", telcaa, INT64_C(1805068800000), true, false },
	{ "IP.3 ends 2027-03-15", reverse, INT64_C(1805068800000), true,
	  false },
	{ ".13 goes on", mailcaa, INT64_C(1773532800000), true, true },
	{ ".16 goes on", teltxt, INT64_C(1773532800000), true, true },
	{ ".17 goes on", telcaa, INT64_C(1773532800000), true, true },
	{ "IP.3 goes on", reverse, INT64_C(1765843200000), true, true },
	{ ".21 begins 2025-03-01", acct, INT64_C(1740787200000), false, true },
	{ ".22 begins 2025-11-10", persist, INT64_C(1762732800000), false,
	  true },
	{ "IP.8 begins 2025-12-16", persistip, INT64_C(1765843200000), false,
	  true },
};

START_TEST(r064_methods_end_on_their_day)
{
	/* the last millisecond before, and the first */
	static const int64_t around[] = { -1000, -1, 0, 1000 };

	for (int i = 0; i < COUNT(around); i++) {
		const int64_t d = around[i];
		bool open = d < 0 ? days[_i].before : days[_i].from;
		struct fixture f;

		fixture_init(&f);
		f.origin.timestamp_ms = f.origin.now_ms = days[_i].day_ms + d;

		bool ok = check(&f, days[_i].base, "{}");

		if (open)
			expect_ok(days[_i].what, &f, ok);
		else
			expect_only(days[_i].what, &f, ok,
			            REASON_METHOD_FORBIDDEN);
		fixture_clear(&f);
	}
}
END_TEST

/* .8, where it may still be used: a laboratory with Open MPIC's rules. */
static const struct {
	const char *what, *patch;
	enum reason want; /* UNKNOWN: accepted */
} in_labs[] = {
	{ "good", "{}", REASON_UNKNOWN },
	{ "of type A", D("'dns_record_type':'A'"), REASON_UNKNOWN },
	{ "IPv6", D("'challenge_value':'" IP6 "','dns_record_type':'AAAA'"),
	  REASON_UNKNOWN },
	{ "openmpic-17 of type TXT", D("'dns_record_type':'TXT'"),
	  REASON_FIELD_CONTRADICTS },
	{ "of the other family", D("'dns_record_type':'AAAA'"),
	  REASON_FIELD_CONTRADICTS },
	{ "openmpic-102 no address", VALUE("1.2.3.04"), REASON_FIELD_VALUE },
	{ "no value", VALUE(""), REASON_FIELD_MISSING },
	{ "below a prefix", D("'dns_name_prefix':'_x'"),
	  REASON_FIELD_CONTRADICTS },
	{ "openmpic-W06 a wildcard", TARGET("*.example.com"),
	  REASON_METHOD_WILDCARD },
	{ "for an address", TARGET(IP4), REASON_METHOD_TARGET },
};

START_TEST(labs_know_retired_methods)
{
	struct fixture f;

	fixture_init(&f);
	f.rules.lab = true;
	f.rules.open_mpic_policy = true;

	bool ok = check(&f, ipaddr, in_labs[_i].patch);

	if (in_labs[_i].want == REASON_UNKNOWN)
		expect_ok(in_labs[_i].what, &f, ok);
	else
		expect_only(in_labs[_i].what, &f, ok, in_labs[_i].want);
	fixture_clear(&f);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("intake_methods");

	if (!intake_world_open())
		return EXIT_FAILURE;
	tcase_add_loop_test(tc, refuses, 0, COUNT(refused));
	tcase_add_loop_test(tc, accepts, 0, COUNT(accepted));
	tcase_add_test(tc, certificate_type_is_the_family);
	tcase_add_loop_test(tc, r064_methods_end_on_their_day, 0, COUNT(days));
	tcase_add_loop_test(tc, labs_know_retired_methods, 0, COUNT(in_labs));

	int code = run_case(tc);

	intake_world_close();
	return code;
}
