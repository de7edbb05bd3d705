/*
 * Regular expressions of a CA in text of an applicant's: the table that
 * Python's re is asked too (patterns.table), and the bounds.
 */
#include "pattern/pattern.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/support/run.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE SOURCE_DIR "/tests/fixtures/patterns.table"

enum { LINE_MAX_BYTES = 512 };

static const char *const names[] = { "found", "not-found", "too costly",
	                             "invalid" };

/* \n \t \r \\ and \xHH. */
static struct span unescaped(char *text)
{
	uint8_t *to = (uint8_t *)text;
	const char *from = text;

	while (*from != '\0') {
		static const char letters[] = "ntr\\", bytes[] = "\n\t\r\\";
		const char *at;

		if (*from != '\\') {
			*to++ = (uint8_t)*from++;
		} else if (from[1] == 'x') {
			ck_assert(text_unhex(span_of(from + 2, 2), to++));
			from += 4;
		} else {
			at = strchr(letters, from[1]);
			ck_assert_ptr_nonnull(at);
			*to++ = (uint8_t)bytes[at - letters];
			from += 2;
		}
	}
	return span_of(text, (size_t)((char *)to - text));
}

static void expect_invalid(const char *line, size_t at, struct span pattern)
{
	struct pattern_fault fault = { 99, NULL };

	ck_assert_msg(!pattern_check(pattern, &fault), "%s: accepted", line);
	ck_assert_msg(fault.what != NULL && fault.at == at, "%s: at %zu, %s",
	              line, fault.at, fault.what);
	ck_assert_msg(pattern_search(pattern, SPAN("a")) == PATTERN_INVALID,
	              "%s: searched for", line);
}

static void expect(const char *line, const char *verdict, struct span pattern,
                   struct span text)
{
	struct pattern_fault fault = { 0, "" };
	enum pattern_result got;

	ck_assert_msg(pattern_check(pattern, &fault), "%s: at %zu, %s", line,
	              fault.at, fault.what);
	got = pattern_search(pattern, text);
	ck_assert_msg(strcmp(names[got], verdict) == 0, "%s: %s", line,
	              names[got]);
}

/* Fields end in a tab; the last one at the line's end. */
static char *field(char **rest)
{
	char *start = *rest;
	char *tab = strchr(start, '\t');

	ck_assert_ptr_nonnull(tab);
	*tab = '\0';
	*rest = tab + 1;
	return start;
}

START_TEST(does_what_the_table_says)
{
	char line[LINE_MAX_BYTES];
	char whole[LINE_MAX_BYTES];
	FILE *table = fopen(TABLE, "r");
	int rows = 0;

	ck_assert_ptr_nonnull(table);
	while (fgets(line, sizeof(line), table) != NULL) {
		char *rest = line;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		memcpy(whole, line, sizeof(whole));
		rows++;

		const char *verdict = field(&rest);
		bool invalid = strcmp(verdict, "invalid") == 0;
		uint64_t at = 0;

		if (invalid)
			ck_assert(text_u64(span_str(field(&rest)), 99, &at));
		struct span pattern = span_str(field(&rest));

		if (invalid)
			expect_invalid(whole, at, pattern);
		else
			expect(whole, verdict, pattern, unescaped(rest));
	}
	(void)fclose(table);
	ck_assert_int_gt(rows, 100);
}
END_TEST

/* Bytes that a table of text has no room for. */
START_TEST(refuses_what_is_not_printable)
{
	static const struct {
		struct span pattern;
		size_t at;
	} rows[] = {
		{ SPAN("a\0b"), 1 },  { SPAN("a\nb"), 1 },
		{ SPAN("ab\t"), 2 },  { SPAN("\xc3\xa9"), 0 },
		{ SPAN("a\x7f"), 1 }, { SPAN("[\xe9]"), 1 },
	};

	expect_invalid("bytes", rows[_i].at, rows[_i].pattern);
}
END_TEST

static struct span filled(char c, size_t n, const char *end)
{
	static char room[70000];
	size_t len = strlen(end);

	memset(room, c, n);
	memcpy(room + n, end, len);
	return span_of(room, n + len);
}

START_TEST(takes_512_bytes_and_16_groups_and_no_more)
{
	struct pattern_fault fault;

	ck_assert(pattern_check(filled('a', PATTERN_MAX, ""), &fault));
	ck_assert(!pattern_check(filled('a', PATTERN_MAX, "a"), &fault));
	ck_assert_uint_eq(fault.at, PATTERN_MAX);
	ck_assert(!pattern_check(filled('(', 17, ")))))))))))))))))"), &fault));
	ck_assert_uint_eq(fault.at, 16);
	ck_assert(pattern_check(filled('(', 16, "a))))))))))))))))"), &fault));
}
END_TEST

/* What hangs others: the ones that Open MPIC's worker stood still at, and
   worse. None may read as not found, since nobody looked to the end. */
START_TEST(gives_up_at_what_never_ends)
{
	static const struct {
		const char *pattern;
		char c;
		size_t n;
		const char *end;
	} rows[] = {
		{ "(x+x+)+y", 'x', 100, "" },
		{ "(a+)+$", 'a', 64, "!" },
		{ "(a|a)*$", 'a', 64, "!" },
		{ "(a|aa)+$", 'a', 64, "!" },
		{ "^(([a-z])+.)+[A-Z]([a-z])+$", 'a', 64, "" },
		{ "(.*.*.*.*)=z", 'a', 200, "" },
		{ "(?:a?){64}a{64}", 'a', 63, "!" },
		{ "(?=(a+)+$)b", 'a', 64, "!" },
		{ "(?:(?:a*)*)*b", 'a', 64, "" },
		/* long text: every place costs all that is behind it */
		{ ".*b", 'a', 65536, "" },
		{ "[^b]*b", 'a', 65536, "" },
		{ "(?s).*+b", 'a', 65536, "" },
		/* places to come back to */
		{ "^(?:a|b)*$", 'a', 65536, "" },
		{ "^(?:a(?P<n>b?))*$", 'a', 65536, "" },
	};
	struct span pattern = span_str(rows[_i].pattern);
	struct pattern_fault fault;

	ck_assert_msg(pattern_check(pattern, &fault), "%s", rows[_i].pattern);
	ck_assert_msg(pattern_search(pattern, filled(rows[_i].c, rows[_i].n,
	                                             rows[_i].end)) ==
	                      PATTERN_TOO_COSTLY,
	              "%s", rows[_i].pattern);
}
END_TEST

/* What must stand so many times in a row is passed over without a step, and
   costs what it passes over where it is not there after all. */
START_TEST(pays_for_repetitions_that_fail)
{
	static char text[65536];
	char pattern[PATTERN_MAX + 1] = "[a-z]{9999}";
	size_t n = strlen(pattern);

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 9999)
		text[i] = '-';
	ck_assert_int_eq(
		pattern_search(span_str(pattern), span_of(text, sizeof(text))),
		PATTERN_TOO_COSTLY);
	for (; n + 12 <= PATTERN_MAX; n += 12)
		memcpy(pattern + n, "|[a-z]{9999}", 13);
	ck_assert_int_eq(
		pattern_search(span_str(pattern), span_of(text, sizeof(text))),
		PATTERN_TOO_COSTLY);
	/* what anybody writes is found out about */
	ck_assert_int_eq(
		pattern_search(SPAN("=[A-Za-z0-9_-]{43}\\.[0-9a-f]{64}"),
	                       span_of(text, sizeof(text))),
		PATTERN_NOT_FOUND);
	ck_assert_int_eq(pattern_search(SPAN("[0-9a-f]{128}"),
	                                span_of(text, sizeof(text))),
	                 PATTERN_FOUND);
	ck_assert_int_eq(
		pattern_search(SPAN("[0-9]{128}"), span_of(text, sizeof(text))),
		PATTERN_NOT_FOUND);
}
END_TEST

/* Each of them makes every place to come back to larger: the bound on such
   places is to be reached before the one on memory. */
START_TEST(takes_16_named_groups_and_no_more)
{
	char pattern[PATTERN_MAX + 1] = "^(?:";
	size_t n = strlen(pattern);
	struct pattern_fault fault;

	for (int i = 0; i < 16; i++)
		n += (size_t)snprintf(pattern + n, sizeof(pattern) - n,
		                      "(?P<g%d>a)|", i);
	memcpy(pattern + n, "a)*$", 5);
	ck_assert(pattern_check(span_str(pattern), &fault));
	ck_assert_int_eq(
		pattern_search(span_str(pattern), filled('a', 65536, "")),
		PATTERN_TOO_COSTLY);
	n += (size_t)snprintf(pattern + n, sizeof(pattern) - n, "(?P<g>b)");
	ck_assert(!pattern_check(span_str(pattern), &fault));
	ck_assert_uint_eq(fault.at, n - 8);
}
END_TEST

/* The bound is no hindrance to who writes expressions as one does. */
START_TEST(finds_at_the_end_of_the_longest_body)
{
	static const char *const patterns[] = {
		"ca-proof=[0-9a-f]{18}",
		"ca-proof=[0-9a-f]{18}$",
		"(?i)CA-PROOF=\\w+",
		"\\bca-proof=(?P<value>[0-9a-f]+)\\b",
		"(?:ca|acme)-proof=.{18}",
	};

	ck_assert_int_eq(pattern_search(span_str(patterns[_i]),
	                                filled('-', 65536 - 27,
	                                       "ca-proof=9f2c77aa01b3d4e5f6")),
	                 PATTERN_FOUND);
	ck_assert_int_eq(
		pattern_search(span_str(patterns[_i]), filled('-', 65536, "")),
		PATTERN_NOT_FOUND);
}
END_TEST

/* A step more or less, and the same for ever, since steps are no times: a
   version of the library that counts otherwise is to be noticed. */
START_TEST(counts_the_same_every_time)
{
	size_t least = 1;
	size_t most = 65536;

	while (least < most) {
		size_t n = (least + most) / 2;

		if (pattern_search(SPAN(".*b"), filled('a', n, "")) ==
		    PATTERN_TOO_COSTLY)
			most = n;
		else
			least = n + 1;
	}
	ck_assert_uint_eq(least, 1154);
}
END_TEST

START_TEST(says_its_version)
{
	struct buf out = { 0 };

	pattern_library_version(&out);
	ck_assert_uint_gt(out.len, 3);
	ck_assert_ptr_null(memchr(out.p, ' ', out.len));
	buf_clear(&out);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("pattern");

	tcase_add_test(tc, does_what_the_table_says);
	tcase_add_loop_test(tc, refuses_what_is_not_printable, 0, 6);
	tcase_add_test(tc, takes_512_bytes_and_16_groups_and_no_more);
	tcase_add_loop_test(tc, gives_up_at_what_never_ends, 0, 14);
	tcase_add_loop_test(tc, finds_at_the_end_of_the_longest_body, 0, 5);
	tcase_add_test(tc, counts_the_same_every_time);
	tcase_add_test(tc, pays_for_repetitions_that_fail);
	tcase_add_test(tc, takes_16_named_groups_and_no_more);
	tcase_add_test(tc, says_its_version);
	return run_case(tc);
}
