#include "names/names.h"

#include "base/clock.h"
#include "base/name.h"
#include "tests/support/run.h"

#include <stdio.h>
#include <unistd.h>

static char path[64];

static const char *write_list(const char *text)
{
	(void)snprintf(path, sizeof(path), "/tmp/test_names.XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
	return path;
}

static struct names *must_open(const char *list)
{
	struct err err = { "" };
	struct names *names = names_open(list, &err);

	ck_assert_msg(names != NULL, "%s", err.text);
	return names;
}

/* */
static const struct {
	const char *name;
	const char *icann, *all; /* registrable domain in each section */
	bool suffix, wildcard_refused;
} rows[] = {
	{ "www.foo.co.uk", "foo.co.uk", "foo.co.uk", false, false },
	{ "foo.co.uk", "foo.co.uk", "foo.co.uk", false, false },
	{ "co.uk", "", "", true, false },
	{ "com", "", "", true, false },
	{ "a.b.example.com", "example.com", "example.com", false, false },
	{ "*.b.example.com", "example.com", "example.com", false, false },
	{ "*.co.uk", "", "", false, true },
	{ "*.com", "", "", false, true },
	{ "*.example.com", "example.com", "example.com", false, false },
	{ "*.github.io", "github.io", "", false, false },
	{ "a.user.github.io", "github.io", "user.github.io", false, false },
	{ "x.y.ck", "x.y.ck", "x.y.ck", false, false },
	{ "a.www.ck", "www.ck", "www.ck", false, false },
	{ "*.foo.ck", "", "", false, true },
	{ "WWW.Foo.CO.UK", "Foo.CO.UK", "Foo.CO.UK", false, false },
	{ "a.b.xn--p1ai", "b.xn--p1ai", "b.xn--p1ai", false, false },
	{ "a.b.unknown-tld", "b.unknown-tld", "b.unknown-tld", false, false },
	{ "unknown-tld", "", "", true, false },
};

static void expect_registrable(const struct names *names, struct span name,
                               enum names_section section, const char *want)
{
	struct span got = names_registrable(names, name, section);

	ck_assert_msg(span_is(got, want), "%.*s: %.*s", SPAN_ARG(name),
	              SPAN_ARG(got));
	ck_assert(got.p >= name.p && got.p + got.len <= name.p + name.len);
}

START_TEST(r041_r042_finds_the_base)
{
	struct names *names = must_open(NULL);
	struct span name = span_str(rows[_i].name);

	expect_registrable(names, name, NAMES_ICANN, rows[_i].icann);
	expect_registrable(names, name, NAMES_ALL, rows[_i].all);
	ck_assert(names_is_public_suffix(names, name, NAMES_ICANN) ==
	          rows[_i].suffix);
	ck_assert(names_wildcard_over_suffix(names, name) ==
	          rows[_i].wildcard_refused);
	names_free(&names);
	ck_assert_ptr_null(names);
	names_free(&names);
}
END_TEST

START_TEST(bad_names_have_no_base)
{
	struct names *names = must_open(NULL);
	char tail[300];

	memset(tail, 'a', sizeof(tail));
	tail[0] = '.';
	ck_assert_uint_eq(
		names_registrable(names, span_of(tail, 300), NAMES_ICANN).len,
		0);
	ck_assert(!names_is_public_suffix(names, span_of(tail + 1, 299),
	                                  NAMES_ICANN));
	ck_assert_uint_eq(
		names_registrable(names, span_of(NULL, 0), NAMES_ALL).len, 0);
	ck_assert(!names_is_public_suffix(names, SPAN("com\0"), NAMES_ALL));
	ck_assert(!names_has_known_tld(names, SPAN("")));
	names_free(&names);
}
END_TEST

START_TEST(knows_tlds)
{
	struct names *names = must_open(NULL);

	ck_assert(names_has_known_tld(names, SPAN("a.com")));
	ck_assert(names_has_known_tld(names, SPAN("com")));
	ck_assert(names_has_known_tld(names, SPAN("a.xn--p1ai")));
	ck_assert(!names_has_known_tld(names, SPAN("a.corp")));
	ck_assert(!names_has_known_tld(names, SPAN("a.lan")));
	ck_assert(!names_has_known_tld(names, SPAN("server")));
	names_free(&names);
}
END_TEST

#define ICANN(rules) \
	"// ===BEGIN ICANN DOMAINS===\n" rules "// ===END ICANN DOMAINS===\n"

static const struct {
	const char *what, *text;
} bad_lists[] = {
	{ "empty", "" },
	{ "an error page", "<html><body>404</body></html>\n" },
	{ "cut in the first section", "// ===BEGIN ICANN DOMAINS===\ncom\n" },
	{ "cut in the second section",
	  ICANN("com\n") "// ===BEGIN PRIVATE DOMAINS===\ngithub.io\n" },
	{ "no rule", ICANN("") },
};

START_TEST(refuses_what_is_no_list)
{
	struct err err = { "" };
	struct names *names = names_open(write_list(bad_lists[_i].text), &err);

	(void)unlink(path);
	ck_assert_msg(names == NULL, "%s", bad_lists[_i].what);
	ck_assert_ptr_nonnull(strstr(err.text, path));
}
END_TEST

START_TEST(a_missing_list_is_named)
{
	struct err err = { "" };

	ck_assert_ptr_null(names_open("/nowhere/list.dat", &err));
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/list.dat"));
	ck_assert_ptr_null(names_open("/", &err));
}
END_TEST

START_TEST(says_how_old_it_is)
{
	struct names *names = must_open(write_list(
		"// VERSION: 2026-01-02_03-04-05_UTC\n" ICANN("test\n")));
	int64_t made = 0;
	int64_t day = (int64_t)86400 * 1000;

	(void)unlink(path);
	ck_assert_str_eq(names_psl_path(names), path);
	ck_assert(clock_parse("2026-01-02T03:04:05Z", &made));
	ck_assert_int_eq(names_psl_time_ms(names), made);
	ck_assert_int_eq(names_psl_age_days(names, made + 30 * day), 30);
	ck_assert_int_eq(names_psl_age_days(names, made + 30 * day - 1), 29);
	ck_assert_int_eq(names_psl_age_days(names, made), 0);
	ck_assert_int_lt(names_psl_age_days(names, made - 1), 0);
	ck_assert(names_has_known_tld(names, SPAN("a.test")));
	/* which list it is, byte for byte */
	struct digest want = digest_of(
		SPAN("// VERSION: 2026-01-02_03-04-05_UTC\n" ICANN("test\n")));

	ck_assert(digest_eq(names_psl_digest(names), &want));
	names_free(&names);
}
END_TEST

START_TEST(without_a_version_the_file_has_a_time)
{
	struct names *names = must_open(write_list(ICANN("com\n")));
	int64_t now = clock_wall_ms();

	(void)unlink(path);
	ck_assert_int_le(names_psl_time_ms(names), now);
	ck_assert_int_gt(names_psl_time_ms(names), now - 60000);
	names_free(&names);
	names = must_open(write_list("// VERSION: yesterday\n" ICANN("com\n")));
	(void)unlink(path);
	ck_assert_int_gt(names_psl_time_ms(names), now - 60000);
	names_free(&names);
}
END_TEST

/* an xn-- label that is not valid IDNA is rejected. */
static const struct {
	const char *label, *what;
	bool ok;
} labels[] = {
	{ "xn--bcher-kva", "buecher", true },
	{ "xn--p1ai", "rf", true },
	{ "xn--fiqs8s", "China", true },
	{ "xn--mgbaam7a8h", "right to left", true },
	{ "xn--fa-hia", "sharp s, a letter of its own in IDNA2008", true },
	{ "xn--", "nothing", false },
	{ "xn--a", "not Punycode's own output", false },
	{ "xn--abc", "decodes to something not allowed", false },
	{ "xn--example-", "ASCII only", false },
	{ "xn--99999999999", "Punycode overflow", false },
	{ "xn--i-7iq", "a symbol", false },
	{ "xn--ls8h", "emoji", false },
	{ "xn--Bcher-kva", "upper case", false },
	{ "bcher-kva", "no prefix", false },
	{ "xn--bcher-kva.com", "two labels", false },
	{ "xn--a-ecp.ru", "bidi", false },
	{ "xn--1ch", "a disallowed sign", false },
	{ "xn--bcher_-kva", "underscore", false },
};

START_TEST(r039_judges_a_labels)
{
	ck_assert_msg(names_alabel_ok(span_str(labels[_i].label)) ==
	                      labels[_i].ok,
	              "%s (%s)", labels[_i].label, labels[_i].what);
}
END_TEST

START_TEST(a_labels_are_bounded)
{
	char label[100];

	memset(label, 'a', sizeof(label));
	memcpy(label, "xn--", 4);
	ck_assert(!names_alabel_ok(span_of(label, 64)));
	ck_assert(!names_alabel_ok(span_of(label, sizeof(label))));
	ck_assert(!names_alabel_ok(SPAN("xn--bcher-kva\0")));
	ck_assert(!names_alabel_ok(span_of(NULL, 0)));
}
END_TEST

START_TEST(serves_the_name_rules)
{
	struct name_rules rules = { .alabel_ok = names_alabel_ok };

	ck_assert_int_eq(name_check_target(SPAN("xn--bcher-kva.example.com"),
	                                   &rules, NULL),
	                 NAME_FQDN);
	ck_assert_int_eq(
		name_check_target(SPAN("xn--ls8h.example.com"), &rules, NULL),
		NAME_BAD_ALABEL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, r041_r042_finds_the_base, 0, COUNT(rows));
	tcase_add_test(tc, bad_names_have_no_base);
	tcase_add_test(tc, knows_tlds);
	tcase_add_loop_test(tc, refuses_what_is_no_list, 0, COUNT(bad_lists));
	tcase_add_test(tc, a_missing_list_is_named);
	tcase_add_test(tc, says_how_old_it_is);
	tcase_add_test(tc, without_a_version_the_file_has_a_time);
	tcase_add_loop_test(tc, r039_judges_a_labels, 0, COUNT(labels));
	tcase_add_test(tc, a_labels_are_bounded);
	tcase_add_test(tc, serves_the_name_rules);
	return run_case(tc);
}
