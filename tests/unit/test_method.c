/*
 * What a contact is (R-059), and the names of dns-account-01 (R-055).
 */
#include "decide/method/contact.h"
#include "decide/method/names.h"
#include "tests/support/run.h"

#define TEN  "aaaaaaaaaa"
#define L60  TEN TEN TEN TEN TEN TEN
#define MAIL CONTACT_EMAIL
#define TEL  CONTACT_PHONE

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

/* clang-format off */
static const struct {
	enum contact_kind kind;
	const char *text;
	const char *want; /* NULL: no contact */
} contacts[] = {
	{ MAIL, "admin@example.com", "admin@example.com" },
	{ MAIL, "Admin@Example.COM", "Admin@example.com" },
	{ MAIL, "a.b+c_d-e@mail.example.com", "a.b+c_d-e@mail.example.com" },
	{ MAIL, "!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com" },
	{ MAIL, "j\xc3\xb6rg@example.com", "j\xc3\xb6rg@example.com" },
	{ MAIL, "a@b\xc3\xbc" "cher.Example", "a@b\xc3\xbc" "cher.example" },
	{ MAIL, L60 "aaaa@example.com", L60 "aaaa@example.com" },
	{ MAIL, L60 "aaaaa@example.com", NULL },
	{ MAIL, "", NULL },
	{ MAIL, "@example.com", NULL },
	{ MAIL, "a@", NULL },
	{ MAIL, "a", NULL },
	{ MAIL, "a@example", NULL },
	{ MAIL, "a@.example.com", NULL },
	{ MAIL, "a@example.com.", NULL },
	{ MAIL, "a@-x.example.com", NULL },
	{ MAIL, "a@x_y.example.com", NULL },
	{ MAIL, "a@192.0.2.1", NULL },
	{ MAIL, "a@[192.0.2.1]", NULL },
	{ MAIL, "a@b@example.com", NULL },
	{ MAIL, "a@example.com b@example.com", NULL },
	{ MAIL, "a@example.com,b@example.com", NULL },
	{ MAIL, "a@example.com;b@example.com", NULL },
	{ MAIL, "mailto:a@example.com", NULL },
	{ MAIL, "A <a@example.com>", NULL },
	{ MAIL, "<a@example.com>", NULL },
	{ MAIL, "\"a b\"@example.com", NULL },
	{ MAIL, " a@example.com", NULL },
	{ MAIL, "a@example.com ", NULL },
	{ MAIL, "a@example.com\n", NULL },
	{ MAIL, "a@example.com\r\nBcc: x@evil.example", NULL },
	{ MAIL, ".a@example.com", NULL },
	{ MAIL, "a.@example.com", NULL },
	{ MAIL, "a..b@example.com", NULL },
	{ MAIL, "a(c)@example.com", NULL },
	{ MAIL, "\xff@example.com", NULL },
	{ MAIL, "a\xc2\x85@example.com", NULL },
	{ MAIL, "a@exa\xc2\x9bmple.com", NULL },
	{ MAIL, "+15551234567", NULL },

	{ TEL, "+15551234567", "+15551234567" },
	{ TEL, "+1-(555).123-4567", "+15551234567" },
	{ TEL, "+123456789012345", "+123456789012345" },
	{ TEL, "+1234567890123456", NULL },
	{ TEL, "5551234567", NULL },
	{ TEL, "+", NULL },
	{ TEL, "+-.()", NULL },
	{ TEL, "", NULL },
	{ TEL, "++1555", NULL },
	{ TEL, "tel:+15551234567", NULL },
	{ TEL, "+1 555 123 4567", NULL },
	{ TEL, "+15551234567;ext=1", NULL },
	{ TEL, "+1555CALL", NULL },
	{ TEL, "+15551234567,+15551234568", NULL },
	{ TEL, "+1-------------------------------------------------------------55", NULL },
	{ TEL, "a@example.com", NULL },
	{ CONTACT_NONE, "a@example.com", NULL },
};
/* clang-format on */

START_TEST(r059_whole_values_only)
{
	struct span got = SPAN("untouched");
	bool ok = contact_canonical(contacts[_i].kind,
	                            span_str(contacts[_i].text), arena, &got);

	ck_assert_msg(ok == (contacts[_i].want != NULL), "%s",
	              contacts[_i].text);
	ck_assert_msg(span_is(got, ok ? contacts[_i].want : "untouched"),
	              "%s: %.*s", contacts[_i].text, SPAN_ARG(got));
}
END_TEST

/* A NUL ends no contact: values have lengths. */
START_TEST(r059_nul_is_a_byte)
{
	struct span got;

	ck_assert(
		!contact_canonical(MAIL, SPAN("a\0@example.com"), arena, &got));
	ck_assert(
		!contact_canonical(MAIL, SPAN("a@example.com\0"), arena, &got));
	ck_assert(!contact_canonical(TEL, SPAN("+1555\0"), arena, &got));
}
END_TEST

START_TEST(r055_account_labels)
{
	ck_assert(span_is(
		method_account_label(
			SPAN("https://example.com/acme/acct/ExampleAccount"),
			arena),
		"_ujmmovf2vn55tgye"));
	ck_assert(span_is(method_account_label(
				  SPAN("https://acme.example/acct/1"), arena),
	                  "_gx6dzk56qzbtpci5"));
}
END_TEST

START_TEST(prefixes)
{
	ck_assert(span_is(method_prefix(METHOD_DNS_ACCOUNT_01, false,
	                                SPAN("https://acme.example/acct/1"),
	                                arena),
	                  "_gx6dzk56qzbtpci5._acme-challenge"));
	ck_assert(span_is(
		method_prefix(METHOD_DNS_PERSISTENT, true, SPAN(""), arena),
		"_ip-validation-persist"));
	ck_assert_uint_eq(
		method_prefix(METHOD_ACME_HTTP_01, false, SPAN(""), arena).len,
		0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r059_whole_values_only, 0, COUNT(contacts));
	tcase_add_test(tc, r059_nul_is_a_byte);
	tcase_add_test(tc, r055_account_labels);
	tcase_add_test(tc, prefixes);
	return run_case(tc);
}
