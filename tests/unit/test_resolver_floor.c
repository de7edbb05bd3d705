/* Which libunbound is known to be vulnerable, and who uses it all the same. */
#include "perspective-worker/resolver_floor.h"
#include "tests/support/run.h"

static const struct {
	const char *versions;
	const char *version;
	bool vulnerable;
} rows[] = {
	{ "libunbound/1.17.1 libcurl/7.88.1", "1.17.1", true },
	{ "libcurl/7.88.1 libunbound/1.26.1", "1.26.1", true },
	{ "libunbound/1.26.2", "1.26.2", false },
	{ "libunbound/1.26.10 x", "1.26.10", false },
	{ "libunbound/1.27.0", "1.27.0", false },
	{ "libunbound/2.0.0", "2.0.0", false },
	/* what is not a version is not a good one */
	{ "libunbound/1.27", "1.27", true },
	{ "libunbound/1.27.0rc1", "1.27.0rc1", true },
	{ "libunbound/1.27.0.1", "1.27.0.1", true },
	{ "libunbound/01.27.0", "01.27.0", true },
	{ "libunbound/", "", true },
	{ "libcurl/7.88.1", "", true },
	{ "", "", true },
};

START_TEST(versions)
{
	struct span version = resolver_version(span_str(rows[_i].versions));

	ck_assert_msg(span_is(version, rows[_i].version), "%s: %.*s",
	              rows[_i].versions, SPAN_ARG(version));
	ck_assert_msg(resolver_is_vulnerable(version) == rows[_i].vulnerable,
	              "%s", rows[_i].versions);
}
END_TEST

static const struct {
	const char *version;
	bool lab;
	const char *named;
	bool used;
} uses[] = {
	{ "1.17.1", false, "", false },
	{ "1.17.1", false, "1.17", false },
	{ "1.17.1", false, "1.17.2", false },
	{ "1.17.1", false, "1.17.1", true },
	{ "1.17.1", true, "", true },
	{ "1.26.2", false, "", true },
	{ "", false, "", false },
};

START_TEST(use)
{
	ck_assert(resolver_may_be_used(span_str(uses[_i].version), uses[_i].lab,
	                               uses[_i].named) == uses[_i].used);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("resolver_floor");

	tcase_add_loop_test(tc, versions, 0, COUNT(rows));
	tcase_add_loop_test(tc, use, 0, COUNT(uses));
	return run_case(tc);
}
