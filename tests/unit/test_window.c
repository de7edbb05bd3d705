/* The decisions that repeats are answered with (promise 1). */
#include "coordinator/window.h"
#include "tests/support/run.h"

static struct window *w;

static struct window_entry entry(const char *id, int64_t offset, int64_t at_ms)
{
	return (struct window_entry){
		.request_id = span_str(id),
		.request_digest = digest_of(span_str(id)),
		.offset = offset,
		.decided_at_ms = at_ms,
		.value = SPAN("value"),
		.jws = SPAN("jws"),
		.content_type = SPAN("application/json"),
	};
}

static void add(const char *id, int64_t offset, int64_t at_ms)
{
	struct window_entry e = entry(id, offset, at_ms);

	window_add(w, &e);
}

static void setup(void)
{
	struct window_limits limits = { .keep_ms = 1000,
		                        .entries_max = 3,
		                        .bytes_max = 1 << 20 };

	w = window_new(&limits);
}

static void teardown(void)
{
	window_free(&w);
	ck_assert_ptr_null(w);
}

START_TEST(keeps_bytes_of_its_own)
{
	char id[] = "one", value[] = "bytes";
	struct window_entry e = entry(id, 5, 100);

	e.value = span_str(value);
	window_add(w, &e);
	memset(id, 'x', sizeof(id) - 1);
	memset(value, 'x', sizeof(value) - 1);
	const struct window_entry *found = window_find(w, SPAN("one"));

	ck_assert_ptr_nonnull(found);
	ck_assert(span_is(found->value, "bytes"));
	ck_assert(span_is(found->jws, "jws"));
	ck_assert(span_is(found->content_type, "application/json"));
	ck_assert_int_eq(found->offset, 5);
	ck_assert_ptr_null(window_find(w, SPAN("on")));
}
END_TEST

START_TEST(expires_to_the_millisecond)
{
	add("a", 1, 100);
	add("b", 2, 101);
	window_expire(w, 1100);
	ck_assert_ptr_nonnull(window_find(w, SPAN("a")));
	window_expire(w, 1101);
	ck_assert_ptr_null(window_find(w, SPAN("a")));
	ck_assert_ptr_nonnull(window_find(w, SPAN("b")));
	ck_assert_uint_eq(window_overflows(w), 0);
}
END_TEST

START_TEST(ceilings_drop_the_oldest_and_count)
{
	add("a", 1, 0);
	add("b", 2, 0);
	add("c", 3, 0);
	add("d", 4, 0);
	ck_assert_ptr_null(window_find(w, SPAN("a")));
	ck_assert_ptr_nonnull(window_find(w, SPAN("d")));
	ck_assert_uint_eq(window_overflows(w), 1);
	ck_assert_int_eq(window_oldest(w, 99), 2);
}
END_TEST

/* The newest is kept whatever it weighs: it is what a client waits for. */
START_TEST(one_entry_always_fits)
{
	struct window_limits tiny = { 1000, 100, 1 };

	window_free(&w);
	w = window_new(&tiny);
	add("a", 1, 0);
	add("b", 2, 0);
	ck_assert_ptr_null(window_find(w, SPAN("a")));
	ck_assert_ptr_nonnull(window_find(w, SPAN("b")));
}
END_TEST

START_TEST(oldest_of_none)
{
	ck_assert_int_eq(window_oldest(w, 42), 42);
	add("a", 7, 0);
	ck_assert_int_eq(window_oldest(w, 42), 7);
}
END_TEST

/* Decided anew after the window: once the log is read again, the older
   decision must not hide the newer one, nor take it along when it goes. */
START_TEST(the_newer_decision_counts)
{
	add("a", 1, 0);
	add("a", 2, 5000);
	ck_assert_int_eq(window_find(w, SPAN("a"))->offset, 2);
	ck_assert_uint_eq(window_count(w), 1);
	window_expire(w, 5500);
	ck_assert_int_eq(window_find(w, SPAN("a"))->offset, 2);
	window_expire(w, 6001);
	ck_assert_ptr_null(window_find(w, SPAN("a")));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("window");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keeps_bytes_of_its_own);
	tcase_add_test(tc, expires_to_the_millisecond);
	tcase_add_test(tc, ceilings_drop_the_oldest_and_count);
	tcase_add_test(tc, one_entry_always_fits);
	tcase_add_test(tc, oldest_of_none);
	tcase_add_test(tc, the_newer_decision_counts);
	return run_case(tc);
}
