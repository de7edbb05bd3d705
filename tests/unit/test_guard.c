#include "base/guard.h"

#include "base/mem.h"
#include "tests/support/run.h"

static struct addr must_parse(const char *text)
{
	struct addr a = { 0 };

	ck_assert_msg(addr_parse(span_str(text), &a), "%s", text);
	return a;
}

static struct guard *full_guard(bool lab)
{
	struct guard *g = guard_new(lab);
	struct err err;

	ck_assert_int_eq(guard_forbid_text(g, SPAN("9.9.9.0/24, 2620:fe::/48"),
	                                   GUARD_OPERATOR, &err),
	                 0);
	ck_assert_int_eq(guard_forbid_text(g, SPAN("9.9.9.9\n5.5.5.5"),
	                                   GUARD_BROKER, &err),
	                 0);
	ck_assert_int_eq(guard_forbid_text(g, SPAN("6.6.6.6"), GUARD_OWN, &err),
	                 0);
	return g;
}

static const struct {
	const char *addr;
	uint16_t port;
	enum guard_result want;
	const char *detail; /* how it begins */
} checks[] = {
	{ "1.1.1.1", 53, GUARD_OK, "" },
	{ "1.1.1.1", 80, GUARD_OK, "" },
	{ "1.1.1.1", 443, GUARD_OK, "" },
	{ "2606:4700::1", 443, GUARD_OK, "" },
	{ "1.1.1.1", 0, GUARD_PORT, "" },
	{ "1.1.1.1", 25, GUARD_PORT, "" },
	{ "1.1.1.1", 8080, GUARD_PORT, "" },
	{ "1.1.1.1", 65535, GUARD_PORT, "" },
	{ "10.0.0.1", 25, GUARD_SPECIAL, "10.0.0.0/8 Private-Use (RFC 1918)" },
	{ "169.254.169.254", 80, GUARD_SPECIAL, "169.254.0.0/16 Link Local" },
	{ "100.100.100.200", 80, GUARD_SPECIAL, "100.64.0.0/10 Shared" },
	{ "192.0.0.192", 80, GUARD_SPECIAL, "192.0.0.0/24" },
	{ "fd00:ec2::254", 80, GUARD_SPECIAL, "fc00::/7 Unique-Local" },
	{ "168.63.129.16", 80, GUARD_METADATA, "168.63.129.16/32" },
	{ "168.63.129.15", 80, GUARD_OK, "" },
	{ "168.63.129.17", 80, GUARD_OK, "" },
	{ "::ffff:1.1.1.1", 80, GUARD_SPECIAL, "::ffff:0.0.0.0/96" },
	{ "64:ff9b::101:101", 80, GUARD_SPECIAL, "64:ff9b::/96" },
	{ "2002:101:101::1", 80, GUARD_SPECIAL, "2002::/16" },
	{ "9.9.9.8", 53, GUARD_OPERATOR, "9.9.9.0/24" },
	{ "9.9.9.9", 53, GUARD_BROKER, "9.9.9.9/32" },
	{ "9.9.10.0", 53, GUARD_OK, "" },
	{ "2620:fe::fe", 53, GUARD_OPERATOR, "2620:fe::/48" },
	{ "5.5.5.5", 443, GUARD_BROKER, "5.5.5.5/32" },
	{ "6.6.6.6", 443, GUARD_OWN, "6.6.6.6/32" },
	{ "127.0.0.1", 80, GUARD_SPECIAL, "127.0.0.0/8 Loopback" },
};

START_TEST(checks_addresses_and_ports)
{
	struct guard *g = full_guard(false);
	struct addr a = must_parse(checks[_i].addr);
	const char *detail = NULL;
	enum guard_result got = guard_check(g, &a, checks[_i].port, &detail);

	ck_assert_msg(got == checks[_i].want, "%s: %s", checks[_i].addr,
	              guard_result_name(got));
	ck_assert_msg(strncmp(detail, checks[_i].detail,
	                      strlen(checks[_i].detail)) == 0,
	              "%s: %s", checks[_i].addr, detail);
	ck_assert(guard_check(g, &a, checks[_i].port, NULL) == got);
	guard_free(&g);
	ck_assert_ptr_null(g);
}
END_TEST

START_TEST(no_family_is_refused)
{
	struct guard *g = guard_new(false);
	struct addr none = { 0 };

	ck_assert_int_eq(guard_check_addr(g, &none, NULL), GUARD_NO_ADDRESS);
	none.family = 5;
	ck_assert_int_eq(guard_check(g, &none, 80, NULL), GUARD_NO_ADDRESS);
	guard_free(&g);
	guard_free(&g);
}
END_TEST

START_TEST(a_bad_list_adds_nothing)
{
	struct guard *g = guard_new(false);
	struct addr first = must_parse("9.9.9.9");
	struct err err = { "" };

	ck_assert_int_eq(guard_forbid_text(g, SPAN("9.9.9.9, 10.0.0.1/8"),
	                                   GUARD_OPERATOR, &err),
	                 -1);
	ck_assert_ptr_nonnull(strstr(err.text, "10.0.0.1/8"));
	ck_assert_int_eq(guard_check_addr(g, &first, NULL), GUARD_OK);
	ck_assert_int_eq(
		guard_forbid_text(g, SPAN(" ,\n "), GUARD_OPERATOR, &err), 0);
	guard_free(&g);
}
END_TEST

START_TEST(only_a_lab_allows)
{
	struct guard *g = guard_new(false);
	struct addr loopback = must_parse("127.0.0.1");
	struct addr open = must_parse("1.1.1.1");
	struct err err;

	ck_assert_int_eq(guard_allow_text(g, SPAN("127.0.0.0/8"), &err), -1);
	ck_assert_int_eq(guard_allow_port(g, 8080, &err), -1);
	ck_assert_int_eq(guard_check_addr(g, &loopback, NULL), GUARD_SPECIAL);
	ck_assert_int_eq(guard_check(g, &open, 8080, NULL), GUARD_PORT);
	guard_free(&g);
}
END_TEST

static const char *const never_allowed[] = {
	"10.0.0.0/8",         "169.254.169.254",  "0.0.0.0/0",       "::/0",
	"127.0.0.0/7",        "1.1.1.1",          "168.63.129.16",   "fd00::/8",
	"127.0.0.1 10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "junk",
};

START_TEST(a_lab_is_loopback_and_documentation)
{
	struct guard *g = guard_new(true);
	struct addr loopback = must_parse("127.0.0.1");
	struct err err = { "" };

	ck_assert_msg(guard_allow_text(g, span_str(never_allowed[_i]), &err) ==
	                      -1,
	              "%s", never_allowed[_i]);
	ck_assert_uint_gt(strlen(err.text), 0);
	ck_assert_int_eq(guard_check_addr(g, &loopback, NULL), GUARD_SPECIAL);
	guard_free(&g);
}
END_TEST

START_TEST(what_a_lab_allows)
{
	struct guard *g = guard_new(true);
	struct addr in = must_parse("127.0.7.1");
	struct addr broker = must_parse("127.0.7.9");
	struct addr out = must_parse("127.0.8.1");
	struct err err;

	ck_assert_int_eq(
		guard_allow_text(g, SPAN("127.0.7.0/24 2001:db8::/32"), &err),
		0);
	ck_assert_int_eq(
		guard_forbid_text(g, SPAN("127.0.7.9"), GUARD_BROKER, &err), 0);
	ck_assert_int_eq(guard_allow_port(g, 0, &err), -1);
	ck_assert_int_eq(guard_allow_port(g, 8080, &err), 0);
	ck_assert_int_eq(guard_check(g, &in, 8080, NULL), GUARD_OK);
	ck_assert_int_eq(guard_check(g, &in, 8081, NULL), GUARD_PORT);
	ck_assert_int_eq(guard_check(g, &out, 80, NULL), GUARD_SPECIAL);
	ck_assert_int_eq(guard_check(g, &broker, 80, NULL), GUARD_BROKER);
	guard_free(&g);
}
END_TEST

START_TEST(ports_are_bounded)
{
	struct guard *g = guard_new(true);
	struct err err;
	int added = 0;

	while (added < 1000 &&
	       guard_allow_port(g, (uint16_t)(1000 + added), &err) == 0)
		added++;
	ck_assert_int_eq(added, 61);
	guard_free(&g);
}
END_TEST

struct list {
	struct prefix p[4096];
	size_t count;
};

static void note_prefix(void *owner, const struct prefix *p,
                        enum guard_result why)
{
	struct list *list = owner;

	ck_assert_int_ne(why, GUARD_OK);
	ck_assert_int_ne(why, GUARD_PORT);
	ck_assert_uint_lt(list->count, COUNT(list->p));
	list->p[list->count++] = *p;
}

static bool is_listed(const struct list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->count; i++) {
		if (prefix_contains(&list->p[i], a))
			return true;
	}
	return false;
}

/* The neighbour below (-1) or above (+1), as one big number; false at an end.
 */
static bool step(struct addr *a, int by)
{
	for (int i = (int)addr_bits(a) / 8 - 1; i >= 0; i--) {
		a->bytes[i] = (uint8_t)(a->bytes[i] + by);
		if (a->bytes[i] != (by > 0 ? 0 : 0xff))
			return true;
	}
	return false;
}

static void expect_same(const struct guard *g, const struct list *list,
                        const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	ck_assert_msg(is_listed(list, a) ==
	                      (guard_check_addr(g, a, NULL) != GUARD_OK),
	              "%s", addr_text(a, text, sizeof(text)));
}

static void expect_same_around(const struct guard *g, const struct list *list,
                               const struct prefix *p)
{
	struct addr first = p->base, last = p->base;

	for (unsigned i = p->bits; i < addr_bits(&last); i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	expect_same(g, list, &first);
	expect_same(g, list, &last);
	if (step(&first, -1))
		expect_same(g, list, &first);
	if (step(&last, 1))
		expect_same(g, list, &last);
}

/* The resolver's list and the check agree at every edge that either has. */
START_TEST(the_list_is_the_same_set)
{
	struct guard *g = full_guard(_i == 1);
	struct list *list = xzalloc(sizeof(*list));
	struct err err;
	size_t count;
	const struct special *specials = addr_specials(&count);

	if (_i == 1)
		ck_assert_int_eq(guard_allow_text(g,
		                                  SPAN("127.0.7.0/24 127.0.0.1 "
		                                       "2001:db8:7::/48 ::1"),
		                                  &err),
		                 0);
	guard_each_prefix(g, note_prefix, list);
	for (size_t i = 0; i < list->count; i++)
		expect_same_around(g, list, &list->p[i]);
	for (size_t i = 0; i < count; i++)
		expect_same_around(g, list, &specials[i].prefix);
	for (int i = 0; i < COUNT(checks); i++) {
		struct addr a = must_parse(checks[i].addr);

		expect_same(g, list, &a);
	}
	free(list);
	guard_free(&g);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("guard");

	tcase_add_loop_test(tc, checks_addresses_and_ports, 0, COUNT(checks));
	tcase_add_test(tc, no_family_is_refused);
	tcase_add_test(tc, a_bad_list_adds_nothing);
	tcase_add_test(tc, only_a_lab_allows);
	tcase_add_loop_test(tc, a_lab_is_loopback_and_documentation, 0,
	                    COUNT(never_allowed));
	tcase_add_test(tc, what_a_lab_allows);
	tcase_add_test(tc, ports_are_bounded);
	tcase_add_loop_test(tc, the_list_is_the_same_set, 0, 2);
	return run_case(tc);
}
