#include "base/mem.h"

#include "tests/support/run.h"

/* AddressSanitizer's allocator ends the process by itself otherwise, and these
   tests are about who does. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

START_TEST(memory_comes_zeroed)
{
	void *a = xzalloc(1000), *b = xcalloc(10, 100), *c = xzalloc(0);

	ck_assert(is_zero(a, 1000) && is_zero(b, 1000));
	free(a);
	free(b);
	free(c);
	free(xcalloc(0, 5));
	a = xreallocarray(NULL, 0, 5);
	a = xreallocarray(a, 3, 5);
	memset(a, 1, 15);
	free(a);
}
END_TEST

START_TEST(copies_strings)
{
	char *a = xstrdup("abc"), *b = xspandup(SPAN("d\0e"));
	char *c = xspandup(span_of(NULL, 0));

	ck_assert_str_eq(a, "abc");
	ck_assert_mem_eq(b, "d\0e", 4);
	ck_assert_str_eq(c, "");
	free(a);
	free(b);
	free(c);
}
END_TEST

START_TEST(calloc_overflow_aborts)
{
	(void)xcalloc(SIZE_MAX / 2, 3);
}
END_TEST

START_TEST(realloc_overflow_aborts)
{
	(void)xreallocarray(NULL, SIZE_MAX / 2, 3);
}
END_TEST

START_TEST(arena_overflow_aborts)
{
	(void)arena_calloc(arena_new(), SIZE_MAX / 2, 3);
}
END_TEST

START_TEST(arena_huge_aborts)
{
	(void)arena_alloc(arena_new(), SIZE_MAX - 1);
}
END_TEST

START_TEST(an_arena_gives_apart_and_aligned)
{
	struct arena *arena = arena_new();
	uint8_t *last = NULL;

	for (size_t n = 0; n < 3000; n++) {
		uint8_t *p = arena_alloc(arena, n);

		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		ck_assert(is_zero(p, n));
		memset(p, 0xff, n);
		ck_assert(n == 0 || p != last);
		last = p;
	}
	ck_assert_uint_ge(arena_bytes(arena), 3000 * 2999 / 2);
	arena_free(&arena);
	ck_assert_ptr_null(arena);
	arena_free(&arena);
}
END_TEST

START_TEST(an_arena_starts_again_zeroed)
{
	struct arena *arena = arena_new();

	arena_reset(arena);
	ck_assert_uint_eq(arena_bytes(arena), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			uint8_t *p = arena_calloc(arena, 10, 10);

			ck_assert(is_zero(p, 100));
			memset(p, 0xff, 100);
		}
		size_t held = arena_bytes(arena);

		arena_reset(arena);
		ck_assert_uint_lt(arena_bytes(arena), held);
		ck_assert_uint_gt(arena_bytes(arena), 0);
	}
	arena_free(&arena);
}
END_TEST

/* A worker that keeps its arenas must not keep the largest job's memory. */
START_TEST(an_arena_does_not_keep_a_huge_block)
{
	struct arena *arena = arena_new();

	(void)arena_alloc(arena, 10 << 20);
	arena_reset(arena);
	ck_assert_uint_le(arena_bytes(arena), 64 << 10);
	ck_assert(is_zero(arena_alloc(arena, 100), 100));
	arena_free(&arena);
}
END_TEST

START_TEST(an_arena_copies)
{
	struct arena *arena = arena_new();
	struct span s = arena_span(arena, SPAN("a\0b"));

	ck_assert_mem_eq(s.p, "a\0b", 4);
	ck_assert_uint_eq(s.len, 3);
	s = arena_span(arena, span_of(NULL, 0));
	ck_assert_uint_eq(s.len, 0);
	ck_assert_uint_eq(s.p[0], 0);
	ck_assert_str_eq(arena_str(arena, "xyz"), "xyz");
	ck_assert_str_eq(arena_str(arena, ""), "");
	ck_assert_str_eq(arena_printf(arena, "%d %s", 7, "x"), "7 x");
	ck_assert_uint_eq(strlen(arena_printf(arena, "%9999d", 1)), 9999);
	arena_free(&arena);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("mem");

	tcase_add_test(tc, memory_comes_zeroed);
	tcase_add_test(tc, copies_strings);
	tcase_add_test_raise_signal(tc, calloc_overflow_aborts, 6);
	tcase_add_test_raise_signal(tc, realloc_overflow_aborts, 6);
	tcase_add_test_raise_signal(tc, arena_overflow_aborts, 6);
	tcase_add_test_raise_signal(tc, arena_huge_aborts, 6);
	tcase_add_test(tc, an_arena_gives_apart_and_aligned);
	tcase_add_test(tc, an_arena_starts_again_zeroed);
	tcase_add_test(tc, an_arena_does_not_keep_a_huge_block);
	tcase_add_test(tc, an_arena_copies);
	return run_case(tc);
}
