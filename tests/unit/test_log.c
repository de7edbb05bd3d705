#include "base/log.h"

#include "base/buf.h"
#include "base/text.h"
#include "tests/fixtures/hostile_strings.h"
#include "tests/support/run.h"

#include <jansson.h>
#include <unistd.h>

static int ends[2];

static void setup(void)
{
	ck_assert_int_eq(pipe(ends), 0);
	log_to_fd(ends[1]);
	log_open("test", LOG_DEBUG);
}

static void teardown(void)
{
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* Whatever was written since the last time. */
static struct span written(void)
{
	static uint8_t bytes[32768];

	/* so that read() never waits when nothing was written */
	ck_assert_int_eq(write(ends[1], "$", 1), 1);
	ssize_t got = read(ends[0], bytes, sizeof(bytes));

	ck_assert_int_gt(got, 0);
	return span_of(bytes, (size_t)got - 1);
}

/* One line, with its priority; the object is the caller's to free. */
static json_t *one_line(const char *priority)
{
	struct span s = written();
	size_t skip = strlen(priority);

	ck_assert(span_is(span_sub(s, 0, skip), priority));
	s = span_sub(s, skip, s.len);
	ck_assert_uint_gt(s.len, 0);
	ck_assert_uint_eq(s.p[s.len - 1], '\n');
	ck_assert_int_eq(span_find(s, SPAN("\n")), (ptrdiff_t)s.len - 1);
	ck_assert(text_is_utf8(s));
	json_error_t error;
	json_t *line =
		json_loadb((const char *)s.p, s.len,
	                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	ck_assert_msg(json_is_object(line), "%s", error.text);
	return line;
}

static const char *text_of(json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	ck_assert_msg(text != NULL, "%s", name);
	return text;
}

START_TEST(a_line_has_its_fields)
{
	log_info("thing_finished", F_STR("class", "corroborated"),
	         F_INT("took_ms", -12), F_BOOL("early", true),
	         F_BOOL("late", false), F_SPAN("id", SPAN("abc")),
	         F_INT("most", INT64_MAX), F_INT("least", INT64_MIN),
	         F_STR("none", NULL));
	json_t *line = one_line("<6>");

	ck_assert_str_eq(text_of(line, "level"), "info");
	ck_assert_str_eq(text_of(line, "program"), "test");
	ck_assert_str_eq(text_of(line, "event"), "thing_finished");
	ck_assert_str_eq(text_of(line, "class"), "corroborated");
	ck_assert_str_eq(text_of(line, "id"), "abc");
	ck_assert_str_eq(text_of(line, "none"), "");
	ck_assert_uint_eq(strlen(text_of(line, "ts")), 24);
	ck_assert(json_integer_value(json_object_get(line, "took_ms")) == -12);
	ck_assert(json_integer_value(json_object_get(line, "most")) ==
	          INT64_MAX);
	ck_assert(json_integer_value(json_object_get(line, "least")) ==
	          INT64_MIN);
	ck_assert(json_integer_value(json_object_get(line, "pid")) == getpid());
	ck_assert(json_is_true(json_object_get(line, "early")));
	ck_assert(json_is_false(json_object_get(line, "late")));
	json_decref(line);
}
END_TEST

START_TEST(hostile_fields_stay_one_line)
{
	log_warn("thing_refused", F_SPAN("name", hostile_strings[_i].bytes),
	         F_STR("after", "still here"));
	struct buf copy = { 0 };
	struct span s = written();

	for (size_t i = 0; i + 1 < s.len; i++)
		ck_assert_msg(s.p[i] >= 0x20 && s.p[i] != 0x7f, "%s",
		              hostile_strings[_i].what);
	ck_assert_msg(span_find(s, SPAN("\xc2\x9b")) < 0, "%s",
	              hostile_strings[_i].what);
	ck_assert_msg(span_find(s, SPAN("\xe2\x80\xae")) < 0, "%s",
	              hostile_strings[_i].what);
	buf_add_span(&copy, s);
	ck_assert_int_eq(write(ends[1], copy.p, copy.len), (ssize_t)copy.len);
	json_t *line = one_line("<4>");

	ck_assert_str_eq(text_of(line, "after"), "still here");
	json_decref(line);
	buf_clear(&copy);
}
END_TEST

START_TEST(long_fields_are_cut_between_characters)
{
	char text[4000];

	memset(text, 'x', sizeof(text));
	memcpy(text + 511, "\xe2\x82\xac", 3);
	log_error("thing_finished", F_SPAN("name", span_of(text, 4000)));
	json_t *line = one_line("<3>");

	/* the euro sign would begin inside and end outside */
	ck_assert_uint_eq(strspn(text_of(line, "name"), "x"), 511);
	ck_assert_str_eq(text_of(line, "name") + 511, "...");
	json_decref(line);
}
END_TEST

START_TEST(levels_hold_back)
{
	log_open("test", LOG_WARN);
	log_info("thing_finished");
	log_debug("thing_finished");
	ck_assert_uint_eq(written().len, 0);
	ck_assert(log_enabled(LOG_ERROR) && log_enabled(LOG_WARN));
	ck_assert(!log_enabled(LOG_INFO) && !log_enabled(LOG_DEBUG));
	log_warn("thing_finished");
	json_decref(one_line("<4>"));
	log_open("test", LOG_DEBUG);
	log_debug("thing_finished");
	json_decref(one_line("<7>"));
}
END_TEST

START_TEST(reads_level_names)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	enum log_level level = LOG_INFO;

	for (int i = 0; i < COUNT(names); i++) {
		ck_assert(log_level_parse(names[i], &level));
		ck_assert_int_eq(level, i);
	}
	ck_assert(!log_level_parse("Info", &level));
	ck_assert(!log_level_parse("", &level));
	ck_assert(!log_level_parse("warning", &level));
	ck_assert_int_eq(level, LOG_DEBUG);
}
END_TEST

START_TEST(a_closed_stderr_stops_nothing)
{
	log_to_fd(-1);
	log_error("thing_finished");
	log_to_fd(ends[1]);
	ck_assert_uint_eq(written().len, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_line_has_its_fields);
	tcase_add_loop_test(tc, hostile_fields_stay_one_line, 0,
	                    COUNT(hostile_strings));
	tcase_add_test(tc, long_fields_are_cut_between_characters);
	tcase_add_test(tc, levels_hold_back);
	tcase_add_test(tc, reads_level_names);
	tcase_add_test(tc, a_closed_stderr_stops_nothing);
	return run_case(tc);
}
