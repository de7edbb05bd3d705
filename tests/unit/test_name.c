#include "base/name.h"

#include "tests/support/run.h"

#define L10 "abcdefghij"
#define L63 L10 L10 L10 L10 L10 L10 "abc"
#define N253 \
	L63 "." L63 "." L63 "." L10 L10 L10 L10 L10 "abcdefg" \
	    ".com"

/* */
static const struct {
	const char *name;
	enum name_result want;
} names[] = {
	/* clang-format off */
	{ "example.com", NAME_FQDN },
	{ "www.example.com", NAME_FQDN },
	{ "a.b.c.d.e.f.g.example.co.uk", NAME_FQDN },
	{ "1.example.com", NAME_FQDN },
	{ "1e100.net", NAME_FQDN },
	{ "a-b.example.com", NAME_FQDN },
	{ "a--b.example.com", NAME_FQDN },
	{ "0x7f.example.com", NAME_FQDN },
	{ "10.0.0.1.example.com", NAME_FQDN },
	{ "xn--bcher-kva.example.com", NAME_FQDN },
	{ "example.xn--p1ai", NAME_FQDN },
	{ "example.arpa", NAME_FQDN },
	{ "locals.com", NAME_FQDN },
	{ "in-addr.arpa.example.com", NAME_FQDN },
	{ "xin-addr.arpa", NAME_FQDN },
	{ L63 ".com", NAME_FQDN },
	{ N253, NAME_FQDN },
	{ "*.example.com", NAME_WILDCARD },
	{ "*.a.b.example.com", NAME_WILDCARD },
	{ "*.co.uk", NAME_WILDCARD },
	{ "1.1.1.1", NAME_IPV4 },
	{ "2606:4700:4700::1111", NAME_IPV6 },
	{ "2606:4700:4700:0:0:0:0:1111", NAME_IPV6 },
	{ "", NAME_EMPTY },
	{ "a" N253, NAME_TOO_LONG },
	{ N253 ".", NAME_TOO_LONG },
	{ "b\xc3\xbc" "cher.example.com", NAME_NOT_ASCII },
	{ "\xff.example.com", NAME_NOT_ASCII },
	{ "example\xe3\x80\x82" "com", NAME_NOT_ASCII },
	{ " example.com", NAME_CONTROL },
	{ "example.com ", NAME_CONTROL },
	{ "example.com\n", NAME_CONTROL },
	{ "exam\tple.com", NAME_CONTROL },
	{ "exam\x7fple.com", NAME_CONTROL },
	{ "example.com example.org", NAME_CONTROL },
	{ "[::1]", NAME_BRACKETS },
	{ "[2606:4700::1]:443", NAME_BRACKETS },
	{ "[example.com]", NAME_BRACKETS },
	{ "fe80::1%eth0", NAME_ZONE_ID },
	{ "2606:4700::1%25lo", NAME_ZONE_ID },
	{ "::ffff:10.0.0.1", NAME_V4_MAPPED },
	{ "::ffff:1.1.1.1", NAME_V4_MAPPED },
	{ "::ffff:101:101", NAME_V4_MAPPED },
	{ "1:2:3", NAME_BAD_IPV6 },
	{ "1::2::3", NAME_BAD_IPV6 },
	{ "::1.2.3", NAME_BAD_IPV6 },
	{ "1.2.3.4:80", NAME_BAD_IPV6 },
	{ "12345::", NAME_BAD_IPV6 },
	{ "1.1.1", NAME_BAD_IPV4 },
	{ "127.1", NAME_BAD_IPV4 },
	{ "2130706433", NAME_BAD_IPV4 },
	{ "0x7f000001", NAME_BAD_IPV4 },
	{ "0X7F.0.0.1", NAME_BAD_IPV4 },
	{ "0177.0.0.1", NAME_BAD_IPV4 },
	{ "01.1.1.1", NAME_BAD_IPV4 },
	{ "256.1.1.1", NAME_BAD_IPV4 },
	{ "1.1.1.1.1", NAME_BAD_IPV4 },
	{ "999999999999.1.1.1", NAME_BAD_IPV4 },
	{ "10.0.0.1", NAME_ADDR_RESERVED },
	{ "100.64.0.1", NAME_ADDR_RESERVED },
	{ "127.0.0.1", NAME_ADDR_RESERVED },
	{ "0.0.0.0", NAME_ADDR_RESERVED },
	{ "192.0.0.9", NAME_ADDR_RESERVED },
	{ "192.175.48.1", NAME_ADDR_RESERVED },
	{ "203.0.113.7", NAME_ADDR_RESERVED },
	{ "255.255.255.255", NAME_ADDR_RESERVED },
	{ "224.0.0.1", NAME_ADDR_RESERVED },
	{ "fe80::1", NAME_ADDR_RESERVED },
	{ "::1", NAME_ADDR_RESERVED },
	{ "::", NAME_ADDR_RESERVED },
	{ "2001:db8::1", NAME_ADDR_RESERVED },
	{ "fd00::1", NAME_ADDR_RESERVED },
	{ "64:ff9b::1.1.1.1", NAME_ADDR_RESERVED },
	{ "example.com.", NAME_TRAILING_DOT },
	{ "1.1.1.1.", NAME_TRAILING_DOT },
	{ "*.example.com.", NAME_TRAILING_DOT },
	{ ".", NAME_TRAILING_DOT },
	{ "example.com..", NAME_TRAILING_DOT },
	{ ".example.com", NAME_LABEL_EMPTY },
	{ "a..example.com", NAME_LABEL_EMPTY },
	{ "*..example.com", NAME_LABEL_EMPTY },
	{ "1..1.1", NAME_LABEL_EMPTY },
	{ L63 "x.com", NAME_LABEL_TOO_LONG },
	{ "www." L63 "x", NAME_LABEL_TOO_LONG },
	{ "a_b.example.com", NAME_UNDERSCORE },
	{ "_acme-challenge.example.com", NAME_UNDERSCORE },
	{ "*._x.example.com", NAME_UNDERSCORE },
	{ "Example.com", NAME_UPPER_CASE },
	{ "example.COM", NAME_UPPER_CASE },
	{ "XN--bcher-kva.example.com", NAME_UPPER_CASE },
	{ "http://example.com", NAME_BAD_CHARACTER },
	{ "example.com:443", NAME_BAD_CHARACTER },
	{ "example.com/path", NAME_BAD_CHARACTER },
	{ "1.1.1.0/24", NAME_BAD_CHARACTER },
	{ "user@example.com", NAME_BAD_CHARACTER },
	{ "exa\\mple.com", NAME_BAD_CHARACTER },
	{ "example.com?x", NAME_BAD_CHARACTER },
	{ "ex%61mple.com", NAME_BAD_CHARACTER },
	{ "a,b.com", NAME_BAD_CHARACTER },
	{ "$(id).com", NAME_BAD_CHARACTER },
	{ "f*.example.com", NAME_WILDCARD_PARTIAL },
	{ "*f.example.com", NAME_WILDCARD_PARTIAL },
	{ "**.example.com", NAME_WILDCARD_PARTIAL },
	{ "a.f*.example.com", NAME_WILDCARD_PARTIAL },
	{ "*example.com", NAME_WILDCARD_PARTIAL },
	{ "*.*.example.com", NAME_WILDCARD_PLACE },
	{ "a.*.example.com", NAME_WILDCARD_PLACE },
	{ "example.*", NAME_WILDCARD_PLACE },
	{ "-a.example.com", NAME_HYPHEN_EDGE },
	{ "a-.example.com", NAME_HYPHEN_EDGE },
	{ "-.example.com", NAME_HYPHEN_EDGE },
	{ "example.com-", NAME_HYPHEN_EDGE },
	{ "xn--a-.example.com", NAME_HYPHEN_EDGE },
	{ "ab--c.example.com", NAME_HYPHEN_RESERVED },
	{ "zn--abc.example.com", NAME_HYPHEN_RESERVED },
	{ "xn--.example.com", NAME_BAD_ALABEL },
	{ "*", NAME_SINGLE_LABEL },
	{ "com", NAME_SINGLE_LABEL },
	{ "*.com", NAME_SINGLE_LABEL },
	{ "server", NAME_SINGLE_LABEL },
	{ "example.123", NAME_NUMERIC_TLD },
	{ "example.0x1f", NAME_NUMERIC_TLD },
	{ "*.1.1.1.1", NAME_NUMERIC_TLD },
	{ "a.1", NAME_NUMERIC_TLD },
	{ "7.113.0.203.in-addr.arpa", NAME_REVERSE },
	{ "in-addr.arpa", NAME_REVERSE },
	{ "*.in-addr.arpa", NAME_REVERSE },
	{ "1.0.0.2.ip6.arpa", NAME_REVERSE },
	{ "example.onion", NAME_ONION },
	{ "*.example.onion", NAME_ONION },
	{ "onion", NAME_ONION },
	{ "host.local", NAME_SPECIAL_USE },
	{ "localhost", NAME_SPECIAL_USE },
	{ "a.localhost", NAME_SPECIAL_USE },
	{ "*.internal", NAME_SPECIAL_USE },
	{ "a.internal", NAME_SPECIAL_USE },
	{ "a.invalid", NAME_SPECIAL_USE },
	{ "a.test", NAME_SPECIAL_USE },
	{ "a.example", NAME_SPECIAL_USE },
	{ "a.alt", NAME_SPECIAL_USE },
	{ "a.corp", NAME_SPECIAL_USE },
	{ "a.home.arpa", NAME_SPECIAL_USE },
	{ "ipv4only.arpa", NAME_SPECIAL_USE },
	/* clang-format on */
};

START_TEST(r039_judges_names)
{
	struct addr a = { .family = 99 };
	enum name_result got =
		name_check_target(span_str(names[_i].name), NULL, &a);

	ck_assert_msg(got == names[_i].want, "'%s': %s, wanted %s",
	              names[_i].name, name_result_code(got),
	              name_result_code(names[_i].want));
	if (got == NAME_IPV4 || got == NAME_IPV6)
		ck_assert_int_eq(a.family, got == NAME_IPV4 ? 4 : 6);
	else
		ck_assert_int_eq(a.family, 99);
	ck_assert(name_check_target(span_str(names[_i].name), NULL, NULL) ==
	          got);
}
END_TEST

START_TEST(every_refusal_is_in_the_table)
{
	for (int r = 0; r <= NAME_SPECIAL_USE; r++) {
		int seen = 0;

		for (int i = 0; i < COUNT(names); i++)
			seen += names[i].want == (enum name_result)r;
		ck_assert_msg(seen > 0, "%s",
		              name_result_code((enum name_result)r));
	}
}
END_TEST

START_TEST(codes_are_stable_words_and_hints_are_there)
{
	for (int r = 0; r <= NAME_SPECIAL_USE; r++) {
		const char *code = name_result_code((enum name_result)r);
		const char *hint = name_result_hint((enum name_result)r);

		ck_assert_uint_eq(strspn(code, "abcdefghijklmnopqrstuvwxyz"
		                               "0123456789-"),
		                  strlen(code));
		ck_assert(name_result_ok((enum name_result)r) ==
		          (*hint == '\0'));
		for (int k = 0; k < r; k++)
			ck_assert_str_ne(code,
			                 name_result_code((enum name_result)k));
	}
}
END_TEST

START_TEST(nul_ends_nothing)
{
	ck_assert_int_eq(name_check_target(SPAN("example.com\0"), NULL, NULL),
	                 NAME_CONTROL);
	ck_assert_int_eq(name_check_target(SPAN("a\0.com"), NULL, NULL),
	                 NAME_CONTROL);
	ck_assert_int_eq(name_check_target(span_of(NULL, 0), NULL, NULL),
	                 NAME_EMPTY);
}
END_TEST

static bool no_alabel(struct span label)
{
	ck_assert(span_eq(span_sub(label, 0, 4), SPAN("xn--")));
	ck_assert_int_lt(span_find(label, SPAN(".")), 0);
	return span_is(label, "xn--good");
}

START_TEST(asks_about_each_a_label)
{
	struct name_rules rules = { .alabel_ok = no_alabel };

	ck_assert_int_eq(name_check_target(SPAN("xn--good.com"), &rules, NULL),
	                 NAME_FQDN);
	ck_assert_int_eq(
		name_check_target(SPAN("*.xn--good.com"), &rules, NULL),
		NAME_WILDCARD);
	ck_assert_int_eq(
		name_check_target(SPAN("xn--good.xn--bad"), &rules, NULL),
		NAME_BAD_ALABEL);
	ck_assert_int_eq(name_check_target(SPAN("example.com"), &rules, NULL),
	                 NAME_FQDN);
}
END_TEST

static const struct {
	const char *name;
	enum name_result want;
} lab_names[] = {
	{ "a.test", NAME_FQDN },
	{ "*.a.example", NAME_WILDCARD },
	{ "127.0.0.1", NAME_IPV4 },
	{ "203.0.113.7", NAME_IPV4 },
	{ "2001:db8::1", NAME_IPV6 },
	{ "10.0.0.1", NAME_ADDR_RESERVED },
	{ "::ffff:127.0.0.1", NAME_V4_MAPPED },
	{ "a.local", NAME_SPECIAL_USE },
	{ "a.invalid", NAME_SPECIAL_USE },
	{ "test", NAME_SINGLE_LABEL },
	{ "1.0.0.127.in-addr.arpa", NAME_REVERSE },
};

START_TEST(a_lab_has_its_own_names)
{
	struct name_rules rules = { .lab = true };
	enum name_result got =
		name_check_target(span_str(lab_names[_i].name), &rules, NULL);

	ck_assert_msg(got == lab_names[_i].want, "%s: %s", lab_names[_i].name,
	              name_result_code(got));
}
END_TEST

static const struct {
	const char *name;
	bool ok;
} hosts[] = {
	{ "example.com", true },
	{ "_dcv.Example.COM", true },
	{ "a--b.c", true },
	{ "com", true },
	{ L63 ".com", true },
	{ "", false },
	{ "example.com.", false },
	{ "a..b", false },
	{ "*.example.com", false },
	{ "-a.com", false },
	{ "a-.com", false },
	{ "1.2.3.4", false },
	{ "a.0x1", false },
	{ L63 "x.com", false },
	{ "a b.com", false },
	{ "a\x80.com", false },
	{ N253, true },
	{ "a" N253, false },
};

START_TEST(knows_found_hosts)
{
	ck_assert_msg(name_is_host(span_str(hosts[_i].name)) == hosts[_i].ok,
	              "%s", hosts[_i].name);
}
END_TEST

START_TEST(walks_labels)
{
	struct span name = SPAN("a.bc.def");

	ck_assert_uint_eq(name_label_count(name), 3);
	name = name_parent(name);
	ck_assert(span_is(name, "bc.def"));
	name = name_parent(name);
	ck_assert(span_is(name, "def"));
	name = name_parent(name);
	ck_assert_uint_eq(name.len, 0);
	ck_assert_uint_eq(name_label_count(name), 0);
	ck_assert_uint_eq(name_parent(span_of(NULL, 0)).len, 0);
	ck_assert(span_is(name_without_wildcard(SPAN("*.a.b")), "a.b"));
	ck_assert(span_is(name_without_wildcard(SPAN("a.b")), "a.b"));
	ck_assert(span_is(name_without_wildcard(SPAN("*a.b")), "*a.b"));
}
END_TEST

static const struct {
	const char *name, *top;
	bool below, same;
} trees[] = {
	{ "a.example.com", "example.com", true, false },
	{ "A.EXAMPLE.com", "example.COM", true, false },
	{ "example.com", "example.com", false, true },
	{ "Example.com", "example.com", false, true },
	{ "badexample.com", "example.com", false, false },
	{ ".example.com", "example.com", false, false },
	{ "com", "example.com", false, false },
	{ "example.com", "", false, false },
	{ "", "com", false, false },
};

START_TEST(knows_what_is_below)
{
	struct span name = span_str(trees[_i].name);
	struct span top = span_str(trees[_i].top);

	ck_assert(name_is_below(name, top) == trees[_i].below);
	ck_assert(name_equal_nocase(name, top) == trees[_i].same);
	ck_assert(name_is_or_below(name, top) ==
	          (trees[_i].below || trees[_i].same));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("name");

	tcase_add_loop_test(tc, r039_judges_names, 0, COUNT(names));
	tcase_add_test(tc, every_refusal_is_in_the_table);
	tcase_add_test(tc, codes_are_stable_words_and_hints_are_there);
	tcase_add_test(tc, nul_ends_nothing);
	tcase_add_test(tc, asks_about_each_a_label);
	tcase_add_loop_test(tc, a_lab_has_its_own_names, 0, COUNT(lab_names));
	tcase_add_loop_test(tc, knows_found_hosts, 0, COUNT(hosts));
	tcase_add_test(tc, walks_labels);
	tcase_add_loop_test(tc, knows_what_is_below, 0, COUNT(trees));
	return run_case(tc);
}
