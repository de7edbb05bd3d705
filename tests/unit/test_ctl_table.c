#include "tests/fixtures/hostile_strings.h"
#include "tests/support/run.h"

#include "base/text.h"
#include "ctl/table.h"

#include <string.h>

static const char *const titles[] = { "ID", "TARGET", "OUTCOME" };

static void add(struct table *t, const char *a, const char *b, const char *c)
{
	const struct span cells[] = { span_str(a), span_str(b), span_str(c) };

	table_add(t, cells, TONE_GOOD);
}

static void expect(const struct table *t, size_t width, bool colour,
                   const char *want)
{
	const struct table_look look = { width, colour };
	struct buf out = { 0 };

	table_render(t, &look, &out);
	ck_assert_str_eq(out.len > 0 ? buf_cstr(&out) : "", want);
	buf_clear(&out);
}

START_TEST(is_as_wide_as_it_needs)
{
	struct table *t = table_new(titles, 3, 2);

	add(t, "1", "example.com", "issue");
	add(t, "order-7", "a.example", "do-not-issue");
	expect(t, 0, false,
	       "ID       TARGET       OUTCOME\n"
	       "1        example.com  issue\n"
	       "order-7  a.example    do-not-issue\n");
	table_free(&t);
	ck_assert_ptr_null(t);
}
END_TEST

START_TEST(wraps_inside_its_columns)
{
	struct table *t = table_new(titles, 3, 2);

	add(t, "1", "one two three four", "issue");
	add(t, "2", "averylongnamewithoutblanks.example", "issue");
	expect(t, 22, false,
	       "ID  TARGET     OUTCOME\n"
	       "1   one two    issue\n"
	       "    three\n"
	       "    four\n"
	       "2   averylong  issue\n"
	       "    namewitho\n"
	       "    utblanks.\n"
	       "    example\n");
	table_free(&t);
}
END_TEST

START_TEST(notes_stand_below_their_row)
{
	struct table *t = table_new(titles, 3, 2);

	add(t, "1", "a", "rejected");
	table_note(t, SPAN("name-invalid: upper case is not taken"));
	add(t, "2", "b", "issue");
	expect(t, 30, false,
	       "ID  TARGET  OUTCOME\n"
	       "1   a       rejected\n"
	       "    name-invalid: upper case\n"
	       "    is not taken\n"
	       "2   b       issue\n");
	ck_assert_uint_eq(table_rows(t), 2);
	table_free(&t);
}
END_TEST

START_TEST(heads_only_the_first_part)
{
	struct table *t = table_new(titles, 3, 2);

	add(t, "1", "a", "x");
	expect(t, 0, false, "ID  TARGET  OUTCOME\n1   a       x\n");
	table_reset(t);
	expect(t, 0, false, "");
	add(t, "2", "b", "y");
	expect(t, 0, false, "2   b       y\n");
	table_free(&t);
}
END_TEST

START_TEST(keeps_fixed_columns)
{
	static const size_t widths[] = { 4, 10, 8 };
	struct table *t = table_new(titles, 3, 2);

	table_fix(t, widths);
	add(t, "1", "a", "x");
	expect(t, 0, false, "ID    TARGET      OUTCOME\n1     a           x\n");
	table_reset(t);
	add(t, "123456", "b", "a long outcome that wraps");
	expect(t, 36, false,
	       "1234  b           a long outcome\n"
	       "56                that wraps\n");
	table_free(&t);
}
END_TEST

START_TEST(colours_one_cell)
{
	struct table *t = table_new(titles, 3, 2);

	add(t, "1", "a", "issue");
	expect(t, 0, true,
	       "ID  TARGET  OUTCOME\n1   a       \033[32missue\033[0m\n");
	table_free(&t);
}
END_TEST

START_TEST(counts_what_a_terminal_shows)
{
	ck_assert_uint_eq(table_text_width(SPAN("abc")), 3);
	ck_assert_uint_eq(table_text_width(SPAN("b\xc3\xbc")), 2);
	ck_assert_uint_eq(table_text_width(SPAN("\xe4\xb8\xad\xe5\x9b\xbd")),
	                  4);
	ck_assert_uint_eq(table_text_width(SPAN("e\xcc\x81")), 1);
}
END_TEST

/* Attacker's text: no byte of a control, no line of its own making. */
static void is_tame(struct span text, size_t lines, const char *what)
{
	size_t seen = 0;

	ck_assert_msg(text_is_utf8(text), "%s: not UTF-8", what);
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\n')
			seen++;
		else
			ck_assert_msg(text.p[i] >= 0x20 && text.p[i] != 0x7f,
			              "%s: control %02x", what, text.p[i]);
		/* C1 as UTF-8, right-to-left override */
		ck_assert_msg(i == 0 || text.p[i - 1] != 0xc2 ||
		                      text.p[i] >= 0xa0,
		              "%s: C1", what);
	}
	ck_assert_msg(span_find(text, SPAN("\xe2\x80\xae")) < 0, "%s: bidi",
	              what);
	ck_assert_msg(lines == 0 || seen == lines, "%s: %zu lines", what, seen);
}

START_TEST(tames_hostile_cells)
{
	const char *what = hostile_strings[_i].what;
	struct span s = hostile_strings[_i].bytes;
	const struct span cells[] = { s, s, s };
	struct table *t = table_new(titles, 3, 2);
	const struct table_look whole = { 0, false };
	const struct table_look narrow = { 30, false };
	struct buf out = { 0 };

	table_add(t, cells, TONE_PLAIN);
	table_note(t, s);
	table_render(t, &whole, &out);
	is_tame(buf_span(&out), 3, what);
	out.len = 0;
	table_render(t, &narrow, &out);
	is_tame(buf_span(&out), 0, what);
	buf_clear(&out);
	table_free(&t);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, is_as_wide_as_it_needs);
	tcase_add_test(tc, wraps_inside_its_columns);
	tcase_add_test(tc, notes_stand_below_their_row);
	tcase_add_test(tc, heads_only_the_first_part);
	tcase_add_test(tc, keeps_fixed_columns);
	tcase_add_test(tc, colours_one_cell);
	tcase_add_test(tc, counts_what_a_terminal_shows);
	tcase_add_loop_test(tc, tames_hostile_cells, 0, COUNT(hostile_strings));
	return run_case(tc);
}
