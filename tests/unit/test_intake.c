/*
 * What a request may ask for: every refusal of the intake, and that nothing
 * sent in a request loosens anything (design, sections 3 and 4,
 *
 */
#include "tests/unit/intake_world.h"

#include <stdio.h>

/* 254 octets when "_acme" is put before it, 253 are allowed */
#define NAME_248 L63 "." L63 "." L63 "." TEN TEN TEN TEN "aaaaaaaa.example"

/* -- refused, each for one reason */

static const struct row {
	const char *what, *base, *patch;
	enum reason want;
} refused[] = {
	/* form: found by the decoder, kept by the intake */
	{ "no target", caa, "{'domain_or_ip_target':null}",
	  REASON_FIELD_MISSING },
	{ "an account of the wrong type", caa, "{'account_uri':1}",
	  REASON_FIELD_TYPE },
	{ "another schema version", caa, "{'schema_version':2}",
	  REASON_SCHEMA_VERSION },
	{ "an unknown critical field", caa, "{'critical':['speed']}",
	  REASON_FIELD_CRITICAL },
	/* openmpic-3, openmpic-96 */
	{ "no such certificate type", caa, "{'certificate_type':'code'}",
	  REASON_FIELD_VALUE },

	/* identity */
	{ "an empty id", caa, "{'request_id':''}", REASON_ID_INVALID },
	{ "a space in the id", caa, "{'request_id':'a b'}", REASON_ID_INVALID },
	{ "an assigned id", caa, "{'request_id':'r-0-7'}", REASON_ID_INVALID },
	{ "another letter in the id", caa, "{'request_id':'\\u00e4'}",
	  REASON_ID_INVALID },

	/* kinds of check */
	{ "no such check", caa, "{'check_type':'both'}", REASON_FIELD_VALUE },
	/* openmpic-5 */
	{ "dcv without parameters", caa, "{'check_type':'dcv'}",
	  REASON_FIELD_MISSING },
	{ "both without parameters", caa, "{'check_type':'dcv+caa'}",
	  REASON_FIELD_MISSING },
	{ "two certificate types", caa,
	  "{'certificate_type':'tls-server','caa_check_parameters':"
	  "{'certificate_type':'s-mime'}}",
	  REASON_FIELD_CONTRADICTS },

	/* names */
	{ "upper case", caa, TARGET("WWW.example.com"), REASON_NAME_INVALID },
	{ "a trailing dot", caa, TARGET("www.example.com."),
	  REASON_NAME_INVALID },
	{ "an underscore", caa, TARGET("a_b.example.com"),
	  REASON_NAME_INVALID },
	/* openmpic-27 */
	{ "a partial wildcard", caa, TARGET("f*.example.com"),
	  REASON_NAME_INVALID },
	{ "two wildcards", caa, TARGET("*.*.example.com"),
	  REASON_NAME_INVALID },
	{ "an internal name", caa, TARGET("host.local"), REASON_NAME_INVALID },
	{ "a TLD that does not exist", caa, TARGET("www.example.nosuchtld"),
	  REASON_NAME_INVALID },
	{ "a reverse name", caa, TARGET("7.113.0.203.in-addr.arpa"),
	  REASON_NAME_INVALID },
	{ "a U-label", caa, TARGET("b\\u00fccher.example.com"),
	  REASON_NAME_INVALID },
	/* openmpic-26, openmpic-27 */
	{ "no A-label", caa, TARGET("xn--a.example.com"), REASON_NAME_INVALID },
	{ "a label of 64", caa, TARGET(L63 "a.example.com"),
	  REASON_NAME_INVALID },
	{ "brackets", caa, TARGET("[2606:4700::1111]"), REASON_NAME_INVALID },
	{ "a zone id", caa, TARGET("2606:4700::1111%1"), REASON_NAME_INVALID },
	{ "an empty target", caa, TARGET(""), REASON_NAME_INVALID },
	{ "a wildcard over a suffix", caa, TARGET("*.co.uk"),
	  REASON_NAME_PUBLIC_SUFFIX },
	{ "a wildcard over a TLD", caa, TARGET("*.com"), REASON_NAME_INVALID },
	/* */
	{ "an onion name", caa,
	  TARGET("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd."
	         "onion"),
	  REASON_NAME_ONION },

	/* addresses: one spelling each, and public */
	/* boulder-C04 */
	{ "CAA for an address (R-065)", caa, TARGET("93.184.216.34"),
	  REASON_CAA_FOR_ADDRESS },
	{ "a private address", http01, TARGET("10.0.0.1"),
	  REASON_ADDRESS_SPECIAL },
	{ "a shared address", http01, TARGET("100.64.0.1"),
	  REASON_ADDRESS_SPECIAL },
	{ "a documentation address", http01, TARGET("203.0.113.7"),
	  REASON_ADDRESS_SPECIAL },
	{ "a link-local address", http01, TARGET("fe80::1"),
	  REASON_ADDRESS_SPECIAL },
	{ "a mapped address", http01, TARGET("::ffff:10.0.0.1"),
	  REASON_NAME_INVALID },
	{ "an octal address", http01, TARGET("093.184.216.34"),
	  REASON_NAME_INVALID },
	{ "upper-case digits", http01, TARGET("2606:4700::ABCD"),
	  REASON_NAME_INVALID },
	{ "leading zeros", http01, TARGET("2606:4700::0a1"),
	  REASON_NAME_INVALID },
	{ "zeros not shortened", http01, TARGET("2606:4700:0:0:0:0:0:1111"),
	  REASON_NAME_INVALID },
	{ "one zero shortened", http01, TARGET("2606:4700::1:2:3:4:5"),
	  REASON_NAME_INVALID },
	{ "a dotted tail", http01, TARGET("2606:4700::1.2.3.4"),
	  REASON_NAME_INVALID },
	{ "dns-01 for an address", dns01,
	  "{'check_type':'dcv','domain_or_ip_target':'93.184.216.34'}",
	  REASON_METHOD_TARGET },
	{ "dns-change for an address", dnsc, TARGET("2606:4700::1111"),
	  REASON_METHOD_TARGET },

	/* methods */
	/* openmpic-6 */
	{ "no method", dns01, D("'validation_method':null"),
	  REASON_FIELD_MISSING },
	{ "no such method", dns01, METHOD("carrier-pigeon"),
	  REASON_METHOD_UNKNOWN },
	/* boulder-C02 */
	{ "no such method in a caa request", caa,
	  "{'check_type':'caa','" DCV "':{'validation_method':'pigeon'}}",
	  REASON_METHOD_UNKNOWN },
	{ "a retired method", dns01, METHOD("ip-address"),
	  REASON_METHOD_FORBIDDEN },
	{ "tls-alpn-01 for a wildcard", alpn, TARGET("*.example.com"),
	  REASON_METHOD_WILDCARD },
	/* openmpic-W06 */
	{ "http-01 for a wildcard", http01, TARGET("*.example.com"),
	  REASON_METHOD_WILDCARD },
	{ "website-change for a wildcard", web, TARGET("*.example.com"),
	  REASON_METHOD_WILDCARD },

	/* domain names */
	{ "pruned for http-01", http01, DOMAIN("example.com"),
	  REASON_DOMAIN_NOT_DERIVED },
	{ "another name for website-change", web, DOMAIN("example.net"),
	  REASON_DOMAIN_NOT_DERIVED },
	{ "an alias of a wildcard", dns01,
	  "{'domain_or_ip_target':'*.a.example.com','" DCV
	  "':{'authorization_domain_name':'b.example.com'}}",
	  REASON_DOMAIN_NOT_DERIVED },
	{ "pruned to a suffix", dns01,
	  "{'domain_or_ip_target':'www.foo.co.uk','" DCV
	  "':{'authorization_domain_name':'co.uk'}}",
	  REASON_NAME_PUBLIC_SUFFIX },
	{ "an alias at a suffix", dnsc, DOMAIN("co.uk"),
	  REASON_NAME_PUBLIC_SUFFIX },
	{ "pruned to a TLD", dns01, DOMAIN("com"), REASON_NAME_INVALID },
	{ "a wildcard domain", dns01, DOMAIN("*.example.com"),
	  REASON_NAME_INVALID },
	{ "an address for a domain", dns01, DOMAIN("93.184.216.34"),
	  REASON_NAME_INVALID },
	{ "a domain in upper case", dns01, DOMAIN("Example.com"),
	  REASON_NAME_INVALID },
	{ "a domain with a dot", dns01, DOMAIN("example.com."),
	  REASON_NAME_INVALID },
	{ "a domain without letters", dns01, DOMAIN(""), REASON_NAME_INVALID },

	/* values */
	{ "18 of both cases", web, VALUE("n4bQgYhMfWWaLqgxVr"),
	  REASON_ENTROPY },
	{ "21 of one case", web, VALUE("n4bqgyhmfwwalxqgxvrqf"),
	  REASON_ENTROPY },
	{ "27 hex digits", web, VALUE("0123456789abcdef0123456789a"),
	  REASON_ENTROPY },
	{ "27 hex digits of both cases", web,
	  VALUE("0123456789abcdef0123456789A"), REASON_ENTROPY },
	{ "33 decimal digits", web, VALUE("012345678901234567890123456789012"),
	  REASON_ENTROPY },
	{ "one character", web, VALUE(TEN TEN TEN TEN), REASON_ENTROPY },
	/* without regard to case both cases are one */
	{ "21 of both cases, folded", web,
	  D("'require_exact_case':false,"
	    "'challenge_value':'n4bQgYhMfWWaLqgxVrQFz'"),
	  REASON_ENTROPY },
	{ "21 of both cases, as an alias", dnsc,
	  D("'dns_record_type':'CNAME',"
	    "'challenge_value':'n4bQgYhMfWWaLqgxVrQFz'"),
	  REASON_ENTROPY },
	/* openmpic-7, openmpic-31, openmpic-W02 */
	{ "no value", web, D("'challenge_value':null"), REASON_FIELD_MISSING },
	{ "an empty value", web, VALUE(""), REASON_FIELD_MISSING },
	{ "a value with a control", web, VALUE("n4bQgYhMfWWaL-qgxVrQF\\n"),
	  REASON_FIELD_VALUE },
	{ "a value with a letter beyond ASCII", web,
	  VALUE("n4bQgYhMfWWaL-qgxVrQ\\u00e9"), REASON_FIELD_VALUE },

	/* website-change */
	/* openmpic-W05 */
	{ "the value in the path", web, PATH("n4bQgYhMfWWaL-qgxVrQFaO.txt"),
	  REASON_CHALLENGE_IN_REQUEST },
	{ "the value over a slash of the path", web,
	  D("'challenge_value':'xyz/n4bQgYhMfWWaL-qgxVr','http_token_path':"
	    "'xyz/n4bQgYhMfWWaL-qgxVr'"),
	  REASON_CHALLENGE_IN_REQUEST },
	{ "the value is the fixed path", web,
	  VALUE(".well-known/pki-validation/"), REASON_CHALLENGE_IN_REQUEST },
	{ "the value in the name", web,
	  "{'domain_or_ip_target':'n4bqgyhmfwwalqgxvrqfax.example.com','" DCV
	  "':{'challenge_value':'n4bqgyhmfwwalqgxvrqfax'}}",
	  REASON_CHALLENGE_IN_REQUEST },
	{ "the value in a header", web,
	  D("'http_headers':{'Accept':'x/n4bQgYhMfWWaL-qgxVrQFaO'}"),
	  REASON_CHALLENGE_IN_REQUEST },
	/* openmpic-9 */
	{ "no path", web, D("'http_token_path':null"), REASON_FIELD_MISSING },
	{ "a leading slash", web, PATH("/a"), REASON_PATH_INVALID },
	{ "a slash at the end", web, PATH("a/"), REASON_PATH_INVALID },
	{ "two slashes", web, PATH("a//b"), REASON_PATH_INVALID },
	/* openmpic-W05 */
	{ "dots", web, PATH("../acme-challenge/x"), REASON_PATH_INVALID },
	{ "dots inside", web, PATH("a/../../b"), REASON_PATH_INVALID },
	{ "a dot", web, PATH("a/./b"), REASON_PATH_INVALID },
	{ "escaped dots", web, PATH("%2e%2e/x"), REASON_PATH_INVALID },
	{ "a query", web, PATH("a?b"), REASON_PATH_INVALID },
	{ "a fragment", web, PATH("a#b"), REASON_PATH_INVALID },
	{ "a backslash", web, PATH("a\\\\b"), REASON_PATH_INVALID },
	{ "a line end", web, PATH("a\\r\\nHost: x"), REASON_PATH_INVALID },
	{ "an authority", web, PATH("@evil.example"), REASON_PATH_INVALID },
	{ "a long path", web, PATH(L63 L63 L63 TEN "ab"),
	  REASON_FIELD_TOO_LONG },
	/* openmpic-31 */
	{ "a regular expression alone", web,
	  D("'match_regex':'.*','challenge_value':''"), REASON_FIELD_MISSING },
	{ "an unclosed group", web, D("'match_regex':'(ab'"),
	  REASON_REGEX_INVALID },
	{ "a back reference", web, D("'match_regex':'(a)\\\\1'"),
	  REASON_REGEX_INVALID },
	{ "an expression without an end", web,
	  D("'match_regex':'" L63 L63 L63 L63 L63 L63 L63 L63 L63 "'"),
	  REASON_FIELD_TOO_LONG },
	{ "another header", web, D("'http_headers':{'Host':'x'}"),
	  REASON_HEADER_FORBIDDEN },
	{ "a cookie", http01, D("'http_headers':{'Cookie':'x'}"),
	  REASON_HEADER_FORBIDDEN },
	{ "a header with a line end", web,
	  D("'http_headers':{'Accept':'a\\r\\nX: y'}"), REASON_FIELD_VALUE },

	/* http-01 */
	/* openmpic-10 */
	{ "no token", http01, D("'token':null"), REASON_FIELD_MISSING },
	/* openmpic-11 */
	{ "no key authorization", http01, D("'key_authorization':null"),
	  REASON_FIELD_MISSING },
	{ "a token of 21", http01,
	  D("'token':'DGyRejmCefe7v4NfDGDKf','key_authorization':"
	    "'DGyRejmCefe7v4NfDGDKf." HASH "'"),
	  REASON_ENTROPY },
	{ "a token with a slash", http01,
	  D("'token':'DGyRejmCefe7v4NfDGDKf/','key_authorization':"
	    "'DGyRejmCefe7v4NfDGDKf/." HASH "'"),
	  REASON_FIELD_VALUE },
	{ "another token's authorization", http01,
	  D("'key_authorization':'EGyRejmCefe7v4NfDGDKfA." HASH "'"),
	  REASON_FIELD_VALUE },
	{ "a short thumbprint", http01,
	  D("'key_authorization':'" TOKEN ".LPJNul'"), REASON_FIELD_VALUE },
	/* tls-alpn-01 */
	{ "neither hash nor authorization", alpn,
	  D("'key_authorization_hash':null"), REASON_FIELD_MISSING },
	{ "the hash of dns-01", alpn, D("'key_authorization_hash':'" HASH "'"),
	  REASON_FIELD_VALUE },
	{ "63 digits", alpn, D("'key_authorization_hash':'" L63 "'"),
	  REASON_FIELD_VALUE },
	{ "65 digits", alpn, D("'key_authorization_hash':'" L63 "aa'"),
	  REASON_FIELD_TOO_LONG },
	{ "a letter that is no digit", alpn,
	  D("'key_authorization_hash':'" L63 "g'"), REASON_FIELD_VALUE },
	{ "a token alone", alpn, D("'token':'" TOKEN "'"),
	  REASON_FIELD_MISSING },
	{ "a short token", alpn,
	  D("'token':'n4bQgYhMfWWaLqgxVrQFa','key_authorization':"
	    "'n4bQgYhMfWWaLqgxVrQFa." HASH "','key_authorization_hash':null"),
	  REASON_ENTROPY },
	{ "the hash of another authorization", alpn,
	  D("'token':'" TOKEN "','key_authorization':'" TOKEN "." HASH
	    "','key_authorization_hash':'" L63 "a'"),
	  REASON_FIELD_CONTRADICTS },

	{ "the authorization in a header", http01,
	  D("'http_headers':{'User-Agent':'" TOKEN "." HASH "'}"),
	  REASON_CHALLENGE_IN_REQUEST },

	/* dns-01, dns-change */
	/* openmpic-11 */
	{ "no hash", dns01, D("'key_authorization_hash':null"),
	  REASON_FIELD_MISSING },
	/* openmpic-145 */
	{ "a padded hash", dns01, D("'key_authorization_hash':'" HASH "='"),
	  REASON_FIELD_VALUE },
	{ "a short hash", dns01, D("'key_authorization_hash':'LPJN'"),
	  REASON_FIELD_VALUE },
	{ "stray bits in the hash", dns01,
	  D("'key_authorization_hash':"
	    "'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR'"),
	  REASON_FIELD_VALUE },
	{ "the value in the prefix", dnsc,
	  D("'challenge_value':'A1b2C3d4E5f6G7h8I9j0K','dns_name_prefix':"
	    "'_a1b2c3d4e5f6g7h8i9j0k'"),
	  REASON_CHALLENGE_IN_REQUEST },
	{ "a prefix with a dot", dnsc, PREFIX("x._acme"),
	  REASON_PREFIX_INVALID },
	{ "two prefix labels", dnsc, PREFIX("_a._b"), REASON_PREFIX_INVALID },
	{ "a dot at the prefix's end", dnsc, PREFIX("_a."),
	  REASON_PREFIX_INVALID },
	{ "no underscore", dnsc, PREFIX("acme"), REASON_PREFIX_INVALID },
	{ "an underscore inside", dnsc, PREFIX("a_b"), REASON_PREFIX_INVALID },
	{ "a space in the prefix", dnsc, PREFIX("_a b"),
	  REASON_PREFIX_INVALID },
	{ "a wildcard prefix", dnsc, PREFIX("_*"), REASON_PREFIX_INVALID },
	{ "a prefix of 64", dnsc, PREFIX("_" L63), REASON_PREFIX_INVALID },
	/* openmpic-8 */
	{ "no record type", dnsc, D("'dns_record_type':null"),
	  REASON_FIELD_VALUE },
	/* openmpic-15 */
	{ "another record type", dnsc, D("'dns_record_type':'A'"),
	  REASON_FIELD_VALUE },

	/* counts: upwards only */
	/* openmpic-29 */
	{ "no perspectives", caa, ORCH("'perspective_count':0"),
	  REASON_PERSPECTIVE_COUNT },
	{ "-1 perspectives", caa, ORCH("'perspective_count':-1"),
	  REASON_PERSPECTIVE_COUNT },
	{ "one perspective", caa, ORCH("'perspective_count':1"),
	  REASON_PERSPECTIVE_COUNT },
	{ "one below the policy", caa, ORCH("'perspective_count':3"),
	  REASON_PERSPECTIVE_COUNT },
	{ "one more than there are", caa, ORCH("'perspective_count':8"),
	  REASON_PERSPECTIVE_COUNT },
	{ "the most perspectives", caa, ORCH("'perspective_count':" MAX64),
	  REASON_PERSPECTIVE_COUNT },
	{ "the least perspectives", caa, ORCH("'perspective_count':" MIN64),
	  REASON_PERSPECTIVE_COUNT },
	/* openmpic-30 */
	{ "quorum 0", caa, ORCH("'quorum_count':0"), REASON_QUORUM_COUNT },
	{ "quorum -1", caa, ORCH("'quorum_count':-1"), REASON_QUORUM_COUNT },
	{ "quorum 1", caa, ORCH("'quorum_count':1"), REASON_QUORUM_COUNT },
	{ "quorum one below the policy", caa, ORCH("'quorum_count':3"),
	  REASON_QUORUM_COUNT },
	{ "quorum above the count", caa, ORCH("'quorum_count':6"),
	  REASON_QUORUM_COUNT },
	{ "quorum 1000", caa, ORCH("'quorum_count':1000"),
	  REASON_QUORUM_COUNT },
	{ "the most quorum", caa, ORCH("'quorum_count':" MAX64),
	  REASON_QUORUM_COUNT },
	{ "the least quorum", caa, ORCH("'quorum_count':" MIN64),
	  REASON_QUORUM_COUNT },
	{ "no attempts", caa, ORCH("'max_attempts':0"), REASON_MAX_ATTEMPTS },
	{ "the least attempts", caa, ORCH("'max_attempts':" MIN64),
	  REASON_MAX_ATTEMPTS },
	{ "cohort 0", caa, ORCH("'cohort_for_single_attempt':0"),
	  REASON_COHORT },
	{ "a cohort that is not there", caa,
	  ORCH("'cohort_for_single_attempt':2"), REASON_COHORT },
	{ "the most cohort", caa, ORCH("'cohort_for_single_attempt':" MAX64),
	  REASON_COHORT },

	/* issuers and accounts */
	{ "another CA", caa,
	  "{'caa_check_parameters':{'caa_domains':['other.example']}}",
	  REASON_ISSUER_NOT_OURS },
	{ "another CA beside ours", caa,
	  "{'caa_check_parameters':{'caa_domains':['ca.example','b.example',"
	  "'c.example']}}",
	  REASON_ISSUER_NOT_OURS },
	{ "below ours", caa,
	  "{'caa_check_parameters':{'caa_domains':['sub.ca.example']}}",
	  REASON_ISSUER_NOT_OURS },
	{ "ours at its end", caa,
	  "{'caa_check_parameters':{'caa_domains':['xca.example']}}",
	  REASON_ISSUER_NOT_OURS },
	{ "an empty issuer", caa,
	  "{'caa_check_parameters':{'caa_domains':['']}}",
	  REASON_ISSUER_NOT_OURS },
	{ "no URI", caa, "{'account_uri':'account'}", REASON_ACCOUNT_URI },
	{ "a relative URI", caa, "{'account_uri':'/acct/1'}",
	  REASON_ACCOUNT_URI },
	{ "a scheme alone", caa, "{'account_uri':'https:'}",
	  REASON_ACCOUNT_URI },
	{ "no scheme", caa, "{'account_uri':'://a/1'}", REASON_ACCOUNT_URI },
	{ "a digit first", caa, "{'account_uri':'1a:b'}", REASON_ACCOUNT_URI },
	{ "a space in it", caa, "{'account_uri':'https://a/ b'}",
	  REASON_ACCOUNT_URI },
	{ "a semicolon in it", caa, "{'account_uri':'https://a/;x=y'}",
	  REASON_ACCOUNT_URI },
	{ "an empty one", caa, "{'account_uri':''}", REASON_ACCOUNT_URI },
	{ "two accounts", dns01,
	  "{'account_uri':'https://a/1','" DCV
	  "':{'expected_account_uri':'https://a/2'}}",
	  REASON_FIELD_CONTRADICTS },
	/* CAA held against a method that shows no control now */
	{ "a retired method in a caa request", caa,
	  "{'check_type':'caa','" DCV "':{'validation_method':'ip-address'}}",
	  REASON_METHOD_FORBIDDEN },

	/* times */
	{ "999 ms", caa, "{'time_allowed_ms':999}", REASON_TIME_ALLOWED },
	{ "no time", caa, "{'time_allowed_ms':0}", REASON_TIME_ALLOWED },
	{ "a ms too many", caa, "{'time_allowed_ms':300001}",
	  REASON_TIME_ALLOWED },
	{ "the most time", caa, "{'time_allowed_ms':" MAX64 "}",
	  REASON_TIME_ALLOWED },
	{ "30 d and a second", dns01,
	  "{'challenge_created_at_ms':1792843199000}", /* NOW - 30 d - 1 s */
	  REASON_CHALLENGE_EXPIRED },
	{ "of 1970", dns01, "{'challenge_created_at_ms':0}",
	  REASON_CHALLENGE_EXPIRED },
	{ "of 1001 ms from now", dns01,
	  "{'challenge_created_at_ms':1795435201001}",
	  REASON_CHALLENGE_FUTURE },
	{ "of tomorrow", dns01, "{'challenge_created_at_ms':1795521600000}",
	  REASON_CHALLENGE_FUTURE },
	{ "of no year", dns01, "{'challenge_created_at_ms':" MAX64 "}",
	  REASON_CHALLENGE_FUTURE },

	/* the caller is not the primary here */
	{ "an observation", dns01,
	  "{'primary_observation':{'dcv_passed':true,'caa_passed':true,"
	  "'observed_at_ms':1795435199000}}",
	  REASON_FIELD_CONTRADICTS },
};

/* openmpic-60 */
START_TEST(refuses)
{
	const struct row *row = &refused[_i];
	struct fixture f;

	fixture_init(&f);
	expect_only(row->what, &f, check(&f, row->base, row->patch), row->want);
	fixture_clear(&f);
}
END_TEST

START_TEST(refuses_what_is_too_long)
{
	struct fixture f;
	char patch[4096], text[2048];

	static const struct {
		const char *field;
		size_t len;
	} rows[] = { { "trace_identifier", 257 },
		     { "account_uri", 1025 },
		     { "request_id", 129 },
		     { "domain_or_ip_target", 513 } };

	memset(text, 'a', sizeof(text));
	for (int i = 0; i < COUNT(rows); i++) {
		fixture_init(&f);
		snprintf(patch, sizeof(patch), "{'%s':'%.*s'}", rows[i].field,
		         (int)rows[i].len, text);
		ck_assert(!check(&f, caa, patch));
		ck_assert_msg(f.issues.items[0].reason == REASON_FIELD_TOO_LONG,
		              "%s: %s", rows[i].field, issues_text(&f));
		fixture_clear(&f);
	}
}
END_TEST

/* -- accepted: the other side of each limit */

static const struct {
	const char *what, *base, *patch;
} accepted[] = {
	{ "dns-01", dns01, "{}" },
	{ "http-01", http01, "{}" },
	{ "website-change", web, "{}" },
	{ "dns-change", dnsc, "{}" },
	{ "caa", caa, "{}" },
	{ "a wildcard by dns-01", dns01, TARGET("*.example.com") },
	{ "a wildcard below a private suffix", dns01, TARGET("*.github.io") },
	{ "an A-label", caa, TARGET("xn--bcher-kva.example.com") },
	{ "http-01 for an address", http01, TARGET("93.184.216.34") },
	{ "tls-alpn-01", alpn, "{}" },
	{ "its hash in capitals", alpn,
	  D("'key_authorization_hash':'" TEN TEN TEN TEN TEN TEN "AAAA'") },
	{ "tls-alpn-01 for an address", alpn, TARGET("93.184.216.34") },
	{ "and for IPv6", alpn, TARGET("2606:4700::1111") },
	{ "an authorization for its hash", alpn,
	  D("'token':'" TOKEN "','key_authorization':'" TOKEN "." HASH
	    "','key_authorization_hash':null") },
	{ "both", alpn,
	  D("'token':'" TOKEN "','key_authorization':'" TOKEN "." HASH "'") },
	{ "website-change for an address", web, TARGET("2606:4700::1111") },
	{ "19 of both cases", web, VALUE("n4bQgYhMfWWaLqgxVrQ") },
	{ "22 of one case", web, VALUE("n4bqgyhmfwwalxqgxvrqfa") },
	{ "28 hex digits", web, VALUE("0123456789abcdef0123456789ab") },
	{ "34 decimal digits", web,
	  VALUE("0123456789012345678901234567890123") },
	{ "a UUID", web, VALUE("2f1b9b5e-6c0d-4d0a-9a55-0d6c3c1a7b44") },
	{ "both headers", web,
	  D("'http_headers':{'user-agent':'ca/1','Accept':'*/*'}") },
	{ "a path of 200", web, PATH(L63 L63 L63 TEN "a") },
	{ "a prefix of 63", dnsc, PREFIX("_" TEN TEN TEN TEN TEN TEN "aa") },
	{ "no prefix", dnsc, D("'dns_name_prefix':null") },
	{ "a CAA record", dnsc, D("'dns_record_type':'CAA'") },
	{ "the policy's perspectives", caa, ORCH("'perspective_count':4") },
	{ "all perspectives", caa, ORCH("'perspective_count':7") },
	{ "the policy's quorum", caa, ORCH("'quorum_count':4") },
	{ "all of them", caa, ORCH("'quorum_count':5") },
	{ "many attempts", caa, ORCH("'max_attempts':" MAX64) },
	{ "the first cohort", caa, ORCH("'cohort_for_single_attempt':1") },
	{ "our issuer in capitals", caa,
	  "{'caa_check_parameters':{'caa_domains':['CA.Example']}}" },
	{ "an acct URI", caa, "{'account_uri':'acct:a@example.com'}" },
	{ "an account URL", caa, "{'account_uri':'https://ca.example/a/1'}" },
	{ "1 s", caa, "{'time_allowed_ms':1000}" },
	{ "5 min", caa, "{'time_allowed_ms':300000}" },
	{ "30 d", dns01, "{'challenge_created_at_ms':1792843200000}" },
	{ "30 d less a second", dns01,
	  "{'challenge_created_at_ms':1792843201000}" },
	{ "a second ahead", dns01,
	  "{'challenge_created_at_ms':1795435201000}" },
	{ "the type twice, the same", caa,
	  "{'certificate_type':'tls-server','caa_check_parameters':"
	  "{'certificate_type':'tls-server'}}" },
};

START_TEST(accepts)
{
	struct fixture f;

	fixture_init(&f);
	expect_ok(accepted[_i].what, &f,
	          check(&f, accepted[_i].base, accepted[_i].patch));
	fixture_clear(&f);
}
END_TEST

/* Every code that a rejected decision can name, but the coordinator's own. */
START_TEST(every_code_is_produced)
{
	static const enum reason elsewhere[] = {
		/* FIELD_TOO_LONG, PRIMARY_OBSERVATION: other tests here;
		   REQUEST_ID_CONFLICT: only the log knows;
		   METHOD_UNSUPPORTED: of methods that are still to come, and
		   in logs of before */
		REASON_PRIMARY_OBSERVATION, REASON_REQUEST_ID_CONFLICT,
		REASON_METHOD_UNSUPPORTED
	};

	for (int r = REASON_FIELD_MISSING; r <= REASON_REGEX_INVALID; r++) {
		bool found = false;

		for (int i = 0; i < COUNT(refused); i++)
			found |= refused[i].want == (enum reason)r;
		for (int i = 0; i < COUNT(elsewhere); i++)
			found |= elsewhere[i] == (enum reason)r;
		ck_assert_msg(found, "no row for %s",
		              reason_name((enum reason)r));
	}
}
END_TEST

START_TEST(names_all_issues_at_once)
{
	static const enum reason want[] = { REASON_ID_INVALID,
		                            REASON_NAME_INVALID,
		                            REASON_ENTROPY,
		                            REASON_PATH_INVALID,
		                            REASON_HEADER_FORBIDDEN,
		                            REASON_ISSUER_NOT_OURS,
		                            REASON_ACCOUNT_URI,
		                            REASON_PERSPECTIVE_COUNT,
		                            REASON_QUORUM_COUNT,
		                            REASON_MAX_ATTEMPTS,
		                            REASON_COHORT,
		                            REASON_TIME_ALLOWED,
		                            REASON_CHALLENGE_EXPIRED,
		                            REASON_FIELD_TYPE };
	struct fixture f;

	fixture_init(&f);
	ck_assert(!check(
		&f, web,
		"{'request_id':'a b','domain_or_ip_target':'A.example.com',"
		"'trace_identifier':7,'account_uri':'x','time_allowed_ms':1,"
		"'challenge_created_at_ms':1,'caa_check_parameters':"
		"{'caa_domains':['x']},'orchestration_parameters':"
		"{'perspective_count':1,'quorum_count':0,'max_attempts':0,"
		"'cohort_for_single_attempt':0},'" DCV "':{"
		"'challenge_value':'short','http_token_path':'/','http_headers'"
		":{'Host':'x'}}}"));
	for (int i = 0; i < COUNT(want); i++) {
		bool found = false;

		for (size_t k = 0; k < f.issues.count; k++)
			found |= f.issues.items[k].reason == want[i];
		ck_assert_msg(found, "%s is not in: %s", reason_name(want[i]),
		              issues_text(&f));
	}
	fixture_clear(&f);
}
END_TEST

/* -- nothing loosens */

/* openmpic-47, openmpic-W01 */
START_TEST(counts_only_rise)
{
	static const struct {
		const char *patch;
		int64_t remotes, quorum, attempts;
	} rows[] = {
		{ "{}", 5, 4, 2 },
		{ ORCH("'perspective_count':4"), 5, 4, 2 },
		{ ORCH("'perspective_count':4,'quorum_count':3"), 5, 4, 2 },
		{ ORCH("'perspective_count':7"), 7, 5, 2 },
		{ ORCH("'perspective_count':7,'quorum_count':7"), 7, 7, 2 },
		{ ORCH("'quorum_count':5"), 5, 5, 2 },
		{ ORCH("'max_attempts':1"), 5, 4, 1 },
		{ ORCH("'max_attempts':100"), 5, 4, 2 },
		{ ORCH("'cohort_for_single_attempt':1"), 5, 4, 1 },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct fixture f;

		fixture_init(&f);
		expect_ok(rows[i].patch, &f, check(&f, caa, rows[i].patch));
		ck_assert_msg(f.order.demand.remotes == rows[i].remotes &&
		                      f.order.demand.quorum == rows[i].quorum &&
		                      f.order.demand.max_attempts ==
		                              rows[i].attempts,
		              "%s: %lld of %lld, %lld attempts", rows[i].patch,
		              (long long)f.order.demand.quorum,
		              (long long)f.order.demand.remotes,
		              (long long)f.order.demand.max_attempts);
		fixture_clear(&f);
	}
}
END_TEST

/* both must allow it. */
START_TEST(lookup_failure_is_only_switched_off)
{
	static const struct {
		bool ours;
		const char *patch;
		bool effective;
	} rows[] = {
		{ false, "{}", false },
		{ false,
		  "{'caa_check_parameters':{'allow_lookup_failure':true}}",
		  false },
		{ true, "{}", false },
		{ true,
		  "{'caa_check_parameters':{'allow_lookup_failure':false}}",
		  false },
		{ true,
		  "{'caa_check_parameters':{'allow_lookup_failure':true}}",
		  true },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct fixture f;

		fixture_init(&f);
		f.rules.allow_lookup_failure = rows[i].ours;
		expect_ok(rows[i].patch, &f, check(&f, caa, rows[i].patch));
		ck_assert_int_eq(
			opt_bool_or(f.order.caa.allow_lookup_failure, true),
			rows[i].effective);
		fixture_clear(&f);
	}
}
END_TEST

/* openmpic-77 */
START_TEST(issuers_are_a_subset)
{
	struct fixture f;

	fixture_init(&f);
	expect_ok("none named", &f, check(&f, caa, "{}"));
	ck_assert_uint_eq(f.order.caa.caa_domains.count, 2);
	fixture_clear(&f);
	fixture_init(&f);
	expect_ok("one named", &f,
	          check(&f, caa,
	                "{'caa_check_parameters':"
	                "{'caa_domains':['pki.example']}}"));
	ck_assert_uint_eq(f.order.caa.caa_domains.count, 1);
	ck_assert(span_is(f.order.caa.caa_domains.items[0], "pki.example"));
	fixture_clear(&f);
}
END_TEST

/* One registrable domain, one cohort: no name below it shops for another
 * (openmpic-W09) */
START_TEST(spellings_have_one_cohort)
{
	static const struct {
		const char *target, *key;
	} rows[] = {
		{ "example.co.uk", "example.co.uk" },
		{ "www.example.co.uk", "example.co.uk" },
		{ "a.b.c.example.co.uk", "example.co.uk" },
		{ "*.example.co.uk", "example.co.uk" },
		{ "*.a.example.co.uk", "example.co.uk" },
		{ "x.github.io", "github.io" },
		{ "y.x.github.io", "github.io" },
		{ "co.uk", "co.uk" },
	};
	char patch[256];

	for (int i = 0; i < COUNT(rows); i++) {
		struct fixture f;

		fixture_init(&f);
		snprintf(patch, sizeof(patch), TARGET("%s"), rows[i].target);
		expect_ok(rows[i].target, &f, check(&f, dns01, patch));
		ck_assert_msg(span_is(f.order.cohort_key, rows[i].key),
		              "%s: %.*s", rows[i].target,
		              SPAN_ARG(f.order.cohort_key));
		fixture_clear(&f);
	}
}
END_TEST

/* Refused with the one form that is expected. */
START_TEST(addresses_have_one_spelling)
{
	struct fixture f;

	fixture_init(&f);
	ck_assert(!check(&f, http01, TARGET("2606:4700:0:0::0:ABCD")));
	ck_assert(span_is(f.issues.items[0].detail,
	                  "write the address as 2606:4700::abcd"));
	fixture_clear(&f);
	fixture_init(&f);
	expect_ok("canonical", &f,
	          check(&f, http01, TARGET("2606:4700::abcd")));
	ck_assert(span_is(f.order.cohort_key, "2606:4700::abcd"));
	ck_assert(f.order.target_is_address);
	fixture_clear(&f);
}
END_TEST

START_TEST(prefix_and_name_fit_together)
{
	struct fixture f;

	fixture_init(&f);
	f.rules.lab = true; /* for the TLD */
	expect_only("254 octets", &f,
	            check(&f, dnsc,
	                  "{'domain_or_ip_target':'" NAME_248 "','" DCV
	                  "':{'dns_name_prefix':'_acme'}}"),
	            REASON_PREFIX_INVALID);
	fixture_clear(&f);
	fixture_init(&f);
	f.rules.lab = true;
	expect_ok("253 octets", &f,
	          check(&f, dnsc,
	                "{'domain_or_ip_target':'" NAME_248 "','" DCV
	                "':{'dns_name_prefix':'_acm'}}"));
	fixture_clear(&f);
}
END_TEST

/* -- time */

START_TEST(expires_by_the_record)
{
	static const struct {
		int64_t timestamp_ms;
		const char *patch;
		int64_t expires_ms;
	} rows[] = {
		{ NOW, "{}", NOW + 60000 },
		{ NOW - 59999, "{}", NOW + 1 },
		{ NOW - 60000, "{'time_allowed_ms':60001}", NOW + 1 },
		/* too late, which is for the coordinator to say */
		{ NOW - 60000, "{}", NOW },
		{ NOW - 2000, "{'time_allowed_ms':1000}", NOW - 1000 },
		{ -1, "{}", 59999 },
		{ INT64_MIN, "{}", INT64_MIN + 60000 },
		/* a producer's clock buys no time */
		{ NOW + DAY, "{}", NOW + 60000 },
		{ INT64_MAX, "{}", NOW + 60000 },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct fixture f;

		fixture_init(&f);
		f.origin.timestamp_ms = rows[i].timestamp_ms;
		expect_ok(rows[i].patch, &f, check(&f, caa, rows[i].patch));
		ck_assert_int_eq(f.order.expires_ms, rows[i].expires_ms);
		ck_assert_int_eq(f.order.timestamp_ms, rows[i].timestamp_ms);
		fixture_clear(&f);
	}
}
END_TEST

/* -- the caller is the primary */

#define SEEN(at) "{'primary_observation':{'dcv_passed':true" at "}}"

/* the caller's own observation is not believed without its time. */
START_TEST(observations_are_timed)
{
	static const struct {
		const char *patch;
		bool ok;
	} rows[] = {
		{ "{}", true },
		{ SEEN(",'observed_at_ms':1795435200000"), true },
		{ SEEN(",'observed_at_ms':1795435201000"), true },
		{ SEEN(",'observed_at_ms':1795435201001"), false },
		{ SEEN(",'observed_at_ms':1795434300000"), true }, /* 15 min */
		{ SEEN(",'observed_at_ms':1795434299999"), false },
		{ SEEN(",'observed_at_ms':" MAX64), false },
		{ SEEN(""), false },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct fixture f;

		fixture_init(&f);
		f.rules.primary_kind = PRIMARY_CALLER;
		f.inventory.primary = SPAN("");
		bool ok = check(&f, dns01, rows[i].patch);

		if (rows[i].ok)
			expect_ok(rows[i].patch, &f, ok);
		else
			expect_only(rows[i].patch, &f, ok,
			            REASON_PRIMARY_OBSERVATION);
		fixture_clear(&f);
	}
}
END_TEST

/* -- what is meant when little is said */

/* openmpic-28, openmpic-51 */
START_TEST(infers_the_check)
{
	struct fixture f;

	fixture_init(&f);
	expect_ok("caa", &f, check(&f, caa, "{}"));
	ck_assert_uint_eq(f.order.check_set, SET_CAA);
	fixture_clear(&f);
	fixture_init(&f);
	expect_ok("dcv", &f, check(&f, web, "{}"));
	ck_assert_uint_eq(f.order.check_set, SET_DCV);
	fixture_clear(&f);
	fixture_init(&f);
	expect_ok("both", &f, check(&f, dns01, "{}"));
	ck_assert_uint_eq(f.order.check_set, SET_DCV | SET_CAA);
	ck_assert_int_eq(f.order.family, POLICY_CABF_TLS);
	fixture_clear(&f);
}
END_TEST

/* Not the request's doing: accepted, and decided do-not-issue with that. */
START_TEST(too_few_perspectives_are_our_fault)
{
	struct fixture f;

	fixture_init(&f);
	f.inventory.count = 4;
	expect_ok("three remotes", &f, check(&f, caa, "{}"));
	ck_assert_int_eq(f.order.demand_refused,
	                 REASON_INSUFFICIENT_PERSPECTIVES);
	fixture_clear(&f);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("intake");

	if (!intake_world_open())
		return EXIT_FAILURE;
	tcase_add_loop_test(tc, refuses, 0, COUNT(refused));
	tcase_add_loop_test(tc, accepts, 0, COUNT(accepted));
	tcase_add_test(tc, refuses_what_is_too_long);
	tcase_add_test(tc, every_code_is_produced);
	tcase_add_test(tc, names_all_issues_at_once);
	tcase_add_test(tc, counts_only_rise);
	tcase_add_test(tc, lookup_failure_is_only_switched_off);
	tcase_add_test(tc, issuers_are_a_subset);
	tcase_add_test(tc, spellings_have_one_cohort);
	tcase_add_test(tc, addresses_have_one_spelling);
	tcase_add_test(tc, prefix_and_name_fit_together);
	tcase_add_test(tc, expires_by_the_record);
	tcase_add_test(tc, observations_are_timed);
	tcase_add_test(tc, infers_the_check);
	tcase_add_test(tc, too_few_perspectives_are_our_fault);
	int code = run_case(tc);

	intake_world_close();
	return code;
}
